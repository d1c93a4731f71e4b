/* SPDX-License-Identifier: Apache-2.0
 * Watching the directory. */
#include "client/watch.h"

#include "client/call.h"
#include "client/clock.h"
#include "client/events.h"
#include "client/gossip.h"
#include "client/jobs.h"
#include "client/keylog.h"
#include "client/labels.h"
#include "client/lookup.h"
#include "client/notices.h"
#include "client/pending.h"
#include "client/reset.h"

#define SELF_EVERY CLIENT_DAY
#define SELF_SPREAD (4 * CLIENT_HOUR) /* earlier than that by up to so much */
#define AGAIN (10 * CLIENT_MINUTE)    /* after an outage */
#define MISSING_FOR                                                            \
  CLIENT_HOUR /* publishing takes seconds, or as many minutes                  \
                 as witnesses are away */
#define SOON CLIENT_HOUR

/* ---- the head ---- */

/* What cannot be looked at just now stays as it is; so it is wrong where it was
 * found wrong before. */
static tacet_err look(client *c, const client_keylog *k) {
  uint64_t quiet = c->quiet_until, told = c->told_until;
  tacet_err e = client_keylog_look(c);
  bool outage = client_is_unreachable(&c->detail, e);
  /* It says that it has no log to show: other things it may have. */
  bool none = c->detail.kind == CLIENT_REFUSED ||
              (outage && strcmp(c->detail.code, "busy") == 0);
  if (none) {
    c->quiet_until = quiet;
    c->told_until = told;
  }
  c->watched = e == TACET_OK || none || (outage && client_may_ask(c));
  if (!outage && !none) {
    return e;
  }
  client_error_clear(&c->detail);
  return client_keylog_is_well(c, k);
}

/* What others have seen, and whether all is well then. */
static tacet_err hear(client *c) {
  CLIENT_KEYLOG(k);
  c->gossip = false;
  tacet_err e = client_gossip_check(c);
  if (client_is_unreachable(&c->detail, e) ||
      c->detail.kind == CLIENT_REFUSED) {
    client_error_clear(&c->detail);
    e = TACET_OK;
  }
  TACET_TRY(e);
  TACET_TRY(client_keylog_open(c, &k));
  e = client_keylog_is_well(c, &k);
  c->watched = c->watched && e == TACET_OK;
  return e;
}

/* ---- oneself ---- */

static tacet_err tell_missing(client *c, client_keylog_record *r) {
  if (r->missing_told || client_since(c, r->missing_since) < MISSING_FOR) {
    return TACET_OK;
  }
  r->missing_told = true;
  return client_event_warn(
      c, NULL, "own-keys-withheld",
      "The server does not show others the newest keys of your account: they "
      "cannot check them, and may not be able to write to you. Ask the "
      "operator why.");
}

/* By the operator, or by a device of which this one has not heard. */
static tacet_err tell_deleted(client *c) {
  CLIENT_KEYLOG(k);
  CLIENT_MEM(mem);
  CLIENT_TX(tx);
  const char *text;
  TACET_TRY(client_mem_printf(&mem, &text, "%s", c->detail.text));
  client_error_clear(&c->detail);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_keylog_open(c, &k));
  k.r.next_self = client_now(c) + SELF_EVERY;
  if (!k.r.missing_told) {
    k.r.missing_told = true;
    TACET_TRY(client_event_warn(c, NULL, "account-deleted", "%s", text));
  }
  TACET_TRY(client_keylog_save(c, &k.r));
  return client_tx_commit(&tx);
}

/* When to look again, and whether others are shown this account's newest
 * keys. */
static tacet_err note_self(client *c, bool shown, uint64_t in) {
  CLIENT_KEYLOG(k);
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_keylog_open(c, &k));
  k.r.next_self = client_now(c) + in;
  if (shown) {
    k.r.missing_since = 0;
    k.r.missing_told = false;
  } else {
    k.r.missing_since =
        k.r.missing_since != 0 ? k.r.missing_since : client_now(c);
    TACET_TRY(tell_missing(c, &k.r));
  }
  TACET_TRY(client_keylog_save(c, &k.r));
  return client_tx_commit(&tx);
}

