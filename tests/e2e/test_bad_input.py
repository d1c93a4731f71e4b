# SPDX-License-Identifier: Apache-2.0
"""Everything that goes wrong in ordinary hands: its sentence, its exit code,
and nothing lost."""
import os
import sqlite3
import unittest

from harness import BIN, Case, free_port, wrong_clock


class BadInput(Case):
    def fails(self, person, code, words, *args, **kw):
        """`tacet ARGS` ends with `code` and one sentence that has `words`."""
        r = person.run(*args, code=code, **kw)
        said = r.stderr.decode()
        self.assertIn(words.lower(), said.lower())
        self.assertEqual(r.stdout, b'')
        lines = [x for x in said.splitlines() if x.strip()]
        self.assertLessEqual(len(lines), 2, said)
        self.assertNotIn('Sanitizer', said)
        return said

    def test_handles(self):
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')
        self.fails(alice, 4, 'nobody', 'send', 'zelda', 'hello')
        for odd in ('аlice', 'al ice', '-bob', 'bob.', 'x' * 33, 'bob\u200b'):
            self.fails(alice, 2, 'handle', 'send', '--', odd + '@localhost', 'hello')
        stranger = self.person('stranger')
        for odd in ('аlice', 'x' * 33, '.x', ''):
            stranger.run('register', '--invite', server.invite(),
                         '--no-passphrase', '--', odd, code=2)
        self.fails(alice, 2, 'server', 'send', 'bob@elsewhere.example', 'hello')
        alice.run('send', 'BOB', 'upper case is folded')
        bob.wait_text('upper case is folded')

    def test_registration(self):
        server = self.server()
        self.person('alice', server)
        other = self.person('other')
        said = other.run('register', 'alice', '--invite', server.invite(),
                         '--no-passphrase', code=4).stderr.decode()
        self.assertIn('taken', said)
        once = server.invite('--uses', '1')
        other.run('register', 'other', '--invite', once, '--no-passphrase')
        late = self.person('late')
        said = late.run('register', 'late', '--invite', once, '--no-passphrase',
                        code=4).stderr.decode()
        self.assertIn('invite', said)
        gone = server.invite('--expires', '1d')
        db = sqlite3.connect(os.path.join(server.data, 'directory.db'))
        db.execute('UPDATE invite SET last_day = last_day - 3')
        db.commit()
        db.close()
        said = late.run('register', 'late', '--invite', gone, '--no-passphrase',
                        code=4).stderr.decode()
        self.assertIn('invite', said)
        for odd in ('nonsense', 'https://localhost/', once[:-4], once + 'A'):
            late.run('register', 'late', '--invite', odd, '--no-passphrase',
                     code=2)
        # After all those failures it still works.
        late.register(server)
        self.fails(late, 4, 'already', 'register', 'late2', '--invite', once,
                   '--no-passphrase')

    def test_a_lock_that_is_not_there(self):
        """A registration that failed leaves its home as it was begun; going on
        with another wish about its lock is refused."""
        server = self.server()
        p = self.person('gus')
        p.run('register', 'gus', '--no-passphrase', '--invite', 'nonsense',
              code=2)
        if os.path.exists(p.home):
            self.fails(p, 2, 'passphrase', 'register', 'gus', '--invite',
                       server.invite(), env={'TACET_PASSPHRASE': 'secret'})
        p.register(server)

    def test_deleting_while_the_server_is_away_deletes_nothing(self):
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')
        server.stop()
        self.fails(alice, 3, 'nothing was erased', 'delete-account', '--yes')
        server.start()
        alice.send('bob', 'still here')
        bob.wait_text('still here')
        bob.send('alice', 'good')
        alice.wait_text('good')
        alice.run('delete-account', '--yes')
        bob.wait_for(lambda e: e['type'] == 'warning' and 'deleted' in e['text'],
                     'word that alice is gone')
        self.fails(bob, 4, 'alice', 'send', 'alice', 'gone?')

    def test_passphrase(self):
        server = self.server()
        p = self.person('pat')
        p.run('register', 'pat', '--invite', server.invite(),
              env={'TACET_PASSPHRASE': 'correct horse'})
        self.fails(p, 1, 'passphrase', 'status',
                   env={'TACET_PASSPHRASE': 'wrong horse'})
        p.run('status', env={'TACET_PASSPHRASE': 'correct horse'})
        file = os.path.join(self.folder, 'pass')
        with open(file, 'w') as f:
            f.write('correct horse\n')
        p.run('status', '--passphrase-file', file)
        self.fails(p, 1, 'passphrase', 'status')  # no terminal to ask on

    def test_homes(self):
        server = self.server()
        alice, _ = self.friends(server, 'alice', 'bob')
        nobody = self.person('nobody')
        self.fails(nobody, 2, 'register', 'send', 'alice', 'hello')
        store = [os.path.join(alice.home, n) for n in os.listdir(alice.home)
                 if n.endswith('.db')]
        self.assertEqual(len(store), 1)
        db = sqlite3.connect(store[0])
        version = db.execute('PRAGMA user_version').fetchone()[0]
        db.execute('PRAGMA user_version = 9999')
        db.commit()
        db.close()
        self.fails(alice, 1, 'newer', 'status')
        db = sqlite3.connect(store[0])
        db.execute(f'PRAGMA user_version = {version}')
        db.commit()
        db.execute('PRAGMA wal_checkpoint(TRUNCATE)')
        db.close()
        alice.run('status')
        with open(store[0], 'r+b') as f:
            whole = f.read()
            f.seek(0)
            f.write(b'this is not a database' * 40)
        self.fails(alice, 1, 'damaged', 'status')
        with open(store[0], 'wb') as f:
            f.write(whole)
        alice.run('status')

    def test_a_store_that_is_damaged_anywhere(self):
        """A sentence or what is asked for, never a crash; and the copy that
        somebody kept is as good as before."""
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')
        for n in range(5):
            alice.send('bob', f'kept {n}')
        bob.wait_text('kept 4')
        server.stop()
        path = os.path.join(alice.home, 'store.db')
        db = sqlite3.connect(path)
        db.execute('PRAGMA wal_checkpoint(TRUNCATE)')
        db.close()
        with open(path, 'rb') as f:
            whole = f.read()
        failed = 0
        for n in range(24):
            at = len(whole) * n // 24 + 100
            with open(path, 'wb') as f:
                f.write(whole[:at] + bytes(range(64)) + whole[at + 64:])
            r = alice.run('history', 'bob', code=None)
            said = r.stderr.decode()
            self.assertIn(r.returncode, (0, 1, 2), said)
            self.assertLessEqual(len(said.splitlines()), 1, said)
            failed += r.returncode != 0
            for name in os.listdir(alice.home):
                if name.startswith('store.db-'):
                    os.remove(os.path.join(alice.home, name))
        self.assertGreater(failed, 0, 'no damage was ever met')
        with open(path, 'wb') as f:
            f.write(whole)
        self.assertIn('kept 4', alice.run('history', 'bob').stdout.decode())

    def test_server_gone_changed_or_wrong(self):
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')
        server.stop()
        p = self.person('late')
        link = server.invite()
        said = p.run('register', 'late', '--invite', link, '--no-passphrase',
                     code=3).stderr.decode()
        self.assertIn('reach', said)
        # A certificate that changed is a matter of keys, not of the network.
        other = self.server(name='other')
        for name in ('cert.pem', 'key.pem'):
            with open(f'{other.data}/tls/{name}', 'rb') as f:
                theirs = f.read()
            with open(f'{server.data}/tls/{name}', 'wb') as f:
                f.write(theirs)
        server.start()
        said = alice.run('send', 'bob', 'secret', '--sent', code=5).stderr.decode()
        self.assertIn('certificate', said)

    def test_what_people_paste(self):
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')
        paste = ''.join(f'line {n} of a long paste\n' for n in range(10000))
        alice.run('send', 'bob', '-', stdin=paste.encode())
        self.assertEqual(bob.wait_for(
            lambda e: e['type'] == 'message' and e['text'].startswith('line 0 '),
            'the paste')['text'], paste.rstrip('\n'))
        self.fails(alice, 2, 'text', 'send', 'bob', '-',
                   stdin=bytes(range(256)) * 4)
        self.fails(alice, 2, 'empty', 'send', 'bob', '-', stdin=b'')
        alice.run('send', 'bob', 'naïve 😀 العربية')
        bob.wait_text('naïve 😀 العربية')

    def test_a_clock_that_is_years_off(self):
        """Nothing is lost by it, and what it prevents names it."""
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')
        for n, years in enumerate((5, -5)):
            wrong = wrong_clock(years * 365 * 86400)
            late = self.person(f'late{n}')
            self.fails(late, 1, 'clock', 'register', late.name, '--invite',
                       server.invite(), '--no-passphrase', env=wrong)
            # With the clock right, the same command goes on.
            late.register(server)
            late.send('bob', f'late, but here {n}')
            bob.wait_text(f'late, but here {n}')
            alice.run('send', 'bob', f'years off {n}', env=wrong)
            bob.send('alice', f'answer {n}')
            said = alice.run('receive', '--timeout', '30', env=wrong)
            self.assertIn(f'answer {n}', said.stdout.decode())
            alice.send('bob', f'right again {n}')
            bob.wait_text(f'right again {n}')
            bob.wait_text(f'years off {n}')
            self.assertEqual(bob.texts().count(f'years off {n}'), 1)

    def test_files_that_do_not_fit(self):
        server = self.server()
        alice, _ = self.friends(server, 'alice', 'bob')
        huge = os.path.join(self.folder, 'huge.bin')
        with open(huge, 'wb') as f:
            f.truncate(3 << 30)  # sparse: says 3 GB, takes no room
        self.fails(alice, 2, 'large', 'send', 'bob', 'see', '--attach', huge)
        self.fails(alice, 2, 'no such file', 'send', 'bob', 'see', '--attach',
                   huge + '.missing')
        self.fails(alice, 2, 'folder', 'send', 'bob', 'see', '--attach',
                   self.folder)

    def test_usage(self):
        server = self.server()
        alice = self.person('alice', server)
        for args in ([], ['nonsense'], ['send'], ['send', 'bob', 'x', '--wat'],
                     ['history'], ['group'], ['group', 'add'], ['receive', 'x'],
                     ['receive', '--timeout', 'soon'], ['block']):
            r = alice.run(*args, code=2)
            self.assertIn('tacet', r.stderr.decode())
        for args in (['--help'], ['send', '--help'], ['group', '--help'],
                     ['--version']):
            self.assertTrue(alice.run(*args).stdout)


