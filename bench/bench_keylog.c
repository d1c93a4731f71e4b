/* SPDX-License-Identifier: Apache-2.0
 * The key log with many accounts: what an update costs the directory, what a
 * proof costs a reader in bytes and time, what replaying costs an auditor.
 *
 *   bench_keylog [ACCOUNTS]      1000000
 *
 * The labels of all but one are random bytes in the place of the VRF's
 * outputs, which look the same; the VRF's cost stands in its own row.
 */
#include "bench/bench.h"

#include <sys/resource.h>

#include "tacet/crypto.h"
#include "tacet/keytrans/keylog.h"
#include "tacet/wire/directory.h"

#define WITNESSES 3
#define NOW 1764000000
/* Entries of a day: a million accounts, each with three changes a year, and an
 * EPOCH behind each. */
#define A_DAY (2 * 3000000 / 365)

static tacet_map *map;
static tacet_vrf_key vrf;
static tacet_tlog_frontier frontier;
static tacet_tlog_hash *nodes[40]; /* by level */

static tacet_keylog_label handle;
static tacet_keylog_opening opening;
static uint8_t manifest[400]; /* about one of two devices */
static tacet_policy *policy;

static tacet_err put_node(void *ctx, unsigned level, uint64_t index,
                          const tacet_tlog_hash *node) {
  (void)ctx;
  nodes[level][index] = *node;
  return TACET_OK;
}

static tacet_err get_node(void *ctx, unsigned level, uint64_t index,
                          tacet_tlog_hash *node) {
  (void)ctx;
  *node = nodes[level][index];
  return TACET_OK;
}

static void append(const tacet_keylog_entry *e) {
  static const tacet_tlog_sink sink = {put_node, NULL};
  uint8_t bytes[TACET_KEYLOG_ENTRY_MAX];
  TACET_BUF(b, sizeof(bytes));
  tacet_tlog_hash leaf;
  tacet_keylog_entry_write(e, &b);
  BENCH_OK(tacet_tlog_leaf(tacet_buf_span(&b), &leaf));
  BENCH_OK(tacet_tlog_append(&frontier, &leaf, &sink));
}

static void insert(const tacet_keylog_entry *e) {
  tacet_map_hash value;
  BENCH_OK(tacet_keylog_value(&e->commitment, frontier.size, &value));
  BENCH_OK(tacet_map_insert(map, &e->vrf_output, &value));
  append(e);
}

static void random_update(void) {
  tacet_keylog_entry e = {.kind = TACET_KEYLOG_UPDATE};
  BENCH_OK(tacet_random(e.vrf_output.b, 32));
  BENCH_OK(tacet_random(e.commitment.b, 32));
  insert(&e);
}

/* A real one: the VRF, the commitment, the map, the log. */
static tacet_keylog_opening update(const tacet_keylog_label *label,
                                   uint32_t version, tacet_span value) {
  tacet_keylog_opening o = {.index = frontier.size};
  tacet_keylog_entry e = {.kind = TACET_KEYLOG_UPDATE};
  BENCH_OK(tacet_random(o.opening, sizeof(o.opening)));
  BENCH_OK(tacet_keylog_key(&vrf, label, version, &e.vrf_output, NULL));
  BENCH_OK(
      tacet_keylog_commit(o.opening, label, version, value, &e.commitment));
  insert(&e);
  return o;
}

static tacet_keylog_entry end_epoch(void) {
  tacet_keylog_entry e = {.kind = TACET_KEYLOG_EPOCH,
                          .day = NOW / 86400,
                          .map_size = tacet_map_size(map)};
  BENCH_OK(tacet_map_root(map, &e.map_root));
  append(&e);
  return e;
}

static double seconds_since(uint64_t start) {
  return (double)(bench_cpu_ns() - start) / 1e9;
}

static void fill(size_t entries) {
  size_t room = entries * 2 + 100000;
  for (unsigned level = 0; level < 40; level++) {
    nodes[level] = calloc((room >> level) + 2, sizeof(*nodes[0]));
  }
  uint64_t start = bench_cpu_ns();
  for (size_t i = 0; i < entries; i++) {
    random_update();
  }
  end_epoch();
  double s = seconds_since(start);
  struct rusage u;
  (void)getrusage(RUSAGE_SELF, &u);
  printf("replay of %zu updates        %8.2f s   %.0f/s, %ld MB resident\n",
         entries, s, (double)entries / s, u.ru_maxrss / 1024);
}

/* ---- a directory's and a reader's work ---- */

