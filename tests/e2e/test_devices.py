# SPDX-License-Identifier: Apache-2.0
"""Several devices of one account: linked with a code, together in every
conversation, killed in between, removed."""
import json
import os
import signal
import time
import unittest

from harness import TIMEOUT, Case, Person


class Devices(Case):
    def link(self, server, old, name, *args):
        """Links a new home to old's account; gives it."""
        new = Person(self.folder, name)
        code, linking = self.begin(server, new, *args)
        out = old.run('devices', 'approve', code).stdout.decode()
        self.assertIn(f'{name} is one of your devices now', out)
        self.assertEqual(linking.wait(TIMEOUT), 0,
                         linking.stderr.read().decode())
        linking.communicate()
        return new

    def link_with_history(self, server, old, name):
        new = Person(self.folder, name)
        code, linking = self.begin(server, new)
        old.run('devices', 'approve', code, '--with-history')
        self.assertEqual(linking.wait(TIMEOUT), 0)
        linking.communicate()
        return new

    def begin(self, server, new, *args):
        linking = new.popen('link', server.process.where, '--no-passphrase',
                            '--device', new.name, *args)
        return linking.stdout.readline().decode().strip(), linking

    def devices(self, person):
        out = person.run('devices', '--json').stdout.decode()
        return {d['name'] for d in map(json.loads, out.splitlines())}

    def until(self, what, people, happened):
        """Everybody looks for what has come, until it has happened."""
        end = time.monotonic() + TIMEOUT
        while not happened():
            self.assertLess(time.monotonic(), end, what)
            for p in people:
                p.receive(timeout=1)

    def account(self):
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')
        alice.run('group', 'create', 'crew', 'bob')
        bob.wait_for(lambda e: e['type'] == 'group', 'the group')
        return server, alice, bob


class Linking(Devices):
    def test_everything_on_both(self):
        server, alice, bob = self.account()
        phone = self.link(server, alice, 'phone')
        self.until('the phone is in the group', [phone],
                   lambda: b'crew' in phone.run('group', 'list').stdout)
        phone.send('bob', 'from the phone')
        phone.send('crew', 'to the crew, from the phone')
        bob.wait_text('from the phone')
        alice.wait_text('from the phone')
        bob.send('alice', 'to both of you')
        bob.send('crew', 'to the crew')
        for p in (alice, phone):
            p.wait_text('to both of you')
            p.wait_text('to the crew')
        alice.wait_text('to the crew, from the phone')
        own = [e for e in alice.seen if e.get('text') == 'from the phone']
        self.assertEqual([e['own'] for e in own], [True])
        shown = alice.run('history', 'bob').stdout.decode()
        self.assertIn('me: from the phone', shown)
        self.assertIn('phone', self.devices(alice))
        self.assertFalse([e for e in bob.seen if e['type'] == 'group'
                          and e['action'] != 'created'])

    def test_codes(self):
        server, alice, bob = self.account()
        phone = Person(self.folder, 'phone')
        code, linking = self.begin(server, phone)
        wrong = ('A' if code[0] != 'A' else 'B') + code[1:]
        bad = alice.run('devices', 'approve', wrong, code=2)
        self.assertIn(b'a letter of it is wrong', bad.stderr)
        # With another case, and as somebody types it in words.
        alice.run('devices', 'approve', *code.lower().split('-'))
        self.assertEqual(linking.wait(TIMEOUT), 0)
        linking.communicate()
        used = alice.run('devices', 'approve', code, code=4)
        self.assertIn(b'used already', used.stderr)
        again = phone.run('link', server.process.where, '--no-passphrase',
                          code=4)
        self.assertIn(b'has an account already', again.stderr)
        nowhere = Person(self.folder, 'nowhere')
        nowhere.run('link', 'https://127.0.0.1:9', '--no-passphrase', code=3)
        nowhere.run('link', 'not a server', '--no-passphrase', code=2)

    def test_another_server(self):
        """The code works nowhere else: the offer is not there, and the new
        device waits in vain."""
        server, alice, bob = self.account()
        other = self.server(name='other')
        phone = Person(self.folder, 'phone')
        code, linking = self.begin(other, phone)
        refused = alice.run('devices', 'approve', code, code=4)
        self.assertIn(b'No device waits with that code', refused.stderr)
        linking.send_signal(signal.SIGINT)
        self.assertEqual(linking.wait(TIMEOUT), 1)
        linking.communicate()
        self.assertEqual(len(self.devices(alice)), 1)

    def test_history_follows(self):
        """With its files, which are fetched when somebody asks."""
        server, alice, bob = self.account()
        path = os.path.join(self.folder, 'picture.png')
        with open(path, 'wb') as f:
            f.write(os.urandom(50000))
        bob.send('alice', 'before the phone')
        bob.run('send', 'alice', 'a picture', '--attach', path)
        alice.wait_text('a picture')
        phone = self.link_with_history(server, alice, 'phone')
        phone.wait_for(lambda e: e['type'] == 'history', 'the history')
        files = os.path.join(self.folder, 'phone-files')
        shown = [json.loads(line) for line in phone.run(
            'history', 'bob', '--json', '--limit', '0', '--save-attachments',
            files).stdout.splitlines()]
        there = [json.loads(line) for line in alice.run(
            'history', 'bob', '--json', '--limit', '0').stdout.splitlines()]
        self.assertEqual([e['id'] for e in shown], [e['id'] for e in there])
        self.assertIn('before the phone', [e['text'] for e in shown])
        self.assertTrue(all(e['read_at'] for e in shown))
        with open(os.path.join(files, 'picture.png'), 'rb') as got, \
                open(path, 'rb') as want:
            self.assertEqual(got.read(), want.read())
        self.until('the phone is in the group', [alice, phone],
                   lambda: b'crew' in phone.run('group', 'list').stdout)
        bob.send('alice', 'after it')
        self.until('bob knows the phone', [alice, phone, bob], lambda:
                   bob.send('alice', 'are you there') and
                   'are you there' in phone.texts())

    def test_killed(self):
        """The new device is killed as soon as it showed its code, and goes on
        with the same one."""
        server, alice, bob = self.account()
        phone = Person(self.folder, 'phone')
        code, linking = self.begin(server, phone)
        linking.kill()
        linking.communicate()
        same, linking = self.begin(server, phone)
        self.assertEqual(code, same)
        approving = alice.popen('devices', 'approve', code)
        self.assertEqual(linking.wait(TIMEOUT), 0)
        self.assertEqual(approving.wait(TIMEOUT), 0)
        for p in (linking, approving):
            p.communicate()
        self.until('the phone is in the group', [alice, phone],
                   lambda: b'crew' in phone.run('group', 'list').stdout)


