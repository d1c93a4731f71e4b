/* SPDX-License-Identifier: Apache-2.0
 * Believing the directory: today, by its chains alone. */
#include "client/directory_check.h"

#include "tacet/keytrans/trust.h"

tacet_err client_directory_check(client *c, tacet_span account,
                                 tacet_span manifests, tacet_span proofs) {
  (void)account;
  (void)manifests;
  (void)proofs;
  CLIENT_MEM(mem);
  client_server_record server;
  TACET_TRY(client_get(c, CLIENT_T_SELF, TACET_SPAN_LIT("server"),
                       client_server_fields, &server, sizeof(server), &mem));
  tacet_trust trust;
  if (server.policy.len > 0 &&
      tacet_trust_parse(server.policy, &trust) != TACET_OK) {
    (void)client_fail(&c->detail, CLIENT_KEYS, "newer-policy",
                      "The invite demands proofs of the key log, which this "
                      "version cannot check; update this program.");
    return TACET_ERR_VERSION;
  }
  return TACET_OK;
}

const char *client_directory_trust(void) {
  return "unverified: until two people compare their code (tacet code), the "
         "server could have substituted an account when it was first written "
         "to.";
}
