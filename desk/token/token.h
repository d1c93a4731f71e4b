/* SPDX-License-Identifier: Apache-2.0
 * desk/token/token.h -- officers' keys on FIDO2 tokens: making one, signing
 * with one. By libfido2, where the program was built with it; what tokens
 * signed is checked without (desk/keys/token.h).
 *
 * A token is opened for one signature and closed again. Its PIN is asked for
 * once and kept until the reader is wiped: nowhere else, and never in a file,
 * an argument or the environment.
 */
#ifndef TACET_DESK_TOKEN_H
#define TACET_DESK_TOKEN_H

#include "desk/store/key.h"

#define DESK_DEVICES_MAX 16
#define DESK_DEVICE_PATH 256
#define DESK_PIN_MAX 63 /* bytes: CTAP2 has no longer ones */

struct fido_dev;
/* Where tokens are found. The program is given desk_usb_ports by its main() and
 * there is no other way in; a program of the tests has ports of its own. */
typedef struct desk_ports {
  /* What is plugged in: 0, or an error of libfido2. */
  int (*list)(char paths[DESK_DEVICES_MAX][DESK_DEVICE_PATH], size_t *n);
  int (*open)(const char *path, struct fido_dev **out);
} desk_ports;
extern const desk_ports desk_usb_ports;

typedef struct desk_reader {
  const desk_ports *ports;
  const char *device; /* NULL: the one that is plugged in */
  bool (*ask_pin)(void *user, char *out, size_t cap); /* false: there is none */
  void (*tell)(void *user, const char *sentence);     /* "touch the token" */
  void *user;
  tacet_secret pin; /* empty: not asked for yet */
} desk_reader;
void desk_reader_wipe(desk_reader *r);

/* Makes a credential on the token, EdDSA where it can, else ES256, and has it
 * sign once: two touches. `verified`: each signature takes the PIN (or finger)
 * as well; STATE if the token has neither. */
TACET_MUST_CHECK tacet_err desk_token_enrol(desk_reader *r, bool verified,
                                            desk_trouble *why, desk_key *out);
/* The sign() of a desk_touch whose user is a desk_reader. */
TACET_MUST_CHECK tacet_err desk_token_sign(
    void *user, const desk_key *key, const uint8_t challenge[DESK_CLIENT_HASH],
    desk_trouble *why, desk_signature *out);

#endif
