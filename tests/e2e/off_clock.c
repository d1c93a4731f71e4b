/* SPDX-License-Identifier: Apache-2.0
 * Preloaded into a program: its clock is off by TACET_CLOCK_OFF seconds. What
 * only goes forward does so as before. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t off(void) {
  const char *text = getenv("TACET_CLOCK_OFF");
  return text == NULL ? 0 : (time_t)strtoll(text, NULL, 10);
}

__attribute__((visibility("default"))) int clock_gettime(clockid_t id,
                                                         struct timespec *t) {
  int rc = (int)syscall(SYS_clock_gettime, id, t);
  if (rc == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) {
    t->tv_sec += off();
  }
  return rc;
}

__attribute__((visibility("default"))) time_t time(time_t *out) {
  struct timespec t = {.tv_sec = 0};
  (void)clock_gettime(CLOCK_REALTIME, &t);
  if (out != NULL) {
    *out = t.tv_sec;
  }
  return t.tv_sec;
}

__attribute__((visibility("default"))) int
gettimeofday(struct timeval *restrict out, void *restrict zone) {
  struct timespec t = {.tv_sec = 0};
  (void)zone;
  int rc = clock_gettime(CLOCK_REALTIME, &t);
  out->tv_sec = t.tv_sec;
  out->tv_usec = t.tv_nsec / 1000;
  return rc;
}
