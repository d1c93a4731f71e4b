#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The key log as people meet it: what the commands say about it, and a server
that was set back to an older copy of its data folder."""
import glob
import json
import os
import shutil
import unittest

from harness import Case


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

    def test_rollback(self):
        """Whoever saw more notices, whatever they do; others never do."""
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')
        for p in (alice, bob):
            p.receive(timeout=1)
        server.stop()
        shutil.copytree(server.data, f'{self.folder}/backup')
        server.start()
        self.person('carol', server)
        alice.receive()  # she sees the log grow; bob is away
        server.stop()
        shutil.rmtree(server.data)
        shutil.copytree(f'{self.folder}/backup', server.data)
        server.start()
        self.person('dave', server)

        for args in (['receive'], ['send', 'bob', 'careful'], ['status'],
                     ['receive', '--follow']):
            r = alice.run(*args, code=5)
            said = r.stderr.decode()
            self.assertIn('key log', said, args)
            self.assertIn(f'{alice.home}/evidence/', said, args)
        self.assertEqual(
            lines(alice.run('status', '--json', code=5))[0]['trouble'],
            'log-fork')
        self.assertEqual(len(glob.glob(f'{alice.home}/evidence/*.txt')), 1)

        bob.receive()
        bob.send('dave', 'hello')
        self.assertFalse(os.path.exists(f'{bob.home}/evidence'))
        self.assertEqual(lines(bob.run('status', '--json'))[0]['trouble'], None)


if __name__ == '__main__':
    unittest.main(verbosity=2)
