/* SPDX-License-Identifier: Apache-2.0
 * What all of tacet-audit says. */
#include "audit/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void aud_say(const char *format, ...) {
  va_list list;
  va_start(list, format);
  fputs("tacet-audit: ", stderr);
  (void)vfprintf(stderr, format, list);
  fputc('\n', stderr);
  va_end(list);
}

bool aud_printed(void) {
  if (fflush(stdout) == 0 && ferror(stdout) == 0) {
    return true;
  }
  if (errno != EPIPE) {
    aud_say("standard output cannot be written: %s", strerror(errno));
  }
  return false;
}
