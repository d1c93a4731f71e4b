/* SPDX-License-Identifier: Apache-2.0
 * Members of a group in memory, for tests: each with a device key, and the
 * messages handed round by the test itself. Every call asserts.
 */
#ifndef TACET_TESTS_MLS_MEMBERS_H
#define TACET_TESTS_MLS_MEMBERS_H

#include "tacet/mls.h"
#include "tests/support/support.h"

#define NOW 1700000000u    /* some time, in seconds */
#define LIFETIME_MAX 5000u /* test_config: of a key package */

typedef struct member {
  char name[32]; /* credential identity */
  const tacet_suite *suite;
  tacet_secret signature_key;
  tacet_mls_group *g;
  /* A key package that is out. */
  tacet_bytes key_package;
  tacet_mls_keys keys;
} member;

/* What a member hears, for tests that write it down. NULL: nobody listens. */
typedef struct member_heard {
  const member *m;
  enum { MEMBER_JOINED, MEMBER_PROCESSED, MEMBER_APPLIED } what;
  tacet_span message, tree; /* the Welcome; a message */
  tacet_err err;            /* of a message */
  const tacet_mls_event *event;
} member_heard;
extern void (*members_listener)(const member_heard *h);
/* Keys that are given to every message. */
extern tacet_mls_psks members_psks;

/* What the tests' leaves understand beyond RFC 9420. */
#define EXTENSION_TEST 0xFF01 /* leaf and group extensions */
#define PROPOSAL_TEST 0xF001  /* opaque content */

extern tacet_mls_config test_config; /* all suites */
tacet_mls_leaf_args member_leaf(const member *m);
void member_new(member *m, const tacet_suite *suite, const char *name);
void member_free(member *m);
/* A fresh key package into m->key_package. */
void member_publish(member *m);
void member_found(member *m, const char *group_id); /* a group of one */
/* Joins; the tree inside, or given. */
tacet_err member_try_join(member *m, tacet_span welcome, tacet_span tree);
void member_join(member *m, tacet_span welcome, tacet_span tree);

/* Processes a commit and applies it. */
tacet_err member_try_follow(member *m, tacet_span commit);
void member_follow(member *m, tacet_span commit);
/* Processes anything but a commit; gives the event. */
tacet_err member_process(member *m, tacet_span message, tacet_mls_event *event);
/* The content of an application message, in a static buffer. */
tacet_err member_read(member *m, tacet_span message, tacet_span *content);
/* An application message. */
tacet_bytes member_say(member *m, const char *text);
/* A commit, pending. */
tacet_err member_commit(member *m, const tacet_mls_commit_args *args,
                        tacet_mls_commit_result *result);
tacet_mls_proposal propose_add(const member *who);
tacet_mls_proposal propose_remove(const member *who);

/* n members in one group: [0] founds, adds all others in one commit. */
void members_new(member *m, size_t n, const tacet_suite *suite);
void members_free(member *m, size_t n);
/* Everybody (whose g is set) but `from` follows, `from` merges. */
void members_follow(member *m, size_t n, size_t from, tacet_span commit);
/* `from` commits `args`; everybody follows. */
void members_commit(member *m, size_t n, size_t from,
                    const tacet_mls_commit_args *args);
/* Same epoch, authenticator, tree hash, members, export. */
void members_agree(member *m, size_t n);
/* Everyone says something, everyone else reads it. */
void members_talk(member *m, size_t n);

/* What saving gives, for comparing. */
tacet_bytes member_state(const member *m);
void assert_same_state(tacet_bytes *before, const member *m); /* frees it */
/* Replaces the group by what comes back from its saved form, and checks that
 * it saves to the same bytes. */
void member_reload(member *m);

#endif
