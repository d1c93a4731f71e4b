/* SPDX-License-Identifier: Apache-2.0
 * Random lives of big groups (`make big-groups`):
 *
 *   big_groups [--quiet] MEMBERS FULL EPOCHS SEED
 *
 * FULL of the MEMBERS keep all that a member keeps; newcomers become full where
 * one of them left. After each epoch all who are full have to agree; then
 * somebody talks to them, and now and then one is saved and loaded. Ends with
 * what one member needs. The same arguments are the same life.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/big_groups/weigh.h"

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void progress(const crowd *c, size_t epoch, double start) {
  printf("%6zu epochs, %6zu members, %3zu full, %8.1f s\n", epoch,
         crowd_size(c), c->n_full, seconds() - start);
  fflush(stdout);
}

static size_t number(const char *text) {
  char *end;
  unsigned long n = strtoul(text, &end, 10);
  if (*text == '\0' || *end != '\0' || n == 0 || n > 1000000) {
    fprintf(stderr, "big_groups: '%s' is not a number from 1 to a million\n",
            text);
    exit(2);
  }
  return n;
}

static void live(crowd *c, size_t epochs, bool quiet) {
  double start = seconds();
  for (size_t i = 1; i <= epochs; i++) {
    crowd_epoch(c);
    crowd_agree(c);
    crowd_talk(c);
    if (i % 10 == 0) {
      crowd_restart(c);
    }
    if (!quiet && (i % 50 == 0 || i == epochs)) {
      progress(c, i, start);
    }
  }
  printf("%zu epochs: %zu added, of whom %zu full; %zu removed, of whom %zu "
         "full; %zu updates proposed; all who are full agree\n",
         epochs, c->n_added, c->n_joined, c->n_removed, c->n_left,
         c->n_updated);
}

int main(int argc, char **argv) {
  bool quiet = argc > 1 && strcmp(argv[1], "--quiet") == 0;
  if (argc != 5 + quiet) {
    fprintf(stderr, "usage: big_groups [--quiet] MEMBERS FULL EPOCHS SEED\n");
    return 2;
  }
  argv += quiet;
  crowd c;
  size_t n = number(argv[1]), n_full = number(argv[2]);
  if (n_full > n) {
    n_full = n;
  }
  weigh_start();
  dice_seed(number(argv[4]));
  double start = seconds();
  crowd_new(&c, &tacet_suite_x25519_chacha, n, n_full);
  crowd_agree(&c);
  progress(&c, 0, start);
  live(&c, number(argv[3]), quiet);
  weigh_member(&c);
  crowd_free(&c);
  return 0;
}
