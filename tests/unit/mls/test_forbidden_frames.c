/* SPDX-License-Identifier: Apache-2.0
 * Frames that nobody may send: PrivateMessage and PublicMessage (RFC 9420 6).
 */
#include "tests/unit/mls/forbidden.h"

/* ---- private messages ---- */

static tacet_bytes say(raw_message args) {
  args.text = "hello";
  args.leaf = tacet_mls_own_leaf(f.bad->g);
  return raw_message_make(f.bad, &args);
}

static tacet_bytes private_padding_not_zero(void) {
  return say((raw_message){.padding = 1, .n_padding = 3});
}
static tacet_bytes private_wrong_signature(void) {
  return say((raw_message){.wrong_signature = true});
}
static tacet_bytes private_signed_for_a_public_message(void) {
  return say((raw_message){.as_signed = RAW_SIGNED_FOR_OTHER_FORMAT});
}
static tacet_bytes private_signed_without_context(void) {
  return say((raw_message){.as_signed = RAW_SIGNED_WITHOUT_CONTEXT});
}
static tacet_bytes private_from_beyond(void) {
  return say((raw_message){.as = true, .sender = 70000});
}
/* Sealed under the ratchet of `bad`, said to be of `third`. */
static tacet_bytes private_under_another_ratchet(void) {
  return say((raw_message){.as = true, .sender = 2});
}
static tacet_bytes private_of_another(void) {
  return raw_message_make(
      f.bad,
      &(raw_message){.text = "hello", .leaf = tacet_mls_own_leaf(f.third->g)});
}
/* Nobody but oneself sends as oneself. */
static tacet_bytes private_of_receiver(void) {
  return raw_message_make(
      f.bad,
      &(raw_message){.text = "hello", .leaf = tacet_mls_own_leaf(f.to->g)});
}
static tacet_bytes private_wrong_guard(void) {
  return say((raw_message){.wrong_guard = true});
}
static tacet_bytes private_generation_too_far(void) {
  return say((raw_message){.ahead = TACET_MLS_FORWARD_MAX + 1});
}
static tacet_bytes private_another_generation(void) {
  return say((raw_message){.ahead = 1});
}
static tacet_bytes private_short_sender(void) {
  return say((raw_message){.short_sender = true});
}
static tacet_bytes private_long_sender(void) {
  return say((raw_message){.long_sender = true});
}
static tacet_bytes private_cut_content(void) {
  return say((raw_message){.cut = 1});
}

/* A ciphertext of a tag alone, shorter than the sample of the sender data. */
static tacet_bytes private_empty_content(void) {
  return say((raw_message){.cut = SIZE_MAX});
}

static void other_aad(tacet_private_message *m) {
  m->authenticated_data = TACET_SPAN_LIT("more");
}
static void other_type(tacet_private_message *m) {
  m->content_type = TACET_CONTENT_TYPE_PROPOSAL;
}
static void no_ciphertext(tacet_private_message *m) {
  m->ciphertext.len = 0;
}
static void no_sender_data(tacet_private_message *m) {
  m->encrypted_sender_data.len = 0;
}
static void epoch_before(tacet_private_message *m) {
  m->epoch--;
}
static void epoch_long_past(tacet_private_message *m) {
  m->epoch = 0;
}
static void epoch_after(tacet_private_message *m) {
  m->epoch++;
}
static void other_group(tacet_private_message *m) {
  m->group_id = TACET_SPAN_LIT("another");
}
static tacet_bytes private_other_aad(void) {
  return say((raw_message){.edit = other_aad});
}
static tacet_bytes private_other_type(void) {
  return say((raw_message){.edit = other_type});
}
static tacet_bytes private_without_ciphertext(void) {
  return say((raw_message){.edit = no_ciphertext});
}
static tacet_bytes private_without_sender_data(void) {
  return say((raw_message){.edit = no_sender_data});
}
static tacet_bytes private_of_epoch_before(void) {
  return say((raw_message){.edit = epoch_before});
}
static tacet_bytes private_of_epoch_long_past(void) {
  return say((raw_message){.edit = epoch_long_past});
}
static tacet_bytes private_of_epoch_after(void) {
  return say((raw_message){.edit = epoch_after});
}
static tacet_bytes private_of_other_group(void) {
  return say((raw_message){.edit = other_group});
}

/* ---- public messages ---- */

static void as_application(tacet_framed_content *c) {
  static const uint8_t data[] = {5, 'h', 'e', 'l', 'l', 'o'};
  c->content_type = TACET_CONTENT_TYPE_APPLICATION;
  c->body.raw = tacet_span_of(data, sizeof(data));
}
static tacet_bytes public_application(void) {
  tacet_proposal p = remove_of(f.third);
  return raw_propose(f.bad, &p, as_application);
}

