/* SPDX-License-Identifier: Apache-2.0
 * A case as the rules see it. */
#include "desk/question.h"

#include "desk/plan/absent.h"
#include "desk/reporting.h"
#include "desk/rules/demands.h"

#include <stdlib.h>
#include <unistd.h>
#include <string.h>

/* What there is, by the codes of demands; the words of letters. All else is in
 * desk/plan/absent.c. */
static const desk_holding held[] = {
    {"handle", true, "The handle is the account's only name."},
    {"created", true, "We hold the day on which the account was made."},
    {"last-seen", true,
     "We hold the one day on which the account last drew tokens, which its "
     "program does when it is used."},
    {"account-id", true, "We hold the account's id, a hash of a public key."},
    {"devices", true,
     "We hold the signed list of the account's devices: random ids and public "
     "keys."},
    {"public-keys", true, "We hold the public keys of the devices."},
};

size_t desk_holdings_of(desk_holding *out) {
  size_t n = 0;
  const desk_absent *a;
  for (size_t i = 0; i < sizeof(held) / sizeof(held[0]); i++) {
    out[n++] = held[i];
  }
  for (size_t i = 0; (a = desk_absent_at(i)) != NULL; i++) {
    TACET_ASSERT(n < DESK_QUESTION_HOLDINGS);
    out[n++] = (desk_holding){a->code, false, a->why};
  }
  return n;
}

void desk_case_free(desk_case *c) {
  json_decref(c->row);
  json_decref(c->demand);
  desk_request_free(&c->request);
  desk_tables_free(&c->tables);
  *c = (desk_case){.row = NULL};
}

static tacet_err load_tables(const desk_args *a, desk_store *s,
                             desk_trouble *why, desk_case *out) {
  const char *path = desk_arg(a, DESK_O_RULES);
  char own[DESK_PATH_MAX];
  TACET_BYTES(text);
  int n = snprintf(own, sizeof(own), "%s/rules.json", desk_store_folder(s));
  if (n < 0 || n >= (int)sizeof(own)) {
    return TACET_ERR_LIMIT;
  }
  if (path == NULL && access(own, F_OK) == 0) {
    path = own;
  }
  if (path != NULL) {
    TACET_TRY(desk_file_read(path, DESK_TABLES_MAX, why, &text));
    TACET_TRY(desk_tables_read(tacet_bytes_span(&text), &out->tables, why));
  }
  TACET_TRY(desk_domain(s, why, out->domain, sizeof(out->domain)));
  out->tables.server_domain = out->domain;
  return TACET_OK;
}

static tacet_err load_request(desk_store *s, const char *id, desk_trouble *why,
                              desk_case *out) {
  TACET_TRY(desk_case_request(s, id, why, &out->demand));
  char *text = json_dumps(out->demand, JSON_COMPACT | JSON_SORT_KEYS);
  if (text == NULL) {
    return TACET_ERR_NOMEM;
  }
  tacet_err err = desk_request_read(tacet_span_str(text), &out->request, why);
  free(text);
  return err;
}

tacet_err desk_case_load(const desk_args *a, desk_store *s, const desk_who *who,
                         desk_trouble *why, desk_case *out) {
  const char *id = a->words[0];
  TACET_TRY(desk_case_get(s, id, why, &out->row));
  TACET_TRY(desk_may_see(who, out->row, why));
  TACET_TRY(load_request(s, id, why, out));
  TACET_TRY(load_tables(a, s, why, out));
  out->question =
      (desk_question){.request = &out->request,
                      .tables = &out->tables,
                      .today = desk_store_today(s),
                      .holdings = out->holdings,
                      .n_holdings = desk_holdings_of(out->holdings)};
  return TACET_OK;
}
