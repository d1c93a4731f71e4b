// SPDX-License-Identifier: Apache-2.0
//! OpenMLS. It stores the group in its provider at each step, as JSON in memory,
//! and that is part of what an operation takes.

use crate::scenario::{Made, Person};
use openmls::prelude::tls_codec::{Deserialize, Serialize};
use openmls::prelude::*;
use openmls_basic_credential::SignatureKeyPair;

pub trait Backend: OpenMlsProvider {
    fn make() -> Self;
    fn stored(&self) -> usize;
}

impl Backend for openmls_rust_crypto::OpenMlsRustCrypto {
    fn make() -> Self {
        Self::default()
    }
    fn stored(&self) -> usize {
        let values = self.storage().values.read().expect("storage");
        values.values().map(|v| v.len()).sum()
    }
}

impl Backend for openmls_libcrux_crypto::Provider {
    fn make() -> Self {
        Self::default()
    }
    fn stored(&self) -> usize {
        let values = self.storage().values.read().expect("storage");
        values.values().map(|v| v.len()).sum()
    }
}

pub struct Member<P: Backend> {
    provider: P,
    suite: Ciphersuite,
    credential: CredentialWithKey,
    signer: SignatureKeyPair,
    id: GroupId,
    group: Option<MlsGroup>,
}

fn settings() -> MlsGroupJoinConfig {
    MlsGroupJoinConfig::builder()
        .wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
        .use_ratchet_tree_extension(true)
        .build()
}

fn bytes(m: &impl Serialize) -> Vec<u8> {
    m.tls_serialize_detached().expect("encoding")
}

fn protocol(message: &[u8]) -> ProtocolMessage {
    MlsMessageIn::tls_deserialize_exact(message)
        .expect("decoding")
        .try_into_protocol_message()
        .expect("a protocol message")
}

impl<P: Backend> Member<P> {
    fn group(&mut self) -> &mut MlsGroup {
        self.group.as_mut().expect("a group")
    }

    fn package_in(&self, message: &[u8]) -> KeyPackage {
        let m = MlsMessageIn::tls_deserialize_exact(message).expect("decoding");
        let MlsMessageBodyIn::KeyPackage(k) = m.extract() else {
            panic!("a key package");
        };
        k.validate(self.provider.crypto(), ProtocolVersion::Mls10).expect("a valid one")
    }
}

impl<P: Backend> Person for Member<P> {
    fn new(suite: u16, name: String) -> Self {
        let suite = Ciphersuite::try_from(suite).expect("a suite");
        let signer = SignatureKeyPair::new(suite.signature_algorithm()).expect("keys");
        let credential = CredentialWithKey {
            credential: BasicCredential::new(name.into_bytes()).into(),
            signature_key: signer.to_public_vec().into(),
        };
        let id = GroupId::from_slice(b"bench-group");
        Member { provider: P::make(), suite, credential, signer, id, group: None }
    }

    fn package(&mut self) -> Vec<u8> {
        let bundle = KeyPackage::builder()
            .build(self.suite, &self.provider, &self.signer, self.credential.clone())
            .expect("a key package");
        bytes(&MlsMessageOut::from(bundle.key_package().clone()))
    }

    fn found(&mut self) {
        let config = MlsGroupCreateConfig::builder()
            .ciphersuite(self.suite)
            .wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
            .use_ratchet_tree_extension(true)
            .build();
        let group = MlsGroup::new_with_group_id(
            &self.provider, &self.signer, &config, self.id.clone(), self.credential.clone(),
        );
        self.group = Some(group.expect("a group"));
    }

    fn commit(&mut self, adds: &[Vec<u8>], remove: Option<u32>, path: bool) -> Made {
        let packages: Vec<_> = adds.iter().map(|a| self.package_in(a)).collect();
        let group = self.group.as_mut().expect("a group");
        let bundle = group
            .commit_builder()
            .force_self_update(path)
            .propose_adds(packages)
            .propose_removals(remove.map(LeafNodeIndex::new))
            .load_psks(self.provider.storage())
            .expect("no PSKs")
            .create_group_info(!adds.is_empty())
            .use_ratchet_tree_extension(!adds.is_empty())
            .build(self.provider.rand(), self.provider.crypto(), &self.signer, |_| true)
            .expect("a commit")
            .stage_commit(&self.provider)
            .expect("staged");
        group.merge_pending_commit(&self.provider).expect("merged");
        let commit = bytes(bundle.commit());
        let welcome = bundle.to_welcome_msg().map(|w| bytes(&w)).unwrap_or_default();
        Made { commit, welcome }
    }

    fn join(&mut self, welcome: &[u8]) {
        let m = MlsMessageIn::tls_deserialize_exact(welcome).expect("decoding");
        let MlsMessageBodyIn::Welcome(welcome) = m.extract() else {
            panic!("a Welcome");
        };
        let staged = StagedWelcome::new_from_welcome(&self.provider, &settings(), welcome, None);
        let group = staged.expect("a Welcome").into_group(&self.provider);
        self.group = Some(group.expect("a group"));
    }

    fn follow(&mut self, commit: &[u8]) {
        let group = self.group.as_mut().expect("a group");
        let done = group.process_message(&self.provider, protocol(commit)).expect("processed");
        let ProcessedMessageContent::StagedCommitMessage(c) = done.into_content() else {
            panic!("a commit");
        };
        group.merge_staged_commit(&self.provider, *c).expect("merged");
    }

    fn protect(&mut self, text: &[u8]) -> Vec<u8> {
        let group = self.group.as_mut().expect("a group");
        bytes(&group.create_message(&self.provider, &self.signer, text).expect("a message"))
    }

    fn unprotect(&mut self, message: &[u8]) {
        let group = self.group.as_mut().expect("a group");
        group.process_message(&self.provider, protocol(message)).expect("a message");
    }

    fn tree_len(&self) -> usize {
        bytes(&self.group.as_ref().expect("a group").export_ratchet_tree()).len()
    }

    fn saved(&mut self) -> usize {
        self.provider.stored()
    }

    fn reload(&mut self) {
        let group = MlsGroup::load(self.provider.storage(), &self.id).expect("storage");
        self.group = Some(group.expect("the group"));
        self.group();
    }

    fn drop_group(&mut self) {
        self.group = None;
    }
}
