/* SPDX-License-Identifier: Apache-2.0
 * Evidence: each kind stands, no bit of it may change, and against a log that
 * keeps the rules none can be made. */
#include "tests/unit/keytrans/evidence_cases.h"

#include "tacet/crypto.h"

static int set_up(void **state) {
  (void)state;
  return tacet_crypto_init() == TACET_OK ? 0 : -1;
}

static tacet_policy *read_policy(const char *text) {
  tacet_policy *p = NULL;
  size_t line;
  assert_ok(tacet_policy_read(tacet_span_str(text), &p, &line));
  return p;
}

/* A case on a stage of its own, and its file. */
typedef struct scene {
  evidence_stage stage;
  tacet_evidence e;
  tacet_policy *policy;
  tacet_buf file;
} scene;

static void scene_start(scene *s, const evidence_case *c) {
  evidence_stage_start(&s->stage);
  memset(&s->e, 0, sizeof(s->e));
  s->e.log = s->stage.keys.log;
  s->policy = read_policy(s->stage.keys.policy);
  tacet_buf_init(&s->file, TACET_EVIDENCE_MAX);
  c->make(&s->stage, &s->e);
}

static void scene_end(scene *s) {
  tacet_buf_free(&s->file);
  tacet_policy_free(s->policy);
  evidence_stage_end(&s->stage);
}

static void scene_write(scene *s) {
  assert_ok(tacet_evidence_write(&s->e, s->policy, &s->file));
}

static const evidence_case *case_named(const char *name) {
  for (size_t i = 0; i < n_evidence_cases; i++) {
    if (strcmp(evidence_cases[i].name, name) == 0) {
      return &evidence_cases[i];
    }
  }
  fail_msg("no case %s", name);
  return NULL;
}

/* ---- it stands ---- */

static void each_kind_stands(void **state) {
  (void)state;
  static scene s;
  for (size_t i = 0; i < n_evidence_cases; i++) {
    const evidence_case *c = &evidence_cases[i];
    tacet_evidence_verdict v;
    scene_start(&s, c);
    scene_write(&s);
    tacet_span file = tacet_buf_span(&s.file);
    assert_ok(tacet_evidence_verify(file, &s.e.log, s.policy, &v));
    assert_int_equal(v.kind, s.e.kind);
    assert_string_equal(v.log.name, SMALL_ORIGIN);
    assert_ok(tacet_evidence_verify(file, NULL, s.policy, &v));
    assert_err(c->needs_policy ? TACET_ERR_POLICY : TACET_OK,
               tacet_evidence_verify(file, &s.e.log, NULL, &v));
    scene_end(&s);
  }
}

static void it_says_where_two_logs_part(void **state) {
  (void)state;
  static scene s;
  tacet_evidence_verdict v;
  scene_start(&s, case_named("split view: another entry"));
  scene_write(&s);
  assert_ok(tacet_evidence_verify(tacet_buf_span(&s.file), NULL, NULL, &v));
  assert_int_equal(v.from, 6);
  assert_int_equal(v.to, 7);
  assert_int_equal(v.heads[0].size, 7);
  assert_int_equal(v.heads[1].size, 12);
  scene_end(&s);
}

static void only_the_accused_log_is(void **state) {
  (void)state;
  static scene s;
  tacet_evidence_verdict v = {.day = 77};
  tacet_note_key other;
  uint8_t public_key[32];
  scene_start(&s, case_named("split view: one size, two roots"));
  scene_write(&s);
  small_bytes("another log", public_key);
  assert_ok(tacet_note_key_make(tacet_span_str(SMALL_ORIGIN),
                                TACET_NOTE_ED25519, public_key, &other));
  assert_err(TACET_ERR_AUTH,
             tacet_evidence_verify(tacet_buf_span(&s.file), &other, NULL, &v));
  /* nor is a log accused that the policy does not name */
  TACET_BUF(text, 1000);
  tacet_write_bytes(&text, TACET_SPAN_LIT("log "));
  tacet_note_key_write(&other, &text);
  tacet_write_bytes(&text, TACET_SPAN_LIT("\nquorum none\n\0"));
  tacet_policy *p = read_policy((const char *)text.p);
  assert_err(TACET_ERR_AUTH,
             tacet_evidence_verify(tacet_buf_span(&s.file), NULL, p, &v));
  tacet_policy_free(p);
  assert_int_equal(v.day, 77);
  scene_end(&s);
}

/* ---- two keys of one log ---- */

static bool accuses(scene *s, const tacet_note_key *log) {
  tacet_evidence_verdict v;
  return tacet_evidence_verify(tacet_buf_span(&s->file), log, NULL, &v) ==
         TACET_OK;
}

static void either_key_is_enough(void **state) {
  (void)state;
  static scene s;
  tacet_evidence_verdict v;
  scene_start(&s, case_named("split view: across a change of the log's key"));
  scene_write(&s);
  assert_true(accuses(&s, &s.stage.keys.log));
  assert_true(accuses(&s, &s.stage.rotated.log));
  assert_false(accuses(&s, &s.stage.keys.witness[0]));
  assert_ok(tacet_evidence_verify(tacet_buf_span(&s.file), NULL, NULL, &v));
  assert_memory_equal(v.log.public_key, s.stage.keys.log.public_key, 32);
  assert_memory_equal(v.other.public_key, s.stage.rotated.log.public_key, 32);
  /* and so it is for a policy that has dropped the old key */
  TACET_BUF(text, 1000);
  tacet_write_bytes(&text, TACET_SPAN_LIT("log "));
  tacet_note_key_write(&s.stage.rotated.log, &text);
  tacet_write_bytes(&text, TACET_SPAN_LIT("\nquorum none\n\0"));
  tacet_policy *p = read_policy((const char *)text.p);
  assert_ok(tacet_evidence_verify(tacet_buf_span(&s.file), NULL, p, &v));
  tacet_policy_free(p);
  scene_end(&s);
}

