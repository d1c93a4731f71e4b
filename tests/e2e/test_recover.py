# SPDX-License-Identifier: Apache-2.0
"""The 24 words: compared with the account, and erased from the device."""
import os
import unittest

from harness import BIN, Case
from terminal import Terminal


class Words(Case):
    def words_of(self, person):
        return person.run('recovery', 'show').stdout.decode().strip()

    def test_check_by_file_and_pipe(self):
        server = self.server()
        alice, bob = self.person('alice', server), self.person('bob', server)
        words, others = self.words_of(alice), self.words_of(bob)
        path = os.path.join(self.folder, 'words')
        with open(path, 'w') as f:  # in rows, as on paper
            f.write('\n'.join(' '.join(words.split()[i:i + 6])
                              for i in range(0, 24, 6)) + '\n')
        server.stop()  # nothing of this needs it
        alice.run('recovery', 'check', stdin=others.encode(), code=2)
        alice.run('recovery', 'check', stdin=b'abide amuse', code=2)
        alice.run('recovery', 'check', stdin=b'', code=2)
        alice.run('recovery', 'check', '--words-file', path + '.no', code=1)
        r = alice.run('recovery', 'check', '--words-file', path)
        self.assertIn(b'They are right', r.stdout)
        self.assertIn(b'They stay on this device', r.stdout)
        self.assertEqual(self.words_of(alice), words)
        alice.run('recovery', 'check', '--yes', stdin=others.encode(), code=2)
        self.assertEqual(self.words_of(alice), words)
        r = alice.run('recovery', 'check', '--yes', '--words-file', path)
        self.assertIn(b'no longer holds them', r.stdout)
        r = alice.run('recovery', 'show', code=4)
        self.assertIn(b'on paper alone', r.stderr)
        self.assertIn(b'the words are with you alone',
                      alice.run('status').stdout)
        r = alice.run('recovery', 'check', stdin=words.encode())
        self.assertIn(b'does not hold them', r.stdout)
        alice.run('recovery', 'check', stdin=others.encode(), code=2)

    def test_check_on_a_terminal(self):
        server = self.server()
        alice = self.person('alice', server)
        words = self.words_of(alice).split()
        t = Terminal([f'{BIN}/tacet', 'recovery', 'check'], alice.env)
        t.wait_line('The 24 words')
        t.type(' '.join(words[:6]) + '\n')
        t.wait_line('... and 18 more')
        t.type(' '.join(words[6:]) + '\n')
        t.wait_line('They are right')
        t.wait_line('Erase them from this device')
        t.type('no\n')
        t.wait_line('They stay on this device')
        self.assertEqual(t.end(), 0)
        shown = '\n'.join(t.screen.lines())
        for w in words:
            self.assertNotIn(w, shown)
        t.close()
        t = Terminal([f'{BIN}/tacet', 'recovery', 'check'], alice.env)
        t.wait_line('The 24 words')
        t.type(' '.join(words) + '\n')
        t.wait_line('Erase them from this device')
        t.type('y\n')
        t.wait_line('no longer holds them')
        self.assertEqual(t.end(), 0)
        t.close()
        alice.run('recovery', 'show', code=4)


if __name__ == '__main__':
    unittest.main(verbosity=2)
