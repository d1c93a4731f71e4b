/* SPDX-License-Identifier: Apache-2.0
 * Writes docs/protocol/vectors/mls-steps.json: what the working group's vectors
 * do not have. Each case is the life of one member.
 */
#include "tests/unit/mls/record.h"

#define PATH (&(tacet_mls_commit_args){.force_path = true})
#define LIMIT ((size_t)1 << 18)

/* Members 0 .. n-1, of whom number 1 is listened to: it comes last, so that
 * there is something in the tree. */
static void start(const char *name, member *m, size_t n, const tacet_suite *s,
                  bool tree_inside) {
  record_case(name, &m[1]);
  for (size_t i = 0; i < n; i++) {
    char label[32];
    snprintf(label, sizeof(label), "member %zu", i);
    member_new(&m[i], s, label);
    member_publish(&m[i]);
  }
  member_found(&m[0], "vectors");
  tacet_mls_proposal adds[8];
  size_t n_adds = 0;
  for (size_t i = 2; i < n; i++) {
    adds[n_adds++] = propose_add(&m[i]);
  }
  adds[n_adds++] = propose_add(&m[1]);
  TACET_MLS_COMMIT_RESULT(r);
  const tacet_mls_commit_args args = {.proposals = adds,
                                      .n_proposals = n_adds,
                                      .force_path = true,
                                      .tree_in_welcome = tree_inside};
  assert_ok(member_commit(&m[0], &args, &r));
  assert_ok(tacet_mls_pending_merge(m[0].g, NOW));
  for (size_t i = 1; i < n; i++) {
    member_join(&m[i], tacet_bytes_span(&r.welcome),
                tacet_bytes_span(&r.ratchet_tree));
  }
}

static void finish(member *m, size_t n) {
  record_case_end();
  members_free(m, n);
}

static void hear(const char *name, member *m, const tacet_bytes *message,
                 tacet_err want) {
  tacet_span heard;
  record_name(name);
  assert_err(want, member_read(m, tacet_bytes_span(message), &heard));
}

/* ---- order ---- */

static void any_order(const char *name, const tacet_suite *s) {
  member m[3];
  tacet_bytes said[2][6];
  start(name, m, 3, s, true);
  for (size_t i = 0; i < 6; i++) {
    said[0][i] = member_say(&m[0], "from zero");
    said[1][i] = member_say(&m[2], "from two");
  }
  static const size_t order[] = {5, 0, 3, 1, 4, 2};
  for (size_t i = 0; i < 6; i++) {
    hear("", &m[1], &said[0][order[i]], TACET_OK);
    hear("", &m[1], &said[1][5 - i], TACET_OK);
  }
  hear("a message again", &m[1], &said[0][3], TACET_ERR_REPLAY);
  for (size_t k = 0; k < 2; k++) {
    for (size_t i = 0; i < 6; i++) {
      tacet_bytes_free(&said[k][i]);
    }
  }
  finish(m, 3);
}

static void order_x25519(void) {
  any_order("messages in any order, once each", &tacet_suite_x25519_chacha);
}
static void order_xwing(void) {
  any_order("messages in any order, X-Wing", &tacet_suite_xwing_chacha);
}

/* Three epochs back are kept, and a fourth is not. */
static void past_epochs(void) {
  member m[3];
  tacet_bytes late[4][2];
  start("messages of past epochs", m, 3, &tacet_suite_x25519_chacha, false);
  for (size_t i = 0; i < 4; i++) {
    late[i][0] = member_say(&m[0], "late");
    late[i][1] = member_say(&m[2], "late too");
    members_commit(m, 3, i % 2 == 0 ? 0 : 2, PATH);
  }
  hear("four epochs ago", &m[1], &late[0][0], TACET_ERR_EPOCH_PAST);
  for (size_t i = 1; i < 4; i++) {
    hear("", &m[1], &late[i][1], TACET_OK);
    hear("", &m[1], &late[i][0], TACET_OK);
    hear("once only", &m[1], &late[i][1], TACET_ERR_REPLAY);
  }
  members_agree(m, 3);
  for (size_t i = 0; i < 4; i++) {
    tacet_bytes_free(&late[i][0]);
    tacet_bytes_free(&late[i][1]);
  }
  finish(m, 3);
}

