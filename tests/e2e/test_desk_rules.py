# SPDX-License-Identifier: Apache-2.0
"""tacet-desk evaluate and letter: a warrant to an honest answer, an overbroad
demand to a refusal, a European certificate to the form of Annex III, an
emergency without a call back; and what people put into files."""
import copy
import datetime
import json
import os
import subprocess
import time
import unittest

import harness

TODAY = datetime.datetime.now(datetime.timezone.utc).date()
TABLES = {
    'version': 1,
    'operator': {
        'name': 'Example Messenger Ltd', 'address': ['1 Example Street'],
        'contact': 'legal@example.org', 'domain': 'localhost', 'country': 'US',
        'jurisdictions': ['us', 'eu'], 'languages': ['en'],
        'began': '2020-01-01'}}


def day(n):
    """n days from today."""
    return (TODAY + datetime.timedelta(days=n)).isoformat()


def warrant(**changes):
    r = {
        'version': 1, 'addressee': 'Example Messenger Ltd',
        'authority': {'code': 'us-federal-court', 'country': 'US',
                      'name': 'District Court of Example'},
        'instrument': 'search-warrant', 'kind': 'criminal',
        'statute': '18 U.S.C. 2703(a)', 'case_number': '1:26-mj-7',
        'dated': day(-3), 'received': day(-2), 'deadline': day(10),
        'period': {'from': day(-100), 'to': day(-10)},
        'identifiers': ['mallory@localhost'],
        'demands': ['created', 'last-seen', 'messages', 'ip-history'],
        'signature': {'kind': 'pades', 'checked': 'valid'},
        'officer': {'name': 'A. Example', 'mail': 'a@agency.gov',
                    'mail_checked': 'valid',
                    'callback': {'by': 'erin', 'number': 'directory',
                                 'on': day(-2)}}}
    r.update(changes)
    return {k: v for k, v in r.items() if v is not None}


