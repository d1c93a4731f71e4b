/* SPDX-License-Identifier: Apache-2.0
 * What the process gives up is really gone. Each case runs in a child, since
 * nothing of it can be taken back. */
#include "tests/support/support.h"

#include "server/ops/process.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs step in a child; gives its result, or 200 + the signal that killed it.
 * _exit: the sanitizers' work at exit needs what was given up. */
static int in_child(int (*step)(void)) {
  pid_t pid = fork();
  assert_true(pid >= 0);
  if (pid == 0) {
    _exit(step());
  }
  int status = 0;
  assert_int_equal(waitpid(pid, &status, 0), pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 200 + WTERMSIG(status);
}

static int start_step(void) {
  struct rlimit core;
  if (tacetd_process_start() != 0) {
    return 1;
  }
  if (getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_max > 1) {
    return 2;
  }
  if (umask(0) != 077) {
    return 3;
  }
  int pipes[2];
  if (pipe(pipes) != 0 || close(pipes[0]) != 0) {
    return 4;
  }
  /* SIGPIPE would end this child. */
  return write(pipes[1], "x", 1) == -1 && errno == EPIPE ? 0 : 5;
}

static void test_start(void **state) {
  (void)state;
  assert_int_equal(in_child(start_step), 0);
}

static void *thread_step(void *arg) {
  *(int *)arg = 1;
  return NULL;
}

#define FAILS_WITH(e, call) (errno = 0, (long)(call) == -1 && errno == (e))

static int confine_step(void) {
  if (tacetd_process_confine(false) != 0) {
    return 1;
  }
  char name[] = "true", *const argv[] = {name, NULL};
  if (!FAILS_WITH(EPERM, execv("/bin/true", argv))) {
    return 2;
  }
  if (!FAILS_WITH(EPERM, syscall(SYS_clone, 17 /* SIGCHLD */, 0, 0, 0, 0))) {
    return 3;
  }
  void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
                 -1, 0);
  if (p != MAP_FAILED) {
    return 4;
  }
  p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
           0);
  if (p == MAP_FAILED || !FAILS_WITH(EPERM, mprotect(p, 4096, PROT_EXEC))) {
    return 5;
  }
  if (mprotect(p, 4096, PROT_READ) != 0 || munmap(p, 4096) != 0) {
    return 6;
  }
  if (!FAILS_WITH(EAFNOSUPPORT, socket(AF_NETLINK, SOCK_RAW, 0)) ||
      !FAILS_WITH(EAFNOSUPPORT, socket(AF_PACKET, SOCK_RAW, 0))) {
    return 7;
  }
  int tcp = socket(AF_INET, SOCK_STREAM, 0);
  int local = socket(AF_UNIX, SOCK_STREAM, 0);
  if (tcp < 0 || local < 0) {
    return 8;
  }
  if (!FAILS_WITH(EPERM, ptrace(PTRACE_ATTACH, getppid(), 0, 0)) ||
      !FAILS_WITH(EPERM, unshare(CLONE_NEWUSER)) ||
      !FAILS_WITH(EPERM, syscall(SYS_bpf, 0, 0, 0))) {
    return 9;
  }
  struct sockaddr_un nowhere = {.sun_family = AF_UNIX, .sun_path = "/x"};
  if (!FAILS_WITH(EPERM, connect(local, (struct sockaddr *)&nowhere,
                                 sizeof(nowhere)))) {
    return 11;
  }
  pthread_t thread;
  int ran = 0;
  if (pthread_create(&thread, NULL, thread_step, &ran) != 0 ||
      pthread_join(thread, NULL) != 0 || ran != 1) {
    return 10; /* threads must still work */
  }
  return 0;
}

/* Who asks others keeps that one call, and loses all else. */
static int connecting_step(void) {
  if (tacetd_process_confine(true) != 0) {
    return 1;
  }
  struct sockaddr_un nowhere = {.sun_family = AF_UNIX, .sun_path = "/x"};
  int local = socket(AF_UNIX, SOCK_STREAM, 0);
  char name[] = "true", *const argv[] = {name, NULL};
  if (!FAILS_WITH(ENOENT, connect(local, (struct sockaddr *)&nowhere,
                                  sizeof(nowhere)))) {
    return 2;
  }
  return FAILS_WITH(EPERM, execv("/bin/true", argv)) ? 0 : 3;
}

static void test_confine(void **state) {
  (void)state;
  int r = in_child(confine_step);
  if (r == 1) {
    skip(); /* a machine without seccomp */
  }
  assert_int_equal(r, 0);
  assert_int_equal(in_child(connecting_step), 0);
}

static int drop_step(void) {
  char path[] = "/tmp/tacetd-drop-XXXXXX";
  if (mkdtemp(path) == NULL || chown(path, 65534, 65534) != 0) {
    return 1;
  }
  int e = tacetd_process_drop(path);
  uid_t uid = getuid();
  (void)rmdir(path);
  if (e != 0 || uid != 65534 || geteuid() != 65534 || getgid() != 65534) {
    return 2;
  }
  return FAILS_WITH(EPERM, setuid(0)) ? 0 : 3;
}

static int drop_as_root_step(void) {
  /* The folder is root's: it stays root, but one without capabilities. */
  if (tacetd_process_drop("/") != 0 || getuid() != 0) {
    return 2;
  }
  return FAILS_WITH(EPERM, chown("/", 1, 1)) ? 0 : 3;
}

static void test_drop(void **state) {
  (void)state;
  if (geteuid() != 0) {
    skip();
  }
  assert_int_equal(in_child(drop_step), 0);
  assert_int_equal(in_child(drop_as_root_step), 0);
}

static void test_notify(void **state) {
  (void)state;
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  char path[] = "/tmp/tacetd-notify-XXXXXX", got[32] = {0};
  assert_non_null(mkdtemp(path));
  (void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/socket", path);
  int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
  tacetd_process_notify("READY=1"); /* unset: nothing */
  assert_int_equal(setenv("NOTIFY_SOCKET", at.sun_path, 1), 0);
  tacetd_process_notify("STOPPING=1");
  assert_int_equal(recv(fd, got, sizeof(got), MSG_DONTWAIT), 10);
  assert_string_equal(got, "STOPPING=1");
  assert_int_equal(setenv("NOTIFY_SOCKET", "relative", 1), 0);
  tacetd_process_notify("READY=1");
  assert_int_equal(recv(fd, got, sizeof(got), MSG_DONTWAIT), -1);
  (void)close(fd);
  (void)unlink(at.sun_path);
  (void)rmdir(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_start),
      cmocka_unit_test(test_confine),
      cmocka_unit_test(test_drop),
      cmocka_unit_test(test_notify),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
