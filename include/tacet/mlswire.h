/* SPDX-License-Identifier: Apache-2.0
 * tacet/mlswire.h -- the structs of RFC 9420 and their encodings: all that can
 * be known of a message without a key.
 *
 * Structs have the RFC's names and fields. They are views: every span points
 * into the bytes that were read, nothing is allocated, and a view lives as long
 * as those bytes. A list (`T x<V>`) is the span of its encoded elements, which
 * reading has checked one by one; walk it with the .._next() of its element:
 *
 *     tacet_span list = commit.proposals;
 *     for (tacet_proposal_or_ref p; tacet_proposal_or_ref_next(&list, &p);) ...
 *
 * `raw` is the struct as it was received, `tbs` the part that its signature
 * covers: hash and verify these, not what a writer makes of the fields.
 *
 * X_read() reads one struct out of a longer input and has the reader's sticky
 * error; what it gave is only worth something while there is none. X_parse()
 * reads one that fills the whole input, and leaves *out untouched on failure.
 * X_write() writes the fields; `raw` and `tbs` do not matter to it. What was
 * read and is written again gives the same bytes.
 *
 * Reading checks form and nothing else: the single permitted encoding, known
 * values of every enum that decides what comes next, limits, and that no
 * extension stands twice in one list (13.4; EXTENSION). Unknown extensions,
 * capabilities and cipher suites are carried (13.5). Whether a signature
 * verifies or a struct is allowed where it stands, is for whoever has the keys.
 */
#ifndef TACET_MLSWIRE_H
#define TACET_MLSWIRE_H

#include "tacet/base.h"
#include "tacet/codec.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* ---- limits: beyond them reading fails with LIMIT ---- */

#define TACET_MESSAGE_MAX ((size_t)32 << 20) /* bytes of an MLSMessage */
#define TACET_KEY_PACKAGE_READ_MAX ((size_t)64 << 10) /* bytes of one */
#define TACET_EXTENSIONS_MAX 64                       /* in one list */
#define TACET_PROPOSALS_MAX 16384                     /* in one commit */
#define TACET_TREE_LEAVES_MAX 65536                   /* members of a group */
#define TACET_PATH_MAX 16 /* nodes of an UpdatePath */

/* ---- code points (RFC 9420 17) ---- */

#define TACET_PROTOCOL_MLS10 1

enum {
  TACET_WIRE_FORMAT_PUBLIC_MESSAGE = 1,
  TACET_WIRE_FORMAT_PRIVATE_MESSAGE = 2,
  TACET_WIRE_FORMAT_WELCOME = 3,
  TACET_WIRE_FORMAT_GROUP_INFO = 4,
  TACET_WIRE_FORMAT_KEY_PACKAGE = 5
};

enum {
  TACET_EXTENSION_APPLICATION_ID = 1,
  TACET_EXTENSION_RATCHET_TREE = 2,
  TACET_EXTENSION_REQUIRED_CAPABILITIES = 3,
  TACET_EXTENSION_EXTERNAL_PUB = 4,
  TACET_EXTENSION_EXTERNAL_SENDERS = 5
};

enum {
  TACET_PROPOSAL_ADD = 1,
  TACET_PROPOSAL_UPDATE = 2,
  TACET_PROPOSAL_REMOVE = 3,
  TACET_PROPOSAL_PSK = 4,
  TACET_PROPOSAL_REINIT = 5,
  TACET_PROPOSAL_EXTERNAL_INIT = 6,
  TACET_PROPOSAL_GROUP_CONTEXT_EXTENSIONS = 7,
  TACET_PROPOSAL_PRIVATE_USE = 0xF000 /* and above */
};

enum { TACET_CREDENTIAL_BASIC = 1, TACET_CREDENTIAL_X509 = 2 };

enum {
  TACET_LEAF_SOURCE_KEY_PACKAGE = 1,
  TACET_LEAF_SOURCE_UPDATE = 2,
  TACET_LEAF_SOURCE_COMMIT = 3
};

