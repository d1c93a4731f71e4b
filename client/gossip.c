/* SPDX-License-Identifier: Apache-2.0
 * Telling heads of the key log, and holding what was told against it. */
#include "client/gossip.h"

#include "client/call.h"
#include "client/clock.h"
#include "client/heads.h"
#include "client/people.h"
#include "tacet/content.h"

#define TRIES 4
/* What is not answered: told, perhaps, while it was published. */
#define PATIENCE CLIENT_HOUR

static const tacet_span open_parent = {(const uint8_t *)"open", 4};

/* ---- telling ---- */

static void told_fields(client_fields *f, void *record) {
  client_field_version(f, 1);
  client_field_u64(f, record);
}

tacet_err client_gossip_tell(client *c, const uint8_t *talk, client_mem *mem,
                             tacet_span *out) {
  CLIENT_KEYLOG(k);
  client_gossip g;
  uint64_t told = 0;
  TACET_BUF(w, TACET_CONTENT_LOG_LEN);
  *out = TACET_SPAN_EMPTY;
  TACET_TRY(client_keylog_open(c, &k));
  tacet_err e = client_get(c, CLIENT_T_GOSSIP, client_id_span(talk),
                           told_fields, &told, sizeof(told), mem);
  TACET_TRY(e == TACET_ERR_NOT_FOUND ? TACET_OK : e);
  if (!k.has_trust || k.r.size == told || k.r.alarm_code != NULL) {
    return TACET_OK;
  }
  e = client_heads_own(&k, &g);
  if (e != TACET_OK) { /* signed by a log that is not believed any more */
    return tacet_err_kind(e) == TACET_KIND_LOCAL && e != TACET_ERR_NOT_FOUND
               ? e
               : TACET_OK;
  }
  tacet_write_u64(&w, g.size);
  tacet_write_bytes(&w, tacet_span_of(g.root, sizeof(g.root)));
  tacet_write_bytes(&w, tacet_span_of(g.signature, sizeof(g.signature)));
  TACET_TRY(client_put(c, CLIENT_T_GOSSIP, client_id_span(talk),
                       TACET_SPAN_LIT("told"), 0, told_fields, &g.size));
  return client_mem_take(mem, &w, out);
}

/* ---- hearing ---- */

static tacet_err save(client *c, client_gossip *g) {
  TACET_BUF(key, 64);
  bool open =
      g->state == CLIENT_GOSSIP_WAITS || g->state == CLIENT_GOSSIP_CONTRADICTS;
  tacet_write_bytes(&key, client_id_span(g->account));
  tacet_write_bytes(&key, tacet_span_of(g->device, sizeof(g->device)));
  TACET_TRY(key.err);
  return client_put(c, CLIENT_T_GOSSIP, tacet_buf_span(&key),
                    open ? open_parent : TACET_SPAN_LIT("heard"), g->heard_at,
                    client_gossip_fields, g);
}

static tacet_err load(client *c, const client_gossip *of, client_mem *mem,
                      client_gossip *out) {
  TACET_BUF(key, 64);
  tacet_write_bytes(&key, client_id_span(of->account));
  tacet_write_bytes(&key, tacet_span_of(of->device, sizeof(of->device)));
  TACET_TRY(key.err);
  return client_get(c, CLIENT_T_GOSSIP, tacet_buf_span(&key),
                    client_gossip_fields, out, sizeof(*out), mem);
}

static void read_told(tacet_span told, client_gossip *g) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(told, &err);
  g->size = tacet_read_u64(&r);
  tacet_read_copy(&r, g->root, sizeof(g->root));
  tacet_read_copy(&r, g->signature, sizeof(g->signature));
}

/* It contradicts, or was looked at, and not answered. */
static bool is_open(client *c, const client_gossip *g) {
  return g->state == CLIENT_GOSSIP_CONTRADICTS ||
         (g->state == CLIENT_GOSSIP_WAITS &&
          client_since(c, g->heard_at) >= CLIENT_MINUTE);
}

