/* SPDX-License-Identifier: Apache-2.0
 * Contents, control messages, rooms, addresses, letters' and slots' insides.
 * The first byte chooses. Encodings are canonical: what parses is written again
 * byte for byte. */
#include <stdlib.h>

#include "tacet/content.h"
#include "tacet/content/envelope.h"
#include "tacet/content/room.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool again(uint8_t what, tacet_span in, tacet_buf *w) {
  tacet_content c;
  tacet_control k;
  tacet_room r;
  tacet_address a;
  tacet_identity i;
  tacet_slot_body s;
  tacet_part p;
  size_t at = 0;
  switch (what % 6) {
  case 0:
    if (tacet_content_parse(in, &c) != TACET_OK) {
      return false;
    }
    while (tacet_content_part(&c, &at, &p)) {
    }
    tacet_content_write(w, &c);
    return true;
  case 1:
    if (tacet_control_parse(in, &k) != TACET_OK) {
      return false;
    }
    tacet_control_write(w, &k);
    return true;
  case 2:
    if (tacet_room_parse(in, &r) != TACET_OK) {
      return false;
    }
    tacet_room_write(w, &r);
    return true;
  case 3:
    if (tacet_address_parse(in, &a) != TACET_OK) {
      return false;
    }
    tacet_address_write(w, &a);
    return true;
  case 4:
    if (tacet_identity_parse(in, &i) != TACET_OK) {
      return false;
    }
    tacet_identity_write(w, &i);
    return true;
  default:
    if (tacet_slot_body_parse(in, &s) != TACET_OK) {
      return false;
    }
    tacet_slot_body_write(w, &s);
    return true;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) {
    return 0;
  }
  tacet_span in = {data + 1, size - 1};
  TACET_BUF(w, 1 << 24);
  if (again(data[0], in, &w) && !tacet_span_equal(in, tacet_buf_span(&w))) {
    abort();
  }
  return 0;
}
