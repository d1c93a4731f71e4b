/* SPDX-License-Identifier: Apache-2.0
 * The commands of tacetd as an operator types them: what they print, what they
 * refuse, and how they end. */
#include "tests/support/support.h"

#include "tests/e2e/server/peer.h"

#include <jansson.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static host server;

static int start(void **state) {
  (void)state;
  host_make(&server, NULL);
  return 0;
}
static int stop(void **state) {
  (void)state;
  host_remove(&server);
  return 0;
}

/* Runs a command of the server's folder: its exit code; `said` gets both of its
 * outputs. */
static char said[65536];
static int run(const char *const *args) {
  return host_run(&server, args, said, sizeof(said));
}
#define RUN(...) run((const char *const[]){__VA_ARGS__, NULL})

static bool says(const char *text) {
  return strstr(said, text) != NULL;
}

static size_t lines(void) {
  size_t n = 0;
  for (const char *p = said; (p = strchr(p, '\n')) != NULL; p++) {
    n++;
  }
  return n;
}

/* ---- usage ---- */

static void test_usage(void **state) {
  (void)state;
  static const struct {
    const char *args[6];
    int code;
    const char *says;
  } rows[] = {
      {{"run", "--frobs", "1"}, 2, "--frobs"},
      {{"run", "--listen"}, 2, "needs a value"},
      {{"run", "extra"}, 2, "too many"},
      {{"invite", "--uses", "0"}, 2, "--uses"},
      {{"invite", "--uses", "x"}, 2, "--uses"},
      {{"invite", "--expires", "soon"}, 2, "--expires"},
      {{"invite", "--expires", "9999d"}, 2, "--expires"},
      {{"invite", "--expires", "0m"}, 2, "whole days"},
      {{"invite", "--expires", "0d"}, 2, "whole days"},
      {{"invite", "--expires", "12h"}, 2, "whole days"},
      {{"invite", "--expires", "25h"}, 2, "whole days"},
      {{"invite", "--json"}, 2, "--json"},
      {{"account"}, 2, "usage"},
      {{"account", "frob"}, 2, "usage"},
      {{"account", "list", "extra"}, 2, "usage"},
      {{"account", "delete"}, 2, "usage"},
      {{"account", "delete", "nobody"}, 4, "no account"},
      {{"account", "delete", "nobody@elsewhere"}, 4, "no account"},
      {{"inventory", "--frob"}, 2, "--frob"},
      {{"init", "--listen", "nowhere"}, 2, "HOST:PORT"},
      {{"init"}, 1, "exists already"},
      {{"frob"}, 2, "frob"},
      {{"run", "--help"}, 0, "--disk-reserve"},
      {{"invite", "--help"}, 0, "--uses"},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    int code = run(rows[i].args);
    if (code != rows[i].code || !says(rows[i].says)) {
      fail_msg("%s %s: %d, %s", rows[i].args[0], rows[i].args[1], code, said);
    }
    if (code != 0) { /* one sentence, from the program */
      assert_int_equal(lines(), 1);
      assert_true(strncmp(said, "tacetd: ", 8) == 0);
    }
  }
}

static void test_without_data(void **state) {
  (void)state;
  static const char *const rows[][3] = {
      {"--version", "tacetd ", NULL},
      {"--help", "usage: tacetd", NULL},
  };
  for (size_t i = 0; i < 2; i++) {
    char command[700], got[256] = {0};
    (void)snprintf(command, sizeof(command), "%s %s", server.program,
                   rows[i][0]);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    assert_true(fread(got, 1, sizeof(got) - 1, f) > 0);
    (void)pclose(f);
    assert_non_null(strstr(got, rows[i][1]));
  }
}

/* ---- invites ---- */

static int register_with(peer *p, const char *name, const char *link,
                         char code[64]) {
  TACET_BUF(manifest, TACET_MANIFEST_MAX);
  TACET_BUF(body, TACET_MANIFEST_MAX + 64);
  NET_ANSWER(a);
  tacet_invite invite;
  assert_ok(tacet_invite_parse(tacet_span_str(link), &invite));
  assert_true(invite.has_pin);
  assert_memory_equal(invite.pin, server.pin, sizeof(invite.pin));
  assert_string_equal(invite.domain, "localhost");
  peer_make_account(p, name, &manifest);
  const tacet_create_account m = {.invite = tacet_span_of(invite.token, 16),
                                  .manifest = tacet_buf_span(&manifest)};
  tacet_create_account_write(&body, &m);
  int status = peer_call(p, "POST", "/v1/accounts", NULL, tacet_buf_span(&body),
                         &a, NULL);
  peer_problem(&a, code);
  return status;
}

