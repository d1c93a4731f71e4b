/* SPDX-License-Identifier: Apache-2.0
 * Messages into a small group. The first byte of the input says what the rest
 * is, from the outside in, so that signatures and seals are no wall:
 *   0  a whole MLSMessage
 *   1  a Commit, 2 a Proposal: signed and tagged as another member would
 *   3  the plaintext of a PrivateMessage with a Commit, sealed: signature and
 *      confirmation tag are the input's
 *   4  the same with application data
 *   5  a Welcome, a key package, a GroupInfo: to whoever reads such
 *   6  a saved state
 * Whatever fails leaves the receiver byte for byte as it was; so does a commit
 * that is staged and dropped. The group is the same in every run: its
 * randomness is counted. */
#include <stdlib.h>

#include "mls/frame.h"
#include "mls/group.h"
#include "tacet/mls.h"

#define LIMIT ((size_t)1 << 20)
#define NOW 1700000000u

static tacet_mls_config config;
static tacet_mls_group *alice, *bob; /* alice reads what bob sends */
static tacet_mls_keys carol;         /* not in it; has a key package out */
static tacet_buf carol_package;
static tacet_buf alice_state; /* as she always starts */

/* ---- a group from counted randomness ---- */

static tacet_err counted(uint8_t *out, size_t len) {
  static uint64_t n;
  for (size_t i = 0; i < len; i++) {
    n = n * 6364136223846793005u + 1442695040888963407u;
    out[i] = (uint8_t)(n >> 56);
  }
  return TACET_OK;
}

static void must(tacet_err err) {
  if (err != TACET_OK) {
    abort();
  }
}

static tacet_mls_leaf_args leaf_of(const char *name, const tacet_secret *key) {
  return (tacet_mls_leaf_args){.identity = tacet_span_str(name),
                               .signature_key = key};
}

static void publish(const tacet_suite *s, const char *name, tacet_buf *w,
                    tacet_mls_keys *keys) {
  uint8_t public_key[TACET_SIG_PUBLIC_MAX];
  tacet_secret key;
  must(s->sig->generate(&key, public_key));
  const tacet_mls_key_package_args args = {.leaf = leaf_of(name, &key),
                                           .not_after = UINT64_MAX};
  tacet_buf_init(w, LIMIT);
  must(tacet_mls_key_package_new(&config, s, &args, w, keys));
}

static void join(tacet_span welcome, const tacet_buf *package,
                 const tacet_mls_keys *keys, tacet_mls_group **g) {
  const tacet_mls_candidate c = {tacet_buf_span(package), keys};
  tacet_mls_welcome *w = NULL;
  size_t index = 0;
  must(tacet_mls_welcome_open(&config, welcome, &c, 1, &index, &w));
  must(tacet_mls_welcome_unlock(w, (tacet_mls_psks){NULL, 0}));
  must(tacet_mls_welcome_join(w, TACET_SPAN_EMPTY, NULL, g));
  tacet_mls_welcome_free(w);
}

static void commit(tacet_mls_group *g, const tacet_mls_proposal *list, size_t n,
                   tacet_mls_commit_result *r) {
  const tacet_mls_commit_args args = {.proposals = list,
                                      .n_proposals = n,
                                      .force_path = true,
                                      .tree_in_welcome = true};
  must(tacet_mls_commit(g, &args, NOW, r));
  must(tacet_mls_pending_merge(g, NOW));
}

static void setup(void) {
  const tacet_suite *s = &tacet_suite_x25519_chacha;
  uint8_t public_key[TACET_SIG_PUBLIC_MAX];
  tacet_secret key;
  tacet_buf packages[3];
  tacet_mls_keys keys[3];
  tacet_mls_proposal adds[3];
  TACET_MLS_COMMIT_RESULT(r);
  must(tacet_crypto_init());
  config = TACET_MLS_CONFIG(&tacet_suites_all);
  tacet_random_source_set(counted);
  must(s->sig->generate(&key, public_key));
  const tacet_mls_leaf_args leaf = leaf_of("bob", &key);
  must(tacet_mls_group_new(&config, s, TACET_SPAN_LIT("group"), &leaf,
                           TACET_SPAN_EMPTY, &bob));
  static const char *const names[] = {"alice", "dave", "eve"};
  for (size_t i = 0; i < 3; i++) {
    publish(s, names[i], &packages[i], &keys[i]);
    adds[i] = (tacet_mls_proposal){.type = TACET_MLS_ADD,
                                   .key_package = tacet_buf_span(&packages[i])};
  }
  commit(bob, adds, 3, &r);
  join(tacet_bytes_span(&r.welcome), &packages[0], &keys[0], &alice);
  publish(s, "carol", &carol_package, &carol);
  for (size_t i = 0; i < 3; i++) {
    tacet_buf_free(&packages[i]);
  }
  tacet_buf_init(&alice_state, LIMIT);
  must(tacet_mls_save(alice, &alice_state));
}

/* ---- what bob makes of the input ---- */

static void sign_and_send(uint8_t content_type, tacet_span body,
                          tacet_buf *message) {
  uint8_t sig[TACET_SIG_MAX], tag[TACET_HASH_MAX] = {0};
  tacet_frame f = {.wire_format = TACET_WIRE_FORMAT_PUBLIC_MESSAGE,
                   .content = {.group_id = bob->context.view.group_id,
                               .epoch = bob->context.view.epoch,
                               .sender = {TACET_SENDER_MEMBER, bob->keys.leaf},
                               .content_type = content_type,
                               .body = {.raw = body}}};
  f.auth.confirmation_tag = tacet_span_of(tag, bob->suite->hash->len);
  must(tacet_frame_sign(bob->suite, &f, tacet_context_span(&bob->context),
                        &bob->signature_key, &bob->work, sig));
  must(tacet_frame_public_write(bob->suite, &f,
                                tacet_context_span(&bob->context),
                                &bob->secrets.membership, &bob->work, message));
}

