/* SPDX-License-Identifier: Apache-2.0
 * tacetd doctor, of the key log: what of it is published, and what its
 * witnesses remember. It reads the folder and asks the witnesses by itself, so
 * it knows also before a restored folder is served. */
#include "server/command.h"

#include "server/directory/log.h"
#include "server/ops/doctor.h"
#include "server/policy_file.h"
#include "server/witnesses/ask.h"

#include <inttypes.h>
#include <stdio.h>

#define TIMEOUT_MS 5000
/* Witnesses are asked again every hour. */
#define OLD_SECONDS 7800

typedef struct patient {
  dir_log_copy *copy;
  dir_log_state state;
  size_t forked;
} patient;

static tacet_err next(void *ctx, tacet_buf *note) {
  return dir_log_copy_next(ctx, note);
}
static tacet_err consistency(void *ctx, uint64_t old_size, uint64_t size,
                             tacet_tlog_proof *out) {
  return dir_log_copy_consistency(ctx, old_size, size, out);
}

#define REPORT(what, health, ...)                                              \
  do {                                                                         \
    tacetd_trouble report_text;                                                \
    tacetd_trouble_set(&report_text, __VA_ARGS__);                             \
    tacetd_report(what, health, report_text.text);                             \
  } while (0)

/* ---- one witness ---- */

static void say_memory(patient *p, const char *name, wts_outcome o,
                       uint64_t size) {
  uint64_t ours = p->state.next.size;
  switch (o) {
  case WTS_COSIGNED:
    REPORT("witness", TACETD_WELL,
           "%.64s has cosigned %" PRIu64 " of %" PRIu64 " entries", name, size,
           ours);
    break;
  case WTS_FORKED:
    p->forked++;
    REPORT("witness", TACETD_ILL,
           "%.64s has cosigned %" PRIu64 " entries which this folder does not "
           "continue: it is an older copy, or somebody else has log.key; "
           "nothing new is published: put the newest copy in its place",
           name, size);
    break;
  case WTS_CERTIFICATE:
    REPORT("witness", TACETD_WORRY,
           "%.64s has another certificate than its pin, or one that nobody "
           "vouches for; ask its operator, and add it again with the right "
           "--pin",
           name);
    break;
  case WTS_FAILED:
    REPORT("witness", TACETD_WORRY, "%.64s cannot be asked: out of memory",
           name);
    break;
  default:
    REPORT("witness", TACETD_WORRY,
           "%.64s does not answer as it should; ask its operator, or see "
           "`tacetd witness list` for its address",
           name);
    break;
  }
}

static void ask_one(patient *p, const tacet_policy_witness *w) {
  const wts_log log = {
      .ctx = p->copy, .next = next, .consistency = consistency};
  wts_asker *asker = NULL;
  tacet_note note;
  tacet_checkpoint c;
  char name[65];
  uint64_t size = 0;
  TACET_BUF(own, TACET_NOTE_MAX);
  (void)snprintf(name, sizeof(name), "%.*s", (int)w->name.len,
                 (const char *)w->name.p);
  wts_outcome o = WTS_FAILED;
  if (w->url.len == 0) {
    REPORT("witness", TACETD_WORRY,
           "%.64s has no address in log-policy, so nobody asks it", name);
    return;
  }
  if (wts_asker_new(w, dir_log_copy_policy(p->copy), &log, TIMEOUT_MS,
                    &asker) == TACET_OK &&
      dir_log_copy_next(p->copy, &own) == TACET_OK &&
      tacet_note_parse(tacet_buf_span(&own), &note) == TACET_OK &&
      tacet_checkpoint_parse(note.text, &c) == TACET_OK) {
    o = wts_ask_memory(asker, c.origin, &size);
  }
  say_memory(p, name, o, size);
  wts_asker_free(asker);
}

/* ---- the log ---- */

static bool say_log(const patient *p, int64_t now) {
  const dir_log_state *s = &p->state;
  int64_t age = now - (int64_t)s->witnessed;
  if (s->next.size == 0) {
    REPORT("key log", TACETD_WELL, "it begins when the server is started");
    return true;
  }
  if (s->unwitnessed) {
    REPORT("key log", TACETD_WELL,
           "%" PRIu64 " entries, published without witnesses: nobody "
           "vouches that all see the same (`tacetd witness add`)",
           s->next.size);
    return true;
  }
  if (s->published.size == 0 && s->next.size > 0) {
    REPORT("key log", TACETD_ILL,
           "nothing is published: %" PRIu64 " entries wait for a quorum of "
           "witnesses; start the server, and see them below",
           s->next.size);
    return false;
  }
  if (age > OLD_SECONDS) {
    REPORT("key log", TACETD_ILL,
           "its quorum last vouched %" PRId64 " hours ago, and clients refuse "
           "what is older than a day; see the witnesses below, and whether "
           "the server runs",
           age / 3600);
    return false;
  }
  if (s->published.size < s->next.size) {
    REPORT("key log", TACETD_WORRY,
           "%" PRIu64 " of %" PRIu64 " entries are published; the others wait "
           "for a quorum of witnesses",
           s->published.size, s->next.size);
    return true;
  }
  REPORT("key log", TACETD_WELL,
         "%" PRIu64 " entries, published with %zu witnesses", s->next.size,
         s->n_witnesses);
  return true;
}

bool tacetd_doctor_log(const char *folder, const char *domain, int64_t now) {
  patient p = {.copy = NULL};
  sto_trouble why = {""};
  if (tacetd_policy_waits(folder)) {
    tacetd_report("policy", TACETD_WORRY,
                  "log-policy was changed since the server was started, and "
                  "invites carry what it does not serve yet; restart it");
  }
  if (dir_log_copy_new(folder, domain, &why, &p.copy) != TACET_OK) {
    tacetd_report("key log", TACETD_ILL, why.text);
    return false;
  }
  dir_log_copy_state(p.copy, &p.state);
  bool well = say_log(&p, now);
  if (p.state.next.size == 0) { /* nothing to ask about */
    dir_log_copy_free(p.copy);
    return well;
  }
  const tacet_policy *policy = dir_log_copy_policy(p.copy);
  for (size_t i = 0; i < tacet_policy_witness_count(policy); i++) {
    const tacet_policy_witness w = tacet_policy_witness_at(policy, i);
    ask_one(&p, &w);
  }
  dir_log_copy_free(p.copy);
  return well && p.forked == 0;
}
