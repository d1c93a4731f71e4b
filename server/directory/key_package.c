/* SPDX-License-Identifier: Apache-2.0
 * Which key packages may be published: those that would be of use to whoever
 * claims them. The claimer checks them again; this keeps the shelf clean. */
#include "server/storage/storage.h" /* first: tacet_manifest needs nothing */
#include "tacet/crypto.h"
#include "tacet/keytrans/manifest.h"
#include "tacet/mlswire.h"

/* Not through private.h, which brings the wire's own limit of that name. */
tacet_err dir_key_package_check(tacet_span message,
                                const tacet_manifest *newest,
                                const tacet_device *device, int64_t now_s,
                                int64_t *last_second);

#define XWING_PUBLIC_LEN 1216
#define IDENTITY_LEN (TACET_ACCOUNT_ID_LEN + TACET_DEVICE_ID_LEN + 4)
/* A device's clock may be ahead of ours by so much. */
#define SKEW_S 3600

/* struct { opaque account_id[32]; opaque device_id[16];
 *          uint32 manifest_number; } */
static tacet_err check_identity(tacet_span identity,
                                const tacet_manifest *newest,
                                const tacet_device *device) {
  if (identity.len != IDENTITY_LEN ||
      memcmp(identity.p, newest->account_id, TACET_ACCOUNT_ID_LEN) != 0 ||
      memcmp(identity.p + TACET_ACCOUNT_ID_LEN, device->id,
             TACET_DEVICE_ID_LEN) != 0) {
    return TACET_ERR_CREDENTIAL;
  }
  const uint8_t *n = identity.p + TACET_ACCOUNT_ID_LEN + TACET_DEVICE_ID_LEN;
  uint32_t number =
      (uint32_t)n[0] << 24 | (uint32_t)n[1] << 16 | (uint32_t)n[2] << 8 | n[3];
  return number <= newest->number ? TACET_OK : TACET_ERR_CREDENTIAL;
}

static tacet_err check_lifetime(const tacet_leaf_node *leaf, int64_t now_s,
                                int64_t *last_second) {
  uint64_t now = now_s > 0 ? (uint64_t)now_s : 0;
  if (leaf->not_before > now + SKEW_S || leaf->not_after <= now) {
    return TACET_ERR_LIFETIME;
  }
  *last_second = leaf->not_after > (uint64_t)INT64_MAX
                     ? INT64_MAX
                     : (int64_t)leaf->not_after;
  return TACET_OK;
}

static tacet_err check_form(const tacet_key_package *k) {
  const tacet_leaf_node *leaf = &k->leaf_node;
  bool ok = k->version == TACET_PROTOCOL_MLS10 &&
            k->cipher_suite == TACET_SUITE_XWING_CHACHA &&
            k->init_key.len == XWING_PUBLIC_LEN &&
            leaf->encryption_key.len == XWING_PUBLIC_LEN &&
            !tacet_span_equal(k->init_key, leaf->encryption_key) &&
            leaf->source == TACET_LEAF_SOURCE_KEY_PACKAGE &&
            leaf->credential.type == TACET_CREDENTIAL_BASIC;
  return ok ? TACET_OK : TACET_ERR_KEY_PACKAGE;
}

static tacet_err check_signatures(const tacet_key_package *k,
                                  const tacet_device *device) {
  tacet_span key = tacet_span_of(device->key, sizeof(device->key));
  if (!tacet_span_equal(k->leaf_node.signature_key, key)) {
    return TACET_ERR_CREDENTIAL;
  }
  TACET_TRY(tacet_verify_with_label(&tacet_sig_ed25519, key, TACET_LABEL_MLS,
                                    "LeafNodeTBS", k->leaf_node.tbs,
                                    k->leaf_node.signature));
  return tacet_verify_with_label(&tacet_sig_ed25519, key, TACET_LABEL_MLS,
                                 "KeyPackageTBS", k->tbs, k->signature);
}

tacet_err dir_key_package_check(tacet_span message,
                                const tacet_manifest *newest,
                                const tacet_device *device, int64_t now_s,
                                int64_t *last_second) {
  tacet_message m;
  int64_t last;
  TACET_TRY(tacet_message_parse(message, &m));
  if (m.wire_format != TACET_WIRE_FORMAT_KEY_PACKAGE) {
    return TACET_ERR_KEY_PACKAGE;
  }
  TACET_TRY(check_form(&m.key_package));
  TACET_TRY(check_identity(m.key_package.leaf_node.credential.identity, newest,
                           device));
  TACET_TRY(check_lifetime(&m.key_package.leaf_node, now_s, &last));
  TACET_TRY(check_signatures(&m.key_package, device));
  *last_second = last;
  return TACET_OK;
}