enum {
  TACET_CONTENT_TYPE_APPLICATION = 1,
  TACET_CONTENT_TYPE_PROPOSAL = 2,
  TACET_CONTENT_TYPE_COMMIT = 3
};

enum {
  TACET_SENDER_MEMBER = 1,
  TACET_SENDER_EXTERNAL = 2,
  TACET_SENDER_NEW_MEMBER_PROPOSAL = 3,
  TACET_SENDER_NEW_MEMBER_COMMIT = 4
};

enum { TACET_PSK_TYPE_EXTERNAL = 1, TACET_PSK_TYPE_RESUMPTION = 2 };
enum {
  TACET_PSK_USAGE_APPLICATION = 1,
  TACET_PSK_USAGE_REINIT = 2,
  TACET_PSK_USAGE_BRANCH = 3
};

enum { TACET_PROPOSAL_BY_VALUE = 1, TACET_PROPOSAL_BY_REFERENCE = 2 };

enum { TACET_NODE_BLANK = 0, TACET_NODE_LEAF = 1, TACET_NODE_PARENT = 2 };

/* Values that mean nothing, sent so that receivers stay used to the unknown
 * (13.5): 0x0A0A, 0x1A1A, ... 0xEAEA. */
static inline bool tacet_type_is_grease(uint16_t type) {
  return (type & 0x0F0F) == 0x0A0A && type >> 8 == (type & 0xFF) &&
         type != 0xFAFA;
}

/* Types that every client supports without saying so (7.2). */
static inline bool tacet_extension_is_default(uint16_t type) {
  return type >= 1 && type <= 5;
}
static inline bool tacet_proposal_is_default(uint16_t type) {
  return type >= 1 && type <= 7;
}

/* ---- lists of numbers ---- */

/* uint16 x<V>, uint32 x<V>: TRUNCATED where the last element is cut short. */
tacet_span tacet_u16_list_read(tacet_reader *r);
bool tacet_u16_list_next(tacet_span *list, uint16_t *out);
bool tacet_u16_list_has(tacet_span list, uint16_t value);
tacet_span tacet_u32_list_read(tacet_reader *r);
bool tacet_u32_list_next(tacet_span *list, uint32_t *out);

/* ---- extensions (13.4) ---- */

/* struct { ExtensionType extension_type; opaque extension_data<V>; } */
typedef struct tacet_extension {
  uint16_t type;
  tacet_span data;
} tacet_extension;

/* Extension x<V>: the elements without the length of the whole. */
tacet_span tacet_extensions_read(tacet_reader *r);
/* The same for elements that come without a length: for lists of the caller's.
 * Any INPUT error, LIMIT, or EXTENSION for a type that stands twice. */
TACET_MUST_CHECK tacet_err tacet_extensions_check(tacet_span list);
bool tacet_extension_next(tacet_span *list, tacet_extension *out);
bool tacet_extension_find(tacet_span list, uint16_t type, tacet_span *data);
void tacet_extension_write(tacet_buf *w, uint16_t type, tacet_span data);

/* The extension_data of required_capabilities (11.1): three lists of uint16. */
typedef struct tacet_required_capabilities {
  tacet_span extensions, proposals, credentials;
} tacet_required_capabilities;
TACET_MUST_CHECK tacet_err tacet_required_capabilities_parse(
    tacet_span data, tacet_required_capabilities *out);
void tacet_required_capabilities_write(tacet_buf *w,
                                       const tacet_required_capabilities *c);

/* The extension_data of external_pub (12.4.3.2): HPKEPublicKey external_pub. */
TACET_MUST_CHECK tacet_err tacet_external_pub_parse(tacet_span data,
                                                    tacet_span *external_pub);

/* ---- credentials (5.3) ---- */

/* Of a type other than basic and x509 the content is taken to be one
 * `opaque content<V>`, the form that all registered types begin with: without
 * a length of some kind nothing after it could be read. */
typedef struct tacet_credential {
  uint16_t type;
  /* basic: identity; x509: the encoded list of certificates, for
   * tacet_certificate_next(); others: the content. */
  tacet_span identity;
  tacet_span raw;
} tacet_credential;
void tacet_credential_read(tacet_reader *r, tacet_credential *out);
void tacet_credential_write(tacet_buf *w, const tacet_credential *c);
bool tacet_certificate_next(tacet_span *list, tacet_span *cert_data);

