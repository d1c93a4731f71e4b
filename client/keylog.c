/* SPDX-License-Identifier: Apache-2.0
 * The key log as this home knows it. */
#include "client/keylog.h"

#include <stdio.h>

#include "client/clock.h"
#include "client/events.h"
#include "client/evidence.h"
#include "client/heads.h"
#include "client/labels.h"

#define RECORD TACET_SPAN_LIT("keylog")
#define LOOK_TRIES 3

/* ---- opening ---- */

void client_keylog_close(client_keylog *k) {
  tacet_policy_free(k->policy);
  k->policy = NULL;
  client_mem_free(&k->mem);
}

tacet_err client_trust_check(tacet_span trust) {
  tacet_trust t;
  tacet_policy *policy = NULL;
  size_t line;
  if (trust.len == 0) {
    return TACET_OK;
  }
  TACET_TRY(tacet_trust_parse(trust, &t));
  TACET_TRY(tacet_policy_read(t.policy, &policy, &line));
  tacet_policy_free(policy);
  return TACET_OK;
}

static tacet_err read_trust(client *c, client_keylog *k, tacet_span bytes) {
  size_t line;
  tacet_err e = tacet_trust_parse(bytes, &k->trust);
  if (e == TACET_OK) {
    e = tacet_policy_read(k->trust.policy, &k->policy, &line);
  }
  if (e == TACET_OK || e == TACET_ERR_NOMEM) {
    k->has_trust = e == TACET_OK;
    return e;
  }
  return client_fail(&c->detail, CLIENT_KEYS, "bad-trust",
                     "What this home knows about the server's key log cannot "
                     "be read; update this program.");
}

tacet_err client_keylog_open(client *c, client_keylog *k) {
  client_server_record server;
  TACET_TRY(client_get(c, CLIENT_T_SELF, TACET_SPAN_LIT("server"),
                       client_server_fields, &server, sizeof(server), &k->mem));
  tacet_err e = client_get(c, CLIENT_T_SELF, RECORD, client_keylog_fields,
                           &k->r, sizeof(k->r), &k->mem);
  if (e == TACET_ERR_NOT_FOUND) {
    k->r = (client_keylog_record){.size = 0};
    e = TACET_OK;
  }
  TACET_TRY(e);
  return server.trust.len == 0 ? TACET_OK : read_trust(c, k, server.trust);
}

/* ---- judging ---- */

static tacet_err not_now(client *c, const char *code, const char *what) {
  return client_fail(&c->detail, CLIENT_UNREACHABLE, code,
                     "%s, so new keys cannot be checked just now; nothing is "
                     "wrong with what was checked before. Try again later, and "
                     "tell the operator if it lasts.",
                     what);
}

static tacet_err forked(client *c, client_keylog *k, tacet_span proof) {
  CLIENT_MEM(mem);
  TACET_BUF(note, TACET_NOTE_MAX);
  client_finding f = {.head = proof, .from = k->r.size};
  uint64_t size = 0;
  bool other = false, back = client_evidence_size(proof, &size) == TACET_OK &&
                             size < k->r.size;
  TACET_TRY(back ? client_heads_older(c, k, size, &mem, &note, &f, &other)
                 : TACET_OK);
  back = back && !other; /* it goes on from there in another way */
  TACET_TRY(client_heads_widen(c, &mem, &f));
  f.code = back ? "log-rollback" : "log-fork";
  f.what = back ? "The server shows an older key log than it has shown before: "
                  "entries are gone"
                : "The server's key log does not continue what it has shown "
                  "before: its history was changed";
  return client_keylog_alarm(c, k, &f);
}

/* The head as such, whatever is asked under it. */
static tacet_err refuse(client *c, client_keylog *k, tacet_span proof,
                        tacet_err e) {
  if (e == TACET_ERR_FORK) {
    return forked(c, k, proof);
  }
  if (e == TACET_ERR_POLICY) {
    return not_now(c, "few-witnesses",
                   "Too few witnesses have vouched for the server's key log");
  }
  client_finding f = {.head = proof, .from = k->r.size};
  f.code = e == TACET_ERR_AUTH ? "log-signature" : "proof-invalid";
  f.what =
      e == TACET_ERR_AUTH
          ? "What the server shows of its key log does not verify with the "
            "keys of your invite (an operator who changed them has a new "
            "link for you: tacet trust accept)"
          : "What the server shows of its key log is not well formed";
  return client_keylog_alarm(c, k, &f);
}

tacet_err client_keylog_judge(client *c, client_keylog *k, tacet_span proof,
                              tacet_keylog_head *out) {
  tacet_tlog_head seen = {.size = k->r.size};
  memcpy(seen.root.b, k->r.root, sizeof(seen.root.b));
  uint64_t latest = (client_now(c) + CLIENT_KEYLOG_AHEAD) / 1000;
  tacet_err e = tacet_keylog_head_verify(k->policy, &seen, latest, proof, out);
  bool theirs = e != TACET_OK && tacet_err_kind(e) != TACET_KIND_LOCAL;
  return theirs ? refuse(c, k, proof, e) : e;
}

tacet_err client_keylog_fresh(client *c, const client_keylog *k,
                              const tacet_keylog_head *head) {
  uint64_t now = client_now(c) / 1000;
  if (tacet_policy_is_unwitnessed(k->policy) ||
      head->witnessed + k->trust.max_age >= now) {
    return TACET_OK;
  }
  char what[160];
  uint64_t hours = (now - head->witnessed) / 3600;
  (void)snprintf(what, sizeof(what),
                 "By this device's clock the witnesses last vouched for the "
                 "server's key log %llu hours ago",
                 (unsigned long long)hours);
  return not_now(c, "stale-log", what);
}

