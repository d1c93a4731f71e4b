/* SPDX-License-Identifier: Apache-2.0
 * RFC 9420 7.5, 9.2, and what the header promises: a secret whose use is over
 * is nowhere in the heap, in no block that was given back, and not in what is
 * saved. Each test first sees the secret where it belongs: the search works.
 */
#include "mls/group.h"
#include "mls/staged.h"
#include "tests/unit/mls/members.h"
#include "tests/unit/mls/watch.h"

static const tacet_suite *const suite = &tacet_suite_x25519_chacha;

#define PATH (&(tacet_mls_commit_args){.force_path = true})

/* Secrets set aside, not in the watched heap. */
typedef struct list {
  tacet_secret item[32];
  size_t n;
} list;

static void note(list *l, const tacet_secret *s) {
  assert_true(l->n < 32 && s->len >= 16);
  l->item[l->n++] = *s;
  watch_mark(tacet_secret_span(s));
}

static size_t n_in_heap(const list *l) {
  size_t n = 0;
  for (size_t i = 0; i < l->n; i++) {
    n += watch_find(tacet_secret_span(&l->item[i])) > 0;
  }
  return n;
}

static size_t n_saved(const list *l, const member *m) {
  size_t n = 0;
  tacet_bytes state = member_state(m);
  for (size_t i = 0; i < l->n; i++) {
    n += watch_holds(tacet_bytes_span(&state), tacet_secret_span(&l->item[i]));
  }
  tacet_bytes_free(&state); /* wipes */
  return n;
}

static void assert_everywhere(const list *l, const member *m) {
  assert_int_equal(n_saved(l, m), l->n);
  assert_int_equal(n_in_heap(l), l->n);
}

static void assert_nowhere(const list *l, const member *m) {
  assert_int_equal(n_saved(l, m), 0);
  assert_int_equal(n_in_heap(l), 0);
  assert_int_equal(watch_spilt(), 0);
}

static void note_key(list *l, const member *m, uint32_t leaf,
                     tacet_ratchet_type type, uint32_t generation) {
  tacet_message_key k;
  assert_ok(
      tacet_secret_tree_key(&m->g->ratchets, leaf, type, generation, 100, &k));
  note(l, &k.key);
}

/* ---- keys of messages ---- */

static void a_read_message_has_no_key(void **state) {
  (void)state;
  member m[2];
  watch_start();
  members_new(m, 2, suite);
  tacet_bytes said[3];
  list skipped = {.n = 0}, used = {.n = 0};
  for (uint32_t i = 0; i < 3; i++) {
    note_key(i < 2 ? &skipped : &used, &m[1], 0, TACET_RATCHET_APPLICATION, i);
    note_key(&used, &m[0], 0, TACET_RATCHET_APPLICATION, i);
    said[i] = member_say(&m[0], "hello");
  }
  assert_int_equal(n_saved(&used, &m[0]), 0); /* nor has a sent one */
  tacet_span heard;
  assert_ok(member_read(&m[1], tacet_bytes_span(&said[2]), &heard));
  assert_everywhere(&skipped, &m[1]);
  assert_ok(member_read(&m[1], tacet_bytes_span(&said[0]), &heard));
  assert_ok(member_read(&m[1], tacet_bytes_span(&said[1]), &heard));
  assert_nowhere(&skipped, &m[1]);
  assert_nowhere(&used, &m[1]);
  assert_nowhere(&used, &m[0]);
  for (size_t i = 0; i < 3; i++) {
    tacet_bytes_free(&said[i]);
  }
  members_free(m, 2);
  watch_stop();
}

/* The ratchet's own secret, which would give all keys that follow. */
static void a_ratchet_does_not_turn_back(void **state) {
  (void)state;
  member m[2];
  watch_start();
  members_new(m, 2, suite);
  tacet_bytes said = member_say(&m[0], "one");
  list l = {.n = 0};
  tacet_span heard;
  assert_ok(member_read(&m[1], tacet_bytes_span(&said), &heard));
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(m[i].g->ratchets.leaves[0].leaf, 0);
    note(&l, &m[i].g->ratchets.leaves[0].ratchet[1].secret);
    assert_everywhere(&l, &m[i]);
  }
  tacet_bytes_free(&said);
  said = member_say(&m[0], "two");
  assert_ok(member_read(&m[1], tacet_bytes_span(&said), &heard));
  assert_nowhere(&l, &m[0]);
  assert_nowhere(&l, &m[1]);
  tacet_bytes_free(&said);
  members_free(m, 2);
  watch_stop();
}

