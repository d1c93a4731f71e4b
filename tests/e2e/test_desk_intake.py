# SPDX-License-Identifier: Apache-2.0
"""tacet-desk: demands that come as a form or attached to a mail, and what a
sender says there that only the desk can say."""
import base64
import hashlib
import json
import os
import shutil
import subprocess
import unittest

from test_desk import Desk, day, demand

FACTS = {'who': 'a girl of nine years', 'when': 'tonight at ten',
         'harm': 'he has said that he will kill her',
         'why': 'he writes from this account, and was seen there'}


def paper(**more):
    """A demand as a sender writes it: without what the desk adds."""
    return demand(**{'received': None, 'addressee': 'Example Messenger Ltd',
                     'statute': '18 U.S.C. 2703(c)(2)',
                     'officer': {'name': 'A. Example',
                                 'mail': 'a.example@agency.gov'}, **more})


def without_none(d):
    return {k: v for k, v in d.items() if v is not None}


def mail(parts, sender='a.example@agency.gov', crlf=True):
    """parts: (type, name, bytes, encoding)."""
    lines = [f'From: "A. Example" <{sender}>', 'To: legal@example.org',
             'Subject: a demand', 'MIME-Version: 1.0',
             'Content-Type: multipart/mixed; boundary="b 1"', '', 'preamble']
    for kind, name, data, encoding in parts:
        lines += ['--b 1', f'Content-Type: {kind}',
                  'Content-Disposition: attachment;',
                  f' filename="{name}"' if name else ' x=y',
                  f'Content-Transfer-Encoding: {encoding}', '']
        if encoding == 'base64':
            lines += base64.encodebytes(data).decode().split()
        else:
            lines += data.decode('latin-1').split('\n')
    lines += ['--b 1--', '']
    return ('\r\n' if crlf else '\n').join(lines).encode('latin-1')


