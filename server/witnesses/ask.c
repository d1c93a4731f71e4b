/* SPDX-License-Identifier: Apache-2.0
 * The calls to one witness. */
#include "server/witnesses/ask.h"

#include "tacet/crypto.h"
#include "tacet/keytrans/witness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONFLICTS_MAX 3 /* answers "another size" in a row */
#define TARGET_MAX (WTS_URL_MAX + 96)

struct wts_asker {
  tacet_note_key key;
  const tacet_policy *policy;
  wts_log log;
  wts_address address;
  net_tls *tls;
  net_client *client;
  uint32_t timeout_ms;
  bool looked;   /* at what it remembers */
  uint64_t size; /* what it is believed to remember */
};

tacet_err wts_asker_new(const tacet_policy_witness *w,
                        const tacet_policy *policy, const wts_log *log,
                        uint32_t timeout_ms, wts_asker **out) {
  wts_asker *a = calloc(1, sizeof(*a));
  if (a == NULL) {
    return TACET_ERR_NOMEM;
  }
  a->key = *w->key;
  a->policy = policy;
  a->log = *log;
  a->timeout_ms = timeout_ms;
  tacet_err e = wts_address_read(w->url, &a->address);
  if (e == TACET_OK && a->address.tls) {
    e = net_tls_client(a->address.pinned ? a->address.pin : NULL, &a->tls);
  }
  if (e == TACET_OK && net_client_new(a->address.host, a->address.port, a->tls,
                                      &a->client) != NET_OK) {
    e = TACET_ERR_NOMEM;
  }
  if (e != TACET_OK) {
    wts_asker_free(a);
    return e;
  }
  *out = a;
  return TACET_OK;
}

void wts_asker_free(wts_asker *a) {
  if (a != NULL) {
    net_client_free(a->client);
    net_tls_free(a->tls);
    free(a);
  }
}

void wts_asker_interrupt(wts_asker *a) {
  net_client_interrupt(a->client);
}

static wts_outcome outcome_of(net_result r) {
  switch (r) {
  case NET_PIN:
  case NET_TLS:
    return WTS_CERTIFICATE;
  case NET_PROTOCOL:
  case NET_TOO_LARGE:
    return WTS_GARBAGE;
  case NET_INTERRUPTED:
    return WTS_STOPPED;
  case NET_NO_MEMORY:
    return WTS_FAILED;
  default:
    return WTS_AWAY;
  }
}

/* One call to PREFIX/what. */
static net_result call(wts_asker *a, const char *method, const char *what,
                       tacet_span body, size_t max, net_answer *answer) {
  char target[TARGET_MAX];
  (void)snprintf(target, sizeof(target), "%s/%s", a->address.prefix, what);
  const net_call c = {.method = method,
                      .target = target,
                      .content_type = body.len > 0 ? "text/plain" : NULL,
                      .body = body,
                      .max_answer = max,
                      .timeout_ms = a->timeout_ms,
                      .total_ms = 2 * a->timeout_ms};
  return net_client_call(a->client, &c, answer);
}

/* ---- what it remembers ---- */

/* Not every witness gives that out where it cosigns; then its answers to
 * add-checkpoint have to do. */
static wts_outcome read_memory(wts_asker *a, int status, tacet_span body) {
  wts_memory memory = WTS_MEMORY_NONE;
  uint64_t size = 0;
  if (status == 429 || (status >= 502 && status <= 504)) {
    return WTS_AWAY;
  }
  if (status == 200 &&
      wts_memory_read(body, a->policy, &a->log, &memory, &size) != TACET_OK) {
    return WTS_FAILED;
  }
  a->looked = true;
  a->size = memory == WTS_MEMORY_NONE ? 0 : size;
  return memory == WTS_MEMORY_FORKED ? WTS_FORKED : WTS_COSIGNED;
}

static wts_outcome look(wts_asker *a, tacet_span origin) {
  uint8_t hash[32];
  char what[64 + sizeof("/checkpoint")];
  NET_ANSWER(answer);
  if (tacet_hash_sha256.digest(&origin, 1, hash) != TACET_OK) {
    return WTS_FAILED;
  }
  tacet_hex_write(tacet_span_of(hash, sizeof(hash)), what);
  (void)memcpy(what + 64, "/checkpoint", sizeof("/checkpoint"));
  net_result r =
      call(a, "GET", what, TACET_SPAN_EMPTY, TACET_NOTE_MAX, &answer);
  return r != NET_OK
             ? outcome_of(r)
             : read_memory(a, answer.status, tacet_bytes_span(&answer.body));
}

