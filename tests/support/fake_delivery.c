/* SPDX-License-Identifier: Apache-2.0
 * The fake server: the delivery half and its link. */
#include "tests/support/fake_server.h"

#include <stdio.h>
#include <stdlib.h>

#include "tacet/crypto.h"
#include "tacet/wire/seal.h"

#define OK(call)                                                               \
  do {                                                                         \
    if ((call) != TACET_OK) {                                                  \
      abort();                                                                 \
    }                                                                          \
  } while (0)

static bool hashes_to(const uint8_t secret[32], const uint8_t hash[32]) {
  uint8_t got[32];
  OK(tacet_hash_one(&tacet_hash_sha256, tacet_span_of(secret, 32), got));
  return memcmp(got, hash, 32) == 0;
}

fake_mailbox *fake_mailbox_find(fake_server *s, const uint8_t id[16]) {
  for (size_t i = 0; i < s->n_mailboxes; i++) {
    if (memcmp(s->mailboxes[i]->id, id, 16) == 0 && !s->mailboxes[i]->gone) {
      return s->mailboxes[i];
    }
  }
  return NULL;
}

/* ---- mailboxes ---- */

static void create_mailboxes(fake_server *s, tacet_span body, fake_reply *out) {
  tacet_create_mailboxes m;
  if (tacet_create_mailboxes_parse(body, &m) != TACET_OK) {
    fake_problem(out, TACET_WIRE_MALFORMED);
    return;
  }
  tacet_span list = m.mailboxes;
  tacet_new_mailbox one;
  bool any = false;
  while (tacet_new_mailbox_next(&list, &one)) {
    any = any || fake_mailbox_find(s, one.id) == NULL;
  }
  TACET_BUF(token, TACET_TOKEN_LEN);
  tacet_token_write(&token, &m.token);
  tacet_wire_error e =
      any ? fake_spend(s, TACET_TOKEN_DELIVERY, tacet_buf_span(&token))
          : TACET_WIRE_OK;
  if (e != TACET_WIRE_OK) {
    fake_problem(out, e);
    return;
  }
  list = m.mailboxes;
  while (tacet_new_mailbox_next(&list, &one)) {
    if (fake_mailbox_find(s, one.id) != NULL) {
      continue;
    }
    fake_mailbox *b = calloc(1, sizeof(*b));
    memcpy(b->id, one.id, 16);
    memcpy(b->read_hash, one.read_hash, 32);
    memcpy(b->capability_hash, one.capability_hash, 32);
    memcpy(b->sealing_key, one.sealing_key, 32);
    b->paid = one.paid;
    b->next_seq = 1;
    s->mailboxes =
        fake_grow(s->mailboxes, &s->n_mailboxes, sizeof(fake_mailbox *));
    s->mailboxes[s->n_mailboxes - 1] = b;
  }
  out->status = 201;
}

static void change_mailbox(fake_server *s, tacet_span body, fake_reply *out) {
  tacet_change_mailbox m;
  if (tacet_change_mailbox_parse(body, &m) != TACET_OK) {
    fake_problem(out, TACET_WIRE_MALFORMED);
    return;
  }
  fake_mailbox *b = fake_mailbox_find(s, m.id);
  if (b == NULL || !hashes_to(m.read_secret, b->read_hash)) {
    fake_problem(out, TACET_WIRE_MAILBOX);
    return;
  }
  memcpy(b->old_hash, b->capability_hash, 32);
  b->has_old = !m.drop_old;
  memcpy(b->capability_hash, m.capability_hash, 32);
  out->status = 200;
}

static void drop_items(fake_mailbox *b, uint64_t up_to) {
  size_t kept = 0;
  for (size_t i = 0; i < b->n_items; i++) {
    if (b->items[i].seq <= up_to) {
      free(b->items[i].sealed.p);
    } else {
      b->items[kept++] = b->items[i];
    }
  }
  b->n_items = kept;
}

static void delete_mailboxes(fake_server *s, tacet_span body, fake_reply *out) {
  tacet_delete_mailboxes m;
  if (tacet_delete_mailboxes_parse(body, &m) != TACET_OK) {
    fake_problem(out, TACET_WIRE_MALFORMED);
    return;
  }
  tacet_mailbox_key key;
  while (tacet_mailbox_key_next(&m.mailboxes, &key)) {
    fake_mailbox *b = fake_mailbox_find(s, key.id);
    if (b != NULL && hashes_to(key.read_secret, b->read_hash)) {
      b->gone = true;
      drop_items(b, UINT64_MAX);
    }
  }
  out->status = 200;
}

