/* SPDX-License-Identifier: Apache-2.0
 * The vectors of evidence in docs/protocol: files that stand, and files in the
 * right form that do not. With an argument the file is written anew instead:
 *
 *   test_keytrans_evidence_vectors --write FILE
 */
#include "tests/unit/keytrans/evidence_cases.h"

#include <jansson.h>

#include "keytrans/evidence.h"
#include "tacet/crypto.h"

#define VECTORS "docs/protocol/vectors/evidence.json"

static json_t *text(const tacet_buf *b) {
  return json_stringn((const char *)b->p, b->len);
}

static void put_key(json_t *o, const char *name, const tacet_note_key *k) {
  TACET_BUF(vkey, 512);
  tacet_note_key_write(k, &vkey);
  json_object_set_new(o, name, text(&vkey));
}

/* ---- changes after which a file is in order and proves nothing ---- */

static void twice_the_same(evidence_stage *s, tacet_evidence *e) {
  (void)s;
  e->second = e->first;
}

static void an_update_that_is_there(evidence_stage *s, tacet_evidence *e) {
  small_show(&s->lying, &e->first, 7, 1);
  e->second_map = small_map(&s->lying, 6, &s->lying.entries[1].vrf_output);
}

static void a_key_that_is_there(evidence_stage *s, tacet_evidence *e) {
  e->key = s->lying.items[0].key;
  e->first_map = small_map(&s->lying, 4, &e->key);
  e->second_map = small_map(&s->lying, 6, &e->key);
}

static void a_leaf_of_its_entry(evidence_stage *s, tacet_evidence *e) {
  small_show(&s->lying, &e->second, 7, 3);
  e->key = s->lying.entries[3].vrf_output;
  e->commitment = s->lying.entries[3].commitment;
  e->leaf_index = 3;
  e->first_map = small_map(&s->lying, 6, &e->key);
}

static void another_previous(evidence_stage *s, tacet_evidence *e) {
  e->previous = tacet_bytes_span(&s->manifests[1]);
}

static void cosigned_too_early(evidence_stage *s, tacet_evidence *e) {
  uint64_t days = SMALL_DAY + TACET_EVIDENCE_DAYS + 1;
  e->first.note = small_note(&s->lying, &s->keys, 5, days * 86400 - 2);
}

static void nothing_wrong_between(evidence_stage *s, tacet_evidence *e) {
  memset(e->between, 0, sizeof(e->between));
  small_between(&s->honest, &s->keys, e, 4, 7, true);
}

static const struct {
  const char *of, *name;
  void (*change)(evidence_stage *s, tacet_evidence *e);
} refused[] = {
    {"split view: one size, two roots", "one checkpoint twice", twice_the_same},
    {"rollback: a key is gone", "a key that is still there",
     a_key_that_is_there},
    {"omission: an UPDATE is left out", "an UPDATE that is in the map",
     an_update_that_is_there},
    {"phantom leaf: it names another entry", "a leaf that its entry made",
     a_leaf_of_its_entry},
    {"unsigned manifest: a ghost device", "not what the manifest names",
     another_previous},
    {"late inclusion: a day long over", "two days were not over",
     cosigned_too_early},
    {"wrong map: a leaf that no entry made", "a map that is right",
     nothing_wrong_between},
};

/* ---- making them ---- */

static const evidence_case *case_named(const char *name) {
  const evidence_case *c = evidence_cases;
  while (strcmp(c->name, name) != 0) {
    c++;
  }
  return c;
}

static json_t *make_one(const evidence_case *c, const char *name,
                        void (*change)(evidence_stage *, tacet_evidence *),
                        json_t *root) {
  static evidence_stage s;
  TACET_BUF(file, TACET_EVIDENCE_MAX);
  tacet_evidence e = {.leaf_index = 0};
  tacet_policy *policy = NULL;
  size_t line;
  json_t *o = json_object();
  evidence_stage_start(&s);
  e.log = s.keys.log;
  assert_ok(tacet_policy_read(tacet_span_str(s.keys.policy), &policy, &line));
  c->make(&s, &e);
  if (change == NULL) {
    assert_ok(tacet_evidence_write(&e, policy, &file));
  } else {
    change(&s, &e);
    evidence_write(&e, &file); /* as who lies would */
  }
  json_object_set_new(o, "name", json_string(name));
  json_object_set_new(o, "needs_policy", json_boolean(c->needs_policy));
  json_object_set_new(o, "file", text(&file));
  put_key(root, "log", &s.keys.log);
  json_object_set_new(root, "policy", json_string(s.keys.policy));
  tacet_policy_free(policy);
  evidence_stage_end(&s);
  return o;
}

static json_t *make(void) {
  json_t *root = json_object(), *good = json_array(), *bad = json_array();
  for (size_t i = 0; i < n_evidence_cases; i++) {
    const evidence_case *c = &evidence_cases[i];
    json_array_append_new(good, make_one(c, c->name, NULL, root));
  }
  for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
    json_array_append_new(bad,
                          make_one(case_named(refused[i].of), refused[i].name,
                                   refused[i].change, root));
  }
  json_object_set_new(root, "stand", good);
  json_object_set_new(root, "refused", bad);
  return root;
}

/* ---- reading them ---- */

static json_t *file;

static void they_are_what_is_made(void **state) {
  (void)state;
  json_t *made = make();
  if (!json_equal(made, file)) {
    fail_msg("%s is not what this makes", VECTORS);
  }
  json_decref(made);
}

static void each_stands_or_does_not(void **state) {
  (void)state;
  static const char *const lists[] = {"stand", "refused"};
  tacet_policy *policy = NULL;
  tacet_note_key log;
  size_t line, i;
  json_t *o;
  assert_ok(tacet_policy_read(
      tacet_span_str(json_string_value(json_object_get(file, "policy"))),
      &policy, &line));
  assert_ok(tacet_note_key_read(
      tacet_span_str(json_string_value(json_object_get(file, "log"))), &log));
  for (int k = 0; k < 2; k++) {
    assert_true(json_array_size(json_object_get(file, lists[k])) > 5);
    json_array_foreach(json_object_get(file, lists[k]), i, o) {
      tacet_evidence_verdict v;
      const char *t = json_string_value(json_object_get(o, "file"));
      bool needs = json_is_true(json_object_get(o, "needs_policy"));
      tacet_err got = tacet_evidence_verify(tacet_span_str(t), &log,
                                            needs ? policy : NULL, &v);
      if (got != (k == 0 ? TACET_OK : TACET_ERR_AUTH)) {
        fail_msg("%s: %s", json_string_value(json_object_get(o, "name")),
                 tacet_err_name(got));
      }
    }
  }
  tacet_policy_free(policy);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(they_are_what_is_made),
      cmocka_unit_test(each_stands_or_does_not),
  };
  if (tacet_crypto_init() != TACET_OK) {
    return 1;
  }
  if (argc == 3 && strcmp(argv[1], "--write") == 0) {
    json_t *made = make();
    int status = json_dump_file(made, argv[2], JSON_INDENT(1));
    json_decref(made);
    return status == 0 ? 0 : 1;
  }
  json_error_t why;
  file = json_load_file(VECTORS, 0, &why);
  if (file == NULL) {
    (void)fprintf(stderr, "%s: %s\n", VECTORS, why.text);
    return 1;
  }
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  json_decref(file);
  return failed;
}
