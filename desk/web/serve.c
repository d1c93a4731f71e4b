/* SPDX-License-Identifier: Apache-2.0
 * The desk's page over HTTP. */
#include "desk/web/serve.h"

#include "desk/web/form.h"
#include "desk/web/pages.h"
#include "desk/web/passkey.h"
#include "desk/web/session.h"
#include "net/address.h"
#include "net/server.h"

#include <stdlib.h>
#include <string.h>

#define COOKIE "desk"
#define BODY_MAX 8192
#define DRAIN_MS 2000
#define HTML "text/html; charset=utf-8"
/* No frame, nothing from elsewhere, one script; nothing is kept. */
#define FIELDS                                                                 \
  "Content-Security-Policy: default-src 'none'; style-src 'self'; "            \
  "script-src 'self'; form-action 'self'; base-uri 'none'; "                   \
  "frame-ancestors 'none'\r\n"                                                 \
  "X-Content-Type-Options: nosniff\r\n"                                        \
  "Referrer-Policy: same-origin\r\n"                                           \
  "Cross-Origin-Opener-Policy: same-origin\r\n"                                \
  "Cross-Origin-Resource-Policy: same-origin\r\n"                              \
  "Cache-Control: no-store\r\n"

struct web_server {
  desk_store *store;
  web_sessions *sessions;
  web_challenges *challenges;
  net_server *net;
  net_handler handler;
  char where[160];
  char port[8];
  bool is_unix; /* who may open the socket is the file's business */
};

/* ---- answers ---- */

static bool is(tacet_span a, const char *b) {
  return tacet_span_equal(a, tacet_span_str(b));
}

static void redirect(net_request *r, const char *to, const char *cookie) {
  char fields[1024];
  (void)snprintf(fields, sizeof(fields), FIELDS "Location: %s\r\n%s", to,
                 cookie);
  net_respond(r, &(net_response){.status = 303, .headers = fields});
}

/* What is written into a page before it goes out. */
typedef struct page {
  FILE *out;
  char *text;
  size_t len;
} page;

static bool page_begin(page *p) {
  *p = (page){.text = NULL};
  p->out = open_memstream(&p->text, &p->len);
  return p->out != NULL;
}

static void page_send(page *p, net_request *r, int status) {
  bool whole = fclose(p->out) == 0 && p->text != NULL;
  net_respond(r, &(net_response){
                     .status = whole ? status : 503,
                     .content_type = HTML,
                     .headers = FIELDS,
                     .body = whole ? tacet_span_of((uint8_t *)p->text, p->len)
                                   : TACET_SPAN_EMPTY});
  if (p->text != NULL) {
    tacet_wipe(p->text, p->len);
  }
  free(p->text);
}

static void say(net_request *r, const desk_officer *who, int status,
                const char *heading, const char *sentence) {
  page p;
  if (!page_begin(&p)) {
    net_respond(r, &(net_response){.status = 503});
    return;
  }
  web_page_say(p.out, who, heading, sentence);
  page_send(&p, r, status);
}

static void sign_in_form(web_server *w, net_request *r, int status,
                         const char *sentence) {
  page p;
  char challenge[WEB_CHALLENGE_TEXT];
  if (web_challenge_make(w->challenges, desk_store_now(w->store), challenge) !=
          TACET_OK ||
      !page_begin(&p)) {
    net_respond(r, &(net_response){.status = 503});
    return;
  }
  web_page_sign_in(p.out, sentence, challenge);
  page_send(&p, r, status);
}

/* ---- who asks ---- */

static bool is_this_host(const web_server *w, tacet_span host) {
  static const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};
  char text[64];
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    (void)snprintf(text, sizeof(text), "%s:%s", names[i], w->port);
    if (is(host, text)) {
      return true;
    }
  }
  return false;
}

/* Whether what sends a form is a page of this desk. Browsers say so in Origin,
 * and say "null" or nothing where they do not know. */
