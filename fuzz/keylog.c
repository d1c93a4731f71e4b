/* SPDX-License-Identifier: Apache-2.0
 * What a directory, a log or a witness may send: entries, notes, checkpoints,
 * policies, proofs. What is read is written again to the same bytes; a proof
 * that nobody made shows nothing. */
#include "tacet/keytrans/evidence.h"
#include "tacet/keytrans/handover.h"
#include "tacet/keytrans/keylog.h"
#include "tacet/keytrans/witness.h"

static void same(tacet_span in, const tacet_buf *out) {
  TACET_ASSERT(out->err == TACET_OK);
  TACET_ASSERT(tacet_span_equal(in, tacet_buf_span(out)));
}

static void entry(tacet_span in) {
  tacet_keylog_entry e;
  TACET_BUF(out, TACET_KEYLOG_ENTRY_MAX);
  if (tacet_keylog_entry_read(in, &e) == TACET_OK) {
    tacet_keylog_entry_write(&e, &out);
    same(in, &out);
  }
}

static void note(tacet_span in) {
  tacet_note n;
  tacet_note_key k;
  tacet_checkpoint c;
  TACET_BUF(out, TACET_NOTE_MAX);
  if (tacet_note_key_read(in, &k) == TACET_OK) {
    tacet_note_key_write(&k, &out);
    same(in, &out);
  }
  tacet_buf_clear(&out);
  if (tacet_checkpoint_parse(in, &c) == TACET_OK) {
    tacet_checkpoint_write(&c, &out);
    tacet_write_bytes(&out, c.extensions);
    same(in, &out);
  }
  tacet_buf_clear(&out);
  if (tacet_note_parse(in, &n) == TACET_OK) {
    tacet_write_bytes(&out, n.text);
    tacet_write_u8(&out, '\n');
    tacet_write_bytes(&out, n.signatures);
    same(in, &out);
  }
}

static void map_proof(tacet_span in) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(in, &err);
  tacet_map_proof p;
  const tacet_map_hash root = {{1}}, key = {{2}};
  TACET_BUF(out, 1 << 14);
  tacet_map_proof_read(&r, &p);
  tacet_read_end(&r);
  if (err == TACET_OK) {
    tacet_map_proof_write(&p, &out);
    same(in, &out);
    TACET_ASSERT(tacet_map_verify(&root, &key, &p) != TACET_OK);
  }
}

static void witness(tacet_span in) {
  tacet_witness_request r;
  TACET_BUF(out, TACET_WITNESS_BODY_MAX);
  if (tacet_witness_read(in, &r) == TACET_OK) {
    tacet_witness_write(r.old_size, &r.proof,
                        tacet_span_of(r.note.text.p, r.note.text.len + 1 +
                                                         r.note.signatures.len),
                        &out);
    same(in, &out);
  }
}

static void judge(tacet_span in) {
  tacet_policy *policy = NULL;
  size_t line;
  tacet_handover h;
  if (tacet_handover_read(in, &h) == TACET_OK) {
    (void)!tacet_handover_verify(&h);
  }
  if (tacet_policy_read(in, &policy, &line) == TACET_OK) {
    tacet_policy_verdict v;
    (void)!tacet_policy_judge(policy, in, 0, &v);
    tacet_policy_free(policy);
  }
}

static void label_proof(tacet_span in) {
  static const uint8_t base[32] = {
      0xe2, 0xf2, 0xae, 0x0a, 0x6a, 0xbc, 0x4e, 0x71, 0xa8, 0x84, 0xa9,
      0x61, 0xc5, 0x00, 0x51, 0x5f, 0x58, 0xe3, 0x0b, 0x6a, 0xa5, 0x82,
      0xdd, 0x8d, 0xb6, 0xa6, 0x59, 0x45, 0xe0, 0x8d, 0x2d, 0x76};
  tacet_keylog_head head = {.seen = {.size = 9}, .map_root = {{1}}};
  tacet_keylog_label label = {.len = 1, .b = "x"};
  tacet_keylog_answer a;
  tacet_map_hash key;
  tacet_span map;
  tacet_keylog_opening o;
  TACET_ASSERT(tacet_keylog_label_verify(&head, tacet_span_of(base, 32), &label,
                                         3, TACET_SPAN_EMPTY, in,
                                         &a) != TACET_OK);
  TACET_ASSERT(tacet_evidence_from_label(in, tacet_span_of(base, 32), &label, 2,
                                         &key, &map, &o) != TACET_OK);
}

static void head_proof(tacet_span in) {
  tacet_policy *policy = NULL;
  size_t line;
  const tacet_tlog_head seen = {.size = 0};
  tacet_keylog_head head;
  if (tacet_policy_read(TACET_SPAN_LIT("quorum none\n"), &policy, &line) ==
      TACET_OK) {
    TACET_ASSERT(tacet_keylog_head_verify(policy, &seen, 0, in, &head) !=
                 TACET_OK);
    tacet_policy_free(policy);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static void (*const parsers[])(tacet_span in) = {
      entry, note, map_proof, judge, label_proof, head_proof, witness};
  if (size > 0) { /* the first byte says what the others are */
    parsers[data[0] % (sizeof(parsers) / sizeof(parsers[0]))](
        tacet_span_of(data + 1, size - 1));
  }
  return 0;
}
