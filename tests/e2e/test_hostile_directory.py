# SPDX-License-Identifier: Apache-2.0
"""A directory that lies (tests/hostile), and who notices: for each attack the
client that it is meant for ends with exit code 5, sends nothing, and keeps what
it was shown: evidence that `tacet-audit verify` accepts with public keys alone
where the log signed the lie, a report where nobody signed it. The control, the
same server, honest, is in test_control.py."""
import base64
import glob
import hashlib
import os
import shutil
import ssl
import subprocess
import unittest

from harness import BIN, TESTS, TIMEOUT, Case, Person, Process, Server, wrong_clock

HOSTILE = f'{TESTS}/tacetd-hostile'


class Hostile(Server):
    def __init__(self, folder, *init, **kw):
        super().__init__(folder, *init, **kw)
        self.order = os.path.join(folder, 'order')
        self.attack('none')

    def start(self, *args, preexec=None):
        env = dict(os.environ, TACET_HOSTILE=self.order)
        self.process = Process([HOSTILE, 'run', '--data', self.data, *args],
                               self.log, env=env)
        return self

    def attack(self, name, number=0):
        """From the next request on."""
        with open(self.order + '.new', 'w') as f:
            f.write(f'{name} {number}\n')
        os.rename(self.order + '.new', self.order)

    def forge(self, what, name):
        """A device list that nobody signed, in the log like any other."""
        self.stop()
        subprocess.run([HOSTILE, 'forge', what, name, '--data', self.data],
                       check=True, timeout=TIMEOUT,
                       env=dict(os.environ, TACET_HOSTILE=self.order))
        self.start()

    def keep_as(self, name):
        """A copy of the directory as it is, log and all."""
        self.stop()
        for path in glob.glob(self.data + '/directory.db*'):
            shutil.copy(path, os.path.join(self.folder, f'{name}.'
                                           + os.path.basename(path)))
        self.start()

    def go_back_to(self, name):
        self.stop()
        for path in glob.glob(self.data + '/directory.db*'):
            os.remove(path)
        for path in glob.glob(f'{self.folder}/{name}.directory.db*'):
            shutil.copy(path, os.path.join(
                self.data, os.path.basename(path)[len(name) + 1:]))
        self.start()


class HostileCase(Case):
    def setUp(self):
        super().setUp()
        self.host = Hostile(self.folder, '--registrations-per-hour', '100000')
        self.host.start()
        self.running.append(self.host)

    def person(self, name, server=None):
        p = Person(self.folder, name)
        p.register(self.host)
        return p

    def evidence(self, p):
        return sorted(glob.glob(p.home + '/evidence/*'),
                      key=os.path.getmtime)

    def vkey(self):
        """The log's verifier key, as the operator published it."""
        with open(os.path.join(self.host.data, 'log-policy')) as f:
            return next(line.split()[1] for line in f
                        if line.startswith('log '))

    def refused(self, p, to, code, kind=None):
        """`p` sends nothing to `to`, says why, and keeps what it was shown.
        kind None: nobody signed the lie, so it is a report."""
        before = self.evidence(p)
        r = p.run('send', to, 'a secret', code=5)
        err = r.stderr.decode()
        new = [x for x in self.evidence(p) if x not in before]
        if code is not None:
            self.assertTrue(new, err)
            self.assertIn(f'/{code}-', new[-1])
            self.assertIn(new[-1], err)
            self.stands(new[-1], kind)
        return err

    def stands(self, path, kind, vkey=None):
        """Checked as a stranger does: with the key, away from all else."""
        r = subprocess.run([f'{BIN}/tacet-audit', 'verify', path, '--key',
                            vkey or self.vkey()], capture_output=True,
                           timeout=TIMEOUT,
                           env={'PATH': ''})
        text = r.stdout.decode() + r.stderr.decode()
        self.assertEqual(r.returncode, 1 if kind is None else 0, text)
        self.assertIn('nothing proves' if kind is None
                      else kind + ': the evidence stands', text)

    def mirror(self, code=0):
        """With the pin of the invites, as an auditor would have it."""
        self.copy = os.path.join(self.folder, 'copy')
        with open(self.host.data + '/tls/cert.pem') as f:
            der = ssl.PEM_cert_to_DER_cert(f.read())
        spki = subprocess.run(['openssl', 'x509', '-inform', 'DER', '-noout',
                               '-pubkey'], input=der, check=True,
                              capture_output=True).stdout
        pin = hashlib.sha256(base64.b64decode(
            b''.join(spki.splitlines()[1:-1]))).hexdigest()
        return self.audit('mirror', f'https://{self.host.listen}/log',
                          self.copy, '--pin', pin, '--key', self.vkey(),
                          code=code)

    def audit(self, *args, code=0):
        r = subprocess.run([f'{BIN}/tacet-audit', *args], capture_output=True,
                           timeout=TIMEOUT)
        self.assertEqual(r.returncode, code, r.stderr.decode())
        return r.stdout.decode() + r.stderr.decode()


