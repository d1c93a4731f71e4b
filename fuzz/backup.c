/* SPDX-License-Identifier: Apache-2.0
 * What stands at the beginning of a backup, and what its chunks may hold once a
 * passphrase opened them. First byte odd: a header, else records. What is read
 * is written again, to the same bytes. */
#include <stdlib.h>

#include "tacet/content/backup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds) {
  if (!holds) {
    abort();
  }
}

static void try_head(tacet_span in) {
  TACET_BUF(w, TACET_BACKUP_HEAD_LEN);
  tacet_backup_head h;
  if (tacet_backup_head_parse(in, &h) == TACET_OK) {
    tacet_backup_head_write(&w, &h);
    must(tacet_span_equal(tacet_buf_span(&w), in));
  }
}

static void try_parts(const tacet_backup_message *m) {
  TACET_BUF(w, TACET_BACKUP_RECORD_MAX);
  tacet_span list = m->parts;
  tacet_backup_part p;
  size_t n = 0;
  for (; tacet_backup_part_next(&list, &p); n++) {
    tacet_backup_part_write(&w, &p);
  }
  must(n == m->n_parts && tacet_span_equal(tacet_buf_span(&w), m->parts));
}

static void try_records(tacet_span in) {
  tacet_backup_record r;
  size_t used;
  while (in.len > 0 && tacet_backup_record_read(in, &r, &used) == TACET_OK) {
    TACET_BUF(w, TACET_BACKUP_RECORD_MAX + 16);
    tacet_backup_record_write(&w, &r);
    must(tacet_span_equal(tacet_buf_span(&w), tacet_span_of(in.p, used)));
    if (r.type == TACET_BACKUP_MESSAGE) {
      try_parts(&r.u.message);
    }
    in.p += used;
    in.len -= used;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > 0) {
    tacet_span in = {data + 1, size - 1};
    if (data[0] & 1) {
      try_head(in);
    } else {
      try_records(in);
    }
  }
  return 0;
}
