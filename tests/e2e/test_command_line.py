# SPDX-License-Identifier: Apache-2.0
"""What scripts and newcomers rely on: words, exit codes, output that cannot be
written, questions on a terminal."""
import json
import os
import re
import stat
import subprocess
import unittest

from harness import BIN, Case, TIMEOUT
from terminal import Terminal


class Output(Case):
    """Every command that prints, into a full disk, a closed pipe and nowhere."""

    def into(self, argv, stdout, env):
        return subprocess.run(argv, stdout=stdout, stderr=subprocess.PIPE,
                              stdin=subprocess.DEVNULL, env=env,
                              timeout=TIMEOUT)

    def commands(self, server, alice):
        tacet = [f'{BIN}/tacet']
        tacetd = [f'{BIN}/tacetd']
        data = ['--data', server.data]
        for words in ('--help', '--version', 'send --help', 'status', 'devices',
                      'contacts', 'group list', 'group show den',
                      'history bob', 'code bob', 'recovery show',
                      'status --json', 'contacts --json'):
            yield tacet + words.split()
        for words in ('inventory', 'inventory --json', 'account list', 'doctor',
                      'invite'):
            yield tacetd + words.split() + data
        yield tacetd + ['--help']
        yield tacetd + ['--version']
        yield tacetd + ['run', '--help']

    def test_output_that_cannot_be_written(self):
        server = self.server()
        alice, _ = self.friends(server, 'alice', 'bob')
        alice.run('group', 'create', 'den')
        for argv in self.commands(server, alice):
            with open('/dev/full', 'wb') as full:
                r = self.into(argv, full, alice.env)
            said = r.stderr.decode()
            self.assertEqual(r.returncode, 1, (argv, said))
            self.assertRegex(said, 'No space left|disk is full', argv)
            self.assertEqual(len(said.splitlines()), 1, (argv, said))
            read_end, write_end = os.pipe()
            os.close(read_end)
            r = self.into(argv, write_end, alice.env)
            os.close(write_end)
            self.assertEqual((r.returncode, r.stderr), (1, b''), argv)
        # With standard output closed nothing else may take its place.
        for argv in (['tacet', 'status'], ['tacetd', 'inventory', '--data',
                                           server.data]):
            r = subprocess.run(['sh', '-c', 'exec "$0" "$@" >&-',
                                f'{BIN}/{argv[0]}', *argv[1:]],
                               stderr=subprocess.PIPE, env=alice.env,
                               timeout=TIMEOUT)
            self.assertEqual(r.returncode, 1)
            self.assertIn('output', r.stderr.decode())
        alice.run('status')
        server.run('doctor')

    def test_an_event_that_was_not_printed_comes_again(self):
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')
        alice.send('bob', 'do not lose this')
        with open('/dev/full', 'wb') as full:
            r = self.into([f'{BIN}/tacet', 'receive', '--timeout', '30'], full,
                          bob.env)
        self.assertEqual(r.returncode, 1)
        bob.wait_text('do not lose this')


