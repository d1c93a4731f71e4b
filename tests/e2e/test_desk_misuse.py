# SPDX-License-Identifier: Apache-2.0
"""People at the desk who do what they should not: the curious one, two who agree
with each other, the thief of a key, the server's administrator. What limits
them, and what shows. (Who lies about who he is: test_desk_intake.)"""
import json
import os
import shutil
import sqlite3
import unittest

from test_desk_plan import RECIPIENT, Desk, rows


class Misuse(Desk):
    def setUp(self):
        super().setUp()
        self.server_ = self.server()
        self.alice = self.person('alice', self.server_)
        self.open_desk(self.server_)

    def log(self, *args):
        return [json.loads(x) for x in
                self.desk('log', 'show', *args, '--json').splitlines()]

    def acts(self, case, *kinds):
        return [(e['kind'], e['actor'], e['signed']) for e in self.log()
                if e['case'] == case and (not kinds or e['kind'] in kinds)]

    def as_(self, who):
        return ('--key', self.key(who))

    # ---- the curious one ----

    def test_the_curious_officer(self):
        """Carl reads what is none of his business: he can, and it shows."""
        cases = [self.file(case_number=str(i)) for i in range(3)]
        secret = self.file('nsl', kind='national-security', case_number='9')
        self.desk('case', 'list', *self.as_('carl'))
        for case in cases:
            self.desk('case', 'show', case, *self.as_('carl'))
        self.desk('log', 'show', cases[0], *self.as_('carl'))
        for args in (('case', 'show'), ('log', 'show'), ('evaluate',),
                     ('letter',), ('plan',)):
            more = {'letter': ('--out', '-'),
                    'plan': ('--recipient', RECIPIENT)}.get(args[0], ())
            self.desk(*args, secret, *more, *self.as_('carl'), code=4)
        # What an auditor sees of him, with his signature under each.
        read = [(e['kind'], e['case'], e['signed']) for e in self.log()
                if e['actor'] == 'carl' and e['kind'] in ('case-read',
                                                          'cases-listed')]
        self.assertEqual([('cases-listed', None, True)]
                         + [('case-read', c, True) for c in cases]
                         + [('case-read', cases[0], True)], read)
        self.assertNotIn(secret, json.dumps(self.log()))
        # The log of all cases does not tell him what they say.
        self.assertNotIn('alice', json.dumps(self.log(*self.as_('carl'))))
        # He takes a read out of the log: it is found.
        db = sqlite3.connect(os.path.join(self.data, 'desk.db'))
        db.execute("DELETE FROM event WHERE number = (SELECT max(number) FROM "
                   "event WHERE kind = 'case-read')")
        db.commit()
        db.close()
        self.desk('log', 'verify', code=5)

    # ---- two who agree ----

    def test_two_who_agree(self):
        """Ann and Ben answer a demand that nobody made, with Carl's help, who
        files it. They get two days, and leave it all behind them."""
        commitments = os.path.join(self.folder, 'kept')
        before = os.path.join(self.folder, 'before')
        shutil.copytree(self.data, before)
        # Two alone are not enough: who filed does not sign.
        for filer, other in (('ann', 'ben'),):
            path = os.path.join(self.folder, 'own.json')
            with open(path, 'w') as f:
                json.dump({'version': 1, 'instrument': 'subpoena',
                           'kind': 'criminal', 'received': self.today(),
                           'identifiers': ['alice'], 'demands': ['created']}, f)
            own = self.desk('case', 'new', '--file', path,
                            *self.as_(filer)).strip()
            self.accept(own, 'accept')
            self.plan(own)
            self.sign(own, other)
            self.sign(own, filer, code=4)
            self.sign(own, other, code=4)
            self.run_plan(own, code=4)
            # Nor does it help to change who filed it.
            db = sqlite3.connect(os.path.join(self.data, 'desk.db'))
            db.execute("UPDATE cases SET row = replace(row, '\"filed_by\":"
                       f"\"{filer}\"', '\"filed_by\":\"carl\"')")
            db.commit()
            db.close()
            self.desk('log', 'verify', code=5)
            shutil.rmtree(self.data)
            shutil.copytree(before, self.data)
        case = self.file(demands=['created', 'last-seen', 'messages', 'contacts',
                                  'ip-history', 'keys', 'location'],
                         instrument='search-warrant',
                         authority={'code': 'us-federal-court', 'country': 'US',
                                    'name': 'A court that never heard of it'})
        self.accept(case)
        self.plan(case)
        self.sign(case, 'ann')
        self.sign(case, 'ben')
        self.run_plan(case)
        files, _ = self.files_of(case)
        data = {n for n in files if n.startswith('data/') and
                n.endswith('.csv')}
        for name in data:  # of each table: the account's name and one day
            self.assertEqual(2, len(rows(files[name])[0]), name)
        # What shows: who filed, decided, signed, ran; and which blocks were
        # passed over, in their own words, under their signatures.
        acts = self.acts(case)
        for act in (('case-filed', 'carl', True), ('decided-narrow', 'ann', True),
                    ('plan-signed', 'ann', True), ('plan-signed', 'ben', True)):
            self.assertIn(act, acts)
        decided = [e['body'] for e in self.log(case) if 'kind' in e
                   and e['kind'] == 'decided-narrow']
        self.assertIn('signature-missing', decided[0]['despite'])
        # They close and purge it: the acts stay, and the count.
        # A person who is told of it asks. So they say that she was.
        self.desk('notices', 'delay', case, '--until', '2099-01-01', '--basis',
                  'none', *self.as_('ann'), code=1)
        self.desk('notices', 'told', case, '--reason', 'by post', code=2)
        self.desk('notices', 'told', case, '--reason', 'by post',
                  *self.as_('ann'))
        self.desk('notices', 'told', case, '--reason', 'by post',
                  *self.as_('ann'), code=4)
        self.assertIn(('person-told', 'ann', True), self.acts(case))
        self.desk('case', 'close', case, *self.as_('ann'))
        self.desk('case', 'purge', case, *self.as_('ben'))
        self.assertIn('purged', self.desk('log', 'verify'))
        self.assertEqual(1, len([e for e in self.log() if e['purged'] and
                                 e['signed'] and e['actor'] == 'ben']))
        # A day later somebody outside has the day's hash. They put everything
        # back to before: nothing in the folder shows it, the hash does.
        self.later = 86400
        report = self.desk('report', '--from', self.began, '--to', self.today(),
                           '--form', 'github', '--format', 'json')
        self.assertIn('"criminal search warrant",1,1]', report)
        with open(commitments, 'w') as f:
            f.write(self.desk('log', 'commit'))
        self.desk('log', 'verify', '--commitments', commitments)
        shutil.rmtree(self.data)
        shutil.copytree(before, self.data)
        self.desk('log', 'verify')
        self.desk('log', 'commit')
        self.desk('log', 'verify', '--commitments', commitments, code=5)

    # ---- the thief ----

    def test_the_thief_of_a_key(self):
        """Ann's key is not wrapped, and somebody has a copy of it."""
        case = self.file()
        thief = self.as_('ann')
        self.accept(case)  # he decides in her name
        self.plan(case)
        self.sign(case, 'ann')
        for who in ('ann',):
            self.sign(case, who, code=4)  # the same key is no second one
        self.run_plan(case, code=4)
        self.nothing_out()
        # He makes himself a colleague: his key is an officer only if whoever
        # may write the folder, or an administrator, says so; and it shows.
        self.desk('key', 'new', self.key('mal'), '--no-passphrase', data=False)
        self.sign(case, 'mal', code=5)
        self.desk('key', 'new', self.key('root'), '--no-passphrase', data=False)
        self.desk('officer', 'add', 'root', '--key', self.key('root') + '.pub',
                  '--role', 'administrator')
        self.desk('officer', 'add', 'mal', '--key', self.key('mal') + '.pub',
                  '--role', 'officer', '--by', self.key('ann'), code=4)
        # It is found out: her key goes, and what it did stays visible.
        self.desk('officer', 'remove', 'ann', '--by', self.key('root'))
        for args in (('case', 'show', case), ('sign', case),
                     ('decide', case, 'refuse', '--reason', 'x')):
            self.desk(*args, *thief, code=5)
        self.assertIn(('plan-signed', 'ann', True), self.acts(case))
        # The plan that she signed does not run with one more signature.
        self.sign(case, 'ben')
        self.desk('run', case, '--out', self.out, '--operator', 'Example',
                  *self.as_('ben'), code=4)
        self.nothing_out()
        self.desk('log', 'verify')

    # ---- the server's administrator ----

    def test_the_servers_administrator_is_nobody(self):
        """Without a key of the desk: no decision, no plan, no answer."""
        case = self.file()
        self.desk('evaluate', case, code=None)
        for args in (('decide', case, 'accept', '--reason', 'x'),
                     ('plan', case, '--recipient', RECIPIENT), ('sign', case),
                     ('run', case, '--out', self.out),
                     ('case', 'close', case), ('case', 'purge', case),
                     ('case', 'review', case, '--reason', 'x'),
                     ('case', 'complete', case, '--file', 'x', '--reason', 'x'),
                     ('log', 'prove', case, '--out', self.key('proof'))):
            self.desk(*args, code=2)  # a key has to be named
        self.desk('key', 'new', self.key('self'), '--no-passphrase', data=False)
        self.desk('decide', case, 'accept', '--reason', 'x', *self.as_('self'),
                  code=5)
        self.nothing_out()


if __name__ == '__main__':
    unittest.main(verbosity=2)
