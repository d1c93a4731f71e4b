/* SPDX-License-Identifier: Apache-2.0
 * A handle passes to an account of the operator's, past the rules of a reset;
 * and a second version of a week's token keys. */
#include "server/directory/private.h"
#include "tests/hostile/hostile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tacet/crypto.h"

typedef struct seizure {
  tacet_manifest newest; /* of ours */
  uint8_t theirs[TACET_ACCOUNT_ID_LEN];
  uint32_t version; /* of theirs, newest */
  int64_t index;    /* where the log has it */
  uint8_t opening[TACET_KEYLOG_OPENING_LEN];
} seizure;

static tacet_err read_theirs(sto_conn *c, const char *name,
                             tacet_manifest *newest, seizure *s) {
  bool found;
  TACET_TRY(dir_find_name(c, tacet_span_str(name), s->theirs, &found));
  TACET_TRY(found ? dir_newest(c, s->theirs, newest, &found)
                  : TACET_ERR_NOT_FOUND);
  TACET_TRY(dir_newest_version(c, s->theirs, &s->version));
  sto_query *q = sto_query_start(c, Q_MANIFEST_SHOWN);
  sto_bind_blob(q, tacet_span_of(s->theirs, sizeof(s->theirs)));
  sto_bind_int(q, INT64_MAX);
  TACET_TRY(sto_step(q, &found));
  TACET_ASSERT(found && sto_blob(q, 2).len == sizeof(s->opening));
  s->index = sto_int(q, 1);
  memcpy(s->opening, sto_blob(q, 2).p, sizeof(s->opening));
  sto_query_end(q);
  return TACET_OK;
}

static tacet_err put_manifest(sto_conn *c, const seizure *s, tacet_span bytes,
                              uint32_t version, int64_t index,
                              const uint8_t *opening) {
  sto_query *q = sto_query_start(c, Q_MANIFEST_ADD);
  sto_bind_blob(q, tacet_span_of(s->newest.account_id, TACET_ACCOUNT_ID_LEN));
  sto_bind_int(q, s->newest.number);
  sto_bind_blob(q, bytes);
  sto_bind_int(q, version);
  sto_bind_int(q, index);
  sto_bind_blob(q, tacet_span_of(opening, TACET_KEYLOG_OPENING_LEN));
  return sto_exec(q);
}

static tacet_err set_name(sto_conn *c, const uint8_t account[32],
                          const char *name) {
  sto_query *q = sto_query_start(c, Q_ACCOUNT_NAME);
  sto_bind_blob(q, tacet_span_of(account, TACET_ACCOUNT_ID_LEN));
  if (name != NULL) {
    sto_bind_text(q, tacet_span_str(name));
  } else {
    sto_bind_null(q);
  }
  return sto_exec(q);
}

static tacet_err pass_name(sto_conn *c, const char *name, const seizure *s) {
  TACET_TRY(set_name(c, s->theirs, NULL));
  sto_query *q = sto_query_start(c, Q_ACCOUNT_ADD);
  sto_bind_blob(q, tacet_span_of(s->newest.account_id, TACET_ACCOUNT_ID_LEN));
  sto_bind_text(q, tacet_span_str(name));
  sto_bind_int(q, 0);
  return sto_exec(q);
}

/* Ours, with as many lists of devices as it takes to have that number; only the
 * last is logged, under the version of the same number: nothing shows that the
 * handle was another's. */
static tacet_err put_unmarked(const forgery *f, sto_conn *c, seizure *s,
                              const tacet_manifest_signer *by) {
  for (bool more = true; more;) {
    tacet_manifest before = s->newest;
    dir_update u;
    bool first = memcmp(before.account_id, s->theirs, 32) == 0;
    TACET_BUF(bytes, TACET_MANIFEST_MAX);
    if (first) {
      memset(s->newest.account_id, 0, sizeof(s->newest.account_id));
      s->newest.number = 0;
    }
    const tacet_secret *keys[] = {by->private_key};
    TACET_TRY(tacet_manifest_sign(&s->newest, first ? NULL : &before, by, keys,
                                  first ? 1 : 0, &bytes));
    TACET_TRY(tacet_manifest_parse(tacet_buf_span(&bytes), &s->newest));
    more = s->newest.number <= s->version;
    TACET_TRY(dir_update_make(f->vrf, s->newest.handle, s->version + 1,
                              tacet_buf_span(&bytes), &u));
    int64_t index = s->index;
    if (!more) {
      TACET_TRY(hostile_next_index(c, &index));
      TACET_TRY(dir_entry_leave(c, &u.entry));
    }
    TACET_TRY(put_manifest(c, s, tacet_buf_span(&bytes), s->version + 1, index,
                           u.opening));
  }
  return TACET_OK;
}

