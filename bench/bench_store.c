/* SPDX-License-Identifier: Apache-2.0
 * What storing costs: durable 1 KiB items a second through the whole of
 * server/delivery (capability, quota, seal, commit, hook), beside appending the
 * same bytes to a file with one fdatasync a batch, in the same run.
 *
 *   bench_store [FOLDER]      a new folder in it is used; /tmp by default
 *
 * The batch is what is under way at once: so many requests wait for each
 * commit. "ratio" is ours divided by the raw file's. "warm" mailboxes get many
 * items each (one encapsulation serves 256), "cold" ones a single item, and so
 * each pays for an encapsulation; "fan-out" is one request to 100 mailboxes,
 * "relay" acknowledges each item after it was stored. WA is bytes that were
 * passed to write() for each byte of payload.
 */
#include "server/delivery/delivery.h"
#include "server/tokens/tokens.h"
#include "tacet/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ITEM 1024
#define SECONDS 2.0
#define BOXES_MAX 40000

static void die(const char *what) {
  fprintf(stderr, "bench_store: %s: %s\n", what, strerror(errno));
  exit(1);
}
static void must(tacet_err err, const char *what) {
  if (err != TACET_OK) {
    fprintf(stderr, "bench_store: %s: %s\n", what, tacet_err_text(err));
    exit(1);
  }
}
#define MUST(call) must((call), #call)

static double clock_s(clockid_t which) {
  struct timespec t;
  (void)clock_gettime(which, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}
static double wall(void) {
  return clock_s(CLOCK_MONOTONIC);
}
static double cpu(void) {
  return clock_s(CLOCK_PROCESS_CPUTIME_ID);
}

/* Bytes that this process passed to write(), so far. */
static double written(void) {
  char line[128];
  double n = 0;
  FILE *f = fopen("/proc/self/io", "r");
  while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
    (void)sscanf(line, "wchar: %lf", &n);
  }
  if (f != NULL) {
    (void)fclose(f);
  }
  return n;
}

/* ---- the raw file ---- */

static double raw_rate(const char *folder, size_t batch) {
  char path[4200];
  uint8_t *bytes = malloc(batch * ITEM);
  if (bytes == NULL) {
    die("memory");
  }
  MUST(tacet_random(bytes, batch * ITEM));
  (void)snprintf(path, sizeof(path), "%s/raw", folder);
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
  if (fd < 0) {
    die(path);
  }
  double from = wall(), n = 0;
  while (wall() - from < SECONDS / 2) {
    if (write(fd, bytes, batch * ITEM) != (ssize_t)(batch * ITEM) ||
        fdatasync(fd) != 0) {
      die(path);
    }
    n += (double)batch;
  }
  double rate = n / (wall() - from);
  (void)close(fd);
  (void)unlink(path);
  free(bytes);
  return rate;
}

/* ---- delivery ---- */

static dlv_delivery *post;
static tok_issuer *issuer;
static struct {
  uint8_t id[16], capability[32], read_secret[32];
  uint64_t seq;
} boxes[BOXES_MAX];
static size_t n_boxes;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static size_t in_flight;
static double n_stored, n_refused;

static void on_done(dlv_request *r) {
  (void)pthread_mutex_lock(&lock);
  in_flight--;
  if (r->call == DLV_SEND) {
    n_stored += r->outcomes[TACET_DELIVERY_STORED];
    n_refused +=
        r->status != TACET_WIRE_OK || r->outcomes[TACET_DELIVERY_FULL] > 0;
  }
  (void)pthread_cond_signal(&changed);
  (void)pthread_mutex_unlock(&lock);
  dlv_request_free(r);
}

static void submit(dlv_request *r, size_t window) {
  (void)pthread_mutex_lock(&lock);
  while (in_flight >= window) {
    (void)pthread_cond_wait(&changed, &lock);
  }
  in_flight++;
  (void)pthread_mutex_unlock(&lock);
  r->done = on_done;
  dlv_submit(post, r);
}

