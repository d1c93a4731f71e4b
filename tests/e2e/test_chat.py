# SPDX-License-Identifier: Apache-2.0
"""chat and receive --follow, on a terminal and without one: what is typed stays
whole while messages come, and a server that goes away is spoken of once."""
import json
import os
import select
import signal
import subprocess
import time
import unittest

from harness import BIN, Case, TIMEOUT
from terminal import Terminal

LEFT = '\x1b[D'


class Chat(Case):
    def chat(self, person, to, columns=80, **kw):
        t = Terminal([f'{BIN}/tacet', 'chat', to], person.env, columns, **kw)
        self.addCleanup(t.close)
        t.wait_line('type and press Enter')
        t.wait_row('>')
        return t

    def pair(self):
        self.host = self.server()
        return self.friends(self.host, 'alice', 'bob')

    def test_a_message_that_comes_leaves_what_is_typed(self):
        alice, bob = self.pair()
        t = self.chat(alice, 'bob')
        self.assertTrue(t.is_raw())
        t.type('good mor')
        t.wait_row('> good mor')
        bob.send('alice', 'are you there?')
        t.wait_line('bob@localhost: are you there?')
        t.wait_row('> good mor')
        t.type('ning\r')
        bob.wait_text('good morning')
        t.wait_line('  me: good morning')
        t.wait_row('>')
        # Wide characters, one of them of several code points, and a cursor
        # in the middle of them.
        t.type('日本語 e\u0301😀x')
        t.wait_row('> 日本語 e\u0301😀x')
        t.type(LEFT + LEFT + '\x7f')  # takes both e and its accent
        t.wait_row('> 日本語 😀x')
        bob.send('alice', 'second')
        t.wait_line('bob@localhost: second')
        t.wait_row('> 日本語 😀x')
        self.assertEqual(t.screen.x, 2 + 7)
        t.type('→\x05!\r')
        bob.wait_text('日本語 →😀x!')
        t.type('\x04')
        self.assertEqual(t.end(), 0)
        self.assertFalse(t.is_raw())
        lines = t.screen.lines()
        self.assertEqual(sum('are you there?' in x for x in lines), 1, lines)

    def test_a_narrow_window(self):
        alice, bob = self.pair()
        t = self.chat(alice, 'bob')
        t.resize(12)
        text = 'abcdefghijklmnopqrstuvwxyz'
        t.type(text)
        t.wait_row('> rstuvwxyz'[:11])
        rows = len(t.screen.rows)
        t.type(LEFT * 24)
        t.wait_row('> abcdefghi')
        self.assertEqual(len(t.screen.rows), rows, 'the row wrapped')
        t.type('\x1b[C' * 12)
        t.wait(lambda lines: 'o' in lines[t.screen.y], 'the cursor again')
        self.assertEqual(len(t.screen.rows), rows, 'the row wrapped')
        t.resize(40)
        t.wait_row('> ' + text)
        t.resize(5)
        t.wait(lambda lines: 0 < len(lines[t.screen.y]) < 5, 'the row')
        t.resize(80)
        t.type('\r')
        bob.wait_text(text)
        # Ctrl-C ends it, gives the terminal back, and drops what was typed.
        t.type('not to be sent')
        t.wait_row('> not to be sent')
        t.type('\x03')
        self.assertEqual(t.end(), 0)
        self.assertFalse(t.is_raw())
        bob.receive(timeout=1)
        self.assertNotIn('not to be sent', bob.texts())

    def test_a_paste_of_many_lines_is_one_message(self):
        alice, bob = self.pair()
        t = self.chat(alice, 'bob')
        paste = ''.join(f'line {n} of a paste\n' for n in range(10000))
        t.type('see: \x1b[200~' + paste.replace('\n', '\r') + '\x1b[201~')
        t.wait(lambda lines: lines[t.screen.y].endswith('line 9999 of a paste↵'),
               'the end of the paste')
        t.type('\r')
        t.wait_line('-- and 9990 more lines')
        got = bob.wait_for(lambda e: e['type'] == 'message'
                           and e['text'].startswith('see: '), 'the paste')
        self.assertEqual(got['text'], 'see: ' + paste.rstrip('\n'))
        # More than a message holds is not sent, and that is said.
        t.type('\x1b[200~' + 'x' * (257 * 1024) + '\x1b[201~\r')
        t.wait_line('too long and was not sent')
        t.type('still here\r')
        bob.wait_text('still here')
        self.assertFalse(any(x.startswith('xxx') for x in bob.texts()))
        # Lines without marks, of a terminal that has none, are messages each.
        t.type(''.join(f'{n}\r' for n in range(20)))
        bob.wait_text('19')
        self.assertEqual([x for x in bob.texts() if x.isdigit()],
                         [str(n) for n in range(20)])

    def test_stopped_and_going_on(self):
        alice, bob = self.pair()
        t = self.chat(alice, 'bob')
        t.type('half')
        t.wait_row('> half')
        t.type('\x1a')  # Ctrl-Z
        pid, status = os.waitpid(t.pid, os.WUNTRACED)
        self.assertTrue(os.WIFSTOPPED(status))
        self.assertFalse(t.is_raw())
        os.kill(t.pid, signal.SIGCONT)
        t.type(' a word\r')
        bob.wait_text('half a word')

    def test_what_cannot_be_sent_is_not_lost(self):
        alice, bob = self.pair()
        alice.run('block', 'bob')
        t = self.chat(alice, 'bob')
        t.type('precious\r')
        t.wait_line('You blocked')
        t.wait_row('> precious')

    def test_commands(self):
        alice, bob = self.pair()
        path = os.path.join(self.folder, 'letter.txt')
        with open(path, 'w') as f:
            f.write('dear bob')
        t = self.chat(alice, 'bob')
        for typed, says in (('/help', '/attach FILE'), ('/frob', '/help lists'),
                            ('/attach', 'wants the path'),
                            ('/attach /nowhere', 'no such file')):
            t.type(typed + '\r')
            t.wait_line(says)
            t.type('\x15')  # a line that was given back
        t.type(f'/attach {path}\r')
        got = bob.wait_for(lambda e: e['type'] == 'message'
                           and e['attachments'], 'the file')
        self.assertEqual(got['attachments'][0]['name'], 'letter.txt')
        t.type('//quit\r')
        bob.wait_text('/quit')
        t.type('/quit\r')
        self.assertEqual(t.end(), 0)

    def test_without_a_terminal(self):
        alice, bob = self.pair()
        p = alice.popen('chat', 'bob')
        p.stdin.write('one\nzwei ü\n'.encode())
        p.stdin.write(b'\xff\xfe no text\nlast, without a line break')
        out, err = p.communicate(timeout=TIMEOUT)
        self.assertEqual(p.returncode, 0)
        self.assertNotIn(b'\x1b', out)
        self.assertIn(b'-- that was not text', out)
        bob.wait_text('last, without a line break')
        self.assertIn('zwei ü', bob.texts())

    def test_the_first_message_of_all(self):
        server = self.server()
        alice, bob = self.person('alice', server), self.person('bob', server)
        t = self.chat(alice, 'bob')
        t.type('hello, I am new\r')
        bob.wait_text('hello, I am new')
        bob.send('alice', 'welcome')
        t.wait_line('bob@localhost: welcome')
        alice.run('chat', 'zelda', code=4, stdin=b'')
        alice.run('chat', 'no handle', code=2, stdin=b'')


