#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A demand from its plan to the bundle: real accounts at a real server, two
officers, and what somebody gets who has neither the right nor the second
signature."""
import csv
import datetime
import fcntl
import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import unittest

from harness import BIN, TIMEOUT, Case, wrong_clock

# What the subpoenas of 2016 and 2021 that Signal published ask for.
SUBPOENA = ['name', 'address', 'phone', 'email', 'payment', 'ip-history',
            'sessions', 'contacts', 'call-records', 'message-records',
            'messages', 'created', 'last-seen']
# Made by age-keygen for this test.
IDENTITY = 'AGE-SECRET-KEY-19MJDW4M8TPTJEQM4TM0ZEF2N4ZZ3VZSRUTLY88QT8N7WHVGQ2F5QWY7LG6'
RECIPIENT = 'age1k2dslpec7tcuuqn7k360v27npxw7lrw8ypcqvenkzxqgxwvxlf6s6px7jh'


class Desk(Case):
    def setUp(self):
        self.began = self.today()
        super().setUp()
        self.data = os.path.join(self.folder, 'desk')
        self.later = 0  # seconds that the machine's clock is ahead
        self.out = os.path.join(self.folder, 'out')
        os.mkdir(self.out)
        self.identity = os.path.join(self.folder, 'officer.key')
        with open(self.identity, 'w') as f:
            f.write('# for the officer alone\n' + IDENTITY + '\n')

    def desk(self, *args, code=0, data=True, later=0):
        where = ['--data', self.data] if data else []
        later = later or self.later
        r = subprocess.run([f'{BIN}/tacet-desk', *args, *where],
                           capture_output=True, timeout=TIMEOUT,
                           env=dict(os.environ, **(wrong_clock(later) if later
                                                   else {})))
        said = r.stderr.decode(errors='replace')
        if code is not None:
            self.assertEqual(r.returncode, code, f'{args}: {said}')
        if code not in (0, None):
            self.assertTrue(said.startswith('tacet-desk: '), said)
            self.assertEqual(said.count('\n'), 1, said)
        self.said = said
        return r.stdout.decode()

    def key(self, name):
        return os.path.join(self.folder, name + '.key')

    def open_desk(self, server):
        self.desk('init', '--server', server.data)
        for name, role in (('carl', 'officer'), ('ann', 'officer'),
                           ('ben', 'approver'), ('eve', 'auditor')):
            self.desk('key', 'new', self.key(name), '--no-passphrase',
                      data=False)
            self.desk('officer', 'add', name, '--key', self.key(name) + '.pub',
                      '--role', role)

    def file(self, instrument='subpoena', **more):
        demand = dict({'version': 1, 'instrument': instrument,
                       'kind': 'criminal', 'received': self.today(),
                       'dated': self.today(), 'identifiers': ['alice'],
                       'demands': SUBPOENA,
                       'authority': {'code': 'us-grand-jury',
                                     'name': 'Grand Jury', 'country': 'US'},
                       'case_number': '1:26-gj-7'}, **more)
        path = os.path.join(self.folder, 'demand.json')
        with open(path, 'w') as f:
            json.dump(demand, f)
        return self.desk('case', 'new', '--file', path, '--key',
                         self.key('carl')).strip()

    def one_day(self, table, name):
        """One account with one day: that of the test, which may have ended
        after midnight."""
        head, row = rows(table)
        self.assertEqual((head, row[0]), (['handle', name], 'alice'))
        self.assertIn(row[1], (self.began, self.today()))

    @staticmethod
    def today():
        return datetime.datetime.now(datetime.timezone.utc).date().isoformat()

    def accept(self, case, decision='narrow'):
        """Whatever was found: each finding that blocks is named."""
        judged = json.loads(self.desk('evaluate', case, '--json', '--key',
                                      self.key('ann'), code=None))
        blocks = {f['code'] for f in judged['findings']
                  if f['severity'] == 'block'}
        self.desk('decide', case, decision, '--reason', 'it is lawful',
                  *(['--despite', ','.join(sorted(blocks))] if blocks else []),
                  '--key', self.key('ann'))

    def plan(self, case, **kw):
        return self.desk('plan', case, '--recipient', RECIPIENT, '--key',
                         self.key('ann'), '--json', **kw)

    def sign(self, case, who, **kw):
        return self.desk('sign', case, '--key', self.key(who), **kw)

    def run_plan(self, case, **kw):
        return self.desk('run', case, '--out', self.out, '--key',
                         self.key('ann'), '--operator', 'Example', **kw)

    def state(self, case):
        lines = self.desk('case', 'show', case, '--json').splitlines()
        return json.loads(lines[0])['case']

    def sealed(self, case):
        return os.path.join(self.out, case + '.tar.age')

    def nothing_out(self):
        self.assertEqual(os.listdir(self.out), [])

    def files_of(self, case):
        """What is in the bundle, opened with other people's program."""
        if shutil.which('age') is None:
            self.skipTest('age is not installed')
        tar = subprocess.run(['age', '-d', '-i', self.identity,
                              self.sealed(case)], check=True,
                             capture_output=True).stdout
        with tarfile.open(fileobj=io.BytesIO(tar)) as t:
            return {m.name: t.extractfile(m).read() for m in t.getmembers()}, tar


