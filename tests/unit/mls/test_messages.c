/* SPDX-License-Identifier: Apache-2.0
 * Application messages: order, replay, echoes, past epochs, padding, and what
 * they cost.
 */
#include "tests/unit/mls/raw.h"

static const tacet_suite *const suite = &tacet_suite_x25519_chacha;

#define EXPECT(to, message, text) expect((to), (message), (text), __LINE__)
#define REFUSE(err, to, message) refuse((err), (to), (message), __LINE__)

static void expect(member *to, const tacet_bytes *message, const char *text,
                   int line) {
  tacet_span heard = TACET_SPAN_EMPTY;
  test_expect_err(TACET_OK, member_read(to, tacet_bytes_span(message), &heard),
                  text, __FILE__, line);
  test_expect_span(tacet_span_str(text), heard, text, __FILE__, line);
}

/* ... and nothing of the state changes. */
static void refuse(tacet_err err, member *to, const tacet_bytes *message,
                   int line) {
  tacet_span heard;
  tacet_bytes before = member_state(to);
  test_expect_err(err, member_read(to, tacet_bytes_span(message), &heard),
                  "a message", __FILE__, line);
  assert_same_state(&before, to);
}

static void free_all(tacet_bytes *list, size_t n) {
  for (size_t i = 0; i < n; i++) {
    tacet_bytes_free(&list[i]);
  }
}

/* ---- order ---- */

static void any_order_once_each(void **state) {
  (void)state;
  member m[2];
  tacet_bytes said[5];
  static const char *const texts[] = {"a", "b", "", "d", "e"};
  static const size_t order[] = {3, 0, 4, 2, 1};
  members_new(m, 2, suite);
  for (size_t i = 0; i < 5; i++) {
    said[i] = member_say(&m[0], texts[i]);
  }
  for (size_t i = 0; i < 5; i++) {
    EXPECT(&m[1], &said[order[i]], texts[order[i]]);
    REFUSE(TACET_ERR_REPLAY, &m[1], &said[order[i]]);
    member_reload(&m[1]); /* the skipped keys are in what is saved */
  }
  free_all(said, 5);
  members_free(m, 2);
}

static void a_gap_is_bounded(void **state) {
  (void)state;
  member m[2];
  tacet_bytes said[12];
  test_config.max_forward = 10;
  test_config.max_kept = 3;
  members_new(m, 2, suite);
  for (size_t i = 0; i < 12; i++) {
    said[i] = member_say(&m[0], "x");
  }
  REFUSE(TACET_ERR_GENERATION, &m[1], &said[11]);
  EXPECT(&m[1], &said[10], "x");
  EXPECT(&m[1], &said[11], "x");
  REFUSE(TACET_ERR_REPLAY, &m[1], &said[6]); /* the last three were kept */
  EXPECT(&m[1], &said[7], "x");
  EXPECT(&m[1], &said[9], "x");
  free_all(said, 12);
  members_free(m, 2);
  test_config.max_forward = TACET_MLS_FORWARD_MAX;
  test_config.max_kept = TACET_MLS_KEPT_MAX;
}

static void an_own_echo_is_known(void **state) {
  (void)state;
  member m[2];
  members_new(m, 2, suite);
  tacet_bytes said = member_say(&m[0], "echo");
  REFUSE(TACET_ERR_OWN_MESSAGE, &m[0], &said);
  members_commit(m, 2, 1, &(tacet_mls_commit_args){.force_path = true});
  REFUSE(TACET_ERR_OWN_MESSAGE, &m[0], &said); /* from a past epoch too */
  tacet_bytes_free(&said);
  members_free(m, 2);
}

/* ---- past epochs ---- */

static void past_epochs_open_for_a_while(void **state) {
  (void)state;
  member m[2];
  tacet_bytes said[6];
  members_new(m, 2, suite);
  for (size_t i = 0; i < 5; i++) {
    said[i] = member_say(&m[0], "then");
    members_commit(m, 2, i % 2, &(tacet_mls_commit_args){.force_path = true});
    member_reload(&m[1]);
  }
  assert_int_equal(tacet_mls_group_status(m[1].g).n_past_epochs, 3);
  EXPECT(&m[1], &said[4], "then");
  EXPECT(&m[1], &said[2], "then");
  REFUSE(TACET_ERR_REPLAY, &m[1], &said[2]);
  REFUSE(TACET_ERR_EPOCH_PAST, &m[1], &said[1]);
  tacet_mls_forget_past(m[1].g, NOW - 1); /* none was left that early */
  EXPECT(&m[1], &said[3], "then");
  said[5] = member_say(&m[0], "now");
  members_commit(m, 2, 0, &(tacet_mls_commit_args){.force_path = true});
  tacet_mls_forget_past(m[1].g, NOW);
  REFUSE(TACET_ERR_EPOCH_PAST, &m[1], &said[5]);
  assert_int_equal(tacet_mls_group_status(m[1].g).n_past_epochs, 0);
  free_all(said, 6);
  members_free(m, 2);
}