/* One of the external_senders extension (12.1.8.1), whose extension_data is
 * `ExternalSender external_senders<V>`. */
typedef struct tacet_external_sender {
  tacet_span signature_key;
  tacet_credential credential;
} tacet_external_sender;
/* Checks all of them and gives the list. */
TACET_MUST_CHECK tacet_err tacet_external_senders_parse(tacet_span data,
                                                        tacet_span *list);
bool tacet_external_sender_next(tacet_span *list, tacet_external_sender *out);
void tacet_external_sender_write(tacet_buf *w, const tacet_external_sender *s);

/* ---- leaves and parents of the ratchet tree (7.1, 7.2) ---- */

/* Five lists of uint16. */
typedef struct tacet_capabilities {
  tacet_span versions, cipher_suites, extensions, proposals, credentials;
} tacet_capabilities;
void tacet_capabilities_read(tacet_reader *r, tacet_capabilities *out);
void tacet_capabilities_write(tacet_buf *w, const tacet_capabilities *c);

typedef struct tacet_leaf_node {
  tacet_span encryption_key, signature_key;
  tacet_credential credential;
  tacet_capabilities capabilities;
  uint8_t source;                 /* TACET_LEAF_SOURCE_... */
  uint64_t not_before, not_after; /* source key_package: Unix seconds */
  tacet_span parent_hash;         /* source commit */
  tacet_span extensions;
  tacet_span signature;
  tacet_span raw;
  tacet_span tbs; /* without what follows it in the context of a group */
} tacet_leaf_node;
void tacet_leaf_node_read(tacet_reader *r, tacet_leaf_node *out);
TACET_MUST_CHECK tacet_err tacet_leaf_node_parse(tacet_span in,
                                                 tacet_leaf_node *out);
void tacet_leaf_node_write(tacet_buf *w, const tacet_leaf_node *n);
/* LeafNodeTBS. From the fields; group_id and index count for the sources
 * update and commit. */
void tacet_leaf_node_tbs_write(tacet_buf *w, const tacet_leaf_node *n,
                               tacet_span group_id, uint32_t leaf_index);

typedef struct tacet_parent_node {
  tacet_span encryption_key, parent_hash;
  tacet_span unmerged_leaves; /* list of uint32; any order, see mls/tree.h */
  tacet_span raw;
} tacet_parent_node;
void tacet_parent_node_read(tacet_reader *r, tacet_parent_node *out);
void tacet_parent_node_write(tacet_buf *w, const tacet_parent_node *n);

/* optional<Node> (12.4.3.3). */
typedef struct tacet_node {
  uint8_t type; /* TACET_NODE_... */
  union {
    tacet_leaf_node leaf;
    tacet_parent_node parent;
  };
} tacet_node;
void tacet_node_read(tacet_reader *r, tacet_node *out);
void tacet_node_write(tacet_buf *w, const tacet_node *n);
/* optional<Node> ratchet_tree<V>, the extension_data of ratchet_tree: checks
 * every node and their number (LIMIT over 2 * TACET_TREE_LEAVES_MAX - 1), not
 * that they make a tree. */
TACET_MUST_CHECK tacet_err tacet_ratchet_tree_parse(tacet_span data,
                                                    tacet_span *list,
                                                    uint32_t *n_nodes);
bool tacet_node_next(tacet_span *list, tacet_node *out);

/* ---- key packages (10) ---- */

typedef struct tacet_key_package {
  uint16_t version, cipher_suite;
  tacet_span init_key;
  tacet_leaf_node leaf_node;
  tacet_span extensions;
  tacet_span signature;
  tacet_span raw, tbs;
} tacet_key_package;
void tacet_key_package_read(tacet_reader *r, tacet_key_package *out);
TACET_MUST_CHECK tacet_err tacet_key_package_parse(tacet_span in,
                                                   tacet_key_package *out);
