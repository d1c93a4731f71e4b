# SPDX-License-Identifier: Apache-2.0
"""Programs killed in the middle, disks that are full or read-only.

KILLS (default 25) is how often the server dies under load: `make kill` says
1,000. Nothing acknowledged may be lost, and `receive` may show nothing twice
but what a kill of `receive` itself interrupted, with the same id."""
import json
import os
import random
import resource
import signal
import subprocess
import threading
import time
import unittest

from harness import TIMEOUT, Case, Failed

KILLS = int(os.environ.get('KILLS', '25'))


class ServerDies(Case):
    def test_kill_under_load(self):
        """Two pairs talk while the server is killed again and again; each text
        whose sender was told that it is sent arrives once."""
        server = self.server()
        people = self.friends(server, 'alice', 'bob')
        others = self.friends(server, 'carol', 'dave')
        stop = threading.Event()
        sent = {'alice': [], 'carol': []}
        trouble = []

        def talk(sender, to):
            n = 0
            while not stop.is_set():
                text = f'{sender.name} {n}'
                n += 1
                r = sender.run('send', to.name, text, code=None)
                if r.returncode == 0:
                    sent[sender.name].append(text)  # in the outbox: promised
                elif r.returncode != 3:
                    trouble.append(r.stderr.decode()[-500:])

        def listen(person):
            while not stop.is_set():
                r = person.run('receive', '--json', '--timeout', '1', code=None)
                person.seen += [json.loads(x) for x in r.stdout.decode().splitlines()]
                if r.returncode not in (0, 3):
                    trouble.append(r.stderr.decode()[-500:])

        threads = [threading.Thread(target=talk, args=p) for p in (people, others)]
        threads += [threading.Thread(target=listen, args=(p,))
                    for p in (people[1], others[1])]
        for t in threads:
            t.start()
        chance = random.Random(7)
        for _ in range(KILLS):
            before = sum(map(len, sent.values()))
            end = time.monotonic() + TIMEOUT
            while (sum(map(len, sent.values())) < before + chance.randint(1, 4)
                   and time.monotonic() < end):
                stop.wait(0.01)
            server.kill()
            server.start()
        stop.set()
        for t in threads:
            t.join()
        self.assertEqual(trouble, [])
        for sender, to in (people, others):
            sender.receive(timeout=1)  # empties the outbox
            last = f'{sender.name} last'
            sender.run('send', to.name, last, '--sent')
            to.wait_text(last)
            got = [t for t in to.texts() if t.startswith(sender.name + ' ')]
            lost = set(sent[sender.name]) - set(got)
            doubled = len(got) - len(set(got))
            self.assertEqual((len(lost), doubled), (0, 0), sorted(lost)[:10])
        print(f'{KILLS} kills, {sum(map(len, sent.values()))} messages, '
              '0 lost, 0 doubled')


class ClientDies(Case):
    def kill_after(self, process, seconds):
        try:
            process.wait(seconds)
        except Exception:
            process.kill()
        process.communicate()
        return process.returncode

    def test_kill_while_sending_and_receiving(self):
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')
        chance = random.Random(11)
        printed = []  # (id, text) as receive showed them
        promised = []
        for n in range(40):
            text = f'round {n}'
            p = alice.popen('send', 'bob', text)
            if self.kill_after(p, chance.uniform(0.0, 0.6)) == 0:
                promised.append(text)
            out = os.path.join(self.folder, 'out')
            with open(out, 'wb') as f:
                q = subprocess.Popen(
                    [os.path.join(os.environ.get('TACET_BIN', 'build/dev/bin'),
                                  'tacet'), 'receive', '--json'],
                    env=bob.env, stdout=f, stderr=subprocess.DEVNULL)
                self.kill_after(q, chance.uniform(0.0, 0.8))
            with open(out, 'rb') as f:
                for line in f.read().decode().splitlines():
                    try:
                        e = json.loads(line)
                    except ValueError:
                        continue  # cut off by the kill
                    if e['type'] == 'message':
                        printed.append((e['id'], e['text']))
        alice.run('send', 'bob', 'at the end', '--sent')
        bob.wait_text('at the end')
        printed += [(e['id'], e['text']) for e in bob.seen
                    if e['type'] == 'message']
        texts = {t for _, t in printed}
        self.assertEqual([t for t in promised if t not in texts], [])
        # The same event again has the same id; the same text never has two.
        ids = {}
        for i, t in printed:
            ids.setdefault(t, set()).add(i)
        for t in promised:
            self.assertEqual(len(ids[t]), 1, f'{t} came as {ids[t]}')
        bob.send('alice', 'both are well')
        alice.wait_text('both are well')

    def test_two_processes_on_one_home(self):
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')
        follower = bob.popen('receive', '--follow', '--json')
        senders = [alice.popen('send', 'bob', f'together {n}') for n in range(8)]
        for s in senders:
            s.communicate(timeout=TIMEOUT)
            self.assertEqual(s.returncode, 0)
        # While one process follows, others on the same home still work.
        bob.send('alice', 'I follow and write')
        alice.wait_text('I follow and write')
        got = set()
        while len(got) < 8:
            line = follower.stdout.readline()
            if not line:
                raise Failed(follower.stderr.read().decode())
            e = json.loads(line)
            if e['type'] == 'message':
                got.add(e['text'])
        follower.send_signal(signal.SIGTERM)
        follower.communicate(timeout=TIMEOUT)
        self.assertEqual(got, {f'together {n}' for n in range(8)})


