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

    def row_of_file(self, case):
        c = sqlite3.connect(os.path.join(self.data, 'desk.db'))
        row = c.execute('SELECT row FROM cases WHERE id = ?', (case,)).fetchone()
        c.close()
        return json.loads(row[0])

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
