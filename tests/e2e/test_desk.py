# SPDX-License-Identifier: Apache-2.0
"""tacet-desk, the real program: cases, roles, clocks, the log and who tampers
with it, commitments in the key log."""
import datetime
import json
import os
import shutil
import sqlite3
import subprocess
import unittest

from harness import BIN, TIMEOUT, Case, wrong_clock

DAY = 86400


def day(offset=0):
    now = datetime.datetime.now(datetime.timezone.utc).date()
    return (now + datetime.timedelta(days=offset)).isoformat()


def demand(**more):
    return dict({'version': 1, 'instrument': 'subpoena', 'kind': 'criminal',
                 'received': day(), 'dated': day(-1),
                 'authority': {'code': 'us-grand-jury', 'country': 'US',
                               'name': 'a grand jury'},
                 'case_number': '1:26-mj-7', 'identifiers': ['bob'],
                 'demands': ['created']}, **more)


class Desk(Case):
    def setUp(self):
        super().setUp()
        self.clock = 0  # days that the machine's clock is ahead
        self.data = os.path.join(self.folder, 'desk')

    def path(self, name):
        return os.path.join(self.folder, name)

    def desk(self, *args, code=0, data=True, stdin=None):
        env = dict(os.environ)
        if self.clock:
            env.update(wrong_clock(self.clock * DAY))
        r = subprocess.run(
            [f'{BIN}/tacet-desk', *args, *(['--data', self.data] if data else [])],
            capture_output=True, timeout=TIMEOUT, env=env, input=stdin)
        if code is not None and r.returncode != code:
            self.fail(f'tacet-desk {" ".join(args)} ended with {r.returncode} '
                      f'instead of {code}\n{r.stderr.decode()}')
        self.said = r.stderr.decode()
        if code is not None and r.returncode not in (0, 2):
            self.assertEqual(1, len(self.said.splitlines()), self.said)
        return r.stdout.decode()

    def officer(self, name, role, *args):
        self.desk('key', 'new', self.path(name), '--no-passphrase', data=False)
        self.desk('officer', 'add', name, '--key', self.path(name + '.pub'),
                  '--role', role, *args)

    def make(self, server=None, *args):
        if server is None:
            server = self.path('tacetd')
            subprocess.run([f'{BIN}/tacetd', 'init', '--data', server],
                           check=True, capture_output=True, timeout=TIMEOUT)
        self.desk('init', '--server', server, *args)
        self.officer('ann', 'officer')
        self.officer('bob', 'approver', '--cleared')

    def file(self, code=0, *args, **more):
        with open(self.path('demand.json'), 'w') as f:
            json.dump(demand(**more), f)
        return self.desk('case', 'new', '--file', self.path('demand.json'),
                         '--key', self.path('ann'), *args, code=code).strip()

    def key(self, name):
        return ('--key', self.path(name))

    def row(self, case, *args):
        line = self.desk('case', 'show', case, '--json', *args).splitlines()[0]
        return json.loads(line)['case']

    def sql(self, *statements):
        c = sqlite3.connect(os.path.join(self.data, 'desk.db'))
        with c:
            for s in statements:
                c.execute(s)
        c.close()


