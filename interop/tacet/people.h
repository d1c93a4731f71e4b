/* SPDX-License-Identifier: Apache-2.0
 * interop/tacet/people.h -- the members that one peer process plays.
 */
#ifndef INTEROP_TACET_PEOPLE_H
#define INTEROP_TACET_PEOPLE_H

#include "tacet/mls.h"

/* Whoever plays lists this GroupContext extension among its capabilities. */
#define INTEROP_EXTENSION 0xF0A1
#define INTEROP_GREASE 0x0A0A /* RFC 9420 13.5; in every list of ours */
#define INTEROP_PSKS_MAX 64

typedef struct person {
  struct person *next;
  char *name;
  const tacet_suite *suite;
  tacet_bytes identity;
  tacet_secret signature_key;
  uint8_t public_key[TACET_SIG_PUBLIC_MAX];
  tacet_bytes package; /* the last key package, and its keys */
  tacet_mls_keys keys;
  tacet_mls_group *group;
  tacet_bytes psk_id[INTEROP_PSKS_MAX], psk_key[INTEROP_PSKS_MAX];
  tacet_mls_psk psk[INTEROP_PSKS_MAX];
  size_t n_psks;
} person;

/* With the suites of interop/tacet/aliases.h. */
const tacet_mls_config *people_config(void);

/* NULL if there is none. */
person *people_find(const char *name);
TACET_MUST_CHECK tacet_err people_new(const char *name, tacet_span identity,
                                      const tacet_suite *suite, person **out);
TACET_MUST_CHECK tacet_err people_learn_psk(person *p, tacet_span id,
                                            tacet_span key);
void people_forget(const char *name);
void people_free(void); /* everybody */

tacet_mls_leaf_args people_leaf(const person *p);
static inline tacet_mls_psks people_psks(const person *p) {
  return (tacet_mls_psks){p->psk, p->n_psks};
}

#endif
