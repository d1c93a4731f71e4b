# SPDX-License-Identifier: Apache-2.0
"""A terminal for tests: a program on a pseudo-terminal, and what its screen
shows. It knows the few control sequences that the programs use, and fails on
any other."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
import unicodedata
import unittest

from harness import Failed, TIMEOUT

CSI = re.compile(r'\x1b\[(\??)([0-9;]*)([@-~])')


def width(ch):
    if unicodedata.category(ch) in ('Mn', 'Me', 'Cf'):
        return 0
    return 2 if unicodedata.east_asian_width(ch) in 'WF' else 1


class Screen:
    """Rows that only grow: a terminal with its scroll-back."""

    def __init__(self, columns):
        self.columns = columns
        self.rows = [[]]
        self.y = self.x = 0
        self.pending = ''  # a sequence that has not come whole

    def put(self, ch):
        w = width(ch)
        row = self.rows[self.y]
        if w == 0:
            if self.x > 0 and self.x <= len(row):
                row[self.x - 1] += ch
            return
        if self.x + w > self.columns:
            self.down()
            self.x = 0
            row = self.rows[self.y]
        row += [' '] * (self.x + w - len(row))
        row[self.x] = ch
        for i in range(1, w):
            row[self.x + i] = ''
        self.x += w

    def down(self):
        self.y += 1
        if self.y == len(self.rows):
            self.rows.append([])

    def control(self, private, numbers, final):
        n = int(numbers) if numbers.isdigit() else 1
        if private == '?' and final in 'hl' or final == 'm':
            return
        if final == 'K' and numbers in ('', '0'):
            del self.rows[self.y][self.x:]
        elif final == 'J' and numbers in ('', '0'):
            del self.rows[self.y][self.x:]
            del self.rows[self.y + 1:]
        elif final == 'C':
            self.x = min(self.x + n, self.columns - 1)
        elif final == 'A':
            self.y = max(self.y - n, 0)
        else:
            raise Failed(f'unknown control sequence {private}{numbers}{final}')

    def feed(self, text):
        text = self.pending + text
        self.pending = ''
        i = 0
        while i < len(text):
            ch = text[i]
            if ch == '\x1b':
                m = CSI.match(text, i)
                if m is None:
                    if len(text) - i > 16:
                        raise Failed(f'unknown escape {text[i:i + 16]!r}')
                    self.pending = text[i:]
                    return
                self.control(*m.groups())
                i = m.end()
                continue
            if ch == '\r':
                self.x = 0
            elif ch == '\n':
                self.down()
            elif ch == '\b':
                self.x = max(self.x - 1, 0)
            elif ch == '\a':
                pass
            elif ord(ch) < 32 or ord(ch) == 127:
                raise Failed(f'control character {ord(ch)} on the terminal')
            else:
                self.put(ch)
            i += 1

    def lines(self):
        return [''.join(r).rstrip() for r in self.rows]


class Terminal:
    def __init__(self, argv, env, columns=80, stderr=None):
        self.screen = Screen(columns)
        self.raw = b''
        self.code = None
        try:
            self.pid, self.fd = pty.fork()
        except OSError:  # a root without devpts on /dev/pts
            raise unittest.SkipTest('this machine has no pseudo-terminals')
        if self.pid == 0:
            try:
                if stderr is not None:
                    os.dup2(os.open(stderr, os.O_WRONLY | os.O_CREAT, 0o600), 2)
                os.execve(argv[0], argv, dict(env, TERM='xterm-256color'))
            finally:
                os._exit(127)
        self.resize(columns, tell=False)

    def resize(self, columns, tell=True):
        self.screen.columns = columns
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ,
                    struct.pack('HHHH', 24, columns, 0, 0))
        if tell:
            os.kill(self.pid, signal.SIGWINCH)

    def type(self, text):
        data = text if isinstance(text, bytes) else text.encode()
        while data:
            _, can_write, _ = select.select([], [self.fd], [], 0.02)
            if can_write:
                data = data[os.write(self.fd, data[:512]):]
            self.read(0)

    def read(self, timeout):
        """Takes what has come; False once the program has let go."""
        ready, _, _ = select.select([self.fd], [], [], timeout)
        if not ready:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b''
        if not data:
            return False
        self.raw += data
        text = self.raw.decode(errors='ignore') if self.raw else ''
        # Only whole characters: the tail of one stays for the next time.
        self.screen.feed(text)
        self.raw = self.raw[len(text.encode()):]
        return True

    def wait(self, wanted, what):
        """Reads until wanted(lines) is true."""
        end = time.monotonic() + TIMEOUT
        while not wanted(self.screen.lines()):
            if time.monotonic() > end or not self.read(1):
                raise Failed(f'the terminal never showed {what}:\n'
                             + '\n'.join(self.screen.lines()[-30:]))

    def wait_line(self, text):
        self.wait(lambda lines: any(text in x for x in lines), repr(text))

    def wait_row(self, text):
        """The row with the cursor is exactly this."""
        self.wait(lambda lines: lines[self.screen.y] == text,
                  f'the row {text!r}')

    def is_raw(self):
        flags = termios.tcgetattr(self.fd)[3]
        return not flags & termios.ICANON

    def end(self):
        """Waits for the program; gives its exit code."""
        stop = time.monotonic() + TIMEOUT
        while self.code is None:
            self.read(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                while self.read(0.05) and select.select([self.fd], [], [], 0)[0]:
                    pass
                self.code = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > stop:
                os.kill(self.pid, signal.SIGKILL)
                raise Failed('the program on the terminal never ended:\n'
                             + '\n'.join(self.screen.lines()[-30:]))
        return self.code

    def close(self):
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)
