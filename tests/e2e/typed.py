# SPDX-License-Identifier: Apache-2.0
"""A guide of docs/guide, typed as it stands there into one shell. Only the
folder /tmp/tacet, the ports and where the programs are differ."""
import os
import re
import subprocess

from harness import BIN, Case, Failed, TIMEOUT, free_port

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')


def commands(block):
    """The commands of a block: lines, and those with a text up to END."""
    lines = iter(block.splitlines())
    for line in lines:
        if line.endswith('<<END'):
            for more in lines:
                line += '\n' + more
                if more == 'END':
                    break
        yield line


class Guide(Case):
    GUIDE = ''  # its file in docs/guide
    PORTS = ()  # that it names, as text
    PROCESSES = ()  # variables with the ids of what it starts

    def setUp(self):
        super().setUp()
        with open(os.path.join(ROOT, 'docs', 'guide', self.GUIDE)) as f:
            parts = f.read().split('\n## ')[1:]
        self.lines = {p.split('\n')[0]:
                      [c for b in re.findall(r'```\n(.*?)```', p, re.S)
                       for c in commands(b)] for p in parts}
        self.left = {h for h, c in self.lines.items() if c}
        env = {k: v for k, v in os.environ.items()
               if not k.startswith(('TACET_HOME', 'TACET_PASS', 'XDG_'))}
        self.ports = {p: str(free_port()) for p in self.PORTS}
        self.shell = subprocess.Popen(
            ['bash', '--norc'], cwd=ROOT, env=dict(env, HOME=self.folder),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, bufsize=1)
        self.addCleanup(self.end)

    def end(self):
        ids = ' '.join('$' + p for p in self.PROCESSES)
        self.shell.stdin.write(f'kill {ids} 2>/dev/null; wait\nexit\n')
        self.shell.stdin.close()
        self.shell.stdout.read()
        self.shell.stdout.close()
        self.shell.wait(TIMEOUT)

    def here(self, line):
        line = re.sub(r'/tmp/tacet\b', self.folder, line)
        line = line.replace('$PWD/build/release/bin', BIN)
        for port, ours in self.ports.items():
            line = line.replace(f':{port}', f':{ours}')
        return line

    def type(self, line):
        """Types one command; gives what came until it was done. What is started
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
        self.left.discard(heading)
        return ''.join(self.type(line) for line in self.lines[heading])
