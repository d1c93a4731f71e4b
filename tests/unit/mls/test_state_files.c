/* SPDX-License-Identifier: Apache-2.0
 * States that were saved by this version and by every one before it, in
 * tests/unit/mls/states: each is loaded and goes on where it stood.
 */
#include <dirent.h>

#include "mls/state.h"
#include "tests/unit/mls/states.h"

#define FOLDER "tests/unit/mls/states"
#define LINE_MAX_LEN ((size_t)1 << 20)

typedef struct saved {
  long version, suite, epoch, members, pending, removed, reinit, exporter,
      proposals, past;
  tacet_span authenticator, state, message[STATE_MESSAGES], merged;
  size_t n_messages;
} saved;

static void take_line(saved *s, const char *name, const char *value) {
  static const char *const numbers[] = {
      "version", "suite",  "epoch",    "members",   "pending",
      "removed", "reinit", "exporter", "proposals", "past"};
  long *const into[] = {&s->version,   &s->suite,   &s->epoch,  &s->members,
                        &s->pending,   &s->removed, &s->reinit, &s->exporter,
                        &s->proposals, &s->past};
  for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
    if (strcmp(name, numbers[i]) == 0) {
      *into[i] = strtol(value, NULL, 10);
      return;
    }
  }
  tacet_span bytes = test_hex(value);
  if (strcmp(name, "authenticator") == 0) {
    s->authenticator = bytes;
  } else if (strcmp(name, "state") == 0) {
    s->state = bytes;
  } else if (strcmp(name, "merged") == 0) {
    s->merged = bytes;
  } else {
    assert_string_equal(name, "message");
    assert_true(s->n_messages < STATE_MESSAGES);
    s->message[s->n_messages++] = bytes;
  }
}

static void read_saved(const char *path, saved *s) {
  FILE *f = fopen(path, "r");
  char *line = malloc(LINE_MAX_LEN);
  char name[32];
  memset(s, 0, sizeof(*s));
  assert_non_null(f);
  assert_non_null(line);
  while (fgets(line, (int)LINE_MAX_LEN, f) != NULL) {
    size_t len = strcspn(line, " ");
    assert_true(len < sizeof(name) && line[len] == ' ');
    memcpy(name, line, len);
    name[len] = '\0';
    take_line(s, name, line + len + 1);
  }
  free(line);
  fclose(f);
}

static void free_saved(saved *s) {
  test_hex_free(s->authenticator);
  test_hex_free(s->state);
  test_hex_free(s->merged);
  for (size_t i = 0; i < s->n_messages; i++) {
    test_hex_free(s->message[i]);
  }
}

static void check_status(const saved *s, const tacet_mls_group *g) {
  tacet_mls_status now = tacet_mls_group_status(g);
  assert_int_equal(tacet_mls_suite(g)->id, s->suite);
  assert_int_equal(tacet_mls_epoch(g), s->epoch);
  assert_int_equal(tacet_mls_n_members(g), s->members);
  assert_int_equal(now.pending, s->pending);
  assert_int_equal(now.removed, s->removed);
  assert_int_equal(now.reinit, s->reinit);
  assert_int_equal(now.exporter, s->exporter);
  assert_int_equal(now.n_proposals, s->proposals);
  assert_int_equal(now.n_past_epochs, s->past);
  assert_span(s->authenticator,
              tacet_secret_span(tacet_mls_epoch_authenticator(g)));
}

static void check_saved(const saved *s) {
  member m = {.g = NULL};
  tacet_span heard;
  assert_ok(tacet_mls_load_whole(&test_config, s->state, &m.g));
  if (s->version == TACET_STATE_VERSION) {
    tacet_bytes again = member_state(&m);
    assert_span(s->state, tacet_bytes_span(&again));
    tacet_bytes_free(&again);
  }
  check_status(s, m.g);
  member_reload(&m);
  for (size_t i = 0; i < s->n_messages; i++) {
    assert_ok(member_read(&m, s->message[i], &heard));
    assert_span(TACET_SPAN_LIT(STATE_TEXT), heard);
    assert_err(TACET_ERR_REPLAY, member_read(&m, s->message[i], &heard));
  }
  if (s->pending != 0) {
    assert_ok(tacet_mls_pending_merge(m.g, NOW));
    assert_span(s->merged,
                tacet_secret_span(tacet_mls_epoch_authenticator(m.g)));
  }
  tacet_mls_group_free(m.g);
}

static void what_was_saved_is_loaded(void **state) {
  (void)state;
  DIR *folder = opendir(FOLDER);
  size_t n = 0;
  assert_ok(tacet_crypto_init());
  assert_non_null(folder);
  for (struct dirent *e; (e = readdir(folder)) != NULL;) {
    char path[sizeof(FOLDER) + sizeof(e->d_name) + 1];
    saved s;
    if (strstr(e->d_name, ".txt") == NULL) {
      continue;
    }
    snprintf(path, sizeof(path), "%s/%s", FOLDER, e->d_name);
    print_message("%s\n", e->d_name);
    read_saved(path, &s);
    check_saved(&s);
    free_saved(&s);
    n++;
  }
  closedir(folder);
  assert_true(n >= 7);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_was_saved_is_loaded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
