/* SPDX-License-Identifier: Apache-2.0
 * Ways into a group: Welcomes, external commits, proposals of strangers,
 * pre-shared keys.
 */
#include "tests/unit/mls/raw.h"

static const tacet_suite *const suite = &tacet_suite_x25519_chacha;
static const tacet_mls_psks no_psks = {NULL, 0};

#define PATH (&(tacet_mls_commit_args){.force_path = true})

/* ---- Welcomes ---- */

static void the_tree_may_come_apart(void **state) {
  (void)state;
  member m[4];
  members_new(m, 2, suite);
  for (size_t i = 2; i < 4; i++) {
    member_new(&m[i], suite, i == 2 ? "two" : "three");
    member_publish(&m[i]);
  }
  tacet_mls_proposal adds[] = {propose_add(&m[2]), propose_add(&m[3])};
  TACET_MLS_COMMIT_RESULT(r);
  assert_ok(member_commit(
      &m[0], &(tacet_mls_commit_args){.proposals = adds, .n_proposals = 2},
      &r));
  members_follow(m, 2, 0, tacet_bytes_span(&r.commit));
  assert_err(
      TACET_ERR_TREE,
      member_try_join(&m[2], tacet_bytes_span(&r.welcome), TACET_SPAN_EMPTY));
  /* Each joiner gets a letter of its own, with nothing of the other's. */
  for (size_t i = 2; i < 4; i++) {
    TACET_BUF(letter, 1 << 16);
    tacet_mls_key_package k;
    assert_ok(tacet_mls_key_package_check(
        &test_config, tacet_bytes_span(&m[i].key_package), NOW, &k));
    assert_ok(tacet_mls_welcome_for(tacet_bytes_span(&r.welcome),
                                    tacet_span_of(k.ref, k.ref_len), &letter));
    assert_true(letter.len < r.welcome.len);
    assert_err(TACET_ERR_NOT_FOR_US,
               member_try_join(&m[5 - i], tacet_buf_span(&letter),
                               tacet_bytes_span(&r.ratchet_tree)));
    member_join(&m[i], tacet_buf_span(&letter),
                tacet_bytes_span(&r.ratchet_tree));
    assert_err(TACET_ERR_NOT_FOUND,
               tacet_mls_welcome_for(tacet_bytes_span(&r.welcome),
                                     TACET_SPAN_LIT("nobody"), &letter));
  }
  /* The tree that anyone gives later is the same. */
  TACET_BUF(tree, 1 << 16);
  assert_ok(tacet_mls_ratchet_tree(m[1].g, &tree));
  assert_span(tacet_bytes_span(&r.ratchet_tree), tacet_buf_span(&tree));
  members_agree(m, 4);
  members_talk(m, 4);
  members_free(m, 4);
}

static void a_joiner_looks_before_it_joins(void **state) {
  (void)state;
  member m[2], other;
  members_new(m, 1, suite);
  member_new(&m[1], suite, "joiner");
  member_publish(&m[1]);
  member_new(&other, suite, "other");
  member_publish(&other);
  tacet_mls_proposal add = propose_add(&m[1]);
  TACET_MLS_COMMIT_RESULT(r);
  assert_ok(member_commit(
      &m[0], &(tacet_mls_commit_args){.proposals = &add, .n_proposals = 1},
      &r));
  const tacet_mls_candidate candidates[] = {
      {tacet_bytes_span(&other.key_package), &other.keys},
      {TACET_SPAN_LIT("not a key package"), &other.keys},
      {tacet_bytes_span(&m[1].key_package), &m[1].keys}};
  size_t index = 9;
  tacet_mls_welcome *w = NULL;
  tacet_mls_group_info info;
  assert_ok(tacet_mls_welcome_open(&test_config, tacet_bytes_span(&r.welcome),
                                   candidates, 3, &index, &w));
  assert_int_equal(index, 2);
  assert_int_equal(tacet_mls_welcome_n_psks(w), 0);
  assert_ok(tacet_mls_welcome_unlock(w, no_psks));
  tacet_mls_welcome_info(w, &info);
  assert_span(TACET_SPAN_LIT("a group"), info.group_id);
  assert_int_equal(info.epoch, 1);
  assert_false(info.has_tree);
  assert_false(info.has_external_pub);
  tacet_mls_group *g = NULL;
  /* A damaged tree, whole and in part. */
  assert_err(TACET_ERR_TREE,
             tacet_mls_welcome_join(w, TACET_SPAN_EMPTY, NULL, &g));
  for (size_t i = 0; i < r.ratchet_tree.len; i++) {
    r.ratchet_tree.p[i] ^= 4;
    assert_int_not_equal(
        tacet_mls_welcome_join(w, tacet_bytes_span(&r.ratchet_tree), NULL, &g),
        TACET_OK);
    r.ratchet_tree.p[i] ^= 4;
  }
  assert_ok(
      tacet_mls_welcome_join(w, tacet_bytes_span(&r.ratchet_tree), NULL, &g));
  assert_int_equal(tacet_mls_n_members(g), 2);
  tacet_mls_group_free(g); /* declined */
  tacet_mls_welcome_free(w);
  member_free(&other);
  members_free(m, 2);
}

