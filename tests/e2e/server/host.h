/* SPDX-License-Identifier: Apache-2.0
 * tests/e2e/server/host.h -- a real tacetd in a folder of its own, for tests
 * and benches: made, started, stopped, killed. What cannot happen in a test
 * that works ends the program with a sentence.
 */
#ifndef TACET_E2E_HOST_H
#define TACET_E2E_HOST_H

#include "tacet/base.h"

#include <sys/types.h>

typedef struct host {
  char program[512]; /* tacetd */
  char folder[256];  /* of the data; beside it FOLDER.log */
  char host[64], port[8];
  uint8_t pin[32];
  char domain[64];
  pid_t pid; /* 0: not running */
  /* Called in the child before tacetd is started; NULL. */
  void (*in_child)(void);
} host;

__attribute__((noreturn, format(printf, 1, 2))) void die(const char *format,
                                                         ...);

/* Finds tacetd beside the running program (../bin) or in $TACET_BIN, and makes
 * a data folder under /tmp. args: more options of init, NULL at the end. */
void host_make(host *h, const char *const *args);
/* Starts it and waits for its ready line. args: more options of run. */
void host_start(host *h, const char *const *args);
/* The same for one that is expected to fail: its exit code; what it said goes
 * to `said`. */
int host_run(const host *h, const char *const *args, char *said, size_t cap);
/* Sends a signal and waits: the exit code, or 256 + the signal. */
int host_end(host *h, int signal_number);
/* SIGTERM; dies unless it ends with 0. */
void host_stop(host *h);
bool host_is_alive(host *h);
/* A new invite's token. */
void host_invite(const host *h, uint8_t token[16]);
/* Stops it if it runs and removes the folder; keeps it where $TACET_KEEP is
 * set. */
void host_remove(host *h);
/* Files of the folder and the log, one by one. */
void host_files(const host *h, void (*visit)(void *user, const char *path),
                void *user);
/* Everything that stands in a file; free() it. */
tacet_bytes host_read(const char *path);

#endif