/* The leaf of who left is somebody else's now; his message is still his. */
static void a_reused_leaf(void) {
  member m[4];
  start("a message of one whose leaf another has", m, 3,
        &tacet_suite_x25519_chacha, true);
  tacet_bytes late = member_say(&m[2], "before I left");
  tacet_mls_proposal change[2] = {propose_remove(&m[2])};
  member_new(&m[3], m[0].suite, "newcomer");
  member_publish(&m[3]);
  change[1] = propose_add(&m[3]);
  TACET_MLS_COMMIT_RESULT(r);
  assert_ok(member_commit(&m[0],
                          &(tacet_mls_commit_args){.proposals = change,
                                                   .n_proposals = 2,
                                                   .tree_in_welcome = true},
                          &r));
  member_free(&m[2]);
  members_follow(m, 3, 0, tacet_bytes_span(&r.commit));
  member_join(&m[3], tacet_bytes_span(&r.welcome), TACET_SPAN_EMPTY);
  tacet_bytes now = member_say(&m[3], "after I came");
  hear("", &m[1], &now, TACET_OK);
  hear("", &m[1], &late, TACET_OK);
  tacet_bytes_free(&late);
  tacet_bytes_free(&now);
  finish(m, 4);
}

/* ---- changes, in the default suite ---- */

static void propose(member *m, size_t n, size_t from,
                    const tacet_mls_propose_args *args) {
  TACET_BUF(w, LIMIT);
  tacet_mls_event event;
  assert_ok(tacet_mls_propose(m[from].g, args, NOW, &w));
  for (size_t i = 0; i < n; i++) {
    if (i != from && m[i].g != NULL) {
      assert_ok(member_process(&m[i], tacet_buf_span(&w), &event));
    }
  }
}

static void changes(const char *name, const tacet_suite *s) {
  member m[5];
  start(name, m, 4, s, true);
  propose(m, 4, 2,
          &(tacet_mls_propose_args){.proposal = {.type = TACET_MLS_UPDATE}});
  propose(m, 4, 0,
          &(tacet_mls_propose_args){.proposal = propose_remove(&m[3]),
                                    .public_message = true});
  TACET_MLS_COMMIT_RESULT(r);
  assert_ok(
      member_commit(&m[0], &(tacet_mls_commit_args){.with_cached = true}, &r));
  member_free(&m[3]);
  members_follow(m, 4, 0, tacet_bytes_span(&r.commit));
  member_new(&m[4], s, "member 4");
  member_publish(&m[4]);
  tacet_mls_proposal add = propose_add(&m[4]);
  tacet_mls_commit_result_free(&r);
  assert_ok(member_commit(&m[2],
                          &(tacet_mls_commit_args){.proposals = &add,
                                                   .n_proposals = 1,
                                                   .public_message = true,
                                                   .tree_in_welcome = true},
                          &r));
  members_follow(m, 4, 2, tacet_bytes_span(&r.commit));
  member_join(&m[4], tacet_bytes_span(&r.welcome), TACET_SPAN_EMPTY);
  members_commit(m, 5, 4, PATH);
  members_commit(m, 5, 0, PATH);
  members_agree(m, 5);
  tacet_bytes said = member_say(&m[4], "here");
  hear("", &m[1], &said, TACET_OK);
  tacet_bytes_free(&said);
  finish(m, 5);
}

static void changes_xwing(void) {
  changes("adds, removes, updates in the default suite",
          &tacet_suite_xwing_chacha);
}
static void changes_xwing_aes(void) {
  changes("adds, removes, updates with X-Wing and AES-256-GCM",
          &tacet_suite_xwing_aes256);
}

/* ---- external commits ---- */

static void external(const char *name, const tacet_suite *s) {
  member m[4];
  start(name, m, 3, s, true);
  member_new(&m[3], s, "stranger");
  for (size_t round = 0; round < 2; round++) {
    TACET_BUF(info, LIMIT);
    TACET_BUF(commit, LIMIT);
    tacet_mls_group *joined = NULL;
    assert_ok(tacet_mls_group_info_write(
        m[2].g,
        &(tacet_mls_group_info_args){.external_pub = true, .tree = true},
        &info));
    /* Joins, then comes back in place of its old leaf. */
    const tacet_mls_external_args args = {
        .group_info = tacet_buf_span(&info),
        .leaf = member_leaf(&m[3]),
        .remove = round == 0 ? TACET_MLS_NO_LEAF : tacet_mls_own_leaf(m[3].g)};
    assert_ok(tacet_mls_external_join(&test_config, &args, &commit, &joined));
    tacet_mls_group_free(m[3].g);
    m[3].g = joined;
    for (size_t i = 0; i < 3; i++) {
      member_follow(&m[i], tacet_buf_span(&commit));
    }
    tacet_bytes said = member_say(&m[3], "here");
    hear("", &m[1], &said, TACET_OK);
    tacet_bytes_free(&said);
  }
  members_commit(m, 4, 0, PATH);
  members_agree(m, 4);
  finish(m, 4);
}

