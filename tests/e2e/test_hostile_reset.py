# SPDX-License-Identifier: Apache-2.0
"""A hostile operator (tests/hostile) and the two places where his word is asked
for: a reset, which gives somebody's handle to a new account, and the keys that
tokens are drawn with. Who notices, when, and what of it convinces a stranger.
What honest people see of a reset: test_reset.py."""
import contextlib
import json
import os
import re
import sqlite3
import time
import unittest

from harness import Person, free_port, wrong_clock
from test_hostile_directory import HostileCase
from test_witness import Witness
from test_witnesses import until

DAY = 86400


class Days(HostileCase):
    """The clocks of all programs are moved; the server's may be another one."""

    def setUp(self):
        super().setUp()
        before = dict(os.environ)
        self.addCleanup(lambda: (os.environ.clear(), os.environ.update(before)))
        self.today = 0

    def later(self, *people, days=1, server=True):
        """A day at a time, for a clock that jumps is not believed. What people
        end with is for the test to ask: code 5 is no failure here."""
        for _ in range(days):
            self.today += 1
            skew = wrong_clock(self.today * DAY)
            if server:
                os.environ.update(skew)
                self.host.stop()
                self.host.start()
            for p in people:
                p.env.update(skew)
                self.hear(p)

    def hear(self, p, timeout=1):
        r = p.run('receive', '--json', '--timeout', str(timeout), code=None)
        events = [json.loads(x) for x in r.stdout.decode().splitlines()]
        p.seen += events
        return r

    def today_for(self, p):
        p.env.update(wrong_clock(self.today * DAY), TACET_HOME=p.home)

    def warned(self, p, code):
        return [e for e in p.seen if e['type'] == 'warning' and e['code'] == code]

    def texts_of(self, p):
        return [e['text'] for e in p.seen if e['type'] in ('message', 'request')
                and 'text' in e]

    def know_each_other(self, *names):
        """People of whom the first knows all others."""
        people = [self.person(n) for n in names]
        for p in people[1:]:
            # With a witness a registration is seen half a second later.
            until(p.name, lambda p=p: people[0].run(
                'send', p.name, 'hello', code=None).returncode != 4)
            p.wait_for(lambda e: e['type'] == 'request')
            p.accept(people[0].name)
            p.send(people[0].name, 'hello back')
            people[0].wait_text('hello back')
            people[0].seen.clear()
        return people

    def seize(self, handle):
        """The operator lets an account of his own have the handle: with the
        server's own commands, so all of it is in the log."""
        link = self.host.run('account', 'reset', handle)
        return self.takes(handle, link.stdout.decode().splitlines()[0])

    def takes(self, handle, link, home='operator'):
        p = Person(self.folder, home)
        p.run('register', handle, '--invite', link, '--no-passphrase')
        return p

    def announces_itself(self, operator, to):
        """A first letter, which makes who gets it look within the hour."""
        operator.send(to.name, 'it is me, on a new phone')
        to.wait_for(lambda e: e['type'] == 'warning'
                    and e['code'] == 'impostor', 'a stranger')

    def waits(self, p, handle):
        """`p` sends nothing there because of a reset, and accuses nobody."""
        r = p.run('send', handle, 'a secret', code=5)
        self.assertIn('wait until', r.stderr.decode())
        self.assertEqual(self.evidence(p), [])

    def nobody_is_accused(self, *people):
        for p in people:
            self.assertEqual(self.evidence(p), [], p.name)
        self.mirror()
        self.audit('replay', self.copy)