static void no_past_is_kept_where_none_is_wanted(void **state) {
  (void)state;
  member m[2];
  test_config.past_epochs = 0;
  members_new(m, 2, suite);
  tacet_bytes said = member_say(&m[0], "then");
  members_commit(m, 2, 0, &(tacet_mls_commit_args){.force_path = true});
  REFUSE(TACET_ERR_EPOCH_PAST, &m[1], &said);
  tacet_bytes_free(&said);
  members_free(m, 2);
  test_config.past_epochs = TACET_MLS_PAST_EPOCHS;
}

/* A leaf index is used again: a message of before is the old owner's, and is
 * verified with his key. */
static void a_past_message_has_its_old_sender(void **state) {
  (void)state;
  member m[4], gone;
  TACET_BUF(content, 1 << 16);
  tacet_mls_event event;
  const tacet_mls_process_args args = {.now = NOW};
  members_new(m, 3, suite);
  tacet_bytes said = member_say(&m[1], "from one");
  member_new(&m[3], suite, "the next");
  member_publish(&m[3]);
  tacet_mls_proposal list[] = {propose_remove(&m[1]), propose_add(&m[3])};
  TACET_MLS_COMMIT_RESULT(r);
  assert_ok(member_commit(&m[0],
                          &(tacet_mls_commit_args){.proposals = list,
                                                   .n_proposals = 2,
                                                   .tree_in_welcome = true},
                          &r));
  gone = m[1];
  m[1] = (member){.g = NULL};
  members_follow(m, 3, 0, tacet_bytes_span(&r.commit));
  member_join(&m[3], tacet_bytes_span(&r.welcome), TACET_SPAN_EMPTY);
  assert_int_equal(tacet_mls_own_leaf(m[3].g), tacet_mls_own_leaf(gone.g));
  member_reload(&m[2]);
  assert_ok(tacet_mls_process(m[2].g, tacet_bytes_span(&said), &args, &content,
                              &event));
  assert_int_equal(event.epoch, 1);
  assert_int_equal(event.sender, 1);
  assert_span(tacet_span_str(gone.name), event.member.identity);
  tacet_bytes now = member_say(&m[3], "from the next");
  assert_ok(tacet_mls_process(m[2].g, tacet_bytes_span(&now), &args, &content,
                              &event));
  assert_int_equal(event.sender, 1);
  assert_span(tacet_span_str(m[3].name), event.member.identity);
  tacet_bytes_free(&now);
  tacet_bytes_free(&said);
  member_free(&gone);
  members_free(m, 4);
}

static void a_past_message_has_its_old_key(void **state) {
  (void)state;
  member m[3];
  uint8_t public_key[TACET_SIG_PUBLIC_MAX];
  tacet_secret fresh;
  members_new(m, 3, suite);
  tacet_bytes said = member_say(&m[1], "old key");
  assert_ok(suite->sig->generate(&fresh, public_key));
  members_commit(m, 3, 1,
                 &(tacet_mls_commit_args){.update = {.signature_key = &fresh}});
  tacet_bytes later = member_say(&m[1], "new key");
  EXPECT(&m[2], &later, "new key");
  EXPECT(&m[2], &said, "old key");
  tacet_mls_member found;
  assert_true(tacet_mls_member_find_key(
      m[2].g, tacet_span_of(public_key, suite->sig->public_len), &found));
  assert_int_equal(found.leaf, 1);
  tacet_bytes_free(&said);
  tacet_bytes_free(&later);
  members_free(m, 3);
}

