# SPDX-License-Identifier: Apache-2.0
"""A server and its witnesses: the policy as an operator changes it."""
import os
import threading
import unittest

from harness import Case, Server
from test_witness import Key, Witness

PIN = '0' * 62 + 'fe'


class Policy(Case):
    def setUp(self):
        super().setUp()
        self.tacetd = Server(self.folder)
        self.path = os.path.join(self.tacetd.data, 'log-policy')
        self.log = Key(self.folder, 'localhost/log')
        self.write(f'log {self.log.vkey}\nquorum none\n')

    def write(self, text):
        with open(self.path, 'w') as f:
            f.write(text)

    def read(self):
        with open(self.path) as f:
            return f.read()

    def vkey(self, name):
        folder = os.path.join(self.folder, name)
        os.mkdir(folder)
        return Witness(folder).vkey

    def says(self, words, *args, code=0):
        """`tacetd witness ARGS` says so; in one sentence, if it fails."""
        r = self.tacetd.run('witness', *args, check=False)
        out, err = r.stdout.decode(), r.stderr.decode()
        self.assertEqual(r.returncode, code, (args, out, err))
        self.assertIn(words, out if code == 0 else err)
        if code != 0:
            self.assertEqual(err.count('\n'), 1, err)
            self.assertTrue(err.startswith('tacetd: '), err)
        return out

    def test_an_operator_changes_it(self):
        a, b = self.vkey('a'), self.vkey('b')
        self.says('quorum 0 of 0', 'list')
        out = self.says('nobody has to vouch', 'add', 'a', a,
                        'https://a.example:8444', '--pin', PIN)
        self.assertIn('tacet trust accept', out)
        self.assertNotIn('restart', out)
        self.says('0 of 2 witnesses', 'add', 'b', b, 'https://b.example/w')
        self.says('2 of 2 witnesses', 'quorum', '2')
        self.says('lower it first', 'remove', 'a', code=4)
        self.says('1 of 2', 'quorum', '1')
        out = self.says('quorum 1 of 2', 'list')
        self.assertEqual(out.splitlines()[:2],
                         [f'1\ta\thttps://a.example:8444\t{a}',
                          f'2\tb\thttps://b.example/w\t{b}'])
        self.assertEqual(
            self.read(), f'log {self.log.vkey}\n'
            f'witness a {a} https://a.example:8444#sha256={PIN}\n'
            f'witness b {b} https://b.example/w\n'
            'group witnesses 1 a b\nquorum witnesses\n')
        self.says('0 of 2', 'quorum', '0')
        self.says('0 of 1', 'remove', 'a')
        self.says('nobody vouches', 'remove', 'b')
        self.assertEqual(self.read(), f'log {self.log.vkey}\nquorum none\n')

    def test_bad_input(self):
        a = self.vkey('a')
        where = 'https://a.example'
        before = self.read()
        for args in ((), ('add',), ('add', 'a', a), ('list', 'x'), ('remove',),
                     ('quorum',), ('quorum', 'x'), ('quorum', '-1'),
                     ('lose', 'a'), ('list', '--pin', PIN),
                     ('add', 'a', a, where, 'more'), ('add', 'a', a, where, '--pin')):
            self.says('tacetd', *args, code=2)
        for words, args in (('no name for a witness', ('a b', a, where)),
                            ('no name for a witness', ('none', a, where)),
                            ('verifier key of a witness', ('a', 'x', where)),
                            ('verifier key of a witness', ('a', self.log.vkey, where)),
                            ('address of a witness', ('a', a, 'a.example')),
                            ('address of a witness', ('a', a, 'http://a.example')),
                            ('--pin', ('a', a, where, '--pin', 'fe'))):
            self.says(words, 'add', *args, code=4)
        self.says('no witness', 'remove', 'a', code=4)
        self.says('where there are 0 witnesses', 'quorum', '1', code=4)
        self.assertEqual(self.read(), before)
        self.says('of 1', 'add', 'a', a, where)
        self.says('already', 'add', 'a', self.vkey('b'), where, code=4)
        self.says('already', 'add', 'b', a, where, code=4)
        self.write(f'log {self.log.vkey}\nwitness a {a}\nquorum a\n')
        self.says('by hand', 'quorum', '1', code=4)
        self.says('groups of its own', 'list')
        self.write('nonsense\n')
        self.says('line 1', 'quorum', '1', code=4)
        self.says('line 1', 'list', code=1)
        os.remove(self.path)
        self.says('tacetd init', 'list', code=1)

    def test_two_at_once(self):
        keys = [(f'w{i}', self.vkey(f'w{i}')) for i in range(6)]
        threads = [threading.Thread(target=self.says, args=(
            'witnesses', 'add', name, key, f'https://{name}.example'))
            for name, key in keys]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.says('quorum 0 of 6', 'list')


if __name__ == '__main__':
    unittest.main(verbosity=2)