class Rules(harness.Case):
    def setUp(self):
        super().setUp()
        self.desk = os.path.join(self.folder, 'desk')
        server = harness.Server(self.folder)
        self.run_desk('init', '--server', server.data)
        self.keys = {}
        for name, role in (('erin', 'officer'), ('anna', 'auditor')):
            self.add_officer(name, role)
        self.rules = os.path.join(self.folder, 'rules.json')
        with open(self.rules, 'w') as f:
            json.dump(TABLES, f)

    def add_officer(self, name, role, *more):
        key = os.path.join(self.folder, name + '.key')
        subprocess.run([f'{harness.BIN}/tacet-desk', 'key', 'new', key,
                        '--no-passphrase'], check=True, capture_output=True)
        self.run_desk('officer', 'add', name, '--key', key + '.pub', '--role',
                      role, *more)
        self.keys[name] = key

    def run_desk(self, *args, code=0, raw=False):
        r = subprocess.run([f'{harness.BIN}/tacet-desk', *args, '--data',
                            self.desk], capture_output=True,
                           timeout=harness.TIMEOUT)
        if code is not None and r.returncode != code:
            raise harness.Failed(
                f'tacet-desk {" ".join(args)[:200]} ended with {r.returncode} '
                f'instead of {code}\n{r.stdout.decode()}{r.stderr.decode()}')
        return r if raw else r.stdout.decode()

    def file(self, request, code=0):
        path = os.path.join(self.folder, 'request.json')
        with open(path, 'w') as f:
            f.write(request if isinstance(request, str)
                    else json.dumps(request))
        out = self.run_desk('case', 'new', '--file', path, '--key',
                            self.keys['erin'], code=code, raw=True)
        return out if code else out.stdout.decode().strip()

    def evaluate(self, case, code=0):
        out = self.run_desk('evaluate', case, '--rules', self.rules, '--json',
                            '--key', self.keys['erin'], code=code)
        return json.loads(out)

    def decide(self, case, decision):
        self.run_desk('decide', case, decision, '--reason', 'as found',
                      '--key', self.keys['erin'])

    def letter(self, case, name='letter.txt', code=0):
        path = os.path.join(self.folder, case + name)
        r = self.run_desk('letter', case, '--rules', self.rules, '--out', path,
                          '--key', self.keys['erin'], code=code, raw=True)
        if code:
            self.assertFalse(os.path.exists(path))
            return r.stderr.decode()
        with open(path, 'rb') as f:
            return f.read()

    def events(self, case):
        out = self.run_desk('log', 'show', case, '--json', '--key',
                            self.keys['erin'])
        lines = [json.loads(line) for line in out.splitlines()]
        return [e for e in lines if 'kind' in e]

    @staticmethod
    def codes(judged):
        return [f['code'] for f in judged['findings']]

    # ---- the ways of a case ----

    def test_warrant_to_an_honest_answer(self):
        case = self.file(warrant())
        judged = self.evaluate(case)
        self.assertEqual(judged['proposed'], 'accept')
        self.assertEqual([d['verdict'] for d in judged['demands']],
                         ['given', 'given', 'not-held', 'not-held'])
        self.assertEqual(judged['scope']['categories'], ['subscriber'])
        self.assertEqual(judged['scope']['handles'], ['mallory'])
        self.assertEqual({f['code'] for f in judged['findings']}, {'not-held'})
        self.assertIn('nothing has been decided',
                      self.letter(case, code=4))
        self.decide(case, 'accept')
        text = self.letter(case).decode()
        self.assertIn('Our reference:   ' + case, text)
        self.assertIn('- the contents of messages\n    = Does not exist', text)
        self.assertTrue(all(len(line) <= 79 for line in text.splitlines()))
        kinds = [e['kind'] for e in self.events(case)]
        self.assertIn('case-evaluated', kinds)
        self.assertIn('letter-written', kinds)
        self.run_desk('log', 'verify')

    def test_content_alone_is_not_held(self):
        case = self.file(warrant(demands=['messages', 'keys', 'backups']))
        self.assertIsNone(self.evaluate(case)['scope'])
        self.decide(case, 'accept')
        self.assertIn(b'Nothing of what it asks for exists', self.letter(case))

    def test_overbroad_to_a_refusal(self):
        case = self.file(warrant(demands=['all-users', 'decrypt'],
                                 identifiers=None, period=None))
        judged = self.evaluate(case, code=4)
        self.assertEqual(judged['proposed'], 'refuse')
        self.assertIn('reverse-search', self.codes(judged))
        self.assertIn('act-demanded', self.codes(judged))
        self.decide(case, 'refuse')
        text = self.letter(case).decode()
        self.assertIn('Refusal of your demand', text)
        self.assertIn('[V11 reverse-search;', text)
        pdf = self.letter(case, 'letter.pdf')
        self.assertTrue(pdf.startswith(b'%PDF-1.'))
        self.assertIn(b'Refusal of your demand', pdf)
        self.assertEqual(pdf, self.letter(case, 'again.pdf'))

    def test_certificate_to_annex_3(self):
        case = self.file(warrant(
            authority={'code': 'eu-prosecutor', 'country': 'DE',
                       'name': 'Staatsanwaltschaft M\u00fcnchen \u0416'},
            instrument='epoc', statute='Regulation (EU) 2023/1543',
            offence={'name': 'fraud', 'max_years': 10}, language='fi'))
        judged = self.evaluate(case, code=4)
        self.assertEqual(judged['proposed'], 'clarify')
        self.assertIn('judge-needed', self.codes(judged))
        self.assertIn('language-foreign', self.codes(judged))
        self.decide(case, 'clarify')
        text = self.letter(case).decode()
        self.assertIn('Annex III of Regulation', text)
        self.assertIn('[x] it is incomplete', text)
        self.assertIn('M\u00fcnchen \u0416', text)
        if os.path.exists('/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf'):
            self.assertIn(b'0416', self.letter(case, 'letter.pdf'))

    def test_emergency_needs_a_call_back(self):
        facts = {'who': 'a girl of nine years', 'when': 'tonight at ten',
                 'harm': 'he has said that he will kill her',
                 'why': 'he writes from this account, and was seen there'}
        forged = warrant(instrument='emergency-disclosure', kind='emergency',
                         authority={'code': 'us-federal-agency',
                                    'name': 'Agency', 'country': 'US'},
                         statute='18 U.S.C. 2702(b)(8)', emergency=facts,
                         signature=None, demands=['last-seen'])
        honest = copy.deepcopy(forged)
        del forged['officer']['callback']
        first = self.file(forged)
        judged = self.evaluate(first, code=4)
        self.assertIn('emergency-callback', self.codes(judged))
        # The same paper once more is found; that it corrects the first, taken.
        corrected = self.file({**honest, 'replaces': first})
        judged = self.evaluate(corrected)
        self.assertEqual(judged['proposed'], 'accept')
        judged = self.evaluate(self.file(honest), code=4)
        self.assertIn('duplicate', self.codes(judged))

    def test_a_demand_is_completed(self):
        """The call back comes after the filing, and the case is still one."""
        whole = warrant(instrument='emergency-disclosure', kind='emergency',
                        authority={'code': 'us-federal-agency',
                                   'name': 'Agency', 'country': 'US'},
                        statute='18 U.S.C. 2702(b)(8)', signature=None,
                        demands=['last-seen'], emergency={
                            'who': 'a girl of nine years', 'when': 'tonight at ten',
                            'harm': 'he has said that he will kill her',
                            'why': 'he writes from this account'})
        bare = copy.deepcopy(whole)
        del bare['officer']['callback']
        case = self.file(bare)
        self.evaluate(case, code=4)
        accept = ['decide', case, 'accept', '--reason', 'haste', '--key',
                  self.keys['erin']]
        # Whoever decides: without a call back it is not answered.
        for more in ([], ['--despite', 'emergency-callback']):
            r = self.run_desk(*accept, *more, code=4, raw=True)
            self.assertIn(b'emergency-callback', r.stderr)
        path = os.path.join(self.folder, 'whole.json')

        def complete(demand, who='erin', code=0):
            with open(path, 'w') as f:
                json.dump(demand, f)
            r = self.run_desk('case', 'complete', case, '--file', path,
                              '--reason', 'called back', '--key',
                              self.keys[who], code=code, raw=True)
            return r.stderr.decode()
        self.add_officer('otto', 'officer')
        self.assertIn('who filed it', complete(whole, 'otto', 4))
        self.assertIn('stay what they were',
                      complete({**whole, 'kind': 'criminal'}, code=4))
        self.assertIn('stay what they were',
                      complete({**whole, 'received': day(-1)}, code=4))
        complete({**whole, 'colour': 1}, code=1)
        complete(whole)
        r = self.run_desk(*accept, code=4, raw=True)
        self.assertIn(b'evaluate it again', r.stderr)
        judged = self.evaluate(case)
        self.assertNotIn('emergency-callback', self.codes(judged))
        self.run_desk(*accept)
        self.assertIn('decided on', complete(whole, code=4))
        self.assertEqual(1, len(self.cases()))
        kinds = [e['kind'] for e in self.events(case)]
        self.assertEqual(1, kinds.count('demand-completed'))
        self.run_desk('log', 'verify')

    def test_an_officer_has_reasons_of_his_own(self):
        """The desk proposes; of what a person found it knows nothing."""
        case = self.file(warrant())
        self.evaluate(case)
        refuse = ['decide', case, 'challenge', '--reason', 'asked counsel',
                  '--key', self.keys['erin']]
        for bad in ('', 'a\x01b', 'a\nb', 'a\u202eb', 'x' * 2001):
            r = self.run_desk(*refuse, '--paragraph', bad, code=None, raw=True)
            self.assertEqual(1, r.returncode, bad[:9])
            self.assertIn(b'--paragraph', r.stderr)
        own = ('The court of appeal has stayed this warrant on the second of '
               'November; until it decides we hand nothing over.')
        self.run_desk(*refuse, '--paragraph', own)
        text = self.letter(case).decode()
        self.assertIn('Objection to your demand', text)
        self.assertIn(own, ' '.join(text.split()))
        self.assertTrue(all(len(line) <= 79 for line in text.splitlines()))
        # Without it there is nothing to say, and no letter.
        other = self.file(warrant(case_number='2'))
        self.evaluate(other)
        self.decide(other, 'refuse')
        self.assertIn('Nothing that was found', self.letter(other, code=1))

    def test_what_blocks_is_passed_over_by_name_alone(self):
        case = self.file(warrant(signature=None, period={'from': day(-900),
                                                         'to': day(-3)}))
        self.assertEqual({'signature-missing', 'period-too-wide'},
                         {f['code'] for f in self.evaluate(case, 4)['findings']
                          if f['severity'] == 'block'})
        decide = ['decide', case, 'narrow', '--reason', 'a court said so',
                  '--key', self.keys['erin']]
        for codes in (None, '', 'signature-missing', 'period-too-wide',
                      'signature-missin,period-too-wide'):
            more = [] if codes is None else ['--despite', codes]
            r = self.run_desk(*decide, *more, code=None, raw=True)
            self.assertIn(r.returncode, (1, 2, 4))
            self.assertEqual(1, len(r.stderr.splitlines()), r.stderr)
        r = self.run_desk('decide', case, 'refuse', '--reason', 'x', '--despite',
                          'signature-missing', '--key', self.keys['erin'],
                          code=1, raw=True)
        self.assertIn(b'accept and narrow', r.stderr)
        self.run_desk(*decide, '--despite', 'period-too-wide, signature-missing')
        said = [e['body'] for e in self.events(case)
                if e['kind'] == 'decided-narrow']
        self.assertEqual('period-too-wide, signature-missing',
                         said[0]['despite'])
        # A forged paper is passed over by nobody.
        forged = self.file(warrant(
            case_number='2', signature={'kind': 'pades', 'checked': 'invalid'}))
        self.evaluate(forged, 4)
        r = self.run_desk('decide', forged, 'accept', '--reason', 'x',
                          '--despite', 'signature-invalid', '--key',
                          self.keys['erin'], code=4, raw=True)
        self.assertIn(b'whoever decides', r.stderr)

    def cases(self):
        out = self.run_desk('case', 'list', '--json', '--key',
                            self.keys['erin'])
        return [json.loads(line) for line in out.splitlines()]

    # ---- who may ----

    def test_national_security_is_for_cleared_officers(self):
        self.add_officer('cleo', 'officer', '--cleared')
        path = os.path.join(self.folder, 'nsl.json')
        with open(path, 'w') as f:
            json.dump(warrant(instrument='nsl', kind='national-security',
                              authority={'code': 'us-fbi', 'name': 'FBI',
                                         'country': 'US'},
                              statute='18 U.S.C. 2709'), f)
        case = self.run_desk('case', 'new', '--file', path, '--key',
                             self.keys['cleo']).strip()
        for args in (['evaluate', case], ['letter', case, '--out', '-']):
            r = self.run_desk(*args, '--key', self.keys['erin'], code=4,
                              raw=True)
            self.assertEqual(r.stdout, b'')
            self.assertIn(b'cleared', r.stderr)
        # Nor does another's evaluation tell that there is such a case.
        same = self.file(warrant(instrument='nsl', dated=day(-3)))
        out = self.run_desk('evaluate', same, '--rules', self.rules, '--key',
                            self.keys['erin'], code=4)
        self.assertNotIn(case, out)

    def test_auditors_evaluate_nothing(self):
        case = self.file(warrant())
        r = self.run_desk('evaluate', case, '--key', self.keys['anna'], code=4,
                          raw=True)
        self.assertIn(b'auditor', r.stderr)

    def test_a_letter_goes_by_the_rules_that_were_decided_on(self):
        case = self.file(warrant(demands=['decrypt']))
        self.evaluate(case, code=4)
        self.decide(case, 'refuse')
        with open(self.rules, 'w') as f:
            json.dump({**TABLES, 'notes': 1,
                       'operator': {**TABLES['operator'], 'list_from': 7}}, f)
        self.assertIn('other rules', self.letter(case, code=4))

    # ---- what people put into files ----

    def test_files_without_the_form_are_refused_in_a_sentence(self):
        for text in ('', '[]', '{"version": 2}', '{"version": 1}', 'null',
                     json.dumps(warrant(colour='red')),
                     json.dumps(warrant(dated='2026-02-30')),
                     json.dumps(warrant(dated='99999-01-01')),
                     json.dumps(warrant(demands=['soul'])),
                     json.dumps(warrant())[:-5],
                     json.dumps(warrant()).replace('{', '{"version": 1, ', 1),
                     json.dumps(warrant(statute='a\u202eb')),
                     json.dumps(warrant(notes='x' * 2000000))):
            r = self.file(text, code=1)
            self.assertEqual(r.stdout, b'')
            self.assertEqual(len(r.stderr.splitlines()), 1, r.stderr)
        self.assertEqual(self.cases(), [])

    def test_dates_inverted_and_in_the_year_9999(self):
        for changes, code in (
                ({'period': {'from': day(-1), 'to': day(-9)}},
                 'period-inverted'),
                ({'period': {'from': '1970-01-01', 'to': '9999-12-31'}},
                 'period-too-wide'),
                ({'dated': '9999-12-31'}, 'date-future'),
                ({'gag': {'basis': '18 U.S.C. 2705(b)',
                          'until': '9999-12-31'}}, 'gag-no-end'),
                ({'deadline': '1970-01-01'}, 'deadline-past')):
            case = self.file(warrant(**changes))
            self.assertIn(code, self.codes(self.evaluate(case, code=None)))
        self.run_desk('log', 'verify')

    def test_look_alikes_name_the_letter(self):
        case = self.file(warrant(identifiers=['m\u0430llory@localhost']))
        judged = self.evaluate(case, code=4)
        self.assertIn('identifier-lookalike', self.codes(judged))
        self.assertIsNone(judged['scope'])
        self.assertIn('U+0430', json.dumps(judged['findings'],
                                           ensure_ascii=False))

    def test_sql_and_formulas_in_every_field(self):
        texts = ('authority.name', 'addressee', 'statute', 'case_number',
                 'officer.name', 'officer.mail', 'officer.phone', 'replaces')
        for evil in ("'; DROP TABLE event; --", '" OR 1=1 --',
                     "=cmd|' /C calc'!A0", '%s%n%x', '\\', '../../etc/passwd'):
            request = warrant(identifiers=[evil, 'mallory'],
                              other_demands=[evil], privileges=[evil],
                              gag={'basis': evil, 'until': day(9)},
                              offence={'name': evil},
                              pages=[{'name': evil, 'case_number': evil}],
                              notes={evil: evil})
            for path in texts:
                outer, _, inner = path.rpartition('.')
                (request[outer] if outer else request)[inner] = evil
            case = self.file(request)
            judged = self.evaluate(case, code=4)
            self.assertEqual(judged['scope']['handles'], ['mallory'])
            self.decide(case, 'refuse')
            self.assertIn(evil, ' '.join(self.letter(case).decode().split()))
        self.run_desk('log', 'verify')

    def test_tables_that_are_refused(self):
        case = self.file(warrant())
        for text in ('', '{"version": 1, "laws": []}', '{"version": 7}',
                     '{"version": 1, "instruments": [{"code": "subpoena"}]}'):
            with open(self.rules, 'w') as f:
                f.write(text)
            r = self.run_desk('evaluate', case, '--rules', self.rules, code=1,
                              raw=True)
            self.assertEqual(r.stdout, b'')
            self.assertEqual(len(r.stderr.splitlines()), 1, r.stderr)
        self.assertNotIn('case-evaluated',
                         [e['kind'] for e in self.events(case)])

    def test_tables_are_shown(self):
        out = subprocess.run([f'{harness.BIN}/tacet-desk', 'tables', '--json',
                              '--rules', self.rules], capture_output=True,
                             check=True).stdout
        tables = json.loads(out)
        self.assertEqual(tables['operator']['name'], 'Example Messenger Ltd')
        rows = tables['instruments'] + tables['authorities']
        self.assertTrue(all(r['source'] and not r['confirmed'] for r in rows))

    def test_ten_thousand_accounts_are_quick(self):
        n = 10000
        case = self.file(warrant(
            identifiers=[f'user{i}' for i in range(n)],
            identifier_list={'sha256': 'ab' * 32, 'count': n},
            pages=[{'name': 'list',
                    'identifiers': [f'USER{i}' for i in range(n)]}]))
        began = time.monotonic()
        judged = self.evaluate(case)
        self.assertLess(time.monotonic() - began, 20)  # under sanitizers
        self.assertEqual(len(judged['scope']['handles']), n)


if __name__ == '__main__':
    unittest.main()
