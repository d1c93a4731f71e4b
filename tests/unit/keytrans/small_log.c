/* SPDX-License-Identifier: Apache-2.0
 * A small key log in memory that can be made to lie. */
#include "tests/unit/keytrans/small_log.h"

#include "tacet/crypto.h"

#define ARENA (4u << 20)

void small_bytes(const char *name, uint8_t out[32]) {
  tacet_span s = tacet_span_str(name);
  assert_ok(tacet_hash_sha256.digest(&s, 1, out));
}

static void make_key(const char *seed, const char *name, uint8_t type,
                     tacet_secret *private_key, tacet_note_key *key) {
  uint8_t public_key[32];
  private_key->len = 32;
  small_bytes(seed, private_key->b);
  assert_ok(
      tacet_sig_ed25519.public_key(tacet_secret_span(private_key), public_key));
  assert_ok(tacet_note_key_make(tacet_span_str(name), type, public_key, key));
}

void small_keys_make(small_keys *k) {
  static const char *const names[] = {"a.example", "b.example", "c.example"};
  TACET_BUF(text, sizeof(k->policy));
  make_key("log", SMALL_ORIGIN, TACET_NOTE_ED25519, &k->log_private, &k->log);
  tacet_write_bytes(&text, TACET_SPAN_LIT("log "));
  tacet_note_key_write(&k->log, &text);
  for (int i = 0; i < 3; i++) {
    make_key(names[i], names[i], TACET_NOTE_COSIGNATURE, &k->witness_private[i],
             &k->witness[i]);
    tacet_write_bytes(&text, TACET_SPAN_LIT("\nwitness "));
    tacet_write_bytes(&text, tacet_span_of(names[i], 1));
    tacet_write_u8(&text, ' ');
    tacet_note_key_write(&k->witness[i], &text);
  }
  tacet_write_bytes(&text, TACET_SPAN_LIT("\ngroup two 2 a b c\nquorum two\n"));
  assert_ok(text.err);
  memset(k->policy, 0, sizeof(k->policy));
  memcpy(k->policy, text.p, text.len);
}

void small_keys_rotate(const small_keys *k, small_keys *out,
                       tacet_handover *h) {
  *out = *k;
  make_key("next", SMALL_ORIGIN, TACET_NOTE_ED25519, &out->log_private,
           &out->log);
  assert_ok(tacet_handover_sign(&k->log, &k->log_private, &out->log,
                                &out->log_private, h));
}

void small_log_start(small_log *l) {
  memset(l, 0, sizeof(*l));
  tacet_buf_init(&l->arena, ARENA);
  tacet_buf_reserve(&l->arena, ARENA); /* nothing in it moves */
  assert_ok(l->arena.err);
}

void small_log_end(small_log *l) {
  tacet_buf_free(&l->arena);
}

static tacet_err put_node(void *ctx, unsigned level, uint64_t index,
                          const tacet_tlog_hash *node) {
  ((small_log *)ctx)->nodes[level][index] = *node;
  return TACET_OK;
}

static tacet_err get_node(void *ctx, unsigned level, uint64_t index,
                          tacet_tlog_hash *node) {
  *node = ((small_log *)ctx)->nodes[level][index];
  return TACET_OK;
}

tacet_tlog_source small_source(small_log *l) {
  return (tacet_tlog_source){get_node, l};
}

static uint64_t append(small_log *l, const tacet_keylog_entry *e) {
  TACET_BUF(b, TACET_KEYLOG_ENTRY_MAX);
  tacet_tlog_hash leaf;
  const tacet_tlog_sink sink = {put_node, l};
  assert_true(l->n < SMALL_MAX);
  tacet_keylog_entry_write(e, &b);
  assert_ok(tacet_tlog_leaf(tacet_buf_span(&b), &leaf));
  assert_ok(tacet_tlog_append(&l->frontier, &leaf, &sink));
  l->entries[l->n] = *e;
  memcpy(l->bytes[l->n], b.p, b.len);
  l->lens[l->n] = b.len;
  return l->n++;
}

