# SPDX-License-Identifier: Apache-2.0
"""tacet-desk due: deadlines that are near or missed, and who hears of them; and
what is owed after an emergency."""
import json
import os
import unittest

from test_desk import Desk, day

FACTS = {'who': 'a girl of nine years', 'when': 'tonight at ten',
         'harm': 'he has said that he will kill her',
         'why': 'he writes from this account, and was seen there'}
EU = {'code': 'eu-judge', 'country': 'DE', 'name': 'a court'}


class Due(Desk):
    def due(self, *args, code=0):
        out = self.desk('due', '--json', *args, code=code)
        return [json.loads(line) for line in out.splitlines()]

    def seen(self, *args, code=0):
        return [(d['what'], d['case'], d['when'])
                for d in self.due(*args, code=code)]

    def answer(self, case, decision, who='ann'):
        judged = json.loads(self.desk('evaluate', case, '--json',
                                      *self.key('ann'), code=None))
        blocks = ','.join({f['code'] for f in judged['findings']
                           if f['severity'] == 'block'})
        self.desk('decide', case, decision, '--reason', 'x', *self.key(who),
                  *(['--despite', blocks] if blocks and decision in
                    ('accept', 'narrow') else []))

    def test_near_and_missed(self):
        self.make()
        self.assertEqual([], self.due())
        soon = self.file(deadline=day(2))
        later = self.file(case_number='2', deadline=day(20))
        kept = self.file(case_number='3', instrument='preservation-2703f')
        secret = self.file(case_number='4', kind='national-security',
                           instrument='nsl', deadline=day(1))
        self.assertEqual([('answer', soon, 'near'), ('answer', later, 'later'),
                          ('preservation', kept, 'later')], self.seen())
        self.assertEqual((secret, 'near'),
                         self.seen(*self.key('bob'))[0][1:])
        self.assertEqual('near', self.seen('--within', '30')[1][2])
        # A certificate that was asked about: five days.
        epoc = self.file(case_number='5', instrument='epoc', authority=EU)
        self.answer(epoc, 'clarify')
        self.assertIn(('their-answer', epoc, 'later'), self.seen())
        self.clock = 3
        self.assertEqual(('answer', soon, 'missed'), self.seen(code=4)[0])
        self.assertIn('1 deadline is missed', self.said)
        self.desk('case', 'withdraw', soon, '--reason', 'they wrote',
                  *self.key('ann'))
        self.assertNotIn(soon, [d[1] for d in self.seen()])
        # A log that commits to its days, and stopped.
        self.desk('log', 'commit')
        self.assertIn(('log-commit', None, 'near'), self.seen())
        self.clock = 7
        self.assertIn(('log-commit', None, 'missed'), self.seen(code=4))
        self.assertIn(('their-answer', epoc, 'missed'), self.seen(code=4))
        for bad in ('', '-1', 'x', '3.5', '99999'):
            self.desk('due', f'--within={bad}', code=1)

    def test_an_officer_is_told(self):
        server = self.server()
        boss = self.person('boss', server)
        notices = self.person('the-desk', server)
        self.make(server.data, '--notices-home', notices.home)
        case = self.file(deadline=day(2), case_number='1:26-mj-77')
        self.desk('due', '--tell', 'boss')
        boss.wait_for(lambda e: e['type'] == 'message'
                      and 'missed: 0; near: 1' in e['text'])
        self.assertFalse(any(case in t or '77' in t for t in boss.texts()))
        self.desk('due', '--tell', 'boss', *self.key('bob'), code=1)
        self.assertIn('without --key', self.said)
        self.desk('due', '--tell', '--home', code=1)
        self.desk('due', '--tell', 'nobody-of-that-name', code=None)
        self.assertIn('could not be told', self.said)

    def test_nobody_to_tell_with(self):
        self.make()
        self.file(deadline=day(2))
        self.desk('due', '--tell', 'boss', code=1)
        self.assertIn('no account', self.said)

    def test_what_is_owed_after_an_emergency(self):
        self.make()
        self.officer('carl', 'officer')
        case = self.file(
            instrument='emergency-disclosure', kind='emergency',
            emergency=FACTS, authority={'code': 'police', 'country': 'US',
                                        'name': 'the police'},
            officer={'name': 'A.', 'callback': {
                'by': 'ann', 'number': 'the directory', 'on': day()}})
        self.answer(case, 'accept', 'bob')
        row = self.row(case)
        # He who threatens is not warned; told he is, when it is over.
        self.assertEqual(('delayed', day(30)),
                         (row['notice']['state'], row['notice']['until']))
        self.assertIn('told 0', self.desk('notices', 'run'))
        self.assertEqual([('review', case, 'near'), ('notice', case, 'later')],
                         self.seen())
        self.desk('decide', case, 'nothing-held', '--reason', 'x',
                  *self.key('ann'))
        self.desk('case', 'close', case, *self.key('ann'), code=4)
        self.assertIn('reviewed before it is closed', self.said)
        paper = self.path('order.pdf')
        with open(paper, 'w') as f:
            f.write('%PDF the order that followed')
        review = ('case', 'review', case, '--reason', 'the order has come',
                  '--document', paper)
        self.desk(*review, code=2)
        for who in ('ann', 'bob'):  # who filed, who decided
            self.desk(*review, *self.key(who), code=4)
        self.clock = 3
        self.assertEqual(('review', case, 'missed'), self.seen(code=4)[0])
        self.desk(*review, *self.key('carl'))
        self.desk(*review, *self.key('carl'), code=4)
        self.assertEqual([('notice', case, 'later')], self.seen())
        row = self.row(case)
        self.assertEqual({'state': 'done', 'paper': True}, row['review'])
        kept = os.path.join(self.data, 'documents', row['documents_before'][0])
        self.assertTrue(os.path.exists(kept))
        self.desk('case', 'close', case, *self.key('ann'))
        self.desk('log', 'verify')
        self.desk('case', 'purge', case, *self.key('ann'))
        self.assertFalse(os.path.exists(kept))


if __name__ == '__main__':
    unittest.main(verbosity=2)