static bool is_our_form(const web_server *w, const net_http_head *h) {
  tacet_span origin = net_http_get(h, "Origin");
  tacet_span site = net_http_get(h, "Sec-Fetch-Site");
  if (site.p != NULL && !is(site, "same-origin") && !is(site, "none")) {
    return false;
  }
  if (origin.p == NULL || w->is_unix) {
    return true; /* no browser; SameSite keeps the cookie from others */
  }
  return origin.len > 7 && memcmp(origin.p, "http://", 7) == 0 &&
         is_this_host(w, tacet_span_of(origin.p + 7, origin.len - 7));
}

/* ---- pages ---- */

static tacet_err write_page(web_server *w, FILE *out, const net_http_head *h,
                            const desk_officer *who, desk_trouble *why) {
  tacet_span show = TACET_SPAN_EMPTY;
  char id[DESK_CASE_ID_MAX + 1] = "";
  static const char cases[] = "/cases/";
  if (is(h->path, "/cases")) {
    bool all = web_parameter(h->query, "show", &show) && is(show, "all");
    return web_page_cases(out, w->store, who, all, web_page_of(h->query), why);
  }
  if (is(h->path, "/log")) {
    return web_page_log(out, w->store, who, web_page_of(h->query), why);
  }
  if (is(h->path, "/officers")) {
    return web_page_officers(out, w->store, who, why);
  }
  if (is(h->path, "/passkeys")) {
    return web_page_passkeys(out, w->store, who, why);
  }
  if (is(h->path, "/reports")) {
    return web_page_reports(out, w->store, who, why);
  }
  size_t len = h->path.len - (sizeof(cases) - 1);
  if (h->path.len < sizeof(cases) || len > DESK_CASE_ID_MAX ||
      memcmp(h->path.p, cases, sizeof(cases) - 1) != 0) {
    return TACET_ERR_NOT_FOUND;
  }
  memcpy(id, h->path.p + sizeof(cases) - 1, len);
  if (strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") != len) {
    return TACET_ERR_NOT_FOUND;
  }
  return web_page_case(out, w->store, who, id, why);
}

static void show(web_server *w, net_request *r, const net_http_head *h,
                 const desk_officer *who) {
  page p;
  desk_trouble why = {""};
  if (!page_begin(&p)) {
    net_respond(r, &(net_response){.status = 503});
    return;
  }
  tacet_err e = write_page(w, p.out, h, who, &why);
  if (e == TACET_OK) {
    page_send(&p, r, 200);
    return;
  }
  (void)fclose(p.out);
  free(p.text);
  if (e == TACET_ERR_NOT_FOUND) {
    say(r, who, 404, "Not found", "There is nothing here.");
  } else {
    say(r, who, 503, "The desk cannot show this now",
        why.text[0] != '\0' ? why.text : tacet_err_text(e));
  }
}

/* ---- signing in and out ---- */

/* The end of both ways; the log has it by now. */
static void let_in(net_request *r, const char cookie[WEB_COOKIE_TEXT]) {
  char field[200];
  (void)snprintf(field, sizeof(field),
                 "Set-Cookie: " COOKIE "=%s; Path=/; HttpOnly; "
                 "SameSite=Strict\r\n",
                 cookie);
  redirect(r, "/cases", field);
}

static void sign_in(web_server *w, net_request *r, tacet_span body) {
  tacet_span ticket = TACET_SPAN_EMPTY;
  char cookie[WEB_COOKIE_TEXT];
  desk_trouble why = {""};
  (void)web_parameter(body, "ticket", &ticket);
  /* A line that was copied with its end: %0D%0A behind it, or spaces as '+'. */
  while (ticket.len > 0 &&
         (ticket.p[ticket.len - 1] == '+' ||
          (ticket.len > 2 && ticket.p[ticket.len - 3] == '%'))) {
    ticket.len -= ticket.p[ticket.len - 1] == '+' ? 1 : 3;
  }
  tacet_err e = web_sign_in(w->sessions, w->store, ticket, &why, cookie);
  if (e != TACET_OK) {
    sign_in_form(w, r, e == TACET_ERR_AUTH ? 403 : 503,
                 why.text[0] != '\0' ? why.text : tacet_err_text(e));
    return;
  }
  let_in(r, cookie);
}

