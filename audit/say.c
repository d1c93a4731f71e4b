/* SPDX-License-Identifier: Apache-2.0
 * What all of tacet-audit says. */
#include "audit/command.h"

#include <stdarg.h>

void aud_say(const char *format, ...) {
  va_list list;
  va_start(list, format);
  program_say("tacet-audit", format, list);
  va_end(list);
}

bool aud_printed(void) {
  return program_printed("tacet-audit");
}
