/* SPDX-License-Identifier: Apache-2.0
 * The table of keys, and the values that each takes. */
#include "server/ops/config.h"
#include "net/address.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum kind { TEXT, LISTEN, DOMAIN, URL, PROXY, NUMBER, BYTES, CHOICE };

struct key {
  tacetd_config_key shown;
  enum kind kind;
  size_t offset;
  const char *text;         /* default of a text */
  int64_t number, min, max; /* default and range of a number */
  const char *const choices[4];
};

#define AT(member) offsetof(tacetd_config, member)
static const struct key keys[] = {
    {{"listen", "HOST:PORT", "where to accept connections; port 0 takes any"},
     LISTEN,
     AT(listen),
     "127.0.0.1:8443",
     0,
     0,
     0,
     {0}},
    {{"domain", "NAME", "the part of handles after @; never changes later"},
     DOMAIN,
     AT(domain),
     "localhost",
     0,
     0,
     0,
     {0}},
    {{"url", "https://HOST[:PORT]", "how clients reach the server; in invites"},
     URL,
     AT(url),
     "",
     0,
     0,
     0,
     {0}},
    {{"behind-proxy", "SOCKET|HOST:PORT",
      "accept plain HTTP there instead, from a proxy that ends TLS and speaks "
      "the PROXY protocol: a UNIX socket's path or a loopback address"},
     PROXY,
     AT(behind_proxy),
     "",
     0,
     0,
     0,
     {0}},
    {{"certificate", "FILE", "PEM chain for TLS"},
     TEXT,
     AT(certificate),
     "tls/cert.pem",
     0,
     0,
     0,
     {0}},
    {{"private-key", "FILE", "PEM key of the certificate (ECDSA P-256)"},
     TEXT,
     AT(private_key),
     "tls/key.pem",
     0,
     0,
     0,
     {0}},
    {{"registration", "invite|open", "who may make an account"},
     CHOICE,
     AT(registration),
     NULL,
     0,
     0,
     0,
     {"invite", "open", NULL}},
    {{"metrics", "loopback|everyone|off", "who may read /metrics"},
     CHOICE,
     AT(metrics),
     NULL,
     0,
     0,
     0,
     {"loopback", "everyone", "off", NULL}},
    {{"threads", "N", "event loops; 0 is one a processor, at most 4"},
     NUMBER,
     AT(threads),
     NULL,
     0,
     0,
     64,
     {0}},
    {{"max-connections", "N", "open connections of all clients"},
     NUMBER,
     AT(max_connections),
     NULL,
     TACETD_CONNECTIONS_MAX,
     16,
     1000000,
     {0}},
    {{"max-connections-per-address", "N", "open connections of one address"},
     NUMBER,
     AT(max_connections_per_address),
     NULL,
     TACETD_CONNECTIONS_PER_ADDRESS_MAX,
     1,
     1000000,
     {0}},
    {{"requests-per-second", "N", "of one address; ten times as many at once"},
     NUMBER,
     AT(requests_per_second),
     NULL,
     TACETD_RATE_REQUESTS_PER_SECOND,
     1,
     1000000,
     {0}},
    {{"registrations-per-hour", "N", "of one address"},
     NUMBER,
     AT(registrations_per_hour),
     NULL,
     TACETD_RATE_REGISTER_PER_HOUR,
     1,
     1000000,
     {0}},
    {{"lookups-per-hour", "N", "of one address; then each costs a token"},
     NUMBER,
     AT(lookups_per_hour),
     NULL,
     TACETD_LOOKUPS_PER_ADDRESS_HOUR,
     0,
     1000000,
     {0}},
    {{"tokens-directory-per-day", "N",
      "of an account; -1 is 1,024 with "
      "invites and 64 where registration is open"},
     NUMBER,
     AT(tokens_directory_per_day),
     NULL,
     -1,
     -1,
     65536,
     {0}},
    {{"tokens-delivery-per-day", "N",
      "of an account; -1 is 192 with invites "
      "and 64 where registration is open"},
     NUMBER,
     AT(tokens_delivery_per_day),
     NULL,
     -1,
     -1,
     65536,
     {0}},
    {{"disk-reserve", "BYTES", "free disk below which nothing new is stored"},
     BYTES,
     AT(disk_reserve),
     NULL,
     TACETD_DISK_RESERVE,
     0,
     INT64_MAX,
     {0}},
    {{"drain-seconds", "N", "how long a stop waits for open requests"},
     NUMBER,
     AT(drain_seconds),
     NULL,
     TACETD_DRAIN_SECONDS,
     0,
     3600,
     {0}},
};
#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

