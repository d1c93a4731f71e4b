/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ws.h"

#include <openssl/evp.h>

tacet_err net_ws_accept_key(tacet_span key, char out[29]) {
  static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  uint8_t text[128], digest[EVP_MAX_MD_SIZE];
  unsigned len;
  if (key.len + sizeof(guid) > sizeof(text)) {
    return TACET_ERR_LIMIT;
  }
  memcpy(text, key.p, key.len);
  memcpy(text + key.len, guid, sizeof(guid) - 1);
  if (EVP_Digest(text, key.len + sizeof(guid) - 1, digest, &len, EVP_sha1(),
                 NULL) != 1) {
    return TACET_ERR_PROVIDER;
  }
  EVP_EncodeBlock((unsigned char *)out, digest, 20);
  return TACET_OK;
}

void net_ws_reader_free(net_ws_reader *r) {
  tacet_buf_free(&r->body);
}

static net_ws_event fail(net_ws_reader *r, uint16_t code) {
  r->code = code;
  return NET_WS_ERROR;
}

static int opcode(const net_ws_reader *r) {
  return r->head[0] & 15;
}
static bool is_control(const net_ws_reader *r) {
  return opcode(r) >= 8;
}
static bool is_final(const net_ws_reader *r) {
  return (r->head[0] & 0x80) != 0;
}

/* How long the head under way is, as far as its first two bytes say. */
static size_t head_length(const net_ws_reader *r) {
  size_t n = 2 + ((r->head[1] & 0x80) != 0 ? 4u : 0u);
  uint8_t len = r->head[1] & 0x7f;
  return n + (len == 126 ? 2u : len == 127 ? 8u : 0u);
}

static uint64_t payload_length(const net_ws_reader *r) {
  uint8_t len = r->head[1] & 0x7f;
  size_t n = len == 126 ? 2 : len == 127 ? 8 : 0;
  uint64_t v = n == 0 ? len : 0;
  for (size_t i = 0; i < n; i++) {
    v = v << 8 | r->head[2 + i];
  }
  return v;
}

/* RFC 6455 5.2 and 5.4. 0 if the head is acceptable, else the close code. */
static uint16_t check_head(net_ws_reader *r) {
  uint64_t len = payload_length(r);
  uint8_t form = r->head[1] & 0x7f;
  int op = opcode(r);
  if ((r->head[0] & 0x70) != 0 || ((r->head[1] & 0x80) != 0) != r->server ||
      (form == 126 && len < 126) || (form == 127 && len < 65536)) {
    return NET_WS_PROTOCOL_ERROR;
  }
  if (is_control(r)) {
    bool known = op == NET_WS_CLOSE || op == NET_WS_PING || op == NET_WS_PONG;
    return known && is_final(r) && len <= 125 ? 0 : NET_WS_PROTOCOL_ERROR;
  }
  if (op == 1) {
    return NET_WS_UNSUPPORTED;
  }
  if (op > NET_WS_BINARY || (op == NET_WS_CONTINUATION) != r->in_message) {
    return NET_WS_PROTOCOL_ERROR;
  }
  return len > r->max - r->body.len ? NET_WS_TOO_BIG : 0;
}

/* XORs with the mask, whose first byte belongs to payload byte 0 and p[0] is
 * byte `offset`. Eight bytes at a time: it is most of what a frame costs. */
static void apply_mask(const uint8_t *mask, uint64_t offset, uint8_t *p,
                       size_t n) {
  uint8_t turned[8];
  uint64_t word, m;
  for (size_t i = 0; i < sizeof(turned); i++) {
    turned[i] = mask[(offset + i) & 3];
  }
  memcpy(&m, turned, sizeof(m));
  for (; n >= sizeof(word); n -= sizeof(word), p += sizeof(word)) {
    memcpy(&word, p, sizeof(word));
    word ^= m;
    memcpy(p, &word, sizeof(word));
  }
  for (size_t i = 0; i < n; i++) {
    p[i] ^= turned[i];
  }
}

static void unmask(const net_ws_reader *r, uint8_t *p, size_t n) {
  if (r->server) {
    apply_mask(r->head + head_length(r) - 4, r->offset, p, n);
  }
}