/* The same key, another name. */
static void a_past_message_has_its_old_name(void **state) {
  (void)state;
  member m[2];
  tacet_mls_event event;
  TACET_BUF(content, 1 << 10);
  const tacet_mls_process_args args = {.now = NOW};
  const tacet_span name = TACET_SPAN_LIT("renamed");
  members_new(m, 2, suite);
  tacet_bytes said = member_say(&m[1], "before");
  members_commit(m, 2, 1,
                 &(tacet_mls_commit_args){.update = {.identity = &name}});
  tacet_bytes later = member_say(&m[1], "after");
  assert_ok(tacet_mls_process(m[0].g, tacet_bytes_span(&later), &args, &content,
                              &event));
  assert_span(name, event.member.identity);
  assert_ok(tacet_mls_process(m[0].g, tacet_bytes_span(&said), &args, &content,
                              &event));
  assert_span(tacet_span_str(m[1].name), event.member.identity);
  tacet_bytes_free(&said);
  tacet_bytes_free(&later);
  members_free(m, 2);
}

/* ---- form ---- */

static void padding_must_be_zero(void **state) {
  (void)state;
  member m[2];
  members_new(m, 2, suite);
  tacet_bytes good = raw_message_make(
      &m[0], &(raw_message){.text = "padded", .n_padding = 100});
  tacet_bytes bad = raw_message_make(
      &m[0], &(raw_message){.text = "padded", .padding = 1, .n_padding = 1});
  REFUSE(TACET_ERR_PADDING, &m[1], &bad);
  EXPECT(&m[1], &good, "padded");
  tacet_bytes_free(&good);
  tacet_bytes_free(&bad);
  members_free(m, 2);
}

/* Every member could seal with anybody's ratchet; the signature tells. */
static void nobody_speaks_for_another(void **state) {
  (void)state;
  member m[3];
  members_new(m, 3, suite);
  tacet_bytes forged =
      raw_message_make(&m[1], &(raw_message){.text = "I am two", .leaf = 2});
  REFUSE(TACET_ERR_AUTH, &m[0], &forged);
  TACET_BUF(content, 1 << 12);
  tacet_mls_event event;
  assert_err(TACET_ERR_AUTH,
             tacet_mls_process(m[0].g, tacet_bytes_span(&forged),
                               &(tacet_mls_process_args){.now = 0}, &content,
                               &event));
  assert_int_equal(content.len, 0); /* what it said is not there either */
  tacet_bytes_free(&forged);
  forged =
      raw_message_make(&m[1], &(raw_message){.text = "I am nobody", .leaf = 3});
  REFUSE(TACET_ERR_SENDER, &m[0], &forged);
  tacet_bytes_free(&forged);
  members_free(m, 3);
}

/* RFC 9420 9.2: with the secret tree made, its root is gone from everywhere. */
static void the_encryption_secret_is_gone(void **state) {
  (void)state;
  member m[2];
  members_new(m, 2, suite);
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(m[i].g->secrets.encryption.len, 0);
  }
  members_commit(m, 2, 0, &(tacet_mls_commit_args){.force_path = true});
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(m[i].g->secrets.encryption.len, 0);
    assert_int_equal(m[i].g->past[0].ratchets.n_leaves, 2);
  }
  members_free(m, 2);
}

static void padding_and_aad_go_along(void **state) {
  (void)state;
  member m[2];
  members_new(m, 2, suite);
  TACET_BUF(w, 1 << 16);
  TACET_BUF(content, 1 << 16);
  tacet_mls_event event;
  const tacet_mls_protect_args args = {.aad = TACET_SPAN_LIT("seen"),
                                       .padding = 1000};
  assert_ok(tacet_mls_protect(m[0].g, TACET_SPAN_LIT("text"), &args, &w));
  assert_true(w.len > 1000);
  assert_ok(tacet_mls_process(m[1].g, tacet_buf_span(&w),
                              &(tacet_mls_process_args){.now = 0}, &content,
                              &event));
  assert_span(TACET_SPAN_LIT("seen"), event.aad);
  assert_span(TACET_SPAN_LIT("text"), event.content);
  assert_span(TACET_SPAN_LIT("text"), tacet_buf_span(&content));
  assert_int_equal(event.generation, 0);
  members_free(m, 2);
}