class ServerBadInput(Case):
    def tacetd(self, *args, code):
        import subprocess
        r = subprocess.run([f'{BIN}/tacetd', *args], capture_output=True,
                           timeout=60)
        self.assertEqual(r.returncode, code, r.stderr.decode())
        return r.stderr.decode()

    def test_init_and_run(self):
        server = self.server()
        data = server.data
        said = self.tacetd('init', '--data', data, code=1)
        self.assertIn('exist', said)
        self.tacetd('run', '--data', data + '-missing', code=1)
        self.tacetd('run', code=2)
        self.tacetd('frobnicate', code=2)
        said = self.tacetd('run', '--data', data, '--listen',
                           f'127.0.0.1:{free_port()}', code=1)
        self.assertIn('already', said)  # the data folder is in use
        server.stop()
        conf = os.path.join(data, 'tacetd.conf')
        with open(conf) as f:
            whole = f.read()
        with open(conf, 'a') as f:
            f.write('\nfrobs = 3\n')
        said = self.tacetd('run', '--data', data, code=1)
        self.assertIn('frobs', said)
        with open(conf, 'w') as f:
            f.write(whole)
        with open(os.path.join(data, 'directory.db'), 'r+b') as f:
            f.write(b'not a database at all' * 60)
        said = self.tacetd('run', '--data', data, code=1)
        self.assertIn('damaged', said)

    def test_newer_data(self):
        server = self.server()
        server.stop()
        db = sqlite3.connect(os.path.join(server.data, 'delivery.db'))
        db.execute('PRAGMA user_version = 9999')
        db.commit()
        db.close()
        self.assertIn('newer', self.tacetd('run', '--data', server.data, code=1))

    def test_undeclared_column(self):
        server = self.server()
        server.stop()
        db = sqlite3.connect(os.path.join(server.data, 'delivery.db'))
        table = db.execute("SELECT name FROM sqlite_master WHERE type='table' "
                           "AND name NOT LIKE 'sqlite%'").fetchone()[0]
        db.execute(f'ALTER TABLE "{table}" ADD COLUMN sender TEXT')
        db.commit()
        db.close()
        self.assertIn('sender', self.tacetd('run', '--data', server.data, code=1))


if __name__ == '__main__':
    unittest.main(verbosity=2)
