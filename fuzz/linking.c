/* SPDX-License-Identifier: Apache-2.0
 * What comes through the channel between two devices, and what they tell each
 * other later; codes as typed. First byte: which. What is read is written again
 * to the same bytes. */
#include <stdlib.h>

#include "tacet/content/linking.h"
#include "tacet/content/sync.h"
#include "tacet/crypto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX 60000

static void must(bool holds) {
  if (!holds) {
    abort();
  }
}

static void try_code(tacet_span in) {
  tacet_linking_code code, again;
  char text[TACET_LINKING_TEXT_LEN + 1];
  if (tacet_linking_code_read(in, &code) == TACET_OK) {
    must(tacet_linking_code_write(&code, text) == TACET_OK);
    must(tacet_linking_code_read(tacet_span_str(text), &again) == TACET_OK);
    must(memcmp(code.secret, again.secret, sizeof(code.secret)) == 0);
    must(code.minute == again.minute);
  }
}

static void try_offer(tacet_span in) {
  tacet_linking_offer o;
  TACET_BUF(w, INPUT_MAX);
  if (tacet_linking_offer_parse(in, &o) == TACET_OK) {
    tacet_linking_offer_write(&w, &o);
    must(tacet_span_equal(in, tacet_buf_span(&w)));
  }
}

static void try_hello(tacet_span in) {
  tacet_linking_hello h;
  TACET_BUF(w, INPUT_MAX);
  if (tacet_linking_hello_parse(in, &h) == TACET_OK) {
    tacet_linking_hello_write(&w, &h);
    must(tacet_span_equal(in, tacet_buf_span(&w)));
  }
}

static void try_outcome(tacet_span in) {
  tacet_linking_outcome o;
  TACET_BUF(w, INPUT_MAX);
  if (tacet_linking_outcome_parse(in, &o) == TACET_OK) {
    tacet_linking_outcome_write(&w, &o);
    must(tacet_span_equal(in, tacet_buf_span(&w)));
  }
}

/* Entries of unknown types are lost; the rest reads the same once more. */
static void try_sync(tacet_span in) {
  tacet_span list, again;
  tacet_sync_entry e;
  size_t n = 0, m = 0;
  TACET_BUF(entries, INPUT_MAX);
  TACET_BUF(w, INPUT_MAX + 16);
  if (tacet_sync_parse(in, &list) != TACET_OK) {
    return;
  }
  for (; tacet_sync_next(&list, &e); n++) {
    tacet_sync_entry_write(&entries, &e);
  }
  tacet_sync_write(&w, tacet_buf_span(&entries));
  must(tacet_sync_parse(tacet_buf_span(&w), &again) == TACET_OK);
  for (; tacet_sync_next(&again, &e); m++) {
  }
  must(n == m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0 || size > INPUT_MAX || tacet_crypto_init() != TACET_OK) {
    return 0;
  }
  tacet_span in = {data + 1, size - 1};
  switch (data[0] % 5) {
  case 0:
    try_code(in);
    break;
  case 1:
    try_offer(in);
    break;
  case 2:
    try_hello(in);
    break;
  case 3:
    try_outcome(in);
    break;
  default:
    try_sync(in);
    break;
  }
  return 0;
}
