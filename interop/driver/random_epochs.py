# SPDX-License-Identifier: Apache-2.0
"""Epochs at random in one group with members of all three libraries: twenty of
them, by a seed, so that a run that failed can be run again."""
import os
import random

from groups import Group
from known import ONE_KIND_OF_PSK
from peers import Lacks
from scenarios import context

SIZE = 20
WITNESSES = 3
FLOOR = 12


class Walk:
    """One group. Each epoch: proposals from some, a commit from another."""

    def __init__(self, suite, ours, peers, seed, size):
        self.rng = random.Random(f'{suite} {seed}')
        self.ours, self.size = ours, size
        self.sides = [ours, *peers]
        self.group = Group(suite)
        self.done = {}
        g = self.group
        founder = g.new_member(self.rng.choice(self.sides))
        g.create(founder, context('00'))
        g.add(founder, [g.new_member(ours, witness=True)
                        for _ in range(min(WITNESSES, size // 4))])
        while len(g.members) < size:
            some = [self.newcomer() for _ in range(min(5, size - len(g.members)))]
            g.add(self.rng.choice(self.actors()), some)
            self.count('add')
        g.everybody_talks()

    def count(self, what):
        self.done[what] = self.done.get(what, 0) + 1

    def actors(self):
        return [m for m in self.group.members if not m.witness]

    def newcomer(self):
        return self.group.new_member(self.rng.choice(self.sides))

    # ---- one epoch ----

    def propose_some(self):
        """By reference; each leaf is touched once. What they will do."""
        self.joiners, self.gone, self.busy = [], [], set()
        self.psks_wait = False
        for _ in range(self.rng.choice((0, 0, 1, 2, 3))):
            who = self.rng.choice(self.actors())
            kind = self.rng.choice(('add', 'update', 'remove', 'psk'))
            try:
                self.propose(who, kind, self.rng.random() < 0.5)
                self.count(f'{kind} by reference')
            except Lacks:
                pass

    def propose(self, who, kind, public):
        if kind == 'add':
            new = self.newcomer()
            self.group.propose(who, self.adding(new), public)
            self.joiners.append(new)
        elif kind == 'update' and who not in self.busy:
            self.group.propose(who, {'type': 'update'}, public)
            self.busy.add(who)
        elif kind == 'remove' and self.may_remove():
            gone = self.victim(who)
            self.group.propose(who, {'type': 'remove', 'leaf': gone.leaf()}, public)
            self.gone.append(gone)
            self.busy.add(gone)
        elif kind == 'psk':
            self.group.propose(who, self.fresh_psk(), public)
            self.psks_wait = True

    def adding(self, new):
        return {'type': 'add', 'key_package': new.package()}

    def fresh_psk(self):
        psk_id = os.urandom(4).hex()
        self.group.learn(psk_id, os.urandom(32).hex())
        for m in self.joiners:
            m.learn(psk_id, self.group.known[psk_id])
        return {'type': 'psk', 'id': psk_id}

    def may_remove(self):
        return len(self.group.members) - len(self.gone) > min(FLOOR, self.size - 2)

    def victim(self, *but):
        return self.rng.choice([m for m in self.actors()
                                if m not in self.busy and m not in but])

    def by_value(self, maker):
        proposals = []
        if self.rng.random() < 0.5 and len(self.group.members) < self.size + 4:
            for _ in range(self.rng.choice((1, 1, 2, 3))):
                new = self.newcomer()
                self.joiners.append(new)
                proposals.append(self.adding(new))
                self.count('add')
        if self.rng.random() < 0.3 and self.may_remove():
            gone = self.victim(maker)
            self.gone.append(gone)
            proposals.append({'type': 'remove', 'leaf': gone.leaf()})
            self.count('remove')
        mixed = self.psks_wait and maker.peer.name in ONE_KIND_OF_PSK
        if self.rng.random() < 0.15 and not mixed:
            proposals.append(self.fresh_psk())
            self.count('psk')
        if self.rng.random() < 0.1:
            proposals.append({'type': 'extensions',
                              'extensions': context(os.urandom(3).hex())})
            self.count('extensions')
        return proposals

    def step(self):
        if self.rng.random() < 0.12:
            self.come_in()
        else:
            self.propose_some()
            maker = self.victim()
            rivals = [self.victim(maker)] if self.rng.random() < 0.1 else []
            self.group.commit(maker, self.by_value(maker), self.joiners, self.gone,
                              public=self.rng.random() < 0.3, rivals=rivals)
            self.count('commit')
            self.count(f'commit by {maker.peer.name}')
        for m in self.rng.sample(self.actors(), 2):
            self.group.say(m, os.urandom(6).hex())
            self.count('message')

    def come_in(self):
        via = self.rng.choice(self.actors())
        if self.rng.random() < 0.3:
            lost = self.rng.choice([m for m in self.actors() if m is not via])
            self.group.external_join(lost, via, remove=lost)
            self.count('external join in place of an own leaf')
        else:
            self.group.external_join(self.newcomer(), via)
            self.count('external join')


def run(suite, ours, peers, seed, epochs, size):
    walk = Walk(suite, ours, peers, seed, size)
    for n in range(epochs):
        try:
            walk.step()
        except Exception as e:
            raise type(e)(f'suite {suite}, seed {seed}, random epoch {n}: {e}') from e
    walk.group.close()
    return walk.done, walk.group.log
