/* SPDX-License-Identifier: Apache-2.0
 * What blocks, held against what the officer passes over. */
#include "desk/blocking.h"

#include "desk/rules/evaluate.h"

#include <stdlib.h>
#include <string.h>

#define SEPARATORS ", "

/* Is `code` one of the words? */
static bool names(const char *words, const char *code) {
  size_t len = strlen(code);
  while (words != NULL && *words != '\0') {
    words += strspn(words, SEPARATORS);
    size_t n = strcspn(words, SEPARATORS);
    if (n == len && memcmp(words, code, n) == 0) {
      return true;
    }
    words += n;
  }
  return false;
}

/* ---- the newest evaluation ---- */

typedef struct looking {
  json_t *found; /* of it; NULL: none since the demand was last completed */
  bool completed;
} looking;

static tacet_err look_at(void *user, const desk_event *e) {
  looking *x = user;
  bool is_evaluation = strcmp(e->kind, "case-evaluated") == 0;
  bool is_completion = strcmp(e->kind, "demand-completed") == 0;
  if (!is_evaluation && !is_completion) {
    return TACET_OK;
  }
  json_decref(x->found);
  x->found = is_evaluation ? json_loadb((const char *)e->body.p, e->body.len,
                                        JSON_REJECT_DUPLICATES, NULL)
                           : NULL;
  x->completed = is_completion;
  return TACET_OK;
}

/* ---- what is missing ---- */

static void add_word(char *list, size_t cap, const char *word) {
  size_t at = strlen(list);
  if (!names(list, word)) {
    (void)snprintf(list + at, cap - at, "%s%s", at > 0 ? ", " : "", word);
  }
}

static const char *text_of(const json_t *v, const char *name) {
  const char *t = json_string_value(json_object_get(v, name));
  return t != NULL ? t : "";
}

static tacet_err hold(const json_t *findings, const char *despite,
                      desk_trouble *why) {
  char final[200] = "", missing[200] = "";
  size_t i;
  json_t *f;
  json_array_foreach(findings, i, f) {
    const char *code = text_of(f, "code");
    if (strcmp(text_of(f, "severity"), desk_severity_name(DESK_BLOCK)) != 0) {
      continue;
    }
    if (desk_rule_is_final(code)) {
      add_word(final, sizeof(final), code);
    } else if (!names(despite, code)) {
      add_word(missing, sizeof(missing), code);
    }
  }
  if (*final != '\0') {
    desk_trouble_set(why,
                     "it cannot be answered with these findings, whoever "
                     "decides: %s; ask, refuse, or complete the demand",
                     final);
    return TACET_ERR_POLICY;
  }
  if (*missing != '\0') {
    desk_trouble_set(why,
                     "the evaluation blocks it: %s; ask, refuse, or name each "
                     "of them with --despite and say in --reason why it may "
                     "be passed over",
                     missing);
    return TACET_ERR_POLICY;
  }
  return TACET_OK;
}

/* A word that is no finding's is a slip: it would stand in the log as
 * something that was looked at. */
static tacet_err no_stranger(const json_t *findings, const char *despite,
                             desk_trouble *why) {
  while (despite != NULL && *(despite += strspn(despite, SEPARATORS)) != '\0') {
    size_t n = strcspn(despite, SEPARATORS), i;
    bool known = false;
    json_t *f;
    json_array_foreach(findings, i, f) {
      const char *code = text_of(f, "code");
      known |= strlen(code) == n && memcmp(code, despite, n) == 0;
    }
    if (!known) {
      desk_trouble_set(why, "--despite: \"%.*s\" is no finding of this case",
                       (int)(n < 64 ? n : 64), despite);
      return TACET_ERR_ARGUMENT;
    }
    despite += n;
  }
  return TACET_OK;
}

tacet_err desk_blocking_check(desk_store *s, const char *id,
                              const char *despite, desk_trouble *why) {
  looking x = {.found = NULL};
  const desk_filter f = {.case_id = id};
  tacet_err e = desk_events_each(s, &f, look_at, &x, why);
  if (e == TACET_OK && x.completed) {
    desk_trouble_set(why, "the demand was completed after its evaluation: "
                          "evaluate it again, then decide");
    e = TACET_ERR_POLICY;
  }
  const json_t *findings = json_object_get(x.found, "findings");
  if (e == TACET_OK) {
    e = no_stranger(findings, despite, why);
  }
  if (e == TACET_OK) {
    e = hold(findings, despite, why);
  }
  json_decref(x.found);
  return e;
}