static void drain(void) {
  (void)pthread_mutex_lock(&lock);
  while (in_flight > 0) {
    (void)pthread_cond_wait(&changed, &lock);
  }
  (void)pthread_mutex_unlock(&lock);
}

static dlv_request *request(dlv_call call, const tacet_buf *w) {
  tacet_bytes body = {NULL, 0};
  dlv_request *r = NULL;
  if (w != NULL) {
    MUST(tacet_bytes_set(&body, tacet_buf_span(w)));
  }
  if (dlv_request_new(call, w == NULL ? NULL : &body, &r) != TACET_WIRE_OK) {
    die("request");
  }
  return r;
}

static tacet_token token(void) {
  static tacet_token_draw draw;
  tacet_issuers keys = {.n = 0};
  uint8_t evaluated[32], proof[64], id[8];
  tacet_token t;
  tok_issuer_list(issuer, &keys);
  MUST(tacet_token_draw_start(TACET_TOKEN_DELIVERY, keys.list[0].public_key, 1,
                              &draw));
  tacet_token_key_id(keys.list[0].public_key, id);
  MUST(tok_issuer_evaluate(issuer, id, tacet_span_of(draw.blinded, 32),
                           evaluated, proof));
  MUST(tacet_token_draw_finish(&draw, tacet_span_of(evaluated, 32),
                               tacet_span_of(proof, 64), &t));
  return t;
}

static void make_box(size_t i, tacet_buf *list) {
  tacet_new_mailbox m = {.paid = false};
  TACET_SECRET(unused);
  MUST(tacet_random(boxes[i].id, 16));
  MUST(tacet_random(boxes[i].capability, 32));
  MUST(tacet_random(boxes[i].read_secret, 32));
  memcpy(m.id, boxes[i].id, 16);
  MUST(tacet_hash_one(&tacet_hash_sha256,
                      tacet_span_of(boxes[i].capability, 32),
                      m.capability_hash));
  MUST(tacet_hash_one(&tacet_hash_sha256,
                      tacet_span_of(boxes[i].read_secret, 32), m.read_hash));
  MUST(tacet_seal_key_new(&unused, m.sealing_key));
  boxes[i].seq = 0;
  tacet_new_mailbox_write(list, &m);
}

/* n boxes, a multiple of 64, that were read once. */
static void make_boxes(size_t n) {
  for (size_t from = 0; from < n; from += 64) {
    TACET_BUF(list, 16384);
    TACET_BUF(w, 16384);
    for (size_t i = 0; i < 64; i++) {
      make_box(from + i, &list);
    }
    tacet_create_mailboxes m = {.token = token(),
                                .mailboxes = tacet_buf_span(&list)};
    tacet_create_mailboxes_write(&w, &m);
    submit(request(DLV_CREATE, &w), 64);
    drain();
    dlv_request *r = request(DLV_SUBSCRIBE, NULL);
    r->in.subscribe->n = 64;
    for (size_t i = 0; i < 64; i++) {
      memcpy(r->in.subscribe->keys[i].id, boxes[from + i].id, 16);
      memcpy(r->in.subscribe->keys[i].read_secret, boxes[from + i].read_secret,
             32);
    }
    submit(r, 64);
  }
  drain();
  n_boxes = n;
}

static void send_to(size_t first, size_t n, size_t window) {
  static uint8_t item[ITEM];
  TACET_BUF(list, 64 * 1024);
  TACET_BUF(w, 128 * 1024);
  for (size_t i = 0; i < n; i++) {
    tacet_recipient r;
    memcpy(r.mailbox, boxes[(first + i) % n_boxes].id, 16);
    memcpy(r.capability, boxes[(first + i) % n_boxes].capability, 32);
    tacet_recipient_write(&list, &r);
    boxes[(first + i) % n_boxes].seq++;
  }
  tacet_send m = {.recipients = tacet_buf_span(&list),
                  .item = tacet_span_of(item, sizeof(item))};
  tacet_send_write(&w, &m);
  submit(request(DLV_SEND, &w), window);
}

