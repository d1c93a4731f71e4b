# SPDX-License-Identifier: Apache-2.0
"""Changes to ts-mls 2.0.0-rc.10 that let it follow RFC 9420 where it does not.
The table of docs/interop.md has a run with the library as it is published and
one with these; the numbers are those of its list of differences.

Each: (number, section of RFC 9420, file, what stands there, what should)."""

PATCHES = [
    (1, '12.4, 17.4: one Update or Remove demands a path, and so do '
        'GroupContextExtensions',
     'clientState.js',
     'grouped[defaultProposalTypes.update]).length > 1',
     'grouped[defaultProposalTypes.update]).length > 0 || '
     'grouped[defaultProposalTypes.group_context_extensions].length > 0'),
    (1, '12.4, 17.4', 'clientState.js',
     'grouped[defaultProposalTypes.remove]).length > 1',
     'grouped[defaultProposalTypes.remove]).length > 0'),

    (2, '12.4.3.2: external_pub holds an HPKEPublicKey, which is opaque<V> (5.1.1)',
     'createCommit.js', 'extensionData: externalPub }',
     'extensionData: encode(varLenDataEncoder, externalPub) }'),
    (2, '12.4.3.2', 'createCommit.js', 'exportSecret(externalPub.extensionData, cs)',
     'exportSecret(decode(varLenDataDecoder, externalPub.extensionData), cs)'),
    (2, '12.4.3.2', 'createCommit.js', 'import { wireformats }',
     'import { varLenDataDecoder, varLenDataEncoder } from "./codec/variableLength.js";\n'
     'import { decode } from "./codec/tlsDecoder.js";\nimport { wireformats }'),

    (3, '12.1.8.1: external_senders is a vector of ExternalSender',
     'extension.js', 'encode(externalSenderEncoder, e.extensionData)',
     'encode(varLenTypeEncoder(externalSenderEncoder), [e.extensionData])'),
    (3, '12.1.8.1', 'extension.js', 'decode(externalSenderDecoder, extensionData)',
     'decode(varLenTypeDecoder(externalSenderDecoder), extensionData)?.[0]'),
    (3, '12.1.8.1', 'extension.js', 'import { varLenDataDecoder, varLenDataEncoder }',
     'import { varLenDataDecoder, varLenDataEncoder, varLenTypeDecoder, varLenTypeEncoder }'),

    (4, '12.4.2: who is removed has no path secret to look for',
     'processMessages.js', '    if (content.commit.path !== undefined) {',
     '    if (result.selfRemoved)\n'
     '        return { newState: { ...state, groupActiveState: { kind: "removedFromGroup" } },\n'
     '            actionTaken: action, consumed: [], aad: content.authenticatedData };\n'
     '    if (content.commit.path !== undefined) {'),

    (4, '12.4.2: and may be so although its leaf is taken again in the same commit',
     'clientState.js',
     'mutableTree[leafToNodeIndex(toLeafIndex(state.privatePath.leafIndex))] === undefined;',
     'grouped[defaultProposalTypes.remove].some((p) => '
     'p.proposal.remove.removed === state.privatePath.leafIndex);'),

    (5, '12.1.7: the new extensions replace the old ones, also with none',
     'clientState.js', 'extensions: newExtensions,',
     'extensions: grouped[defaultProposalTypes.group_context_extensions].length > 0'
     ' ? newExtensions : state.groupContext.extensions,'),
    (5, '12.1.7', 'createCommit.js', ' && res.additionalResult.extensions.length > 0', ''),
    (5, '12.1.7', 'processMessages.js', ' && result.additionalResult.extensions.length > 0', ''),

    (6, '12.4.1: path secrets are encrypted to the provisional GroupContext, '
        'which has the new extensions',
     'createCommit.js',
     'toLeafIndex(state.privatePath.leafIndex), state.groupContext, state.signaturePrivateKey',
     'toLeafIndex(state.privatePath.leafIndex), { ...state.groupContext, extensions: '
     'res.additionalResult.extensions ?? state.groupContext.extensions }, '
     'state.signaturePrivateKey'),

    (8, '7.6, 12.4.1: leaves that the same commit adds are left out of the path',
     'createCommit.js', 'state.signaturePrivateKey, cipherSuite)\n        : [mutableTree',
     'state.signaturePrivateKey, cipherSuite, '
     '(res.additionalResult.addedLeafNodes ?? []).map((l) => 2 * l[0]))\n'
     '        : [mutableTree'),
    (8, '12.4.1', 'updatePath.js', 'groupContext, signaturePrivateKey, cs) {',
     'groupContext, signaturePrivateKey, cs, added = []) {'),
    (8, '12.4.1', 'updatePath.js', 'filteredDirectPathAndCopathResolution(senderLeafIndex, '
     'mutableTree);\n    const ps',
     'filteredDirectPathAndCopathResolution(senderLeafIndex, mutableTree)'
     '.map((n) => ({ ...n, resolution: n.resolution.filter((i) => !added.includes(i)) }));\n'
     '    const ps'),

    (9, '7.6, 12.4.1: to the keys of the tree after the proposals, not before',
     'updatePath.js', 'getHpkePublicKey(originalTree[nodeIndex])',
     'getHpkePublicKey(updatedTree[nodeIndex])'),

    (10, '12.4.3.1: the nodes between an unmerged leaf and the parent that lists it '
         'list it too, and not all its ancestors the same',
     'clientState.js', 'for (const parentIdx of dp) {',
     'for (const parentIdx of dp.slice(0, dp.indexOf(i))) {'),
    (10, '12.4.3.1', 'clientState.js',
     '!arraysEqual(dpNode.parent.unmergedLeaves, n.parent.unmergedLeaves)',
     '!dpNode.parent.unmergedLeaves.includes(unmergedLeaf)'),

    (11, '7.1, 7.7: unmerged_leaves is in increasing order',
     'ratchetTree.js', '[...parentNode.parent.unmergedLeaves, insertedLeafIndex]',
     '[...parentNode.parent.unmergedLeaves, insertedLeafIndex].sort((a, b) => a - b)'),

    (7, '8.4: a member can inject a resumption PSK of its own group',
     'createCommit.js', 'makePskIndex(pskState, ', 'makePskIndex(pskState ?? state, '),
]


def apply(folder):
    """In the folder of the compiled sources. Each place must be there."""
    for number, _, name, old, new in PATCHES:
        path = f'{folder}/{name}'
        with open(path, encoding='utf-8') as f:
            text = f.read()
        if old not in text:
            raise SystemExit(f'interop: patch {number} does not fit {name}: {old}')
        with open(path, 'w', encoding='utf-8') as f:
            f.write(text.replace(old, new))
