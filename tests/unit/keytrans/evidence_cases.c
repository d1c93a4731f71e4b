/* SPDX-License-Identifier: Apache-2.0
 * Logs that did wrong, each in one way, and the evidence of it. */
#include "tests/unit/keytrans/evidence_cases.h"

#include "tacet/crypto.h"

#define BOB "bob@chat.example"

/* ---- the stage ---- */

static void secret_of(const char *name, tacet_secret *key, uint8_t pub[32]) {
  key->len = 32;
  small_bytes(name, key->b);
  assert_ok(tacet_sig_ed25519.public_key(tacet_secret_span(key), pub));
}

/* Bob's manifests, and one that adds a device by a signature of nobody's: made
 * as if another key had been Bob's device. */
static void make_manifests(evidence_stage *s) {
  TACET_SECRET(phone);
  TACET_SECRET(laptop);
  TACET_SECRET(ghost);
  uint8_t pub[32];
  TACET_BUF(out, TACET_MANIFEST_MAX);
  tacet_manifest m0 = {.handle = BOB, .n_devices = 1};
  tacet_manifest_signer by = {.device_id = {1}, .private_key = &phone};
  m0.devices[0].id[0] = by.device_id[0];
  secret_of("phone", &phone, m0.devices[0].key);
  memset(by.device_id, 1, sizeof(by.device_id));
  memset(m0.devices[0].id, 1, sizeof(m0.devices[0].id));
  small_bytes("recovery", m0.recovery_key);
  const tacet_secret *new_keys[] = {&phone};
  assert_ok(tacet_manifest_sign(&m0, NULL, &by, new_keys, 1, &out));
  assert_ok(tacet_buf_take(&out, &s->manifests[0]));
  assert_ok(tacet_manifest_parse(tacet_bytes_span(&s->manifests[0]), &m0));

  tacet_manifest m1 = m0;
  m1.n_devices = 2;
  memset(m1.devices[1].id, 2, sizeof(m1.devices[1].id));
  secret_of("laptop", &laptop, m1.devices[1].key);
  new_keys[0] = &laptop;
  assert_ok(tacet_manifest_sign(&m1, &m0, &by, new_keys, 1, &out));
  assert_ok(tacet_buf_take(&out, &s->manifests[1]));

  tacet_manifest as_if = m0, m2 = m0;
  secret_of("ghost", &ghost, pub);
  memcpy(as_if.devices[0].key, pub, 32);
  m2.devices[0] = as_if.devices[0];
  m2.n_devices = 2;
  memset(m2.devices[1].id, 3, sizeof(m2.devices[1].id));
  secret_of("laptop", &laptop, m2.devices[1].key);
  by.private_key = &ghost;
  assert_ok(tacet_manifest_sign(&m2, &as_if, &by, new_keys, 1, &out));
  assert_ok(tacet_buf_take(&out, &s->manifests[2]));
}

/* a b E c E, then each goes on by itself: honest d e E f E g E */
static void begin(small_log *l) {
  small_log_start(l);
  small_update(l, "a", "value a", false);
  small_update(l, "b", "value b", false);
  small_epoch(l, SMALL_DAY);
  small_update(l, "c", "value c", false);
  small_epoch(l, SMALL_DAY);
}

void evidence_stage_start(evidence_stage *s) {
  memset(s, 0, sizeof(*s));
  small_keys_make(&s->keys);
  small_keys_rotate(&s->keys, &s->rotated, &s->handover);
  make_manifests(s);
  begin(&s->honest);
  begin(&s->lying);
  small_log *h = &s->honest;
  small_update(h, "d", "value d", false);
  small_update(h, "e", "value e", false);
  small_epoch(h, SMALL_DAY + 1);
  small_update(h, "f", "value f", false);
  small_epoch(h, SMALL_DAY + 1);
  small_update(h, "g", "value g", false);
  small_epoch(h, SMALL_DAY + 1);
}

void evidence_stage_end(evidence_stage *s) {
  small_log_end(&s->honest);
  small_log_end(&s->lying);
  for (int i = 0; i < 3; i++) {
    tacet_bytes_free(&s->manifests[i]);
  }
}

/* What the lying log does after the fork, unless a case says otherwise. */
static void fork(evidence_stage *s) {
  small_update(&s->lying, "d", "another value d", false);
  small_update(&s->lying, "x", "value x", false);
  small_epoch(&s->lying, SMALL_DAY + 1);
}

/* ---- split views ---- */