static void every_damage_to_a_welcome_is_refused(void **state) {
  (void)state;
  member m[2];
  members_new(m, 1, suite);
  member_new(&m[1], suite, "joiner");
  member_publish(&m[1]);
  tacet_mls_proposal add = propose_add(&m[1]);
  TACET_MLS_COMMIT_RESULT(r);
  assert_ok(member_commit(&m[0],
                          &(tacet_mls_commit_args){.proposals = &add,
                                                   .n_proposals = 1,
                                                   .tree_in_welcome = true},
                          &r));
  for (size_t i = 0; i < r.welcome.len; i++) {
    r.welcome.p[i] ^= 8;
    assert_int_not_equal(
        member_try_join(&m[1], tacet_bytes_span(&r.welcome), TACET_SPAN_EMPTY),
        TACET_OK);
    r.welcome.p[i] ^= 8;
    assert_int_not_equal(
        member_try_join(&m[1], tacet_span_of(r.welcome.p, i), TACET_SPAN_EMPTY),
        TACET_OK);
  }
  member_join(&m[1], tacet_bytes_span(&r.welcome), TACET_SPAN_EMPTY);
  members_free(m, 2);
}

static void key_packages_are_checked(void **state) {
  (void)state;
  member m;
  tacet_mls_key_package k;
  member_new(&m, suite, "somebody");
  member_publish(&m);
  tacet_span message = tacet_bytes_span(&m.key_package);
  assert_ok(tacet_mls_key_package_check(&test_config, message, NOW, &k));
  assert_ptr_equal(k.suite, suite);
  assert_span(TACET_SPAN_LIT("somebody"), k.member.identity);
  assert_int_equal(k.not_before, NOW - 100);
  assert_err(TACET_ERR_LIFETIME, tacet_mls_key_package_check(
                                     &test_config, message, NOW + 2000, &k));
  assert_err(TACET_ERR_LIFETIME,
             tacet_mls_key_package_check(&test_config, message, NOW - 200, &k));
  const tacet_suite *const one[] = {&tacet_suite_p256_aes128};
  const tacet_suites offered = {one, 1};
  const tacet_mls_config narrow = TACET_MLS_CONFIG(&offered);
  assert_err(TACET_ERR_UNKNOWN_SUITE,
             tacet_mls_key_package_check(&narrow, message, NOW, &k));
  for (size_t i = 0; i < m.key_package.len; i++) {
    m.key_package.p[i] ^= 1;
    assert_int_not_equal(
        tacet_mls_key_package_check(&test_config, message, NOW, &k), TACET_OK);
    m.key_package.p[i] ^= 1;
  }
  TACET_BUF(saved, 1 << 10);
  TACET_MLS_KEYS(loaded);
  tacet_mls_keys_write(&saved, &m.keys);
  for (size_t i = 0; i < saved.len; i++) {
    assert_int_not_equal(
        tacet_mls_keys_read(tacet_span_of(saved.p, i), &loaded), TACET_OK);
  }
  assert_ok(tacet_mls_keys_read(tacet_buf_span(&saved), &loaded));
  assert_memory_equal(&loaded, &m.keys, sizeof(loaded));
  saved.p[0] = 2;
  assert_err(TACET_ERR_VERSION,
             tacet_mls_keys_read(tacet_buf_span(&saved), &loaded));
  member_free(&m);
}

