// SPDX-License-Identifier: Apache-2.0
//! One member, with a provider (and so a storage) of its own.

use openmls::messages::external_proposals::{ExternalProposal, JoinProposal};
use openmls::messages::proposals::{PreSharedKeyProposal, Proposal};
use openmls::prelude::tls_codec::{Deserialize, Serialize};
use openmls::prelude::*;
use openmls::schedule::psk::{ExternalPsk, Psk, ResumptionPsk, ResumptionPskUsage};
use openmls::schedule::PreSharedKeyId;
use openmls::treesync::{LeafNodeParameters, RatchetTreeIn};
use openmls_basic_credential::SignatureKeyPair;
use serde_json::{json, Value};

pub type Answer = Result<Value, Value>;

/// The GroupContext extension that every player lists as understood.
const EXTENSION: u16 = 0xF0A1;
const PADDING: usize = 17;

pub trait Seat {
    fn signature_key(&self) -> Vec<u8>;
    fn run(&mut self, verb: &str, q: &Value) -> Answer;
}

pub struct Member<P: OpenMlsProvider> {
    provider: P,
    suite: Ciphersuite,
    credential: CredentialWithKey,
    signer: SignatureKeyPair,
    group: Option<MlsGroup>,
    psks: Vec<Vec<u8>>,
}

pub fn error(e: &dyn std::fmt::Debug) -> Value {
    let mut text = format!("{e:?}");
    text.truncate(300);
    json!({"error": text})
}

fn lacks(what: &str) -> Answer {
    Err(json!({"lacks": what}))
}

fn bytes(q: &Value, key: &str) -> Result<Vec<u8>, Value> {
    let text = q[key].as_str().ok_or(json!({"error": format!("no {key}")}))?;
    hex::decode(text).map_err(|e| error(&e))
}

fn message(q: &Value, key: &str) -> Result<MlsMessageIn, Value> {
    MlsMessageIn::tls_deserialize_exact(bytes(q, key)?).map_err(|e| error(&e))
}

fn written(m: &impl Serialize) -> Result<String, Value> {
    m.tls_serialize_detached().map(hex::encode).map_err(|e| error(&e))
}

fn extensions(q: &Value) -> Result<Extensions<GroupContext>, Value> {
    let mut list = Vec::new();
    for e in q["extensions"].as_array().unwrap_or(&Vec::new()) {
        let kind = e["type"].as_u64().unwrap_or(0) as u16;
        let data = bytes(e, "data")?;
        let mut raw = kind.to_be_bytes().to_vec();
        raw.extend(VLBytes::from(data).tls_serialize_detached().map_err(|e| error(&e))?);
        list.push(Extension::tls_deserialize_exact(raw).map_err(|e| error(&e))?);
    }
    Extensions::from_vec(list).map_err(|e| error(&e))
}

fn leaf_of(p: &Value) -> LeafNodeIndex {
    LeafNodeIndex::new(p["leaf"].as_u64().unwrap_or(0) as u32)
}

fn capabilities() -> Capabilities {
    Capabilities::new(None, None, Some(&[ExtensionType::Unknown(EXTENSION)]), None, None)
}

impl<P: OpenMlsProvider> Member<P> {
    pub fn new(provider: P, number: u16, identity: &str) -> Result<Self, Value> {
        let suite = Ciphersuite::try_from(number).map_err(|e| error(&e))?;
        let signer = SignatureKeyPair::new(suite.signature_algorithm()).map_err(|e| error(&e))?;
        let credential = CredentialWithKey {
            credential: BasicCredential::new(identity.into()).into(),
            signature_key: signer.to_public_vec().into(),
        };
        Ok(Member { provider, suite, credential, signer, group: None, psks: vec![] })
    }

    fn settings(&self, public: bool, tree: bool) -> MlsGroupJoinConfig {
        MlsGroupJoinConfig::builder()
            .wire_format_policy(if public {
                MIXED_PLAINTEXT_WIRE_FORMAT_POLICY
            } else {
                MIXED_CIPHERTEXT_WIRE_FORMAT_POLICY
            })
            .padding_size(PADDING)
            .max_past_epochs(3)
            .number_of_resumption_psks(3)
            .use_ratchet_tree_extension(tree)
            .build()
    }