static tacet_err judge_passkey(web_server *w, tacet_span body,
                               desk_officer *who) {
  uint8_t client[2048], data[1024], signature[256];
  char origin[64], credential[WEB_CREDENTIAL_MAX];
  tacet_span id = TACET_SPAN_EMPTY;
  web_assertion a;
  web_passkey p;
  desk_trouble none;
  if (!web_parameter(body, "credential", &id) || id.len >= sizeof(credential) ||
      !web_decoded(body, "client", client, sizeof(client), &a.client_data) ||
      !web_decoded(body, "data", data, sizeof(data), &a.authenticator_data) ||
      !web_decoded(body, "signature", signature, sizeof(signature),
                   &a.signature)) {
    return TACET_ERR_AUTH;
  }
  memcpy(credential, id.p, id.len);
  credential[id.len] = '\0';
  (void)snprintf(origin, sizeof(origin), "http://" WEB_RELYING_PARTY ":%s",
                 w->port);
  if (web_passkey_find(w->store, credential, &none, &p) != TACET_OK) {
    return TACET_ERR_AUTH;
  }
  TACET_TRY(web_passkey_verify(w->challenges, desk_store_now(w->store), &p,
                               origin, &a));
  return desk_officer_find(w->store, p.officer, &none, who);
}

static void sign_in_passkey(web_server *w, net_request *r, tacet_span body) {
  char cookie[WEB_COOKIE_TEXT];
  desk_officer who;
  desk_trouble why = {""};
  tacet_err e = judge_passkey(w, body, &who);
  if (e != TACET_OK) {
    sign_in_form(w, r, 403,
                 "That passkey does not open this desk. Sign in with "
                 "a ticket, and look under Passkeys which ones do.");
    return;
  }
  e = web_session_open(w->sessions, w->store, &who, &why, cookie);
  if (e != TACET_OK) {
    sign_in_form(w, r, 503, why.text[0] != '\0' ? why.text : tacet_err_text(e));
    return;
  }
  let_in(r, cookie);
}

static void post(web_server *w, net_request *r, const net_http_head *h,
                 tacet_span body) {
  if (!is_our_form(w, h)) {
    say(r, NULL, 403, "Refused",
        "Another page sent this form. Open the desk's own page and try there.");
  } else if (is(h->path, "/sign-in")) {
    sign_in(w, r, body);
  } else if (is(h->path, "/sign-in-passkey")) {
    sign_in_passkey(w, r, body);
  } else {
    web_sign_out(w->sessions, web_cookie_of(h, COOKIE));
    redirect(r, "/",
             "Set-Cookie: " COOKIE "=; Path=/; HttpOnly; SameSite=Strict; "
             "Max-Age=0\r\n");
  }
}

/* ---- requests ---- */

static net_body on_head(void *user, net_request *r, uint64_t *max_body) {
  web_server *w = user;
  const net_http_head *h = net_request_head(r);
  bool posts = is(h->path, "/sign-in") || is(h->path, "/sign-in-passkey") ||
               is(h->path, "/sign-out");
  if (!w->is_unix && !is_this_host(w, net_http_get(h, "Host"))) {
    net_respond(r, &(net_response){.status = 421,
                                   .content_type = "text/plain; charset=utf-8",
                                   .body = TACET_SPAN_LIT(
                                       "this is no name of the desk\n")});
    return NET_BODY_ANSWERED;
  }
  if (!is(h->method, posts ? "POST" : "GET")) {
    net_respond(r, &(net_response){.status = 405, .headers = FIELDS});
    return NET_BODY_ANSWERED;
  }
  *max_body = posts ? BODY_MAX : 0;
  return NET_BODY_WHOLE;
}

