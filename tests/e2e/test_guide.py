# SPDX-License-Identifier: Apache-2.0
"""docs/guide/witnesses.md, typed as it stands there. Only the folder
/tmp/tacet, the ports and where the programs are differ."""
import os
import re
import subprocess
import unittest

from harness import BIN, Case, Failed, TIMEOUT, free_port

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
PORTS = ('8443', '8451', '8452', '8453')


def blocks():
    """The lines to type, of each heading."""
    with open(os.path.join(ROOT, 'docs', 'guide', 'witnesses.md')) as f:
        parts = f.read().split('\n## ')[1:]
    return {p.split('\n')[0]: [line for b in re.findall(r'```\n(.*?)```', p, re.S)
                               for line in b.splitlines()] for p in parts}


class Guide(Case):
    def setUp(self):
        super().setUp()
        env = {k: v for k, v in os.environ.items()
               if not k.startswith(('TACET_HOME', 'TACET_PASS', 'XDG_'))}
        self.env = dict(env, HOME=self.folder)
        self.ports = {p: str(free_port()) for p in PORTS}
        self.shell = subprocess.Popen(
            ['bash', '--norc'], cwd=ROOT, env=self.env, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            bufsize=1)
        self.addCleanup(self.end)

    def end(self):
        self.shell.stdin.write('kill $SERVER $W1 $W2 $W3 2>/dev/null; wait\nexit\n')
        self.shell.stdin.close()
        self.shell.stdout.read()
        self.shell.stdout.close()
        self.shell.wait(TIMEOUT)

    def here(self, line):
        line = line.replace('/tmp/tacet/', self.folder + '/')
        line = line.replace('$PWD/build/release/bin', BIN)
        for port, ours in self.ports.items():
            line = line.replace(f':{port}', f':{ours}')
        return line

    def type(self, line):
        """Types one line; gives what came until it was done. What is started
        in the background has to say that it is ready."""
        self.shell.stdin.write(f'{self.here(line)}\necho "that was $?"\n')
        out, done, ready = '', False, ' & ' not in line
        while not (done and ready):
            got = self.shell.stdout.readline()
            if got == '':
                raise Failed(f'the shell ended after {line}\n{out}')
            out += got
            ready = ready or got.startswith('ready ')
            done = done or got.startswith('that was ')
        code = re.search(r'^that was (\d+)$', out, re.M)[1]
        # The status of a program that was told to end is that of its signal.
        if code != '0' and not line.startswith('kill '):
            raise Failed(f'{line}\nended so: {out}')
        return out

    def all(self, heading):
        return ''.join(self.type(line) for line in self.lines[heading])

    def test_word_for_word(self):
        self.lines = blocks()
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

if __name__ == '__main__':
    unittest.main(verbosity=2)
