/* SPDX-License-Identifier: Apache-2.0
 * Having been removed. */
#include "client/removal.h"

#include <time.h>

#include "client/chain.h"
#include "client/devices.h"
#include "client/labels.h"

#define RECORD TACET_SPAN_LIT("removed")

typedef struct noted {
  uint64_t at;
} noted;

static void noted_fields(client_fields *f, void *record) {
  noted *r = record;
  client_field_version(f, 1);
  client_field_u64(f, &r->at);
}

tacet_err client_removal_note(client *c, const tacet_manifest *before,
                              const tacet_manifest *m) {
  noted r = {.at = client_now(c)};
  if (tacet_manifest_device(before, c->self.device) == NULL ||
      tacet_manifest_device(m, c->self.device) != NULL) {
    return TACET_OK;
  }
  return client_put(c, CLIENT_T_SELF, RECORD, TACET_SPAN_EMPTY, 0, noted_fields,
                    &r);
}

/* The first list of devices since which this one is in none. */
static tacet_err find(client *c, const tacet_manifest *newest,
                      tacet_manifest *out) {
  tacet_span account = client_id_span(c->self.account);
  tacet_manifest m = *newest, before;
  while (m.number > 0) {
    tacet_err e = client_chain_at(c, account, m.number - 1, &before);
    if (e == TACET_ERR_NOT_FOUND) {
      break;
    }
    TACET_TRY(e);
    if (tacet_manifest_device(&before, c->self.device) != NULL) {
      break;
    }
    m = before;
  }
  *out = m;
  return TACET_OK;
}

static tacet_err find_time(client *c, uint32_t number, uint64_t *out) {
  CLIENT_MEM(mem);
  client_label label;
  noted r = {.at = 0};
  tacet_err e = client_label_get(c, c->self.handle, &mem, &label);
  TACET_TRY(e == TACET_ERR_NOT_FOUND ? TACET_OK : e);
  uint64_t day = e == TACET_OK && memcmp(label.account, c->self.account,
                                         sizeof(label.account)) == 0
                     ? client_label_first_seen(&label, number)
                     : 0;
  e = client_get(c, CLIENT_T_SELF, RECORD, noted_fields, &r, sizeof(r), &mem);
  *out = day != 0 ? day : r.at;
  return e == TACET_ERR_NOT_FOUND ? TACET_OK : e;
}

tacet_err client_removal_get(client *c, client_removal *out) {
  client_removal r = {.kind = CLIENT_LISTED};
  tacet_manifest newest, m;
  TACET_TRY(client_chain_newest(c, client_id_span(c->self.account), &newest));
  bool ending = newest.n_devices == 0 && memcmp(newest.signer, c->self.device,
                                                CLIENT_DEVICE_ID_LEN) == 0;
  if (!ending && tacet_manifest_device(&newest, c->self.device) == NULL) {
    TACET_TRY(find(c, &newest, &m));
    TACET_TRY(find_time(c, m.number, &r.at));
    memcpy(r.by, m.signer, sizeof(r.by));
    r.kind = newest.n_devices == 0 ? CLIENT_ERASED
             : m.by_recovery_key   ? CLIENT_RECOVERED
                                   : CLIENT_REMOVED;
  }
  *out = r;
  return TACET_OK;
}

/* ---- in words ---- */

/* " on 2026-11-24", or nothing. */
static void date_of(uint64_t at, char out[32]) {
  time_t t = (time_t)(at / 1000);
  struct tm tm;
  out[0] = '\0';
  if (at != 0 && gmtime_r(&t, &tm) != NULL &&
      strftime(out, 32, " on %Y-%m-%d", &tm) == 0) {
    out[0] = '\0';
  }
}

static tacet_err fail_removed(client *c, const client_removal *r,
                              const char *when) {
  CLIENT_MEM(mem);
  const char *name, *id;
  TACET_TRY(client_device_name(c, r->by, &mem, &name));
  TACET_TRY(client_mem_hex(&mem, tacet_span_of(r->by, 4), &id));
  return client_fail(
      &c->detail, CLIENT_REFUSED, "device-removed",
      "This device was removed from the account %s%s, by its device %.100s; it "
      "receives and sends nothing any more, and what it has stays readable "
      "with "
      "tacet history. To use the account here again, link this machine anew "
      "with "
      "another home: tacet link --home. If that was not you, remove that "
      "device "
      "from another one: tacet devices.",
      c->self.handle, when, name != NULL ? name : id);
}

tacet_err client_removal_fail(client *c, const client_removal *r) {
  char when[32];
  date_of(r->at, when);
  switch (r->kind) {
  case CLIENT_LISTED:
    return TACET_OK;
  case CLIENT_REMOVED:
    return fail_removed(c, r, when);
  case CLIENT_RECOVERED:
    return client_fail(
        &c->detail, CLIENT_REFUSED, "recovered",
        "The account %s was recovered%s with its 24 words, on another device, "
        "and this one is none of its devices since; it receives and sends "
        "nothing any more. To use the account here again, link this machine "
        "anew with another home: tacet link --home. If that was not you, "
        "somebody has your words: tell your contacts by another way.",
        c->self.handle, when);
  case CLIENT_ERASED:
    break;
  }
  return client_fail(&c->detail, CLIENT_REFUSED, "account-deleted",
                     "The account %s was deleted%s on another of its devices.",
                     c->self.handle, when);
}
