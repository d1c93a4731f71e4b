/* SPDX-License-Identifier: Apache-2.0
 * messages.json of mlswg/mls-implementations: every struct is read and written
 * again, byte for byte; lists also element by element. */
#include "tacet/codec.h"
#include "tacet/mlswire.h"
#include "tests/unit/mlswire/samples.h"
#include "tests/vectors/sets.h"

/* Reads one struct with `read`, writes it with `write`, and compares. */
#define ROUND_TRIP(c, in, type, read_call, write_call)                         \
  do {                                                                         \
    tacet_span bytes = (in);                                                   \
    tacet_err err = TACET_OK;                                                  \
    TACET_BUF(w, TACET_MESSAGE_MAX);                                           \
    tacet_reader r = tacet_reader_over(bytes, &err);                           \
    type x;                                                                    \
    read_call;                                                                 \
    tacet_read_end(&r);                                                        \
    VEC_OK((c), err);                                                          \
    write_call;                                                                \
    VEC_OK((c), w.err);                                                        \
    VEC_CHECK((c), tacet_span_equal(bytes, tacet_buf_span(&w)));               \
  } while (0)

static vec_outcome message(vec_context *c, const json_t *v, const char *key,
                           uint16_t wire_format) {
  tacet_span in = vec_hex(c, v, key);
  tacet_message m;
  VEC_OK(c, tacet_message_parse(in, &m));
  VEC_CHECK(c, m.wire_format == wire_format);
  TACET_BUF(w, TACET_MESSAGE_MAX);
  tacet_message_write(&w, &m);
  VEC_OK(c, w.err);
  VEC_CHECK(c, tacet_span_equal(in, tacet_buf_span(&w)));
  return VEC_PASSED;
}

static vec_outcome messages(vec_context *c, const json_t *v) {
  static const struct {
    const char *key;
    uint16_t wire_format;
  } of[] = {
      {"mls_welcome", TACET_WIRE_FORMAT_WELCOME},
      {"mls_group_info", TACET_WIRE_FORMAT_GROUP_INFO},
      {"mls_key_package", TACET_WIRE_FORMAT_KEY_PACKAGE},
      {"public_message_application", TACET_WIRE_FORMAT_PUBLIC_MESSAGE},
      {"public_message_proposal", TACET_WIRE_FORMAT_PUBLIC_MESSAGE},
      {"public_message_commit", TACET_WIRE_FORMAT_PUBLIC_MESSAGE},
      {"private_message", TACET_WIRE_FORMAT_PRIVATE_MESSAGE},
  };
  for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
    if (message(c, v, of[i].key, of[i].wire_format) != VEC_PASSED) {
      return VEC_FAILED;
    }
  }
  return VEC_PASSED;
}

static vec_outcome ratchet_tree(vec_context *c, const json_t *v) {
  tacet_span in = vec_hex(c, v, "ratchet_tree"), list;
  uint32_t n_nodes, n = 0;
  VEC_OK(c, tacet_ratchet_tree_parse(in, &list, &n_nodes));
  TACET_BUF(w, TACET_MESSAGE_MAX);
  size_t at = tacet_write_open(&w);
  for (tacet_node node; tacet_node_next(&list, &node); n++) {
    tacet_node_write(&w, &node);
  }
  tacet_write_close(&w, at);
  VEC_OK(c, w.err);
  VEC_CHECK(c, n == n_nodes);
  VEC_CHECK(c, tacet_span_equal(in, tacet_buf_span(&w)));
  return VEC_PASSED;
}

static vec_outcome group_secrets(vec_context *c, const json_t *v) {
  tacet_span in = vec_hex(c, v, "group_secrets");
  tacet_group_secrets s;
  VEC_OK(c, tacet_group_secrets_parse(in, &s));
  TACET_BUF(w, TACET_MESSAGE_MAX);
  tacet_write_vec(&w, s.joiner_secret);
  tacet_write_optional(&w, s.has_path_secret);
  if (s.has_path_secret) {
    tacet_write_vec(&w, s.path_secret);
  }
  size_t at = tacet_write_open(&w);
  for (tacet_pre_shared_key_id k; tacet_pre_shared_key_id_next(&s.psks, &k);) {
    tacet_pre_shared_key_id_write(&w, &k);
  }
  tacet_write_close(&w, at);
  VEC_OK(c, w.err);
  VEC_CHECK(c, tacet_span_equal(in, tacet_buf_span(&w)));
  return VEC_PASSED;
}

static vec_outcome proposals(vec_context *c, const json_t *v) {
  static const struct {
    const char *key;
    uint16_t type;
  } of[] = {
      {"add_proposal", TACET_PROPOSAL_ADD},
      {"update_proposal", TACET_PROPOSAL_UPDATE},
      {"remove_proposal", TACET_PROPOSAL_REMOVE},
      {"pre_shared_key_proposal", TACET_PROPOSAL_PSK},
      {"re_init_proposal", TACET_PROPOSAL_REINIT},
      {"external_init_proposal", TACET_PROPOSAL_EXTERNAL_INIT},
      {"group_context_extensions_proposal",
       TACET_PROPOSAL_GROUP_CONTEXT_EXTENSIONS},
  };
  for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
    ROUND_TRIP(c, vec_hex(c, v, of[i].key), tacet_proposal,
               tacet_proposal_body_read(&r, of[i].type, &x),
               tacet_proposal_body_write(&w, &x));
  }
  return VEC_PASSED;
}

vec_outcome set_messages(vec_context *c, const json_t *v) {
  if (messages(c, v) != VEC_PASSED || ratchet_tree(c, v) != VEC_PASSED ||
      group_secrets(c, v) != VEC_PASSED || proposals(c, v) != VEC_PASSED) {
    return VEC_FAILED;
  }
  ROUND_TRIP(c, vec_hex(c, v, "commit"), tacet_commit,
             tacet_commit_read(&r, &x), wire_commit_write(&w, &x));
  ROUND_TRIP(c, vec_hex(c, v, "commit"), tacet_commit,
             tacet_commit_read(&r, &x), tacet_commit_write(&w, &x));
  return VEC_PASSED;
}
