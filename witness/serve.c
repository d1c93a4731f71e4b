/* SPDX-License-Identifier: Apache-2.0
 * The witness's HTTP. One loop: a log sends a checkpoint every few seconds, and
 * what waits for the disk waits in the database's threads. */
#include "witness/serve.h"

#include "witness/judge.h"
#include "witness/rate.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SUBMIT "/add-checkpoint"
#define MONITOR_LEN (1 + 64 + sizeof("/checkpoint") - 1)
#define TEXT "text/plain; charset=utf-8"

struct wit_server {
  const wit_identity *identity;
  sto_db *db;
  net_handler handler;
  net_server *net;
  wit_rate *rate; /* NULL behind a proxy: all addresses are the proxy's */
};

/* One sentence and its end. */
static void refuse(net_request *r, int status, const char *sentence) {
  net_respond(r, &(net_response){.status = status,
                                 .content_type = TEXT,
                                 .body = tacet_span_str(sentence)});
}

/* ---- POST /add-checkpoint ---- */

static const char *sentence_of(tacet_witness_status s) {
  switch (s) {
  case TACET_WITNESS_MALFORMED:
    return "the old size is above the checkpoint's\n";
  case TACET_WITNESS_FORBIDDEN:
    return "the checkpoint is not signed by its log\n";
  case TACET_WITNESS_UNKNOWN:
    return "this log is not witnessed here\n";
  case TACET_WITNESS_INCONSISTENT:
    return "the checkpoint does not continue what was cosigned\n";
  case TACET_WITNESS_OK:
  case TACET_WITNESS_CONFLICT:
    break;
  }
  return "";
}

/* On the writer's thread. */
static void judged(sto_job *job, tacet_err err) {
  wit_judgement *j = (wit_judgement *)job;
  net_reply *reply = j->user;
  char size[32];
  net_response a = {.status = (int)j->status, .content_type = TEXT};
  if (err != TACET_OK) {
    a.status = 503;
    a.body = TACET_SPAN_LIT("the witness cannot write; try again later\n");
  } else if (j->status == TACET_WITNESS_OK) {
    a.body = tacet_buf_span(&j->answer);
  } else if (j->status == TACET_WITNESS_CONFLICT) {
    (void)snprintf(size, sizeof(size), "%llu\n",
                   (unsigned long long)j->remembered.size);
    a.content_type = "text/x.tlog.size";
    a.body = tacet_span_str(size);
  } else {
    a.body = tacet_span_str(sentence_of(j->status));
  }
  net_reply_send(reply, &a);
  wit_judgement_free(j);
}

static void submit(wit_server *s, net_request *r, tacet_span body) {
  wit_judgement *j = NULL;
  tacet_err e =
      wit_judgement_new(s->identity, body, (int64_t)time(NULL), judged, &j);
  if (tacet_err_kind(e) == TACET_KIND_INPUT) {
    refuse(r, 400, "the body is not as c2sp.org/tlog-witness says\n");
    return;
  }
  if (e == TACET_OK) {
    j->user = net_request_defer(r);
  }
  if (e != TACET_OK || j->user == NULL) {
    wit_judgement_free(j);
    refuse(r, 503, "out of memory\n");
    return;
  }
  if (sto_write(s->db, &j->job) != TACET_OK) {
    judged(&j->job, TACET_ERR_BUSY);
  }
}

/* ---- GET /<hash>/checkpoint ---- */

typedef struct lookup {
  sto_job job;
  uint8_t origin_hash[32];
  tacet_bytes note;
  net_reply *reply;
} lookup;

static tacet_err look(sto_job *job, sto_conn *c) {
  lookup *l = (lookup *)job;
  return wit_cosigned(c, l->origin_hash, &l->note);
}