class Three(Devices):
    def contacts(self, person):
        out = person.run('contacts', '--json').stdout.decode()
        return {c['handle'].split('@')[0]: (c['blocked'], c['trust'])
                for c in map(json.loads, out.splitlines())}

    def test_each_away_at_times(self):
        """Three devices, of which one or two look for what has come at a time;
        the last is linked by the second. In the end all know, and have heard,
        the same."""
        server, alice, bob = self.account()
        carol = self.person('carol', server)
        carol.send('alice', 'a request')
        phone = self.link(server, alice, 'phone')
        self.until('the phone is in the group', [alice, phone],
                   lambda: b'crew' in phone.run('group', 'list').stdout)
        tablet = self.link(server, phone, 'tablet')
        own = [alice, phone, tablet]
        self.until('the tablet is in the group', [phone, tablet],
                   lambda: b'crew' in tablet.run('group', 'list').stdout)
        alice.wait_for(lambda e: e['type'] == 'request', 'the request')
        # alice alone, then the phone alone, then the tablet alone.
        alice.run('requests', 'accept', 'carol')
        code = json.loads(bob.run('code', 'alice', '--json').stdout)['code']
        alice.run('verify', 'bob', code)
        alice.receive()
        alice.send('crew', 'one')
        phone.send('crew', 'two')
        phone.receive()
        tablet.run('block', 'bob')
        tablet.receive()
        tablet.send('crew', 'three')
        bob.send('crew', 'four')
        want = {'bob': (True, 'verified'), 'carol': (False, None)}

        def same():
            for p in own:
                c = self.contacts(p)
                if c.get('bob') != want['bob'] or \
                        c.get('carol', (True,))[0] is not False:
                    return False
            return True

        self.until('all know the same', own, same)
        # What carol writes before she has heard of them reaches alice alone.
        self.until('carol knows the others', own + [carol], lambda:
                   self.known_devices(carol, 'alice') == 3)
        carol.send('alice', 'thank you')
        for p in own:
            texts = {'one', 'two', 'three', 'thank you'}
            self.until(f'{p.name} has heard all', own, lambda p=p, texts=texts:
                       texts - {e['text'] for e in self.history(p)} == set())
            said = [e['text'] for e in self.history(p)]
            for t in texts:
                self.assertEqual(said.count(t), 1, f'{t} at {p.name}')
        self.assertEqual({self.devices(p) == {'alice', 'phone', 'tablet'}
                          for p in own}, {True})

    def test_read(self):
        """What one device shows is read on the two others, whoever looks when;
        what nobody showed is read nowhere."""
        server, alice, bob = self.account()
        phone = self.link(server, alice, 'phone')
        tablet = self.link(server, alice, 'tablet')
        own = [alice, phone, tablet]
        self.until('bob knows them', own + [bob], lambda:
                   self.known_devices(bob, 'alice') == 3)
        for text in ('one', 'two', 'three'):
            bob.send('alice', text)
        alice.wait_text('three')
        shown = alice.run('history', 'bob').stdout.decode()
        self.assertNotIn('(new)', shown)
        # The phone prints what alice has read, and says so.
        phone.wait_text('three')
        self.until('the phone knows that it was read', own,
                   lambda: self.read(phone) >= {'one', 'two', 'three'})
        self.until('and the tablet', own,
                   lambda: self.read(tablet) >= {'one', 'two', 'three'})
        times = [{e['text']: e['read_at'] for e in self.with_bob(p)}
                 for p in own]
        for text in ('one', 'two', 'three'):
            self.assertEqual(len({t[text] for t in times}), 1)
        # Nobody has shown this one.
        before = [p.seen[:] for p in own]
        bob.send('alice', 'four')
        code = tablet.run('history', 'bob', '--json').stdout
        self.assertNotIn(b'"four"', code)
        tablet.wait_text('four')
        tablet.receive()
        got = [e for p in own for e in p.seen if e['type'] == 'read']
        self.assertTrue(got, before)
        self.assertTrue(all(e['messages'] for e in got))
        self.until('alice knows', [alice], lambda: 'four' in self.read(alice))

    def with_bob(self, p):
        out = p.run('history', 'bob', '--limit', '0', '--json').stdout
        return [json.loads(line) for line in out.splitlines()]

    def read(self, p):
        return {e['text'] for e in self.with_bob(p) if e['read_at']}

    def known_devices(self, person, handle):
        out = person.run('contacts', '--json').stdout.decode()
        return next(c['devices'] for c in map(json.loads, out.splitlines())
                    if c['handle'].split('@')[0] == handle)

    def history(self, person):
        lines = []
        for to in ('crew', 'carol'):
            r = person.run('history', to, '--json', code=None)
            lines += r.stdout.decode().splitlines()
        return [json.loads(line) for line in lines]

    def account(self):
        """alice's first device has a name that the test knows."""
        server = self.server()
        alice, bob = self.person('alice'), self.person('bob', server)
        alice.register(server, '--device', 'alice')
        alice.send('bob', 'hello')
        bob.wait_text('hello')
        bob.accept('alice')
        bob.send('alice', 'hello back')
        alice.wait_text('hello back')
        alice.run('group', 'create', 'crew', 'bob')
        bob.wait_for(lambda e: e['type'] == 'group', 'the group')
        return server, alice, bob