/* Nor of those who are no members (6.1). */
static void application_of_external(tacet_framed_content *c) {
  as_application(c);
  from_external(c);
}
static void application_of_new_member(tacet_framed_content *c) {
  as_application(c);
  from_new_member(c);
}
static void application_of_new_committer(tacet_framed_content *c) {
  as_application(c);
  from_new_committer(c);
}
static tacet_bytes public_application_of_external(void) {
  tacet_proposal p = remove_of(f.third);
  return raw_propose(f.bad, &p, application_of_external);
}
static tacet_bytes public_application_of_new_member(void) {
  tacet_proposal p = remove_of(f.third);
  return raw_propose(f.bad, &p, application_of_new_member);
}
static tacet_bytes public_application_of_new_committer(void) {
  tacet_proposal p = remove_of(f.third);
  return raw_propose(f.bad, &p, application_of_new_committer);
}

static tacet_bytes with_message(void (*edit)(tacet_message *m)) {
  tacet_message m;
  TACET_BUF(w, 1 << 16);
  tacet_bytes out = {NULL, 0};
  tacet_proposal p = remove_of(f.third);
  TACET_BYTES(right);
  right = raw_propose(f.bad, &p, NULL);
  assert_ok(tacet_message_parse(tacet_bytes_span(&right), &m));
  edit(&m);
  tacet_message_write(&w, &m);
  assert_ok(tacet_buf_take(&w, &out));
  return out;
}
static void short_membership(tacet_message *m) {
  m->public_message.membership_tag.len--;
}
static void no_membership(tacet_message *m) {
  m->public_message.membership_tag.len = 0;
}
static void zero_membership(tacet_message *m) {
  m->public_message.membership_tag = tacet_span_of(zeros, 32);
}
static void zero_signature(tacet_message *m) {
  m->public_message.auth.signature = tacet_span_of(zeros, 64);
}
static tacet_bytes public_short_membership(void) {
  return with_message(short_membership);
}
static tacet_bytes public_without_membership(void) {
  return with_message(no_membership);
}
static tacet_bytes public_zero_membership(void) {
  return with_message(zero_membership);
}
/* The membership tag covers the signature. */
static tacet_bytes public_zero_signature(void) {
  return with_message(zero_signature);
}

/* ---- what is no message to a group ---- */

static tacet_bytes a_key_package(void) {
  tacet_bytes out = {NULL, 0};
  member_publish(f.out);
  assert_ok(tacet_bytes_set(&out, tacet_bytes_span(&f.out->key_package)));
  return out;
}
static tacet_bytes a_group_info(void) {
  TACET_BUF(w, 1 << 16);
  tacet_bytes out = {NULL, 0};
  assert_ok(tacet_mls_group_info_write(
      f.bad->g, &(tacet_mls_group_info_args){.tree = true}, &w));
  assert_ok(tacet_buf_take(&w, &out));
  return out;
}
static tacet_bytes a_welcome(void) {
  member_publish(f.out);
  return raw_welcome_make(f.bad, f.out, &(raw_welcome){.edit_tree = NULL});
}
static tacet_bytes nothing_at_all(void) {
  return (tacet_bytes){NULL, 0};
}

/* ---- handshakes of an epoch whose messages can still be read ---- */

static tacet_bytes late_commit, late_proposal;

static void make_late_ones(void) {
  TACET_BUF(w, 1 << 16);
  const tacet_mls_propose_args args = {.proposal = {.type = TACET_MLS_UPDATE}};
  late_commit = commit((raw_commit){.path = true, .private_message = true});
  assert_ok(tacet_mls_propose(f.bad->g, &args, NOW, &w));
  assert_ok(tacet_buf_take(&w, &late_proposal));
}
static tacet_bytes private_commit_too_late(void) {
  return late_commit;
}
static tacet_bytes private_proposal_too_late(void) {
  return late_proposal;
}

/* ---- the table ---- */

static const forbidden_row rows[] = {
    ROW(private_padding_not_zero, PADDING),
    ROW(private_wrong_signature, AUTH),
    ROW(private_from_beyond, SENDER),
    ROW(private_under_another_ratchet, AUTH),
    ROW(private_of_another, AUTH),
    ROW(private_of_receiver, OWN_MESSAGE),
    ROW(private_wrong_guard, AUTH),
    ROW(private_generation_too_far, GENERATION),
    ROW(private_another_generation, AUTH),
    ROW(private_short_sender, ENCODING),
    ROW(private_long_sender, ENCODING),
    ROW(private_cut_content, TRUNCATED),
    ROW(private_empty_content, TRUNCATED),
    ROW(private_other_aad, AUTH),
    ROW(private_other_type, AUTH),
    ROW(private_without_ciphertext, AUTH),
    ROW(private_without_sender_data, ENCODING),
    ROW(private_of_epoch_before, AUTH),
    ROW(private_of_epoch_long_past, EPOCH_PAST),
    ROW(private_of_epoch_after, EPOCH_FUTURE),
    ROW(private_of_other_group, GROUP_ID),
    ROW(public_application, SENDER),
    ROW(private_commit_too_late, EPOCH_PAST),
    ROW(private_proposal_too_late, EPOCH_PAST),
    ROW(public_application_of_external, SENDER),
    ROW(public_application_of_new_member, SENDER),
    ROW(public_application_of_new_committer, SENDER),
    ROW(public_short_membership, AUTH),
    ROW(public_without_membership, AUTH),
    ROW(public_zero_membership, AUTH),
    ROW(public_zero_signature, AUTH),
    ROW(a_key_package, UNKNOWN_TYPE),
    ROW(a_group_info, UNKNOWN_TYPE),
    ROW(a_welcome, UNKNOWN_TYPE),
    ROW(nothing_at_all, TRUNCATED),
    ROW(private_signed_for_a_public_message, AUTH),
    ROW(private_signed_without_context, AUTH),
};