class Resets(Days):
    def test_in_the_log(self):
        """For all to see: his contacts refuse, who never knew him refuses, he
        is told and takes the handle back; the operator hears nothing."""
        alice, bob = self.know_each_other('alice', 'bob')
        carol = self.person('carol')
        operator = self.seize('bob')
        self.waits(carol, 'bob')
        # Who knew him writes to the keys that she knows, until she looks.
        alice.send('bob', 'before she has looked')
        bob.wait_text('before she has looked')
        self.later(alice, bob, carol, operator)
        self.announces_itself(operator, alice)
        self.assertEqual(len(self.warned(bob, 'own-reset')), 1)
        self.later(alice, bob, carol, operator)
        self.assertEqual(len(self.warned(alice, 'reset')), 1)
        self.waits(alice, 'bob')
        self.waits(carol, 'bob')
        self.assertIn('yours again', bob.run('recovery', 'veto').stdout.decode())
        self.later(alice, bob, carol, operator, days=2)
        self.assertEqual(len(self.warned(alice, 'reset-vetoed')), 1)
        alice.send('bob', 'after it')
        bob.wait_text('after it')
        self.assertEqual(self.texts_of(operator), [])
        self.nobody_is_accused(alice, bob, carol)

    def test_shown_to_one_contact_alone(self):
        """A log of her own: whoever hears from her has both heads, and they are
        evidence. She waits all the same."""
        alice, bob, carol = self.know_each_other('alice', 'bob', 'carol')
        self.host.keep_as('before')
        operator = self.seize('bob')
        self.announces_itself(operator, alice)
        self.later(alice)
        self.waits(alice, 'bob')
        self.host.keep_as('hers')
        self.host.go_back_to('before')
        self.today_for(bob)
        self.today_for(carol)
        for name in ('dave', 'erin', 'frank'):
            self.person(name)
        bob.send('dave', 'hello')
        carol.send('dave', 'hello')
        self.hear(bob)
        self.assertEqual(self.warned(bob, 'own-reset'), [])
        self.host.keep_as('his')
        self.host.go_back_to('hers')
        alice.send('carol', 'has bob lost his phone?', '--sent')
        self.host.go_back_to('his')
        r = self.hear(carol, 2)
        self.assertEqual(r.returncode, 5, r.stderr.decode())
        path, = self.evidence(carol)
        self.stands(path, 'split-view')
        self.refused(carol, 'erin', None)

    def test_the_veto_is_refused(self):
        """`It is too late': he is told what to do, and the log keeps it."""
        alice, bob = self.know_each_other('alice', 'bob')
        self.seize('bob')
        self.later(alice, bob)
        self.host.attack('refuse-change')
        r = bob.run('recovery', 'veto', code=4)
        self.assertIn('tell your contacts by another way', r.stderr.decode())
        self.host.attack('none')  # the answer left no scar
        bob.run('recovery', 'veto')
        self.later(bob)
        self.assertEqual(len(self.warned(bob, 'reset-vetoed')), 1)

    def test_the_veto_is_swallowed(self):
        """The server says that it is done, and does nothing. He looks within
        the hour, and is told again each day."""
        alice, bob = self.know_each_other('alice', 'bob')
        operator = self.seize('bob')
        self.later(alice, bob)
        self.host.attack('withhold')
        bob.run('recovery', 'veto')
        before = len(bob.seen)
        self.later(alice, bob)
        self.assertIn('own-reset', [e.get('code') for e in bob.seen[before:]])
        # And when it comes after all, it is what he signed.
        self.host.attack('none')
        bob.run('recovery', 'veto')
        self.later(alice, bob, days=2)
        alice.send('bob', 'you again')
        bob.wait_text('you again')
        self.assertEqual(self.texts_of(operator), [])
        self.nobody_is_accused(alice, bob)

    def test_the_veto_comes_years_later(self):
        """A veto that was withheld is logged when everybody has the new
        account: it is a reset like another, told, and waited for."""
        alice, bob = self.know_each_other('alice', 'bob')
        fresh = self.seize('bob')
        self.announces_itself(fresh, alice)
        self.later(alice, bob)
        self.host.keep_as('within')
        self.host.attack('withhold')
        bob.run('recovery', 'veto')
        self.host.attack('none')
        self.later(alice, fresh, days=6)
        alice.run('send', 'bob', 'there you are', '--sent')
        fresh.wait_text('there you are')
        self.assertEqual(len(self.warned(alice, 'keys-changed')), 1)
        self.host.stop()
        self.put_back('within', 'bob')
        self.host.start()
        self.host.forge('withheld', 'bob')
        # The one who has the handle is told, and so is she.
        self.later(alice, fresh)
        self.assertTrue(self.warned(fresh, 'own-reset')
                        + self.warned(fresh, 'own-handle-lost'))
        self.later(alice, fresh, days=25)
        self.assertEqual(len(self.warned(alice, 'reset')), 2)
        self.nobody_is_accused(alice, fresh)

    def put_back(self, name, handle):
        """What the server has erased of the account that lost the handle."""
        with contextlib.closing(sqlite3.connect(
                self.host.data + '/directory.db')) as db:
            db.execute('ATTACH ? AS copy',
                       (f'{self.folder}/{name}.directory.db',))
            db.execute('INSERT OR IGNORE INTO account(id, name, created)'
                       ' SELECT a.id, NULL, a.created FROM copy.account a JOIN'
                       ' copy.reset r ON r.other = a.id WHERE r.name = ?',
                       (handle,))
            db.execute('INSERT OR IGNORE INTO manifest SELECT m.* FROM'
                       ' copy.manifest m JOIN copy.reset r'
                       ' ON r.other = m.account WHERE r.name = ?', (handle,))
            db.commit()

    def test_a_clock_that_is_set_forward(self):
        """The log says that the days are over. Hers are not."""
        alice, bob = self.know_each_other('alice', 'bob')
        carol = self.person('carol')
        operator = self.seize('bob')
        self.waits(carol, 'bob')
        self.announces_itself(operator, alice)
        self.later(alice)
        alice.run('receive', '--json', '--timeout', '1', code=None)
        self.waits(alice, 'bob')
        for day in range(1, 11):  # a day at a time, for it believes no jump
            os.environ.update(wrong_clock((self.today + day) * DAY))
            self.host.stop()
            self.host.start()
        ahead = Person(self.folder, 'dave')  # a head with that day
        ahead.env.update(wrong_clock((self.today + 10) * DAY))
        ahead.register(self.host)
        for _ in range(2):
            self.later(alice, carol, server=False)
            for p in alice, carol:
                r = p.run('send', 'bob', 'a secret', code=5)
                self.assertIn('wait until', r.stderr.decode())
        self.assertEqual(self.texts_of(operator), [])
        self.assertEqual(self.evidence(alice) + self.evidence(carol), [])

    def test_a_clock_that_is_set_back(self):
        """Days that do not pass at the server: the own clock alone ends the
        wait, and not before."""
        alice, bob = self.know_each_other('alice', 'bob')
        self.seize('bob')
        carol = self.person('carol')
        self.waits(carol, 'bob')
        for _ in range(2):
            self.later(carol, server=False)
            carol.run('send', 'bob', 'a secret', code=5)

    def test_not_in_the_log(self):
        """Answers that give the handle to another account, and a log that knows
        nothing of it: refused by each, with a report."""
        alice, bob = self.know_each_other('alice', 'bob')
        carol = self.person('carol')
        self.host.forge('unlogged', 'bob')
        self.refused(carol, 'bob', 'unlogged-manifest')
        self.later(bob, alice)
        path = self.evidence(bob)[-1]
        self.assertIn('/unlogged-manifest-', path)
        self.stands(path, None)

    def test_logged_without_its_mark(self):
        """As if the handle had always been that account's: its owner sees another
        history; who never knew him, that the first version is another's."""
        alice, bob = self.know_each_other('alice', 'bob')
        carol = self.person('carol')
        self.host.forge('unmarked', 'bob')
        self.refused(carol, 'bob', 'unlogged-manifest')
        alice.send('bob', 'to the keys that she knows')
        bob.wait_text('to the keys that she knows')
        self.later(bob, alice)
        path = self.evidence(bob)[-1]
        self.assertIn('/label-rollback-', path)


