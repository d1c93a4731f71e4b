# SPDX-License-Identifier: Apache-2.0
"""The desk's page in a real browser, by keyboard alone, with and without
scripts: it signs in, reads, signs out, fetches nothing from elsewhere, logs no
error, and what a screen reader goes by is there. `make check-page` runs it: it
takes Chromium and its driver (W3C WebDriver), which it starts itself."""
import json
import shutil
import subprocess
import time
import unittest
import urllib.error
import urllib.request

from desk_page import Desk
from harness import TIMEOUT, free_port

ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'  # WebDriver, section 12
TAB, ENTER = '\ue004', '\ue007'

# What a screen reader goes by, and what would keep it or a keyboard out.
AUDIT = """
const bad = [];
const all = (q) => [...document.querySelectorAll(q)];
if (document.documentElement.lang !== 'en') bad.push('no language');
if (all('h1').length !== 1) bad.push('not one h1');
if (all('main').length !== 1) bad.push('not one main');
if (!document.title) bad.push('no title');
let level = 0;
for (const h of all('h1,h2,h3')) {
  const l = +h.tagName[1];
  if (l > level + 1) bad.push('a heading skips a level: ' + h.textContent);
  level = l;
}
for (const t of all('table')) {
  if (!t.caption) bad.push('a table without caption');
  for (const h of t.querySelectorAll('th'))
    if (!h.scope) bad.push('a head without scope: ' + h.textContent);
}
for (const f of all('input:not([type=hidden]),textarea,select'))
  if (!f.labels.length) bad.push('a field without label: ' + f.name);
for (const b of all('button,a'))
  if (!b.textContent.trim()) bad.push('nothing to read on a ' + b.tagName);
for (const r of all('[role=region]'))
  if (!r.getAttribute('aria-label')) bad.push('a region without name');
for (const e of all('[tabindex]'))
  if (e.tabIndex > 0) bad.push('an order of its own: ' + e.tagName);
const ids = all('[id]').map((e) => e.id);
if (new Set(ids).size !== ids.length) bad.push('an id twice');
for (const e of all('[aria-labelledby]'))
  if (!document.getElementById(e.getAttribute('aria-labelledby')))
    bad.push('labelled by nothing');
if (document.body.scrollWidth > window.innerWidth + 1) bad.push('too wide');
return bad;
"""


