/* SPDX-License-Identifier: Apache-2.0
 * Groups held against device lists. */
#include "client/reconcile.h"

#include "client/chain.h"
#include "client/claims.h"
#include "client/events.h"
#include "client/jobs.h"
#include "client/people.h"
#include "client/talks.h"

#define OTHERS_MIN CLIENT_MINUTE
#define OTHERS_MAX CLIENT_HOUR
#define OWN_STEP ((uint64_t)3000) /* between one's own devices */
#define OWN_AGAIN CLIENT_MINUTE   /* doubled each time, up to an hour */
#define OWN_TRIES 24
/* A stale leaf is kept so often, for a device of its account to come in its
 * place: together less than a minute. */
#define HOLD_TRIES 2
#define HOLD_AGAIN ((uint64_t)15000)
/* First when linking is over for sure (client/lacking.h). */
#define OTHERS_FIRST CLIENT_HOUR
#define OTHERS_AGAIN (6 * CLIENT_HOUR)
#define OTHERS_TRIES 8

/* ---- what differs ---- */

static bool has_leaf(const client_leaf *leaves, size_t n,
                     const uint8_t *account, const uint8_t *device) {
  for (size_t i = 0; i < n; i++) {
    if (memcmp(leaves[i].who.account, account, CLIENT_ID_LEN) == 0 &&
        memcmp(leaves[i].who.device, device, CLIENT_DEVICE_ID_LEN) == 0) {
      return true;
    }
  }
  return false;
}

static tacet_err missing_of(client *c, const client_leaf *leaves, size_t n,
                            const uint8_t *account, client_missing *out,
                            size_t *count) {
  tacet_manifest m;
  TACET_TRY(client_chain_newest(c, client_id_span(account), &m));
  for (size_t d = 0; d < m.n_devices; d++) {
    if (!has_leaf(leaves, n, account, m.devices[d].id)) {
      client_missing *o = &out[(*count)++];
      memcpy(o->account, account, sizeof(o->account));
      memcpy(o->device, m.devices[d].id, sizeof(o->device));
    }
  }
  return TACET_OK;
}

tacet_err client_missing_list(client *c, client_session *s, client_mem *mem,
                              client_missing **list, size_t *n) {
  client_leaf *leaves;
  uint8_t(*accounts)[CLIENT_ID_LEN];
  size_t n_leaves, n_accounts, count = 0;
  TACET_TRY(client_leaves(c, s->mls, mem, &leaves, &n_leaves));
  TACET_TRY(client_accounts(c, s, mem, &accounts, &n_accounts));
  client_missing *found =
      client_mem_array(mem, n_accounts * TACET_DEVICES_MAX, sizeof(*found));
  if (found == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < n_accounts; i++) {
    TACET_TRY(missing_of(c, leaves, n_leaves, accounts[i], found, &count));
  }
  *list = found;
  *n = count;
  return TACET_OK;
}

/* ---- what may go ---- */

bool client_reconcile_gives_up(uint32_t tries) {
  return tries >= HOLD_TRIES;
}

static bool is_of(const client *c, tacet_span package, const uint8_t *account) {
  tacet_identity who;
  return client_package_identity(c, package, &who) &&
         memcmp(who.account, account, CLIENT_ID_LEN) == 0;
}

tacet_err client_leaf_is_last(client *c, const client_session *s,
                              const client_leaf *leaves, size_t n, size_t which,
                              const tacet_span *packages, size_t n_packages,
                              bool *out) {
  const uint8_t *account = leaves[which].who.account;
  tacet_manifest newest;
  TACET_TRY(client_chain_newest(c, client_id_span(account), &newest));
  bool last = newest.n_devices > 0;
  for (size_t i = 0; i < n_packages && last; i++) {
    last = !is_of(c, packages[i], account);
  }
  for (size_t i = 0; i < n && last; i++) {
    bool stale = true;
    if (memcmp(leaves[i].who.account, account, CLIENT_ID_LEN) == 0) {
      TACET_TRY(client_leaf_is_stale(c, s, &leaves[i], &stale));
    }
    last = stale;
  }
  *out = last;
  return TACET_OK;
}

/* ---- when ---- */

