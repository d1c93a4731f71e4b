/* SPDX-License-Identifier: Apache-2.0
 * Running another program of Tacet. */
#include "desk/spawn.h"

#include "tacet/codec.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Beside this program, where there is one of that name. */
static bool beside(const char *name, char *out, size_t cap) {
  ssize_t n = readlink("/proc/self/exe", out, cap - 1);
  if (n <= 0) {
    return false;
  }
  out[n] = '\0';
  char *slash = strrchr(out, '/');
  if (slash == NULL || (size_t)(slash + 1 - out) + strlen(name) >= cap) {
    return false;
  }
  memcpy(slash + 1, name, strlen(name) + 1);
  return access(out, X_OK) == 0;
}

/* A file of its own in memory with the input, or /dev/null. */
static int input_file(const char *input) {
  if (input == NULL) {
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
  }
  int fd = memfd_create("input", MFD_CLOEXEC);
  size_t n = strlen(input);
  if (fd >= 0 &&
      (write(fd, input, n) != (ssize_t)n || lseek(fd, 0, SEEK_SET))) {
    (void)close(fd);
    return -1;
  }
  return fd;
}

static int start(const char *path, const char *const *argv, int in, int out,
                 pid_t *pid) {
  posix_spawn_file_actions_t files;
  int e = posix_spawn_file_actions_init(&files);
  if (e != 0) {
    return e;
  }
  e = posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
  if (e == 0) {
    e = posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
  }
  if (e == 0) {
    e = posix_spawnp(pid, path, &files, NULL,
                     (char *const *)(uintptr_t)(const void *)argv, environ);
  }
  (void)posix_spawn_file_actions_destroy(&files);
  return e;
}

static tacet_err drain(int fd, tacet_buf *out) {
  static uint8_t block[64 * 1024];
  for (;;) {
    ssize_t n = read(fd, block, sizeof(block));
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      return n == 0 ? TACET_OK : TACET_ERR_IO;
    }
    tacet_write_bytes(out, tacet_span_of(block, (size_t)n));
  }
}

/* What it wrote, and how it ended. */
static tacet_err harvest(pid_t pid, int fd, int *code, tacet_bytes *out) {
  TACET_BUF(text, DESK_SPAWN_OUTPUT_MAX);
  int status = 0;
  tacet_err e = drain(fd, &text);
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) {
      return TACET_ERR_IO;
    }
  }
  TACET_TRY(e);
  *code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
  return tacet_buf_take(&text, out);
}

tacet_err desk_spawn(const char *const *argv, const char *input,
                     desk_trouble *why, int *code, tacet_bytes *out) {
  char path[PATH_MAX];
  int pipes[2] = {-1, -1};
  pid_t pid = 0;
  bool found = beside(argv[0], path, sizeof(path));
  int in = input_file(input);
  int e = in < 0 || pipe2(pipes, O_CLOEXEC) != 0
              ? errno
              : start(found ? path : argv[0], argv, in, pipes[1], &pid);
  if (pipes[1] >= 0) {
    (void)close(pipes[1]);
  }
  tacet_err err = e != 0 ? TACET_ERR_IO : harvest(pid, pipes[0], code, out);
  if (err != TACET_OK) {
    desk_trouble_set(why, "the program %.64s cannot be run: %s", argv[0],
                     e != 0 ? strerror(e) : tacet_err_text(err));
  }
  if (in >= 0) {
    (void)close(in);
  }
  if (pipes[0] >= 0) {
    (void)close(pipes[0]);
  }
  return err;
}
