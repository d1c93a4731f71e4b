/* SPDX-License-Identifier: Apache-2.0
 * Runs test vectors of others, from a folder that this repository does not
 * carry. Says of every entry what became of it: passed, failed, or of a suite
 * that this release does not offer; and of every missing file that it was
 * skipped. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/vectors/sets.h"

static const struct vec_set {
  const char *name, *folder, *file;
  vec_entry *entry;
} sets[] = {
    {"deserialization", "mls", "deserialization.json", set_deserialization},
    {"crypto-basics", "mls", "crypto-basics.json", set_crypto_basics},
    {"xwing", "xwing", "test-vectors.json", set_xwing},
    {"hpke-pq", "hpke-pq", "test-vectors.json", set_hpke_pq},
    {"voprf", "voprf", "allVectors.json", set_voprf},
    {"key-schedule", "mls", "key-schedule.json", set_key_schedule},
    {"psk_secret", "mls", "psk_secret.json", set_psk_secret},
    {"secret-tree", "mls", "secret-tree.json", set_secret_tree},
    {"messages", "mls", "messages.json", set_messages},
    {"tree-math", "mls", "tree-math.json", set_tree_math},
    {"tree-operations", "mls", "tree-operations.json", set_tree_operations},
    {"tree-validation", "mls", "tree-validation.json", set_tree_validation},
    {"treekem", "mls", "treekem.json", set_treekem},
    {"transcript-hashes", "mls", "transcript-hashes.json",
     set_transcript_hashes},
    {"message-protection", "mls", "message-protection.json",
     set_message_protection},
    {"welcome", "mls", "welcome.json", set_welcome},
    {"passive-client-welcome", "mls", "passive-client-welcome.json",
     set_passive_client},
    {"passive-client-handling-commit", "mls",
     "passive-client-handling-commit.json", set_passive_client},
    {"passive-client-random", "mls", "passive-client-random.json",
     set_passive_client},
};
#define N_SETS (sizeof(sets) / sizeof(sets[0]))

typedef struct tally {
  size_t passed, failed, skipped, not_offered;
} tally;

static void entry_done(vec_context *c) {
  for (size_t i = 0; i < c->n_blocks; i++) {
    free(c->blocks[i]);
  }
  free(c->blocks);
  c->blocks = NULL;
  c->n_blocks = 0;
  c->malformed = false;
}

static void run_entry(const struct vec_set *set, vec_context *c,
                      const json_t *entry, tally *t) {
  vec_outcome outcome = set->entry(c, entry);
  if (c->malformed || outcome == VEC_FAILED) {
    t->failed++;
  } else if (outcome == VEC_NOT_OFFERED) {
    t->not_offered++;
  } else {
    t->passed++;
  }
  entry_done(c);
}

static void run_entries(const struct vec_set *set, const char *path,
                        const json_t *root, tally *t) {
  const char *slash = strrchr(path, '/');
  vec_context c = {.set = set->name, .file = slash == NULL ? path : slash + 1};
  for (c.index = 0; c.index < json_array_size(root); c.index++) {
    run_entry(set, &c, json_array_get(root, c.index), t);
  }
}

static void run_file(const struct vec_set *set, const char *path, tally *all) {
  tally t = {0};
  FILE *f = fopen(path, "r");
  if (f == NULL) {
    printf("%s: skipped: %s: %s\n", set->name, path, strerror(errno));
    all->skipped++;
    return;
  }
  json_error_t error;
  json_t *root = json_loadf(f, 0, &error);
  fclose(f);
  if (!json_is_array(root) || json_array_size(root) == 0) {
    printf("%s: %s: not an array of vectors: %s\n", set->name, path,
           root == NULL ? error.text : "wrong type or empty");
    t.failed++;
  } else {
    run_entries(set, path, root, &t);
  }
  json_decref(root);
  printf("%s: %zu passed, %zu failed", set->name, t.passed, t.failed);
  if (t.not_offered > 0) {
    printf(", %zu of suites not offered here", t.not_offered);
  }
  printf("\n");
  fflush(stdout);
  all->passed += t.passed;
  all->failed += t.failed;
  all->not_offered += t.not_offered;
}

static void run_all(const char *folder, tally *t) {
  for (size_t i = 0; i < N_SETS; i++) {
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s/%s", folder, sets[i].folder,
             sets[i].file);
    run_file(&sets[i], path, t);
  }
}

static int usage(void) {
  fprintf(stderr,
          "vectors [--folder DIR]   all sets, of DIR, $TACET_VECTORS or "
          "../shared/vectors\n"
          "vectors SET FILE...      one set:");
  for (size_t i = 0; i < N_SETS; i++) {
    fprintf(stderr, " %s", sets[i].name);
  }
  fprintf(stderr, "\n");
  return 2;
}

static int run_one(const char *name, char **files, int n_files, tally *t) {
  for (size_t i = 0; i < N_SETS; i++) {
    if (strcmp(sets[i].name, name) != 0) {
      continue;
    }
    for (int f = 0; f < n_files; f++) {
      run_file(&sets[i], files[f], t);
    }
    return 0;
  }
  fprintf(stderr, "vectors: there is no set \"%s\"\n", name);
  return usage();
}

int main(int argc, char **argv) {
  tally t = {0};
  if (tacet_crypto_init() != TACET_OK) {
    fprintf(stderr, "vectors: no randomness\n");
    return 2;
  }
  const char *folder = getenv("TACET_VECTORS");
  if (argc == 1) {
    run_all(folder != NULL ? folder : VECTORS_FOLDER, &t);
  } else if (argc == 3 && strcmp(argv[1], "--folder") == 0) {
    run_all(argv[2], &t);
  } else if (argc >= 3 && argv[1][0] != '-') {
    int bad = run_one(argv[1], argv + 2, argc - 2, &t);
    if (bad != 0) {
      return bad;
    }
  } else {
    return usage();
  }
  if (t.not_offered > 0) {
    printf("%zu entries are of suites or algorithms that this release does not "
           "offer\n",
           t.not_offered);
  }
  printf("%zu passed, %zu failed, %zu skipped\n", t.passed, t.failed,
         t.skipped);
  return t.failed > 0 ? 1 : 0;
}
