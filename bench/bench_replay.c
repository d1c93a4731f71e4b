/* SPDX-License-Identifier: Apache-2.0
 * tacet-audit replay of a log with many entries: the same functions, over the
 * same files, of logs that publish after every update and after every hundred.
 *
 *   bench_replay [ENTRIES]      1000000
 */
#include "bench/bench.h"

#include <ftw.h>
#include <sys/resource.h>
#include <unistd.h>

#include "audit/copy.h"
#include "audit/folder.h"
#include "audit/replay.h"
#include "tacet/crypto.h"

static char dir[] = "/tmp/tacet-bench-replay-XXXXXX";

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- a log in files ---- */

typedef struct maker {
  aud_copy copy;
  tacet_map *map;
  tacet_buf bundle;
} maker;

static void flush(maker *m, uint64_t size) {
  char name[AUD_NAME_MAX];
  unsigned width = (unsigned)((size - 1) % AUD_TILE + 1);
  aud_bundle_name((size - 1) / AUD_TILE, width, name);
  BENCH_OK(aud_write(dir, name, tacet_buf_span(&m->bundle)));
  tacet_buf_clear(&m->bundle);
}

static void append(maker *m, const tacet_keylog_entry *e) {
  TACET_BUF(b, TACET_KEYLOG_ENTRY_MAX);
  tacet_keylog_entry_write(e, &b);
  tacet_write_u16(&m->bundle, (uint16_t)b.len);
  tacet_write_bytes(&m->bundle, tacet_buf_span(&b));
  BENCH_OK(aud_copy_append(&m->copy, tacet_buf_span(&b)));
  if (m->copy.tree.size % AUD_TILE == 0) {
    flush(m, m->copy.tree.size);
  }
}

static void make(uint64_t entries, uint64_t each_epoch) {
  static maker m;
  const tacet_tlog_head none = {.size = 0};
  BENCH_OK(aud_copy_open(dir, &none, &m.copy));
  BENCH_OK(tacet_map_new(&m.map));
  tacet_buf_init(&m.bundle, 1 << 20);
  for (uint64_t i = 0; i < entries; i++) {
    tacet_keylog_entry e = {.kind = TACET_KEYLOG_UPDATE};
    if (i % (each_epoch + 1) == each_epoch || i == entries - 1) {
      e.kind = TACET_KEYLOG_EPOCH;
      e.map_size = tacet_map_size(m.map);
      BENCH_OK(tacet_map_root(m.map, &e.map_root));
    } else {
      tacet_map_hash value;
      BENCH_OK(tacet_random(e.vrf_output.b, 32));
      BENCH_OK(tacet_random(e.commitment.b, 32));
      BENCH_OK(tacet_keylog_value(&e.commitment, i, &value));
      BENCH_OK(tacet_map_insert(m.map, &e.vrf_output, &value));
    }
    append(&m, &e);
  }
  if (m.bundle.len > 0) {
    flush(&m, entries);
  }
  tacet_buf_free(&m.bundle);
  tacet_map_free(m.map);
}

/* ---- replaying it ---- */

static tacet_err read_tile(void *ctx, const char *name, size_t max,
                           tacet_bytes *out) {
  (void)ctx;
  return aud_read(dir, name, max, out);
}

static void replay(uint64_t entries, uint64_t each_epoch) {
  aud_tiles tiles = {read_tile, NULL, entries};
  aud_replay r;
  struct rusage u;
  uint64_t cpu = bench_cpu_ns();
  double start = now();
  BENCH_OK(aud_replay_start(&r));
  BENCH_OK(aud_tiles_entries(&tiles, 0, aud_replay_entry, &r));
  if (r.fault != AUD_FAULT_NONE || !r.ends_in_epoch) {
    fprintf(stderr, "the log is wrong\n");
    exit(1);
  }
  double s = (double)(bench_cpu_ns() - cpu) / 1e9;
  (void)getrusage(RUSAGE_SELF, &u);
  printf("replay, %4u updates an epoch   %8.2f s of one core (%.2f s on the "
         "wall): %llu entries, %llu updates, %llu epochs; %ld MB resident\n",
         (unsigned)each_epoch, s, now() - start, (unsigned long long)entries,
         (unsigned long long)r.n_updates, (unsigned long long)r.n_epochs,
         u.ru_maxrss / 1024);
  aud_replay_end(&r);
}

static int drop(const char *path, const struct stat *st, int type,
                struct FTW *at) {
  (void)st;
  (void)type;
  (void)at;
  return remove(path);
}

int main(int argc, char **argv) {
  uint64_t entries = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
  static const uint64_t each[] = {1, 100};
  BENCH_OK(tacet_crypto_init());
  if (entries < 2 || mkdtemp(dir) == NULL) {
    return 1;
  }
  for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
    make(entries, each[i]);
    replay(entries, each[i]);
    aud_copy_trim(dir, 0, entries);
  }
  return nftw(dir, drop, 16, FTW_DEPTH | FTW_PHYS) == 0 ? 0 : 1;
}
