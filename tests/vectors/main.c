/* SPDX-License-Identifier: Apache-2.0
 * Runs test vectors of others, from a folder that this repository does not
 * carry. Says of every entry what became of it: passed, failed, or of a suite
 * or algorithm that this release does not offer, and which; of a file that is
 * missing that it was skipped. A file under another name is known by the fields
 * of its entries. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/vectors/sets.h"

static const struct vec_set {
  const char *name, *folder, *file;
  const char *field; /* that the entries of this format have and no others */
  vec_entry *entry;
} sets[] = {
    {"deserialization", "mls", "deserialization.json", "vlbytes_header",
     set_deserialization},
    {"crypto-basics", "mls", "crypto-basics.json", "encrypt_with_label",
     set_crypto_basics},
    {"xwing", "xwing", "test-vectors.json", "eseed", set_xwing},
    {"hpke-pq", "hpke-pq", "test-vectors.json", "kem_id", set_hpke_pq},
    {"voprf", "voprf", "allVectors.json", "identifier", set_voprf},
    {"key-schedule", "mls", "key-schedule.json", "initial_init_secret",
     set_key_schedule},
    {"psk_secret", "mls", "psk_secret.json", "psk_secret", set_psk_secret},
    {"secret-tree", "mls", "secret-tree.json", "sender_data", set_secret_tree},
    {"messages", "mls", "messages.json", "mls_welcome", set_messages},
    {"tree-math", "mls", "tree-math.json", "n_leaves", set_tree_math},
    {"tree-operations", "mls", "tree-operations.json", "proposal_sender",
     set_tree_operations},
    {"tree-validation", "mls", "tree-validation.json", "resolutions",
     set_tree_validation},
    {"treekem", "mls", "treekem.json", "leaves_private", set_treekem},
    {"transcript-hashes", "mls", "transcript-hashes.json",
     "interim_transcript_hash_before", set_transcript_hashes},
    {"message-protection", "mls", "message-protection.json", "proposal_priv",
     set_message_protection},
    {"welcome", "mls", "welcome.json", "signer_pub", set_welcome},
    {"passive-client", "mls", "passive-client-welcome.json",
     "initial_epoch_authenticator", set_passive_client},
    {"passive-client", "mls", "passive-client-handling-commit.json",
     "initial_epoch_authenticator", set_passive_client},
    {"passive-client", "mls", "passive-client-random.json",
     "initial_epoch_authenticator", set_passive_client},
};
#define N_SETS (sizeof(sets) / sizeof(sets[0]))
#define PATH_LEN 4096

#define UNKNOWN_MAX 32
typedef struct tally {
  size_t passed, failed, skipped, not_offered;
  struct {
    char what[sizeof(((vec_context *)0)->unknown)];
    size_t n;
  } unknown[UNKNOWN_MAX]; /* the rest is in not_offered alone */
} tally;

static void count_unknown(tally *t, const char *what, size_t n) {
  for (size_t i = 0; i < UNKNOWN_MAX; i++) {
    if (t->unknown[i].n == 0) {
      snprintf(t->unknown[i].what, sizeof(t->unknown[i].what), "%s", what);
    }
    if (strcmp(t->unknown[i].what, what) == 0) {
      t->unknown[i].n += n;
      return;
    }
  }
}

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
    count_unknown(t, c->unknown, 1);
  } else {
    t->passed++;
  }
  entry_done(c);
}

static void report(const char *name, const char *file, const tally *t,
                   tally *all) {
  printf("%s, %s: %zu passed, %zu failed", name, file, t->passed, t->failed);
  for (size_t i = 0; i < UNKNOWN_MAX && t->unknown[i].n > 0; i++) {
    printf("%s %zu of %s", i == 0 ? "; not offered here:" : ",",
           t->unknown[i].n, t->unknown[i].what);
    count_unknown(all, t->unknown[i].what, t->unknown[i].n);
  }
  printf("\n");
  fflush(stdout);
  all->passed += t->passed;
  all->failed += t->failed;
  all->not_offered += t->not_offered;
}

