/* SPDX-License-Identifier: Apache-2.0
 * The frames of a receiving connection. */
#include "tacet/wire/delivery.h"

#include "tacet/wire/seal.h"
#include "wire/fields.h"

#define CODE_MAX 32 /* bytes of a code of wire/errors.h */

void tacet_subscription_write(tacet_buf *w, const tacet_subscription *s) {
  wire_write_fixed(w, s->mailbox, sizeof(s->mailbox));
  tacet_write_optional(w, s->known);
  tacet_write_u64(w, s->acknowledged);
  tacet_write_u32(w, s->expired);
}

static void read_subscription(tacet_reader *r, tacet_subscription *out) {
  tacet_read_copy(r, out->mailbox, sizeof(out->mailbox));
  out->known = wire_read_bool(r);
  out->acknowledged = tacet_read_u64(r);
  out->expired = tacet_read_u32(r);
}

static void check_subscription(tacet_reader *r) {
  tacet_subscription s;
  read_subscription(r, &s);
}

bool tacet_subscription_next(tacet_span *list, tacet_subscription *out) {
  WIRE_NEXT(list, read_subscription, out);
}

void tacet_frame_write(tacet_buf *w, const tacet_frame *f) {
  tacet_write_u8(w, (uint8_t)f->type);
  switch (f->type) {
  case TACET_FRAME_SUBSCRIBE:
  case TACET_FRAME_UNSUBSCRIBE:
  case TACET_FRAME_SUBSCRIBED:
    tacet_write_vec(w, f->list);
    break;
  case TACET_FRAME_ACK:
    wire_write_fixed(w, f->mailbox, sizeof(f->mailbox));
    tacet_write_u64(w, f->seq);
    break;
  case TACET_FRAME_RESUME:
    wire_write_fixed(w, f->ticket, sizeof(f->ticket));
    break;
  case TACET_FRAME_HELLO:
    wire_write_fixed(w, f->ticket, sizeof(f->ticket));
    tacet_write_u32(w, f->number);
    break;
  case TACET_FRAME_ITEM:
    wire_write_fixed(w, f->mailbox, sizeof(f->mailbox));
    tacet_write_u64(w, f->seq);
    wire_write_fixed(w, f->enc, sizeof(f->enc));
    tacet_write_u32(w, f->number);
    tacet_write_vec(w, f->body);
    break;
  case TACET_FRAME_EPHEMERAL:
    wire_write_fixed(w, f->mailbox, sizeof(f->mailbox));
    tacet_write_vec(w, f->body);
    break;
  case TACET_FRAME_CAUGHT_UP:
    break;
  case TACET_FRAME_GONE:
    wire_write_fixed(w, f->mailbox, sizeof(f->mailbox));
    break;
  case TACET_FRAME_GOODBYE:
    tacet_write_u32(w, f->number);
    break;
  case TACET_FRAME_REFUSED:
    tacet_write_vec(w, f->body);
    break;
  }
}

static void read_members(tacet_reader *r, tacet_frame *f) {
  switch (f->type) {
  case TACET_FRAME_SUBSCRIBE:
    f->list = wire_read_array(r, sizeof(tacet_mailbox_key), 1,
                              TACET_SUBSCRIBE_MAX, &f->n_list);
    break;
  case TACET_FRAME_UNSUBSCRIBE:
    f->list = wire_read_array(r, TACET_MAILBOX_ID_LEN, 1, TACET_SUBSCRIBE_MAX,
                              &f->n_list);
    break;
  case TACET_FRAME_SUBSCRIBED:
    f->list = wire_read_list(r, TACET_SUBSCRIPTIONS_MAX, check_subscription,
                             &f->n_list);
    break;
  case TACET_FRAME_ACK:
    tacet_read_copy(r, f->mailbox, sizeof(f->mailbox));
    f->seq = tacet_read_u64(r);
    break;
  case TACET_FRAME_RESUME:
    tacet_read_copy(r, f->ticket, sizeof(f->ticket));
    break;
  case TACET_FRAME_HELLO:
    tacet_read_copy(r, f->ticket, sizeof(f->ticket));
    f->number = tacet_read_u32(r);
    break;
  case TACET_FRAME_ITEM:
    tacet_read_copy(r, f->mailbox, sizeof(f->mailbox));
    f->seq = tacet_read_u64(r);
    tacet_read_copy(r, f->enc, sizeof(f->enc));
    f->number = tacet_read_u32(r);
    f->body = tacet_read_vec_max(r, TACET_ITEM_MAX + TACET_SEAL_TAG_LEN);
    break;
  case TACET_FRAME_EPHEMERAL:
    tacet_read_copy(r, f->mailbox, sizeof(f->mailbox));
    f->body = tacet_read_vec_max(r, TACET_ITEM_MAX);
    break;
  case TACET_FRAME_CAUGHT_UP:
    break;
  case TACET_FRAME_GONE:
    tacet_read_copy(r, f->mailbox, sizeof(f->mailbox));
    break;
  case TACET_FRAME_GOODBYE:
    f->number = tacet_read_u32(r);
    break;
  case TACET_FRAME_REFUSED:
    f->body = tacet_read_vec_max(r, CODE_MAX);
    break;
  }
}

tacet_err tacet_frame_parse(tacet_span in, bool from_client, tacet_frame *out) {
  WIRE_READ(in);
  tacet_frame f = {.list = TACET_SPAN_EMPTY};
  uint8_t type = tacet_read_u8(&r);
  uint8_t first = from_client ? TACET_FRAME_SUBSCRIBE : TACET_FRAME_HELLO;
  uint8_t last = from_client ? TACET_FRAME_RESUME : TACET_FRAME_REFUSED;
  if (type < first || type > last) {
    tacet_read_fail(&r, TACET_ERR_UNKNOWN_TYPE);
  } else {
    f.type = (tacet_frame_type)type;
    read_members(&r, &f);
  }
  WIRE_END(out, f);
}
