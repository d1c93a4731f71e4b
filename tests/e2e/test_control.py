#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The control of the hostile server's tests: the same program, honest, with three
witnesses, under a load of all kinds of operation, raises no alarm. Meanwhile it
is stopped, killed and started, its witnesses are late, stand still or are too
few, and its log gets another key.

TACET_CONTROL_OPERATIONS says how many (`make control`: 10,000),
TACET_CONTROL_WORKERS how many people are busy at once, and TACET_CONTROL_KILLS
how often the server is killed between two other things that happen to it. An operation is one
command of a person's, or one line typed in `tacet chat`. An alarm is exit code
5, a file in the folder `evidence` of a home, or any warning that is not true."""
import collections
import concurrent.futures
import glob
import json
import os
import random
import re
import signal
import threading
import time
import unittest

from harness import TIMEOUT, Case, Failed, Person, free_port, wrong_clock
from test_hostile_directory import Hostile
from test_witness import Witness
from test_witnesses import until

OPERATIONS = int(os.environ.get('TACET_CONTROL_OPERATIONS', '120'))
WORKERS = int(os.environ.get('TACET_CONTROL_WORKERS', '2'))
KILLS = int(os.environ.get('TACET_CONTROL_KILLS', '1'))
APPROVALS = 20  # of a device, before an outage is too long
KEPT = 8  # people that a worker goes on with
# 3: the server is away, or has just restarted; 4: it cannot show the keys of
# somebody new before its witnesses have cosigned.
OUTAGES = (3, 4)


class Gate:
    """Workers run in it; the operator can have them all outside for a while."""

    def __init__(self):
        self.changed = threading.Condition()
        self.inside, self.shut = 0, False

    def __enter__(self):
        with self.changed:
            self.changed.wait_for(lambda: not self.shut)
            self.inside += 1

    def __exit__(self, *_):
        with self.changed:
            self.inside -= 1
            self.changed.notify_all()

    def close(self):
        with self.changed:
            self.shut = True
            self.changed.wait_for(lambda: self.inside == 0)

    def open(self):
        with self.changed:
            self.shut = False
            self.changed.notify_all()


class Count:
    def __init__(self):
        self.changed = threading.Condition()
        self.n = 0
        self.kinds, self.codes = collections.Counter(), collections.Counter()
        self.outages = collections.Counter()
        self.odd = []  # what ended with neither 0 nor an outage
        self.last_outage = ''

    def add(self, kind, code, n=1, said=''):
        with self.changed:
            self.n += n
            self.changed.notify_all()
            if self.n // 1000 > (self.n - n) // 1000:
                print(f'{self.n} ...', flush=True)
            self.kinds[kind] += n
            self.codes[code] += 1
            self.outages[kind] += code in OUTAGES
            if code in OUTAGES:
                self.last_outage = f'at {self.n}, {kind}: {said.strip()}'
            if code not in (0, *OUTAGES):
                self.odd.append((kind, code, said))


class Worker(threading.Thread):
    """Does one thing after the other with people of its own."""

    def __init__(self, case, number):
        super().__init__()
        self.case, self.number = case, number
        self.random = random.Random(number)
        self.people, self.phones = [], {}
        self.made = 0
        self.trouble = None

    def do(self, p, kind, *args):
        # Adding a device waits for what the witnesses keep back.
        r = p.run(*args, code=None, timeout=5 * TIMEOUT)
        self.case.count.add(kind, r.returncode,
                            said=f'{p.name}: {args[:3]}: {r.stderr.decode()}')
        return r

    def register(self):
        p = Person(self.case.folder, f'p{self.number}x{self.made}')
        p.account = p.name
        self.made += 1
        r = self.do(p, 'register', 'register', p.name, '--invite',
                    self.case.host.invite(), '--no-passphrase')
        if r.returncode == 0:
            self.people = self.people[-KEPT + 1:] + [p]
            self.case.join(p)
        return p

    def someone(self):
        """One of its people, or another device of one."""
        p = self.random.choice(self.people)
        phone = self.phones.get(p)
        return phone if phone and self.random.random() < .4 else p

    def other(self, p):
        return self.random.choice([name for name in self.case.everybody()
                                   if name != p.account])

    def receive(self):
        p = self.someone()
        r = self.do(p, 'receive', 'receive', '--json')
        events = self.case.see(p, r.stdout)
        for who in {e['from'] for e in events if e['type'] == 'request'}:
            r = p.run('requests', 'accept', who, code=None)
            # 2: another device of the account was quicker.
            code = 0 if r.returncode == 2 else r.returncode
            self.case.count.add('accept', code,
                                said=f'{p.name}: {r.stderr.decode()}')

    def send(self):
        p = self.someone()
        self.do(p, 'send', 'send', self.other(p), 'message of many')

    def chat(self):
        p, n = self.someone(), self.random.randrange(2, 8)
        to = self.random.choice([q.name for q in self.people
                                 if q.name != p.account])
        typed = ''.join(f'line {i}\n' for i in range(n)).encode()
        r = p.run('chat', to, stdin=typed, code=None)
        self.case.count.add('chat', r.returncode, n,
                            f'{p.name}: chat {to}: {r.stderr.decode()}')

    def group(self):
        p = self.people[0]
        others = [q.name for q in self.people[1:]]
        name = f'crew {p.name}'
        what = self.random.randrange(8)
        if not hasattr(p, 'group'):
            if self.do(p, 'group', 'group', 'create', name,
                       *others[:2]).returncode == 0:
                p.group = others[:2]
        elif what == 0 and len(p.group) > 1:
            if self.do(p, 'group', 'group', 'remove', name,
                       p.group[0]).returncode == 0:
                p.group.pop(0)
        elif what == 1:
            new = [o for o in others if o not in p.group]
            if new and self.do(p, 'group', 'group', 'add', name,
                               new[0]).returncode == 0:
                p.group.append(new[0])
        else:
            self.do(p, 'group', 'send', name, 'to all of you')

    def look(self):
        p = self.someone()
        name = self.other(p)
        words = self.random.choice((('status',), ('gossip',), ('contacts',),
                                    ('devices',), ('log', p.account),
                                    ('log', name), ('code', name)))
        r = p.run(*words, code=None)
        # Who was never met has no history here, and no code.
        self.case.count.add('look', 0 if name in words and r.returncode == 4
                            else r.returncode,
                            said=f'{p.name}: {words}: {r.stderr.decode()}')

    def devices(self):
        """A phone more, or one less."""
        p = self.random.choice(self.people)
        phone = self.phones.pop(p, None)
        if phone is not None:
            self.case.removed.add(p.account)
            self.do(p, 'remove', 'devices', 'remove', phone.name)
            return
        phone = Person(self.case.folder, f'{p.name}-phone{self.made}')
        self.made += 1
        phone.account = p.account
        linking = phone.popen('link', f'https://{self.case.host.listen}',
                              '--no-passphrase', '--device', phone.name)
        code = linking.stdout.readline().decode().strip()
        approved = False
        for _ in range(APPROVALS if code else 0):
            if not approved:
                r = p.run('devices', 'approve', code, code=None,
                          timeout=5 * TIMEOUT)
                approved = r.returncode == 0
        if code:
            self.case.count.add('link', r.returncode, said=f'{p.name}: approve:'
                                f' {r.stderr.decode()}')
        if not approved:  # an outage: it would wait for minutes
            linking.terminate()
        said = linking.communicate(timeout=5 * TIMEOUT)[1].decode()
        self.case.count.add('link', linking.returncode if approved else 3,
                            said=f'{phone.name}: {said}')
        if linking.returncode == 0:
            self.phones[p] = phone
            self.case.join(phone)
        elif code:
            self.case.broken_off.add(p.account)

    def step(self):
        kinds = ((self.send, 46), (self.receive, 24), (self.chat, 5),
                 (self.group, 9), (self.look, 8), (self.register, 2),
                 (self.devices, 3))
        what, = self.random.choices([k for k, _ in kinds],
                                    [w for _, w in kinds])
        what()

    def run(self):
        try:
            while self.case.count.n < OPERATIONS and not self.case.over:
                with self.case.gate:
                    self.step()
        except Exception as e:  # told by the test, in its own thread
            self.trouble = e
            self.case.end()


class Control(Case):
    def setUp(self):
        """What people do in weeks is done in minutes here: the limits of an
        hour or a day are as many times higher."""
        super().setUp()
        self.host = Hostile(self.folder, '--registrations-per-hour', '1000000',
                            '--requests-per-second', '100000',
                            '--lookups-per-hour', '1000000',
                            '--tokens-directory-per-day', '10000',
                            '--tokens-delivery-per-day', '10000',
                            '--max-connections-per-address', '10000')
        self.running.append(self.host)
        out = self.host.run('witness', 'list').stdout.decode()
        self.vkey = out.splitlines()[0].split()[1]
        self.witnesses = [self.witness(i) for i in range(3)]
        self.host.run('witness', 'quorum', '2')
        self.host.start()
        self.gate, self.count = Gate(), Count()
        self.lock = threading.Lock()
        self.all, self.over = [], False
        self.restarts = self.kills = 0
        # Accounts that broke off linking a device, which may stand in their
        # list by then and never have keys, and accounts that removed one, which
        # others may meet before they have heard of it: they are told, and it is
        # true.
        self.broken_off, self.removed = set(), set()

    def witness(self, i):
        folder = os.path.join(self.folder, f'witness-{i}')
        os.mkdir(folder)
        w = Witness(folder, f'witness-{i}.example')
        w.listen = f'127.0.0.1:{free_port()}'
        w.run('log', 'add', self.vkey)
        pin = re.search(r'^pin (.*)$', w.run('status').stdout.decode(), re.M)[1]
        self.host.run('witness', 'add', f'w{i}', w.vkey, f'https://{w.listen}',
                      '--pin', pin)
        w.start('--listen', w.listen)
        self.addCleanup(lambda: w.process.stop(signal.SIGKILL))
        return w

    def join(self, p):
        with self.lock:
            self.all.append(p)

    def everybody(self):
        with self.lock:
            return [p.name for p in self.all if p.name == p.account]

    # ---- what the operator does meanwhile ----

    def restart(self):
        self.host.stop()
        self.host.start()
        self.restarts += 1

    def kill(self):
        self.host.kill()
        self.host.start()
        self.kills += 1

    def late(self):
        """One witness stands still; then two, which is too few."""
        for n in (1, 2):
            pids = [w.process.pid for w in self.witnesses[:n]]
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            self.after(OPERATIONS // 50, seconds=20)
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def another_key(self):
        """As docs/guide/witnesses.md says; everybody takes the new invite."""
        self.gate.close()
        out = self.host.run('log', 'rotate').stdout.decode()
        new = re.search(r'new key is (\S+)', out)[1]
        for w in self.witnesses:
            w.run('log', 'add', new)
        self.restart()
        self.gate.open()
        self.after(OPERATIONS // 50)  # both keys sign
        self.gate.close()
        for p in self.all:
            p.run('trust', 'accept', self.host.invite(), '--yes')
            self.count.add('trust', 0)
        self.wait_for_new_key()
        self.restart()
        self.gate.open()

    def wait_for_new_key(self):
        until('the new key to have signed', lambda: self.host.run(
            'log', 'retire', check=False).returncode == 0)

    def after(self, n, seconds=None):
        """Waits until so many more operations are done; seconds: or so long."""
        with self.count.changed:
            n = min(n + self.count.n, OPERATIONS)
            done = self.count.changed.wait_for(
                lambda: self.count.n >= n or self.over,
                timeout=seconds or TIMEOUT + OPERATIONS)
        if not done and seconds is None:
            raise Failed('the workers are stuck')

    def end(self):
        self.over = True
        self.gate.open()
        with self.count.changed:
            self.count.changed.notify_all()

    # ---- all of it ----

    def load(self):
        workers = [Worker(self, i) for i in range(WORKERS)]
        for w in workers:
            while len(w.people) < 3:
                w.register()
        self.started = time.monotonic()
        for w in workers:
            w.start()
        try:
            deeds = []
            for deed in (self.restart, self.late, self.another_key,
                         self.restart, self.late, self.restart):
                deeds += KILLS * [self.kill] + [deed]
            for deed in deeds:
                self.after(OPERATIONS // (len(deeds) * 4 // 3))
                deed()
            for w in workers:
                w.join()
        finally:
            self.end()
        for w in workers:
            if w.trouble is not None:
                raise w.trouble

    def a_day_later(self, p):
        r = p.run('receive', '--json', code=None, env=wrong_clock(26 * 3600))
        self.count.add('a day later', r.returncode,
                       said=f'{p.name}: {r.stderr.decode()}')
        self.see(p, r.stdout)

    def look_back(self):
        """A day later everybody looks at oneself, as others would."""
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as workers:
            for done in [workers.submit(self.a_day_later, p)
                         for p in self.all]:
                done.result()

    def see(self, p, lines):
        events = [json.loads(x) for x in lines.decode().splitlines()]
        p.seen += events
        for e in events:
            if e['type'] == 'warning' and not self.is_true(e['code'],
                                                           e['text']):
                print(f'at {self.count.n}, to {p.name}: {e}', flush=True)
        return events

    def is_true(self, code, text):
        about = {'device-missing': self.broken_off,
                 'removed-device': self.removed,
                 'removed-sender': self.removed}.get(code, ())
        return any(f' {name}@' in text for name in about)

    def warnings(self):
        """Told, and not true."""
        told = [(e['code'], e['text']) for p in self.all for e in p.seen
                if e['type'] == 'warning']
        return collections.Counter(w for w in told if not self.is_true(*w))

    def tell(self):
        took = time.monotonic() - self.started
        c = self.count
        print(f'\n{c.n} operations of {len(self.all)} devices in {took:.0f} s, '
              f'{c.n / took:.0f} a second; the server was stopped and started '
              f'{self.restarts} times, killed and started {self.kills} times; '
              f'exit codes '
              f'{dict(sorted(c.codes.items()))}', flush=True)
        print('  ' + ', '.join(f'{n} {k}' for k, n in c.kinds.most_common())
              + f'; outages {dict(+c.outages)}\n  the last {c.last_outage}',
              flush=True)

    def test_an_honest_server_raises_no_alarm(self):
        self.load()
        self.look_back()
        self.tell()
        self.assertGreaterEqual(self.count.n, OPERATIONS)
        self.assertEqual(self.count.odd, [])
        self.assertGreater(self.count.codes[0], .6 * self.count.codes.total())
        self.assertEqual(glob.glob(f'{self.folder}/home-*/evidence/*'), [])
        self.assertEqual(list(self.warnings().items()), [])


if __name__ == '__main__':
    unittest.main(verbosity=2)