class Vouched(Days):
    """One witness, whose word ends a wait."""

    def setUp(self):
        super().setUp()
        self.host.stop()
        folder = os.path.join(self.folder, 'w')
        os.mkdir(folder)
        self.witness = w = Witness(folder, 'w.example')
        w.listen = f'127.0.0.1:{free_port()}'
        w.run('log', 'add', self.vkey())
        pin = re.search(r'^pin (.*)$', w.run('status').stdout.decode(), re.M)[1]
        self.host.run('witness', 'add', 'w', w.vkey, f'https://{w.listen}',
                      '--pin', pin)
        self.host.run('witness', 'quorum', '1')
        self.witness_starts()
        self.addCleanup(lambda: self.witness.process.stop())
        self.host.start()

    def witness_starts(self):
        self.witness.start('--listen', self.witness.listen)

    def later(self, *people, days=1, server=True):
        for _ in range(days):
            self.witness.process.stop()
            os.environ.update(wrong_clock((self.today + 1) * DAY))
            self.witness_starts()
            super().later(*people, days=1, server=server)

    def cosigned(self):
        """How long the log is that the witness knows."""
        said = self.witness.run('status').stdout.decode()
        return int(re.search(r'cosigned (\d+) entries', said)[1])

    def test_the_veto_is_kept_from_a_contact(self):
        """An older head, on which the handle is the operator's still: its
        witness vouched for it before the wait was over, so it ends nothing."""
        alice, bob = self.know_each_other('alice', 'bob')
        operator = self.seize('bob')
        self.announces_itself(operator, alice)
        self.later(alice, bob)
        self.waits(alice, 'bob')
        self.host.keep_as('taken')
        before = self.cosigned()
        bob.run('recovery', 'veto')
        # A veto that the witness has not seen is one that was swallowed.
        until('a witness of the veto', lambda: self.cosigned() > before)
        self.host.keep_as('vetoed')
        for _ in range(5):
            self.host.go_back_to('taken')
            self.later(alice)
            r = alice.run('send', 'bob', 'a secret', code=None)
            self.assertIn(r.returncode, (3, 4, 5), r.stderr.decode())
        self.assertEqual(self.texts_of(operator), [])
        self.host.go_back_to('vetoed')
        self.later(alice, bob)
        self.later(alice, bob)
        alice.send('bob', 'you again')
        bob.wait_text('you again')