static void valid_for_too_long(tacet_key_package *k) {
  k->leaf_node.not_before = NOW - 100;
  k->leaf_node.not_after = NOW + LIFETIME_MAX;
}
static void of_a_commit(tacet_key_package *k) {
  k->leaf_node.source = TACET_LEAF_SOURCE_COMMIT;
}
static void of_two_equal_keys(tacet_key_package *k) {
  k->init_key = k->leaf_node.encryption_key;
}

/* Where no group has a say yet: what is fetched is looked at before it is used
 * (10.1). */
static void what_is_fetched_is_checked(void **state) {
  (void)state;
  const struct {
    void (*edit)(tacet_key_package *k);
    tacet_err err;
  } rows[] = {{valid_for_too_long, TACET_ERR_LIFETIME},
              {of_a_commit, TACET_ERR_LEAF},
              {of_two_equal_keys, TACET_ERR_KEY_PACKAGE}};
  member m;
  member_new(&m, suite, "somebody");
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    tacet_mls_key_package k;
    raw_publish(&m, rows[i].edit);
    assert_err(rows[i].err,
               tacet_mls_key_package_check(
                   &test_config, tacet_bytes_span(&m.key_package), NOW, &k));
  }
  member_free(&m);
}

/* ---- external commits ---- */

static tacet_err external_join(member *m, tacet_span info, uint32_t remove,
                               tacet_buf *commit) {
  const tacet_mls_external_args args = {
      .group_info = info, .leaf = member_leaf(m), .remove = remove};
  tacet_mls_group *g = NULL;
  tacet_err err = tacet_mls_external_join(&test_config, &args, commit, &g);
  if (err == TACET_OK) {
    tacet_mls_group_free(m->g);
    m->g = g;
  }
  return err;
}

static void group_info(const member *m, bool external_pub, tacet_buf *w) {
  assert_ok(tacet_mls_group_info_write(
      m->g,
      &(tacet_mls_group_info_args){.external_pub = external_pub, .tree = true},
      w));
}

static void joins_from_outside(const tacet_suite *s) {
  member m[5];
  members_new(m, 3, s);
  member_new(&m[3], s, "stranger");
  TACET_BUF(info, 1 << 20);
  TACET_BUF(commit, 1 << 20);
  group_info(&m[1], true, &info);
  tacet_mls_group_info seen;
  assert_ok(
      tacet_mls_group_info_read(&test_config, tacet_buf_span(&info), &seen));
  assert_true(seen.has_external_pub && seen.has_tree);
  assert_int_equal(seen.signer, 1);
  assert_ok(
      external_join(&m[3], tacet_buf_span(&info), TACET_MLS_NO_LEAF, &commit));
  for (size_t i = 0; i < 3; i++) {
    tacet_mls_event event;
    tacet_mls_change c;
    assert_ok(member_process(&m[i], tacet_buf_span(&commit), &event));
    assert_int_equal(event.sender_type, TACET_MLS_SENDER_NEW_MEMBER_COMMIT);
    tacet_mls_staged_change(m[i].g, 0, &c);
    assert_int_equal(c.kind, TACET_MLS_CHANGE_COMMITTER);
    assert_int_equal(c.before.leaf, TACET_MLS_NO_LEAF);
    assert_span(TACET_SPAN_LIT("stranger"), c.after.identity);
    assert_ok(tacet_mls_staged_apply(m[i].g, NOW));
  }
  members_agree(m, 4);
  members_talk(m, 4);
  members_commit(m, 4, 3, PATH);
  members_commit(m, 4, 0, PATH);
  members_agree(m, 4);
  members_free(m, 4);
}

static void a_stranger_joins_in_every_suite(void **state) {
  (void)state;
  for (size_t i = 0; i < tacet_suites_all.n; i++) {
    joins_from_outside(tacet_suites_all.list[i]);
  }
}

/* A member that lost its state comes back in its old place. */
static void a_lost_member_comes_back(void **state) {
  (void)state;
  member m[3];
  members_new(m, 3, suite);
  TACET_BUF(info, 1 << 20);
  TACET_BUF(commit, 1 << 20);
  group_info(&m[0], true, &info);
  tacet_mls_group *lost = m[1].g;
  m[1].g = NULL;
  assert_ok(external_join(&m[1], tacet_buf_span(&info), 1, &commit));
  assert_int_equal(tacet_mls_own_leaf(m[1].g), 1);
  member_follow(&m[0], tacet_buf_span(&commit));
  member_follow(&m[2], tacet_buf_span(&commit));
  members_agree(m, 3);
  assert_int_equal(tacet_mls_n_members(m[0].g), 3);
  tacet_mls_group_free(lost);
  members_free(m, 3);
}

