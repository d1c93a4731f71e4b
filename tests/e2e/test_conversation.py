# SPDX-License-Identifier: Apache-2.0
"""One to one: the first letter, answers, files, being away, being blocked."""
import os
import sqlite3
import unittest

from harness import Case


class Conversation(Case):
    def test_first_letter_is_a_request_until_it_is_answered(self):
        server = self.server()
        alice, bob = self.person('alice', server), self.person('bob', server)
        sent = alice.send('bob', 'is this you?')
        request = bob.wait_for(lambda e: e['type'] == 'request', 'a request')
        self.assertEqual(request['from'], 'alice@localhost')
        first = bob.wait_text('is this you?')
        self.assertTrue(first['request'])
        self.assertEqual(first['from'], 'alice@localhost')
        listed = bob.run('requests', 'list').stdout.decode()
        self.assertIn('alice', listed)
        bob.send('alice', 'yes')  # replying accepts
        self.assertFalse(alice.wait_text('yes')['request'])
        alice.send('bob', 'good')
        self.assertFalse(bob.wait_text('good')['request'])
        self.assertNotIn('alice', bob.run('requests', 'list').stdout.decode())
        self.assertTrue(len(sent) >= 8)

    def test_a_long_conversation_arrives_whole_and_once(self):
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')
        said = []
        for n in range(30):
            who, other = (alice, bob) if n % 3 else (bob, alice)
            text = f'line {n} ' + 'x' * (n * 40)
            who.send(other.name, text)
            said.append((who.name, text))
        alice.wait_text(said[27][1]) if said[27][0] == 'bob' else None
        bob.wait_text(said[29][1])
        alice.receive(timeout=1)
        for person, other in ((alice, 'bob'), (bob, 'alice')):
            want = [t for w, t in said if w == other]
            got = [t for t in person.texts() if t.startswith('line ')]
            self.assertEqual(got, want)
        history = bob.run('history', 'alice', '--limit', '100').stdout.decode()
        for _, text in said:
            self.assertIn(text, history)

    def test_away_for_a_while(self):
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')
        for n in range(10):
            alice.send('bob', f'while you were away {n}')
        server.stop()
        server.start()
        bob.wait_text('while you were away 9')
        self.assertEqual([t for t in bob.texts() if 'away' in t],
                         [f'while you were away {n}' for n in range(10)])

    def test_nobody_home_means_queued_not_lost(self):
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')
        server.stop()
        r = alice.run('send', 'bob', 'written while the server was down')
        self.assertIn('queued', r.stderr.decode())
        alice.run('send', 'bob', 'insisting', '--sent', code=3)
        server.start()
        alice.receive(timeout=1)
        bob.wait_text('written while the server was down')
        bob.wait_text('insisting')

    def test_reply_names_what_it_answers(self):
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')
        alice.send('bob', 'which door?')
        asked = bob.wait_text('which door?')
        bob.run('send', 'alice', 'the blue one', '--reply-to', asked['id'])
        got = alice.wait_text('the blue one')
        self.assertTrue(got['reply_to'])

    def test_blocked_is_not_heard(self):
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')
        bob.run('block', 'alice')
        alice.send('bob', 'can you hear me?')
        bob.receive(timeout=2)
        self.assertNotIn('can you hear me?', bob.texts())
        alice.send('bob', 'and now?')
        bob.receive(timeout=2)
        self.assertNotIn('and now?', bob.texts())
        bob.run('unblock', 'alice')
        self.assertIn('alice', bob.run('contacts').stdout.decode())
        # Alice has not listened since: she knows the old mailbox alone.
        alice.send('bob', 'and after it?')
        bob.wait_text('and after it?')
        self.assertNotIn('can you hear me?', bob.texts())
        self.assertNotIn('and now?', bob.texts())
        bob.send('alice', 'loud and clear')
        alice.wait_text('loud and clear')

    def test_unblocking_waits_for_the_server(self):
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')
        bob.run('block', 'alice')
        alice.send('bob', 'can you hear me?')
        server.stop()
        r = bob.run('unblock', 'alice')
        self.assertIn('queued', r.stderr.decode())
        server.start()
        bob.receive(timeout=2)
        alice.send('bob', 'and now?')
        bob.wait_text('and now?')
        self.assertNotIn('can you hear me?', bob.texts())

    def test_refused_leaves_no_way_back(self):
        server = self.server()
        alice, bob = self.person('alice', server), self.person('bob', server)
        alice.send('bob', 'buy this')
        bob.wait_text('buy this')
        bob.run('requests', 'refuse', 'alice')
        alice.send('bob', 'buy that')
        bob.receive(timeout=2)
        self.assertNotIn('buy that', bob.texts())
        self.assertNotIn('alice', bob.run('contacts').stdout.decode())

    def test_a_letter_through_the_last_resort(self):
        """When nothing else is on the shelf each item costs a token; neither
        side notices."""
        server = self.server()
        alice, bob = self.person('alice', server), self.person('bob', server)

        def count(sql):
            db = sqlite3.connect(os.path.join(server.data, 'delivery.db'))
            n = db.execute(sql).fetchone()[0]
            db.close()
            return n

        paid = ('SELECT count(*) FROM item JOIN mailbox ON item.mailbox ='
                ' mailbox.key WHERE mailbox.paid')
        for n in range(30):  # all that he has published
            alice.run('group', 'create', f'group {n}', 'bob')
        self.assertEqual(count(paid), 0)
        spent = count('SELECT count(*) FROM spent')
        alice.run('group', 'create', 'the last', 'bob')
        alice.send('the last', 'still there?', '--sent')
        self.assertEqual(count(paid), 2)
        self.assertEqual(count('SELECT count(*) FROM spent'), spent + 2)
        bob.wait_text('still there?')
        bob.accept('alice')
        bob.send('the last', 'always')
        alice.wait_text('always')
        spent = count('SELECT count(*) FROM spent')
        alice.send('the last', 'good', '--sent')
        bob.wait_text('good')
        self.assertEqual(count('SELECT count(*) FROM spent'), spent)


class Attachments(Case):
    SIZES = (0, 1, 65535, 65536, 65537)

    def test_sizes_around_a_chunk(self):
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')
        for size in self.SIZES:
            path = os.path.join(self.folder, f'file-{size}.bin')
            with open(path, 'wb') as f:
                f.write(os.urandom(size))
            alice.run('send', 'bob', f'here are {size}', '--attach', path)
            e = bob.wait_text(f'here are {size}')
            self.assertEqual(e['attachments'][0]['size'], size)
            self.assertEqual(e['attachments'][0]['name'], f'file-{size}.bin')
            with open(path, 'rb') as a, open(e['attachments'][0]['path'], 'rb') as b:
                self.assertEqual(a.read(), b.read())

    def test_a_hundred_mebibytes(self):
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')
        path = os.path.join(self.folder, 'large.bin')
        block = os.urandom(1 << 20)
        size = (100 << 20) - (1 << 20)  # what fits with its padding
        with open(path, 'wb') as f:
            for n in range(size >> 20):
                f.write(block[n:] + block[:n])
        alice.run('send', 'bob', 'large', '--attach', path, timeout=600)
        e = bob.wait_text('large')
        with open(path, 'rb') as a, open(e['attachments'][0]['path'], 'rb') as b:
            while True:
                x, y = a.read(1 << 20), b.read(1 << 20)
                self.assertTrue(x == y)
                if not x:
                    break


if __name__ == '__main__':
    unittest.main(verbosity=2)
