/* SPDX-License-Identifier: Apache-2.0
 * Names of own devices. */
#include "client/devices.h"

#define PARENT TACET_SPAN_LIT("devices")

void client_device_fields(client_fields *f, void *record) {
  client_device_record *r = record;
  client_field_version(f, 1);
  client_field_fixed(f, r->device, sizeof(r->device));
  client_field_text(f, &r->name);
  client_field_u64(f, &r->stamp);
  client_field_fixed(f, r->by, sizeof(r->by));
}

static void key_of(const uint8_t *device, tacet_buf *w) {
  tacet_write_bytes(w, TACET_SPAN_LIT("device"));
  tacet_write_bytes(w, tacet_span_of(device, CLIENT_DEVICE_ID_LEN));
}

tacet_err client_device_get(client *c, const uint8_t *device, client_mem *mem,
                            client_device_record *out) {
  TACET_BUF(key, 64);
  key_of(device, &key);
  TACET_TRY(key.err);
  return client_get(c, CLIENT_T_SELF, tacet_buf_span(&key),
                    client_device_fields, out, sizeof(*out), mem);
}

tacet_err client_device_save(client *c, client_device_record *r) {
  TACET_BUF(key, 64);
  key_of(r->device, &key);
  TACET_TRY(key.err);
  return client_put(c, CLIENT_T_SELF, tacet_buf_span(&key), PARENT, 0,
                    client_device_fields, r);
}

tacet_err client_device_name_set(client *c, const uint8_t *device,
                                 const char *name) {
  CLIENT_MEM(mem);
  client_device_record before = {.stamp = 0};
  if (name == NULL) {
    return TACET_OK;
  }
  tacet_err e = client_device_get(c, device, &mem, &before);
  TACET_TRY(e == TACET_ERR_NOT_FOUND ? TACET_OK : e);
  uint64_t now = client_now(c);
  client_device_record r = {
      .name = name, .stamp = now > before.stamp ? now : before.stamp + 1};
  memcpy(r.device, device, sizeof(r.device));
  memcpy(r.by, c->self.device, sizeof(r.by));
  return client_device_save(c, &r);
}

tacet_err client_device_name(client *c, const uint8_t *device, client_mem *mem,
                             const char **out) {
  client_device_record r;
  *out = NULL;
  if (memcmp(device, c->self.device, CLIENT_DEVICE_ID_LEN) == 0) {
    return c->self.device_name == NULL
               ? TACET_OK
               : client_mem_text(mem, tacet_span_str(c->self.device_name), out);
  }
  tacet_err e = client_device_get(c, device, mem, &r);
  if (e == TACET_OK) {
    *out = r.name;
  }
  return e == TACET_ERR_NOT_FOUND ? TACET_OK : e;
}
