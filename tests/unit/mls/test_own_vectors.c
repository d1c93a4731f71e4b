/* SPDX-License-Identifier: Apache-2.0
 * The cases of docs/protocol/vectors/mls-*.json, as
 * docs/protocol/mls-vectors.md says they are to be read. After each step the
 * group is saved and loaded.
 */
#include <jansson.h>

#include "tests/unit/mls/members.h"

#define FOLDER "docs/protocol/vectors/"
#define PSKS_MAX 8

typedef struct client {
  member m;
  tacet_mls_psk psk[PSKS_MAX];
  size_t n_psks;
  tacet_span held[64]; /* hex that lives as long as the case */
  size_t n_held;
} client;

static const char *text(const json_t *o, const char *key) {
  const char *s = json_string_value(json_object_get(o, key));
  if (s == NULL) {
    fail_msg("%s is missing", key);
  }
  return s;
}

static uint64_t number(const json_t *o, const char *key) {
  assert_true(json_is_integer(json_object_get(o, key)));
  return (uint64_t)json_integer_value(json_object_get(o, key));
}

static tacet_span hex(client *c, const json_t *o, const char *key) {
  assert_true(c->n_held < 64);
  return c->held[c->n_held++] = test_hex(text(o, key));
}

static void let_go(client *c, size_t down_to) {
  while (c->n_held > down_to) {
    test_hex_free(c->held[--c->n_held]);
  }
}

static void secret(client *c, const json_t *o, const char *key,
                   tacet_secret *out) {
  assert_ok(tacet_secret_set(out, hex(c, o, key)));
}

static void authentic(client *c, const json_t *o, const char *key,
                      const tacet_mls_group *g) {
  assert_span(hex(c, o, key),
              tacet_secret_span(tacet_mls_epoch_authenticator(g)));
}

/* ---- joining ---- */

static tacet_err open_with(client *c, const json_t *o,
                           const tacet_mls_group *old, tacet_mls_group **out) {
  tacet_mls_keys keys = {.init = {.len = 0}};
  secret(c, o, "init_priv", &keys.init);
  secret(c, o, "encryption_priv", &keys.encryption);
  secret(c, o, "signature_priv", &keys.signature);
  const tacet_mls_candidate candidate = {hex(c, o, "key_package"), &keys};
  tacet_span tree = TACET_SPAN_EMPTY;
  if (json_is_string(json_object_get(o, "ratchet_tree"))) {
    tree = hex(c, o, "ratchet_tree");
  }
  tacet_mls_welcome *w = NULL;
  size_t index = 0;
  tacet_err err = tacet_mls_welcome_open(&test_config, hex(c, o, "welcome"),
                                         &candidate, 1, &index, &w);
  if (err != TACET_OK) {
    return err;
  }
  tacet_mls_psk own = {.key = TACET_SPAN_EMPTY};
  tacet_mls_psks psks = {&own, 0};
  if (old != NULL && tacet_mls_welcome_n_psks(w) == 1) {
    tacet_mls_welcome_psk(w, 0, &own.id);
    own.key = tacet_secret_span(tacet_mls_resumption_psk(old));
    psks.n = own.id.epoch == tacet_mls_epoch(old);
  }
  err = tacet_mls_welcome_unlock(w, psks);
  if (err == TACET_OK) {
    err = tacet_mls_welcome_join(w, tree, old, out);
  }
  tacet_mls_welcome_free(w);
  return err;
}

/* ---- steps ---- */

static tacet_err process(client *c, tacet_span message, tacet_buf *content,
                         tacet_mls_event *event) {
  const tacet_mls_process_args args = {.psks = {c->psk, c->n_psks}, .now = NOW};
  return tacet_mls_process(c->m.g, message, &args, content, event);
}