/* Copies n bytes of payload to where they belong. False: no memory. */
static bool take_payload(net_ws_reader *r, const uint8_t *p, size_t n) {
  uint8_t *to = r->control + r->n_control;
  if (n == 0) {
    return true;
  }
  if (is_control(r)) {
    r->n_control += n;
  } else {
    to = tacet_write_space(&r->body, n);
    if (to == NULL) {
      return false;
    }
  }
  memcpy(to, p, n);
  unmask(r, to, n);
  r->offset += n;
  r->left -= n;
  return true;
}

/* RFC 6455 7.4: the codes that may stand in a frame. */
static bool may_be_said(uint16_t code) {
  return code >= 1000 && code <= 4999 && (code < 1004 || code > 1006) &&
         code != 1015;
}

static net_ws_event end_of_frame(net_ws_reader *r, tacet_span *payload) {
  r->n_head = 0;
  r->in_payload = false;
  if (!is_control(r)) {
    r->in_message = !is_final(r);
    if (r->in_message) {
      return NET_WS_MORE;
    }
    *payload = tacet_buf_span(&r->body);
    return NET_WS_MESSAGE;
  }
  *payload = (tacet_span){r->control, r->n_control};
  if (opcode(r) != NET_WS_CLOSE) {
    return opcode(r) == NET_WS_PING ? NET_WS_GOT_PING : NET_WS_GOT_PONG;
  }
  uint16_t code = 1005;
  if (r->n_control >= 2) {
    code = (uint16_t)(r->control[0] << 8 | r->control[1]);
  }
  if (r->n_control == 1 || (r->n_control >= 2 && !may_be_said(code))) {
    return fail(r, NET_WS_PROTOCOL_ERROR);
  }
  r->code = code;
  return NET_WS_GOT_CLOSE;
}

net_ws_event net_ws_read(net_ws_reader *r, tacet_span in, size_t *used,
                         tacet_span *payload) {
  *used = 0;
  *payload = TACET_SPAN_EMPTY;
  if (!r->in_message && !r->in_payload && r->n_head == 0) {
    tacet_buf_free(&r->body); /* the last message was looked at */
    r->body.max = r->max;
  }
  while (*used < in.len || (r->in_payload && r->left == 0)) {
    if (!r->in_payload) {
      r->head[r->n_head++] = in.p[(*used)++];
      if (r->n_head < 2 || r->n_head < head_length(r)) {
        continue;
      }
      uint16_t code = check_head(r);
      if (code != 0) {
        return fail(r, code);
      }
      r->left = payload_length(r);
      r->offset = 0;
      r->n_control = 0;
      r->in_payload = true;
    }
    size_t n = in.len - *used;
    n = n < r->left ? n : (size_t)r->left;
    if (!take_payload(r, in.p + *used, n)) {
      return fail(r, NET_WS_TRY_LATER);
    }
    *used += n;
    if (r->left == 0) {
      net_ws_event e = end_of_frame(r, payload);
      if (e != NET_WS_MORE) {
        return e;
      }
    }
  }
  return NET_WS_MORE;
}

void net_ws_write(tacet_buf *w, int op, tacet_span payload,
                  const uint8_t *mask) {
  uint8_t masked = mask == NULL ? 0 : 0x80;
  tacet_write_u8(w, (uint8_t)(0x80 | op));
  if (payload.len < 126) {
    tacet_write_u8(w, (uint8_t)(masked | payload.len));
  } else if (payload.len < 65536) {
    tacet_write_u8(w, masked | 126);
    tacet_write_u16(w, (uint16_t)payload.len);
  } else {
    tacet_write_u8(w, masked | 127);
    tacet_write_u64(w, payload.len);
  }
  if (mask != NULL) {
    tacet_write_bytes(w, (tacet_span){mask, 4});
  }
  tacet_write_bytes(w, payload);
  if (mask != NULL && w->err == TACET_OK) {
    apply_mask(mask, 0, w->p + w->len - payload.len, payload.len);
  }
}

void net_ws_write_close(tacet_buf *w, uint16_t code, const uint8_t *mask) {
  uint8_t body[2] = {(uint8_t)(code >> 8), (uint8_t)code};
  net_ws_write(w, NET_WS_CLOSE, (tacet_span){body, 2}, mask);
}
