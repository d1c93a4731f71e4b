/* SPDX-License-Identifier: Apache-2.0
 * Judging what a browser gives for a challenge: W3C Web Authentication, level
 * 2, section 7.2; numbers in comments are its steps. */
#include "desk/web/passkey.h"

#include "desk/keys/assertion.h"
#include "tacet/codec.h"
#include "tacet/crypto.h"

#include <stdlib.h>
#include <string.h>

#define OPEN_MAX 256
#define CHALLENGE_S 300
#define CLIENT_DATA_MAX 4096

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

tacet_err web_passkey_verify(web_challenges *c, int64_t now,
                             const web_passkey *p, const char *origin,
                             const web_assertion *a) {
  const desk_credential_key key = {p->is_ed25519,
                                   tacet_span_of(p->key, p->key_len)};
  uint8_t hash[DESK_CLIENT_HASH];
  if (!client_data_fits(c, now, origin, a->client_data)) {
    return TACET_ERR_AUTH;
  }
  TACET_TRY(tacet_hash_one(&tacet_hash_sha256, a->client_data, hash)); /* 19 */
  const desk_assertion given = {a->authenticator_data, hash, a->signature};
  return desk_assertion_verify(&key, WEB_RELYING_PARTY,
                               DESK_FLAG_PRESENT | DESK_FLAG_VERIFIED, &given);
}