/* ---- sending ---- */

static void store_item(fake_mailbox *b, tacet_span item) {
  tacet_sealer sealer;
  OK(tacet_sealer_new(b->sealing_key, b->id, &sealer));
  b->items = fake_grow(b->items, &b->n_items, sizeof(fake_item));
  fake_item *i = &b->items[b->n_items - 1];
  i->seq = b->next_seq++;
  i->sealed.len = item.len + TACET_SEAL_TAG_LEN;
  i->sealed.p = malloc(i->sealed.len);
  OK(tacet_sealer_seal(&sealer, item, &i->number, i->sealed.p));
  memcpy(i->enc, sealer.enc, 32);
  tacet_sealer_wipe(&sealer);
}

/* *paid: a token is at hand; it is used up by who wants one. */
static uint8_t deliver(fake_server *s, const tacet_recipient *r,
                       tacet_span item, bool store, bool *paid) {
  fake_mailbox *b = fake_mailbox_find(s, r->mailbox);
  if (b == NULL) {
    return TACET_DELIVERY_GONE;
  }
  if (!hashes_to(r->capability, b->capability_hash) &&
      !(b->has_old && hashes_to(r->capability, b->old_hash))) {
    return TACET_DELIVERY_STALE;
  }
  if (b->full) {
    return TACET_DELIVERY_FULL;
  }
  if (b->paid && !*paid) {
    return TACET_DELIVERY_TOKEN_NEEDED;
  }
  *paid = *paid && !b->paid;
  if (!store) {
    return TACET_DELIVERY_STORED;
  }
  s->n_stored++;
  if (s->drop_items > 0) {
    s->drop_items--;
    return TACET_DELIVERY_STORED;
  }
  store_item(b, item);
  if (s->repeat_items > 0) {
    s->repeat_items--;
    store_item(b, item);
  }
  return TACET_DELIVERY_STORED;
}

static fake_slot *slot_find(fake_server *s, const uint8_t name[32]) {
  for (size_t i = 0; i < s->n_slots; i++) {
    if (memcmp(s->slots[i].name, name, 32) == 0) {
      return &s->slots[i];
    }
  }
  return NULL;
}

/* False where the claim is refused, with the answer set. */
static bool claim_slot(fake_server *s, tacet_send *m, bool any_right,
                       fake_reply *out) {
  fake_slot *slot = slot_find(s, m->slot.name);
  if (slot != NULL && slot->expired) {
    fake_problem(out, TACET_WIRE_SLOT_EXPIRED);
    return false;
  }
  if (slot != NULL) {
    tacet_span won = tacet_span_of(slot->body.p, slot->body.len);
    if (tacet_span_equal(won, m->slot.body)) {
      return true;
    }
    tacet_slot_conflict conflict = {won};
    TACET_BUF(w, 4u << 20);
    tacet_slot_conflict_write(&w, &conflict);
    fake_answer(out, 409, &w);
    out->raw = true;
    return false;
  }
  bool costs = !any_right || m->slot.body.len > TACET_SLOT_FREE_MAX;
  if (costs) {
    tacet_wire_error e = m->token.len == 0 && !any_right
                             ? TACET_WIRE_NO_RECIPIENT
                             : fake_spend(s, TACET_TOKEN_DELIVERY, m->token);
    if (e != TACET_WIRE_OK) {
      fake_problem(out, e);
      return false;
    }
    m->token = TACET_SPAN_EMPTY;
  }
  s->slots = fake_grow(s->slots, &s->n_slots, sizeof(fake_slot));
  slot = &s->slots[s->n_slots - 1];
  memcpy(slot->name, m->slot.name, 32);
  slot->body = fake_copy(m->slot.body);
  return true;
}

