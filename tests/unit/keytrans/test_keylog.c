/* SPDX-License-Identifier: Apache-2.0
 * The key log whole: a directory in memory that publishes, readers that check,
 * and a directory that lies. */
#include "tests/support/support.h"

#include <stdio.h>

#include "keytrans/keylog.h"
#include "tacet/crypto.h"

#define NODES 256
#define NOW 2000000

/* ---- a directory ---- */

typedef struct directory {
  tacet_map *map;
  tacet_vrf_key vrf;
  tacet_tlog_frontier log;
  tacet_tlog_hash nodes[10][NODES];
  tacet_secret log_key, witness_key;
  tacet_note_key log_name, witness_name;
  tacet_keylog_entry epoch; /* the last */
} directory;

static tacet_policy *policy; /* what readers believe */

static tacet_err put_node(void *ctx, unsigned level, uint64_t index,
                          const tacet_tlog_hash *node) {
  directory *d = ctx;
  assert_true(level < 10 && index < NODES);
  d->nodes[level][index] = *node;
  return TACET_OK;
}

static tacet_err get_node(void *ctx, unsigned level, uint64_t index,
                          tacet_tlog_hash *node) {
  *node = ((directory *)ctx)->nodes[level][index];
  return TACET_OK;
}

static uint64_t append(directory *d, const tacet_keylog_entry *e) {
  TACET_BUF(b, TACET_KEYLOG_ENTRY_MAX);
  tacet_tlog_hash leaf;
  const tacet_tlog_sink sink = {put_node, d};
  tacet_keylog_entry_write(e, &b);
  assert_ok(tacet_tlog_leaf(tacet_buf_span(&b), &leaf));
  assert_ok(tacet_tlog_append(&d->log, &leaf, &sink));
  return d->log.size - 1;
}

/* The opening is the version's bytes, so that tests can tell it again. */
static tacet_keylog_opening publish(directory *d,
                                    const tacet_keylog_label *label,
                                    uint32_t version, tacet_span value) {
  tacet_keylog_opening o = {.opening = {(uint8_t)version, 7}};
  tacet_keylog_entry e = {.kind = TACET_KEYLOG_UPDATE};
  tacet_map_hash leaf;
  assert_ok(tacet_keylog_key(&d->vrf, label, version, &e.vrf_output, NULL));
  assert_ok(
      tacet_keylog_commit(o.opening, label, version, value, &e.commitment));
  o.index = append(d, &e);
  assert_ok(tacet_keylog_value(&e.commitment, o.index, &leaf));
  assert_ok(tacet_map_insert(d->map, &e.vrf_output, &leaf));
  return o;
}

/* Ends the epoch; `note` gets the signed and witnessed checkpoint. */
static void checkpoint(directory *d, tacet_buf *note) {
  TACET_BUF(lines, TACET_NOTE_MAX);
  tacet_checkpoint c = {.origin = tacet_span_str(d->log_name.name)};
  d->epoch = (tacet_keylog_entry){.kind = TACET_KEYLOG_EPOCH,
                                  .day = NOW / 86400,
                                  .map_size = tacet_map_size(d->map)};
  assert_ok(tacet_map_root(d->map, &d->epoch.map_root));
  append(d, &d->epoch);
  c.size = d->log.size;
  assert_ok(tacet_tlog_frontier_root(&d->log, &c.root));
  tacet_checkpoint_write(&c, note);
  assert_ok(tacet_note_sign(tacet_buf_span(note), &d->log_name, &d->log_key, 0,
                            &lines));
  assert_ok(tacet_note_sign(tacet_buf_span(note), &d->witness_name,
                            &d->witness_key, NOW - 60, &lines));
  tacet_write_u8(note, '\n');
  tacet_write_bytes(note, tacet_buf_span(&lines));
}

static void head_proof(directory *d, uint64_t old_size, tacet_span note,
                       tacet_buf *out) {
  const tacet_tlog_source source = {get_node, d};
  assert_ok(tacet_keylog_head_prove(&source, old_size, d->log.size, &d->epoch,
                                    note, out));
}

static void start(directory *d, const directory *keys_of) {
  uint8_t public_key[32];
  memset(d, 0, sizeof(*d));
  assert_ok(tacet_map_new(&d->map));
  if (keys_of != NULL) { /* the same server, with another history */
    d->vrf = keys_of->vrf;
    d->log_key = keys_of->log_key;
    d->log_name = keys_of->log_name;
    d->witness_key = keys_of->witness_key;
    d->witness_name = keys_of->witness_name;
    return;
  }
  assert_ok(tacet_vrf_key_generate(&d->vrf));
  assert_ok(tacet_sig_ed25519.generate(&d->log_key, public_key));
  assert_ok(tacet_note_key_make(tacet_span_str("chat.example"),
                                TACET_NOTE_ED25519, public_key, &d->log_name));
  assert_ok(tacet_sig_ed25519.generate(&d->witness_key, public_key));
  assert_ok(tacet_note_key_make(tacet_span_str("witness.example"),
                                TACET_NOTE_COSIGNATURE, public_key,
                                &d->witness_name));
}