/* Nothing is logged: the proofs are those of the account before. */
static tacet_err put_unlogged(sto_conn *c, seizure *s,
                              const tacet_manifest_signer *by) {
  TACET_BUF(bytes, TACET_MANIFEST_MAX);
  const tacet_secret *keys[] = {by->private_key};
  memset(s->newest.account_id, 0, sizeof(s->newest.account_id));
  s->newest.number = 0;
  TACET_TRY(tacet_manifest_sign(&s->newest, NULL, by, keys, 1, &bytes));
  return put_manifest(c, s, tacet_buf_span(&bytes), s->version, s->index,
                      s->opening);
}

tacet_err hostile_seize(const forgery *f, sto_conn *c, bool logged) {
  TACET_SECRET(ours);
  seizure s = {.index = 0};
  TACET_TRY(read_theirs(c, f->name, &s.newest, &s));
  s.newest.n_devices = 1;
  TACET_TRY(tacet_sig_ed25519.generate(&ours, s.newest.devices[0].key));
  memcpy(s.newest.recovery_key, s.newest.devices[0].key,
         sizeof(s.newest.recovery_key));
  tacet_manifest_signer by = {.private_key = &ours};
  memcpy(by.device_id, s.newest.devices[0].id, sizeof(by.device_id));
  TACET_TRY(logged ? put_unmarked(f, c, &s, &by) : put_unlogged(c, &s, &by));
  return pass_name(c, f->name, &s);
}

/* ---- what was withheld ---- */

static FILE *withheld(const char *mode) {
  char path[512];
  (void)snprintf(path, sizeof(path), "%s.withheld", getenv("TACET_HOSTILE"));
  FILE *f = fopen(path, mode);
  TACET_ASSERT(f != NULL);
  return f;
}

void hostile_withhold(tacet_span change) {
  tacet_put_manifest m;
  FILE *f = withheld("wbe");
  TACET_ASSERT(tacet_put_manifest_parse(change, &m) == TACET_OK &&
               fwrite(m.manifest.p, 1, m.manifest.len, f) == m.manifest.len &&
               fclose(f) == 0);
}

/* The account is in the database still, as within the days of its reset, or was
 * put back from a copy. */
tacet_err hostile_release(const forgery *f, sto_conn *c) {
  uint8_t bytes[TACET_MANIFEST_MAX];
  seizure s = {.index = 0};
  dir_update u;
  tacet_manifest holders;
  FILE *file = withheld("rbe");
  tacet_span body = tacet_span_of(bytes, fread(bytes, 1, sizeof(bytes), file));
  (void)fclose(file);
  TACET_TRY(read_theirs(c, f->name, &holders, &s));
  TACET_TRY(tacet_manifest_parse(body, &s.newest));
  TACET_TRY(dir_update_make(f->vrf, holders.handle, s.version + 1, body, &u));
  TACET_TRY(hostile_next_index(c, &s.index));
  TACET_TRY(dir_entry_leave(c, &u.entry));
  TACET_TRY(put_manifest(c, &s, body, s.version + 1, s.index, u.opening));
  TACET_TRY(set_name(c, s.theirs, NULL));
  return set_name(c, s.newest.account_id, f->name);
}

/* ---- token keys ---- */

tacet_err hostile_week_again(const forgery *f, sto_conn *c) {
  static const uint8_t opening[TACET_KEYLOG_OPENING_LEN];
  tacet_keylog_entry e = {.kind = TACET_KEYLOG_UPDATE};
  tacet_keylog_label label;
  uint32_t day = (uint32_t)strtoul(f->name, NULL, 10);
  tacet_keylog_label_issuers(day, &label);
  TACET_TRY(tacet_keylog_key(f->vrf, &label, 1, &e.vrf_output, NULL));
  TACET_TRY(tacet_keylog_commit(opening, &label, 1,
                                TACET_SPAN_LIT("other keys"), &e.commitment));
  return dir_entry_leave(c, &e);
}
