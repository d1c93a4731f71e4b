/* SPDX-License-Identifier: Apache-2.0
 * The token: frames in, frames out. */
#include "tests/token/soft_token.h"

#include "tacet/codec/cbor.h"
#include "tacet/crypto.h"
#include "tests/token/soft_pin.h"

#include <fido.h>
#include <fido/err.h>
#include <stdlib.h>
#include <string.h>

enum {
  CMD_INIT = 0x06,
  CMD_CBOR = 0x10,
  CBOR_MAKE = 0x01,
  CBOR_ASSERT = 0x02,
  CBOR_INFO = 0x04,
  CBOR_PIN = 0x06,
  ANSWER_MAX = 2048,
  PARAMETERS = 16
};

soft_token soft;
static uint8_t answer[ANSWER_MAX];
static size_t answer_len;
static bool gone;

void soft_token_new(const char *pin) {
  memset(&soft, 0, sizeof(soft));
  soft.n_plugged = 1;
  soft.retries = 8;
  memcpy(soft.pin, pin, strlen(pin) + 1);
}

/* ---- reading what was asked ---- */

typedef struct request {
  tacet_span at[PARAMETERS]; /* by number; empty: not there */
} request;

static bool read_request(tacet_span in, request *out) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(in, &err);
  *out = (request){.at = {{NULL, 0}}};
  size_t n = in.len > 0 ? tacet_cbor_read_map(&r, PARAMETERS) : 0;
  for (size_t i = 0; i < n && err == TACET_OK; i++) {
    uint64_t key = tacet_cbor_read_uint(&r);
    tacet_span value = tacet_cbor_read_any(&r);
    if (err == TACET_OK && key < PARAMETERS) {
      out->at[key] = value;
    }
  }
  return err == TACET_OK;
}

static tacet_span bytes_of(tacet_span item) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(item, &err);
  tacet_span b = tacet_cbor_read_bytes(&r);
  return err == TACET_OK ? b : TACET_SPAN_EMPTY;
}

static tacet_span text_of(tacet_span item) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(item, &err);
  tacet_span b = tacet_cbor_read_text(&r);
  return err == TACET_OK ? b : TACET_SPAN_EMPTY;
}

/* The member of a map with names. */
static tacet_span member(tacet_span map, const char *name) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(map, &err);
  size_t n = map.len > 0 ? tacet_cbor_read_map(&r, 16) : 0;
  for (size_t i = 0; i < n && err == TACET_OK; i++) {
    tacet_span key = tacet_cbor_read_text(&r);
    tacet_span value = tacet_cbor_read_any(&r);
    if (err == TACET_OK && tacet_span_equal(key, tacet_span_str(name))) {
      return value;
    }
  }
  return TACET_SPAN_EMPTY;
}

static tacet_span first_of(tacet_span array) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(array, &err);
  size_t n = array.len > 0 ? tacet_cbor_read_array(&r, 16) : 0;
  tacet_span item = n > 0 ? tacet_cbor_read_any(&r) : TACET_SPAN_EMPTY;
  return err == TACET_OK ? item : TACET_SPAN_EMPTY;
}

/* ---- answers ---- */

static void answer_status(uint8_t status) {
  answer[0] = status;
  answer_len = 1;
}

static void answer_with(tacet_buf *w) {
  tacet_span out;
  if (tacet_buf_done(w, &out) != TACET_OK || out.len + 1 > ANSWER_MAX) {
    abort();
  }
  answer_status(FIDO_OK);
  memcpy(answer + 1, out.p, out.len);
  answer_len += out.len;
}

