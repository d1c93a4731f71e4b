# SPDX-License-Identifier: Apache-2.0
"""The operations of the table: each in a fresh small group of ours and of one
peer, made by the one side and followed by the other, in both directions."""
import os
import struct

from groups import Group, expect
from peers import Lacks, Member

INTEROP_EXTENSION = 0xF0A1
REQUIRED_CAPABILITIES = 3
EXTERNAL_SENDERS = 5
OPERATIONS = []


def vector(data):
    """opaque<V>, RFC 9420 2.1.2."""
    n = len(data)
    return (bytes([n]) if n < 64 else struct.pack('>H', 0x4000 | n)) + data


def operation(name):
    def register(function):
        OPERATIONS.append((name, function))
        return function
    return register


class Stage:
    """Two of each side in a group that the maker's side founded: `maker` acts,
    `other` is of the other side, `witness` is ours and only looks."""

    def __init__(self, suite, ours, making, following, extensions=None):
        self.suite, self.ours = suite, ours
        self.making, self.following = making, following
        self.group = g = Group(suite)
        self.maker = g.new_member(making)
        self.other = g.new_member(following)
        self.second = g.new_member(making)
        self.witness = g.new_member(ours, witness=True)
        g.create(self.maker, extensions)
        g.add(self.maker, [self.other, self.second, self.witness])

    def swap(self, group):
        """Another group becomes the one that the transcript is of."""
        self.group.close()
        self.group = group

    def newcomer(self, side=None, witness=False):
        return self.group.new_member(side or self.following, witness)


# ---- handshakes ----

@operation('create, add three, join, messages both ways')
def create(s):
    s.group.everybody_talks()


@operation('add, tree apart from the Welcome')
def add_apart(s):
    s.group.add(s.maker, [s.newcomer()], tree_apart=True)


@operation('update path, PrivateMessage')
def update_private(s):
    for who in (s.maker, s.second, s.other, s.maker):
        s.group.commit(who)
    s.group.everybody_talks()


@operation('update path, PublicMessage')
def update_public(s):
    for who in (s.maker, s.other, s.maker):
        s.group.commit(who, public=True)


def removing(s, told):
    late = s.newcomer()
    s.group.add(s.maker, [late])
    for gone in (late, s.other):
        s.group.commit(s.maker, [{'type': 'remove', 'leaf': gone.leaf()}],
                       removed=[gone], told=told)
    s.group.add(s.maker, [s.newcomer()])
    s.group.everybody_talks()


@operation('remove')
def remove(s):
    removing(s, False)


@operation('remove, and the removed one reads the commit')
def removed_reads(s):
    removing(s, True)


@operation('add, remove and update in one commit')
def mixed(s):
    new = s.newcomer()
    s.group.commit(
        s.maker, [{'type': 'add', 'key_package': new.package()},
                  {'type': 'remove', 'leaf': s.second.leaf()}],
        joiners=[new], removed=[s.second])


@operation('a lost race: own pending commit dropped')
def race(s):
    s.group.commit(s.other, rivals=[s.maker])
    s.group.commit(s.maker)


# ---- by reference: the maker proposes, the other commits ----

def both_framings(s, act):
    act(False)
    act(True)
    s.group.everybody_talks()


@operation('Add by reference')
def reference_add(s):
    def act(public):
        new = s.newcomer()
        s.group.propose(s.maker, {'type': 'add', 'key_package': new.package()}, public)
        s.group.commit(s.other, joiners=[new], public=public)
    both_framings(s, act)


@operation('Update by reference')
def reference_update(s):
    def act(public):
        s.group.propose(s.maker, {'type': 'update'}, public)
        s.group.commit(s.other, public=public)
    both_framings(s, act)


@operation('Remove by reference')
def reference_remove(s):
    def act(public):
        gone = s.newcomer()
        s.group.add(s.maker, [gone])
        s.group.propose(s.maker, {'type': 'remove', 'leaf': gone.leaf()}, public)
        s.group.commit(s.other, removed=[gone], public=public)
    both_framings(s, act)