/* ---- keeping ---- */

tacet_err client_keylog_save(client *c, client_keylog_record *r) {
  return client_put(c, CLIENT_T_SELF, RECORD, TACET_SPAN_EMPTY, 0,
                    client_keylog_fields, r);
}

/* One a day: what was in the log then was not made up since. */
static void note_past(const client *c, client_keylog_record *r) {
  size_t n = CLIENT_PAST_HEADS - 1;
  if (r->past_at[0] != 0 && client_since(c, r->past_at[0]) < CLIENT_DAY) {
    return;
  }
  memmove(r->past_size + 1, r->past_size, n * sizeof(r->past_size[0]));
  memmove(r->past_at + 1, r->past_at, n * sizeof(r->past_at[0]));
  r->past_size[0] = r->size;
  r->past_at[0] = client_now(c);
}

tacet_err client_keylog_seen_before(client *c, uint64_t then, uint64_t *size) {
  CLIENT_KEYLOG(k);
  *size = 0;
  TACET_TRY(client_keylog_open(c, &k));
  for (size_t i = CLIENT_PAST_HEADS; i-- > 0;) {
    bool past = k.r.past_at[i] != 0 && k.r.past_at[i] <= then;
    *size = past && k.r.past_size[i] > *size ? k.r.past_size[i] : *size;
  }
  return TACET_OK;
}

tacet_err client_keylog_keep(client *c, client_keylog *k, tacet_span proof,
                             const tacet_keylog_head *head) {
  CLIENT_KEYLOG(now);
  TACET_TRY(client_keylog_open(c, &now));
  if (now.r.size != k->r.size ||
      memcmp(now.r.root, k->r.root, sizeof(k->r.root)) != 0) {
    return TACET_ERR_BUSY;
  }
  client_keylog_record r = now.r; /* self_... may be newer there */
  r.size = head->seen.size;
  memcpy(r.root, head->seen.root.b, sizeof(r.root));
  r.head = proof;
  r.head_from = k->r.size;
  r.day = head->day;
  r.n_witnesses = (uint32_t)head->n_witnesses;
  r.witnessed = head->witnessed;
  r.checked_at = client_now(c);
  note_past(c, &r);
  if (r.alarm_code != NULL && strcmp(r.alarm_code, CLIENT_LOG_SPLIT) != 0) {
    r.alarm_code = r.alarm_text = NULL; /* it goes on from what was seen */
  }
  now.r = r;
  TACET_TRY(client_heads_add(&now));
  return client_keylog_save(c, &now.r);
}

/* ---- looking ---- */

static tacet_err look_once(client *c, bool *again) {
  CLIENT_KEYLOG(k);
  CLIENT_MEM(mem);
  tacet_span proof;
  tacet_keylog_head head;
  TACET_TRY(client_keylog_open(c, &k));
  *again = false;
  if (!k.has_trust) {
    return TACET_OK;
  }
  TACET_TRY(client_heads_ask(c, k.r.size, &mem, &proof));
  TACET_TRY(client_keylog_judge(c, &k, proof, &head));
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  tacet_err e = client_keylog_keep(c, &k, proof, &head);
  *again = e == TACET_ERR_BUSY;
  return e == TACET_OK ? client_tx_commit(&tx) : *again ? TACET_OK : e;
}

tacet_err client_keylog_look(client *c) {
  bool again = true;
  for (int n = 0; again; n++) {
    TACET_TRY(look_once(c, &again));
    if (n == LOOK_TRIES) {
      return TACET_ERR_BUSY;
    }
  }
  return TACET_OK;
}

/* ---- what does not check out ---- */

static tacet_err alarmed(client *c, const char *code, const char *text) {
  return client_fail(&c->detail, CLIENT_KEYS, code, "%s", text);
}

tacet_err client_keylog_is_well(client *c, const client_keylog *k) {
  return k->r.alarm_code == NULL ? TACET_OK
                                 : alarmed(c, k->r.alarm_code, k->r.alarm_text);
}

static tacet_err remember(client *c, const client_finding *f,
                          const char *text) {
  CLIENT_KEYLOG(k);
  TACET_TRY(client_keylog_open(c, &k));
  c->watched = false; /* nothing goes on before it was looked at again */
  k.r.alarm_code = f->code;
  k.r.alarm_text = text;
  TACET_TRY(client_keylog_save(c, &k.r));
  return client_event_warn(c, NULL, f->code, "%s", text);
}

tacet_err client_keylog_alarm(client *c, const client_keylog *k,
                              const client_finding *f) {
  CLIENT_MEM(mem);
  const char *path, *text;
  bool stands;
  client_error_clear(&c->detail);
  if (f->handle == NULL && k->r.alarm_code != NULL &&
      strcmp(k->r.alarm_code, f->code) == 0) {
    return client_keylog_is_well(c, k); /* found before, and kept */
  }
  TACET_TRY(client_evidence_keep(c, k, f, &mem, &path, &stands));
  TACET_TRY(client_mem_printf(
      &mem, &text,
      "%s. Nothing was sent; ask the operator, by another way, what happened, "
      "and trust no new keys from this server until you know. %s%s%s.",
      f->what,
      path == NULL ? "The disk kept no evidence"
      : stands     ? "The evidence is in "
                   : "A report is in ",
      path == NULL ? "" : path,
      stands ? ": anybody can check it with tacet-audit verify" : ""));
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(f->handle == NULL
                ? remember(c, f, text)
                : client_label_alarm(c, f->handle, f->code, text));
  TACET_TRY(client_tx_commit(&tx));
  return alarmed(c, f->code, text);
}
