# SPDX-License-Identifier: Apache-2.0
"""What an operator says in public: into the key log beside a running server,
out of it as a proof, and checked by a stranger with public keys alone."""
import base64
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import unittest

from harness import Case, Person
from static_log import Log, Server
from test_audit import audit
from test_witness import Key, root, split

HEX = '0123456789abcdef' * 4


def sha(data):
    return hashlib.sha256(data).hexdigest()


def path_of(index, leaves):
    """RFC 6962 2.1.1, once more."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if index < k:
        return path_of(index, leaves[:k]) + [root(leaves[k:])]
    return path_of(index - k, leaves[k:]) + [root(leaves[:k])]


class Operator(Case):
    def say(self, *args, code=0):
        r = self.tacetd.run('statement', *args, check=False)
        out, err = r.stdout.decode(), r.stderr.decode()
        self.assertEqual(r.returncode, code, (args, out, err))
        self.assertEqual(err.count('\n'), 0 if code == 0 else 1, err)
        return out if code == 0 else err

    def file(self, text, name='said'):
        path = os.path.join(self.folder, name)
        with open(path, 'wb') as f:
            f.write(text)
        return path

    def key(self):
        out = self.tacetd.run('witness', 'list').stdout.decode()
        return out.splitlines()[0].removeprefix('log ')

    def test_it_is_said_and_proven(self):
        self.tacetd = self.server('--open')
        Person(self.folder, 'alice').register(self.tacetd)
        path = self.file(b'version 1.0 is\n')
        number = int(self.say('add', path))
        self.assertEqual(int(self.say('add', '--hash',
                                      sha(b'version 1.0 is\n'))), number)
        other = int(self.say('add', '--hash', HEX))
        self.assertGreater(other, number)
        listed = json.loads(self.say('list', '--json'))
        self.assertEqual([(s['index'], s['hash']) for s in listed],
                         [(number, sha(b'version 1.0 is\n')), (other, HEX)])
        self.assertIn(f'{other}\t{listed[0]["day"]}\t{HEX}\n', self.say('list'))

        # A stranger, with the proof; and with a copy of the log.
        proof = os.path.join(self.folder, 'x.tlog-proof')
        self.say('prove', sha(b'version 1.0 is\n'), '--out', proof)
        text = self.say('prove', sha(b'version 1.0 is\n'))
        with open(proof) as f:
            self.assertEqual(f.read(), text)
        key = self.key()
        said = f'is entry {number} of localhost/log'
        self.assertIn(said, audit('statement', path, proof, '--key', key))
        copy = os.path.join(self.folder, 'copy')
        audit('mirror', f'https://{self.tacetd.listen}/log', copy, '--key', key,
              '--pin', self.pin())
        self.assertIn(said + f', of {listed[0]["day"]}',
                      audit('statement', path, copy))
        audit('replay', copy)
        # What was not said.
        other = self.file(b'version 1.0 is not\n', 'other')
        audit('statement', other, proof, '--key', key, code=5)
        audit('statement', other, copy, code=5)
        audit('statement', path, proof, '--key',
              Key(self.folder, 'localhost/log').vkey, code=5)

    def pin(self):
        out = subprocess.run(
            ['openssl', 'x509', '-noout', '-pubkey', '-in',
             os.path.join(self.tacetd.data, 'tls', 'cert.pem')],
            check=True, capture_output=True).stdout
        return hashlib.sha256(base64.b64decode(
            b''.join(out.splitlines()[1:-1]))).hexdigest()

    def test_without_a_server(self):
        self.tacetd = self.server('--open')
        self.tacetd.stop()
        path = self.file(b'')
        self.assertIn('tacetd run', self.say('add', path, code=3))
        self.say('add', path, code=3)
        self.assertEqual(json.loads(self.say('list', '--json')),
                         [{'index': None, 'day': None, 'hash': sha(b'')}])
        self.assertIn('waits', self.say('prove', sha(b''), code=4))
        self.tacetd.start()
        number = int(self.say('add', path))
        self.assertIn(f'\nindex {number}\n', self.say('prove', sha(b'')))

    def test_usage(self):
        self.tacetd = self.server('--open')
        for args in (['add'], ['add', 'a', '--hash', HEX], ['add', '--hash', 'x'],
                     ['add', '--hash', HEX[1:]], ['prove'], ['prove', 'x'],
                     ['list', 'x'], ['prove', HEX, '--json'], ['dance'],
                     ['add', '/nowhere'], ['add', self.folder],
                     ['add', '/dev/null']):
            self.say(*args, code=2)
        self.assertIn('no statement', self.say('prove', HEX, code=4))
        self.assertEqual(json.loads(self.say('list', '--json')), [])


class Stranger(unittest.TestCase):
    """tacet-audit against a log, and proofs, that share no code with it."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='tacet-statement-')
        self.copy = os.path.join(self.folder, 'copy')
        self.proof = os.path.join(self.folder, 'proof')
        self.log = Log(self.folder)

    def tearDown(self):
        shutil.rmtree(self.folder)

    def prove(self, index, size=None):
        entries = self.log.entries[:size]
        lines = [base64.b64encode(h).decode()
                 for h in path_of(index, entries)]
        with open(self.proof, 'w') as f:
            f.write('\n'.join(['c2sp.org/tlog-proof@v1', f'index {index}',
                               *lines, '']) + '\n'
                    + self.log.checkpoint(size).decode())

    def check(self, code=0, hash=HEX, where=None):
        more = [] if where else ['--key', self.log.key.vkey]
        return audit('statement', '--hash', hash, where or self.proof, *more,
                     code=code)

    def test_each_place(self):
        self.log.grow(5)
        said = []
        for i in range(20):
            said.append(hashlib.sha256(bytes([i])).digest())
            self.log.entries.append(b'\3' + said[-1])
            if i % 3 == 0:
                self.log.grow(4, f'after {i}')
        self.log.epoch()
        server = Server()
        server.files = self.log.files()
        audit('mirror', server.url, self.copy, '--key', self.log.key.vkey)
        server.stop()
        for h in said:
            index = self.log.entries.index(b'\3' + h)
            self.prove(index)
            words = f'is entry {index} of {self.log.key.name}'
            self.assertIn(words, self.check(0, h.hex()))
            self.assertIn(words + ', of 2024-10-04',
                          self.check(0, h.hex(), self.copy))
            self.check(5)
        self.check(5, where=self.copy)
        # An UPDATE's bytes are no statement, whatever hash is asked for.
        self.check(5, self.log.entries[0][1:33].hex(), self.copy)

    def test_nothing_else_is_a_proof(self):
        self.log.grow(5)
        self.log.entries.append(b'\3' + bytes.fromhex(HEX))
        self.log.epoch()
        self.prove(5)
        self.check()
        with open(self.proof, 'rb') as f:
            good = f.read()
        for at in range(len(good)):
            with open(self.proof, 'wb') as f:
                f.write(good[:at] + bytes([good[at] ^ 1]) + good[at + 1:])
            self.check(5)
        for bad in (b'', good[:40], good[:-40], b'\xff' * 200, good[1:]):
            with open(self.proof, 'wb') as f:
                f.write(bad)
            self.check(5)

    def test_a_policy(self):
        """The witnesses' word is asked for where a policy asks for it."""
        witness = Key(self.folder, 'w.example')
        raw = base64.b64encode(b'\4' + witness.public).decode()
        wid = hashlib.sha256(
            b'w.example\n\4' + witness.public).digest()[:4].hex()
        self.log.entries.append(b'\3' + bytes.fromhex(HEX))
        self.log.epoch()
        self.prove(0)
        policy = os.path.join(self.folder, 'policy')
        for end, code in (('quorum none\n', 0),
                          (f'witness w w.example+{wid}+{raw}\nquorum w\n', 5)):
            with open(policy, 'w') as f:
                f.write(f'log {self.log.key.vkey}\n{end}')
            audit('statement', '--hash', HEX, self.proof, '--policy', policy,
                  code=code)

    def test_a_damaged_copy_says_nothing(self):
        self.log.grow(300)
        self.log.entries.append(b'\3' + bytes.fromhex(HEX))
        self.log.epoch()
        server = Server()
        server.files = self.log.files()
        audit('mirror', server.url, self.copy, '--key', self.log.key.vkey)
        server.stop()
        self.check(0, where=self.copy)
        for name, code in (('tile/entries/001.p/46', 1), ('tile/0/001.p/46', 1),
                           ('checkpoint', 5)):
            path = os.path.join(self.copy, name)
            with open(path, 'rb') as f:
                good = f.read()
            for bad in (good[:-1], b'', bytes(len(good))):
                with open(path, 'wb') as f:
                    f.write(bad)
                self.check(code, where=self.copy)
            with open(path, 'wb') as f:
                f.write(good)
        self.check(0, where=self.copy)

    def test_usage(self):
        for args in ([], ['a'], ['a', 'b', 'c'], ['--hash', HEX],
                     ['--hash', HEX, 'a', 'b'], ['--hash', HEX[1:], 'a'],
                     ['--hash', HEX, '/nowhere'],  # which log?
                     ['--hash', HEX, self.folder], ['a', 'b', '--pin', '00']):
            audit('statement', *args, code=2)
        audit('statement', '/nowhere', 'b', '--key', self.log.key.vkey, code=1)
        audit('statement', '--hash', HEX, '/nowhere', '--key',
              self.log.key.vkey, code=1)


if __name__ == '__main__':
    unittest.main(verbosity=2)
