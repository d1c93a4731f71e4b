/* SPDX-License-Identifier: Apache-2.0
 * Judging what a browser gives for a challenge: W3C Web Authentication, level
 * 2, section 7.2; numbers in comments are its steps. */
#include "desk/web/passkey.h"

#include "tacet/codec.h"
#include "tacet/crypto.h"

#include <stdlib.h>
#include <string.h>

#define OPEN_MAX 256
#define CHALLENGE_S 300
#define CLIENT_DATA_MAX 4096
#define AUTHENTICATOR_DATA_MIN 37 /* hash, flags, counter */
#define AUTHENTICATOR_DATA_MAX 1024
#define FLAG_USER_PRESENT 0x01
#define FLAG_USER_VERIFIED 0x04

typedef struct challenge {
  char text[WEB_CHALLENGE_TEXT]; /* "": none */
  int64_t until;
} challenge;

struct web_challenges {
  challenge all[OPEN_MAX];
  size_t next;
};

tacet_err web_challenges_new(web_challenges **out) {
  web_challenges *c = calloc(1, sizeof(*c));
  if (c == NULL) {
    return TACET_ERR_NOMEM;
  }
  *out = c;
  return TACET_OK;
}

void web_challenges_free(web_challenges *c) {
  free(c);
}

tacet_err web_challenge_make(web_challenges *c, int64_t now,
                             char out[WEB_CHALLENGE_TEXT]) {
  uint8_t random[WEB_CHALLENGE_LEN];
  challenge *place = &c->all[c->next];
  TACET_TRY(tacet_random(random, sizeof(random)));
  c->next = (c->next + 1) % OPEN_MAX;
  tacet_base64url_write(tacet_span_of(random, sizeof(random)), place->text);
  place->until = now + CHALLENGE_S;
  memcpy(out, place->text, WEB_CHALLENGE_TEXT);
  return TACET_OK;
}

static bool take_challenge(web_challenges *c, const char *text, int64_t now) {
  for (size_t i = 0; i < OPEN_MAX && *text != '\0'; i++) {
    if (strcmp(c->all[i].text, text) == 0) {
      c->all[i].text[0] = '\0';
      return now <= c->all[i].until;
    }
  }
  return false;
}

/* 7.2, 11 to 14. */
static bool client_data_fits(web_challenges *c, int64_t now, const char *origin,
                             tacet_span client_data) {
  json_t *v = client_data.len > CLIENT_DATA_MAX
                  ? NULL
                  : json_loadb((const char *)client_data.p, client_data.len,
                               JSON_REJECT_DUPLICATES, NULL);
  const char *type = json_string_value(json_object_get(v, "type")),
             *given = json_string_value(json_object_get(v, "challenge")),
             *from = json_string_value(json_object_get(v, "origin"));
  bool crossed = json_is_true(json_object_get(v, "crossOrigin"));
  bool open = given != NULL && take_challenge(c, given, now);
  bool fits = open && type != NULL && strcmp(type, "webauthn.get") == 0 &&
              from != NULL && strcmp(from, origin) == 0 && !crossed;
  json_decref(v);
  return fits;
}

/* 7.2, 15 to 17. */
static bool authenticator_data_fits(tacet_span data) {
  uint8_t hash[32];
  const uint8_t flags = FLAG_USER_PRESENT | FLAG_USER_VERIFIED;
  return data.len >= AUTHENTICATOR_DATA_MIN &&
         data.len <= AUTHENTICATOR_DATA_MAX &&
         tacet_hash_one(&tacet_hash_sha256, tacet_span_str(WEB_RELYING_PARTY),
                        hash) == TACET_OK &&
         memcmp(data.p, hash, sizeof(hash)) == 0 &&
         (data.p[32] & flags) == flags;
}

tacet_err web_passkey_verify(web_challenges *c, int64_t now,
                             const web_passkey *p, const char *origin,
                             const web_assertion *a) {
  uint8_t content[AUTHENTICATOR_DATA_MAX + 32];
  if (!client_data_fits(c, now, origin, a->client_data) ||
      !authenticator_data_fits(a->authenticator_data)) {
    return TACET_ERR_AUTH;
  }
  size_t len = a->authenticator_data.len;
  memcpy(content, a->authenticator_data.p, len);
  TACET_TRY(tacet_hash_one(&tacet_hash_sha256, a->client_data,
                           content + len)); /* 19 */
  const tacet_sig *sig = p->is_ed25519 ? &tacet_sig_ed25519 : &tacet_sig_p256;
  return sig->verify(tacet_span_of(p->key, p->key_len), /* 20 */
                     tacet_span_of(content, len + 32), a->signature) == TACET_OK
             ? TACET_OK
             : TACET_ERR_AUTH;
}
