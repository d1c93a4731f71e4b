/* SPDX-License-Identifier: Apache-2.0 */
#include "mls/leaf.h"

/* ---- what a leaf supports ---- */

bool tacet_leaf_supports_extension(const tacet_leaf_node *leaf, uint16_t type) {
  return tacet_extension_is_default(type) ||
         tacet_u16_list_has(leaf->capabilities.extensions, type);
}

bool tacet_leaf_supports_proposal(const tacet_leaf_node *leaf, uint16_t type) {
  return tacet_proposal_is_default(type) ||
         tacet_u16_list_has(leaf->capabilities.proposals, type);
}

/* RFC 9420 11.1: the defaults of extensions and proposals go without saying,
 * credential types do not. */
static bool has_required(const tacet_leaf_node *leaf,
                         const tacet_required_capabilities *required) {
  tacet_span list = required->extensions;
  for (uint16_t type; tacet_u16_list_next(&list, &type);) {
    if (!tacet_leaf_supports_extension(leaf, type)) {
      return false;
    }
  }
  list = required->proposals;
  for (uint16_t type; tacet_u16_list_next(&list, &type);) {
    if (!tacet_leaf_supports_proposal(leaf, type)) {
      return false;
    }
  }
  list = required->credentials;
  for (uint16_t type; tacet_u16_list_next(&list, &type);) {
    if (!tacet_u16_list_has(leaf->capabilities.credentials, type)) {
      return false;
    }
  }
  return true;
}

/* What a list of GroupContext extensions demands of a leaf (13.4). */
static tacet_err check_group_extensions(const tacet_leaf_node *leaf,
                                        tacet_span group_extensions) {
  for (tacet_extension e; tacet_extension_next(&group_extensions, &e);) {
    if (!tacet_leaf_supports_extension(leaf, e.type)) {
      return TACET_ERR_CAPABILITIES;
    }
    if (e.type == TACET_EXTENSION_REQUIRED_CAPABILITIES) {
      tacet_required_capabilities required;
      TACET_TRY(tacet_required_capabilities_parse(e.data, &required));
      if (!has_required(leaf, &required)) {
        return TACET_ERR_CAPABILITIES;
      }
    }
  }
  return TACET_OK;
}

tacet_err tacet_group_extensions_check(tacet_span group_extensions) {
  for (tacet_extension e; tacet_extension_next(&group_extensions, &e);) {
    tacet_required_capabilities required;
    tacet_span senders;
    if (e.type == TACET_EXTENSION_REQUIRED_CAPABILITIES) {
      TACET_TRY(tacet_required_capabilities_parse(e.data, &required));
    } else if (e.type == TACET_EXTENSION_EXTERNAL_SENDERS) {
      TACET_TRY(tacet_external_senders_parse(e.data, &senders));
    }
  }
  return TACET_OK;
}

/* ---- a leaf alone ---- */

tacet_err tacet_kem_key_check(const tacet_suite *suite, tacet_span key,
                              tacet_err bad) {
  tacet_err err = suite->kem->public_check(key);
  return err == TACET_ERR_ENCODING ? bad : err;
}

/* What it says of itself must hold together (7.2). Its list of cipher suites is
 * not looked at: who has keys of the suite supports it, 7.3 asks no more, and
 * members of suite 7 exist whose lists end with suite 6. */
static tacet_err check_own(const tacet_leaf_node *leaf,
                           const tacet_suite *suite) {
  if (leaf->signature_key.len != suite->sig->public_len) {
    return TACET_ERR_LEAF;
  }
  TACET_TRY(tacet_kem_key_check(suite, leaf->encryption_key, TACET_ERR_LEAF));
  const tacet_capabilities *can = &leaf->capabilities;
  if (!tacet_u16_list_has(can->versions, TACET_PROTOCOL_MLS10)) {
    return TACET_ERR_CAPABILITIES;
  }
  if (!tacet_u16_list_has(can->credentials, leaf->credential.type)) {
    return TACET_ERR_LEAF;
  }
  tacet_span list = leaf->extensions;
  for (tacet_extension e; tacet_extension_next(&list, &e);) {
    if (!tacet_leaf_supports_extension(leaf, e.type)) {
      return TACET_ERR_LEAF;
    }
  }
  return TACET_OK;
}