/* The array of a file; NULL, and counted, if there is none. */
static json_t *read_array(const char *name, const char *path, tally *all) {
  FILE *f = fopen(path, "r");
  if (f == NULL) {
    printf("%s: skipped: %s: %s\n", name, path, strerror(errno));
    all->skipped++;
    return NULL;
  }
  json_error_t error;
  json_t *root = json_loadf(f, 0, &error);
  fclose(f);
  if (json_is_array(root) && json_array_size(root) > 0) {
    return root;
  }
  printf("%s: %s: not an array of vectors: %s\n", name, path,
         root == NULL ? error.text : "wrong type or empty");
  json_decref(root);
  all->failed++;
  return NULL;
}

static const char *last_part(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash == NULL ? path : slash + 1;
}

static void run_array(const struct vec_set *set, const char *path,
                      const json_t *root, tally *all) {
  tally t = {0};
  const char *file = last_part(path);
  vec_context c = {.set = set->name, .file = file};
  for (c.index = 0; c.index < json_array_size(root); c.index++) {
    run_entry(set, &c, json_array_get(root, c.index), &t);
  }
  report(set->name, file, &t, all);
}

static void run_file(const struct vec_set *set, const char *path, tally *all) {
  json_t *root = read_array(set->name, path, all);
  if (root != NULL) {
    run_array(set, path, root, all);
  }
  json_decref(root);
}

/* A file of any name: the first entry's fields say what it is. */
static void run_by_fields(const char *path, tally *all) {
  json_t *root = read_array(last_part(path), path, all);
  const json_t *first = json_array_get(root, 0);
  for (size_t i = 0; root != NULL && i < N_SETS; i++) {
    if (json_object_get(first, sets[i].field) != NULL) {
      run_array(&sets[i], path, root, all);
      json_decref(root);
      return;
    }
  }
  if (root != NULL) {
    printf("%s: entries of no format that is known here\n", path);
    all->failed++;
  }
  json_decref(root);
}

static bool in_table(const char *file) {
  for (size_t i = 0; i < N_SETS; i++) {
    if (strcmp(sets[i].folder, "mls") == 0 && strcmp(sets[i].file, file) == 0) {
      return true;
    }
  }
  return false;
}

/* What else lies in the folder of MLS and one level below. */
static void run_others(const char *folder, int depth, tally *all) {
  struct dirent **list = NULL;
  int n = scandir(folder, &list, NULL, alphasort);
  for (int i = 0; i < n; i++) {
    char path[PATH_LEN];
    const char *name = list[i]->d_name;
    size_t len = strlen(name);
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (len > 5 && strcmp(name + len - 5, ".json") == 0) {
      if (depth > 0 || !in_table(name)) {
        run_by_fields(path, all);
      }
    } else if (depth == 0 && name[0] != '.' && list[i]->d_type == DT_DIR) {
      run_others(path, 1, all);
    }
    free(list[i]);
  }
  free(list);
}

static void run_all(const char *folder, tally *t) {
  char path[PATH_LEN];
  for (size_t i = 0; i < N_SETS; i++) {
    snprintf(path, sizeof(path), "%s/%s/%s", folder, sets[i].folder,
             sets[i].file);
    run_file(&sets[i], path, t);
  }
  snprintf(path, sizeof(path), "%s/mls", folder);
  run_others(path, 0, t);
}

static int usage(void) {
  fprintf(stderr,
          "vectors [--folder DIR]   all sets, of DIR, $TACET_VECTORS or "
          "../shared/vectors\n"
          "vectors FILE...          files of any name, known by their fields:");
  for (size_t i = 0; i < N_SETS; i++) {
    if (i == 0 || strcmp(sets[i].name, sets[i - 1].name) != 0) {
      fprintf(stderr, " %s", sets[i].name);
    }
  }
  fprintf(stderr, "\n");
  return 2;
}

int main(int argc, char **argv) {
  static tally t;
  if (tacet_crypto_init() != TACET_OK) {
    fprintf(stderr, "vectors: no randomness\n");
    return 2;
  }
  const char *folder = getenv("TACET_VECTORS");
  if (argc == 1) {
    run_all(folder != NULL ? folder : VECTORS_FOLDER, &t);
  } else if (argc == 3 && strcmp(argv[1], "--folder") == 0) {
    run_all(argv[2], &t);
  } else if (argv[1][0] == '-') {
    return usage();
  } else {
    for (int i = 1; i < argc; i++) {
      run_by_fields(argv[i], &t);
    }
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