static void sign(tacet_buf *note) {
  TACET_BUF(lines, TACET_NOTE_MAX);
  TACET_BUF(text, 8192);
  tacet_checkpoint c = {.origin = tacet_span_str("chat.example/keylog"),
                        .size = frontier.size};
  BENCH_OK(tacet_tlog_frontier_root(&frontier, &c.root));
  tacet_checkpoint_write(&c, note);
  for (int i = 0; i <= WITNESSES; i++) {
    TACET_SECRET(key);
    uint8_t public_key[32];
    tacet_note_key name;
    char text_name[] = "witness-0.example";
    text_name[8] = (char)('0' + i);
    BENCH_OK(tacet_sig_ed25519.generate(&key, public_key));
    BENCH_OK(tacet_note_key_make(i == 0 ? c.origin : tacet_span_str(text_name),
                                 i == 0 ? TACET_NOTE_ED25519
                                        : TACET_NOTE_COSIGNATURE,
                                 public_key, &name));
    BENCH_OK(tacet_note_sign(tacet_buf_span(note), &name, &key,
                             i == 0 ? 0 : NOW, &lines));
    tacet_write_bytes(&text, tacet_span_str(i == 0 ? "log " : "witness "));
    if (i > 0) {
      tacet_write_u8(&text, (uint8_t)('0' + i));
      tacet_write_u8(&text, ' ');
    }
    tacet_note_key_write(&name, &text);
    tacet_write_u8(&text, '\n');
  }
  tacet_write_bytes(&text, tacet_span_str("group g all 1 2 3\nquorum g\n"));
  tacet_write_u8(note, '\n');
  tacet_write_bytes(note, tacet_buf_span(&lines));
  size_t line;
  BENCH_OK(tacet_policy_read(tacet_buf_span(&text), &policy, &line));
}

typedef struct contact {
  tacet_buf head, label; /* the proofs */
  uint32_t seen;         /* that the reader names */
} contact;

static void check_contact(void *ctx) {
  const contact *c = ctx;
  tacet_tlog_head seen = {.size = 0};
  tacet_keylog_head head;
  tacet_keylog_answer a;
  tacet_span key = tacet_span_of(vrf.public_key, 32);
  BENCH_OK(tacet_keylog_head_verify(policy, &seen, NOW,
                                    tacet_buf_span(&c->head), &head));
  BENCH_OK(tacet_keylog_label_verify(&head, key, &handle, c->seen,
                                     tacet_span_of(manifest, sizeof(manifest)),
                                     tacet_buf_span(&c->label), &a));
}

static void prove_contact(void *ctx) {
  contact *c = ctx;
  tacet_buf_clear(&c->label);
  BENCH_OK(tacet_keylog_label_prove(map, &vrf, &handle, c->seen, &opening,
                                    &c->label));
}

static void first_contact(uint32_t version, contact *c) {
  c->seen = 0;
  prove_contact(c);
  double prove = bench_step(prove_contact, c, 200) / 1e6;
  double check = bench_step(check_contact, c, 200) / 1e6;
  printf("first contact, version %-4u     %5zu B = head %zu + label %zu; made "
         "in %.2f ms, checked in %.2f ms\n",
         version, c->head.len + c->label.len, c->head.len, c->label.len, prove,
         check);
}

/* The bytes of one look-up, the question and its answer: of somebody who looked
 * last when the log had `old_size` entries. */
static size_t look_up(uint32_t version, uint64_t old_size, const contact *c,
                      const tacet_keylog_entry *epoch, tacet_span note) {
  const tacet_tlog_source source = {get_node, NULL};
  TACET_BUF(head, 1 << 20);
  TACET_BUF(question, 1 << 10);
  TACET_BUF(list, 1 << 12);
  TACET_BUF(first, 64);
  TACET_BUF(proofs, 1 << 20);
  TACET_BUF(answer, 1 << 20);
  BENCH_OK(tacet_keylog_head_prove(&source, old_size, frontier.size, epoch,
                                   note, &head));
  tacet_lookup_write(
      &question,
      &(tacet_lookup){.kind = TACET_LOOKUP_HANDLE,
                      .key = tacet_span_of(handle.b + 2, handle.len - 2),
                      .from = version,
                      .log_size = old_size,
                      .seen = c->seen});
  tacet_opaque_list_add(&list, tacet_span_of(manifest, sizeof(manifest)));
  if (version > 0) { /* of version 0: as long as any */
    tacet_keylog_opening_write(&opening, &first);
  }
  tacet_key_proofs_write(&proofs,
                         &(tacet_key_proofs){.head = tacet_buf_span(&head),
                                             .label = tacet_buf_span(&c->label),
                                             .first = tacet_buf_span(&first)});
  tacet_lookup_answer_write(
      &answer, &(tacet_lookup_answer){.manifests = tacet_buf_span(&list),
                                      .proofs = tacet_buf_span(&proofs)});
  BENCH_OK(question.err);
  BENCH_OK(answer.err);
  return question.len + answer.len;
}

