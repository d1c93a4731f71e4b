/* SPDX-License-Identifier: Apache-2.0
 * net/ws.h -- WebSocket frames (RFC 6455), both sides, without I/O.
 *
 * Binary messages only: a text frame is refused (1003). No extensions. Frames
 * must have their shortest length form and the right mask for their side.
 */
#ifndef TACET_NET_WS_H
#define TACET_NET_WS_H

#include "tacet/base.h"
#include "tacet/codec.h"

/* Sec-WebSocket-Accept for a Sec-WebSocket-Key: 28 characters and a NUL. */
TACET_MUST_CHECK tacet_err net_ws_accept_key(tacet_span key, char out[29]);

enum {
  NET_WS_CONTINUATION = 0,
  NET_WS_BINARY = 2,
  NET_WS_CLOSE = 8,
  NET_WS_PING = 9,
  NET_WS_PONG = 10
};

/* Close codes that we use (RFC 6455 7.4.1). */
enum {
  NET_WS_NORMAL = 1000,
  NET_WS_GOING_AWAY = 1001,
  NET_WS_PROTOCOL_ERROR = 1002,
  NET_WS_UNSUPPORTED = 1003,
  NET_WS_POLICY = 1008,
  NET_WS_TOO_BIG = 1009,
  NET_WS_TRY_LATER = 1013
};

typedef enum net_ws_event {
  NET_WS_MORE,     /* everything was taken; feed more */
  NET_WS_MESSAGE,  /* a whole binary message */
  NET_WS_GOT_PING, /* answer with a pong of the same payload */
  NET_WS_GOT_PONG,
  NET_WS_GOT_CLOSE, /* .code, or 1005 if it named none */
  NET_WS_ERROR      /* .code is what to close with; final */
} net_ws_event;

/* Zero-initialise, then set the first two. Idle it holds no memory. */
typedef struct net_ws_reader {
  bool server;    /* frames must be masked; else must not be */
  size_t max;     /* bytes of one message */
  tacet_buf body; /* of the message under way */
  uint8_t head[14], control[125];
  size_t n_head, n_control;
  uint64_t left;   /* of the frame's payload */
  uint64_t offset; /* in it, for the mask */
  bool in_payload, in_message;
  uint16_t code;
} net_ws_reader;
void net_ws_reader_free(net_ws_reader *r);
/* Takes some of `in` and gives at most one event. *payload (MESSAGE, PING,
 * PONG) is valid until the next call. NOMEM shows as ERROR 1013. */
net_ws_event net_ws_read(net_ws_reader *r, tacet_span in, size_t *used,
                         tacet_span *payload);

#define NET_WS_OVERHEAD 14 /* bytes of a frame's head at most */
/* One whole frame. mask: 4 random bytes (client), or NULL (server). */
void net_ws_write(tacet_buf *w, int opcode, tacet_span payload,
                  const uint8_t *mask);
void net_ws_write_close(tacet_buf *w, uint16_t code, const uint8_t *mask);

#endif