static void on_request(void *user, net_request *r, tacet_span body) {
  web_server *w = user;
  const net_http_head *h = net_request_head(r);
  desk_officer who;
  if (is(h->method, "POST")) {
    post(w, r, h, body);
    return;
  }
  if (is(h->path, "/style.css")) {
    net_respond(r, &(net_response){.status = 200,
                                   .content_type = "text/css; charset=utf-8",
                                   .headers = FIELDS,
                                   .body = tacet_span_str(web_style)});
    return;
  }
  if (is(h->path, "/script.js")) {
    net_respond(
        r, &(net_response){.status = 200,
                           .content_type = "text/javascript; charset=utf-8",
                           .headers = FIELDS,
                           .body = tacet_span_str(web_script)});
    return;
  }
  if (!web_session_of(w->sessions, w->store, web_cookie_of(h, COOKIE), &who)) {
    sign_in_form(w, r, is(h->path, "/") ? 200 : 403, NULL);
  } else if (is(h->path, "/")) {
    redirect(r, "/cases", "");
  } else {
    show(w, r, h, &who);
  }
}

/* ---- the server ---- */

static bool is_loopback(const char *host) {
  return strcmp(host, "127.0.0.1") == 0 || strcmp(host, "localhost") == 0 ||
         strcmp(host, "::1") == 0;
}

static tacet_err start(web_server *w, const char *listen, desk_trouble *why) {
  char host[64] = "", port[8] = "";
  uint16_t number = 0;
  net_server_config config = {.n_loops = 1, .max_connections = 100};
  w->is_unix = strncmp(listen, "unix:/", 6) == 0;
  if (!w->is_unix &&
      (net_host_port(listen, host, sizeof(host), &number) != TACET_OK ||
       !is_loopback(host))) {
    desk_trouble_set(why, "the desk's page listens on this machine alone: give "
                          "127.0.0.1:PORT, [::1]:PORT or unix:/PATH, and reach "
                          "it from elsewhere through ssh");
    return TACET_ERR_ARGUMENT;
  }
  (void)snprintf(port, sizeof(port), "%u", number);
  config.path = w->is_unix ? listen + 5 : NULL;
  config.host = w->is_unix ? NULL : host;
  config.port = w->is_unix ? NULL : port;
  if (!w->is_unix) { /* a request may come before the real one is known */
    (void)snprintf(w->port, sizeof(w->port), "%s", port);
  }
  tacet_err e = net_server_start(&config, &w->handler, &w->net);
  if (e == TACET_ERR_EXISTS) {
    desk_trouble_set(why,
                     "something listens on %.100s already; stop it, or "
                     "choose another address with --listen",
                     listen);
  } else if (e != TACET_OK) {
    desk_trouble_set(why, "cannot listen on %.100s: %s", listen,
                     tacet_err_text(e));
  }
  TACET_TRY(e);
  if (w->is_unix) {
    (void)snprintf(w->where, sizeof(w->where), "%s", listen);
    return TACET_OK;
  }
  bool v6 = strchr(host, ':') != NULL;
  (void)snprintf(w->port, sizeof(w->port), "%u",
                 (unsigned)net_server_port(w->net));
  (void)snprintf(w->where, sizeof(w->where), "http://%s%s%s:%s/", v6 ? "[" : "",
                 host, v6 ? "]" : "", w->port);
  return TACET_OK;
}

tacet_err web_server_start(desk_store *s, const char *listen, desk_trouble *why,
                           web_server **out) {
  web_server *w = calloc(1, sizeof(*w));
  if (w == NULL) {
    return TACET_ERR_NOMEM;
  }
  w->store = s;
  w->handler =
      (net_handler){.user = w, .on_head = on_head, .on_request = on_request};
  tacet_err e = web_sessions_new(&w->sessions);
  if (e == TACET_OK) {
    e = web_challenges_new(&w->challenges);
  }
  if (e == TACET_OK) {
    e = start(w, listen, why);
  }
  if (e != TACET_OK) {
    web_server_free(w);
    return e;
  }
  *out = w;
  return TACET_OK;
}

const char *web_server_where(const web_server *w) {
  return w->where;
}

void web_server_free(web_server *w) {
  if (w == NULL) {
    return;
  }
  if (w->net != NULL) {
    net_server_drain(w->net, DRAIN_MS);
    net_server_free(w->net);
  }
  web_sessions_free(w->sessions);
  web_challenges_free(w->challenges);
  free(w);
}
