/* SPDX-License-Identifier: Apache-2.0
 * Mailboxes, from the batch to the grave. */
#include "client/mailboxes.h"

#include "client/clock.h"
#include "client/tokens.h"

#define BATCH TACET_MAILBOXES_MAX
#define BATCH_PAID 8 /* one a week is used */
#define TOKEN_TRIES 8
#define OLD_MOST                                                               \
  (7 * CLIENT_DAY) /* that one is read, or waits to be deleted                 \
                    */

tacet_err client_mailbox_get(client *c, tacet_span id, client_mem *mem,
                             client_mailbox *out) {
  return client_get(c, CLIENT_T_MAILBOX, id, client_mailbox_fields, out,
                    sizeof(*out), mem);
}

tacet_err client_mailbox_save(client *c, client_mailbox *m) {
  return client_put(c, CLIENT_T_MAILBOX, tacet_span_of(m->id, sizeof(m->id)),
                    TACET_SPAN_EMPTY, m->made_at, client_mailbox_fields, m);
}

tacet_err client_mailbox_list(client *c, client_mem *mem, client_mailbox **list,
                              size_t *n) {
  const client_row *rows;
  size_t count;
  client_range all = {.limit = 0};
  TACET_TRY(
      client_store_list(c->store, CLIENT_T_MAILBOX, &all, mem, &rows, &count));
  client_mailbox *found = client_mem_array(mem, count, sizeof(*found));
  if (found == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < count; i++) {
    TACET_TRY(client_parse(c, &rows[i], client_mailbox_fields, &found[i],
                           sizeof(found[i]), mem));
  }
  *list = found;
  *n = count;
  return TACET_OK;
}

static tacet_err list_of_use(client *c, uint8_t use, client_mem *mem,
                             client_mailbox **list, size_t *n) {
  client_mailbox *all;
  size_t count, kept = 0;
  TACET_TRY(client_mailbox_list(c, mem, &all, &count));
  for (size_t i = 0; i < count; i++) {
    if (all[i].use == use) {
      all[kept++] = all[i];
    }
  }
  *list = all;
  *n = kept;
  return TACET_OK;
}

static tacet_err list_spare(client *c, bool paid, client_mem *mem,
                            client_mailbox **list, size_t *n) {
  size_t count, kept = 0;
  TACET_TRY(list_of_use(c, CLIENT_MAILBOX_SPARE, mem, list, &count));
  for (size_t i = 0; i < count; i++) {
    if ((*list)[i].paid == paid) {
      (*list)[kept++] = (*list)[i];
    }
  }
  *n = kept;
  return TACET_OK;
}

/* ---- making ---- */

static tacet_err draw_secret(tacet_secret *s) {
  s->len = CLIENT_SECRET_LEN;
  return tacet_random(s->b, s->len);
}

/* A batch with its keys, in the store before the server hears of it: a request
 * whose answer is lost can be repeated. */
static tacet_err prepare(client *c, bool paid) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  for (size_t i = 0; i < (paid ? BATCH_PAID : BATCH); i++) {
    client_mailbox m = {
        .use = CLIENT_MAILBOX_MAKING, .made_at = client_now(c), .paid = paid};
    TACET_TRY(tacet_random(m.id, sizeof(m.id)));
    TACET_TRY(draw_secret(&m.read));
    TACET_TRY(draw_secret(&m.capability));
    TACET_TRY(tacet_seal_key_new(&m.sealing, m.sealing_public));
    TACET_TRY(client_mailbox_save(c, &m));
    tacet_wipe(&m, sizeof(m));
  }
  return client_tx_commit(&tx);
}

static tacet_err write_batch(client_mailbox *list, size_t n, tacet_buf *w) {
  for (size_t i = 0; i < n; i++) {
    tacet_new_mailbox m = {.paid = list[i].paid};
    memcpy(m.id, list[i].id, sizeof(m.id));
    TACET_TRY(tacet_hash_one(&tacet_hash_sha256,
                             tacet_secret_span(&list[i].read), m.read_hash));
    TACET_TRY(tacet_hash_one(&tacet_hash_sha256,
                             tacet_secret_span(&list[i].capability),
                             m.capability_hash));
    memcpy(m.sealing_key, list[i].sealing_public, sizeof(m.sealing_key));
    tacet_new_mailbox_write(w, &m);
  }
  return w->err;
}

