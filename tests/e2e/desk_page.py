# SPDX-License-Identifier: Apache-2.0
"""A desk with two officers, a case of each and its page: what the tests of the
page share, those with a browser and those without."""
import json
import os
import shutil
import subprocess
import tempfile

from harness import BIN, TIMEOUT, Process

# What tries to leave the place where it is written.
HOSTILE = '"><script>document.title="hit"</script><img src=x onerror=a>\'&lt;'


def demand(**changes):
    """A demand that is whole (docs/protocol/desk-request.md)."""
    d = {'version': 1, 'addressee': 'Example Messenger Ltd',
         'authority': {'code': 'us-federal-court', 'country': 'US',
                       'name': 'District Court ' + HOSTILE},
         'instrument': 'search-warrant', 'kind': 'criminal',
         'statute': '18 U.S.C. 2703(a)', 'case_number': '1:26-mj-00123',
         'dated': '2026-11-02', 'received': '2026-11-03',
         'period': {'from': '2026-06-01', 'to': '2026-10-31'},
         'identifiers': ['mallory@localhost'], 'demands': ['created'],
         'signature': {'kind': 'pades', 'checked': 'valid'},
         'language': 'en', 'notes': {'came': HOSTILE}}
    d.update(changes)
    return d


class Desk:
    def __init__(self, test):
        self.folder = tempfile.mkdtemp(prefix='tacet-desk-')
        test.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        subprocess.run([f'{BIN}/tacetd', 'init', '--data', self.at('server')],
                       check=True, capture_output=True)
        self.run('init', '--server', self.at('server'))
        self.officer('ada', 'officer')
        self.officer('nan', 'officer', '--cleared')
        self.case = self.file(demand(), 'ada')
        self.secret = self.file(demand(kind='national-security'), 'nan')

    def at(self, name):
        return os.path.join(self.folder, name)

    def run(self, *words, code=0):
        p = subprocess.run([f'{BIN}/tacet-desk', *words, '--data',
                            self.at('desk')], capture_output=True, text=True,
                           check=False, timeout=TIMEOUT)
        if p.returncode != code:
            raise AssertionError(f'{words}: {p.returncode} {p.stderr}')
        return p.stdout if code == 0 else p.stderr

    def officer(self, name, role, *more):
        subprocess.run([f'{BIN}/tacet-desk', 'key', 'new', self.at(name),
                        '--no-passphrase'], check=True, capture_output=True)
        self.run('officer', 'add', name, '--key', self.at(f'{name}.pub'),
                 '--role', role, *more)

    def file(self, request, officer):
        path = self.at('demand.json')
        with open(path, 'w') as f:
            json.dump(request, f)
        return self.run('case', 'new', '--file', path, '--key',
                        self.at(officer)).strip()

    def ticket(self, name):
        return self.run('sign-in', '--key', self.at(name)).strip()

    def serve(self, test, listen='127.0.0.1:0'):
        p = Process([f'{BIN}/tacet-desk', 'serve', '--data', self.at('desk'),
                     '--listen', listen], self.at('serve.log'))
        test.addCleanup(p.stop)
        return p