static void one_size_two_roots(evidence_stage *s, tacet_evidence *e) {
  fork(s);
  e->kind = TACET_EVIDENCE_SPLIT_VIEW;
  e->first = small_head(&s->honest, &s->keys, 8);
  e->second = small_head(&s->lying, &s->keys, 8);
}

/* The larger log says itself what its first entries' root is. */
static void another_prefix(evidence_stage *s, tacet_evidence *e) {
  fork(s);
  e->kind = TACET_EVIDENCE_SPLIT_VIEW;
  e->first = small_head(&s->lying, &s->keys, 7);
  e->second = small_head(&s->honest, &s->keys, 12);
  small_prefix(&s->honest, &e->second, 12, 7);
}

static void another_entry(evidence_stage *s, tacet_evidence *e) {
  fork(s);
  e->kind = TACET_EVIDENCE_SPLIT_VIEW;
  e->first = small_shown(&s->lying, &s->keys, 7, 6);
  e->second = small_shown(&s->honest, &s->keys, 12, 6);
}

/* Two last entries and their proofs, which bind one node in common: all that
 * two clients who meet have. */
static void another_node(evidence_stage *s, tacet_evidence *e) {
  fork(s);
  small_update(&s->lying, "y", "value y", false);
  small_epoch(&s->lying, SMALL_DAY + 1);
  e->kind = TACET_EVIDENCE_SPLIT_VIEW;
  e->first = small_shown(&s->lying, &s->keys, 10, 9);
  e->second = small_shown(&s->honest, &s->keys, 12, 11);
}

/* One head of before the log got another key, one of after. */
static void across_keys(evidence_stage *s, tacet_evidence *e) {
  fork(s);
  e->kind = TACET_EVIDENCE_SPLIT_VIEW;
  e->handover = s->handover;
  e->first = small_shown(&s->lying, &s->keys, 7, 6);
  e->second = small_head(&s->honest, &s->rotated, 12);
  small_prefix(&s->honest, &e->second, 12, 7);
}

/* ---- rollbacks ---- */

static void a_key_is_gone(evidence_stage *s, tacet_evidence *e) {
  small_log *l = &s->lying;
  l->items[1].until = 5; /* "b", with the next EPOCH */
  small_update(l, "d", "value d", false);
  small_epoch(l, SMALL_DAY + 1);
  e->kind = TACET_EVIDENCE_ROLLBACK;
  e->first = small_shown(l, &s->keys, 5, 4);
  e->second = small_shown(l, &s->keys, 7, 6);
  e->key = l->items[1].key;
  e->first_map = small_map(l, 4, &e->key);
  e->second_map = small_map(l, 6, &e->key);
}

static void a_value_has_changed(evidence_stage *s, tacet_evidence *e) {
  small_log *l = &s->lying;
  l->items[1].until = 5;
  small_phantom(l, "b", "another value b", 1);
  a_key_is_gone(s, e);
}

static void the_map_is_smaller(evidence_stage *s, tacet_evidence *e) {
  small_log *l = &s->lying;
  l->items[1].until = l->items[2].until = 5;
  small_update(l, "d", "value d", false);
  small_epoch(l, SMALL_DAY + 1);
  e->kind = TACET_EVIDENCE_ROLLBACK;
  e->first = small_shown(l, &s->keys, 5, 4);
  e->second = small_shown(l, &s->keys, 7, 6);
}

static void a_key_is_gone_with_the_log_s(evidence_stage *s, tacet_evidence *e) {
  a_key_is_gone(s, e);
  e->handover = s->handover;
  e->second = small_shown(&s->lying, &s->rotated, 7, 6);
}

/* ---- omissions ---- */

static void an_update_is_left_out(evidence_stage *s, tacet_evidence *e) {
  small_log *l = &s->lying;
  small_update(l, "d", "value d", true);
  small_epoch(l, SMALL_DAY + 1);
  e->kind = TACET_EVIDENCE_OMISSION;
  e->first = small_shown(l, &s->keys, 7, 5);
  e->second = small_shown(l, &s->keys, 7, 6);
  e->second_map = small_map(l, 6, &l->entries[5].vrf_output);
}

static void the_map_has_another_value(evidence_stage *s, tacet_evidence *e) {
  small_phantom(&s->lying, "d", "another value d", 5);
  an_update_is_left_out(s, e);
}

static void a_key_comes_twice(evidence_stage *s, tacet_evidence *e) {
  small_log *l = &s->lying;
  small_update(l, "b", "another value b", true);
  small_epoch(l, SMALL_DAY + 1);
  e->kind = TACET_EVIDENCE_OMISSION;
  e->first = small_shown(l, &s->keys, 7, 1);
  e->second = small_shown(l, &s->keys, 7, 5);
}