class DisksThatAreFull(Case):
    def test_server_with_a_full_disk(self):
        """RLIMIT_FSIZE stands for the disk: writes beyond it fail."""
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')
        server.stop()

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            size = 200 << 10
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

        server.start(preexec=limit)
        sent, refused = [], 0
        for n in range(30):
            text = f'{n} ' + os.urandom(15000).hex()
            r = alice.run('send', 'bob', text, '--sent', code=None)
            self.assertIn(r.returncode, (0, 3, 4), r.stderr.decode())
            sent.append(text)  # in alice's outbox in any case
            refused += r.returncode != 0
        self.assertGreater(refused, 0, 'the limit was never reached')
        self.assertIsNone(server.process.proc.poll(), 'the server died')
        server.stop()
        server.start()  # somebody made room
        alice.receive(timeout=1)
        alice.run('send', 'bob', 'there is room again', '--sent')
        bob.wait_text('there is room again')
        got = bob.texts()
        self.assertEqual([t[:6] for t in sent if t not in got], [])
        self.assertEqual(len(got), len(set(got)))

    def test_client_with_a_full_disk(self):
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

        r = subprocess.run([os.path.join(os.environ.get(
            'TACET_BIN', 'build/dev/bin'), 'tacet'), 'send', 'bob', 'no room'],
            env=alice.env, capture_output=True, preexec_fn=limit, timeout=TIMEOUT)
        self.assertEqual(r.returncode, 1, r.stderr.decode())
        self.assertIn('full', r.stderr.decode())
        alice.send('bob', 'room again')
        bob.wait_text('room again')
        self.assertNotIn('no room', bob.texts())

    def test_no_room_for_a_file(self):
        """The message is shown, and its file can be fetched another time."""
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')
        path = os.path.join(self.folder, 'large.bin')
        with open(path, 'wb') as f:
            f.write(os.urandom(3 << 20))
        alice.run('send', 'bob', 'here it is', '--attach', path)

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

        tacet = os.path.join(os.environ.get('TACET_BIN', 'build/dev/bin'), 'tacet')
        r = subprocess.run([tacet, 'receive', '--timeout', '60', '--json',
                            '--save-attachments', bob.files], env=bob.env,
                           capture_output=True, preexec_fn=limit, timeout=TIMEOUT)
        self.assertEqual(r.returncode, 1, r.stderr.decode())
        self.assertIn('full', r.stderr.decode())
        event = json.loads(r.stdout.decode().splitlines()[-1])
        self.assertEqual(event['text'], 'here it is')
        self.assertIsNone(event['attachments'][0]['path'])
        for _ in range(2):  # the second time it is there already
            r = bob.run('history', 'alice', '--json', '--save-attachments',
                        bob.files)
            said = json.loads(r.stdout.decode().splitlines()[-1])
            with open(path, 'rb') as a, \
                    open(said['attachments'][0]['path'], 'rb') as b:
                self.assertTrue(a.read() == b.read())
        self.assertEqual(os.listdir(bob.files), ['large.bin'])


if __name__ == '__main__':
    unittest.main(verbosity=2)
