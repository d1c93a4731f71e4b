# SPDX-License-Identifier: Apache-2.0
"""docs/guide/witnesses.md, typed as it stands there."""
import re
import unittest

from typed import Guide


class Witnesses(Guide):
    GUIDE = 'witnesses.md'
    PORTS = ('8443', '8451', '8452', '8453')
    PROCESSES = ('SERVER', 'W1', 'W2', 'W3')

    def test_word_for_word(self):
        self.assertIn('localhost/log+', self.all('A server'))
        self.assertIn('pin ', self.all('Three witnesses'))
        self.assertIn('2 of 3 witnesses must vouch', self.all('The policy'))
        out = self.all('Five people')
        self.assertEqual(out.count('Write down these 24 words'), 5)
        self.assertIn('Two strangers vouch for your key.', out)
        self.assertEqual(len(re.findall(r'w\d has cosigned', out)), 3, out)
        self.assertIn('published with', out)
        out = self.all('An auditor')
        self.assertIn('7 updates', out)
        self.assertIn('what they should be', out)
        self.assertIn('is entry ', self.all('Saying something in public'))
        out = self.all('A witness is away')
        self.assertEqual(out.count('does not answer as it'), 2, out)
        self.assertIn('older copy', self.all('An old copy of the server'))
        self.assertEqual(self.left, set())


if __name__ == '__main__':
    unittest.main(verbosity=2)
