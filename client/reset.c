/* SPDX-License-Identifier: Apache-2.0
 * Contacts whose handle passed to another account. */
#include "client/reset.h"

#include <stdio.h>
#include <time.h>

#include "client/events.h"
#include "client/keylog.h"
#include "client/labels.h"
#include "client/lookup.h"
#include "client/people.h"

#define WAIT (3 * CLIENT_DAY)
#define WAIT_MAX (5 * CLIENT_DAY) /* a head that is dated ahead */

/* ---- time ---- */

/* By two clocks, the later one: what the log says can make it longer alone. It
 * ends with a day, as the server's does (TACETD_RESET_VETO_DAYS). */
uint64_t client_reset_end(const client *c, const tacet_keylog_head *head) {
  uint64_t now = client_now(c), end = now + WAIT;
  uint64_t day = ((uint64_t)head->day + 4) * CLIENT_DAY;
  day = day > now + WAIT_MAX ? now + WAIT_MAX : day;
  return day > end ? day : end;
}

void client_reset_day(uint64_t ms, char out[16]) {
  time_t t = (time_t)((ms + CLIENT_DAY - 1) / CLIENT_DAY * 86400);
  struct tm tm;
  if (gmtime_r(&t, &tm) == NULL || strftime(out, 16, "%Y-%m-%d", &tm) == 0) {
    out[0] = '\0';
  }
}

/* Witnesses have to have vouched since: before, a veto may have been kept from
 * this device. Without any there is only the own clock. */
static bool is_over(const client *c, const client_label *l,
                    const tacet_keylog_head *head) {
  return client_now(c) >= l->reset_until &&
         (head->witnessed == 0 || head->witnessed * 1000 >= l->reset_until);
}

/* ---- noting ---- */

static tacet_err tell(client *c, const client_label *l) {
  char day[16];
  client_reset_day(l->reset_until, day);
  return client_event_warn(
      c, NULL, "reset",
      "The handle %s was given to a new account (a reset): its owner may have "
      "lost every device, or somebody has taken the handle. Nothing is sent to "
      "it until %s (UTC); ask them, by another way, or compare codes when you "
      "meet (tacet verify).",
      l->handle, day);
}

static tacet_err tell_back(client *c, const client_label *l) {
  return client_event_warn(
      c, NULL, "reset-vetoed",
      "The handle %s is that of the account you know, which took it back: it "
      "had been given to another one for a while. Ask them, by another way, "
      "who that was.",
      l->handle);
}

/* `account` is in use (NULL: none), and the log has another one. */
static tacet_err begin(client *c, client_label *l, const uint8_t *account,
                       const tacet_keylog_head *head) {
  l->has_was = account != NULL;
  if (account != NULL) {
    memmove(l->was, account, sizeof(l->was));
  }
  l->reset_until = client_reset_end(c, head);
  return l->has_was ? tell(c, l) : TACET_OK;
}

/* The account in use is it no more. Its leaves stay in groups, where only an
 * admin removes anybody: who else has not seen this would not follow. */
static tacet_err replace(client *c, const uint8_t *was, client_person *fresh) {
  CLIENT_MEM(mem);
  client_person p;
  tacet_err e = client_person_get(c, client_id_span(was), &mem, &p);
  if (e == TACET_ERR_NOT_FOUND) {
    return TACET_OK;
  }
  TACET_TRY(e);
  fresh->accepted = fresh->accepted || p.accepted;
  fresh->blocked = p.blocked;
  p.replaced = true;
  p.verified = false;
  return client_person_save(c, &p);
}

static tacet_err take_over(client *c, client_label *l, client_person *p) {
  if (l->has_was) {
    TACET_TRY(replace(c, l->was, p));
  }
  p->forked = p->replaced = false;
  p->confirmed = true;
  TACET_TRY(client_person_save(c, p));
  TACET_TRY(client_person_name(c, p));
  l->reset_until = 0;
  l->has_was = false;
  return TACET_OK;
}

static tacet_err end(client *c, client_label *l) {
  CLIENT_MEM(mem);
  client_person p;
  bool known = l->has_was;
  TACET_TRY(client_person_get(c, client_id_span(l->account), &mem, &p));
  TACET_TRY(take_over(c, l, &p));
  return !known ? TACET_OK
                : client_event_warn(
                      c, NULL, "keys-changed",
                      "%s has a new account since the reset, and nobody has "
                      "objected: their keys have changed. Compare codes (tacet "
                      "code %s) before you write anything that matters. In "
                      "groups their old account stays until an admin removes "
                      "it, and adds the new one.",
                      l->handle, l->handle);
}

/* Whom a handle meant before the log was ever asked about it. */
static tacet_err in_use(client *c, const char *handle, client_mem *mem,
                        client_person *p, bool *out) {
  tacet_err e = client_person_by_handle(c, handle, mem, p);
  *out = e == TACET_OK && (p->confirmed || p->accepted || p->verified);
  return e == TACET_ERR_NOT_FOUND ? TACET_OK : e;
}

