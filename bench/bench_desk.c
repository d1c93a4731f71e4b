/* SPDX-License-Identifier: Apache-2.0
 * What answering one demand costs at a server of a million accounts: the plan,
 * carrying it out, the bundle and its seal, in time and in memory.
 *
 *   bench_desk [ACCOUNTS [FOLDER]]     1,000,000; a new folder in /tmp
 *
 * Another process makes the directory, so that the memory is the desk's alone.
 * Each round names another account, so that nothing of it is in a cache but the
 * upper pages of the indexes. */
#include "bench/bench.h"
#include "desk/plan/age.h"
#include "desk/plan/bundle.h"
#include "server/directory/directory.h"
#include "tacet/crypto.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 20
#define MANIFEST 300 /* bytes, about what one device makes */

static void die(const char *what) {
  fprintf(stderr, "bench_desk: %s\n", what);
  exit(1);
}

static double wall_ms(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* ---- the server ---- */

static void insert(sqlite3 *db, unsigned long n) {
  static const char *const sql[2] = {
      "INSERT INTO account VALUES(?1, ?2, ?3, ?4, 5, 100, NULL)",
      "INSERT INTO manifest VALUES(?1, 0, ?2, 0, ?3, ?4)"};
  sqlite3_stmt *q[2];
  uint8_t id[32], body[MANIFEST];
  char name[32];
  for (size_t i = 0; i < 2; i++) {
    if (sqlite3_prepare_v2(db, sql[i], -1, &q[i], NULL) != SQLITE_OK) {
      die(sqlite3_errmsg(db));
    }
  }
  for (unsigned long i = 0; i < n; i++) {
    (void)snprintf(name, sizeof(name), "user%lu", i);
    BENCH_OK(tacet_hash_one(&tacet_hash_sha256, tacet_span_str(name), id));
    BENCH_OK(tacet_random(body, sizeof(body)));
    (void)sqlite3_bind_blob(q[0], 1, id, 32, SQLITE_STATIC);
    (void)sqlite3_bind_text(q[0], 2, name, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(q[0], 3, (int64_t)(19000 + i % 1000));
    (void)sqlite3_bind_int64(q[0], 4, (int64_t)(20000 + i % 500));
    (void)sqlite3_bind_blob(q[1], 1, id, 32, SQLITE_STATIC);
    (void)sqlite3_bind_blob(q[1], 2, body, sizeof(body), SQLITE_STATIC);
    (void)sqlite3_bind_int64(q[1], 3, (int64_t)i);
    (void)sqlite3_bind_blob(q[1], 4, id, 16, SQLITE_STATIC);
    for (size_t k = 0; k < 2; k++) {
      if (sqlite3_step(q[k]) != SQLITE_DONE) {
        die(sqlite3_errmsg(db));
      }
      (void)sqlite3_reset(q[k]);
    }
  }
  (void)sqlite3_finalize(q[0]);
  (void)sqlite3_finalize(q[1]);
}

static void make_server(const char *folder, unsigned long n) {
  char path[512];
  sto_trouble why;
  sqlite3 *db = NULL;
  BENCH_OK(dir_create(folder, "localhost", &why));
  (void)snprintf(path, sizeof(path), "%s/%s", folder, DIR_DATABASE);
  if (sqlite3_open(path, &db) != SQLITE_OK) {
    die("no database");
  }
  (void)sqlite3_exec(db, "PRAGMA synchronous=OFF;BEGIN", NULL, NULL, NULL);
  insert(db, n);
  (void)sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
  (void)sqlite3_close(db);
}

static void in_another(const char *folder, unsigned long n) {
  int status = 1;
  pid_t pid = fork();
  if (pid == 0) {
    make_server(folder, n);
    _exit(0);
  }
  if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
    die("the directory could not be made");
  }
}

/* ---- one case ---- */

typedef struct keys {
  tacet_secret private_key;
  uint8_t public_key[32], recipient[DESK_AGE_KEY];
  char recipient_text[DESK_AGE_RECIPIENT_TEXT];
} keys;

typedef struct spent {
  double plan, run, bundle;
  size_t bytes;
} spent;

static desk_plan make_plan(const char *folder, const desk_scope *scope,
                           const char *recipient) {
  desk_snapshot *s = NULL;
  desk_trouble why;
  desk_plan p;
  bool present = false;
  BENCH_OK(desk_snapshot_open(folder, NULL, &why, &s));
  BENCH_OK(
      desk_snapshot_present(s, scope->handles[0], scope->to, &why, &present));
  desk_snapshot_close(s);
  const desk_plan_input in = {.scope = scope,
                              .present = &present,
                              .recipient = recipient,
                              .until = DESK_NO_DAY};
  BENCH_OK(desk_plan_make(&in, &why, &p));
  return p;
}

static void one_case(const char *folder, const char *handle, const keys *k,
                     spent *out) {
  const desk_scope scope = {.case_id = "c0123456789ab",
                            .instrument = "search-warrant",
                            .categories = (1u << DESK_CATEGORIES) - 1,
                            .handles = &handle,
                            .n_handles = 1,
                            .from = 19500,
                            .to = 20400};
  desk_trouble why;
  desk_snapshot *s = NULL;
  DESK_EXTRACT(x);
  DESK_FILES(files);
  TACET_BYTES(tar);
  TACET_BYTES(sealed);
  double begin = wall_ms();
  desk_plan p = make_plan(folder, &scope, k->recipient_text);
  p.in.scope = &p.scope;
  double planned = wall_ms();
  BENCH_OK(desk_snapshot_open(folder, NULL, &why, &s));
  BENCH_OK(desk_snapshot_run(s, &p, &why, &x));
  desk_snapshot_close(s);
  double ran = wall_ms();
  desk_bundle_input in = {.plan = &p,
                          .extract = &x,
                          .operator_name = "bench",
                          .request = "",
                          .program = "bench_desk",
                          .private_key = tacet_secret_span(&k->private_key)};
  memcpy(in.public_key, k->public_key, 32);
  BENCH_OK(desk_bundle_make(&in, &files));
  BENCH_OK(desk_tar_write(&files, &tar));
  BENCH_OK(desk_age_seal(k->recipient, tacet_bytes_span(&tar), &sealed));
  double bundled = wall_ms();
  desk_plan_free(&p);
  *out = (spent){planned - begin, ran - planned, bundled - ran, sealed.len};
}

static void make_keys(keys *k) {
  TACET_SECRET(identity);
  identity.len = DESK_AGE_KEY;
  BENCH_OK(tacet_random(identity.b, DESK_AGE_KEY));
  BENCH_OK(desk_age_recipient_of(&identity, k->recipient));
  desk_age_recipient_text(k->recipient, k->recipient_text);
  BENCH_OK(tacet_sig_ed25519.generate(&k->private_key, k->public_key));
}

int main(int argc, char **argv) {
  unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
  char folder[256], command[300];
  keys k;
  spent most = {0};
  struct rusage used;
  struct stat st;
  (void)snprintf(folder, sizeof(folder), "%s/bench-desk-XXXXXX",
                 argc > 2 ? argv[2] : "/tmp");
  BENCH_OK(tacet_crypto_init());
  if (n == 0 || mkdtemp(folder) == NULL) {
    die("usage: bench_desk [ACCOUNTS [FOLDER]]");
  }
  in_another(folder, n);
  make_keys(&k);
  for (unsigned long i = 0; i < ROUNDS; i++) {
    char handle[32];
    spent each;
    (void)snprintf(handle, sizeof(handle), "user%lu", i * 7919 * 13 % n);
    one_case(folder, handle, &k, &each);
    most.plan = each.plan > most.plan ? each.plan : most.plan;
    most.run = each.run > most.run ? each.run : most.run;
    most.bundle = each.bundle > most.bundle ? each.bundle : most.bundle;
    most.bytes = each.bytes > most.bytes ? each.bytes : most.bytes;
  }
  (void)getrusage(RUSAGE_SELF, &used);
  (void)snprintf(command, sizeof(command), "%s/%s", folder, DIR_DATABASE);
  (void)stat(command, &st);
  printf("%lu accounts, %.0f MB of directory; the worst of %d cases, ms:\n", n,
         (double)st.st_size / 1e6, ROUNDS);
  printf("plan %.1f, run %.1f, bundle and seal %.1f; %zu bytes handed out; "
         "%.1f MiB resident\n",
         most.plan, most.run, most.bundle, most.bytes,
         (double)used.ru_maxrss / 1024);
  (void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
  return system(command) == 0 ? 0 : 1;
}
