/* SPDX-License-Identifier: Apache-2.0
 * In the place of the other files, where there is no libfido2 to build with. */
#include "desk/token/token.h"

const desk_ports desk_usb_ports = {NULL, NULL};

static tacet_err without(desk_trouble *why) {
  desk_trouble_set(why, "this tacet-desk was built without libfido2 and speaks "
                        "to no token; install libfido2-dev and build it again, "
                        "or use a key in a file");
  return TACET_ERR_UNSUPPORTED;
}

void desk_reader_wipe(desk_reader *r) {
  tacet_secret_wipe(&r->pin);
}

tacet_err desk_token_enrol(desk_reader *r, bool verified, desk_trouble *why,
                           desk_key *out) {
  (void)r;
  (void)verified;
  (void)out;
  return without(why);
}

tacet_err desk_token_sign(void *user, const desk_key *key,
                          const uint8_t challenge[DESK_CLIENT_HASH],
                          desk_trouble *why, desk_signature *out) {
  (void)user;
  (void)key;
  (void)challenge;
  (void)out;
  return without(why);
}