/* Nobody is accused with a key that he has not said is his. */
static void a_hand_over_takes_both(void **state) {
  (void)state;
  static scene s;
  TACET_BUF(file, TACET_EVIDENCE_MAX);
  for (size_t at = 0; at < TACET_HANDOVER_LEN; at += 64) {
    scene_start(&s, case_named("split view: across a change of the log's key"));
    memset(s.e.handover.signatures + at, 0, 64);
    assert_err(TACET_ERR_AUTH, tacet_evidence_write(&s.e, NULL, &file));
    scene_end(&s);
  }
  scene_start(&s, case_named("split view: across a change of the log's key"));
  memset(&s.e.handover, 0, sizeof(s.e.handover)); /* a note without a line */
  assert_err(TACET_ERR_ENCODING, tacet_evidence_write(&s.e, NULL, &file));
  scene_end(&s);
  /* nor may one be there that is not needed */
  scene_start(&s, case_named("split view: one size, two roots"));
  s.e.handover = s.stage.handover;
  assert_err(TACET_ERR_AUTH, tacet_evidence_write(&s.e, NULL, &file));
  scene_end(&s);
  assert_int_equal(file.len, 0);
}

static void a_hand_over_in_a_policy(void **state) {
  (void)state;
  static scene s;
  tacet_handover h;
  TACET_BUF(text, 4000);
  TACET_BUF(again, 4000);
  scene_start(&s, case_named("split view: one size, two roots"));
  assert_err(TACET_ERR_NOT_FOUND,
             tacet_handover_read(tacet_span_str(s.stage.keys.policy), &h));
  tacet_write_bytes(&text, TACET_SPAN_LIT("# a comment\n# handover a b\n"));
  tacet_handover_write(&s.stage.handover, &text);
  tacet_write_bytes(&text, tacet_span_str(s.stage.keys.policy));
  assert_ok(tacet_handover_read(tacet_buf_span(&text), &h));
  assert_ok(tacet_handover_verify(&h));
  tacet_handover_write(&h, &again);
  tacet_span rest = tacet_buf_span(&text);
  assert_false(tacet_handover_is_line(tacet_policy_line(&rest)));
  assert_true(tacet_handover_is_line(tacet_policy_line(&rest)));
  assert_memory_equal(rest.p, again.p, again.len);
  tacet_write_u8(&text, 0);
  tacet_policy_free(read_policy((const char *)text.p));
  h.to = h.from;
  assert_err(TACET_ERR_AUTH, tacet_handover_verify(&h));
  assert_err(TACET_ERR_ARGUMENT,
             tacet_handover_sign(&s.stage.keys.log, &s.stage.keys.log_private,
                                 &s.stage.keys.witness[0],
                                 &s.stage.keys.witness_private[0], &h));
  scene_end(&s);
}

/* ---- nothing may change ---- */

static bool stands(scene *s, tacet_span file) {
  tacet_evidence_verdict v;
  return tacet_evidence_verify(file, NULL, s->policy, &v) == TACET_OK;
}