static directory honest;

static int set_up(void **state) {
  (void)state;
  TACET_BUF(text, 4096);
  size_t line;
  if (tacet_crypto_init() != TACET_OK) {
    return -1;
  }
  start(&honest, NULL);
  tacet_write_bytes(&text, tacet_span_str("log "));
  tacet_note_key_write(&honest.log_name, &text);
  tacet_write_bytes(&text, tacet_span_str("\nwitness w "));
  tacet_note_key_write(&honest.witness_name, &text);
  tacet_write_bytes(&text, tacet_span_str("\nquorum w\n"));
  return tacet_policy_read(tacet_buf_span(&text), &policy, &line) == TACET_OK
             ? 0
             : -1;
}

static int tear_down(void **state) {
  (void)state;
  tacet_policy_free(policy);
  tacet_map_free(honest.map);
  return 0;
}

static tacet_span vrf_public(const directory *d) {
  return tacet_span_of(d->vrf.public_key, 32);
}

/* ---- parts ---- */

/* The versions that the ladder looks up where the first `count` are there; what
 * it does not find in brackets. */
static void walk_of(uint64_t count, char *out) {
  tacet_keylog_ladder l = {0};
  uint32_t version;
  *out = '\0';
  while (tacet_keylog_ladder_next(&l, &version)) {
    out += sprintf(out, version < count ? " %u" : " (%u)", version);
    tacet_keylog_ladder_tell(&l, version < count);
  }
}

static void the_ladder_takes_these_steps(void **state) {
  (void)state;
  static const struct {
    uint64_t count;
    const char *walk;
  } rows[] = {
      {0, " (0)"},
      {1, " 0 (1)"},
      {2, " 0 1 (3) (2)"},
      {3, " 0 1 (3) 2"},
      {4, " 0 1 3 (6) (4)"},
      {5, " 0 1 3 (6) 4 (5)"},
      {7, " 0 1 3 6 (10) (7)"},
      {8, " 0 1 3 6 (10) 7 (8)"},
      {20, " 0 1 3 6 10 15 (21) 16 17 18 19 (20)"},
      {138, " 0 1 3 6 10 15 21 28 36 45 55 66 78 91 105 120 136 (168) (152) "
            "137 (138)"},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    char got[1024];
    walk_of(rows[i].count, got);
    assert_string_equal(got, rows[i].walk);
  }
}

static void the_ladder_finds_the_greatest(void **state) {
  (void)state;
  static const uint64_t counts[] = {5000,
                                    1 << 20,
                                    (1 << 20) + 1,
                                    3000000000,
                                    UINT32_MAX - 1,
                                    (uint64_t)UINT32_MAX,
                                    (uint64_t)UINT32_MAX + 1};
  for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]) + 300; i++) {
    uint64_t count = i < 300 ? i : counts[i - 300], steps = 0, missed = 0;
    tacet_keylog_ladder l = {0};
    uint32_t version, last = UINT32_MAX;
    while (tacet_keylog_ladder_next(&l, &version)) {
      assert_true(steps == 0 || version != last);
      last = version;
      steps++;
      missed += version >= count;
      tacet_keylog_ladder_tell(&l, version < count);
    }
    assert_int_equal(l.present, count);
    assert_true(count > 136 || missed <= 2);
    assert_true(steps <= 96);
  }
}

/* ---- one map, one answer ---- */

/* The greatest version that a walk finds in a set of versions (a bit each),
 * where what is below `seen - 1` is taken to be there; the count of them. */
static uint64_t greatest_of(uint64_t set, uint32_t seen) {
  tacet_keylog_ladder l = {0};
  uint32_t version;
  while (keylog_ladder_next_shown(&l, seen, &version)) {
    tacet_keylog_ladder_tell(&l, version < 64 && (set >> version & 1) != 0);
  }
  return l.present;
}

/* Whatever a map has, with gaps or without: who leaves out what he verified in
 * an earlier one, of which all is still there, finds what everybody finds. */
static void one_map_gives_one_answer(void **state) {
  (void)state;
  size_t shorter = 0;
  for (int i = 0; i < 200000; i++) {
    uint64_t random[3];
    assert_ok(tacet_random((uint8_t *)random, sizeof(random)));
    uint64_t earlier = random[0], more = random[1], mask = random[2];
    earlier |= (UINT64_C(1) << mask % 40) - 1; /* dense at its begin */
    more &= i % 2 == 0 ? mask : mask & (mask >> 7) & (mask >> 21);
    uint32_t seen = (uint32_t)greatest_of(earlier, 0);
    shorter += seen > 1;
    assert_int_equal(greatest_of(earlier | more, seen),
                     greatest_of(earlier | more, 0));
    assert_int_equal(greatest_of(earlier, seen), seen);
  }
  assert_true(shorter > 100000);
}