static void test_invites(void **state) {
  (void)state;
  peer p;
  char code[64], link[4096];
  /* Port 0: before it runs nobody knows the address. */
  assert_int_equal(RUN("invite"), 1);
  assert_true(says("start it"));
  host_start(&server, NULL);
  assert_int_equal(RUN("invite", "--uses", "2"), 0);
  assert_int_equal(lines(), 1); /* not a terminal: no QR code */
  (void)snprintf(link, sizeof(link), "%.*s", (int)strcspn(said, "\n"), said);
  assert_non_null(strstr(link, server.port));
  peer_open(&p, &server);
  assert_int_equal(register_with(&p, "eins", link, code), 201);
  assert_int_equal(register_with(&p, "zwei", link, code), 201);
  assert_int_equal(register_with(&p, "drei", link, code), 403);
  assert_string_equal(code, "invite");
  assert_int_equal(RUN("invite", "--expires", "24h"), 0);
  (void)snprintf(link, sizeof(link), "%.*s", (int)strcspn(said, "\n"), said);
  assert_int_equal(register_with(&p, "vier", link, code), 201);
  peer_close(&p);
  host_stop(&server);
}

/* ---- accounts ---- */

static void test_accounts(void **state) {
  (void)state;
  peer p;
  uint8_t invite[16];
  NET_ANSWER(a);
  TACET_BUF(body, 256);
  host_start(&server, NULL);
  host_invite(&server, invite);
  peer_open(&p, &server);
  assert_int_equal(RUN("account", "list"), 0);
  assert_string_equal(said, "");
  peer_register(&p, "paula", invite);
  assert_int_equal(RUN("account", "list"), 0);
  assert_true(strncmp(said, "paula\t20", 8) == 0);
  assert_true(says("\tnever\n"));
  peer_draw(&p, TACET_TOKEN_DELIVERY, 4);
  assert_int_equal(RUN("account", "list"), 0);
  assert_false(says("never"));
  assert_int_equal(lines(), 1);
  assert_int_equal(RUN("account", "delete", "Paula@localhost"), 0);
  assert_int_equal(RUN("account", "list"), 0);
  assert_string_equal(said, "");
  const tacet_lookup m = {.kind = TACET_LOOKUP_HANDLE,
                          .key = TACET_SPAN_LIT("paula@localhost")};
  tacet_lookup_write(&body, &m);
  int status = peer_call(&p, "POST", "/v1/lookup", NULL, tacet_buf_span(&body),
                         &a, NULL);
  assert_true(status == 404 || status == 410);
  /* The name stays retired. */
  char link[4096], code[64];
  assert_int_equal(RUN("invite"), 0);
  (void)snprintf(link, sizeof(link), "%.*s", (int)strcspn(said, "\n"), said);
  assert_int_equal(register_with(&p, "paula", link, code), 410);
  assert_string_equal(code, "handle-retired");
  peer_close(&p);
  host_stop(&server);
}

/* ---- inventory, doctor ---- */

static void test_inventory(void **state) {
  (void)state;
  assert_int_equal(RUN("inventory"), 0);
  assert_true(says("tls/cert.pem"));
  assert_int_equal(RUN("inventory", "--json"), 0);
  json_error_t e;
  json_t *all = json_loads(said, 0, &e);
  if (all == NULL) {
    fail_msg("line %d: %s", e.line, e.text);
  }
  json_decref(all);
}

static void test_doctor(void **state) {
  (void)state;
  char path[400];
  host_start(&server, NULL);
  assert_int_equal(RUN("doctor"), 0);
  assert_true(says("answers"));
  assert_false(says("FAIL"));
  /* Each of these is found, and has its remedy. */
  assert_int_equal(chmod(server.folder, 0755), 0);
  assert_int_equal(RUN("doctor"), 1);
  assert_true(says("FAIL  folder"));
  assert_true(says("chmod 700"));
  assert_int_equal(chmod(server.folder, 0700), 0);
  (void)snprintf(path, sizeof(path), "%s/tls/key.pem", server.folder);
  assert_int_equal(chmod(path, 0644), 0);
  assert_int_equal(RUN("doctor"), 1);
  assert_true(says("FAIL  private key"));
  assert_int_equal(chmod(path, 0600), 0);
  host_stop(&server);
  assert_int_equal(RUN("doctor"), 0);
  assert_true(says("look  address"));
  assert_int_equal(RUN("doctor", "--clock-is-right"), 0);
  (void)snprintf(path, sizeof(path), "%s/tls/cert.pem", server.folder);
  assert_int_equal(unlink(path), 0);
  assert_int_equal(RUN("doctor"), 1);
  assert_true(says("FAIL  certificate"));
  assert_int_equal(RUN("run"), 1);
  assert_true(says("certificate"));
}

