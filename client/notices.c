/* SPDX-License-Identifier: Apache-2.0
 * The account that the operator's notices come from. */
#include "client/notices.h"

#include "client/people.h"
#include "tacet/keytrans/trust.h"

tacet_err client_notices_account(client *c, bool *named,
                                 uint8_t out[CLIENT_ID_LEN]) {
  CLIENT_MEM(mem);
  client_server_record server;
  tacet_trust t;
  *named = false;
  tacet_err e = client_get(c, CLIENT_T_SELF, TACET_SPAN_LIT("server"),
                           client_server_fields, &server, sizeof(server), &mem);
  if (e == TACET_ERR_NOT_FOUND || (e == TACET_OK && server.trust.len == 0)) {
    return TACET_OK;
  }
  TACET_TRY(e);
  /* One that cannot be read stops whatever needs it, with a sentence
   * (client_keylog_open); here it names nobody. */
  if (tacet_trust_parse(server.trust, &t) == TACET_OK && t.has_notices) {
    memcpy(out, t.notices, CLIENT_ID_LEN);
    *named = true;
  }
  return TACET_OK;
}

/* Whose keys do not check out speaks for nobody. */
static tacet_err is_sound(client *c, const uint8_t *account, bool *yes) {
  CLIENT_MEM(mem);
  client_person p;
  client_trust trust;
  *yes = false;
  tacet_err e = client_person_get(c, client_id_span(account), &mem, &p);
  if (e == TACET_ERR_NOT_FOUND) {
    return TACET_OK;
  }
  TACET_TRY(e);
  TACET_TRY(client_trust_of(c, &p, &trust));
  *yes = trust != CLIENT_CHANGED && trust != CLIENT_RESET;
  return TACET_OK;
}

tacet_err client_is_notices(client *c, const client_talk *t, bool *yes) {
  uint8_t account[CLIENT_ID_LEN];
  bool named = false;
  *yes = false;
  if (!t->pair) {
    return TACET_OK;
  }
  TACET_TRY(client_notices_account(c, &named, account));
  return named && memcmp(account, t->peer, CLIENT_ID_LEN) == 0
             ? is_sound(c, t->peer, yes)
             : TACET_OK;
}

tacet_err client_is_request(client *c, const client_talk *t, bool *yes) {
  bool notices;
  TACET_TRY(client_is_notices(c, t, &notices));
  *yes = t->state == CLIENT_TALK_REQUEST && !notices;
  return TACET_OK;
}
