/* SPDX-License-Identifier: Apache-2.0
 * Invite links. */
#include "tacet/wire/invite.h"

#include "tacet/codec.h"
#include "tacet/crypto.h"

#define VERSION 1
#define CHECK_LEN 4
#define INVITE_MAX 1536 /* the struct with everything at its longest */

static const char scheme[] = "https://";
static const char path[] = "/i#";

/* A host of letters, digits, dots, dashes and, for IPv6, colons and brackets:
 * nothing that could end the host early or hide another one. */
static bool url_is_valid(tacet_span url) {
  size_t start = sizeof(scheme) - 1;
  if (url.len <= start || url.len > TACET_INVITE_URL_MAX ||
      memcmp(url.p, scheme, start) != 0) {
    return false;
  }
  for (size_t i = start; i < url.len; i++) {
    uint8_t c = url.p[i];
    bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':' ||
              c == '[' || c == ']';
    if (!ok) {
      return false;
    }
  }
  return true;
}

static bool domain_is_valid(tacet_span d) {
  for (size_t i = 0; i < d.len; i++) {
    bool edge = i == 0 || i + 1 == d.len;
    uint8_t c = d.p[i];
    bool ok = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              (!edge && (c == '.' || c == '-'));
    if (!ok) {
      return false;
    }
  }
  return d.len > 0 && d.len <= TACET_INVITE_DOMAIN_MAX;
}

static tacet_err check_of(tacet_span body, tacet_span url, uint8_t *out) {
  uint8_t digest[TACET_HASH_MAX];
  const tacet_span parts[] = {body, url};
  TACET_TRY(tacet_hash_sha256.digest(parts, 2, digest));
  memcpy(out, digest, CHECK_LEN);
  return TACET_OK;
}

tacet_err tacet_invite_write(const tacet_invite *invite, char *out) {
  tacet_span url = tacet_span_str(invite->url), body;
  tacet_span domain = tacet_span_str(invite->domain);
  uint8_t check[CHECK_LEN];
  if (!url_is_valid(url) || !domain_is_valid(domain) ||
      invite->policy_len > TACET_INVITE_POLICY_MAX) {
    return TACET_ERR_ARGUMENT;
  }
  TACET_BUF(w, INVITE_MAX);
  tacet_write_u8(&w, VERSION);
  tacet_write_bytes(&w, tacet_span_of(invite->token, sizeof(invite->token)));
  tacet_write_vec(&w, domain);
  tacet_write_vec(&w, tacet_span_of(invite->pin,
                                    invite->has_pin ? sizeof(invite->pin) : 0));
  tacet_write_vec(&w, tacet_span_of(invite->policy, invite->policy_len));
  TACET_TRY(tacet_buf_done(&w, &body));
  TACET_TRY(check_of(body, url, check));
  tacet_write_bytes(&w, tacet_span_of(check, sizeof(check)));
  TACET_TRY(tacet_buf_done(&w, &body));

  size_t n = url.len + sizeof(path) - 1 + TACET_BASE64_LEN(body.len) + 1;
  if (n > TACET_INVITE_LINK_MAX) {
    return TACET_ERR_LIMIT;
  }
  memcpy(out, url.p, url.len);
  memcpy(out + url.len, path, sizeof(path) - 1);
  tacet_base64url_write(body, out + url.len + sizeof(path) - 1);
  return TACET_OK;
}

/* ---- parsing ---- */

static tacet_span trim(tacet_span s) {
  while (s.len > 0 && s.p[0] <= ' ') {
    s = tacet_span_of(s.p + 1, s.len - 1);
  }
  while (s.len > 0 && s.p[s.len - 1] <= ' ') {
    s.len--;
  }
  return s;
}

static void copy_text(tacet_span s, char *out) {
  memcpy(out, s.p, s.len);
  out[s.len] = '\0';
}

static tacet_err parse_body(tacet_span body, tacet_span url,
                            tacet_invite *out) {
  uint8_t check[CHECK_LEN];
  if (body.len < 1 + CHECK_LEN) {
    return TACET_ERR_TRUNCATED;
  }
  if (body.p[0] != VERSION) {
    return body.p[0] > VERSION ? TACET_ERR_VERSION : TACET_ERR_ENCODING;
  }
  tacet_span inner = tacet_span_of(body.p, body.len - CHECK_LEN);
  TACET_TRY(check_of(inner, url, check));
  if (memcmp(check, body.p + inner.len, CHECK_LEN) != 0) {
    return TACET_ERR_ENCODING;
  }
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(inner, &err);
  (void)tacet_read_u8(&r);
  tacet_read_copy(&r, out->token, sizeof(out->token));
  tacet_span domain = tacet_read_vec_max(&r, TACET_INVITE_DOMAIN_MAX);
  tacet_span pin = tacet_read_vec_max(&r, TACET_INVITE_PIN_LEN);
  tacet_span policy = tacet_read_vec_max(&r, TACET_INVITE_POLICY_MAX);
  tacet_read_end(&r);
  TACET_TRY(err);
  if (!domain_is_valid(domain) ||
      (pin.len != 0 && pin.len != TACET_INVITE_PIN_LEN)) {
    return TACET_ERR_ENCODING;
  }
  copy_text(domain, out->domain);
  out->has_pin = pin.len != 0;
  if (out->has_pin) {
    memcpy(out->pin, pin.p, pin.len);
  }
  out->policy_len = policy.len;
  if (policy.len > 0) {
    memcpy(out->policy, policy.p, policy.len);
  }
  return TACET_OK;
}

tacet_err tacet_invite_parse(tacet_span link, tacet_invite *out) {
  tacet_invite work = {{0}, {0}, {0}, false, {0}, {0}, 0};
  uint8_t body[INVITE_MAX];
  size_t len = 0;
  link = trim(link);
  if (link.len >= TACET_INVITE_LINK_MAX) {
    return TACET_ERR_LIMIT;
  }
  size_t hash = 0, before = sizeof(path) - 1;
  while (hash < link.len && link.p[hash] != '#') {
    hash++;
  }
  if (hash == link.len || hash + 1 < before) {
    return TACET_ERR_ENCODING;
  }
  tacet_span url = tacet_span_of(link.p, hash + 1 - before);
  if (!url_is_valid(url) || memcmp(url.p + url.len, path, before) != 0) {
    return TACET_ERR_ENCODING;
  }
  copy_text(url, work.url);
  TACET_TRY(tacet_base64url_read((const char *)link.p + hash + 1,
                                 link.len - hash - 1, body, sizeof(body),
                                 &len));
  TACET_TRY(parse_body(tacet_span_of(body, len), url, &work));
  *out = work;
  return TACET_OK;
}
