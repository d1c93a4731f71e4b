/* SPDX-License-Identifier: Apache-2.0
 * Arguments, held against a program's tables. */
#include "program/program.h"

#include <stdio.h>
#include <string.h>

#define SHOWN 64 /* characters of a word that is said back */

__attribute__((format(printf, 2, 3))) static bool
refuse(const program *p, const char *format, ...) {
  va_list list;
  va_start(list, format);
  program_say(p->name, format, list);
  va_end(list);
  return false;
}

/* Its number, or n_options. */
static size_t find(const program *p, const char *name, size_t len) {
  size_t i = 0;
  while (i < p->n_options && (strlen(p->options[i].name) != len ||
                              memcmp(p->options[i].name, name, len) != 0)) {
    i++;
  }
  return i;
}

static bool take_option(const program *p, const program_command *c, int n,
                        char **words, int *i, program_args *a) {
  const char *name = words[*i] + 2, *equals = strchr(name, '=');
  size_t len = equals != NULL ? (size_t)(equals - name) : strlen(name);
  size_t o = find(p, name, len);
  if (o == p->n_options || ((c->takes | c->needs) & PROGRAM_TAKES(o)) == 0) {
    return refuse(p, "--%.*s is not an option of `%s %s`; see `%s --help`",
                  (int)(len < SHOWN ? len : SHOWN), name, p->name, c->name,
                  p->name);
  }
  if (a->values[o] != NULL) {
    return refuse(p, "--%s stands there twice", p->options[o].name);
  }
  if (*p->options[o].argument == '\0') {
    a->values[o] = "";
    return equals == NULL ||
           refuse(p, "--%s takes no value", p->options[o].name);
  }
  if (equals == NULL && *i + 1 == n) {
    return refuse(p, "--%s needs a value: %s", p->options[o].name,
                  p->options[o].argument);
  }
  a->values[o] = equals != NULL ? equals + 1 : words[++*i];
  return true;
}

static bool complete(const program *p, const program_command *c,
                     const program_args *a) {
  if (a->n_words < c->min_words) {
    return refuse(p, "usage: %s %s %s [OPTION]...; see `%s --help`", p->name,
                  c->name, c->words, p->name);
  }
  for (size_t o = 0; o < p->n_options; o++) {
    const char *value = a->values[o];
    if ((c->needs & PROGRAM_TAKES(o)) != 0 &&
        (value == NULL || *value == '\0')) {
      return refuse(p, "--%s %s is missing; see `%s --help`",
                    p->options[o].name, p->options[o].argument, p->name);
    }
  }
  return true;
}

bool program_args_parse(const program *p, const program_command *c, int n,
                        char **words, program_args *out) {
  program_args a = {.n_words = 0};
  bool ended = false;
  for (int i = 0; i < n; i++) {
    if (!ended && strcmp(words[i], "--") == 0) {
      ended = true;
    } else if (!ended && strncmp(words[i], "--", 2) == 0) {
      if (!take_option(p, c, n, words, &i, &a)) {
        return false;
      }
    } else if (a.n_words == c->max_words) {
      return refuse(p, "\"%.*s\" is one argument too many; see `%s --help`",
                    SHOWN, words[i], p->name);
    } else {
      a.words[a.n_words++] = words[i];
    }
  }
  if (!complete(p, c, &a)) {
    return false;
  }
  *out = a;
  return true;
}
