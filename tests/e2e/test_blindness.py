# SPDX-License-Identifier: Apache-2.0
"""Everything the server writes, logs, exports, holds in memory, and what passes
on the wire, outside and inside TLS, searched for what people said.

A mark is searched for as it is, in base64 at each of its three alignments, in
hexadecimal, as UTF-16 and deflated text is not: nothing here compresses. The
inventory says where a handle may stand; everything else must have 0 hits."""
import base64
import os
import unittest

from harness import BIN, TESTS, Case, Failed, Process, Server, free_port


def forms(text):
    """The ways in which a mark could be written down."""
    raw = text.encode()
    yield 'plain', raw
    yield 'hex', raw.hex().encode()
    yield 'HEX', raw.hex().upper().encode()
    yield 'utf-16', text.encode('utf-16-le')
    yield 'reversed', raw[::-1]
    for shift in range(3):
        part = raw[(3 - shift) % 3:]
        part = part[:len(part) // 3 * 3]
        yield 'base64', base64.b64encode(part)
        yield 'base64url', base64.urlsafe_b64encode(part)


def search(paths, marks):
    """[(file, form, mark)] over files and folders."""
    files = []
    for p in paths:
        if os.path.isdir(p):
            for folder, _, names in os.walk(p):
                files += [os.path.join(folder, n) for n in names]
        else:
            files.append(p)
    hits = []
    for path in files:
        with open(path, 'rb') as f:
            data = f.read()
        for mark in marks:
            for form, needle in forms(mark):
                if needle in data:
                    hits.append((path, form, mark))
    return hits


def memory_of(pid, into):
    """Every byte that a process holds, as a core dump would show it."""
    with open(f'/proc/{pid}/maps') as maps, open(f'/proc/{pid}/mem', 'rb') as mem, \
            open(into, 'wb') as out:
        for line in maps:
            span, mode = line.split()[:2]
            if not mode.startswith('rw') or '[v' in line:
                continue
            start, end = (int(x, 16) for x in span.split('-'))
            if end - start > 1 << 30:
                continue  # the sanitizer's shadow
            try:
                mem.seek(start)
                out.write(mem.read(end - start))
            except OSError:
                pass


class Blindness(Case):
    def talk(self, server):
        """People who say, name and send marked things; gives the marks."""
        tag = os.urandom(6).hex()
        marks = {name: f'{name}-{tag}-mark' for name in
                 ('text', 'answer', 'group', 'group-text', 'file', 'row',
                  'device', 'renamed')}
        alice = self.person('alice')
        alice.register(server, '--device', marks['device'])
        bob, carol = self.person('bob', server), self.person('carol', server)
        alice.send('bob', marks['text'])
        bob.wait_text(marks['text'])
        bob.accept('alice')
        bob.send('alice', marks['answer'])
        alice.wait_text(marks['answer'])
        alice.send('carol', 'hello')
        carol.wait_text('hello')
        carol.accept('alice')
        carol.send('alice', 'hi')
        alice.wait_text('hi')
        alice.run('group', 'create', marks['group'], 'bob', 'carol')
        path = os.path.join(self.folder, marks['file'])
        with open(path, 'w') as f:
            f.write((marks['row'] + '\n') * 3000)
        alice.run('send', marks['group'], marks['group-text'], '--attach', path)
        got = bob.wait_text(marks['group-text'])
        self.assertEqual(got['group'], marks['group'])
        with open(got['attachments'][0]['path']) as f:
            self.assertIn(marks['row'], f.read())
        alice.run('group', 'rename', marks['group'], marks['renamed'])
        alice.run('send', marks['renamed'], 'for carol, later ' + marks['text'])
        return alice, bob, carol, list(marks.values())

    def run_and_search(self, server, pid, places):
        people = self.talk(server)
        marks = people[3]
        core = os.path.join(self.folder, 'core')
        memory_of(pid, core)
        self.assertGreater(os.path.getsize(core), 100000)
        metrics = os.path.join(self.folder, 'metrics')
        with open(metrics, 'wb') as f:
            f.write(self.fetch(server, '/metrics'))
        places = places + [server.data, server.log, core, metrics]
        self.assertEqual(search(places, marks), [])
        # Handles: in the directory's database, and nowhere else on the disk.
        for path, _, _ in search([server.data, server.log, metrics],
                                 ['alice', 'carol']):
            self.assertIn('directory.db', path)
        return people, places, marks

    def fetch(self, server, path):
        import ssl
        import http.client
        context = ssl._create_unverified_context()
        host, port = server.listen.rsplit(':', 1)
        c = http.client.HTTPSConnection(host, int(port), context=context,
                                        timeout=30)
        c.request('GET', path)
        body = c.getresponse().read()
        c.close()
        return body

    def test_disk_memory_log_metrics_and_wire(self):
        port = free_port()
        wire = os.path.join(self.folder, 'wire')
        tap = Process([f'{TESTS}/wiretap', '--listen', '127.0.0.1:0', '--to',
                       f'127.0.0.1:{port}', '--record', wire],
                      os.path.join(self.folder, 'tap.log'))
        server = self.server(listen=f'127.0.0.1:{port}',
                             url=f'https://{tap.where}')
        self.running.append(tap)
        people, places, marks = self.run_and_search(
            server, server.process.pid, [wire])
        self.assertGreater(os.path.getsize(wire), 50000)
        # Outside TLS not even the handles show.
        self.assertEqual(search([wire], ['alice', 'carol']), [])
        # And once more after a clean stop, with what was flushed at the end.
        server.stop()
        self.assertEqual(search(places, marks), [])

    def test_inside_tls(self):
        plain = free_port()
        inside = os.path.join(self.folder, 'inside')
        server = Server(self.folder, url='https://127.0.0.1:1',
                        listen=f'127.0.0.1:{plain}')
        cert = os.path.join(server.data, 'tls', 'cert.pem')
        key = os.path.join(server.data, 'tls', 'key.pem')
        tap = Process([f'{TESTS}/wiretap', '--listen', '127.0.0.1:0', '--to',
                       f'127.0.0.1:{plain}', '--record', inside, '--tls', cert,
                       key, '--proxy-protocol'],
                      os.path.join(self.folder, 'tap.log'))
        self.running.append(tap)
        server.start('--behind-proxy', f'127.0.0.1:{plain}', '--url',
                     f'https://{tap.where}')
        self.running.append(server)
        marks = self.talk(server)[3]
        self.assertGreater(os.path.getsize(inside), 50000)
        with open(inside, 'rb') as f:
            self.assertIn(b'/v1/send', f.read())
        self.assertEqual(search([inside], marks), [])

    def test_the_search_would_find_something(self):
        """The control: each form, planted in a file like those searched."""
        mark = 'planted-' + os.urandom(4).hex() + '-mark'
        for form, needle in forms(mark):
            path = os.path.join(self.folder, 'planted')
            with open(path, 'wb') as f:
                f.write(os.urandom(5000) + needle + os.urandom(5000))
            hits = search([path], [mark])
            if not any(h[1] == form for h in hits):
                raise Failed(f'{form} of a mark was not found')


if __name__ == '__main__':
    unittest.main(verbosity=2)