/* 7.2: the span of time, and whether `now` lies in it. */
static tacet_err check_lifetime(const tacet_leaf_node *leaf,
                                const tacet_leaf_rules *rules) {
  if (leaf->source != TACET_LEAF_SOURCE_KEY_PACKAGE) {
    return TACET_OK;
  }
  if (rules->check_lifetime &&
      (rules->now < leaf->not_before || rules->now > leaf->not_after)) {
    return TACET_ERR_LIFETIME;
  }
  bool too_long = rules->max_lifetime != 0 &&
                  (leaf->not_after < leaf->not_before ||
                   leaf->not_after - leaf->not_before > rules->max_lifetime);
  return too_long ? TACET_ERR_LIFETIME : TACET_OK;
}

tacet_err tacet_leaf_check(const tacet_leaf_node *leaf,
                           const tacet_leaf_rules *rules) {
  TACET_TRY(check_own(leaf, rules->suite));
  if (rules->source != 0 && leaf->source != rules->source) {
    return TACET_ERR_LEAF;
  }
  TACET_TRY(check_group_extensions(leaf, rules->group_extensions));
  return check_lifetime(leaf, rules);
}

tacet_err tacet_leaf_verify(const tacet_suite *suite,
                            const tacet_leaf_node *leaf, tacet_span group_id,
                            uint32_t leaf_index) {
  TACET_BUF(tbs, 2 * TACET_MESSAGE_MAX);
  tacet_span content = leaf->tbs;
  if (leaf->source != TACET_LEAF_SOURCE_KEY_PACKAGE) {
    tacet_buf_reserve(&tbs, leaf->tbs.len + group_id.len + 8);
    tacet_write_bytes(&tbs, leaf->tbs);
    tacet_write_vec(&tbs, group_id);
    tacet_write_u32(&tbs, leaf_index);
    TACET_TRY(tacet_buf_done(&tbs, &content));
  }
  return tacet_verify_with_label(suite->sig, leaf->signature_key,
                                 TACET_LABEL_MLS, "LeafNodeTBS", content,
                                 leaf->signature);
}

tacet_err tacet_leaf_sign(const tacet_suite *suite, const tacet_leaf_node *leaf,
                          tacet_span signature_key, tacet_span group_id,
                          uint32_t leaf_index, tacet_buf *w) {
  TACET_BUF(tbs, 2 * TACET_MESSAGE_MAX);
  tacet_leaf_node_tbs_write(&tbs, leaf, group_id, leaf_index);
  tacet_span content;
  TACET_TRY(tacet_buf_done(&tbs, &content));
  uint8_t sig[TACET_SIG_MAX];
  size_t sig_len = 0;
  TACET_TRY(tacet_sign_with_label(suite->sig, signature_key, TACET_LABEL_MLS,
                                  "LeafNodeTBS", content, sig, &sig_len));
  tacet_leaf_node signed_leaf = *leaf;
  signed_leaf.signature = tacet_span_of(sig, sig_len);
  tacet_leaf_node_write(w, &signed_leaf);
  return w->err;
}

/* ---- all leaves ---- */

tacet_err tacet_tree_check_leaves(tacet_tree *t, const tacet_leaf_rules *rules,
                                  tacet_span group_id) {
  TACET_TRY(tacet_tree_check_unique(t));
  TACET_TRY(tacet_tree_check_credentials(t));
  for (uint32_t i = 0; i < tacet_tree_n_leaves(t); i++) {
    tacet_leaf_node leaf;
    if (!tacet_tree_leaf(t, i, &leaf)) {
      continue;
    }
    TACET_TRY(tacet_leaf_check(&leaf, rules));
    TACET_TRY(tacet_leaf_verify(rules->suite, &leaf, group_id, i));
  }
  return TACET_OK;
}

tacet_err tacet_tree_check_extensions(const tacet_tree *t,
                                      tacet_span group_extensions) {
  for (uint32_t i = 0; i < tacet_tree_n_leaves(t); i++) {
    tacet_leaf_node leaf;
    if (tacet_tree_leaf(t, i, &leaf)) {
      TACET_TRY(check_group_extensions(&leaf, group_extensions));
    }
  }
  return TACET_OK;
}

tacet_err tacet_tree_check_proposal_type(const tacet_tree *t, uint16_t type) {
  for (uint32_t i = 0; i < tacet_tree_n_leaves(t); i++) {
    tacet_leaf_node leaf;
    if (tacet_tree_leaf(t, i, &leaf) && !tacet_tree_is_added(t, i) &&
        !tacet_leaf_supports_proposal(&leaf, type)) {
      return TACET_ERR_CAPABILITIES;
    }
  }
  return TACET_OK;
}