class Answers(HostileCase):
    """Lies in single answers: nobody signed them, so they prove nothing; they
    are refused all the same."""

    def setUp(self):
        super().setUp()
        self.alice, self.bob, self.carol = (
            self.person(n) for n in ('alice', 'bob', 'carol'))

    def hears_nothing(self, p):
        self.assertEqual([e for e in p.receive() if e['type'] == 'request'], [])

    def test_answers(self):
        self.person('dave')
        self.alice.send('dave', 'hello')  # so that she has seen all of the log
        self.host.attack('record')
        self.alice.send('carol', 'hello')
        for attack, code in (('no-proof', 'proof-missing'),
                             ('other-proof', 'unlogged-manifest'),
                             ('other-account', None)):
            self.host.attack(attack)
            self.refused(self.alice, 'bob', code)
        self.hears_nothing(self.bob)
        # The same question, honestly answered: no scar is left.
        self.host.attack('none')
        self.alice.send('bob', 'in the open')
        self.bob.wait_for(lambda e: e['type'] == 'request')

    def test_any_bit(self):
        """Bits over all of the answer; each of them: keytrans_keylog."""
        for attack, bits in (('flip-proof', range(5, 20000, 613)),
                             ('flip-manifest', range(3, 2400, 173))):
            for bit in bits:
                self.host.attack(attack, bit)
                self.alice.run('send', 'bob', 'a secret', code=5)
        self.hears_nothing(self.bob)
        for path in self.evidence(self.alice):
            self.stands(path, None)
        self.host.attack('none')
        self.alice.send('bob', 'in the open')

    def test_key_packages_of_another(self):
        self.host.attack('record')
        self.alice.send('carol', 'hello')
        self.host.attack('swap-package')
        self.refused(self.alice, 'bob', None)
        self.hears_nothing(self.bob)

    def test_an_outage_is_no_attack(self):
        self.host.attack('refuse')
        for _ in range(2):
            r = self.alice.run('send', 'bob', 'later', code=None)
            self.assertNotEqual(r.returncode, 5)
        self.host.attack('delay', 2000)
        self.alice.run('send', 'bob', 'late')
        self.assertEqual(self.evidence(self.alice), [])

    def test_an_old_answer(self):
        """Replayed to who has seen more of the log since."""
        self.host.attack('record')
        self.carol.send('bob', 'hello')
        self.host.attack('none')
        self.person('dave')
        self.alice.send('dave', 'hello')
        self.host.attack('replay')
        self.refused(self.alice, 'bob', 'log-rollback')
        self.host.attack('none')
        self.alice.send('bob', 'in the open')


class Forged(HostileCase):
    """Device lists that nobody signed, in a log that is the same for all."""

    def test_a_ghost_device(self):
        alice, bob = self.person('alice'), self.person('bob')
        self.host.forge('ghost', 'bob')
        self.refused(alice, 'bob', 'unsigned-manifest', 'unsigned-manifest')
        self.assertEqual([e for e in bob.receive() if e['type'] == 'request'],
                         [])

    def test_a_swapped_key(self):
        alice = self.person('alice')
        self.person('bob')
        self.host.forge('swap', 'bob')
        self.refused(alice, 'bob', 'unsigned-manifest', 'unsigned-manifest')


    def test_its_owner_notices(self):
        """At the latest a day later, with his own device."""
        bob = self.person('bob')
        self.host.forge('swap', 'bob')
        r = bob.run('receive', '--json', '--timeout', '1', code=5,
                    env=wrong_clock(26 * 3600))
        path, = self.evidence(bob)
        self.assertIn(path, r.stderr.decode())
        self.stands(path, 'unsigned-manifest')

    def test_who_knew_him_goes_on_with_the_keys_that_he_knows(self):
        alice, bob = self.person('alice'), self.person('bob')
        alice.send('bob', 'hello')
        bob.wait_for(lambda e: e['type'] == 'request')
        bob.accept('alice')
        self.host.forge('swap', 'bob')
        alice.send('bob', 'as before')
        bob.wait_text('as before')