/* ---- secrets of epochs ---- */

static void note_epoch(list *l, const tacet_epoch *e) {
  note(l, &e->init);
  note(l, &e->exporter);
  note(l, &e->external);
  note(l, &e->confirmation);
  note(l, &e->membership);
  note(l, &e->authenticator);
}

static void note_past(list *l, const tacet_mls_group *g) {
  note(l, &g->secrets.sender_data);
  note(l, &g->secrets.resumption);
}

static void what_is_over_is_nowhere(void **state) {
  (void)state;
  member m[2];
  watch_start();
  members_new(m, 2, suite);
  members_commit(m, 2, 0, PATH);
  tacet_bytes unread = member_say(&m[1], "unread");
  list gone = {.n = 0}, kept = {.n = 0}, keys = {.n = 0};
  note_epoch(&gone, &m[0].g->secrets);
  note_past(&kept, m[0].g);
  note(&keys, &m[0].g->keys.leaf_key);
  note(&keys, &m[0].g->keys.parent[0].key);
  assert_everywhere(&gone, &m[0]);
  assert_everywhere(&keys, &m[0]);
  members_commit(m, 2, 0, PATH);
  for (size_t i = 0; i < 2; i++) {
    assert_nowhere(&gone, &m[i]);
    assert_nowhere(&keys, &m[i]);
    /* What opens late messages stays for as long as was asked for. */
    assert_everywhere(&kept, &m[i]);
  }
  for (size_t i = 0; i < TACET_MLS_PAST_EPOCHS; i++) {
    members_commit(m, 2, i % 2, PATH);
  }
  assert_nowhere(&kept, &m[0]);
  assert_nowhere(&kept, &m[1]);
  tacet_bytes_free(&unread);
  members_free(m, 2);
  watch_stop();
}

static void the_past_can_be_forgotten(void **state) {
  (void)state;
  member m[2];
  watch_start();
  members_new(m, 2, suite);
  list kept = {.n = 0};
  note_past(&kept, m[0].g);
  members_commit(m, 2, 1, PATH);
  assert_everywhere(&kept, &m[0]);
  for (size_t i = 0; i < 2; i++) {
    tacet_mls_forget_past(m[i].g, NOW);
  }
  assert_nowhere(&kept, &m[0]);
  members_free(m, 2);
  watch_stop();
}

static void an_erased_exporter_is_gone(void **state) {
  (void)state;
  member m;
  watch_start();
  members_new(&m, 1, suite);
  list l = {.n = 0};
  note(&l, &m.g->secrets.exporter);
  assert_everywhere(&l, &m);
  tacet_mls_erase_exporter(m.g);
  assert_nowhere(&l, &m);
  members_free(&m, 1);
  watch_stop();
}

/* ---- epochs that never were ---- */

static void a_discarded_commit_is_gone(void **state) {
  (void)state;
  member m[2];
  watch_start();
  members_new(m, 2, suite);
  TACET_MLS_COMMIT_RESULT(r);
  assert_ok(member_commit(&m[0], PATH, &r));
  list l = {.n = 0};
  note_epoch(&l, &m[0].g->pending->next.secrets);
  note(&l, &m[0].g->pending->next.secrets.encryption);
  note(&l, &m[0].g->pending->next.keys.leaf_key);
  assert_everywhere(&l, &m[0]);
  tacet_mls_pending_discard(m[0].g);
  assert_nowhere(&l, &m[0]);
  tacet_mls_commit_result_free(&r);
  members_free(m, 2);
  watch_stop();
}

