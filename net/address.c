/* SPDX-License-Identifier: Apache-2.0
 * Addresses as people write them. */
#include "net/address.h"

#include <string.h>

tacet_err net_host_port(const char *text, char *host, size_t cap,
                        uint16_t *port) {
  const char *colon = strrchr(text, ':');
  if (colon == NULL || colon == text) {
    return TACET_ERR_ARGUMENT;
  }
  const char *from = text, *to = colon;
  if (*from == '[') {
    from++;
    to--;
    if (to <= from || *to != ']') {
      return TACET_ERR_ARGUMENT;
    }
  } else if (memchr(from, ':', (size_t)(to - from)) != NULL) {
    return TACET_ERR_ARGUMENT; /* a v6 address needs its brackets */
  }
  uint32_t value = 0;
  size_t digits = 0;
  for (const char *p = colon + 1; *p != '\0'; p++, digits++) {
    if (*p < '0' || *p > '9' || digits == 5) {
      return TACET_ERR_ARGUMENT;
    }
    value = value * 10 + (uint32_t)(*p - '0');
  }
  size_t len = (size_t)(to - from);
  if (digits == 0 || value > 65535 || len >= cap) {
    return TACET_ERR_ARGUMENT;
  }
  memcpy(host, from, len);
  host[len] = '\0';
  *port = (uint16_t)value;
  return TACET_OK;
}