/* All bits of the first case of each kind, a sample of the others'. */
static void no_bit_may_change(void **state) {
  (void)state;
  static scene s;
  tacet_evidence_kind last = (tacet_evidence_kind)0;
  for (size_t i = 0; i < n_evidence_cases; i++) {
    scene_start(&s, &evidence_cases[i]);
    scene_write(&s);
    size_t step = s.e.kind == last ? 29 : 1;
    last = s.e.kind;
    for (size_t bit = 0; bit < 8 * s.file.len; bit += step) {
      s.file.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
      if (stands(&s, tacet_buf_span(&s.file))) {
        fail_msg("%s: bit %zu of byte %zu", evidence_cases[i].name, bit % 8,
                 bit / 8);
      }
      s.file.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_true(stands(&s, tacet_buf_span(&s.file)));
    scene_end(&s);
  }
}

static void nothing_may_be_cut_off_or_added(void **state) {
  (void)state;
  static scene s;
  for (size_t i = 0; i < n_evidence_cases; i++) {
    scene_start(&s, &evidence_cases[i]);
    scene_write(&s);
    for (size_t n = i % 4; n < s.file.len; n += 4) {
      uint8_t *cut = malloc(n + 1);
      memcpy(cut, s.file.p, n);
      assert_false(stands(&s, tacet_span_of(cut, n)));
      free(cut);
    }
    static const char *const more[] = {"\n", " ", "path\n", "key\n",
                                       "map AA==\n"};
    for (size_t k = 0; k < sizeof(more) / sizeof(more[0]); k++) {
      size_t len = s.file.len;
      tacet_write_bytes(&s.file, tacet_span_str(more[k]));
      assert_false(stands(&s, tacet_buf_span(&s.file)));
      tacet_buf_cut(&s.file, len);
    }
    scene_end(&s);
  }
}

/* ---- what is no evidence ---- */

static void same_log_twice(scene *s) {
  s->e.second = s->e.first;
}
static void no_part_in_common(scene *s) {
  s->e.second.entry = TACET_SPAN_EMPTY;
}
static void other_path(scene *s) {
  s->e.first.entry_path.hashes[0].b[0] ^= 1;
}
static void path_too_long(scene *s) {
  s->e.first.entry_path.n++;
}
static void other_index(scene *s) {
  s->e.first.index ^= 1;
}
static void index_outside(scene *s) {
  s->e.first.index = s->e.first.index + 64;
}
static void other_order(scene *s) {
  tacet_evidence_shown swap = s->e.first;
  tacet_span map = s->e.first_map;
  s->e.first = s->e.second;
  s->e.second = swap;
  s->e.first_map = s->e.second_map;
  s->e.second_map = map;
}
static void without_the_map(scene *s) {
  s->e.first_map = s->e.second_map = TACET_SPAN_EMPTY;
}
static void map_of_another_key(scene *s) {
  s->e.key.b[0] ^= 0x80;
}
static void key_that_is_still_there(scene *s) {
  s->e.key = s->stage.lying.items[0].key;
  s->e.first_map = small_map(&s->stage.lying, 4, &s->e.key);
  s->e.second_map = small_map(&s->stage.lying, 6, &s->e.key);
}
static void key_that_never_was(scene *s) {
  memset(s->e.key.b, 0x55, sizeof(s->e.key.b));
  s->e.first_map = small_map(&s->stage.lying, 4, &s->e.key);
  s->e.second_map = small_map(&s->stage.lying, 6, &s->e.key);
}
static void update_that_is_in_the_map(scene *s) {
  small_show(&s->stage.lying, &s->e.first, 7, 1);
  s->e.second_map =
      small_map(&s->stage.lying, 6, &s->stage.lying.entries[1].vrf_output);
}
/* The EPOCH before an UPDATE cannot have it. */
static void epoch_before_the_update(scene *s) {
  small_log *l = &s->stage.lying;
  small_show(l, &s->e.second, 7, 4);
  s->e.second_map = small_map(l, 4, &l->entries[5].vrf_output);
}
static void one_entry_twice(scene *s) {
  s->e.second = s->e.first;
}
static void two_keys(scene *s) {
  small_show(&s->stage.lying, &s->e.second, 7, 3);
}
static void leaf_of_its_entry(scene *s) {
  small_log *l = &s->stage.lying;
  small_show(l, &s->e.second, 7, 3);
  s->e.key = l->entries[3].vrf_output;
  s->e.commitment = l->entries[3].commitment;
  s->e.leaf_index = 3;
  s->e.first_map = small_map(l, 6, &s->e.key);
}
static void leaf_without_its_entry(scene *s) {
  s->e.second.note = TACET_SPAN_EMPTY;
}
static void entry_that_is_not_named(scene *s) {
  small_show(&s->stage.lying, &s->e.second, 7, 1);
}
static void other_commitment(scene *s) {
  s->e.commitment.b[3] ^= 1;
}
static void honest_next(scene *s) {
  s->e.manifest = tacet_bytes_span(&s->stage.manifests[1]);
  small_log *l = &s->stage.lying;
  uint64_t at =
      small_manifest(l, "bob@chat.example", 5, s->e.manifest, s->e.opening);
  s->e.version = 5;
  s->e.first = small_shown(l, &s->stage.keys, l->n, at);
}
static void honest_first(scene *s) {
  honest_next(s);
  s->e.manifest = tacet_bytes_span(&s->stage.manifests[0]);
  small_log *l = &s->stage.lying;
  uint64_t at =
      small_manifest(l, "bob@chat.example", 6, s->e.manifest, s->e.opening);
  s->e.version = 6;
  s->e.previous = TACET_SPAN_EMPTY;
  s->e.first = small_shown(l, &s->stage.keys, l->n, at);
}
/* Bob's number 1 behind the number 0 of another account that had his handle: he
 * took it back. */
static void taken_back(scene *s) {
  small_log *l = &s->stage.lying;
  TACET_SECRET(key);
  TACET_BUF(out, TACET_MANIFEST_MAX);
  tacet_manifest m = {.handle = "bob@chat.example", .n_devices = 1};
  tacet_manifest_signer by = {.device_id = {9}, .private_key = &key};
  const tacet_secret *keys[] = {&key};
  m.devices[0].id[0] = 9;
  assert_ok(tacet_sig_ed25519.generate(&key, m.devices[0].key));
  assert_ok(tacet_manifest_sign(&m, NULL, &by, keys, 1, &out));
  size_t from = l->arena.len;
  tacet_write_bytes(&l->arena, tacet_buf_span(&out));
  assert_ok(l->arena.err);
  s->e.previous = tacet_span_of(l->arena.p + from, out.len);
  s->e.manifest = tacet_bytes_span(&s->stage.manifests[1]);
  s->e.version = 6;
  uint64_t before = small_manifest(l, "bob@chat.example", 5, s->e.previous,
                                   s->e.previous_opening);
  uint64_t at =
      small_manifest(l, "bob@chat.example", 6, s->e.manifest, s->e.opening);
  s->e.first = small_shown(l, &s->stage.keys, l->n, at);
  s->e.second = small_shown(l, &s->stage.keys, l->n, before);
}
static void another_previous(scene *s) {
  s->e.previous = tacet_bytes_span(&s->stage.manifests[1]);
}
static void without_the_previous(scene *s) {
  s->e.previous = TACET_SPAN_EMPTY;
}
static void other_version(scene *s) {
  s->e.version++;
}
static void other_opening(scene *s) {
  s->e.opening[15] ^= 1;
}
static void other_label(scene *s) {
  s->e.label.b[2] = 'r';
}
static void label_of_no_handle(scene *s) {
  s->e.label.b[0] = 'x';
}
static void needless_previous(scene *s) {
  s->e.previous = tacet_bytes_span(&s->stage.manifests[0]);
}
/* A form that this program does not know may well be signed. */
static void newer_manifest(scene *s) {
  static const uint8_t newer[] = {2, 2, 3, 4};
  small_log *l = &s->stage.lying;
  s->e.manifest = tacet_span_of(newer, sizeof(newer));
  uint64_t at =
      small_manifest(l, "bob@chat.example", 8, s->e.manifest, s->e.opening);
  s->e.version = 8;
  s->e.first = small_shown(l, &s->stage.keys, l->n, at);
}
static void other_leaf_index(scene *s) {
  s->e.leaf_index++;
}
static void cosigned_too_early(scene *s) {
  s->e.first.note =
      small_note(&s->stage.lying, &s->stage.keys, 5,
                 (uint64_t)(SMALL_DAY + 1 + TACET_EVIDENCE_DAYS) * 86400 - 2);
}
static void epoch_that_was_there(scene *s) {
  small_show(&s->stage.lying, &s->e.second, 10, 4);
}
static void not_cosigned(scene *s) {
  s->e.first.note = small_note(&s->stage.lying, &s->stage.keys, 5, 0);
}
/* Of the honest log, which has nothing wrong between these two. */
static void honest_between(scene *s) {
  memset(s->e.between, 0, sizeof(s->e.between));
  small_between(&s->stage.honest, &s->stage.keys, &s->e, 4, 7, true);
}
static void honest_first_epoch(scene *s) {
  memset(&s->e.second, 0, sizeof(s->e.second));
  small_between(&s->stage.honest, &s->stage.keys, &s->e, 0, 2, true);
}
static void without_an_entry_between(scene *s) {
  s->e.n_between--;
}
/* Another EPOCH lies between, which is no entry that counts. */
static void over_an_epoch(scene *s) {
  small_between(&s->stage.lying, &s->stage.keys, &s->e, 2, 8, true);
}
static void without_its_proof(scene *s) {
  s->e.between[1].map = TACET_SPAN_EMPTY;
}
static void with_a_needless_proof(scene *s) {
  small_between(&s->stage.lying, &s->stage.keys, &s->e, 4, 7, true);
}
static void proofs_of_each_other(scene *s) {
  tacet_span map = s->e.between[0].map;
  s->e.between[0].map = s->e.between[1].map;
  s->e.between[1].map = map;
}
static void entries_of_each_other(scene *s) {
  tacet_evidence_between b = s->e.between[0];
  s->e.between[0] = s->e.between[1];
  s->e.between[1] = b;
}
static void half_a_hash(scene *s) {
  s->e.between[0].path.len -= 32;
}
static void without_the_epoch_before(scene *s) {
  s->e.second.note = TACET_SPAN_EMPTY;
}
static void signed_by_another(scene *s) {
  small_keys k = s->stage.keys;
  k.log_private.b[0] ^= 1;
  s->e.first.note = small_note(&s->stage.lying, &k, 8, 0);
}
static void of_another_origin(scene *s) {
  tacet_buf *a = &s->stage.lying.arena;
  size_t at = a->len;
  TACET_BUF(text, 1000);
  tacet_write_bytes(&text, TACET_SPAN_LIT("other.example\n8\n"));
  for (int i = 0; i < 43; i++) {
    tacet_write_u8(&text, 'A');
  }
  tacet_write_bytes(&text, TACET_SPAN_LIT("=\n"));
  tacet_write_bytes(a, tacet_buf_span(&text));
  tacet_write_u8(a, '\n');
  assert_ok(tacet_note_sign(tacet_buf_span(&text), &s->stage.keys.log,
                            &s->stage.keys.log_private, 0, a));
  s->e.first.note = tacet_span_of(a->p + at, a->len - at);
}

static void what_is_no_evidence(void **state) {
  (void)state;
  static scene s;
  static const char sv[] = "split view: one size, two roots";
  static const char sv_entry[] = "split view: another entry";
  static const char rb[] = "rollback: a key is gone";
  static const char om[] = "omission: an UPDATE is left out";
  static const char om2[] = "omission: a key comes twice";
  static const char ph[] = "phantom leaf: it names another entry";
  static const char um[] = "unsigned manifest: a ghost device";
  static const char um0[] = "unsigned manifest: a beginning that is none";
  static const char umm[] = "unsigned manifest: a ghost in the map";
  static const char wm[] = "wrong map: a leaf that no entry made";
  static const char wmc[] = "wrong map: an UPDATE is not counted";
  static const char late[] = "late inclusion: a day long over";
  static const struct {
    const char *of;
    void (*change)(scene *s);
    tacet_err want;
  } rows[] = {
      {sv, same_log_twice, TACET_ERR_AUTH},
      {sv, signed_by_another, TACET_ERR_AUTH},
      {sv, of_another_origin, TACET_ERR_AUTH},
      {sv_entry, no_part_in_common, TACET_ERR_AUTH},
      {sv_entry, other_path, TACET_ERR_AUTH},
      {sv_entry, path_too_long, TACET_ERR_AUTH},
      {sv_entry, other_index, TACET_ERR_AUTH},
      {sv_entry, index_outside, TACET_ERR_AUTH},
      {rb, same_log_twice, TACET_ERR_AUTH},
      {rb, other_path, TACET_ERR_AUTH},
      {rb, other_order, TACET_ERR_AUTH},
      {rb, without_the_map, TACET_ERR_AUTH},
      {rb, map_of_another_key, TACET_ERR_AUTH},
      {rb, key_that_is_still_there, TACET_ERR_AUTH},
      {rb, key_that_never_was, TACET_ERR_AUTH},
      {om, other_order, TACET_ERR_AUTH},
      {om, other_path, TACET_ERR_AUTH},
      {om, without_the_map, TACET_ERR_AUTH},
      {om, update_that_is_in_the_map, TACET_ERR_AUTH},
      {om, epoch_before_the_update, TACET_ERR_AUTH},
      {om2, one_entry_twice, TACET_ERR_AUTH},
      {om2, two_keys, TACET_ERR_AUTH},
      {ph, leaf_of_its_entry, TACET_ERR_AUTH},
      {ph, leaf_without_its_entry, TACET_ERR_AUTH},
      {ph, entry_that_is_not_named, TACET_ERR_AUTH},
      {ph, other_commitment, TACET_ERR_AUTH},
      {ph, map_of_another_key, TACET_ERR_AUTH},
      {ph, without_the_map, TACET_ERR_AUTH},
      {um, honest_next, TACET_ERR_AUTH},
      {um, honest_first, TACET_ERR_AUTH},
      {um, another_previous, TACET_ERR_AUTH},
      {um, taken_back, TACET_ERR_AUTH},
      {um, without_the_previous, TACET_ERR_AUTH},
      {um, other_version, TACET_ERR_AUTH},
      {um, other_opening, TACET_ERR_AUTH},
      {um, other_label, TACET_ERR_AUTH},
      {um, label_of_no_handle, TACET_ERR_AUTH},
      {um, other_index, TACET_ERR_AUTH},
      {um0, needless_previous, TACET_ERR_AUTH},
      {um0, newer_manifest, TACET_ERR_AUTH},
      {umm, other_leaf_index, TACET_ERR_AUTH},
      {umm, other_opening, TACET_ERR_AUTH},
      {umm, other_version, TACET_ERR_AUTH},
      {umm, map_of_another_key, TACET_ERR_AUTH},
      {umm, without_the_map, TACET_ERR_AUTH},
      {umm, another_previous, TACET_ERR_AUTH},
      {wm, honest_between, TACET_ERR_AUTH},
      {wm, honest_first_epoch, TACET_ERR_AUTH},
      {wm, without_an_entry_between, TACET_ERR_AUTH},
      {wm, over_an_epoch, TACET_ERR_AUTH},
      {wm, without_its_proof, TACET_ERR_AUTH},
      {wmc, with_a_needless_proof, TACET_ERR_AUTH},
      {wm, proofs_of_each_other, TACET_ERR_AUTH},
      {wm, entries_of_each_other, TACET_ERR_AUTH},
      {wm, half_a_hash, TACET_ERR_AUTH},
      {wm, without_the_epoch_before, TACET_ERR_AUTH},
      {wm, other_path, TACET_ERR_AUTH},
      {late, cosigned_too_early, TACET_ERR_AUTH},
      {late, epoch_that_was_there, TACET_ERR_AUTH},
      {late, not_cosigned, TACET_ERR_POLICY},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    scene_start(&s, case_named(rows[i].of));
    scene_write(&s); /* without the change it stands */
    tacet_buf_clear(&s.file);
    rows[i].change(&s);
    tacet_err got = tacet_evidence_write(&s.e, s.policy, &s.file);
    if (got != rows[i].want || s.file.len != 0) {
      fail_msg("row %zu (%s): %s", i, rows[i].of, tacet_err_name(got));
    }
    scene_end(&s);
  }
}

/* ---- no honest log is accused ---- */

static uint64_t seed = 20261124;

static size_t random_below(size_t n) {
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (size_t)(seed >> 33) % n;
}

/* Two EPOCHs of it, or the empty map and one. */
static void compose_between(evidence_stage *s, tacet_evidence *e) {
  static const uint64_t epochs[] = {0, 2, 4, 7, 9, 11};
  size_t before = random_below(5), after = 1 + random_below(5);
  while (after <= before) {
    after = 1 + random_below(5);
  }
  small_between(&s->honest, &s->keys, e, epochs[before], epochs[after],
                random_below(2) != 0);
}

/* Anything at all that an honest log gives, put together by chance. */
static void compose(evidence_stage *s, tacet_evidence *e) {
  small_log *l = &s->honest;
  const small_keys *k = &s->keys;
  uint64_t sizes[2];
  tacet_evidence_shown *shown[] = {&e->first, &e->second};
  e->kind = (tacet_evidence_kind)(1 + random_below(6));
  e->log = k->log;
  for (int i = 0; i < 2; i++) {
    sizes[i] = 1 + random_below(l->n);
    uint64_t time = (uint64_t)SMALL_DAY * 86400 + random_below(86400);
    shown[i]->note = small_note(l, k, sizes[i], time);
    if (random_below(8) != 0 || e->kind != TACET_EVIDENCE_SPLIT_VIEW) {
      small_show(l, shown[i], sizes[i], random_below(sizes[i]));
    }
    if (sizes[i] > 1 && random_below(2) != 0) {
      small_prefix(l, shown[i], sizes[i], 1 + random_below(sizes[i] - 1));
    }
  }
  e->key = l->items[random_below(l->n_items)].key;
  if (random_below(4) != 0) {
    e->first_map = small_map(l, e->first.index, &e->key);
    e->second_map = small_map(l, e->second.index,
                              e->kind == TACET_EVIDENCE_OMISSION
                                  ? &l->entries[e->first.index].vrf_output
                                  : &e->key);
  }
  e->leaf_index = random_below(l->n);
  e->commitment = l->entries[e->leaf_index].commitment;
  if (e->kind == TACET_EVIDENCE_PHANTOM_LEAF && random_below(2) != 0) {
    e->second.note = TACET_SPAN_EMPTY;
  }
}

static void no_honest_log_is_accused(void **state) {
  (void)state;
  static evidence_stage s;
  evidence_stage_start(&s);
  tacet_policy *policy = read_policy(s.keys.policy);
  for (int i = 0; i < 1500; i++) {
    TACET_BUF(file, TACET_EVIDENCE_MAX);
    tacet_evidence e = {.leaf_index = 0};
    compose(&s, &e);
    if (random_below(8) == 0) {
      compose_between(&s, &e);
    }
    tacet_err got = tacet_evidence_write(&e, policy, &file);
    if (got == TACET_OK || file.len != 0) {
      fail_msg("round %d: %s", i, tacet_evidence_kind_name(e.kind));
    }
    tacet_buf_clear(&s.honest.arena);
  }
  tacet_policy_free(policy);
  evidence_stage_end(&s);
}

/* ---- reports ---- */

static void a_report_proves_nothing(void **state) {
  (void)state;
  static evidence_stage s;
  evidence_stage_start(&s);
  tacet_evidence e = {.kind = TACET_EVIDENCE_REPORT,
                      .log = s.keys.log,
                      .text = TACET_SPAN_LIT("The server was not to be\n"
                                             "reached: checkpoint AA==\n")};
  TACET_BUF(file, TACET_EVIDENCE_MAX);
  tacet_evidence_verdict v;
  assert_ok(tacet_evidence_write(&e, NULL, &file));
  assert_err(TACET_ERR_UNSUPPORTED,
             tacet_evidence_verify(tacet_buf_span(&file), NULL, NULL, &v));
  assert_int_equal(v.kind, TACET_EVIDENCE_REPORT);
  static const char *const bad[] = {"", "no end", "a\x1b[2Jb\n", "\xff\n",
                                    "a\x7f\n"};
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    tacet_buf_clear(&file);
    e.text = tacet_span_str(bad[i]);
    assert_err(TACET_ERR_ENCODING, tacet_evidence_write(&e, NULL, &file));
    assert_int_equal(file.len, 0);
  }
  evidence_stage_end(&s);
}