class Words(Case):
    def test_oneself_and_nobody(self):
        server = self.server()
        alice = self.person('alice', server)
        for args in (['send', 'alice', 'x'], ['send', 'Alice@localhost', 'x'],
                     ['chat', 'alice'], ['history', 'alice'],
                     ['group', 'create', 'den', 'alice'], ['code', 'alice'],
                     ['verify', 'alice'], ['block', 'alice']):
            said = alice.run(*args, code=2, stdin=b'').stderr.decode()
            self.assertIn('your own handle', said, args)
        for args in (['send', '', 'x'], ['chat', ''], ['history', ''],
                     ['group', 'create', ''], ['block', ''], ['code', ''],
                     ['group', 'add', 'den', '']):
            said = alice.run(*args, code=2, stdin=b'').stderr.decode()
            self.assertIn('empty', said, args)
        said = alice.run('send', 'two\nlines', 'x', code=2).stderr.decode()
        self.assertTrue(said.startswith('tacet: That is neither a group'), said)

    def test_devices_have_names(self):
        server = self.server()
        alice = self.person('alice')
        alice.register(server, '--device', 'old laptop')
        self.assertIn('old laptop  (this one)',
                      alice.run('devices').stdout.decode())
        bob = self.person('bob', server)
        name = json.loads(bob.run('devices', '--json').stdout)['name']
        self.assertEqual(name, os.uname().nodename)

    def test_a_deleted_account_is_called_so_everywhere(self):
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')
        carol = self.person('carol', server)
        alice.run('delete-account', '--yes')
        said = 'The account alice@localhost was deleted'
        told = bob.wait_for(lambda e: e['type'] == 'warning', 'the news')
        self.assertEqual(told['code'], 'account-deleted')
        self.assertIn(said, told['text'])
        for person, args in ((bob, ['send', 'alice', 'there?']),
                             (carol, ['send', 'alice', 'there?']),
                             (carol, ['code', 'alice']),
                             (carol, ['group', 'create', 'den', 'alice'])):
            self.assertIn(said, person.run(*args, code=4).stderr.decode(), args)
        self.assertIn('alice@localhost                  unchecked, deleted',
                      bob.run('contacts').stdout.decode())
        self.assertTrue(json.loads(
            bob.run('contacts', '--json').stdout)['deleted'])

    def test_status_of_a_server_with_other_keys(self):
        """All that is known here, and then why it ends with 5."""
        server = self.server()
        other = self.server(name='other')
        alice, _ = self.friends(server, 'alice', 'bob')
        server.stop()
        for name in ('cert.pem', 'key.pem'):
            with open(f'{other.data}/tls/{name}', 'rb') as f:
                theirs = f.read()
            with open(f'{server.data}/tls/{name}', 'wb') as f:
                f.write(theirs)
        server.start()
        r = alice.run('status', code=5)
        self.assertIn('account    alice@localhost', r.stdout.decode())
        self.assertIn('1 contact, 0 of', r.stdout.decode())
        said = r.stderr.decode()
        self.assertIn('certificate', said)
        self.assertEqual(len(said.splitlines()), 1)
        r = alice.run('status', '--json', code=5)
        self.assertEqual(json.loads(r.stdout)['trouble'], 'certificate-changed')

    def test_who_may_read_the_files(self):
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')
        path = os.path.join(self.folder, 'letter.txt')
        with open(path, 'w') as f:
            f.write('for bob alone')
        alice.run('send', 'bob', 'see', '--attach', path)
        bob.wait_text('see')
        alice.run('code', 'bob', '--svg', os.path.join(alice.home, 'code.svg'))
        for top in (server.data, alice.home, bob.home, bob.files):
            for folder, _, files in os.walk(top):
                self.assertEqual(stat.S_IMODE(os.stat(folder).st_mode), 0o700,
                                 folder)
                for name in files:
                    p = os.path.join(folder, name)
                    mode = stat.S_IMODE(os.stat(p).st_mode)
                    self.assertEqual(mode & 0o077, 0, f'{p}: {mode:o}')


class Questions(Case):
    def ask(self, person, *args):
        t = Terminal([f'{BIN}/tacet', *args], person.env)
        self.addCleanup(t.close)
        return t

    def test_verify_asks_until_it_understands(self):
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')
        t = self.ask(alice, 'verify', 'bob')
        t.wait_line('Do they see the same digits?')
        t.type('perhaps\n')
        t.wait_line('Type yes if all 60 digits are the same')
        t.type('Y\n')
        t.wait_line('bob is verified.')
        self.assertEqual(t.end(), 0)
        self.assertIn('verified', alice.run('contacts').stdout.decode().split())
        t = self.ask(bob, 'verify', 'alice')
        t.wait_line('Do they see the same digits?')
        t.type('no\n')
        t.wait_line('nothing was changed')
        self.assertEqual(t.end(), 5)
        self.assertIn('transparent', bob.run('contacts').stdout.decode())
        t = self.ask(bob, 'verify', 'alice')
        t.wait_line('Do they see the same digits?')
        t.type('\x04')
        self.assertEqual(t.end(), 2)
        bob.run('verify', 'alice', code=2)  # and no terminal is no answer

    def test_passphrases_are_asked_and_not_shown(self):
        server = self.server()
        gus = self.person('gus')
        t = self.ask(gus, 'register', 'gus', '--invite', server.invite())
        t.wait_line('New passphrase:')
        t.type('correct horse\n')
        t.wait_line('The same again:')
        t.type('wrong horse\n')
        t.wait_line('differ')
        self.assertEqual(t.end(), 2)
        t = self.ask(gus, 'register', 'gus', '--invite', server.invite())
        for question in ('New passphrase:', 'The same again:'):
            t.wait_line(question)
            t.type('correct horse\n')
        t.wait_line('24 words')
        self.assertEqual(t.end(), 0)
        self.assertNotIn('correct horse', '\n'.join(t.screen.lines()))
        t = self.ask(gus, 'status')
        t.wait_line('Passphrase:')
        t.type('correct horse\n')
        t.wait_line('locked with a passphrase')
        self.assertEqual(t.end(), 0)


