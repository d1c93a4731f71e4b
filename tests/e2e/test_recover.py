# SPDX-License-Identifier: Apache-2.0
"""The 24 words: compared with the account, erased from the device, and used
when every device is lost."""
import json
import os
import shutil
import subprocess
import unittest

from harness import BIN, Case, Person
from terminal import Terminal


class Words(Case):
    def words_of(self, person):
        return person.run('recovery', 'show').stdout.decode().strip()

    def test_check_by_file_and_pipe(self):
        server = self.server()
        alice, bob = self.person('alice', server), self.person('bob', server)
        words, others = self.words_of(alice), self.words_of(bob)
        path = os.path.join(self.folder, 'words')
        with open(path, 'w') as f:  # in rows, as on paper
            f.write('\n'.join(' '.join(words.split()[i:i + 6])
                              for i in range(0, 24, 6)) + '\n')
        server.stop()  # nothing of this needs it
        alice.run('recovery', 'check', stdin=others.encode(), code=2)
        alice.run('recovery', 'check', stdin=b'abide amuse', code=2)
        alice.run('recovery', 'check', stdin=b'', code=2)
        alice.run('recovery', 'check', '--words-file', path + '.no', code=1)
        r = alice.run('recovery', 'check', '--words-file', path)
        self.assertIn(b'They are right', r.stdout)
        self.assertIn(b'They stay on this device', r.stdout)
        self.assertEqual(self.words_of(alice), words)
        alice.run('recovery', 'check', '--yes', stdin=others.encode(), code=2)
        self.assertEqual(self.words_of(alice), words)
        r = alice.run('recovery', 'check', '--yes', '--words-file', path)
        self.assertIn(b'no longer holds them', r.stdout)
        r = alice.run('recovery', 'show', code=4)
        self.assertIn(b'on paper alone', r.stderr)
        self.assertIn(b'the words are with you alone',
                      alice.run('status').stdout)
        r = alice.run('recovery', 'check', stdin=words.encode())
        self.assertIn(b'does not hold them', r.stdout)
        alice.run('recovery', 'check', stdin=others.encode(), code=2)

    def test_check_on_a_terminal(self):
        server = self.server()
        alice = self.person('alice', server)
        words = self.words_of(alice).split()
        t = Terminal([f'{BIN}/tacet', 'recovery', 'check'], alice.env)
        t.wait_line('The 24 words')
        t.type(' '.join(words[:6]) + '\n')
        t.wait_line('... and 18 more')
        t.type(' '.join(words[6:]) + '\n')
        t.wait_line('They are right')
        t.wait_line('Erase them from this device')
        t.type('no\n')
        t.wait_line('They stay on this device')
        self.assertEqual(t.end(), 0)
        shown = '\n'.join(t.screen.lines())
        for w in words:
            self.assertNotIn(w, shown)
        t.close()
        t = Terminal([f'{BIN}/tacet', 'recovery', 'check'], alice.env)
        t.wait_line('The 24 words')
        t.type(' '.join(words) + '\n')
        t.wait_line('Erase them from this device')
        t.type('y\n')
        t.wait_line('no longer holds them')
        self.assertEqual(t.end(), 0)
        t.close()
        alice.run('recovery', 'show', code=4)


