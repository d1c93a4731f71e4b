/* SPDX-License-Identifier: Apache-2.0
 * The calls about the key log: what is believed, what was seen, and what it
 * says about somebody. */
#include "client/api.h"

#include "client/chain.h"
#include "client/gossip.h"
#include "client/labels.h"
#include "client/people.h"
#include "client/reset.h"
#include "client/trust.h"
#include "tacet/wire.h"

/* ---- what is known of it ---- */

static uint64_t day_ms(uint32_t day) {
  return (uint64_t)day * CLIENT_DAY;
}

/* Whose notices are shown unasked; its handle where something came from it. */
static tacet_err put_notices(client *c, const tacet_trust *t, client_mem *mem,
                             const char **id, const char **handle) {
  client_person p;
  *id = *handle = NULL;
  if (!t->has_notices) {
    return TACET_OK;
  }
  tacet_span account = client_id_span(t->notices);
  TACET_TRY(client_mem_hex(mem, account, id));
  tacet_err e = client_person_any(c, account, mem, &p);
  *handle = e == TACET_OK ? p.handle : NULL;
  return e == TACET_ERR_NOT_FOUND ? TACET_OK : e;
}

tacet_err client_keylog_describe(client *c, client_mem *mem,
                                 client_keylog_state *out) {
  CLIENT_KEYLOG(k);
  client_keylog_state s = {.unwitnessed = true};
  TACET_TRY(client_keylog_open(c, &k));
  TACET_TRY(client_trust_sentence(&k, mem, &s.trust));
  if (!k.has_trust) {
    *out = s;
    return TACET_OK;
  }
  tacet_span text = k.trust.policy;
  TACET_TRY(client_trust_log(text, mem, &s.log));
  TACET_TRY(client_mem_text(mem, text, &s.policy));
  TACET_TRY(client_trust_quorum(k.policy, text, mem, &s.quorum));
  TACET_TRY(client_mem_hex(
      mem, tacet_span_of(k.trust.vrf_key, sizeof(k.trust.vrf_key)),
      &s.vrf_key));
  TACET_TRY(
      client_mem_hex(mem, tacet_span_of(k.r.root, sizeof(k.r.root)), &s.root));
  TACET_TRY(put_notices(c, &k.trust, mem, &s.notices, &s.notices_from));
  s.unwitnessed = tacet_policy_is_unwitnessed(k.policy);
  s.max_age_ms = (uint64_t)k.trust.max_age * 1000;
  s.size = k.r.size;
  s.day = day_ms(k.r.day);
  s.n_witnesses = k.r.n_witnesses;
  s.witnessed_at = k.r.witnessed * 1000;
  s.checked_at = k.r.checked_at;
  if (client_keylog_is_well(c, &k) != TACET_OK) {
    s.trouble = c->detail;
    client_error_clear(&c->detail);
  }
  *out = s;
  return TACET_OK;
}

static tacet_err do_state(client *c, client_mem *mem,
                          client_keylog_state *out) {
  TACET_TRY(client_enter(c));
  return client_keylog_describe(c, mem, out);
}

client_kind client_keylog_get(client *c, client_mem *mem,
                              client_keylog_state *out, client_error *err) {
  return client_leave(c, do_state(c, mem, out), err);
}

/* ---- heads that others told ---- */

static tacet_err do_gossip(client *c, client_mem *mem, const client_told **list,
                           size_t *n) {
  static const char *const words[] = {"", "waits", "fits", "unknown-log",
                                      "contradicts"};
  client_gossip *heads;
  size_t count;
  TACET_TRY(client_enter(c));
  TACET_TRY(client_gossip_list(c, mem, &heads, &count));
  client_told *out = client_mem_array(mem, count + 1, sizeof(*out));
  if (out == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < count; i++) {
    const client_gossip *g = &heads[i];
    client_told *t = &out[i];
    bool known = g->state < sizeof(words) / sizeof(words[0]);
    *t = (client_told){.size = g->size,
                       .heard_at = g->heard_at,
                       .state = known ? words[g->state] : ""};
    TACET_TRY(client_handle_of(c, client_id_span(g->account), mem, &t->from));
    TACET_TRY(client_mem_hex(mem, tacet_span_of(g->device, sizeof(g->device)),
                             &t->device));
    TACET_TRY(
        client_mem_hex(mem, tacet_span_of(g->root, sizeof(g->root)), &t->root));
  }
  *list = out;
  *n = count;
  return TACET_OK;
}

client_kind client_gossip_get(client *c, client_mem *mem,
                              const client_told **list, size_t *n,
                              client_error *err) {
  return client_leave(c, do_gossip(c, mem, list, n), err);
}