/* A look that cannot be made now (no server, no tokens, too many look-ups, a
 * clock that is far off) is made later, and holds up nothing. */
static bool may_wait(client *c, tacet_err e) {
  uint64_t unused = UINT64_MAX;
  return client_is_unreachable(&c->detail, e) ||
         (c->detail.kind != CLIENT_KEYS &&
          client_judge(c, e, &unused) != CLIENT_ABORT);
}

static tacet_err look_at_self(client *c) {
  bool shown = false;
  uint64_t spread, quiet = c->quiet_until, told = c->told_until;
  tacet_err e = client_lookup_self(c, &shown);
  c->watch_at = client_monotonic(c) + AGAIN;
  if (e != TACET_OK && strcmp(c->detail.code, "account-deleted") == 0) {
    return tell_deleted(c);
  }
  if (e != TACET_OK && may_wait(c, e)) {
    bool hidden = strcmp(c->detail.code, "not-published") == 0;
    if (strcmp(c->detail.code, "busy") == 0) { /* with look-ups alone */
      c->quiet_until = quiet;
      c->told_until = told;
    }
    client_error_clear(&c->detail);
    return hidden ? note_self(c, false, AGAIN) : TACET_OK;
  }
  if (e != TACET_OK) { /* and again, by whoever tries next */
    c->watch_at = 0;
    return e;
  }
  TACET_TRY(client_chance(c, SELF_SPREAD, &spread));
  return note_self(c, shown, shown ? SELF_EVERY - spread : AGAIN);
}

tacet_err client_watch_run(client *c) {
  CLIENT_KEYLOG(k);
  if (c->watched && !c->gossip && client_monotonic(c) < c->watch_at) {
    return TACET_OK;
  }
  TACET_TRY(client_keylog_open(c, &k));
  c->watch_at = client_monotonic(c) + CLIENT_HOUR;
  if (!k.has_trust) {
    c->watched = true;
    return TACET_OK;
  }
  if (!c->watched) {
    TACET_TRY(look(c, &k));
  }
  TACET_TRY(hear(c));
  bool due = client_is_due(c, k.r.next_self, SELF_EVERY) &&
             client_clock_is_believed(c);
  return due ? look_at_self(c) : TACET_OK;
}

/* ---- others ---- */

/* Does one wait already: about this account, or (empty) about anybody? */
static tacet_err has_job(client *c, tacet_span account, bool *yes) {
  CLIENT_MEM(mem);
  const client_row *rows;
  size_t n;
  client_range all = {.limit = 0};
  *yes = false;
  TACET_TRY(client_store_list(c->store, CLIENT_T_JOB, &all, &mem, &rows, &n));
  for (size_t i = 0; i < n && !*yes; i++) {
    client_job job;
    TACET_TRY(
        client_parse(c, &rows[i], client_job_fields, &job, sizeof(job), &mem));
    *yes = job.kind == CLIENT_JOB_RECHECK && job.n_accounts > 0 &&
           (account.len == 0 ||
            tacet_span_equal(account, client_id_span(job.accounts[0])));
  }
  return TACET_OK;
}

static tacet_err add_job(client *c, tacet_span account, uint64_t within) {
  uint64_t wait;
  uint8_t one[1][CLIENT_ID_LEN];
  TACET_TRY(client_chance(c, within, &wait));
  memcpy(one[0], account.p, CLIENT_ID_LEN);
  client_job job = {.kind = CLIENT_JOB_RECHECK,
                    .accounts = one,
                    .n_accounts = 1,
                    .due = client_now(c) + wait};
  return client_job_add(c, &job);
}

tacet_err client_watch_soon(client *c, tacet_span account) {
  bool waits;
  TACET_TRY(has_job(c, account, &waits));
  return waits ? TACET_OK : add_job(c, account, SOON);
}

/* Contacts, who claims a handle in a letter and was not asked about yet, and
 * whose notices are shown unasked. */
