/* SPDX-License-Identifier: Apache-2.0
 * Writes one saved state of each kind into a folder, with what must be true of
 * it after loading. Run once when the version of the form goes up, and commit
 * what it wrote beside the older ones: they stay readable for ever.
 */
#include "mls/state.h"
#include "tests/unit/mls/states.h"

#define LIMIT ((size_t)1 << 20)
#define PATH (&(tacet_mls_commit_args){.force_path = true})

static void alone(member *m, const tacet_suite *suite, tacet_bytes *messages) {
  (void)messages;
  members_new(m, 1, suite);
}

/* Skipped keys in two epochs, past epochs with changed leaves, proposals of its
 * own and of others, a pending commit, no exporter. */
static void everything(member *m, const tacet_suite *suite,
                       tacet_bytes *messages) {
  tacet_span heard;
  tacet_mls_event event;
  members_new(m, 4, suite);
  messages[0] = member_say(&m[2], STATE_TEXT);
  TACET_BYTES(later);
  later = member_say(&m[2], "first");
  assert_ok(member_read(&m[0], tacet_bytes_span(&later), &heard));
  tacet_mls_proposal remove = propose_remove(&m[3]);
  TACET_MLS_COMMIT_RESULT(r);
  assert_ok(member_commit(
      &m[1], &(tacet_mls_commit_args){.proposals = &remove, .n_proposals = 1},
      &r));
  member_free(&m[3]);
  members_follow(m, 4, 1, tacet_bytes_span(&r.commit));
  messages[1] = member_say(&m[1], STATE_TEXT);
  tacet_bytes_free(&later);
  later = member_say(&m[1], "second");
  assert_ok(member_read(&m[0], tacet_bytes_span(&later), &heard));
  messages[2] = member_say(&m[2], STATE_TEXT);
  TACET_BUF(w, LIMIT);
  const tacet_mls_propose_args update = {
      .proposal = {.type = TACET_MLS_UPDATE}};
  assert_ok(tacet_mls_propose(m[1].g, &update, NOW, &w));
  assert_ok(member_process(&m[0], tacet_buf_span(&w), &event));
  tacet_buf_clear(&w);
  assert_ok(tacet_mls_propose(m[0].g, &update, NOW, &w));
  tacet_mls_erase_exporter(m[0].g);
  tacet_mls_commit_result_free(&r);
  assert_ok(member_commit(
      &m[0], &(tacet_mls_commit_args){.with_cached = true, .force_path = true},
      &r));
}

static void removed(member *m, const tacet_suite *suite,
                    tacet_bytes *messages) {
  members_new(m, 3, suite);
  messages[0] = member_say(&m[2], STATE_TEXT);
  tacet_mls_proposal remove = propose_remove(&m[0]);
  members_commit(
      m, 3, 1,
      &(tacet_mls_commit_args){.proposals = &remove, .n_proposals = 1});
}

static void ended(member *m, const tacet_suite *suite, tacet_bytes *messages) {
  members_new(m, 3, suite);
  messages[0] = member_say(&m[2], STATE_TEXT);
  tacet_mls_proposal end = {.type = TACET_MLS_REINIT,
                            .group_id = TACET_SPAN_LIT("next"),
                            .suite = suite};
  members_commit(m, 3, 1,
                 &(tacet_mls_commit_args){.proposals = &end, .n_proposals = 1});
}

/* Came from outside in place of an old leaf. */
static void returned(member *m, const tacet_suite *suite,
                     tacet_bytes *messages) {
  members_new(m, 3, suite);
  TACET_BUF(info, LIMIT);
  TACET_BUF(commit, LIMIT);
  assert_ok(tacet_mls_group_info_write(
      m[1].g, &(tacet_mls_group_info_args){.external_pub = true, .tree = true},
      &info));
  const tacet_mls_external_args args = {.group_info = tacet_buf_span(&info),
                                        .leaf = member_leaf(&m[0]),
                                        .remove = 0};
  tacet_mls_group_free(m[0].g);
  m[0].g = NULL;
  assert_ok(tacet_mls_external_join(&test_config, &args, &commit, &m[0].g));
  for (size_t i = 1; i < 3; i++) {
    member_follow(&m[i], tacet_buf_span(&commit));
  }
  messages[0] = member_say(&m[2], STATE_TEXT);
}

static const state_kind kinds[] = {
    {"alone", &tacet_suite_x25519_chacha, alone},
    {"everything", &tacet_suite_x25519_chacha, everything},
    {"everything-p256", &tacet_suite_p256_aes128, everything},
    {"everything-xwing", &tacet_suite_xwing_chacha, everything},
    {"removed", &tacet_suite_x25519_chacha, removed},
    {"ended", &tacet_suite_x25519_chacha, ended},
    {"returned", &tacet_suite_x25519_chacha, returned},
};

/* ---- writing ---- */

static void write_bytes(FILE *f, const char *name, tacet_span bytes) {
  fprintf(f, "%s ", name);
  for (size_t i = 0; i < bytes.len; i++) {
    fprintf(f, "%02x", bytes.p[i]);
  }
  fputc('\n', f);
}

static void write_state(FILE *f, const state_kind *k) {
  member m[STATE_MEMBERS];
  tacet_bytes messages[STATE_MESSAGES] = {{NULL, 0}};
  memset(m, 0, sizeof(m));
  k->make(m, k->suite, messages);
  tacet_bytes state = member_state(&m[0]);
  tacet_mls_status s = tacet_mls_group_status(m[0].g);
  fprintf(f, "version %d\nsuite %d\n", TACET_STATE_VERSION, k->suite->id);
  fprintf(f, "epoch %d\n", (int)tacet_mls_epoch(m[0].g));
  fprintf(f, "members %u\n", tacet_mls_n_members(m[0].g));
  fprintf(f, "pending %d\nremoved %d\nreinit %d\nexporter %d\n", s.pending,
          s.removed, s.reinit, s.exporter);
  fprintf(f, "proposals %zu\npast %zu\n", s.n_proposals, s.n_past_epochs);
  write_bytes(f, "authenticator",
              tacet_secret_span(tacet_mls_epoch_authenticator(m[0].g)));
  write_bytes(f, "state", tacet_bytes_span(&state));
  for (size_t i = 0; i < STATE_MESSAGES; i++) {
    if (messages[i].len > 0) {
      write_bytes(f, "message", tacet_bytes_span(&messages[i]));
    }
    tacet_bytes_free(&messages[i]);
  }
  if (s.pending) {
    assert_ok(tacet_mls_pending_merge(m[0].g, NOW));
    write_bytes(f, "merged",
                tacet_secret_span(tacet_mls_epoch_authenticator(m[0].g)));
  }
  tacet_bytes_free(&state);
  members_free(m, STATE_MEMBERS);
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fputs("write_states FOLDER\n", stderr);
    return 2;
  }
  for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
    char path[512];
    snprintf(path, sizeof(path), "%s/%d-%s.txt", argv[1], TACET_STATE_VERSION,
             kinds[i].name);
    FILE *f = fopen(path, "w");
    if (f == NULL) {
      perror(path);
      return 1;
    }
    write_state(f, &kinds[i]);
    fclose(f);
  }
  return 0;
}