wts_outcome wts_ask_memory(wts_asker *a, tacet_span origin, uint64_t *size) {
  wts_outcome o = look(a, origin);
  *size = a->size;
  return o;
}

/* ---- its cosignature ---- */

static wts_outcome submit(wts_asker *a, tacet_span note,
                          const tacet_checkpoint *c, tacet_span text,
                          net_answer *answer, wts_answer *out) {
  tacet_tlog_proof proof = {.n = 0};
  tacet_span body;
  TACET_BUF(b, TACET_WITNESS_BODY_MAX);
  if (a->size > 0 && a->size < c->size &&
      a->log.consistency(a->log.ctx, a->size, c->size, &proof) != TACET_OK) {
    return WTS_FAILED;
  }
  tacet_witness_write(a->size, &proof, note, &b);
  if (tacet_buf_done(&b, &body) != TACET_OK) {
    return WTS_FAILED;
  }
  net_result r =
      call(a, "POST", "add-checkpoint", body, WTS_ANSWER_MAX, answer);
  if (r != NET_OK) {
    return outcome_of(r);
  }
  return wts_answer_read(answer->status, tacet_bytes_span(&answer->body), text,
                         &a->key, out) == TACET_OK
             ? WTS_COSIGNED
             : WTS_FAILED;
}

/* It says that ours does not continue what it has seen, or that it has seen
 * more. That alone could be a lie, by which one witness would stop a log. What
 * it gives out with the log's own signature is none. */
static wts_outcome check_claim(wts_asker *a, const tacet_checkpoint *c) {
  wts_outcome o = look(a, c->origin);
  if (o == WTS_COSIGNED) {
    o = a->size > c->size ? WTS_BEHIND : WTS_CLAIMED;
  }
  a->looked = false; /* once more before it is asked again */
  return o;
}

static wts_outcome judge(wts_asker *a, const wts_answer *answer,
                         const tacet_checkpoint *c, tacet_bytes *line,
                         uint64_t *time) {
  switch (answer->kind) {
  case WTS_ANSWER_COSIGNED:
    a->size = c->size;
    *time = answer->time;
    return tacet_bytes_set(line, answer->line) == TACET_OK ? WTS_COSIGNED
                                                           : WTS_FAILED;
  case WTS_ANSWER_REFUSED:
    return WTS_REFUSED;
  case WTS_ANSWER_LATER:
    return WTS_AWAY;
  case WTS_ANSWER_CONTRADICTED:
  case WTS_ANSWER_CONFLICT:
    return check_claim(a, c);
  case WTS_ANSWER_GARBAGE:
    break;
  }
  return WTS_GARBAGE;
}

static wts_outcome ask(wts_asker *a, tacet_span note, tacet_span text,
                       const tacet_checkpoint *c, tacet_bytes *line,
                       uint64_t *time) {
  wts_answer answer = {.kind = WTS_ANSWER_GARBAGE};
  for (int i = 0; i < CONFLICTS_MAX; i++) {
    NET_ANSWER(raw);
    if (a->size > c->size) {
      return check_claim(a, c);
    }
    wts_outcome o = submit(a, note, c, text, &raw, &answer);
    if (o != WTS_COSIGNED) {
      return o;
    }
    if (answer.kind != WTS_ANSWER_CONFLICT || answer.size == a->size) {
      return judge(a, &answer, c, line, time);
    }
    a->size = answer.size;
  }
  return WTS_GARBAGE;
}

wts_outcome wts_ask(wts_asker *a, tacet_span note, tacet_bytes *line,
                    uint64_t *time) {
  tacet_note parsed;
  tacet_checkpoint c;
  if (tacet_note_parse(note, &parsed) != TACET_OK ||
      tacet_checkpoint_parse(parsed.text, &c) != TACET_OK) {
    return WTS_FAILED;
  }
  if (!a->looked) {
    wts_outcome o = look(a, c.origin);
    if (o != WTS_COSIGNED) {
      return o;
    }
  }
  wts_outcome o = ask(a, note, parsed.text, &c, line, time);
  if (o == WTS_GARBAGE) {
    a->looked = false; /* whatever it said of sizes is forgotten */
  }
  return o;
}
