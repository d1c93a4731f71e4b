# SPDX-License-Identifier: Apache-2.0
"""tacet-witness against a log that is written here once more, after the texts
of c2sp.org and RFC 6962, with openssl for the signatures: so the witness and
the log that checks it share no code."""
import base64
import hashlib
import http.client
import os
import shutil
import signal
import ssl
import subprocess
import tempfile
import threading
import unittest

from harness import BIN, TIMEOUT, Process

DASH = '\u2014'


def sha(data):
    return hashlib.sha256(data).digest()


def split(n):
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def root(leaves):
    if not leaves:
        return sha(b'')
    if len(leaves) == 1:
        return sha(b'\0' + leaves[0])
    k = split(len(leaves))
    return sha(b'\1' + root(leaves[:k]) + root(leaves[k:]))


def subproof(m, leaves, whole):
    if m == len(leaves):
        return [] if whole else [root(leaves)]
    k = split(len(leaves))
    if m <= k:
        return subproof(m, leaves[:k], whole) + [root(leaves[k:])]
    return subproof(m - k, leaves[k:], False) + [root(leaves[:k])]


def consistency(m, leaves):
    return [] if m == 0 else subproof(m, leaves, True)


class Key:
    """An Ed25519 key of openssl's, and its note signatures."""

    def __init__(self, folder, name):
        self.name = name
        self.path = os.path.join(folder, hashlib.sha256(os.urandom(8)).hexdigest())
        openssl('genpkey', '-algorithm', 'ed25519', '-out', self.path)
        der = openssl('pkey', '-in', self.path, '-pubout', '-outform', 'DER')
        self.public = der[-32:]
        self.id = sha(name.encode() + b'\n\1' + self.public)[:4]

    @property
    def vkey(self):
        tail = base64.b64encode(b'\1' + self.public).decode()
        return f'{self.name}+{self.id.hex()}+{tail}'

    def sign(self, text):
        with tempfile.NamedTemporaryFile() as f:
            f.write(text.encode())
            f.flush()
            s = openssl('pkeyutl', '-sign', '-inkey', self.path, '-rawin',
                        '-in', f.name)
        return f'{DASH} {self.name} {base64.b64encode(self.id + s).decode()}\n'


def openssl(*args):
    return subprocess.run(['openssl', *args], check=True, capture_output=True,
                          timeout=TIMEOUT).stdout


def verify_cosignature(vkey, text, line):
    """Checks one cosignature line with openssl; gives its time."""
    name, key_id, tail = vkey.split('+', 2)
    public = base64.b64decode(tail)
    assert public[0] == 4
    assert bytes.fromhex(key_id) == sha(name.encode() + b'\n' + public)[:4]
    dash, signer, blob = line.rstrip('\n').split(' ')
    blob = base64.b64decode(blob)
    assert (dash, signer, blob[:4].hex()) == (DASH, name, key_id)
    time = int.from_bytes(blob[4:12], 'big')
    prefix = bytes.fromhex('302a300506032b6570032100')
    with tempfile.TemporaryDirectory() as d:
        paths = [os.path.join(d, n) for n in ('key', 'message', 'signature')]
        data = (prefix + public[1:], f'cosignature/v1\ntime {time}\n{text}'.encode(),
                blob[12:])
        for path, content in zip(paths, data):
            with open(path, 'wb') as f:
                f.write(content)
        openssl('pkeyutl', '-verify', '-pubin', '-keyform', 'DER', '-inkey',
                paths[0], '-rawin', '-in', paths[1], '-sigfile', paths[2])
    return time


class Witness:
    def __init__(self, folder, name='witness.example'):
        self.data = os.path.join(folder, 'witness')
        self.log = os.path.join(folder, 'witness.log')
        self.vkey = self.run('init', '--name', name, '--listen',
                             '127.0.0.1:0').stdout.decode().strip()

    def run(self, *args, code=0):
        r = subprocess.run([f'{BIN}/tacet-witness', *args, '--data', self.data],
                           capture_output=True, timeout=TIMEOUT)
        assert r.returncode == code, (args, r.returncode, r.stderr.decode())
        return r

    def start(self, *args):
        self.process = Process([f'{BIN}/tacet-witness', 'run', '--data',
                                self.data, *args], self.log)
        self.scheme, _, self.where = self.process.where.partition('://')
        return self

    def call(self, method, path, body=None):
        """Asks until it is not "too often": (status, content type, body)."""
        while True:
            if self.scheme == 'https':
                c = http.client.HTTPSConnection(
                    self.where, timeout=TIMEOUT,
                    context=ssl._create_unverified_context())
            else:
                c = http.client.HTTPConnection(self.where, timeout=TIMEOUT)
            c.request(method, path, body)
            r = c.getresponse()
            got = r.status, r.getheader('Content-Type'), r.read().decode()
            c.close()
            if got[0] != 429:
                return got

    def submit(self, old, proof, note):
        lines = ''.join(base64.b64encode(h).decode() + '\n' for h in proof)
        return self.call('POST', '/add-checkpoint',
                         f'old {old}\n{lines}\n{note}'.encode())


