# SPDX-License-Identifier: Apache-2.0
"""tacet-audit against a log that shares no code with it (static_log.py): what
it copies, what it notices, and that strangers can check what it wrote."""
import base64
import glob
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import unittest

from harness import BIN, TIMEOUT
from static_log import Log, Server
from test_witness import Key

VECTORS = 'docs/protocol/vectors/evidence.json'


def audit(*args, code=0):
    r = subprocess.run([f'{BIN}/tacet-audit', *args], capture_output=True,
                       timeout=TIMEOUT)
    out, err = r.stdout.decode(), r.stderr.decode()
    assert r.returncode == code, (args, r.returncode, out, err)
    assert len(err.splitlines()) == (0 if code == 0 else 1) or code in (1, 5), err
    return out + err


def tree(folder):
    found = {}
    for path, _, names in os.walk(folder):
        for n in names:
            p = os.path.join(path, n)
            with open(p, 'rb') as f:
                found[os.path.relpath(p, folder)] = f.read()
    return found


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='tacet-audit-')
        self.copy = os.path.join(self.folder, 'copy')
        self.server = Server()
        self.log = Log(self.folder)

    def tearDown(self):
        self.server.stop()
        shutil.rmtree(self.folder)

    def serve(self, log=None, size=None):
        self.server.files = (log or self.log).files(size)
        self.server.asked.clear()

    def mirror(self, code=0, *more):
        return audit('mirror', self.server.url, self.copy, *more, code=code)

    def first(self, entries):
        self.log.grow(entries)
        self.serve()
        self.mirror(0, '--key', self.log.key.vkey)

    def evidence(self, n=1):
        found = glob.glob(self.copy + '/evidence-*')
        self.assertEqual(len(found), n, found)
        return found[0] if found else None

    def check_evidence(self, kind):
        """It stands by the key alone, and no longer once it is touched."""
        path = self.evidence()
        out = audit('verify', path, '--key', self.log.key.vkey)
        self.assertTrue(out.startswith(kind + ': the evidence stands'), out)
        self.assertIn(self.log.key.vkey, audit('verify', path))
        other = Key(self.folder, self.log.key.name)
        audit('verify', path, '--key', other.vkey, code=5)
        with open(path, 'rb') as f:
            good = f.read()
        for at in range(0, len(good), 37):
            with open(path, 'wb') as f:
                f.write(good[:at] + bytes([good[at] ^ 1]) + good[at + 1:])
            audit('verify', path, '--key', self.log.key.vkey, code=5)


