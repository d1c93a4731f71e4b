/* SPDX-License-Identifier: Apache-2.0
 * tacetd run: opens what init made, serves it, and stops in good order. */
#include "server/command.h"
#include "server/witnessing.h"

#include "net/tls.h"
#include "server/http/service.h"
#include "server/ops/doctor.h"
#include "server/ops/folder.h"
#include "server/ops/inventory.h"
#include "server/ops/log.h"
#include "server/ops/metrics.h"
#include "server/ops/process.h"
#include "server/ops/url.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LOOK_SECONDS 3600 /* how often the certificate is looked at */
#define CERTIFICATE_WARN_DAYS 14

struct server {
  const char *folder;
  tacetd_config config;
  net_tls *tls;
  tacetd_service *service;
  dir_directory *directory;
  dlv_delivery *delivery;
  tacetd_witnessing witnessing;
};

/* ---- what the halves have to tell ---- */

static void tell(tacetd_log_part part, sto_event event, int64_t a, int64_t b) {
  switch (event) {
  case STO_EVENT_FAILED:
    TACETD_LOG(STORAGE, .part = part, .error = a);
    break;
  case STO_EVENT_DISK_LOW:
    TACETD_LOG(DISK_LOW, .bytes = a);
    break;
  case STO_EVENT_DISK_OK:
    TACETD_LOG(DISK_OK, .bytes = a);
    break;
  case STO_EVENT_CLOCK_JUMPED:
    TACETD_LOG(CLOCK, .days = a);
    break;
  case STO_EVENT_CLOCK_STEADY:
    TACETD_LOG(CLOCK_OK, .days = 0);
    break;
  case STO_EVENT_EXPIRED:
    TACETD_LOG(EXPIRED, .part = part, .count = a, .ms = b);
    break;
  case STO_EVENT_KEYS:
    TACETD_LOG(KEYS, .part = part);
    break;
  }
}

static void tell_directory(void *user, sto_event event, int64_t a, int64_t b) {
  (void)user;
  tell(TACETD_PART_DIRECTORY, event, a, b);
}
static void tell_delivery(void *user, sto_event event, int64_t a, int64_t b) {
  (void)user;
  tell(TACETD_PART_DELIVERY, event, a, b);
}

/* ---- opening ---- */

/* Before the process gives up its rights: the key may be root's alone. */
static bool load_tls(struct server *s) {
  char cert[TACETD_PATH_MAX], key[TACETD_PATH_MAX];
  if (s->config.behind_proxy[0] != '\0') {
    return true;
  }
  tacet_err e = tacetd_folder_path(s->folder, s->config.certificate, cert);
  if (e == TACET_OK) {
    e = tacetd_folder_path(s->folder, s->config.private_key, key);
  }
  if (e == TACET_OK) {
    e = net_tls_server(cert, key, &s->tls);
  }
  if (e != TACET_OK) {
    tacetd_say("the certificate %s and its key cannot be used (%s); see "
               "`tacetd doctor`",
               s->config.certificate, tacet_err_text(e));
  }
  return e == TACET_OK;
}

static bool open_halves(struct server *s) {
  const tacetd_config *c = &s->config;
  sto_trouble why = {""};
  const dir_options directory = {
      .folder = s->folder,
      .domain = c->domain,
      .open_registration = c->registration == TACETD_REGISTRATION_OPEN,
      .tokens_per_day = {(uint32_t)c->tokens_directory_per_day,
                         (uint32_t)c->tokens_delivery_per_day},
      .disk_reserve = (uint64_t)c->disk_reserve,
      .watch = {.tell = tell_directory},
      .log_grew = {&s->witnessing, tacetd_witnessing_grew}};
  const dlv_options delivery = {.folder = s->folder,
                                .hooks = tacetd_service_hooks(s->service),
                                .disk_reserve = (uint64_t)c->disk_reserve,
                                .watch = {.tell = tell_delivery}};
  if (dir_open(&directory, &why, &s->directory) != TACET_OK ||
      dlv_open(&delivery, &why, &s->delivery) != TACET_OK) {
    tacetd_say("%s", why.text);
    return false;
  }
  return true;
}

/* Nothing is served from a folder that holds what nobody declared. */
static bool check_inventory(const struct server *s) {
  tacetd_trouble why = {""};
  if (tacetd_inventory_check(s->folder, &why) == TACET_OK) {
    return true;
  }
  tacetd_say("%s", why.text);
  return false;
}

static bool start_service(struct server *s) {
  bool proxied = s->config.behind_proxy[0] != '\0';
  const char *where = proxied ? s->config.behind_proxy : s->config.listen;
  switch (tacetd_service_start(s->service, s->directory, s->delivery)) {
  case TACET_OK:
    return true;
  case TACET_ERR_EXISTS:
    tacetd_say("something listens on %s already; stop it, or choose another "
               "address with %s",
               where, proxied ? "--behind-proxy" : "--listen");
    return false;
  case TACET_ERR_ARGUMENT:
    tacetd_say("there is no address %s on this machine; check %s", where,
               proxied ? "--behind-proxy" : "--listen");
    return false;
  default:
    tacetd_say("cannot listen on %s: %s; ports below 1024 need "
               "CAP_NET_BIND_SERVICE",
               where, strerror(errno));
    return false;
  }
}