class Lost(Case):
    """Every device is gone; the paper is not."""

    def lose(self, server, person):
        """Gives the words, and a person with an empty home on a new machine."""
        words = person.run('recovery', 'show').stdout.decode().strip()
        shutil.rmtree(person.home)
        new = Person(os.path.join(self.folder, 'new-machine'), person.name)
        os.makedirs(os.path.dirname(new.home), exist_ok=True)
        new.words = os.path.join(self.folder, 'words')
        with open(new.words, 'w') as f:
            f.write(words + '\n')
        return new

    def code(self, person):
        return json.loads(person.run('code', 'bob', '--json').stdout)['code']

    def recover(self, server, new, *args, **kw):
        return new.run('recover', new.name, '--words-file', new.words,
                       '--invite', server.invite(), '--no-passphrase', *args,
                       **kw)

    def test_recovered_with_a_backup(self):
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')
        alice.run('group', 'create', 'crew', 'bob')
        bob.wait_for(lambda e: e['type'] == 'group', 'the group')
        alice.send('crew', 'before the storm')
        bob.wait_text('before the storm')
        backup = os.path.join(self.folder, 'backup')
        phrase = {'TACET_BACKUP_PASSPHRASE': 'salt water'}
        alice.run('export', backup, env=phrase)
        code = self.code(alice)
        new = self.lose(server, alice)
        new.run('import', backup, env=phrase, code=2)  # no home yet
        out = self.recover(server, new).stdout.decode()
        self.assertIn('You are alice@localhost again', out)
        self.assertIn('1 device no longer belongs', out)
        self.assertIn('in no conversation yet', out)
        new.run('recovery', 'show', code=4)
        new.run('recovery', 'check', '--words-file', new.words)
        new.run('import', backup, env=phrase)
        history = new.run('history', 'crew').stdout.decode()
        self.assertIn('before the storm', history)
        self.assertEqual(self.code(new), code)
        new.send('bob', 'I am back')
        bob.wait_text('I am back')
        # From there bob's program knows the new list; he does nothing for it.
        bob.send('alice', 'good')
        new.wait_text('good')
        bob.send('crew', 'she is back')
        new.wait_text('she is back')
        new.send('crew', 'so I am')
        bob.wait_text('so I am')
        self.assertFalse([e for e in new.seen if e['type'] == 'request'])
        seen = [e for e in new.seen if e['type'] == 'message']
        self.assertFalse([e for e in seen if e['request']])

    def test_recovered_without(self):
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')
        new = self.lose(server, alice)
        self.recover(server, new)
        self.assertEqual(new.run('contacts', '--json').stdout, b'')
        new.send('bob', 'I lost everything')
        bob.wait_text('I lost everything')
        bob.send('alice', 'not me')
        new.wait_text('not me')
        status = json.loads(new.run('status', '--json').stdout)
        self.assertTrue(status['recovery_confirmed'])
        devices = new.run('devices', '--json').stdout.splitlines()
        self.assertEqual(len(devices), 1)

    def test_recovered_by_address(self):
        """Whose key log is believed nobody has said: that is said."""
        server = self.server()
        alice = self.person('alice', server)
        new = self.lose(server, alice)
        new.env['SSL_CERT_FILE'] = os.path.join(server.data, 'tls/cert.pem')
        port = server.listen.rsplit(':', 1)[1]
        said = new.run('recover', 'alice@localhost', '--words-file', new.words,
                       '--server', f'https://localhost:{port}',
                       '--no-passphrase').stdout
        self.assertIn(b'tacet trust accept LINK', said)
        new.run('trust', 'accept', server.invite(), '--yes')
        self.assertIn('unwitnessed', new.run('status').stdout.decode())

    def test_refused(self):
        server = self.server()
        alice, bob = self.person('alice', server), self.person('bob', server)
        other = bob.run('recovery', 'show').stdout
        new = self.lose(server, alice)
        no = ('--no-passphrase',)
        invite = server.invite()
        new.run('recover', 'alice', '--invite', invite, *no, stdin=other,
                code=2)
        new.run('recover', 'alice', *no, stdin=other, code=2)
        new.run('recover', 'alice', '--server', 'localhost', *no, stdin=other,
                code=2)
        new.run('recover', 'nobody', '--words-file', new.words, '--invite',
                invite, *no, code=4)
        # Without an invite nothing says that its own certificate is right.
        new.run('recover', 'alice@localhost', '--words-file', new.words,
                '--server', f'https://{server.listen}', *no, code=5)
        server.stop()
        self.recover_offline(new, invite)
        server.start()
        self.recover(server, new)
        self.recover(server, new, code=4)  # once is enough
        new.run('send', 'bob', 'hello')
        bob.wait_text('hello')

    def recover_offline(self, new, invite):
        new.run('recover', 'alice', '--words-file', new.words, '--invite',
                invite, '--no-passphrase', code=3)

    def test_killed_at_any_moment(self):
        server = self.server()
        bob = self.person('bob', server)
        alive = 0
        for i in range(4):  # 30 look-ups an hour are free
            name = f'alice{i}'
            new = self.lose(server, self.person(name, server))
            p = subprocess.Popen(
                [f'{BIN}/tacet', 'recover', name, '--words-file', new.words,
                 '--invite', server.invite(), '--no-passphrase'],
                env=new.env, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL)
            try:
                p.wait(timeout=0.1 + i * 0.3)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()
                alive += 1
                r = self.recover(server, new, code=None)
                # 4: it was through, and only its last words were not heard
                self.assertIn(r.returncode, (0, 4), r.stderr)
            devices = new.run('devices', '--json').stdout.splitlines()
            self.assertEqual(len(devices), 1)
            new.send('bob', f'from {name}')
            bob.wait_text(f'from {name}')
        self.assertGreater(alive, 0)

    def test_on_a_terminal(self):
        server = self.server()
        new = self.lose(server, self.person('alice', server))
        with open(new.words) as f:
            words = f.read()
        t = Terminal([f'{BIN}/tacet', 'recover', 'alice', '--invite',
                      server.invite()], new.env)
        t.wait_line('The 24 words')
        t.type(words)
        t.wait_line('Take the devices that the account has now out of it')
        t.type('\n')
        t.wait_line('New passphrase')
        t.type('something new\n')
        t.wait_line('The same again')
        t.type('something new\n')
        t.wait_line('You are alice@localhost again')
        self.assertEqual(t.end(), 0)
        t.close()
        new.run('status', code=1)
        new.run('status', env={'TACET_PASSPHRASE': 'something new'})


if __name__ == '__main__':
    unittest.main(verbosity=2)
