/* SPDX-License-Identifier: Apache-2.0
 * tacet-desk serve, sign-in: the desk's page, and the tickets that open it. */
#include "desk/command.h"

#include "desk/web/serve.h"
#include "desk/web/session.h"
#include "server/ops/process.h"

#include <pthread.h>
#include <signal.h>

#define LISTEN "127.0.0.1:8480"

/* ---- sign-in ---- */

static tacet_err print_ticket(desk_store *s, const desk_who *who,
                              desk_trouble *why) {
  tacet_bytes ticket = {NULL, 0};
  tacet_err e =
      web_ticket_write(&who->officer, who->signs, desk_store_key(s)->public_key,
                       desk_store_now(s), why, &ticket);
  if (e == TACET_OK) {
    puts((const char *)ticket.p);
    tacet_wipe(ticket.p, ticket.len);
  }
  tacet_bytes_free(&ticket);
  return e;
}

int desk_cmd_sign_in(const desk_args *a) {
  int code;
  DESK_WHO(who);
  desk_trouble why = {""};
  desk_store *s = desk_open(a, &code);
  if (s != NULL && desk_who_of(a, s, DESK_O_KEY, true, &who, &code)) {
    code = desk_end(print_ticket(s, &who, &why), &why);
  }
  desk_store_close(s);
  return code;
}

/* ---- serve ---- */

/* Signals are blocked before a thread starts: only sigwait takes them. */
static void block_signals(sigset_t *signals) {
  (void)sigemptyset(signals);
  (void)sigaddset(signals, SIGTERM);
  (void)sigaddset(signals, SIGINT);
  (void)pthread_sigmask(SIG_BLOCK, signals, NULL);
}

int desk_cmd_serve(const desk_args *a) {
  int code, got;
  sigset_t signals;
  desk_trouble why = {""};
  web_server *w = NULL;
  const char *listen = desk_arg(a, DESK_O_LISTEN);
  block_signals(&signals);
  desk_store *s = desk_open(a, &code);
  if (s == NULL) {
    return code;
  }
  tacet_err e = web_server_start(s, listen != NULL ? listen : LISTEN, &why, &w);
  code = desk_end(e, &why);
  code = e == TACET_ERR_ARGUMENT ? DESK_EXIT_USAGE
         : e == TACET_ERR_EXISTS ? DESK_EXIT_FAILED
                                 : code;
  if (e == TACET_OK) {
    (void)tacetd_process_confine(false);
    printf("ready %s\n", web_server_where(w));
    (void)fflush(stdout);
    tacetd_process_notify("READY=1");
    while (sigwait(&signals, &got) != 0) {
    }
    tacetd_process_notify("STOPPING=1");
  }
  web_server_free(w);
  desk_store_close(s);
  return code;
}
