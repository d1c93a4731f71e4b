/* SPDX-License-Identifier: Apache-2.0
 * Messages between pairs through a real tacetd: each is durable before it is
 * acknowledged, is pushed over a WebSocket, and is erased when the receiver has
 * acknowledged it. Beside it, in the same run, the floor (bare epoll and
 * OpenSSL that echoes) and the peers that are named, which run already:
 * tools/bench-peers starts them.
 *
 *   bench_server [pairs|offline|echo] [SECONDS [PAIRS [WINDOW [SIZE [ROUNDS]]]]]
 *                [NAME=mqtt|xmpp:PORT:PID]...
 *
 * pairs (4 30 8 1024 3): a window of 8 is 8 messages of a pair under way at
 * once: each leaves when the one before it in its place was acknowledged and
 * delivered. Latency runs from handing it to the sender's socket to having it
 * decrypted at the receiver.
 * offline (0 20 20 1024 2): every pair stores 500 messages for a receiver that
 * is not there, then the receivers connect and drain.
 * echo (4 50 1 256 3): pairs, as the floor echoes them one at a time.
 */
#include "bench/load.h"

#include "tests/e2e/server/peer.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define SUBJECTS_MAX 8
#define STORED_EACH 500

static bench_setup setup = {4, 30, 8, 1024};
static bool offline;

/* ---- one program under load ---- */

typedef struct subject {
  const char *name;
  const load_protocol *protocol;
  int pid;
  bench_target target;
  bench_result sum;
  bench_stored stored;
} subject;

static void run(subject *s) {
  bench_result r;
  bench_measure(s->protocol, &s->target, &setup, s->pid, &r);
  printf("  %-10s %8.0f msgs/s %8.0f msgs/server-CPU-s   p50 %6.2f ms   p99 "
         "%6.2f ms\n",
         s->name, (double)r.delivered / r.seconds,
         (double)r.delivered / r.cpu_seconds, r.p50_ms, r.p99_ms);
  (void)fflush(stdout);
  s->sum.delivered += r.delivered;
  s->sum.seconds += r.seconds;
  s->sum.cpu_seconds += r.cpu_seconds;
  s->sum.p50_ms += r.p50_ms;
  s->sum.p99_ms += r.p99_ms;
}

static double per_cpu(const subject *s) {
  return (double)s->sum.delivered / s->sum.cpu_seconds;
}

/* ---- the programs ---- */

/* In a child: not to outlive a bench that ends early. */
static void end_with_parent(void) { (void)prctl(PR_SET_PDEATHSIG, SIGKILL); }

/* Starts a program that prints "ready HOST:PORT"; its pid. */
static int start_floor(const host *h, bench_target *t) {
  char path[512], cert[300], key[300], line[128] = {0};
  int ends[2];
  ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 20);
  if (len < 0 || pipe(ends) != 0) {
    die("cannot start the floor");
  }
  path[len] = '\0';
  strcpy(strrchr(path, '/'), "/bench_floor");
  (void)snprintf(cert, sizeof(cert), "%s/tls/cert.pem", h->folder);
  (void)snprintf(key, sizeof(key), "%s/tls/key.pem", h->folder);
  pid_t pid = fork();
  if (pid == 0) {
    end_with_parent();
    (void)dup2(ends[1], STDOUT_FILENO);
    (void)execl(path, path, cert, key, (char *)NULL);
    _exit(127);
  }
  (void)close(ends[1]);
  FILE *f = fdopen(ends[0], "r");
  if (f == NULL || fgets(line, sizeof(line), f) == NULL ||
      sscanf(line, "ready %63[^:]:%7[0-9]", t->host, t->port) != 2) {
    die("bench_floor is not beside this program, or did not start");
  }
  (void)fclose(f);
  return pid;
}

/* NAME=PROTOCOL:PORT:PID of a program that runs on 127.0.0.1. */
static bool add_peer(const char *text, subject *s) {
  static char names[SUBJECTS_MAX][16];
  static unsigned n;
  char protocol[8];
  if (n >= SUBJECTS_MAX ||
      sscanf(text, "%15[^=]=%7[^:]:%7[0-9]:%d", names[n], protocol,
             s->target.port, &s->pid) != 4) {
    return false;
  }
  s->name = names[n++];
  s->protocol = strcmp(protocol, "mqtt") == 0 ? &load_mqtt : &load_xmpp;
  strcpy(s->target.host, "127.0.0.1");
  if (!bench_wait_for_port(s->target.host, s->target.port, 30000)) {
    die("%s does not listen", s->name);
  }
  return true;
}

static void end(int pid) {
  if (pid > 0) {
    (void)kill(pid, SIGTERM);
    (void)waitpid(pid, NULL, 0);
  }
}

/* 25 users: registered, with mailboxes, connected. */
static void users(const host *h, peer *all, size_t n) {
  uint8_t invite[16];
  host_invite(h, invite);
  for (size_t i = 0; i < n; i++) {
    char name[32];
    static peer_mailbox boxes[30];
    (void)snprintf(name, sizeof(name), "user%zu", i);
    peer_open(&all[i], h);
    peer_register(&all[i], name, invite);
    peer_mailboxes(&all[i], boxes, 30);
    if (!peer_link(&all[i], NULL) || !peer_subscribe(&all[i], boxes, 30)) {
      die("user %zu cannot receive", i);
    }
  }
}