@operation('PreSharedKey by reference')
def reference_psk(s):
    def act(public):
        psk_id = os.urandom(8).hex()
        s.group.learn(psk_id, os.urandom(32).hex())
        s.group.propose(s.maker, {'type': 'psk', 'id': psk_id}, public)
        s.group.commit(s.other, public=public)
    both_framings(s, act)


def context(data):
    """An extension of ours, with required_capabilities that name it: OpenMLS
    accepts no other kind."""
    required = vector(struct.pack('>H', INTEROP_EXTENSION)) + vector(b'') + vector(b'')
    return [{'type': REQUIRED_CAPABILITIES, 'data': required.hex()},
            {'type': INTEROP_EXTENSION, 'data': data}]


@operation('GroupContextExtensions by reference')
def reference_extensions(s):
    def act(public):
        s.group.propose(s.maker, {'type': 'extensions', 'extensions': context('beef')}, public)
        s.group.commit(s.other, public=public)
    both_framings(s, act)


# ---- keys from elsewhere ----

@operation('external PSK, with joiners who know it')
def psk(s):
    psk_id = os.urandom(8).hex()
    s.group.learn(psk_id, os.urandom(32).hex())
    new = s.newcomer()
    s.group.commit(s.maker, [{'type': 'psk', 'id': psk_id},
                             {'type': 'add', 'key_package': new.package()}], [new])
    s.group.commit(s.maker, [{'type': 'psk', 'id': psk_id}])


@operation('two external PSKs in one commit')
def two_psks(s):
    ids = [os.urandom(8).hex() for _ in range(2)]
    for psk_id in ids:
        s.group.learn(psk_id, os.urandom(32).hex())
    s.group.commit(s.maker, [{'type': 'psk', 'id': i} for i in ids])


@operation('PSKs by reference and by value in one commit')
def psks_both_ways(s):
    ids = [os.urandom(8).hex() for _ in range(3)]
    for psk_id in ids:
        s.group.learn(psk_id, os.urandom(32).hex())
    for psk_id in ids[:2]:
        s.group.propose(s.other, {'type': 'psk', 'id': psk_id})
    s.group.commit(s.maker, [{'type': 'psk', 'id': ids[2]}])


@operation('resumption PSK of an earlier epoch')
def resumption(s):
    epoch = s.maker.state()['epoch']
    s.group.commit(s.maker)
    s.group.commit(s.maker, [{'type': 'psk', 'id': s.group.id, 'epoch': epoch}])


def changing(s, *steps):
    g = Group(s.suite)
    a, b, c = g.new_member(s.making), g.new_member(s.following), g.new_member(s.ours, True)
    g.create(a, steps[0])
    g.add(a, [b, c])
    for extensions in steps[1:]:
        g.commit(a, [{'type': 'extensions', 'extensions': extensions}])
        g.add(a, [g.new_member(s.following)])
    s.swap(g)


@operation('GroupContext extensions, from the start and changed')
def extensions(s):
    changing(s, context('01'), context('0203'))


@operation('GroupContext extensions, all taken away')
def no_extensions(s):
    changing(s, context('01'), [])


@operation('a GroupContext extension that required_capabilities does not name')
def unlisted_extension(s):
    changing(s, [], [{'type': INTEROP_EXTENSION, 'data': '01'}])


# ---- from outside: the maker comes in, to a group the other informs of ----

@operation('external join')
def external(s):
    new = s.newcomer(s.making)
    s.group.external_join(new, s.other)
    s.group.everybody_talks()
    s.group.commit(new)
    s.group.commit(s.other)


@operation('external join that replaces an own leaf')
def resync(s):
    # The same identity and signature key, so the same player with a new group.
    lost = s.second
    s.group.external_join(lost, s.other, remove=lost)
    s.group.everybody_talks()


@operation('external join with a PSK')
def external_psk(s):
    s.group.learn(os.urandom(8).hex(), os.urandom(32).hex())
    s.group.external_join(s.newcomer(s.making), s.other, psk=True)


