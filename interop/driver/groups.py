# SPDX-License-Identifier: Apache-2.0
"""A group of players, and the network between them: whatever one makes, all
others get, and after every change all must agree."""
import os

from known import BLIND_TO_REMOVAL
from peers import Member
from transcripts import Log


class Disagreement(Exception):
    """Two members of one epoch are not of one mind."""


def expect(what, got, wanted):
    if got != wanted:
        raise Disagreement(f'{what}: {got!r}, not {wanted!r}')


class Group:
    def __init__(self, suite):
        self.suite = suite
        self.id = os.urandom(16).hex()
        self.members = []
        self.known = {}  # PSKs of everybody
        self.log = Log(suite)

    # ---- people ----

    def new_member(self, peer, witness=False, identity=None):
        """Not in the group yet. A witness makes nothing, and stays."""
        m = Member(peer, self.suite, identity)
        m.witness = witness
        for psk_id, key in self.known.items():
            m.learn(psk_id, key)
        return m

    def others(self, *but):
        return [m for m in self.members if m not in but]

    def learn(self, psk_id, key):
        self.known[psk_id] = key
        self.log.psk(psk_id, key)
        for m in self.members:
            m.learn(psk_id, key)

    # ---- making and changing ----

    def create(self, founder, extensions=None):
        founder.ask('create', group=self.id, extensions=extensions)
        self.members = [founder]

    def deliver(self, message, kind, sender=None, removed=(), told=False):
        for m in self.others(sender):
            if m in removed and not told and m.peer.version in BLIND_TO_REMOVAL:
                continue
            got = m.ask('process', message=message)
            expect(f'{m.name} took a {kind}', got['kind'], kind)
            if kind == 'commit':
                expect(f'{m.name} removed', bool(got.get('removed')), m in removed)
        self.log.handshake(kind, message)

    def propose(self, proposer, proposal, public=False):
        made = proposer.ask('propose', proposal=proposal, public=public)
        self.deliver(made['message'], 'proposal', proposer)

    def propose_from_outside(self, stranger, via, proposal, sender=None):
        info = via.ask('group_info')['group_info']
        made = stranger.ask('external_propose', group_info=info,
                            proposal=proposal, sender=sender)
        self.deliver(made['message'], 'proposal')

    def commit(self, maker, proposals=(), joiners=(), removed=(), public=False,
               tree_apart=False, rivals=(), told=False):
        """joiners: whose packages were proposed already, or stand in
        proposals. rivals: who commits at the same time, and loses. told: give
        the commit to the removed even where that is known to go wrong."""
        made = maker.ask('commit', proposals=list(proposals), public=public,
                         tree_apart=tree_apart or None)
        for rival in rivals:
            rival.ask('commit', proposals=[])
            rival.ask('discard')
        self.deliver(made['commit'], 'commit', maker, removed, told)
        maker.ask('merge')
        self.members = self.others(*removed)
        for m in joiners:
            self.join(m, made['welcome'], made.get('tree'))
        self.agree()
        return made

    def join(self, m, welcome, tree=None):
        m.ask('join', welcome=welcome, tree=tree)
        self.members.append(m)
        if m.witness:
            self.log.joined(m, welcome, tree)

    def add(self, maker, joiners, **how):
        adds = [{'type': 'add', 'key_package': m.package()} for m in joiners]
        return self.commit(maker, adds, joiners, **how)

    def external_join(self, m, via, remove=None, psk=False):
        info = via.ask('group_info')['group_info']
        leaf = remove.leaf() if remove else None
        made = m.ask('external_join', group_info=info, remove=leaf, psk=psk or None)
        stay = [x for x in self.members if x is not remove]
        self.members = stay
        self.deliver(made['commit'], 'commit')
        self.members.append(m)
        self.agree()

    # ---- looking ----

    def agree(self):
        states = [(m, m.state()) for m in self.members]
        wanted, leaves = {'members': len(self.members)}, set()
        for m, s in states:
            for key in ('epoch', 'members', 'authenticator', 'exported', 'tree_hash'):
                if key in s:  # whoever says it first is the measure
                    expect(f'{key} of {m.name}', s[key], wanted.setdefault(key, s[key]))
            leaves.add(s['leaf'])
        expect('leaves', len(leaves), len(self.members))
        self.log.epoch(wanted)
        return wanted

    def say(self, sender, text, late=None):
        """Sends, and delivers unless `late` is a list to keep it in."""
        content = text.encode().hex()
        message = sender.ask('send', content=content)['message']
        if late is not None:
            late.append((sender, message, content))
        else:
            self.hear(sender, message, content)

    def hear(self, sender, message, content):
        for m in self.others(sender):
            got = m.ask('process', message=message)
            expect(f'{m.name} read', (got['kind'], got.get('content')),
                   ('application', content))
        self.log.message(message, content)

    def everybody_talks(self):
        for m in self.members:
            if not m.witness:
                self.say(m, f'{m.name} says that this is epoch {m.state()["epoch"]}')

    # ---- leaving ----

    def close(self):
        for m in self.members:
            m.forget()
        self.members = []