class Removing(Devices):
    def test_removed(self):
        server, alice, bob = self.account()
        phone = self.link(server, alice, 'phone')
        self.until('the phone is in the group', [phone],
                   lambda: b'crew' in phone.run('group', 'list').stdout)
        phone.send('bob', 'while I may')
        bob.wait_text('while I may')
        phone.run('devices', 'remove', 'phone', code=2)  # itself
        alice.run('devices', 'remove', 'nobody', code=2)
        out = alice.run('devices', 'remove', 'phone').stdout
        self.assertIn(b'phone is none of your devices any more', out)
        end = time.monotonic() + TIMEOUT
        while True:
            r = phone.run('receive', '--json', code=None)
            if r.returncode == 4:
                break
            self.assertLess(time.monotonic(), end, 'it never noticed')
        self.assertIn(b'This device was removed', r.stderr)
        self.assertEqual(r.stderr.count(b'\n'), 1)
        phone.run('send', 'bob', 'a thief was here', code=4)
        bob.send('alice', 'not for the thief')
        alice.wait_text('not for the thief')
        phone.run('receive', code=4)
        bob.receive(timeout=1)
        self.assertNotIn('a thief was here', bob.texts())
        self.assertNotIn('not for the thief', phone.texts())
        self.assertNotIn('phone', self.devices(alice))
        r = phone.run('status', code=4)
        self.assertIn(b"none of the account's any more, since 20", r.stdout)
        self.assertIn(b'tacet link', r.stderr)
        name = next(d['name'] for d in map(json.loads, alice.run(
            'devices', '--json').stdout.splitlines()))
        self.assertIn(f'by its device {name}'.encode(), r.stderr)
        told = json.loads(phone.run('status', '--json', code=4).stdout)
        self.assertEqual((told['removed'], told['trouble']),
                         (True, 'device-removed'))
        self.assertTrue(told['removed_at'])
        self.assertFalse(json.loads(
            alice.run('status', '--json').stdout)['removed'])

    def test_recovered_elsewhere(self):
        """The device that was there before is told plainly."""
        server, alice, bob = self.account()
        words = alice.run('recovery', 'show').stdout
        new = Person(self.folder, 'new')
        new.run('recover', 'alice', '--invite', server.invite(),
                '--no-passphrase', stdin=words)
        end = time.monotonic() + TIMEOUT
        while True:  # the log may have it a few seconds later
            r = alice.run('status', code=None)
            if r.returncode == 4:
                break
            self.assertLess(time.monotonic(), end, 'it never noticed')
        self.assertIn(b'was recovered on 20', r.stderr)
        self.assertIn(b'with its 24 words, on another device', r.stderr)
        self.assertIn(b'somebody has your words', r.stderr)
        self.assertIn(b"none of the account's any more, since 20", r.stdout)
        r = alice.run('send', 'bob', 'not any more', code=4)
        self.assertIn(b'was recovered on 20', r.stderr)


if __name__ == '__main__':
    unittest.main(verbosity=2)