class ComingAndGoing(Case):
    """A connection that is lost, and one that is there again."""
    LOST = 'tacet: the server cannot be reached; trying again until it can.\n'
    BACK = 'tacet: the server can be reached again.\n'

    def wait_said(self, path, text):
        end = time.monotonic() + TIMEOUT
        while time.monotonic() < end:
            with open(path) as f:
                said = f.read()
            if said == text:
                return
            select.select([], [], [], 0.05)
        self.assertEqual(said, text)

    def test_receive_and_chat_tell(self):
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')
        said = os.path.join(self.folder, 'said')
        with open(said, 'w') as err:
            p = subprocess.Popen([f'{BIN}/tacet', 'receive', '--follow',
                                  '--json'], env=bob.env, stderr=err,
                                 stdout=subprocess.PIPE)
        self.addCleanup(p.stdout.close)
        self.addCleanup(p.wait)
        self.addCleanup(p.kill)
        alice.send('bob', 'before')
        self.assertEqual(json.loads(p.stdout.readline())['text'], 'before')
        chat_said = os.path.join(self.folder, 'chat-said')
        t = Terminal([f'{BIN}/tacet', 'chat', 'bob'], alice.env,
                     stderr=chat_said)
        self.addCleanup(t.close)
        t.wait_line('type and press Enter')
        t.type('written while ')
        server.stop()
        self.wait_said(said, self.LOST)
        self.wait_said(chat_said, self.LOST)
        t.type('it was away\r')
        t.wait_line('queued')
        server.start()
        self.wait_said(said, self.LOST + self.BACK)
        self.wait_said(chat_said, self.LOST + self.BACK)
        self.assertEqual(json.loads(p.stdout.readline())['text'],
                         'written while it was away')
        p.send_signal(signal.SIGTERM)
        self.assertEqual(p.wait(TIMEOUT), 0)
        self.assertEqual(p.stdout.read(), b'')
        # One that ends says how it ended, and nothing of trying.
        server.stop()
        r = bob.run('receive', '--timeout', '1', code=3)
        self.assertEqual(len(r.stderr.decode().splitlines()), 1)


if __name__ == '__main__':
    unittest.main(verbosity=2)
