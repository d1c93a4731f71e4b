/* SPDX-License-Identifier: Apache-2.0
 * The client's side of WebSocket. */
#include "net/client_private.h"

#include <stdio.h>

#include <openssl/err.h>
#include <openssl/rand.h>

#define GOODBYE_MS 1000 /* for the close frame, if it cannot leave at once */

/* ---- the beginning ---- */

static net_result upgrade(net_client *c, const char *target,
                          const char *headers, uint32_t timeout_ms,
                          net_answer *a) {
  uint8_t nonce[16];
  char key[32], more[160], want[29];
  if (RAND_bytes(nonce, sizeof(nonce)) != 1) {
    return NET_TLS;
  }
  EVP_EncodeBlock((unsigned char *)key, nonce, sizeof(nonce));
  snprintf(more, sizeof(more),
           "Upgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n",
           key);
  net_call call = {.method = "GET",
                   .target = target,
                   .headers = headers,
                   .timeout_ms = timeout_ms};
  net_result r = dial_connect(c, timeout_ms);
  if (r == NET_OK) {
    r = dial_send_head(c, &call, more);
  }
  if (r == NET_OK) {
    r = dial_read_head(c, timeout_ms, a);
  }
  if (r != NET_OK) {
    return r;
  }
  if (a->status != 101) {
    return NET_REFUSED;
  }
  if (!a->parsed.websocket ||
      net_ws_accept_key(tacet_span_str(key), want) != TACET_OK ||
      !tacet_span_equal(net_http_get(&a->parsed, "sec-websocket-accept"),
                        tacet_span_str(want))) {
    return NET_PROTOCOL;
  }
  return NET_OK;
}

net_result net_client_ws_open(net_client *c, const char *target,
                              const char *headers, size_t max_message,
                              uint32_t timeout_ms, int *status) {
  NET_ANSWER(a);
  net_result r = upgrade(c, target, headers, timeout_ms, &a);
  *status = a.status;
  if (r != NET_OK) {
    net_client_close(c);
    return r;
  }
  c->websocket = true;
  c->reader = (net_ws_reader){.server = false, .max = max_message};
  return NET_OK;
}

/* ---- frames ---- */

net_result net_client_ws_send(net_client *c, tacet_span message,
                              uint32_t timeout_ms) {
  uint8_t mask[4];
  TACET_ASSERT(c->websocket);
  TACET_BUF(w, message.len + 16);
  if (RAND_bytes(mask, sizeof(mask)) != 1) {
    return NET_TLS;
  }
  net_ws_write(&w, NET_WS_BINARY, message, mask);
  net_result r = w.err == TACET_OK
                     ? dial_write(c, tacet_buf_span(&w), timeout_ms, NULL)
                     : NET_NO_MEMORY;
  if (r != NET_OK) {
    net_client_close(c);
  }
  return r;
}

/* A control frame leaves as soon as there is room; nobody waits for it, and it
 * never leaves by halves. */
static net_result send_control(net_client *c, int opcode, tacet_span payload) {
  uint8_t mask[4];
  TACET_BUF(w, payload.len + 16);
  if (RAND_bytes(mask, sizeof(mask)) != 1) {
    return NET_TLS;
  }
  net_ws_write(&w, opcode, payload, mask);
  if (w.err != TACET_OK) {
    return NET_NO_MEMORY;
  }
  if (c->out_at > 0) {
    size_t left = c->out.len - c->out_at;
    memmove(c->out.p, c->out.p + c->out_at, left);
    c->out.len = left;
    c->out_at = 0;
  }
  if (c->out.len + w.len > CLIENT_OUT_MAX) {
    return NET_OK; /* whoever does not read pongs needs none */
  }
  tacet_write_bytes(&c->out, tacet_buf_span(&w));
  return c->out.err == TACET_OK ? dial_flush(c) : NET_NO_MEMORY;
}

static void send_close(net_client *c, uint16_t code) {
  uint8_t body[2] = {(uint8_t)(code >> 8), (uint8_t)code};
  if (!c->close_sent) {
    c->close_sent = true;
    (void)send_control(c, NET_WS_CLOSE, tacet_span_of(body, 2));
  }
}

/* What one event of the reader means. TIMEOUT: nothing for the caller yet. */
static net_result take_event(net_client *c, net_ws_event e, tacet_span payload,
                             tacet_span *message, uint16_t *close_code) {
  switch (e) {
  case NET_WS_MESSAGE:
    *message = payload;
    return NET_OK;
  case NET_WS_GOT_PING: {
    net_result r = send_control(c, NET_WS_PONG, payload);
    return r == NET_OK ? NET_TIMEOUT : r;
  }
  case NET_WS_GOT_CLOSE:
    *close_code = c->reader.code;
    send_close(c, c->reader.code == 1005 ? NET_WS_NORMAL : c->reader.code);
    return NET_CLOSED;
  case NET_WS_ERROR:
    send_close(c, c->reader.code);
    return NET_PROTOCOL;
  case NET_WS_GOT_PONG:
  case NET_WS_MORE:
    break;
  }
  return NET_TIMEOUT;
}

/* The next message out of what was read; TIMEOUT: there is none. */
static net_result next_message(net_client *c, tacet_span *message,
                               uint16_t *close_code) {
  net_result r = NET_TIMEOUT;
  while (r == NET_TIMEOUT && dial_input(c).len > 0) {
    size_t used;
    tacet_span payload;
    net_ws_event e = net_ws_read(&c->reader, dial_input(c), &used, &payload);
    c->in_at += used;
    r = take_event(c, e, payload, message, close_code);
  }
  return r;
}

net_result net_client_ws_recv(net_client *c, uint32_t timeout_ms, int extra_fd,
                              bool *extra_ready, tacet_span *message,
                              uint16_t *close_code) {
  TACET_ASSERT(c->websocket);
  dial_wait w = dial_wait_ms(c, timeout_ms);
  w.extra_fd = extra_fd;
  *close_code = 1006;
  net_result r;
  for (;;) {
    r = next_message(c, message, close_code);
    if (r != NET_TIMEOUT) {
      break;
    }
    r = dial_read(c, &w);
    if (r != NET_OK) {
      break;
    }
  }
  if (extra_ready != NULL) {
    *extra_ready = w.extra_ready;
  }
  if (r != NET_OK && r != NET_TIMEOUT && r != NET_INTERRUPTED) {
    net_client_close(c);
  }
  return r;
}

/* ---- the end ---- */

void net_client_ws_close(net_client *c) {
  if (c->websocket && c->fd >= 0) {
    uint8_t mask[4] = {0};
    TACET_BUF(w, 16);
    net_ws_write_close(&w, NET_WS_NORMAL, mask);
    if (!c->close_sent && w.err == TACET_OK) {
      (void)dial_write(c, tacet_buf_span(&w), GOODBYE_MS, NULL);
    }
    if (c->ssl != NULL) {
      ERR_clear_error();
      (void)SSL_shutdown(c->ssl);
      ERR_clear_error();
    }
  }
  net_client_close(c);
}