static char *text_at(tacetd_config *c, const struct key *k) {
  return (char *)c + k->offset;
}
static int64_t *number_at(tacetd_config *c, const struct key *k) {
  return (int64_t *)(void *)((char *)c + k->offset);
}
static bool is_text(const struct key *k) {
  return k->kind <= PROXY;
}

void tacetd_trouble_set(tacetd_trouble *t, const char *format, ...) {
  va_list list;
  va_start(list, format);
  (void)vsnprintf(t->text, sizeof(t->text), format, list);
  va_end(list);
}

const tacetd_config_key *tacetd_config_key_at(size_t i) {
  return i < N_KEYS ? &keys[i].shown : NULL;
}

void tacetd_config_defaults(tacetd_config *c) {
  memset(c, 0, sizeof(*c));
  for (size_t i = 0; i < N_KEYS; i++) {
    if (is_text(&keys[i])) {
      strcpy(text_at(c, &keys[i]), keys[i].text);
    } else {
      *number_at(c, &keys[i]) = keys[i].number;
    }
  }
}

/* ---- values ---- */

bool tacetd_domain_is_valid(const char *text) {
  size_t len = strlen(text);
  if (len == 0 || len > 253) {
    return false;
  }
  for (size_t i = 0; i < len; i++) {
    char c = text[i];
    bool inner = (c == '.' || c == '-') && i > 0 && i + 1 < len &&
                 text[i - 1] != '.' && text[i + 1] != '.';
    if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && !inner) {
      return false;
    }
  }
  return true;
}

/* https://HOST[:PORT] and no path: an invite link adds its own. */
static bool url_is_valid(const char *text) {
  static const char scheme[] = "https://";
  if (strncmp(text, scheme, sizeof(scheme) - 1) != 0) {
    return false;
  }
  const char *rest = text + sizeof(scheme) - 1;
  if (*rest == '\0' || strpbrk(rest, "/?#@ \t") != NULL) {
    return false;
  }
  char host[TACETD_CONFIG_TEXT_MAX];
  uint16_t port;
  const char *bracket = strchr(rest, ']');
  bool has_port = strchr(bracket != NULL ? bracket : rest, ':') != NULL;
  return !has_port ||
         net_host_port(rest, host, sizeof(host), &port) == TACET_OK;
}

static bool listen_is_valid(const char *text) {
  char host[TACETD_CONFIG_TEXT_MAX];
  uint16_t port;
  return net_host_port(text, host, sizeof(host), &port) == TACET_OK;
}

static bool proxy_is_valid(const char *text) {
  char host[TACETD_CONFIG_TEXT_MAX];
  uint16_t port;
  if (*text == '\0') {
    return true;
  }
  if (*text == '/') {
    return strlen(text) < 100; /* sun_path has 108 */
  }
  /* Plain HTTP: whoever reaches it is believed about addresses. */
  return net_host_port(text, host, sizeof(host), &port) == TACET_OK &&
         (strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 ||
          strcmp(host, "localhost") == 0);
}

static tacet_err set_text(tacetd_config *c, const struct key *k,
                          const char *value, tacetd_trouble *why) {
  const char *want = NULL;
  if (strlen(value) >= TACETD_CONFIG_TEXT_MAX) {
    want = "at most 255 bytes";
  } else if (k->kind == LISTEN && !listen_is_valid(value)) {
    want = "HOST:PORT, such as 127.0.0.1:8443 or [::]:443";
  } else if (k->kind == DOMAIN && !tacetd_domain_is_valid(value)) {
    want = "a domain name in lower case, such as example.org";
  } else if (k->kind == URL && *value != '\0' && !url_is_valid(value)) {
    want = "https://HOST or https://HOST:PORT without a path";
  } else if (k->kind == PROXY && !proxy_is_valid(value)) {
    want = "the absolute path of a socket (at most 99 bytes) or a loopback "
           "HOST:PORT";
  } else if (k->kind == TEXT && *value == '\0') {
    want = "the name of a file";
  }
  if (want != NULL) {
    tacetd_trouble_set(why, "%s is \"%.64s\", but must be %s", k->shown.name,
                       value, want);
    return TACET_ERR_ARGUMENT;
  }
  strcpy(text_at(c, k), value);
  return TACET_OK;
}

