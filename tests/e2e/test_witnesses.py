# SPDX-License-Identifier: Apache-2.0
"""A server and its witnesses: the policy as an operator changes it."""
import http.client
import json
import os
import re
import select
import shutil
import signal
import ssl
import threading
import time
import unittest

from harness import (BIN, TIMEOUT, Case, Failed, Process, Server, free_port,
                     wrong_clock)
from test_witness import Key, Witness

PIN = '0' * 62 + 'fe'


def until(what, ready):
    """Asks again until it is so; there is nothing to wait on but the answer."""
    end = time.monotonic() + TIMEOUT
    while True:
        got = ready()
        if got:
            return got
        if time.monotonic() > end:
            raise Failed(f'never came: {what}')
        select.select([], [], [], 0.02)


class Policy(Case):
    def setUp(self):
        super().setUp()
        self.tacetd = Server(self.folder)
        self.path = os.path.join(self.tacetd.data, 'log-policy')
        self.log = Key(self.folder, 'localhost/log')
        self.write(f'log {self.log.vkey}\nquorum none\n')

    def write(self, text):
        with open(self.path, 'w') as f:
            f.write(text)

    def read(self):
        with open(self.path) as f:
            return f.read()

    def vkey(self, name):
        folder = os.path.join(self.folder, name)
        os.mkdir(folder)
        return Witness(folder).vkey

    def says(self, words, *args, code=0):
        """`tacetd witness ARGS` says so; in one sentence, if it fails."""
        r = self.tacetd.run('witness', *args, check=False)
        out, err = r.stdout.decode(), r.stderr.decode()
        self.assertEqual(r.returncode, code, (args, out, err))
        self.assertIn(words, out if code == 0 else err)
        if code != 0:
            self.assertEqual(err.count('\n'), 1, err)
            self.assertTrue(err.startswith('tacetd: '), err)
        return out

    def test_an_operator_changes_it(self):
        a, b = self.vkey('a'), self.vkey('b')
        out = self.says('quorum 0 of 0', 'list')
        self.assertEqual(out.splitlines()[0], f'log {self.log.vkey}')
        out = self.says('nobody has to vouch', 'add', 'a', a,
                        'https://a.example:8444', '--pin', PIN)
        self.assertIn('tacet trust accept', out)
        self.assertNotIn('restart', out)
        self.says('0 of 2 witnesses', 'add', 'b', b, 'https://b.example/w')
        self.says('2 of 2 witnesses', 'quorum', '2')
        self.says('lower it first', 'remove', 'a', code=4)
        self.says('1 of 2', 'quorum', '1')
        out = self.says('quorum 1 of 2', 'list')
        self.assertEqual(out.splitlines()[1:3],
                         [f'1\ta\thttps://a.example:8444\t{a}',
                          f'2\tb\thttps://b.example/w\t{b}'])
        self.assertEqual(
            self.read(), f'log {self.log.vkey}\n'
            f'witness a {a} https://a.example:8444#sha256={PIN}\n'
            f'witness b {b} https://b.example/w\n'
            'group witnesses 1 a b\nquorum witnesses\n')
        self.says('0 of 2', 'quorum', '0')
        self.says('0 of 1', 'remove', 'a')
        self.says('nobody vouches', 'remove', 'b')
        self.assertEqual(self.read(), f'log {self.log.vkey}\nquorum none\n')

    def test_bad_input(self):
        a = self.vkey('a')
        where = 'https://a.example'
        before = self.read()
        for args in ((), ('add',), ('add', 'a', a), ('list', 'x'), ('remove',),
                     ('quorum',), ('quorum', 'x'), ('quorum', '-1'),
                     ('lose', 'a'), ('list', '--pin', PIN),
                     ('add', 'a', a, where, 'more'), ('add', 'a', a, where, '--pin')):
            self.says('tacetd', *args, code=2)
        for words, args in (('no name for a witness', ('a b', a, where)),
                            ('no name for a witness', ('none', a, where)),
                            ('verifier key of a witness', ('a', 'x', where)),
                            ('verifier key of a witness', ('a', self.log.vkey, where)),
                            ('address of a witness', ('a', a, 'a.example')),
                            ('address of a witness', ('a', a, 'http://a.example')),
                            ('--pin', ('a', a, where, '--pin', 'fe'))):
            self.says(words, 'add', *args, code=4)
        self.says('no witness', 'remove', 'a', code=4)
        self.says('where there are 0 witnesses', 'quorum', '1', code=4)
        self.assertEqual(self.read(), before)
        self.says('of 1', 'add', 'a', a, where)
        self.says('already', 'add', 'a', self.vkey('b'), where, code=4)
        self.says('already', 'add', 'b', a, where, code=4)
        self.write(f'log {self.log.vkey}\nwitness a {a}\nquorum a\n')
        self.says('by hand', 'quorum', '1', code=4)
        self.says('groups of its own', 'list')
        self.write('nonsense\n')
        self.says('line 1', 'quorum', '1', code=4)
        self.says('line 1', 'list', code=1)
        os.remove(self.path)
        self.says('tacetd init', 'list', code=1)

    def test_two_at_once(self):
        keys = [(f'w{i}', self.vkey(f'w{i}')) for i in range(6)]
        threads = [threading.Thread(target=self.says, args=(
            'witnesses', 'add', name, key, f'https://{name}.example'))
            for name, key in keys]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.says('quorum 0 of 6', 'list')