static tacet_err note_first(client *c, client_label *l,
                            const tacet_manifest *newest,
                            const tacet_keylog_answer *now,
                            const tacet_keylog_head *head) {
  CLIENT_MEM(mem);
  client_person p;
  bool known;
  uint64_t old;
  if (now->version == newest->number) {
    return TACET_OK; /* it was never another one's */
  }
  TACET_TRY(in_use(c, newest->handle, &mem, &p, &known));
  if (known && memcmp(p.account, newest->account_id, CLIENT_ID_LEN) == 0) {
    return TACET_OK;
  }
  TACET_TRY(client_keylog_seen_before(c, client_now(c) - WAIT, &old));
  if (!known && now->index < old) {
    return TACET_OK;
  }
  return begin(c, l, known ? p.account : NULL, head);
}

static tacet_err note_same(client *c, client_label *l,
                           const tacet_manifest *newest,
                           const tacet_keylog_answer *now,
                           const tacet_keylog_head *head) {
  if (now->version - newest->number != l->version - l->number) {
    TACET_TRY(tell_back(c, l)); /* it was not seen */
  }
  return l->reset_until != 0 && is_over(c, l, head) ? end(c, l) : TACET_OK;
}

tacet_err client_reset_note(client *c, client_label *l,
                            const tacet_manifest *newest,
                            const tacet_keylog_answer *now,
                            const tacet_keylog_head *head) {
  if (l->n_seen == 0) {
    return note_first(c, l, newest, now, head);
  }
  if (memcmp(l->account, newest->account_id, CLIENT_ID_LEN) == 0) {
    return note_same(c, l, newest, now, head);
  }
  if (l->reset_until == 0) {
    return begin(c, l, l->account, head);
  }
  if (l->has_was && memcmp(l->was, newest->account_id, CLIENT_ID_LEN) == 0) {
    l->reset_until = 0;
    l->has_was = false;
    return tell_back(c, l);
  }
  return begin(c, l, l->has_was ? l->was : NULL, head);
}

/* ---- what it means for others ---- */

tacet_err client_reset_until(client *c, const client_person *p, uint64_t *out) {
  CLIENT_MEM(mem);
  client_label l;
  *out = 0;
  if (client_is_self(c, client_id_span(p->account))) {
    return TACET_OK; /* that record is about something else */
  }
  tacet_err e = client_label_get(c, p->handle, &mem, &l);
  *out = e == TACET_OK ? l.reset_until : 0; /* whoever claims the handle */
  return e == TACET_ERR_NOT_FOUND ? TACET_OK : e;
}

tacet_err client_reset_allows(client *c, const client_person *p) {
  uint64_t until;
  char day[16];
  if (p->replaced) {
    return client_fail(&c->detail, CLIENT_REFUSED, "account-replaced",
                       "%s has another account since a reset, and does not "
                       "read this one any more; write to them anew.",
                       p->handle);
  }
  TACET_TRY(client_reset_until(c, p, &until));
  if (until == 0) {
    return TACET_OK;
  }
  client_reset_day(until, day);
  return client_fail(&c->detail, CLIENT_KEYS, "reset",
                     "The handle %s was given to a new account; nothing was "
                     "sent: wait until %s (UTC), or compare codes when you "
                     "meet (tacet verify).",
                     p->handle, day);
}

tacet_err client_reset_waits(client *c, const char *handle, tacet_span account,
                             bool *out, bool *in_use) {
  CLIENT_MEM(mem);
  client_label l;
  tacet_err e = client_label_get(c, handle, &mem, &l);
  *out = e == TACET_OK && l.reset_until != 0 &&
         tacet_span_equal(account, client_id_span(l.account));
  *in_use = *out && l.has_was;
  return e == TACET_ERR_NOT_FOUND ? TACET_OK : e;
}

tacet_err client_reset_again(client *c, const client_person *p) {
  CLIENT_MEM(mem);
  client_person now;
  uint64_t until;
  TACET_TRY(client_reset_until(c, p, &until));
  if (until == 0 || client_now(c) < until) {
    return TACET_OK;
  }
  tacet_err e = client_lookup_handle(c, p->handle, &mem, &now);
  if (client_is_unreachable(&c->detail, e)) {
    client_error_clear(&c->detail);
    return TACET_OK;
  }
  return e;
}

tacet_err client_reset_newest(client *c, client_mem *mem, client_person *p) {
  client_label l;
  uint64_t until;
  TACET_TRY(client_reset_follow(c, mem, p));
  TACET_TRY(client_reset_until(c, p, &until));
  if (until == 0) {
    return TACET_OK;
  }
  TACET_TRY(client_label_get(c, p->handle, mem, &l));
  return client_person_get(c, client_id_span(l.account), mem, p);
}

tacet_err client_reset_follow(client *c, client_mem *mem, client_person *p) {
  TACET_TRY(client_person_get(c, client_id_span(p->account), mem, p));
  return p->replaced ? client_person_by_handle(c, p->handle, mem, p) : TACET_OK;
}

tacet_err client_reset_met(client *c, client_person *p) {
  CLIENT_MEM(mem);
  client_label l;
  bool waits, in_use;
  TACET_TRY(client_reset_waits(c, p->handle, client_id_span(p->account), &waits,
                               &in_use));
  if (!waits) {
    return TACET_OK;
  }
  TACET_TRY(client_label_get(c, p->handle, &mem, &l));
  TACET_TRY(take_over(c, &l, p));
  return client_label_save(c, &l);
}