/* ---- what cosignatures stay ---- */

static void only_known_signatures_stay(void **state) {
  (void)state;
  static scene s;
  scene_start(&s, case_named("split view: one size, two roots"));
  scene_write(&s);
  TACET_BUF(again, TACET_EVIDENCE_MAX);
  s.e.first.note = small_note(&s.stage.honest, &s.stage.keys, 8, 1000);
  assert_ok(tacet_evidence_write(&s.e, s.policy, &again));
  assert_span(tacet_buf_span(&s.file), tacet_buf_span(&again));
  scene_end(&s);
}

/* ---- from answers ---- */

/* What two clients of a log that splits are answered is enough, once they
 * meet: no other of its proofs is needed. */
static void two_answers_are_evidence(void **state) {
  (void)state;
  static evidence_stage s;
  evidence_stage_start(&s);
  small_log *h = &s.honest, *l = &s.lying;
  small_update(l, "d", "another value d", false);
  small_epoch(l, SMALL_DAY);
  const tacet_tlog_source source = small_source(h);
  tacet_evidence e = {.kind = TACET_EVIDENCE_SPLIT_VIEW, .log = s.keys.log};
  TACET_BUF(head, 1 << 16);
  TACET_BUF(file, TACET_EVIDENCE_MAX);
  tacet_span note = small_note(h, &s.keys, 12, 0);
  e.first = small_head(l, &s.keys, 7);
  /* the reader, who saw 7 of one log, is answered with 12 of the other */
  assert_ok(
      tacet_keylog_head_prove(&source, 7, 12, &h->entries[11], note, &head));
  assert_ok(tacet_evidence_from_head(tacet_buf_span(&head), 7, &e.second));
  assert_int_equal(e.second.index, 11);
  assert_int_equal(e.second.prefix.size, 7);
  assert_ok(tacet_evidence_write(&e, NULL, &file));
  /* a wrong proof is left out, and then nothing is shown */
  tacet_buf_clear(&file);
  head.p[head.len - 1] ^= 1;
  assert_ok(tacet_evidence_from_head(tacet_buf_span(&head), 7, &e.second));
  assert_err(TACET_ERR_AUTH, tacet_evidence_write(&e, NULL, &file));
  /* an old size that is a power of two is not in the proof */
  tacet_buf_clear(&head);
  assert_ok(
      tacet_keylog_head_prove(&source, 8, 12, &h->entries[11], note, &head));
  assert_ok(tacet_evidence_from_head(tacet_buf_span(&head), 8, &e.second));
  assert_int_equal(e.second.prefix.size, 0);
  for (size_t n = 0; n < head.len; n++) {
    assert_true(tacet_evidence_from_head(tacet_span_of(head.p, n), 8,
                                         &e.second) != TACET_OK);
  }
  evidence_stage_end(&s);
}