/* Over all that the log may have grown by since yesterday. */
static void span_of_day(uint32_t version, const contact *c,
                        const tacet_keylog_entry *epoch, tacet_span note,
                        size_t *mean, size_t *most) {
  size_t n = 0, sum = 0;
  *most = 0;
  for (uint64_t grown = 1; grown < A_DAY && grown < frontier.size;
       grown += 29, n++) {
    size_t bytes = look_up(version, frontier.size - grown, c, epoch, note);
    sum += bytes;
    *most = bytes > *most ? bytes : *most;
  }
  *mean = n > 0 ? sum / n : 0;
}

/* A look at an own handle, of which nothing is new since the day before: seven
 * in eight name what was seen (client/lookup.c). */
static void self_check(uint32_t version, contact *c,
                       const tacet_keylog_entry *epoch, tacet_span note) {
  size_t mean, most, whole, whole_most;
  c->seen = 0;
  prove_contact(c);
  span_of_day(version, c, epoch, note, &whole, &whole_most);
  c->seen = version > 0 ? version + 1 : 0;
  prove_contact(c);
  span_of_day(version, c, epoch, note, &mean, &most);
  printf(
      "self-check, version %-4u        %5zu B a day: %zu, at most %zu (label "
      "%zu), in one of eight %zu; checked in %.2f ms\n",
      version, (7 * mean + whole) / 8, mean, most, c->label.len, whole,
      bench_step(check_contact, c, 200) / 1e6);
}

static void contact_at_version(uint32_t version) {
  const tacet_tlog_source source = {get_node, NULL};
  TACET_BUF(note, TACET_NOTE_MAX);
  contact c = {{.max = 1 << 20}, {.max = 1 << 20}, 0};
  opening = update(&handle, version, tacet_span_of(manifest, sizeof(manifest)));
  tacet_keylog_entry epoch = end_epoch();
  if (version < 8 || (version & (version + 1)) == 0) {
    sign(&note);
    BENCH_OK(tacet_keylog_head_prove(&source, 0, frontier.size, &epoch,
                                     tacet_buf_span(&note), &c.head));
    first_contact(version, &c);
    self_check(version, &c, &epoch, tacet_buf_span(&note));
    tacet_policy_free(policy);
  }
  tacet_buf_free(&c.head);
  tacet_buf_free(&c.label);
}

static size_t n_labels;

static void updates(size_t n, size_t each_epoch) {
  tacet_keylog_label label;
  uint64_t start = bench_cpu_ns();
  for (size_t i = 0; i < n; i++) {
    char name[16];
    int len = snprintf(name, sizeof(name), "%zu", n_labels++);
    BENCH_OK(
        tacet_keylog_label_handle(tacet_span_of(name, (size_t)len), &label));
    (void)update(&label, 0, tacet_span_of(manifest, sizeof(manifest)));
    if ((i + 1) % each_epoch == 0) {
      end_epoch();
    }
  }
  double s = seconds_since(start);
  printf("updates, %4zu an epoch          %8.0f/s of one core\n", each_epoch,
         (double)n / s);
}

static void step_evaluate(void *ctx) {
  (void)ctx;
  tacet_map_hash key;
  BENCH_OK(tacet_keylog_key(&vrf, &handle, 0, &key, NULL));
}

static void step_prove(void *ctx) {
  (void)ctx;
  tacet_map_hash key;
  uint8_t proof[TACET_VRF_PROOF_LEN];
  BENCH_OK(tacet_keylog_key(&vrf, &handle, 0, &key, proof));
}

static void step_verify(void *ctx) {
  uint8_t beta[TACET_VRF_OUTPUT_LEN];
  BENCH_OK(tacet_vrf_verify(tacet_span_of(vrf.public_key, 32),
                            TACET_SPAN_LIT("x"), tacet_span_of(ctx, 80), beta));
}

static void vrf_rows(void) {
  uint8_t proof[TACET_VRF_PROOF_LEN], beta[TACET_VRF_OUTPUT_LEN];
  BENCH_OK(tacet_vrf_prove(&vrf, TACET_SPAN_LIT("x"), proof, beta));
  printf("VRF: evaluate, prove, verify   %.0f, %.0f, %.0f us\n",
         bench_step(step_evaluate, NULL, 200) / 1e3,
         bench_step(step_prove, NULL, 200) / 1e3,
         bench_step(step_verify, proof, 200) / 1e3);
}

int main(int argc, char **argv) {
  size_t accounts = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
  BENCH_OK(tacet_crypto_init());
  BENCH_OK(tacet_vrf_key_generate(&vrf));
  BENCH_OK(tacet_map_new(&map));
  BENCH_OK(
      tacet_keylog_label_handle(tacet_span_str("bob@chat.example"), &handle));
  vrf_rows();
  fill(accounts);
  for (uint32_t version = 0; version < 64; version++) {
    contact_at_version(version);
  }
  updates(20000, 1);
  updates(20000, 1000);
  tacet_map_free(map);
  return 0;
}
