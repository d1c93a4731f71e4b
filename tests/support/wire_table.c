/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/wire_table.h"

#include "tacet/wire.h"

#define AGAIN(name, type)                                                      \
  static tacet_err again_##name(tacet_span in, tacet_buf *out) {               \
    type m;                                                                    \
    TACET_TRY(type##_parse(in, &m));                                           \
    type##_write(out, &m);                                                     \
    return out->err;                                                           \
  }

/* The same for a message with a list, whose elements are written anew. */
#define AGAIN_LIST(name, type, member, count, element)                         \
  static tacet_err again_##name(tacet_span in, tacet_buf *out) {               \
    type m;                                                                    \
    element e;                                                                 \
    size_t n = 0;                                                              \
    TACET_TRY(type##_parse(in, &m));                                           \
    TACET_BUF(list, 1 << 24);                                                  \
    for (tacet_span left = m.member; element##_next(&left, &e); n++) {         \
      element##_write(&list, &e);                                              \
    }                                                                          \
    if (n != m.count) {                                                        \
      return TACET_ERR_STATE; /* the list that parse let through ends early */ \
    }                                                                          \
    TACET_TRY(list.err);                                                       \
    m.member = tacet_buf_span(&list);                                          \
    type##_write(out, &m);                                                     \
    return out->err;                                                           \
  }

AGAIN(create_account, tacet_create_account)
AGAIN(put_manifest, tacet_put_manifest)
AGAIN(lookup, tacet_lookup)
AGAIN(key_proofs, tacet_key_proofs)
AGAIN(log_query, tacet_log_query)
AGAIN(issuer_query, tacet_issuer_query)
AGAIN(log_heads, tacet_log_heads)
AGAIN(publish_answer, tacet_publish_answer)
AGAIN(claim, tacet_claim)
AGAIN(issuers, tacet_issuers)
AGAIN(draw, tacet_draw)
AGAIN(draw_answer, tacet_draw_answer)
AGAIN(change_mailbox, tacet_change_mailbox)
AGAIN(send_answer, tacet_send_answer)
AGAIN(slot_conflict, tacet_slot_conflict)
AGAIN(read_slots, tacet_read_slots)
AGAIN(blob_state, tacet_blob_state)
AGAIN(token, tacet_token)
AGAIN(token_draw, tacet_token_draw)
AGAIN_LIST(publish, tacet_publish, packages, n_packages,
           tacet_published_package)
AGAIN_LIST(claim_answer, tacet_claim_answer, packages, n_packages,
           tacet_claimed_package)
AGAIN_LIST(create_mailboxes, tacet_create_mailboxes, mailboxes, n_mailboxes,
           tacet_new_mailbox)
AGAIN_LIST(delete_mailboxes, tacet_delete_mailboxes, mailboxes, n_mailboxes,
           tacet_mailbox_key)
AGAIN_LIST(send, tacet_send, recipients, n_recipients, tacet_recipient)
AGAIN_LIST(slots_answer, tacet_slots_answer, slots, n_slots, tacet_slot)

static tacet_err again_lookup_answer(tacet_span in, tacet_buf *out) {
  tacet_lookup_answer m;
  size_t n = 0;
  tacet_span one;
  TACET_TRY(tacet_lookup_answer_parse(in, &m));
  TACET_BUF(list, 1 << 24);
  for (tacet_span left = m.manifests; tacet_opaque_list_next(&left, &one);
       n++) {
    tacet_opaque_list_add(&list, one);
  }
  if (n != m.n_manifests) {
    return TACET_ERR_STATE;
  }
  TACET_TRY(list.err);
  m.manifests = tacet_buf_span(&list);
  tacet_lookup_answer_write(out, &m);
  return out->err;
}

static tacet_err again_client_frame(tacet_span in, tacet_buf *out) {
  tacet_frame f;
  TACET_TRY(tacet_frame_parse(in, true, &f));
  tacet_frame_write(out, &f);
  return out->err;
}

static tacet_err again_server_frame(tacet_span in, tacet_buf *out) {
  tacet_frame f;
  tacet_subscription s;
  size_t n = 0;
  TACET_TRY(tacet_frame_parse(in, false, &f));
  for (tacet_span left = f.list; tacet_subscription_next(&left, &s); n++) {
  }
  if (f.type == TACET_FRAME_SUBSCRIBED && n != f.n_list) {
    return TACET_ERR_STATE;
  }
  tacet_frame_write(out, &f);
  return out->err;
}

static tacet_err again_auth(tacet_span in, tacet_buf *out) {
  tacet_auth a;
  char text[TACET_AUTH_TEXT_MAX];
  TACET_TRY(tacet_auth_parse(in, &a));
  tacet_auth_write(&a, text);
  tacet_write_bytes(out, tacet_span_str(text));
  return out->err;
}