class Manuals(Case):
    """--help and the manual pages say the same."""
    DOCS = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..',
                        'docs', 'man')

    def page(self, name):
        with open(os.path.join(self.DOCS, name)) as f:
            return re.sub(r'[*_\\]', '', f.read())

    def says(self, program, *args):
        r = subprocess.run([f'{BIN}/{program}', *args], capture_output=True,
                           timeout=TIMEOUT, check=True)
        return r.stdout.decode().replace('…', '...')

    def options(self, text):
        """The options that a command's --help lists, without the common ones."""
        own = text.split('\nEvery command takes\n')[0]
        return set(re.findall(r'^  (--[a-z-]+)', own, re.M))

    def test_tacet(self):
        part = self.page('tacet.1.scd').split('\n# COMMANDS\n')[1]
        part = part.split('\n# ')[0]
        terms = [t for line in part.splitlines() if re.match(r'[a-z-]+ ', line)
                 or re.fullmatch(r'[a-z-]+', line) for t in line.split(' | ')]
        documented = {}
        listed = re.findall(r'^  ([a-z-]+.*?)  +\S', self.says('tacet', '--help'),
                            re.M)
        self.assertGreater(len(listed), 20)
        names = [re.match(r'[a-z-]+( [a-z]+)?', u).group() for u in listed]
        for usage in listed:
            name = re.match(r'[a-z-]+( [a-z]+)?', usage).group()
            if name == 'requests list':
                continue  # stands as "requests [list]"
            found = [t for t in terms if (t + ' ').startswith(usage + ' ')
                     and not any(len(n) > len(name) and t.startswith(n + ' ')
                                 for n in names)]
            self.assertEqual(len(found), 1, f'{usage!r} in tacet(1): {found}')
            documented[found[0]] = True
            help = self.says('tacet', *name.split(), '--help')
            self.assertIn(f'usage: tacet {usage}\n', help)
            # `devices --help` shows `devices approve` too.
            own = help.split(f'usage: tacet {usage}\n')[1].split('\n\n')[0]
            self.assertEqual(self.options(own),
                             set(re.findall(r'--[a-z-]+', found[0])), usage)
        # And none that there is not.
        for t in terms:
            if re.search(r'^(chat|send|group|requests|recovery)\b', t):
                self.assertIn(t, documented)

    def test_tacetd(self):
        synopsis = self.page('tacetd.8.scd').split('# SYNOPSIS\n')[1]
        synopsis = synopsis.split('\n# ')[0]
        keys = set(re.findall(r'([a-z-]+) = ', self.page(
            'tacetd.conf.5.scd').split('\n# NETWORK\n')[1]))
        listed = re.findall(r'^  ([a-z]+) ', self.says('tacetd', '--help'), re.M)
        self.assertGreater(len(listed), 5)
        for name in listed:
            lines = [x for x in synopsis.splitlines()
                     if x.startswith(f'tacetd {name} ')]
            self.assertTrue(lines, name)
            given = self.options(self.says('tacetd', name, '--help'))
            said = set(re.findall(r'--[a-zA-Z-]+', ' '.join(lines)))
            if '--listen' in given:  # the keys of tacetd.conf
                of_keys = {x for x in given if x[2:] in keys}
                self.assertEqual({x[2:] for x in of_keys}, keys, name)
                given -= of_keys
                said = {x for x in said if x[2:] not in keys} - {'--KEY'}
            self.assertEqual(given, said, name)

    def test_every_program_has_a_version(self):
        for program in ('tacet', 'tacetd'):
            self.assertRegex(self.says(program, '--version'),
                             rf'\A{program} [0-9][0-9.]*\n\Z')