static void entries_have_one_form(void **state) {
  (void)state;
  tacet_keylog_entry rows[] = {
      {.kind = TACET_KEYLOG_UPDATE,
       .vrf_output = {{1, 2}},
       .commitment = {{3, [31] = 4}}},
      {.kind = TACET_KEYLOG_EPOCH,
       .day = 0x01020304,
       .map_size = 9,
       .map_root = {{5}}},
      {.kind = TACET_KEYLOG_STATEMENT, .hash = {6}},
  };
  static const size_t lengths[] = {65, 45, 33};
  for (size_t i = 0; i < 3; i++) {
    TACET_BUF(b, 100);
    tacet_keylog_entry back;
    tacet_keylog_entry_write(&rows[i], &b);
    assert_int_equal(b.len, lengths[i]);
    assert_ok(tacet_keylog_entry_read(tacet_buf_span(&b), &back));
    assert_memory_equal(&back, &rows[i], sizeof(back));
    for (size_t n = 0; n < b.len; n++) {
      assert_true(tacet_keylog_entry_read(tacet_span_of(b.p, n), &back) !=
                  TACET_OK);
    }
    tacet_write_u8(&b, 0);
    assert_err(TACET_ERR_TRAILING,
               tacet_keylog_entry_read(tacet_buf_span(&b), &back));
    b.p[0] = 4;
    assert_err(TACET_ERR_UNKNOWN_TYPE,
               tacet_keylog_entry_read(tacet_buf_span(&b), &back));
  }
}

static void labels(void **state) {
  (void)state;
  tacet_keylog_label h;
  char longest[TACET_KEYLOG_LABEL_MAX];
  memset(longest, 'x', sizeof(longest));
  assert_ok(tacet_keylog_label_handle(tacet_span_str("a@b"), &h));
  assert_span(tacet_span_str("h:a@b"), tacet_span_of(h.b, h.len));
  assert_ok(tacet_keylog_label_handle(
      tacet_span_of(longest, TACET_KEYLOG_LABEL_MAX - 2), &h));
  assert_err(TACET_ERR_LIMIT,
             tacet_keylog_label_handle(
                 tacet_span_of(longest, TACET_KEYLOG_LABEL_MAX - 1), &h));
}

/* ---- honest directory, every state of a label ---- */

static tacet_err first_verify(const directory *d, const tacet_keylog_head *head,
                              const tacet_keylog_label *label, tacet_span value,
                              const tacet_buf *proof,
                              const tacet_keylog_opening *opening) {
  TACET_BUF(bytes, 64);
  tacet_keylog_opening_write(opening, &bytes);
  assert_err(TACET_ERR_TRUNCATED,
             tacet_keylog_first_verify(head, vrf_public(d), label, value,
                                       tacet_buf_span(proof),
                                       tacet_span_of(bytes.p, bytes.len - 1)));
  return tacet_keylog_first_verify(head, vrf_public(d), label, value,
                                   tacet_buf_span(proof),
                                   tacet_buf_span(&bytes));
}

/* Version 0 under any proof of the label, and nothing else in its place. */
static void check_first(const directory *d, const tacet_keylog_head *head,
                        const tacet_keylog_label *label, const tacet_buf *proof,
                        const tacet_keylog_opening *first) {
  static const uint8_t value[] = {'m', 1}, other[] = {'m', 2};
  tacet_span v = tacet_span_of(value, 2);
  tacet_keylog_opening wrong = *first;
  tacet_keylog_label another;
  assert_ok(tacet_keylog_label_handle(tacet_span_str("rob@b"), &another));
  assert_ok(first_verify(d, head, label, v, proof, first));
  assert_err(
      TACET_ERR_AUTH,
      first_verify(d, head, label, tacet_span_of(other, 2), proof, first));
  assert_err(TACET_ERR_AUTH,
             first_verify(d, head, label, TACET_SPAN_EMPTY, proof, first));
  assert_err(TACET_ERR_AUTH, first_verify(d, head, &another, v, proof, first));
  wrong.index++;
  assert_err(TACET_ERR_AUTH, first_verify(d, head, label, v, proof, &wrong));
  wrong.index = UINT64_MAX;
  assert_err(TACET_ERR_AUTH, first_verify(d, head, label, v, proof, &wrong));
  wrong = *first;
  wrong.opening[3] ^= 1;
  assert_err(TACET_ERR_AUTH, first_verify(d, head, label, v, proof, &wrong));
  assert_err(TACET_ERR_TRUNCATED, tacet_keylog_first_verify(
                                      head, vrf_public(d), label, v,
                                      tacet_buf_span(proof), TACET_SPAN_EMPTY));
}

