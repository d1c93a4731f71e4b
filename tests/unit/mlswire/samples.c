/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/mlswire/samples.h"

#define TEXT(s) TACET_SPAN_LIT(s)

/* ---- samples ---- */

void wire_leaf(tacet_leaf_node *out, uint8_t source) {
  *out = (tacet_leaf_node){
      .encryption_key = TEXT("leaf encryption key"),
      .signature_key = TEXT("leaf signature key"),
      .credential = {.type = TACET_CREDENTIAL_BASIC, .identity = TEXT("alice")},
      .capabilities = {.versions = TEXT("\x00\x01"),
                       .cipher_suites = TEXT("\xf0\x4d\x0a\x0a"),
                       .extensions = TEXT("\xf0\x01\x1a\x1a"),
                       .proposals = TEXT("\xf0\x02"),
                       .credentials = TEXT("\x00\x01\x00\x02")},
      .source = source,
      .extensions = TEXT("\xf0\x01\x04"
                         "data"
                         "\x1a\x1a\x00"),
      .signature = TEXT("leaf signature")};
  if (source == TACET_LEAF_SOURCE_KEY_PACKAGE) {
    out->not_before = 1700000000;
    out->not_after = 1800000000;
  } else if (source == TACET_LEAF_SOURCE_COMMIT) {
    out->parent_hash = TEXT("parent hash of the leaf");
  }
}

void wire_key_package(tacet_key_package *out) {
  *out = (tacet_key_package){.version = TACET_PROTOCOL_MLS10,
                             .cipher_suite = 0xf04d,
                             .init_key = TEXT("init key"),
                             .extensions = TEXT("\x2a\x2a\x00"),
                             .signature = TEXT("package signature")};
  wire_leaf(&out->leaf_node, TACET_LEAF_SOURCE_KEY_PACKAGE);
}

static void leaf(tacet_buf *w, uint8_t source) {
  tacet_leaf_node n;
  wire_leaf(&n, source);
  tacet_leaf_node_write(w, &n);
}
static void leaf_key_package(tacet_buf *w) {
  leaf(w, TACET_LEAF_SOURCE_KEY_PACKAGE);
}
static void leaf_update(tacet_buf *w) {
  leaf(w, TACET_LEAF_SOURCE_UPDATE);
}
static void leaf_commit(tacet_buf *w) {
  leaf(w, TACET_LEAF_SOURCE_COMMIT);
}

static void leaf_x509(tacet_buf *w) {
  tacet_leaf_node n;
  wire_leaf(&n, TACET_LEAF_SOURCE_UPDATE);
  n.credential.type = TACET_CREDENTIAL_X509;
  n.credential.identity = TEXT("\x05"
                               "chain"
                               "\x00"
                               "\x04"
                               "root");
  tacet_leaf_node_write(w, &n);
}

static void leaf_unknown_credential(tacet_buf *w) {
  tacet_leaf_node n;
  wire_leaf(&n, TACET_LEAF_SOURCE_UPDATE);
  n.credential.type = 0xf123;
  tacet_leaf_node_write(w, &n);
}

static void key_package(tacet_buf *w) {
  tacet_key_package k;
  wire_key_package(&k);
  tacet_key_package_write(w, &k);
}

static void proposal_add(tacet_buf *w) {
  tacet_proposal p = {.type = TACET_PROPOSAL_ADD};
  wire_key_package(&p.add);
  tacet_proposal_write(w, &p);
}
static void proposal_update(tacet_buf *w) {
  tacet_proposal p = {.type = TACET_PROPOSAL_UPDATE};
  wire_leaf(&p.update, TACET_LEAF_SOURCE_UPDATE);
  tacet_proposal_write(w, &p);
}
static void proposal_remove(tacet_buf *w) {
  tacet_proposal p = {.type = TACET_PROPOSAL_REMOVE, .remove = 0x01020304};
  tacet_proposal_write(w, &p);
}

static const tacet_pre_shared_key_id psk_external = {
    .type = TACET_PSK_TYPE_EXTERNAL,
    .id = {(const uint8_t *)"psk", 3},
    .nonce = {(const uint8_t *)"nonce", 5}};
static const tacet_pre_shared_key_id psk_resumption = {
    .type = TACET_PSK_TYPE_RESUMPTION,
    .usage = TACET_PSK_USAGE_BRANCH,
    .id = {(const uint8_t *)"group", 5},
    .epoch = 0x1122334455667788,
    .nonce = {(const uint8_t *)"nonce", 5}};