static tacet_err made(client *c, client_mailbox *list, size_t n,
                      tacet_span token) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  for (size_t i = 0; i < n; i++) {
    list[i].use = CLIENT_MAILBOX_SPARE;
    TACET_TRY(client_mailbox_save(c, &list[i]));
  }
  TACET_TRY(client_tokens_spent(c, token));
  return client_tx_commit(&tx);
}

static tacet_err drop_token(client *c, tacet_span token) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_tokens_spent(c, token));
  return client_tx_commit(&tx);
}

/* Asks the server for what stands in the store as not made yet. */
static tacet_err make(client *c) {
  CLIENT_MEM(mem);
  client_mailbox *list;
  size_t n;
  TACET_TRY(list_of_use(c, CLIENT_MAILBOX_MAKING, &mem, &list, &n));
  TACET_BUF(batch, 64 * 1024);
  TACET_TRY(write_batch(list, n, &batch));
  for (int tries = 0; tries < TOKEN_TRIES; tries++) {
    tacet_span token;
    TACET_TRY(client_tokens_pick(c, TACET_TOKEN_DELIVERY, 0, &mem, &token));
    tacet_create_mailboxes ask = {.mailboxes = tacet_buf_span(&batch)};
    TACET_TRY(tacet_token_parse(token, &ask.token));
    TACET_BUF(w, 64 * 1024);
    tacet_create_mailboxes_write(&w, &ask);
    TACET_TRY(w.err);
    client_reply reply;
    TACET_TRY(client_ask_plain(c, CLIENT_DELIVERY, "POST", "/v1/mailboxes",
                               tacet_buf_span(&w), &mem, &reply));
    if (reply.code == TACET_WIRE_OK) {
      return made(c, list, n, token);
    }
    if (!client_tokens_refused(reply.code)) {
      return client_expect_ok(c, &reply);
    }
    TACET_TRY(drop_token(c, token));
  }
  return client_fail(&c->detail, CLIENT_REFUSED, "token",
                     "The server takes none of this device's tokens; check the "
                     "clock and try again tomorrow.");
}

static tacet_err ensure(client *c, size_t n, bool paid) {
  for (;;) {
    CLIENT_MEM(mem);
    client_mailbox *list;
    size_t spare, making;
    TACET_TRY(list_spare(c, paid, &mem, &list, &spare));
    if (spare >= n) {
      return TACET_OK;
    }
    TACET_TRY(list_of_use(c, CLIENT_MAILBOX_MAKING, &mem, &list, &making));
    if (making == 0) {
      TACET_TRY(prepare(c, paid));
    }
    TACET_TRY(make(c));
  }
}

tacet_err client_mailboxes_ensure(client *c, size_t n) {
  return ensure(c, n, false);
}

tacet_err client_mailboxes_ensure_paid(client *c) {
  return ensure(c, 1, true);
}

static tacet_err take(client *c, bool paid, client_mem *mem,
                      client_mailbox *out) {
  client_mailbox *list;
  size_t n;
  TACET_TRY(list_spare(c, paid, mem, &list, &n));
  if (n == 0) {
    return TACET_ERR_NOT_FOUND;
  }
  /* Any of them: rows of one batch lie side by side at the server. */
  uint64_t i;
  TACET_TRY(client_chance(c, n, &i));
  *out = list[i];
  return TACET_OK;
}

tacet_err client_mailbox_take(client *c, client_mem *mem, client_mailbox *out) {
  return take(c, false, mem, out);
}

tacet_err client_mailbox_take_paid(client *c, client_mem *mem,
                                   client_mailbox *out) {
  return take(c, true, mem, out);
}

/* ---- another capability ---- */

static tacet_err save_one(client *c, client_mailbox *m) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_mailbox_save(c, m));
  return client_tx_commit(&tx);
}

