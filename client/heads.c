/* SPDX-License-Identifier: Apache-2.0
 * Heads of the key log, with the log's signature alone. */
#include "client/heads.h"

#include "client/call.h"
#include "client/evidence.h"
#include "client/trust.h"

#define SIGNATURE_LEN 64
#define ID_LEN 4 /* of a key, before its signature in a note */
#define NOTE_SIGNATURE_TEXT 100
#define HEAD_LEN (8 + 32 + SIGNATURE_LEN)
#define HEADS_MAX 32

/* ---- the log's signature, in and out of a note ---- */

/* "- NAME BASE64": a signature line, with an em dash. */
static void put_signature(tacet_buf *w, const tacet_note_key *key,
                          const uint8_t signature[SIGNATURE_LEN]) {
  uint8_t raw[ID_LEN + SIGNATURE_LEN];
  char text[NOTE_SIGNATURE_TEXT];
  for (size_t i = 0; i < ID_LEN; i++) {
    raw[i] = (uint8_t)(key->id >> (24 - 8 * i));
  }
  memcpy(raw + ID_LEN, signature, SIGNATURE_LEN);
  tacet_base64_write(tacet_span_of(raw, sizeof(raw)), text);
  tacet_write_bytes(w, TACET_SPAN_LIT("\n\xe2\x80\x94 "));
  tacet_write_bytes(w, tacet_span_str(key->name));
  tacet_write_bytes(w, TACET_SPAN_LIT(" "));
  tacet_write_bytes(w, tacet_span_str(text));
  tacet_write_bytes(w, TACET_SPAN_LIT("\n"));
}

static void put_note(tacet_buf *w, const tacet_note_key *key,
                     const client_gossip *g) {
  tacet_checkpoint c = {.origin = tacet_span_str(key->name), .size = g->size};
  memcpy(c.root.b, g->root, sizeof(c.root.b));
  tacet_checkpoint_write(&c, w);
  put_signature(w, key, g->signature);
}

tacet_err client_heads_note(const client_keylog *k, const client_gossip *g,
                            tacet_buf *note) {
  tacet_span text = k->trust.policy, vkey;
  while (client_trust_next_log(&text, &vkey)) {
    tacet_note_key key;
    tacet_policy_verdict v;
    TACET_TRY(tacet_note_key_read(vkey, &key));
    tacet_buf_clear(note);
    put_note(note, &key, g);
    TACET_TRY(note->err);
    tacet_err e =
        tacet_policy_judge(k->policy, tacet_buf_span(note), UINT64_MAX, &v);
    if (e == TACET_OK || e == TACET_ERR_POLICY) { /* no cosignatures in it */
      return TACET_OK;
    }
    TACET_TRY(tacet_err_kind(e) == TACET_KIND_LOCAL ? e : TACET_OK);
  }
  return TACET_ERR_AUTH;
}

/* The signature of a key in the lines of a note. NOT_FOUND. */
static tacet_err find_signature(tacet_span lines, const tacet_note_key *key,
                                uint8_t out[SIGNATURE_LEN]) {
  tacet_span line;
  while (client_text_line(&lines, &line)) {
    uint8_t raw[ID_LEN + SIGNATURE_LEN];
    size_t len;
    (void)client_text_word(&line); /* the dash */
    bool name =
        tacet_span_equal(client_text_word(&line), tacet_span_str(key->name));
    tacet_span text = client_text_word(&line);
    if (!name || tacet_base64_read((const char *)text.p, text.len, raw,
                                   sizeof(raw), &len) != TACET_OK) {
      continue;
    }
    uint32_t id = (uint32_t)raw[0] << 24 | (uint32_t)raw[1] << 16 |
                  (uint32_t)raw[2] << 8 | raw[3];
    if (len == sizeof(raw) && id == key->id) {
      memcpy(out, raw + ID_LEN, SIGNATURE_LEN);
      return TACET_OK;
    }
  }
  return TACET_ERR_NOT_FOUND;
}

tacet_err client_heads_own(const client_keylog *k, client_gossip *out) {
  tacet_span bytes;
  tacet_note note;
  tacet_policy_verdict v = {.log = NULL};
  TACET_TRY(client_evidence_note(k->r.head, &bytes));
  TACET_TRY(tacet_note_parse(bytes, &note));
  tacet_err e = tacet_policy_judge(k->policy, bytes, UINT64_MAX, &v);
  if (v.log == NULL) {
    return e == TACET_OK ? TACET_ERR_NOT_FOUND : e;
  }
  *out = (client_gossip){.size = k->r.size};
  memcpy(out->root, k->r.root, sizeof(out->root));
  return find_signature(note.signatures, v.log, out->signature);
}

/* ---- those that were seen ---- */

static void read_head(tacet_span heads, size_t i, client_gossip *out) {
  tacet_err err = TACET_OK;
  tacet_reader r =
      tacet_reader_over(tacet_span_of(heads.p + i * HEAD_LEN, HEAD_LEN), &err);
  *out = (client_gossip){.size = tacet_read_u64(&r)};
  tacet_read_copy(&r, out->root, sizeof(out->root));
  tacet_read_copy(&r, out->signature, sizeof(out->signature));
}

static uint64_t size_at(tacet_span heads, size_t i) {
  client_gossip g;
  read_head(heads, i, &g);
  return g.size;
}

/* The one without which the others lie the least far apart for their age: so
 * they are the rarer the older they are, and reach back to the first. */