static void the_server_may_withhold_or_roll_back(void **state) {
  (void)state;
  member m[3];
  members_new(m, 2, suite);
  member_new(&m[2], suite, "stranger");
  TACET_BUF(closed, 1 << 20);
  TACET_BUF(old, 1 << 20);
  TACET_BUF(commit, 1 << 20);
  group_info(&m[0], false, &closed);
  assert_err(TACET_ERR_EXTERNAL, external_join(&m[2], tacet_buf_span(&closed),
                                               TACET_MLS_NO_LEAF, &commit));
  group_info(&m[0], true, &old);
  members_commit(m, 2, 1, PATH);
  assert_ok(
      external_join(&m[2], tacet_buf_span(&old), TACET_MLS_NO_LEAF, &commit));
  tacet_mls_event event;
  assert_err(TACET_ERR_EPOCH_PAST,
             member_process(&m[0], tacet_buf_span(&commit), &event));
  /* Nobody who is in it already joins twice. */
  TACET_BUF(now, 1 << 20);
  tacet_buf_clear(&commit);
  group_info(&m[0], true, &now);
  member twin = m[1];
  twin.g = NULL;
  assert_err(
      TACET_ERR_DUPLICATE_KEY,
      external_join(&twin, tacet_buf_span(&now), TACET_MLS_NO_LEAF, &commit));
  assert_int_equal(commit.len, 0);
  for (size_t i = 0; i < now.len; i++) { /* and every byte of it counts */
    now.p[i] ^= 2;
    assert_int_not_equal(
        external_join(&m[2], tacet_buf_span(&now), TACET_MLS_NO_LEAF, &commit),
        TACET_OK);
    now.p[i] ^= 2;
  }
  members_free(m, 3);
}

/* ---- strangers who propose ---- */

static void strangers_propose(void **state) {
  (void)state;
  member m[4], server;
  uint8_t public_key[TACET_SIG_PUBLIC_MAX];
  members_new(m, 3, suite);
  member_new(&server, suite, "server");
  member_new(&m[3], suite, "applicant");
  member_publish(&m[3]);
  assert_ok(suite->sig->public_key(tacet_secret_span(&server.signature_key),
                                   public_key));
  TACET_BUF(senders, 1 << 10);
  TACET_BUF(list, 1 << 10);
  size_t at = tacet_write_open(&senders);
  const tacet_external_sender sender = {
      .signature_key = tacet_span_of(public_key, suite->sig->public_len),
      .credential = {.type = TACET_CREDENTIAL_BASIC,
                     .identity = TACET_SPAN_LIT("server")}};
  tacet_external_sender_write(&senders, &sender);
  tacet_write_close(&senders, at);
  tacet_mls_extensions_add(&list, TACET_EXTENSION_EXTERNAL_SENDERS,
                           tacet_buf_span(&senders));
  tacet_mls_proposal gce = {.type = TACET_MLS_GROUP_CONTEXT_EXTENSIONS,
                            .extensions = tacet_buf_span(&list)};
  members_commit(m, 3, 0,
                 &(tacet_mls_commit_args){.proposals = &gce, .n_proposals = 1});

  TACET_BUF(apply, 1 << 16);
  TACET_BUF(expel, 1 << 16);
  tacet_mls_external_proposal_args args = {.suite = suite,
                                           .group_id =
                                               tacet_mls_group_id(m[0].g),
                                           .epoch = tacet_mls_epoch(m[0].g),
                                           .new_member = true,
                                           .signature_key = &m[3].signature_key,
                                           .proposal = propose_add(&m[3])};
  assert_ok(tacet_mls_external_propose(&args, &apply));
  args.proposal = propose_remove(&m[2]);
  TACET_BUF(none, 1 << 16);
  assert_err(TACET_ERR_ARGUMENT, tacet_mls_external_propose(&args, &none));
  args.new_member = false;
  args.signature_key = &server.signature_key;
  assert_ok(tacet_mls_external_propose(&args, &expel));
  tacet_mls_event event;
  for (size_t i = 0; i < 3; i++) {
    assert_ok(member_process(&m[i], tacet_buf_span(&apply), &event));
    assert_int_equal(event.sender_type, TACET_MLS_SENDER_NEW_MEMBER_PROPOSAL);
    assert_ok(member_process(&m[i], tacet_buf_span(&expel), &event));
    assert_int_equal(event.sender_type, TACET_MLS_SENDER_EXTERNAL);
    assert_int_equal(event.proposal.removed, 2);
  }
  /* The wrong key, and a sender that is not listed. */
  args.signature_key = &m[3].signature_key;
  assert_ok(tacet_mls_external_propose(&args, &none));
  assert_err(TACET_ERR_AUTH,
             member_process(&m[0], tacet_buf_span(&none), &event));
  tacet_buf_clear(&none);
  args.sender = 1;
  assert_ok(tacet_mls_external_propose(&args, &none));
  assert_err(TACET_ERR_SENDER,
             member_process(&m[0], tacet_buf_span(&none), &event));
  TACET_MLS_COMMIT_RESULT(r);
  assert_ok(member_commit(
      &m[1],
      &(tacet_mls_commit_args){.with_cached = true, .tree_in_welcome = true},
      &r));
  members_follow(m, 3, 1, tacet_bytes_span(&r.commit));
  member_join(&m[3], tacet_bytes_span(&r.welcome), TACET_SPAN_EMPTY);
  member_free(&m[2]);
  members_agree(m, 4);
  members_talk(m, 4);
  member_free(&server);
  members_free(m, 4);
}

