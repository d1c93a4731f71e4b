/* SPDX-License-Identifier: Apache-2.0
 * tests/hostile/hostile.h -- a tacetd that lies as it is told to.
 *
 * The file that the environment variable TACET_HOSTILE names is read at each
 * call of the directory, and at each item that is about to be shown to a reader
 * of its mailbox: one line, an attack and its number. An empty file, or
 * none, and the server is honest. What is not an answer but a deed, such as a
 * forged device list in the log, is done beforehand with `tacetd-hostile
 * forge`.
 */
#ifndef TESTS_HOSTILE_H
#define TESTS_HOSTILE_H

#include "server/http/private.h"
#include "server/storage/storage.h"
#include "tacet/crypto/vrf.h"

typedef enum hostile_attack {
  HOSTILE_NONE = 0,
  HOSTILE_RECORD,        /* honest; remembers its answers, and the items */
  HOSTILE_REPLAY,        /* look-ups: what was remembered of that handle; items:
                            what was remembered, once more behind the next */
  HOSTILE_OLD_MANIFEST,  /* look-ups: without the newest list of devices */
  HOSTILE_OTHER_ACCOUNT, /* look-ups: all of another account's answer */
  HOSTILE_OTHER_PROOF,   /* look-ups: its proofs alone */
  HOSTILE_NO_PROOF,      /* look-ups: none */
  HOSTILE_FLIP_PROOF,    /* look-ups: bit NUMBER of the proofs */
  HOSTILE_FLIP_MANIFEST, /* look-ups: bit NUMBER of the lists of devices */
  HOSTILE_SWAP_PACKAGE,  /* claims: key packages of another account */
  HOSTILE_REFUSE,        /* all: status 503 */
  HOSTILE_DELAY,         /* all: NUMBER milliseconds late */
  HOSTILE_WITHHOLD,      /* a change of devices: "done", and nothing is; kept
                            for `forge withheld` */
  HOSTILE_OMIT,          /* a change of devices: logged, and not in the map */
  HOSTILE_REFUSE_CHANGE, /* a change of devices: "there is no such account" */
  HOSTILE_MARKING_KEYS,  /* token keys: others, and it issues with them */
  HOSTILE_OLD_KEYS,      /* token keys: those of NUMBER days before, as if they
                            were today's */
  HOSTILE_OTHER_WEEK, /* token keys: of a week that begins NUMBER days later */
  HOSTILE_DROP,       /* items: never shown */
  HOSTILE_DOUBLE,     /* items: NUMBER times more */
  HOSTILE_HOLD,       /* items: the first NUMBER of a mailbox not now; once
                         there is another attack, or none, behind the next */
  HOSTILE_N
} hostile_attack;

/* What the file says now; any thread. */
hostile_attack hostile_now(uint64_t *number);

/* The lie in the place of an answer that is honest; *out is empty where there
 * is nothing to lie about. */
void hostile_answer(tacetd_call call, tacet_span honest, tacet_buf *out);

/* tacetd-hostile forge WHAT NAME --data DIR, while no server runs:
 *   ghost     another device in the list of NAME's
 *   swap      another key in it
 *   unlogged  an account of the operator's has the handle; the log knows
 * nothing unmarked  the same, logged as if the handle had always been that
 * account's week      other token keys for the week that begins on the day
 * NAME, as its second version */
int hostile_forge(int argc, char **argv);

typedef struct forgery {
  sto_job job;
  const char *what, *name;
  const tacet_vrf_key *vrf;
} forgery;
/* Where the entry will stand that is left for the server next. */
tacet_err hostile_next_index(sto_conn *c, int64_t *out);
/* The file of what is withheld. */
void hostile_withhold(tacet_span change);
tacet_err hostile_release(const forgery *f, sto_conn *c);
tacet_err hostile_seize(const forgery *f, sto_conn *c, bool logged);
tacet_err hostile_week_again(const forgery *f, sto_conn *c);

#endif