tacet_err client_mailbox_rotate(client *c, client_mailbox *m) {
  CLIENT_MEM(mem);
  if (m->next_capability.len == 0) { /* kept, so that it can be said again */
    TACET_TRY(draw_secret(&m->next_capability));
    TACET_TRY(save_one(c, m));
  }
  tacet_change_mailbox ask = {.drop_old = false};
  memcpy(ask.id, m->id, sizeof(ask.id));
  memcpy(ask.read_secret, m->read.b, sizeof(ask.read_secret));
  TACET_TRY(tacet_hash_one(&tacet_hash_sha256,
                           tacet_secret_span(&m->next_capability),
                           ask.capability_hash));
  TACET_BUF(w, 256);
  tacet_change_mailbox_write(&w, &ask);
  TACET_TRY(w.err);
  client_reply reply;
  TACET_TRY(client_ask_plain(c, CLIENT_DELIVERY, "PATCH", "/v1/mailboxes",
                             tacet_buf_span(&w), &mem, &reply));
  TACET_TRY(client_expect_ok(c, &reply));
  TACET_TRY(
      tacet_secret_set(&m->capability, tacet_secret_span(&m->next_capability)));
  tacet_secret_wipe(&m->next_capability);
  return save_one(c, m);
}

/* ---- ending ---- */

tacet_err client_mailbox_condemn(client *c, tacet_span id) {
  CLIENT_MEM(mem);
  client_mailbox m;
  tacet_err e = client_mailbox_get(c, id, &mem, &m);
  if (e == TACET_ERR_NOT_FOUND) {
    return TACET_OK;
  }
  TACET_TRY(e);
  uint64_t wait;
  TACET_TRY(client_chance(c, CLIENT_DAY, &wait));
  m.use = CLIENT_MAILBOX_CONDEMNED;
  m.until = client_now(c) + wait;
  return client_mailbox_save(c, &m);
}

tacet_err client_mailbox_leave(client *c, tacet_span id) {
  CLIENT_MEM(mem);
  client_mailbox m;
  tacet_err e = client_mailbox_get(c, id, &mem, &m);
  if (e != TACET_OK) {
    return e == TACET_ERR_NOT_FOUND ? TACET_OK : e;
  }
  return m.last_resort ? TACET_OK : client_mailbox_condemn(c, id);
}

static bool is_over(const client *c, const client_mailbox *m) {
  return (m->use == CLIENT_MAILBOX_OLD || m->use == CLIENT_MAILBOX_CONDEMNED) &&
         client_is_due(c, m->until, OLD_MOST);
}

/* One at a time: a request with several would tie them together. */
static tacet_err delete_one(client *c, const client_mailbox *m) {
  CLIENT_MEM(mem);
  tacet_mailbox_key key = {.id = {0}};
  memcpy(key.id, m->id, sizeof(key.id));
  memcpy(key.read_secret, m->read.b, sizeof(key.read_secret));
  TACET_BUF(one, 256);
  tacet_mailbox_key_write(&one, &key);
  tacet_delete_mailboxes ask = {.mailboxes = tacet_buf_span(&one)};
  TACET_BUF(w, 256);
  tacet_delete_mailboxes_write(&w, &ask);
  TACET_TRY(w.err);
  client_reply reply;
  TACET_TRY(client_ask_plain(c, CLIENT_DELIVERY, "DELETE", "/v1/mailboxes",
                             tacet_buf_span(&w), &mem, &reply));
  if (reply.code != TACET_WIRE_MAILBOX) { /* else it was gone */
    TACET_TRY(client_expect_ok(c, &reply));
  }
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_store_delete(c->store, CLIENT_T_MAILBOX,
                                tacet_span_of(m->id, sizeof(m->id))));
  return client_tx_commit(&tx);
}

tacet_err client_mailboxes_upkeep(client *c) {
  CLIENT_MEM(mem);
  client_mailbox *list;
  size_t n;
  TACET_TRY(client_mailbox_list(c, &mem, &list, &n));
  for (size_t i = 0; i < n; i++) {
    if (is_over(c, &list[i])) {
      TACET_TRY(delete_one(c, &list[i]));
    }
  }
  return TACET_OK;
}
