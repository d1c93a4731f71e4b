/* SPDX-License-Identifier: Apache-2.0
 * The transport over net/: connections to one server, one for each kind of
 * request and one for the link. */
#include "client/transport.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "client/error.h"
#include "net/client.h"

#define ANSWER_MAX ((size_t)4 << 20)
#define FRAME_MAX ((size_t)1 << 20)
#define TIMEOUT_MS 30000 /* without any progress */
#define HEADERS_MAX 2048

enum { LINK = CLIENT_DELIVERY + 1, N_CONNECTIONS };

typedef struct transport {
  client_transport base;
  net_tls *tls;
  bool has_pin, link;
  char *url;
  net_client *connection[N_CONNECTIONS];
  int wake; /* an eventfd that interrupts waiting */
} transport;

/* ---- failures ---- */

static tacet_err failed(const transport *t, net_result r,
                        client_error *detail) {
  switch (r) {
  case NET_OK:
    return TACET_OK;
  case NET_NO_MEMORY:
    return TACET_ERR_NOMEM;
  case NET_PIN:
    return client_fail(detail, CLIENT_KEYS, "certificate-changed",
                       "The certificate of %s is not the one of your invite: "
                       "somebody may be in between, or the operator replaced "
                       "it. Nothing was sent to it; what you wrote waits "
                       "in the outbox. Ask the operator.",
                       t->url);
  case NET_TLS:
    if (!t->has_pin) {
      return client_fail(detail, CLIENT_KEYS, "certificate-untrusted",
                         "Nobody whom this system trusts vouches for the "
                         "certificate of %s. Nothing was sent to it; what you "
                         "wrote waits. If the server signs its own, an invite "
                         "link says which one it is, an old one too: give it "
                         "with --invite instead of --server. Else ask the "
                         "operator.",
                         t->url);
    }
    break;
  case NET_INTERRUPTED:
    return client_fail(detail, CLIENT_FAILED, "interrupted",
                       "Interrupted; what was begun goes on next time.");
  default:
    break;
  }
  return client_fail(detail, CLIENT_UNREACHABLE, "unreachable",
                     "The server %s cannot be reached%s%s%s; try again later.",
                     t->url, r == NET_UNREACHABLE ? "" : " (",
                     r == NET_UNREACHABLE ? "" : net_result_text(r),
                     r == NET_UNREACHABLE ? "" : ")");
}

/* ---- requests ---- */

static bool headers_text(const client_call *r, char out[HEADERS_MAX]) {
  size_t n = 0;
  out[0] = '\0';
  for (size_t i = 0; i < r->n_headers; i++) {
    int len = snprintf(out + n, HEADERS_MAX - n, "%s: %s\r\n",
                       r->headers[i].name, r->headers[i].value);
    if (len < 0 || (size_t)len >= HEADERS_MAX - n) {
      return false;
    }
    n += (size_t)len;
  }
  return true;
}

