#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reports of the desk: counted from imported cases, published if they tell no
more than they may, and the page of what can be handed over."""
import calendar
import csv
import hashlib
import html.parser
import io
import json
import os
import ssl
import subprocess
import time
import unittest
import urllib.request

from harness import BIN, Case, wrong_clock

HALVES = [('2012-12-01', '2013-05-31'), ('2013-06-01', '2013-11-30'),
          ('2013-12-01', '2014-05-31')]


class Page(html.parser.HTMLParser):
    """A page as a reader without eyes meets it: everything is closed, ids are
    there once and are what they are referred to by, tables have captions and
    heads, pictures have words, and nothing is fetched."""

    VOID = ('meta', 'rect')

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.refers, self.seen = [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open, self.open
        assert len(set(self.ids)) == len(self.ids)
        assert set(self.refers) <= set(self.ids)
        for once in ('html', 'title', 'main', 'h1'):
            assert self.seen.count(once) >= 1, once
        assert self.seen.count('h1') == self.seen.count('main') == 1
        assert self.seen.count('table') == self.seen.count('caption')

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        self.seen.append(tag)
        assert not {'src', 'href', 'onload', 'onclick', 'action'} & set(a)
        assert tag not in ('script', 'link', 'img', 'iframe', 'object')
        assert tag != 'th' or a.get('scope') in ('row', 'col')
        assert tag != 'html' or a.get('lang') == 'en'
        assert tag != 'svg' or (a['role'] == 'img' and 'aria-labelledby' in a)
        self.ids += [a['id']] if 'id' in a else []
        self.refers += a.get('aria-labelledby', '').split()
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag, tag


class Reports(Case):
    def setUp(self):
        super().setUp()
        self.data = os.path.join(self.folder, 'server')
        self.place = os.path.join(self.folder, 'desk')
        subprocess.run([f'{BIN}/tacetd', 'init', '--data', self.data],
                       check=True, capture_output=True)
        self.desk('init', '--server', self.data)
        self.runs = 0

    def desk(self, *args, code=0, both=False, env=None, place=None):
        p = subprocess.run([f'{BIN}/tacet-desk', *args, '--data',
                            place or self.place], capture_output=True,
                           text=True, env={**os.environ, **(env or {})})
        self.assertEqual(p.returncode, code, p.stdout + p.stderr)
        return (p.stdout, p.stderr) if both else p.stdout

    def cases(self, rows):
        self.runs += 1
        path = os.path.join(self.folder, f'cases-{self.runs}.jsonl')
        with open(path, 'w') as f:
            for r in rows:
                f.write(json.dumps({'instrument': 'subpoena', 'authority': 'A',
                                    'accounts': 1, 'with_data': 0,
                                    'outcome': 'refused', **r}) + '\n')
        self.desk('case', 'import', path)

    def lumped(self, demands, accounts, day='2013-02-03'):
        """So many demands of all kinds that name so many accounts."""
        kinds = ['criminal', 'emergency', 'civil', 'criminal']
        each = accounts // demands
        rows = [{'received': day, 'kind': kinds[i % 4], 'accounts': each}
                for i in range(demands)]
        for i in range(demands // 200):
            rows[i].update(kind='national-security', instrument='nsl')
        rows[-1]['accounts'] += accounts - each * demands
        self.cases(rows)

    def report(self, *args, **kw):
        return self.desk('report', *args, **kw)

    def period(self, begin, end, form):
        return '--from', begin, '--to', end, '--form', form

    def test_june_2013(self):
        for demands, accounts, requests, specified in [
                (4321, 9876, 'between 4,000 and 5,000 requests',
                 'between 9,000 and 10,000 accounts or devices'),
                (6543, 31234, 'between 10,000 and 11,000 requests',
                 'between 41,000 and 42,000 accounts or devices')]:
            self.lumped(demands, accounts)
            text = self.report(*self.period(*HALVES[0], '2013'))
            self.assertIn(requests, text)
            self.assertIn(specified, text)
            self.assertIn('December 1, 2012 to May 31, 2013', text)

    def test_series_and_attack(self):
        self.lumped(4321, 9876)
        self.cases([{'received': '2013-07-01', 'kind': 'criminal'}] * 30 +
                   [{'received': '2013-06-01', 'kind': 'national-security',
                     'instrument': 'nsl'}] * 250 +
                   [{'received': '2014-01-01', 'kind': 'civil'}])
        # A lawful series, and the same in other rhythms.
        self.desk('publish', *self.period(*HALVES[0], 'a3'))
        self.desk('publish', *self.period(*HALVES[1], 'a3'))
        self.desk('publish', *self.period(*HALVES[2], 'a3'))
        self.desk('publish', *self.period('2013-01-01', '2013-12-31', 'dsa'))
        before = self.desk('published', 'list', '--json').splitlines()
        self.assertEqual(len(before), 4)
        # All kinds together, over days whose other kinds are told exactly.
        out, err = self.desk('publish', *self.period(*HALVES[0], '2013'),
                             code=4, both=True)
        self.assertEqual(out, '')
        self.assertIn('nothing was published', err)
        # The second half-year, a day later: it lacks the 250 letters of 1 June.
        out, err = self.desk(
            'publish', *self.period('2013-06-02', '2013-12-01', 'a3'), code=4,
            both=True)
        self.assertIn('2013-06-01', err)
        self.assertIn('at least', err)
        self.assertIn('this report (a3, 2013-06-02 to 2013-12-01)', err)
        # The whole year in another structure, and one of the halves again.
        for begin, end, form in [('2012-12-01', '2013-11-30', 'a4'),
                                 (*HALVES[0], 'a1'), (*HALVES[1], 'a3')]:
            self.desk('publish', *self.period(begin, end, form), code=4)
        self.assertEqual(before,
                         self.desk('published', 'list', '--json').splitlines())

    def test_total_after_total(self):
        self.lumped(4321, 9876)
        self.desk('publish', *self.period(*HALVES[0], '2013'))
        self.desk('publish', *self.period(*HALVES[1], '2013'))
        # A half-year with its exact numbers, in a form without structure.
        out, err = self.desk('publish',
                             *self.period('2012-12-01', '2013-05-31', 'github'),
                             code=4, both=True)
        self.assertIn('at most', err)
        self.assertIn('of all kinds together', err)

    def test_two_at_once(self):
        """Of two that must not stand beside each other one is published."""
        both = [subprocess.Popen([f'{BIN}/tacet-desk', 'publish', '--data',
                                  self.place, *self.period(*HALVES[0], form)],
                                 stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
                for form in ('2013', 'a2', 'a3', 'github')]
        codes = sorted(p.wait() for p in both)
        done = len(self.desk('published', 'list').splitlines())
        self.assertEqual(codes, [0] * done + [4] * (4 - done))
        self.assertIn(done, (1, 2))  # github's tables may stand beside one

    def test_published_as_it_was(self):
        self.lumped(400, 500)
        what = self.period(*HALVES[0], 'a3')
        key = os.path.join(self.folder, 'key')
        other = key + '-other'
        for k in (key, other):
            subprocess.run([f'{BIN}/tacet-desk', 'key', 'new', k,
                            '--no-passphrase'], check=True,
                           capture_output=True)
        self.desk('officer', 'add', 'ann', '--key', key + '.pub', '--role',
                  'officer')
        self.desk('officer', 'add', 'eve', '--key', other + '.pub', '--role',
                  'auditor')
        self.desk('publish', *what, '--key', other, code=4)
        self.desk('publish', *what, '--out', key, code=4)  # is there already
        self.desk('publish', *what, '--format', 'csv', '--table', 'x', code=1)
        self.desk('publish', *what, '--key', key + '.pub', code=1)
        self.assertEqual(self.desk('published', 'list'), '')
        built = {f: self.report(*what, '--format', f)
                 for f in ('text', 'json', 'csv', 'html')}
        self.desk('publish', *what, '--key', key)
        row = json.loads(self.desk('published', 'list', '--json'))
        self.assertEqual(row['actor'], 'ann')
        self.assertEqual(row['sha256'],
                         hashlib.sha256(built['json'].encode()).hexdigest())
        self.desk('publish', *what, code=4)  # is there already
        # What comes in later does not change what was published.
        self.lumped(300, 300)
        self.assertNotEqual(built['text'], self.report(*what))
        for f, text in built.items():
            self.assertEqual(text, self.desk('published', 'show',
                                             str(row['number']), '--format', f))
        self.assertNotIn('others', self.desk('published', 'show',
                                             str(row['number']), '--format',
                                             'json'))
        self.desk('published', 'show', '99999', code=1)
        self.check_signature(str(row['number']), built['json'])

    def check_signature(self, number, text):
        report, signature, key = (os.path.join(self.folder, n)
                                  for n in ('r.json', 'r.sig', 'desk.pub'))
        with open(report, 'w') as f:
            f.write(text)
        self.desk('published', 'sign', number, '--out', signature)
        shown = self.desk('settings').split()
        with open(key, 'w') as f:
            f.write(' '.join(shown[1:4]) + '\n')

        def check(code, *args):
            p = subprocess.run([f'{BIN}/tacet-desk', 'published', 'check',
                                report, *args], capture_output=True, text=True)
            self.assertEqual(p.returncode, code, p.stderr)
            self.assertEqual(len((p.stdout + p.stderr).splitlines()), 1)

        check(0, signature)
        check(0, signature, '--key', key)
        check(5, signature, '--key',
              os.path.join(self.folder, 'key.pub'))  # an officer's
        check(1, key)
        with open(report, 'a') as f:
            f.write(' ')
        check(5, signature)

    def test_tables(self):
        self.cases([{'received': '2025-08-01', 'kind': 'criminal',
                     'instrument': 'epoc', 'country': 'DE'},
                    {'received': '2025-08-01', 'kind': 'national-security',
                     'instrument': 'nsl', 'country': 'DE'}])
        text = self.report(*self.period('2025-07-01', '2025-12-31', 'dsa'),
                           '--format', 'csv', '--table',
                           'part_3_member_states_orders', '--operator', '=x')
        rows = list(csv.reader(io.StringIO(text)))
        self.assertEqual({len(r) for r in rows}, {20})
        self.assertEqual({r[1] for r in rows[1:]}, {"'=x"})
        states = [r for r in rows if r[5] == 'DE']
        self.assertEqual([r[10] for r in states], ['1', '1'])
        text = self.report(*self.period('2025-07-01', '2025-12-31', 'github'),
                           '--format', 'csv')
        self.assertIn('\nyear,month_range,type,count\n2025,Jul-Dec,National '
                      'security letters and orders received,0-249\n', text)
        out = os.path.join(self.folder, 'report.html')
        self.report(*self.period('2025-07-01', '2025-12-31', 'github'),
                    '--format', 'html', '--out', out)
        with open(out) as f:
            html = f.read()
        self.assertNotIn('<script', html)
        self.assertNotIn('http', html.replace('http-equiv', ''))

    def test_html(self):
        self.lumped(400, 500)
        for form in ('2013', 'a1', 'a2', 'a3', 'dsa', 'github'):
            Page(self.report(*self.period(*HALVES[0], form), '--format',
                             'html', '--operator', '<b>"&\'</b>'))
        Page(self.desk('page', '--format', 'html'))

    def test_pending_and_late(self):
        """A case that is worked here counts on its day, pending as it is; an
        order on a new service counts when its 540 days are over."""
        place = os.path.join(self.folder, 'later')
        now = wrong_clock(calendar.timegm((2026, 12, 2, 12, 0, 0)) -
                          int(time.time()))
        how = {'env': now, 'place': place}
        self.desk('init', '--server', self.data, **how)
        with open('fuzz/corpus/desk_request/example') as f:
            demand = json.load(f)
        path = os.path.join(self.folder, 'demand.json')
        with open(path, 'w') as f:
            json.dump({**demand, 'received': '2026-11-30'}, f)
        self.desk('case', 'new', '--file', path, **how)
        lines = os.path.join(self.folder, 'late.jsonl')
        with open(lines, 'w') as f:
            for _ in range(600):
                f.write(json.dumps(
                    {'received': '2024-10-01', 'kind': 'national-security',
                     'instrument': 'fisa-content', 'authority': 'A',
                     'accounts': 1, 'with_data': 1, 'outcome': 'disclosed',
                     'new_service': True}) + '\n')
        self.desk('case', 'import', lines, **how)
        rows = self.report(*self.period('2026-06-01', '2026-11-30', 'a3'),
                           '--format', 'csv', '--table', 'outcomes', **how)
        self.assertIn('\nCriminal,0,0,0,0,1\n', rows)
        for begin, end, orders in [
                ('2026-06-01', '2026-11-30', '500-999'),  # told: 2025-12 to 05
                ('2025-06-01', '2025-11-30', '0-499')]:
            rows = self.report(*self.period(begin, end, 'a2'), '--format',
                               'csv', '--table', 'national-security', **how)
            self.assertIn(f',{orders},{orders}\nFISA orders for other', rows)
        self.report(*self.period('2026-06-03', '2026-12-02', '2013'), code=4,
                    **how)
        self.report(*self.period('2026-06-02', '2026-12-01', '2013'), **how)

    def test_bad_input(self):
        for code, args in [
                (2, self.period('2013-05-31', '2012-12-01', '2013')),
                (2, self.period('2013-02-30', '2013-03-01', '2013')),
                (2, self.period('2012-12-01', '2013-05-31', 'a5')),
                (2, self.period('2012-12-01', '2013-05-30', 'a4')),
                (2, ('--from', '2013-01-01', '--form', '2013')),
                (4, self.period('9999-01-01', '9999-12-31', '2013')),
                (4, self.period('2012-12-01', '2999-05-31', '2013'))]:
            out, err = self.report(*args, code=code, both=True)
            self.assertEqual(out, '')
            self.assertEqual(len(err.strip().splitlines()), 1, err)
        good = self.period(*HALVES[0], 'a3')
        for more in [('--operator', 'a\nb'), ('--operator', 'a\u202eb'),
                     ('--operator', b'\xff'), ('--operator', 'x' * 300),
                     ('--home', 'usa'), ('--table', 'demands'),
                     ('--format', 'pdf')]:
            self.report(*good, *more, code=2)
        for table in ('nothing', ''):
            self.report(*self.period(*HALVES[0], 'a3'), '--format', 'csv',
                        '--table', table, code=1)
        self.assertEqual(self.desk('published', 'list'), '')

    def test_page(self):
        text = self.desk('page')
        for words in ('The server of localhost.', 'the day the account was made',
                      'Telephone numbers', 'Locations', 'Contacts'):
            self.assertIn(words, text)
        html = self.desk('page', '--format', 'html')
        self.desk('page', '--format', 'csv', code=2)
        server = self.server('--open', name='served')
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        for path, want in (('/what-we-hold', html),
                           ('/what-we-hold.txt', text)):
            with urllib.request.urlopen(f'https://{server.listen}{path}',
                                        context=context) as answer:
                self.assertEqual(answer.read().decode(), want)
                self.assertEqual(answer.headers['Cache-Control'],
                                 'public, max-age=86400')


if __name__ == '__main__':
    unittest.main()