class Cases(Desk):
    def test_a_case_from_its_filing_to_its_purge(self):
        self.make()
        with open(self.path('letter.pdf'), 'wb') as f:
            f.write(b'%PDF the original' * 1000)
        case = self.file(0, '--document', self.path('letter.pdf'),
                         deadline=day(3))
        row = self.row(case)
        self.assertEqual(('received', 'ann', day(3), 1),
                         (row['state'], row['filed_by'], row['due'],
                          row['accounts']))
        kept = os.path.join(self.data, 'documents', row['document'])
        self.assertEqual(17000, os.path.getsize(kept))
        self.assertIn(case, self.desk('case', 'list', '--due'))
        # What may not be in this state is refused, with what may.
        self.desk('decide', case, 'accept', '--reason', 'x', *self.key('ann'),
                  code=4)
        self.assertIn('possible is: authenticate', self.said)
        self.desk('case', 'withdraw', case, '--reason', 'they wrote',
                  *self.key('ann'))
        self.assertNotIn(case, self.desk('case', 'list', '--due'))
        self.desk('case', 'purge', case, *self.key('ann'), code=4)
        self.desk('case', 'close', case, *self.key('ann'))
        self.desk('case', 'purge', case, *self.key('ann'))
        self.assertFalse(os.path.exists(kept))
        self.assertNotIn('1:26-mj-7', self.desk('case', 'show', case))
        self.assertIn('purged', self.desk('log', 'verify'))
        for name in os.listdir(self.data):
            if name.startswith('desk.db'):
                with open(os.path.join(self.data, name), 'rb') as f:
                    self.assertNotIn(b'they wrote', f.read())

    def test_who_may_what(self):
        self.make()
        self.officer('iris', 'auditor')
        secret = self.file(kind='national-security', instrument='nsl')
        for args in ((), self.key('ann'), self.key('iris')):
            self.desk('case', 'show', secret, *args, code=4)
            self.assertIn('cleared', self.said)
            self.assertNotIn(secret, self.desk('case', 'list', *args))
            self.assertNotIn(secret, self.desk('log', 'show', *args))
        self.assertIn(secret, self.desk('case', 'list', *self.key('bob')))
        self.desk('case', 'show', secret, *self.key('bob'))
        case = self.file()
        self.desk('case', 'withdraw', case, '--reason', 'x', *self.key('iris'),
                  code=4)
        self.assertIn('changes no case', self.said)
        self.desk('key', 'new', self.path('eve'), '--no-passphrase', data=False)
        self.desk('case', 'show', case, *self.key('eve'), code=5)
        with open(self.path('demand.json'), 'w') as f:
            json.dump(demand(), f)
        self.desk('case', 'new', '--file', self.path('demand.json'),
                  *self.key('bob'), code=4)
        # Reads are in the log, with who read.
        self.desk('case', 'show', case, *self.key('iris'))
        reads = [json.loads(x) for x in
                 self.desk('log', 'show', '--json').splitlines()]
        self.assertEqual([('iris', True)],
                         [(e['actor'], e['signed']) for e in reads
                          if e['kind'] == 'case-read' and e['case'] == case])
        # An administrator, once there is one, says who works here.
        self.officer('root', 'administrator')
        self.desk('officer', 'remove', 'iris', code=4)
        self.desk('officer', 'remove', 'iris', '--by', self.path('ann'), code=4)
        self.desk('officer', 'remove', 'iris', '--by', self.path('root'))
        # And of which server a plan reads.
        other = ('settings', '--server', self.folder)
        self.desk(*other, code=4)
        self.desk(*other, '--by', self.path('ann'), code=4)
        self.assertNotIn(f'server         {self.folder}\n',
                         self.desk('settings'))
        self.desk(*other, '--by', self.path('root'))
        self.desk('case', 'show', case, *self.key('iris'), code=5)
        self.desk('case', 'withdraw', case, '--reason', 'x', *self.key('root'),
                  code=4)
        self.desk('log', 'verify')

    def test_a_passphrase(self):
        self.make()
        with open(self.path('words'), 'w') as f:
            f.write('correct horse\n')
        words = ('--passphrase-file', self.path('words'))
        self.desk('key', 'new', self.path('cem'), *words, data=False)
        self.desk('officer', 'add', 'cem', '--key', self.path('cem.pub'),
                  '--role', 'officer')
        case = self.file()
        self.desk('case', 'show', case, *self.key('cem'), *words)
        with open(self.path('words'), 'w') as f:
            f.write('correct house\n')
        self.desk('case', 'show', case, *self.key('cem'), *words, code=5)

    def test_imports(self):
        self.make()
        line = {'received': '2013-01-15', 'kind': 'criminal',
                'instrument': 'subpoena', 'authority': "x'; DROP TABLE event;--",
                'accounts': 2, 'with_data': 1, 'outcome': 'disclosed'}
        good = self.path('good.jsonl')
        with open(good, 'w') as f:
            for i in range(1000):
                f.write(json.dumps(dict(line, accounts=2 + i)) + '\n')
        self.assertEqual('1000 cases\n', self.desk('case', 'import', good))
        self.assertEqual('', self.said)
        # Lines as other programs write them.
        with open(self.path('crlf.jsonl'), 'w', newline='') as f:
            f.write('\r\n'.join([json.dumps(dict(reversed(line.items())))] * 3)
                    + '\r\n\r\n')
        self.assertEqual('3 cases\n',
                         self.desk('case', 'import', self.path('crlf.jsonl')))
        with open(self.path('odd.jsonl'), 'w') as f:
            for kind in ('national-security', 'criminal', 'civil'):
                f.write(json.dumps(dict(line, instrument='nsl', kind=kind))
                        + '\n')
        self.assertEqual('3 cases\n',
                         self.desk('case', 'import', self.path('odd.jsonl')))
        self.assertIn('2 lines, the first of them line 2,', self.said)
        bad = [dict(line, received='2013-02-30'), dict(line, received='9999-01-01'),
               dict(line, kind='Criminal'), dict(line, outcome='pending'),
               dict(line, with_data=3), dict(line, accounts=-1),
               dict(line, accounts=2.5), dict(line, accounts='2'),
               dict(line, more=1), dict(line, country='us'),
               dict(line, instrument='a b'), dict(line, authority='a\nb'),
               {k: v for k, v in line.items() if k != 'kind'}]
        lines = [json.dumps(b) for b in bad] + [
            '[]', '{', '{"received":"2013-01-15","received":"2013-01-15"}',
            '[' * 100000, '\udcff']
        for text in lines:
            with open(self.path('bad.jsonl'), 'w', errors='surrogateescape') as f:
                f.write(json.dumps(line) + '\n' + text + '\n')
            self.desk('case', 'import', self.path('bad.jsonl'), code=1)
            self.assertIn('line 2', self.said)
        self.assertEqual(1005, len(self.desk('case', 'list').splitlines()))
        self.desk('log', 'verify')

    def test_hostile_demands(self):
        self.make()
        before = self.desk('log', 'show')
        for text in (b'', b'\x00', b'{}', b'[]', b'\xff\xfe', b'{"version":2}',
                     json.dumps(demand(received=day(2))).encode(),
                     json.dumps(demand(received='2026-02-30')).encode(),
                     json.dumps(demand(instrument='a"b')).encode(),
                     b'{"version":1' + b' ' * (2 << 20) + b'}',
                     b'{"a":' * 5000, json.dumps(demand(surprise=1)).encode()):
            with open(self.path('demand.json'), 'wb') as f:
                f.write(text)
            self.desk('case', 'new', '--file', self.path('demand.json'),
                      *self.key('ann'), code=1)
        self.desk('case', 'new', '--file', self.path('nothing'),
                  *self.key('ann'), code=1)
        self.desk('case', 'new', '--file', self.folder, *self.key('ann'), code=1)
        # The document is another one than the demand names.
        with open(self.path('letter'), 'w') as f:
            f.write('x')
        self.file(1, '--document', self.path('letter'),
                  document={'sha256': '0' * 64, 'name': 'letter.pdf'})
        self.assertEqual(before, self.desk('log', 'show'))

    def test_a_large_document(self):
        self.make()
        with open(self.path('large.pdf'), 'wb') as f:
            f.truncate(200 << 20)
        case = self.file(0, '--document', self.path('large.pdf'))
        # sha256sum of 200 MiB of zeros
        out = subprocess.run(['sha256sum', self.path('large.pdf')], check=True,
                             capture_output=True).stdout.decode().split()[0]
        self.assertEqual(out, self.row(case)['document'])

    @unittest.skipUnless(os.geteuid() == 0, 'only root makes a small disk')
    def test_a_full_disk(self):
        self.make()
        small = self.path('small')
        os.mkdir(small)
        if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=4m', 'tmpfs',
                           small], capture_output=True).returncode != 0:
            self.skipTest('nothing can be mounted here')
        self.addCleanup(subprocess.run, ['umount', small])
        shutil.copytree(self.data, os.path.join(small, 'desk'))
        self.data = os.path.join(small, 'desk')
        case = self.file()
        with open(self.path('letter.pdf'), 'wb') as f:
            f.write(b'x' * (8 << 20))
        self.file(1, '--document', self.path('letter.pdf'))
        self.assertIn('No space left', self.said)
        self.assertEqual([], os.listdir(os.path.join(self.data, 'documents')))
        fill = os.path.join(small, 'fill')
        with open(fill, 'wb', buffering=0) as f:
            try:
                while True:
                    f.write(b'x' * 4096)
            except OSError:
                pass
        for args in (('case', 'list'), ('log', 'verify')):
            self.desk(*args, code=1)
            self.assertIn('make room', self.said)
        self.file(1)
        self.assertIn('make room', self.said)
        os.remove(fill)
        self.assertIn(case, self.desk('case', 'list'))
        self.desk('log', 'verify')

    def test_deadlines(self):
        self.make()
        eu = {'code': 'eu-judge', 'country': 'DE', 'name': 'a court'}
        late = self.file(deadline=day(30))
        epoc = self.file(instrument='epoc', authority=eu)
        soon = self.file(instrument='epoc-emergency', kind='emergency',
                         authority=eu)
        due = [json.loads(x) for x in
               self.desk('case', 'list', '--due', '--json').splitlines()]
        self.assertEqual([soon, epoc, late], [d['id'] for d in due])
        self.assertEqual(day(10), due[1]['due'])
        kept = self.file(instrument='preservation-2703f')
        self.assertEqual(day(90), self.row(kept)['kept_until'])
        self.desk('preservation', 'extend', kept, '--reason', 'asked again',
                  *self.key('ann'))
        self.assertEqual(day(180), self.row(kept)['kept_until'])
        self.desk('preservation', 'extend', kept, '--reason', 'and again',
                  *self.key('ann'), code=4)
        self.assertIn(day(180), self.desk('preservation'))
        self.desk('preservation', 'extend', late, '--reason', 'x',
                  *self.key('ann'), code=4)


