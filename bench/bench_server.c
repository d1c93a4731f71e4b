/* SPDX-License-Identifier: Apache-2.0
 * Messages between pairs through a real tacetd: each is durable before it is
 * acknowledged, is pushed over a WebSocket, and is erased when the receiver has
 * acknowledged it. Beside it, in the same run, the floor (bare epoll and
 * OpenSSL that echoes) and, where it is installed, mosquitto with QoS 1 both
 * ways, which acknowledges before anything is on the disk.
 *
 *   bench_server [SECONDS [PAIRS [WINDOW [SIZE [ROUNDS]]]]]   4 30 8 1024 3
 *
 * A window of 8 is 8 messages of a pair under way at once: each leaves when the
 * one before it in its place was acknowledged and delivered. Latency runs from
 * handing it to the sender's socket to having it decrypted at the receiver.
 */
#include "bench/load.h"

#include "tests/e2e/server/peer.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bench_setup setup = {4, 30, 8, 1024};

/* ---- one program under load ---- */

typedef struct subject {
  const char *name;
  const load_protocol *protocol;
  int pid;
  bench_target target;
  bench_result sum;
} subject;

static void run(subject *s) {
  bench_result r;
  bench_measure(s->protocol, &s->target, &setup, s->pid, &r);
  printf("  %-10s %8.0f msgs/s %8.0f msgs/server-CPU-s   p50 %6.2f ms   p99 "
         "%6.2f ms\n",
         s->name, (double)r.delivered / r.seconds,
         (double)r.delivered / r.cpu_seconds, r.p50_ms, r.p99_ms);
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

static int start_mosquitto(const host *h, bench_target *t) {
  char conf[300], text[1200];
  const char *program = access("/usr/sbin/mosquitto", X_OK) == 0
                            ? "/usr/sbin/mosquitto"
                            : "/usr/local/sbin/mosquitto";
  if (access(program, X_OK) != 0) {
    return 0;
  }
  (void)snprintf(t->host, sizeof(t->host), "127.0.0.1");
  (void)snprintf(t->port, sizeof(t->port), "%d", 20000 + getpid() % 20000);
  (void)snprintf(conf, sizeof(conf), "%s.mosquitto", h->folder);
  int n = snprintf(text, sizeof(text),
                   "listener %s 127.0.0.1\ncertfile %s/tls/cert.pem\n"
                   "keyfile %s/tls/key.pem\nallow_anonymous true\n"
                   "persistence true\npersistence_location %s/\n"
                   "max_inflight_messages 0\nmax_queued_messages 0\n"
                   "user root\nset_tcp_nodelay true\nlog_type error\n",
                   t->port, h->folder, h->folder, h->folder);
  FILE *f = fopen(conf, "w");
  if (f == NULL || fwrite(text, 1, (size_t)n, f) != (size_t)n ||
      fclose(f) != 0) {
    die("cannot write %s", conf);
  }
  pid_t pid = fork();
  if (pid == 0) {
    (void)execl(program, program, "-c", conf, (char *)NULL);
    _exit(127);
  }
  /* It says nothing when it listens: try until it does. */
  if (!bench_wait_for_port(t->host, t->port, 10000)) {
    die("mosquitto did not start");
  }
  (void)unlink(conf);
  return pid;
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

int main(int argc, char **argv) {
  static const char *const args[] = {"--max-connections-per-address",
                                     "100000",
                                     "--requests-per-second",
                                     "1000000",
                                     "--registrations-per-hour",
                                     "100000",
                                     NULL};
  static peer at_rest[25];
  host h;
  int rounds = argc > 5 ? atoi(argv[5]) : 3;
  setup.seconds = argc > 1 ? (unsigned)atoi(argv[1]) : setup.seconds;
  setup.pairs = argc > 2 ? (unsigned)atoi(argv[2]) : setup.pairs;
  setup.window = argc > 3 ? (unsigned)atoi(argv[3]) : setup.window;
  setup.size = argc > 4 ? (unsigned)atoi(argv[4]) : setup.size;
  (void)signal(SIGPIPE, SIG_IGN);
  if (tacet_crypto_init() != TACET_OK || rounds < 1 || setup.size < 32 ||
      setup.window < 1 || setup.window > 64) {
    return 2;
  }
  host_make(&h, NULL);
  host_start(&h, args);
  printf("tacetd just started: %ld KiB resident\n", resident_kib(h.pid));
  users(&h, at_rest, 25);
  printf("tacetd with 25 users at rest, each connected with 30 mailboxes: %ld "
         "KiB resident\n",
         resident_kib(h.pid));
  subject list[3] = {{.name = "floor", .protocol = &load_floor},
                     {.name = "tacetd", .protocol = &load_tacet},
                     {.name = "mosquitto", .protocol = &load_mqtt}};
  list[0].pid = start_floor(&h, &list[0].target);
  list[1].pid = h.pid;
  list[1].target.server = &h;
  (void)snprintf(list[1].target.host, sizeof(list[1].target.host), "%s",
                 h.host);
  (void)snprintf(list[1].target.port, sizeof(list[1].target.port), "%s",
                 h.port);
  list[2].pid = start_mosquitto(&h, &list[2].target);
  size_t n = list[2].pid != 0 ? 3 : 2;
  printf("%u pairs, window %u, %u bytes, %u s a round, %d rounds\n",
         setup.pairs, setup.window, setup.size, setup.seconds, rounds);
  for (int i = 0; i < rounds; i++) {
    for (size_t k = 0; k < n; k++) {
      run(&list[k]);
    }
  }
  printf("messages per server CPU-second: tacetd %.0f = %.2f of the floor's "
         "echoes",
         per_cpu(&list[1]), per_cpu(&list[1]) / per_cpu(&list[0]));
  if (n == 3) {
    printf(", %.2f of mosquitto's", per_cpu(&list[1]) / per_cpu(&list[2]));
  }
  printf("\ntacetd after the load: %ld KiB resident\n", resident_kib(h.pid));
  for (size_t i = 0; i < 25; i++) {
    peer_close(&at_rest[i]);
  }
  end(list[0].pid);
  end(list[2].pid);
  host_stop(&h);
  host_remove(&h);
  return 0;
}
