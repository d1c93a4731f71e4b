/* SPDX-License-Identifier: Apache-2.0
 * What is past its day: key packages, invites, spent tokens,
 * accounts that lost their handle. */
#include "server/directory/private.h"

#define SLICE 256 /* rows: a few milliseconds */

enum { PACKAGES, INVITES, SPENT, RESETS, N_STEPS };
static const unsigned statements[RESETS] = {Q_PACKAGE_EXPIRE, Q_INVITE_EXPIRE,
                                             Q_SPENT_EXPIRE};

static tacet_err slice(void *user, sto_conn *c, int64_t day, sto_sweep *s,
                       bool *more) {
  if (s->step == RESETS) { /* as many as an operator makes in some days */
    *more = false;
    return dir_reset_keep(user, c, day, &s->rows);
  }
  sto_query *q = sto_query_start(c, statements[s->step]);
  sto_bind_int(q, day);
  sto_bind_int(q, SLICE);
  TACET_TRY(sto_exec(q));
  int64_t n = sto_changes(c);
  s->rows += (uint64_t)n;
  *more = n == SLICE;
  return TACET_OK;
}

static tacet_err new_day(void *user, sto_conn *c, int64_t day) {
  (void)c;
  dir_directory *d = user;
  bool changed = false, any = false;
  for (int kind = 0; kind < 2; kind++) {
    TACET_TRY(tok_issuer_set_day(d->issuers[kind], day, &changed));
    any = any || changed;
  }
  if (any && d->keys_known) { /* not at the start */
    sto_tell(&d->watch, STO_EVENT_KEYS, 0, 0);
  }
  d->keys_known = true;
  return TACET_OK;
}

sto_keeping dir_keeping(dir_directory *d) {
  return (sto_keeping){.user = d,
                       .q_get = Q_META_GET,
                       .q_set = Q_META_SET,
                       .q_delete = Q_META_DELETE,
                       .new_day = new_day,
                       .slice = slice,
                       .n_steps = N_STEPS};
}