static size_t superfluous(tacet_span heads, size_t n) {
  uint64_t end = size_at(heads, n - 1) + 1, least = 0;
  size_t best = 0;
  for (size_t i = 1; i + 1 < n; i++) {
    uint64_t gap = size_at(heads, i + 1) - size_at(heads, i - 1);
    uint64_t age = end - size_at(heads, i);
    uint64_t rank = (gap << 16) / age;
    if (best == 0 || rank < least) {
      best = i;
      least = rank;
    }
  }
  return best;
}

tacet_err client_heads_add(client_keylog *k) {
  client_gossip g;
  tacet_span heads = k->r.heads;
  size_t n = heads.len / HEAD_LEN;
  TACET_BUF(w, (HEADS_MAX + 1) * HEAD_LEN);
  if (n > HEADS_MAX || (n > 0 && size_at(heads, n - 1) >= k->r.size)) {
    return TACET_OK;
  }
  tacet_err e = client_heads_own(k, &g);
  if (e != TACET_OK) { /* by a log that is not believed any more */
    return tacet_err_kind(e) == TACET_KIND_LOCAL && e != TACET_ERR_NOT_FOUND
               ? e
               : TACET_OK;
  }
  size_t drop = n == HEADS_MAX ? superfluous(heads, n) : n;
  for (size_t i = 0; i < n; i++) {
    if (i != drop) {
      tacet_write_bytes(&w, tacet_span_of(heads.p + i * HEAD_LEN, HEAD_LEN));
    }
  }
  tacet_write_u64(&w, g.size);
  tacet_write_bytes(&w, tacet_span_of(g.root, sizeof(g.root)));
  tacet_write_bytes(&w, tacet_span_of(g.signature, sizeof(g.signature)));
  TACET_TRY(w.err);
  return client_mem_take(&k->mem, &w, &k->r.heads);
}

/* The greatest of at most this size. */
static bool find(tacet_span heads, uint64_t at_most, client_gossip *out) {
  size_t n = heads.len / HEAD_LEN;
  while (n > 0 && size_at(heads, n - 1) > at_most) {
    n--;
  }
  if (n > 0) {
    read_head(heads, n - 1, out);
  }
  return n > 0;
}

/* ---- asking ---- */

static tacet_err ask(client *c, const tacet_log_query *q, client_mem *mem,
                     tacet_span *out) {
  client_reply reply;
  TACET_BUF(w, 64);
  tacet_log_query_write(&w, q);
  TACET_TRY(w.err);
  TACET_TRY(client_ask_plain(c, CLIENT_LOOKUP, "POST", "/v1/log",
                             tacet_buf_span(&w), mem, &reply));
  TACET_TRY(client_expect_ok(c, &reply));
  *out = reply.body;
  return TACET_OK;
}

tacet_err client_heads_ask(client *c, uint64_t size, client_mem *mem,
                           tacet_span *proof) {
  return ask(c, &(tacet_log_query){.size = size}, mem, proof);
}

tacet_err client_heads_ask_both(client *c, uint64_t size, uint64_t also,
                                client_mem *mem, tacet_log_heads *out) {
  tacet_span body;
  TACET_TRY(ask(c, &(tacet_log_query){.size = size, .also = also}, mem, &body));
  return tacet_log_heads_parse(body, out);
}

/* ---- what can be proven ---- */

/* What goes wrong in here changes nothing of what was found. */
static tacet_err forgive(client *c, tacet_err e) {
  client_error_clear(&c->detail);
  return e == TACET_ERR_NOMEM ? e : TACET_OK;
}

tacet_err client_heads_widen(client *c, client_mem *mem, client_finding *f) {
  uint64_t size = 0, quiet = c->quiet_until, until = c->told_until;
  tacet_span wider;
  bool whole = f->from > 1 && (f->from & (f->from - 1)) == 0;
  if (!whole || client_evidence_size(f->head, &size) != TACET_OK ||
      size <= 2 * f->from) {
    return TACET_OK;
  }
  tacet_err e = client_heads_ask(c, f->from + 1, mem, &wider);
  if (e != TACET_OK) {
    c->quiet_until = quiet;
    c->told_until = until;
    return forgive(c, e);
  }
  f->head = wider;
  f->from++;
  return TACET_OK;
}

tacet_err client_heads_older(client *c, const client_keylog *k, uint64_t size,
                             client_mem *mem, tacet_buf *note,
                             client_finding *f, bool *yes) {
  client_gossip g;
  tacet_span proof;
  tacet_keylog_head head;
  *yes = false;
  if (!find(k->r.heads, size, &g)) {
    return TACET_OK;
  }
  uint64_t latest = (client_now(c) + CLIENT_KEYLOG_AHEAD) / 1000;
  uint64_t quiet = c->quiet_until, until = c->told_until;
  tacet_tlog_head seen = {.size = g.size};
  memcpy(seen.root.b, g.root, sizeof(seen.root.b));
  tacet_err e = client_heads_ask(c, g.size, mem, &proof);
  if (e == TACET_OK) {
    e = tacet_keylog_head_verify(k->policy, &seen, latest, proof, &head);
  }
  if (e != TACET_ERR_FORK || client_heads_note(k, &g, note) != TACET_OK) {
    c->quiet_until = quiet;
    c->told_until = until;
    return forgive(c, e);
  }
  f->head = proof;
  f->from = g.size;
  f->note = tacet_buf_span(note);
  *yes = true;
  return TACET_OK;
}
