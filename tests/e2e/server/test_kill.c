/* SPDX-License-Identifier: Apache-2.0
 * kill -9 under load, again and again: nothing that was answered `stored` is
 * lost, nothing comes that was never sent.
 *
 *   test_server_kill [ROUNDS]        25 unless told otherwise (or $KILLS)
 */
#include "tests/e2e/server/load.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define PAIRS 4
#define ITEM_LEN 1024

static host server;
static load l;

/* Waits until `n` more items are acknowledged; false after two minutes. */
static bool wait_for_more(unsigned n) {
  unsigned want = atomic_load(&l.acknowledged) + n;
  for (int i = 0; i < 120000; i++) {
    if (atomic_load(&l.acknowledged) >= want) {
      return true;
    }
    (void)usleep(1000);
  }
  return false;
}

int main(int argc, char **argv) {
  const char *kills = getenv("KILLS");
  long rounds = strtol(argc > 1        ? argv[1]
                       : kills != NULL ? kills
                                       : "25",
                       NULL, 10);
  unsigned doubled = 0, dice = 12345;
  char listen[80];
  const char *const same_port[] = {"--listen", listen, NULL};
  (void)signal(SIGPIPE, SIG_IGN);
  if (tacet_crypto_init() != TACET_OK || rounds < 1) {
    return 1;
  }
  host_make(&server, NULL);
  host_start(&server, NULL);
  (void)snprintf(listen, sizeof(listen), "%s:%s", server.host, server.port);
  load_make(&l, &server, PAIRS, ITEM_LEN);
  load_start(&l);
  for (long i = 0; i < rounds; i++) {
    dice = dice * 1103515245u + 12345u;
    /* Sometimes right after the start, sometimes well under way. */
    if (!wait_for_more(1 + (dice >> 16) % 60)) {
      die("round %ld: nothing is acknowledged any more, see %s.log", i,
          server.folder);
    }
    int code = host_end(&server, SIGKILL);
    if (code != 256 + SIGKILL) {
      die("round %ld: the server had ended by itself with %d, see %s.log", i,
          code, server.folder);
    }
    host_start(&server, same_port);
  }
  load_stop_sending(&l);
  load_finish(&l);
  unsigned lost = load_count(&l, &doubled);
  printf("%ld kills, %u acknowledged, %u lost, %u delivered more than once\n",
         rounds, atomic_load(&l.acknowledged), lost, doubled);
  if (lost > 0) {
    die("acknowledged messages were lost, see %s", server.folder);
  }
  load_free(&l);
  host_stop(&server);
  host_remove(&server);
  return 0;
}