class Mirror(Case):
    def test_the_copy_is_the_log(self):
        """Byte for byte, at each size, so that it can be served again."""
        sizes = [2, 255, 256, 257, 511, 512, 700]
        for size in sizes:
            self.log.grow(size - len(self.log.entries))
            self.serve()
            self.mirror(0, '--key', self.log.key.vkey)
            self.assertIn('every map and the checkpoint',
                          audit('replay', self.copy))
            copied = tree(self.copy)
            self.assertEqual(copied.pop('log').decode(),
                             self.log.key.vkey + '\n')
            self.assertEqual(copied, self.log.files())
        self.assertIn(' 0 of them new', self.mirror())

    def test_a_run_that_broke_off_goes_on(self):
        self.log.grow(1100)
        self.serve()
        self.server.broken['tile/entries/002'] = 503
        self.mirror(1, '--key', self.log.key.vkey)
        self.assertNotIn('checkpoint', tree(self.copy))
        self.server.broken.clear()
        self.server.asked.clear()
        self.mirror(0, '--key', self.log.key.vkey)
        self.assertNotIn('/log/tile/entries/001', self.server.asked)
        self.assertIn('/log/tile/entries/002', self.server.asked)
        audit('replay', self.copy)

    def test_what_a_run_left_of_another_history_goes(self):
        other = self.log.fork()
        other.grow(1100, 'other')
        self.serve(other)
        self.server.broken['tile/entries/002'] = 503
        self.mirror(1, '--key', self.log.key.vkey)
        self.log.grow(1100)
        self.serve()
        self.server.broken.clear()
        self.mirror(0, '--key', self.log.key.vkey)
        audit('replay', self.copy)

    def test_another_history(self):
        """Longer, as long, shorter: refused, and shown to everybody."""
        self.first(300)
        before = tree(self.copy)
        for size in (700, 301, 300, 299, 256, 200):
            other = self.log.fork()
            other.entries, other.leaves = other.entries[:50], []
            other.grow(size - 50, 'other')
            self.serve(other)
            out = self.mirror(5)
            self.assertIn('evidence', out)
            self.check_evidence('split-view')
            os.remove(self.evidence())
            self.assertEqual(tree(self.copy), before, size)

    def test_a_power_of_two_is_no_blind_spot(self):
        self.first(256)
        other = self.log.fork()
        other.entries, other.leaves = other.entries[:100], []
        other.grow(300, 'other')
        self.serve(other)
        self.mirror(5)
        self.check_evidence('split-view')

    def test_a_size_that_nobody_can_serve(self):
        """Refused at once, not after as many files as it claims."""
        self.first(300)
        before = tree(self.copy)
        text = f'{self.log.key.name}\n{2**60}\n{"A" * 43}=\n'
        self.server.files['checkpoint'] = (
            text + '\n' + self.log.key.sign(text)).encode()
        self.mirror(1)
        self.assertEqual(tree(self.copy), before)

    def test_an_older_checkpoint_is_no_evidence(self):
        self.first(300)
        self.serve(size=200)
        out = self.mirror(1)
        self.assertIn('went back', out)
        self.evidence(0)
        self.serve()
        self.mirror()

    def test_tiles_that_are_not_signed_are_no_evidence(self):
        """A broken cache in between must not become an accusation."""
        self.first(300)
        before = tree(self.copy)
        self.log.grow(300)
        self.serve()
        bundle = 'tile/entries/001'
        good = self.server.files[bundle]
        for bad in (good[:-1], good + b'\0', good[:70] + bytes([good[70] ^ 1])
                    + good[71:], b'', b'\xff' * 20000, b'x' * (17 << 20), 404):
            self.server.broken[bundle] = bad
            self.mirror(1)
            self.evidence(0)
            self.assertEqual(tree(self.copy), before)
        self.server.broken.clear()
        for name in ('tile/0/000', 'tile/1/000.p/2'):
            self.server.broken[name] = bytes(len(self.server.files[name]))
        self.mirror()  # our own tiles come from the entries

    def test_a_checkpoint_of_nobody(self):
        self.first(20)
        note = self.server.files['checkpoint']
        other = Log(self.folder)
        other.entries = self.log.entries
        for bad in (b'', b'\n', note[:-10], note.replace(b'\n20\n', b'\n21\n'),
                    other.checkpoint(), b'\xff' * 70000, 404, 500):
            self.server.broken['checkpoint'] = bad
            self.mirror(1)
        self.evidence(0)

    def test_a_policy(self):
        policy = os.path.join(self.folder, 'policy')
        witness = Key(self.folder, 'w.example')
        with open(policy, 'w') as f:
            f.write(f'log {self.log.key.vkey}\nquorum none\n')
        self.log.grow(20)
        self.serve()
        self.mirror(0, '--policy', policy)
        audit('replay', self.copy, '--policy', policy)
        raw = base64.b64encode(b'\4' + witness.public).decode()
        wid = hashlib.sha256(
            b'w.example\n\4' + witness.public).digest()[:4].hex()
        with open(policy, 'w') as f:
            f.write(f'log {self.log.key.vkey}\nwitness w w.example+{wid}+{raw}\n'
                    'quorum w\n')
        self.assertIn('witnesses', self.mirror(1, '--policy', policy))
        audit('replay', self.copy, '--policy', policy, code=1)

    def test_usage(self):
        for args in ([], ['dance'], ['mirror', 'x'], ['mirror', 'x', 'y', 'z'],
                     ['mirror', 'ftp://a/', self.copy],
                     ['mirror', 'http://example.org/log', self.copy],
                     ['mirror', 'https://a/?b', self.copy],
                     ['mirror', 'https://:1/', self.copy],
                     ['mirror', 'https://a:x/', self.copy],
                     ['mirror', 'https://[::1/', self.copy],
                     ['mirror', 'https://a/', self.copy, '--pin', 'zz'],
                     ['mirror', 'https://a/', self.copy, '--key', 'zz'],
                     ['verify', 'x', '--pin', '00'], ['verify', 'x', '--key'],
                     ['verify', 'x', '--policy', '/nowhere'],
                     ['verify', 'x', '--key', self.log.key.vkey, '--policy', 'p'],
                     ['replay', 'x', '--nothing', 'y']):
            audit(*args, code=2)
        audit('--help')
        audit('--version')
        audit('mirror', self.server.url, self.copy, code=2)  # which log?
        audit('replay', '/nowhere', '--key', self.log.key.vkey, code=1)
        audit('verify', '/nowhere', code=1)
        audit('verify', self.folder, code=1)


