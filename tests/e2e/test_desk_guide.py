# SPDX-License-Identifier: Apache-2.0
"""docs/guide/desk.md, typed as it stands there, and a day later."""
import shutil
import unittest

from harness import wrong_clock
from typed import Guide


@unittest.skipUnless(shutil.which('age'), 'age is not installed')
class Desk(Guide):
    GUIDE = 'desk.md'
    PORTS = ('8443', '8480')
    PROCESSES = ('SERVER', 'PAGE')

    def all(self, heading, *phrases):
        out = super().all(heading)
        for phrase in phrases:
            self.assertIn(phrase, out, heading)
        return out

    def tomorrow(self):
        """A day later, for the desk alone: there is a day that is over."""
        later = ' '.join(f'{k}={v}' for k, v in wrong_clock(86400).items())
        self.type('desk() { env ' + later +
                  ' tacet-desk "$@" --data /tmp/tacet/desk; }')
        out = self.all('Every day', 'key log: 1 days')
        self.assertRegex(out, r'(?m)^\d+$')  # its entry in the key log

    def test_word_for_word(self):
        out = self.all('A server')
        self.assertEqual(out.count('Write down these 24 words'), 2)
        self.assertIn('invites made from now on say so', out)
        self.all('The desk', 'tacet-desk-key v1 ', 'search-warrant',
                 'us-federal-court')
        out = self.all('The people')
        for who in ('root +administrator', 'ann +officer', 'carl +officer',
                    'ben +approver', 'eve +auditor'):
            self.assertRegex(out, rf'(?m)^{who} ')
        self.all('A demand comes in', '  due ', 'District Court of Example')
        self.all('What is wrong with it', 'proposed: accept',
                 'the day on which the account was made', 'Does not exist')
        out = ' '.join(self.all('The letter', 'Example Messenger Ltd').split())
        self.assertIn('1:26-mj-00123', out)
        with open(f'{self.folder}/letter.pdf', 'rb') as f:
            self.assertEqual(f.read(5), b'%PDF-')
        out = self.all('Alice is told', 'told 1, waiting 0, failed 0',
                       'This is Example Messenger Ltd, who runs this server.',
                       '-- from the operator of this server (legal notices):')
        self.assertNotIn('for the first time', out)  # nobody had to be asked
        out = self.all('What is handed over', 'one signature is not enough',
                       'not by who filed it', 'account.created')
        self.assertRegex(out, r'(?m)^alice,\d{4}-\d\d-\d\d\s*$')
        out = self.all('A demand that is refused', 'proposed: refuse',
                       'it cannot be accepted as it stands')
        self.assertIn('searches among everybody', ' '.join(out.split()))
        self.all('Who did what', 'decided-accept', 'case-read', ' signatures of')
        self.all('Every day', 'key log: 0 days')
        self.all('Cases from before', '5 cases')
        out = self.all('The report', 'published as report ', '0-249')
        self.assertRegex(out, r'(?m)^All of these +4 +6 +2 ')
        self.all('A report that would tell too much', 'nothing was published',
                 'so it stays unpublished')
        self.all('What there is at all', 'What this server can hand over')
        last = self.lines['In the browser'].pop()
        self.all('In the browser', 'ready http://127.0.0.1:')
        self.tomorrow()
        self.assertTrue(last.startswith('kill '))
        self.type(last)
        self.assertEqual(self.left, set())


if __name__ == '__main__':
    unittest.main(verbosity=2)
