# SPDX-License-Identifier: Apache-2.0
"""Brings and builds the peers under build/interop, at the versions of the lock
files here. Needs a current cargo, or rustup, and npm; they fetch from the
registries that they are set up for."""
import functools
import os
import platform
import re
import shutil
import subprocess
import sys
import time

import patches
from peers import Peer

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WORK = os.path.join(os.path.dirname(HERE), 'build', 'interop')
RUST = (1, 91)   # what OpenMLS asks for
NODE = (20, 0)   # what ts-mls asks for
NODE_PACKAGE = '20.20.2'


def say(what):
    print(f'interop {time.strftime("%H:%M:%S")}  {what}', file=sys.stderr, flush=True)


def dotted(version):
    return '.'.join(str(n) for n in version)


def version_of(command):
    try:
        said = subprocess.run([*command, '--version'], capture_output=True, text=True,
                              check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    found = re.search(r'(\d+)\.(\d+)', said)
    return tuple(int(n) for n in found.groups()) if found else None


def is_new(command, least):
    version = version_of(command)
    return version is not None and version >= least


def run(command, folder):
    # One target folder: what two programs have in common is compiled once.
    env = dict(os.environ, CARGO_TARGET_DIR=os.path.join(WORK, 'target'))
    log = os.path.join(WORK, 'log.txt')
    with open(log, 'w') as f:
        job = subprocess.Popen(command, cwd=folder, stdout=f, stderr=f, env=env)
        while True:
            try:
                job.wait(60)
                break
            except subprocess.TimeoutExpired:
                with open(log) as so_far:
                    last = (so_far.read().split('\n')[-2:] or [''])[0].strip()
                say(f'still at it: {last}')
    if job.returncode:
        with open(log) as f:
            raise SystemExit(f"interop: {' '.join(command)} failed:\n{f.read()[-3000:]}")


# ---- toolchains ----

@functools.cache
def rust():
    """The cargo to call. Debian's is too old: where there is a newer one that
    rustup brought, that is taken, and where there is rustup alone, it is asked."""
    own = os.path.join(os.environ.get('CARGO_HOME', os.path.expanduser('~/.cargo')), 'bin')
    for cargo_command in (['cargo'], [os.path.join(own, 'cargo')]):
        if is_new(cargo_command, RUST):
            return cargo_command
    for rustup in ('rustup', os.path.join(own, 'rustup')):
        if shutil.which(rustup):
            say('asking rustup for a current Rust')
            run([rustup, 'toolchain', 'install', 'stable', '--profile', 'minimal',
                 '--no-self-update'], WORK)
            return [rustup, 'run', 'stable', 'cargo']
    have = version_of(['cargo'])
    raise SystemExit(f'interop: the peers in Rust need cargo {dotted(RUST)} or newer; here is '
                     f'{dotted(have) if have else "none"}. Please install rustup: the rest is '
                     'done from here.')


@functools.cache
def node():
    """The node to call: the system's, or where that is too old (Debian 12) one
    that the registry of npm has as a package."""
    if is_new(['node'], NODE):
        return 'node'
    if version_of(['npm']) is None:
        raise SystemExit(f'interop: ts-mls needs node {dotted(NODE)} or newer, and npm. '
                         'Please install them.')
    kind = {'x86_64': 'x64', 'aarch64': 'arm64'}.get(platform.machine(), platform.machine())
    folder = os.path.join(WORK, 'node')
    os.makedirs(folder, exist_ok=True)
    say(f'fetching node {NODE_PACKAGE}')
    run(['npm', 'install', '--no-save', '--no-audit', '--no-fund', '--prefix', folder,
         f'node-linux-{kind}@{NODE_PACKAGE}'], folder)
    return os.path.join(folder, 'node_modules', f'node-linux-{kind}', 'bin', 'node')


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
    run([*rust(), 'generate-lockfile'], folder)
    with open(os.path.join(folder, 'Cargo.lock')) as f:
        return next(line for line in f if line.startswith('source = '))


def cargo(name):
    """Builds the Rust program in interop/NAME; gives the folder it is in."""
    folder = copy(name, 'Cargo.toml', 'src')
    with open(os.path.join(HERE, name, 'versions.lock')) as f:
        lock = f.read()
    with open(os.path.join(folder, 'Cargo.lock'), 'w') as f:
        f.write(re.sub('^(?=checksum = )', registry_line(), lock, flags=re.M))
    run([*rust(), 'build', '--release', '--locked'], folder)
    return os.path.join(WORK, 'target', 'release')


def openmls(published=False):
    """published: with its own crypto provider (difference 17)."""
    program = os.path.join(cargo('openmls'), 'interop-openmls')
    if published:
        return Peer([program, '--as-published'], 'OpenMLS 0.9.2, own provider')
    return Peer([program], 'OpenMLS 0.9.2')


# ---- ts-mls ----

def ts_mls(patched):
    program = node()
    folder = copy('ts-mls', 'package.json', 'package-lock.json', 'peer.mjs', 'suites.mjs')
    run(['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund'], folder)
    if patched:
        other = folder + '-patched'
        shutil.rmtree(other, ignore_errors=True)
        shutil.copytree(folder, other)
        folder = other
        patches.apply(os.path.join(folder, 'node_modules', 'ts-mls', 'dist', 'src'))
    version = 'ts-mls 2.0.0-rc.10' + (', patched' if patched else '')
    return Peer([program, os.path.join(folder, 'peer.mjs')], version)
