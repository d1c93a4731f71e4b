/* SPDX-License-Identifier: Apache-2.0
 * Counters and their holes. */
#include "client/counters.h"

#include "client/content.h"
#include "client/events.h"
#include "client/people.h"

#define PATIENCE CLIENT_MINUTE

static void add_hole(client_counters *r, client_hole h) {
  if (r->n_holes == CLIENT_HOLES_MAX) { /* the oldest was told, or will be */
    memmove(&r->holes[0], &r->holes[1],
            (CLIENT_HOLES_MAX - 1) * sizeof(r->holes[0]));
    r->n_holes--;
  }
  r->holes[r->n_holes++] = h;
}

static void fill_hole(client_counters *r, uint64_t counter) {
  for (size_t i = 0; i < r->n_holes; i++) {
    client_hole h = r->holes[i];
    if (counter < h.first || counter > h.last) {
      continue;
    }
    memmove(&r->holes[i], &r->holes[i + 1],
            (r->n_holes - i - 1) * sizeof(r->holes[0]));
    r->n_holes--;
    if (counter < h.last) {
      add_hole(r, (client_hole){counter + 1, h.last, h.since, h.told});
    }
    if (counter > h.first) {
      add_hole(r, (client_hole){h.first, counter - 1, h.since, h.told});
    }
    return;
  }
}

void client_counters_note(client_counters *r, uint64_t counter, uint64_t now) {
  if (counter < r->next) {
    fill_hole(r, counter);
    return;
  }
  if (counter > r->next) {
    add_hole(r, (client_hole){r->next, counter - 1, now, false});
  }
  r->next = counter + 1;
}

static tacet_err save(client *c, client_counters *r) {
  TACET_BUF(key, 128);
  tacet_write_bytes(&key, client_id_span(r->talk));
  tacet_write_bytes(&key, client_id_span(r->account));
  tacet_write_bytes(&key, tacet_span_of(r->device, sizeof(r->device)));
  TACET_TRY(key.err);
  return client_put(c, CLIENT_T_DEVICE, tacet_buf_span(&key),
                    client_id_span(r->talk), r->n_holes > 0 ? 1 : 0,
                    client_counters_fields, r);
}

tacet_err client_counter_seen(client *c, const uint8_t *talk,
                              const uint8_t *account, const uint8_t *device,
                              uint64_t counter) {
  CLIENT_MEM(mem);
  client_counters r;
  client_hole holes[CLIENT_HOLES_MAX + 1];
  TACET_BUF(key, 128);
  tacet_write_bytes(&key, tacet_span_of(talk, CLIENT_ID_LEN));
  tacet_write_bytes(&key, tacet_span_of(account, CLIENT_ID_LEN));
  tacet_write_bytes(&key, tacet_span_of(device, CLIENT_DEVICE_ID_LEN));
  TACET_TRY(key.err);
  if (counter == UINT64_MAX) {
    return TACET_OK; /* nobody gets there by counting */
  }
  tacet_err e = client_get(c, CLIENT_T_DEVICE, tacet_buf_span(&key),
                           client_counters_fields, &r, sizeof(r), &mem);
  if (e == TACET_ERR_NOT_FOUND) {
    r = (client_counters){.next = counter};
    memcpy(r.talk, talk, sizeof(r.talk));
    memcpy(r.account, account, sizeof(r.account));
    memcpy(r.device, device, sizeof(r.device));
    e = TACET_OK;
  }
  TACET_TRY(e);
  if (r.n_holes > CLIENT_HOLES_MAX) {
    return TACET_ERR_ENCODING;
  }
  if (r.n_holes > 0) {
    memcpy(holes, r.holes, r.n_holes * sizeof(holes[0]));
  }
  r.holes = holes;
  client_counters_note(&r, counter, client_now(c));
  return save(c, &r);
}

/* ---- telling ---- */

static tacet_err tell(client *c, client_counters *r, client_mem *mem,
                      uint64_t *next) {
  uint64_t missing = 0, now = client_now(c);
  for (size_t i = 0; i < r->n_holes; i++) {
    client_hole *h = &r->holes[i];
    if (h->told) {
      continue;
    }
    if (now < h->since + PATIENCE) {
      *next = h->since + PATIENCE < *next ? h->since + PATIENCE : *next;
      continue;
    }
    missing += h->last - h->first + 1;
    h->told = true;
  }
  if (missing == 0) {
    return TACET_OK;
  }
  const char *who;
  TACET_TRY(client_handle_of(c, client_id_span(r->account), mem, &who));
  TACET_TRY(client_event_warn(
      c, r->talk, "gap",
      "%llu of %s's messages have not arrived, though later ones have. Ask "
      "them to send again what you miss.",
      (unsigned long long)missing, who));
  return save(c, r);
}

tacet_err client_gaps_sweep(client *c, uint64_t *next) {
  CLIENT_MEM(mem);
  const client_row *rows;
  size_t n;
  client_range open = {.from = 1}; /* those with holes */
  CLIENT_TX(tx);
  TACET_TRY(
      client_store_list(c->store, CLIENT_T_DEVICE, &open, &mem, &rows, &n));
  if (n == 0) {
    return TACET_OK;
  }
  TACET_TRY(client_tx_begin(c->store, &tx));
  for (size_t i = 0; i < n; i++) {
    client_counters r;
    TACET_TRY(
        client_parse(c, &rows[i], client_counters_fields, &r, sizeof(r), &mem));
    TACET_TRY(tell(c, &r, &mem, next));
  }
  return client_tx_commit(&tx);
}
