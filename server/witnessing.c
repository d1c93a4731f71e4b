/* SPDX-License-Identifier: Apache-2.0
 * The collector on the directory's log. */
#include "server/witnessing.h"

#include "server/command.h"

static tacet_err next(void *ctx, tacet_buf *note) {
  return dir_log_next(ctx, true, note);
}
static tacet_err consistency(void *ctx, uint64_t old_size, uint64_t size,
                             tacet_tlog_proof *out) {
  return dir_log_consistency(ctx, old_size, size, out);
}
static tacet_err publish(void *ctx, tacet_span note) {
  return dir_log_publish(ctx, note);
}

void tacetd_witnessing_grew(void *witnessing) {
  tacetd_witnessing *w = witnessing;
  wts_collector *c = atomic_load(&w->collector);
  if (c != NULL) {
    wts_wake(c);
  }
}

static bool read_policy(tacetd_witnessing *w, const char *folder) {
  sto_trouble why = {""};
  TACET_BYTES(text);
  size_t line = 0;
  if (dir_log_policy_read(folder, &text, &why) != TACET_OK) {
    tacetd_say("%s", why.text);
    return false;
  }
  tacet_err e = tacet_policy_read(tacet_bytes_span(&text), &w->policy, &line);
  if (e != TACET_OK) {
    tacetd_say("line %zu of %s/%s cannot be used (%s)", line, folder,
               DIR_LOG_POLICY, tacet_err_text(e));
  }
  return e == TACET_OK;
}

bool tacetd_witnessing_start(tacetd_witnessing *w, const char *folder,
                             dir_directory *directory) {
  wts_collector *c = NULL;
  size_t number = 0;
  w->directory = directory;
  if (!read_policy(w, folder)) {
    return false;
  }
  if (tacet_policy_is_unwitnessed(w->policy)) {
    return true;
  }
  const wts_options o = {.policy = w->policy,
                         .log = {.ctx = directory,
                                 .next = next,
                                 .consistency = consistency,
                                 .publish = publish}};
  tacet_err e = wts_start(&o, &number, &c);
  if (e == TACET_ERR_ENCODING) {
    tacetd_say("the address of witness %zu in %s/%s is none; see `tacetd "
               "witness list`",
               number, folder, DIR_LOG_POLICY);
  } else if (e != TACET_OK) {
    tacetd_say("the witnesses cannot be asked: %s", tacet_err_text(e));
  }
  atomic_store(&w->collector, c);
  return e == TACET_OK;
}

bool tacetd_witnessing_connects(const tacetd_witnessing *w) {
  return atomic_load(&w->collector) != NULL;
}

void tacetd_witnessing_stop(tacetd_witnessing *w) {
  wts_stop(atomic_load(&w->collector));
}

void tacetd_witnessing_free(tacetd_witnessing *w) {
  wts_free(atomic_load(&w->collector));
  tacet_policy_free(w->policy);
}