static void report(const subject *list, size_t n) {
  const subject *t = &list[1];
  for (size_t i = 0; i < n; i++) {
    if (i != 1) {
      printf("tacetd / %-10s  msgs/s %.2f   msgs/server-CPU-s %.2f   p50 %.2f "
             "  p99 %.2f\n",
             list[i].name,
             (double)t->sum.delivered / t->sum.seconds /
                 ((double)list[i].sum.delivered / list[i].sum.seconds),
             per_cpu(t) / per_cpu(&list[i]), t->sum.p50_ms / list[i].sum.p50_ms,
             t->sum.p99_ms / list[i].sum.p99_ms);
    }
  }
}

static void run_stored(subject *s) {
  bench_stored r;
  bench_measure_stored(s->protocol, &s->target, &setup, s->pid, STORED_EACH,
                       &r);
  double n = (double)r.n;
  printf("  %-10s stored %7.0f/s (%7.0f/server-CPU-s)   drained %7.0f/s "
         "(%7.0f/server-CPU-s)\n",
         s->name, n / r.store_seconds, n / r.store_cpu_seconds,
         n / r.drain_seconds, n / r.drain_cpu_seconds);
  (void)fflush(stdout);
  s->stored.n += r.n;
  s->stored.store_seconds += r.store_seconds;
  s->stored.drain_seconds += r.drain_seconds;
}

static void report_stored(const subject *list, size_t n) {
  for (size_t i = 2; i < n; i++) {
    const bench_stored *a = &list[1].stored, *b = &list[i].stored;
    printf("tacetd / %-10s  stored/s %.2f   drained/s %.2f\n", list[i].name,
           (double)a->n / a->store_seconds / ((double)b->n / b->store_seconds),
           (double)a->n / a->drain_seconds / ((double)b->n / b->drain_seconds));
  }
}

/* The words of the command line: a mode, numbers, peers. False: not so. */
static bool options(int argc, char **argv, subject *list, size_t *n,
                    int *rounds) {
  unsigned *const numbers[] = {&setup.seconds, &setup.pairs, &setup.window,
                               &setup.size, (unsigned *)rounds};
  size_t at = 0;
  int i = 1;
  if (argc > 1 && strcmp(argv[1], "offline") == 0) {
    offline = true;
    setup = (bench_setup){0, 20, 20, 1024};
    *rounds = 2;
    i++;
  } else if (argc > 1 && strcmp(argv[1], "echo") == 0) {
    setup = (bench_setup){4, 50, 1, 256};
    i++;
  } else if (argc > 1 && strcmp(argv[1], "pairs") == 0) {
    i++;
  }
  for (; i < argc; i++) {
    if (strchr(argv[i], '=') != NULL) {
      if (*n == SUBJECTS_MAX || !add_peer(argv[i], &list[(*n)++])) {
        return false;
      }
    } else if (at < 5) {
      *numbers[at++] = (unsigned)atoi(argv[i]);
    } else {
      return false;
    }
  }
  return *rounds > 0 && setup.pairs > 0 && setup.size >= 32 &&
         setup.size < (1 << 16) && setup.window > 0 && setup.window <= 64;
}

int main(int argc, char **argv) {
  static const char *const args[] = {"--max-connections-per-address",
                                     "100000",
                                     "--requests-per-second",
                                     "1000000",
                                     "--registrations-per-hour",
                                     "100000",
                                     NULL};
  static peer at_rest[25];
  static subject list[SUBJECTS_MAX] = {
      {.name = "floor", .protocol = &load_floor},
      {.name = "tacetd", .protocol = &load_tacet}};
  host h;
  int rounds = 3;
  size_t n = 2;
  (void)signal(SIGPIPE, SIG_IGN);
  if (tacet_crypto_init() != TACET_OK ||
      !options(argc, argv, list, &n, &rounds)) {
    fprintf(stderr, "bench_server: see the head of bench/bench_server.c\n");
    return 2;
  }
  host_make(&h, NULL);
  h.in_child = end_with_parent;
  host_start(&h, args);
  printf("tacetd just started: %ld KiB resident\n", resident_kib(h.pid));
  users(&h, at_rest, 25);
  printf("tacetd with 25 users at rest, each connected with 30 mailboxes: %ld "
         "KiB resident\n",
         resident_kib(h.pid));
  list[0].pid = start_floor(&h, &list[0].target);
  list[1].pid = h.pid;
  list[1].target.server = &h;
  strcpy(list[1].target.host, h.host);
  strcpy(list[1].target.port, h.port);
  printf("%u pairs, window %u, %u bytes, %d rounds\n", setup.pairs,
         setup.window, setup.size, rounds);
  for (int i = 0; i < rounds; i++) {
    for (size_t k = offline ? 1 : 0; k < n; k++) {
      (offline ? run_stored : run)(&list[k]);
    }
  }
  (offline ? report_stored : report)(list, n);
  printf("tacetd after the load: %ld KiB resident\n", resident_kib(h.pid));
  for (size_t i = 0; i < 25; i++) {
    peer_close(&at_rest[i]);
  }
  end(list[0].pid);
  host_stop(&h);
  host_remove(&h);
  return 0;
}
