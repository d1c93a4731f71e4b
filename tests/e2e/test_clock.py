# SPDX-License-Identifier: Apache-2.0
"""A clock that is ten years off, in each direction: a sentence, an exit code,
and nothing lost."""
import os
import unittest

from harness import TESTS, Case

YEARS = 10 * 365 * 86400
DIRECTIONS = ('ahead', YEARS), ('behind', -YEARS)


def off(seconds):
    return {'LD_PRELOAD': os.path.join(os.path.abspath(TESTS), 'off_clock.so'),
            'TACET_CLOCK_OFF': str(seconds),
            # The sanitizers' library wants to be the first.
            'ASAN_OPTIONS': 'verify_asan_link_order=0:detect_leaks=0'}


class Clock(Case):
    def test_registering(self):
        server = self.server()
        bob = self.person('bob', server)
        for name, seconds in DIRECTIONS:
            p = self.person(name)
            args = ('register', name, '--invite', server.invite(),
                    '--no-passphrase')
            r = p.run(*args, code=1, env=off(seconds))
            self.assertIn("This device's clock says", r.stderr.decode())
            p.run(*args)  # goes on with it
            p.send('bob', f'{name} is here')
            bob.wait_text(f'{name} is here')

    def test_writing(self):
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')
        for name, seconds in DIRECTIONS:
            new = self.person(name, server)
            # Who is known is written to and heard as ever.
            alice.run('send', 'bob', f'{name}, known', env=off(seconds))
            bob.wait_text(f'{name}, known')
            bob.send('alice', f'{name}, an answer')
            # Somebody new waits, and it is said why.
            insist = ('--sent',) if seconds < 0 else ()
            r = alice.run('send', name, 'waits', *insist, code=1 if insist else 0,
                          env=off(seconds))
            self.assertIn("This device's clock says", r.stderr.decode())
            r = alice.run('receive', '--json', env=off(seconds))
            self.assertIn(f'{name}, an answer', r.stdout.decode())
            # With the right clock all of it is there.
            alice.receive(timeout=1)
            new.wait_text('waits')


if __name__ == '__main__':
    unittest.main(verbosity=2)