def checkpoint(key, leaves, origin=None, size=None):
    """The text, and the note with the log's signature."""
    text = (f'{origin or key.name}\n{len(leaves) if size is None else size}\n'
            f'{base64.b64encode(root(leaves)).decode()}\n')
    return text, text + '\n' + key.sign(text)


class Witnessing(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='tacet-witness.')
        self.addCleanup(shutil.rmtree, self.folder)
        self.key = Key(self.folder, 'log.example/1')
        self.witness = Witness(self.folder)
        self.witness.run('log', 'add', self.key.vkey)
        self.witness.start('--plain')
        self.addCleanup(lambda: self.witness.process.stop())
        self.leaves = [b'entry %d' % i for i in range(40)]

    def send(self, old, new, leaves=None):
        leaves = (leaves or self.leaves)[:new]
        text, note = checkpoint(self.key, leaves)
        return text, note, self.witness.submit(old, consistency(old, leaves), note)

    def test_growth_is_cosigned(self):
        old = 0
        for new in (0, 1, 2, 7, 8, 8, 20, 40):
            text, note, (status, _, body) = self.send(old, new)
            self.assertEqual(status, 200, body)
            self.assertEqual(body.count('\n'), 1)
            verify_cosignature(self.witness.vkey, text, body)
            path = '/' + sha(self.key.name.encode()).hex() + '/checkpoint'
            status, _, latest = self.witness.call('GET', path)
            self.assertEqual((status, latest), (200, note + body))
            old = new
        out = self.witness.run('status').stdout.decode()
        self.assertIn(self.witness.vkey, out)
        self.assertIn(self.key.vkey, out)
        self.assertIn('cosigned 40 entries', out)

    def test_statuses(self):
        self.send(0, 10)
        status, kind, body = self.send(5, 20)[2]
        self.assertEqual((status, kind, body), (409, 'text/x.tlog.size', '10\n'))
        text, note = checkpoint(self.key, self.leaves[:5])
        self.assertEqual(self.witness.submit(6, [], note)[0], 400)
        stranger = Key(self.folder, 'other.example')
        _, foreign = checkpoint(stranger, self.leaves[:20])
        self.assertEqual(self.witness.submit(0, [], foreign)[0], 404)
        impostor = Key(self.folder, self.key.name)
        _, forged = checkpoint(impostor, self.leaves[:20])
        self.assertEqual(self.witness.submit(10, [], forged)[0], 403)
        for body in (b'', b'old 10\n', b'\0' * 100, b'old 10\n\n' + b'x' * 60000):
            self.assertEqual(
                self.witness.call('POST', '/add-checkpoint', body)[0], 400)
        self.assertEqual(
            self.witness.call('POST', '/add-checkpoint', b'x' * 200000)[0], 413)
        self.assertEqual(self.witness.call('GET', '/add-checkpoint')[0], 405)
        for path in ('/', '/x', '/' + 'z' * 64 + '/checkpoint',
                     '/' + '0' * 64 + '/checkpoint'):
            self.assertEqual(self.witness.call('GET', path)[0], 404)
        self.assertEqual(self.send(10, 20)[2][0], 200)  # as if nothing had been

    def test_a_fork_is_refused_and_kept(self):
        self.assertEqual(self.send(0, 20)[2][0], 200)
        forked = self.leaves[:15] + [b'another entry'] + self.leaves[16:]
        self.assertEqual(self.send(20, 30, forked)[2][0], 422)
        self.assertEqual(self.send(20, 20, forked)[2][0], 422)  # the same size
        text, note = checkpoint(self.key, self.leaves[:30])
        self.assertEqual(self.witness.submit(20, [], note)[0], 422)  # no proof
        self.assertIn('CONTRADICTED ITSELF: 3', self.witness.run('status').stdout.decode())
        self.assertEqual(self.send(20, 30)[2][0], 200)

    def test_killed_it_has_forgotten_nothing(self):
        """What it has answered it remembers, however it ends."""
        old = 0
        for new in range(1, 16):
            self.assertEqual(self.send(old, new)[2][0], 200)
            self.witness.process.stop(signal.SIGKILL)
            self.witness.start('--plain')
            self.assertEqual(self.send(0, new + 1)[2][2], f'{new}\n')
            old = new

    def test_two_at_once_are_one_after_the_other(self):
        """Many send the next checkpoint at the same time, on two histories: of
        the sizes that were cosigned, each continues the one before."""
        self.assertEqual(self.send(0, 10)[2][0], 200)
        forked = self.leaves[:10] + [b'other'] * 30
        histories = [self.leaves, forked]
        notes = [checkpoint(self.key, h[:20])[1] for h in histories]
        proofs = [consistency(10, h[:20]) for h in histories]
        results = []

        def one(h):
            results.append((h, self.witness.submit(10, proofs[h], notes[h])[0]))
        threads = [threading.Thread(target=one, args=(i % 2,)) for i in range(16)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        won = {h for h, status in results if status == 200}
        self.assertEqual(len(won), 1)
        self.assertEqual({s for _, s in results} - {200, 409, 422}, set())

    def test_one_at_a_time(self):
        r = self.witness.run('run', '--plain', code=1)
        self.assertIn('another tacet-witness', r.stderr.decode())
        self.witness.process.stop(signal.SIGKILL)
        self.witness.start('--plain')  # a lock does not outlive its holder

    def test_status_shows_the_pin(self):
        pem = os.path.join(self.witness.data, 'tls', 'cert.pem')
        key = openssl('x509', '-in', pem, '-noout', '-pubkey')
        der = subprocess.run(['openssl', 'pkey', '-pubin', '-outform', 'DER'],
                             input=key, check=True, capture_output=True).stdout
        self.assertIn(f'pin {sha(der).hex()}\n',
                      self.witness.run('status').stdout.decode())

    def test_tls_and_limits(self):
        self.witness.process.stop()
        self.witness.start()
        self.assertEqual(self.witness.scheme, 'https')
        self.assertEqual(self.send(0, 10)[2][0], 200)
        seen = set()
        c = http.client.HTTPSConnection(self.witness.where, timeout=TIMEOUT,
                                        context=ssl._create_unverified_context())
        for _ in range(200):
            c.request('GET', '/')
            r = c.getresponse()
            r.read()
            seen.add(r.status)
            if r.status == 429:
                break
        c.close()
        self.assertIn(429, seen)
        self.assertEqual(self.send(10, 20)[2][0], 200)  # after a while


class Commands(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='tacet-witness.')
        self.addCleanup(shutil.rmtree, self.folder)

    def said(self, *args, code=2):
        r = subprocess.run([f'{BIN}/tacet-witness', *args], capture_output=True,
                           timeout=TIMEOUT)
        self.assertEqual(r.returncode, code, r.stderr)
        err = r.stderr.decode()
        if code != 0:  # one sentence
            self.assertEqual(err.count('\n'), 1, err)
            self.assertTrue(err.startswith('tacet-witness: '), err)
        return err

    def test_bad_arguments(self):
        data = os.path.join(self.folder, 'w')
        here = ['--data', data]
        self.said()
        self.said('nonsense')
        self.said('init')
        self.said('init', *here)
        self.said('init', *here, '--name', 'a b')
        self.said('init', *here, '--name', 'a+b')
        self.said('init', *here, '--name', 'w', '--listen', 'nowhere')
        self.said('init', *here, '--name')
        self.said('init', *here, '--name', 'w', '--plain')
        for command in ('status', 'run'):
            self.assertIn('tacet-witness init', self.said(command, *here, code=1))
        self.said('init', *here, '--name', 'w', code=0)
        self.assertIn('exists', self.said('init', *here, '--name', 'w', code=1))
        self.said('log', 'add', *here)
        self.said('log', 'add', 'x', *here)
        self.said('log', 'lose', 'x', *here)
        self.said('log', 'remove', 'x', *here, code=1)
        key = Key(self.folder, 'log.example')
        self.said('log', 'add', key.vkey, *here, code=0)
        self.said('log', 'add', key.vkey, *here, code=1)
        self.said('log', 'remove', 'log.example', *here, code=0)
        self.said('run', *here, '--listen', '127.0.0.1', code=1)
        self.said('run', *here, '--listen', '192.0.2.1:1', code=1)
        self.said('--help', code=0)
        self.said('--version', code=0)

    def test_a_folder_that_is_damaged(self):
        data = os.path.join(self.folder, 'w')
        self.said('init', '--data', data, '--name', 'w', code=0)
        with open(os.path.join(data, 'witness.db'), 'r+b') as f:
            f.write(b'x' * 4096)
        self.said('status', '--data', data, code=1)
        self.said('run', '--data', data, code=1)

    def test_nobody_else_may_read_the_key(self):
        data = os.path.join(self.folder, 'w')
        self.said('init', '--data', data, '--name', 'w', code=0)
        for name in ('witness.key', 'tls/key.pem'):
            mode = os.stat(os.path.join(data, name)).st_mode
            self.assertEqual(mode & 0o77, 0, name)


if __name__ == '__main__':
    unittest.main(verbosity=2)
