#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A server that loses messages, doubles them, keeps them back and shows them in
another order (tests/hostile): what is lost shows as soon as something later has
come and a minute has passed, what comes twice is shown once, what comes late is
shown when it comes. Nobody is accused, since nothing is signed."""
import http.client
import re
import ssl
import unittest

from harness import TIMEOUT, Person, wrong_clock
from test_hostile_directory import HostileCase


class Messages(HostileCase):
    def setUp(self):
        super().setUp()
        self.alice, self.bob = self.friends(self.host, 'alice', 'bob')
        self.people = [self.alice, self.bob]

    def sends(self, attack, text, to='bob', number=0, who=None):
        """Sent while the server is honest; shown to who looks next, under this
        attack."""
        (who or self.alice).send(to, text, '--sent')
        self.host.attack(attack, number)

    def warned(self, p):
        return [(e['code'], e['text']) for e in p.seen
                if e['type'] == 'warning']

    def a_minute_later(self, p):
        p.env.update(wrong_clock(120))
        try:
            return p.receive()
        finally:
            p.env = {k: v for k, v in p.env.items()
                     if k not in ('LD_PRELOAD', 'TACET_TEST_SKEW')}

    def has_a_gap(self, p, of, n=1):
        """Not before a minute has passed, and once."""
        self.assertEqual(self.warned(p), [])
        self.a_minute_later(p)
        (code, text), = self.warned(p)
        self.assertEqual(code, 'gap')
        self.assertIn(f"{n} of {of}@localhost's messages have not arrived",
                      text)
        self.a_minute_later(p)
        self.assertEqual(len(self.warned(p)), 1)

    def has_all(self, p, *texts):
        """Each once, in this order at the end, and nothing to be told."""
        self.a_minute_later(p)
        self.assertEqual(p.texts()[-len(texts):], list(texts))
        for text in texts:
            self.assertEqual(p.texts().count(text), 1, p.texts())
        self.assertEqual(self.warned(p), [])

    def tearDown(self):
        for p in self.people:
            self.assertEqual(self.evidence(p), [])
        super().tearDown()


class Lost(Messages):
    def test_a_message(self):
        self.sends('drop', 'lost')
        self.assertEqual(self.bob.receive(), [])
        self.sends('none', 'next')
        self.bob.wait_text('next')
        self.has_a_gap(self.bob, 'alice')
        self.assertNotIn('lost', self.bob.texts())
        self.bob.send('alice', 'send it again, please')
        self.alice.wait_text('send it again, please')
        self.sends('none', 'again')
        self.bob.wait_text('again')
        self.assertEqual(len(self.warned(self.bob)), 1)

    def test_several(self):
        for i in range(3):
            self.alice.send('bob', f'lost {i}', '--sent')
        self.host.attack('drop')
        self.assertEqual(self.bob.receive(), [])
        self.sends('none', 'next')
        self.bob.wait_text('next')
        self.has_a_gap(self.bob, 'alice', 3)

    def test_in_a_group(self):
        """For one member alone: he notices, the other has it all."""
        carol = self.person('carol')
        self.people.append(carol)
        self.alice.run('group', 'create', 'crew', 'bob', 'carol')
        self.sends('none', 'before', 'crew')
        for p in (self.bob, carol):
            p.wait_text('before')
        self.sends('drop', 'lost', 'crew')
        self.bob.receive()
        self.sends('none', 'next', 'crew')
        for p in (self.bob, carol):
            p.wait_text('next')
        self.has_a_gap(self.bob, 'alice')
        self.has_all(carol, 'before', 'lost', 'next')

    def test_what_tells_of_a_change(self):
        """The hint at a commit: the next message leads to it all the same."""
        carol = self.person('carol')
        self.people.append(carol)
        self.alice.run('group', 'create', 'crew', 'bob')
        self.sends('none', 'before', 'crew')
        self.bob.wait_text('before')
        self.alice.run('group', 'add', 'crew', 'carol')
        self.host.attack('drop')
        self.bob.receive()
        self.sends('none', 'in the new epoch', 'crew')
        for p in (self.bob, carol):
            p.wait_text('in the new epoch')
        self.assertEqual(self.warned(self.bob), [])
        self.bob.send('crew', 'follows')
        carol.wait_text('follows')

    def test_to_another_device(self):
        """What one of her devices wrote does not reach the other."""
        phone = Person(self.folder, 'phone')
        self.people.append(phone)
        linking = phone.popen('link', self.host.process.where,
                              '--no-passphrase', '--device', 'phone')
        words = linking.stdout.readline().decode().strip()
        self.alice.run('devices', 'approve', words)
        linking.communicate()
        self.sends('none', 'before')
        phone.wait_text('before')
        self.sends('drop', 'lost')
        phone.receive()
        self.sends('none', 'next')
        phone.wait_text('next')
        self.has_a_gap(phone, 'alice')
        self.bob.wait_text('lost')

    def test_a_first_letter(self):
        """Nothing came of her before: there is nothing that could tell him.
        She gets no answer, and is accused of nothing either."""
        dave = self.person('dave')
        self.people.append(dave)
        self.sends('drop', 'hello', 'dave')
        dave.receive()
        self.sends('none', 'are you there?', 'dave')
        self.a_minute_later(dave)
        self.assertEqual(dave.texts(), [])
        self.assertEqual(self.warned(dave), [])
        dave.send('alice', 'a letter the other way is none the worse')
        self.alice.wait_for(lambda e: e.get('text', '').startswith('a letter'))


class Doubled(Messages):
    def pushed(self):
        """How many items the server has shown to anybody."""
        c = http.client.HTTPSConnection(
            self.host.listen, timeout=TIMEOUT,
            context=ssl._create_unverified_context())
        c.request('GET', '/metrics')
        text = c.getresponse().read().decode()
        c.close()
        return int(re.search(r'^tacetd_items_pushed_total (\d+)$', text,
                             re.M)[1])

    def test_at_once(self):
        for n in (1, 3):
            self.sends('double', f'times {n}', number=n)
            before = self.pushed()
            self.bob.receive()
            self.assertEqual(self.pushed(), before + 1 + n)
        self.sends('none', 'next')
        self.has_all(self.bob, 'times 1', 'times 3', 'next')

    def test_later(self):
        """After others, and after an answer."""
        self.sends('record', 'recorded')
        self.bob.wait_text('recorded')
        self.host.attack('none')
        self.bob.send('alice', 'an answer')
        self.alice.wait_text('an answer')
        self.sends('none', 'another')
        self.bob.wait_text('another')
        for text in ('next', 'and next'):
            self.sends('replay', text)
            self.bob.wait_text(text)
        self.host.attack('none')
        self.sends('none', 'last')
        self.has_all(self.bob, 'recorded', 'another', 'next', 'and next',
                     'last')

    def test_in_a_group(self):
        self.alice.run('group', 'create', 'crew', 'bob')
        for text in ('one', 'two'):
            self.sends('double', text, 'crew', 2)
            self.bob.wait_text(text)
        self.sends('none', 'next', 'crew')
        self.has_all(self.bob, 'one', 'two', 'next')
        self.assertEqual(len([e for e in self.bob.seen
                              if e['type'] == 'group']), 1)

    def test_a_first_letter(self):
        dave = self.person('dave')
        self.people.append(dave)
        self.sends('double', 'hello', 'dave', 2)
        dave.receive()
        self.host.attack('none')
        dave.accept('alice')
        self.sends('none', 'next', 'dave')
        self.has_all(dave, 'hello', 'next')
        self.assertEqual(len([e for e in dave.seen
                              if e['type'] == 'request']), 1)


class Late(Messages):
    def test_in_another_order(self):
        self.sends('hold', 'first', number=1)
        self.assertEqual(self.bob.receive(), [])
        self.sends('none', 'second')
        self.has_all(self.bob, 'second', 'first')
        self.sends('none', 'third')
        self.has_all(self.bob, 'second', 'first', 'third')

    def test_kept_back(self):
        """Longer than a minute, while another one came: that is told; and it is
        shown when it comes."""
        self.sends('hold', 'kept back', number=1)
        self.assertEqual(self.bob.receive(), [])
        self.alice.send('bob', 'passes', '--sent')
        self.bob.wait_text('passes')
        self.has_a_gap(self.bob, 'alice')
        self.sends('none', 'last')
        self.bob.wait_text('last')
        self.bob.wait_text('kept back')
        self.assertEqual(self.bob.texts().count('kept back'), 1)
        self.assertEqual(len(self.warned(self.bob)), 1)

    def test_all_of_it(self):
        """Nothing comes: it cannot be told from nobody writing."""
        for i in range(3):
            self.sends('hold', f'late {i}', number=100)
        self.assertEqual(self.bob.receive(), [])
        self.a_minute_later(self.bob)
        self.assertEqual(self.warned(self.bob), [])
        self.sends('none', 'next')
        self.has_all(self.bob, 'next', 'late 0', 'late 1', 'late 2')

    def test_in_a_group(self):
        self.alice.run('group', 'create', 'crew', 'bob')
        self.sends('none', 'before', 'crew')
        self.bob.wait_text('before')
        self.sends('hold', 'first', 'crew', 1)
        self.assertEqual(self.bob.receive(), [])
        self.sends('none', 'second', 'crew')
        self.has_all(self.bob, 'second', 'first')


if __name__ == '__main__':
    unittest.main(verbosity=2)
