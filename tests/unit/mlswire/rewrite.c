/* SPDX-License-Identifier: Apache-2.0
 * Every kind of struct, read and written again element by element. */
#include "tests/unit/mlswire/samples.h"

/* ---- writing with every list taken apart ---- */

static void extensions_write(tacet_buf *w, tacet_span list) {
  size_t at = tacet_write_open(w);
  for (tacet_extension e; tacet_extension_next(&list, &e);) {
    tacet_extension_write(w, e.type, e.data);
  }
  tacet_write_close(w, at);
}

static void path_write(tacet_buf *w, const tacet_update_path *path) {
  tacet_leaf_node_write(w, &path->leaf_node);
  size_t nodes = tacet_write_open(w);
  tacet_span list = path->nodes;
  for (tacet_update_path_node n; tacet_update_path_node_next(&list, &n);) {
    tacet_write_vec(w, n.encryption_key);
    size_t at = tacet_write_open(w);
    tacet_span secrets = n.encrypted_path_secret;
    for (tacet_hpke_ciphertext c; tacet_hpke_ciphertext_next(&secrets, &c);) {
      tacet_hpke_ciphertext_write(w, &c);
    }
    tacet_write_close(w, at);
  }
  tacet_write_close(w, nodes);
}

void wire_commit_write(tacet_buf *w, const tacet_commit *commit) {
  size_t at = tacet_write_open(w);
  tacet_span list = commit->proposals;
  for (tacet_proposal_or_ref p; tacet_proposal_or_ref_next(&list, &p);) {
    tacet_proposal_or_ref_write(w, &p);
  }
  tacet_write_close(w, at);
  tacet_write_optional(w, commit->has_path);
  if (commit->has_path) {
    path_write(w, &commit->path);
  }
}

static void body_write(tacet_buf *w, uint8_t content_type,
                       const tacet_content_body *body) {
  if (content_type == TACET_CONTENT_TYPE_APPLICATION) {
    tacet_write_vec(w, body->application_data);
  } else if (content_type == TACET_CONTENT_TYPE_PROPOSAL) {
    tacet_proposal_write(w, &body->proposal);
  } else {
    wire_commit_write(w, &body->commit);
  }
}

static void public_write(tacet_buf *w, const tacet_public_message *m) {
  tacet_framed_content_head_write(w, &m->content);
  body_write(w, m->content.content_type, &m->content.body);
  tacet_framed_content_auth_write(w, m->content.content_type, &m->auth);
  if (m->content.sender.type == TACET_SENDER_MEMBER) {
    tacet_write_vec(w, m->membership_tag);
  }
}

static void welcome_write(tacet_buf *w, const tacet_welcome *m) {
  tacet_write_u16(w, m->cipher_suite);
  size_t at = tacet_write_open(w);
  tacet_span list = m->secrets;
  for (tacet_encrypted_group_secrets s;
       tacet_encrypted_group_secrets_next(&list, &s);) {
    tacet_encrypted_group_secrets_write(w, &s);
  }
  tacet_write_close(w, at);
  tacet_write_vec(w, m->encrypted_group_info);
}

static tacet_err message_round_trip(tacet_span in, tacet_buf *w) {
  tacet_message m;
  TACET_TRY(tacet_message_parse(in, &m));
  if (m.wire_format == TACET_WIRE_FORMAT_PUBLIC_MESSAGE) {
    tacet_message_head_write(w, m.wire_format);
    public_write(w, &m.public_message);
  } else if (m.wire_format == TACET_WIRE_FORMAT_WELCOME) {
    tacet_message_head_write(w, m.wire_format);
    welcome_write(w, &m.welcome);
  } else {
    tacet_message_write(w, &m);
  }
  return w->err;
}

static tacet_err content_round_trip(tacet_span in, uint8_t content_type,
                                    tacet_buf *w) {
  tacet_private_message_content c;
  TACET_TRY(tacet_private_message_content_parse(in, content_type, &c));
  body_write(w, content_type, &c.body);
  tacet_framed_content_auth_write(w, content_type, &c.auth);
  tacet_write_zeros(w, c.padding);
  return w->err;
}

static tacet_err tree_round_trip(tacet_span in, tacet_buf *w) {
  tacet_span list;
  uint32_t n_nodes, n = 0;
  TACET_TRY(tacet_ratchet_tree_parse(in, &list, &n_nodes));
  size_t at = tacet_write_open(w);
  for (tacet_node node; tacet_node_next(&list, &node); n++) {
    tacet_node_write(w, &node);
  }
  tacet_write_close(w, at);
  TACET_ASSERT(n == n_nodes);
  return w->err;
}