void tacet_key_package_write(tacet_buf *w, const tacet_key_package *k);
void tacet_key_package_tbs_write(tacet_buf *w, const tacet_key_package *k);

/* ---- pre-shared keys (8.4) ---- */

typedef struct tacet_pre_shared_key_id {
  uint8_t type;   /* TACET_PSK_TYPE_... */
  uint8_t usage;  /* resumption: TACET_PSK_USAGE_..., else 0 */
  tacet_span id;  /* external: psk_id; resumption: psk_group_id */
  uint64_t epoch; /* resumption: psk_epoch, else 0 */
  tacet_span nonce;
} tacet_pre_shared_key_id;
/* ENCODING: an unknown type or usage. */
void tacet_pre_shared_key_id_read(tacet_reader *r,
                                  tacet_pre_shared_key_id *out);
void tacet_pre_shared_key_id_write(tacet_buf *w,
                                   const tacet_pre_shared_key_id *k);
bool tacet_pre_shared_key_id_next(tacet_span *list,
                                  tacet_pre_shared_key_id *out);

/* ---- proposals (12.1) ---- */

typedef struct tacet_reinit {
  tacet_span group_id;
  uint16_t version, cipher_suite;
  tacet_span extensions;
} tacet_reinit;

/* Proposals carry no length, so one of an unknown type hides where the next
 * field begins: it is UNKNOWN_TYPE. The exception are private-use types, whose
 * form is ours to say: one `opaque content<V>`. GREASE values never stand here
 * (13.5). */
typedef struct tacet_proposal {
  uint16_t type; /* TACET_PROPOSAL_... */
  union {
    tacet_key_package add;
    tacet_leaf_node update;
    uint32_t remove;
    tacet_pre_shared_key_id psk;
    tacet_reinit reinit;
    tacet_span external_init;            /* kem_output */
    tacet_span group_context_extensions; /* list of Extension */
    tacet_span other;                    /* private use: content */
  };
  tacet_span body; /* what follows the type */
  tacet_span raw;
} tacet_proposal;
void tacet_proposal_read(tacet_reader *r, tacet_proposal *out);
TACET_MUST_CHECK tacet_err tacet_proposal_parse(tacet_span in,
                                                tacet_proposal *out);
void tacet_proposal_write(tacet_buf *w, const tacet_proposal *p);
/* The content of a proposal whose type is known: Add, Update, ... */
void tacet_proposal_body_read(tacet_reader *r, uint16_t type,
                              tacet_proposal *out);
void tacet_proposal_body_write(tacet_buf *w, const tacet_proposal *p);

/* ---- commits (12.4, 7.6) ---- */

typedef struct tacet_proposal_or_ref {
  uint8_t kind; /* TACET_PROPOSAL_BY_... */
  union {
    tacet_proposal proposal;
    tacet_span reference; /* ProposalRef */
  };
} tacet_proposal_or_ref;
bool tacet_proposal_or_ref_next(tacet_span *list, tacet_proposal_or_ref *out);
void tacet_proposal_or_ref_write(tacet_buf *w, const tacet_proposal_or_ref *p);

typedef struct tacet_hpke_ciphertext {
  tacet_span kem_output, ciphertext;
} tacet_hpke_ciphertext;
void tacet_hpke_ciphertext_read(tacet_reader *r, tacet_hpke_ciphertext *out);
void tacet_hpke_ciphertext_write(tacet_buf *w, const tacet_hpke_ciphertext *c);
bool tacet_hpke_ciphertext_next(tacet_span *list, tacet_hpke_ciphertext *out);

typedef struct tacet_update_path_node {
  tacet_span encryption_key;
  tacet_span encrypted_path_secret; /* list of HPKECiphertext */
} tacet_update_path_node;
bool tacet_update_path_node_next(tacet_span *list, tacet_update_path_node *out);
void tacet_update_path_node_write(tacet_buf *w,
                                  const tacet_update_path_node *n);

