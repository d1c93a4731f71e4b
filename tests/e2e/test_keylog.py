#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The key log as people meet it: what the commands say about it, and a server
that was set back to an older copy of its data folder."""
import glob
import json
import os
import shutil
import subprocess
import unittest

from harness import BIN, TIMEOUT, Case, Person


def lines(r):
    return [json.loads(line) for line in r.stdout.decode().splitlines()]


class KeyLog(Case):
    def test_what_it_says(self):
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')
        self.assertIn('bob@localhost                    transparent',
                      alice.run('contacts').stdout.decode())
        self.assertEqual([e['trust'] for e in alice.seen
                          if e['type'] == 'message'], ['transparent'])
        self.assertEqual([e['trust'] for e in bob.seen
                          if e['type'] == 'request'], ['unchecked'])
        self.assertEqual([c['trust'] for c in
                          lines(alice.run('contacts', '--json'))],
                         ['transparent'])
        said = alice.run('status').stdout.decode()
        self.assertIn('localhost/log', said)
        self.assertIn('unwitnessed', said)
        log = lines(alice.run('status', '--json'))[0]['log']
        self.assertEqual(log['name'], 'localhost/log')
        self.assertTrue(log['unwitnessed'])
        self.assertGreater(log['size'], 2)
        self.assertIsNone(log['trouble'])

        said = alice.run('log', 'bob').stdout.decode()
        self.assertIn('bob@localhost  transparent, looked up', said)
        self.assertIn('made with device', said)
        self.assertNotIn('not seen', said)
        entry = lines(alice.run('log', 'bob', '--json'))[0]
        self.assertEqual((entry['number'], len(entry['added'])), (0, 1))
        self.assertEqual(entry['added'],
                         [d['id'] for d in lines(bob.run('devices', '--json'))])
        self.assertIn('made with device', alice.run('log', 'alice')
                      .stdout.decode())

        own, *told = lines(alice.run('gossip', '--json'))
        self.assertIsNone(own['from'])
        self.assertEqual([(t['from'], t['state']) for t in told],
                         [('bob@localhost', 'fits')])
        self.assertIn('one log with what is shown here',
                      alice.run('gossip').stdout.decode())

        said = alice.run('trust', 'show').stdout.decode()
        self.assertIn('witnesses  nobody (unwitnessed)', said)
        self.assertIn('quorum none', said)
        link = server.invite()
        self.assertIn('nothing was changed',
                      alice.run('trust', 'accept', link).stdout.decode())
        alice.run('trust', 'accept', 'https://localhost/i#AAAA', code=2)
        crew = alice.run('group', 'create', 'crew', 'bob')
        self.assertEqual(crew.returncode, 0)
        self.assertIn('transparent',
                      alice.run('group', 'show', 'crew').stdout.decode())

    def test_another_log(self):
        """The operator starts a new log: nobody believes it without a word."""
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')
        other = self.server(name='other')
        said = alice.run('trust', 'accept', other.invite(), code=2)
        self.assertIn('--yes', said.stderr.decode())
        self.assertIn('forgotten', said.stdout.decode())
        alice.run('trust', 'accept', other.invite(), '--yes')
        r = alice.run('receive', code=5)
        self.assertIn('does not verify with the keys of your invite',
                      r.stderr.decode())
        alice.run('trust', 'accept', server.invite(), '--yes')
        alice.send('bob', 'back again')
        bob.wait_text('back again')

    def link(self, server, old, name):
        new = Person(self.folder, name)
        linking = new.popen('link', server.process.where, '--no-passphrase',
                            '--device', name)
        code = linking.stdout.readline().decode().strip()
        old.run('devices', 'approve', code)
        linking.communicate(timeout=TIMEOUT)
        return new

    def put_back(self, server):
        """The older copy of the whole folder, as an operator would."""
        server.stop()
        shutil.rmtree(server.data)
        shutil.copytree(f'{self.folder}/backup', server.data)
        server.start()

    def notices(self, p, vkey):
        """Whatever they do; and what they keep is proof to a stranger."""
        to = 'bob' if p.name.startswith('alice') else 'alice'
        for args in (['receive'], ['send', to, 'careful'], ['status'],
                     ['receive', '--follow']):
            r = p.run(*args, code=5)
            said = r.stderr.decode()
            self.assertIn('key log', said, args)
            self.assertIn(f'{p.home}/evidence/', said, args)
        self.assertEqual(
            lines(p.run('status', '--json', code=5))[0]['trouble'], 'log-fork')
        path, = glob.glob(f'{p.home}/evidence/*.txt')
        r = subprocess.run([f'{BIN}/tacet-audit', 'verify', path, '--key',
                            vkey], capture_output=True, timeout=TIMEOUT,
                           env={'PATH': ''})
        self.assertIn(b'split-view: the evidence stands', r.stdout, r.stderr)

    def test_rollback(self):
        """Every device that saw more notices, and no other one does, be it of
        the same account."""
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')
        phones = [self.link(server, p, f'{p.name}-phone') for p in (alice, bob)]
        vkey = server.run('witness', 'list').stdout.decode().split()[1]
        for p in (alice, bob, *phones):
            p.receive(timeout=1)
        server.stop()
        shutil.copytree(server.data, f'{self.folder}/backup')
        server.start()
        for name in ('carol', 'erin', 'frank'):  # the log grows; bob is away
            self.person(name, server)
            for p in (alice, *phones):
                p.receive()
        self.put_back(server)
        dave = self.person('dave', server)

        for p in (alice, *phones):
            self.notices(p, vkey)

        bob.receive()
        bob.send('dave', 'hello')
        dave.wait_for(lambda e: e['type'] == 'request')
        for p in (bob, dave):
            self.assertFalse(os.path.exists(f'{p.home}/evidence'))
            self.assertEqual(lines(p.run('status', '--json'))[0]['trouble'],
                             None)

    def test_rollback_with_nobody_after_it(self):
        """What is shown then was signed honestly once: noticed, and no proof.
        Nothing of it stays once the server has its newest copy again."""
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')
        bob.receive(timeout=1)
        server.stop()
        shutil.copytree(server.data, f'{self.folder}/backup')
        server.start()
        self.person('carol', server)
        alice.receive()
        server.stop()
        shutil.copytree(server.data, f'{self.folder}/newest')
        server.start()
        self.put_back(server)
        r = alice.run('receive', code=5)
        self.assertIn('older key log', r.stderr.decode())
        self.assertIn('A report is in', r.stderr.decode())
        self.assertEqual(
            lines(alice.run('status', '--json', code=5))[0]['trouble'],
            'log-rollback')
        bob.send('alice', 'who saw no more')
        server.stop()
        shutil.rmtree(server.data)
        shutil.copytree(f'{self.folder}/newest', server.data)
        server.start()
        alice.receive()
        alice.send('bob', 'all is well again')
        bob.wait_text('all is well again')


if __name__ == '__main__':
    unittest.main(verbosity=2)