static tacet_err is_due(client *c, const client_person *p,
                        const uint8_t *notices, bool *due) {
  CLIENT_MEM(mem);
  client_label l;
  *due = false;
  bool watched =
      p->accepted || !p->confirmed ||
      (notices != NULL && memcmp(notices, p->account, sizeof(p->account)) == 0);
  if (!watched || p->forked || p->erased || p->blocked || p->replaced) {
    return TACET_OK;
  }
  tacet_err e = client_label_get(c, p->handle, &mem, &l);
  *due = e == TACET_ERR_NOT_FOUND ||
         (e == TACET_OK && client_is_due(c, l.next_check, 30 * CLIENT_DAY));
  return e == TACET_ERR_NOT_FOUND ? TACET_OK : e;
}

tacet_err client_watch_pick(client *c) {
  CLIENT_MEM(mem);
  const client_row *rows;
  size_t n, n_due = 0;
  uint64_t which;
  bool waits, named;
  uint8_t notices[CLIENT_ID_LEN];
  client_range all = {.limit = 0};
  TACET_TRY(has_job(c, TACET_SPAN_EMPTY, &waits));
  if (waits) { /* one at a time, however long the log cannot be looked at */
    return TACET_OK;
  }
  TACET_TRY(
      client_store_list(c->store, CLIENT_T_PERSON, &all, &mem, &rows, &n));
  TACET_TRY(client_notices_account(c, &named, notices));
  client_person *list = client_mem_array(&mem, n, sizeof(*list));
  if (list == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < n; i++) {
    bool due;
    client_person *p = &list[n_due];
    TACET_TRY(
        client_parse(c, &rows[i], client_person_fields, p, sizeof(*p), &mem));
    TACET_TRY(is_due(c, p, named ? notices : NULL, &due));
    n_due += due;
  }
  if (n_due == 0) {
    return TACET_OK;
  }
  TACET_TRY(client_chance(c, n_due, &which));
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(add_job(c, client_id_span(list[which].account), SOON));
  return client_tx_commit(&tx);
}

/* Who is not there, or does not check out, is not asked about each hour. */
static tacet_err put_off(client *c, const char *handle) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_label_put_off(c, handle));
  return client_tx_commit(&tx);
}

tacet_err client_watch_recheck(client *c, client_job *job, bool *done) {
  CLIENT_MEM(mem);
  client_person p;
  tacet_span account = client_id_span(job->accounts[0]);
  *done = true;
  TACET_TRY(client_person_get(c, account, &mem, &p));
  tacet_err e = p.confirmed ? client_lookup_account(c, account, &mem, &p)
                            : client_lookup_confirm(c, &p, &mem);
  if (e == TACET_ERR_CREDENTIAL || e == TACET_ERR_POLICY) {
    client_error_clear(&c->detail); /* it is noted, and told, there */
    return put_off(c, p.handle);
  }
  if (!client_is_unreachable(&c->detail, e) || !client_is_outage(&c->detail)) {
    return e;
  }
  client_error_clear(&c->detail);
  *done = false;
  job->due = client_now(c) + CLIENT_HOUR;
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_job_save(c, job));
  return client_tx_commit(&tx);
}

tacet_err client_watch_again(client *c, client_person *p, client_mem *mem) {
  TACET_TRY(client_reset_again(c, p));
  tacet_err e = client_label_is_well(c, p->handle);
  if (e == TACET_OK || c->detail.kind != CLIENT_KEYS) {
    return e;
  }
  client_error_clear(&c->detail);
  e = client_lookup_account(c, client_id_span(p->account), mem, p);
  if (client_is_unreachable(&c->detail, e)) { /* then it is as it was */
    client_error_clear(&c->detail);
    return client_label_is_well(c, p->handle);
  }
  return e;
}

tacet_err client_watch_covered(client *c, client_person *p, client_mem *mem) {
  CLIENT_KEYLOG(k);
  bool covered;
  uint64_t until;
  TACET_TRY(client_watch_again(c, p, mem));
  TACET_TRY(client_person_get(c, client_id_span(p->account), mem, p));
  TACET_TRY(client_reset_until(c, p, &until));
  if (until != 0 || p->replaced) { /* nothing is sent in any case */
    return TACET_OK;
  }
  TACET_TRY(client_keylog_open(c, &k));
  TACET_TRY(client_label_covers(c, p->handle, client_id_span(p->account),
                                p->number, &covered));
  return covered || !k.has_trust
             ? TACET_OK
             : client_lookup_account(c, client_id_span(p->account), mem, p);
}