/* For all sizes: what a consistency proof claims is the old root. */
static void the_claimed_root_is_the_old_one(void **state) {
  (void)state;
  static evidence_stage s;
  evidence_stage_start(&s);
  small_log *h = &s.honest;
  while (h->n < 40) {
    small_epoch(h, SMALL_DAY + 1);
  }
  const tacet_tlog_source source = small_source(h);
  for (uint64_t size = 1; size <= h->n; size++) {
    tacet_span note = small_note(h, &s.keys, size, 0);
    for (uint64_t old = 1; old <= size; old++) {
      TACET_BUF(head, 1 << 16);
      tacet_evidence_shown shown;
      tacet_tlog_hash root;
      tacet_keylog_entry epoch = {.kind = TACET_KEYLOG_EPOCH};
      assert_ok(
          tacet_keylog_head_prove(&source, old, size, &epoch, note, &head));
      assert_ok(tacet_evidence_from_head(tacet_buf_span(&head), old, &shown));
      bool told = old != size && (old & (old - 1)) != 0;
      assert_int_equal(shown.prefix.size, told ? old : 0);
      assert_ok(tacet_tlog_root(&source, old, &root));
      assert_true(!told || tacet_tlog_equal(&root, &shown.prefix.root));
    }
    tacet_buf_clear(&h->arena);
  }
  evidence_stage_end(&s);
}