static void answer_info(void) {
  static const uint8_t aaguid[16] = {'t', 'a', 'c', 'e', 't'};
  bool uv = soft.mood == SOFT_SELF_SERVICE;
  TACET_BUF(w, ANSWER_MAX);
  tacet_cbor_write_map(&w, 4);
  tacet_cbor_write_uint(&w, 1);
  tacet_cbor_write_array(&w, 1);
  tacet_cbor_write_text(&w, TACET_SPAN_LIT("FIDO_2_0"));
  tacet_cbor_write_uint(&w, 3);
  tacet_cbor_write_bytes(&w, tacet_span_of(aaguid, sizeof(aaguid)));
  tacet_cbor_write_uint(&w, 4);
  tacet_cbor_write_map(&w, uv ? 3 : 2);
  tacet_cbor_write_text(&w, TACET_SPAN_LIT("up"));
  tacet_cbor_write_bool(&w, true);
  if (uv) {
    tacet_cbor_write_text(&w, TACET_SPAN_LIT("uv"));
    tacet_cbor_write_bool(&w, true);
  }
  tacet_cbor_write_text(&w, TACET_SPAN_LIT("clientPin"));
  tacet_cbor_write_bool(&w, soft.pin[0] != '\0');
  tacet_cbor_write_uint(&w, 6);
  tacet_cbor_write_array(&w, 1);
  tacet_cbor_write_uint(&w, 1);
  answer_with(&w);
}

/* ---- the finger ---- */

/* False after having answered. */
static bool is_touched(void) {
  if (soft.mood == SOFT_UNTOUCHED) {
    answer_status(FIDO_ERR_USER_ACTION_TIMEOUT);
  } else if (soft.mood == SOFT_DENIED) {
    answer_status(FIDO_ERR_OPERATION_DENIED);
  } else if (soft.mood == SOFT_UNPLUGGED) {
    gone = true;
  } else {
    soft.touches++;
    return true;
  }
  return false;
}

/* Flags by what was asked and given; 0 after having answered. */
static uint8_t flags_of(tacet_span client_hash, tacet_span pin_auth,
                        tacet_span options, bool pin_needed) {
  tacet_span uv = member(options, "uv");
  bool wants_uv = uv.len == 1 && uv.p[0] == 0xf5; /* true */
  if (wants_uv && soft.mood == SOFT_SELF_SERVICE) {
    return DESK_FLAG_PRESENT | DESK_FLAG_VERIFIED;
  }
  if (pin_auth.len > 0) {
    if (soft_pin_fits(client_hash, pin_auth)) {
      return DESK_FLAG_PRESENT | DESK_FLAG_VERIFIED;
    }
    answer_status(FIDO_ERR_PIN_AUTH_INVALID);
    return 0;
  }
  if (soft.pin[0] != '\0' && pin_needed) {
    answer_status(FIDO_ERR_PIN_REQUIRED);
    return 0;
  }
  return DESK_FLAG_PRESENT;
}

static void write_counter(tacet_buf *w) {
  soft.counter += soft.mood == SOFT_COUNTS_BACK ? (uint32_t)-1 : 1;
  tacet_write_u32(w, soft.counter);
}

/* ---- a new credential ---- */

/* The first of the algorithms that it has: -8, or -7. */
static bool choose(tacet_span list, bool *eddsa) {
  tacet_span alg = member(first_of(list), "alg");
  bool ed = alg.len == 1 && alg.p[0] == 0x27,
       es = alg.len == 1 && alg.p[0] == 0x26;
  *eddsa = ed;
  return soft.mood != SOFT_NO_ALGORITHM &&
         (es || (ed && soft.mood != SOFT_NO_EDDSA));
}

static void write_cose(tacet_buf *w, const soft_credential *c) {
  tacet_cbor_write_map(w, c->eddsa ? 4 : 5);
  tacet_cbor_write_uint(w, 1);
  tacet_cbor_write_uint(w, c->eddsa ? 1 : 2);
  tacet_cbor_write_uint(w, 3);
  tacet_write_u8(w, c->eddsa ? 0x27 : 0x26);
  tacet_write_u8(w, 0x20); /* -1 */
  tacet_cbor_write_uint(w, c->eddsa ? 6 : 1);
  tacet_write_u8(w, 0x21);
  tacet_cbor_write_bytes(w,
                         tacet_span_of(c->public_key + (c->eddsa ? 0 : 1), 32));
  if (!c->eddsa) {
    tacet_write_u8(w, 0x22);
    tacet_cbor_write_bytes(w, tacet_span_of(c->public_key + 33, 32));
  }
}

