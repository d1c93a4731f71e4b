# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests share: the real programs on loopback, people with
homes of their own, and a wiretap.

Environment: TACET_BIN is the folder with tacet and tacetd, TACET_TESTS the one
with wiretap. Nothing here sleeps: a program is ready when it says so, and a
message is there when `receive` prints it."""
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

BIN = os.environ.get('TACET_BIN', 'build/dev/bin')
TESTS = os.environ.get('TACET_TESTS', 'build/dev/tests')
TIMEOUT = 120  # seconds; a hang is a failure, however slow the machine


def free_port():
    """A port that nobody has now. The server that gets it may still lose a
    race for it, and then says so."""
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def wrong_clock(seconds):
    """What to put into the environment so that the time of day is off."""
    asan = os.environ.get('ASAN_OPTIONS', '')
    return {'LD_PRELOAD': f'{TESTS}/libtacet_skew.so',
            'TACET_TEST_SKEW': str(seconds),
            'ASAN_OPTIONS': f'{asan}:verify_asan_link_order=0'}


class Failed(AssertionError):
    pass


class Process:
    """A program that runs until it is told to stop."""

    def __init__(self, argv, log, env=None, preexec=None):
        self.log_path = log
        self.log = open(log, 'ab')
        self.proc = subprocess.Popen(argv, stdout=subprocess.PIPE,
                                     stderr=self.log, env=env,
                                     preexec_fn=preexec)
        line = self.proc.stdout.readline().decode()
        if not line.startswith('ready'):
            self.proc.wait()
            raise Failed(f'{argv[0]} did not start: '
                         + open(log, errors='replace').read()[-2000:])
        self.where = line.split()[1]

    @property
    def pid(self):
        return self.proc.pid

    def stop(self, sig=signal.SIGTERM):
        if self.proc.poll() is None:
            self.proc.send_signal(sig)
        code = self.proc.wait(TIMEOUT)
        self.proc.stdout.close()
        self.log.close()
        return code


class Server:
    """tacetd with a data folder of its own; `kill` and `start` as often as you
    like, the port stays."""

    def __init__(self, folder, *init, listen=None, url=None):
        self.folder = folder
        self.data = os.path.join(folder, 'server')
        self.log = os.path.join(folder, 'tacetd.log')
        self.listen = listen or f'127.0.0.1:{free_port()}'
        argv = [f'{BIN}/tacetd', 'init', '--data', self.data, '--listen',
                self.listen, *init]
        if url:
            argv += ['--url', url]
        subprocess.run(argv, check=True, capture_output=True, timeout=TIMEOUT)
        self.process = None

    def start(self, *args, preexec=None):
        self.process = Process([f'{BIN}/tacetd', 'run', '--data', self.data,
                                *args], self.log, preexec=preexec)
        return self

    def stop(self):
        if self.process is not None:
            code = self.process.stop()
            self.process = None
            return code
        return None

    def kill(self):
        self.process.stop(signal.SIGKILL)
        self.process = None

    def invite(self, *args):
        out = subprocess.run([f'{BIN}/tacetd', 'invite', '--data', self.data,
                              *args], check=True, capture_output=True,
                             timeout=TIMEOUT)
        return out.stdout.decode().splitlines()[0]

    def run(self, *args, check=True):
        return subprocess.run([f'{BIN}/tacetd', *args, '--data', self.data],
                              check=check, capture_output=True,
                              timeout=TIMEOUT)


class Person:
    """A home and the commands that somebody types in it."""

    def __init__(self, folder, name):
        self.name = name
        self.home = os.path.join(folder, 'home-' + name)
        self.files = os.path.join(folder, 'files-' + name)
        self.seen = []  # every event that receive printed, in order
        self.env = dict(os.environ, TACET_HOME=self.home)

    def run(self, *args, code=0, stdin=None, env=None, timeout=TIMEOUT):
        """Runs `tacet ARGS`; fails unless it ends with `code` (None: any)."""
        r = subprocess.run([f'{BIN}/tacet', *args], input=stdin,
                           capture_output=True, env=dict(self.env, **(env or {})),
                           timeout=timeout)
        if code is not None and r.returncode != code:
            raise Failed(f'{self.name}: tacet {" ".join(args)[:200]} ended with '
                         f'{r.returncode} instead of {code}\n'
                         f'{r.stderr.decode(errors="replace")[-4000:]}')
        return r

    def popen(self, *args, **kw):
        return subprocess.Popen([f'{BIN}/tacet', *args], env=self.env,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, **kw)

    def register(self, server, *args):
        return self.run('register', self.name, '--invite', server.invite(),
                        '--no-passphrase', *args)

    def send(self, to, text, *args):
        return self.run('send', to, text, *args).stdout.decode().split()[0]

    def receive(self, timeout=0):
        """The events that came, which also join self.seen."""
        r = self.run('receive', '--json', '--timeout', str(timeout),
                     '--save-attachments', self.files)
        events = [json.loads(line) for line in r.stdout.decode().splitlines()]
        self.seen += events
        return events

    def wait_for(self, wanted, what='what was expected'):
        """Receives until an event satisfies wanted(event); gives that event."""
        for e in self.seen:
            if wanted(e):
                return e
        end = time.monotonic() + TIMEOUT
        while time.monotonic() < end:
            for e in self.receive(timeout=5):
                if wanted(e):
                    return e
        raise Failed(f'{self.name} never received {what}; last events: '
                     f'{self.seen[-5:]}')

    def wait_text(self, text):
        return self.wait_for(
            lambda e: e['type'] == 'message' and e['text'] == text, repr(text))

    def texts(self):
        return [e['text'] for e in self.seen if e['type'] == 'message']

    def accept(self, who):
        return self.run('requests', 'accept', who)


class Case(unittest.TestCase):
    """A test with a folder, which is kept when the test fails."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='tacet-e2e-')
        self.running = []

    def tearDown(self):
        for p in self.running:
            p.stop()
        outcome = self._outcome.result
        bad = any(t is self for t, _ in outcome.failures + outcome.errors)
        if bad:
            print(f'kept for a look: {self.folder}')
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def server(self, *init, name='', **kw):
        folder = os.path.join(self.folder, name)
        os.makedirs(folder, exist_ok=True)
        s = Server(folder, *init, **kw).start()
        self.running.append(s)
        return s

    def person(self, name, server=None):
        p = Person(self.folder, name)
        if server is not None:
            p.register(server)
        return p

    def friends(self, server, *names):
        """People of whom the first has written to each other, and was accepted."""
        people = [self.person(n, server) for n in names]
        first = people[0]
        for p in people[1:]:
            first.send(p.name, 'hello')
            p.wait_text('hello')
            p.accept(first.name)
            p.send(first.name, 'hello back')
            first.wait_for(lambda e, n=p.name: e['type'] == 'message'
                           and e['from'].split('@')[0] == n, 'an answer')
        return people