tacet_err client_gossip_take(client *c, const uint8_t *account,
                             const uint8_t *device, tacet_span told) {
  CLIENT_KEYLOG(k);
  CLIENT_MEM(mem);
  TACET_BUF(note, TACET_NOTE_MAX);
  client_gossip before, g = {.heard_at = client_now(c)};
  if (told.len != TACET_CONTENT_LOG_LEN) {
    return TACET_OK;
  }
  TACET_TRY(client_keylog_open(c, &k));
  read_told(told, &g);
  memcpy(g.account, account, sizeof(g.account));
  memcpy(g.device, device, sizeof(g.device));
  tacet_err e = load(c, &g, &mem, &before);
  TACET_TRY(e == TACET_ERR_NOT_FOUND ? TACET_OK : e);
  if (!k.has_trust || g.size == 0 || (e == TACET_OK && is_open(c, &before))) {
    return TACET_OK; /* and is not to be covered up */
  }
  e = client_heads_note(&k, &g, &note);
  if (e != TACET_OK && tacet_err_kind(e) == TACET_KIND_LOCAL) {
    return e;
  }
  g.state = e == TACET_OK ? CLIENT_GOSSIP_WAITS : CLIENT_GOSSIP_UNSIGNED;
  if (g.state == CLIENT_GOSSIP_WAITS && g.size == k.r.size &&
      memcmp(g.root, k.r.root, sizeof(g.root)) == 0) {
    g.state = CLIENT_GOSSIP_FITS;
  }
  c->gossip = c->gossip || g.state == CLIENT_GOSSIP_WAITS;
  return save(c, &g);
}

/* ---- holding it against the log ---- */

/* The head that was told, in the place of the one that was seen here. */
static tacet_err stand_in(const client_gossip *g, client_keylog *k,
                          tacet_buf *note) {
  TACET_TRY(client_heads_note(k, g, note));
  k->r.size = g->size;
  memcpy(k->r.root, g->root, sizeof(k->r.root));
  k->r.alarm_code = k->r.alarm_text = NULL;
  return TACET_OK;
}

static tacet_err set_state(client *c, client_gossip *g, uint8_t state) {
  CLIENT_TX(tx);
  g->state = state;
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(save(c, g));
  return client_tx_commit(&tx);
}

static tacet_err contradict(client *c, client_keylog *k, client_gossip *g,
                            tacet_span proof, uint64_t from) {
  CLIENT_MEM(mem);
  const char *who;
  TACET_BUF(note, TACET_NOTE_MAX);
  client_finding f = {.code = CLIENT_LOG_SPLIT, .head = proof, .from = from};
  if (g->state == CLIENT_GOSSIP_CONTRADICTS && k->r.alarm_code != NULL) {
    return client_keylog_is_well(c, k);
  }
  TACET_TRY(client_handle_of(c, client_id_span(g->account), &mem, &who));
  TACET_TRY(client_mem_printf(
      &mem, &f.what,
      "%s was shown another key log of this server than is shown here", who));
  TACET_TRY(stand_in(g, k, &note));
  f.note = tacet_buf_span(&note);
  TACET_TRY(client_heads_widen(c, &mem, &f));
  TACET_TRY(set_state(c, g, CLIENT_GOSSIP_CONTRADICTS));
  return client_keylog_alarm(c, k, &f);
}

typedef enum outcome { AGAIN, FITS, LATER } outcome;

static bool same_head(const client_keylog_record *r, uint64_t size,
                      const uint8_t root[32]) {
  return r->size == size && memcmp(r->root, root, sizeof(r->root)) == 0;
}

/* A refusal, or what proves nothing, perhaps of whoever answers others. */
static bool is_evasion(const client *c, tacet_err e) {
  return c->detail.kind == CLIENT_REFUSED ||
         client_is_unreachable(&c->detail, e) ||
         (e != TACET_OK && tacet_err_kind(e) != TACET_KIND_LOCAL &&
          c->detail.kind == CLIENT_OK);
}

/* Where only this question is answered with nothing, or with another log than
 * is shown here, it was not answered. */
static tacet_err not_answered(client *c, uint64_t quiet, uint64_t until,
                              outcome *out) {
  client_error_clear(&c->detail);
  c->quiet_until = quiet;
  c->told_until = until;
  *out = LATER;
  return client_keylog_look(c); /* fails too where it is an outage */
}

static tacet_err keep(client *c, client_keylog *k, tacet_span proof,
                      const tacet_keylog_head *head, outcome *out) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  tacet_err e = client_keylog_keep(c, k, proof, head);
  *out = e == TACET_ERR_BUSY ? AGAIN : FITS;
  return e == TACET_OK         ? client_tx_commit(&tx)
         : e == TACET_ERR_BUSY ? TACET_OK
                               : e;
}

/* An older head than is shown here. One question about both, so that however
 * quickly a log grows, what is shown and what was told lead to one head, or the
 * server has not answered. */