/* ---- phantom leaves ---- */

static void phantom(evidence_stage *s, tacet_evidence *e, uint64_t index) {
  small_log *l = &s->lying;
  small_phantom(l, "bob", "value of a ghost", index);
  small_update(l, "d", "value d", false);
  small_epoch(l, SMALL_DAY + 1);
  e->kind = TACET_EVIDENCE_PHANTOM_LEAF;
  e->first = small_shown(l, &s->keys, 7, 6);
  small_bytes("bob", e->key.b);
  small_bytes("value of a ghost", e->commitment.b);
  e->first_map = small_map(l, 6, &e->key);
  e->leaf_index = index;
}

static void it_names_another_entry(evidence_stage *s, tacet_evidence *e) {
  phantom(s, e, 3);
  e->second = small_shown(&s->lying, &s->keys, 7, 3);
}

static void it_names_an_epoch(evidence_stage *s, tacet_evidence *e) {
  phantom(s, e, 2);
  e->second = small_shown(&s->lying, &s->keys, 7, 2);
}

static void it_names_no_entry(evidence_stage *s, tacet_evidence *e) {
  phantom(s, e, UINT64_MAX);
}

static void there_are_too_many_keys(evidence_stage *s, tacet_evidence *e) {
  small_log *l = &s->lying;
  static const char *const names[] = {"p", "q", "r", "s"};
  for (int i = 0; i < 4; i++) {
    small_phantom(l, names[i], "value of a ghost", 0);
  }
  small_epoch(l, SMALL_DAY);
  e->kind = TACET_EVIDENCE_PHANTOM_LEAF;
  e->first = small_shown(l, &s->keys, 6, 5);
}

/* ---- unsigned manifests ---- */

static void log_manifest(evidence_stage *s, tacet_evidence *e, uint32_t version,
                         tacet_span manifest) {
  small_log *l = &s->lying;
  uint64_t at = small_manifest(l, BOB, version, manifest, e->opening);
  small_epoch(l, SMALL_DAY + 1);
  e->kind = TACET_EVIDENCE_UNSIGNED_MANIFEST;
  e->first = small_shown(l, &s->keys, l->n, at);
  assert_ok(tacet_keylog_label_handle(tacet_span_str(BOB), &e->label));
  e->version = version;
  e->manifest = manifest;
}

/* It says itself what it comes after, and that has not signed it. */
static void a_ghost_device(evidence_stage *s, tacet_evidence *e) {
  log_manifest(s, e, 1, tacet_bytes_span(&s->manifests[2]));
  e->previous = tacet_bytes_span(&s->manifests[0]);
}

/* The log says what came before: Bob's own number 1. */
static void after_what_was_logged(evidence_stage *s, tacet_evidence *e) {
  small_log *l = &s->lying;
  e->previous = tacet_bytes_span(&s->manifests[1]);
  uint64_t at = small_manifest(l, BOB, 1, e->previous, e->previous_opening);
  log_manifest(s, e, 2, tacet_bytes_span(&s->manifests[2]));
  e->second = small_shown(l, &s->keys, l->n, at);
}

static void a_beginning_that_is_none(evidence_stage *s, tacet_evidence *e) {
  log_manifest(s, e, 0, tacet_bytes_span(&s->manifests[1]));
}

static void no_manifest_at_all(evidence_stage *s, tacet_evidence *e) {
  static const uint8_t none[] = {1, 2, 3, 4};
  log_manifest(s, e, 7, tacet_span_of(none, sizeof(none)));
}

static void a_forged_beginning(evidence_stage *s, tacet_evidence *e) {
  tacet_buf *a = &s->lying.arena;
  size_t at = a->len;
  tacet_write_bytes(a, tacet_bytes_span(&s->manifests[0]));
  a->p[a->len - 70] ^= 1; /* of a signature */
  log_manifest(s, e, 3, tacet_span_of(a->p + at, s->manifests[0].len));
}

/* By the map that a reader was shown, without the UPDATE. */
static void a_ghost_in_the_map(evidence_stage *s, tacet_evidence *e) {
  a_ghost_device(s, e);
  small_log *l = &s->lying;
  e->leaf_index = e->first.index;
  e->key = l->entries[e->leaf_index].vrf_output;
  e->first = small_shown(l, &s->keys, l->n, l->n - 1);
  e->first_map = small_map(l, l->n - 1, &e->key);
}

/* ---- late inclusion ---- */