static soft_credential *new_credential(bool eddsa, tacet_span rp) {
  if (soft.n_credentials == 8) {
    abort();
  }
  soft_credential *c = &soft.credentials[soft.n_credentials++];
  const tacet_sig *s = eddsa ? &tacet_sig_ed25519 : &tacet_sig_p256;
  c->eddsa = eddsa;
  if (tacet_random(c->id, sizeof(c->id)) != TACET_OK ||
      s->generate(&c->private_key, c->public_key) != TACET_OK ||
      tacet_hash_one(&tacet_hash_sha256, rp, c->rp_hash) != TACET_OK) {
    abort();
  }
  return c;
}

static void answer_made(const soft_credential *c, uint8_t flags) {
  static const uint8_t aaguid[16] = {'t', 'a', 'c', 'e', 't'};
  TACET_BUF(data, 512);
  TACET_BUF(w, ANSWER_MAX);
  tacet_span all;
  tacet_write_bytes(&data, tacet_span_of(c->rp_hash, 32));
  tacet_write_u8(&data, flags | DESK_FLAG_CREDENTIAL);
  write_counter(&data);
  tacet_write_bytes(&data, tacet_span_of(aaguid, sizeof(aaguid)));
  tacet_write_u16(&data, sizeof(c->id));
  tacet_write_bytes(&data, tacet_span_of(c->id, sizeof(c->id)));
  write_cose(&data, c);
  if (tacet_buf_done(&data, &all) != TACET_OK) {
    abort();
  }
  tacet_cbor_write_map(&w, 3);
  tacet_cbor_write_uint(&w, 1);
  tacet_cbor_write_text(&w, TACET_SPAN_LIT("none"));
  tacet_cbor_write_uint(&w, 2);
  tacet_cbor_write_bytes(&w, all);
  tacet_cbor_write_uint(&w, 3);
  tacet_cbor_write_map(&w, 0);
  answer_with(&w);
}

static void make(const request *q) {
  bool eddsa;
  if (!choose(q->at[4], &eddsa)) {
    answer_status(FIDO_ERR_UNSUPPORTED_ALGORITHM);
    return;
  }
  uint8_t flags =
      flags_of(bytes_of(q->at[1]), bytes_of(q->at[8]), q->at[7], true);
  if (flags != 0 && is_touched()) {
    answer_made(new_credential(eddsa, text_of(member(q->at[2], "id"))), flags);
  }
}

/* ---- a signature ---- */

static const soft_credential *find(tacet_span id, tacet_span rp) {
  uint8_t hash[32];
  if (tacet_hash_one(&tacet_hash_sha256, rp, hash) != TACET_OK) {
    abort();
  }
  for (size_t i = 0; i < soft.n_credentials; i++) {
    const soft_credential *c = &soft.credentials[i];
    if (tacet_span_equal(id, tacet_span_of(c->id, sizeof(c->id))) &&
        memcmp(c->rp_hash, hash, 32) == 0) {
      return c;
    }
  }
  return NULL;
}

static void write_data(tacet_buf *w, const soft_credential *c, uint8_t flags) {
  tacet_write_bytes(w, tacet_span_of(c->rp_hash, 32));
  w->p[0] ^= soft.mood == SOFT_OTHER_PARTY ? 1 : 0;
  if (soft.mood == SOFT_NOBODY) {
    flags &= (uint8_t)~DESK_FLAG_PRESENT;
  }
  if (soft.mood == SOFT_UNVERIFIED) {
    flags &= (uint8_t)~DESK_FLAG_VERIFIED;
  }
  if (soft.mood == SOFT_EXTENSION) {
    flags |= DESK_FLAG_EXTENSIONS;
  }
  tacet_write_u8(w, flags);
  write_counter(w);
  if (soft.mood == SOFT_EXTENSION) {
    tacet_cbor_write_map(w, 1);
    tacet_cbor_write_text(w, TACET_SPAN_LIT("credProtect"));
    tacet_cbor_write_uint(w, 1);
  }
}