/* ---- pre-shared keys ---- */

static const tacet_mls_psk external_psk = {
    .id = {.type = TACET_MLS_PSK_EXTERNAL, .id = {(const uint8_t *)"pw", 2}},
    .key = {(const uint8_t *)"secret", 6}};
static const tacet_mls_psk wrong_psk = {
    .id = {.type = TACET_MLS_PSK_EXTERNAL, .id = {(const uint8_t *)"pw", 2}},
    .key = {(const uint8_t *)"guess", 5}};

static tacet_err process_with(member *m, const tacet_bytes *commit,
                              const tacet_mls_psk *psk,
                              tacet_mls_event *event) {
  TACET_BUF(content, 1 << 12);
  const tacet_mls_process_args args = {.psks = {psk, psk == NULL ? 0 : 1},
                                       .now = NOW};
  return tacet_mls_process(m->g, tacet_bytes_span(commit), &args, &content,
                           event);
}

static void a_missing_psk_is_asked_for(void **state) {
  (void)state;
  member m[3];
  members_new(m, 2, suite);
  member_new(&m[2], suite, "joiner");
  member_publish(&m[2]);
  tacet_mls_proposal list[] = {{.type = TACET_MLS_PSK, .psk = external_psk.id},
                               propose_add(&m[2])};
  tacet_mls_commit_args args = {
      .proposals = list, .n_proposals = 2, .tree_in_welcome = true};
  TACET_MLS_COMMIT_RESULT(r);
  assert_err(TACET_ERR_PSK, member_commit(&m[0], &args, &r));
  args.psks = (tacet_mls_psks){&external_psk, 1};
  assert_ok(member_commit(&m[0], &args, &r));

  tacet_mls_event event;
  tacet_bytes before = member_state(&m[1]);
  assert_ok(process_with(&m[1], &r.commit, NULL, &event));
  assert_int_equal(event.kind, TACET_MLS_EVENT_NEEDS_PSK);
  assert_int_equal(event.n_psks, 1);
  assert_int_equal(event.psks[0].type, TACET_MLS_PSK_EXTERNAL);
  assert_span(external_psk.id.id, event.psks[0].id);
  assert_err(TACET_ERR_CONFIRMATION,
             process_with(&m[1], &r.commit, &wrong_psk, &event));
  assert_same_state(&before, &m[1]);
  assert_ok(process_with(&m[1], &r.commit, &external_psk, &event));
  assert_ok(tacet_mls_staged_apply(m[1].g, NOW));
  assert_ok(tacet_mls_pending_merge(m[0].g, NOW));

  const tacet_mls_candidate candidate = {tacet_bytes_span(&m[2].key_package),
                                         &m[2].keys};
  tacet_mls_welcome *w = NULL;
  tacet_mls_psk_id id;
  size_t index = 0;
  assert_ok(tacet_mls_welcome_open(&test_config, tacet_bytes_span(&r.welcome),
                                   &candidate, 1, &index, &w));
  assert_int_equal(tacet_mls_welcome_n_psks(w), 1);
  tacet_mls_welcome_psk(w, 0, &id);
  assert_span(external_psk.id.id, id.id);
  assert_err(TACET_ERR_PSK, tacet_mls_welcome_unlock(w, no_psks));
  assert_err(TACET_ERR_AUTH,
             tacet_mls_welcome_unlock(w, (tacet_mls_psks){&wrong_psk, 1}));
  assert_ok(tacet_mls_welcome_unlock(w, (tacet_mls_psks){&external_psk, 1}));
  assert_ok(tacet_mls_welcome_join(w, TACET_SPAN_EMPTY, NULL, &m[2].g));
  tacet_mls_welcome_free(w);
  members_agree(m, 3);
  members_talk(m, 3);
  members_free(m, 3);
}

