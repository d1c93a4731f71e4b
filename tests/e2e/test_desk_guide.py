# SPDX-License-Identifier: Apache-2.0
"""docs/guide/desk.md, typed as it stands there. Only the folder /tmp/tacet, the
port and where the programs are differ."""
import os
import re
import subprocess
import unittest

from harness import BIN, Case, Failed, TIMEOUT, free_port

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')


def blocks():
    with open(os.path.join(ROOT, 'docs', 'guide', 'desk.md')) as f:
        return re.findall(r'```\n(.*?)```', f.read(), re.S)


class Guide(Case):
    def setUp(self):
        super().setUp()
        env = {k: v for k, v in os.environ.items()
               if not k.startswith(('TACET_HOME', 'TACET_PASS', 'XDG_'))}
        self.port = str(free_port())
        self.shell = subprocess.Popen(
            ['bash', '--norc'], cwd=ROOT, env=dict(env, HOME=self.folder),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, bufsize=1)
        self.shell.stdin.write("set -E; trap 'echo \"failed: $BASH_COMMAND\"' ERR\n")
        self.addCleanup(self.end)

    def end(self):
        self.shell.stdin.write('kill $SERVER 2>/dev/null; wait\nexit\n')
        self.shell.stdin.close()
        self.shell.stdout.read()
        self.shell.stdout.close()
        self.shell.wait(TIMEOUT)

    def type(self, block):
        """Gives what came until all of it was done."""
        text = block.replace('/tmp/tacet', self.folder).replace(
            '$PWD/build/release/bin', BIN).replace(':8443', f':{self.port}')
        self.shell.stdin.write(text + '\necho "that was all"\n')
        out, done, ready = '', False, ' & ' not in block
        while not (done and ready):
            line = self.shell.stdout.readline()
            if line == '':
                raise Failed(f'the shell ended after {block}\n{out}')
            out += line
            ready = ready or line.startswith('ready ')
            done = done or line == 'that was all\n'
        if 'failed: ' in out:
            raise Failed(f'{block}\ngave {out}')
        return out

    def test_as_it_stands(self):
        out = [self.type(b) for b in blocks()]
        said = ''.join(out)
        for words in ('proposed: narrow', 'proposed: refuse',
                      'it cannot be accepted as it stands', 'told 1, waiting 0',
                      'we were served with a subpoena',
                      'is whole', '2 officers signed the plan',
                      'account.created (subscriber)'):
            self.assertIn(words, said)
        with open(os.path.join(self.folder, 'out', 'refusal.txt')) as f:
            self.assertIn('searches among everybody', f.read().replace('\n', ' ')
                          .replace('    ', ' '))
        with open(os.path.join(self.folder, 'report.html')) as f:
            self.assertIn('0-999', f.read())
        with open(os.path.join(self.folder, 'what-we-hold.html')) as f:
            self.assertIn('<html', f.read())


if __name__ == '__main__':
    unittest.main(verbosity=2)