/* data || signature into `last`. */
static void sign(const soft_credential *c, tacet_span client_hash,
                 uint8_t flags) {
  TACET_BUF(w, sizeof(soft.last));
  tacet_span all;
  uint8_t sig[TACET_SIG_MAX];
  size_t len = 0;
  write_data(&w, c, flags);
  size_t data_len = w.len;
  tacet_write_bytes(&w, client_hash);
  if (soft.mood == SOFT_OTHER_ACT) {
    w.p[data_len] ^= 1;
  }
  if (soft.mood == SOFT_OTHER_KEY) {
    c = new_credential(c->eddsa, TACET_SPAN_LIT("another"));
    soft.n_credentials--;
  }
  const tacet_sig *s = c->eddsa ? &tacet_sig_ed25519 : &tacet_sig_p256;
  if (tacet_buf_done(&w, &all) != TACET_OK ||
      s->sign(tacet_secret_span(&c->private_key), all, sig, &len) != TACET_OK) {
    abort();
  }
  memcpy(soft.last, all.p, data_len);
  memcpy(soft.last + data_len, sig, len);
  soft.last_data = data_len;
  soft.last_len = data_len + len;
}

static void answer_signed(const soft_credential *c) {
  TACET_BUF(w, ANSWER_MAX);
  tacet_cbor_write_map(&w, 3);
  tacet_cbor_write_uint(&w, 1);
  tacet_cbor_write_map(&w, 2);
  tacet_cbor_write_text(&w, TACET_SPAN_LIT("id"));
  tacet_cbor_write_bytes(&w, tacet_span_of(c->id, sizeof(c->id)));
  tacet_cbor_write_text(&w, TACET_SPAN_LIT("type"));
  tacet_cbor_write_text(&w, TACET_SPAN_LIT("public-key"));
  tacet_cbor_write_uint(&w, 2);
  tacet_cbor_write_bytes(&w, tacet_span_of(soft.last, soft.last_data));
  tacet_cbor_write_uint(&w, 3);
  tacet_cbor_write_bytes(&w, tacet_span_of(soft.last + soft.last_data,
                                           soft.last_len - soft.last_data));
  answer_with(&w);
}

static void assert_(const request *q) {
  const soft_credential *c =
      find(bytes_of(member(first_of(q->at[3]), "id")), text_of(q->at[1]));
  tacet_span client_hash = bytes_of(q->at[2]);
  if (c == NULL) {
    answer_status(FIDO_ERR_NO_CREDENTIALS);
    return;
  }
  uint8_t flags = flags_of(client_hash, bytes_of(q->at[6]), q->at[5], false);
  if (flags == 0 || !is_touched()) {
    return;
  }
  if (soft.mood != SOFT_REPLAY || soft.last_len == 0) {
    sign(c, client_hash, flags);
  }
  answer_signed(c);
}

/* ---- the PIN ---- */

static void pin(const request *q) {
  TACET_BUF(w, ANSWER_MAX);
  uint8_t sub = q->at[2].len == 1 ? q->at[2].p[0] : 0;
  uint8_t status = FIDO_ERR_INVALID_COMMAND;
  if (sub == 1) {
    tacet_cbor_write_map(&w, 1);
    tacet_cbor_write_uint(&w, 3);
    tacet_cbor_write_uint(&w, (uint64_t)soft.retries);
    status = FIDO_OK;
  } else if (sub == 2) {
    status = soft_pin_agree(&w);
  } else if (sub == 5) {
    status = soft_pin_token(q->at[3], bytes_of(q->at[6]), &w);
  }
  if (status == FIDO_OK) {
    answer_with(&w);
  } else {
    answer_status(status);
  }
}

/* ---- the transport ---- */

static void *port_open(const char *path) {
  (void)path;
  gone = false;
  return &soft;
}

static void port_close(void *handle) {
  (void)handle;
}

