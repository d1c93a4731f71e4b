/* SPDX-License-Identifier: Apache-2.0
 * Handles, codes and names. */
#include "client/names.h"

#include <stdio.h>

#include "tacet/codec.h"
#include "tacet/content/room.h"
#include "tacet/crypto.h"
#include "tacet/keytrans/manifest.h"

/* ---- handles ---- */

static bool is_punctuation(char c) {
  return c == '.' || c == '_' || c == '-';
}

static bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_local(const char *p, size_t len) {
  if (len == 0 || len > CLIENT_HANDLE_LOCAL_MAX || is_punctuation(p[0]) ||
      is_punctuation(p[len - 1])) {
    return false;
  }
  for (size_t i = 0; i < len; i++) {
    if (!is_letter(p[i]) && !is_punctuation(p[i])) {
      return false;
    }
  }
  return true;
}

static bool is_domain(const char *p, size_t len) {
  if (len == 0 || len > 253) {
    return false;
  }
  for (size_t i = 0; i < len; i++) {
    if (!is_letter(p[i]) && p[i] != '.' && p[i] != '-' && p[i] != ':' &&
        p[i] != '[' && p[i] != ']') {
      return false;
    }
  }
  return true;
}

tacet_err client_handle_read(const char *text, const char *own_domain,
                             client_mem *mem, const char **out) {
  size_t len = strlen(text);
  if (len > 512) {
    return TACET_ERR_ENCODING;
  }
  char folded[513];
  for (size_t i = 0; i <= len; i++) {
    char c = text[i];
    folded[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
  }
  const char *at = strchr(folded, '@');
  size_t local = at != NULL ? (size_t)(at - folded) : len;
  if (!is_local(folded, local) ||
      (at != NULL && !is_domain(at + 1, len - local - 1))) {
    return TACET_ERR_ENCODING;
  }
  return client_mem_printf(mem, out, "%.*s@%s", (int)local, folded,
                           at != NULL ? at + 1 : own_domain);
}

tacet_err client_handle_local(const char *handle, client_mem *mem,
                              const char **out) {
  const char *at = strchr(handle, '@');
  size_t len = at != NULL ? (size_t)(at - handle) : strlen(handle);
  return client_mem_text(mem, tacet_span_of(handle, len), out);
}

bool client_handle_in(const char *handle, const char *domain) {
  const char *at = strchr(handle, '@');
  return at != NULL && strcmp(at + 1, domain) == 0;
}

/* ---- text ---- */

bool client_is_name(tacet_span text, size_t max) {
  if (text.len == 0 || text.len > max || !tacet_is_utf8(text)) {
    return false;
  }
  for (size_t i = 0; i < text.len; i++) {
    bool c1 = text.p[i] == 0xc2 && text.p[i + 1] < 0xa0; /* U+0080..9F */
    if (text.p[i] < 0x20 || text.p[i] == 0x7f || c1) {
      return false;
    }
  }
  return true;
}

tacet_err client_file_name(tacet_span name, client_mem *mem, const char **out) {
  char safe[201];
  size_t n = 0;
  for (size_t i = 0; i < name.len;) {
    size_t step = tacet_utf8_at(name.p + i, name.len - i);
    bool bad = step == 0 || name.p[i] < 0x20 || name.p[i] == 0x7f ||
               name.p[i] == '/' || name.p[i] == '\\' || name.p[i] == ':' ||
               (name.p[i] == '.' && n == 0) ||
               (step == 2 && name.p[i] == 0xc2 && name.p[i + 1] < 0xa0);
    if (!bad) {
      if (n + step > sizeof(safe) - 1) {
        break;
      }
      memcpy(safe + n, name.p + i, step);
      n += step;
    }
    i += step == 0 ? 1 : step;
  }
  if (n == 0) {
    return client_mem_text(mem, TACET_SPAN_LIT("file"), out);
  }
  return client_mem_text(mem, tacet_span_of(safe, n), out);
}

/* ---- two accounts ---- */

tacet_err client_pair_id(tacet_span a, tacet_span b,
                         uint8_t out[CLIENT_ID_LEN]) {
  return a.len != CLIENT_ID_LEN || b.len != CLIENT_ID_LEN
             ? TACET_ERR_ARGUMENT
             : tacet_conversation_pair(a.p, b.p, out);
}

/* What a QR code holds: more than the digits, over the same two ids. */
static tacet_err qr_hash(tacet_span a, tacet_span b, uint8_t out[32]) {
  bool swap = tacet_span_compare(a, b) > 0;
  tacet_span parts[3] = {TACET_SPAN_LIT("Tacet 1.0 safety QR"), swap ? b : a,
                         swap ? a : b};
  return tacet_hash_sha256.digest(parts, 3, out);
}

tacet_err client_code_of(tacet_span a, tacet_span b, client_code *out) {
  if (a.len != CLIENT_ID_LEN || b.len != CLIENT_ID_LEN) {
    return TACET_ERR_ARGUMENT;
  }
  char digits[TACET_SAFETY_DIGITS + 1];
  TACET_TRY(tacet_safety_code(a.p, b.p, digits));
  client_code code = {.trust = out->trust};
  for (size_t i = 0, n = 0; i < TACET_SAFETY_DIGITS; i++) {
    if (i > 0 && i % 5 == 0) {
      code.digits[n++] = ' ';
    }
    code.digits[n++] = digits[i];
  }
  char text[TACET_BASE64_LEN(32) + 1];
  uint8_t full[32];
  TACET_TRY(qr_hash(a, b, full));
  tacet_base64url_write(tacet_span_of(full, sizeof(full)), text);
  (void)snprintf(code.qr_text, sizeof(code.qr_text), "tacet-code:%s", text);
  *out = code;
  return TACET_OK;
}

bool client_code_matches(const client_code *code, const char *text) {
  if (strcmp(text, code->qr_text) == 0) {
    return true;
  }
  const char *want = code->digits;
  for (;; text++) {
    while (*want == ' ') {
      want++;
    }
    if (*text == ' ' || *text == '-' || *text == '\n') {
      continue;
    }
    if (*text != *want) {
      return false;
    }
    if (*text == '\0') {
      return true;
    }
    want++;
  }
}