class Rotation(Case):
    """Another key for the log, wherever the commands are killed: the server
    starts, and the command goes on."""

    def setUp(self):
        super().setUp()
        self.tacetd = Server(self.folder)
        self.running.append(self.tacetd)

    def path(self, name):
        return os.path.join(self.tacetd.data, name)

    def policy(self, text=None):
        if text is not None:
            with open(self.path('log-policy'), 'w') as f:
                f.write(text)
        with open(self.path('log-policy')) as f:
            return f.read()

    def serves(self):
        self.tacetd.start().stop()

    def log(self, *args, code=0):
        r = self.tacetd.run('log', *args, check=False)
        self.assertEqual(r.returncode, code, r.stderr.decode())
        return r.stdout.decode()

    def test_killed_anywhere(self):
        self.serves()
        before = self.policy()
        new = re.search(r'new key is (\S+)', self.log('rotate'))[1]
        both = self.policy()
        self.assertEqual(both.count('log '), 2)
        self.policy(before)  # the key was made, and its line not written
        self.serves()
        self.assertIn(new, self.log('rotate'))
        self.assertEqual(self.policy(), both)
        self.serves()
        os.rename(self.path('log-next.key'), self.path('log.key'))
        self.serves()  # in its place, and the old line not dropped
        self.assertIn(new, self.log('retire'))
        handover, = re.findall(f'# handover .* {re.escape(new)} .*\n', both)
        self.assertEqual(self.policy(),
                         f'log {new}\n{handover}quorum none\n')
        self.serves()
        self.log('retire', code=4)

    def test_bad_input(self):
        for args in ((), ('lose',), ('rotate', 'more')):
            self.log(*args, code=2)
        self.policy('nonsense\n')
        self.log('rotate', code=1)
        self.policy('quorum none\n')
        self.log('rotate', code=1)  # does not name the log
        self.assertFalse(os.path.exists(self.path('log-next.key')))
        with open(self.path('log-next.key'), 'wb') as f:
            f.write(b'short')
        self.log('rotate', code=1)


