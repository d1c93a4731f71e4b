/* SPDX-License-Identifier: Apache-2.0
 * Files of a log over HTTP. */
#include "audit/fetch.h"

#include "audit/command.h"
#include "tacet/codec.h"

#include <stdio.h>
#include <string.h>

#define TIMEOUT_MS 30000
#define TOTAL_MS 300000

typedef struct address {
  bool tls;
  char host[256], port[8], path[512];
} address;

/* HOST[:PORT] or [V6][:PORT], of `len` bytes. */
static bool split_host(const char *text, size_t len, address *a) {
  const char *end = text + len, *from = text, *host_end = end;
  if (len > 0 && text[0] == '[') {
    from = text + 1;
    host_end = memchr(from, ']', (size_t)(end - from));
    if (host_end == NULL) {
      return false;
    }
  } else if (memchr(text, ':', len) != NULL) {
    host_end = memchr(text, ':', len);
  }
  size_t host_len = (size_t)(host_end - from);
  const char *rest = host_end + (from != text);
  size_t port_len = (size_t)(end - rest);
  if (host_len == 0 || host_len >= sizeof(a->host)) {
    return false;
  }
  memcpy(a->host, from, host_len);
  a->host[host_len] = '\0';
  if (port_len == 0) {
    (void)snprintf(a->port, sizeof(a->port), "%s", a->tls ? "443" : "80");
    return true;
  }
  if (rest[0] != ':' || port_len < 2 || port_len > 6 ||
      strspn(rest + 1, "0123456789") < port_len - 1) {
    return false;
  }
  memcpy(a->port, rest + 1, port_len - 1);
  a->port[port_len - 1] = '\0';
  return true;
}

static bool is_here(const char *host) {
  return strcmp(host, "localhost") == 0 || strcmp(host, "127.0.0.1") == 0 ||
         strcmp(host, "::1") == 0;
}

static bool split(const char *url, address *a) {
  a->tls = strncmp(url, "https://", 8) == 0;
  if (!a->tls && strncmp(url, "http://", 7) != 0) {
    return false;
  }
  const char *host = url + (a->tls ? 8 : 7), *path = strchr(host, '/');
  size_t host_len = path == NULL ? strlen(host) : (size_t)(path - host);
  size_t path_len = path == NULL ? 0 : strlen(path);
  while (path_len > 0 && path[path_len - 1] == '/') {
    path_len--;
  }
  if (!split_host(host, host_len, a) || path_len >= sizeof(a->path)) {
    return false;
  }
  for (size_t i = 0; i < path_len; i++) {
    if (path[i] <= ' ' || path[i] > '~' || path[i] == '#' || path[i] == '?') {
      return false;
    }
    a->path[i] = path[i];
  }
  a->path[path_len] = '\0';
  return a->tls || is_here(a->host);
}

bool aud_fetch_start(const char *url, const char *pin, aud_fetch *out) {
  address a = {.tls = false};
  uint8_t key[NET_PIN_LEN];
  if (!split(url, &a)) {
    aud_say("\"%.200s\" is not the address of a log, such as "
            "https://chat.example/log (http:// works for this machine alone)",
            url);
    return false;
  }
  if (pin != NULL &&
      tacet_hex_read(pin, strlen(pin), key, sizeof(key)) != TACET_OK) {
    aud_say("--pin is not 64 hexadecimal digits");
    return false;
  }
  *out = (aud_fetch){.client = NULL};
  (void)snprintf(out->path, sizeof(out->path), "%s", a.path);
  if (a.tls &&
      net_tls_client(pin != NULL ? key : NULL, &out->tls) != TACET_OK) {
    aud_say("TLS does not start: is there a trust store on this system?");
    return false;
  }
  out->pinned = pin != NULL;
  if (net_client_new(a.host, a.port, out->tls, &out->client) != NET_OK) {
    aud_say("out of memory");
    aud_fetch_end(out);
    return false;
  }
  return true;
}

void aud_fetch_end(aud_fetch *f) {
  net_client_free(f->client);
  net_tls_free(f->tls);
  *f = (aud_fetch){.client = NULL};
}

tacet_err aud_fetch_file(aud_fetch *f, const char *name, size_t max,
                         tacet_bytes *out) {
  NET_ANSWER(a);
  char target[sizeof(f->path) + 128];
  (void)snprintf(target, sizeof(target), "%s/%s", f->path, name);
  const net_call call = {.method = "GET",
                         .target = target,
                         .max_answer = max,
                         .timeout_ms = TIMEOUT_MS,
                         .total_ms = TOTAL_MS};
  net_result r = net_client_call(f->client, &call, &a);
  if (r != NET_OK) {
    aud_say("%s: %s%s", target, net_result_text(r),
            r != NET_TLS || f->pinned
                ? ""
                : "; where the server signs its own certificate, say which it "
                  "is with --pin (docs/guide/witnesses.md shows how)");
    return TACET_ERR_IO;
  }
  if (a.status == 404) {
    return TACET_ERR_NOT_FOUND;
  }
  if (a.status != 200) {
    aud_say("%s: the server answered with status %d", target, a.status);
    return TACET_ERR_IO;
  }
  return tacet_bytes_set(out, tacet_bytes_span(&a.body));
}
