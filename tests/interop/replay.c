/* SPDX-License-Identifier: Apache-2.0
 * Groups that `make interop` recorded with other implementations in them, once
 * more without those: each witness joins with its keys and its Welcome, reads
 * every message since, and must come to the same authenticators, exported
 * secrets and plaintexts. It is saved and loaded at each commit.
 *
 *   replay_interop FOLDER
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "interop/tacet/aliases.h"
#include "tacet/mls.h"
#include "tests/vectors/json.h"

#define LIMIT ((size_t)1 << 24)
#define PSKS_MAX 256

typedef struct witness {
  vec_context *c;
  tacet_mls_config config;
  tacet_mls_psk psk[PSKS_MAX];
  tacet_mls_psks psks;
  tacet_mls_group *g;
} witness;

static vec_outcome learn(witness *w, const json_t *entry) {
  const json_t *list = vec_array(w->c, entry, "psks");
  size_t n = json_array_size(list);
  VEC_CHECK(w->c, n <= PSKS_MAX);
  for (size_t i = 0; i < n; i++) {
    const json_t *v = json_array_get(list, i);
    w->psk[i] = (tacet_mls_psk){
        .id = {.type = TACET_MLS_PSK_EXTERNAL, .id = vec_hex(w->c, v, "id")},
        .key = vec_hex(w->c, v, "key")};
  }
  w->psks = (tacet_mls_psks){w->psk, n};
  return VEC_PASSED;
}

static vec_outcome join(witness *w, const json_t *v) {
  const tacet_mls_keys keys = {
      .init = vec_secret(w->c, v, "init_priv"),
      .encryption = vec_secret(w->c, v, "encryption_priv"),
      .signature = vec_secret(w->c, v, "signature_priv")};
  const tacet_mls_candidate candidate = {vec_hex(w->c, v, "key_package"),
                                         &keys};
  tacet_span tree =
      vec_has(v, "tree") ? vec_hex(w->c, v, "tree") : TACET_SPAN_EMPTY;
  size_t index = 0;
  tacet_mls_welcome *welcome = NULL;
  VEC_OK(w->c, tacet_mls_welcome_open(&w->config, vec_hex(w->c, v, "welcome"),
                                      &candidate, 1, &index, &welcome));
  tacet_err err = tacet_mls_welcome_unlock(welcome, w->psks);
  if (err == TACET_OK) {
    err = tacet_mls_welcome_join(welcome, tree, NULL, &w->g);
  }
  tacet_mls_welcome_free(welcome);
  VEC_OK(w->c, err);
  return VEC_PASSED;
}

/* The epoch that a commit of the log led to. */
static vec_outcome agrees(const witness *w, const json_t *commit) {
  TACET_SECRET(exported);
  VEC_CHECK(w->c, tacet_mls_epoch(w->g) == vec_uint(w->c, commit, "epoch"));
  VEC_CHECK(w->c, tacet_span_equal(
                      tacet_secret_span(tacet_mls_epoch_authenticator(w->g)),
                      vec_hex(w->c, commit, "authenticator")));
  VEC_OK(w->c, tacet_mls_export(w->g, "interop", TACET_SPAN_LIT("context"), 32,
                                &exported));
  VEC_CHECK(w->c, tacet_span_equal(tacet_secret_span(&exported),
                                   vec_hex(w->c, commit, "exported")));
  return VEC_PASSED;
}

static vec_outcome reload(witness *w) {
  TACET_BUF(state, LIMIT);
  tacet_mls_group *loaded = NULL;
  VEC_OK(w->c, tacet_mls_save(w->g, &state));
  VEC_OK(w->c,
         tacet_mls_load_whole(&w->config, tacet_buf_span(&state), &loaded));
  tacet_mls_group_free(w->g);
  w->g = loaded;
  return VEC_PASSED;
}

static vec_outcome process(witness *w, const json_t *v, const char *key,
                           tacet_mls_event_kind kind, tacet_buf *content) {
  const tacet_mls_process_args args = {.psks = w->psks};
  tacet_mls_event event;
  VEC_OK(w->c, tacet_mls_process(w->g, vec_hex(w->c, v, key), &args, content,
                                 &event));
  VEC_CHECK(w->c, event.kind == kind);
  return VEC_PASSED;
}