static void the_greatest_version_is_shown(void **state) {
  (void)state;
  directory d;
  start(&d, &honest);
  tacet_tlog_head seen = {.size = 0};
  tacet_keylog_label label, others;
  tacet_keylog_opening opening = {.index = 0}, first = opening;
  assert_ok(tacet_keylog_label_handle(tacet_span_str("bob@b"), &label));
  for (uint32_t count = 0; count < 20; count++) { /* versions there are */
    TACET_BUF(note, TACET_NOTE_MAX);
    TACET_BUF(head_bytes, 1 << 20);
    TACET_BUF(proof, 1 << 20);
    tacet_keylog_head head;
    tacet_keylog_answer a;
    uint8_t value[] = {'m', (uint8_t)count};
    assert_ok(tacet_keylog_label_handle(tacet_span_of(value, 2), &others));
    publish(&d, &others, 0, tacet_span_str("somebody else"));
    if (count > 0) {
      opening = publish(&d, &label, count - 1, tacet_span_of(value, 2));
      first = count == 1 ? opening : first;
    }
    checkpoint(&d, &note);
    head_proof(&d, seen.size, tacet_buf_span(&note), &head_bytes);
    assert_ok(tacet_keylog_head_verify(policy, &seen, NOW,
                                       tacet_buf_span(&head_bytes), &head));
    assert_int_equal(head.seen.size, d.log.size);
    assert_int_equal(head.map_size, tacet_map_size(d.map));
    assert_int_equal(head.witnessed, NOW - 60);
    assert_ok(tacet_keylog_label_prove(d.map, &d.vrf, &label, 0,
                                       count > 0 ? &opening : NULL, &proof));
    assert_ok(tacet_keylog_label_verify(&head, vrf_public(&d), &label, 0,
                                        tacet_span_of(value, 2),
                                        tacet_buf_span(&proof), &a));
    assert_int_equal(a.exists, count > 0);
    assert_int_equal(a.version, count > 0 ? count - 1 : 0);
    if (count == 0) {
      assert_err(TACET_ERR_AUTH,
                 first_verify(&d, &head, &label, tacet_span_of(value, 2),
                              &proof, &first));
    }
    if (count > 0) {
      check_first(&d, &head, &label, &proof, &first);
      assert_int_equal(a.index, opening.index);
      assert_true(tacet_map_has(d.map, &a.key));
      value[1] ^= 1; /* another value, an older one among them */
      assert_err(TACET_ERR_AUTH,
                 tacet_keylog_label_verify(&head, vrf_public(&d), &label, 0,
                                           tacet_span_of(value, 2),
                                           tacet_buf_span(&proof), &a));
    }
    assert_err(TACET_ERR_AUTH, /* the proof is no other label's */
               tacet_keylog_label_verify(&head, vrf_public(&d), &others, 0,
                                         tacet_span_of(value, 2),
                                         tacet_buf_span(&proof), &a));
    seen = head.seen;
  }
  tacet_map_free(d.map);
}

/* ---- lies ---- */

/* A directory with some accounts; label is one of them, at version 2. */
typedef struct scene {
  directory d;
  tacet_keylog_label label;
  tacet_keylog_opening opening;
} scene;

static void make_scene(scene *s) {
  start(&s->d, &honest);
  assert_ok(tacet_keylog_label_handle(tacet_span_str("bob@b"), &s->label));
  for (uint8_t i = 0; i < 12; i++) {
    tacet_keylog_label other;
    assert_ok(tacet_keylog_label_handle(tacet_span_of(&i, 1), &other));
    publish(&s->d, &other, 0, tacet_span_str("x"));
  }
  for (uint32_t v = 0; v < 3; v++) {
    s->opening = publish(&s->d, &s->label, v, tacet_span_str("value"));
  }
}

static void every_byte_counts(void **state) {
  (void)state;
  scene s;
  make_scene(&s);
  TACET_BUF(note, TACET_NOTE_MAX);
  TACET_BUF(old, TACET_NOTE_MAX);
  TACET_BUF(head_bytes, 1 << 20);
  TACET_BUF(proof, 1 << 20);
  tacet_keylog_head head;
  tacet_keylog_answer a;
  checkpoint(&s.d, &old);
  tacet_tlog_head seen = {.size = s.d.log.size};
  assert_ok(tacet_tlog_frontier_root(&s.d.log, &seen.root));
  publish(&s.d, &(tacet_keylog_label){.len = 1, .b = "?"}, 0,
          tacet_span_str("x"));
  checkpoint(&s.d, &note);
  head_proof(&s.d, seen.size, tacet_buf_span(&note), &head_bytes);
  for (size_t i = 0; i < head_bytes.len; i++) {
    head_bytes.p[i] ^= (uint8_t)(1u << i % 8);
    assert_true(tacet_keylog_head_verify(policy, &seen, NOW,
                                         tacet_buf_span(&head_bytes),
                                         &head) != TACET_OK);
    head_bytes.p[i] ^= (uint8_t)(1u << i % 8);
    assert_true(tacet_keylog_head_verify(policy, &seen, NOW,
                                         tacet_span_of(head_bytes.p, i),
                                         &head) != TACET_OK);
  }
  assert_ok(tacet_keylog_head_verify(policy, &seen, NOW,
                                     tacet_buf_span(&head_bytes), &head));
  assert_ok(tacet_keylog_label_prove(s.d.map, &s.d.vrf, &s.label, 0, &s.opening,
                                     &proof));
  for (size_t i = 0; i < proof.len; i++) {
    proof.p[i] ^= (uint8_t)(1u << i % 8);
    assert_true(tacet_keylog_label_verify(&head, vrf_public(&s.d), &s.label, 0,
                                          tacet_span_str("value"),
                                          tacet_buf_span(&proof),
                                          &a) != TACET_OK);
    proof.p[i] ^= (uint8_t)(1u << i % 8);
    assert_true(tacet_keylog_label_verify(&head, vrf_public(&s.d), &s.label, 0,
                                          tacet_span_str("value"),
                                          tacet_span_of(proof.p, i),
                                          &a) != TACET_OK);
  }
  assert_ok(tacet_keylog_label_verify(&head, vrf_public(&s.d), &s.label, 0,
                                      tacet_span_str("value"),
                                      tacet_buf_span(&proof), &a));
  tacet_map_free(s.d.map);
}

