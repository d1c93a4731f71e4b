# SPDX-License-Identifier: Apache-2.0
"""README's first conversation, typed as it stands there. Only the folder /tmp,
the port and where the programs are differ."""
import os
import re
import subprocess
import unittest

from harness import BIN, Case, Failed, TIMEOUT, free_port
from terminal import Terminal

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')


def blocks(heading):
    """What stands between ``` below a heading, one list of lines a block."""
    with open(os.path.join(ROOT, 'README.md')) as f:
        part = f.read().split(f'## {heading}\n')[1].split('\n## ')[0]
    return [b.splitlines() for b in re.findall(r'```\n(.*?)```', part, re.S)]


class Readme(Case):
    def setUp(self):
        super().setUp()
        home = os.path.join(self.folder, 'empty')
        os.mkdir(home)
        env = {k: v for k, v in os.environ.items()
               if not k.startswith(('TACET_HOME', 'TACET_PASS', 'XDG_'))}
        self.env = dict(env, HOME=home, PATH=f'{BIN}:{env["PATH"]}')
        self.port = free_port()
        self.shell = subprocess.Popen(
            ['bash', '--norc'], cwd=ROOT, env=self.env, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            bufsize=1)
        self.addCleanup(self.end)

    def end(self):
        self.shell.stdin.write('kill %1; wait\nexit\n')
        self.shell.stdin.close()
        self.shell.stdout.read()
        self.shell.stdout.close()
        self.shell.wait(TIMEOUT)

    def here(self, line):
        line = line.replace('/tmp/', self.folder + '/')
        if line.startswith('tacetd init'):
            line = line.split('#')[0] + f' --listen 127.0.0.1:{self.port}'
        return line

    def type(self, line):
        """Types one line; gives what it printed. The server runs behind the
        same shell, as the README has it: its log may come in between."""
        self.shell.stdin.write(f'{self.here(line)}\necho "that was $?"\n')
        out = ''
        for got in self.shell.stdout:
            if got.startswith('that was '):
                if got != 'that was 0\n':
                    raise Failed(f'{line}\nended so: {out}{got}')
                return out
            if not got.startswith('{"time":'):
                out += got
        raise Failed(f'the shell ended after {line}\n{out}')

    def test_word_for_word(self):
        server, register, letters, live, more = blocks(
            'A first conversation by hand')
        self.assertIn('build/release/bin', server[0])
        for line in server[1:]:
            self.type(line)
        said = ''
        while 'ready https://' not in said:  # it comes from the background
            said += self.shell.stdout.readline()
        for line in register:
            self.assertIn('Write down these 24 words', self.type(line))
        said = [self.type(line) for line in letters]
        self.assertIn('Meet me at the old lighthouse at nine.', said[1])
        self.assertIn('I will bring the ledgers.', said[3])
        windows = []
        for line in live:
            words = self.here(line).split()
            home = words.pop(0).split('=')[1]
            t = Terminal([f'{BIN}/{words[0]}', *words[1:]],
                         dict(self.env, TACET_HOME=home))
            self.addCleanup(t.close)
            t.wait_line('type and press Enter')
            windows.append(t)
        windows[0].type('are you there?\r')
        windows[1].wait_line('alice@localhost: are you there?')
        windows[1].type('I am\r')
        windows[0].wait_line('bob@localhost: I am')
        for t in windows:
            t.type('\x04')
            self.assertEqual(t.end(), 0)
        for line in more:
            if line.startswith('tacet verify'):
                self.verify(line)
                continue
            said = self.type(line)
            if '--save-attachments' in line:
                self.assertIn('saved as', said)
        self.assertIn('1 of them verified', said)
        self.operator()

    def verify(self, line):
        t = Terminal(['/bin/sh', '-c', line],
                     dict(self.env, TACET_HOME=f'{self.folder}/alice'))
        self.addCleanup(t.close)
        t.wait_line('Do they see the same digits?')
        t.type('yes\n')
        self.assertEqual(t.end(), 0)

    def operator(self):
        (lines,) = blocks('What the operator sees')
        said = [self.type(line) for line in lines]
        self.assertIn('account.id', said[0])
        self.assertEqual([x.split('\t')[0] for x in said[1].splitlines()],
                         ['alice', 'bob'])
        self.assertNotIn('FAIL', said[2])


if __name__ == '__main__':
    unittest.main(verbosity=2)