static bool open_server(struct server *s, const tacetd_args *args) {
  tacetd_trouble why = {""};
  s->folder = args->data;
  if (!tacetd_args_config(args, &s->config)) {
    return false;
  }
  if (tacetd_folder_lock(s->folder, &why) != TACET_OK) {
    tacetd_say("%s", why.text);
    return false;
  }
  if (!load_tls(s)) {
    return false;
  }
  (void)tacetd_process_raise_files();
  int e = tacetd_process_drop(s->folder);
  if (e != 0) {
    TACETD_LOG(HARDENING, .system = e);
  }
  const tacetd_service_options options = {
      .folder = s->folder, .config = &s->config, .tls = s->tls};
  if (tacetd_service_new(&options, &s->service) != TACET_OK) {
    tacetd_say("there is not enough memory to start");
    return false;
  }
  return open_halves(s) && check_inventory(s) &&
         tacetd_witnessing_start(&s->witnessing, s->folder, s->directory) &&
         start_service(s);
}

static void close_server(struct server *s) {
  tacetd_witnessing_stop(&s->witnessing);
  dir_close(s->directory);
  dlv_close(s->delivery);
  tacetd_witnessing_free(&s->witnessing);
  tacetd_service_free(s->service);
  net_tls_free(s->tls);
}

/* ---- serving ---- */

/* The line that says that it accepts, and the note for `tacetd invite`. */
static bool announce(const struct server *s) {
  uint16_t port = tacetd_service_port(s->service);
  bool proxied = s->config.behind_proxy[0] != '\0';
  const char *where = proxied ? s->config.behind_proxy : s->config.listen;
  char url[TACETD_CONFIG_TEXT_MAX + 16], real[TACETD_CONFIG_TEXT_MAX + 16];
  bool derived = s->config.url_is_derived && !proxied;
  if (where[0] == '/') {
    (void)snprintf(real, sizeof(real), "unix:%s", where);
  } else if (tacetd_url_of_listen(where, port, real, sizeof(real)) !=
             TACET_OK) {
    return false;
  } else if (proxied) { /* "http://" for "https://" */
    memmove(real + 4, real + 5, strlen(real + 5) + 1);
  }
  (void)snprintf(url, sizeof(url), "%s", derived ? real : s->config.url);
  if (tacetd_folder_ready_write(s->folder, url) != TACET_OK) {
    tacetd_say("cannot write into %s; see `tacetd doctor`", s->folder);
    return false;
  }
  TACETD_LOG(READY, .port = port);
  printf("ready %s\n", real);
  (void)fflush(stdout);
  clearerr(stdout); /* a server serves, whoever reads its first line */
  tacetd_process_notify("READY=1");
  return true;
}

static void look_at_certificate(const struct server *s) {
  int64_t days =
      tacetd_certificate_days(s->folder, &s->config, (int64_t)time(NULL));
  tacetd_gauge(TACETD_METRIC_CERTIFICATE, 0, days == INT64_MIN ? 0 : days);
  if (s->tls != NULL && days < CERTIFICATE_WARN_DAYS) {
    TACETD_LOG(CERTIFICATE, .days = days);
  }
}

static int wait_for_signal(const struct server *s, const sigset_t *signals) {
  const struct timespec look = {.tv_sec = LOOK_SECONDS};
  int got;
  do {
    look_at_certificate(s);
    got = sigtimedwait(signals, NULL, &look);
  } while (got < 0);
  return got;
}

static void stop(struct server *s, int signal_number, const sigset_t *signals) {
  struct timespec begin, end;
  (void)clock_gettime(CLOCK_MONOTONIC, &begin);
  TACETD_LOG(DRAINING, .signal = signal_number,
             .count = (int64_t)tacetd_service_connections(s->service));
  tacetd_process_notify("STOPPING=1");
  /* A second signal ends it at once, as it would any program. */
  (void)pthread_sigmask(SIG_UNBLOCK, signals, NULL);
  tacetd_folder_ready_remove(s->folder);
  uint64_t cut = tacetd_service_drain(s->service,
                                      (uint32_t)s->config.drain_seconds * 1000);
  if (cut > 0) {
    TACETD_LOG(DRAIN_CUT, .count = (int64_t)cut);
  }
  close_server(s);
  (void)clock_gettime(CLOCK_MONOTONIC, &end);
  TACETD_LOG(STOPPED, .ms = (int64_t)(end.tv_sec - begin.tv_sec) * 1000 +
                            (end.tv_nsec - begin.tv_nsec) / 1000000);
}

int tacetd_command_run(const tacetd_args *args) {
  struct server s;
  sigset_t signals;
  memset(&s, 0, sizeof(s));
  /* Blocked before a thread starts: only the wait below takes them. */
  (void)sigemptyset(&signals);
  (void)sigaddset(&signals, SIGTERM);
  (void)sigaddset(&signals, SIGINT);
  (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
  if (!open_server(&s, args) || !announce(&s)) {
    if (s.service != NULL) {
      (void)tacetd_service_drain(s.service, 0);
    }
    close_server(&s);
    return TACETD_FAILED;
  }
  int e = tacetd_process_confine(tacetd_witnessing_connects(&s.witnessing));
  if (e != 0 && e != ENOSYS) {
    TACETD_LOG(HARDENING, .system = e);
  }
  stop(&s, wait_for_signal(&s, &signals), &signals);
  return TACETD_DONE;
}
