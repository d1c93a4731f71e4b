/* SPDX-License-Identifier: Apache-2.0
 * Tokens: drawn, kept, spent. */
#include "client/tokens.h"
#include "client/clock.h"
#include "client/issuers.h"

#define LOW 24 /* draw when fewer are left */

static tacet_span parent_of(tacet_token_kind kind) {
  return kind == TACET_TOKEN_DIRECTORY ? TACET_SPAN_LIT("directory")
                                       : TACET_SPAN_LIT("delivery");
}

static tacet_span draw_key(tacet_token_kind kind) {
  return kind == TACET_TOKEN_DIRECTORY ? TACET_SPAN_LIT("draw-directory")
                                       : TACET_SPAN_LIT("draw-delivery");
}

bool client_tokens_refused(tacet_wire_error code) {
  return code == TACET_WIRE_TOKEN || code == TACET_WIRE_TOKEN_SPENT;
}

tacet_err client_tokens_count(client *c, tacet_token_kind kind, size_t *n) {
  return client_store_count(c->store, CLIENT_T_TOKEN, parent_of(kind), n);
}

/* ---- drawing ---- */

/* A draw under way, as it stands in the store. */
typedef struct draw_record {
  uint64_t accept_until; /* ms */
  tacet_span draw;
} draw_record;

static void draw_fields(client_fields *f, void *record) {
  draw_record *r = record;
  client_field_version(f, 1);
  client_field_u64(f, &r->accept_until);
  client_field_span(f, &r->draw);
}

/* The newest key of this kind that issues today. */
static tacet_err find_issuer(client *c, tacet_token_kind kind,
                             tacet_issuers *all, tacet_issuer *out) {
  CLIENT_MEM(mem);
  client_reply reply;
  TACET_TRY(client_ask_plain(c, CLIENT_LOOKUP, "GET", "/v1/tokens",
                             TACET_SPAN_EMPTY, &mem, &reply));
  TACET_TRY(client_expect_ok(c, &reply));
  TACET_TRY(tacet_issuers_parse(reply.body, all));
  const tacet_issuer *best = NULL;
  for (size_t i = 0; i < all->n; i++) {
    /* The server's days decide: our clock may be wrong. */
    if (all->list[i].kind == kind &&
        (best == NULL || all->list[i].first_day > best->first_day)) {
      best = &all->list[i];
    }
  }
  if (best == NULL) {
    return client_fail(&c->detail, CLIENT_REFUSED, "no-issuer",
                       "The server issues no tokens; ask its operator.");
  }
  TACET_TRY(client_clock_judge(c, best->first_day, best->issue_until));
  *out = *best;
  return TACET_OK;
}

tacet_err client_tokens_look(client *c) {
  tacet_issuers all;
  tacet_issuer issuer;
  return find_issuer(c, TACET_TOKEN_DIRECTORY, &all, &issuer);
}

static void draw_wipe(tacet_token_draw *d) {
  tacet_token_draw_wipe(d);
}

static tacet_err draw_begin(client *c, tacet_token_kind kind) {
  tacet_issuers all;
  tacet_issuer issuer;
  TACET_TRY(find_issuer(c, kind, &all, &issuer));
  TACET_TRY(client_issuers_check(c, &all, &issuer));
  TACET_CLEANUP(draw_wipe) tacet_token_draw d = {.n = 0};
  TACET_TRY(tacet_token_draw_start(kind, issuer.public_key,
                                   TACET_TOKEN_BATCH_MAX, &d));
  TACET_BUF(w, 16 * 1024);
  tacet_token_draw_write(&w, &d);
  TACET_TRY(w.err);
  draw_record r = {.accept_until =
                       ((uint64_t)issuer.accept_until + 1) * CLIENT_DAY,
                   .draw = tacet_buf_span(&w)};
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_put(c, CLIENT_T_SELF, draw_key(kind), TACET_SPAN_EMPTY, 0,
                       draw_fields, &r));
  return client_tx_commit(&tx);
}

static tacet_err draw_drop(client *c, tacet_token_kind kind) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_store_delete(c->store, CLIENT_T_SELF, draw_key(kind)));
  return client_tx_commit(&tx);
}

