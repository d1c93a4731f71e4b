/* SPDX-License-Identifier: Apache-2.0
 * Frames from the server to a session. */
#include "server/http/session.h"

bool tacetd_session_send(tacetd_session *s, const tacet_frame *f) {
  tacet_buf *w = &s->loop->frame;
  tacet_span bytes;
  if (s->ws == NULL || s->ended) {
    return false;
  }
  tacet_buf_clear(w);
  tacet_frame_write(w, f);
  return tacet_buf_done(w, &bytes) == TACET_OK && net_ws_send(s->ws, bytes);
}

bool tacetd_session_send_item(tacetd_session *s, const dlv_item *item) {
  tacet_frame f = {.type = TACET_FRAME_ITEM,
                   .seq = item->seq,
                   .number = item->number,
                   .body = dlv_item_span(item)};
  memcpy(f.mailbox, item->mailbox, sizeof(f.mailbox));
  memcpy(f.enc, item->enc, sizeof(f.enc));
  if (!tacetd_session_send(s, &f)) {
    return false;
  }
  tacetd_count_one(TACETD_METRIC_PUSHED);
  return true;
}

bool tacetd_session_send_subscribed(tacetd_session *s,
                                    const tacet_subscription *list, size_t n) {
  TACET_BUF(w, TACET_FRAME_MAX);
  tacet_frame f = {.type = TACET_FRAME_SUBSCRIBED, .n_list = n};
  for (size_t i = 0; i < n; i++) {
    tacet_subscription_write(&w, &list[i]);
  }
  f.list = tacet_buf_span(&w);
  return w.err == TACET_OK && tacetd_session_send(s, &f);
}

void tacetd_session_refuse(tacetd_session *s, tacet_wire_error e) {
  tacet_frame f = {.type = TACET_FRAME_REFUSED,
                   .body = tacet_span_str(tacet_wire_error_code(e))};
  if (s->ws != NULL && !s->ended) {
    (void)tacetd_session_send(s, &f);
    s->ended = true;
    tacetd_count_refused(e == TACET_WIRE_BUSY   ? TACETD_REASON_OVERLOAD
                         : e == TACET_WIRE_RATE ? TACETD_REASON_RATE
                                                : TACETD_REASON_MALFORMED);
    net_ws_close(s->ws,
                 e == TACET_WIRE_BUSY ? NET_WS_TRY_LATER : NET_WS_POLICY);
  }
}