/* The server shows one reader a log in which the key is another. */
static void a_forked_log_is_refused(void **state) {
  (void)state;
  scene s;
  make_scene(&s);
  directory fork;
  TACET_BUF(note, TACET_NOTE_MAX);
  TACET_BUF(bytes, 1 << 20);
  TACET_BUF(other_note, TACET_NOTE_MAX);
  TACET_BUF(other_bytes, 1 << 20);
  tacet_tlog_head seen = {.size = 0};
  tacet_keylog_head head;
  checkpoint(&s.d, &note);
  head_proof(&s.d, 0, tacet_buf_span(&note), &bytes);
  assert_ok(tacet_keylog_head_verify(policy, &seen, NOW, tacet_buf_span(&bytes),
                                     &head));
  seen = head.seen;
  start(&fork, &s.d);
  for (uint32_t v = 0; v < 30; v++) {
    publish(&fork, &s.label, v, tacet_span_str("the server's own"));
  }
  checkpoint(&fork, &other_note);
  head_proof(&fork, seen.size, tacet_buf_span(&other_note), &other_bytes);
  assert_err(TACET_ERR_FORK,
             tacet_keylog_head_verify(policy, &seen, NOW,
                                      tacet_buf_span(&other_bytes), &head));
  tacet_map_free(fork.map);
  tacet_map_free(s.d.map);
}

/* An older copy of everything, put back. */
static void a_rollback_is_refused(void **state) {
  (void)state;
  scene s;
  make_scene(&s);
  TACET_BUF(note, TACET_NOTE_MAX);
  TACET_BUF(bytes, 1 << 20);
  tacet_tlog_head seen = {.size = 0};
  tacet_keylog_head head;
  checkpoint(&s.d, &note);
  head_proof(&s.d, 0, tacet_buf_span(&note), &bytes);
  seen.size = s.d.log.size + 5; /* this reader saw more */
  assert_err(TACET_ERR_FORK,
             tacet_keylog_head_verify(policy, &seen, NOW,
                                      tacet_buf_span(&bytes), &head));
  tacet_map_free(s.d.map);
}

/* Checkpoints that are signed as they should be, but say nothing of the map. */
static void the_last_entry_has_to_be_the_epoch(void **state) {
  (void)state;
  scene s;
  make_scene(&s);
  TACET_BUF(note, TACET_NOTE_MAX);
  TACET_BUF(bytes, 1 << 20);
  tacet_tlog_head seen = {.size = 0};
  tacet_keylog_head head;
  checkpoint(&s.d, &note);
  head_proof(&s.d, 0, tacet_buf_span(&note), &bytes);
  /* The map of another epoch, with the inclusion of this one. */
  tacet_keylog_entry lie = s.d.epoch;
  lie.map_root.b[0] ^= 1;
  const tacet_tlog_source source = {get_node, &s.d};
  TACET_BUF(lying, 1 << 20);
  assert_ok(tacet_keylog_head_prove(&source, 0, s.d.log.size, &lie,
                                    tacet_buf_span(&note), &lying));
  assert_err(TACET_ERR_AUTH,
             tacet_keylog_head_verify(policy, &seen, NOW,
                                      tacet_buf_span(&lying), &head));
  lie.kind = TACET_KEYLOG_UPDATE;
  assert_err(TACET_ERR_ARGUMENT,
             tacet_keylog_head_prove(&source, 0, s.d.log.size, &lie,
                                     tacet_buf_span(&note), &lying));
  tacet_map_free(s.d.map);
}

/* The server cannot hide a version: it has to show that the next is not there.
 * The proof that an older map gave does not fit the newer root. */