static void a_label_proof_is_taken_apart(void **state) {
  (void)state;
  tacet_vrf_key vrf;
  tacet_map *map = NULL;
  tacet_keylog_label label;
  tacet_map_hash keys[4], key;
  const tacet_map_hash value = {{9}};
  TACET_BUF(proof, 1 << 18);
  assert_ok(tacet_vrf_key_generate(&vrf));
  assert_ok(tacet_map_new(&map));
  assert_ok(
      tacet_keylog_label_handle(tacet_span_str("bob@chat.example"), &label));
  for (uint32_t v = 0; v < 4; v++) {
    assert_ok(tacet_keylog_key(&vrf, &label, v, &keys[v], NULL));
    if (v < 3) {
      assert_ok(tacet_map_insert(map, &keys[v], &value));
    }
  }
  const tacet_keylog_opening o = {.opening = {1, 2}, .index = 77};
  assert_ok(tacet_keylog_label_prove(map, &vrf, &label, 0, &o, &proof));
  tacet_map_hash root;
  assert_ok(tacet_map_root(map, &root));
  tacet_span pub = tacet_span_of(vrf.public_key, 32), bytes;
  for (uint32_t v = 0; v < 4; v++) { /* the ladder: 0, 1, 3, 2 */
    tacet_keylog_opening got;
    tacet_map_proof p;
    tacet_err err = TACET_OK;
    assert_ok(tacet_evidence_from_label(tacet_buf_span(&proof), pub, &label, v,
                                        &key, &bytes, &got));
    assert_memory_equal(key.b, keys[v].b, 32);
    assert_int_equal(got.index, 77);
    assert_memory_equal(got.opening, o.opening, 16);
    tacet_reader r = tacet_reader_over(bytes, &err);
    tacet_map_proof_read(&r, &p);
    tacet_read_end(&r);
    assert_ok(err);
    assert_ok(tacet_map_verify(&root, &key, &p));
  }
  tacet_buf rest = {.max = 1 << 18}; /* of who has seen version 2: 3, 2 */
  assert_ok(tacet_keylog_label_prove(map, &vrf, &label, 3, &o, &rest));
  for (uint32_t v = 0; v < 5; v++) {
    tacet_keylog_opening got;
    assert_err(v == 2 || v == 3 ? TACET_OK : TACET_ERR_NOT_FOUND,
               tacet_evidence_from_label(tacet_buf_span(&rest), pub, &label, v,
                                         &key, &bytes, &got));
    assert_true(v < 2 || v > 3 || memcmp(key.b, keys[v].b, 32) == 0);
  }
  tacet_buf_free(&rest);
  tacet_keylog_opening got;
  assert_err(TACET_ERR_NOT_FOUND,
             tacet_evidence_from_label(tacet_buf_span(&proof), pub, &label, 4,
                                       &key, &bytes, &got));
  label.b[2] ^= 1;
  assert_err(TACET_ERR_AUTH,
             tacet_evidence_from_label(tacet_buf_span(&proof), pub, &label, 1,
                                       &key, &bytes, &got));
  for (size_t n = 0; n < proof.len; n++) {
    assert_true(tacet_evidence_from_label(tacet_span_of(proof.p, n), pub,
                                          &label, 1, &key, &bytes,
                                          &got) != TACET_OK);
  }
  tacet_map_free(map);
}

