/* SPDX-License-Identifier: Apache-2.0
 * Processes and folders. */
#include "tests/e2e/server/host.h"

#include "net/tls.h"
#include "tacet/wire/invite.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGS_MAX 32

void die(const char *format, ...) {
  va_list list;
  va_start(list, format);
  (void)vfprintf(stderr, format, list);
  va_end(list);
  fputc('\n', stderr);
  exit(1);
}

/* ---- running ---- */

static void find_program(char *out, size_t cap) {
  const char *bin = getenv("TACET_BIN");
  char self[400] = {0};
  if (bin != NULL) {
    (void)snprintf(out, cap, "%s/tacetd", bin);
    return;
  }
  if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0) {
    die("cannot find myself: %s", strerror(errno));
  }
  *strrchr(self, '/') = '\0';
  (void)snprintf(out, cap, "%s/../bin/tacetd", self);
}

/* argv: program, command, --data, folder, args. */
static void fill_argv(const host *h, const char *command,
                      const char *const *args, char **argv) {
  size_t n = 0;
  const char *head[] = {h->program, command, "--data", h->folder};
  for (size_t i = 0; i < 4; i++) {
    argv[n++] = strdup(head[i]);
  }
  for (size_t i = 0; args != NULL && args[i] != NULL; i++) {
    if (n == ARGS_MAX - 1) {
      die("too many arguments");
    }
    argv[n++] = strdup(args[i]);
  }
  argv[n] = NULL;
}

/* A child whose stdout is a pipe and whose stderr goes to the log, or to the
 * pipe too. */
static pid_t start(const host *h, const char *command, const char *const *args,
                   bool merged, int *out) {
  char *argv[ARGS_MAX], log[300];
  int ends[2];
  fill_argv(h, command, args, argv);
  (void)snprintf(log, sizeof(log), "%s.log", h->folder);
  if (pipe2(ends, O_CLOEXEC) != 0) {
    die("pipe: %s", strerror(errno));
  }
  pid_t pid = fork();
  if (pid < 0) {
    die("fork: %s", strerror(errno));
  }
  if (pid == 0) {
    int err = merged
                  ? ends[1]
                  : open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    (void)dup2(ends[1], STDOUT_FILENO);
    (void)dup2(err, STDERR_FILENO);
    if (h->in_child != NULL && strcmp(command, "run") == 0) {
      h->in_child();
    }
    (void)execv(h->program, argv);
    _exit(127);
  }
  (void)close(ends[1]);
  for (size_t i = 0; argv[i] != NULL; i++) {
    free(argv[i]);
  }
  *out = ends[0];
  return pid;
}

/* Reads until the end, or a line with `until` in front is complete. */
static void read_out(int fd, const char *until, char *out, size_t cap) {
  size_t len = 0;
  ssize_t n = 1;
  out[0] = '\0';
  while (n > 0 && len + 1 < cap) {
    n = read(fd, out + len, until != NULL ? 1 : cap - len - 1);
    len += n > 0 ? (size_t)n : 0;
    out[len] = '\0';
    const char *line = until != NULL ? strstr(out, until) : NULL;
    if (line != NULL && strchr(line, '\n') != NULL) {
      return;
    }
  }
}

static int wait_for(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) {
      die("waitpid: %s", strerror(errno));
    }
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

static int run(const host *h, const char *command, const char *const *args,
               char *said, size_t cap) {
  int fd;
  pid_t pid = start(h, command, args, true, &fd);
  read_out(fd, NULL, said, cap);
  (void)close(fd);
  return wait_for(pid);
}

/* ---- life ---- */

void host_make(host *h, const char *const *args) {
  static const char *const standard[] = {"--listen", "127.0.0.1:0",
                                         "--registration", "invite"};
  const char *all[ARGS_MAX] = {NULL};
  char said[4096], path[300];
  net_certificate cert;
  size_t n = 0;
  memset(h, 0, sizeof(*h));
  find_program(h->program, sizeof(h->program));
  (void)snprintf(h->folder, sizeof(h->folder), "/tmp/tacetd-test-XXXXXX");
  if (mkdtemp(h->folder) == NULL) {
    die("mkdtemp: %s", strerror(errno));
  }
  for (; n < sizeof(standard) / sizeof(standard[0]); n++) {
    all[n] = standard[n];
  }
  for (size_t i = 0; args != NULL && args[i] != NULL; i++) {
    all[n++] = args[i];
  }
  int code = run(h, "init", all, said, sizeof(said));
  if (code != 0) {
    die("tacetd init ended with %d: %s", code, said);
  }
  (void)snprintf(path, sizeof(path), "%s/tls/cert.pem", h->folder);
  if (net_tls_read_certificate(path, &cert) != TACET_OK) {
    die("no certificate in %s", path);
  }
  memcpy(h->pin, cert.pin, sizeof(h->pin));
  strcpy(h->domain, "localhost");
}