typedef struct tacet_update_path {
  tacet_leaf_node leaf_node;
  tacet_span nodes; /* list of UpdatePathNode */
  uint32_t n_nodes;
} tacet_update_path;
void tacet_update_path_read(tacet_reader *r, tacet_update_path *out);
TACET_MUST_CHECK tacet_err tacet_update_path_parse(tacet_span in,
                                                   tacet_update_path *out);
void tacet_update_path_write(tacet_buf *w, const tacet_update_path *p);

typedef struct tacet_commit {
  tacet_span proposals; /* list of ProposalOrRef */
  uint32_t n_proposals;
  bool has_path;
  tacet_update_path path;
} tacet_commit;
void tacet_commit_read(tacet_reader *r, tacet_commit *out);
void tacet_commit_write(tacet_buf *w, const tacet_commit *c);

/* ---- framing (6) ---- */

typedef struct tacet_sender {
  uint8_t type;   /* TACET_SENDER_... */
  uint32_t index; /* member: leaf_index; external: sender_index; else 0 */
} tacet_sender;

/* What is said: the select of FramedContent and PrivateMessageContent. */
typedef struct tacet_content_body {
  union {
    tacet_span application_data;
    tacet_proposal proposal;
    tacet_commit commit;
  };
  tacet_span raw;
} tacet_content_body;

typedef struct tacet_framed_content {
  tacet_span group_id;
  uint64_t epoch;
  tacet_sender sender;
  tacet_span authenticated_data;
  uint8_t content_type; /* TACET_CONTENT_TYPE_..., says which of `body` */
  tacet_content_body body;
  tacet_span raw;
} tacet_framed_content;
void tacet_framed_content_read(tacet_reader *r, tacet_framed_content *out);
void tacet_framed_content_write(tacet_buf *w, const tacet_framed_content *c);
/* The part before `body`: what a PrivateMessage has to be completed with to
 * be signed or verified. Follow it with the body's bytes. */
void tacet_framed_content_head_write(tacet_buf *w,
                                     const tacet_framed_content *c);
/* FramedContentTBS from an encoded FramedContent. context: the encoded
 * GroupContext for senders member and new_member_commit, else empty. */
void tacet_framed_content_tbs_write(tacet_buf *w, uint16_t wire_format,
                                    tacet_span framed_content,
                                    tacet_span context);

typedef struct tacet_framed_content_auth {
  tacet_span signature;
  tacet_span confirmation_tag; /* commits, else empty */
  tacet_span raw;
} tacet_framed_content_auth;
void tacet_framed_content_auth_read(tacet_reader *r, uint8_t content_type,
                                    tacet_framed_content_auth *out);
void tacet_framed_content_auth_write(tacet_buf *w, uint8_t content_type,
                                     const tacet_framed_content_auth *a);

typedef struct tacet_public_message {
  tacet_framed_content content;
  tacet_framed_content_auth auth;
  tacet_span membership_tag; /* sender member, else empty */
} tacet_public_message;
void tacet_public_message_read(tacet_reader *r, tacet_public_message *out);
void tacet_public_message_write(tacet_buf *w, const tacet_public_message *m);

typedef struct tacet_private_message {
  tacet_span group_id;
  uint64_t epoch;
  uint8_t content_type;
  tacet_span authenticated_data, encrypted_sender_data, ciphertext;
} tacet_private_message;
void tacet_private_message_read(tacet_reader *r, tacet_private_message *out);
void tacet_private_message_write(tacet_buf *w, const tacet_private_message *m);
/* PrivateContentAAD and SenderDataAAD (6.3.1, 6.3.2) of a message. */
void tacet_private_content_aad_write(tacet_buf *w,
                                     const tacet_private_message *m);
void tacet_sender_data_aad_write(tacet_buf *w, const tacet_private_message *m);

/* The plaintext of a PrivateMessage. */
typedef struct tacet_private_message_content {
  tacet_content_body body;
  tacet_framed_content_auth auth;
  size_t padding; /* bytes */
} tacet_private_message_content;
/* PADDING: the rest of `in` is not all zero. */
TACET_MUST_CHECK tacet_err tacet_private_message_content_parse(
    tacet_span in, uint8_t content_type, tacet_private_message_content *out);
