/* SPDX-License-Identifier: Apache-2.0
 * The key log of the server in memory. */
#include "tests/support/fake_log.h"

#include <stdio.h>
#include <stdlib.h>

#include "tacet/crypto.h"
#include "tests/support/fake_server.h"

#define OK(call)                                                               \
  do {                                                                         \
    if ((call) != TACET_OK) {                                                  \
      abort();                                                                 \
    }                                                                          \
  } while (0)

/* Enough to do it all again in a copy. */
typedef struct fake_update {
  char handle[300];   /* or a week's name, with a space that no handle has */
  uint32_t first_day; /* of that week; 0: a handle */
  uint32_t version, day;
  fake_bytes value;
  tacet_keylog_opening opening;
} fake_update;

/* ---- the tree ---- */

static tacet_err put_node(void *ctx, unsigned level, uint64_t index,
                          const tacet_tlog_hash *node) {
  fake_log *l = ctx;
  if (level >= 48 || index != l->n_nodes[level]) {
    abort();
  }
  l->nodes[level] =
      fake_grow(l->nodes[level], &l->n_nodes[level], sizeof(*node));
  l->nodes[level][index] = *node;
  return TACET_OK;
}

static tacet_err get_node(void *ctx, unsigned level, uint64_t index,
                          tacet_tlog_hash *node) {
  const fake_log *l = ctx;
  if (level >= 48 || index >= l->n_nodes[level]) {
    abort();
  }
  *node = l->nodes[level][index];
  return TACET_OK;
}

static void append(fake_log *l, const tacet_keylog_entry *e) {
  TACET_BUF(b, TACET_KEYLOG_ENTRY_MAX);
  tacet_tlog_hash leaf;
  const tacet_tlog_sink sink = {put_node, l};
  tacet_keylog_entry_write(e, &b);
  OK(tacet_tlog_leaf(tacet_buf_span(&b), &leaf));
  OK(tacet_tlog_append(&l->frontier, &leaf, &sink));
}

static void end_epoch(fake_log *l, uint32_t day) {
  l->epoch = (tacet_keylog_entry){.kind = TACET_KEYLOG_EPOCH,
                                  .day = day,
                                  .map_size = tacet_map_size(l->map)};
  OK(tacet_map_root(l->map, &l->epoch.map_root));
  append(l, &l->epoch);
}

/* ---- making one ---- */

static void key_new(const char *name, uint8_t type, tacet_secret *key,
                    tacet_note_key *out) {
  uint8_t public_key[32];
  OK(tacet_sig_ed25519.generate(key, public_key));
  OK(tacet_note_key_make(tacet_span_str(name), type, public_key, out));
}

static fake_log *empty(void) {
  fake_log *l = calloc(1, sizeof(*l));
  if (l == NULL) {
    abort();
  }
  OK(tacet_map_new(&l->map));
  return l;
}

fake_log *fake_log_new(void) {
  fake_log *l = empty();
  OK(tacet_vrf_key_generate(&l->vrf));
  key_new(FAKE_DOMAIN "/keylog", TACET_NOTE_ED25519, &l->log_key, &l->log_name);
  for (size_t i = 0; i < FAKE_WITNESSES; i++) {
    char name[] = "witness-0.example";
    name[8] = (char)('0' + i);
    key_new(name, TACET_NOTE_COSIGNATURE, &l->witness_keys[i],
            &l->witness_names[i]);
  }
  end_epoch(l, (uint32_t)(FAKE_START / 86400000));
  return l;
}

void fake_log_free(fake_log *l) {
  if (l == NULL) {
    return;
  }
  for (size_t i = 0; i < l->n_updates; i++) {
    free(l->updates[i].value.p);
  }
  for (size_t i = 0; i < 48; i++) {
    free(l->nodes[i]);
  }
  free(l->updates);
  tacet_map_free(l->map);
  tacet_vrf_key_wipe(&l->vrf);
  free(l);
}

static void label_of(const fake_update *u, tacet_keylog_label *out) {
  if (u->first_day != 0) {
    tacet_keylog_label_issuers(u->first_day, out);
  } else {
    OK(tacet_keylog_label_handle(tacet_span_str(u->handle), out));
  }
}

static void add(fake_log *l, const fake_update *in, tacet_span value) {
  tacet_keylog_label label;
  tacet_keylog_entry e = {.kind = TACET_KEYLOG_UPDATE};
  tacet_map_hash leaf;
  l->updates = fake_grow(l->updates, &l->n_updates, sizeof(*in));
  fake_update *u = &l->updates[l->n_updates - 1];
  *u = *in;
  u->value = fake_copy(value);
  u->opening.index = l->frontier.size;
  label_of(u, &label);
  OK(tacet_keylog_key(&l->vrf, &label, u->version, &e.vrf_output, NULL));
  OK(tacet_keylog_commit(u->opening.opening, &label, u->version, value,
                         &e.commitment));
  OK(tacet_keylog_value(&e.commitment, u->opening.index, &leaf));
  OK(tacet_map_insert(l->map, &e.vrf_output, &leaf));
  append(l, &e);
  end_epoch(l, u->day);
}

static const fake_update *newest(const fake_log *l, const char *handle) {
  for (size_t i = l->n_updates; i-- > 0;) {
    if (strcmp(l->updates[i].handle, handle) == 0) {
      return &l->updates[i];
    }
  }
  return NULL;
}

void fake_log_update(fake_log *l, const char *handle, tacet_span manifest,
                     uint64_t now_ms) {
  const fake_update *before = newest(l, handle);
  fake_update u = {.version = before == NULL ? 0 : before->version + 1,
                   .day = (uint32_t)((int64_t)(now_ms / 86400000) + l->dated)};
  (void)snprintf(u.handle, sizeof(u.handle), "%s", handle);
  OK(tacet_random(u.opening.opening, sizeof(u.opening.opening)));
  add(l, &u, manifest);
}