static void proposal_psk(tacet_buf *w) {
  tacet_proposal p = {.type = TACET_PROPOSAL_PSK, .psk = psk_external};
  tacet_proposal_write(w, &p);
}
static void proposal_resumption(tacet_buf *w) {
  tacet_proposal p = {.type = TACET_PROPOSAL_PSK, .psk = psk_resumption};
  tacet_proposal_write(w, &p);
}
static void proposal_reinit(tacet_buf *w) {
  tacet_proposal p = {.type = TACET_PROPOSAL_REINIT,
                      .reinit = {.group_id = TEXT("next"),
                                 .version = 1,
                                 .cipher_suite = 3,
                                 .extensions = TEXT("\x00\x05\x01\x00")}};
  tacet_proposal_write(w, &p);
}
static void proposal_external_init(tacet_buf *w) {
  tacet_proposal p = {.type = TACET_PROPOSAL_EXTERNAL_INIT,
                      .external_init = TEXT("kem output")};
  tacet_proposal_write(w, &p);
}
static void proposal_extensions(tacet_buf *w) {
  tacet_proposal p = {.type = TACET_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
                      .group_context_extensions = TEXT("\xf0\x07\x01x")};
  tacet_proposal_write(w, &p);
}
static void proposal_private_use(tacet_buf *w) {
  tacet_proposal p = {.type = 0xf00d, .other = TEXT("ours")};
  tacet_proposal_write(w, &p);
}

static void path_sample(tacet_buf *w) {
  leaf(w, TACET_LEAF_SOURCE_COMMIT);
  size_t nodes = tacet_write_open(w);
  for (size_t n = 0; n < 3; n++) {
    tacet_write_vec(w, TEXT("key of a parent"));
    size_t at = tacet_write_open(w);
    for (size_t i = 0; i < n; i++) {
      tacet_hpke_ciphertext c = {TEXT("kem output"), TEXT("ciphertext")};
      tacet_hpke_ciphertext_write(w, &c);
    }
    tacet_write_close(w, at);
  }
  tacet_write_close(w, nodes);
}

static void commit_sample(tacet_buf *w) {
  size_t at = tacet_write_open(w);
  tacet_write_u8(w, TACET_PROPOSAL_BY_VALUE);
  proposal_add(w);
  tacet_proposal_or_ref ref = {.kind = TACET_PROPOSAL_BY_REFERENCE,
                               .reference = TEXT("proposal reference")};
  tacet_proposal_or_ref_write(w, &ref);
  tacet_write_u8(w, TACET_PROPOSAL_BY_VALUE);
  proposal_remove(w);
  tacet_write_close(w, at);
  tacet_write_optional(w, true);
  path_sample(w);
}

static void commit_empty(tacet_buf *w) {
  tacet_write_vec(w, TACET_SPAN_EMPTY);
  tacet_write_optional(w, false);
}

static void tree_sample(tacet_buf *w) {
  size_t at = tacet_write_open(w);
  static const uint8_t sources[4] = {1, 2, 3, 1};
  for (size_t i = 0; i < 4; i++) {
    tacet_node n = {.type = TACET_NODE_LEAF};
    wire_leaf(&n.leaf, sources[i]);
    tacet_node_write(w, &n);
    if (i < 3) {
      tacet_node p = {.type = i == 2 ? TACET_NODE_BLANK : TACET_NODE_PARENT,
                      .parent = {.encryption_key = TEXT("parent key"),
                                 .parent_hash = TEXT("hash"),
                                 .unmerged_leaves = TEXT("\x00\x00\x00\x00")}};
      tacet_node_write(w, &p);
    }
  }
  tacet_write_close(w, at);
}

static void context_fields(tacet_group_context *c) {
  *c = (tacet_group_context){.version = 1,
                             .cipher_suite = 0xf04d,
                             .group_id = TEXT("group id"),
                             .epoch = 77,
                             .tree_hash = TEXT("tree hash"),
                             .confirmed_transcript_hash = TEXT("confirmed"),
                             .extensions = TEXT("\xf0\x07\x01x")};
}

static void context_sample(tacet_buf *w) {
  tacet_group_context c;
  context_fields(&c);
  tacet_group_context_write(w, &c);
}

static void group_info_sample(tacet_buf *w) {
  tacet_group_info i = {.extensions = TEXT("\x00\x04\x04"
                                           "\x03pub"),
                        .confirmation_tag = TEXT("tag"),
                        .signer = 3,
                        .signature = TEXT("info signature")};
  context_fields(&i.group_context);
  tacet_group_info_write(w, &i);
}

