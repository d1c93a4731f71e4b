// SPDX-License-Identifier: Apache-2.0
// ts-mls as a peer of `make interop`: the peer protocol of interop/README.md,
// one JSON object a line in, one out.
import { createInterface } from "node:readline"
import * as mls from "ts-mls"
// Not among what the package exports, but there is no other way to join with a
// tree that came beside the Welcome.
import { ratchetTreeDecoder } from "./node_modules/ts-mls/dist/src/ratchetTree.js"
import { nameOf, numbers, suiteOf } from "./suites.mjs"

const EXTENSION = 0xf0a1 // the GroupContext extension that every player lists
const members = new Map()

class Lacks extends Error {}
const lacks = what => { throw new Lacks(what) }
const hex = u => Buffer.from(u).toString("hex")
const unhex = h => {
  if (typeof h !== "string") throw new Error("a field is missing")
  return new Uint8Array(Buffer.from(h, "hex"))
}
const text = s => new TextEncoder().encode(s)

const { wireformats: wire, protocolVersions: { mls10: version } } = mls
const write = m => hex(mls.encode(mls.mlsMessageEncoder, { version, ...m }))
function read(h, wireformat) {
  const m = mls.decode(mls.mlsMessageDecoder, unhex(h))
  if (m === undefined) throw new Error("does not decode")
  if (wireformat !== undefined && m.wireformat !== wireformat) throw new Error("another kind")
  return m
}

const context = m => ({ cipherSuite: m.suite,
  authService: mls.unsafeTestingAuthenticationService, externalPsks: m.psks })

// GREASE (RFC 9420 13.5) in every list, and where asked for as an extension of
// a key package, which must then stand among the capabilities too (10).
const [grease] = mls.greaseValues
const capabilities = () => ({ versions: [version], ciphersuites: [...numbers, grease],
  extensions: [EXTENSION, grease], proposals: [grease],
  credentials: [mls.defaultCredentialTypes.basic, grease] })

async function newPackage(m, greased) {
  m.kp = await mls.generateKeyPackageWithKey({
    credential: { credentialType: mls.defaultCredentialTypes.basic, identity: text(m.identity) },
    capabilities: capabilities(), lifetime: mls.defaultLifetime(),
    extensions: greased ? [{ extensionType: grease, extensionData: new Uint8Array() }] : [],
    signatureKeyPair: m.keys, cipherSuite: m.suite })
  return m.kp
}

// Reads vectors <V> (RFC 9420 2.1.2) of less than 16384 bytes.
function reader(b) {
  let at = 0
  return { skip(n) { at += n },
    vector() {
      const n = b[at] < 64 ? b[at] : ((b[at] & 63) << 8) | b[at + 1]
      at += (b[at] < 64 ? 1 : 2) + n
      return b.slice(at - n, at)
    } }
}
const u16s = b => Array.from({ length: b.length / 2 }, (_, i) => (b[2 * i] << 8) | b[2 * i + 1])

// A GroupContext extension the way ts-mls keeps it: decoded where it knows it.
function extension({ type, data }) {
  const known = mls.defaultExtensionTypes
  const r = reader(unhex(data))
  if (type === known.required_capabilities) {
    return { extensionType: type, extensionData: { extensionTypes: u16s(r.vector()),
      proposalTypes: u16s(r.vector()), credentialTypes: u16s(r.vector()) } }
  }
  if (type === known.external_senders) {
    const one = reader(r.vector())
    const signaturePublicKey = one.vector()
    one.skip(2)
    return { extensionType: type, extensionData: { signaturePublicKey,
      credential: { credentialType: mls.defaultCredentialTypes.basic, identity: one.vector() } } }
  }
  return mls.makeCustomExtension({ extensionType: type, extensionData: unhex(data) })
}
const extensions = q => (q.extensions ?? []).map(extension)