static void a_dropped_commit_is_gone(void **state) {
  (void)state;
  member m[2];
  watch_start();
  members_new(m, 2, suite);
  TACET_MLS_COMMIT_RESULT(r);
  assert_ok(member_commit(&m[0], PATH, &r));
  tacet_mls_pending_discard(m[0].g);
  tacet_mls_event event;
  assert_ok(member_process(&m[1], tacet_bytes_span(&r.commit), &event));
  list l = {.n = 0};
  note_epoch(&l, &m[1].g->staged->next.secrets);
  note(&l, &m[1].g->staged->next.keys.parent[0].key);
  assert_int_equal(n_in_heap(&l), l.n);
  assert_int_equal(n_saved(&l, &m[1]), 0); /* what is staged is not saved */
  tacet_mls_staged_drop(m[1].g);
  assert_nowhere(&l, &m[1]);
  tacet_mls_commit_result_free(&r);
  members_free(m, 2);
  watch_stop();
}

static void an_update_that_lost_is_gone(void **state) {
  (void)state;
  member m[2];
  watch_start();
  members_new(m, 2, suite);
  TACET_BUF(w, 1 << 16);
  assert_ok(tacet_mls_propose(
      m[1].g, &(tacet_mls_propose_args){.proposal = {.type = TACET_MLS_UPDATE}},
      NOW, &w));
  list l = {.n = 0};
  note(&l, &m[1].g->proposals[0].leaf_key);
  assert_everywhere(&l, &m[1]);
  members_commit(m, 2, 0, PATH); /* which does not take it up */
  assert_nowhere(&l, &m[1]);
  tacet_buf_free(&w);
  members_free(m, 2);
  watch_stop();
}

/* A signature key that was rotated. */
static void an_old_signature_key_is_gone(void **state) {
  (void)state;
  member m[2];
  tacet_secret fresh;
  uint8_t public_key[TACET_SIG_PUBLIC_MAX];
  watch_start();
  members_new(m, 2, suite);
  list l = {.n = 0};
  /* The secret half: the public one stays in the tree for past epochs. */
  tacet_secret half = {.len = 32};
  memcpy(half.b, m[0].g->signature_key.b, half.len);
  note(&l, &half);
  assert_everywhere(&l, &m[0]);
  assert_ok(suite->sig->generate(&fresh, public_key));
  members_commit(m, 2, 0,
                 &(tacet_mls_commit_args){.update = {.signature_key = &fresh}});
  assert_nowhere(&l, &m[0]);
  members_free(m, 2);
  watch_stop();
}

/* ---- the end ---- */

/* With a pending commit, skipped keys, past epochs and proposals; and a Welcome
 * that was opened. */
static void a_freed_group_leaves_nothing(void **state) {
  (void)state;
  member m[3];
  watch_start();
  members_new(m, 2, suite);
  members_commit(m, 2, 1, PATH);
  member_new(&m[2], suite, "joiner");
  member_publish(&m[2]);
  tacet_mls_proposal add = propose_add(&m[2]);
  TACET_MLS_COMMIT_RESULT(r);
  assert_ok(member_commit(&m[0],
                          &(tacet_mls_commit_args){.proposals = &add,
                                                   .n_proposals = 1,
                                                   .force_path = true,
                                                   .tree_in_welcome = true},
                          &r));
  list l = {.n = 0};
  note_epoch(&l, &m[0].g->secrets);
  note_epoch(&l, &m[0].g->pending->next.secrets);
  note_past(&l, m[0].g);
  note(&l, &m[0].g->past[0].sender_data);
  note(&l, &m[0].g->keys.leaf_key);
  note(&l, &m[0].g->signature_key);
  member_join(&m[2], tacet_bytes_span(&r.welcome), TACET_SPAN_EMPTY);
  note(&l, &m[2].keys.init);
  note(&l, &m[2].g->keys.parent[0].key);
  member_reload(&m[0]);
  tacet_mls_commit_result_free(&r);
  members_free(m, 3);
  assert_int_equal(n_in_heap(&l), 0);
  assert_int_equal(watch_spilt(), 0);
  watch_stop();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_read_message_has_no_key),
      cmocka_unit_test(a_ratchet_does_not_turn_back),
      cmocka_unit_test(what_is_over_is_nowhere),
      cmocka_unit_test(the_past_can_be_forgotten),
      cmocka_unit_test(an_erased_exporter_is_gone),
      cmocka_unit_test(a_discarded_commit_is_gone),
      cmocka_unit_test(a_dropped_commit_is_gone),
      cmocka_unit_test(an_update_that_lost_is_gone),
      cmocka_unit_test(an_old_signature_key_is_gone),
      cmocka_unit_test(a_freed_group_leaves_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