static vec_outcome follow(witness *w, const json_t *v) {
  TACET_BUF(content, LIMIT);
  if (vec_has(v, "proposal")) {
    return process(w, v, "proposal", TACET_MLS_EVENT_PROPOSAL, &content);
  }
  if (vec_has(v, "commit")) {
    VEC_CHECK(w->c, reload(w) == VEC_PASSED);
    VEC_CHECK(w->c, process(w, v, "commit", TACET_MLS_EVENT_COMMIT, &content) ==
                        VEC_PASSED);
    VEC_OK(w->c, tacet_mls_staged_apply(w->g, 0));
    return agrees(w, v);
  }
  VEC_CHECK(w->c, process(w, v, "message", TACET_MLS_EVENT_APPLICATION,
                          &content) == VEC_PASSED);
  VEC_CHECK(w->c, tacet_span_equal(tacet_buf_span(&content),
                                   vec_hex(w->c, v, "content")));
  return VEC_PASSED;
}

/* From the commit that added it to the end of the log. */
static vec_outcome testify(witness *w, const json_t *entry, const json_t *v) {
  const json_t *log = vec_array(w->c, entry, "log");
  size_t from = (size_t)vec_uint(w->c, v, "from");
  VEC_CHECK(w->c, from < json_array_size(log));
  VEC_CHECK(w->c, learn(w, entry) == VEC_PASSED);
  VEC_CHECK(w->c, join(w, v) == VEC_PASSED);
  VEC_CHECK(w->c, agrees(w, json_array_get(log, from)) == VEC_PASSED);
  for (size_t i = from + 1; i < json_array_size(log); i++) {
    w->c->index = i;
    VEC_CHECK(w->c, follow(w, json_array_get(log, i)) == VEC_PASSED);
  }
  return VEC_PASSED;
}

/* ---- files ---- */

typedef struct tally {
  size_t passed, failed;
} tally;

static void free_blocks(vec_context *c) {
  for (size_t i = 0; i < c->n_blocks; i++) {
    free(c->blocks[i]);
  }
  free(c->blocks);
}

static void replay_entry(const char *file, const json_t *entry, tally *t) {
  const json_t *witnesses = json_object_get(entry, "witnesses");
  for (size_t i = 0; i < json_array_size(witnesses); i++) {
    vec_context c = {.set = json_string_value(json_object_get(entry, "what")),
                     .file = file};
    witness *w = calloc(1, sizeof(*w));
    if (w == NULL) {
      abort();
    }
    w->c = &c;
    w->config = TACET_MLS_CONFIG(interop_suites());
    bool passed =
        testify(w, entry, json_array_get(witnesses, i)) == VEC_PASSED &&
        !c.malformed;
    t->passed += passed;
    t->failed += !passed;
    tacet_mls_group_free(w->g);
    free(w);
    free_blocks(&c);
  }
}

static void replay_file(const char *folder, const char *name, tally *t) {
  char path[512];
  json_error_t why;
  snprintf(path, sizeof(path), "%s/%s", folder, name);
  json_t *file = json_load_file(path, 0, &why);
  if (!json_is_array(file) || json_array_size(file) == 0) {
    fprintf(stderr, "%s: %s\n", path, file == NULL ? why.text : "no entries");
    t->failed++;
  }
  for (size_t i = 0; i < json_array_size(file); i++) {
    replay_entry(name, json_array_get(file, i), t);
  }
  json_decref(file);
}

static int is_transcript(const struct dirent *e) {
  const char *dot = strrchr(e->d_name, '.');
  return dot != NULL && strcmp(dot, ".json") == 0;
}

int main(int argc, char **argv) {
  struct dirent **names = NULL;
  tally t = {0, 0};
  if (argc != 2 || tacet_crypto_init() != TACET_OK) {
    return 2;
  }
  int n = scandir(argv[1], &names, is_transcript, alphasort);
  for (int i = 0; i < n; i++) {
    replay_file(argv[1], names[i]->d_name, &t);
    free(names[i]);
  }
  free(names);
  printf("%zu passed, %zu failed\n", t.passed, t.failed);
  return t.failed > 0 || t.passed == 0;
}