class Contract(Case):
    """What else scripts rely on: where the home is, names that fit two, the
    fields of what --json prints."""

    def test_where_the_home_is(self):
        server = self.server()
        alice = self.person('alice')
        bare = {k: v for k, v in os.environ.items()
                if k not in ('TACET_HOME', 'XDG_DATA_HOME')}
        places = {name: os.path.join(self.folder, name)
                  for name in ('given', 'variable', 'data', 'user')}
        data = {'XDG_DATA_HOME': places['data'], 'HOME': places['user']}
        for n, (env, args, where) in enumerate((
                ({'HOME': places['user']}, [],
                 places['user'] + '/.local/share/tacet'),
                (data, [], places['data'] + '/tacet'),
                (dict(data, TACET_HOME=places['variable']), [],
                 places['variable']),
                (dict(data, TACET_HOME=places['variable']),
                 ['--home', places['given']], places['given']))):
            alice.env = dict(bare, **env)
            alice.run(*args, 'register', f'alice{n}', '--invite',
                      server.invite(), '--no-passphrase')
            self.assertTrue(os.path.exists(where + '/store.db'), where)
            self.assertEqual(os.stat(where).st_mode & 0o777, 0o700)
            said = json.loads(alice.run('status', '--json', *args).stdout)
            self.assertEqual(said['handle'], f'alice{n}@localhost')

    def test_a_name_that_fits_two(self):
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')
        first = alice.run('group', 'create', 'bob').stdout.decode().strip()
        for args in (['send', 'bob', 'x'], ['history', 'bob'],
                     ['chat', 'bob']):
            said = alice.run(*args, code=2, stdin=b'').stderr.decode()
            self.assertIn('group', said)
            self.assertIn('person', said)
        alice.send('bob@localhost', 'to the person')
        bob.wait_text('to the person')
        alice.send(first, 'to the group')
        said = alice.run('history', first).stdout.decode()
        self.assertIn('to the group', said)
        self.assertNotIn('to the person', said)

    def test_what_json_has(self):
        server = self.server()
        alice, bob = self.friends(server, 'alice', 'bob')
        path = os.path.join(self.folder, 'note.txt')
        with open(path, 'w') as f:
            f.write('noted')
        made = json.loads(alice.run('group', 'create', 'den', 'bob',
                                    '--json').stdout)
        self.assertEqual(set(made), {'conversation', 'name', 'queued'})
        alice.run('send', 'den', 'look', '--attach', path, '--expires', '1d')
        got = bob.wait_text('look')
        self.assertEqual(list(got), [
            'type', 'id', 'conversation', 'group', 'from', 'device', 'sent_at',
            'received_at', 'text', 'reply_to', 'request', 'notice', 'own',
            'attachments', 'expires_at', 'read_at', 'trust'])
        self.assertEqual(list(got['attachments'][0]),
                         ['name', 'type', 'size', 'path'])
        self.assertRegex(got['sent_at'],
                         r'\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z')
        self.assertRegex(got['id'], r'\A[0-9a-f]{64}\Z')
        self.assertEqual(got['conversation'], made['conversation'])
        self.assertEqual(got['group'], 'den')
        event = bob.wait_for(lambda e: e['type'] == 'group', 'the group')
        self.assertEqual(list(event), ['type', 'id', 'conversation', 'group',
                                       'action', 'by', 'members'])
        request = bob.wait_for(lambda e: e['type'] == 'request', 'the request')
        self.assertEqual(list(request), ['type', 'id', 'conversation', 'from',
                                         'group', 'trust'])
        for args, keys in (
                (['group', 'rename', 'den', 'lair'], {'group', 'queued'}),
                (['group', 'list'], {'conversation', 'name', 'request', 'left',
                                     'epoch', 'members', 'admins'}),
                (['group', 'remove', 'lair', 'bob'], {'group', 'queued'}),
                (['contacts'], {'handle', 'account', 'trust', 'blocked',
                                'deleted', 'devices'}),
                (['devices'], {'id', 'name', 'this_one'}),
                (['code', 'bob'], {'code', 'qr_text', 'trust'})):
            (line,) = alice.run(*args, '--json').stdout.decode().splitlines()
            self.assertEqual(set(json.loads(line)), keys, args)
        said = alice.run('history', 'bob', '--json', '--limit', '2').stdout
        own = [m for m in map(json.loads, said.splitlines()) if 'delivery' in m]
        self.assertEqual([m['delivery'] for m in own], ['sent'])
        # Marked as shown only once it was: the same id comes again.
        bob.send('alice', 'twice?')
        with open('/dev/full', 'w') as full:
            r = subprocess.run([f'{BIN}/tacet', 'receive', '--json',
                                '--timeout', '30'], env=alice.env, stdout=full,
                               stderr=subprocess.DEVNULL, timeout=TIMEOUT)
        self.assertEqual(r.returncode, 1)
        alice.wait_text('twice?')
        self.assertEqual(alice.receive(), [])


if __name__ == '__main__':
    unittest.main(verbosity=2)
