/* SPDX-License-Identifier: Apache-2.0
 * Control messages. */
#include "tacet/content.h"

static void put(tacet_buf *w, const uint8_t *p, size_t n) {
  tacet_write_bytes(w, tacet_span_of(p, n));
}

void tacet_control_write(tacet_buf *w, const tacet_control *c) {
  tacet_write_u8(w, (uint8_t)c->type);
  switch (c->type) {
  case TACET_CONTROL_LEAVE:
    break;
  case TACET_CONTROL_CAPABILITY:
    put(w, c->mailbox, sizeof(c->mailbox));
    put(w, c->capability, sizeof(c->capability));
    break;
  case TACET_CONTROL_ADDRESS:
    put(w, c->mailbox, sizeof(c->mailbox));
    put(w, c->capability, sizeof(c->capability));
    put(w, c->sealing_key, sizeof(c->sealing_key));
    break;
  case TACET_CONTROL_SUCCESSOR:
    tacet_write_vec(w, c->replaces);
    tacet_write_u64(w, c->last_epoch);
    tacet_write_vec(w, c->epoch_authenticator);
    tacet_write_u8(w, c->reason);
    break;
  case TACET_CONTROL_ERASED:
    tacet_write_vec(w, c->manifest);
    break;
  }
}

tacet_err tacet_control_parse(tacet_span in, tacet_control *out) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(in, &err);
  tacet_control c = {.reason = 0};
  uint8_t type = tacet_read_u8(&r);
  c.type = (tacet_control_type)type;
  switch (type) {
  case TACET_CONTROL_LEAVE:
    break;
  case TACET_CONTROL_CAPABILITY:
  case TACET_CONTROL_ADDRESS:
    tacet_read_copy(&r, c.mailbox, sizeof(c.mailbox));
    tacet_read_copy(&r, c.capability, sizeof(c.capability));
    if (type == TACET_CONTROL_ADDRESS) {
      tacet_read_copy(&r, c.sealing_key, sizeof(c.sealing_key));
    }
    break;
  case TACET_CONTROL_SUCCESSOR:
    c.replaces = tacet_read_vec_max(&r, 64);
    c.last_epoch = tacet_read_u64(&r);
    c.epoch_authenticator = tacet_read_vec_max(&r, 64);
    c.reason = tacet_read_u8(&r);
    break;
  case TACET_CONTROL_ERASED:
    c.manifest = tacet_read_vec_max(&r, 16 * 1024);
    break;
  default:
    tacet_read_fail(&r, TACET_ERR_UNKNOWN_TYPE);
    break;
  }
  tacet_read_end(&r);
  TACET_TRY(err);
  *out = c;
  return TACET_OK;
}