void host_start(host *h, const char *const *args) {
  char said[4096], *line, *colon;
  int fd;
  h->pid = start(h, "run", args, false, &fd);
  read_out(fd, "ready http", said, sizeof(said));
  /* The pipe stays open: a server must not die of a closed stdout, but what it
   * has said is all that it says. */
  (void)close(fd);
  line = strstr(said, "ready http");
  char *slashes = line != NULL ? strstr(line, "//") : NULL;
  if (slashes == NULL || (colon = strrchr(slashes, ':')) == NULL) {
    die("tacetd did not start (%d), see %s.log", wait_for(h->pid), h->folder);
  }
  *colon = '\0';
  char port[sizeof(h->port)];
  (void)snprintf(port, sizeof(port), "%.*s", (int)strcspn(colon + 1, "\n"),
                 colon + 1);
  /* Written only when it is new: threads read it while it comes back. */
  if (strcmp(h->host, slashes + 2) != 0 || strcmp(h->port, port) != 0) {
    (void)snprintf(h->host, sizeof(h->host), "%s", slashes + 2);
    memcpy(h->port, port, sizeof(port));
  }
}

int host_run(const host *h, const char *const *args, char *said, size_t cap) {
  return run(h, args[0], args + 1, said, cap);
}

int host_end(host *h, int signal_number) {
  if (h->pid == 0) {
    return -1;
  }
  (void)kill(h->pid, signal_number);
  int code = wait_for(h->pid);
  h->pid = 0;
  return code;
}

void host_stop(host *h) {
  int code = host_end(h, SIGTERM);
  if (code != 0) {
    die("tacetd ended with %d, see %s.log", code, h->folder);
  }
}

bool host_is_alive(host *h) {
  return h->pid != 0 && waitpid(h->pid, NULL, WNOHANG) == 0;
}

void host_invite(const host *h, uint8_t token[16]) {
  static const char *const args[] = {"--uses", "1000", NULL};
  char said[4096];
  tacet_invite invite;
  if (run(h, "invite", args, said, sizeof(said)) != 0) {
    die("tacetd invite: %s", said);
  }
  said[strcspn(said, "\n")] = '\0';
  if (tacet_invite_parse(tacet_span_str(said), &invite) != TACET_OK) {
    die("that is no invite: %s", said);
  }
  memcpy(token, invite.token, sizeof(invite.token));
}

/* ---- folders ---- */

static void walk(const char *path, void (*visit)(void *, const char *),
                 void *user, bool remove_all) {
  DIR *dir = opendir(path);
  for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;) {
    char inner[1024];
    struct stat st;
    if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) {
      continue;
    }
    (void)snprintf(inner, sizeof(inner), "%s/%s", path, e->d_name);
    if (lstat(inner, &st) != 0) {
      continue;
    }
    if (S_ISDIR(st.st_mode)) {
      walk(inner, visit, user, remove_all);
    } else if (remove_all) {
      (void)unlink(inner);
    } else {
      visit(user, inner);
    }
  }
  if (dir != NULL) {
    (void)closedir(dir);
  }
  if (remove_all) {
    (void)rmdir(path);
  }
}

void host_files(const host *h, void (*visit)(void *user, const char *path),
                void *user) {
  char log[300];
  walk(h->folder, visit, user, false);
  (void)snprintf(log, sizeof(log), "%s.log", h->folder);
  visit(user, log);
}

void host_remove(host *h) {
  char log[300];
  (void)host_end(h, SIGKILL);
  if (getenv("TACET_KEEP") != NULL) {
    fprintf(stderr, "kept for a look: %s\n", h->folder);
    return;
  }
  walk(h->folder, NULL, NULL, true);
  (void)snprintf(log, sizeof(log), "%s.log", h->folder);
  (void)unlink(log);
}

tacet_bytes host_read(const char *path) {
  tacet_bytes out = {NULL, 0};
  FILE *f = fopen(path, "rb");
  if (f == NULL) {
    return out;
  }
  size_t cap = 1 << 16;
  out.p = malloc(cap);
  for (size_t n; (n = fread(out.p + out.len, 1, cap - out.len, f)) > 0;) {
    out.len += n;
    if (out.len == cap) {
      out.p = realloc(out.p, cap *= 2);
    }
  }
  (void)fclose(f);
  return out;
}
