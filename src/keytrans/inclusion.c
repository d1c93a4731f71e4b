/* SPDX-License-Identifier: Apache-2.0
 * The text of c2sp.org/tlog-proof. */
#include "tacet/keytrans/inclusion.h"

#include "keytrans/line.h"

#define FIRST_LINE "c2sp.org/tlog-proof@v1"

void tacet_inclusion_write(const tacet_inclusion *p, tacet_buf *out) {
  tacet_write_bytes(out, TACET_SPAN_LIT(FIRST_LINE "\nindex "));
  line_write_number(p->index, out);
  tacet_write_u8(out, '\n');
  for (size_t i = 0; i < p->path.n; i++) {
    line_write_base64(tacet_span_of(p->path.hashes[i].b, TACET_TLOG_HASH_LEN),
                      out);
    tacet_write_u8(out, '\n');
  }
  tacet_write_u8(out, '\n');
  tacet_write_bytes(out, p->note);
}

static bool next_is(tacet_span *rest, const char *text) {
  tacet_span line;
  return line_next(rest, &line) && tacet_span_equal(line, tacet_span_str(text));
}

static bool read_index(tacet_span *rest, uint64_t *out) {
  tacet_span line, word;
  return line_next(rest, &line) && line_word(&line, &word) &&
         tacet_span_equal(word, TACET_SPAN_LIT("index")) &&
         line_number(line, out);
}

/* Up to the empty line. */
static bool read_path(tacet_span *rest, tacet_tlog_proof *out) {
  tacet_span line;
  while (line_next(rest, &line)) {
    if (line.len == 0) {
      return true;
    }
    if (out->n == TACET_TLOG_PROOF_MAX ||
        !line_hash(line, out->hashes[out->n].b)) {
      return false;
    }
    out->n++;
  }
  return false;
}

tacet_err tacet_inclusion_parse(tacet_span text, tacet_inclusion *out) {
  static const char extra[] = "extra ";
  tacet_inclusion p = {.index = 0};
  if (!next_is(&text, FIRST_LINE)) {
    return TACET_ERR_ENCODING;
  }
  if (text.len >= sizeof(extra) - 1 &&
      memcmp(text.p, extra, sizeof(extra) - 1) == 0) {
    return TACET_ERR_UNSUPPORTED;
  }
  if (!read_index(&text, &p.index) || !read_path(&text, &p.path)) {
    return TACET_ERR_ENCODING;
  }
  p.note = text;
  *out = p;
  return TACET_OK;
}

tacet_err tacet_inclusion_verify(const tacet_inclusion *p, tacet_span entry,
                                 const tacet_tlog_head *head) {
  tacet_tlog_hash leaf;
  TACET_TRY(tacet_tlog_leaf(entry, &leaf));
  return tacet_tlog_verify_inclusion(p->index, &leaf, &p->path, head->size,
                                     &head->root);
}