static void an_older_version_is_refused(void **state) {
  (void)state;
  scene s;
  make_scene(&s);
  TACET_BUF(note, TACET_NOTE_MAX);
  TACET_BUF(bytes, 1 << 20);
  TACET_BUF(proof, 1 << 20);
  tacet_tlog_head seen = {.size = 0};
  tacet_keylog_head head;
  tacet_keylog_answer a;
  assert_ok(tacet_keylog_label_prove(s.d.map, &s.d.vrf, &s.label, 0, &s.opening,
                                     &proof));
  publish(&s.d, &s.label, 3, tacet_span_str("newer"));
  checkpoint(&s.d, &note);
  head_proof(&s.d, 0, tacet_buf_span(&note), &bytes);
  assert_ok(tacet_keylog_head_verify(policy, &seen, NOW, tacet_buf_span(&bytes),
                                     &head));
  assert_err(TACET_ERR_AUTH,
             tacet_keylog_label_verify(&head, vrf_public(&s.d), &s.label, 0,
                                       tacet_span_str("value"),
                                       tacet_buf_span(&proof), &a));
  /* Nor can it say that there is none, or open what is not there. */
  TACET_BUF(none, 1 << 20);
  assert_err(TACET_ERR_STATE, tacet_keylog_label_prove(
                                  s.d.map, &s.d.vrf, &s.label, 0, NULL, &none));
  tacet_keylog_label nobody = {.len = 1, .b = "?"};
  assert_err(TACET_ERR_STATE,
             tacet_keylog_label_prove(s.d.map, &s.d.vrf, &nobody, 0, &s.opening,
                                      &none));
  assert_int_equal(none.len, 0);
  tacet_map_free(s.d.map);
}

/* ---- what a reader has seen is left out ---- */

/* A LabelProof of these steps, whatever the ladder says. */
static void write_proof(scene *s, uint32_t seen, const uint32_t *versions,
                        size_t n, tacet_buf *out) {
  tacet_write_u32(out, seen);
  size_t at = tacet_write_open(out);
  for (size_t i = 0; i < n; i++) {
    uint8_t vrf_proof[TACET_VRF_PROOF_LEN];
    tacet_map_hash key;
    tacet_map_proof p;
    assert_ok(
        tacet_keylog_key(&s->d.vrf, &s->label, versions[i], &key, vrf_proof));
    assert_ok(tacet_map_prove(s->d.map, &key, &p));
    tacet_write_bytes(out, tacet_span_of(vrf_proof, sizeof(vrf_proof)));
    tacet_map_proof_write(&p, out);
  }
  tacet_write_close(out, at);
  tacet_write_optional(out, true);
  tacet_write_bytes(
      out, tacet_span_of(s->opening.opening, TACET_KEYLOG_OPENING_LEN));
  tacet_write_u64(out, s->opening.index);
  assert_ok(out->err);
}

static tacet_keylog_head head_of(scene *s) {
  tacet_keylog_head head = {.seen = {.size = s->d.log.size}};
  assert_ok(tacet_map_root(s->d.map, &head.map_root));
  return head;
}

static tacet_err check(scene *s, uint32_t seen, const tacet_buf *proof,
                       tacet_keylog_answer *a) {
  tacet_keylog_head head = head_of(s);
  return tacet_keylog_label_verify(&head, vrf_public(&s->d), &s->label, seen,
                                   tacet_span_str("value"),
                                   tacet_buf_span(proof), a);
}

/* Versions 0 to 3 are there, and the reader has seen 2. */
static void only_what_was_seen_is_left_out(void **state) {
  (void)state;
  static const struct {
    const char *what;
    tacet_err err;
    uint32_t seen, versions[6];
    size_t n;
  } rows[] = {
      {"as it should be", TACET_OK, 3, {3, 6, 4}, 3},
      {"nothing is left out", TACET_OK, 0, {0, 1, 3, 6, 4}, 5},
      {"begins above what was seen", TACET_ERR_AUTH, 4, {3, 6, 4}, 3},
      {"begins below what was seen", TACET_ERR_AUTH, 2, {1, 3, 6, 4}, 4},
      {"nothing below 0 is nothing", TACET_ERR_AUTH, 1, {0, 1, 3, 6, 4}, 5},
      {"leaves out, and does not say so", TACET_ERR_AUTH, 0, {3, 6, 4}, 3},
      {"says so, and does not", TACET_ERR_AUTH, 3, {0, 1, 3, 6, 4}, 5},
      {"the next is not shown", TACET_ERR_AUTH, 3, {3, 6}, 2},
      {"what is further is not shown", TACET_ERR_AUTH, 3, {3, 4}, 2},
      {"the one after the next", TACET_ERR_AUTH, 3, {3, 6, 5}, 3},
      {"further still", TACET_ERR_AUTH, 3, {3, 7, 4}, 3},
      {"the greatest is not shown", TACET_ERR_AUTH, 3, {6, 4}, 2},
      {"the one that was seen instead", TACET_ERR_AUTH, 3, {2, 6, 4}, 3},
      {"the one that was seen, too", TACET_ERR_AUTH, 3, {2, 3, 6, 4}, 4},
      {"another order", TACET_ERR_AUTH, 3, {3, 4, 6}, 3},
      {"one too many", TACET_ERR_AUTH, 3, {3, 6, 4, 5}, 4},
      {"one twice", TACET_ERR_AUTH, 3, {3, 3, 6, 4}, 4},
      {"none", TACET_ERR_AUTH, 3, {0}, 0},
  };
  scene s;
  make_scene(&s);
  s.opening = publish(&s.d, &s.label, 3, tacet_span_str("value"));
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    tacet_keylog_answer a = {.version = 99};
    TACET_BUF(proof, 1 << 20);
    write_proof(&s, rows[i].seen, rows[i].versions, rows[i].n, &proof);
    tacet_err err = check(&s, 3, &proof, &a);
    if (err != rows[i].err || a.version != (err == TACET_OK ? 3 : 99)) {
      fail_msg("%s: %s, version %u", rows[i].what, tacet_err_name(err),
               a.version);
    }
  }
  tacet_map_free(s.d.map);
}

