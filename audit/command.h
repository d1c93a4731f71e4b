/* SPDX-License-Identifier: Apache-2.0
 * audit/command.h -- the subcommands of tacet-audit.
 */
#ifndef AUDIT_COMMAND_H
#define AUDIT_COMMAND_H

#include "program/program.h"
#include "tacet/keytrans/evidence.h"

/* What every program of Tacet ends with; 5: somebody did wrong, or is wrongly
 * said to. */
typedef enum aud_exit {
  AUD_DONE = PROGRAM_DONE,
  AUD_FAILED = PROGRAM_FAILED,
  AUD_USAGE = PROGRAM_USAGE,
  AUD_WRONG = 5
} aud_exit;

typedef enum aud_option {
  AUD_O_KEY,
  AUD_O_POLICY,
  AUD_O_PIN,
  AUD_O_HASH,
  AUD_OPTIONS
} aud_option;
/* NULL: not given. */
static inline const char *aud_arg(const program_args *a, aud_option o) {
  return a->values[o];
}

/* Each says what is wrong by itself and gives an exit code. */
int aud_command_mirror(const program_args *a);
int aud_command_replay(const program_args *a);
int aud_command_verify(const program_args *a);
int aud_command_statement(const program_args *a);

/* "tacet-audit: " and one sentence on stderr. */
__attribute__((format(printf, 1, 2))) void aud_say(const char *format, ...);
/* Flushes standard output: false, and a sentence, if it is full or closed. */
bool aud_printed(void);
/* Days since 1970 as a date. */
void aud_day(uint64_t day, char out[32]);

/* ---- evidence (verify.c) ---- */

/* Puts the evidence into the folder, if it stands, and says so on stderr. Any
 * error of tacet_evidence_write(), IO if it cannot be written. */
TACET_MUST_CHECK tacet_err aud_accuse(const char *dir, const tacet_evidence *e);

/* ---- whom one believes to be the log ---- */

/* A key, or a policy, or neither. */
typedef struct aud_trust {
  bool has_key;
  tacet_note_key key;
  tacet_policy *policy;
} aud_trust;

/* From --key or --policy. False, and a sentence, if that is none. */
bool aud_trust_read(const program_args *a, aud_trust *out);
void aud_trust_free(aud_trust *t);
/* Where the command line says nothing: the key that the folder was copied with.
 * USAGE where it was copied with none, FAILED where that is damaged; and a
 * sentence. */
int aud_trust_of_folder(const char *dir, aud_trust *t);
/* Which log signed this checkpoint. AUTH: none that is believed; POLICY: too
 * few witnesses; any INPUT error. */
TACET_MUST_CHECK tacet_err aud_judge(const aud_trust *t, tacet_span note,
                                     tacet_note_key *log,
                                     tacet_tlog_head *head);
#define AUD_TRUST(name)                                                        \
  TACET_CLEANUP(aud_trust_free) aud_trust name = {.policy = NULL}

#endif
