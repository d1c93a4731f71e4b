/* SPDX-License-Identifier: Apache-2.0
 * Text in and out: UTF-8, durations, times, what a terminal may show. */
#include "cli/cli.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static bool output_failed; /* and it was said */

size_t cli_utf8_next(const char *text, size_t left, uint32_t *cp) {
  const unsigned char *p = (const unsigned char *)text;
  if (p[0] < 0x80) {
    *cp = p[0];
    return 1;
  }
  size_t n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
  if (p[0] < 0xc2 || p[0] > 0xf4 || n > left) {
    return 0;
  }
  uint32_t v = p[0] & (0xffu >> (n + 1));
  for (size_t i = 1; i < n; i++) {
    if ((p[i] & 0xc0) != 0x80) {
      return 0;
    }
    v = v << 6 | (p[i] & 0x3fu);
  }
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (v < least[n] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff)) {
    return 0;
  }
  *cp = v;
  return n;
}

bool cli_is_utf8(const char *text, size_t len) {
  uint32_t cp;
  for (size_t i = 0, n; i < len; i += n) {
    n = cli_utf8_next(text + i, len - i, &cp);
    if (n == 0 || cp == 0) {
      return false;
    }
  }
  return true;
}

bool cli_is_harmless(uint32_t cp) {
  if (cp == '\n' || cp == '\t') {
    return true;
  }
  return !(cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x200e ||
           cp == 0x200f || (cp >= 0x202a && cp <= 0x202e) ||
           (cp >= 0x2066 && cp <= 0x2069) || cp == 0x2028 || cp == 0x2029);
}

/* `indent` goes before each line but the first, and those that are empty. */
static void put_text(FILE *f, const char *text, const char *indent) {
  size_t len = strlen(text);
  bool fresh = false;
  for (size_t i = 0; i < len;) {
    uint32_t cp = 0;
    size_t n = cli_utf8_next(text + i, len - i, &cp);
    bool bad = n == 0 || !cli_is_harmless(cp);
    fputs(fresh && cp != '\n' ? indent : "", f);
    fresh = !bad && cp == '\n';
    if (bad) {
      fputc('?', f);
    } else {
      fwrite(text + i, 1, n, f);
    }
    i += n == 0 ? 1 : n;
  }
}

void cli_put_text(FILE *f, const char *text) {
  put_text(f, text, "");
}

void cli_put_lines(FILE *f, const char *text) {
  put_text(f, text, "    ");
}

bool cli_duration(const char *text, uint64_t *ms) {
  static const struct {
    char unit;
    uint64_t ms;
  } units[] = {{'\0', 1000},   {'s', 1000},     {'m', 60000},
               {'h', 3600000}, {'d', 86400000}, {'w', 604800000}};
  char *end;
  errno = 0;
  if (text[0] < '0' || text[0] > '9') {
    return false;
  }
  unsigned long long v = strtoull(text, &end, 10);
  if (errno != 0 || v > 100000000ull || (end[0] != '\0' && end[1] != '\0')) {
    return false;
  }
  for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
    if (units[i].unit == end[0]) {
      *ms = v * units[i].ms;
      return true;
    }
  }
  return false;
}

char *cli_read_text(void) {
  size_t len = 0, cap = 4096;
  char *text = malloc(cap);
  while (text != NULL) {
    size_t n = fread(text + len, 1, cap - len - 1, stdin);
    len += n;
    if (n == 0) {
      break;
    }
    if (len > CLIENT_TEXT_MAX + 1) {
      free(text);
      (void)cli_fail(2,
                     "that is more than %d KiB of text; send it as a file "
                     "with --attach.",
                     CLIENT_TEXT_MAX / 1024);
      return NULL;
    }
    if (len + 1 == cap) {
      char *more = realloc(text, cap *= 2);
      if (more == NULL) {
        free(text);
      }
      text = more;
    }
  }
  if (text == NULL) {
    (void)cli_fail(1, "out of memory.");
    return NULL;
  }
  if (len > 0 && text[len - 1] == '\n') {
    len--;
  }
  text[len] = '\0';
  if (len == 0 || !cli_is_utf8(text, len)) {
    free(text);
    (void)cli_fail(2, len == 0 ? "the message is empty; nothing was sent."
                               : "what came on stdin is not text; send it as a "
                                 "file with --attach.");
    return NULL;
  }
  return text;
}

const char *cli_time(uint64_t ms, char text[32]) {
  time_t t = (time_t)(ms / 1000);
  struct tm tm;
  if (gmtime_r(&t, &tm) == NULL || strftime(text, 32, "%FT%TZ", &tm) == 0) {
    strcpy(text, "?");
  }
  return text;
}

const char *cli_time_short(uint64_t ms, char text[32]) {
  time_t t = (time_t)(ms / 1000);
  struct tm tm;
  if (localtime_r(&t, &tm) == NULL ||
      strftime(text, 32, "%F %H:%M", &tm) == 0) {
    strcpy(text, "?");
  }
  return text;
}

/* A pipe whose reader has gone, as of `head`: no fault, nothing to say. */
static bool nobody_reads(int error) {
  struct pollfd p = {.fd = STDOUT_FILENO};
  return error == EPIPE || (poll(&p, 1, 0) == 1 && (p.revents & POLLERR) != 0);
}

bool cli_flush(void) {
  errno = 0;
  if (fflush(stdout) == 0 && !ferror(stdout)) {
    return true;
  }
  int error = errno;
  if (!output_failed && !nobody_reads(error)) {
    (void)cli_fail(1, "could not write the output: %s.",
                   error == 0 ? "the disk is full, or fails" : strerror(error));
  }
  output_failed = true; /* once is enough */
  return false;
}