static void add_leaf(small_log *l, const tacet_map_hash *key,
                     const tacet_map_hash *commitment, uint64_t index) {
  small_item *i = &l->items[l->n_items++];
  *i = (small_item){.key = *key, .from = l->n, .until = UINT64_MAX};
  assert_ok(tacet_keylog_value(commitment, index, &i->value));
}

uint64_t small_update(small_log *l, const char *key, const char *commitment,
                      bool left_out) {
  tacet_keylog_entry e = {.kind = TACET_KEYLOG_UPDATE};
  small_bytes(key, e.vrf_output.b);
  small_bytes(commitment, e.commitment.b);
  if (!left_out) {
    add_leaf(l, &e.vrf_output, &e.commitment, l->n);
  }
  return append(l, &e);
}

uint64_t small_manifest(small_log *l, const char *handle, uint32_t version,
                        tacet_span manifest, uint8_t opening[16]) {
  tacet_keylog_entry e = {.kind = TACET_KEYLOG_UPDATE};
  tacet_keylog_label label;
  char name[400];
  uint8_t bytes[32];
  (void)snprintf(name, sizeof(name), "%s %u", handle, version);
  small_bytes(name, e.vrf_output.b);
  small_bytes("opening", bytes);
  memcpy(opening, bytes, 16);
  opening[0] ^= (uint8_t)version;
  assert_ok(tacet_keylog_label_handle(tacet_span_str(handle), &label));
  assert_ok(
      tacet_keylog_commit(opening, &label, version, manifest, &e.commitment));
  add_leaf(l, &e.vrf_output, &e.commitment, l->n);
  return append(l, &e);
}

void small_phantom(small_log *l, const char *key, const char *commitment,
                   uint64_t index) {
  tacet_map_hash k, c;
  small_bytes(key, k.b);
  small_bytes(commitment, c.b);
  add_leaf(l, &k, &c, index);
}

static tacet_map *map_of(const small_log *l, uint64_t epoch) {
  tacet_map *m = NULL;
  assert_ok(tacet_map_new(&m));
  for (size_t i = 0; i < l->n_items; i++) {
    const small_item *it = &l->items[i];
    if (it->from <= epoch && epoch < it->until) {
      assert_ok(tacet_map_insert(m, &it->key, &it->value));
    }
  }
  return m;
}

uint64_t small_epoch(small_log *l, uint32_t day) {
  tacet_map *m = map_of(l, l->n);
  tacet_keylog_entry e = {
      .kind = TACET_KEYLOG_EPOCH, .day = day, .map_size = tacet_map_size(m)};
  assert_ok(tacet_map_root(m, &e.map_root));
  tacet_map_free(m);
  return append(l, &e);
}

tacet_span small_note(small_log *l, const small_keys *k, uint64_t size,
                      uint64_t time) {
  const tacet_tlog_source source = small_source(l);
  tacet_checkpoint c = {.origin = tacet_span_str(SMALL_ORIGIN), .size = size};
  TACET_BUF(text, TACET_NOTE_MAX);
  TACET_BUF(lines, TACET_NOTE_MAX);
  assert_ok(tacet_tlog_root(&source, size, &c.root));
  tacet_checkpoint_write(&c, &text);
  assert_ok(tacet_note_sign(tacet_buf_span(&text), &k->log, &k->log_private, 0,
                            &lines));
  for (uint64_t i = 0; time != 0 && i < 3; i++) {
    assert_ok(tacet_note_sign(tacet_buf_span(&text), &k->witness[i],
                              &k->witness_private[i], time + i, &lines));
  }
  size_t at = l->arena.len;
  tacet_write_bytes(&l->arena, tacet_buf_span(&text));
  tacet_write_u8(&l->arena, '\n');
  tacet_write_bytes(&l->arena, tacet_buf_span(&lines));
  assert_ok(l->arena.err);
  return tacet_span_of(l->arena.p + at, l->arena.len - at);
}