class Replay(Case):
    def wrong(self, words, evidence=None):
        """Mirroring copies it, for the tree is right; replaying finds it."""
        self.serve()
        self.mirror(0, '--key', self.log.key.vkey)
        self.assertIn(words, audit('replay', self.copy, code=5))
        if evidence:
            self.check_evidence(evidence)
        else:
            self.evidence(0)

    def test_a_leaf_that_no_entry_made(self):
        self.log.grow(30)
        self.log.leaves.append((b'\x55' * 32, b'\xaa' * 32))
        self.log.epoch(size=len(self.log.leaves) - 1)
        self.log.grow(10)
        self.wrong('wrong-map', 'wrong-map')

    def test_a_leaf_in_the_place_of_another(self):
        """Among others that are right, in a map that is right in number."""
        self.log.grow(300)
        for i in range(20):
            self.log.update(f'logged {i}', leave_out=i == 7)
        self.log.leaves.append((b'\x55' * 32, b'\xaa' * 32))
        self.log.epoch()
        self.log.grow(30)
        self.wrong('wrong-map', 'wrong-map')

    def test_a_leaf_that_went_away(self):
        """Nothing is logged between two EPOCHs, and the map is another."""
        self.log.grow(30)
        self.log.leaves[3] = (self.log.leaves[3][0], b'\xaa' * 32)
        self.log.epoch()
        self.log.grow(10)
        self.wrong('wrong-map', 'wrong-map')

    def test_an_update_that_is_left_out(self):
        self.log.grow(30)
        self.log.update('left out', leave_out=True)
        self.log.epoch()
        self.wrong('wrong-map', 'wrong-map')

    def test_the_first_epoch(self):
        """There is none before it: the map was empty."""
        self.log.update('one')
        self.log.update('two', leave_out=True)
        self.log.epoch()
        self.wrong('wrong-map', 'wrong-map')

    def test_an_epoch_that_counts_wrongly(self):
        """Its map is right; the number is one less, or one more."""
        for by in (-1, 1):
            self.log = Log(self.folder)
            self.log.grow(30)
            self.log.entries.append(b'\3' + bytes(32))  # a STATEMENT
            self.log.epoch(size=len(self.log.leaves) + by)
            self.log.grow(10)
            self.copy += str(by)
            self.wrong('wrong-map', 'wrong-map')

    def test_too_much_at_once(self):
        """The copy as a whole is the evidence, as before."""
        self.log.grow(30)
        for i in range(300):
            self.log.update(f'logged {i}', leave_out=i == 7)
        self.log.epoch()
        self.wrong('entry 330 is an EPOCH that counts other keys')

    def test_a_key_that_comes_twice(self):
        self.log.grow(300)
        self.log.update('again', leave_out=True, key='account 3')
        self.log.epoch()
        self.wrong('omission', 'omission')

    def test_an_entry_that_is_none(self):
        self.log.grow(10)
        self.log.entries.append(b'\7' + bytes(64))
        self.log.epoch()
        self.wrong('entry 10 is an entry that is none')

    def test_an_end_without_an_epoch(self):
        self.log.grow(10)
        self.log.update('last')
        self.wrong('last entry is no EPOCH')

    def test_a_damaged_copy_accuses_nobody(self):
        self.first(700)
        for name in ('tile/entries/000', 'tile/entries/002.p/188',
                     'checkpoint'):
            path = os.path.join(self.copy, name)
            with open(path, 'rb') as f:
                good = f.read()
            for bad in (good[:70] + bytes([good[70] ^ 4]) + good[71:], good[:-1],
                        good + b'\n', b''):
                with open(path, 'wb') as f:
                    f.write(bad)
                audit('replay', self.copy, code=1)
            os.remove(path)
            audit('replay', self.copy, code=1)
            with open(path, 'wb') as f:
                f.write(good)
        audit('replay', self.copy)
        self.evidence(0)


class Verify(Case):
    def test_vectors(self):
        with open(VECTORS) as f:
            vectors = json.load(f)
        policy, path = (os.path.join(self.folder, n) for n in ('p', 'f'))
        with open(policy, 'w') as f:
            f.write(vectors['policy'])
        for kind, code in (('stand', 0), ('refused', 5)):
            for v in vectors[kind]:
                with open(path, 'w') as f:
                    f.write(v['file'])
                audit('verify', path, '--policy', policy, code=code)
                if not v['needs_policy']:
                    audit('verify', path, '--key', vectors['log'], code=code)
                    audit('verify', path, code=code)
                else:
                    self.assertIn('--policy', audit('verify', path, code=1))
        with open(path, 'w') as f:
            f.write('tacet-evidence/v1\nkind report\nlog '
                    + vectors['log'] + '\nIt was not to be reached.\n')
        self.assertIn('nothing proves', audit('verify', path, code=1))
        for bad in (b'', b'\n', b'tacet-evidence/v1\n', b'\xff' * 100,
                    b'tacet-evidence/v2\nkind report\n'):
            with open(path, 'wb') as f:
                f.write(bad)
            audit('verify', path, code=5)


if __name__ == '__main__':
    unittest.main(verbosity=2)