class Intake(Desk):
    def setUp(self):
        super().setUp()
        self.make()

    def write(self, name, data):
        with open(self.path(name), 'wb') as f:
            f.write(data if isinstance(data, bytes) else data.encode())
        return self.path(name)

    def new(self, *args, code=0):
        return self.desk('case', 'new', *args, *self.key('ann'),
                         code=code).strip()

    def request(self, case):
        line = self.desk('case', 'show', case, '--json').splitlines()[0]
        return json.loads(line)['request']

    def by_mail(self, data, *args, code=0):
        return self.new('--mail', self.write('mail.eml', data), *args, code=code)

    # ---- forms ----

    def form(self, **values):
        """The empty form, filled: lines of the names given."""
        out = []
        for line in self.desk('case', 'form', data=False).splitlines():
            name = line.rstrip(':').replace(' ', '_')
            got = values.pop(name, None)
            for v in got if isinstance(got, list) else [got]:
                out.append(line if v is None else f'{line} {v}')
        self.assertEqual({}, values)
        return '\n'.join(out) + '\n'

    def test_a_form(self):
        text = self.form(
            Instrument='subpoena', Kind='criminal', Authority_code='us-grand-jury',
            Authority='a grand jury', Country='US', Case_number='1:26-mj-7',
            Dated=day(-1), Received=day(), Account=['bob', 'eve@localhost'],
            Demand=['created', 'last-seen'], Other_demand='Fragen: viele',
            Called_back_by='ann', Called_number='the directory: +1 202',
            Called_on=day(), Offence='fraud', Offence_years='20',
            Translated='no')
        for n, variant in enumerate((text, text.replace('\n', '\r\n'),
                                     text.replace('Kind:', 'KIND :'))):
            case = self.new('--from-form', self.write('a.form', variant))
            r = self.request(case)
            self.assertEqual(['bob', 'eve@localhost'], r['identifiers'])
            self.assertEqual('the directory: +1 202',
                             r['officer']['callback']['number'])
            self.assertEqual(['Fragen: viele'], r['other_demands'])
            self.assertEqual((20, False), (r['offence']['max_years'],
                                           r['translated']))
            self.assertNotIn('gag', r)

    def test_forms_that_are_refused(self):
        good = self.form(Instrument='subpoena', Kind='criminal', Received=day())
        self.new('--from-form', self.write('a.form', good))
        before = self.desk('log', 'show')
        for text, words in (
                ('', 'empty'), ('hello\n', 'line 1'),
                (good.replace('form 1', 'form 2'), 'another version'),
                (good + 'Colour: red\n', 'does not have'),
                (good + 'no colon here\n', 'no colon'),
                (good + 'Kind: civil\n', 'a second time'),
                (good + 'Cost: 3.5\n', 'whole number'),
                (good + 'Cost: ' + '9' * 40 + '\n', 'whole number'),
                (good + 'Translated: maybe\n', 'yes or no'),
                (good + 'Dated: 2026-02-30\n', 'dated'),
                (good + 'Dated: 12026-01-01\n', 'dated'),
                (good + 'Account: a\x01b\n', 'identifiers'),
                (good + 'Account: ' + 'x' * 2000 + '\n', 'identifiers'),
                (good + 'Demand: everything\n', 'demands'),
                (good.encode() + b'Account: \xff\n', 'UTF-8'),
                (b'\0' * 100, 'UTF-8'), (b'x' * (2 << 20), '')):
            self.new('--from-form', self.write('a.form', text), code=1)
            self.assertIn(words, self.said)
        self.assertEqual(before, self.desk('log', 'show'))
        for args in ((), ('--from-form', 'a', '--file', 'b'),
                     ('--file', self.path('a.form'), '--roots', 'x'),
                     ('--mail', 'a', '--document', 'b')):
            self.new(*args, code=1)

    # ---- mails ----

    def test_an_attachment(self):
        text = json.dumps(without_none(paper())).encode()
        pdf = b'%PDF the paper\n' * 4000
        named = json.dumps(without_none(paper(
            case_number='2', document={'sha256': hashlib.sha256(pdf).hexdigest(),
                                       'name': 'paper.pdf'}))).encode()
        form = self.form(Instrument='subpoena', Kind='criminal',
                         Case_number='3', Dated=day(-1)).encode()
        quoted = text.replace(b'"', b'=22').replace(b', ', b', =\n')
        for n, (data, crlf) in enumerate((
                (('application/json', 'demand.json', text, 'base64'), True),
                (('application/octet-stream', 'DEMAND.JSON', text, '7bit'), False),
                (('Application/JSON; charset=utf-8', '', quoted,
                  'quoted-printable'), True),
                (('application/json', 'd.json', named, 'base64'), True),
                (('text/plain', 'a.form', form, 'base64'), True))):
            raw = mail([('text/plain', '', b'Dear Sirs', '8bit'), data,
                        ('application/pdf', 'paper.pdf', pdf, 'base64')],
                       crlf=crlf)
            case = self.by_mail(raw)
            row, r = self.row(case), self.request(case)
            # The original is the whole mail, under its hash.
            digest = hashlib.sha256(raw).hexdigest()
            self.assertEqual(digest, row['document'])
            with open(os.path.join(self.data, 'documents', digest), 'rb') as f:
                self.assertEqual(raw, f.read())
            self.assertEqual(day(), r['received'])
            self.assertNotIn('checked', r.get('signature', {}))
        case = self.by_mail(mail([('application/json', 'x.json', text, 'base64')]),
                            '--received', day(-3))
        self.assertEqual(day(-3), self.row(case)['received'])

    def test_who_lies_about_who_he_is(self):
        """An emergency that was called back, signed and checked, says its
        sender."""
        lie = without_none(paper(
            instrument='emergency-disclosure', kind='emergency',
            authority={'code': 'us-fbi', 'name': 'FBI', 'country': 'US'},
            statute='18 U.S.C. 2702(b)(8)', emergency=FACTS, received=day(-400),
            signature={'kind': 'pades', 'checked': 'valid'},
            officer={'name': 'Agent X', 'mail': 'agent.x@fbi.gov',
                     'mail_checked': 'valid', 'phone': '+1 202 555 0100',
                     'callback': {'by': 'ann', 'number': 'the directory',
                                  'on': day()}}))
        case = self.by_mail(mail([('application/json', 'd.json',
                                   json.dumps(lie).encode(), 'base64')],
                                 sender='agent.x@fbi.gov'))
        for what in ('received', 'signature.checked', 'officer.mail_checked',
                     'officer.callback'):
            self.assertIn(what + ', which only the desk can say', self.said)
        r = self.request(case)
        self.assertEqual(day(), r['received'])
        self.assertNotIn('callback', r['officer'])
        judged = json.loads(self.desk('evaluate', case, '--json',
                                      *self.key('ann'), code=None))
        codes = {f['code']: f['severity'] for f in judged['findings']}
        self.assertEqual('block', codes['emergency-callback'])
        self.assertIn('mail-unchecked', codes)
        self.assertIn('signature-unchecked', codes)
        for more in ((), ('--despite', 'emergency-callback')):
            self.desk('decide', case, 'accept', '--reason', 'a child!', *more,
                      *self.key('bob'), code=4)

    def test_mails_that_are_refused(self):
        text = json.dumps(without_none(paper())).encode()
        one = ('application/json', 'd.json', text, 'base64')
        good = mail([one])
        self.by_mail(good)
        before = (self.desk('log', 'show'), self.documents())
        deep = b'Content-Type: multipart/mixed; boundary=b\n\n'
        for _ in range(40):
            deep += b'--b\nContent-Type: multipart/mixed; boundary=b\n\n'
        many = mail([('text/plain', f'{i}.txt', b'x', '7bit')
                     for i in range(200)] + [one])
        hashed = json.dumps(without_none(paper(document={
            'sha256': '0' * 64, 'name': 'p.pdf'}))).encode()
        for data, words in (
                (b'', 'no attachment'), (b'\0' * 1000, 'no attachment'),
                (b'From: a@b\n\nhello', 'no attachment'),
                (mail([one, one]), 'more than one'),
                (good[:-40], 'cut off'),
                (good.replace(b'; boundary="b 1"', b''), 'parts end'),
                (good.replace(b'Content-Type: multipart', b'Content-Type: '
                              b'text/plain\r\nContent-Type: multipart'), ''),
                (deep, ''), (many, 'parts'),
                (mail([('application/json', 'd.json', b'{"version":2}',
                        'base64')]), 'version'),
                (mail([('application/json', 'd.json', b'[]', 'base64')]),
                 'object'),
                (mail([('application/json', 'd.json', b'{' * 100000,
                        'base64')]), 'levels'),
                (mail([('application/json', 'd.json', b'"' * 3,
                        'quoted-printable')]), 'JSON'),
                (mail([('application/json', 'd.json', b'=ZZ',
                        'quoted-printable')]), 'quoted-printable'),
                (mail([('application/json', 'd.json', b'!!!', '7bit')]).replace(
                    b'7bit', b'base64'), 'base64'),
                (mail([('application/json', 'd.json', b'x' * (2 << 20),
                        'base64')]), '1 MiB'),
                (mail([('application/json', 'd.json', hashed, 'base64')]),
                 'not attached')):
            self.by_mail(data, code=1)
            self.assertIn(words, self.said)
        self.by_mail(good, '--received', '2026-02-30', code=1)
        large = self.path('large.eml')
        with open(large, 'wb') as f:
            f.truncate(200 << 20)
        self.new('--mail', large, code=1)
        self.assertEqual(before, (self.desk('log', 'show'), self.documents()))

    def documents(self):
        return sorted(os.listdir(os.path.join(self.data, 'documents')))

    # ---- signed mails ----

    def openssl(self, *args):
        return subprocess.run(['openssl', *args], check=True, cwd=self.folder,
                              capture_output=True).stdout

    def authority(self, name, *addresses):
        """An authority, and a certificate of each address under it."""
        self.openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout',
                     name + '.key', '-out', name + '.pem', '-subj', '/CN=' + name,
                     '-days', '30')
        for address in addresses:
            who = address.split('@')[0]
            self.openssl('req', '-newkey', 'rsa:2048', '-nodes', '-keyout',
                         who + '.key', '-out', who + '.csr', '-subj',
                         '/CN=' + who)
            self.write(who + '.ext', f'subjectAltName=email:{address}\n'
                       'extendedKeyUsage=emailProtection\n'
                       'keyUsage=digitalSignature\n')
            self.openssl('x509', '-req', '-in', who + '.csr', '-CA',
                         name + '.pem', '-CAkey', name + '.key',
                         '-CAcreateserial', '-out', who + '.pem', '-days', '30',
                         '-extfile', who + '.ext')

    def signed(self, who, sender, *args, inner=None):
        text = json.dumps(without_none(paper(
            signature={'kind': 'pades', 'checked': 'valid'}))).encode()
        body = inner or mail([('application/json', 'd.json', text, 'base64')])
        # What is signed is the entity: headers of the content, and the content.
        at = body.index(b'MIME-Version')
        self.write('entity', body[at:])
        out = self.openssl('cms', '-sign', '-in', 'entity', '-signer',
                           who + '.pem', '-inkey', who + '.key', *args)
        return f'From: A. Example <{sender}>\n'.encode() + out

    def checked(self, data, *args):
        r = self.request(self.by_mail(data, *args))
        self.assertEqual('s-mime', r['signature']['kind'])
        return r['signature']['checked'], r['officer'].get('mail_checked')

    @unittest.skipUnless(shutil.which('openssl'), 'openssl is not installed')
    def test_signed_mails(self):
        self.authority('ca', 'a.example@agency.gov', 'b.other@agency.gov')
        roots = ('--roots', self.path('ca.pem'))
        sender = 'a.example@agency.gov'
        for form in ((), ('-nodetach',)):
            good = self.signed('a.example', sender, *form)
            self.assertEqual(('valid', 'valid'), self.checked(good, *roots))
            # Nobody vouches for the authority: somebody has to look.
            self.assertEqual(('unchecked', None), self.checked(good))
            # Another's certificate under the same authority.
            self.assertEqual(
                ('invalid', None),
                self.checked(self.signed('b.other', sender, *form), *roots))
        # One letter of what was signed.
        good = self.signed('a.example', sender)
        self.assertIn(b'preamble', good)
        self.assertEqual(('invalid', None), self.checked(
            good.replace(b'preamble', b'preambel'), *roots))
        # A demand that is put beside what was signed is not read.
        b = good.split(b'boundary="', 1)[1].split(b'"', 1)[0]
        beside = (b'--' + b + b'\nContent-Type: application/json\n\n{}\n--' + b)
        self.by_mail(good.replace(b'--' + b, beside, 1), *roots, code=1)
        self.by_mail(good, '--roots', self.path('nothing.pem'), code=1)
        self.assertIn('PEM', self.said)
        self.by_mail(good, '--roots', self.write('empty.pem', ''), code=1)
        # An expired certificate is nobody's.
        self.clock = 60
        self.assertEqual(('unchecked', None), self.checked(good, *roots))

    @unittest.skipUnless(shutil.which('openssl'), 'openssl is not installed')
    def test_damaged_signatures_end_in_a_sentence(self):
        self.authority('ca', 'a.example@agency.gov')
        good = self.signed('a.example', 'a.example@agency.gov')
        opaque = self.signed('a.example', 'a.example@agency.gov', '-nodetach')
        for data in (good, opaque):
            for at in range(0, len(data), max(1, len(data) // 25)):
                cut = self.write('mail.eml', data[:at])
                flipped = bytearray(data)
                flipped[at] ^= 1
                self.desk('case', 'new', '--mail', cut, *self.key('ann'),
                          '--roots', self.path('ca.pem'), code=None)
                self.assertNotIn('Sanitizer', self.said)
                self.desk('case', 'new', '--mail',
                          self.write('mail.eml', bytes(flipped)),
                          *self.key('ann'), '--roots', self.path('ca.pem'),
                          code=None)
                self.assertNotIn('Sanitizer', self.said)
        self.desk('log', 'verify')


if __name__ == '__main__':
    unittest.main(verbosity=2)