/* ---- samples ---- */

static const uint8_t filler[4096] = {1, 2, 3, 4, 5, 6, 7, 8};
#define BYTES(n) tacet_span_of(filler, (n))

static void sample_create_account(tacet_buf *w) {
  tacet_create_account_write(
      w, &(tacet_create_account){.invite = BYTES(16), .manifest = BYTES(300)});
}
static void sample_put_manifest(tacet_buf *w) {
  tacet_put_manifest_write(w, &(tacet_put_manifest){BYTES(333)});
}
static void sample_lookup(tacet_buf *w) {
  tacet_lookup_write(w, &(tacet_lookup){.kind = TACET_LOOKUP_HANDLE,
                                        .key = TACET_SPAN_LIT("bob@localhost"),
                                        .from = 3,
                                        .log_size = 1234,
                                        .seen = 5,
                                        .token = BYTES(TACET_TOKEN_LEN)});
}
static void sample_key_proofs(tacet_buf *w) {
  tacet_key_proofs_write(
      w, &(tacet_key_proofs){BYTES(1200), BYTES(900), BYTES(24)});
}
static void sample_log_heads(tacet_buf *w) {
  tacet_log_heads_write(w, &(tacet_log_heads){BYTES(1200), BYTES(1300)});
}

static void sample_log_query(tacet_buf *w) {
  tacet_log_query_write(w, &(tacet_log_query){1234, 99});
}
static void sample_issuer_query(tacet_buf *w) {
  tacet_issuer_query_write(w, &(tacet_issuer_query){20006, 1234});
}
static void sample_lookup_answer(tacet_buf *w) {
  TACET_BUF(list, 1 << 16);
  tacet_opaque_list_add(&list, BYTES(200));
  tacet_opaque_list_add(&list, BYTES(1));
  tacet_lookup_answer_write(
      w,
      &(tacet_lookup_answer){.manifests = tacet_buf_span(&list), .more = true});
}
static void sample_publish(tacet_buf *w) {
  TACET_BUF(list, 1 << 16);
  for (int i = 0; i < 3; i++) {
    tacet_published_package_write(
        &list, &(tacet_published_package){i == 0, BYTES(2700)});
  }
  tacet_publish_write(w, &(tacet_publish){.packages = tacet_buf_span(&list)});
}
static void sample_publish_answer(tacet_buf *w) {
  tacet_publish_answer_write(w, &(tacet_publish_answer){BYTES(64)});
}
static void sample_claim(tacet_buf *w) {
  tacet_claim_write(w, &(tacet_claim){.token = BYTES(TACET_TOKEN_LEN)});
}
static void sample_claim_answer(tacet_buf *w) {
  TACET_BUF(list, 1 << 16);
  for (int i = 0; i < 2; i++) {
    tacet_claimed_package_write(
        &list, &(tacet_claimed_package){.last_resort = i == 1,
                                        .key_package = BYTES(100)});
  }
  tacet_claim_answer_write(
      w, &(tacet_claim_answer){.packages = tacet_buf_span(&list)});
}
static void sample_issuers(tacet_buf *w) {
  tacet_issuers_write(
      w, &(tacet_issuers){.n = 2,
                          .list = {{.kind = TACET_TOKEN_DIRECTORY,
                                    .first_day = 20000,
                                    .issue_until = 20006,
                                    .accept_until = 20013},
                                   {.kind = TACET_TOKEN_DELIVERY}}});
}
static void sample_draw(tacet_buf *w) {
  tacet_draw_write(
      w, &(tacet_draw){.kind = TACET_TOKEN_DELIVERY, .blinded = BYTES(96)});
}
static void sample_draw_answer(tacet_buf *w) {
  tacet_draw_answer_write(w, &(tacet_draw_answer){.evaluated = BYTES(96)});
}
static void sample_create_mailboxes(tacet_buf *w) {
  TACET_BUF(list, 1 << 16);
  for (uint8_t i = 0; i < 3; i++) {
    tacet_new_mailbox_write(&list,
                            &(tacet_new_mailbox){.id = {i}, .paid = i == 1});
  }
  tacet_create_mailboxes_write(
      w, &(tacet_create_mailboxes){.mailboxes = tacet_buf_span(&list)});
}
static void sample_change_mailbox(tacet_buf *w) {
  tacet_change_mailbox_write(w, &(tacet_change_mailbox){.drop_old = true});
}
static void sample_delete_mailboxes(tacet_buf *w) {
  TACET_BUF(list, 1 << 16);
  tacet_mailbox_key_write(&list, &(tacet_mailbox_key){.id = {9}});
  tacet_delete_mailboxes_write(
      w, &(tacet_delete_mailboxes){.mailboxes = tacet_buf_span(&list)});
}
static void sample_send(tacet_buf *w) {
  TACET_BUF(list, 1 << 16);
  for (uint8_t i = 0; i < 5; i++) {
    tacet_recipient_write(&list, &(tacet_recipient){.mailbox = {i}});
  }
  tacet_send_write(w, &(tacet_send){.recipients = tacet_buf_span(&list),
                                    .item = BYTES(256),
                                    .token = BYTES(TACET_TOKEN_LEN),
                                    .has_slot = true,
                                    .slot = {.body = BYTES(700)}});
}
static void sample_send_answer(tacet_buf *w) {
  static const uint8_t all[] = {0, 1, 2, 3, 4};
  tacet_send_answer_write(w, &(tacet_send_answer){tacet_span_of(all, 5)});
}
static void sample_slot_conflict(tacet_buf *w) {
  tacet_slot_conflict_write(w, &(tacet_slot_conflict){BYTES(500)});
}
static void sample_read_slots(tacet_buf *w) {
  tacet_read_slots_write(w, &(tacet_read_slots){BYTES(64)});
}
static void sample_slots_answer(tacet_buf *w) {
  TACET_BUF(list, 1 << 16);
  tacet_slot_write(&list, &(tacet_slot){.state = TACET_SLOT_EMPTY});
  tacet_slot_write(&list, &(tacet_slot){TACET_SLOT_TAKEN, BYTES(80)});
  tacet_slot_write(&list, &(tacet_slot){.state = TACET_SLOT_EXPIRED});
  tacet_slots_answer_write(
      w, &(tacet_slots_answer){.slots = tacet_buf_span(&list)});
}
static void sample_blob_state(tacet_buf *w) {
  tacet_blob_state_write(w, &(tacet_blob_state){.received = 5, .total = 9});
}
static void sample_token(tacet_buf *w) {
  tacet_token_write(w, &(tacet_token){.nonce = {7}});
}
static void sample_token_draw(tacet_buf *w) {
  tacet_token_draw_write(
      w, &(tacet_token_draw){.kind = TACET_TOKEN_DELIVERY, .n = 2});
}
static void sample_client_frame(tacet_buf *w) {
  TACET_BUF(list, 1 << 16);
  for (uint8_t i = 0; i < 4; i++) {
    tacet_mailbox_key_write(&list, &(tacet_mailbox_key){.id = {i}});
  }
  tacet_frame_write(w, &(tacet_frame){.type = TACET_FRAME_SUBSCRIBE,
                                      .list = tacet_buf_span(&list)});
}
static void sample_ack(tacet_buf *w) {
  tacet_frame_write(w,
                    &(tacet_frame){.type = TACET_FRAME_ACK, .seq = UINT64_MAX});
}
static void sample_server_frame(tacet_buf *w) {
  tacet_frame_write(w, &(tacet_frame){.type = TACET_FRAME_ITEM,
                                      .seq = 77,
                                      .number = 255,
                                      .body = BYTES(300)});
}
static void sample_subscribed(tacet_buf *w) {
  TACET_BUF(list, 1 << 16);
  tacet_subscription_write(
      &list, &(tacet_subscription){.known = true, .acknowledged = 9});
  tacet_subscription_write(&list, &(tacet_subscription){.known = false});
  tacet_frame_write(w, &(tacet_frame){.type = TACET_FRAME_SUBSCRIBED,
                                      .list = tacet_buf_span(&list)});
}
static void sample_auth(tacet_buf *w) {
  char text[TACET_AUTH_TEXT_MAX];
  tacet_auth_write(&(tacet_auth){.account_id = {1}, .signature = {2}}, text);
  tacet_write_bytes(w, tacet_span_str(text));
}

#define ROW(name)                                                              \
  { #name, again_##name, sample_##name }
const wire_row wire_table[] = {
    ROW(create_account),
    ROW(put_manifest),
    ROW(lookup),
    ROW(key_proofs),
    ROW(log_query),
    ROW(log_heads),
    ROW(lookup_answer),
    ROW(publish),
    ROW(publish_answer),
    ROW(claim),
    ROW(claim_answer),
    ROW(issuers),
    ROW(draw),
    ROW(draw_answer),
    ROW(create_mailboxes),
    ROW(change_mailbox),
    ROW(delete_mailboxes),
    ROW(send),
    ROW(send_answer),
    ROW(slot_conflict),
    ROW(read_slots),
    ROW(slots_answer),
    ROW(blob_state),
    ROW(token),
    ROW(token_draw),
    ROW(client_frame),
    ROW(server_frame),
    {"ack", again_client_frame, sample_ack},
    {"subscribed", again_server_frame, sample_subscribed},
    ROW(auth),
    ROW(issuer_query),
};
const size_t wire_table_n = sizeof(wire_table) / sizeof(wire_table[0]);