/* Frames go by the transport; libfido2 wants these to be there. */
static int no_read(void *handle, unsigned char *buf, size_t len, int ms) {
  (void)handle, (void)buf, (void)len, (void)ms;
  return -1;
}

static int no_write(void *handle, const unsigned char *buf, size_t len) {
  (void)handle, (void)buf, (void)len;
  return -1;
}

static void answer_init(tacet_span nonce) {
  static const uint8_t rest[9] = {0, 0, 0, 1, 2, 1, 0, 0, 0x04}; /* CBOR */
  memcpy(answer, nonce.p, 8);
  memcpy(answer + 8, rest, sizeof(rest));
  answer_len = 8 + sizeof(rest);
}

static void answer_cbor(tacet_span frame) {
  request q;
  if (frame.len == 0 ||
      !read_request(tacet_span_of(frame.p + 1, frame.len - 1), &q)) {
    answer_status(FIDO_ERR_INVALID_CBOR);
  } else if (frame.p[0] == CBOR_INFO) {
    answer_info();
  } else if (soft.mood == SOFT_NO_CBOR) {
    memset(answer, 0, 12);
    memset(answer + 1, 0xff, 11);
    answer_len = 12;
  } else if (frame.p[0] == CBOR_MAKE) {
    make(&q);
  } else if (frame.p[0] == CBOR_ASSERT) {
    assert_(&q);
  } else if (frame.p[0] == CBOR_PIN) {
    pin(&q);
  } else {
    answer_status(FIDO_ERR_INVALID_COMMAND);
  }
}

static int port_tx(struct fido_dev *dev, uint8_t cmd, const unsigned char *buf,
                   size_t len) {
  (void)dev;
  tacet_span frame = tacet_span_of(buf, len);
  if (gone) {
    return -1;
  }
  if (cmd == CMD_INIT && len == 8) {
    answer_init(frame);
  } else if (cmd == CMD_CBOR) {
    answer_cbor(frame);
  } else {
    return -1;
  }
  return (int)len;
}

static int port_rx(struct fido_dev *dev, uint8_t cmd, unsigned char *buf,
                   size_t len, int ms) {
  (void)dev, (void)cmd, (void)ms;
  soft.answers++;
  if (gone || soft.answers == soft.fails_at || answer_len > len) {
    gone = true;
    return -1;
  }
  if (soft.answers == soft.garbles_at && soft.garble_at < answer_len) {
    answer[soft.garble_at] ^= 1;
  }
  memcpy(buf, answer, answer_len);
  soft.longest = answer_len > soft.longest ? answer_len : soft.longest;
  return (int)answer_len;
}

/* ---- the ports ---- */

static int soft_list(char paths[DESK_DEVICES_MAX][DESK_DEVICE_PATH],
                     size_t *n) {
  *n = soft.n_plugged;
  for (size_t i = 0; i < *n; i++) {
    (void)snprintf(paths[i], DESK_DEVICE_PATH, "soft:%zu", i);
  }
  return FIDO_OK;
}

static int soft_open(const char *path, struct fido_dev **out) {
  static const fido_dev_io_t io = {port_open, port_close, no_read, no_write};
  static const fido_dev_transport_t transport = {port_rx, port_tx};
  fido_init(FIDO_DISABLE_U2F_FALLBACK);
  if (strncmp(path, "soft:", 5) != 0) {
    return FIDO_ERR_INTERNAL;
  }
  fido_dev_t *dev = fido_dev_new();
  int e = dev == NULL ? FIDO_ERR_INTERNAL : FIDO_OK;
  if (e == FIDO_OK) {
    e = fido_dev_set_io_functions(dev, &io);
  }
  if (e == FIDO_OK) {
    e = fido_dev_set_transport_functions(dev, &transport);
  }
  if (e == FIDO_OK) {
    e = fido_dev_open(dev, path);
  }
  if (e != FIDO_OK) {
    fido_dev_free(&dev);
    return e;
  }
  *out = dev;
  return FIDO_OK;
}

const desk_ports soft_ports = {soft_list, soft_open};