    /// The group, set to write handshakes one way or the other.
    fn speak(&mut self, q: &Value) -> Result<(), Value> {
        let settings = self.settings(q["public"] == true, q["tree_apart"] != true);
        let group = self.group.as_mut().ok_or(json!({"error": "no group"}))?;
        group.set_configuration(self.provider.storage(), &settings).map_err(|e| error(&e))
    }

    fn group(&self) -> Result<&MlsGroup, Value> {
        self.group.as_ref().ok_or(json!({"error": "no group"}))
    }

    fn key_package_in(&self, q: &Value) -> Result<KeyPackage, Value> {
        let MlsMessageBodyIn::KeyPackage(k) = message(q, "key_package")?.extract() else {
            return Err(json!({"error": "no key package"}));
        };
        k.validate(self.provider.crypto(), ProtocolVersion::Mls10).map_err(|e| error(&e))
    }

    fn psk_id(&self, q: &Value) -> Result<PreSharedKeyId, Value> {
        let id = bytes(q, "id")?;
        let psk = match q["epoch"].as_u64() {
            Some(epoch) => Psk::Resumption(ResumptionPsk::new(
                ResumptionPskUsage::Application,
                GroupId::from_slice(&id),
                GroupEpoch::from(epoch),
            )),
            None => Psk::External(ExternalPsk::new(id)),
        };
        PreSharedKeyId::new(self.suite, self.provider.rand(), psk).map_err(|e| error(&e))
    }

    // ---- alone ----

    fn psk(&mut self, q: &Value) -> Answer {
        let id = bytes(q, "id")?;
        let psk = Psk::External(ExternalPsk::new(id.clone()));
        PreSharedKeyId::new(self.suite, self.provider.rand(), psk)
            .map_err(|e| error(&e))?
            .store(&self.provider, &bytes(q, "key")?)
            .map_err(|e| error(&e))?;
        self.psks.push(id);
        Ok(json!({}))
    }

    fn key_package(&mut self) -> Answer {
        let bundle = KeyPackage::builder()
            .leaf_node_capabilities(capabilities())
            .build(self.suite, &self.provider, &self.signer, self.credential.clone())
            .map_err(|e| error(&e))?;
        let message = MlsMessageOut::from(bundle.key_package().clone());
        Ok(json!({"key_package": written(&message)?}))
    }

    fn create(&mut self, q: &Value) -> Answer {
        let config = MlsGroupCreateConfig::builder()
            .ciphersuite(self.suite)
            .capabilities(capabilities())
            .with_group_context_extensions(extensions(q)?)
            .max_past_epochs(3)
            .use_ratchet_tree_extension(true)
            .build();
        let group = MlsGroup::new_with_group_id(
            &self.provider,
            &self.signer,
            &config,
            GroupId::from_slice(&bytes(q, "group")?),
            self.credential.clone(),
        );
        self.group = Some(group.map_err(|e| error(&e))?);
        Ok(json!({}))
    }

    fn tree(q: &Value) -> Result<Option<RatchetTreeIn>, Value> {
        if q["tree"].is_null() {
            return Ok(None);
        }
        RatchetTreeIn::tls_deserialize_exact(bytes(q, "tree")?)
            .map(Some)
            .map_err(|e| error(&e))
    }

    fn join(&mut self, q: &Value) -> Answer {
        let MlsMessageBodyIn::Welcome(welcome) = message(q, "welcome")?.extract() else {
            return Err(json!({"error": "no Welcome"}));
        };
        let settings = self.settings(false, true);
        let staged = StagedWelcome::new_from_welcome(
            &self.provider, &settings, welcome, Self::tree(q)?,
        );
        let group = staged.map_err(|e| error(&e))?.into_group(&self.provider);
        self.group = Some(group.map_err(|e| error(&e))?);
        Ok(json!({}))
    }

