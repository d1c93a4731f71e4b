/* SPDX-License-Identifier: Apache-2.0
 * What the tables of forbidden messages share: the group, short ways to make a
 * message that is wrong in one thing, and the run over a table.
 */
#ifndef TACET_TESTS_MLS_FORBIDDEN_H
#define TACET_TESTS_MLS_FORBIDDEN_H

#include "tests/unit/mls/raw.h"

/* Four members; `out` is not one, `bad` sends, `to` receives. */
typedef struct fixture {
  member m[5];
  member *to, *bad, *third, *out;
  tacet_bytes keep; /* something that a message was made of */
} fixture;

extern fixture f;
extern const uint8_t zeros[64];

/* One message: right in everything but the rule that the name tells. */
typedef struct forbidden_row {
  const char *name;
  tacet_bytes (*make)(void);
  tacet_err err;
} forbidden_row;
#define ROW(name, err)                                                         \
  { #name, name, TACET_ERR_##err }
/* Each is refused with the error of its rule, also by who looks at the public
 * part alone, and leaves the receiver byte for byte as it was. prepare (may be
 * NULL) changes the group before. With TACET_RECORD=FOLDER in the environment
 * what the receiver hears goes into FOLDER/mls-refused-NAME.json. */
void forbidden_run(const char *name, const forbidden_row *rows, size_t n,
                   void (*prepare)(void));
/* Gives the group an external sender, number 0: `out`; and an extension and a
 * requirement, that all members support. */
void fixture_list_sender(void);

tacet_bytes commit(raw_commit args);
tacet_bytes commit_of(const tacet_proposal *list, size_t n, bool path);
tacet_bytes propose(const tacet_proposal *p);
tacet_proposal remove_of(const member *who);
tacet_proposal psk_of(const char *id, size_t nonce_len);
tacet_proposal gce_of(tacet_span extensions);
tacet_proposal reinit_of(uint16_t version);
void same_encryption_key(tacet_leaf_node *leaf);
void short_encryption_key(tacet_leaf_node *leaf);
void other_credential(tacet_leaf_node *leaf);
void no_capabilities(tacet_leaf_node *leaf);
void lone_extension(tacet_leaf_node *leaf);
void both_credentials(tacet_leaf_node *leaf);  /* of a type only it knows */
void no_encryption_key(tacet_leaf_node *leaf); /* a point of low order */
/* A key in the first node of a path; spans point into a static buffer. */
void key_in_first_node(tacet_update_path *path, tacet_span key);
void no_key_in_first_node(tacet_update_path *path); /* of low order */
void expired_package(tacet_key_package *k);
void from_blank_leaf(tacet_framed_content *c);
void from_beyond(tacet_framed_content *c);
void from_third(tacet_framed_content *c);
void from_listed(tacet_framed_content *c);   /* external sender 0 */
void from_external(tacet_framed_content *c); /* external sender 1 */
void from_bad(tacet_framed_content *c);
void from_new_member(tacet_framed_content *c);
void from_new_committer(tacet_framed_content *c);
void of_epoch_before(tacet_framed_content *c);
void of_epoch_after(tacet_framed_content *c);
void of_other_group(tacet_framed_content *c);
void fixture_new(const tacet_suite *suite);
void fixture_free(void);

#endif