/* What a reader is answered about Bob, who has `manifest` in the log. */
typedef struct reply {
  tacet_vrf_key vrf;
  tacet_keylog_label label;
  tacet_buf head, proof;
} reply;

static void make_reply(evidence_stage *s, tacet_span manifest, uint64_t index,
                       reply *out) {
  small_log *l = &s->lying;
  tacet_map *map = NULL;
  tacet_map_hash key, commitment, value;
  tacet_keylog_opening o = {.opening = {5}, .index = index};
  uint8_t scalar[32];
  *out = (reply){.head = {.max = 1 << 16}, .proof = {.max = 1 << 18}};
  small_bytes("vrf", scalar);
  scalar[31] = 0;
  assert_ok(tacet_vrf_key_load(tacet_span_of(scalar, 32), &out->vrf));
  assert_ok(tacet_keylog_label_handle(tacet_span_str("bob@chat.example"),
                                      &out->label));
  assert_ok(tacet_keylog_key(&out->vrf, &out->label, 0, &key, NULL));
  assert_ok(
      tacet_keylog_commit(o.opening, &out->label, 0, manifest, &commitment));
  assert_ok(tacet_keylog_value(&commitment, index, &value));
  l->items[l->n_items++] =
      (small_item){.key = key, .value = value, .until = UINT64_MAX, .from = 5};
  uint64_t at = small_epoch(l, SMALL_DAY);
  assert_ok(tacet_map_new(&map));
  for (size_t i = 0; i < l->n_items; i++) {
    assert_ok(tacet_map_insert(map, &l->items[i].key, &l->items[i].value));
  }
  assert_ok(tacet_keylog_label_prove(map, &out->vrf, &out->label, 0, &o,
                                     &out->proof));
  const tacet_tlog_source source = small_source(l);
  assert_ok(tacet_keylog_head_prove(&source, 0, l->n, &l->entries[at],
                                    small_note(l, &s->keys, l->n, 0),
                                    &out->head));
  tacet_map_free(map);
}

