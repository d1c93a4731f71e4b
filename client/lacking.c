/* SPDX-License-Identifier: Apache-2.0
 * Devices without keys. */
#include "client/lacking.h"

#include "client/chain.h"
#include "client/clock.h"
#include "client/events.h"
#include "tacet/content/linking.h"
#include "tacet/wire/directory.h"

#define PARENT TACET_SPAN_LIT("keys")
/* A code holds for ten minutes, and who was interrupted goes on with it. A list
 * that was changed is shown within seconds, unless witnesses are away. */
#define LASTS CLIENT_HOUR
_Static_assert(LASTS > TACET_LINKING_LIFE_MINUTES * CLIENT_MINUTE,
               "linking takes no longer than its code holds");

typedef struct device {
  uint8_t id[CLIENT_DEVICE_ID_LEN];
  uint64_t since; /* ms: without keys; 0: it has some */
  bool told;
} device;

typedef struct record {
  device *list;
  size_t n;
} record;

static void fields(client_fields *f, void *out) {
  record *r = out;
  client_field_version(f, 1);
  r->list = client_field_array(f, r->list, &r->n, sizeof(*r->list));
  for (size_t i = 0; i < r->n; i++) {
    client_field_fixed(f, r->list[i].id, sizeof(r->list[i].id));
    client_field_u64(f, &r->list[i].since);
    client_field_bool(f, &r->list[i].told);
  }
}

static void key_of(const uint8_t *account, tacet_buf *w) {
  tacet_write_bytes(w, PARENT);
  tacet_write_bytes(w, tacet_span_of(account, CLIENT_ID_LEN));
}

static device find(const record *r, const uint8_t *id) {
  device d = {.since = 0};
  memcpy(d.id, id, sizeof(d.id));
  for (size_t i = 0; i < r->n; i++) {
    d = memcmp(r->list[i].id, id, sizeof(d.id)) == 0 ? r->list[i] : d;
  }
  return d;
}

static bool has_package(tacet_span packages, const uint8_t *id) {
  tacet_claimed_package p;
  while (tacet_claimed_package_next(&packages, &p)) {
    if (memcmp(p.device_id, id, CLIENT_DEVICE_ID_LEN) == 0) {
      return true;
    }
  }
  return false;
}

/* True if it is to be told now. */
static bool judge(const client *c, device *d, bool has_keys) {
  if (has_keys) {
    d->told = false;
    d->since = 0;
    return false;
  }
  d->since = d->since == 0 ? client_now(c) : d->since;
  bool tell = !d->told && client_since(c, d->since) >= LASTS;
  d->told = d->told || tell;
  return tell;
}

static tacet_err load(client *c, tacet_span key, client_mem *mem, record *out) {
  *out = (record){.n = 0};
  tacet_err e =
      client_get(c, CLIENT_T_SELF, key, fields, out, sizeof(*out), mem);
  return e == TACET_ERR_NOT_FOUND ? TACET_OK : e;
}

/* What is to be remembered of all devices that are listed. */
static tacet_err judge_all(client *c, const client_person *p, tacet_span key,
                           tacet_span packages, device list[TACET_DEVICES_MAX],
                           record *out, bool *tell) {
  CLIENT_MEM(mem);
  record before, now = {.list = list};
  tacet_manifest newest;
  bool any = false;
  TACET_TRY(client_chain_newest(c, client_id_span(p->account), &newest));
  TACET_TRY(load(c, key, &mem, &before));
  for (size_t i = 0; i < newest.n_devices; i++) {
    const uint8_t *id = newest.devices[i].id;
    list[i] = find(&before, id);
    any = judge(c, &list[i], has_package(packages, id)) || any;
    now.n++;
  }
  *out = now;
  *tell = any;
  return TACET_OK;
}

tacet_err client_lacking_is_due(client *c, const client_person *p,
                                tacet_span packages, bool *out) {
  TACET_BUF(key, 64);
  device list[TACET_DEVICES_MAX];
  record now;
  key_of(p->account, &key);
  TACET_TRY(key.err);
  return judge_all(c, p, tacet_buf_span(&key), packages, list, &now, out);
}

tacet_err client_lacking_note(client *c, const uint8_t *talk,
                              const client_person *p, tacet_span packages) {
  TACET_BUF(key, 64);
  device list[TACET_DEVICES_MAX];
  record now;
  bool tell;
  key_of(p->account, &key);
  TACET_TRY(key.err);
  TACET_TRY(judge_all(c, p, tacet_buf_span(&key), packages, list, &now, &tell));
  TACET_TRY(client_put(c, CLIENT_T_SELF, tacet_buf_span(&key), PARENT, 0,
                       fields, &now));
  return tell ? client_event_warn(
                    c, talk, "device-missing",
                    "The server has given no keys for one of the devices of "
                    "%s for an hour or longer; it cannot read what you write. "
                    "If they use it, ask the operator why.",
                    p->handle)
              : TACET_OK;
}