class Histories(HostileCase):
    """More than one log of one key: black boxes, put back from copies."""

    def test_another_history(self):
        alice, bob = self.person('alice'), self.person('bob')
        self.host.keep_as('before')
        self.person('carol')
        alice.send('carol', 'hello')  # she has seen the log with carol
        self.host.go_back_to('before')
        self.person('dave')  # as many entries, and another one
        self.refused(alice, 'bob', 'log-fork', 'split-view')
        # Who had seen no more than the copy has notices nothing.
        bob.send('dave', 'hello')

    def test_two_views(self):
        """One log for Alice, another for Bob: the first message that crosses
        from one to the other shows it to who gets it, and proves it."""
        alice, bob = self.person('alice'), self.person('bob')
        alice.send('bob', 'hello')
        bob.wait_for(lambda e: e['type'] == 'request')
        bob.accept('alice')
        bob.send('alice', 'hello to you')
        alice.wait_text('hello to you')
        self.host.keep_as('before')
        self.person('carol')
        alice.send('carol', 'hello')
        self.host.keep_as('hers')
        self.host.go_back_to('before')
        for name in ('dave', 'erin'):
            self.person(name)
        bob.send('dave', 'hello')
        self.host.keep_as('his')
        self.host.go_back_to('hers')
        alice.send('bob', 'this crosses', '--sent')
        self.host.go_back_to('his')
        r = bob.run('receive', '--json', '--timeout', '2', code=None)
        path = self.evidence(bob)
        self.assertEqual(r.returncode, 5, r.stderr.decode())
        self.assertEqual(len(path), 1, r.stderr.decode())
        self.assertIn(path[0], r.stderr.decode())
        self.stands(path[0], 'split-view')
        self.refused(bob, 'erin', None)

    def test_a_longer_history(self):
        alice = self.person('alice')
        self.person('bob')
        self.host.keep_as('before')
        self.person('carol')
        alice.send('carol', 'hello')
        self.host.go_back_to('before')
        for name in ('dave', 'erin', 'frank'):
            self.person(name)
        self.refused(alice, 'bob', 'log-fork', 'split-view')

    def test_rolled_back(self):
        alice, bob = self.person('alice'), self.person('bob')
        self.host.keep_as('before')
        for name in ('carol', 'dave', 'erin'):
            self.person(name)
        alice.send('carol', 'hello')
        self.host.go_back_to('before')
        self.refused(alice, 'bob', 'log-rollback')
        bob.run('send', 'alice', 'hello')

    def test_another_history_by_another_key(self):
        """She saw one log by the key of before, and is shown another one by the
        key of after: what the keys say of each other makes it one accused."""
        alice = self.person('alice')
        self.person('bob')
        old = self.vkey()
        self.host.keep_as('before')
        self.person('carol')
        alice.send('carol', 'hello')
        self.host.go_back_to('before')
        self.host.stop()
        self.host.run('log', 'rotate')
        self.host.start()
        self.host.stop()
        self.host.run('log', 'retire')
        self.host.start()
        for name in ('dave', 'erin', 'frank'):
            self.person(name)
        self.assertNotEqual(self.vkey(), old)
        alice.run('trust', 'accept', self.host.invite(), '--yes')
        self.refused(alice, 'bob', 'log-fork', 'split-view')
        path, = self.evidence(alice)
        self.stands(path, 'split-view', old)
        with open(path) as f:
            self.assertEqual(f.read().count('\nhandover '), 1)

    def test_rolled_back_and_gone_on(self):
        """Shorter than what she has seen last, and longer than the copy: it
        contradicts what she saw before that."""
        alice, bob = self.person('alice'), self.person('bob')
        bob.receive()
        self.host.keep_as('before')
        for name in ('carol', 'dave', 'erin', 'frank'):
            self.person(name)
            alice.receive()
        self.host.go_back_to('before')
        self.person('grace')
        self.refused(alice, 'bob', 'log-fork', 'split-view')
        bob.send('grace', 'hello')
        self.assertEqual(self.evidence(bob), [])

    def test_a_mirror_notices(self):
        """tacet-audit over the server's own address."""
        self.person('alice')
        self.host.keep_as('before')
        self.person('bob')
        self.mirror()
        self.audit('replay', self.copy)
        self.host.go_back_to('before')
        self.person('carol')
        self.mirror(code=5)
        path, = glob.glob(self.copy + '/evidence-split-view-*')
        self.stands(path, 'split-view')


class Changes(HostileCase):
    """Bob links a phone: his list of devices has a second version."""

    def link(self, bob):
        """What the phone said at the end."""
        phone = Person(self.folder, 'phone')
        linking = phone.popen('link', self.host.process.where,
                              '--no-passphrase', '--device', 'phone')
        words = linking.stdout.readline().decode().strip()
        bob.run('devices', 'approve', words)
        return linking.communicate(timeout=TIMEOUT)[1].decode()

    def test_the_list_before_the_newest(self):
        alice, bob = self.person('alice'), self.person('bob')
        self.link(bob)
        self.host.attack('old-manifest')
        self.refused(alice, 'bob', 'unlogged-manifest')
        self.host.attack('none')
        alice.send('bob', 'in the open')

    def test_a_change_that_is_swallowed(self):
        """The server says that it is done; the new device looks."""
        bob = self.person('bob')
        self.host.attack('withhold')
        self.assertIn('the server does not show that', self.link(bob))


class Maps(HostileCase):
    def test_an_update_kept_from_the_map(self):
        """Logged, and not in the map: the server has no proof to show, so
        nobody writes there; and whoever replays the log proves it."""
        alice = self.person('alice')
        self.host.attack('omit')
        bob = Person(self.folder, 'bob')
        bob.run('register', 'bob', '--invite', self.host.invite(),
                '--no-passphrase', code=None)
        r = alice.run('send', 'bob', 'a secret', code=None)
        self.assertNotEqual(r.returncode, 0)
        self.mirror()
        self.assertIn('wrong-map', self.audit('replay', self.copy, code=5))
        path, = glob.glob(self.copy + '/evidence-wrong-map-*')
        self.stands(path, 'wrong-map')


if __name__ == '__main__':
    unittest.main(verbosity=2)
