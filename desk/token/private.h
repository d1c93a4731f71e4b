/* SPDX-License-Identifier: Apache-2.0
 * What the files of this folder share: the open token, and what libfido2's
 * errors mean. */
#ifndef TACET_DESK_TOKEN_PRIVATE_H
#define TACET_DESK_TOKEN_PRIVATE_H

#include "desk/token/token.h"

#include <fido.h>

/* The one that the reader names, or the only one. NOT_FOUND, IO, ARGUMENT (more
 * than one). Close with device_close(). */
tacet_err device_open(const desk_reader *r, desk_trouble *why,
                      fido_dev_t **out);
void device_close(fido_dev_t **dev); /* NULL is fine; for TACET_CLEANUP */
/* A sentence for an error of libfido2, which is not FIDO_OK. */
tacet_err device_failed(fido_dev_t *dev, int error, desk_trouble *why);

/* One call to the token, with the PIN if it wants one. `verified`: the owner is
 * to be verified: by the token itself if it can, else by the PIN. Runs again
 * once with the PIN where the token says that it takes one. */
typedef struct device_call {
  int (*run)(struct device_call *c, fido_dev_t *dev, const char *pin, bool uv);
  bool verified;
  const char *touch; /* what is said before */
} device_call;
tacet_err device_do(desk_reader *r, fido_dev_t *dev, device_call *call,
                    desk_trouble *why);

#endif