static void a_group_knows_its_own_past(void **state) {
  (void)state;
  member m[2];
  members_new(m, 2, suite);
  tacet_mls_proposal psk = {.type = TACET_MLS_PSK,
                            .psk = {.type = TACET_MLS_PSK_RESUMPTION,
                                    .usage = TACET_MLS_USAGE_APPLICATION,
                                    .id = TACET_SPAN_LIT("a group"),
                                    .epoch = 1}};
  const tacet_mls_commit_args args = {.proposals = &psk, .n_proposals = 1};
  members_commit(m, 2, 0, &args); /* of this epoch */
  members_commit(m, 2, 1, PATH);
  member_reload(&m[0]);
  members_commit(m, 2, 0, &args); /* of a past one */
  members_agree(m, 2);
  members_commit(m, 2, 0, PATH);
  members_commit(m, 2, 0, PATH);
  TACET_MLS_COMMIT_RESULT(r);
  assert_err(TACET_ERR_PSK, member_commit(&m[0], &args, &r)); /* too old */
  members_free(m, 2);
}

static void a_stranger_joins_with_a_password(void **state) {
  (void)state;
  member m[2], in;
  members_new(m, 2, suite);
  member_new(&in, suite, "stranger");
  TACET_BUF(info, 1 << 16);
  TACET_BUF(w, 1 << 16);
  group_info(&m[0], true, &info);
  const tacet_mls_external_args args = {.group_info = tacet_buf_span(&info),
                                        .leaf = member_leaf(&in),
                                        .remove = TACET_MLS_NO_LEAF,
                                        .psks = &external_psk,
                                        .n_psks = 1};
  assert_ok(tacet_mls_external_join(&test_config, &args, &w, &in.g));
  tacet_bytes commit = {NULL, 0};
  assert_ok(tacet_buf_take(&w, &commit));
  tacet_mls_event event;
  assert_ok(process_with(&m[0], &commit, NULL, &event));
  assert_int_equal(event.kind, TACET_MLS_EVENT_NEEDS_PSK);
  assert_ok(process_with(&m[0], &commit, &external_psk, &event));
  assert_ok(tacet_mls_staged_apply(m[0].g, NOW));
  assert_true(tacet_secret_equal(tacet_mls_epoch_authenticator(m[0].g),
                                 tacet_mls_epoch_authenticator(in.g)));
  tacet_bytes_free(&commit);
  member_free(&in);
  members_free(m, 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_tree_may_come_apart),
      cmocka_unit_test(a_joiner_looks_before_it_joins),
      cmocka_unit_test(every_damage_to_a_welcome_is_refused),
      cmocka_unit_test(key_packages_are_checked),
      cmocka_unit_test(what_is_fetched_is_checked),
      cmocka_unit_test(a_stranger_joins_in_every_suite),
      cmocka_unit_test(a_lost_member_comes_back),
      cmocka_unit_test(the_server_may_withhold_or_roll_back),
      cmocka_unit_test(strangers_propose),
      cmocka_unit_test(a_missing_psk_is_asked_for),
      cmocka_unit_test(a_group_knows_its_own_past),
      cmocka_unit_test(a_stranger_joins_with_a_password),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
