# SPDX-License-Identifier: Apache-2.0
"""Backups with the real program: out, in, twice, broken off, damaged."""
import json
import os
import shutil
import signal
import subprocess
import unittest

from harness import BIN, Case, Person
from terminal import Terminal

PHRASE = {'TACET_BACKUP_PASSPHRASE': 'not the same as that of the home'}


class Backup(Case):
    def setUp(self):
        super().setUp()
        self.file = os.path.join(self.folder, 'backup')

    def twin(self, person, name):
        """The home as it is now, on another machine."""
        other = Person(self.folder, name)
        shutil.copytree(person.home, other.home,
                        ignore=shutil.ignore_patterns('sync.*'))
        return other

    def told(self, person):
        """Everything that a backup promises."""
        out = []
        for to in ('bob', 'crew', 'mallory'):
            for line in person.run('history', to, '--limit', '0', '--json',
                                   code=None).stdout.decode().splitlines():
                m = json.loads(line)
                for a in m['attachments']:
                    a['path'] = None  # where it was saved is a matter of a home
                out.append(m)
        # What the key log showed is seen by each device for itself.
        contacts = person.run('contacts', '--json').stdout.decode().replace(
            '"transparent"', '"unchecked"')
        # What the key log showed is looked up anew by the home that imports.
        contacts = contacts.replace('"transparent"', '"unchecked"')
        return out, sorted(contacts.splitlines())

    def busy(self):
        server = self.server()
        alice = self.person('alice', server)
        empty = self.twin(alice, 'empty')
        bob, mallory = self.person('bob', server), self.person('mallory', server)
        for p in (bob, mallory):
            alice.send(p.name, 'hello')
            p.wait_text('hello')
            p.accept('alice')
            p.send('alice', f'hello from {p.name}')
            alice.wait_text(f'hello from {p.name}')
        alice.run('verify', 'bob', self.code(alice, 'bob'))
        alice.run('block', 'mallory')
        path = os.path.join(self.folder, 'plan.txt')
        with open(path, 'w') as f:
            f.write('at nine')
        alice.send('bob', 'the plan', '--attach', path)
        alice.run('group', 'create', 'crew', 'bob')
        alice.send('crew', 'we are two ‒ so far')
        bob.wait_text('we are two ‒ so far')
        return server, alice, empty

    def code(self, person, who):
        line = json.loads(person.run('code', who, '--json').stdout.decode())
        return line['code']

    def test_out_and_in(self):
        server, alice, empty = self.busy()
        server.stop()
        alice.run('export', self.file, code=2)  # no passphrase
        self.assertFalse(os.path.exists(self.file))
        r = alice.run('export', self.file, '--json', env=PHRASE)
        n = json.loads(r.stdout.decode())
        self.assertEqual(os.stat(self.file).st_mode & 0o777, 0o600)
        with open(self.file, 'rb') as f:
            raw = f.read()
        for secret in (b'lighthouse', b'hello', b'bob', b'crew', b'plan'):
            self.assertNotIn(secret, raw)
        got = json.loads(empty.run('import', self.file, '--json', env=PHRASE)
                         .stdout.decode())
        self.assertEqual(got, n)
        self.assertEqual(self.told(empty), self.told(alice))
        again = json.loads(empty.run('import', self.file, '--json', env=PHRASE)
                           .stdout.decode())
        self.assertEqual(again, dict(people=0, conversations=0, messages=0,
                                     known=n['messages']))
        self.assertEqual(self.told(empty), self.told(alice))
        out = empty.run('import', self.file, env=PHRASE).stdout.decode()
        self.assertIn('had been there already', out)

    def test_refused(self):
        server, alice, empty = self.busy()
        carol = self.person('carol', server)
        server.stop()
        before = self.told(empty)
        alice.run('export', self.file, env=PHRASE)
        r = carol.run('import', self.file, env=PHRASE, code=4)
        self.assertIn(b'another account', r.stderr)
        wrong = {'TACET_BACKUP_PASSPHRASE': 'guess'}
        r = empty.run('import', self.file, env=wrong, code=1)
        self.assertIn(b'passphrase does not open', r.stderr)
        empty.run('import', self.file + '.no', env=PHRASE, code=2)
        empty.run('import', __file__, env=PHRASE, code=2)
        size = os.path.getsize(self.file)
        bad = self.file + '.bad'
        shutil.copy(self.file, bad)
        with open(bad, 'r+b') as f:
            f.seek(size // 2)
            byte = f.read(1)
            f.seek(size // 2)
            f.write(bytes([byte[0] ^ 4]))
        empty.run('import', bad, env=PHRASE, code=1)
        shutil.copy(self.file, bad)
        os.truncate(bad, size - 1)
        empty.run('import', bad, env=PHRASE, code=1)
        self.assertEqual(self.told(empty), before)

    def test_on_a_terminal(self):
        server, alice, empty = self.busy()
        server.stop()
        t = Terminal([f'{BIN}/tacet', 'export', self.file], alice.env)
        t.wait_line('Passphrase of the backup')
        t.type('tell nobody\n')
        t.wait_line('The same again')
        t.type('tell somebody\n')
        t.wait_line('differ')
        self.assertEqual(t.end(), 2)
        t.close()
        t = Terminal([f'{BIN}/tacet', 'export', self.file], alice.env)
        t.wait_line('Passphrase of the backup')
        t.type('tell nobody\n')
        t.wait_line('The same again')
        t.type('tell nobody\n')
        t.wait_line('Written: ')
        self.assertEqual(t.end(), 0)
        self.assertFalse([x for x in t.screen.lines() if 'tell nobody' in x])
        t.close()
        t = Terminal([f'{BIN}/tacet', 'import', self.file], empty.env)
        t.wait_line('Passphrase of the backup')
        t.type('tell nobody\n')
        t.wait_line('Taken in: ')
        self.assertEqual(t.end(), 0)
        t.close()
        self.assertEqual(self.told(empty), self.told(alice))

    def killed(self, person, args, after):
        """Runs it and kills it after so many seconds; True if it was alive."""
        p = subprocess.Popen([f'{BIN}/tacet', *args],
                             env=dict(person.env, **PHRASE),
                             stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
        try:
            p.wait(timeout=after)
            return False
        except subprocess.TimeoutExpired:
            p.send_signal(signal.SIGKILL)
            p.wait()
            return True

    def test_killed_at_any_moment(self):
        server, alice, empty = self.busy()
        server.stop()
        big = os.path.join(self.folder, 'long')
        with open(big, 'w') as f:
            f.write('a long story ' * 2500)
        with open(big) as f:
            text = f.read().encode()
        for _ in range(40):
            alice.run('send', 'bob', '-', stdin=text)
        old, new = self.told(empty), self.told(alice)
        alice.run('export', self.file, env=PHRASE)
        with open(self.file, 'rb') as f:
            first = f.read()
        hits = 0
        for i in range(1, 13):
            hits += self.killed(alice, ('export', self.file), i * 0.03)
            with open(self.file, 'rb') as f:
                now = f.read()
            if now != first:  # then it is another whole one
                probe = self.twin(empty, f'probe{i}')
                probe.run('import', self.file, env=PHRASE)
                self.assertEqual(self.told(probe), new)
                first = now
        alice.run('export', self.file, env=PHRASE)
        for i in range(1, 13):
            hits += self.killed(empty, ('import', self.file), i * 0.03)
            is_ = self.told(empty)
            self.assertIn(is_, (old, new))
        empty.run('import', self.file, env=PHRASE)
        self.assertEqual(self.told(empty), new)
        self.assertGreater(hits, 0)
        self.assertFalse(os.path.exists(self.file + '.part'))


if __name__ == '__main__':
    unittest.main(verbosity=2)