static void external_x25519(void) {
  external("external commits", &tacet_suite_x25519_chacha);
}
static void external_xwing(void) {
  external("external commits in the default suite", &tacet_suite_xwing_chacha);
}

/* ---- successors ---- */

static tacet_err join_successor(member *m, tacet_span welcome,
                                const tacet_mls_group *old,
                                tacet_mls_group **out) {
  const tacet_mls_candidate c = {tacet_bytes_span(&m->key_package), &m->keys};
  tacet_mls_welcome *w = NULL;
  size_t index = 0;
  tacet_mls_psk psk = {.key = tacet_secret_span(tacet_mls_resumption_psk(old))};
  assert_ok(tacet_mls_welcome_open(&test_config, welcome, &c, 1, &index, &w));
  tacet_mls_welcome_psk(w, 0, &psk.id);
  assert_ok(tacet_mls_welcome_unlock(w, (tacet_mls_psks){&psk, 1}));
  tacet_err err = tacet_mls_welcome_join(w, TACET_SPAN_EMPTY, old, out);
  tacet_mls_welcome_free(w);
  return err;
}

static void successor(const char *name, tacet_mls_psk_usage usage,
                      const tacet_suite *s, const tacet_suite *next) {
  member m[3], fresh[3];
  start(name, m, 3, s, true);
  if (usage == TACET_MLS_USAGE_REINIT) {
    tacet_mls_proposal end = {.type = TACET_MLS_REINIT,
                              .group_id = TACET_SPAN_LIT("the next"),
                              .suite = next};
    members_commit(
        m, 3, 0, &(tacet_mls_commit_args){.proposals = &end, .n_proposals = 1});
  }
  tacet_span packages[2];
  for (size_t i = 0; i < 3; i++) {
    member_new(&fresh[i], next, m[i].name);
    member_publish(&fresh[i]);
    if (i > 0) {
      packages[i - 1] = tacet_bytes_span(&fresh[i].key_package);
    }
  }
  const tacet_mls_successor_args args = {
      .usage = usage,
      .group_id = TACET_SPAN_LIT("the next"),
      .leaf = member_leaf(&fresh[0]),
      .key_packages = packages,
      .n_key_packages = usage == TACET_MLS_USAGE_REINIT ? 2 : 1,
      .tree_in_welcome = true};
  TACET_MLS_COMMIT_RESULT(r);
  assert_ok(
      tacet_mls_successor(m[0].g, &test_config, &args, NOW, &r, &fresh[0].g));
  assert_ok(join_successor(&fresh[1], tacet_bytes_span(&r.welcome), m[1].g,
                           &fresh[1].g));
  record_successor(&fresh[1], tacet_bytes_span(&r.welcome), TACET_OK,
                   fresh[1].g);
  members_free(fresh, 3);
  finish(m, 3);
}

static void reinit(void) {
  successor("ReInit, to the default suite", TACET_MLS_USAGE_REINIT,
            &tacet_suite_x25519_chacha, &tacet_suite_xwing_chacha);
}
static void branch(void) {
  successor("a branch", TACET_MLS_USAGE_BRANCH, &tacet_suite_x25519_chacha,
            &tacet_suite_x25519_chacha);
}

