/* SPDX-License-Identifier: Apache-2.0
 * Addresses. */
#include "server/ops/url.h"
#include "net/address.h"

bool tacetd_url_split(const char *url, char *host, size_t cap,
                      char port[TACETD_PORT_TEXT_MAX]) {
  static const char scheme[] = "https://";
  char with_port[TACETD_CONFIG_TEXT_MAX + 8];
  uint16_t number = 0;
  if (strncmp(url, scheme, sizeof(scheme) - 1) != 0) {
    return false;
  }
  const char *rest = url + sizeof(scheme) - 1;
  const char *bracket = strchr(rest, ']');
  bool has = strchr(bracket != NULL ? bracket : rest, ':') != NULL;
  int n =
      snprintf(with_port, sizeof(with_port), "%s%s", rest, has ? "" : ":443");
  if (n < 0 || (size_t)n >= sizeof(with_port) ||
      net_host_port(with_port, host, cap, &number) != TACET_OK) {
    return false;
  }
  (void)snprintf(port, TACETD_PORT_TEXT_MAX, "%u", (unsigned)number);
  return true;
}

tacet_err tacetd_url_of_listen(const char *listen, uint16_t port, char *out,
                               size_t cap) {
  char host[TACETD_CONFIG_TEXT_MAX];
  uint16_t configured = 0;
  TACET_TRY(net_host_port(listen, host, sizeof(host), &configured));
  bool v6 = strchr(host, ':') != NULL;
  int n = snprintf(out, cap, "https://%s%s%s:%u", v6 ? "[" : "", host,
                   v6 ? "]" : "", (unsigned)port);
  return n < 0 || (size_t)n >= cap ? TACET_ERR_LIMIT : TACET_OK;
}