/* On a reader's thread. */
static void looked(sto_job *job, tacet_err err) {
  lookup *l = (lookup *)job;
  net_response a = {.status = 200,
                    .content_type = TEXT,
                    .headers = "Cache-Control: max-age=5\r\n",
                    .body = tacet_bytes_span(&l->note)};
  if (err != TACET_OK) {
    a = (net_response){.status = 503};
  } else if (l->note.len == 0) {
    a = (net_response){.status = 404,
                       .content_type = TEXT,
                       .body = TACET_SPAN_LIT("nothing was cosigned of it\n")};
  }
  net_reply_send(l->reply, &a);
  tacet_bytes_free(&l->note);
  free(l);
}

static void monitor(wit_server *s, net_request *r, tacet_span path) {
  lookup *l = calloc(1, sizeof(*l));
  if (l == NULL) {
    refuse(r, 503, "out of memory\n");
    return;
  }
  l->job = (sto_job){.run = look, .done = looked, .bytes = sizeof(*l)};
  if (tacet_hex_read((const char *)path.p + 1, 64, l->origin_hash, 32) !=
      TACET_OK) {
    free(l);
    refuse(r, 404, "there is nothing here\n");
    return;
  }
  l->reply = net_request_defer(r);
  if (l->reply == NULL) {
    free(l);
    refuse(r, 503, "out of memory\n");
  } else if (sto_read(s->db, &l->job) != TACET_OK) {
    looked(&l->job, TACET_ERR_BUSY);
  }
}

/* ---- requests ---- */

static bool is(tacet_span a, const char *b) {
  return tacet_span_equal(a, tacet_span_str(b));
}

static bool is_monitor(tacet_span path) {
  return path.len == MONITOR_LEN &&
         memcmp(path.p + 1 + 64, "/checkpoint", MONITOR_LEN - 65) == 0;
}

static net_body on_head(void *user, net_request *r, uint64_t *max_body) {
  wit_server *s = user;
  const net_http_head *h = net_request_head(r);
  const net_peer peer = net_request_peer(r);
  if (s->rate != NULL && !wit_rate_take(s->rate, peer.address,
                                        net_loop_now(net_request_loop(r)))) {
    net_respond(r, &(net_response){.status = 429,
                                   .content_type = TEXT,
                                   .headers = "Retry-After: 1\r\n",
                                   .body = TACET_SPAN_LIT("too often\n")});
    return NET_BODY_ANSWERED;
  }
  if (is(h->path, SUBMIT)) {
    if (!is(h->method, "POST")) {
      refuse(r, 405, "send it with POST\n");
      return NET_BODY_ANSWERED;
    }
    *max_body = TACET_WITNESS_BODY_MAX;
    return NET_BODY_WHOLE;
  }
  if (!is(h->method, "GET") || !is_monitor(h->path)) {
    refuse(r, 404, "there is nothing here\n");
    return NET_BODY_ANSWERED;
  }
  return NET_BODY_WHOLE;
}

static void on_request(void *user, net_request *r, tacet_span body) {
  const net_http_head *h = net_request_head(r);
  if (is(h->path, SUBMIT)) {
    submit(user, r, body);
  } else {
    monitor(user, r, h->path);
  }
}

tacet_err wit_server_start(const net_server_config *config,
                           const wit_identity *identity, sto_db *db,
                           wit_server **out) {
  wit_server *s = calloc(1, sizeof(*s));
  if (s == NULL) {
    return TACET_ERR_NOMEM;
  }
  s->identity = identity;
  s->db = db;
  s->handler =
      (net_handler){.user = s, .on_head = on_head, .on_request = on_request};
  tacet_err e = config->tls != NULL ? wit_rate_new(&s->rate) : TACET_OK;
  if (e == TACET_OK) {
    e = net_server_start(config, &s->handler, &s->net);
  }
  if (e != TACET_OK) {
    wit_server_free(s);
    return e;
  }
  *out = s;
  return TACET_OK;
}

uint16_t wit_server_port(const wit_server *s) {
  return net_server_port(s->net);
}

void wit_server_stop(wit_server *s, uint32_t ms) {
  net_server_drain(s->net, ms);
}

void wit_server_free(wit_server *s) {
  if (s != NULL) {
    net_server_free(s->net);
    wit_rate_free(s->rate);
    free(s);
  }
}