static void ack(size_t i, size_t window) {
  dlv_request *r = request(DLV_ACK, NULL);
  r->in.ack->n = 1;
  memcpy(r->in.ack->acks[0].mailbox, boxes[i].id, 16);
  r->in.ack->acks[0].seq = boxes[i].seq;
  submit(r, window);
}

/* ---- rows ---- */

typedef struct scenario {
  const char *name;
  size_t boxes, recipients, window;
  bool acknowledge;
  double limit; /* items at most: a mailbox is full at 5,000 */
} scenario;

static void open_post(const char *folder) {
  sto_trouble why = {""};
  const dlv_options o = {.folder = folder};
  if (dlv_create(folder, &why) != TACET_OK ||
      dlv_open(&o, &why, &post) != TACET_OK ||
      tok_issuer_open(folder, TACET_TOKEN_DELIVERY,
                      sto_day_of((int64_t)time(NULL)), &why,
                      &issuer) != TACET_OK) {
    fprintf(stderr, "bench_store: %s\n", why.text);
    exit(1);
  }
}

static void remove_folder(const char *folder) {
  char command[4200];
  (void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
  if (system(command) != 0) {
    die("rm");
  }
}

static void run(const char *base, const scenario *s) {
  char folder[4096];
  (void)snprintf(folder, sizeof(folder), "%s/bench_store-XXXXXX", base);
  if (mkdtemp(folder) == NULL) {
    die(folder);
  }
  open_post(folder);
  make_boxes(s->boxes);
  double raw = raw_rate(folder, s->window * s->recipients);
  dlv_stats before, after;
  dlv_stats_get(post, &before);
  n_stored = n_refused = 0;
  double from = wall(), cpu_from = cpu(), io_from = written();
  size_t at = 0;
  double sent = 0;
  while (wall() - from < SECONDS && sent < s->limit) {
    send_to(at, s->recipients, s->window);
    if (s->acknowledge) {
      ack(at % n_boxes, 2 * s->window);
    }
    at = (at + s->recipients) % n_boxes;
    sent += (double)s->recipients;
  }
  drain();
  double took = wall() - from, used = cpu() - cpu_from;
  double io = written() - io_from;
  dlv_stats_get(post, &after);
  printf("%-9s %7zu %6zu  %8.0f %8.0f %6.2f  %8.0f %7.1f  %5.1f\n", s->name,
         s->boxes, s->window * s->recipients, n_stored / took, raw,
         n_stored / took / raw,
         (double)(after.storage.commits - before.storage.commits) / took,
         used / n_stored * 1e6, io / (n_stored * ITEM));
  if (n_refused > 0) {
    printf("  (%.0f requests were refused)\n", n_refused);
  }
  dlv_close(post);
  tok_issuer_free(issuer);
  remove_folder(folder);
}

int main(int argc, char **argv) {
  const char *base = argc > 1 ? argv[1] : "/tmp";
  static const scenario rows[] = {
      {"warm", 640, 1, 1, false, 1e9},
      {"warm", 640, 1, 10, false, 1e9},
      {"warm", 640, 1, 100, false, 1e9},
      {"warm", 640, 1, 1000, false, 1e9},
      {"fan-out", 640, 100, 1, false, 1e9},
      {"fan-out", 640, 100, 10, false, 1e9},
      {"relay", 640, 1, 100, true, 1e9},
      {"relay", 640, 1, 1000, true, 1e9},
      {"cold", 19968, 1, 100, false, 19968},
      {"cold", 19968, 1, 1000, false, 19968},
  };
  MUST(tacet_crypto_init());
  printf(
      "durable 1 KiB items; the raw file is appended to with one fdatasync a "
      "batch\n\n");
  printf("%-9s %7s %6s  %8s %8s %6s  %8s %7s  %5s\n", "kind", "boxes", "batch",
         "items/s", "raw/s", "ratio", "commit/s", "CPU us", "WA");
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    run(base, &rows[i]);
  }
  return 0;
}