static tacet_err check_older(client *c, client_keylog *k, client_gossip *g,
                             outcome *out) {
  CLIENT_MEM(mem);
  tacet_log_heads both;
  tacet_keylog_head head, mine;
  tacet_tlog_head told = {.size = g->size};
  memcpy(told.root.b, g->root, sizeof(told.root.b));
  uint64_t quiet = c->quiet_until, until = c->told_until;
  tacet_err e = client_heads_ask_both(c, k->r.size, g->size, &mem, &both);
  if (e == TACET_OK) {
    uint64_t latest = (client_now(c) + CLIENT_KEYLOG_AHEAD) / 1000;
    e = tacet_keylog_head_verify(k->policy, &told, latest, both.also, &head);
  }
  if (e == TACET_ERR_FORK) {
    return contradict(c, k, g, both.also, g->size);
  }
  if (is_evasion(c, e)) {
    return not_answered(c, quiet, until, out);
  }
  TACET_TRY(e);
  TACET_TRY(client_keylog_judge(c, k, both.head, &mine));
  return head.seen.size == mine.seen.size &&
                 tacet_tlog_equal(&head.seen.root, &mine.seen.root)
             ? keep(c, k, both.head, &mine, out)
             : not_answered(c, quiet, until, out);
}

static tacet_err check_once(client *c, client_gossip *g, outcome *out) {
  CLIENT_KEYLOG(k);
  TACET_TRY(client_keylog_open(c, &k));
  *out = same_head(&k.r, g->size, g->root) ? FITS : AGAIN;
  if (*out == FITS) {
    return TACET_OK;
  }
  if (g->size == k.r.size) {
    return contradict(c, &k, g, k.r.head, k.r.head_from);
  }
  if (g->size < k.r.size) {
    return check_older(c, &k, g, out);
  }
  uint64_t before = k.r.size;
  TACET_TRY(client_keylog_look(c));
  client_keylog_close(&k);
  k = (client_keylog){.has_trust = false};
  TACET_TRY(client_keylog_open(c, &k));
  *out = k.r.size == before ? LATER : AGAIN; /* it has grown: once more */
  return TACET_OK;
}

/* What others were shown is kept from this device. */
static tacet_err keep_waiting(client *c, client_gossip *g) {
  CLIENT_KEYLOG(k);
  TACET_TRY(client_keylog_open(c, &k));
  return client_since(c, g->heard_at) < PATIENCE
             ? TACET_OK
             : contradict(c, &k, g, k.r.head, k.r.head_from);
}

static tacet_err check_one(client *c, client_gossip *g, bool *fits) {
  outcome o = AGAIN;
  for (int n = 0; o != FITS && n < TRIES; n++) {
    TACET_TRY(check_once(c, g, &o));
  }
  *fits = o == FITS;
  return o == FITS    ? set_state(c, g, CLIENT_GOSSIP_FITS)
         : o == LATER ? keep_waiting(c, g)
                      : TACET_OK;
}

/* All that was told fits: so what was found wrong with it is explained. */
static tacet_err explain(client *c) {
  CLIENT_KEYLOG(k);
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_keylog_open(c, &k));
  if (k.r.alarm_code == NULL || strcmp(k.r.alarm_code, CLIENT_LOG_SPLIT) != 0) {
    return TACET_OK;
  }
  k.r.alarm_code = k.r.alarm_text = NULL;
  TACET_TRY(client_keylog_save(c, &k.r));
  return client_tx_commit(&tx);
}

static tacet_err list_of(client *c, tacet_span parent, client_mem *mem,
                         client_gossip **list, size_t *n) {
  const client_row *rows;
  size_t count;
  client_range range = {.parent = parent};
  TACET_TRY(
      client_store_list(c->store, CLIENT_T_GOSSIP, &range, mem, &rows, &count));
  client_gossip *all = client_mem_array(mem, count + 1, sizeof(*all));
  if (all == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < count; i++) {
    TACET_TRY(client_parse(c, &rows[i], client_gossip_fields, &all[i],
                           sizeof(all[i]), mem));
  }
  *list = all;
  *n = count;
  return TACET_OK;
}

tacet_err client_gossip_check(client *c) {
  CLIENT_MEM(mem);
  client_gossip *list;
  size_t n;
  bool all = true, fits;
  TACET_TRY(list_of(c, open_parent, &mem, &list, &n));
  for (size_t i = 0; i < n; i++) {
    TACET_TRY(check_one(c, &list[i], &fits));
    all = all && fits;
  }
  return n > 0 && all ? explain(c) : TACET_OK;
}

tacet_err client_gossip_list(client *c, client_mem *mem, client_gossip **list,
                             size_t *n) {
  client_gossip *open, *heard;
  size_t n_open, n_heard;
  TACET_TRY(list_of(c, open_parent, mem, &open, &n_open));
  TACET_TRY(list_of(c, TACET_SPAN_LIT("heard"), mem, &heard, &n_heard));
  client_gossip *all =
      client_mem_array(mem, n_open + n_heard + 1, sizeof(*all));
  if (all == NULL) {
    return TACET_ERR_NOMEM;
  }
  memcpy(all, open, n_open * sizeof(*all));
  memcpy(all + n_open, heard, n_heard * sizeof(*all));
  *list = all;
  *n = n_open + n_heard;
  return TACET_OK;
}
