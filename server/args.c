/* SPDX-License-Identifier: Apache-2.0
 * Arguments: the few options of each command, and every key of tacetd.conf. */
#include "server/command.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A pipe whose reader has gone, as of `head`: no fault, nothing to say. */
static bool nobody_reads(int error) {
  struct pollfd p = {.fd = STDOUT_FILENO};
  return error == EPIPE || (poll(&p, 1, 0) == 1 && (p.revents & POLLERR) != 0);
}

int tacetd_finish(int code) {
  errno = 0;
  if (fflush(stdout) == 0 && !ferror(stdout)) {
    return code;
  }
  if (!nobody_reads(errno)) {
    tacetd_say("cannot write the output: %s",
               errno == 0 ? "the disk is full, or fails" : strerror(errno));
  }
  return code == TACETD_DONE ? TACETD_FAILED : code;
}

void tacetd_say(const char *format, ...) {
  va_list list;
  va_start(list, format);
  fputs("tacetd: ", stderr);
  (void)vfprintf(stderr, format, list);
  fputc('\n', stderr);
  va_end(list);
}

bool tacetd_seconds_read(const char *text, int64_t *out) {
  static const struct {
    char unit;
    int64_t seconds;
  } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'\0', 86400}};
  int64_t n = 0;
  const char *p = text;
  for (; *p >= '0' && *p <= '9'; p++) {
    if (n > INT32_MAX) {
      return false;
    }
    n = n * 10 + (*p - '0');
  }
  for (size_t i = 0; p != text && i < sizeof(units) / sizeof(units[0]); i++) {
    if (units[i].unit == *p && (*p == '\0' || p[1] == '\0')) {
      *out = n * units[i].seconds;
      return true;
    }
  }
  return false;
}

static bool is_key(const char *name) {
  for (size_t i = 0; tacetd_config_key_at(i) != NULL; i++) {
    if (strcmp(tacetd_config_key_at(i)->name, name) == 0) {
      return true;
    }
  }
  return false;
}

/* An option that stands alone. */
static bool take_flag(const tacetd_command *c, const char *name,
                      tacetd_args *a) {
  if (strcmp(name, "json") == 0 && (c->options & TACETD_OPTION_JSON) != 0) {
    a->json = true;
    return true;
  }
  if (strcmp(name, "clock-is-right") == 0 &&
      (c->options & TACETD_OPTION_CLOCK) != 0) {
    a->clock_is_right = true;
    return true;
  }
  if (strcmp(name, "open") == 0 && (c->options & TACETD_OPTION_OPEN) != 0 &&
      a->n_set < TACETD_SET_MAX) {
    a->set[a->n_set].key = "registration";
    a->set[a->n_set++].value = "open";
    return true;
  }
  return false;
}

static bool takes_value(const tacetd_command *c, const char *name) {
  if (strcmp(name, "data") == 0) {
    return true;
  }
  if (strcmp(name, "uses") == 0 || strcmp(name, "expires") == 0) {
    return (c->options & TACETD_OPTION_INVITE) != 0;
  }
  if (strcmp(name, "pin") == 0) {
    return (c->options & TACETD_OPTION_PIN) != 0;
  }
  if (strcmp(name, "hash") == 0 || strcmp(name, "out") == 0) {
    return (c->options & TACETD_OPTION_STATEMENT) != 0;
  }
  return (c->options & TACETD_OPTION_KEYS) != 0 && is_key(name);
}

static bool read_uses(const char *value, tacetd_args *a) {
  char *end = NULL;
  long n = strtol(value, &end, 10);
  a->uses = n;
  return *value >= '0' && *value <= '9' && *end == '\0' && n >= 1 &&
         n <= TACETD_INVITE_USES_MAX;
}

/* The server keeps no time finer than a day, so an invite can promise none. */
static bool read_expires(const char *value, tacetd_args *a) {
  int64_t seconds;
  if (!tacetd_seconds_read(value, &seconds) || seconds < 86400 ||
      seconds % 86400 != 0 ||
      seconds > (int64_t)TACETD_INVITE_DAYS_MAX * 86400) {
    tacetd_say("--expires is \"%.64s\", but must be whole days from 1d to %dd: "
               "the server keeps no finer times",
               value, TACETD_INVITE_DAYS_MAX);
    return false;
  }
  a->expires_days = seconds / 86400;
  return true;
}