tacet_evidence_shown small_head(small_log *l, const small_keys *k,
                                uint64_t size) {
  return (tacet_evidence_shown){.note = small_note(l, k, size, 0)};
}

void small_show(small_log *l, tacet_evidence_shown *s, uint64_t size,
                uint64_t index) {
  const tacet_tlog_source source = small_source(l);
  s->index = index;
  s->entry = tacet_span_of(l->bytes[index], l->lens[index]);
  assert_ok(tacet_tlog_prove_inclusion(&source, index, size, &s->entry_path));
}

void small_prefix(small_log *l, tacet_evidence_shown *s, uint64_t size,
                  uint64_t old_size) {
  const tacet_tlog_source source = small_source(l);
  s->prefix.size = old_size;
  assert_ok(tacet_tlog_root(&source, old_size, &s->prefix.root));
  assert_ok(
      tacet_tlog_prove_consistency(&source, old_size, size, &s->prefix_path));
}

tacet_evidence_shown small_shown(small_log *l, const small_keys *k,
                                 uint64_t size, uint64_t index) {
  tacet_evidence_shown s = small_head(l, k, size);
  small_show(l, &s, size, index);
  return s;
}

tacet_span small_map(small_log *l, uint64_t epoch, const tacet_map_hash *key) {
  tacet_map *m = map_of(l, epoch);
  tacet_map_proof p;
  size_t at = l->arena.len;
  assert_ok(tacet_map_prove(m, key, &p));
  tacet_map_free(m);
  tacet_map_proof_write(&p, &l->arena);
  assert_ok(l->arena.err);
  return tacet_span_of(l->arena.p + at, l->arena.len - at);
}

static tacet_span path_of(small_log *l, uint64_t index) {
  const tacet_tlog_source source = small_source(l);
  tacet_tlog_proof p;
  size_t at = l->arena.len;
  assert_ok(tacet_tlog_prove_inclusion(&source, index, l->n, &p));
  for (size_t i = 0; i < p.n; i++) {
    tacet_write_bytes(&l->arena, tacet_span_of(p.hashes[i].b, 32));
  }
  assert_ok(l->arena.err);
  return tacet_span_of(l->arena.p + at, l->arena.len - at);
}

/* Proves that it is not there, and puts it there. */
static tacet_span put(small_log *l, tacet_map *m, uint64_t index) {
  const tacet_keylog_entry *update = &l->entries[index];
  tacet_map_proof p;
  tacet_map_hash value;
  size_t at = l->arena.len;
  assert_ok(tacet_map_prove(m, &update->vrf_output, &p));
  tacet_map_proof_write(&p, &l->arena);
  assert_ok(l->arena.err);
  assert_ok(tacet_keylog_value(&update->commitment, index, &value));
  assert_ok(tacet_map_insert(m, &update->vrf_output, &value));
  return tacet_span_of(l->arena.p + at, l->arena.len - at);
}

void small_between(small_log *l, const small_keys *k, tacet_evidence *e,
                   uint64_t before, uint64_t epoch, bool maps) {
  tacet_map *m = NULL;
  uint64_t from = before == 0 ? 0 : before + 1;
  e->kind = TACET_EVIDENCE_WRONG_MAP;
  e->first = small_shown(l, k, l->n, epoch);
  if (before != 0) {
    e->second = small_shown(l, k, l->n, before);
    m = map_of(l, before);
  } else {
    assert_ok(tacet_map_new(&m));
  }
  e->n_between = (size_t)(epoch - from);
  for (uint64_t i = from; i < epoch; i++) {
    tacet_evidence_between *b = &e->between[i - from];
    b->entry = tacet_span_of(l->bytes[i], l->lens[i]);
    b->path = path_of(l, i);
    b->map = maps && l->entries[i].kind == TACET_KEYLOG_UPDATE
                 ? put(l, m, i)
                 : TACET_SPAN_EMPTY;
  }
  tacet_map_free(m);
}