static tacet_err lower(client_mem *mem, tacet_span in, const char **out) {
  char *p = client_mem_alloc(mem, in.len + 1);
  if (p == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < in.len; i++) {
    char c = (char)in.p[i];
    p[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
  }
  *out = p;
  return TACET_OK;
}

static tacet_err answer_copy(const net_answer *a, client_mem *mem,
                             client_answer *out) {
  const net_http_head *h = &a->parsed;
  client_header *list = client_mem_array(mem, h->n_headers, sizeof(*list));
  if (list == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < h->n_headers; i++) {
    TACET_TRY(lower(mem, h->headers[i].name, &list[i].name));
    TACET_TRY(client_mem_text(mem, h->headers[i].value, &list[i].value));
  }
  client_answer answer = {.status = (unsigned)a->status,
                          .headers = list,
                          .n_headers = h->n_headers};
  TACET_TRY(client_mem_copy(mem, tacet_bytes_span(&a->body), &answer.body));
  *out = answer;
  return TACET_OK;
}

const char *client_answer_header(const client_answer *a, const char *name) {
  for (size_t i = 0; i < a->n_headers; i++) {
    if (strcmp(a->headers[i].name, name) == 0) {
      return a->headers[i].value;
    }
  }
  return NULL;
}

static tacet_err request(client_transport *base, const client_call *r,
                         client_mem *mem, client_answer *out,
                         client_error *detail) {
  transport *t = (transport *)base;
  char headers[HEADERS_MAX];
  if (!headers_text(r, headers)) {
    return TACET_ERR_LIMIT;
  }
  net_call call = {
      .method = r->method,
      .target = r->path,
      .headers = headers,
      .content_type = r->body.len > 0 ? "application/tacet" : NULL,
      .body = r->body,
      .max_answer = ANSWER_MAX,
      .timeout_ms = TIMEOUT_MS,
  };
  NET_ANSWER(answer);
  TACET_TRY(failed(t, net_client_call(t->connection[r->half], &call, &answer),
                   detail));
  return answer_copy(&answer, mem, out);
}

/* ---- the link ---- */

static void link_close(client_transport *base) {
  transport *t = (transport *)base;
  if (t->link) {
    net_client_ws_close(t->connection[LINK]);
    t->link = false;
  }
}

static tacet_err link_open(client_transport *base, client_error *detail) {
  transport *t = (transport *)base;
  link_close(base);
  int status = 0;
  net_result r = net_client_ws_open(t->connection[LINK], "/v1/receive", NULL,
                                    FRAME_MAX, TIMEOUT_MS, &status);
  if (r == NET_REFUSED) {
    return client_fail(detail, CLIENT_UNREACHABLE, "refused-link",
                       "The server %s refused the connection (status %d); try "
                       "again later.",
                       t->url, status);
  }
  TACET_TRY(failed(t, r, detail));
  t->link = true;
  return TACET_OK;
}

static tacet_err link_send(client_transport *base, tacet_span frame,
                           client_error *detail) {
  transport *t = (transport *)base;
  if (!t->link) {
    return failed(t, NET_UNREACHABLE, detail);
  }
  return failed(t, net_client_ws_send(t->connection[LINK], frame, TIMEOUT_MS),
                detail);
}

/* Waits for the descriptors; true if the link's may have something. */
static bool wait_for(transport *t, client_sleep *sleep) {
  struct pollfd fds[4] = {
      {t->link ? net_client_fd(t->connection[LINK]) : -1, POLLIN, 0},
      {sleep->fds[0], POLLIN, 0},
      {sleep->fds[1], POLLIN, 0},
      {t->wake, POLLIN, 0},
  };
  int ms = sleep->ms > INT32_MAX ? INT32_MAX : (int)sleep->ms;
  if (poll(fds, 4, ms) <= 0) {
    return false;
  }
  sleep->ready[0] = (fds[1].revents & (POLLIN | POLLHUP | POLLERR)) != 0;
  sleep->ready[1] = (fds[2].revents & (POLLIN | POLLHUP | POLLERR)) != 0;
  if (fds[3].revents != 0) {
    uint64_t count;
    ssize_t n = read(t->wake, &count, sizeof(count));
    (void)n;
    return false;
  }
  return fds[0].revents != 0;
}

static tacet_err link_next(client_transport *base, client_sleep *sleep,
                           client_mem *mem, tacet_span *frame,
                           client_error *detail) {
  transport *t = (transport *)base;
  sleep->ready[0] = sleep->ready[1] = false;
  for (int turn = 0; turn < 2; turn++) {
    if (t->link) {
      tacet_span message;
      uint16_t code = 0;
      net_result r =
          net_client_ws_recv(t->connection[LINK], 0, -1, NULL, &message, &code);
      if (r == NET_OK) {
        return client_mem_copy(mem, message, frame);
      }
      if (r != NET_TIMEOUT && r != NET_INTERRUPTED) {
        link_close(base);
        return r == NET_CLOSED ? TACET_ERR_CLOSED : failed(t, r, detail);
      }
    }
    if (turn > 0 || sleep->ms == 0 || !wait_for(t, sleep)) {
      break;
    }
  }
  return TACET_ERR_NOT_FOUND;
}

static void interrupt(client_transport *base) {
  transport *t = (transport *)base;
  uint64_t one = 1;
  ssize_t n = write(t->wake, &one, sizeof(one));
  (void)n;
  for (int i = 0; i < N_CONNECTIONS; i++) {
    net_client_interrupt(t->connection[i]);
  }
}

/* ---- making ---- */

static void transport_free(client_transport *base) {
  transport *t = (transport *)base;
  if (t == NULL) {
    return;
  }
  link_close(base);
  for (int i = 0; i < N_CONNECTIONS; i++) {
    net_client_free(t->connection[i]);
  }
  net_tls_free(t->tls);
  if (t->wake >= 0) {
    (void)close(t->wake);
  }
  tacet_free(t->url);
  tacet_free(t);
}

static void cleanup(transport **t) {
  if (*t != NULL) {
    transport_free(&(*t)->base);
  }
}

/* Splits https://host[:port]; an IPv6 address stands in brackets. */
static bool split(const char *url, char host[256], char port[8]) {
  static const char scheme[] = "https://";
  if (strncmp(url, scheme, sizeof(scheme) - 1) != 0) {
    return false;
  }
  const char *p = url + sizeof(scheme) - 1;
  bool bracket = *p == '[';
  const char *end = bracket ? strchr(p, ']') : p + strcspn(p, ":/");
  if (end == NULL) {
    return false;
  }
  p += bracket ? 1 : 0;
  size_t len = (size_t)(end - p);
  end += bracket ? 1 : 0;
  if (len == 0 || len > 255) {
    return false;
  }
  memcpy(host, p, len);
  host[len] = '\0';
  if (*end == '\0') {
    memcpy(port, "443", 4);
    return true;
  }
  size_t digits = strlen(end + 1);
  if (*end != ':' || digits == 0 || digits > 5) {
    return false;
  }
  memcpy(port, end + 1, digits + 1);
  return true;
}

static const client_transport_calls calls = {
    .request = request,
    .link_open = link_open,
    .link_send = link_send,
    .link_next = link_next,
    .link_close = link_close,
    .interrupt = interrupt,
    .free = transport_free,
};

static tacet_err make(void *user, const client_server *server,
                      client_transport **out) {
  (void)user;
  char host[256], port[8];
  if (!split(server->url, host, port)) {
    return TACET_ERR_ENCODING;
  }
  TACET_CLEANUP(cleanup) transport *t = tacet_alloc(sizeof(*t));
  if (t == NULL) {
    return TACET_ERR_NOMEM;
  }
  t->base.calls = &calls;
  t->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (t->wake < 0) {
    return TACET_ERR_IO;
  }
  size_t len = strlen(server->url) + 1;
  t->url = tacet_alloc(len);
  if (t->url == NULL) {
    return TACET_ERR_NOMEM;
  }
  memcpy(t->url, server->url, len);
  t->has_pin = server->has_pin;
  TACET_TRY(server->any
                ? net_tls_client_any(&t->tls)
                : net_tls_client(server->has_pin ? server->pin : NULL, &t->tls));
  for (int i = 0; i < N_CONNECTIONS; i++) {
    if (net_client_new(host, port, t->tls, &t->connection[i]) != NET_OK) {
      return TACET_ERR_NOMEM;
    }
  }
  *out = &t->base;
  t = NULL;
  return TACET_OK;
}

const client_transport_maker client_transport_net = {.make = make};