static tacet_err token_save(client *c, tacet_token_kind kind,
                            const tacet_token *t, uint64_t expires) {
  TACET_BUF(w, TACET_TOKEN_LEN);
  tacet_token_write(&w, t);
  TACET_TRY(w.err);
  client_token r = {.bytes = tacet_buf_span(&w),
                    .drawn_day = client_now(c) / CLIENT_DAY,
                    .expires = expires};
  uint64_t order;
  TACET_TRY(client_store_next(c->store, &order));
  return client_put(c, CLIENT_T_TOKEN, r.bytes, parent_of(kind), order,
                    client_token_fields, &r);
}

static tacet_err draw_finish(client *c, const tacet_token_draw *d,
                             uint64_t expires, tacet_span answer) {
  tacet_draw_answer a;
  TACET_TRY(tacet_draw_answer_parse(answer, &a));
  tacet_token tokens[TACET_TOKEN_BATCH_MAX];
  tacet_err e = tacet_token_draw_finish(
      d, a.evaluated, tacet_span_of(a.proof, sizeof(a.proof)), tokens);
  if (e == TACET_ERR_TOKEN) {
    return client_fail(&c->detail, CLIENT_KEYS, "token-proof",
                       "The server signed tokens with a key that it has not "
                       "published, which could mark you; nothing was sent.");
  }
  TACET_TRY(e);
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  for (size_t i = 0; i < d->n; i++) {
    TACET_TRY(token_save(c, d->kind, &tokens[i], expires));
  }
  TACET_TRY(client_store_delete(c->store, CLIENT_T_SELF, draw_key(d->kind)));
  TACET_TRY(client_tx_commit(&tx));
  tacet_wipe(tokens, sizeof(tokens));
  return TACET_OK;
}

static tacet_err draw_load(client *c, tacet_token_kind kind, client_mem *mem,
                           draw_record *r) {
  return client_get(c, CLIENT_T_SELF, draw_key(kind), draw_fields, r,
                    sizeof(*r), mem);
}

tacet_err client_tokens_draw(client *c, tacet_token_kind kind) {
  CLIENT_MEM(mem);
  draw_record r;
  tacet_err e = draw_load(c, kind, &mem, &r);
  if (e == TACET_ERR_NOT_FOUND) {
    TACET_TRY(draw_begin(c, kind));
    e = draw_load(c, kind, &mem, &r);
  }
  TACET_TRY(e);
  TACET_CLEANUP(draw_wipe) tacet_token_draw d = {.n = 0};
  TACET_TRY(tacet_token_draw_parse(r.draw, &d));
  tacet_draw ask = {
      .kind = kind,
      .blinded = tacet_span_of(d.blinded, d.n * TACET_VOPRF_ELEMENT_LEN)};
  tacet_token_key_id(d.public_key, ask.key_id);
  TACET_BUF(w, 8 * 1024);
  tacet_draw_write(&w, &ask);
  TACET_TRY(w.err);
  client_reply reply;
  TACET_TRY(client_ask_signed(c, "POST", "/v1/tokens", tacet_buf_span(&w), &mem,
                              &reply));
  if (reply.code == TACET_WIRE_ISSUER_KEY) { /* a week passed: begin anew */
    TACET_TRY(draw_drop(c, kind));
    return client_fail(&c->detail, CLIENT_UNREACHABLE, "issuer-key",
                       "The server has changed its token keys; try again.");
  }
  if (reply.code == TACET_WIRE_QUOTA) {
    return client_fail(&c->detail, CLIENT_REFUSED, "quota",
                       "The server gives no more tokens today; new "
                       "conversations and uploads go on tomorrow.");
  }
  TACET_TRY(client_expect_ok(c, &reply));
  return draw_finish(c, &d, r.accept_until, reply.body);
}

