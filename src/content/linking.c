/* SPDX-License-Identifier: Apache-2.0
 * Linking: the code, the channel, the messages. */
#include "tacet/content/linking.h"

#include "tacet/content/envelope.h"
#include "tacet/crypto.h"

#define KEY_LEN 32
#define CODE_LEN 20 /* bytes behind the text */
#define N_LETTERS 32
#define GROUP 4
#define VERSION 1

static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* ---- the code ---- */

tacet_err tacet_linking_secret(const uint8_t device_id[16],
                               const uint8_t device_key[32],
                               const uint8_t salt[32],
                               uint8_t out[TACET_LINKING_SECRET_LEN]) {
  uint8_t hash[32];
  tacet_span parts[] = {TACET_SPAN_LIT("Tacet 1.0 linking code"),
                        {device_id, 16},
                        {device_key, 32},
                        {salt, 32}};
  TACET_TRY(tacet_hash_sha256.digest(parts, 4, hash));
  memcpy(out, hash, TACET_LINKING_SECRET_LEN);
  return TACET_OK;
}

static tacet_err code_bytes(const tacet_linking_code *code,
                            uint8_t out[CODE_LEN]) {
  uint8_t hash[32];
  memcpy(out, code->secret, sizeof(code->secret));
  out[16] = (uint8_t)(code->minute >> 8);
  out[17] = (uint8_t)code->minute;
  tacet_span parts[] = {TACET_SPAN_LIT("Tacet 1.0 linking check"), {out, 18}};
  TACET_TRY(tacet_hash_sha256.digest(parts, 2, hash));
  memcpy(out + 18, hash, 2);
  return TACET_OK;
}

tacet_err tacet_linking_code_write(const tacet_linking_code *code,
                                   char out[TACET_LINKING_TEXT_LEN + 1]) {
  uint8_t b[CODE_LEN];
  TACET_TRY(code_bytes(code, b));
  size_t n = 0;
  for (size_t i = 0; i < N_LETTERS; i++) {
    if (i > 0 && i % GROUP == 0) {
      out[n++] = '-';
    }
    size_t bit = 5 * i; /* five bits lie in at most two bytes */
    unsigned two = (unsigned)b[bit / 8] << 8 |
                   (bit / 8 + 1 < CODE_LEN ? b[bit / 8 + 1] : 0);
    out[n++] = letters[two >> (11 - bit % 8) & 31];
  }
  out[n] = '\0';
  tacet_wipe(b, sizeof(b));
  return TACET_OK;
}

/* -1: no letter of the alphabet. */
static int value_of(uint8_t c) {
  if (c >= 'a' && c <= 'z') {
    c = (uint8_t)(c - 'a' + 'A');
  }
  c = c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
  for (int i = 0; i < N_LETTERS; i++) {
    if ((uint8_t)letters[i] == c) {
      return i;
    }
  }
  return -1;
}

tacet_err tacet_linking_code_read(tacet_span text, tacet_linking_code *out) {
  uint8_t b[CODE_LEN] = {0}, right[CODE_LEN];
  size_t n = 0;
  for (size_t i = 0; i < text.len; i++) {
    if (text.p[i] == '-' || text.p[i] == ' ') {
      continue;
    }
    int v = value_of(text.p[i]);
    if (v < 0 || n == N_LETTERS) {
      return TACET_ERR_ENCODING;
    }
    unsigned two = (unsigned)v << (11 - 5 * n % 8);
    b[5 * n / 8] |= (uint8_t)(two >> 8);
    if (5 * n / 8 + 1 < CODE_LEN) {
      b[5 * n / 8 + 1] |= (uint8_t)two;
    }
    n++;
  }
  tacet_linking_code code = {.minute = (uint16_t)(b[16] << 8 | b[17])};
  memcpy(code.secret, b, sizeof(code.secret));
  TACET_TRY(code_bytes(&code, right));
  if (n != N_LETTERS || memcmp(b, right, sizeof(b)) != 0) {
    return TACET_ERR_ENCODING;
  }
  *out = code;
  return TACET_OK;
}

int tacet_linking_code_age(const tacet_linking_code *code, uint64_t now) {
  uint16_t age = (uint16_t)((uint16_t)(now / 60) - code->minute);
  return age < 0x8000 ? age : (int)age - 0x10000;
}

/* ---- the channel ---- */

static tacet_err derive(const tacet_linking_code *code, tacet_span label,
                        tacet_linking_step step, uint8_t out[KEY_LEN]) {
  TACET_SECRET(prk);
  TACET_BUF(info, 16);
  tacet_write_bytes(&info, label);
  tacet_write_u8(&info, (uint8_t)step);
  TACET_TRY(info.err);
  TACET_TRY(tacet_hkdf_extract(
      &tacet_hash_sha256, TACET_SPAN_LIT("Tacet 1.0 linking"),
      tacet_span_of(code->secret, sizeof(code->secret)), &prk));
  return tacet_hkdf_expand(&tacet_hash_sha256, tacet_secret_span(&prk),
                           tacet_buf_span(&info), KEY_LEN, out);
}

tacet_err tacet_linking_slot(const tacet_linking_code *code,
                             tacet_linking_step step, uint8_t out[32]) {
  return derive(code, TACET_SPAN_LIT("slot"), step, out);
}

tacet_err tacet_linking_seal(const tacet_linking_code *code,
                             tacet_linking_step step, tacet_span body,
                             tacet_buf *out) {
  uint8_t key[KEY_LEN];
  TACET_TRY(derive(code, TACET_SPAN_LIT("key"), step, key));
  tacet_err e = tacet_envelope_seal(tacet_span_of(key, sizeof(key)),
                                    TACET_ENVELOPE_LINKING, body, out);
  tacet_wipe(key, sizeof(key));
  return e;
}