static void secrets_sample(tacet_buf *w) {
  TACET_BUF(psks, 1000);
  tacet_pre_shared_key_id_write(&psks, &psk_external);
  tacet_pre_shared_key_id_write(&psks, &psk_resumption);
  tacet_group_secrets s = {.joiner_secret = TEXT("joiner"),
                           .has_path_secret = true,
                           .path_secret = TEXT("path"),
                           .psks = tacet_buf_span(&psks)};
  tacet_group_secrets_write(w, &s);
}

static void secrets_short(tacet_buf *w) {
  tacet_group_secrets s = {.joiner_secret = TEXT("joiner")};
  tacet_group_secrets_write(w, &s);
}

static void required_sample(tacet_buf *w) {
  tacet_required_capabilities c = {TEXT("\xf0\x01\xf0\x02"), TEXT("\xf0\x03"),
                                   TEXT("\x00\x01")};
  tacet_required_capabilities_write(w, &c);
}

static void senders_sample(tacet_buf *w) {
  size_t at = tacet_write_open(w);
  tacet_external_sender s = {
      TEXT("signature key"),
      {.type = TACET_CREDENTIAL_BASIC, .identity = TEXT("server")}};
  tacet_external_sender_write(w, &s);
  s.credential.type = 0x7777;
  tacet_external_sender_write(w, &s);
  tacet_write_close(w, at);
}

static void pub_sample(tacet_buf *w) {
  tacet_write_vec(w, TEXT("external pub"));
}

static void sender_data_sample(tacet_buf *w) {
  tacet_sender_data d = {5, 6, {1, 2, 3, 4}};
  tacet_sender_data_write(w, &d);
}

/* ---- framed ---- */

/* The body is given as what writes it. */
static void framed(tacet_buf *w, tacet_sender sender, uint8_t content_type,
                   void (*body)(tacet_buf *)) {
  tacet_framed_content c = {.group_id = TEXT("group id"),
                            .epoch = 77,
                            .sender = sender,
                            .authenticated_data = TEXT("aad"),
                            .content_type = content_type};
  tacet_framed_content_head_write(w, &c);
  body(w);
}

static void auth(tacet_buf *w, uint8_t content_type) {
  tacet_framed_content_auth a = {.signature = TEXT("signature"),
                                 .confirmation_tag = TEXT("tag")};
  tacet_framed_content_auth_write(w, content_type, &a);
}

static void application(tacet_buf *w) {
  tacet_write_vec(w, TEXT("hello"));
}

static void public_sample(tacet_buf *w, tacet_sender sender,
                          uint8_t content_type, void (*body)(tacet_buf *)) {
  tacet_message_head_write(w, TACET_WIRE_FORMAT_PUBLIC_MESSAGE);
  framed(w, sender, content_type, body);
  auth(w, content_type);
  if (sender.type == TACET_SENDER_MEMBER) {
    tacet_write_vec(w, TEXT("membership tag"));
  }
}

static void public_application(tacet_buf *w) {
  public_sample(w, (tacet_sender){TACET_SENDER_MEMBER, 2},
                TACET_CONTENT_TYPE_APPLICATION, application);
}
static void public_commit(tacet_buf *w) {
  public_sample(w, (tacet_sender){TACET_SENDER_MEMBER, 2},
                TACET_CONTENT_TYPE_COMMIT, commit_sample);
}
static void public_external(tacet_buf *w) {
  public_sample(w, (tacet_sender){TACET_SENDER_EXTERNAL, 1},
                TACET_CONTENT_TYPE_PROPOSAL, proposal_remove);
}
static void public_new_member(tacet_buf *w) {
  public_sample(w, (tacet_sender){TACET_SENDER_NEW_MEMBER_PROPOSAL, 0},
                TACET_CONTENT_TYPE_PROPOSAL, proposal_add);
}
static void public_join(tacet_buf *w) {
  public_sample(w, (tacet_sender){TACET_SENDER_NEW_MEMBER_COMMIT, 0},
                TACET_CONTENT_TYPE_COMMIT, commit_empty);
}

static void private_sample(tacet_buf *w) {
  tacet_message m = {
      .wire_format = TACET_WIRE_FORMAT_PRIVATE_MESSAGE,
      .private_message = {.group_id = TEXT("group id"),
                          .epoch = 77,
                          .content_type = TACET_CONTENT_TYPE_APPLICATION,
                          .authenticated_data = TEXT("aad"),
                          .encrypted_sender_data = TEXT("sender"),
                          .ciphertext = TEXT("ciphertext")}};
  tacet_message_write(w, &m);
}