function proposal(m, p) {
  const types = mls.defaultProposalTypes
  switch (p.type) {
    case "add":
      return { proposalType: types.add,
        add: { keyPackage: read(p.key_package, wire.mls_key_package).keyPackage } }
    case "remove":
      return { proposalType: types.remove, remove: { removed: p.leaf } }
    case "psk": {
      const pskNonce = m.suite.rng.randomBytes(m.suite.kdf.size)
      const preSharedKeyId = p.epoch === undefined
        ? { psktype: mls.pskTypes.external, pskId: unhex(p.id), pskNonce }
        : { psktype: mls.pskTypes.resumption, usage: mls.resumptionPSKUsages.application,
            pskGroupId: unhex(p.id), pskEpoch: BigInt(p.epoch), pskNonce }
      return { proposalType: types.psk, psk: { preSharedKeyId } }
    }
    case "extensions":
      return { proposalType: types.group_context_extensions,
        groupContextExtensions: { extensions: extensions(p) } }
    case "reinit":
      return { proposalType: types.reinit, reinit: { groupId: unhex(p.group), version,
        cipherSuite: parseInt(p.suite, 16), extensions: extensions(p) } }
    default:
      return lacks(p.type)
  }
}

// The encoded tree, which ts-mls gives as an extension of a GroupInfo alone.
async function treeOf(state, suite) {
  const { extensions } = await mls.createGroupInfoWithExternalPubAndRatchetTree(state, [], suite)
  const { ratchet_tree } = mls.defaultExtensionTypes
  return hex(extensions.find(e => e.extensionType === ratchet_tree).extensionData)
}

// For calls that name a suite, and know the names of their own alone.
const only = suite => ({ getCiphersuiteImpl: async () => suite })

const tree = q => q.tree && mls.decode(ratchetTreeDecoder, unhex(q.tree))

async function committed(m, r, apart) {
  m.next = r.newState
  return { commit: write(r.commit), ...(r.welcome && { welcome: write(r.welcome) }),
    ...(apart && { tree: await treeOf(m.next, m.suite) }) }
}

// ---- the verbs ----