/* ---- the history of somebody's devices ---- */

/* Ids of the devices of `a` that `b` does not list. */
static tacet_err devices_not_in(const tacet_manifest *a,
                                const tacet_manifest *b, client_mem *mem,
                                const char *const **out, size_t *n) {
  const char **list = client_mem_array(mem, a->n_devices + 1, sizeof(*list));
  if (list == NULL) {
    return TACET_ERR_NOMEM;
  }
  *n = 0;
  for (size_t i = 0; i < a->n_devices; i++) {
    const tacet_device *d = &a->devices[i];
    const tacet_device *there =
        b == NULL ? NULL : tacet_manifest_device(b, d->id);
    if (there == NULL || memcmp(there->key, d->key, sizeof(d->key)) != 0) {
      TACET_TRY(client_mem_hex(mem, tacet_span_of(d->id, sizeof(d->id)),
                               &list[(*n)++]));
    }
  }
  *out = list;
  return TACET_OK;
}

static tacet_err describe(const tacet_manifest *before, const tacet_manifest *m,
                          const client_label *label, client_mem *mem,
                          client_log_entry *out) {
  client_log_entry e = {.number = m->number,
                        .seen = client_label_first_seen(label, m->number),
                        .by_recovery_key = m->by_recovery_key,
                        .erased = m->n_devices == 0,
                        .new_words =
                            before != NULL &&
                            memcmp(before->recovery_key, m->recovery_key,
                                   sizeof(m->recovery_key)) != 0};
  if (!m->by_recovery_key) {
    TACET_TRY(client_mem_hex(mem, tacet_span_of(m->signer, sizeof(m->signer)),
                             &e.by));
  }
  TACET_TRY(devices_not_in(m, before, mem, &e.added, &e.n_added));
  if (before != NULL) {
    TACET_TRY(devices_not_in(before, m, mem, &e.removed, &e.n_removed));
  }
  *out = e;
  return TACET_OK;
}

/* The person; oneself too. */
static tacet_err person_or_self(client *c, const char *handle, client_mem *mem,
                                client_person *out) {
  const char *full;
  TACET_TRY(client_handle_typed(c, handle, mem, &full));
  return strcmp(full, c->self.handle) == 0
             ? client_person_any(c, client_id_span(c->self.account), mem, out)
             : client_person_typed(c, handle, mem, out);
}

static tacet_err do_log(client *c, const char *handle, client_mem *mem,
                        client_log_history *out) {
  client_person p;
  client_label label;
  client_log_history h = {.entries = NULL};
  TACET_TRY(client_enter(c));
  TACET_TRY(person_or_self(c, handle, mem, &p));
  tacet_err e = client_label_get(c, p.handle, mem, &label);
  bool other =
      e == TACET_OK && memcmp(label.account, p.account, sizeof(p.account)) != 0;
  if (e == TACET_ERR_NOT_FOUND || other) {
    label = (client_label){.checked_at = 0};
    e = TACET_OK;
  }
  TACET_TRY(e);
  client_log_entry *list =
      client_mem_array(mem, (size_t)p.number + 1, sizeof(*list));
  if (list == NULL) {
    return TACET_ERR_NOMEM;
  }
  tacet_manifest m[2];
  for (uint32_t i = 0; i <= p.number; i++) {
    TACET_TRY(client_chain_at(c, client_id_span(p.account), i, &m[i % 2]));
    TACET_TRY(describe(i > 0 ? &m[(i + 1) % 2] : NULL, &m[i % 2], &label, mem,
                       &list[i]));
  }
  h.handle = p.handle;
  TACET_TRY(client_mem_hex(mem, client_id_span(p.account), &h.account));
  TACET_TRY(client_trust_of(c, &p, &h.trust));
  TACET_TRY(client_reset_until(c, &p, &h.reset_until));
  h.checked_at = label.checked_at;
  h.accounts_before = label.n_seen > 0 && label.version > label.number;
  h.entries = list;
  h.n_entries = (size_t)p.number + 1;
  *out = h;
  return TACET_OK;
}

client_kind client_log_get(client *c, const char *handle, client_mem *mem,
                           client_log_history *out, client_error *err) {
  return client_leave(c, do_log(c, handle, mem, out), err);
}

/* ---- another trust policy ---- */