/* ---- starting ---- */

static void append(const char *name, const char *text) {
  char path[400];
  (void)snprintf(path, sizeof(path), "%s/%s", server.folder, name);
  FILE *f = fopen(path, "a");
  assert_non_null(f);
  assert_true(fputs(text, f) >= 0);
  assert_int_equal(fclose(f), 0);
}

static void test_start_is_refused(void **state) {
  (void)state;
  char taken[80];
  host_start(&server, NULL);
  assert_int_equal(RUN("run"), 1);
  assert_true(says("already"));
  (void)snprintf(taken, sizeof(taken), "%s:%s", server.host, server.port);
  host other;
  host_make(&other, NULL);
  const char *const args[] = {"run", "--listen", taken, NULL};
  assert_int_equal(host_run(&other, args, said, sizeof(said)), 1);
  assert_true(says("listens on"));
  const char *const nowhere[] = {"run", "--listen", "192.0.2.1:1", NULL};
  assert_int_equal(host_run(&other, nowhere, said, sizeof(said)), 1);
  host_remove(&other);
  host_stop(&server);
  append("tacetd.conf", "frobs = 3\n");
  assert_int_equal(RUN("run"), 1);
  assert_true(says("frobs"));
  assert_true(says("line "));
}

/* Writes to a UNIX socket and reads to the end. */
static void ask(const char *path, const char *text, char *got, size_t cap) {
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  size_t len = 0;
  ssize_t n = 1;
  (void)snprintf(to.sun_path, sizeof(to.sun_path), "%.100s", path);
  assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
  assert_int_equal(write(fd, text, strlen(text)), strlen(text));
  while (n > 0 && len + 1 < cap) {
    n = read(fd, got + len, cap - len - 1);
    len += n > 0 ? (size_t)n : 0;
  }
  got[len] = '\0';
  (void)close(fd);
}

/* A proxy that ends TLS: plain HTTP with the PROXY protocol on a UNIX socket.
 */
static void test_behind_proxy(void **state) {
  (void)state;
  char path[400], command[2000], got[1024] = {0};
  (void)snprintf(path, sizeof(path), "%s/http", server.folder);
  const char *const args[] = {"--behind-proxy", path, "--url",
                              "https://chat.example.org", NULL};
  /* Its ready line has no port; started by hand. */
  (void)snprintf(command, sizeof(command),
                 "%s run --data %s %s %s %s %s 2>%s.log & echo $!",
                 server.program, server.folder, args[0], args[1], args[2],
                 args[3], server.folder);
  FILE *f = popen(command, "r");
  int pid = 0;
  assert_non_null(f);
  assert_int_equal(fscanf(f, "%d", &pid), 1);
  while (fgets(got, sizeof(got), f) != NULL && strncmp(got, "ready", 5) != 0) {
  }
  assert_non_null(strstr(got, "ready unix:"));
  ask(path,
      "PROXY TCP4 203.0.113.9 127.0.0.1 4711 443\r\n"
      "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
      got, sizeof(got));
  /* Metrics are for loopback, and this client is not there, the proxy says. */
  assert_non_null(strstr(got, "HTTP/1.1 404"));
  assert_int_equal(RUN("invite"), 0);
  assert_true(strncmp(said, "https://chat.example.org/i#", 27) == 0);
  assert_int_equal(kill(pid, SIGTERM), 0);
  (void)pclose(f);
}

#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)
int main(void) {
  const struct CMUnitTest tests[] = {
      T(test_usage),
      T(test_without_data),
      T(test_invites),
      T(test_accounts),
      T(test_inventory),
      T(test_doctor),
      T(test_start_is_refused),
      T(test_behind_proxy),
  };
  (void)signal(SIGPIPE, SIG_IGN);
  if (tacet_crypto_init() != TACET_OK) {
    return 1;
  }
  return cmocka_run_group_tests(tests, NULL, NULL);
}