tacet_err client_tokens_upkeep(client *c, client_upkeep *upkeep) {
  uint64_t now = client_now(c);
  for (int k = 0; k < 2; k++) {
    tacet_token_kind kind = (tacet_token_kind)k;
    size_t n;
    TACET_TRY(client_tokens_count(c, kind, &n));
    if (n >= LOW) {
      upkeep->next_draw[k] = 0;
      continue;
    }
    if (upkeep->next_draw[k] == 0) { /* some time in the next day */
      uint64_t wait;
      TACET_TRY(client_chance(c, CLIENT_DAY, &wait));
      upkeep->next_draw[k] = now + wait;
    } else if (now >= upkeep->next_draw[k]) {
      TACET_TRY(client_tokens_draw(c, kind));
      upkeep->next_draw[k] = 0;
    }
  }
  return TACET_OK;
}

/* ---- spending ---- */

/* Drops what is accepted no more, so that it is not offered. */
static tacet_err drop_expired(client *c, tacet_token_kind kind) {
  CLIENT_MEM(mem);
  const client_row *rows;
  size_t n;
  client_range range = {.parent = parent_of(kind), .limit = 1};
  for (;;) {
    TACET_TRY(
        client_store_list(c->store, CLIENT_T_TOKEN, &range, &mem, &rows, &n));
    client_token t;
    if (n == 0) {
      return TACET_OK;
    }
    TACET_TRY(
        client_parse(c, &rows[0], client_token_fields, &t, sizeof(t), &mem));
    if (t.expires == 0 || client_now(c) < t.expires ||
        !client_clock_is_believed(c)) {
      return TACET_OK; /* in the order in which they were drawn */
    }
    CLIENT_TX(tx);
    TACET_TRY(client_tx_begin(c->store, &tx));
    TACET_TRY(client_tokens_spent(c, t.bytes));
    TACET_TRY(client_tx_commit(&tx));
  }
}

tacet_err client_tokens_pick(client *c, tacet_token_kind kind, size_t skip,
                             client_mem *mem, tacet_span *token) {
  TACET_TRY(drop_expired(c, kind));
  for (int turn = 0;; turn++) {
    const client_row *rows;
    size_t n;
    client_range range = {.parent = parent_of(kind), .limit = skip + 1};
    TACET_TRY(
        client_store_list(c->store, CLIENT_T_TOKEN, &range, mem, &rows, &n));
    if (n > skip) {
      client_token t;
      TACET_TRY(client_parse(c, &rows[skip], client_token_fields, &t, sizeof(t),
                             mem));
      *token = t.bytes;
      return TACET_OK;
    }
    if (turn > 1) {
      return client_fail(&c->detail, CLIENT_REFUSED, "quota",
                         "There are no tokens for this; try again tomorrow.");
    }
    TACET_TRY(client_tokens_draw(c, kind));
  }
}

tacet_err client_tokens_spent(client *c, tacet_span token) {
  return client_store_delete(c->store, CLIENT_T_TOKEN, token);
}

/* ---- between one's own devices ---- */

#define GIFT_LIFE (6 * CLIENT_DAY) /* their key is good for a week more */

tacet_err client_tokens_give(client *c, tacet_token_kind kind, size_t n,
                             tacet_buf *out) {
  CLIENT_MEM(mem);
  const client_row *rows;
  size_t count;
  client_range range = {.parent = parent_of(kind)};
  TACET_TRY(
      client_store_list(c->store, CLIENT_T_TOKEN, &range, &mem, &rows, &count));
  for (size_t i = 0; i < n && i + LOW / 2 < count; i++) {
    client_token t; /* the last ones: the first may be in a request */
    TACET_TRY(client_parse(c, &rows[count - 1 - i], client_token_fields, &t,
                           sizeof(t), &mem));
    tacet_write_bytes(out, t.bytes);
    TACET_TRY(client_tokens_spent(c, t.bytes));
  }
  return out->err;
}

tacet_err client_tokens_take(client *c, tacet_token_kind kind,
                             tacet_span list) {
  for (size_t at = 0; at + TACET_TOKEN_LEN <= list.len; at += TACET_TOKEN_LEN) {
    tacet_token t;
    if (tacet_token_parse(tacet_span_of(list.p + at, TACET_TOKEN_LEN), &t) ==
        TACET_OK) {
      TACET_TRY(token_save(c, kind, &t, client_now(c) + GIFT_LIFE));
    }
  }
  return TACET_OK;
}