@operation('Add proposed by who wants to join')
def new_member_proposal(s):
    new = s.newcomer(s.making)
    s.group.propose_from_outside(
        new, s.other, {'type': 'add', 'key_package': new.package()})
    s.group.commit(s.other, joiners=[new])


@operation('Remove proposed by an external sender')
def external_sender(s):
    sender = Member(s.making, s.suite)
    key = bytes.fromhex(sender.signature_key)
    one = vector(key) + struct.pack('>H', 1) + vector(sender.identity.encode())
    listed = [{'type': EXTERNAL_SENDERS, 'data': vector(one).hex()}]
    t = Stage(s.suite, s.ours, s.following, s.making, listed)
    gone = t.second
    t.group.propose_from_outside(
        sender, t.other, {'type': 'remove', 'leaf': gone.leaf()}, sender=0)
    t.group.commit(t.maker, removed=[gone])
    s.swap(t.group)


# ---- messages ----

@operation('messages out of order, and of a past epoch')
def late_messages(s):
    late = []
    for n in range(5):
        s.group.say(s.maker, f'number {n}', late)
    for i in (4, 0, 3, 1):
        s.group.hear(*late[i])
    s.group.commit(s.other)
    s.group.commit(s.other)
    s.group.hear(*late[2])
    s.group.everybody_talks()


@operation('messages of no and of 10,000 bytes')
def sizes(s):
    s.group.say(s.maker, '')
    s.group.say(s.maker, 'x' * 10000)
    s.group.say(s.other, '')


# ---- groups that follow groups ----

def successor(s, usage, suite, group_id):
    """The maker begins it for all; each side's members follow with Welcomes."""
    old = list(s.group.members)
    new = {m: Member(m.peer, suite, m.identity) for m in old}
    g = Group(suite)
    g.id = group_id
    packages = [new[m].package() for m in old if m is not s.maker]
    made = s.maker.ask('successor', usage=usage, group=group_id,
                       key_packages=packages, **{'as': new[s.maker].name})
    g.members = [new[s.maker]]
    for m in old:
        if m is not s.maker:
            m.ask('join_successor', usage=usage, welcome=made['welcome'],
                  tree=made.get('tree'), **{'as': new[m].name})
            g.members.append(new[m])
        new[m].witness = False
    g.agree()
    expect('the first epoch', new[s.maker].state()['epoch'], 1)
    g.everybody_talks()
    g.commit(new[s.other])
    g.close()


def reinit(s, suite):
    group_id = os.urandom(16).hex()
    made = s.maker.ask('commit', proposals=[
        {'type': 'reinit', 'group': group_id, 'suite': suite}])
    s.group.deliver(made['commit'], 'commit', s.maker)
    s.maker.ask('merge')
    s.group.agree()
    successor(s, 'reinit', suite, group_id)


@operation('ReInit, same suite')
def reinit_same(s):
    reinit(s, s.suite)


@operation('ReInit to another suite')
def reinit_other(s):
    reinit(s, '0003' if s.suite != '0003' else '0001')


@operation('branch')
def branch(s):
    successor(s, 'branch', s.suite, os.urandom(16).hex())


# ---- the lists of capabilities ----

@operation('a GREASE extension in a key package')
def grease(s):
    new = s.newcomer(s.making)
    new.packaged = new.ask('key_package', grease=True)
    s.group.commit(s.other, [{'type': 'add',
                              'key_package': new.packaged['key_package']}], [new])


# ---- the run ----

class Outcome:
    def __init__(self, kind, words='', log=None):
        self.kind, self.words, self.log = kind, words, log  # pass, lacks, FAIL


def run(function, suite, ours, making, following):
    try:
        stage = Stage(suite, ours, making, following)
        function(stage)
        stage.group.close()
    except Lacks as e:
        return Outcome('lacks', str(e))
    except Exception as e:  # whatever went wrong is the outcome
        return Outcome('FAIL', f'{type(e).__name__}: {e}')
    return Outcome('pass', log=stage.group.log)
