/* SPDX-License-Identifier: Apache-2.0
 * tests/vectors/sets.h -- the sets of test vectors: what one entry of each file
 * must satisfy. main.c has the table; set_<name>.c has the functions.
 */
#ifndef TESTS_VECTORS_SETS_H
#define TESTS_VECTORS_SETS_H

#include "tests/vectors/json.h"

/* Whether one entry (an element of the file's top-level array) holds. */
typedef vec_outcome vec_entry(vec_context *c, const json_t *entry);

vec_entry set_crypto_basics;
vec_entry set_deserialization;
vec_entry set_xwing;
vec_entry set_hpke_pq;
vec_entry set_voprf;
vec_entry set_key_schedule;
vec_entry set_psk_secret;
vec_entry set_secret_tree;
vec_entry set_transcript_hashes;
vec_entry set_message_protection;
vec_entry set_welcome;
vec_entry set_passive_client;
vec_entry set_messages;
vec_entry set_tree_math;
vec_entry set_tree_operations;
vec_entry set_tree_validation;
vec_entry set_treekem;

#endif
