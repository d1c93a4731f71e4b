/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/mls/forbidden.h"

#include "tests/unit/mls/record.h"

fixture f;

tacet_bytes commit(raw_commit args) {
  return raw_commit_make(f.bad, &args);
}

tacet_bytes commit_of(const tacet_proposal *list, size_t n, bool path) {
  return commit((raw_commit){.by_value = list, .n_by_value = n, .path = path});
}

tacet_bytes propose(const tacet_proposal *p) {
  return raw_propose(f.bad, p, NULL);
}

tacet_proposal remove_of(const member *who) {
  return (tacet_proposal){.type = TACET_PROPOSAL_REMOVE,
                          .remove = tacet_mls_own_leaf(who->g)};
}

const uint8_t zeros[64] = {0};

tacet_proposal psk_of(const char *id, size_t nonce_len) {
  return (tacet_proposal){.type = TACET_PROPOSAL_PSK,
                          .psk = {.type = TACET_PSK_TYPE_EXTERNAL,
                                  .id = tacet_span_str(id),
                                  .nonce = tacet_span_of(zeros, nonce_len)}};
}

tacet_proposal gce_of(tacet_span extensions) {
  return (tacet_proposal){.type = TACET_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
                          .group_context_extensions = extensions};
}

tacet_proposal reinit_of(uint16_t version) {
  return (tacet_proposal){.type = TACET_PROPOSAL_REINIT,
                          .reinit = {.group_id = TACET_SPAN_LIT("next"),
                                     .version = version,
                                     .cipher_suite = f.bad->suite->id}};
}

void same_encryption_key(tacet_leaf_node *leaf) {
  tacet_mls_member m;
  assert_true(tacet_mls_member_at(f.to->g, tacet_mls_own_leaf(f.bad->g), &m));
  leaf->encryption_key = m.encryption_key;
}

void short_encryption_key(tacet_leaf_node *leaf) {
  leaf->encryption_key.len--;
}

void other_credential(tacet_leaf_node *leaf) {
  leaf->credential.type = 0xF00F;
}

void no_capabilities(tacet_leaf_node *leaf) {
  leaf->capabilities = (tacet_capabilities){.versions = TACET_SPAN_EMPTY};
}

void lone_extension(tacet_leaf_node *leaf) {
  static const uint8_t one[] = {0xFF, 0x02, 0x00};
  leaf->extensions = tacet_span_of(one, sizeof(one));
}

void both_credentials(tacet_leaf_node *leaf) {
  static const uint8_t both[] = {0x00, 0x01, 0xF0, 0x0F};
  leaf->credential.type = 0xF00F;
  leaf->capabilities.credentials = tacet_span_of(both, sizeof(both));
}

void no_encryption_key(tacet_leaf_node *leaf) {
  leaf->encryption_key = tacet_span_of(zeros, 32);
}

void key_in_first_node(tacet_update_path *path, tacet_span key) {
  static uint8_t bytes[1 << 14];
  TACET_BUF(w, sizeof(bytes));
  tacet_update_path_node n;
  bool first = true;
  for (tacet_span nodes = path->nodes; tacet_update_path_node_next(&nodes, &n);
       first = false) {
    tacet_write_vec(&w, first ? key : n.encryption_key);
    tacet_write_vec(&w, n.encrypted_path_secret);
  }
  assert_ok(w.err);
  memcpy(bytes, w.p, w.len);
  path->nodes = tacet_span_of(bytes, w.len);
}

void no_key_in_first_node(tacet_update_path *path) {
  key_in_first_node(path, tacet_span_of(zeros, 32));
}

void expired_package(tacet_key_package *k) {
  k->leaf_node.not_after = NOW - 1;
}

void from_blank_leaf(tacet_framed_content *c) {
  c->sender.index = 7;
}
void from_beyond(tacet_framed_content *c) {
  c->sender.index = 70000;
}
void from_third(tacet_framed_content *c) {
  c->sender.index = tacet_mls_own_leaf(f.third->g);
}
void from_listed(tacet_framed_content *c) {
  c->sender = (tacet_sender){TACET_SENDER_EXTERNAL, 0};
}
void from_external(tacet_framed_content *c) {
  c->sender = (tacet_sender){TACET_SENDER_EXTERNAL, 1};
}
void from_bad(tacet_framed_content *c) {
  c->sender = (tacet_sender){TACET_SENDER_MEMBER, tacet_mls_own_leaf(f.bad->g)};
}
void from_new_member(tacet_framed_content *c) {
  c->sender = (tacet_sender){TACET_SENDER_NEW_MEMBER_PROPOSAL, 0};
}
void from_new_committer(tacet_framed_content *c) {
  c->sender = (tacet_sender){TACET_SENDER_NEW_MEMBER_COMMIT, 0};
}
void of_epoch_before(tacet_framed_content *c) {
  c->epoch--;
}
void of_epoch_after(tacet_framed_content *c) {
  c->epoch++;
}
void of_other_group(tacet_framed_content *c) {
  c->group_id = TACET_SPAN_LIT("another");
}