static void check_application(client *c, const json_t *step,
                              const tacet_mls_event *e) {
  assert_int_equal(e->epoch, number(step, "epoch"));
  assert_int_equal(e->sender, number(step, "sender"));
  assert_int_equal(e->generation, number(step, "generation"));
  assert_span(hex(c, step, "content"), e->content);
}

static void hear(client *c, const json_t *step, const char *result) {
  static const char *const kinds[] = {"", "application", "proposal", "commit",
                                      "needs_psk"};
  TACET_BUF(content, 1 << 16);
  tacet_mls_event e;
  tacet_bytes before = member_state(&c->m);
  tacet_err err = process(c, hex(c, step, "message"), &content, &e);
  if (strcmp(result, "refused") == 0) {
    assert_string_equal(text(step, "error"), tacet_err_name(err));
    assert_same_state(&before, &c->m);
    return;
  }
  tacet_bytes_free(&before);
  assert_ok(err);
  assert_string_equal(result, kinds[e.kind]);
  if (e.kind == TACET_MLS_EVENT_APPLICATION) {
    check_application(c, step, &e);
  } else if (e.kind == TACET_MLS_EVENT_COMMIT) {
    assert_ok(tacet_mls_staged_apply(c->m.g, NOW));
    authentic(c, step, "epoch_authenticator", c->m.g);
  }
}

static void take_step(client *c, const json_t *step) {
  const char *result = text(step, "result");
  if (strcmp(result, "knows") == 0) {
    assert_true(c->n_psks < PSKS_MAX);
    c->psk[c->n_psks++] = (tacet_mls_psk){
        .id = {.type = TACET_MLS_PSK_EXTERNAL, .id = hex(c, step, "psk_id")},
        .key = hex(c, step, "psk")};
    return;
  }
  size_t held = c->n_held;
  if (json_object_get(step, "welcome") != NULL) {
    tacet_mls_group *next = NULL;
    tacet_err err = open_with(c, step, c->m.g, &next);
    if (err == TACET_OK) {
      assert_string_equal(result, "successor");
      authentic(c, step, "epoch_authenticator", next);
    } else {
      assert_string_equal(text(step, "error"), tacet_err_name(err));
    }
    tacet_mls_group_free(next);
  } else {
    hear(c, step, result);
    member_reload(&c->m);
  }
  let_go(c, held);
}

static void run_case(const json_t *o) {
  client c = {.n_psks = 0};
  json_t *step;
  size_t i;
  assert_int_equal(number(o, "time"), NOW);
  assert_ok(open_with(&c, o, NULL, &c.m.g));
  assert_int_equal(tacet_mls_suite(c.m.g)->id, number(o, "cipher_suite"));
  authentic(&c, o, "initial_epoch_authenticator", c.m.g);
  json_array_foreach(json_object_get(o, "steps"), i, step) {
    take_step(&c, step);
  }
  assert_true(i > 0);
  tacet_mls_group_free(c.m.g);
  let_go(&c, 0);
}

static void run_file(const char *name, size_t at_least) {
  char path[256];
  json_error_t where;
  json_t *o;
  size_t i;
  snprintf(path, sizeof(path), FOLDER "%s", name);
  json_t *cases = json_load_file(path, 0, &where);
  if (cases == NULL) {
    fail_msg("%s:%d: %s", path, where.line, where.text);
  }
  assert_ok(tacet_crypto_init());
  json_array_foreach(cases, i, o) {
    print_message("%s: %s\n", name, text(o, "name"));
    run_case(o);
  }
  assert_true(i >= at_least);
  json_decref(cases);
}

static void lives_of_members(void **state) {
  (void)state;
  run_file("mls-steps.json", 13);
}

static void what_must_be_refused(void **state) {
  (void)state;
  static const char *const names[] = {"commits", "external",  "frames",
                                      "paths",   "proposals", "ended"};
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    char file[64];
    snprintf(file, sizeof(file), "mls-refused-%s.json", names[i]);
    run_file(file, 1);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lives_of_members),
      cmocka_unit_test(what_must_be_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
