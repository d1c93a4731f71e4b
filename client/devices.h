/* SPDX-License-Identifier: Apache-2.0
 * client/devices.h -- the account's own devices: what they are called. Their
 * names stand in no manifest; own devices tell each other.
 */
#ifndef TACET_CLIENT_DEVICES_H
#define TACET_CLIENT_DEVICES_H

#include "client/core.h"

/* In SELF, "device" and its id; parent "devices". */
typedef struct client_device_record {
  uint8_t device[CLIENT_DEVICE_ID_LEN];
  const char *name;
  uint64_t stamp; /* when it was called so, and by which device */
  uint8_t by[CLIENT_DEVICE_ID_LEN];
} client_device_record;
void client_device_fields(client_fields *f, void *record);

/* NOT_FOUND: without a name. */
TACET_MUST_CHECK tacet_err client_device_get(client *c, const uint8_t *device,
                                             client_mem *mem,
                                             client_device_record *out);
TACET_MUST_CHECK tacet_err client_device_save(client *c,
                                              client_device_record *r);
/* This device says what another is called; NULL: nothing. Within a transaction.
 */
TACET_MUST_CHECK tacet_err client_device_name_set(client *c,
                                                  const uint8_t *device,
                                                  const char *name);
/* One's own name, or that of another; NULL if there is none. */
TACET_MUST_CHECK tacet_err client_device_name(client *c, const uint8_t *device,
                                              client_mem *mem,
                                              const char **out);

#endif
