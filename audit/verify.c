/* SPDX-License-Identifier: Apache-2.0
 * tacet-audit verify, and evidence that the other commands find. */
#include "audit/command.h"
#include "audit/folder.h"
#include "tacet/crypto.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* ---- one sentence of what stands ---- */

void aud_day(uint64_t day, char out[32]) {
  time_t t = (time_t)(day * 86400);
  struct tm tm;
  if (gmtime_r(&t, &tm) == NULL || strftime(out, 32, "%Y-%m-%d", &tm) == 0) {
    (void)snprintf(out, 32, "day %" PRIu64, day);
  }
}

static void print_manifest(const tacet_evidence_verdict *v) {
  printf("it logged a device list as version %" PRIu32 " of %.*s (entry "
         "%" PRIu64 ") that nobody who may has signed",
         v->version, (int)v->label.len - 2, (const char *)v->label.b + 2,
         v->indexes[0]);
}

static void print_late(const tacet_evidence_verdict *v) {
  char day[32], seen[32];
  aud_day(v->day, day);
  aud_day(v->witnessed / 86400, seen);
  printf("its entry %" PRIu64 " bears %s, and by the witnesses' word was not "
         "there on %s",
         v->indexes[1], day, seen);
}

static void print_what(const tacet_evidence_verdict *v) {
  const uint64_t *at = v->indexes;
  switch (v->kind) {
  case TACET_EVIDENCE_SPLIT_VIEW:
    printf("it signed two histories, of %" PRIu64 " and of %" PRIu64
           " entries, which differ among entries %" PRIu64 " to %" PRIu64,
           v->heads[0].size, v->heads[1].size, v->from,
           v->to == 0 ? 0 : v->to - 1);
    break;
  case TACET_EVIDENCE_ROLLBACK:
    printf("its map of entry %" PRIu64 " lacks what that of entry %" PRIu64
           " had",
           at[1], at[0]);
    break;
  case TACET_EVIDENCE_OMISSION:
    printf("what entry %" PRIu64 " logs is kept from the map: see entry "
           "%" PRIu64,
           at[0], at[1]);
    break;
  case TACET_EVIDENCE_PHANTOM_LEAF:
    printf("its map of entry %" PRIu64 " has what was never logged", at[0]);
    break;
  case TACET_EVIDENCE_WRONG_MAP:
    printf("its map of entry %" PRIu64
           " is not that of the EPOCH before and of what was logged since",
           at[0]);
    break;
  case TACET_EVIDENCE_UNSIGNED_MANIFEST:
    print_manifest(v);
    break;
  case TACET_EVIDENCE_LATE_INCLUSION:
    print_late(v);
    break;
  case TACET_EVIDENCE_REPORT:
    break;
  }
}

static void print_key(const char *before, const tacet_note_key *k) {
  TACET_BUF(vkey, 512);
  tacet_note_key_write(k, &vkey);
  printf("%s%.*s", before, (int)vkey.len, (const char *)vkey.p);
}

/* Whom the file accuses, where nobody said whom he knows. */
static void print_accused(const tacet_evidence_verdict *v) {
  bool two = v->other.type != 0;
  print_key(" (by the key that the file names, ", &v->log);
  if (two) {
    print_key(" and the one that took its place, ", &v->other);
  }
  printf(": see that %s the log's)", two ? "one is" : "it is");
}

/* ---- verify ---- */

static int say_why(const char *path, tacet_err e,
                   const tacet_evidence_verdict *v) {
  switch (e) {
  case TACET_ERR_UNSUPPORTED:
    aud_say("%s is a report about %s, which nothing proves", path, v->log.name);
    return AUD_FAILED;
  case TACET_ERR_POLICY:
    aud_say("%s is about a late inclusion: give --policy FILE with the "
            "witnesses whose word counts",
            path);
    return AUD_FAILED;
  case TACET_ERR_AUTH:
    aud_say("%s does not stand: what it shows is not signed by this log, or is "
            "no contradiction",
            path);
    return AUD_WRONG;
  default:
    if (tacet_err_kind(e) == TACET_KIND_LOCAL) {
      aud_say("%s could not be checked: %s", path, tacet_err_text(e));
      return AUD_FAILED;
    }
    aud_say(
        "%s is no evidence, which clients and `tacet-audit` write and which "
        "begins with tacet-evidence/v1; or it was cut off on its way: ask "
        "for it again",
        path);
    return AUD_WRONG;
  }
}

int aud_command_verify(const program_args *a) {
  AUD_TRUST(trust);
  TACET_BYTES(file);
  tacet_evidence_verdict v = {.kind = TACET_EVIDENCE_REPORT};
  const char *path = a->words[0];
  if (!aud_trust_read(a, &trust)) {
    return AUD_USAGE;
  }
  tacet_err e = aud_read_path(path, TACET_EVIDENCE_MAX, &file);
  if (e != TACET_OK) {
    aud_say("%s cannot be read: %s", path, strerror(errno));
    return AUD_FAILED;
  }
  e = tacet_evidence_verify(tacet_bytes_span(&file),
                            trust.has_key ? &trust.key : NULL, trust.policy,
                            &v);
  if (e != TACET_OK) {
    return say_why(path, e, &v);
  }
  printf("%s: the evidence stands against %s: ",
         tacet_evidence_kind_name(v.kind), v.log.name);
  print_what(&v);
  if (!trust.has_key && trust.policy == NULL) {
    print_accused(&v);
  }
  printf(".\n");
  return aud_printed() ? AUD_DONE : AUD_FAILED;
}

/* ---- evidence that was found ---- */

tacet_err aud_accuse(const char *dir, const tacet_evidence *e) {
  TACET_BUF(file, TACET_EVIDENCE_MAX);
  uint8_t hash[32];
  char hex[17], name[80];
  TACET_TRY(tacet_evidence_write(e, NULL, &file));
  TACET_TRY(tacet_hash_one(&tacet_hash_sha256, tacet_buf_span(&file), hash));
  tacet_hex_write(tacet_span_of(hash, 8), hex);
  (void)snprintf(name, sizeof(name), "evidence-%s-%s.txt",
                 tacet_evidence_kind_name(e->kind), hex);
  TACET_TRY(aud_write(dir, name, tacet_buf_span(&file)));
  TACET_TRY(aud_settle(dir));
  aud_say("%s did what no honest log does (%s): the evidence is %s/%s, which "
          "`tacet-audit verify` checks",
          e->log.name, tacet_evidence_kind_name(e->kind), dir, name);
  return TACET_OK;
}
