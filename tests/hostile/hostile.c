/* SPDX-License-Identifier: Apache-2.0
 * Where the real server is taken over: functions that the linker wraps. */
#include "tests/hostile/hostile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tacet/keytrans/map.h"

#define ANSWER_MAX ((size_t)8 << 20)

int __real_main(int argc, char **argv);
int __wrap_main(int argc, char **argv);
void __real_tacetd_directory_call(tacetd_exchange *x, net_request *r,
                                  tacet_span body);
void __wrap_tacetd_directory_call(tacetd_exchange *x, net_request *r,
                                  tacet_span body);
void __real_tacetd_answer_later(tacetd_exchange *x, const tacetd_answer *a);
void __wrap_tacetd_answer_later(tacetd_exchange *x, const tacetd_answer *a);
tacet_err __real_tacet_map_insert(tacet_map *m, const tacet_map_hash *key,
                                  const tacet_map_hash *value);
tacet_err __wrap_tacet_map_insert(tacet_map *m, const tacet_map_hash *key,
                                  const tacet_map_hash *value);

/* ---- what it was told ---- */

static const char *const names[HOSTILE_N] = {
    [HOSTILE_NONE] = "none",
    [HOSTILE_RECORD] = "record",
    [HOSTILE_REPLAY] = "replay",
    [HOSTILE_OLD_MANIFEST] = "old-manifest",
    [HOSTILE_OTHER_ACCOUNT] = "other-account",
    [HOSTILE_OTHER_PROOF] = "other-proof",
    [HOSTILE_NO_PROOF] = "no-proof",
    [HOSTILE_FLIP_PROOF] = "flip-proof",
    [HOSTILE_FLIP_MANIFEST] = "flip-manifest",
    [HOSTILE_SWAP_PACKAGE] = "swap-package",
    [HOSTILE_REFUSE] = "refuse",
    [HOSTILE_DELAY] = "delay",
    [HOSTILE_WITHHOLD] = "withhold",
    [HOSTILE_OMIT] = "omit",
    [HOSTILE_REFUSE_CHANGE] = "refuse-change",
    [HOSTILE_MARKING_KEYS] = "marking-keys",
    [HOSTILE_OLD_KEYS] = "old-keys",
    [HOSTILE_OTHER_WEEK] = "other-week",
    [HOSTILE_DROP] = "drop",
    [HOSTILE_DOUBLE] = "double",
    [HOSTILE_HOLD] = "hold",
};

/* A word that is no attack is a test that tests nothing: it ends the server. */
static hostile_attack attack_named(const char *name) {
  for (int i = 0; i < HOSTILE_N; i++) {
    if (strcmp(names[i], name) == 0) {
      return (hostile_attack)i;
    }
  }
  (void)fprintf(stderr, "tacetd-hostile: no attack \"%s\"\n", name);
  abort();
}

hostile_attack hostile_now(uint64_t *number) {
  const char *path = getenv("TACET_HOSTILE");
  char name[32];
  unsigned long long n = 0;
  FILE *f = path == NULL ? NULL : fopen(path, "re");
  int got = f == NULL ? 0 : fscanf(f, "%31s %llu", name, &n);
  if (f != NULL) {
    (void)fclose(f);
  }
  *number = n;
  return got < 1 ? HOSTILE_NONE : attack_named(name);
}

/* ---- what is wrapped ---- */

int __wrap_main(int argc, char **argv) {
  return argc > 1 && strcmp(argv[1], "forge") == 0
             ? hostile_forge(argc - 2, argv + 2)
             : __real_main(argc, argv);
}

void __wrap_tacetd_directory_call(tacetd_exchange *x, net_request *r,
                                  tacet_span body) {
  uint64_t number;
  hostile_attack attack = hostile_now(&number);
  if (attack == HOSTILE_REFUSE) {
    tacetd_refuse(x->s, x->call, r, TACET_WIRE_BUSY, 1);
  } else if (attack == HOSTILE_WITHHOLD && x->call == TACETD_CALL_MANIFEST) {
    hostile_withhold(body);
    tacetd_answer_now(x->s, x->call, r, &(tacetd_answer){.status = 200});
  } else if (attack == HOSTILE_REFUSE_CHANGE &&
             x->call == TACETD_CALL_MANIFEST) {
    tacetd_refuse(x->s, x->call, r, TACET_WIRE_UNKNOWN_ACCOUNT, 0);
  } else {
    __real_tacetd_directory_call(x, r, body);
  }
}

void __wrap_tacetd_answer_later(tacetd_exchange *x, const tacetd_answer *a) {
  TACET_BUF(lie, ANSWER_MAX);
  tacetd_answer told = *a;
  uint64_t ms;
  if (a->error == TACET_WIRE_OK && a->body.len > 0) {
    hostile_answer(x->call, a->body, &lie);
    told.body = lie.len > 0 ? tacet_buf_span(&lie) : told.body;
    if (hostile_now(&ms) == HOSTILE_DELAY) {
      (void)usleep((useconds_t)(ms * 1000));
    }
  }
  __real_tacetd_answer_later(x, &told);
}

/* The writer's map and the one that is shown go without what comes now. */
tacet_err __wrap_tacet_map_insert(tacet_map *m, const tacet_map_hash *key,
                                  const tacet_map_hash *value) {
  uint64_t number;
  return hostile_now(&number) == HOSTILE_OMIT
             ? TACET_OK
             : __real_tacet_map_insert(m, key, value);
}
