# SPDX-License-Identifier: Apache-2.0
"""A key log as static files, written after docs/protocol/keylog.md and
c2sp.org/tlog-tiles, and a small HTTP server for it: no code of ours is in it,
so what reads it is checked by it. It lies where a test tells it to."""
import base64
import http.server
import struct
import threading

from test_witness import Key, root, sha

ORIGIN = 'chat.example/keylog'
DAY = 20000


def name(n):
    parts = [f'{n % 1000:03}']
    while n >= 1000:
        n //= 1000
        parts.insert(0, f'x{n % 1000:03}')
    return '/'.join(parts)


def bit(key, i):
    return key[i // 8] >> (7 - i % 8) & 1


def map_root(leaves, depth=0):
    if not leaves:
        return bytes(32)
    if len(leaves) == 1:
        (key, value), = leaves
        return sha(b'\2' + key + value)
    halves = [[x for x in leaves if bit(x[0], depth) == b] for b in (0, 1)]
    return sha(b'\3' + map_root(halves[0], depth + 1)
               + map_root(halves[1], depth + 1))


class Log:
    def __init__(self, folder, key=None):
        self.key = key or Key(folder, ORIGIN)
        self.entries = []
        self.leaves = []

    def fork(self):
        other = Log(None, self.key)
        other.entries, other.leaves = self.entries[:], self.leaves[:]
        return other

    def update(self, what, leave_out=False, key=None):
        key, commitment = sha((key or what).encode()), sha(b'value of ' + what.encode())
        if not leave_out:
            index = struct.pack('>Q', len(self.entries))
            self.leaves.append((key, sha(commitment + index)))
        self.entries.append(b'\1' + key + commitment)

    def epoch(self, size=None):
        size = len(self.leaves) if size is None else size
        self.entries.append(b'\2' + struct.pack('>IQ', DAY, size)
                            + map_root(self.leaves))

    def grow(self, n, prefix='account'):
        """n entries: updates by tens, an EPOCH behind each, and at the end."""
        end = len(self.entries) + n
        while len(self.entries) < end - 1:
            self.update(f'{prefix} {len(self.entries)}')
            if len(self.entries) % 10 == 9 and len(self.entries) < end - 1:
                self.epoch()
        self.epoch()
        assert len(self.entries) == end

    def checkpoint(self, size=None, entries=None):
        entries = self.entries[:size] if entries is None else entries
        text = (f'{self.key.name}\n{len(entries)}\n'
                f'{base64.b64encode(root(entries)).decode()}\n')
        return (text + '\n' + self.key.sign(text)).encode()

    def files(self, size=None):
        """All static files of the log at this size, by their names."""
        entries = self.entries[:size]
        files = {'checkpoint': self.checkpoint(size)}
        for n in range(0, len(entries), 256):
            part = entries[n:n + 256]
            files['tile/entries/' + self.tail(n // 256, len(part))] = b''.join(
                struct.pack('>H', len(e)) + e for e in part)
        hashes, level = [sha(b'\0' + e) for e in entries], 0
        while hashes:
            for n in range(0, len(hashes), 256):
                part = hashes[n:n + 256]
                files[f'tile/{level}/' + self.tail(n // 256, len(part))] = \
                    b''.join(part)
            whole = len(hashes) // 256
            hashes = [self.fold(hashes[256 * i:256 * i + 256])
                      for i in range(whole)]
            level += 1
        return files

    @staticmethod
    def tail(n, width):
        return name(n) + ('' if width == 256 else f'.p/{width}')

    @staticmethod
    def fold(hashes):
        while len(hashes) > 1:
            hashes = [sha(b'\1' + hashes[i] + hashes[i + 1])
                      for i in range(0, len(hashes), 2)]
        return hashes[0]


class Server:
    """Serves a dictionary of files below /log/. `broken` gives a status or a
    body instead for names that it has."""

    def __init__(self):
        self.files, self.broken, self.asked = {}, {}, []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_GET(self):
                outer.asked.append(self.path)
                file = self.path[len('/log/'):]
                body, status = outer.files.get(file), 200
                if file in outer.broken:
                    body = outer.broken[file]
                if isinstance(body, int):
                    body, status = b'', body
                if body is None:
                    body, status = b'', 404
                self.send_response(status)
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except ConnectionError:  # it was longer than is read
                    self.close_connection = True

            def log_message(self, *args):
                pass

        self.http = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)
        self.thread.start()
        self.url = f'http://127.0.0.1:{self.http.server_address[1]}/log'

    def stop(self):
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()
