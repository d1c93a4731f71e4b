# SPDX-License-Identifier: Apache-2.0
"""Groups: who is in, who is out, and ten devices that all want the next epoch."""
import json
import os
import unittest
from concurrent.futures import ThreadPoolExecutor

from harness import Case


class Groups(Case):
    def group(self, server, *names):
        people = self.friends(server, *names)
        people[0].run('group', 'create', 'crew', *[p.name for p in people[1:]])
        for p in people[1:]:
            p.wait_for(lambda e: e['type'] == 'group'
                       and e['action'] in ('created', 'added'), 'the group')
        return people

    def members(self, person, group='crew'):
        out = person.run('group', 'show', group, '--json').stdout.decode()
        return sorted(m.split('@')[0] for m in json.loads(out)['members'])

    def test_everybody_hears_everybody(self):
        server = self.server()
        people = self.group(server, 'alice', 'bob', 'carol', 'dave')
        for p in people:
            p.send('crew', f'{p.name} here')
        for p in people:
            for q in people:
                if p is not q:
                    e = p.wait_text(f'{q.name} here')
                    self.assertEqual(e['group'], 'crew')
                    self.assertEqual(e['from'], f'{q.name}@localhost')
        for p in people:
            self.assertEqual(self.members(p), ['alice', 'bob', 'carol', 'dave'])
            mine = [t for t in p.texts() if t.endswith(' here')]
            self.assertEqual(len(mine), len(set(mine)))

    def test_added_hears_from_then_on(self):
        server = self.server()
        alice, bob, carol, dave = self.friends(server, 'alice', 'bob', 'carol',
                                               'dave')
        alice.run('group', 'create', 'crew', 'bob', 'carol')
        alice.send('crew', 'before')
        bob.wait_text('before')
        alice.run('group', 'add', 'crew', 'dave')
        dave.wait_for(lambda e: e['type'] == 'group', 'the group')
        carol.wait_text('before')
        carol.send('crew', 'after')
        dave.wait_text('after')
        dave.receive(timeout=1)
        self.assertNotIn('before', dave.texts())
        bob.wait_text('after')
        self.assertEqual(self.members(bob), ['alice', 'bob', 'carol', 'dave'])

    def test_removed_reads_nothing_afterwards(self):
        server = self.server()
        alice, bob, carol = self.group(server, 'alice', 'bob', 'carol')
        alice.send('crew', 'all three')
        carol.wait_text('all three')
        bob.wait_text('all three')
        alice.run('group', 'remove', 'crew', 'carol')
        alice.send('crew', 'without carol')
        bob.wait_text('without carol')
        bob.send('crew', 'agreed')
        alice.wait_text('agreed')
        carol.receive(timeout=3)
        self.assertNotIn('without carol', carol.texts())
        self.assertNotIn('agreed', carol.texts())
        carol.run('send', 'crew', 'let me in', code=4)
        self.assertEqual(self.members(bob), ['alice', 'bob'])
        # Her own records hold nothing of it either.
        self.assertNotIn(b'without carol', carol.run('history', 'crew').stdout)

    def test_leaving_and_renaming(self):
        server = self.server()
        alice, bob, carol = self.group(server, 'alice', 'bob', 'carol')
        bob.run('group', 'leave', 'crew')
        alice.wait_for(lambda e: e['type'] == 'group'
                       and e['action'] in ('left', 'removed'), 'that bob left')
        alice.run('group', 'rename', 'crew', 'night shift')
        carol.wait_for(lambda e: e['type'] == 'group'
                       and e['action'] == 'renamed', 'the new name')
        alice.send('night shift', 'two of us')
        carol.wait_text('two of us')
        bob.receive(timeout=2)
        self.assertNotIn('two of us', bob.texts())
        self.assertEqual(self.members(carol, 'night shift'), ['alice', 'carol'])

    def test_only_an_admin_adds_and_removes(self):
        server = self.server()
        alice, bob, carol = self.group(server, 'alice', 'bob', 'carol')
        bob.run('group', 'remove', 'crew', 'carol', code=4)
        bob.run('group', 'rename', 'crew', 'mine', code=4)
        alice.send('crew', 'still here')
        self.assertEqual(carol.wait_text('still here')['group'], 'crew')

    def test_ten_devices_race_for_one_epoch(self):
        """The creator appoints nobody: ten admins would be ten groups. What
        races is what anybody may commit: the first commit of each joiner, which
        refreshes its keys; all ten come at once."""
        server = self.server()
        names = ['alice'] + [f'm{n}' for n in range(10)]
        people = self.friends(server, *names)
        people[0].run('group', 'create', 'crew', *names[1:])
        racers = [p.popen('send', 'crew', f'{p.name} was first', '--sent')
                  for p in people[1:] if p.receive(timeout=10) is not None]
        for r in racers:
            _, err = r.communicate(timeout=300)
            self.assertEqual(r.returncode, 0, err.decode()[-1500:])
        for p in people:
            for q in people[1:]:
                if p is not q:
                    p.wait_text(f'{q.name} was first')
        for p in people:
            got = [t for t in p.texts() if t.endswith('was first')]
            self.assertEqual(len(got), len(set(got)), f'{p.name} heard one twice')
        for p in people:
            p.send('crew', f'{p.name} at the end')
        for p in people:
            for q in people:
                if p is not q:
                    p.wait_text(f'{q.name} at the end')

    def test_an_invitation_that_outgrows_an_item(self):
        """Its manifests and tree go once, as a blob, for all who are invited."""
        server = self.server()
        alice, bob, carol = self.friends(server, 'alice', 'bob', 'carol')
        names = [f'm{n}' for n in range(36)]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda n: self.person(n, server), names))
        blobs = os.path.join(server.data, 'blobs')

        def count():
            return sum(len(files) for _, _, files in os.walk(blobs))

        before = count()
        alice.run('group', 'create', 'crowd', 'bob', *names)
        alice.send('crowd', 'hello all')
        bob.wait_text('hello all')
        self.assertEqual(count(), before + 1)
        alice.run('group', 'add', 'crowd', 'carol')
        alice.send('crowd', 'and carol')
        carol.wait_text('and carol')
        self.assertEqual(count(), before + 2)
        carol.send('crowd', 'thank you')
        bob.wait_text('thank you')
        self.assertEqual(len(self.members(bob, 'crowd')), 39)


if __name__ == '__main__':
    unittest.main(verbosity=2)
