// SPDX-License-Identifier: Apache-2.0
// The suites that we share with ts-mls: RFC 9420's seven as the library has
// them, and the X-Wing ones as custom suites, put together from its parts.
import { createHash } from "node:crypto"
import { Aes128Gcm, Aes256Gcm, CipherSuite, HkdfSha256, HkdfSha384 } from "@hpke/core"
import { Chacha20Poly1305 } from "@hpke/chacha20poly1305"
import { XWing } from "@hpke/hybridkem-x-wing"
import { p256, p384, p521 } from "@noble/curves/nist.js"
import { CryptoError, ciphersuites, getCiphersuiteImpl } from "ts-mls"

const names = Object.fromEntries(
  Object.entries(ciphersuites).map(([name, id]) => [id, name]))
const rfc9420 = [1, 2, 3, 4, 5, 6, 7]

// draft-ietf-hpke-pq derives the seed with LabeledDerive over SHAKE256; the
// class of @hpke follows the KEM's own draft, which hashes the bare ikm.
class XWingOfHpkePq extends XWing {
  async deriveKeyPair(ikm) {
    const u16 = n => Buffer.from([n >> 8, n & 255])
    const label = "DeriveKeyPair"
    const seed = createHash("shake256", { outputLength: 32 })
      .update(new Uint8Array(ikm)).update("HPKE-v1").update("KEM").update(u16(0x647a))
      .update(u16(label.length)).update(label).update(u16(32)).digest()
    return this.generateKeyPairDerand(new Uint8Array(seed))
  }
}

// number: HPKE's KDF and AEAD, and the RFC 9420 suites to take the hash with
// its KDF, the AEAD and the signature from.
const pq = {
  0x004d: { kdf: HkdfSha256, aead: Chacha20Poly1305, hash: 3, cipher: 3, sig: 3 },
  0x004e: { kdf: HkdfSha384, aead: Aes256Gcm, hash: 7, cipher: 7, sig: 1 },
  0x004f: { kdf: HkdfSha256, aead: Aes128Gcm, hash: 1, cipher: 1, sig: 1 },
}

// A view of exactly these bytes, which is what @hpke takes.
const own = u => u.buffer.slice(u.byteOffset, u.byteOffset + u.byteLength)
const none = new ArrayBuffer(0)
const bytes = b => new Uint8Array(b)
const guarded = async work => {
  try { return await work() } catch (e) { throw new CryptoError(`${e}`) }
}

function hpkeOf(cs, cipher) {
  const recipient = (privateKey, enc, info) =>
    ({ recipientKey: privateKey, enc: own(enc), info: own(info) })
  const sender = (publicKey, info) =>
    ({ recipientPublicKey: publicKey, info: own(info) })
  return {
    open: (key, enc, ct, info, aad) => guarded(async () =>
      bytes(await cs.open(recipient(key, enc, info), own(ct), aad ? own(aad) : none))),
    async seal(key, plaintext, info, aad) {
      const r = await cs.seal(sender(key, info), own(plaintext), aad ? own(aad) : none)
      return { ct: bytes(r.ct), enc: bytes(r.enc) }
    },
    async exportSecret(key, context, length, info) {
      const c = await cs.createSenderContext(sender(key, info))
      return { enc: bytes(c.enc), secret: bytes(await c.export(own(context), length)) }
    },
    importSecret: (key, context, enc, length, info) => guarded(async () => {
      const c = await cs.createRecipientContext(recipient(key, enc, info))
      return bytes(await c.export(own(context), length))
    }),
    importPrivateKey: k => guarded(() => cs.kem.deserializePrivateKey(own(k))),
    importPublicKey: k => guarded(() => cs.kem.deserializePublicKey(own(k))),
    exportPublicKey: async k => bytes(await cs.kem.serializePublicKey(k)),
    exportPrivateKey: async k => bytes(await cs.kem.serializePrivateKey(k)),
    encryptAead: cipher.encryptAead,
    decryptAead: cipher.decryptAead,
    deriveKeyPair: ikm => cs.kem.deriveKeyPair(own(ikm)),
    generateKeyPair: () => cs.kem.generateKeyPair(),
    keyLength: cs.aead.keySize,
    nonceLength: cs.aead.nonceSize,
  }
}

// RFC 9420 5.1.1: ECDSA public keys are UncompressedPointRepresentation; those
// that ts-mls generates are compressed. It verifies with either form.
const curves = { 2: p256, 5: p521, 7: p384 }
async function published(id) {
  const suite = await getCiphersuiteImpl(names[id])
  const curve = curves[id]
  if (curve === undefined) return suite
  const keygen = async () => {
    const signKey = curve.utils.randomSecretKey()
    return { signKey, publicKey: curve.getPublicKey(signKey, false) }
  }
  return { ...suite, signature: { ...suite.signature, keygen } }
}

async function custom(id) {
  const part = n => getCiphersuiteImpl(names[n])
  const { kdf, aead, hash, cipher, sig } = pq[id]
  const [h, c, s] = await Promise.all([part(hash), part(cipher), part(sig)])
  const cs = new CipherSuite({ kem: new XWingOfHpkePq(), kdf: new kdf(), aead: new aead() })
  return { id, hash: h.hash, kdf: h.kdf, rng: h.rng, signature: s.signature,
    hpke: hpkeOf(cs, c.hpke) }
}

export const numbers = [...rfc9420, ...Object.keys(pq).map(Number)]
export const nameOf = id => names[id]
const made = new Map()
export async function suiteOf(id) {
  if (!numbers.includes(id)) return undefined
  if (!made.has(id)) made.set(id, await (id in pq ? custom(id) : published(id)))
  return made.get(id)
}