static void every_damage_is_refused(void **state) {
  (void)state;
  member m[2];
  members_new(m, 2, suite);
  tacet_bytes said = member_say(&m[0], "whole");
  tacet_bytes before = member_state(&m[1]);
  tacet_span heard;
  for (size_t i = 0; i < said.len; i++) {
    uint8_t *exact = malloc(i == 0 ? 1 : i);
    memcpy(exact, said.p, i);
    assert_int_not_equal(member_read(&m[1], tacet_span_of(exact, i), &heard),
                         TACET_OK);
    free(exact);
    said.p[i] ^= 0x10;
    assert_int_not_equal(member_read(&m[1], tacet_bytes_span(&said), &heard),
                         TACET_OK);
    said.p[i] ^= 0x10;
  }
  tacet_bytes longer = {NULL, 0};
  assert_ok(tacet_bytes_new(&longer, said.len + 1));
  memcpy(longer.p, said.p, said.len);
  assert_err(TACET_ERR_TRAILING,
             member_read(&m[1], tacet_bytes_span(&longer), &heard));
  assert_same_state(&before, &m[1]);
  EXPECT(&m[1], &said, "whole");
  tacet_bytes_free(&longer);
  tacet_bytes_free(&said);
  members_free(m, 2);
}

static void strangers_and_other_groups_hear_nothing(void **state) {
  (void)state;
  member m[2], other[2];
  members_new(m, 2, suite);
  members_new(other, 2, suite); /* even with the same id */
  tacet_bytes said = member_say(&m[0], "private");
  REFUSE(TACET_ERR_AUTH, &other[1], &said);
  member third;
  member_new(&third, suite, "third");
  member_found(&third, "another id");
  REFUSE(TACET_ERR_GROUP_ID, &third, &said);
  tacet_bytes_free(&said);
  member_free(&third);
  members_free(m, 2);
  members_free(other, 2);
}

/* ---- state ---- */

static void a_message_that_was_not_sent_costs_nothing(void **state) {
  (void)state;
  member m[2];
  members_new(m, 2, suite);
  TACET_BUF(small, 50);
  tacet_write_bytes(&small, TACET_SPAN_LIT("kept"));
  tacet_bytes before = member_state(&m[0]);
  assert_err(TACET_ERR_LIMIT,
             tacet_mls_protect(m[0].g, TACET_SPAN_LIT("x"),
                               &(tacet_mls_protect_args){.padding = 0},
                               &small));
  assert_span(TACET_SPAN_LIT("kept"), tacet_buf_span(&small));
  assert_same_state(&before, &m[0]);
  members_free(m, 2);
}

static size_t allocations(tacet_err (*step)(void *), void *ctx) {
  test_alloc_fail_at(SIZE_MAX);
  assert_ok(step(ctx));
  return test_alloc_normal();
}

typedef struct talk {
  member *m;
  tacet_buf message, content;
} talk;

static tacet_err one_message(void *ctx) {
  talk *t = ctx;
  tacet_mls_event event;
  tacet_buf_clear(&t->message);
  TACET_TRY(tacet_mls_protect(t->m[0].g, TACET_SPAN_LIT("again and again"),
                              &(tacet_mls_protect_args){.padding = 64},
                              &t->message));
  return tacet_mls_process(t->m[1].g, tacet_buf_span(&t->message),
                           &(tacet_mls_process_args){.now = 0}, &t->content,
                           &event);
}

static void the_second_message_allocates_nothing(void **state) {
  (void)state;
  for (size_t i = 0; i < tacet_suites_all.n; i++) {
    member m[2];
    members_new(m, 2, tacet_suites_all.list[i]);
    talk t = {.m = m, .message = {.max = 4096}, .content = {.max = 4096}};
    tacet_buf_reserve(&t.message, 4096);
    tacet_buf_reserve(&t.content, 4096);
    assert_ok(one_message(&t));
    for (size_t k = 0; k < 3; k++) {
      assert_int_equal(allocations(one_message, &t), 0);
    }
    tacet_buf_free(&t.message);
    tacet_buf_free(&t.content);
    members_free(m, 2);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(any_order_once_each),
      cmocka_unit_test(a_gap_is_bounded),
      cmocka_unit_test(an_own_echo_is_known),
      cmocka_unit_test(past_epochs_open_for_a_while),
      cmocka_unit_test(no_past_is_kept_where_none_is_wanted),
      cmocka_unit_test(a_past_message_has_its_old_sender),
      cmocka_unit_test(a_past_message_has_its_old_key),
      cmocka_unit_test(a_past_message_has_its_old_name),
      cmocka_unit_test(padding_must_be_zero),
      cmocka_unit_test(nobody_speaks_for_another),
      cmocka_unit_test(the_encryption_secret_is_gone),
      cmocka_unit_test(padding_and_aad_go_along),
      cmocka_unit_test(every_damage_is_refused),
      cmocka_unit_test(strangers_and_other_groups_hear_nothing),
      cmocka_unit_test(a_message_that_was_not_sent_costs_nothing),
      cmocka_unit_test(the_second_message_allocates_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