void tacet_private_message_content_write(
    tacet_buf *w, uint8_t content_type, const tacet_private_message_content *c);

#define TACET_SENDER_DATA_LEN 12
typedef struct tacet_sender_data {
  uint32_t leaf_index, generation;
  uint8_t reuse_guard[4];
} tacet_sender_data;
TACET_MUST_CHECK tacet_err tacet_sender_data_parse(tacet_span in,
                                                   tacet_sender_data *out);
void tacet_sender_data_write(tacet_buf *w, const tacet_sender_data *d);

/* ---- groups: context, info, welcome (8.1, 12.4.3) ---- */

typedef struct tacet_group_context {
  uint16_t version, cipher_suite;
  tacet_span group_id;
  uint64_t epoch;
  tacet_span tree_hash, confirmed_transcript_hash;
  tacet_span extensions;
  tacet_span raw;
} tacet_group_context;
void tacet_group_context_read(tacet_reader *r, tacet_group_context *out);
TACET_MUST_CHECK tacet_err tacet_group_context_parse(tacet_span in,
                                                     tacet_group_context *out);
void tacet_group_context_write(tacet_buf *w, const tacet_group_context *c);

typedef struct tacet_group_info {
  tacet_group_context group_context;
  tacet_span extensions;
  tacet_span confirmation_tag;
  uint32_t signer;
  tacet_span signature;
  tacet_span raw, tbs;
} tacet_group_info;
void tacet_group_info_read(tacet_reader *r, tacet_group_info *out);
TACET_MUST_CHECK tacet_err tacet_group_info_parse(tacet_span in,
                                                  tacet_group_info *out);
void tacet_group_info_write(tacet_buf *w, const tacet_group_info *i);
void tacet_group_info_tbs_write(tacet_buf *w, const tacet_group_info *i);

/* Secret once decrypted: wipe the bytes that the spans lie in. */
typedef struct tacet_group_secrets {
  tacet_span joiner_secret;
  bool has_path_secret;
  tacet_span path_secret;
  tacet_span psks; /* list of PreSharedKeyID */
} tacet_group_secrets;
TACET_MUST_CHECK tacet_err tacet_group_secrets_parse(tacet_span in,
                                                     tacet_group_secrets *out);
void tacet_group_secrets_write(tacet_buf *w, const tacet_group_secrets *s);

typedef struct tacet_encrypted_group_secrets {
  tacet_span new_member; /* KeyPackageRef */
  tacet_hpke_ciphertext encrypted_group_secrets;
  tacet_span raw;
} tacet_encrypted_group_secrets;
bool tacet_encrypted_group_secrets_next(tacet_span *list,
                                        tacet_encrypted_group_secrets *out);
void tacet_encrypted_group_secrets_write(
    tacet_buf *w, const tacet_encrypted_group_secrets *s);

typedef struct tacet_welcome {
  uint16_t cipher_suite;
  tacet_span secrets; /* list of EncryptedGroupSecrets */
  tacet_span encrypted_group_info;
} tacet_welcome;
void tacet_welcome_read(tacet_reader *r, tacet_welcome *out);
void tacet_welcome_write(tacet_buf *w, const tacet_welcome *m);

/* ---- MLSMessage (6) ---- */

typedef struct tacet_message {
  uint16_t wire_format; /* TACET_WIRE_FORMAT_..., says which; version is 1 */
  union {
    tacet_public_message public_message;
    tacet_private_message private_message;
    tacet_welcome welcome;
    tacet_group_info group_info;
    tacet_key_package key_package;
  };
} tacet_message;
/* UNKNOWN_TYPE: another protocol version or wire format. ENCODING: a
 * KeyPackage of another version than the message (10). */
TACET_MUST_CHECK tacet_err tacet_message_parse(tacet_span in,
                                               tacet_message *out);
void tacet_message_write(tacet_buf *w, const tacet_message *m);
/* Version and wire format alone: for writing one piece by piece. */
void tacet_message_head_write(tacet_buf *w, uint16_t wire_format);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
