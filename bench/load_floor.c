/* SPDX-License-Identifier: Apache-2.0
 * The floor: a pair is one connection whose frames come back. */
#include "bench/load.h"

#include <stdlib.h>

static size_t on_bytes(link_t *l) {
  load_pair *p = l->user;
  size_t at = 0, used, len;
  const uint8_t *body;
  while ((used = ws_frame(l->in + at, l->in_len - at, &body, &len)) > 0) {
    uint32_t place = load_place_of(body);
    load_delivered(p, place);
    load_acknowledged(p, place);
    at += used;
  }
  return at;
}

static void open_all(load_run *r) {
  for (unsigned i = 0; i < r->setup->pairs; i++) {
    link_t *l = link_open(r->e, r->target->host, r->target->port);
    ws_upgrade(l, r->target->host, "/");
    l->on_bytes = on_bytes;
    l->user = &r->pairs[i];
    r->pairs[i].user = l;
  }
}

static void send_one(load_pair *p, uint32_t place, const uint8_t *message) {
  (void)place;
  ws_send(p->user, message, p->run->setup->size);
}

static void close_all(load_run *r) {
  for (unsigned i = 0; i < r->setup->pairs; i++) {
    link_close(r->pairs[i].user);
  }
}

const load_protocol load_floor = {open_all, NULL, send_one, close_all};