static void name_week(uint32_t first_day, char out[300]) {
  (void)snprintf(out, 300, "week %u", first_day);
}

void fake_log_issuers(fake_log *l, uint32_t first_day, tacet_span value,
                      uint64_t now_ms) {
  fake_update u = {.first_day = first_day,
                   .day = (uint32_t)(now_ms / 86400000)};
  name_week(first_day, u.handle);
  if (newest(l, u.handle) == NULL) {
    add(l, &u, value);
  }
}

void fake_log_issuers_again(fake_log *l, uint32_t first_day) {
  fake_update u = {.first_day = first_day, .version = 1, .day = first_day};
  name_week(first_day, u.handle);
  add(l, &u, TACET_SPAN_LIT("other keys"));
}

fake_log *fake_log_copy(const fake_log *of, size_t n) {
  fake_log *l = empty();
  OK(tacet_vrf_key_load(tacet_secret_span(&of->vrf.private_key), &l->vrf));
  l->log_key = of->log_key;
  l->log_name = of->log_name;
  memcpy(l->witness_keys, of->witness_keys, sizeof(l->witness_keys));
  memcpy(l->witness_names, of->witness_names, sizeof(l->witness_names));
  l->quorum = of->quorum;
  l->n_cosign = of->n_cosign;
  l->cosigned_at = of->cosigned_at;
  end_epoch(l, (uint32_t)(FAKE_START / 86400000));
  for (size_t i = 0; i < n && i < of->n_updates; i++) {
    const fake_update *u = &of->updates[i];
    add(l, u, tacet_span_of(u->value.p, u->value.len));
  }
  return l;
}

/* ---- what it says ---- */

static void say(tacet_buf *out, const char *text) {
  tacet_write_bytes(out, tacet_span_str(text));
}

void fake_log_trust(const fake_log *l, tacet_buf *out) {
  TACET_BUF(policy, TACET_TRUST_MAX);
  char line[80];
  say(&policy, "log ");
  tacet_note_key_write(&l->log_name, &policy);
  say(&policy, "\n");
  for (size_t i = 0; i < FAKE_WITNESSES && l->quorum > 0; i++) {
    (void)snprintf(line, sizeof(line), "witness w%zu ", i);
    say(&policy, line);
    tacet_note_key_write(&l->witness_names[i], &policy);
    say(&policy, "\n");
  }
  (void)snprintf(line, sizeof(line), "group all %zu w0 w1 w2\nquorum all\n",
                 l->quorum);
  say(&policy, l->quorum > 0 ? line : "quorum none\n");
  tacet_trust t = {.max_age = FAKE_MAX_AGE, .policy = tacet_buf_span(&policy)};
  memcpy(t.vrf_key, l->vrf.public_key, sizeof(t.vrf_key));
  t.has_notices = l->has_notices;
  memcpy(t.notices, l->notices, sizeof(t.notices));
  tacet_trust_write(out, &t);
  OK(out->err);
}

void fake_log_note(const fake_log *l, uint64_t now_ms, tacet_buf *out) {
  TACET_BUF(lines, TACET_NOTE_MAX);
  tacet_checkpoint c = {.origin = tacet_span_str(l->log_name.name),
                        .size = l->frontier.size};
  OK(tacet_tlog_frontier_root(&l->frontier, &c.root));
  tacet_checkpoint_write(&c, out);
  OK(tacet_note_sign(tacet_buf_span(out), &l->log_name, &l->log_key, 0,
                     &lines));
  uint64_t at = l->cosigned_at != 0 ? l->cosigned_at : now_ms / 1000;
  for (size_t i = 0; i < l->n_cosign; i++) {
    OK(tacet_note_sign(tacet_buf_span(out), &l->witness_names[i],
                       &l->witness_keys[i], at, &lines));
  }
  say(out, "\n");
  tacet_write_bytes(out, tacet_buf_span(&lines));
  OK(out->err);
}

void fake_log_head(fake_log *l, uint64_t from, uint64_t now_ms,
                   tacet_buf *out) {
  const tacet_tlog_source source = {get_node, l};
  uint64_t size = l->frontier.size;
  TACET_BUF(note, TACET_NOTE_MAX);
  fake_log_note(l, now_ms, &note);
  OK(tacet_keylog_head_prove(&source, from <= size ? from : 0, size, &l->epoch,
                             tacet_buf_span(&note), out));
}

void fake_log_label(fake_log *l, const char *handle, uint32_t seen,
                    tacet_buf *out) {
  tacet_keylog_label label;
  const fake_update *u = newest(l, handle);
  OK(tacet_keylog_label_handle(tacet_span_str(handle), &label));
  OK(tacet_keylog_label_prove(l->map, &l->vrf, &label, seen,
                              u == NULL ? NULL : &u->opening, out));
}

void fake_log_first(fake_log *l, const char *handle, tacet_buf *out) {
  const fake_update *last = newest(l, handle);
  for (size_t i = 0; last != NULL && last->version > 0; i++) {
    if (strcmp(l->updates[i].handle, handle) == 0) {
      tacet_keylog_opening_write(&l->updates[i].opening, out);
      return;
    }
  }
}

void fake_log_week(fake_log *l, uint32_t first_day, tacet_buf *out) {
  tacet_keylog_label label;
  char name[300];
  name_week(first_day, name);
  const fake_update *u = newest(l, name);
  tacet_keylog_label_issuers(first_day, &label);
  OK(tacet_keylog_label_prove(l->map, &l->vrf, &label, 0,
                              u == NULL ? NULL : &u->opening, out));
}
