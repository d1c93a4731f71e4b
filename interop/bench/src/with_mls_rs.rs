// SPDX-License-Identifier: Apache-2.0
//! mls-rs over AWS-LC. It has no X-Wing: suite 1 alone.

use crate::scenario::{Made, Person};
use mls_rs::client_builder::MlsConfig;
use mls_rs::error::MlsError;
use mls_rs::identity::basic::{BasicCredential, BasicIdentityProvider};
use mls_rs::identity::SigningIdentity;
use mls_rs::mls_rules::{
    CommitDirection, CommitOptions, CommitSource, EncryptionOptions, ProposalBundle,
};
use mls_rs::group::{GroupContext, Roster};
use mls_rs::{
    CipherSuite, CipherSuiteProvider, Client, CryptoProvider, Group, GroupStateStorage, MlsMessage,
    MlsRules,
};
use mls_rs_crypto_awslc::AwsLcCryptoProvider;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

/// Encrypted handshakes, one Welcome with the tree in it, and a path where asked.
#[derive(Clone, Default)]
struct Rules(Arc<AtomicBool>);

impl MlsRules for Rules {
    type Error = MlsError;

    fn filter_proposals(
        &self,
        _: CommitDirection,
        _: CommitSource,
        _: &Roster,
        _: &GroupContext,
        proposals: ProposalBundle,
    ) -> Result<ProposalBundle, MlsError> {
        Ok(proposals)
    }

    fn commit_options(
        &self,
        _: &Roster,
        _: &GroupContext,
        _: &ProposalBundle,
    ) -> Result<CommitOptions, MlsError> {
        Ok(CommitOptions::new()
            .with_path_required(self.0.load(Ordering::Relaxed))
            .with_ratchet_tree_extension(true)
            .with_single_welcome_message(true)
            .with_allow_external_commit(false))
    }

    fn encryption_options(
        &self,
        _: &Roster,
        _: &GroupContext,
    ) -> Result<EncryptionOptions, MlsError> {
        Ok(EncryptionOptions::new(true, mls_rs::client_builder::PaddingMode::None))
    }
}

fn client(name: String, rules: Rules) -> Client<impl MlsConfig> {
    let crypto = AwsLcCryptoProvider::new();
    let suite = CipherSuite::CURVE25519_AES128;
    let provider = crypto.cipher_suite_provider(suite).expect("the suite");
    let (secret, public) = provider.signature_key_generate().expect("keys");
    let credential = BasicCredential::new(name.into_bytes()).into_credential();
    Client::builder()
        .identity_provider(BasicIdentityProvider)
        .crypto_provider(crypto)
        .mls_rules(rules)
        .signing_identity(SigningIdentity::new(credential, public), secret, suite)
        .build()
}

/// What is the same whatever type `client` has.
trait Seat {
    fn package(&mut self) -> Vec<u8>;
    fn found(&mut self);
    fn commit(&mut self, adds: &[Vec<u8>], remove: Option<u32>) -> Made;
    fn join(&mut self, welcome: &[u8]);
    fn process(&mut self, message: &[u8]);
    fn protect(&mut self, text: &[u8]) -> Vec<u8>;
    fn tree_len(&self) -> usize;
    fn saved(&mut self) -> usize;
    fn reload(&mut self);
    fn drop_group(&mut self);
}

struct Seated<C: MlsConfig> {
    client: Client<C>,
    group: Option<Group<C>>,
    id: Vec<u8>,
}

impl<C: MlsConfig> Seated<C> {
    fn group(&mut self) -> &mut Group<C> {
        self.group.as_mut().expect("a group")
    }
}

impl<C: MlsConfig> Seat for Seated<C> {
    fn package(&mut self) -> Vec<u8> {
        self.client
            .generate_key_package_message(Default::default(), Default::default(), None)
            .expect("a key package")
            .to_bytes()
            .expect("encoding")
    }

    fn found(&mut self) {
        let group = self.client.group_builder().expect("a builder").build().expect("a group");
        self.id = group.group_id().to_vec();
        self.group = Some(group);
    }

    fn commit(&mut self, adds: &[Vec<u8>], remove: Option<u32>) -> Made {
        let group = self.group();
        let mut builder = group.commit_builder();
        for a in adds {
            let m = MlsMessage::from_bytes(a).expect("decoding");
            builder = builder.add_member(m).expect("an add");
        }
        if let Some(leaf) = remove {
            builder = builder.remove_member(leaf).expect("a remove");
        }
        let made = builder.build().expect("a commit");
        group.apply_pending_commit().expect("applied");
        let welcome = made.welcome_messages.first();
        Made {
            commit: made.commit_message.to_bytes().expect("encoding"),
            welcome: welcome.map(|w| w.to_bytes().expect("encoding")).unwrap_or_default(),
        }
    }

    fn join(&mut self, welcome: &[u8]) {
        let m = MlsMessage::from_bytes(welcome).expect("decoding");
        let (group, _) = self.client.join_group(None, &m, None).expect("joined");
        self.id = group.group_id().to_vec();
        self.group = Some(group);
    }

    fn process(&mut self, message: &[u8]) {
        let m = MlsMessage::from_bytes(message).expect("decoding");
        self.group().process_incoming_message(m).expect("processed");
    }

    fn protect(&mut self, text: &[u8]) -> Vec<u8> {
        self.group()
            .encrypt_application_message(text, Default::default())
            .expect("a message")
            .to_bytes()
            .expect("encoding")
    }

    fn tree_len(&self) -> usize {
        let tree = self.group.as_ref().expect("a group").export_tree();
        tree.to_bytes().expect("encoding").len()
    }

    fn saved(&mut self) -> usize {
        self.group().write_to_storage().expect("stored");
        let storage = self.client.group_state_storage();
        storage.state(&self.id).expect("storage").expect("the group").len()
    }

    fn reload(&mut self) {
        self.group = Some(self.client.load_group(&self.id).expect("loaded"));
    }

    fn drop_group(&mut self) {
        self.group = None;
    }
}

pub struct Member {
    seat: Box<dyn Seat>,
    path: Arc<AtomicBool>,
}

fn seat<C: MlsConfig + 'static>(client: Client<C>) -> Box<dyn Seat> {
    Box::new(Seated { client, group: None, id: vec![] })
}

impl Person for Member {
    fn new(_: u16, name: String) -> Self {
        let rules = Rules::default();
        let path = rules.0.clone();
        Member { seat: seat(client(name, rules)), path }
    }
    fn package(&mut self) -> Vec<u8> {
        self.seat.package()
    }
    fn found(&mut self) {
        self.seat.found()
    }
    fn commit(&mut self, adds: &[Vec<u8>], remove: Option<u32>, path: bool) -> Made {
        self.path.store(path, Ordering::Relaxed);
        self.seat.commit(adds, remove)
    }
    fn join(&mut self, welcome: &[u8]) {
        self.seat.join(welcome)
    }
    fn follow(&mut self, commit: &[u8]) {
        self.seat.process(commit)
    }
    fn protect(&mut self, text: &[u8]) -> Vec<u8> {
        self.seat.protect(text)
    }
    fn unprotect(&mut self, message: &[u8]) {
        self.seat.process(message)
    }
    fn tree_len(&self) -> usize {
        self.seat.tree_len()
    }
    fn saved(&mut self) -> usize {
        self.seat.saved()
    }
    fn reload(&mut self) {
        self.seat.reload()
    }
    fn drop_group(&mut self) {
        self.seat.drop_group()
    }
}