static tacet_err read_link(client *c, const char *link, tacet_invite *out) {
  tacet_err e = tacet_invite_parse(tacet_span_str(link), out);
  if (e == TACET_OK) {
    e = client_trust_check(tacet_span_of(out->policy, out->policy_len));
  }
  if (e == TACET_ERR_NOMEM || e == TACET_ERR_VERSION) {
    return e;
  }
  if (e != TACET_OK || out->policy_len == 0) {
    return client_fail(&c->detail, CLIENT_USAGE, "bad-invite",
                       "That is no invite link that says which key log to "
                       "believe; copy it again, from https:// to its end.");
  }
  if (strcmp(out->domain, c->self.domain) != 0) {
    return client_fail(&c->detail, CLIENT_USAGE, "other-server",
                       "That link is for the server %s; this account is at "
                       "%s.",
                       out->domain, c->self.domain);
  }
  return TACET_OK;
}

/* What is seen of the log goes on where it is the same log and nothing was
 * wrong with it. */
static bool goes_on(const client_keylog *k, const tacet_trust *next) {
  CLIENT_MEM(mem);
  const char *a = "", *b = "";
  return k->has_trust && k->r.alarm_code == NULL &&
         memcmp(k->trust.vrf_key, next->vrf_key, sizeof(next->vrf_key)) == 0 &&
         client_trust_log(k->trust.policy, &mem, &a) == TACET_OK &&
         client_trust_log(next->policy, &mem, &b) == TACET_OK &&
         strcmp(a, b) == 0;
}

/* The same in everything but what is seen of the log. */
static bool says_the_same(const tacet_trust *a, const tacet_trust *b) {
  return a->max_age == b->max_age && tacet_span_equal(a->policy, b->policy) &&
         a->has_notices == b->has_notices &&
         memcmp(a->notices, b->notices, sizeof(a->notices)) == 0;
}

static tacet_err compare(client *c, const char *link, client_mem *mem,
                         client_trust_change *out) {
  CLIENT_KEYLOG(k);
  tacet_invite invite;
  tacet_trust next;
  tacet_policy *policy = NULL;
  size_t line;
  TACET_TRY(read_link(c, link, &invite));
  TACET_TRY(client_keylog_open(c, &k));
  TACET_TRY(tacet_trust_parse(tacet_span_of(invite.policy, invite.policy_len),
                              &next));
  client_trust_change t = {.forgets = !goes_on(&k, &next)};
  t.same = k.has_trust && !t.forgets && says_the_same(&k.trust, &next);
  TACET_TRY(client_trust_log(next.policy, mem, &t.log));
  TACET_TRY(client_mem_text(mem, next.policy, &t.policy));
  TACET_TRY(put_notices(c, &next, mem, &t.notices, &t.notices_from));
  t.max_age_ms = (uint64_t)next.max_age * 1000;
  TACET_TRY(tacet_policy_read(next.policy, &policy, &line));
  tacet_err e = client_trust_quorum(policy, next.policy, mem, &t.quorum);
  tacet_policy_free(policy);
  TACET_TRY(e);
  *out = t;
  return TACET_OK;
}

static tacet_err forget_log(client *c) {
  TACET_TRY(
      client_store_delete(c->store, CLIENT_T_SELF, TACET_SPAN_LIT("keylog")));
  TACET_TRY(client_store_delete_until(c->store, CLIENT_T_LABEL, UINT64_MAX));
  return client_store_delete_until(c->store, CLIENT_T_GOSSIP, UINT64_MAX);
}

static tacet_err do_accept(client *c, const char *link, bool *forgets) {
  CLIENT_MEM(mem);
  client_trust_change change;
  tacet_invite invite;
  client_server_record server;
  CLIENT_TX(tx);
  TACET_TRY(client_enter(c));
  TACET_TRY(compare(c, link, &mem, &change));
  TACET_TRY(read_link(c, link, &invite));
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_get(c, CLIENT_T_SELF, TACET_SPAN_LIT("server"),
                       client_server_fields, &server, sizeof(server), &mem));
  server.trust = tacet_span_of(invite.policy, invite.policy_len);
  TACET_TRY(client_put(c, CLIENT_T_SELF, TACET_SPAN_LIT("server"),
                       TACET_SPAN_EMPTY, 0, client_server_fields, &server));
  if (change.forgets) {
    TACET_TRY(forget_log(c));
  }
  TACET_TRY(client_tx_commit(&tx));
  *forgets = change.forgets;
  c->watched = false;
  return TACET_OK;
}

static tacet_err do_compare(client *c, const char *link, client_mem *mem,
                            client_trust_change *out) {
  TACET_TRY(client_enter(c));
  return compare(c, link, mem, out);
}

client_kind client_trust_compare(client *c, const char *link, client_mem *mem,
                                 client_trust_change *out, client_error *err) {
  return client_leave(c, do_compare(c, link, mem, out), err);
}

client_kind client_trust_accept(client *c, const char *link, bool *forgets,
                                client_error *err) {
  return client_leave(c, do_accept(c, link, forgets), err);
}