class Answer(Desk):
    def test_a_subpoena_gets_two_dates(self):
        server = self.server()
        for name in ('alice', 'bob'):
            self.person(name, server)
        self.open_desk(server)
        case = self.file(identifiers=['alice', 'nobody-here'])
        self.accept(case)
        shown = json.loads(self.plan(case))
        self.assertEqual([h['present'] for h in shown['plan']['handles']],
                         [True, False])
        given = [g['column'] for s in shown['plan']['steps'] for g in s['gives']]
        self.assertEqual(given, ['account.created', 'account.drawn'])
        # One signature is not enough, and no second one of the same hand.
        self.run_plan(case, code=4)
        self.sign(case, 'ann')
        self.sign(case, 'ann', code=4)
        self.run_plan(case, code=4)
        self.sign(case, 'carl', code=4)  # who filed it
        self.assertIn('filed', self.said)
        self.sign(case, 'eve', code=4)  # an auditor
        self.nothing_out()
        before = snapshot(server.data)
        self.sign(case, 'ben')
        self.assertEqual(self.state(case)['state'], 'approved')
        self.assertEqual(self.run_plan(case).strip(), self.sealed(case))
        self.assertEqual(snapshot(server.data), before)
        row = self.state(case)
        self.assertEqual((row['state'], row['outcome'], row['with_data']),
                         ('delivered', 'partly', 1))
        self.run_plan(case, code=4)  # once
        # What came.
        files, tar = self.files_of(case)
        self.assertEqual(rows(files['data/accounts.csv']),
                         [['handle', 'account'], ['alice', 'yes'],
                          ['nobody-here', 'no']])
        self.one_day(files['data/account.csv'], 'created')
        self.one_day(files['data/last-use.csv'], 'last_drew_tokens')
        self.assertNotIn(b'bob', tar)
        readme = ' '.join(files['README.txt'].decode().split())
        for what in ('telephone numbers', "the subscriber's name",
                     'the contents of messages', 'who called whom, and when'):
            self.assertIn(what + ' Does not exist', readme)
        manifest = json.loads(files['manifest.json'])
        for f in manifest['files']:
            self.assertEqual(hashlib.sha256(files[f['name']]).hexdigest(),
                             f['sha256'])
        self.assertEqual([a['officer'] for a in manifest['approvals']],
                         ['ann', 'ben'])
        self.assertEqual(manifest['plan'],
                         hashlib.sha256(files['plan.json']).hexdigest())
        acts = [h['act'] for h in json.loads(files['custody.json'])['handled']]
        self.assertEqual(acts[0], 'case-filed')
        self.assertEqual(acts[-1], 'extracted')

    def test_checked_anywhere(self):
        server = self.server()
        self.person('alice', server)
        self.open_desk(server)
        case = self.file()
        self.accept(case)
        self.plan(case)
        self.sign(case, 'ann')
        self.sign(case, 'ben')
        self.run_plan(case)
        pub = os.path.join(self.folder, 'desk.pub')
        with open(pub, 'w') as f:
            f.write(self.desk('verify', self.sealed(case), '--identity',
                              self.identity, data=False)
                    .splitlines()[1].split('with the key ')[1] + '\n')
        os.rename(self.data, self.data + '.away')  # it needs no desk
        out = self.desk('verify', self.sealed(case), '--identity', self.identity,
                        '--key', pub, '--json', data=False)
        self.assertEqual(json.loads(out)['officers'], 2)
        self.desk('verify', self.sealed(case), code=1, data=False)
        self.assertIn('--identity', self.said)
        self.desk('verify', self.sealed(case), '--identity', self.identity,
                  '--key', self.key('ann') + '.pub', code=5, data=False)
        # Unpacked; then something in it is changed.
        files, tar = self.files_of(case)
        folder = os.path.join(self.folder, 'unpacked')
        for name, text in files.items():
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'wb') as f:
                f.write(text)
        self.desk('verify', folder, '--key', pub, data=False)
        with open(os.path.join(folder, 'data/account.csv'), 'ab') as f:
            f.write(b'bob,2020-01-01\r\n')
        self.desk('verify', folder, '--key', pub, code=5, data=False)
        self.assertIn('data/account.csv was changed', self.said)
        with open(os.path.join(folder, 'b.tar'), 'wb') as f:
            f.write(tar[:-512])
        self.desk('verify', os.path.join(folder, 'b.tar'), code=1, data=False)

    def answered(self):
        """The bundle of a case."""
        case = self.file()
        self.accept(case)
        self.plan(case)
        self.sign(case, 'ann')
        self.sign(case, 'ben')
        self.run_plan(case)
        return self.sealed(case)

    def verify(self, sealed, *args, **kw):
        return self.desk('verify', sealed, '--identity', self.identity, *args,
                         data=False, **kw)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, 'w') as f:
            f.write(text)
        return path

    def test_officers_of_a_bundle(self):
        """What shows that those who signed are officers; and a thief of the
        desk's key, who makes some up."""
        server = self.server()
        self.person('alice', server)
        self.open_desk(server)
        officers = self.write('officers', self.desk('officer', 'list'))
        new = self.answered()
        said = self.verify(new)
        self.assertEqual(said.count("by the desk's word alone"), 2, said)
        self.assertIn('not checked: that they are officers', said)
        self.assertNotIn('those statements', said)
        # Known from elsewhere.
        said = self.verify(new, '--officers', officers)
        self.assertEqual(said.count('is an officer\'s by'), 2, said)
        self.assertNotIn('not checked: that they', said)
        os.remove(new)
        # A day later the log shows since when they work there.
        self.later = 86400
        days = self.write('days', self.desk('log', 'commit'))
        old = self.answered()
        said = self.verify(old)
        self.assertEqual(said.count('was made an officer\'s on'), 2, said)
        self.assertIn('not checked: that those statements are public', said)
        with open(days) as f:
            statement = f.read().split()[1]
        self.assertEqual(said.count(statement), 2, said)
        got = json.loads(self.verify(old, '--json', '--commitments', days))
        self.assertEqual([(s['officer'], s['statement'], s['kept'], s['pinned'])
                          for s in got['signers']],
                         [('ann', statement, True, False),
                          ('ben', statement, True, False)])
        # The thief: another desk with that key, and officers of its own.
        with open(os.path.join(self.data, 'desk.key')) as f:
            stolen = f.read()
        os.rename(self.data, self.data + '.real')
        os.mkdir(self.data)
        self.write('desk/desk.key', stolen)
        for name in ('carl', 'ann', 'ben', 'eve'):
            for end in ('', '.pub'):
                os.remove(self.key(name) + end)
        self.later = 0
        self.open_desk(server)
        self.later = 86400
        theirs = self.write('theirs', self.desk('log', 'commit'))
        forged = self.answered()
        self.assertEqual(json.loads(self.verify(forged, '--json'))['desk_key'],
                         got['desk_key'])
        self.verify(forged, '--officers', officers, code=5)
        self.assertIn('ann signed the plan with a key that is not', self.said)
        self.verify(forged, '--commitments', days, code=5)
        self.assertIn("that this key is an officer's", self.said)
        self.verify(forged, '--commitments', theirs)
        self.assertIn('not checked', self.verify(forged))

    def test_one_at_a_time(self):
        """What would be taken for a run that was cut off is one at work."""
        server = self.server()
        self.person('alice', server)
        self.open_desk(server)
        case = self.file()
        self.accept(case)
        self.plan(case)
        self.sign(case, 'ann')
        self.sign(case, 'ben')
        with open(os.path.join(self.data, 'desk.lock'), 'w') as f:
            fcntl.flock(f, fcntl.LOCK_EX)
            f.write('run, process 7\n')
            f.flush()
            for command in (('run', case, '--out', self.out, '--key',
                             self.key('ann')),
                            ('preservation', 'run'), ('notices', 'run')):
                self.desk(*command, code=1)
                self.assertIn('is at work on this desk (run, process 7)',
                              self.said)
        self.assertEqual(self.state(case)['state'], 'approved')
        self.nothing_out()
        # The real ones: one of them hands out, and none takes it back.
        argv = [f'{BIN}/tacet-desk', 'run', case, '--out', self.out, '--key',
                self.key('ann'), '--data', self.data]
        runs = [subprocess.Popen(argv, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE) for _ in range(6)]
        ends = [(r.communicate(timeout=TIMEOUT), r.returncode) for r in runs]
        codes = sorted(code for _, code in ends)
        self.assertEqual(codes.count(0), 1, ends)
        self.assertTrue(set(codes) <= {0, 1, 4}, ends)
        self.verify(self.sealed(case))
        acts = [json.loads(line).get('kind') for line in
                self.desk('case', 'show', case, '--json').splitlines()[1:]]
        self.assertEqual((acts.count('extracted'), acts.count('run-stopped')),
                         (1, 0), acts)
        self.assertEqual(self.state(case)['state'], 'delivered')

    def rules(self, name, **more):
        self.write('desk/rules.json', json.dumps(
            {'version': 1, 'operator': {'name': name, **more}}))

    def test_in_whose_name(self):
        """The name is what was planned and signed; a file that is changed
        later changes nothing. By other rules than those by which it was
        decided nothing is planned."""
        server = self.server()
        self.person('alice', server)
        self.open_desk(server)
        self.rules('Example Messenger Ltd')
        case = self.file()
        self.accept(case)
        self.rules('Example Messenger Ltd', max_period_days=7)
        self.desk('plan', case, '--recipient', RECIPIENT, '--key',
                  self.key('ann'), code=4)
        self.assertIn('evaluated by other rules', self.said)
        self.rules('Example Messenger Ltd')
        self.assertEqual(json.loads(self.plan(case))['operator'],
                         'Example Messenger Ltd')
        self.rules('Another Ltd')
        self.assertIn('in the name of Example Messenger Ltd',
                      self.sign(case, 'ann'))
        self.sign(case, 'ben')
        self.run_plan(case, code=4)  # --operator Example
        self.assertIn('in another name', self.said)
        self.assertEqual(self.state(case)['state'], 'approved')
        self.desk('run', case, '--out', self.out, '--key', self.key('ann'))
        files, _ = self.files_of(case)
        self.assertEqual(json.loads(files['manifest.json'])['operator'],
                         'Example Messenger Ltd')
        # What the tables are, with a desk and without.
        self.assertIn('Another Ltd', self.desk('tables', '--json'))
        self.assertNotIn('Another Ltd',
                         self.desk('tables', '--json', data=False))

    def test_what_changed_meanwhile(self):
        """The account is gone; the server is a newer one; the folder is full."""
        server = self.server()
        alice = self.person('alice', server)
        self.open_desk(server)
        case = self.file()
        self.accept(case)
        self.plan(case)
        self.sign(case, 'ann')
        self.sign(case, 'ben')
        self.desk('run', case, '--out', '/nowhere', '--key', self.key('ann'),
                  code=1)
        self.assertEqual(self.state(case)['state'], 'approved')
        alice.run('delete-account', '--yes', code=None)
        server.run('account', 'delete', 'alice', check=False)
        self.run_plan(case, code=1)
        self.assertIn('was erased after it was planned', self.said)
        self.nothing_out()
        self.assertEqual(self.state(case)['state'], 'planned')
        self.run_plan(case, code=4)  # what was signed counts no more
        # It is planned again: then there is none, and that is the answer.
        self.plan(case)
        self.sign(case, 'ann')
        self.sign(case, 'ben')
        self.run_plan(case)
        self.assertEqual(self.state(case)['state'], 'no-data')

    def reset(self, server, handle):
        """A new account takes the handle, on the day that it is asked about:
        no day tells the two apart."""
        link = server.run('account', 'reset', handle).stdout.decode().split()[0]
        heir = self.person('heir')
        heir.run('register', handle, '--invite', link, '--no-passphrase')
        return heir

    def test_the_handle_changed_hands(self):
        """Between plan and run; and between the demand and the plan."""
        server = self.server()
        self.person('alice', server)
        self.open_desk(server)
        case = self.file()
        self.accept(case)
        planned = json.loads(self.plan(case))['plan']['handles'][0]
        self.assertRegex(planned['pin'], '^[0-9a-f]{64}$')
        self.sign(case, 'ann')
        self.sign(case, 'ben')
        heir = self.reset(server, 'alice')
        self.run_plan(case, code=1)
        self.assertIn('the handle alice has passed to another account since it '
                      'was planned', self.said)
        self.nothing_out()
        self.assertEqual(self.state(case)['state'], 'planned')
        # Planned again it is of the account that has it now; who plans decides.
        again = json.loads(self.plan(case))['plan']['handles'][0]
        self.assertNotEqual(planned['pin'], again['pin'])
        # What the plan says is no account's id.
        account = json.loads(heir.run('status', '--json').stdout)['account']
        self.assertNotIn(account, (planned['pin'], again['pin']))
        # A demand about days before there was that account: it is said.
        past = datetime.date.fromisoformat(self.today())
        past = (past - datetime.timedelta(days=3)).isoformat()
        older = self.file(case_number='2', received=past, dated=past)
        self.accept(older)
        got = json.loads(self.plan(older))['plan']['handles'][0]
        self.assertEqual({'handle': 'alice', 'present': False}, got)
        self.assertIn(f'has the handle alice now was made after {past}',
                      self.said)

    def test_preserved_and_released(self):
        """Frozen while the account was there; handed out when it is gone, by a
        later demand alone; erased when its day is over."""
        server = self.server()
        alice = self.person('alice', server)
        self.open_desk(server)
        old = self.file('preservation-2703f', demands=['created', 'last-seen'])
        self.accept(old, 'accept')
        shown = json.loads(self.desk('plan', old, '--key', self.key('ann'),
                                     '--json'))
        self.assertEqual(shown['plan']['purpose'], 'preservation')
        self.assertIsNone(shown['plan']['recipient'])
        self.sign(old, 'ann')
        self.sign(old, 'ben')
        copy = self.desk('run', old, '--key', self.key('ann')).strip()
        self.nothing_out()
        with open(copy, 'rb') as f:
            sealed = f.read()
        self.assertTrue(sealed.startswith(b'age-encryption.org/v1\n'))
        self.assertNotIn(b'alice', sealed)
        alice.run('delete-account', '--yes', code=None)
        server.run('account', 'delete', 'alice', check=False)
        new = self.file()
        self.accept(new)
        shown = json.loads(self.plan(new))
        self.assertFalse(shown['plan']['handles'][0]['present'])
        # More than what was kept is not in it; another account neither.
        other = self.file(identifiers=['bob'])
        self.accept(other)
        self.desk('plan', other, '--preserved', old, '--recipient', RECIPIENT,
                  '--key', self.key('ann'), code=4)
        # Nor is the copy of a case that ann may not see.
        hidden = self.file('preservation-2703f', kind='national-security')
        self.desk('plan', other, '--preserved', hidden, '--recipient',
                  RECIPIENT, '--key', self.key('ann'), code=4)
        self.assertIn('for cleared officers alone', self.said)
        shown = json.loads(self.desk('plan', new, '--preserved', old,
                                     '--recipient', RECIPIENT, '--json',
                                     '--key', self.key('ann')))
        self.assertTrue(shown['plan']['handles'][0]['present'])
        self.assertEqual(shown['plan']['source']['case'], old)
        self.sign(new, 'ann')
        self.sign(new, 'ben')
        # The copy is exchanged: found.
        with open(copy, 'wb') as f:
            f.write(sealed[:-1] + bytes([sealed[-1] ^ 1]))
        self.run_plan(new, code=5)
        self.nothing_out()
        with open(copy, 'wb') as f:
            f.write(sealed)
        self.run_plan(new)
        files, _ = self.files_of(new)
        self.one_day(files['data/account.csv'], 'created')
        self.assertIn(b'preserved under case ' + old.encode(),
                      files['README.txt'])
        self.assertEqual(self.desk('preservation', 'run'), '0 erased\n')
        self.assertEqual(self.desk('preservation', 'run', later=91 * 86400),
                         '1 erased\n')
        self.assertFalse(os.path.exists(copy))

    def test_killed(self):
        """Wherever a run is killed: a file is there if the log says that it
        was sealed, or the next run takes it away."""
        server = self.server()
        self.person('alice', server)
        self.open_desk(server)
        case = self.file()
        self.accept(case)
        for delay in (0.03, 0.04, 0.045, 0.05, 0.055, 0.06, 0.1, None):
            if self.state(case)['state'] in ('narrowed', 'planned'):
                self.plan(case)
                self.sign(case, 'ann')
                self.sign(case, 'ben')
            run = subprocess.Popen(
                [f'{BIN}/tacet-desk', 'run', case, '--out', self.out, '--key',
                 self.key('ann'), '--data', self.data],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                run.wait(delay)
            except subprocess.TimeoutExpired:
                run.kill()
                run.wait()
            state = self.state(case)['state']
            if state in ('minimised', 'sealed', 'delivered'):
                self.assertEqual(os.listdir(self.out), [case + '.tar.age'])
                if state != 'delivered':  # the next run goes on
                    self.run_plan(case)
                    state = self.state(case)['state']
                break
            if state == 'extracted':
                self.run_plan(case, code=4)
                self.assertEqual(self.state(case)['state'], 'planned')
            self.nothing_out()
        self.assertEqual(state, 'delivered')
        self.desk('verify', self.sealed(case), '--identity', self.identity,
                  data=False)

    def test_another_file_after_a_kill(self):
        """A run that goes on takes what the first one wrote, and no other."""
        server = self.server()
        self.person('alice', server)
        self.open_desk(server)
        case = self.file()
        self.accept(case)
        self.plan(case)
        self.sign(case, 'ann')
        self.sign(case, 'ben')
        self.run_plan(case)
        db = sqlite3.connect(os.path.join(self.data, 'desk.db'))
        db.execute("UPDATE cases SET row = replace(row, '\"delivered\"',"
                   " '\"minimised\"') WHERE id = ?", (case,))
        db.commit()
        db.close()
        with open(self.sealed(case), 'rb') as f:
            sealed = f.read()
        with open(self.sealed(case), 'wb') as f:
            f.write(b'something else')
        self.run_plan(case, code=5)
        self.assertIn('not what the run wrote', self.said)
        self.assertEqual(self.state(case)['state'], 'minimised')
        with open(self.sealed(case), 'wb') as f:
            f.write(sealed)
        self.run_plan(case)
        self.assertEqual(self.state(case)['state'], 'delivered')

    def test_a_column_that_nobody_declared(self):
        server = self.server()
        self.person('alice', server)
        self.open_desk(server)
        case = self.file()
        self.accept(case)
        server.stop()
        db = sqlite3.connect(os.path.join(server.data, 'directory.db'))
        db.execute('ALTER TABLE account ADD COLUMN address TEXT')
        db.commit()
        db.close()
        # The server does not start, the inventory does not print, no plan.
        self.assertNotEqual(server.run('run', check=False).returncode, 0)
        r = server.run('inventory', check=False)
        self.assertIn(b'account.address', r.stderr)
        self.plan(case, code=1)
        self.assertIn('account.address', self.said)
        self.assertEqual(self.state(case)['state'], 'narrowed')

    def test_no_way_around(self):
        server = self.server()
        self.person('alice', server)
        self.open_desk(server)
        case = self.file()
        self.plan(case, code=4)  # not decided
        self.accept(case)
        self.desk('plan', case, '--key', self.key('ann'), code=1)
        self.assertIn('age1', self.said)
        self.desk('plan', case, '--recipient', RECIPIENT[:-1] + 'q', '--key',
                  self.key('ann'), code=1)
        self.sign(case, 'ann', code=4)
        self.plan(case)
        self.sign(case, 'ann')
        self.sign(case, 'ben')
        # Whoever can write the desk's folder can write anything there: the
        # plan's text in the log is changed, and found.
        for name in ('plan', 'other'):
            db = sqlite3.connect(os.path.join(self.data, 'desk.db'))
            db.execute("UPDATE event SET body = replace(body,"
                       " 'SELECT created', 'SELECT draw_hash')"
                       " WHERE kind = 'planned'")
            db.commit()
            db.close()
        self.run_plan(case, code=1)
        self.nothing_out()


def rows(text):
    return list(csv.reader(io.StringIO(text.decode())))


def snapshot(folder):
    """Names, sizes, times and bytes of the server's folder. Its write-ahead
    logs are the server's own to empty, and its index is in memory."""
    found = {}
    for where, _, names in os.walk(folder):
        for n in names:
            path = os.path.join(where, n)
            if not n.endswith(('-wal', '-shm', '.db')):
                st = os.stat(path)
                found[path] = (st.st_size, st.st_mtime_ns)
    return found


if __name__ == '__main__':
    unittest.main()