/* A whole decimal number, for BYTES with K, M, G or T behind it. */
static bool read_number(const struct key *k, const char *value, int64_t *out) {
  char *end = NULL;
  errno = 0;
  long long n = strtoll(value, &end, 10);
  bool digit = *value >= '0' && *value <= '9';
  if (errno != 0 || end == value || !(digit || *value == '-')) {
    return false;
  }
  if (k->kind == BYTES && *end != '\0') {
    static const char units[] = "KMGT";
    const char *unit = strchr(units, *end);
    if (unit == NULL) {
      return false;
    }
    unsigned shift = 10u * (unsigned)(unit - units + 1);
    if (n < 0 || n > INT64_MAX >> shift) {
      return false;
    }
    n = (long long)((uint64_t)n << shift);
    end++;
  }
  *out = n;
  return *end == '\0' && n >= k->min && n <= k->max;
}

static tacet_err set_number(tacetd_config *c, const struct key *k,
                            const char *value, tacetd_trouble *why) {
  int64_t n = 0;
  if (k->kind == CHOICE) {
    for (int64_t i = 0; k->choices[i] != NULL; i++) {
      if (strcmp(k->choices[i], value) == 0) {
        *number_at(c, k) = i;
        return TACET_OK;
      }
    }
    tacetd_trouble_set(why, "%s is \"%.64s\", but must be one of %s",
                       k->shown.name, value, k->shown.argument);
    return TACET_ERR_ARGUMENT;
  }
  if (!read_number(k, value, &n)) {
    tacetd_trouble_set(why,
                       "%s is \"%.64s\", but must be a number from %" PRId64
                       " to %" PRId64 "%s",
                       k->shown.name, value, k->min, k->max,
                       k->kind == BYTES ? ", which may end in K, M, G or T"
                                        : "");
    return TACET_ERR_ARGUMENT;
  }
  *number_at(c, k) = n;
  return TACET_OK;
}

static const struct key *find_key(const char *name) {
  for (size_t i = 0; i < N_KEYS; i++) {
    if (strcmp(keys[i].shown.name, name) == 0) {
      return &keys[i];
    }
  }
  return NULL;
}

tacet_err tacetd_config_set(tacetd_config *c, const char *key,
                            const char *value, tacetd_trouble *why) {
  const struct key *k = find_key(key);
  if (k == NULL) {
    tacetd_trouble_set(why,
                       "there is no key \"%.64s\"; tacetd.conf(5) lists "
                       "them all",
                       key);
    return TACET_ERR_ARGUMENT;
  }
  return is_text(k) ? set_text(c, k, value, why) : set_number(c, k, value, why);
}

/* ---- the whole ---- */

tacet_err tacetd_config_finish(tacetd_config *c, tacetd_trouble *why) {
  c->url_is_derived = *c->url == '\0';
  if (c->url_is_derived) {
    char host[TACETD_CONFIG_TEXT_MAX];
    uint16_t port = 0;
    TACET_TRY(net_host_port(c->listen, host, sizeof(host), &port));
    if (strlen(c->listen) + sizeof("https://") > sizeof(c->url)) {
      tacetd_trouble_set(why, "listen is too long to make the url of it; set "
                              "url");
      return TACET_ERR_ARGUMENT;
    }
    strcpy(c->url, "https://");
    strcat(c->url, c->listen);
  }
  bool open = c->registration == TACETD_REGISTRATION_OPEN;
  if (c->tokens_directory_per_day < 0) {
    c->tokens_directory_per_day =
        open ? TACETD_TOKENS_OPEN_PER_DAY : TACETD_TOKENS_DIRECTORY_PER_DAY;
  }
  if (c->tokens_delivery_per_day < 0) {
    c->tokens_delivery_per_day =
        open ? TACETD_TOKENS_OPEN_PER_DAY : TACETD_TOKENS_DELIVERY_PER_DAY;
  }
  return TACET_OK;
}

static void write_value(const tacetd_config *c, const struct key *k, FILE *to) {
  const char *base = (const char *)c + k->offset;
  int64_t n = 0;
  if (is_text(k)) {
    fprintf(to, "%s", base);
    return;
  }
  memcpy(&n, base, sizeof(n));
  if (k->kind == CHOICE) {
    fprintf(to, "%s", k->choices[n]);
  } else {
    fprintf(to, "%" PRId64, n);
  }
}

