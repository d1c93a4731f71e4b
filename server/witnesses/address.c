/* SPDX-License-Identifier: Apache-2.0
 * The address of a witness. */
#include "server/witnesses/address.h"

#include "net/address.h"
#include "server/ops/config.h"
#include "tacet/codec.h"

#include <stdio.h>
#include <string.h>

static const char pin_name[] = "sha256=";

/* Takes `head` off the beginning of *text. */
static bool takes(const char **text, const char *head) {
  size_t len = strlen(head);
  if (strncmp(*text, head, len) != 0) {
    return false;
  }
  *text += len;
  return true;
}

static bool is_this_machine(const char *host) {
  return strcmp(host, "localhost") == 0 || strcmp(host, "127.0.0.1") == 0 ||
         strcmp(host, "::1") == 0;
}

static bool is_host(const char *host) {
  return host[0] != '\0' &&
         strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                      "0123456789.-:") == strlen(host);
}

/* HOST[:PORT], cut out already. */
static bool read_place(const char *place, wts_address *a) {
  char with_port[WTS_URL_MAX + 8];
  uint16_t number = 0;
  const char *bracket = strchr(place, ']');
  bool has = strchr(bracket != NULL ? bracket : place, ':') != NULL;
  (void)snprintf(with_port, sizeof(with_port), "%s%s", place,
                 has ? "" : (a->tls ? ":443" : ":80"));
  if (net_host_port(with_port, a->host, sizeof(a->host), &number) != TACET_OK ||
      number == 0 || !is_host(a->host)) {
    return false;
  }
  (void)snprintf(a->port, sizeof(a->port), "%u", (unsigned)number);
  return a->tls || is_this_machine(a->host);
}

/* What goes into a request's target as it stands. */
static bool read_prefix(const char *text, size_t len, wts_address *a) {
  while (len > 0 && text[len - 1] == '/') {
    len--;
  }
  for (size_t i = 0; i < len; i++) {
    if (text[i] <= ' ' || text[i] > '~' || text[i] == '?') {
      return false;
    }
  }
  memcpy(a->prefix, text, len);
  a->prefix[len] = '\0';
  return true;
}

static bool read_pin(const char *text, wts_address *a) {
  a->pinned =
      a->tls && takes(&text, pin_name) &&
      tacet_hex_read(text, strlen(text), a->pin, sizeof(a->pin)) == TACET_OK;
  return a->pinned;
}

tacet_err wts_address_read(tacet_span url, wts_address *out) {
  char text[WTS_URL_MAX + 1], place[WTS_URL_MAX + 1];
  const char *rest = text;
  wts_address a;
  memset(&a, 0, sizeof(a));
  if (url.len == 0 || url.len > WTS_URL_MAX ||
      memchr(url.p, '\0', url.len) != NULL) {
    return TACET_ERR_ENCODING;
  }
  memcpy(text, url.p, url.len);
  text[url.len] = '\0';
  a.tls = takes(&rest, "https://");
  if (!a.tls && !takes(&rest, "http://")) {
    return TACET_ERR_ENCODING;
  }
  size_t n = strcspn(rest, "/#");
  memcpy(place, rest, n);
  place[n] = '\0';
  rest += n;
  size_t prefix = strcspn(rest, "#");
  if (!read_place(place, &a) || !read_prefix(rest, prefix, &a) ||
      (rest[prefix] == '#' && !read_pin(rest + prefix + 1, &a))) {
    return TACET_ERR_ENCODING;
  }
  *out = a;
  return TACET_OK;
}