const verbs = {
  async hello() {
    return { name: "ts-mls", suites: numbers.map(n => n.toString(16).toUpperCase().padStart(4, "0")) }
  },

  async member(q) {
    const suite = await suiteOf(parseInt(q.suite, 16))
    if (suite === undefined) lacks("suite")
    const keys = await suite.signature.keygen()
    members.set(q.who, { suite, identity: q.identity, psks: {},
      keys: { signKey: keys.signKey, publicKey: keys.publicKey } })
    return { signature_key: hex(keys.publicKey) }
  },

  async forget(q) { members.delete(q.who); return {} },

  async psk(q, m) { m.psks[mls.bytesToBase64(unhex(q.id))] = unhex(q.key); return {} },

  async key_package(q, m) {
    const { publicPackage } = await newPackage(m, q.grease === true)
    return { key_package: write({ wireformat: wire.mls_key_package, keyPackage: publicPackage }) }
  },

  async create(q, m) {
    const { publicPackage, privatePackage } = await newPackage(m)
    m.state = await mls.createGroup({ context: context(m), groupId: unhex(q.group),
      keyPackage: publicPackage, privateKeyPackage: privatePackage, extensions: extensions(q) })
    return {}
  },

  async join(q, m) {
    m.state = await mls.joinGroup({ context: context(m),
      welcome: read(q.welcome, wire.mls_welcome).welcome,
      keyPackage: m.kp.publicPackage, privateKeys: m.kp.privatePackage, ratchetTree: tree(q) })
    return {}
  },

  async external_join(q, m) {
    if (q.psk) lacks("PSK in an external commit")
    const { publicPackage, privatePackage } = await newPackage(m)
    const r = await mls.joinGroupExternal({ context: context(m),
      groupInfo: read(q.group_info, wire.mls_group_info).groupInfo,
      keyPackage: publicPackage, privateKeys: privatePackage, resync: q.remove !== undefined })
    m.state = r.newState
    return { commit: write({ wireformat: wire.mls_public_message, publicMessage: r.publicMessage }) }
  },

  async external_propose(q, m) {
    const { groupInfo } = read(q.group_info, wire.mls_group_info)
    const made = q.sender === undefined
      ? await mls.proposeAddExternal(groupInfo, m.kp.publicPackage, m.kp.privatePackage, m.suite)
      : await mls.proposeExternal(groupInfo, proposal(m, q.proposal), m.keys.publicKey,
          m.keys.signKey, m.suite)
    return { message: write(made) }
  },

  async state(q, { state, suite }) {
    const exported = await mls.mlsExporter(state.keySchedule.exporterSecret, "interop",
      text("context"), 32, suite)
    return { epoch: Number(state.groupContext.epoch), leaf: state.privatePath.leafIndex,
      members: mls.getGroupMembers(state).length,
      authenticator: hex(state.keySchedule.epochAuthenticator), exported: hex(exported),
      tree_hash: hex(state.groupContext.treeHash) }
  },

  async propose(q, m) {
    if (q.proposal.type === "update") lacks("update by reference")
    const r = await mls.createProposal({ context: context(m), state: m.state,
      wireAsPublicMessage: q.public === true, proposal: proposal(m, q.proposal) })
    m.state = r.newState
    return { message: write(r.message) }
  },

  async commit(q, m) {
    const apart = q.tree_apart === true
    return committed(m, await mls.createCommit({ context: context(m), state: m.state,
      wireAsPublicMessage: q.public === true, ratchetTreeExtension: !apart,
      extraProposals: (q.proposals ?? []).map(p => proposal(m, p)) }), apart)
  },

  async merge(q, m) { m.state = m.next; m.next = undefined; return {} },

  async discard(q, m) { m.next = undefined; return {} },

  async group_info(q, m) {
    const groupInfo = await mls.createGroupInfoWithExternalPubAndRatchetTree(m.state, [], m.suite)
    return { group_info: write({ wireformat: wire.mls_group_info, groupInfo }) }
  },

  async send(q, m) {
    const r = await mls.createApplicationMessage({ context: context(m), state: m.state,
      message: unhex(q.content) })
    m.state = r.newState
    return { message: write(r.message) }
  },

  async process(q, m) {
    let kind = "proposal"
    const callback = incoming => { kind = incoming.kind; return "accept" }
    const common = { context: context(m), state: m.state, callback }
    // processMessage() would drop the external PSKs of private messages.
    const message = read(q.message)
    const r = message.wireformat === wire.mls_private_message
      ? await mls.processPrivateMessage({ ...common, privateMessage: message.privateMessage })
      : await mls.processMessage({ ...common, message })
    m.state = r.newState
    if (r.kind === "applicationMessage") return { kind: "application", content: hex(r.message) }
    return { kind, removed: m.state.groupActiveState.kind === "removedFromGroup" }
  },

  async successor(q, m) {
    const next = members.get(q.as)
    const { publicPackage, privatePackage } = await newPackage(next)
    const common = { context: context(next), state: m.state,
      keyPackage: publicPackage, privateKeyPackage: privatePackage,
      memberKeyPackages: q.key_packages.map(h => read(h, wire.mls_key_package).keyPackage) }
    const { groupActiveState: standing } = m.state
    if (q.usage === "branch") {
      const r = await mls.branchGroup({ ...common, newGroupId: unhex(q.group) })
      return verbs.begin(next, r)
    }
    if (standing.kind !== "suspendedPendingReinit") throw new Error("not re-initialised")
    return verbs.begin(next, await mls.reinitCreateNewGroup({ ...common,
      groupId: standing.reinit.groupId, cipherSuite: nameOf(1), provider: only(next.suite),
      extensions: standing.reinit.extensions }))
  },

  async begin(next, r) {
    next.state = r.newState
    return { commit: write(r.commit), welcome: write(r.welcome),
      tree: await treeOf(next.state, next.suite) }
  },

  async join_successor(q, m) {
    const next = members.get(q.as)
    const common = { context: context(next), welcome: read(q.welcome, wire.mls_welcome).welcome,
      keyPackage: next.kp.publicPackage, privateKeyPackage: next.kp.privatePackage,
      ratchetTree: tree(q) }
    next.state = q.usage === "branch"
      ? await mls.joinGroupFromBranch({ ...common, oldState: m.state })
      : await mls.joinGroupFromReinit({ ...common, suspendedState: m.state,
          provider: only(next.suite) })
    return {}
  },
}

// ---- the loop ----

async function answer(q) {
  try {
    const verb = verbs[q.do]
    if (verb === undefined) lacks(q.do)
    return await verb(q, members.get(q.who))
  } catch (e) {
    return e instanceof Lacks ? { lacks: e.message } : { error: `${e}` }
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(JSON.stringify(await answer(JSON.parse(line))) + "\n")
}