class Log(Desk):
    def test_the_clock(self):
        self.make()
        self.clock = 3
        case = self.file(received=day(3))
        self.clock = 0
        self.desk('case', 'show', case, code=1)
        self.assertIn('never go back in time', self.said)
        self.desk('log', 'verify')  # reading needs no clock
        self.clock = 500
        self.desk('case', 'show', case, code=1)
        self.desk('case', 'show', case, '--clock-is-right')
        self.desk('log', 'verify')

    def test_tampering_is_found(self):
        self.make()
        case = self.file()
        self.desk('case', 'withdraw', case, '--reason', 'x', *self.key('ann'))
        self.desk('log', 'verify')
        whole = self.path('whole.db')
        db = os.path.join(self.data, 'desk.db')
        subprocess.run(['cp', db, whole], check=True)
        for sql, word in (
                ("UPDATE event SET body = replace(body, 'x', 'y') "
                 "WHERE kind = 'case-withdrawn'", 'event 5'),
                ('DELETE FROM event WHERE number = 4', 'event 5'),
                ('DELETE FROM event WHERE number = 5', 'cut off'),
                ("UPDATE event SET actor = 'bob' WHERE number = 5", 'event 5'),
                ("UPDATE cases SET row = replace(row, 'withdrawn', 'disclosed')",
                 case),
                ('UPDATE officer SET cleared = 1', 'officer ann'),
                ('UPDATE head SET number = 4', 'cut off')):
            self.sql(sql)
            self.desk('log', 'verify', code=5)
            self.assertIn(word, self.said)
            subprocess.run(['cp', whole, db], check=True)
        self.desk('log', 'verify')

    def test_a_report_needs_no_officer(self):
        self.make()
        self.desk('publish', '--from', '2025-01-01', '--to', '2025-06-30',
                  '--form', 'a1')
        self.desk('log', 'verify')

    def test_a_day_each_day(self):
        self.make()
        case = self.file()
        self.assertEqual('', self.desk('log', 'commit'))
        self.clock = 4
        self.assertIn('look: 4 days', self.desk('log', 'verify'))
        lines = self.desk('log', 'commit')
        self.assertEqual([day(i) for i in range(4)],
                         [x.split()[0] for x in lines.splitlines()])
        self.assertEqual('', self.desk('log', 'commit'))
        self.assertEqual(lines, self.desk('log', 'commit', '--from', day()))
        kept = self.path('kept')
        with open(kept, 'w') as f:
            f.write(lines)
        self.desk('log', 'verify', '--commitments', kept)
        # One case, for somebody who has no desk.
        proof = self.path('proof.json')
        self.desk('log', 'prove', case, '--out', proof, *self.key('ann'))
        out = self.desk('log', 'check', proof, '--commitments', kept, data=False)
        self.assertIn('case: 1 events', out)
        with open(proof) as f:
            p = json.load(f)
        self.assertNotIn('officer-added', json.dumps(p))
        p['events'][0]['body'] = p['events'][0]['body'].replace('bob', 'eve')
        with open(self.path('false.json'), 'w') as f:
            json.dump(p, f)
        self.desk('log', 'check', self.path('false.json'), data=False, code=5)
        # Put back to before, and written again with all keys.
        with open(kept, 'w') as f:
            f.write(lines.replace(lines.split()[-1], '0' * 64))
        self.desk('log', 'verify', '--commitments', kept, code=5)
        self.assertIn('another history', self.said)

    def test_in_the_key_log(self):
        server = self.server()
        self.make(server.data)
        old = self.path('old')
        subprocess.run(['cp', '-r', self.data, old], check=True)
        self.file()
        self.clock = 3
        lines = self.desk('log', 'commit').splitlines()
        self.desk('log', 'verify', '--server', server.data, code=5)
        self.assertIn(f'the commitment to {day()} is not in the key log',
                      self.said)
        for line in lines:
            server.run('statement', 'add', '--hash', line.split()[1])
        out = self.desk('log', 'verify', '--server', server.data)
        self.assertIn('key log: 3 days', out)
        # The folder is put back and lived in again: all keys are right, and the
        # days that others have are not these.
        self.data = old
        self.file()
        self.desk('log', 'verify')
        self.desk('log', 'commit')
        self.desk('log', 'verify', '--server', server.data, code=5)


if __name__ == '__main__':
    unittest.main(verbosity=2)