static void a_day_long_over(evidence_stage *s, tacet_evidence *e) {
  small_log *l = &s->lying;
  e->kind = TACET_EVIDENCE_LATE_INCLUSION;
  e->first.note = small_note(
      l, &s->keys, 5, (uint64_t)(SMALL_DAY + 1 + TACET_EVIDENCE_DAYS) * 86400);
  fork(s); /* bears SMALL_DAY + 1 */
  small_update(l, "y", "value y", false);
  small_epoch(l, SMALL_DAY);
  e->second = small_shown(l, &s->keys, 10, 9);
}

/* ---- wrong maps ---- */

/* Right in number, with a leaf in the place of an UPDATE's. */
static void a_leaf_of_no_entry(evidence_stage *s, tacet_evidence *e) {
  small_log *l = &s->lying;
  small_update(l, "d", "value d", false);
  small_update(l, "x", "value x", true);
  small_phantom(l, "bob", "value of a ghost", 3);
  small_update(l, "y", "value y", false);
  small_epoch(l, SMALL_DAY + 1);
  small_between(l, &s->keys, e, 4, 8, true);
}

static void an_update_is_not_counted(evidence_stage *s, tacet_evidence *e) {
  small_log *l = &s->lying;
  small_update(l, "d", "value d", false);
  small_update(l, "x", "value x", true);
  small_epoch(l, SMALL_DAY + 1);
  small_between(l, &s->keys, e, 4, 7, false);
}

static void nothing_was_logged(evidence_stage *s, tacet_evidence *e) {
  small_log *l = &s->lying;
  l->items[1].until = 5;
  small_phantom(l, "b", "another value b", 1);
  small_epoch(l, SMALL_DAY + 1);
  small_between(l, &s->keys, e, 4, 5, true);
}

static void the_first_epoch(evidence_stage *s, tacet_evidence *e) {
  small_log *l = &s->lying;
  small_log_end(l);
  small_log_start(l);
  small_update(l, "a", "value a", true);
  small_phantom(l, "a", "another value a", 0);
  small_epoch(l, SMALL_DAY);
  small_between(l, &s->keys, e, 0, 1, true);
}

static void a_map_across_keys(evidence_stage *s, tacet_evidence *e) {
  a_leaf_of_no_entry(s, e);
  e->handover = s->handover;
  e->second = small_shown(&s->lying, &s->rotated, 9, 4);
}

const evidence_case evidence_cases[] = {
    {"split view: one size, two roots", one_size_two_roots, false},
    {"split view: another root of the first entries", another_prefix, false},
    {"split view: another entry", another_entry, false},
    {"split view: another node of two proofs", another_node, false},
    {"split view: across a change of the log's key", across_keys, false},
    {"rollback: a key is gone", a_key_is_gone, false},
    {"rollback: across a change of the log's key", a_key_is_gone_with_the_log_s,
     false},
    {"rollback: a value has changed", a_value_has_changed, false},
    {"rollback: the map is smaller", the_map_is_smaller, false},
    {"omission: an UPDATE is left out", an_update_is_left_out, false},
    {"omission: the map has another value", the_map_has_another_value, false},
    {"omission: a key comes twice", a_key_comes_twice, false},
    {"phantom leaf: it names another entry", it_names_another_entry, false},
    {"phantom leaf: it names an EPOCH", it_names_an_epoch, false},
    {"phantom leaf: it names no entry", it_names_no_entry, false},
    {"phantom leaf: more keys than entries", there_are_too_many_keys, false},
    {"unsigned manifest: a ghost device", a_ghost_device, false},
    {"unsigned manifest: not after what was logged", after_what_was_logged,
     false},
    {"unsigned manifest: a beginning that is none", a_beginning_that_is_none,
     false},
    {"unsigned manifest: no manifest at all", no_manifest_at_all, false},
    {"unsigned manifest: a forged beginning", a_forged_beginning, false},
    {"unsigned manifest: a ghost in the map", a_ghost_in_the_map, false},
    {"late inclusion: a day long over", a_day_long_over, true},
    {"wrong map: a leaf that no entry made", a_leaf_of_no_entry, false},
    {"wrong map: an UPDATE is not counted", an_update_is_not_counted, false},
    {"wrong map: nothing was logged", nothing_was_logged, false},
    {"wrong map: the first EPOCH", the_first_epoch, false},
    {"wrong map: across a change of the log's key", a_map_across_keys, false},
};
const size_t n_evidence_cases =
    sizeof(evidence_cases) / sizeof(evidence_cases[0]);
