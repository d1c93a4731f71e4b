# SPDX-License-Identifier: Apache-2.0
"""tacet-desk tells people of demands about them, through Tacet itself."""
import json
import os
import sqlite3
import unittest

from test_desk import Desk, day


class Notices(Desk):
    def reviewed(self, case):
        """Brings a case before a decision; the codes that block it."""
        judged = json.loads(self.desk('evaluate', case, '--json', code=None))
        return ','.join(sorted({f['code'] for f in judged['findings']
                                if f['severity'] == 'block'}))

    def answer(self, case, decision='narrow'):
        blocks = self.reviewed(case)
        self.desk('decide', case, decision, '--reason', 'x', *self.key('ann'),
                  *(['--despite', blocks] if blocks else []))

    def test_people_are_told(self):
        server = self.server()
        bob = self.person('bob', server)
        notices = self.person('desk-of-the-operator', server)
        self.make(server.data, '--notices-home', notices.home)
        case = self.file(identifiers=['bob', 'nobody-of-that-name'])
        self.answer(case)
        self.assertEqual('owed', self.row(case)['notice']['state'])
        later = self.file(case_number='2', gag={'basis': '18 U.S.C. 2705(b)',
                                                'until': day(5)})
        self.answer(later)
        self.assertEqual('delayed', self.row(later)['notice']['state'])
        self.desk('notices', 'run', code=None)
        bob.wait_for(lambda e: e['type'] == 'message'
                     and self.row(case)['notice']['reference'] in e['text'])
        self.assertTrue(self.row(case)['notified'])
        self.assertIn('told 0, waiting 0', self.desk('notices', 'run'))
        # Its day has come; once.
        self.clock = 6
        self.assertIn('due', self.desk('notices'))
        # The account's own clock is right: only the desk's day has come.
        self.desk('notices', 'run', code=None)
        self.clock = 0
        reference = self.row_of_file(later)['notice']['reference']
        bob.wait_for(lambda e: e['type'] == 'message' and reference in e['text'])
        self.clock = 6
        self.desk('notices', 'run')
        bob.receive(timeout=1)
        told = [t for t in bob.texts() if 'Reference: n-' in t]
        self.assertEqual(2, len(told))
        self.desk('log', 'verify')

    MARK = '-- from the operator of this server (legal notices):'

    def owed(self):
        """A case about bob, of whom the desk has to tell him."""
        case = self.file()
        self.answer(case)
        return self.row(case)['notice']['reference']

    def of(self, person, reference):
        """The notice as `receive --json` gave it, and that nobody was asked."""
        person.wait_for(lambda e: e['type'] == 'message'
                        and reference in e['text'])
        self.assertEqual([], [e for e in person.seen if e['type'] == 'request'])
        self.assertEqual(b'', person.run('requests').stdout)
        return [e for e in person.seen
                if e['type'] == 'message' and reference in e['text']][-1]

    def status(self, person):
        return json.loads(person.run('status', '--json').stdout)

    def test_shown_without_a_request(self):
        server = self.server()
        notices = self.person('legal', server)
        early = self.person('early', server)  # registered before it was named
        said = server.run('notices', 'set', 'Legal@localhost').stdout.decode()
        account = self.status(notices)['account']
        self.assertTrue(said.startswith(f'{account}\tlegal@localhost\n'), said)
        bob = self.person('bob', server)
        self.assertEqual((account, None),
                         (self.status(bob)['log']['notices_account'],
                          self.status(bob)['log']['notices_from']))
        self.make(server.data, '--notices-home', notices.home)
        first = self.owed()
        self.desk('notices', 'run')
        got = self.of(bob, first)
        self.assertEqual((True, False, 'legal@localhost'),
                         (got['notice'], got['request'], got['from']))
        log = self.status(bob)['log']
        self.assertEqual('legal@localhost', log['notices_from'])
        self.assertIn('notices    of the operator come from the account '
                      f'{account[:16]}, legal@localhost',
                      bob.run('status').stdout.decode())
        # As people see it: a line of its own, and the text further in.
        lines = bob.run('history', 'legal').stdout.decode().splitlines()
        self.assertEqual(self.MARK, lines[0])
        self.assertEqual([], [x for x in lines[2:] if x and x[0] != ' '])
        # Who writes that line himself is not taken for it.
        mallory = self.person('mallory', server)
        mallory.send('bob', f'hello\n{self.MARK}\npay here')
        bob.wait_for(lambda e: e['type'] == 'request')
        lines = bob.run('history', 'mallory').stdout.decode().splitlines()
        self.assertNotIn(self.MARK, lines)
        self.assertIn('    ' + self.MARK, lines)
        # He answers, and it stays what it is; he blocks it, and hears no more.
        bob.send('legal', 'which demand?')
        notices.wait_text('which demand?')
        second = self.owed()
        self.desk('notices', 'run')
        bob.wait_for(lambda e: second in e.get('text', ''))
        self.assertTrue(bob.seen[-1]['notice'])
        # Who was there before is asked, until he takes a new link.
        notices.send('early', 'you too')
        early.wait_for(lambda e: e['type'] == 'message')
        self.assertEqual((False, True), (early.seen[-1]['notice'],
                                         early.seen[-1]['request']))
        said = early.run('trust', 'accept', server.invite(), '--yes')
        self.assertIn(f'come from the account {account[:16]}, legal@localhost',
                      said.stdout.decode())
        self.assertEqual(b'', early.run('requests').stdout)
        self.assertIn(self.MARK, early.run('history', 'legal').stdout.decode())
        early.run('block', 'legal')
        notices.run('send', 'early', 'still there?')
        early.receive(timeout=1)
        self.assertNotIn('still there?', early.texts())

    def warned(self, *args):
        self.desk(*args)
        return self.said

    def test_the_desk_says_when_people_are_asked_first(self):
        server = self.server()
        notices = self.person('legal', server)
        other = self.person('other', server)
        said = self.warned('init', '--server', server.data, '--notices-home',
                           notices.home)
        self.assertIn('name no account for notices', said)
        self.assertIn('`tacetd notices set legal@localhost`', said)
        self.assertEqual(1, said.count('\n'))
        home = ('settings', '--notices-home', notices.home)
        self.assertEqual('none\n', server.run('notices', 'show').stdout.decode())
        server.run('notices', 'set', 'legal')
        self.assertEqual('', self.warned(*home))
        server.run('notices', 'set', 'other')
        self.assertIn('name another account', self.warned(*home))
        self.assertEqual('', self.warned('settings', '--notices-home',
                                         other.home))
        # An account and not its handle: who has the handle next is another.
        server.run('account', 'delete', 'other')
        self.assertIn('\tgone, or another account has its handle\n',
                      server.run('notices', 'show').stdout.decode())
        self.assertIn('is gone, or lost its handle',
                      server.run('invite').stderr.decode())
        with open(os.path.join(server.data, 'notices-account'), 'w') as f:
            f.write('legal\n')
        self.assertIn('is not the id of an account', self.warned(*home))
        for args in (('invite',), ('notices', 'show')):
            r = server.run(*args, check=False)
            self.assertEqual(1, r.returncode)
            self.assertIn('`tacetd notices set HANDLE`', r.stderr.decode())
        server.run('notices', 'remove')
        self.assertEqual(4, server.run('notices', 'remove',
                                       check=False).returncode)
        for args in (('set', 'nobody'), ('set', 'legal@elsewhere')):
            r = server.run('notices', *args, check=False)
            self.assertEqual(4, r.returncode)
            self.assertIn('there is no account', r.stderr.decode())
        for args in (('set',), ('show', 'legal'), ('add', 'legal')):
            self.assertEqual(2, server.run('notices', *args,
                                           check=False).returncode)

    def test_secrecy_that_ended(self):
        """Two cleared officers say so; then the person is told, and the letter
        is named by itself, while the bands stay what they were."""
        server = self.server()
        bob = self.person('bob', server)
        notices = self.person('desk-of-the-operator', server)
        self.make(server.data, '--notices-home', notices.home)
        self.officer('cleo', 'officer', '--cleared')
        self.officer('eve', 'auditor', '--cleared')
        case = self.file(instrument='nsl', kind='national-security',
                         statute='18 U.S.C. 2709', authority={
                             'code': 'us-fbi', 'country': 'US', 'name': 'FBI'},
                         gag={'basis': '18 U.S.C. 2709(c)', 'until': day(300)})
        other = self.file(case_number='9')
        judged = json.loads(self.desk('evaluate', case, '--json',
                                      *self.key('cleo'), code=None))
        blocks = ','.join(sorted({f['code'] for f in judged['findings']
                                  if f['severity'] == 'block'}))
        self.desk('decide', case, 'narrow', '--reason', 'x', *self.key('cleo'),
                  *(['--despite', blocks] if blocks else []))
        self.assertEqual('delayed', self.row_of_file(case)['notice']['state'])
        period = ('--from', day(-9), '--to', day())
        self.clock = 1
        bands = self.desk('report', '--form', '2013', *period)
        none = self.desk('report', '--form', 'lifted', *period)
        self.assertRegex(' '.join(none.split()), 'secrecy ended [^:]*: 0\\.')
        self.clock = 0

        def lift(which, who, code=0):
            return self.desk('case', 'lift', which, '--basis', 'FBI, the 4th',
                             *self.key(who), code=code)
        lift(case, 'ann', code=4)  # not cleared
        lift(case, 'eve', code=4)  # works no cases
        lift(other, 'cleo', code=4)  # of no band
        self.assertIn('another cleared officer', lift(case, 'cleo'))
        lift(case, 'cleo', code=4)  # the same again
        self.assertIn('told 0', self.desk('notices', 'run'))
        self.assertEqual('delayed', self.row_of_file(case)['notice']['state'])
        self.assertEqual('lifted\n', lift(case, 'bob'))
        lift(case, 'cleo', code=4)
        self.assertIn('told 1', self.desk('notices', 'run'))
        bob.wait_for(lambda e: e['type'] == 'message'
                     and 'we were forbidden to tell you' in e['text'])
        self.clock = 1
        self.assertEqual(bands, self.desk('report', '--form', '2013', *period))
        named = self.desk('report', '--form', 'lifted', '--format', 'csv',
                          *period)
        self.assertEqual(named.splitlines()[1],
                         f'{day()},nsl,1,{day()}')
        self.assertEqual(2, len(named.splitlines()))
        self.desk('publish', '--form', 'lifted', *period, *self.key('bob'))
        self.desk('log', 'verify')

    def row_of_file(self, case):
        c = sqlite3.connect(os.path.join(self.data, 'desk.db'))
        row = c.execute('SELECT row FROM cases WHERE id = ?', (case,)).fetchone()
        c.close()
        return json.loads(row[0])

    def test_secrecy_without_an_end(self):
        """An order of national security may name no day: then no clock tells
        the person, an officer is asked each year, and two can lift it."""
        notices = self.path('notices')
        os.makedirs(notices)
        self.make(self.server().data, '--notices-home', notices)
        self.officer('cleo', 'officer', '--cleared')
        cases = []
        for n, until in enumerate(({}, {'until': '2099-12-31'})):
            cases.append(self.file(
                instrument='nsl', kind='national-security', case_number=str(n),
                statute='18 U.S.C. 2709', authority={
                    'code': 'us-fbi', 'country': 'US', 'name': 'FBI'},
                gag={'basis': '18 U.S.C. 2709(c)', **until}))
            judged = json.loads(self.desk('evaluate', cases[-1], '--json',
                                          *self.key('cleo'), code=None))
            blocks = ','.join(sorted({f['code'] for f in judged['findings']
                                      if f['severity'] == 'block'}))
            self.desk('decide', cases[-1], 'narrow', '--reason', 'x',
                      *self.key('cleo'),
                      *(['--despite', blocks] if blocks else []))
            n = self.row_of_file(cases[-1])['notice']
            self.assertEqual(('delayed', day(366), True),
                             (n['state'], n['until'], n['endless']))
        case = cases[0]
        for last, again in ((366, 733), (733, 1000)):
            self.clock = last
            self.assertRegex(self.desk('due', *self.key('cleo')),
                             f'near .* notice +{case}')
            self.clock = last + 1
            self.assertRegex(self.desk('due', *self.key('cleo'), code=4),
                             f'missed .* notice +{case}')
            self.assertIn('told 0', self.desk('notices', 'run'))
            for each in cases:
                self.desk('notices', 'delay', each, '--basis',
                          '18 U.S.C. 2709(c)', '--until', day(again),
                          *self.key('cleo'))
        self.desk('case', 'lift', case, '--basis', 'FBI, the 4th',
                  *self.key('cleo'))
        self.desk('case', 'lift', case, '--basis', 'FBI, the 4th',
                  *self.key('bob'))
        self.assertEqual('owed', self.row_of_file(case)['notice']['state'])

    def test_a_delay_needs_a_basis_and_an_end(self):
        self.make(self.server().data)
        case = self.file(gag={'basis': '18 U.S.C. 2705(b)'})  # without an end
        self.answer(case)
        self.assertEqual('owed', self.row(case)['notice']['state'])
        self.desk('notices', 'delay', case, '--basis', 'a court order', '--until',
                  day(-1), *self.key('ann'), code=1)
        self.desk('notices', 'delay', case, '--until', day(9), *self.key('ann'),
                  code=2)
        self.desk('notices', 'delay', case, '--basis', 'a court order', '--until',
                  day(9), *self.key('ann'))
        self.assertEqual((day(9), 'a court order'),
                         (self.row(case)['notice']['until'],
                          self.row(case)['notice']['basis']))
        self.desk('notices', 'delay', case, '--basis', 'x', '--until', day(400),
                  *self.key('ann'), code=1)
        self.clock = 10
        self.desk('notices', 'run', code=1)
        self.assertIn('no account to send them', self.said)

    def test_no_purge_before_the_notice(self):
        """A purge erases who is to be told: not while a notice waits."""
        notices = self.path('notices')
        os.makedirs(notices)
        self.make(self.server().data, '--notices-home', notices)
        case = self.file(gag={'basis': '18 U.S.C. 2705(b)', 'until': day(5)})
        self.answer(case, 'accept')
        for step in (('decide', case, 'nothing-held', '--reason', 'x'),
                     ('case', 'close', case)):
            self.desk(*step, *self.key('ann'))
        self.desk('case', 'purge', case, *self.key('ann'), code=4)
        self.assertIn('was not told yet', self.said)
        self.assertEqual('closed', self.row(case)['state'])

    def test_the_folders_rules_say_who_is_told(self):
        """An instrument that the operator added, without naming its file."""
        self.make(self.server().data)
        with open(os.path.join(self.data, 'rules.json'), 'w') as f:
            json.dump({'version': 1, 'instruments': [
                {'code': 'own-order', 'words': 'an order', 'jurisdiction': 'us',
                 'kind': 'criminal', 'permits': ['subscriber'],
                 'authorities': ['us-grand-jury'], 'statutes': [],
                 'answer_days': 3, 'notice': False, 'source': 'a statute',
                 'confirmed': False}]}, f)
        case = self.file(instrument='own-order')
        self.assertEqual(day(3), self.row(case)['due'])
        self.answer(case)
        self.assertEqual('none', self.row(case)['notice']['state'])


if __name__ == '__main__':
    unittest.main(verbosity=2)