static tacet_err group_info_round_trip(tacet_span in, tacet_buf *w) {
  tacet_group_info i;
  TACET_TRY(tacet_group_info_parse(in, &i));
  tacet_group_context_write(w, &i.group_context);
  extensions_write(w, i.extensions);
  tacet_write_vec(w, i.confirmation_tag);
  tacet_write_u32(w, i.signer);
  tacet_write_vec(w, i.signature);
  return w->err;
}

static tacet_err group_secrets_round_trip(tacet_span in, tacet_buf *w) {
  tacet_group_secrets s;
  TACET_TRY(tacet_group_secrets_parse(in, &s));
  tacet_write_vec(w, s.joiner_secret);
  tacet_write_optional(w, s.has_path_secret);
  if (s.has_path_secret) {
    tacet_write_vec(w, s.path_secret);
  }
  size_t at = tacet_write_open(w);
  for (tacet_pre_shared_key_id k; tacet_pre_shared_key_id_next(&s.psks, &k);) {
    tacet_pre_shared_key_id_write(w, &k);
  }
  tacet_write_close(w, at);
  return w->err;
}

static tacet_err required_round_trip(tacet_span in, tacet_buf *w) {
  tacet_required_capabilities c;
  TACET_TRY(tacet_required_capabilities_parse(in, &c));
  tacet_span lists[3] = {c.extensions, c.proposals, c.credentials};
  for (size_t i = 0; i < 3; i++) {
    size_t at = tacet_write_open(w);
    for (uint16_t type; tacet_u16_list_next(&lists[i], &type);) {
      tacet_write_u16(w, type);
    }
    tacet_write_close(w, at);
  }
  return w->err;
}

static tacet_err senders_round_trip(tacet_span in, tacet_buf *w) {
  tacet_span list;
  TACET_TRY(tacet_external_senders_parse(in, &list));
  size_t at = tacet_write_open(w);
  for (tacet_external_sender s; tacet_external_sender_next(&list, &s);) {
    tacet_external_sender_write(w, &s);
  }
  tacet_write_close(w, at);
  return w->err;
}

#define FLAT(type, parse, write)                                               \
  do {                                                                         \
    type x;                                                                    \
    TACET_TRY(parse(in, &x));                                                  \
    write(w, &x);                                                              \
    return w->err;                                                             \
  } while (0)

tacet_err wire_round_trip(wire_kind kind, tacet_span in, tacet_buf *w) {
  switch (kind) {
  case WIRE_MESSAGE:
    return message_round_trip(in, w);
  case WIRE_CONTENT_APPLICATION:
    return content_round_trip(in, TACET_CONTENT_TYPE_APPLICATION, w);
  case WIRE_CONTENT_PROPOSAL:
    return content_round_trip(in, TACET_CONTENT_TYPE_PROPOSAL, w);
  case WIRE_CONTENT_COMMIT:
    return content_round_trip(in, TACET_CONTENT_TYPE_COMMIT, w);
  case WIRE_LEAF_NODE:
    FLAT(tacet_leaf_node, tacet_leaf_node_parse, tacet_leaf_node_write);
  case WIRE_KEY_PACKAGE:
    FLAT(tacet_key_package, tacet_key_package_parse, tacet_key_package_write);
  case WIRE_PROPOSAL:
    FLAT(tacet_proposal, tacet_proposal_parse, tacet_proposal_write);
  case WIRE_UPDATE_PATH:
    FLAT(tacet_update_path, tacet_update_path_parse, path_write);
  case WIRE_RATCHET_TREE:
    return tree_round_trip(in, w);
  case WIRE_GROUP_CONTEXT:
    FLAT(tacet_group_context, tacet_group_context_parse,
         tacet_group_context_write);
  case WIRE_GROUP_INFO:
    return group_info_round_trip(in, w);
  case WIRE_GROUP_SECRETS:
    return group_secrets_round_trip(in, w);
  case WIRE_REQUIRED_CAPABILITIES:
    return required_round_trip(in, w);
  case WIRE_EXTERNAL_SENDERS:
    return senders_round_trip(in, w);
  case WIRE_EXTERNAL_PUB: {
    tacet_span key;
    TACET_TRY(tacet_external_pub_parse(in, &key));
    tacet_write_vec(w, key);
    return w->err;
  }
  case WIRE_SENDER_DATA:
    FLAT(tacet_sender_data, tacet_sender_data_parse, tacet_sender_data_write);
  case WIRE_KINDS:
    break;
  }
  return TACET_ERR_ARGUMENT;
}