tacet_err tacetd_config_write(const tacetd_config *c, FILE *to) {
  tacetd_config standard;
  tacetd_config_defaults(&standard);
  fprintf(to, "# tacetd.conf(5) explains each key. A line that starts with # "
              "shows the default.\n");
  for (size_t i = 0; i < N_KEYS; i++) {
    const struct key *k = &keys[i];
    size_t size = is_text(k) ? TACETD_CONFIG_TEXT_MAX : sizeof(int64_t);
    bool same = memcmp((const char *)c + k->offset,
                       (const char *)&standard + k->offset, size) == 0;
    /* What a client or an invite depends on is always written out. */
    bool shown = !same || k->kind == LISTEN || k->kind == DOMAIN;
    fprintf(to, "\n# %s\n%s%s = ", k->shown.what, shown ? "" : "# ",
            k->shown.name);
    write_value(c, k, to);
    fprintf(to, "\n");
  }
  return ferror(to) || fflush(to) != 0 ? TACET_ERR_IO : TACET_OK;
}

/* ---- reading ---- */

static tacet_span trim(tacet_span s) {
  while (s.len > 0 && (s.p[0] == ' ' || s.p[0] == '\t')) {
    s = tacet_span_of(s.p + 1, s.len - 1);
  }
  while (s.len > 0 && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\t' ||
                       s.p[s.len - 1] == '\r')) {
    s.len--;
  }
  return s;
}

static bool copy_out(tacet_span s, char *out, size_t cap) {
  if (s.len >= cap || (s.len > 0 && memchr(s.p, '\0', s.len) != NULL)) {
    return false;
  }
  if (s.len > 0) {
    memcpy(out, s.p, s.len);
  }
  out[s.len] = '\0';
  return true;
}

/* One line into *c. `seen` has a bit for each key: a second one is refused,
 * since nobody can tell which of the two was meant. */
static tacet_err read_line(tacetd_config *c, tacet_span line, uint64_t *seen,
                           tacetd_trouble *why) {
  char name[64], value[TACETD_CONFIG_TEXT_MAX];
  line = trim(line);
  if (line.len == 0 || line.p[0] == '#') {
    return TACET_OK;
  }
  const uint8_t *equals = memchr(line.p, '=', line.len);
  if (equals == NULL) {
    tacetd_trouble_set(why, "a line must be `key = value` or start with #");
    return TACET_ERR_ARGUMENT;
  }
  tacet_span left = trim(tacet_span_of(line.p, (size_t)(equals - line.p)));
  tacet_span right =
      trim(tacet_span_of(equals + 1, line.len - (size_t)(equals - line.p) - 1));
  if (!copy_out(left, name, sizeof(name)) ||
      !copy_out(right, value, sizeof(value))) {
    tacetd_trouble_set(why, "the line is longer than any key and value");
    return TACET_ERR_ARGUMENT;
  }
  TACET_TRY(tacetd_config_set(c, name, value, why));
  uint64_t bit = (uint64_t)1 << (find_key(name) - keys);
  if ((*seen & bit) != 0) {
    tacetd_trouble_set(why, "%s stands there twice; remove one", name);
    return TACET_ERR_ARGUMENT;
  }
  *seen |= bit;
  return TACET_OK;
}

tacet_err tacetd_config_parse(tacetd_config *c, tacet_span text,
                              const char *name, tacetd_trouble *why) {
  tacetd_config work = *c;
  uint64_t seen = 0;
  unsigned number = 0;
  while (text.len > 0) {
    const uint8_t *end = memchr(text.p, '\n', text.len);
    size_t len = end != NULL ? (size_t)(end - text.p) : text.len;
    tacetd_trouble reason = {""};
    number++;
    tacet_err e = read_line(&work, tacet_span_of(text.p, len), &seen, &reason);
    if (e != TACET_OK) {
      tacetd_trouble_set(why, "%.200s line %u: %.280s", name, number,
                         reason.text);
      return e;
    }
    size_t skip = end != NULL ? len + 1 : len;
    text = tacet_span_of(text.p + skip, text.len - skip);
  }
  *c = work;
  return TACET_OK;
}

tacet_err tacetd_config_read(tacetd_config *c, const char *path,
                             tacetd_trouble *why) {
  char text[16384];
  FILE *f = fopen(path, "re");
  if (f == NULL) {
    bool none = errno == ENOENT;
    tacetd_trouble_set(why, "cannot read %.200s: %s%s", path, strerror(errno),
                       none ? "; make a data folder with `tacetd init`" : "");
    return none ? TACET_ERR_NOT_FOUND : TACET_ERR_IO;
  }
  size_t len = fread(text, 1, sizeof(text), f);
  bool bad = ferror(f) != 0, long_one = len == sizeof(text);
  (void)fclose(f);
  if (bad || long_one) {
    tacetd_trouble_set(why, "cannot read %.200s: %s", path,
                       bad ? "the disk refused" : "it is over 16 KB");
    return TACET_ERR_IO;
  }
  return tacetd_config_parse(c, tacet_span_of(text, len), path, why);
}