void fixture_new(const tacet_suite *suite) {
  members_new(f.m, 4, suite);
  member_new(&f.m[4], suite, "outside");
  f.to = &f.m[1]; /* joined with a Welcome, so that its life can be told */
  f.bad = &f.m[0];
  f.third = &f.m[2];
  f.out = &f.m[4];
  /* Fill the tree with parents, so that there is a parent hash to get wrong. */
  members_commit(f.m, 4, 2, &(tacet_mls_commit_args){.force_path = true});
  members_commit(f.m, 4, 0, &(tacet_mls_commit_args){.force_path = true});
}

void fixture_free(void) {
  tacet_bytes_free(&f.keep);
  members_free(f.m, 5);
}

void fixture_list_sender(void) {
  uint8_t key[TACET_SIG_PUBLIC_MAX];
  const tacet_sig *sig = f.out->suite->sig;
  assert_ok(sig->public_key(tacet_secret_span(&f.out->signature_key), key));
  const tacet_external_sender sender = {
      .signature_key = tacet_span_of(key, sig->public_len),
      .credential = {.type = TACET_CREDENTIAL_BASIC,
                     .identity = TACET_SPAN_LIT("server")}};
  TACET_BUF(senders, 1 << 10);
  TACET_BUF(list, 1 << 10);
  size_t at = tacet_write_open(&senders);
  tacet_external_sender_write(&senders, &sender);
  tacet_write_close(&senders, at);
  tacet_mls_extensions_add(&list, TACET_EXTENSION_EXTERNAL_SENDERS,
                           tacet_buf_span(&senders));
  /* required_capabilities: extensions {}, proposals {PROPOSAL_TEST}, none */
  static const uint8_t required[] = {0, 2, PROPOSAL_TEST >> 8,
                                     PROPOSAL_TEST & 0xFF, 0};
  tacet_mls_extensions_add(&list, TACET_EXTENSION_REQUIRED_CAPABILITIES,
                           tacet_span_of(required, sizeof(required)));
  tacet_mls_extensions_add(&list, EXTENSION_TEST, TACET_SPAN_EMPTY);
  tacet_mls_proposal gce = {.type = TACET_MLS_GROUP_CONTEXT_EXTENSIONS,
                            .extensions = tacet_buf_span(&list)};
  members_commit(f.m, 4, 0,
                 &(tacet_mls_commit_args){.proposals = &gce, .n_proposals = 1});
}

static void record_start(const char *name) {
  const char *folder = getenv("TACET_RECORD");
  char file[64];
  if (folder != NULL) {
    snprintf(file, sizeof(file), "mls-refused-%s", name);
    assert_true(record_open(folder, file));
    record_case(name, &f.m[1]);
  }
}

static void record_stop(void) {
  if (record_active()) {
    record_case_end();
    record_close();
  }
}

/* What a committer can make one member see, and the others not. */
static bool is_seen_by_one(tacet_err err) {
  return err == TACET_ERR_CONFIRMATION || err == TACET_ERR_PATH_SECRET;
}

/* Whoever looks at the public part alone, as after an error of the second kind,
 * finds what is wrong for all. */
static bool all_see(const forbidden_row *row, tacet_span message) {
  const tacet_mls_process_args args = {.now = NOW, .public_only = true};
  tacet_mls_event event;
  TACET_BUF(content, 1 << 20);
  tacet_err got = tacet_mls_process(f.to->g, message, &args, &content, &event);
  tacet_mls_staged_drop(f.to->g);
  if (got == (is_seen_by_one(row->err) ? TACET_OK : row->err)) {
    return true;
  }
  print_error("%s: expected %s of all, got %s\n", row->name,
              tacet_err_name(row->err), tacet_err_name(got));
  return false;
}

void forbidden_run(const char *name, const forbidden_row *rows, size_t n,
                   void (*prepare)(void)) {
  size_t wrong = 0;
  record_start(name);
  fixture_new(&tacet_suite_x25519_chacha);
  if (prepare != NULL) {
    prepare();
  }
  for (size_t i = 0; i < n; i++) {
    tacet_mls_event event;
    tacet_bytes message = rows[i].make();
    tacet_bytes before = member_state(f.to);
    record_name(rows[i].name);
    tacet_err got = member_process(f.to, tacet_bytes_span(&message), &event);
    if (got != rows[i].err) {
      print_error("%s: expected %s, got %s\n", rows[i].name,
                  tacet_err_name(rows[i].err), tacet_err_name(got));
      wrong++;
      tacet_mls_staged_drop(f.to->g);
    }
    wrong += all_see(&rows[i], tacet_bytes_span(&message)) ? 0 : 1;
    assert_same_state(&before, f.to);
    tacet_bytes_free(&message);
    /* Whatever was cached on the way goes. */
    for (size_t k = 0; k < 4; k++) {
      tacet_mls_proposals_clear(f.m[k].g);
    }
  }
  assert_int_equal(wrong, 0);
  /* And the group lives on, unless it was ended before. */
  if (!tacet_mls_group_status(f.to->g).reinit) {
    members_commit(f.m, 4, 3, &(tacet_mls_commit_args){.force_path = true});
  }
  members_agree(f.m, 4);
  record_stop();
  fixture_free();
}