static void send_item(fake_server *s, tacet_span body, fake_reply *out) {
  tacet_send m;
  s->n_sends++;
  if (tacet_send_parse(body, &m) != TACET_OK) {
    fake_problem(out, TACET_WIRE_MALFORMED);
    return;
  }
  bool any_right = false, wanted = false, paid = false;
  tacet_span list = m.recipients;
  tacet_recipient r;
  while (tacet_recipient_next(&list, &r)) {
    bool one = true;
    uint8_t d = deliver(s, &r, m.item, false, &one);
    any_right = any_right || d == TACET_DELIVERY_STORED;
    wanted = wanted || !one;
  }
  if (m.has_slot && !claim_slot(s, &m, any_right, out)) {
    return;
  }
  if (wanted && m.token.len > 0) {
    tacet_wire_error e = fake_spend(s, TACET_TOKEN_DELIVERY, m.token);
    if (e != TACET_WIRE_OK) {
      fake_problem(out, e);
      return;
    }
    paid = true;
  }
  TACET_BUF(each, TACET_RECIPIENTS_MAX);
  list = m.recipients;
  while (tacet_recipient_next(&list, &r)) {
    tacet_write_u8(&each, deliver(s, &r, m.item, true, &paid));
  }
  tacet_send_answer answer = {tacet_buf_span(&each)};
  TACET_BUF(w, 4096);
  tacet_send_answer_write(&w, &answer);
  fake_answer(out, 200, &w);
}

static void read_slots(fake_server *s, tacet_span body, fake_reply *out) {
  tacet_read_slots m;
  if (tacet_read_slots_parse(body, &m) != TACET_OK) {
    fake_problem(out, TACET_WIRE_MALFORMED);
    return;
  }
  TACET_BUF(list, 4u << 20);
  for (size_t i = 0; i + 32 <= m.names.len; i += 32) {
    fake_slot *slot = slot_find(s, m.names.p + i);
    tacet_slot one = {.state = TACET_SLOT_EMPTY};
    if (slot != NULL && slot->expired) {
      one.state = TACET_SLOT_EXPIRED;
    } else if (slot != NULL) {
      one.state = TACET_SLOT_TAKEN;
      one.body = tacet_span_of(slot->body.p, slot->body.len);
    }
    tacet_slot_write(&list, &one);
  }
  tacet_slots_answer answer = {.slots = tacet_buf_span(&list)};
  TACET_BUF(w, 5u << 20);
  tacet_slots_answer_write(&w, &answer);
  fake_answer(out, 200, &w);
}

/* ---- blobs ---- */

static bool blob_id(const client_call *call, uint8_t id[32]) {
  const char *text = fake_header(call, "Tacet-Capability");
  size_t len;
  return text != NULL &&
         tacet_base64url_read(text, strlen(text), id, 32, &len) == TACET_OK &&
         len == 32;
}

static fake_blob *blob_find(fake_server *s, const uint8_t id[32]) {
  for (size_t i = 0; i < s->n_blobs; i++) {
    if (memcmp(s->blobs[i].id, id, 32) == 0) {
      return &s->blobs[i];
    }
  }
  return NULL;
}

static tacet_wire_error pay_blob(fake_server *s, const client_call *call,
                                 uint64_t total) {
  const char *p = fake_header(call, "Tacet-Token");
  for (uint32_t i = 0; i < tacet_blob_tokens(total); i++) {
    uint8_t token[TACET_TOKEN_LEN];
    size_t len = 0;
    if (p == NULL || *p == '\0') {
      return TACET_WIRE_TOKEN_NEEDED;
    }
    size_t n = strcspn(p, ", ");
    if (tacet_base64url_read(p, n, token, sizeof(token), &len) != TACET_OK) {
      return TACET_WIRE_TOKEN;
    }
    tacet_wire_error e =
        fake_spend(s, TACET_TOKEN_DELIVERY, tacet_span_of(token, len));
    if (e != TACET_WIRE_OK) {
      return e;
    }
    p += n;
    p += strspn(p, ", ");
  }
  return TACET_WIRE_OK;
}

static void blob_state(fake_reply *out, unsigned status, const fake_blob *b) {
  tacet_blob_state state = {b == NULL ? 0 : b->received,
                            b == NULL ? 0 : b->data.len};
  TACET_BUF(w, 64);
  tacet_blob_state_write(&w, &state);
  fake_answer(out, status, &w);
  out->raw = true;
}

