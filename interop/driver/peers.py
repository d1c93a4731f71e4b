# SPDX-License-Identifier: Apache-2.0
"""The programs that play: one process each, spoken to in JSON lines."""
import json
import select
import subprocess


class Refused(Exception):
    """A peer answered a request with an error."""


class Lacks(Exception):
    """A peer has no call for what was asked."""


ANSWER_SECONDS = 60


class Peer:
    def __init__(self, command, version):
        self.command, self.version = command, version
        self.start()
        hello = self.ask('hello')
        self.name, self.suites = hello['name'], hello['suites']

    def start(self):
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)

    def answer(self):
        ready, _, _ = select.select([self.process.stdout], [], [], ANSWER_SECONDS)
        line = self.process.stdout.readline() if ready else ''
        if not line:  # its members are gone with it
            self.process.kill()
            self.process.wait()
            self.start()
            return {'error': 'ended' if ready else f'no answer in {ANSWER_SECONDS} s'}
        return json.loads(line)

    def ask(self, verb, **fields):
        request = {'do': verb, **{k: v for k, v in fields.items() if v is not None}}
        self.process.stdin.write(json.dumps(request) + '\n')
        self.process.stdin.flush()
        answer = self.answer()
        if 'lacks' in answer:
            raise Lacks(f"{self.name} has no {answer['lacks']}")
        if 'error' in answer:
            raise Refused(f"{fields.get('who', '')}, asked to {verb}: {answer['error']}")
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Member:
    """One player, known to its peer by a name that is never used again."""
    count = 0

    def __init__(self, peer, suite, identity=None):
        Member.count += 1
        self.peer, self.suite = peer, suite
        self.name = f'{peer.name}-{Member.count}'
        self.identity = identity or self.name
        self.signature_key = self.ask(
            'member', suite=suite, identity=self.identity)['signature_key']

    def ask(self, verb, **fields):
        return self.peer.ask(verb, who=self.name, **fields)

    def learn(self, psk_id, key):
        self.ask('psk', id=psk_id, key=key)

    def package(self):
        self.packaged = self.ask('key_package')
        return self.packaged['key_package']

    def state(self):
        return self.ask('state')

    def leaf(self):
        return self.state()['leaf']

    def forget(self):
        self.ask('forget')