class Keys(Days):
    """Token keys that are not everybody's: nothing is drawn with them."""

    LIES = (('marking-keys', 0),  # of which it has the secrets
            ('old-keys', 7),      # last week's, as this week's
            ('other-week', 1),    # of a week that nobody else has
            ('other-week', 7))    # of the next, which are not logged as its

    def stock(self, p):
        s = json.loads(p.run('status', '--json').stdout)
        return s['tokens_directory'], s['tokens_delivery']

    def not_drawn(self, r):
        self.assertEqual(r.returncode, 5, r.stderr.decode())
        self.assertIn('token keys', r.stderr.decode())
        self.assertIn('no tokens were drawn', r.stderr.decode())

    def test_at_registration(self):
        """Before there is an account to mark; the same command goes on once the
        server is honest."""
        for n, lie in enumerate(self.LIES):
            p = Person(self.folder, f'p{n}')
            args = ('register', p.name, '--invite', self.host.invite(),
                    '--no-passphrase')
            self.host.attack(*lie)
            self.not_drawn(p.run(*args, code=None))
            self.host.attack('none')
            p.run(*args)
            self.assertGreater(min(self.stock(p)), 0)
            self.assertEqual(self.evidence(p), [])

    def test_in_a_later_week(self):
        """Those in stock are too old: a first letter needs others. Bob, to whom
        the server is honest meanwhile, draws."""
        alice, bob = self.person('alice'), self.person('bob')
        self.later(alice, bob, days=15)
        for lie in self.LIES[:3]:
            self.host.attack(*lie)
            self.not_drawn(alice.run('send', 'bob', 'a secret', code=None))
        self.hear(bob)
        self.assertEqual(self.texts_of(bob), [])
        self.host.attack(*self.LIES[3])  # she takes the server's clock for wrong
        r = alice.run('send', 'bob', 'when the clocks agree', code=None)
        self.assertIn('clock', r.stderr.decode())
        self.host.attack('none')
        bob.send('alice', 'an honest server')
        alice.send('bob', 'in the open')
        bob.wait_text('in the open')
        self.assertEqual(self.evidence(alice) + self.evidence(bob), [])

    def test_two_sets_in_the_log(self):
        """A second version of the week, for one half of all accounts."""
        day = int(time.time()) // DAY
        self.host.forge('week', str(day - day % 7))
        p = Person(self.folder, 'alice')
        self.not_drawn(p.run('register', 'alice', '--invite',
                             self.host.invite(), '--no-passphrase', code=None))
        self.mirror()


if __name__ == '__main__':
    unittest.main(verbosity=2)