static void put_blob(fake_server *s, const client_call *call, fake_reply *out) {
  uint8_t id[32];
  const char *range = fake_header(call, "Content-Range");
  unsigned long long first, last, total;
  if (!blob_id(call, id) || range == NULL) {
    fake_problem(out, TACET_WIRE_MALFORMED);
    return;
  }
  fake_blob *b = blob_find(s, id);
  if (sscanf(range, "bytes */%llu", &total) == 1) {
    blob_state(out, 200, b);
    return;
  }
  if (sscanf(range, "bytes %llu-%llu/%llu", &first, &last, &total) != 3 ||
      last + 1 - first != call->body.len || last >= total ||
      call->body.len > TACET_BLOB_PIECE_MAX) {
    fake_problem(out, TACET_WIRE_MALFORMED);
    return;
  }
  if (b == NULL && first == 0) {
    tacet_wire_error e = pay_blob(s, call, total);
    if (e != TACET_WIRE_OK) {
      fake_problem(out, e);
      return;
    }
    s->blobs = fake_grow(s->blobs, &s->n_blobs, sizeof(fake_blob));
    b = &s->blobs[s->n_blobs - 1];
    memcpy(b->id, id, 32);
    b->data = (fake_bytes){calloc(1, total), total};
  }
  if (b == NULL || first != b->received || total != b->data.len) {
    blob_state(out, 409, b);
    return;
  }
  memcpy(b->data.p + first, call->body.p, call->body.len);
  b->received += call->body.len;
  blob_state(out, b->received == total ? 201 : 200, b);
}

static void get_blob(fake_server *s, const client_call *call, fake_reply *out) {
  uint8_t id[32];
  const char *range = fake_header(call, "Range");
  unsigned long long first = 0, last = 0;
  fake_blob *b = blob_id(call, id) ? blob_find(s, id) : NULL;
  if (b == NULL || b->received != b->data.len) {
    fake_problem(out, TACET_WIRE_BLOB);
    return;
  }
  last = b->data.len - 1;
  if (range != NULL && sscanf(range, "bytes=%llu-%llu", &first, &last) != 2) {
    fake_problem(out, TACET_WIRE_MALFORMED);
    return;
  }
  if (first >= b->data.len) {
    fake_problem(out, TACET_WIRE_RANGE);
    return;
  }
  last = last >= b->data.len ? b->data.len - 1 : last;
  s->n_blob_bytes += last - first + 1;
  out->status = range != NULL ? 206 : 200;
  out->body = fake_copy(tacet_span_of(b->data.p + first, last - first + 1));
}

void fake_delivery(fake_server *s, const client_call *call, fake_reply *out) {
  const char *path = call->path;
  char m = call->method[0];
  if (strcmp(path, "/v1/mailboxes") == 0 && m == 'P') {
    if (call->method[1] == 'O') {
      create_mailboxes(s, call->body, out);
    } else {
      change_mailbox(s, call->body, out);
    }
  } else if (strcmp(path, "/v1/mailboxes") == 0) {
    delete_mailboxes(s, call->body, out);
  } else if (strcmp(path, "/v1/send") == 0) {
    send_item(s, call->body, out);
  } else if (strcmp(path, "/v1/slots") == 0) {
    read_slots(s, call->body, out);
  } else if (strcmp(path, "/v1/blobs") == 0 && m == 'P') {
    put_blob(s, call, out);
  } else if (strcmp(path, "/v1/blobs") == 0) {
    get_blob(s, call, out);
  } else {
    fake_problem(out, TACET_WIRE_NOT_FOUND);
  }
}

/* ---- the link ---- */

static void queue_frame(fake_link *l, const tacet_frame *f) {
  TACET_BUF(w, TACET_FRAME_MAX);
  tacet_frame_write(&w, f);
  OK(w.err);
  l->queue = fake_grow(l->queue, &l->n_queue, sizeof(fake_bytes));
  l->queue[l->n_queue - 1] = fake_copy(tacet_buf_span(&w));
}

void fake_link_open(fake_server *s, fake_link *l) {
  (void)s;
  fake_link_close(l);
  l->open = true;
  tacet_frame hello = {.type = TACET_FRAME_HELLO, .number = 256};
  queue_frame(l, &hello);
}

void fake_link_close(fake_link *l) {
  for (size_t i = 0; i < l->n_queue; i++) {
    free(l->queue[i].p);
  }
  free(l->queue);
  free(l->subs);
  *l = (fake_link){0};
}

static void subscribe(fake_server *s, fake_link *l, tacet_span list) {
  tacet_mailbox_key key;
  TACET_BUF(answer, TACET_FRAME_MAX);
  while (tacet_mailbox_key_next(&list, &key)) {
    fake_mailbox *b = fake_mailbox_find(s, key.id);
    tacet_subscription one = {.known = false};
    memcpy(one.mailbox, key.id, 16);
    if (b != NULL && hashes_to(key.read_secret, b->read_hash)) {
      one.known = true;
      one.acknowledged = b->acknowledged;
      l->subs = fake_grow(l->subs, &l->n_subs, sizeof(fake_subscription));
      l->subs[l->n_subs - 1] = (fake_subscription){b, b->acknowledged};
    }
    tacet_subscription_write(&answer, &one);
  }
  tacet_frame f = {.type = TACET_FRAME_SUBSCRIBED,
                   .list = tacet_buf_span(&answer)};
  queue_frame(l, &f);
  l->caught_up_due = true;
}

