/* SPDX-License-Identifier: Apache-2.0
 * desk/plan/bundle.h -- what is handed out: files that explain themselves and
 * can be checked anywhere (docs/protocol/desk-bundle.md).
 *
 *   README.txt       each field in plain words, and what is not held
 *   custody.json     what was done with the case, by whom, when
 *   data/accounts.*  which accounts were asked for, and whether there are any
 *   data/NAME.*      a table of the plan, as CSV and as JSON
 *   declaration.txt  certificate of authenticity, for a person to sign
 *   officers.json    what shows that those who signed work there, as far as the
 *                    desk's log was committed to in public (or it is not there)
 *   manifest.json    hashes of all of these, the plan's, the officers'
 *                    signatures
 *   manifest.sig     the desk's signature over manifest.json
 *   plan.json        the plan: the statements that were carried out
 *
 * The same input gives the same bytes.
 */
#ifndef TACET_DESK_BUNDLE_H
#define TACET_DESK_BUNDLE_H

#include "desk/plan/consent.h"
#include "desk/plan/files.h"
#include "desk/plan/snapshot.h"

#include <jansson.h>

#define DESK_BUNDLE_VERSION 1

/* One line of the custody record. */
typedef struct desk_handling {
  int64_t time; /* seconds since 1970 */
  uint64_t number;
  const char *actor, *act; /* an officer's name, an event's kind */
} desk_handling;

/* All borrowed. */
typedef struct desk_bundle_input {
  const desk_plan *plan;
  const desk_extract *extract;
  const char *operator_name; /* in whose name it is handed out */
  const char *request;       /* SHA-256 of the demand in hexadecimal, or "" */
  const char *program;       /* "tacet-desk 0.1.0" */
  int64_t made;              /* seconds since 1970 */
  const desk_handling *custody;
  size_t n_custody;
  const desk_consent *consents;
  size_t n_consents;
  const json_t *officers; /* desk_officers_prove(), or NULL */
  tacet_span private_key; /* the desk's Ed25519 key */
  uint8_t public_key[DESK_KEY_LEN];
} desk_bundle_input;

/* LIMIT, NOMEM, and what signing gives. */
TACET_MUST_CHECK tacet_err desk_bundle_make(const desk_bundle_input *in,
                                            desk_files *out);

/* Who signed the plan, as the bundle says. */
typedef struct desk_signer {
  char officer[65];
  desk_public_key key;
} desk_signer;

/* What a bundle says of itself. */
typedef struct desk_bundle_summary {
  char case_id[129];
  uint8_t desk_key[DESK_KEY_LEN];
  uint8_t plan[DESK_HASH];
  size_t n_files, n_consents;
  desk_signer signers[DESK_CONSENTS_MAX];
  int64_t made;
} desk_bundle_summary;

/* With public keys alone: that it is whole, of one desk's hand, and that two
 * keys signed the plan. Whether they are officers' it does not say: that is
 * what officers.json and who knows them are for. `desk_key` NULL: any desk's;
 * the summary has which. AUTH and a sentence for what does not check out,
 * ENCODING for what is no bundle. Whether data and plan fit is looked at as
 * well: a file that no query of the plan gives, or a column that it does not
 * give, is AUTH. */
TACET_MUST_CHECK tacet_err desk_bundle_verify(const desk_files *files,
                                              const uint8_t *desk_key,
                                              desk_trouble *why,
                                              desk_bundle_summary *out);

/* ---- within the module ---- */

/* Text of the plan's data; `json` or CSV. query NULL: the list of accounts. */
TACET_MUST_CHECK tacet_err bundle_table(const desk_plan *p,
                                        const desk_extract *x,
                                        const desk_extract_table *t, bool json,
                                        tacet_bytes *out);
TACET_MUST_CHECK tacet_err bundle_readme(const desk_bundle_input *in,
                                         tacet_bytes *out);
TACET_MUST_CHECK tacet_err bundle_declaration(const desk_bundle_input *in,
                                              tacet_bytes *out);
#define BUNDLE_LABEL "DeskBundle"

#endif
