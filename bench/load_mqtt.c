/* SPDX-License-Identifier: Apache-2.0
 * MQTT 3.1.1 with QoS 1 both ways: a pair is a publisher and a subscriber of a
 * topic of its own. */
#include "bench/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct mqtt {
  load_pair *pair;
  link_t *out, *in;
  bool ready; /* CONNACK, SUBACK */
  uint16_t next_id;
  uint32_t place_of[65536];
  char topic[16];
};

/* Length of the packet at the front of p, 0: not whole; *body after its fixed
 * header. */
static size_t packet(const uint8_t *p, size_t n, size_t *body) {
  size_t len = 0, at = 1;
  unsigned shift = 0;
  do {
    if (at >= n || shift > 21) {
      return 0;
    }
    len |= (size_t)(p[at] & 127u) << shift;
    shift += 7;
  } while ((p[at++] & 128u) != 0);
  *body = at;
  return n < at + len ? 0 : at + len;
}

static size_t put_length(uint8_t *out, size_t len) {
  size_t n = 0;
  do {
    out[n] = (uint8_t)(len & 127u);
    len >>= 7;
    out[n] |= len > 0 ? 128 : 0;
    n++;
  } while (len > 0);
  return n;
}

static size_t on_bytes(link_t *l) {
  struct mqtt *m = l->user;
  size_t at = 0, body, len;
  while ((len = packet(l->in + at, l->in_len - at, &body)) > 0) {
    const uint8_t *p = l->in + at;
    switch (p[0] >> 4) {
    case 2: /* CONNACK */
    case 9: /* SUBACK */
      m->ready = true;
      break;
    case 4: /* PUBACK */
      load_acknowledged(m->pair, m->place_of[p[body] << 8 | p[body + 1]]);
      break;
    case 3: { /* PUBLISH */
      size_t topic = (size_t)(p[body] << 8 | p[body + 1]);
      const uint8_t *id = p + body + 2 + topic;
      const uint8_t ack[4] = {0x40, 2, id[0], id[1]};
      link_send(l, ack, sizeof(ack));
      load_delivered(m->pair, load_place_of(id + 2));
      break;
    }
    default:
      break;
    }
    at += len;
  }
  return at;
}

static link_t *connect_one(load_run *r, struct mqtt *m, char kind) {
  char id[16];
  uint8_t packet_bytes[64] = {0x10, 0, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0};
  link_t *l = link_open(r->e, r->target->host, r->target->port);
  int n = snprintf(id, sizeof(id), "%c%u", kind, m->pair->number);
  packet_bytes[1] = (uint8_t)(12 + n);
  packet_bytes[9] = kind == 'o' ? 0 : 2; /* a session that stays, or not */
  packet_bytes[13] = (uint8_t)n;
  memcpy(packet_bytes + 14, id, (size_t)n);
  l->on_bytes = on_bytes;
  l->user = m;
  m->ready = false;
  link_send(l, packet_bytes, (size_t)(14 + n));
  if (!engine_run(r->e, 10000, &m->ready)) {
    die("mosquitto does not answer");
  }
  return l;
}

static void subscribe(load_run *r, struct mqtt *m) {
  uint8_t bytes[64] = {0x82, 0, 0, 1};
  size_t n = strlen(m->topic);
  bytes[1] = (uint8_t)(n + 5);
  bytes[5] = (uint8_t)n;
  memcpy(bytes + 6, m->topic, n);
  bytes[6 + n] = 1; /* QoS */
  m->ready = false;
  link_send(m->in, bytes, 7 + n);
  if (!engine_run(r->e, 10000, &m->ready)) {
    die("mosquitto does not subscribe");
  }
}

static void open_all(load_run *r) {
  for (unsigned i = 0; i < r->setup->pairs; i++) {
    struct mqtt *m = calloc(1, sizeof(*m));
    m->pair = &r->pairs[i];
    r->pairs[i].user = m;
    (void)snprintf(m->topic, sizeof(m->topic), "%c/%u", r->offline ? 'o' : 't',
                   i);
    m->in = connect_one(r, m, r->offline ? 'o' : 'r');
    subscribe(r, m);
    if (r->offline) {
      link_close(m->in);
      m->in = NULL;
    }
    m->out = connect_one(r, m, 's');
  }
}

static void receive_all(load_run *r) {
  for (unsigned i = 0; i < r->setup->pairs; i++) {
    struct mqtt *m = r->pairs[i].user;
    m->in = connect_one(r, m, 'o');
  }
}

static void send_one(load_pair *p, uint32_t place, const uint8_t *message) {
  struct mqtt *m = p->user;
  uint8_t head[64] = {0x32};
  size_t topic = strlen(m->topic), size = p->run->setup->size;
  size_t n = 1 + put_length(head + 1, 2 + topic + 2 + size);
  m->next_id = (uint16_t)(m->next_id == 65535 ? 1 : m->next_id + 1);
  m->place_of[m->next_id] = place;
  head[n++] = 0;
  head[n++] = (uint8_t)topic;
  memcpy(head + n, m->topic, topic);
  n += topic;
  head[n++] = (uint8_t)(m->next_id >> 8);
  head[n++] = (uint8_t)m->next_id;
  link_send(m->out, head, n);
  link_send(m->out, message, size);
}

static void close_all(load_run *r) {
  for (unsigned i = 0; i < r->setup->pairs; i++) {
    struct mqtt *m = r->pairs[i].user;
    link_close(m->in);
    link_close(m->out);
    free(m);
  }
}

const load_protocol load_mqtt = {open_all, receive_all, send_one, close_all};