void fake_link_send(fake_server *s, fake_link *l, tacet_span frame) {
  tacet_frame f;
  OK(tacet_frame_parse(frame, true, &f));
  if (f.type == TACET_FRAME_SUBSCRIBE) {
    subscribe(s, l, f.list);
  } else if (f.type == TACET_FRAME_ACK) {
    fake_mailbox *b = fake_mailbox_find(s, f.mailbox);
    if (b != NULL && f.seq > b->acknowledged) {
      b->acknowledged = f.seq;
      drop_items(b, f.seq);
    }
  } else if (f.type == TACET_FRAME_UNSUBSCRIBE) {
    for (size_t i = 0; i < l->n_subs; i++) {
      for (size_t k = 0; k + 16 <= f.list.len; k += 16) {
        if (memcmp(l->subs[i].m->id, f.list.p + k, 16) == 0) {
          l->subs[i].pushed = UINT64_MAX;
        }
      }
    }
  }
}

bool fake_link_next(fake_server *s, fake_link *l, fake_bytes *out) {
  for (size_t i = 0; l->n_queue == 0 && i < l->n_subs; i++) {
    fake_subscription *sub =
        &l->subs[s->last_mailbox_first ? l->n_subs - 1 - i : i];
    for (size_t k = 0; k < sub->m->n_items && l->n_queue == 0; k++) {
      const fake_item *item = &sub->m->items[k];
      if (item->seq > sub->pushed) {
        tacet_frame f = {.type = TACET_FRAME_ITEM,
                         .seq = item->seq,
                         .number = item->number,
                         .body =
                             tacet_span_of(item->sealed.p, item->sealed.len)};
        memcpy(f.mailbox, sub->m->id, 16);
        memcpy(f.enc, item->enc, 32);
        queue_frame(l, &f);
        sub->pushed = item->seq;
      }
    }
  }
  if (l->n_queue == 0 && l->caught_up_due) {
    tacet_frame f = {.type = TACET_FRAME_CAUGHT_UP};
    queue_frame(l, &f);
    l->caught_up_due = false;
  }
  if (l->n_queue == 0) {
    return false;
  }
  *out = l->queue[0];
  memmove(&l->queue[0], &l->queue[1], (l->n_queue - 1) * sizeof(fake_bytes));
  l->n_queue--;
  return true;
}

/* ---- looking in ---- */

size_t fake_server_waiting(const fake_server *s) {
  size_t n = 0;
  for (size_t i = 0; i < s->n_mailboxes; i++) {
    n += s->mailboxes[i]->n_items;
  }
  return n;
}

bool fake_delivery_holds(const fake_server *s, tacet_span needle) {
  for (size_t i = 0; i < s->n_mailboxes; i++) {
    for (size_t k = 0; k < s->mailboxes[i]->n_items; k++) {
      const fake_bytes *b = &s->mailboxes[i]->items[k].sealed;
      if (memmem(b->p, b->len, needle.p, needle.len) != NULL) {
        return true;
      }
    }
  }
  for (size_t i = 0; i < s->n_slots; i++) {
    if (memmem(s->slots[i].body.p, s->slots[i].body.len, needle.p,
               needle.len) != NULL) {
      return true;
    }
  }
  for (size_t i = 0; i < s->n_blobs; i++) {
    if (memmem(s->blobs[i].data.p, s->blobs[i].data.len, needle.p,
               needle.len) != NULL) {
      return true;
    }
  }
  return false;
}

void fake_delivery_free(fake_server *s) {
  for (size_t i = 0; i < s->n_mailboxes; i++) {
    drop_items(s->mailboxes[i], UINT64_MAX);
    free(s->mailboxes[i]->items);
    free(s->mailboxes[i]);
  }
  for (size_t i = 0; i < s->n_slots; i++) {
    free(s->slots[i].body.p);
  }
  for (size_t i = 0; i < s->n_blobs; i++) {
    free(s->blobs[i].data.p);
  }
  free(s->mailboxes);
  free(s->slots);
  free(s->blobs);
}