class Browser:
    def __init__(self, test, scripts=True):
        port = free_port()
        self.driver = subprocess.Popen(
            [shutil.which('chromedriver'), f'--port={port}'],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        test.addCleanup(self.close)
        for line in self.driver.stdout:
            if b'started successfully' in line:
                break
        self.base = f'http://127.0.0.1:{port}/session'
        options = {'args': ['--headless=new', '--no-sandbox', '--disable-gpu',
                            '--window-size=420,900'],
                   'perfLoggingPrefs': {'enableNetwork': True},
                   'prefs': {'profile.managed_default_content_settings.'
                             'javascript': 1 if scripts else 2}}
        self.session = None
        got = self.ask('', {'capabilities': {'alwaysMatch': {
            'goog:chromeOptions': options,
            'goog:loggingPrefs': {'performance': 'ALL', 'browser': 'ALL'}}}})
        self.session = got['sessionId']
        self.base += '/' + self.session

    def ask(self, path, body=None, method=None):
        data = None if body is None else json.dumps(body).encode()
        r = urllib.request.Request(self.base + path, data, method=method)
        try:
            with urllib.request.urlopen(r, timeout=TIMEOUT) as answer:
                return json.load(answer)['value']
        except urllib.error.HTTPError as e:
            raise AssertionError(f'{path}: {e.read().decode()[:1000]}') from e

    def close(self):
        if self.session is not None:
            self.ask('', method='DELETE')
        self.driver.terminate()
        self.driver.communicate()

    def go(self, url):
        self.ask('/url', {'url': url})

    def where(self):
        return self.ask('/url')

    def source(self):
        return self.ask('/source')

    def active(self):
        return self.ask('/element/active')[ELEMENT]

    def attribute(self, element, name):
        return self.ask(f'/element/{element}/property/{name}')

    def press(self, keys):
        self.ask(f'/element/{self.active()}/value', {'text': keys})

    def tab_to(self, tag, words=''):
        """Presses Tab until such an element has the focus."""
        for _ in range(60):
            e = self.active()
            if (self.attribute(e, 'tagName') == tag.upper()
                    and words in (self.ask(f'/element/{e}/text') or '')):
                return e
            self.press(TAB)
        raise AssertionError(f'no Tab reaches {tag} "{words}"')

    def text_of(self, id_, begins):
        """The text of an element once it begins so."""
        script = ('const [id, begins, done] = arguments;'
                  'const look = () => { const t = document.getElementById(id)'
                  '.textContent; if (t.startsWith(begins)) done(t);'
                  ' else requestAnimationFrame(look); }; look();')
        return self.ask('/execute/async', {'script': script,
                                           'args': [id_, begins]})

    def leaves(self, url):
        """Until what was pressed has led to another page."""
        end = time.monotonic() + TIMEOUT
        while self.where() == url and time.monotonic() < end:
            self.ask('/title')
        self.ask('/title')

    def audit(self):
        return self.ask('/execute/sync', {'script': AUDIT, 'args': []})

    def log(self, kind):
        return self.ask('/se/log', {'type': kind})

    def fetched(self):
        urls = []
        for entry in self.log('performance'):
            m = json.loads(entry['message'])['message']
            if m['method'] == 'Network.requestWillBeSent':
                urls.append(m['params']['request']['url'])
        return urls


class DeskPageInABrowser(unittest.TestCase):
    def setUp(self):
        self.desk = Desk(self)
        self.url = self.desk.serve(self).where

    def sign_in(self, b):
        b.go(self.url)
        b.tab_to('textarea')
        b.press(self.desk.ticket('ada'))
        b.tab_to('button', 'Sign in')
        b.press(ENTER)

    def test_by_keyboard(self):
        b = Browser(self)
        self.sign_in(b)
        self.assertEqual(b.where(), self.url + 'cases')
        pages = ['cases?show=all', 'log', 'officers', 'reports', 'nothing']
        self.assertEqual(b.audit(), [])
        b.tab_to('a', self.desk.case)
        b.press(ENTER)
        self.assertEqual(b.where(), f'{self.url}cases/{self.desk.case}')
        self.assertIn('District Court', b.source())
        self.assertEqual(b.audit(), [])
        self.assertEqual(b.ask('/title'), f'{self.desk.case} - the desk')
        b.tab_to('summary')
        b.press(ENTER)  # opens without a script
        for page in pages:
            b.go(self.url + page)
            self.assertEqual(b.audit(), [], page)
        b.go(self.url + 'cases')
        b.tab_to('button', 'Sign out')
        b.press(ENTER)
        self.assertIn('Ticket', b.source())
        self.assertEqual(b.audit(), [])
        b.go(self.url + 'cases')
        self.assertNotIn(self.desk.case, b.source())
        for url in b.fetched():
            self.assertTrue(url.startswith(self.url), url)
        errors = [e['message'] for e in b.log('browser')
                  if '404' not in e['message'] and '403' not in e['message']]
        self.assertEqual(errors, [])

    def test_with_a_passkey(self):
        b = Browser(self)
        url = self.url.replace('127.0.0.1', 'localhost')
        b.ask('/webauthn/authenticator',
              {'protocol': 'ctap2', 'transport': 'internal',
               'hasResidentKey': True, 'hasUserVerification': True,
               'isUserVerified': True})
        b.go(url)
        b.tab_to('textarea')
        b.press(self.desk.ticket('ada'))
        b.tab_to('button', 'Sign in')
        b.press(ENTER)
        b.go(url + 'passkeys')
        self.assertEqual(b.audit(), [])
        b.tab_to('button', 'Make a passkey')
        b.press(ENTER)
        line = b.text_of('line', 'tacet-desk passkey add ')
        self.sign_out_and_try(b, url)
        self.assertIn('does not open', b.source())  # nobody said so yet
        self.desk.run('passkey', 'add', line.split()[3], '--key',
                      self.desk.at('ada'))
        self.sign_out_and_try(b, url)
        self.assertEqual(b.where(), url + 'cases')
        self.assertIn('<b>ada</b>', b.source())
        credential = line.split('.')[2]
        self.assertIn(credential, self.desk.run('passkey', 'list'))
        self.desk.run('passkey', 'remove', credential, '--key',
                      self.desk.at('ada'))
        self.sign_out_and_try(b, url)
        self.assertIn('does not open', b.source())

    def sign_out_and_try(self, b, url):
        b.ask('/cookie', method='DELETE')
        b.go(url)
        self.assertEqual(b.audit(), [])
        b.tab_to('button', 'Use a passkey')
        b.press(ENTER)
        b.leaves(url)

    def test_without_scripts(self):
        b = Browser(self, scripts=False)
        self.sign_in(b)
        self.assertEqual(b.where(), self.url + 'cases')
        b.tab_to('a', self.desk.case)
        b.press(ENTER)
        self.assertIn('search-warrant', b.source())


if __name__ == '__main__':
    unittest.main(verbosity=2)