/* Whatever was seen: who proves writes what who checks wants, and nobody else
 * takes it. */
static void each_reader_gets_his_own(void **state) {
  (void)state;
  scene s;
  make_scene(&s); /* versions 0 to 2 */
  for (uint32_t greatest = 2; greatest < 12; greatest++) {
    for (uint32_t seen = 0; seen <= greatest + 1; seen++) {
      tacet_keylog_answer a;
      TACET_BUF(proof, 1 << 20);
      assert_ok(tacet_keylog_label_prove(s.d.map, &s.d.vrf, &s.label, seen,
                                         &s.opening, &proof));
      assert_ok(check(&s, seen, &proof, &a));
      assert_int_equal(a.version, greatest);
      assert_int_equal(a.index, s.opening.index);
      TACET_BUF(first, 64);
      tacet_keylog_head head = head_of(&s);
      tacet_keylog_opening_write(&s.opening, &first);
      assert_err(TACET_ERR_AUTH, /* version 0 is not in it, or is another */
                 tacet_keylog_first_verify(
                     &head, vrf_public(&s.d), &s.label, tacet_span_str("value"),
                     tacet_buf_span(&proof), tacet_buf_span(&first)));
      for (uint32_t other = 0; other <= greatest + 2 && seen > 1; other++) {
        assert_err(other == seen ? TACET_OK : TACET_ERR_AUTH,
                   check(&s, other, &proof, &a));
      }
    }
    s.opening = publish(&s.d, &s.label, greatest + 1, tacet_span_str("value"));
  }
  tacet_map_free(s.d.map);
}

/* A list of devices that the directory logs behind a gap, for strangers to
 * find: the owner, who looks from where he was, finds it too. */
static void a_ghost_behind_a_gap_is_found(void **state) {
  (void)state;
  for (uint32_t ghost = 4; ghost < 40; ghost++) {
    scene s;
    make_scene(&s);
    (void)publish(&s.d, &s.label, 3, tacet_span_str("value"));
    s.opening = publish(&s.d, &s.label, ghost, tacet_span_str("value"));
    tacet_keylog_answer owner, stranger;
    TACET_BUF(whole, 1 << 20);
    TACET_BUF(left, 1 << 20);
    assert_ok(tacet_keylog_label_prove(s.d.map, &s.d.vrf, &s.label, 0,
                                       &s.opening, &whole));
    assert_ok(tacet_keylog_label_prove(s.d.map, &s.d.vrf, &s.label, 4,
                                       &s.opening, &left));
    tacet_err err = check(&s, 0, &whole, &stranger);
    assert_err(err, check(&s, 4, &left, &owner));
    /* Where the ladder does not come by, nobody finds it: 3 is the greatest,
     * and its value was not opened. */
    bool found = ghost == 4 || ghost == 6;
    assert_err(found ? TACET_OK : TACET_ERR_AUTH, err);
    assert_true(!found ||
                (owner.version == ghost && stranger.version == ghost));
    tacet_map_free(s.d.map);
  }
}

/* A map that has lost what was seen, or never had it. */
static void what_was_seen_has_to_be_there(void **state) {
  (void)state;
  scene s;
  make_scene(&s); /* the reader has seen 3 elsewhere */
  static const uint32_t steps[] = {3, 2, 6, 4};
  for (size_t n = 0; n <= 4; n++) {
    tacet_keylog_answer a;
    TACET_BUF(forged, 1 << 20);
    write_proof(&s, 4, steps, n, &forged);
    assert_err(TACET_ERR_AUTH, check(&s, 4, &forged, &a));
  }
  /* Who is honest about it leaves nothing out, and it shows. */
  tacet_keylog_answer a;
  TACET_BUF(proof, 1 << 20);
  assert_ok(tacet_keylog_label_prove(s.d.map, &s.d.vrf, &s.label, 4, &s.opening,
                                     &proof));
  assert_ok(check(&s, 4, &proof, &a));
  assert_int_equal(a.version, 2);
  TACET_BUF(beyond, 1 << 20);
  assert_ok(tacet_keylog_label_prove(s.d.map, &s.d.vrf, &s.label, UINT32_MAX,
                                     &s.opening, &beyond));
  assert_ok(check(&s, UINT32_MAX, &beyond, &a));
  assert_int_equal(a.version, 2);
  tacet_map_free(s.d.map);
}

/* An answer of yesterday: under yesterday's map it stands, under today's not.
 */