/* The options whose value is taken as it is. */
static const char **plain_value(const char *name, tacetd_args *a) {
  return strcmp(name, "data") == 0   ? &a->data
         : strcmp(name, "pin") == 0  ? &a->pin
         : strcmp(name, "hash") == 0 ? &a->hash
         : strcmp(name, "out") == 0  ? &a->out
                                     : NULL;
}

static bool take_value(const char *name, const char *value, tacetd_args *a) {
  const char **plain = plain_value(name, a);
  if (plain != NULL) {
    *plain = value;
    return true;
  }
  if (strcmp(name, "uses") == 0) {
    if (!read_uses(value, a)) {
      tacetd_say("--uses is \"%.64s\", but must be a number from 1 to %d",
                 value, TACETD_INVITE_USES_MAX);
      return false;
    }
    return true;
  }
  if (strcmp(name, "expires") == 0) {
    return read_expires(value, a);
  }
  if (a->n_set == TACETD_SET_MAX) {
    tacetd_say("there are more than %d options", TACETD_SET_MAX);
    return false;
  }
  a->set[a->n_set].key = name;
  a->set[a->n_set++].value = value;
  return true;
}

/* `--name`, `--name=value` or `--name value`. Cuts the word at its '='. */
static bool take_option(const tacetd_command *c, int n, char **words, int *i,
                        tacetd_args *a) {
  char *name = words[*i] + 2;
  char *equals = strchr(name, '=');
  char *value = equals != NULL ? equals + 1 : NULL;
  if (equals != NULL) {
    *equals = '\0';
  } else if (take_flag(c, name, a)) {
    return true;
  }
  if (!takes_value(c, name)) {
    tacetd_say("--%.64s is not an option of `tacetd %s`; see `tacetd %s "
               "--help`",
               name, c->name, c->name);
    return false;
  }
  if (value == NULL && *i + 1 < n) {
    value = words[++*i];
  }
  if (value == NULL) {
    tacetd_say("--%.64s needs a value; see `tacetd %s --help`", name, c->name);
    return false;
  }
  return take_value(name, value, a);
}

bool tacetd_args_parse(const tacetd_command *command, int n, char **words,
                       tacetd_args *out) {
  tacetd_args a = {.uses = 1, .expires_days = TACETD_INVITE_DAYS};
  for (int i = 0; i < n; i++) {
    if (strncmp(words[i], "--", 2) == 0 && words[i][2] != '\0') {
      if (!take_option(command, n, words, &i, &a)) {
        return false;
      }
    } else if (a.n_words == command->max_words) {
      tacetd_say("\"%.64s\" is one argument too many; see `tacetd %s --help`",
                 words[i], command->name);
      return false;
    } else {
      a.words[a.n_words++] = words[i];
    }
  }
  if (a.n_words < command->min_words) {
    tacetd_say("usage: tacetd %s %s --data DIR", command->name, command->words);
    return false;
  }
  if (a.data == NULL || *a.data == '\0') {
    tacetd_say("--data DIR is missing: the server's folder, which `tacetd "
               "init` makes");
    return false;
  }
  *out = a;
  return true;
}

bool tacetd_args_config(const tacetd_args *args, tacetd_config *out) {
  tacetd_config c;
  tacetd_trouble why = {""};
  char path[4096];
  tacetd_config_defaults(&c);
  int n = snprintf(path, sizeof(path), "%s/%s", args->data, TACETD_CONFIG_NAME);
  if (n < 0 || (size_t)n >= sizeof(path)) {
    tacetd_say("the name of the data folder is too long");
    return false;
  }
  tacet_err e = tacetd_config_read(&c, path, &why);
  for (size_t i = 0; i < args->n_set && e == TACET_OK; i++) {
    e = tacetd_config_set(&c, args->set[i].key, args->set[i].value, &why);
  }
  if (e == TACET_OK) {
    e = tacetd_config_finish(&c, &why);
  }
  if (e != TACET_OK) {
    tacetd_say("%s", why.text);
    return false;
  }
  *out = c;
  return true;
}