tacet_err tacet_linking_open(const tacet_linking_code *code,
                             tacet_linking_step step, tacet_span in,
                             tacet_bytes *plain, tacet_span *body) {
  uint8_t key[KEY_LEN];
  tacet_envelope_type type;
  tacet_span inside;
  TACET_BYTES(opened);
  TACET_TRY(derive(code, TACET_SPAN_LIT("key"), step, key));
  tacet_err e = tacet_envelope_open(tacet_span_of(key, sizeof(key)), in,
                                    &opened, &type, &inside);
  tacet_wipe(key, sizeof(key));
  TACET_TRY(e);
  if (type != TACET_ENVELOPE_LINKING) {
    return TACET_ERR_UNKNOWN_TYPE;
  }
  tacet_bytes_free(plain);
  *plain = opened;
  opened = (tacet_bytes){NULL, 0};
  *body = inside;
  return TACET_OK;
}

/* ---- the messages ---- */

static void put(tacet_buf *w, const uint8_t *p, size_t n) {
  tacet_write_bytes(w, tacet_span_of(p, n));
}

void tacet_linking_offer_write(tacet_buf *w, const tacet_linking_offer *o) {
  tacet_write_u8(w, VERSION);
  tacet_write_vec(w, o->url);
  tacet_write_u8(w, o->has_pin);
  put(w, o->pin, sizeof(o->pin));
  tacet_write_vec(w, o->domain);
  tacet_write_vec(w, o->policy);
  tacet_write_vec(w, o->handle);
  put(w, o->account, sizeof(o->account));
  put(w, o->mailbox, sizeof(o->mailbox));
  put(w, o->capability, sizeof(o->capability));
}

tacet_err tacet_linking_offer_parse(tacet_span in, tacet_linking_offer *out) {
  static const uint8_t none[32];
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(in, &err);
  tacet_linking_offer o;
  if (tacet_read_u8(&r) != VERSION) {
    tacet_read_fail(&r, TACET_ERR_UNKNOWN_TYPE);
  }
  o.url = tacet_read_vec_max(&r, TACET_LINKING_URL_MAX);
  uint8_t has_pin = tacet_read_u8(&r);
  tacet_read_copy(&r, o.pin, sizeof(o.pin));
  o.domain = tacet_read_vec_max(&r, TACET_LINKING_URL_MAX);
  o.policy = tacet_read_vec_max(&r, TACET_LINKING_POLICY_MAX);
  o.handle = tacet_read_vec_max(&r, TACET_LINKING_URL_MAX);
  tacet_read_copy(&r, o.account, sizeof(o.account));
  tacet_read_copy(&r, o.mailbox, sizeof(o.mailbox));
  tacet_read_copy(&r, o.capability, sizeof(o.capability));
  tacet_read_end(&r);
  TACET_TRY(err);
  if (has_pin > 1 ||
      (has_pin == 0 && memcmp(o.pin, none, sizeof(none)) != 0)) {
    return TACET_ERR_ENCODING;
  }
  o.has_pin = has_pin == 1;
  *out = o;
  return TACET_OK;
}

void tacet_linking_hello_write(tacet_buf *w, const tacet_linking_hello *h) {
  put(w, h->device, sizeof(h->device));
  put(w, h->device_key, sizeof(h->device_key));
  put(w, h->salt, sizeof(h->salt));
  tacet_write_vec(w, h->name);
}

tacet_err tacet_linking_hello_parse(tacet_span in, tacet_linking_hello *out) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(in, &err);
  tacet_linking_hello h;
  tacet_read_copy(&r, h.device, sizeof(h.device));
  tacet_read_copy(&r, h.device_key, sizeof(h.device_key));
  tacet_read_copy(&r, h.salt, sizeof(h.salt));
  h.name = tacet_read_vec_max(&r, TACET_LINKING_NAME_MAX);
  tacet_read_end(&r);
  TACET_TRY(err);
  *out = h;
  return TACET_OK;
}

void tacet_linking_outcome_write(tacet_buf *w, const tacet_linking_outcome *o) {
  tacet_write_u8(w, o->added ? 0 : 1);
  tacet_write_u32(w, o->number);
  put(w, o->hash, sizeof(o->hash));
  tacet_write_vec(w, o->tokens[0]);
  tacet_write_vec(w, o->tokens[1]);
}

tacet_err tacet_linking_outcome_parse(tacet_span in,
                                      tacet_linking_outcome *out) {
  const size_t max = (size_t)TACET_LINKING_TOKENS_MAX * TACET_LINKING_TOKEN_LEN;
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(in, &err);
  tacet_linking_outcome o;
  uint8_t result = tacet_read_u8(&r);
  o.number = tacet_read_u32(&r);
  tacet_read_copy(&r, o.hash, sizeof(o.hash));
  o.tokens[0] = tacet_read_vec_max(&r, max);
  o.tokens[1] = tacet_read_vec_max(&r, max);
  tacet_read_end(&r);
  TACET_TRY(err);
  if (result > 1 || o.tokens[0].len % TACET_LINKING_TOKEN_LEN != 0 ||
      o.tokens[1].len % TACET_LINKING_TOKEN_LEN != 0) {
    return TACET_ERR_ENCODING;
  }
  o.added = result == 0;
  *out = o;
  return TACET_OK;
}