/* This device's place among the leaves of its own account. */
static tacet_err own_turn(client *c, client_session *s, uint64_t *due) {
  CLIENT_MEM(mem);
  client_leaf *leaves;
  size_t n;
  uint64_t rank = 0, jitter = 0;
  TACET_TRY(client_leaves(c, s->mls, &mem, &leaves, &n));
  for (size_t i = 0; i < n; i++) {
    rank += client_is_self(c, client_id_span(leaves[i].who.account)) &&
            leaves[i].index < tacet_mls_own_leaf(s->mls);
  }
  TACET_TRY(rank > 0 ? client_chance(c, OWN_STEP / 2, &jitter) : TACET_OK);
  *due = client_now(c) + rank * OWN_STEP + jitter;
  return TACET_OK;
}

static tacet_err others_turn(client *c, uint64_t *due) {
  uint64_t wait;
  TACET_TRY(client_chance(c, OTHERS_MAX - OTHERS_MIN, &wait));
  *due = client_now(c) + OTHERS_MIN + wait;
  return TACET_OK;
}

/* One of this account's own devices is to go. */
static tacet_err own_is_stale(client *c, client_session *s, bool *out) {
  CLIENT_MEM(mem);
  client_leaf *leaves;
  size_t n;
  TACET_TRY(client_leaves(c, s->mls, &mem, &leaves, &n));
  for (size_t i = 0; i < n && !*out; i++) {
    if (client_is_self(c, client_id_span(leaves[i].who.account))) {
      TACET_TRY(client_leaf_is_stale(c, s, &leaves[i], out));
    }
  }
  return TACET_OK;
}

tacet_err client_reconcile_group(client *c, client_session *s) {
  CLIENT_MEM(mem);
  client_talk talk;
  client_missing *list;
  size_t n;
  bool stale, own = false;
  uint64_t due;
  TACET_TRY(client_talk_get(c, s->r.talk, &mem, &talk));
  if (talk.state != CLIENT_TALK_OPEN || s->r.broken) {
    return TACET_OK; /* from a request nothing is sent */
  }
  TACET_TRY(client_members_are_stale(c, s, &stale));
  TACET_TRY(client_missing_list(c, s, &mem, &list, &n));
  if (!stale && n == 0) {
    return TACET_OK;
  }
  for (size_t i = 0; i < n; i++) {
    own = own || client_is_self(c, client_id_span(list[i].account));
  }
  TACET_TRY(stale && !own ? own_is_stale(c, s, &own) : TACET_OK);
  TACET_TRY(own ? own_turn(c, s, &due) : others_turn(c, &due));
  return client_job_tidy(c, talk.id, due);
}

static tacet_err is_in(client *c, client_session *s, const uint8_t *account,
                       bool *out) {
  CLIENT_MEM(mem);
  uint8_t(*list)[CLIENT_ID_LEN];
  size_t n;
  *out = false;
  TACET_TRY(client_accounts(c, s, &mem, &list, &n));
  for (size_t i = 0; i < n && !*out; i++) {
    *out = memcmp(list[i], account, CLIENT_ID_LEN) == 0;
  }
  return TACET_OK;
}

tacet_err client_reconcile_account(client *c, const uint8_t *account) {
  CLIENT_MEM(mem);
  client_talk *talks;
  size_t n;
  TACET_TRY(client_talk_list(c, &mem, &talks, &n));
  for (size_t i = 0; i < n; i++) {
    CLIENT_SESSION(s);
    bool in;
    if (talks[i].state != CLIENT_TALK_OPEN || talks[i].group.len == 0) {
      continue;
    }
    tacet_err e = client_session_load(c, talks[i].group, &s);
    if (e == TACET_ERR_NOT_FOUND) {
      continue;
    }
    TACET_TRY(e);
    TACET_TRY(is_in(c, &s, account, &in));
    TACET_TRY(in ? client_reconcile_group(c, &s) : TACET_OK);
  }
  return TACET_OK;
}

/* ---- packages ---- */

/* The one of this device, if there is one. */
static bool find_package(const client *c, const tacet_span *list, size_t n,
                         const client_missing *m, tacet_span *out) {
  for (size_t i = 0; i < n; i++) {
    tacet_identity who;
    if (client_package_identity(c, list[i], &who) &&
        memcmp(who.account, m->account, CLIENT_ID_LEN) == 0 &&
        memcmp(who.device, m->device, CLIENT_DEVICE_ID_LEN) == 0) {
      *out = list[i];
      return true;
    }
  }
  return false;
}

