/* SPDX-License-Identifier: Apache-2.0
 * Arguments of tacet-desk. */
#include "desk/command.h"

#include <string.h>

static const struct {
  const char *name, *argument;
} options[DESK_OPTIONS] = {
#define X(id, name, argument, what) {name, argument},
    DESK_OPTION_MAP(X)
#undef X
};

static bool find(const char *name, size_t len, desk_option *out) {
  for (unsigned i = 0; i < DESK_OPTIONS; i++) {
    if (strlen(options[i].name) == len &&
        memcmp(options[i].name, name, len) == 0) {
      *out = (desk_option)i;
      return true;
    }
  }
  return false;
}

static bool takes(const desk_command *c, desk_option o) {
  if (o == DESK_O_DATA) {
    return (c->takes & DESK_WITHOUT_DATA) == 0 ||
           (c->takes & DESK_TAKES(DATA)) != 0;
  }
  return ((c->takes | c->needs) & ((uint64_t)1 << o)) != 0;
}

/* `--name value`, `--name=value` or a flag. */
static bool take_option(const desk_command *c, int n, char **words, int *i,
                        desk_args *a) {
  const char *name = words[*i] + 2, *equals = strchr(name, '=');
  size_t len = equals != NULL ? (size_t)(equals - name) : strlen(name);
  desk_option o;
  if (!find(name, len, &o) || !takes(c, o)) {
    desk_say("--%.*s is not an option of `tacet-desk %s`; see `tacet-desk %s "
             "--help`",
             (int)(len < 64 ? len : 64), name, c->name, c->name);
    return false;
  }
  if (a->options[o] != NULL) {
    desk_say("--%s stands there twice", options[o].name);
    return false;
  }
  bool flag = *options[o].argument == '\0';
  if (flag && equals != NULL) {
    desk_say("--%s takes no value", options[o].name);
    return false;
  }
  if (!flag && equals == NULL && *i + 1 == n) {
    desk_say("--%s needs a value: %s", options[o].name, options[o].argument);
    return false;
  }
  a->options[o] = flag ? "" : equals != NULL ? equals + 1 : words[++*i];
  return true;
}

static bool complete(const desk_command *c, const desk_args *a) {
  if (a->n_words < c->min_words) {
    desk_say("usage: tacet-desk %s %s; see `tacet-desk %s --help`", c->name,
             c->words, c->name);
    return false;
  }
  uint64_t needs = c->needs;
  if ((c->takes & DESK_WITHOUT_DATA) == 0) {
    needs |= DESK_TAKES(DATA);
  }
  for (unsigned i = 0; i < DESK_OPTIONS; i++) {
    const char *value = a->options[i];
    if ((needs & ((uint64_t)1 << i)) != 0 && (value == NULL || *value == 0)) {
      desk_say("--%s %s is missing; see `tacet-desk %s --help`",
               options[i].name, options[i].argument, c->name);
      return false;
    }
  }
  return true;
}

bool desk_args_parse(const desk_command *c, int n, char **words,
                     desk_args *out) {
  desk_args a = {.n_words = 0};
  bool ended = false;
  for (int i = 0; i < n; i++) {
    if (!ended && strcmp(words[i], "--") == 0) {
      ended = true;
    } else if (!ended && strncmp(words[i], "--", 2) == 0) {
      if (!take_option(c, n, words, &i, &a)) {
        return false;
      }
    } else if (a.n_words == c->max_words) {
      desk_say("\"%.64s\" is one argument too many; see `tacet-desk %s --help`",
               words[i], c->name);
      return false;
    } else {
      a.words[a.n_words++] = words[i];
    }
  }
  if (!complete(c, &a)) {
    return false;
  }
  *out = a;
  return true;
}
