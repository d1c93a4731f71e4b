# SPDX-License-Identifier: Apache-2.0
"""The desk's page over plain HTTP: who gets in, what is shown to whom, what
other pages in the same browser could try. No script is needed for any of it;
tests/e2e/browser_desk_page.py does the same in a browser."""
import http.client
import json
import os
import socket
import stat
import unittest
import urllib.parse

from desk_page import HOSTILE, Desk


class Page:
    """A browser's end, as far as it matters: a cookie that is sent back."""

    def __init__(self, where):
        url = urllib.parse.urlparse(where)
        self.host = url.netloc
        self.cookie = None

    def ask(self, method, path, body=None, **headers):
        c = http.client.HTTPConnection(self.host, timeout=60)
        fields = {k.replace('_', '-'): v for k, v in headers.items()}
        if self.cookie is not None and 'Cookie' not in fields:
            fields['Cookie'] = f'other=1; {self.cookie}'
        if body is not None:
            fields['Content-Type'] = 'application/x-www-form-urlencoded'
            body = urllib.parse.urlencode(body)
        c.request(method, path, body, fields)
        answer = c.getresponse()
        text = answer.read().decode()
        given = answer.getheader('Set-Cookie')
        if given is not None:
            self.cookie = given.split(';')[0]
        c.close()
        return answer.status, answer, text

    def get(self, path, **headers):
        return self.ask('GET', path, **headers)

    def sign_in(self, ticket, **headers):
        return self.ask('POST', '/sign-in', {'ticket': ticket}, **headers)


