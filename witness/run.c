/* SPDX-License-Identifier: Apache-2.0
 * tacet-witness run. */
#include "witness/command.h"

#include "server/ops/process.h"
#include "witness/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define DRAIN_MS 5000

typedef struct running {
  wit_identity identity;
  char listen[WIT_LISTEN_MAX]; /* cut into host and port */
  char *host, *port;
  net_tls *tls;
  sto_db *db;
  wit_server *server;
} running;

/* Name, key and address. */
static bool load(const program_args *a, running *r) {
  sto_conn *c = NULL;
  sto_trouble why = {""};
  tacet_err e = wit_conn_open(wit_arg(a, WIT_O_DATA), &why, &c);
  if (e == TACET_OK) {
    e = wit_identity_load(wit_arg(a, WIT_O_DATA), c, &why, &r->identity);
    sto_conn_close(c);
  }
  if (e != TACET_OK) {
    wit_say("%s", why.text);
    return false;
  }
  const char *listen = wit_arg(a, WIT_O_LISTEN) != NULL
                           ? wit_arg(a, WIT_O_LISTEN)
                           : r->identity.listen;
  int n = snprintf(r->listen, sizeof(r->listen), "%s", listen);
  if (n < 0 || (size_t)n >= sizeof(r->listen) ||
      !wit_split(r->listen, &r->host, &r->port)) {
    wit_say("--listen is \"%.64s\", but must be HOST:PORT", listen);
    return false;
  }
  return true;
}

/* Before the process gives up its rights: the key may be root's alone. */
static bool load_tls(const program_args *a, running *r) {
  char cert[WIT_PATH_MAX], key[WIT_PATH_MAX];
  if (wit_arg(a, WIT_O_PLAIN) != NULL) {
    return true;
  }
  if (!wit_path(wit_arg(a, WIT_O_DATA), WIT_CERTIFICATE, cert) ||
      !wit_path(wit_arg(a, WIT_O_DATA), WIT_CERTIFICATE_KEY, key)) {
    wit_say("the name of the data folder is too long");
    return false;
  }
  tacet_err e = net_tls_server(cert, key, &r->tls);
  if (e != TACET_OK) {
    wit_say("%s and its key cannot be used: %s", cert, tacet_err_text(e));
  }
  return e == TACET_OK;
}

/* Two on one folder would not harm each other's cosignatures, which are made
 * in transactions, but nobody means to have two. */
static bool lock_folder(const char *folder) {
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    wit_say("cannot use the folder %s: %s", folder, strerror(errno));
    return false;
  }
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    wit_say("another tacet-witness runs on %s already; stop that one first",
            folder);
    (void)close(fd);
    return false;
  }
  return true; /* the descriptor stays open: it is the lock */
}

static bool start(const program_args *a, running *r) {
  sto_trouble why = {""};
  (void)tacetd_process_drop(wit_arg(a, WIT_O_DATA));
  if (!lock_folder(wit_arg(a, WIT_O_DATA))) {
    return false;
  }
  if (wit_db_open(wit_arg(a, WIT_O_DATA), &why, &r->db) != TACET_OK) {
    wit_say("%s", why.text);
    return false;
  }
  const net_server_config config = {.host = r->host,
                                    .port = r->port,
                                    .tls = r->tls,
                                    .n_loops = 1,
                                    .max_connections = 1000};
  tacet_err e = wit_server_start(&config, &r->identity, r->db, &r->server);
  if (e == TACET_ERR_EXISTS) {
    wit_say("something listens on %s port %s already; stop it, or choose "
            "another address with --listen",
            r->host, r->port);
  } else if (e == TACET_ERR_ARGUMENT) {
    wit_say("there is no address %s on this machine; check --listen", r->host);
  } else if (e != TACET_OK) {
    wit_say("cannot listen on %s port %s: %s", r->host, r->port,
            e == TACET_ERR_IO ? strerror(errno) : tacet_err_text(e));
  }
  return e == TACET_OK;
}

/* The line that says that it accepts. */
static bool announce(const program_args *a, const running *r) {
  bool v6 = strchr(r->host, ':') != NULL;
  printf("ready %s://%s%s%s:%u\n",
         wit_arg(a, WIT_O_PLAIN) != NULL ? "http" : "https", v6 ? "[" : "",
         r->host, v6 ? "]" : "", wit_server_port(r->server));
  tacetd_process_notify("READY=1");
  return wit_printed();
}

static void stop(running *r) {
  if (r->server != NULL) {
    wit_server_stop(r->server, DRAIN_MS);
  }
  sto_close(r->db); /* answers what was sent already */
  wit_server_free(r->server);
  net_tls_free(r->tls);
  wit_identity_wipe(&r->identity);
}

int wit_command_run(const program_args *a) {
  running r;
  sigset_t signals;
  int got;
  memset(&r, 0, sizeof(r));
  /* Blocked before a thread starts: only sigwait takes them. */
  (void)sigemptyset(&signals);
  (void)sigaddset(&signals, SIGTERM);
  (void)sigaddset(&signals, SIGINT);
  (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
  bool ok = load(a, &r) && load_tls(a, &r) && start(a, &r) && announce(a, &r);
  if (ok) {
    (void)tacetd_process_confine(false);
    while (sigwait(&signals, &got) != 0) {
    }
    tacetd_process_notify("STOPPING=1");
  }
  stop(&r);
  return ok ? WIT_DONE : WIT_FAILED;
}
