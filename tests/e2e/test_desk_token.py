#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Officers whose keys are on FIDO2 tokens, from enrolment to a bundle that
anybody checks: tacet-desk's own commands with a token in software at the port
(tests/token), at a pseudo-terminal where a PIN is asked for. What was signed is
checked by tacet-desk itself, which has no token."""
import json
import os
import sqlite3
import subprocess
import unittest

import test_desk_plan as plan
from harness import BIN, TESTS, TIMEOUT
from terminal import Terminal

SOFT = f'{TESTS}/tacet-desk-soft'
PIN = '2580'


class Token(plan.Desk):
    def env(self, token, mood=''):
        env = {k: v for k, v in os.environ.items()
               if k != 'TACET_DESK_PASSPHRASE'}
        return dict(env, TACET_TEST_TOKEN=os.path.join(self.folder, token),
                    TACET_TEST_MOOD=mood)

    def touch(self, token, *args, code=0, mood='', data=True):
        """Without a terminal: a touch has to be enough."""
        where = ['--data', self.data] if data else []
        r = subprocess.run([SOFT, *args, *where], capture_output=True,
                           timeout=TIMEOUT, env=self.env(token, mood),
                           stdin=subprocess.DEVNULL, start_new_session=True)
        self.said = r.stderr.decode()
        self.assertEqual(r.returncode, code, f'{args}: {self.said}')
        return r.stdout.decode()

    def at_terminal(self, token, *args, code=0, pin=PIN, mood='', data=True):
        """At one, where the PIN is asked for once. What it showed."""
        where = ['--data', self.data] if data else []
        t = Terminal([SOFT, *args, *where], self.env(token, mood), columns=400)
        try:
            t.wait_line('PIN of the token:')
            t.type(pin + '\n')
            got = t.end()
            shown = '\n'.join(t.screen.lines())
        finally:
            t.close()
        self.assertEqual(got, code, shown)
        self.assertNotIn(pin, shown.replace(token, ''))
        self.assertEqual(shown.count('PIN of the token:'), 1, shown)
        return shown

    def open_desk(self, server):
        self.desk('init', '--server', server.data)
        self.desk('key', 'new', self.key('carl'), '--no-passphrase', data=False)
        self.at_terminal('ann.token', 'key', 'new', self.key('ann'), '--token',
                         data=False)
        self.at_terminal('ben.token', 'key', 'new', self.key('ben'), '--token',
                         '--no-pin', data=False)
        for name, role in (('carl', 'officer'), ('ann', 'officer'),
                           ('ben', 'approver')):
            self.desk('officer', 'add', name, '--key', self.key(name) + '.pub',
                      '--role', role)

    def events(self):
        c = sqlite3.connect(f'file:{self.data}/desk.db?mode=ro', uri=True)
        try:
            return c.execute('SELECT number, actor, kind, signature FROM event '
                             'ORDER BY number').fetchall()
        finally:
            c.close()

    def planned(self):
        server = self.server()
        self.person('alice', server)
        self.open_desk(server)
        case = self.file()
        judged = json.loads(self.desk('evaluate', case, '--json', '--key',
                                      self.key('carl'), code=None))
        blocks = sorted({f['code'] for f in judged['findings']
                         if f['severity'] == 'block'})
        self.at_terminal('ann.token', 'decide', case, 'narrow', '--reason',
                         'it is lawful',
                         *(['--despite', ','.join(blocks)] if blocks else []),
                         '--key', self.key('ann'))
        self.at_terminal('ann.token', 'plan', case, '--recipient',
                         plan.RECIPIENT, '--key', self.key('ann'))
        return case


class Answer(Token):
    def test_two_tokens_answer_a_subpoena(self):
        case = self.planned()
        shown = self.at_terminal('ann.token', 'sign', case, '--key',
                                 self.key('ann'))
        self.assertEqual(shown.count('touch the token'), 2, shown)
        self.touch('ben.token', 'sign', case, '--key', self.key('ben'))
        self.assertEqual(self.said.count('touch the token'), 2, self.said)
        self.assertEqual(self.state(case)['state'], 'approved')
        self.at_terminal('ann.token', 'run', case, '--out', self.out, '--key',
                         self.key('ann'), '--operator', 'Example')
        # Nobody needs a token to check.
        verified = json.loads(self.desk(
            'verify', self.sealed(case), '--identity', self.identity, '--json',
            data=False))
        self.assertEqual(verified['officers'], 2)
        # By keys that were asked for elsewhere; and Ben's is not among Carl's.
        for keys, code in (('all', 0), ('carl', 5)):
            path = os.path.join(self.folder, 'keys')
            with open(path, 'w') as f:
                f.write(''.join(x + '\n' for x in
                                self.desk('officer', 'list').splitlines()
                                if keys == 'all' or x.startswith(keys)))
            self.desk('verify', self.sealed(case), '--identity', self.identity,
                      '--officers', path, data=False, code=code)
        log = json.loads(self.desk('log', 'verify', '--json'))
        self.assertGreater(log['signatures'], 6)
        self.assertEqual(log['counted_back'], 0)
        # Ann verified herself, Ben touched it; and every act has either.
        flags = {name: {s[0] for _, actor, _, s in self.events()
                        if actor == name} for name in ('ann', 'ben')}
        self.assertEqual(flags, {'ann': {5}, 'ben': {1}})
        keys = [json.loads(x) for x in
                self.desk('officer', 'list', '--json').splitlines()]
        self.assertEqual([k['key'].split()[0] for k in keys],
                         ['tacet-desk-token-key', 'tacet-desk-token-key',
                          'tacet-desk-key'])
        ticket = self.touch('ben.token', 'sign-in', '--key', self.key('ben'))
        self.assertGreater(len(ticket), 100)
        # One byte of a signature is another.
        c = sqlite3.connect(os.path.join(self.data, 'desk.db'))
        c.execute("UPDATE event SET signature = CAST(substr(signature, 1, 20) "
                  "|| X'00' || substr(signature, 22) AS BLOB) WHERE actor = "
                  "'ben' AND number = (SELECT max(number) FROM event WHERE "
                  "actor = 'ben')")
        c.commit()
        c.close()
        self.desk('log', 'verify', code=5)


class Refused(Token):
    def test_what_goes_wrong_writes_nothing(self):
        case = self.planned()
        before = self.events()
        sign = ('sign', case, '--key', self.key('ben'))
        for mood, code, word in (
                ('untouched', 1, 'nobody touched the token'),
                ('denied', 1, 'told no'),
                ('unplugged', 1, 'does not answer any more'),
                ('nobody', 5, 'not its signature for this act'),
                ('other-act', 5, 'not its signature for this act'),
                ('other-key', 5, 'not its signature for this act'),
                ('other-party', 5, 'not its signature for this act'),
                ('replay', 5, 'not its signature for this act'),
                ('no-cbor', 1, 'the token')):
            self.touch('ben.token', *sign, code=code, mood=mood)
            self.assertIn(word, self.said, mood)
            self.assertEqual(self.events(), before, mood)
        self.touch('another.token', *sign, code=1)
        self.assertIn('does not have that key', self.said)
        # Ann's asks for the PIN, at a terminal alone.
        mine = ('sign', case, '--key', self.key('ann'))
        self.touch('ann.token', *mine, code=5)
        self.assertIn('asked for at a terminal', self.said)
        shown = self.at_terminal('ann.token', *mine, code=5, pin='9999')
        self.assertIn('7 wrong ones are left', shown)
        shown = self.at_terminal('ann.token', *mine, code=5, mood='unverified')
        self.assertIn('not its signature for this act', shown)
        # tacet-desk looks at this machine's ports, where nothing is.
        self.desk(*sign, code=1)
        self.assertIn('no token is plugged in', self.said)
        self.assertEqual(self.events(), before)
        self.touch('ben.token', *sign)
        self.desk('log', 'verify')

    def test_a_copy_counts_back(self):
        case = self.planned()
        show = ('case', 'show', case, '--key', self.key('ben'))
        self.touch('ben.token', *show)
        self.touch('ben.token', *show, mood='counts-back')
        self.desk('log', 'verify')
        self.assertIn('the token may have been copied', self.said)
        self.assertEqual(json.loads(self.desk('log', 'verify', '--json'))
                         ['counted_back'], 1)

    def test_the_command(self):
        self.desk('key', 'new', self.key('x'), '--token', '--no-passphrase',
                  code=2, data=False)
        self.desk('key', 'new', self.key('x'), '--no-pin', '--no-passphrase',
                  code=2, data=False)
        self.desk('key', 'new', self.key('x'), '--token', code=1, data=False)
        self.assertEqual([], [f for f in os.listdir(self.folder)
                              if f.startswith('x')])
        with open(self.key('x') + '.pub', 'w'):
            pass
        self.touch('x.token', 'key', 'new', self.key('x'), '--token', code=4,
                   data=False)
        self.assertNotIn('touch', self.said)
        # Nothing in the environment makes tacet-desk another program.
        r = subprocess.run(
            [f'{BIN}/tacet-desk', 'key', 'new', self.key('y'), '--token'],
            capture_output=True, timeout=TIMEOUT, env=self.env('y.token'),
            stdin=subprocess.DEVNULL, start_new_session=True)
        self.assertEqual(r.returncode, 1)
        self.assertIn(b'no token is plugged in', r.stderr)
        self.assertFalse(os.path.exists(os.path.join(self.folder, 'y.token')))


if __name__ == '__main__':
    if not os.path.exists(SOFT):
        print('built without libfido2: nothing to test')
        raise SystemExit(0)
    unittest.main()
