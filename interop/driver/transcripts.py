# SPDX-License-Identifier: Apache-2.0
"""What happened in a group, and who can tell: the log that tests/interop
replays (docs/interop.md has the format)."""
import json


class Log:
    def __init__(self, suite):
        self.suite = suite
        self.events, self.witnesses, self.psks = [], [], []
        self.present = {}

    # ---- the group ----

    def psk(self, psk_id, key):
        self.psks.append({'id': psk_id, 'key': key})

    def handshake(self, kind, message):
        self.events.append({kind: message})

    def epoch(self, state):
        """What the last commit led to."""
        if self.events and 'commit' in self.events[-1]:
            last = self.events[-1]
            last['epoch'] = state['epoch']
            last['authenticator'] = state['authenticator']
            last['exported'] = state['exported']

    def message(self, message, content):
        self.events.append({'message': message, 'content': content})

    # ---- witnesses ----

    def joined(self, member, welcome, tree):
        """By the Welcome of the last commit."""
        keys = member.packaged
        witness = {
            'key_package': keys['key_package'],
            'init_priv': keys['init_priv'],
            'encryption_priv': keys['encryption_priv'],
            'signature_priv': keys['signature_priv'],
            'welcome': welcome,
            'tree': tree,
            'from': len(self.events) - 1,
        }
        self.witnesses.append(witness)

    def entry(self, what, budget=None):
        """budget: bytes of JSON; the log ends before an event that is over it."""
        events = self.events
        if budget is not None:
            left = budget - sum(len(json.dumps(w)) for w in self.witnesses)
            for n, event in enumerate(events):
                left -= len(json.dumps(event))
                if left < 0:
                    events = events[:n]
                    break
        witnesses = [w for w in self.witnesses if w['from'] < len(events)]
        return {'what': what, 'cipher_suite': int(self.suite, 16), 'psks': self.psks,
                'log': events, 'witnesses': witnesses}