    fn external_join(&mut self, q: &Value) -> Answer {
        let MlsMessageBodyIn::GroupInfo(info) = message(q, "group_info")?.extract() else {
            return Err(json!({"error": "no GroupInfo"}));
        };
        let leaf = LeafNodeParameters::builder().with_capabilities(capabilities()).build();
        let mut psks = Vec::new();
        if q["psk"] == true {
            for id in &self.psks {
                let id = self.psk_id(&json!({"id": hex::encode(id)}))?;
                psks.push(PreSharedKeyProposal::new(id));
            }
        }
        let (group, bundle) = MlsGroup::external_commit_builder()
            .with_config(self.settings(false, true))
            .build_group(&self.provider, info, self.credential.clone())
            .map_err(|e| error(&e))?
            .leaf_node_parameters(leaf)
            .add_psk_proposals(psks)
            .load_psks(self.provider.storage())
            .map_err(|e| error(&e))?
            .build(self.provider.rand(), self.provider.crypto(), &self.signer, |_| true)
            .map_err(|e| error(&e))?
            .finalize(&self.provider)
            .map_err(|e| error(&e))?;
        self.group = Some(group);
        Ok(json!({"commit": written(bundle.commit())?}))
    }

    fn external_propose(&mut self, q: &Value) -> Answer {
        let MlsMessageBodyIn::GroupInfo(info) = message(q, "group_info")?.extract() else {
            return Err(json!({"error": "no GroupInfo"}));
        };
        let (id, epoch) = (info.group_id().clone(), info.epoch());
        let p = &q["proposal"];
        let made = match (p["type"].as_str().unwrap_or(""), q["sender"].as_u64()) {
            ("add", None) => JoinProposal::new::<P::StorageProvider>(
                self.key_package_in(p)?, id, epoch, &self.signer,
            )
            .map_err(|e| error(&e))?,
            ("add", Some(i)) => ExternalProposal::new_add::<P>(
                self.key_package_in(p)?, id, epoch, &self.signer,
                SenderExtensionIndex::new(i as u32),
            )
            .map_err(|e| error(&e))?,
            ("remove", Some(i)) => ExternalProposal::new_remove::<P>(
                leaf_of(p),
                id, epoch, &self.signer, SenderExtensionIndex::new(i as u32),
            )
            .map_err(|e| error(&e))?,
            (other, _) => return lacks(other),
        };
        Ok(json!({"message": written(&made)?}))
    }

    // ---- in a group ----

    fn state(&self) -> Answer {
        let g = self.group()?;
        let exported = g
            .export_secret(self.provider.crypto(), "interop", b"context", 32)
            .map_err(|e| error(&e))?;
        Ok(json!({
            "epoch": g.epoch().as_u64(),
            "leaf": g.own_leaf_index().u32(),
            "members": g.members().count(),
            "authenticator": hex::encode(g.epoch_authenticator().as_slice()),
            "exported": hex::encode(exported),
        }))
    }

    fn propose(&mut self, q: &Value) -> Answer {
        self.speak(q)?;
        let p = &q["proposal"];
        let what = match p["type"].as_str().unwrap_or("") {
            "add" => Propose::Add(self.key_package_in(p)?),
            "update" => Propose::Update(LeafNodeParameters::default()),
            "remove" => Propose::Remove(leaf_of(p).u32()),
            "psk" => Propose::PreSharedKey(self.psk_id(p)?),
            "extensions" => Propose::GroupContextExtensions(extensions(p)?),
            other => return lacks(other),
        };
        let group = self.group.as_mut().ok_or(json!({"error": "no group"}))?;
        let (made, _) = group
            .propose(&self.provider, &self.signer, what, ProposalOrRefType::Reference)
            .map_err(|e| error(&e))?;
        Ok(json!({"message": written(&made)?}))
    }