/* A successor of a group that, as far as the member knows, goes on. */
static void false_reinit(void) {
  member m[3], fresh[3];
  start("a ReInit that this member did not see", m, 3,
        &tacet_suite_x25519_chacha, true);
  tacet_mls_proposal end = {.type = TACET_MLS_REINIT,
                            .group_id = TACET_SPAN_LIT("the next"),
                            .suite = m[0].suite};
  TACET_MLS_COMMIT_RESULT(r);
  assert_ok(member_commit(
      &m[0], &(tacet_mls_commit_args){.proposals = &end, .n_proposals = 1},
      &r));
  assert_ok(tacet_mls_pending_merge(m[0].g, NOW));
  tacet_span packages[2];
  for (size_t i = 0; i < 3; i++) {
    member_new(&fresh[i], m[0].suite, m[i].name);
    member_publish(&fresh[i]);
    if (i > 0) {
      packages[i - 1] = tacet_bytes_span(&fresh[i].key_package);
    }
  }
  const tacet_mls_successor_args args = {.usage = TACET_MLS_USAGE_REINIT,
                                         .leaf = member_leaf(&fresh[0]),
                                         .key_packages = packages,
                                         .n_key_packages = 2,
                                         .tree_in_welcome = true};
  TACET_MLS_COMMIT_RESULT(first);
  assert_ok(tacet_mls_successor(m[0].g, &test_config, &args, NOW, &first,
                                &fresh[0].g));
  /* The member was not told of the end: its PSK is of another epoch. */
  record_name("the old group goes on");
  record_successor(&fresh[1], tacet_bytes_span(&first.welcome), TACET_ERR_PSK,
                   NULL);
  members_free(fresh, 3);
  finish(m, 3);
}

/* ---- a pre-shared key ---- */

static void with_psk(void) {
  static const tacet_mls_psk psk = {
      .id = {.type = TACET_MLS_PSK_EXTERNAL, .id = {(const uint8_t *)"pw", 2}},
      .key = {(const uint8_t *)"a secret of sixteen", 19}};
  member m[3];
  start("an external PSK and a resumption PSK", m, 3, &tacet_suite_xwing_chacha,
        true);
  const tacet_mls_proposal list[] = {
      {.type = TACET_MLS_PSK, .psk = psk.id},
      {.type = TACET_MLS_PSK,
       .psk = {.type = TACET_MLS_PSK_RESUMPTION,
               .usage = TACET_MLS_USAGE_APPLICATION,
               .id = tacet_mls_group_id(m[0].g),
               .epoch = tacet_mls_epoch(m[0].g)}}};
  TACET_MLS_COMMIT_RESULT(r);
  assert_ok(member_commit(&m[0],
                          &(tacet_mls_commit_args){.proposals = list,
                                                   .n_proposals = 2,
                                                   .psks = {&psk, 1}},
                          &r));
  tacet_mls_event event;
  assert_ok(member_process(&m[1], tacet_bytes_span(&r.commit), &event));
  assert_int_equal(event.kind, TACET_MLS_EVENT_NEEDS_PSK);
  record_psk(&psk);
  members_psks = (tacet_mls_psks){&psk, 1};
  members_follow(m, 3, 0, tacet_bytes_span(&r.commit));
  members_psks = (tacet_mls_psks){NULL, 0};
  members_agree(m, 3);
  finish(m, 3);
}

/* ---- a race ---- */

/* Two commit in one epoch; the member takes the first and refuses the second,
 * which is of an epoch that is over. */
static void a_race(void) {
  member m[3];
  start("two commits for one epoch", m, 3, &tacet_suite_x25519_chacha, true);
  TACET_MLS_COMMIT_RESULT(lost);
  TACET_MLS_COMMIT_RESULT(won);
  assert_ok(member_commit(&m[0], PATH, &won));
  assert_ok(member_commit(&m[2], PATH, &lost));
  members_follow(m, 3, 0, tacet_bytes_span(&won.commit));
  tacet_mls_event event;
  record_name("the second");
  assert_err(TACET_ERR_EPOCH_PAST,
             member_process(&m[1], tacet_bytes_span(&lost.commit), &event));
  members_agree(m, 3);
  finish(m, 3);
}

int main(int argc, char **argv) {
  static void (*const cases[])(void) = {
      order_x25519,    order_xwing,    past_epochs,
      a_reused_leaf,   changes_xwing,  changes_xwing_aes,
      external_x25519, external_xwing, reinit,
      branch,          false_reinit,   with_psk,
      a_race};
  if (argc != 2 || !record_open(argv[1], "mls-steps")) {
    fputs("write_vectors FOLDER\n", stderr);
    return 2;
  }
  assert_ok(tacet_crypto_init());
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    cases[i]();
  }
  record_close();
  return 0;
}
