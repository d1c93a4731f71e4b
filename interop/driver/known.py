# SPDX-License-Identifier: Apache-2.0
"""What is known to go wrong between us and a peer: docs/interop.md has the
evidence under the same numbers."""

# Peers whose members fail on a commit that removes them (difference 4): they
# are not given it, except where that is what is tried. The patched one does not.
BLIND_TO_REMOVAL = {'ts-mls 2.0.0-rc.10'}

# Peers that mistake the order of PSKs when a commit of theirs has some by
# reference and some by value (difference 14).
ONE_KIND_OF_PSK = {'OpenMLS'}

OURS, THEIRS = 0, 1  # who makes it
PUBLISHED = 'ts-mls 2.0.0-rc.10'
OPENMLS = 'OpenMLS 0.9.2'
OWN_PROVIDER = 'OpenMLS 0.9.2, own provider'

# (peer, operation): numbers, made by us and made by the peer; 0 is none.
DIFFERENCES = {
    (OPENMLS, 'PSKs by reference and by value in one commit'): (0, 14),
    (OPENMLS, 'a GroupContext extension that required_capabilities does not name'):
        (15, 15),
    (OPENMLS, 'a GREASE extension in a key package'): (16, 0),
    (PUBLISHED, 'remove'): (0, 1),
    (PUBLISHED, 'remove, and the removed one reads the commit'): (4, 1),
    (PUBLISHED, 'add, remove and update in one commit'): (0, 1),
    (PUBLISHED, 'Update by reference'): (1, 0),
    (PUBLISHED, 'Remove by reference'): (1, 0),
    (PUBLISHED, 'GroupContextExtensions by reference'): (1, 0),
    (PUBLISHED, 'resumption PSK of an earlier epoch'): (0, 7),
    (PUBLISHED, 'GroupContext extensions, from the start and changed'): (0, 1),
    (PUBLISHED, 'GroupContext extensions, all taken away'): (5, 1),
    (PUBLISHED, 'a GroupContext extension that required_capabilities does not name'):
        (0, 1),
    (PUBLISHED, 'external join'): (2, 2),
    (PUBLISHED, 'external join that replaces an own leaf'): (2, 2),
    (PUBLISHED, 'external join with a PSK'): (2, 0),
    (PUBLISHED, 'Remove proposed by an external sender'): (3, 3),
}
# The suite that shows what a peer as published does differently; the other
# suites are run with what bridges the difference.
SHOWN_WITH = {PUBLISHED: '0001', OWN_PROVIDER: '004D'}


def difference(peer, operation, maker, failed):
    """The number that explains a failure, or that should have been one."""
    if peer == OWN_PROVIDER:  # whatever has an update path in it
        return 17 if failed else 0
    return DIFFERENCES.get((peer, operation), (0, 0))[maker]
