// SPDX-License-Identifier: Apache-2.0
//! A crypto provider that differs from OpenMLS's own in one function. For the
//! KEM 0x647A (X-Wing) hpke-rs 0.7.0, which they use, derives a key pair as
//! draft-connolly-cfrg-xwing-kem does in its own HPKE section, from
//! SHAKE256(ikm); draft-ietf-hpke-pq, which the MLS suites name, has
//! LabeledDerive there, and so have later versions of hpke-rs. MLS puts derived
//! public keys on the wire (RFC 9420 7.4, 8), so members must do it alike.

use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::types::*;
use openmls::prelude::tls_codec::SecretVLBytes;
use openmls_traits::OpenMlsProvider;
use x_wing::{Decapsulator, KeyExport};

pub struct HpkePq<C>(C);

pub struct Provider<P: OpenMlsProvider> {
    inner: P,
    crypto: HpkePq<P::CryptoProvider>,
}

impl<P: OpenMlsProvider> Provider<P> {
    /// Two of the kind: one gives its cryptography, the other the rest.
    pub fn new(inner: P, crypto: P::CryptoProvider) -> Self {
        Provider { inner, crypto: HpkePq(crypto) }
    }
}

impl<P: OpenMlsProvider> OpenMlsProvider for Provider<P> {
    type CryptoProvider = HpkePq<P::CryptoProvider>;
    type RandProvider = P::RandProvider;
    type StorageProvider = P::StorageProvider;

    fn storage(&self) -> &Self::StorageProvider {
        self.inner.storage()
    }
    fn crypto(&self) -> &Self::CryptoProvider {
        &self.crypto
    }
    fn rand(&self) -> &Self::RandProvider {
        self.inner.rand()
    }
}

/// draft-ietf-hpke-pq: SHAKE256(ikm || "HPKE-v1" || "KEM" || kem_id ||
/// lengthPrefixed("DeriveKeyPair") || I2OSP(32, 2), 32).
fn x_wing_seed(ikm: &[u8]) -> [u8; 32] {
    let label = b"DeriveKeyPair";
    let mut input = ikm.to_vec();
    input.extend_from_slice(b"HPKE-v1KEM");
    input.extend_from_slice(&0x647Au16.to_be_bytes());
    input.extend_from_slice(&(label.len() as u16).to_be_bytes());
    input.extend_from_slice(label);
    input.extend_from_slice(&32u16.to_be_bytes());
    libcrux_sha3::shake256::<32>(&input)
}

impl<C: OpenMlsCrypto> OpenMlsCrypto for HpkePq<C> {
    fn derive_hpke_keypair(
        &self,
        config: HpkeConfig,
        ikm: &[u8],
    ) -> Result<HpkeKeyPair, CryptoError> {
        if !matches!(config.0, HpkeKemType::XWingKemDraft6) {
            return self.0.derive_hpke_keypair(config, ikm);
        }
        // The private key of X-Wing is its seed.
        let seed = x_wing_seed(ikm);
        let key = x_wing::DecapsulationKey::from(seed);
        Ok(HpkeKeyPair {
            private: seed.to_vec().into(),
            public: key.encapsulation_key().to_bytes().as_slice().to_vec(),
        })
    }

    // ---- the rest is theirs ----

    fn supports(&self, suite: Ciphersuite) -> Result<(), CryptoError> {
        self.0.supports(suite)
    }
    fn supported_ciphersuites(&self) -> Vec<Ciphersuite> {
        self.0.supported_ciphersuites()
    }
    fn hkdf_extract(
        &self,
        hash: HashType,
        salt: &[u8],
        ikm: &[u8],
    ) -> Result<SecretVLBytes, CryptoError> {
        self.0.hkdf_extract(hash, salt, ikm)
    }
    fn hmac(&self, hash: HashType, key: &[u8], m: &[u8]) -> Result<SecretVLBytes, CryptoError> {
        self.0.hmac(hash, key, m)
    }
    fn hkdf_expand(
        &self,
        hash: HashType,
        prk: &[u8],
        info: &[u8],
        len: usize,
    ) -> Result<SecretVLBytes, CryptoError> {
        self.0.hkdf_expand(hash, prk, info, len)
    }
    fn hash(&self, hash: HashType, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.0.hash(hash, data)
    }
    fn aead_encrypt(
        &self,
        alg: AeadType,
        key: &[u8],
        data: &[u8],
        nonce: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        self.0.aead_encrypt(alg, key, data, nonce, aad)
    }
    fn aead_decrypt(
        &self,
        alg: AeadType,
        key: &[u8],
        data: &[u8],
        nonce: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        self.0.aead_decrypt(alg, key, data, nonce, aad)
    }
    fn signature_key_gen(&self, alg: SignatureScheme) -> Result<(Vec<u8>, Vec<u8>), CryptoError> {
        self.0.signature_key_gen(alg)
    }
    fn verify_signature(
        &self,
        alg: SignatureScheme,
        data: &[u8],
        key: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        self.0.verify_signature(alg, data, key, signature)
    }
    fn sign(&self, alg: SignatureScheme, data: &[u8], key: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.0.sign(alg, data, key)
    }
    fn hpke_seal(
        &self,
        config: HpkeConfig,
        key: &[u8],
        info: &[u8],
        aad: &[u8],
        text: &[u8],
    ) -> Result<HpkeCiphertext, CryptoError> {
        self.0.hpke_seal(config, key, info, aad, text)
    }
    fn hpke_open(
        &self,
        config: HpkeConfig,
        input: &HpkeCiphertext,
        key: &[u8],
        info: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        self.0.hpke_open(config, input, key, info, aad)
    }
    fn hpke_setup_sender_and_export(
        &self,
        config: HpkeConfig,
        key: &[u8],
        info: &[u8],
        context: &[u8],
        len: usize,
    ) -> Result<(KemOutput, ExporterSecret), CryptoError> {
        self.0.hpke_setup_sender_and_export(config, key, info, context, len)
    }
    fn hpke_setup_receiver_and_export(
        &self,
        config: HpkeConfig,
        enc: &[u8],
        key: &[u8],
        info: &[u8],
        context: &[u8],
        len: usize,
    ) -> Result<ExporterSecret, CryptoError> {
        self.0.hpke_setup_receiver_and_export(config, enc, key, info, context, len)
    }
}
