# SPDX-License-Identifier: Apache-2.0
"""Groups that a member cannot follow any more: he is back without doing
anything but what he does anyway, and what he wrote meanwhile arrives once."""
import json
import os
import sqlite3
import time
import unittest

from harness import TIMEOUT, Case


class LeftBehind(Case):
    def forget_slots(self, server):
        """As after five weeks: names stay taken, bodies are gone."""
        server.stop()
        changed = 0
        for folder, _, files in os.walk(server.data):
            for name in files:
                if not name.endswith('.db'):
                    continue
                with sqlite3.connect(os.path.join(folder, name)) as db:
                    has = db.execute("SELECT 1 FROM sqlite_master WHERE "
                                     "name = 'slot'").fetchone()
                    if has:
                        changed += db.execute(
                            'UPDATE slot SET body = NULL').rowcount
        self.assertGreater(changed, 0)
        server.start()

    def members(self, person):
        out = person.run('group', 'show', 'crew', '--json').stdout.decode()
        return sorted(m.split('@')[0] for m in json.loads(out)['members'])

    def test_away_for_longer_than_slots_are_kept(self):
        server = self.server()
        alice, bob, carol = people = self.friends(server, 'alice', 'bob',
                                                  'carol')
        alice.run('group', 'create', 'crew', 'bob', 'carol')
        for p in people[1:]:
            p.wait_for(lambda e: e['type'] == 'group', 'the group')
            p.send('crew', f'{p.name} is in')
        for p in people:
            for q in people[1:]:
                if p is not q:
                    p.wait_text(f'{q.name} is in')
        alice.run('group', 'rename', 'crew', 'crew two')
        alice.run('group', 'rename', 'crew two', 'crew')
        bob.receive(timeout=1)
        self.forget_slots(server)
        carol.wait_for(lambda e: e['type'] == 'warning'
                       and e['code'] == 'undecryptable', 'that she is behind')
        carol.send('crew', 'what did I miss?')  # waits
        end = time.monotonic() + TIMEOUT
        while 'what did I miss?' not in bob.texts():
            self.assertLess(time.monotonic(), end, 'carol is not back')
            for p in people:  # nobody does more than to look for messages
                p.receive(timeout=1)
        alice.wait_text('what did I miss?')
        for p in people:
            p.send('crew', f'{p.name} goes on')
        for p in people:
            for q in people:
                if p is not q:
                    e = p.wait_text(f'{q.name} goes on')
                    self.assertEqual(e['group'], 'crew')
            got = [t for t in p.texts() if not t.startswith('hello')]
            self.assertEqual(len(got), len(set(got)), got)
            self.assertEqual(self.members(p), ['alice', 'bob', 'carol'])
        history = carol.run('history', 'crew').stdout.decode()
        self.assertIn('bob is in', history)  # of before
        self.assertIn('bob goes on', history)


if __name__ == '__main__':
    unittest.main(verbosity=2)