/* By the refused answer alone: a manifest that nobody signed, a leaf that names
 * no entry; nothing by an answer that is in order. */
static void an_answer_is_evidence(void **state) {
  (void)state;
  static evidence_stage s;
  for (int row = 0; row < 5; row++) {
    static reply r;
    tacet_evidence_verdict v;
    TACET_BUF(file, TACET_EVIDENCE_MAX);
    evidence_stage_start(&s);
    tacet_evidence_answer a = {
        .manifest = tacet_bytes_span(&s.manifests[row == 1 ? 2 : 0])};
    if (row == 2) { /* its signature is of nobody's */
      tacet_buf *arena = &s.lying.arena;
      tacet_write_bytes(arena, a.manifest);
      a.manifest.p = arena->p + arena->len - a.manifest.len;
      arena->p[arena->len - 70] ^= 1;
    }
    make_reply(&s, a.manifest, row == 3 ? UINT64_MAX : 1, &r);
    if (row == 1) {
      a.previous = tacet_bytes_span(&s.manifests[0]);
    }
    a.head_proof = tacet_buf_span(&r.head);
    a.label_proof = tacet_buf_span(&r.proof);
    a.vrf_public_key = tacet_span_of(r.vrf.public_key, 32);
    a.label = &r.label;
    if (row == 4) {
      r.proof.p[100] ^= 1;
    }
    bool proves = row >= 1 && row <= 3;
    assert_err(proves ? TACET_OK : TACET_ERR_AUTH,
               tacet_evidence_of_answer(&a, &s.keys.log, &file));
    assert_true(proves == (file.len > 0));
    if (proves) {
      assert_ok(
          tacet_evidence_verify(tacet_buf_span(&file), &s.keys.log, NULL, &v));
      assert_int_equal(v.kind, row == 3 ? TACET_EVIDENCE_PHANTOM_LEAF
                                        : TACET_EVIDENCE_UNSIGNED_MANIFEST);
    }
    tacet_buf_free(&r.head);
    tacet_buf_free(&r.proof);
    evidence_stage_end(&s);
  }
}

/* ---- without memory ---- */

static tacet_err write_it(void *ctx) {
  scene *s = ctx;
  TACET_BUF(file, TACET_EVIDENCE_MAX);
  return tacet_evidence_write(&s->e, s->policy, &file);
}

static void every_allocation_may_fail(void **state) {
  (void)state;
  static scene s;
  for (size_t i = 0; i < n_evidence_cases; i++) {
    scene_start(&s, &evidence_cases[i]);
    test_alloc_sweep(write_it, &s);
    scene_end(&s);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_kind_stands),
      cmocka_unit_test(it_says_where_two_logs_part),
      cmocka_unit_test(only_the_accused_log_is),
      cmocka_unit_test(either_key_is_enough),
      cmocka_unit_test(a_hand_over_takes_both),
      cmocka_unit_test(a_hand_over_in_a_policy),
      cmocka_unit_test(no_bit_may_change),
      cmocka_unit_test(nothing_may_be_cut_off_or_added),
      cmocka_unit_test(what_is_no_evidence),
      cmocka_unit_test(no_honest_log_is_accused),
      cmocka_unit_test(a_report_proves_nothing),
      cmocka_unit_test(only_known_signatures_stay),
      cmocka_unit_test(two_answers_are_evidence),
      cmocka_unit_test(the_claimed_root_is_the_old_one),
      cmocka_unit_test(a_label_proof_is_taken_apart),
      cmocka_unit_test(an_answer_is_evidence),
      cmocka_unit_test(every_allocation_may_fail),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