static void a_replayed_one_is_refused(void **state) {
  (void)state;
  scene s;
  make_scene(&s);
  tacet_keylog_answer a;
  TACET_BUF(proof, 1 << 20);
  assert_ok(tacet_keylog_label_prove(s.d.map, &s.d.vrf, &s.label, 3, &s.opening,
                                     &proof));
  assert_ok(check(&s, 3, &proof, &a));
  publish(&s.d, &s.label, 3, tacet_span_str("value"));
  assert_err(TACET_ERR_AUTH, check(&s, 3, &proof, &a));
  tacet_map_free(s.d.map);
}

static void every_bit_of_the_shorter_counts(void **state) {
  (void)state;
  scene s;
  make_scene(&s);
  tacet_keylog_answer a;
  TACET_BUF(proof, 1 << 20);
  assert_ok(tacet_keylog_label_prove(s.d.map, &s.d.vrf, &s.label, 3, &s.opening,
                                     &proof));
  for (size_t bit = 0; bit < 8 * proof.len; bit++) {
    proof.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
    assert_true(check(&s, 3, &proof, &a) != TACET_OK);
    proof.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
  }
  assert_ok(check(&s, 3, &proof, &a));
  for (; proof.len > 0; proof.len--) {
    tacet_buf shorter = proof;
    shorter.len--;
    assert_true(check(&s, 3, &shorter, &a) != TACET_OK);
  }
  tacet_map_free(s.d.map);
}

static void another_vrf_key_is_refused(void **state) {
  (void)state;
  scene s;
  make_scene(&s);
  tacet_keylog_head head = {.seen = {.size = s.d.log.size}};
  tacet_keylog_answer a;
  TACET_VRF_KEY(other);
  TACET_BUF(proof, 1 << 20);
  assert_ok(tacet_vrf_key_generate(&other));
  assert_ok(tacet_map_root(s.d.map, &head.map_root));
  assert_ok(tacet_keylog_label_prove(s.d.map, &s.d.vrf, &s.label, 0, &s.opening,
                                     &proof));
  assert_err(TACET_ERR_AUTH,
             tacet_keylog_label_verify(
                 &head, tacet_span_of(other.public_key, 32), &s.label, 0,
                 tacet_span_str("value"), tacet_buf_span(&proof), &a));
  head.seen.size = s.opening.index; /* an entry that the log does not have */
  assert_err(TACET_ERR_AUTH,
             tacet_keylog_label_verify(&head, vrf_public(&s.d), &s.label, 0,
                                       tacet_span_str("value"),
                                       tacet_buf_span(&proof), &a));
  tacet_map_free(s.d.map);
}

/* ---- allocations ---- */

typedef struct sweep {
  scene *s;
  tacet_span note;
} sweep;

static tacet_err step(void *ctx) {
  const sweep *w = ctx;
  scene *s = w->s;
  const tacet_tlog_source source = {get_node, &s->d};
  tacet_tlog_head seen = {.size = 0};
  tacet_keylog_head head;
  tacet_keylog_answer a;
  TACET_BUF(bytes, 1 << 20);
  TACET_BUF(proof, 1 << 20);
  TACET_TRY(tacet_keylog_head_prove(&source, 0, s->d.log.size, &s->d.epoch,
                                    w->note, &bytes));
  TACET_TRY(tacet_keylog_head_verify(policy, &seen, NOW, tacet_buf_span(&bytes),
                                     &head));
  TACET_TRY(tacet_keylog_label_prove(s->d.map, &s->d.vrf, &s->label, 0,
                                     &s->opening, &proof));
  return tacet_keylog_label_verify(&head, vrf_public(&s->d), &s->label, 0,
                                   tacet_span_str("value"),
                                   tacet_buf_span(&proof), &a);
}

static void every_allocation_may_fail(void **state) {
  (void)state;
  scene s;
  make_scene(&s);
  TACET_BUF(note, TACET_NOTE_MAX);
  checkpoint(&s.d, &note);
  sweep w = {&s, tacet_buf_span(&note)};
  test_alloc_sweep(step, &w);
  tacet_map_free(s.d.map);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_ladder_takes_these_steps),
      cmocka_unit_test(the_ladder_finds_the_greatest),
      cmocka_unit_test(one_map_gives_one_answer),
      cmocka_unit_test(entries_have_one_form),
      cmocka_unit_test(labels),
      cmocka_unit_test(the_greatest_version_is_shown),
      cmocka_unit_test(every_byte_counts),
      cmocka_unit_test(a_forked_log_is_refused),
      cmocka_unit_test(a_rollback_is_refused),
      cmocka_unit_test(the_last_entry_has_to_be_the_epoch),
      cmocka_unit_test(an_older_version_is_refused),
      cmocka_unit_test(only_what_was_seen_is_left_out),
      cmocka_unit_test(each_reader_gets_his_own),
      cmocka_unit_test(a_ghost_behind_a_gap_is_found),
      cmocka_unit_test(what_was_seen_has_to_be_there),
      cmocka_unit_test(a_replayed_one_is_refused),
      cmocka_unit_test(every_bit_of_the_shorter_counts),
      cmocka_unit_test(another_vrf_key_is_refused),
      cmocka_unit_test(every_allocation_may_fail),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
