# SPDX-License-Identifier: Apache-2.0
"""The key log of a real tacetd, mirrored through its files by a reader that
shares no code with it: everything is computed again from the entries. And what
kill -9 leaves of it."""
import base64
import hashlib
import http.client
import os
import random
import ssl
import threading
import time
import unittest

from harness import TIMEOUT, Case, Failed

UPDATE, EPOCH = 1, 2


def sha(*parts):
    return hashlib.sha256(b''.join(parts)).digest()


# ---- RFC 6962, and the prefix tree ----

def tree_root(leaves):
    """MTH of a list of leaf hashes."""
    if not leaves:
        return sha()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha(b'\1', tree_root(leaves[:k]), tree_root(leaves[k:]))


def map_root(items, depth=0):
    """Of sorted (key, value)s that share their first bits."""
    if not items:
        return bytes(32)
    if len(items) == 1:
        return sha(b'\2', *items[0])
    ones = next((i for i, (k, _) in enumerate(items)
                 if k[depth // 8] >> (7 - depth % 8) & 1), len(items))
    return sha(b'\3', map_root(items[:ones], depth + 1),
               map_root(items[ones:], depth + 1))


def tile_name(n):
    parts = []
    while True:
        parts.insert(0, f'{n % 1000:03}')
        n //= 1000
        if n == 0:
            break
    return '/'.join(['x' + p for p in parts[:-1]] + parts[-1:])


class Mirror:
    """Reads a log's files over HTTPS; every test of it is an assertion."""

    def __init__(self, case, server):
        self.case = case
        self.server = server
        self.conn = None
        case.addCleanup(self.close)

    def close(self):
        if self.conn is not None:
            self.conn.close()
            self.conn = None

    def get(self, path, status=200):
        if self.conn is None:
            host, port = self.server.process.where.split('//')[1].rsplit(':', 1)
            self.conn = http.client.HTTPSConnection(
                host, int(port), timeout=TIMEOUT,
                context=ssl._create_unverified_context())
        self.conn.request('GET', '/log/' + path)
        r = self.conn.getresponse()
        body = r.read()
        if status is not None:
            self.case.assertEqual(r.status, status, path)
        return r, body

    def checkpoint(self):
        r, body = self.get('checkpoint')
        self.case.assertEqual(r.headers['cache-control'], 'no-cache')
        self.case.assertIn('text/plain', r.headers['content-type'])
        text, signatures = body.decode().split('\n\n')
        origin, size, root = text.split('\n')
        self.case.assertEqual(origin, 'localhost/log')
        self.case.assertIn('\u2014 localhost/log ', signatures)
        return int(size), base64.b64decode(root), body

    def immutable(self, path):
        r, body = self.get(path)
        self.case.assertIn('immutable', r.headers['cache-control'])
        self.case.assertEqual(r.headers['content-type'],
                              'application/octet-stream')
        return body

    def entries(self, size):
        out = []
        for at in range(0, size, 256):
            width = min(256, size - at)
            name = f'tile/entries/{tile_name(at // 256)}'
            body = self.immutable(name if width == 256
                                  else f'{name}.p/{width}')
            for _ in range(width):
                n = int.from_bytes(body[:2], 'big')
                out.append(body[2:2 + n])
                body = body[2 + n:]
            self.case.assertEqual(body, b'')
        return out

    def replay(self):
        """All of it. Gives the checkpoint, the entries and the UPDATEs."""
        c = self.case
        size, root, _ = self.checkpoint()
        entries = self.entries(size)
        leaves = [sha(b'\0', e) for e in entries]
        c.assertEqual(tree_root(leaves), root)
        items = {}
        for i, e in enumerate(entries):
            if e[0] == UPDATE:
                c.assertEqual(len(e), 65)
                c.assertNotIn(e[1:33], items)
                items[e[1:33]] = sha(e[33:], i.to_bytes(8, 'big'))
            elif e[0] == EPOCH:
                day, n = int.from_bytes(e[1:5], 'big'), e[5:13]
                c.assertLessEqual(abs(day - time.time() // 86400), 1)
                c.assertEqual(int.from_bytes(n, 'big'), len(items))
                c.assertEqual(e[13:], map_root(sorted(items.items())))
        c.assertEqual(entries[-1][0], EPOCH)
        self.tiles(leaves)
        return size, leaves, items

    def tiles(self, hashes):
        level = 0
        while hashes:
            for at in range(0, len(hashes), 256):
                part = hashes[at:at + 256]
                name = f'tile/{level}/{tile_name(at // 256)}'
                name += '' if len(part) == 256 else f'.p/{len(part)}'
                self.case.assertEqual(self.immutable(name), b''.join(part))
            hashes = [tree_root(hashes[i:i + 256])
                      for i in range(0, len(hashes) - 255, 256)]
            level += 1


class KeyLog(Case):
    def grown(self, mirror, size):
        """Asks until the log is longer than that."""
        end = time.monotonic() + TIMEOUT
        while time.monotonic() < end:
            if mirror.checkpoint()[0] > size:
                return
        raise Failed('the log does not grow')

    def test_a_mirror_computes_all_of_it(self):
        server = self.server('--requests-per-second', '100000')
        mirror = Mirror(self, server)
        size, _, items = mirror.replay()
        self.assertEqual((size, len(items)), (3, 2))  # two weeks' token keys, an EPOCH
        for name in 'alice', 'bob', 'carol':
            self.person(name, server)
        size, leaves, items = mirror.replay()
        self.assertEqual((size, len(items)), (9, 5))
        everything = b''.join(mirror.entries(size)) + mirror.checkpoint()[2]
        for word in b'alice', b'bob', b'carol':
            self.assertNotIn(word, everything)
        # The operator's command beside the running server.
        server.run('account', 'delete', 'bob')
        self.grown(mirror, size)
        size, again, items = mirror.replay()
        self.assertEqual((size, len(items)), (11, 6))
        self.assertEqual(again[:9], leaves)
        out = server.run('doctor', check=False).stdout.decode()
        self.assertIn('ok    log entries  all 11 of the key log', out)
        # A restart changes nothing, and the files stay the same.
        note = mirror.checkpoint()[2]
        server.stop()
        server.start()
        mirror.close()
        self.assertEqual(mirror.checkpoint()[2], note)

    def test_what_is_not_there(self):
        mirror = Mirror(self, self.server())
        for path in ('', 'checkpoint/', 'checkpoint?', 'tile/0/000',
                     'tile/0/000.p/4', 'tile/0/000.p/0', 'tile/0/001',
                     'tile/1/000.p/1', 'tile/entries/000',
                     'tile/entries/000.p/255', 'tile/63/000',
                     'tile/0/x999/x999/x999/x999/x999/x999/999',
                     'tile/entries/../checkpoint', '%63heckpoint'):
            mirror.get(path, 404)

    def test_the_invite_names_the_log(self):
        server = self.server()
        fragment = server.invite().split('#', 1)[1]
        link = base64.urlsafe_b64decode(fragment + '=' * (-len(fragment) % 4))
        with open(os.path.join(server.data, 'log-policy'), 'rb') as f:
            policy = f.read()
        self.assertIn(policy.strip(), link)

    def test_kill_at_any_moment(self):
        """There is never another checkpoint of a size, and what was answered
        is in the log."""
        server = self.server('--registrations-per-hour', '100000',
                             '--requests-per-second', '100000')
        invite = server.invite('--uses', '1000')
        seen, wrong = {}, []
        registered, dice = 0, random.Random(5)

        def remember(size, root):
            if seen.setdefault(size, root) != root:
                wrong.append((size, root.hex(), seen[size].hex()))

        for n in range(6):
            mirror = Mirror(self, server)
            remember(*mirror.checkpoint()[:2])
            stop, done = threading.Event(), []

            def look():
                try:
                    while not stop.is_set():
                        remember(*mirror.checkpoint()[:2])
                except (OSError, http.client.HTTPException):
                    pass  # it was killed

            def enrol():
                for k in range(50):
                    p = self.person(f'k{n}-{k}')
                    r = p.run('register', p.name, '--invite', invite,
                              '--no-passphrase', code=None)
                    if r.returncode != 0:
                        return
                    done.append(p)
                    more.set()

            more = threading.Event()
            threads = [threading.Thread(target=t) for t in (look, enrol)]
            for t in threads:
                t.start()
            for _ in range(dice.randrange(1, 4)):
                self.assertTrue(more.wait(TIMEOUT))
                more.clear()
            server.kill()
            stop.set()
            threads[0].join()
            server.start()
            threads[1].join()
            registered += len(done)
        self.assertEqual(wrong, [])
        size, leaves, items = Mirror(self, server).replay()
        self.assertGreaterEqual(len(items), registered)
        for at, root in seen.items():
            self.assertEqual(tree_root(leaves[:at]), root, at)


if __name__ == '__main__':
    unittest.main()