/* Seals the bytes as they are: a frame whose body is all of the plaintext but
 * an empty signature. */
static void seal_and_send(uint8_t content_type, tacet_span plain,
                          tacet_buf *message) {
  tacet_message_key key;
  tacet_ratchet_type type = content_type == TACET_CONTENT_TYPE_APPLICATION
                                ? TACET_RATCHET_APPLICATION
                                : TACET_RATCHET_HANDSHAKE;
  tacet_frame f = {.content = {.group_id = bob->context.view.group_id,
                               .epoch = bob->context.view.epoch,
                               .sender = {TACET_SENDER_MEMBER, bob->keys.leaf},
                               .content_type = content_type,
                               .body = {.raw = plain}}};
  must(tacet_secret_tree_key(&bob->ratchets, bob->keys.leaf, type, 0, 0, &key));
  const tacet_private_keys keys = {0, &key, &bob->secrets.sender_data};
  must(tacet_private_write(bob->suite, &f, &keys, 0, &bob->work, message));
}

/* ---- and what becomes of it ---- */

static void check_unchanged(void) {
  TACET_BUF(w, LIMIT);
  must(tacet_mls_save(alice, &w));
  if (!tacet_span_equal(tacet_buf_span(&w), tacet_buf_span(&alice_state))) {
    abort();
  }
}

static void restore(void) {
  tacet_mls_group_free(alice);
  must(tacet_mls_load_whole(&config, tacet_buf_span(&alice_state), &alice));
}

static void process(tacet_span message) {
  TACET_BUF(content, LIMIT);
  tacet_mls_event event;
  const tacet_mls_process_args args = {.now = NOW};
  tacet_err err = tacet_mls_process(alice, message, &args, &content, &event);
  if (err != TACET_OK) {
    check_unchanged();
    return;
  }
  if (event.kind == TACET_MLS_EVENT_COMMIT) {
    tacet_mls_staged_info info;
    tacet_mls_change change;
    tacet_mls_proposal_view view;
    tacet_mls_staged_info_get(alice, &info);
    for (size_t i = 0; i < info.n_changes; i++) {
      tacet_mls_staged_change(alice, i, &change);
    }
    for (size_t i = 0; i < info.n_proposals; i++) {
      tacet_mls_staged_proposal(alice, i, &view);
    }
    tacet_mls_staged_drop(alice);
    check_unchanged();
  } else if (event.kind == TACET_MLS_EVENT_NEEDS_PSK) {
    check_unchanged();
  } else {
    restore();
  }
}

static void read_others(tacet_span in) {
  tacet_mls_key_package k;
  tacet_mls_group_info info;
  tacet_mls_header header;
  (void)!tacet_mls_key_package_check(&config, in, NOW, &k);
  (void)!tacet_mls_group_info_read(&config, in, &info);
  (void)!tacet_mls_peek(in, &header);
  const tacet_mls_candidate c = {tacet_buf_span(&carol_package), &carol};
  tacet_mls_welcome *w = NULL;
  tacet_mls_group *g = NULL;
  size_t index = 0;
  if (tacet_mls_welcome_open(&config, in, &c, 1, &index, &w) == TACET_OK &&
      tacet_mls_welcome_unlock(w, (tacet_mls_psks){NULL, 0}) == TACET_OK) {
    (void)!tacet_mls_welcome_join(w, TACET_SPAN_EMPTY, NULL, &g);
  }
  tacet_mls_welcome_free(w);
  tacet_mls_group_free(g);
  g = NULL;
  TACET_BUF(out, LIMIT);
  const tacet_mls_external_args args = {.group_info = in,
                                        .leaf =
                                            leaf_of("carol", &carol.signature),
                                        .remove = TACET_MLS_NO_LEAF};
  (void)!tacet_mls_external_join(&config, &args, &out, &g);
  tacet_mls_group_free(g);
}

static void load(tacet_span in) {
  tacet_mls_group *g = NULL;
  TACET_BUF(first, LIMIT);
  TACET_BUF(second, LIMIT);
  if (tacet_mls_load_whole(&config, in, &g) != TACET_OK) {
    return;
  }
  must(tacet_mls_save(g, &first));
  tacet_mls_group_free(g);
  must(tacet_mls_load_whole(&config, tacet_buf_span(&first), &g));
  must(tacet_mls_save(g, &second));
  if (!tacet_span_equal(tacet_buf_span(&first), tacet_buf_span(&second))) {
    abort();
  }
  tacet_mls_group_free(g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (alice == NULL) {
    setup();
  }
  if (size == 0 || size > LIMIT / 4) {
    return 0;
  }
  TACET_BUF(message, LIMIT);
  tacet_span in = {data + 1, size - 1};
  switch (data[0]) {
  case 0:
    process(in);
    return 0;
  case 1:
    sign_and_send(TACET_CONTENT_TYPE_COMMIT, in, &message);
    break;
  case 2:
    sign_and_send(TACET_CONTENT_TYPE_PROPOSAL, in, &message);
    break;
  case 3:
    seal_and_send(TACET_CONTENT_TYPE_COMMIT, in, &message);
    break;
  case 4:
    seal_and_send(TACET_CONTENT_TYPE_APPLICATION, in, &message);
    break;
  case 5:
    read_others(in);
    return 0;
  case 6:
    load(in);
    return 0;
  default:
    return 0;
  }
  process(tacet_buf_span(&message));
  return 0;
}