/* Among those that were claimed for the conversation, or claimed now. */
static tacet_err claim_one(client *c, const uint8_t *talk,
                           const client_missing *m, client_mem *mem,
                           tacet_span *out, bool *found) {
  tacet_span *list = NULL;
  size_t n = 0;
  TACET_TRY(client_claims_get(c, talk, m->account, mem, &list, &n));
  *found = find_package(c, list, n, m, out);
  if (*found) {
    return TACET_OK;
  }
  tacet_err e = client_claims_renew(c, talk, m->account);
  if (e != TACET_OK && client_claim_is_hopeless(c)) {
    client_error_clear(&c->detail); /* another time, then */
    return TACET_OK;
  }
  TACET_TRY(e);
  n = 0;
  TACET_TRY(client_claims_get(c, talk, m->account, mem, &list, &n));
  *found = find_package(c, list, n, m, out);
  return TACET_OK;
}

static tacet_err missing_in(client *c, tacet_span group, client_mem *mem,
                            client_missing **list, size_t *n, uint8_t *talk) {
  CLIENT_SESSION(s);
  TACET_TRY(client_session_load(c, group, &s));
  memcpy(talk, s.r.talk, CLIENT_ID_LEN);
  return client_missing_list(c, &s, mem, list, n);
}

tacet_err client_reconcile_claim(client *c, tacet_span group, client_mem *mem,
                                 tacet_span **packages, size_t *n,
                                 bool *lacking) {
  client_missing *list;
  size_t count, had = *n;
  uint8_t talk[CLIENT_ID_LEN];
  *lacking = false;
  TACET_TRY(missing_in(c, group, mem, &list, &count, talk));
  tacet_span *all = client_mem_array(mem, had + count, sizeof(*all));
  if (all == NULL) {
    return TACET_ERR_NOMEM;
  }
  if (had > 0) {
    memcpy(all, *packages, had * sizeof(*all));
  }
  for (size_t i = 0; i < count; i++) {
    bool found;
    TACET_TRY(claim_one(c, talk, &list[i], mem, &all[had], &found));
    had += found;
    *lacking = *lacking || !found;
  }
  *packages = all;
  *n = had;
  return TACET_OK;
}

tacet_err client_reconcile_filter(client *c, client_session *s,
                                  tacet_span *packages, size_t *n) {
  CLIENT_MEM(mem);
  client_missing *list;
  size_t count, kept = 0;
  TACET_TRY(client_missing_list(c, s, &mem, &list, &count));
  for (size_t i = 0; i < count && kept < *n; i++) {
    tacet_span found, before = packages[kept];
    if (!find_package(c, packages + kept, *n - kept, &list[i], &found)) {
      continue;
    }
    for (size_t k = kept; k < *n; k++) {
      if (packages[k].p == found.p) {
        packages[k] = before;
      }
    }
    packages[kept++] = found;
  }
  *n = kept;
  return TACET_OK;
}

/* ---- in vain ---- */

static tacet_err tell_missing(client *c, const uint8_t *talk,
                              const uint8_t *account) {
  CLIENT_MEM(mem);
  const char *who;
  bool own = client_is_self(c, client_id_span(account));
  TACET_TRY(client_handle_of(c, client_id_span(account), &mem, &who));
  return client_event_warn(
      c, talk, "device-missing",
      own ? "One of your devices could not be added to this conversation: the "
            "server has no keys of it. Start it, or remove it with tacet "
            "devices remove."
          : "%s has a device that could not be added to this conversation: the "
            "server has no keys of it, and it cannot read what is written "
            "here.",
      who);
}

tacet_err client_reconcile_again(client *c, client_session *s, uint32_t tries,
                                 uint64_t *due) {
  CLIENT_MEM(mem);
  client_missing *list;
  size_t n;
  bool own = false, stale;
  TACET_TRY(client_missing_list(c, s, &mem, &list, &n));
  TACET_TRY(client_members_are_stale(c, s, &stale));
  for (size_t i = 0; i < n; i++) {
    own = own || client_is_self(c, client_id_span(list[i].account));
  }
  if (tries < (own ? OWN_TRIES : OTHERS_TRIES)) {
    uint32_t doublings = tries < 6 ? tries : 6;
    bool held = stale && tries < HOLD_TRIES;
    *due = client_now(c) + (held         ? HOLD_AGAIN << tries
                            : own        ? OWN_AGAIN << doublings
                            : tries == 0 ? OTHERS_FIRST
                                         : OTHERS_AGAIN);
    return TACET_OK;
  }
  *due = 0;
  return n == 0 ? TACET_OK : tell_missing(c, s->r.talk, list[0].account);
}
