/* SPDX-License-Identifier: Apache-2.0
 * What a program says. */
#include "program/program.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void program_say(const char *name, const char *format, va_list list) {
  (void)fprintf(stderr, "%s: ", name);
  (void)vfprintf(stderr, format, list);
  (void)fputc('\n', stderr);
}

bool program_printed(const char *name) {
  errno = 0;
  if (fflush(stdout) == 0 && ferror(stdout) == 0) {
    return true;
  }
  if (errno != EPIPE) {
    (void)fprintf(stderr, "%s: standard output cannot be written: %s\n", name,
                  errno == 0 ? "the disk is full, or fails" : strerror(errno));
  }
  return false;
}
