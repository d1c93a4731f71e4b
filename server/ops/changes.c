/* SPDX-License-Identifier: Apache-2.0
 * Waiting for what a running server writes. */
#include "server/ops/changes.h"

#include <errno.h>
#include <poll.h>
#include <stdalign.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

static int64_t now(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void tacetd_changes_start(tacetd_changes *w, const char *folder,
                          const char *name, int ms) {
  *w = (tacetd_changes){.end = now() + ms};
  TACET_ASSERT(strlen(name) < sizeof(w->name));
  memcpy(w->name, name, strlen(name) + 1);
  w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (w->fd >= 0 && inotify_add_watch(w->fd, folder, IN_MODIFY) < 0) {
    tacetd_changes_end(w);
  }
}

/* Takes all notices there are. Was one of them about the file? Too many for the
 * system to keep may have been. */
static bool take(const tacetd_changes *w) {
  alignas(struct inotify_event) char all[4096];
  bool ours = false;
  ssize_t n;
  while ((n = read(w->fd, all, sizeof(all))) > 0) {
    for (ssize_t at = 0; at < n;) {
      const struct inotify_event *e =
          (const struct inotify_event *)(const void *)(all + at);
      ours = ours || (e->mask & IN_Q_OVERFLOW) != 0 ||
             (e->len > 0 && strcmp(e->name, w->name) == 0);
      at += (ssize_t)sizeof(*e) + (ssize_t)e->len;
    }
  }
  return ours;
}

bool tacetd_changes_wait(tacetd_changes *w) {
  for (int64_t left; w->fd >= 0 && (left = w->end - now()) > 0;) {
    struct pollfd p = {.fd = w->fd, .events = POLLIN};
    if (poll(&p, 1, (int)left) < 0 && errno != EINTR) {
      return false;
    }
    if (take(w)) {
      return true;
    }
  }
  return false;
}

void tacetd_changes_end(tacetd_changes *w) {
  if (w->fd >= 0) {
    (void)close(w->fd);
  }
  w->fd = -1;
}