class DeskPage(unittest.TestCase):
    def setUp(self):
        self.desk = Desk(self)
        self.process = self.desk.serve(self)

    def page(self, officer=None):
        p = Page(self.process.where)
        if officer is not None:
            status, _, _ = p.sign_in(self.desk.ticket(officer) + '\r\n')
            self.assertEqual(status, 303)
        return p

    def events(self, kind):
        lines = self.desk.run('log', 'show', '--json').splitlines()
        return [e for e in map(json.loads, lines) if e['kind'] == kind]

    def test_nothing_is_shown_without_a_ticket(self):
        p = self.page()
        for path in ('/cases', f'/cases/{self.desk.case}', '/log', '/officers',
                     '/reports', '/nothing'):
            status, _, text = p.get(path)
            self.assertEqual(status, 403)
            self.assertIn('name="ticket"', text)
            self.assertNotIn(self.desk.case, text)
        for bad in ('', 'AQNhZGEAAA', 'x' * 3000, '\x00\x01', '<script>'):
            status, answer, text = p.sign_in(bad)
            self.assertEqual(status, 403)
            self.assertIn('role="alert"', text)
            self.assertIsNone(answer.getheader('Set-Cookie'))
        self.assertEqual(p.sign_in('x' * 9000)[0], 413)
        self.assertEqual(self.events('signed-in'), [])

    def test_a_ticket_opens_the_desk_once(self):
        ticket = self.desk.ticket('ada')
        p = self.page()
        status, answer, _ = p.sign_in(ticket)
        self.assertEqual((status, answer.getheader('Location')), (303, '/cases'))
        cookie = answer.getheader('Set-Cookie')
        self.assertIn('HttpOnly', cookie)
        self.assertIn('SameSite=Strict', cookie)
        self.assertIn(self.desk.case, p.get('/cases')[2])
        self.assertEqual(self.page().sign_in(ticket)[0], 403)
        self.assertEqual([e['actor'] for e in self.events('signed-in')],
                         ['page:ada'])
        self.assertEqual(p.ask('POST', '/sign-out', {})[0], 303)
        self.assertEqual(p.get('/cases')[0], 403)
        # Another one that serves the desk, and a later one, know it as well.
        other, unused = self.desk.serve(self), self.desk.ticket('ada')
        self.assertEqual(Page(other.where).sign_in(ticket)[0], 403)
        self.process.stop()
        self.process = self.desk.serve(self)
        self.assertEqual(self.page().sign_in(ticket)[0], 403)
        self.assertEqual(self.page().sign_in(unused)[0], 303)

    def test_who_is_removed_is_out(self):
        p = self.page('ada')
        self.assertEqual(p.get('/cases')[0], 200)
        self.desk.run('officer', 'remove', 'ada')
        self.assertEqual(p.get('/cases')[0], 403)

    def test_pages_say_what_they_hold(self):
        p = self.page('ada')
        status, answer, text = p.get(f'/cases/{self.desk.case}')
        self.assertEqual(status, 200)
        self.assertIn('search-warrant', text)
        self.assertIn('case authenticate', text)
        self.assertIn(f'case complete {self.desk.case} --file', text)
        self.assertNotIn('case review', text)  # of emergencies alone
        self.assertNotIn('case close', text)  # not from this state
        self.assertNotIn(HOSTILE, text)
        self.assertNotIn('<script', text)
        self.assertNotIn('<img', text)
        policy = answer.getheader('Content-Security-Policy')
        self.assertIn("default-src 'none'", policy)
        self.assertEqual(answer.getheader('Cache-Control'), 'no-store')
        for path in ('/cases', '/cases?show=all', '/log', '/log?page=0',
                     '/officers', '/reports', '/cases?page=7'):
            status, _, text = p.get(path)
            self.assertEqual(status, 200, path)
            self.assertEqual(text.count('<h1>'), 1)
            self.assertNotIn('<script', text)
        for path in ('/cases/none', '/cases/', '/cases/..%2f', '/cases/' + 'a' * 99,
                     "/cases/'or'1", '/etc/passwd', '/log/1'):
            self.assertEqual(p.get(path)[0], 404, path)

    def test_reading_is_an_event(self):
        before = len(self.events('case-read'))
        p = self.page('ada')
        p.get(f'/cases/{self.desk.case}')
        read = self.events('case-read')
        self.assertEqual(len(read), before + 1)
        self.assertEqual((read[-1]['actor'], read[-1]['case']),
                         ('page:ada', self.desk.case))
        listed = len(self.events('cases-listed'))
        p.get('/cases')
        self.assertEqual(['page:ada'], [e['actor'] for e in
                                        self.events('cases-listed')[listed:]])
        self.desk.run('log', 'verify')  # no key comes near a browser

    def test_secret_cases_are_not_there_for_others(self):
        ada, nan = self.page('ada'), self.page('nan')
        self.assertEqual(ada.get(f'/cases/{self.desk.secret}')[0], 404)
        self.assertEqual(nan.get(f'/cases/{self.desk.secret}')[0], 200)
        self.assertIn(self.desk.secret, nan.get('/log')[2])
        none = ada.get('/cases/' + self.desk.secret[::-1])
        hidden = ada.get(f'/cases/{self.desk.secret}')
        self.assertEqual(none[2], hidden[2])
        for path in ('/cases', '/cases?show=all', '/log'):
            text = ada.get(path)[2]
            self.assertIn(self.desk.case, text)
            self.assertNotIn(self.desk.secret, text)
            self.assertNotIn('national-security', text)

    def test_other_pages_are_refused(self):
        p = self.page('ada')
        ticket = self.desk.ticket('ada')
        self.assertEqual(p.get('/cases', Host='evil.example')[0], 421)
        self.assertEqual(p.get('/cases', Host='evil.example:80')[0], 421)
        for field in ({'Origin': 'https://evil.example'}, {'Origin': 'null'},
                      {'Sec_Fetch_Site': 'cross-site'},
                      {'Sec_Fetch_Site': 'same-site'}):
            self.assertEqual(p.sign_in(ticket, **field)[0], 403)
            self.assertEqual(p.ask('POST', '/sign-out', {}, **field)[0], 403)
        self.assertEqual(p.get('/cases')[0], 200)  # still signed in
        self.assertEqual(p.sign_in(ticket, Origin=f'http://{p.host}',
                                   Sec_Fetch_Site='same-origin')[0], 303)
        self.assertEqual(p.ask('GET', '/sign-out')[0], 405)
        self.assertEqual(p.ask('DELETE', '/cases')[0], 405)

    def test_it_listens_on_this_machine_alone(self):
        for where in ('0.0.0.0:0', '[::]:0', '192.0.2.1:80', 'example.org:80',
                      '127.0.0.1', '127.0.0.1:99999', '', ':80', 'unix:x'):
            said = self.desk.run('serve', '--listen', where, code=2)
            self.assertIn('this machine alone', said)
        port = self.process.where.rstrip('/').rsplit(':', 1)[1]
        said = self.desk.run('serve', '--listen', f'127.0.0.1:{port}', code=1)
        self.assertIn('listens on', said)

    def test_a_socket_in_a_folder(self):
        path = self.desk.at('page.sock')
        p = self.desk.serve(self, f'unix:{path}')
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode) & 0o007, 0)
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(60)
            s.connect(path)
            s.sendall(b'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
            got = b''
            while piece := s.recv(65536):
                got += piece
        self.assertTrue(got.startswith(b'HTTP/1.1 200 '))
        self.assertEqual(p.where, f'unix:{path}')


if __name__ == '__main__':
    unittest.main(verbosity=2)
