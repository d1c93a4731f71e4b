/* SPDX-License-Identifier: Apache-2.0 */
#include "net/proxy.h"

#include <arpa/inet.h>

static void map_v4(const uint8_t *v4, uint8_t address[16]) {
  memset(address, 0, 10);
  address[10] = address[11] = 0xff;
  memcpy(address + 12, v4, 4);
}

/* "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n" */
static net_parse read_v1(tacet_span in, uint8_t address[16], bool *known,
                         size_t *used) {
  char line[108];
  size_t n = 0;
  while (n < in.len && n < sizeof(line) - 1 && in.p[n] != '\n') {
    line[n] = (char)in.p[n];
    n++;
  }
  if (n == in.len && n < sizeof(line) - 1) {
    return NET_PARSE_MORE;
  }
  if (n == sizeof(line) - 1 || n < 2 || line[n - 1] != '\r') {
    return NET_PARSE_BAD;
  }
  line[n - 1] = '\0';
  *used = n + 1;
  *known = false;
  if (strncmp(line, "PROXY UNKNOWN", 13) == 0) {
    return NET_PARSE_OK;
  }
  bool v4 = strncmp(line, "PROXY TCP4 ", 11) == 0;
  if (!v4 && strncmp(line, "PROXY TCP6 ", 11) != 0) {
    return NET_PARSE_BAD;
  }
  char *space = strchr(line + 11, ' ');
  uint8_t a[16];
  if (space == NULL) {
    return NET_PARSE_BAD;
  }
  *space = '\0';
  if (inet_pton(v4 ? AF_INET : AF_INET6, line + 11, a) != 1) {
    return NET_PARSE_BAD;
  }
  if (v4) {
    map_v4(a, address);
  } else {
    memcpy(address, a, 16);
  }
  *known = true;
  return NET_PARSE_OK;
}

static const uint8_t v2_signature[12] = {0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d,
                                         0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};

static net_parse read_v2(tacet_span in, uint8_t address[16], bool *known,
                         size_t *used) {
  if (in.len < 16) {
    return NET_PARSE_MORE;
  }
  size_t len = (size_t)in.p[14] << 8 | in.p[15];
  if (in.p[12] >> 4 != 2 || (in.p[12] & 15) > 1 || len > NET_PROXY_MAX - 16) {
    return NET_PARSE_BAD;
  }
  if (in.len < 16 + len) {
    return NET_PARSE_MORE;
  }
  bool local = (in.p[12] & 15) == 0;
  uint8_t family = in.p[13] >> 4;
  *known = false;
  if (!local && family == 1 && len >= 12) {
    map_v4(in.p + 16, address);
    *known = true;
  } else if (!local && family == 2 && len >= 36) {
    memcpy(address, in.p + 16, 16);
    *known = true;
  }
  *used = 16 + len;
  return NET_PARSE_OK;
}

net_parse net_proxy_read(tacet_span in, uint8_t address[16], bool *known,
                         size_t *used) {
  size_t n = in.len < 12 ? in.len : 12;
  if (n == 0) {
    return NET_PARSE_MORE;
  }
  if (memcmp(in.p, v2_signature, n) == 0) {
    return n < 12 ? NET_PARSE_MORE : read_v2(in, address, known, used);
  }
  n = in.len < 6 ? in.len : 6;
  if (memcmp(in.p, "PROXY ", n) != 0) {
    return NET_PARSE_BAD;
  }
  return n < 6 ? NET_PARSE_MORE : read_v1(in, address, known, used);
}