    fn commit(&mut self, q: &Value) -> Answer {
        self.speak(q)?;
        let none = Vec::new();
        let list = q["proposals"].as_array().unwrap_or(&none);
        let (mut adds, mut removes, mut others) = (Vec::new(), Vec::new(), Vec::new());
        let mut context = None;
        for p in list {
            match p["type"].as_str().unwrap_or("") {
                "add" => adds.push(self.key_package_in(p)?),
                "remove" => removes.push(leaf_of(p)),
                "psk" => others.push(Proposal::PreSharedKey(Box::new(
                    PreSharedKeyProposal::new(self.psk_id(p)?),
                ))),
                "extensions" => context = Some(extensions(p)?),
                other => return lacks(other),
            }
        }
        let group = self.group.as_mut().ok_or(json!({"error": "no group"}))?;
        let mut builder = group
            .commit_builder()
            .propose_adds(adds)
            .propose_removals(removes)
            .add_proposals(others);
        if let Some(e) = context {
            builder = builder.propose_group_context_extensions(e).map_err(|e| error(&e))?;
        }
        let bundle = builder
            .load_psks(self.provider.storage())
            .map_err(|e| error(&e))?
            .build(self.provider.rand(), self.provider.crypto(), &self.signer, |_| true)
            .map_err(|e| error(&e))?
            .stage_commit(&self.provider)
            .map_err(|e| error(&e))?;
        let mut answer = json!({"commit": written(bundle.commit())?});
        if let Some(w) = bundle.to_welcome_msg() {
            answer["welcome"] = json!(written(&w)?);
        }
        if q["tree_apart"] == true {
            let staged = group.pending_commit().ok_or(json!({"error": "not pending"}))?;
            let tree = staged
                .export_ratchet_tree(self.provider.crypto(), group.export_ratchet_tree())
                .map_err(|e| error(&e))?;
            if let Some(tree) = tree {
                answer["tree"] = json!(written(&tree)?);
            }
        }
        Ok(answer)
    }

    fn merge(&mut self) -> Answer {
        let group = self.group.as_mut().ok_or(json!({"error": "no group"}))?;
        group.merge_pending_commit(&self.provider).map_err(|e| error(&e))?;
        Ok(json!({}))
    }

    fn discard(&mut self) -> Answer {
        let group = self.group.as_mut().ok_or(json!({"error": "no group"}))?;
        group.clear_pending_commit(self.provider.storage()).map_err(|e| error(&e))?;
        Ok(json!({}))
    }

    fn group_info(&self) -> Answer {
        let info = self
            .group()?
            .export_group_info(self.provider.crypto(), &self.signer, true)
            .map_err(|e| error(&e))?;
        Ok(json!({"group_info": written(&info)?}))
    }

    fn send(&mut self, q: &Value) -> Answer {
        let group = self.group.as_mut().ok_or(json!({"error": "no group"}))?;
        let made = group
            .create_message(&self.provider, &self.signer, &bytes(q, "content")?)
            .map_err(|e| error(&e))?;
        Ok(json!({"message": written(&made)?}))
    }

    fn process(&mut self, q: &Value) -> Answer {
        let m = message(q, "message")?.try_into_protocol_message().map_err(|e| error(&e))?;
        let group = self.group.as_mut().ok_or(json!({"error": "no group"}))?;
        let done = group.process_message(&self.provider, m).map_err(|e| error(&e))?;
        match done.into_content() {
            ProcessedMessageContent::ApplicationMessage(m) => {
                Ok(json!({"kind": "application", "content": hex::encode(m.into_bytes())}))
            }
            ProcessedMessageContent::ProposalMessage(p)
            | ProcessedMessageContent::ExternalJoinProposalMessage(p) => {
                group
                    .store_pending_proposal(self.provider.storage(), *p)
                    .map_err(|e| error(&e))?;
                Ok(json!({"kind": "proposal"}))
            }
            ProcessedMessageContent::StagedCommitMessage(c) => {
                let removed = c.self_removed();
                group.merge_staged_commit(&self.provider, *c).map_err(|e| error(&e))?;
                Ok(json!({"kind": "commit", "removed": removed}))
            }
            other => Err(error(&other)),
        }
    }
}

impl<P: OpenMlsProvider> Seat for Member<P> {
    fn signature_key(&self) -> Vec<u8> {
        self.signer.to_public_vec()
    }

    fn run(&mut self, verb: &str, q: &Value) -> Answer {
        match verb {
            "psk" => self.psk(q),
            "key_package" if q["grease"] == true => lacks("GREASE of one's choice"),
            "key_package" => self.key_package(),
            "create" => self.create(q),
            "join" => self.join(q),
            "external_join" => self.external_join(q),
            "external_propose" => self.external_propose(q),
            "state" => self.state(),
            "propose" => self.propose(q),
            "commit" => self.commit(q),
            "merge" => self.merge(),
            "discard" => self.discard(),
            "group_info" => self.group_info(),
            "send" => self.send(q),
            "process" => self.process(q),
            other => lacks(other),
        }
    }
}