static void welcome_sample(tacet_buf *w) {
  TACET_BUF(secrets, 1000);
  for (size_t i = 0; i < 2; i++) {
    tacet_encrypted_group_secrets s = {
        .new_member = TEXT("reference"),
        .encrypted_group_secrets = {TEXT("kem output"), TEXT("ciphertext")}};
    tacet_encrypted_group_secrets_write(&secrets, &s);
  }
  tacet_message m = {.wire_format = TACET_WIRE_FORMAT_WELCOME,
                     .welcome = {.cipher_suite = 0xf04d,
                                 .secrets = tacet_buf_span(&secrets),
                                 .encrypted_group_info = TEXT("info")}};
  tacet_message_write(w, &m);
}

static void message_key_package(tacet_buf *w) {
  tacet_message_head_write(w, TACET_WIRE_FORMAT_KEY_PACKAGE);
  key_package(w);
}
static void message_group_info(tacet_buf *w) {
  tacet_message_head_write(w, TACET_WIRE_FORMAT_GROUP_INFO);
  group_info_sample(w);
}

static void content_application(tacet_buf *w) {
  application(w);
  auth(w, TACET_CONTENT_TYPE_APPLICATION);
  tacet_write_zeros(w, 5);
}
static void content_proposal(tacet_buf *w) {
  proposal_update(w);
  auth(w, TACET_CONTENT_TYPE_PROPOSAL);
}
static void content_commit(tacet_buf *w) {
  commit_sample(w);
  auth(w, TACET_CONTENT_TYPE_COMMIT);
  tacet_write_zeros(w, 1);
}

static const struct {
  const char *name;
  wire_kind kind;
  void (*write)(tacet_buf *w);
} samples[] = {
    {"public-application", WIRE_MESSAGE, public_application},
    {"public-commit", WIRE_MESSAGE, public_commit},
    {"public-external", WIRE_MESSAGE, public_external},
    {"public-new-member", WIRE_MESSAGE, public_new_member},
    {"public-join", WIRE_MESSAGE, public_join},
    {"private", WIRE_MESSAGE, private_sample},
    {"welcome", WIRE_MESSAGE, welcome_sample},
    {"group-info", WIRE_MESSAGE, message_group_info},
    {"key-package", WIRE_MESSAGE, message_key_package},
    {"content-application", WIRE_CONTENT_APPLICATION, content_application},
    {"content-proposal", WIRE_CONTENT_PROPOSAL, content_proposal},
    {"content-commit", WIRE_CONTENT_COMMIT, content_commit},
    {"leaf-key-package", WIRE_LEAF_NODE, leaf_key_package},
    {"leaf-update", WIRE_LEAF_NODE, leaf_update},
    {"leaf-commit", WIRE_LEAF_NODE, leaf_commit},
    {"leaf-x509", WIRE_LEAF_NODE, leaf_x509},
    {"leaf-unknown-credential", WIRE_LEAF_NODE, leaf_unknown_credential},
    {"bare-key-package", WIRE_KEY_PACKAGE, key_package},
    {"add", WIRE_PROPOSAL, proposal_add},
    {"update", WIRE_PROPOSAL, proposal_update},
    {"remove", WIRE_PROPOSAL, proposal_remove},
    {"psk", WIRE_PROPOSAL, proposal_psk},
    {"psk-resumption", WIRE_PROPOSAL, proposal_resumption},
    {"reinit", WIRE_PROPOSAL, proposal_reinit},
    {"external-init", WIRE_PROPOSAL, proposal_external_init},
    {"group-context-extensions", WIRE_PROPOSAL, proposal_extensions},
    {"private-use", WIRE_PROPOSAL, proposal_private_use},
    {"update-path", WIRE_UPDATE_PATH, path_sample},
    {"ratchet-tree", WIRE_RATCHET_TREE, tree_sample},
    {"group-context", WIRE_GROUP_CONTEXT, context_sample},
    {"bare-group-info", WIRE_GROUP_INFO, group_info_sample},
    {"group-secrets", WIRE_GROUP_SECRETS, secrets_sample},
    {"group-secrets-short", WIRE_GROUP_SECRETS, secrets_short},
    {"required-capabilities", WIRE_REQUIRED_CAPABILITIES, required_sample},
    {"external-senders", WIRE_EXTERNAL_SENDERS, senders_sample},
    {"external-pub", WIRE_EXTERNAL_PUB, pub_sample},
    {"sender-data", WIRE_SENDER_DATA, sender_data_sample},
};

size_t wire_n_samples(void) {
  return sizeof(samples) / sizeof(samples[0]);
}
const char *wire_sample_name(size_t i) {
  return samples[i].name;
}
wire_kind wire_sample(size_t i, tacet_buf *w) {
  samples[i].write(w);
  return samples[i].kind;
}
