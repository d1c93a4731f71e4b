# SPDX-License-Identifier: Apache-2.0
"""A handle for who has lost everything: the operator's link, the days in which
contacts refuse, the end; and the veto. The clock of all programs is moved."""
import base64
import hashlib
import json
import os
import subprocess
import unittest

from harness import Case, Person, wrong_clock
from test_audit import audit

DAY = 86400


class Reset(Case):
    def setUp(self):
        super().setUp()
        self.before = dict(os.environ)
        self.today = 0

    def tearDown(self):
        super().tearDown()
        os.environ.clear()
        os.environ.update(self.before)

    def later(self, server, *people, days=1):
        """A day at a time: a clock that jumps is not believed."""
        for _ in range(days):
            self.today += 1
            skew = wrong_clock(self.today * DAY)
            os.environ.update(skew)
            server.stop()
            server.start()
            for p in people:
                p.env.update(skew)
                p.receive(timeout=1)

    def link(self, server, handle, code=0):
        r = server.run('account', 'reset', handle, check=False)
        self.assertEqual(r.returncode, code, r.stderr)
        return r.stdout.decode().strip().split('\n')[0]

    def newcomer(self, name, handle, link):
        """Somebody on a new machine takes a handle."""
        p = Person(self.folder, name)
        p.run('register', handle, '--invite', link, '--no-passphrase')
        return p

    def trust(self, person, handle):
        for line in person.run('contacts', '--json').stdout.splitlines():
            c = json.loads(line)
            if c['handle'].startswith(handle + '@'):
                return c
        self.fail(f'{handle} is no contact')

    def warnings(self, person, code):
        return [e for e in person.seen
                if e['type'] == 'warning' and e['code'] == code]

    def lost(self):
        """alice knows bob, whose handle is then taken by a new account."""
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')
        new = self.newcomer('new', 'bob', self.link(server, 'bob'))
        new.send('alice', 'this is my new phone')
        alice.wait_for(lambda e: e['type'] == 'warning'
                       and e['code'] == 'impostor')
        return server, alice, bob, new

    def test_nobody_objects(self):
        server, alice, bob, new = self.lost()
        # One at a time.
        self.link(server, 'bob', code=4)
        # A stranger's request, whatever the handle.
        r = alice.run('requests', 'accept', 'bob', code=5)
        self.assertIn('not of the account that you know', r.stderr.decode())
        self.later(server, alice)
        alice.wait_for(lambda e: e['type'] == 'warning'
                       and e['code'] == 'reset', 'the reset')
        r = alice.run('send', 'bob', 'not yet', code=5)
        self.assertIn('wait until', r.stderr.decode())
        self.assertIn('tacet recovery veto', bob.run('status').stdout.decode())
        self.assertTrue(json.loads(bob.run('status', '--json').stdout)
                        ['lost_until'].startswith('20'))
        self.assertIn('reset, wait until', alice.run('contacts').stdout.decode())
        c = self.trust(alice, 'bob')
        self.assertEqual(c['trust'], 'reset')
        self.assertIn('reset_until', c)
        self.assertIn('reset', alice.run('log', 'bob').stdout.decode())
        self.later(server, alice, days=2)
        alice.run('send', 'bob', 'not yet', code=5)
        self.later(server, alice, days=2)
        alice.run('send', 'bob', 'there you are', '--sent')
        new.env.update(alice.env, TACET_HOME=new.home)
        new.wait_text('there you are')
        alice.wait_for(lambda e: e['type'] == 'warning'
                       and e['code'] == 'keys-changed', 'the change')
        self.assertEqual(self.trust(alice, 'bob')['trust'], 'transparent')
        self.assertEqual(len(self.warnings(alice, 'reset')), 1)
        self.assertFalse(os.path.exists(os.path.join(alice.home, 'evidence')))
        # The old phone turns up: too late.
        bob.env.update(alice.env, TACET_HOME=bob.home)
        r = bob.run('recovery', 'veto', code=4)
        self.assertIn('too late', r.stderr.decode())
        self.whole(server)

    def test_veto(self):
        server, alice, bob, thief = self.lost()
        self.later(server, alice, bob)
        alice.run('send', 'bob', 'who are you', code=5)
        bob.wait_for(lambda e: e['type'] == 'warning'
                     and e['code'] == 'own-reset', 'the alarm')
        r = bob.run('recovery', 'veto')
        self.assertIn('yours again', r.stdout.decode())
        bob.run('recovery', 'veto', code=4)
        self.assertIsNone(json.loads(bob.run('status', '--json').stdout)
                          ['lost_until'])
        alice.run('requests', 'refuse', 'bob')
        self.assertEqual(alice.run('requests').stdout, b'')
        self.link(server, 'bob', code=4)
        self.later(server, alice, bob, days=2)  # she looks within one
        alice.wait_for(lambda e: e['type'] == 'warning'
                       and e['code'] == 'reset-vetoed', 'the veto')
        alice.run('send', 'bob', 'you again', '--sent')
        bob.wait_text('you again')
        thief.env.update(alice.env, TACET_HOME=thief.home)
        thief.wait_for(lambda e: e['type'] == 'warning'
                       and e['code'] == 'own-handle-lost', 'that it is over')
        self.later(server, alice, bob, days=3)
        alice.run('send', 'bob', 'and still', '--sent')
        bob.wait_text('and still')
        for p in alice, bob:
            self.assertFalse(os.path.exists(os.path.join(p.home, 'evidence')))
        self.whole(server)

    def test_links(self):
        server = self.server()
        self.person('bob', server)
        self.assertIn('there is no account', server.run(
            'account', 'reset', 'carol', check=False).stderr.decode())
        link = self.link(server, 'bob')
        for handle in 'carol', 'dave':  # for one handle alone
            p = Person(self.folder, handle)
            r = p.run('register', handle, '--invite', link, '--no-passphrase',
                      code=4)
            self.assertIn('for another handle', r.stderr.decode())
        for handle in 'b\u043eb', 'bob ', 'b\u00f6b', '\uff42\uff4f\uff42', '':
            self.link(server, handle, code=4)  # what only looks like it
            p.run('register', handle, '--invite', link, '--no-passphrase',
                  code=2)
        link = self.link(server, 'BOB@LocalHost')  # another one: the first is void
        self.newcomer('new', 'bob', link)
        again = Person(self.folder, 'again')
        again.run('register', 'bob', '--invite', link, '--no-passphrase',
                  code=4)

    def test_deleted_meanwhile(self):
        """The operator erases the account while a reset is under way: all whom
        it was of are told, and the handle is nobody's."""
        server, alice, bob, new = self.lost()
        server.run('account', 'delete', 'bob')
        self.link(server, 'bob', code=4)
        for p in bob, new:
            r = p.run('status', code=4)
            self.assertIn('was deleted', r.stderr.decode())
        r = bob.run('recovery', 'veto', code=4)
        self.assertIn('was deleted', r.stderr.decode())
        self.later(server, alice, bob, new, days=2)
        for p in bob, new:
            self.assertEqual(len(self.warnings(p, 'account-deleted')), 1)
        Person(self.folder, 'late').run(
            'register', 'bob', '--invite', server.invite(), '--no-passphrase',
            code=4)

    def whole(self, server):
        """An auditor, too, finds nothing: the log keeps its rules."""
        copy = os.path.join(self.folder, 'copy')
        key = server.run('witness', 'list').stdout.decode().splitlines()[0]
        pem = subprocess.run(
            ['openssl', 'x509', '-noout', '-pubkey', '-in',
             os.path.join(server.data, 'tls', 'cert.pem')],
            check=True, capture_output=True).stdout
        pin = hashlib.sha256(base64.b64decode(
            b''.join(pem.splitlines()[1:-1]))).hexdigest()
        audit('mirror', f'https://{server.listen}/log', copy, '--key',
              key.removeprefix('log '), '--pin', pin)
        audit('replay', copy)


if __name__ == '__main__':
    unittest.main(verbosity=2)