/* So that epoch 0 is further back than epochs are kept. */
static void grow_older(void) {
  make_late_ones();
  members_commit(f.m, 4, 3, &(tacet_mls_commit_args){.force_path = true});
}

static void each_is_refused_and_leaves_no_trace(void **state) {
  (void)state;
  forbidden_run("frames", rows, sizeof(rows) / sizeof(rows[0]), grow_older);
}

/* ---- after the end ---- */

static tacet_bytes commit_after_reinit(void) {
  return commit_of(NULL, 0, true);
}
static tacet_bytes private_commit_after_reinit(void) {
  return commit((raw_commit){.path = true, .private_message = true});
}
static tacet_bytes proposal_after_reinit(void) {
  tacet_proposal p = remove_of(f.third);
  return propose(&p);
}
static tacet_bytes message_after_reinit(void) {
  return say((raw_message){.padding = 0});
}

static const forbidden_row after[] = {
    ROW(commit_after_reinit, REINIT),
    ROW(private_commit_after_reinit, REINIT),
    ROW(proposal_after_reinit, REINIT),
    ROW(message_after_reinit, REINIT),
};

static void end_with_reinit(void) {
  tacet_mls_proposal end = {.type = TACET_MLS_REINIT,
                            .group_id = TACET_SPAN_LIT("next"),
                            .suite = f.to->suite};
  members_commit(f.m, 4, 2,
                 &(tacet_mls_commit_args){.proposals = &end, .n_proposals = 1});
}

static void an_ended_group_takes_nothing(void **state) {
  (void)state;
  forbidden_run("ended", after, sizeof(after) / sizeof(after[0]),
                end_with_reinit);
}

/* Who was removed reads what is past, and nothing else. */
static void the_removed_take_no_changes(void **state) {
  (void)state;
  fixture_new(&tacet_suite_x25519_chacha);
  tacet_mls_event event;
  tacet_bytes said = say((raw_message){.padding = 0});
  tacet_bytes change = commit_of(NULL, 0, true);
  tacet_proposal p = remove_of(f.third);
  tacet_bytes proposal = propose(&p);
  tacet_mls_proposal remove = propose_remove(f.to);
  members_commit(
      f.m, 4, 2,
      &(tacet_mls_commit_args){.proposals = &remove, .n_proposals = 1});
  tacet_span heard;
  tacet_bytes before = member_state(f.to);
  assert_err(TACET_ERR_REMOVED,
             member_process(f.to, tacet_bytes_span(&change), &event));
  assert_err(TACET_ERR_REMOVED,
             member_process(f.to, tacet_bytes_span(&proposal), &event));
  assert_same_state(&before, f.to);
  assert_ok(member_read(f.to, tacet_bytes_span(&said), &heard));
  tacet_bytes_free(&said);
  tacet_bytes_free(&change);
  tacet_bytes_free(&proposal);
  fixture_free();
}

/* The builder makes right messages where it is not told otherwise. */
static void what_is_right_is_read(void **state) {
  (void)state;
  fixture_new(&tacet_suite_x25519_chacha);
  tacet_span heard;
  tacet_bytes said = say((raw_message){.n_padding = 3});
  assert_ok(member_read(f.to, tacet_bytes_span(&said), &heard));
  assert_span(TACET_SPAN_LIT("hello"), heard);
  assert_err(TACET_ERR_REPLAY,
             member_read(f.to, tacet_bytes_span(&said), &heard));
  tacet_bytes_free(&said);
  fixture_free();
}

/* Its key goes with it, whatever became of the proposal since. */
static void a_proposal_is_read_once(void **state) {
  (void)state;
  fixture_new(&tacet_suite_x25519_chacha);
  tacet_mls_event event;
  TACET_BUF(w, 1 << 16);
  const tacet_mls_propose_args args = {.proposal = {.type = TACET_MLS_UPDATE}};
  assert_ok(tacet_mls_propose(f.bad->g, &args, NOW, &w));
  assert_ok(member_process(f.to, tacet_buf_span(&w), &event));
  assert_err(TACET_ERR_REPLAY,
             member_process(f.to, tacet_buf_span(&w), &event));
  tacet_mls_proposals_clear(f.to->g);
  assert_err(TACET_ERR_REPLAY,
             member_process(f.to, tacet_buf_span(&w), &event));
  fixture_free();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_is_refused_and_leaves_no_trace),
      cmocka_unit_test(an_ended_group_takes_nothing),
      cmocka_unit_test(the_removed_take_no_changes),
      cmocka_unit_test(what_is_right_is_read),
      cmocka_unit_test(a_proposal_is_read_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
