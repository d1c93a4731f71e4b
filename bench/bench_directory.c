/* SPDX-License-Identifier: Apache-2.0
 * The directory with its key log, on a real file: registrations and changes of
 * devices as they come from the network's threads, look-ups with their proofs,
 * what the disk holds afterwards, and a start with a long log. All of the
 * server's work but TLS and HTTP.
 *
 *   bench_directory [ACCOUNTS [ENTRIES [FOLDER]]]     20000 1000000 .
 */
#include "bench/bench.h"

#include "server/directory/private.h"
#include "tacet/crypto.h"

#include <semaphore.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define DOMAIN "chat.example"
#define WINDOW 512 /* requests under way at once */

static char folder[512];
static dir_directory *d;

/* ---- time ---- */

static double wall(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static long resident_mb(void) {
  long pages = 0, ignored = 0;
  FILE *f = fopen("/proc/self/statm", "r");
  if (f == NULL || fscanf(f, "%ld %ld", &ignored, &pages) != 2) {
    pages = 0;
  }
  if (f != NULL) {
    fclose(f);
  }
  return pages * sysconf(_SC_PAGESIZE) >> 20;
}

/* ---- the directory ---- */

static void open_directory(void) {
  sto_trouble why = {""};
  const dir_options o = {.folder = folder,
                         .domain = DOMAIN,
                         .open_registration = true,
                         .tokens_per_day = {100, 100}};
  if (dir_open(&o, &why, &d) != TACET_OK) {
    fprintf(stderr, "%s\n", why.text);
    exit(1);
  }
}

/* Closing empties the write-ahead log into it. */
static double database_bytes(void) {
  char path[600];
  struct stat s;
  (void)snprintf(path, sizeof(path), "%s/" DIR_DATABASE, folder);
  return stat(path, &s) == 0 ? (double)s.st_size : 0;
}

static void make_folder(const char *where) {
  sto_trouble why = {""};
  (void)snprintf(folder, sizeof(folder), "%s/bench-directory-XXXXXX", where);
  if (mkdtemp(folder) == NULL || dir_create(folder, DOMAIN, &why) != TACET_OK) {
    fprintf(stderr, "%s: %s\n", folder, why.text);
    exit(1);
  }
}

static void remove_folder(void) {
  char command[600];
  (void)snprintf(command, sizeof(command), "rm -r '%s'", folder);
  if (system(command) != 0) {
    fprintf(stderr, "%s is left\n", folder);
  }
}

/* ---- accounts ---- */

typedef struct account {
  uint8_t device_id[16], recovery_key[32];
  tacet_secret key;
  tacet_manifest newest;
  uint8_t bytes[512]; /* the next request's manifest */
  size_t len;
} account;
static account *accounts;
static size_t n_accounts;

static void make_account(account *a, size_t i) {
  TACET_BUF(w, sizeof(a->bytes));
  tacet_manifest *m = &a->newest;
  const tacet_secret *fresh[1] = {&a->key};
  m->n_devices = 1;
  (void)snprintf(m->handle, sizeof(m->handle), "u%zu@" DOMAIN, i);
  BENCH_OK(tacet_random(a->device_id, sizeof(a->device_id)));
  BENCH_OK(tacet_sig_ed25519.generate(&a->key, m->devices[0].key));
  BENCH_OK(tacet_random(m->recovery_key, sizeof(m->recovery_key)));
  memcpy(m->devices[0].id, a->device_id, sizeof(a->device_id));
  tacet_manifest_signer signer = {.private_key = &a->key};
  memcpy(signer.device_id, a->device_id, sizeof(a->device_id));
  BENCH_OK(tacet_manifest_sign(m, NULL, &signer, fresh, 1, &w));
  memcpy(a->bytes, w.p, w.len);
  a->len = w.len;
  BENCH_OK(tacet_manifest_parse(tacet_buf_span(&w), m));
}

/* One more manifest, with the same device: what a change costs the directory
 * does not hang on what it changes. */
static void next_manifest(account *a) {
  TACET_BUF(w, sizeof(a->bytes));
  tacet_manifest next = a->newest;
  next.number++;
  tacet_manifest_signer signer = {.private_key = &a->key};
  memcpy(signer.device_id, a->device_id, sizeof(a->device_id));
  BENCH_OK(tacet_manifest_sign(&next, &a->newest, &signer, NULL, 0, &w));
  memcpy(a->bytes, w.p, w.len);
  a->len = w.len;
  BENCH_OK(tacet_manifest_parse(tacet_buf_span(&w), &a->newest));
}

/* ---- requests ---- */

typedef struct flight {
  sem_t room;
  atomic_size_t failed, bytes;
} flight;
static flight air;

static void landed(dir_request *r) {
  flight *f = r->user;
  atomic_fetch_add(&f->failed, r->status != TACET_WIRE_OK ? 1 : 0);
  atomic_fetch_add(&f->bytes, r->answer.len);
  dir_request_free(r);
  (void)sem_post(&f->room);
}

static void submit(dir_call call, const tacet_buf *body) {
  tacet_bytes copy = {NULL, 0};
  dir_request *r = NULL;
  BENCH_OK(tacet_bytes_set(&copy, tacet_buf_span(body)));
  if (dir_request_new(call, &copy, TACET_SPAN_EMPTY, &r) != TACET_WIRE_OK) {
    fprintf(stderr, "a request is none\n");
    exit(1);
  }
  r->done = landed;
  r->user = &air;
  while (sem_wait(&air.room) != 0) {
  }
  dir_submit(d, r);
}

static void fly(dir_call call, size_t i) {
  TACET_BUF(w, 4096);
  account *a = &accounts[i];
  tacet_span manifest = tacet_span_of(a->bytes, a->len);
  if (call == DIR_REGISTER) {
    tacet_create_account_write(&w,
                               &(tacet_create_account){.manifest = manifest});
  } else if (call == DIR_MANIFEST) {
    tacet_put_manifest_write(&w, &(tacet_put_manifest){manifest});
  } else {
    tacet_lookup_write(
        &w, &(tacet_lookup){.kind = TACET_LOOKUP_HANDLE,
                            .key = tacet_span_str(a->newest.handle)});
  }
  submit(call, &w);
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void land(unsigned n) {
  for (unsigned i = 0; i < n; i++) {
    while (sem_wait(&air.room) != 0) {
    }
  }
}

/* One after the other, as on a quiet server. */
static void alone(const char *what, dir_call call, size_t from, size_t n) {
  double *took = calloc(n, sizeof(*took));
  (void)sem_init(&air.room, 0, 1);
  for (size_t i = 0; i < n; i++) {
    double start = wall();
    fly(call, from + i);
    land(1);
    took[i] = wall() - start;
    (void)sem_post(&air.room);
  }
  qsort(took, n, sizeof(*took), by_value);
  printf("%-28s p50 %6.2f ms   p99 %6.2f ms\n", what, took[n / 2] * 1e3,
         took[n * 99 / 100] * 1e3);
  free(took);
}

/* As many at once as the window has. */
static void crowd(const char *what, dir_call call, size_t from, size_t n) {
  dir_stats before, after;
  (void)sem_init(&air.room, 0, WINDOW);
  atomic_store(&air.bytes, 0);
  dir_stats_get(d, &before);
  double start = wall();
  uint64_t cpu = bench_cpu_ns();
  for (size_t i = 0; i < n; i++) {
    fly(call, from + i);
  }
  land(WINDOW);
  double used = (double)(bench_cpu_ns() - cpu) / 1e9;
  double s = wall() - start;
  dir_stats_get(d, &after);
  uint64_t commits = after.storage.commits - before.storage.commits;
  printf("%-28s %8.0f/s %8.0f/s of one core", what, (double)n / s,
         (double)n / used);
  if (commits > 0) {
    printf("   %.0f a commit", (double)n / (double)commits);
  } else {
    printf("   %.0f B an answer", (double)air.bytes / (double)n);
  }
  printf("\n");
}

/* ---- what it is made of ---- */

static void step_check(void *ctx) {
  account *a = ctx;
  tacet_manifest m;
  BENCH_OK(tacet_manifest_first(tacet_span_of(a->bytes, a->len), &m));
}

static void step_update(void *ctx) {
  account *a = ctx;
  dir_update u;
  BENCH_OK(dir_update_make(&d->log.vrf, a->newest.handle, 0,
                           tacet_span_of(a->bytes, a->len), &u));
}

/* ---- a long log ---- */

typedef struct filling {
  sto_job job;
  size_t left;
  sem_t over;
} filling;

static tacet_err fill_run(sto_job *job, sto_conn *c) {
  filling *f = (filling *)(void *)job;
  size_t n = f->left < 1000 ? f->left : 1000;
  for (size_t i = 0; i < n; i++) {
    dir_update u = {.entry = {.kind = TACET_KEYLOG_UPDATE}};
    uint64_t index;
    TACET_TRY(tacet_random(u.entry.vrf_output.b, TACET_MAP_LEN));
    TACET_TRY(tacet_random(u.entry.commitment.b, TACET_MAP_LEN));
    TACET_TRY(dir_update_append(&d->log, c, &u, &index));
  }
  f->left -= n;
  return TACET_OK;
}

static void fill_done(sto_job *job, tacet_err err) {
  filling *f = (filling *)(void *)job;
  BENCH_OK(err);
  if (f->left > 0) {
    sto_write_unbounded(d->db, job);
  } else {
    (void)sem_post(&f->over);
  }
}

/* Random bytes in the place of the VRF's outputs, which look the same. */
static void fill(size_t entries) {
  filling f = {.job = {.run = fill_run, .done = fill_done}, .left = entries};
  (void)sem_init(&f.over, 0, 0);
  uint64_t cpu = bench_cpu_ns();
  sto_write_unbounded(d->db, &f.job);
  while (sem_wait(&f.over) != 0) {
  }
  printf("%zu entries appended     %8.2f s of one core\n", entries,
         (double)(bench_cpu_ns() - cpu) / 1e9);
}

static void start_with(size_t entries) {
  long before;
  dir_close(d);
  double empty = database_bytes();
  open_directory();
  fill(entries);
  dir_close(d);
  printf("disk: an entry               %8.0f B\n",
         (database_bytes() - empty) / (double)entries);
  before = resident_mb();
  uint64_t cpu = bench_cpu_ns();
  open_directory();
  printf("start with %zu entries   %8.2f s of one core, %ld MB more\n", entries,
         (double)(bench_cpu_ns() - cpu) / 1e9, resident_mb() - before);
}

/* ---- all of it ---- */

static void disk(const char *what, double *last, size_t n) {
  dir_close(d);
  double now = database_bytes();
  printf("disk: %-22s %8.0f B\n", what, (now - *last) / (double)n);
  *last = now;
  open_directory();
}

int main(int argc, char **argv) {
  size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 20000;
  size_t entries = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000000;
  size_t few = n / 20;
  double bytes;
  BENCH_OK(tacet_crypto_init());
  make_folder(argc > 3 ? argv[3] : ".");
  open_directory();
  n_accounts = n + few;
  accounts = calloc(n_accounts, sizeof(*accounts));
  for (size_t i = 0; i < n_accounts; i++) {
    make_account(&accounts[i], i);
  }
  printf("a manifest checked, an update made: %.0f, %.0f us\n",
         bench_step(step_check, &accounts[0], 200) / 1e3,
         bench_step(step_update, &accounts[0], 200) / 1e3);
  bytes = database_bytes();
  alone("registration, one at a time", DIR_REGISTER, n, few);
  disk("one, in its own epoch", &bytes, few);
  crowd("registrations", DIR_REGISTER, 0, n);
  disk("one among many", &bytes, n);
  for (size_t i = 0; i < n_accounts; i++) {
    next_manifest(&accounts[i]);
  }
  crowd("changes of devices", DIR_MANIFEST, 0, n);
  disk("a change among many", &bytes, n);
  alone("change, one at a time", DIR_MANIFEST, n, few);
  disk("a change in its own epoch", &bytes, few);
  alone("look-up, one at a time", DIR_LOOKUP, n, few);
  crowd("look-ups", DIR_LOOKUP, 0, n);
  start_with(entries);
  alone("look-up, then", DIR_LOOKUP, n, few);
  for (size_t i = n; i < n_accounts; i++) {
    next_manifest(&accounts[i]);
  }
  alone("change, then", DIR_MANIFEST, n, few);
  if (atomic_load(&air.failed) > 0) {
    fprintf(stderr, "%zu requests failed\n", atomic_load(&air.failed));
    return 1;
  }
  dir_close(d);
  remove_folder();
  free(accounts);
  return 0;
}
