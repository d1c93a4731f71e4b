# SPDX-License-Identifier: Apache-2.0
"""Brings and builds the peers under build/interop, at the versions of the lock
files here. Needs cargo and node with npm; they fetch from the registries that
they are set up for."""
import os
import re
import shutil
import subprocess

import patches
from peers import Peer

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WORK = os.path.join(os.path.dirname(HERE), 'build', 'interop')
RUST = (1, 91)   # what OpenMLS asks for
NODE = (20, 0)   # what ts-mls asks for


def version_of(command):
    try:
        said = subprocess.run([command, '--version'], capture_output=True, text=True,
                              check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    found = re.search(r'(\d+)\.(\d+)', said)
    return tuple(int(n) for n in found.groups()) if found else None


def need(command, least, who):
    have = version_of(command)
    if have is None or have < least:
        wanted = '.'.join(str(n) for n in least)
        raise SystemExit(f'interop: {who} needs {command} {wanted} or newer; '
                         f'here is {have and ".".join(map(str, have)) or "none"}. '
                         'Please install it; nothing was installed.')


def run(command, folder):
    # One target folder: what two programs have in common is compiled once.
    env = dict(os.environ, CARGO_TARGET_DIR=os.path.join(WORK, 'target'))
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=env)
    if done.returncode:
        raise SystemExit(f"interop: {' '.join(command)} failed:\n{done.stderr[-3000:]}")


def copy(name, *files):
    folder = os.path.join(WORK, name)
    os.makedirs(folder, exist_ok=True)
    for f in files:
        source = os.path.join(HERE, name, f)
        if os.path.isdir(source):
            shutil.copytree(source, os.path.join(folder, f), dirs_exist_ok=True)
        else:
            shutil.copy(source, folder)
    return folder


# ---- OpenMLS ----

def registry_line():
    """How this cargo calls the registry in a lock file: versions.lock is one
    without such lines, since they say nothing about what is in it."""
    folder = os.path.join(WORK, 'registry')
    os.makedirs(os.path.join(folder, 'src'), exist_ok=True)
    with open(os.path.join(folder, 'Cargo.toml'), 'w') as f:
        f.write('[package]\nname = "registry"\nversion = "0.0.0"\nedition = "2021"\n'
                '[workspace]\n[dependencies]\nhex = "=0.4.3"\n')
    with open(os.path.join(folder, 'src', 'lib.rs'), 'w'):
        pass
    run(['cargo', 'generate-lockfile'], folder)
    with open(os.path.join(folder, 'Cargo.lock')) as f:
        return next(line for line in f if line.startswith('source = '))


def cargo(name):
    """Builds the Rust program in interop/NAME; gives the folder it is in."""
    need('cargo', RUST, 'the Rust peer')
    folder = copy(name, 'Cargo.toml', 'src')
    with open(os.path.join(HERE, name, 'versions.lock')) as f:
        lock = f.read()
    with open(os.path.join(folder, 'Cargo.lock'), 'w') as f:
        f.write(re.sub('^(?=checksum = )', registry_line(), lock, flags=re.M))
    run(['cargo', 'build', '--release', '--locked', '--quiet'], folder)
    return os.path.join(WORK, 'target', 'release')


def openmls(published=False):
    """published: with its own crypto provider (difference 17)."""
    program = os.path.join(cargo('openmls'), 'interop-openmls')
    if published:
        return Peer([program, '--as-published'], 'OpenMLS 0.9.2, own provider')
    return Peer([program], 'OpenMLS 0.9.2')


# ---- ts-mls ----

def ts_mls(patched):
    need('node', NODE, 'ts-mls')
    folder = copy('ts-mls', 'package.json', 'package-lock.json', 'peer.mjs', 'suites.mjs')
    run(['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund'], folder)
    if patched:
        other = folder + '-patched'
        shutil.rmtree(other, ignore_errors=True)
        shutil.copytree(folder, other)
        folder = other
        patches.apply(os.path.join(folder, 'node_modules', 'ts-mls', 'dist', 'src'))
    version = 'ts-mls 2.0.0-rc.10' + (', patched' if patched else '')
    return Peer(['node', os.path.join(folder, 'peer.mjs')], version)
