/* SPDX-License-Identifier: Apache-2.0
 * MLSMessage: what goes over the wire (RFC 9420 6). */
#include "mlswire/list.h"

static void content_read(tacet_reader *r, tacet_message *out) {
  switch (out->wire_format) {
  case TACET_WIRE_FORMAT_PUBLIC_MESSAGE:
    tacet_public_message_read(r, &out->public_message);
    return;
  case TACET_WIRE_FORMAT_PRIVATE_MESSAGE:
    tacet_private_message_read(r, &out->private_message);
    return;
  case TACET_WIRE_FORMAT_WELCOME:
    tacet_welcome_read(r, &out->welcome);
    return;
  case TACET_WIRE_FORMAT_GROUP_INFO:
    tacet_group_info_read(r, &out->group_info);
    return;
  case TACET_WIRE_FORMAT_KEY_PACKAGE:
    tacet_key_package_read(r, &out->key_package);
    /* RFC 9420 10: the same version inside and outside. */
    if (out->key_package.version != TACET_PROTOCOL_MLS10) {
      tacet_read_fail(r, TACET_ERR_ENCODING);
    }
    return;
  default:
    tacet_read_fail(r, TACET_ERR_UNKNOWN_TYPE);
  }
}

tacet_err tacet_message_parse(tacet_span in, tacet_message *out) {
  tacet_err err = in.len > TACET_MESSAGE_MAX ? TACET_ERR_LIMIT : TACET_OK;
  tacet_reader r = tacet_reader_over(in, &err);
  tacet_message m;
  if (tacet_read_u16(&r) != TACET_PROTOCOL_MLS10) {
    tacet_read_fail(&r, TACET_ERR_UNKNOWN_TYPE);
  }
  m.wire_format = tacet_read_u16(&r);
  content_read(&r, &m);
  tacet_read_end(&r);
  TACET_TRY(err);
  *out = m;
  return TACET_OK;
}

void tacet_message_head_write(tacet_buf *w, uint16_t wire_format) {
  tacet_write_u16(w, TACET_PROTOCOL_MLS10);
  tacet_write_u16(w, wire_format);
}

void tacet_message_write(tacet_buf *w, const tacet_message *m) {
  tacet_message_head_write(w, m->wire_format);
  switch (m->wire_format) {
  case TACET_WIRE_FORMAT_PUBLIC_MESSAGE:
    tacet_public_message_write(w, &m->public_message);
    return;
  case TACET_WIRE_FORMAT_PRIVATE_MESSAGE:
    tacet_private_message_write(w, &m->private_message);
    return;
  case TACET_WIRE_FORMAT_WELCOME:
    tacet_welcome_write(w, &m->welcome);
    return;
  case TACET_WIRE_FORMAT_GROUP_INFO:
    tacet_group_info_write(w, &m->group_info);
    return;
  default:
    tacet_key_package_write(w, &m->key_package);
  }
}