class Collecting(Case):
    """Three witnesses, of which two have to vouch."""

    def setUp(self):
        super().setUp()
        self.tacetd = Server(self.folder)
        self.running.append(self.tacetd)
        out = self.tacetd.run('witness', 'list').stdout.decode()
        self.vkey = out.splitlines()[0].split()[1]
        self.witnesses = [self.witness(i) for i in range(3)]
        self.tacetd.run('witness', 'quorum', '2')
        self.tacetd.start()
        until('a first head', lambda: self.published()[0] > 0)

    def witness(self, i):
        folder = os.path.join(self.folder, f'witness-{i}')
        os.mkdir(folder)
        w = Witness(folder, f'witness-{i}.example')
        w.listen = f'127.0.0.1:{free_port()}'
        w.run('log', 'add', self.vkey)
        pin = re.search(r'^pin (.*)$', w.run('status').stdout.decode(), re.M)[1]
        where = w.listen if i != 1 else 'localhost' + w.listen[9:]
        self.tacetd.run('witness', 'add', f'w{i}', w.vkey, f'https://{where}',
                        '--pin', pin)
        w.start('--listen', w.listen)
        self.addCleanup(lambda: w.process.stop())
        return w

    def get(self, path):
        c = http.client.HTTPSConnection(
            self.tacetd.listen, timeout=TIMEOUT,
            context=ssl._create_unverified_context())
        c.request('GET', path)
        r = c.getresponse()
        got = r.status, r.read().decode()
        c.close()
        return got

    def published(self):
        """Size of the published head and how many have signed it; (0, 0) if
        there is none."""
        status, note = self.get('/log/checkpoint')
        if status != 200:
            return 0, 0
        text, signatures = note.split('\n\n')
        return int(text.split('\n')[1]), signatures.count('\n')

    def metric(self, name):
        text = self.get('/metrics')[1]
        return int(re.search(rf'^{re.escape(name)} (\d+)$', text, re.M)[1])

    def doctor(self, code):
        r = self.tacetd.run('doctor', check=False)
        out = r.stdout.decode()
        self.assertEqual(r.returncode, code, out)
        return out

    def visible(self, before):
        """Waits until more is published than before."""
        start = time.monotonic()
        until('a greater head', lambda: self.published()[0] > before)
        took = time.monotonic() - start
        self.assertLess(took, 10)
        return took

    def register(self, name):
        """Somebody who is visible at once."""
        before = self.published()[0]
        p = self.person(name, self.tacetd)
        self.visible(before)
        return p

    def events(self):
        with open(self.tacetd.log) as f:
            return [json.loads(x)['event'] for x in f if x.startswith('{')]

    def test_witnesses_come_and_go(self):
        alice = self.register('alice')
        until('all three', lambda: self.published()[1] == 4)
        self.assertEqual(self.metric('tacetd_witnesses{state="well"}'), 3)
        out = self.doctor(0)
        self.assertIn('published with', out)
        self.assertEqual(out.count('has cosigned'), 3, out)

        self.witnesses[0].process.stop(signal.SIGKILL)
        self.register('bob')
        alice.send('bob', 'one witness is away')
        until('it to be noticed', lambda: self.metric(
            'tacetd_witnesses{state="away"}') == 1)
        self.assertEqual(self.metric('tacetd_quorum_missing'), 0)

        self.witnesses[1].process.stop(signal.SIGKILL)
        before = self.published()
        carol = self.person('carol', self.tacetd)
        until('it to be told', lambda: self.metric('tacetd_quorum_missing') == 1)
        self.assertEqual(self.published(), before)
        alice.run('send', 'carol', 'who is not visible', code=4)
        alice.send('bob', 'what is visible works')
        self.assertEqual(json.loads(self.get('/v1/health')[1])['log'], 'waiting')
        out = self.doctor(0)
        self.assertIn('the others wait for a quorum', out)
        self.assertEqual(out.count('does not answer'), 2, out)

        self.witnesses[1].start('--listen', self.witnesses[1].listen)
        until('what waited', lambda: self.published()[0] > before[0])
        alice.send('carol', 'who is visible now')
        carol.wait_text('who is visible now')
        self.assertEqual(self.metric('tacetd_quorum_missing'), 0)
        self.assertEqual(json.loads(self.get('/v1/health')[1])['log'], 'ok')
        events = self.events()
        for e in ('witness-away', 'quorum-missing', 'quorum-back'):
            self.assertIn(e, events)

    def test_a_backup_is_not_published(self):
        alice, eve = self.register('alice'), self.register('eve')
        self.tacetd.stop()
        copy = os.path.join(self.folder, 'copy')
        shutil.copytree(self.tacetd.data, copy)
        self.tacetd.start()
        self.register('bob')
        until('all three', lambda: self.published()[1] == 4)
        alice.send('bob', 'seen by who looks')
        head = self.published()[0]
        self.tacetd.stop()
        newest = os.path.join(self.folder, 'newest')
        os.rename(self.tacetd.data, newest)
        os.rename(copy, self.tacetd.data)

        out = self.doctor(1)  # before it is served
        self.assertIn('older copy', out)
        self.tacetd.start()
        until('it to be noticed', lambda: self.metric('tacetd_log_forked') == 1)
        before = self.published()
        self.assertLess(before[0], head)
        self.person('mallory', self.tacetd)
        self.assertIn('older copy', self.doctor(1))
        self.assertEqual(self.published(), before)
        self.assertEqual(json.loads(self.get('/v1/health')[1])['log'], 'forked')
        self.assertIn('log-forked', self.events())
        eve.send('alice', 'who saw no more than this notices nothing')
        said = alice.run('send', 'eve', 'who did, does', code=5)
        self.assertIn('evidence', said.stderr.decode())
        for w in self.witnesses:  # and nobody was shown another history
            self.assertNotIn('CONTRADICTED', w.run('status').stdout.decode())
        self.tacetd.stop()
        shutil.rmtree(self.tacetd.data)
        os.rename(newest, self.tacetd.data)
        self.tacetd.start()
        self.register('carol')
        alice.send('carol', 'the newest copy goes on')

    def test_a_witness_that_stalls(self):
        """It is there, and says nothing, from before the server's start."""
        self.register('alice')
        self.tacetd.stop()
        os.kill(self.witnesses[0].process.pid, signal.SIGSTOP)
        try:
            self.tacetd.start()
            self.register('bob')
            until('it to be noticed', lambda: self.metric(
                'tacetd_witnesses{state="away"}') == 1)
        finally:
            os.kill(self.witnesses[0].process.pid, signal.SIGCONT)
        until('it to come back', lambda: self.metric(
            'tacetd_witnesses{state="well"}') == 3)

    def test_clocks_that_are_wrong(self):
        """By a day: the server's, to either side, then a witness's."""
        argv = [f'{BIN}/tacetd', 'run', '--data', self.tacetd.data]
        for i, skew in enumerate((-86400, 86400)):
            self.tacetd.stop()
            env = dict(os.environ, **wrong_clock(skew))
            self.tacetd.process = Process(argv, self.tacetd.log, env=env)
            before = self.published()[0]
            # The clocks of client and server differ too, which the client
            # says; the account is there all the same.
            self.person(f'alice{i}').run(
                'register', f'alice{i}', '--invite', self.tacetd.invite(),
                '--no-passphrase', code=None)
            self.visible(before)
        self.assertIn('witness-clock', self.events())
        self.tacetd.stop()
        w = self.witnesses[0]
        w.process.stop()
        w.process = Process([f'{BIN}/tacet-witness', 'run', '--data', w.data,
                             '--listen', w.listen], w.log,
                            env=dict(os.environ, **wrong_clock(86400)))
        self.tacetd.start()
        self.register('bob')
        until('it to answer', lambda: self.metric(
            'tacetd_witnesses{state="well"}') == 3)
        self.assertEqual(self.published()[1], 3)  # it does not count

    def test_users_from_before(self):
        """A server gets its witnesses when it has users."""
        self.tacetd.stop()
        self.tacetd.run('witness', 'quorum', '0')
        self.tacetd.start()
        alice = self.person('alice', self.tacetd)
        self.assertNotIn('policy', self.doctor(0))
        self.tacetd.run('witness', 'quorum', '2')
        self.assertIn('restart it', self.doctor(0))
        said = self.tacetd.run('invite').stderr.decode()
        self.assertIn('restart it', said)
        self.tacetd.stop()
        self.assertEqual(self.tacetd.run('invite').stderr, b'')
        self.tacetd.start()
        self.assertNotIn('restart it', self.doctor(0))
        until('a head', lambda: self.published()[0] > 0)
        bob = self.register('bob')
        alice.send('bob', 'unwitnessed as yet')
        bob.wait_text('unwitnessed as yet')
        self.assertIn('unwitnessed', alice.run('status').stdout.decode())
        self.accept(alice)
        self.assertNotIn('unwitnessed', alice.run('status').stdout.decode())
        carol = self.register('carol')
        alice.send('carol', 'witnessed')
        carol.wait_text('witnessed')

    def test_a_pin_that_is_wrong(self):
        self.tacetd.stop()
        port = self.witnesses[0].listen
        self.tacetd.run('witness', 'remove', 'w0')
        self.tacetd.run('witness', 'add', 'w0', self.witnesses[0].vkey,
                        f'https://{port}', '--pin', PIN)
        self.tacetd.run('witness', 'quorum', '2')
        self.tacetd.start()
        until('it to be noticed', lambda: self.metric(
            'tacetd_witnesses{state="certificate"}') == 1)
        self.assertIn('certificate', self.doctor(0))
        self.register('alice')
        self.assertIn('witness-certificate', self.events())

    def test_another_key(self):
        alice, late = self.register('alice'), self.register('late')
        self.log('there is no other key', 'retire', code=4)
        out = self.log('the new key is', 'rotate')
        self.assertIn('restart', out)
        new = re.search(r'new key is (\S+)', out)[1]
        self.log('already', 'rotate', code=4)
        self.log('no signature of the new key', 'retire', code=4)
        self.tacetd.stop()
        self.tacetd.start()
        until('both signatures', lambda: self.published()[1] == 5)
        bob = self.register('bob')  # with an invite that names both
        said = self.accept(alice)
        self.assertIn('still has to fit', said)
        for w in self.witnesses[:2]:
            w.run('log', 'add', new)
        self.tacetd.stop()
        self.log('only key is now ' + new, 'retire')
        self.tacetd.start()
        self.register('carol')
        until('the two that know the new key', lambda: self.published()[1] == 3)
        until('the third to say so', lambda: self.metric(
            'tacetd_witnesses{state="refuses"}') == 1)
        bob.send('carol', 'the log goes on')
        alice.send('carol', 'for who took the new key in time')
        said = late.run('send', 'carol', 'and not for others', code=5)
        self.assertIn('keys of your invite', said.stderr.decode())
        self.accept(late)
        late.send('carol', 'until they do')
        self.log('there is no other key', 'retire', code=4)
        self.witnesses[2].run('log', 'add', new)
        self.assertNotIn('FAIL', self.doctor(0))

    def accept(self, person):
        """Takes the policy of a new invite, as a user does."""
        r = person.run('trust', 'accept', self.tacetd.invite(), '--yes')
        return r.stdout.decode()

    def log(self, words, *args, code=0):
        r = self.tacetd.run('log', *args, check=False)
        out, err = r.stdout.decode(), r.stderr.decode()
        self.assertEqual(r.returncode, code, (args, out, err))
        self.assertIn(words, out if code == 0 else err)
        return out

    def test_a_witness_that_does_not_know_us(self):
        self.witnesses[2].run('log', 'remove', self.vkey.split('+')[0])
        self.register('alice')
        until('it to be noticed', lambda: self.metric(
            'tacetd_witnesses{state="refuses"}') == 1)
        self.witnesses[2].run('log', 'add', self.vkey)
        until('it to come back', lambda: self.metric(
            'tacetd_witnesses{state="well"}') == 3)


if __name__ == '__main__':
    unittest.main(verbosity=2)
