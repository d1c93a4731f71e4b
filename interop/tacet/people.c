/* SPDX-License-Identifier: Apache-2.0
 * The members of a peer process, in a list. */
#include "interop/tacet/people.h"

#include <stdlib.h>

#include "interop/tacet/aliases.h"

static person *everybody;

const tacet_mls_config *people_config(void) {
  static tacet_mls_config config;
  if (config.suites == NULL) {
    config = TACET_MLS_CONFIG(interop_suites());
  }
  return &config;
}

person *people_find(const char *name) {
  for (person *p = everybody; p != NULL; p = p->next) {
    if (strcmp(p->name, name) == 0) {
      return p;
    }
  }
  return NULL;
}

static void person_free(person *p) {
  tacet_mls_group_free(p->group);
  tacet_mls_keys_wipe(&p->keys);
  tacet_secret_wipe(&p->signature_key);
  tacet_bytes_free(&p->identity);
  tacet_bytes_free(&p->package);
  for (size_t i = 0; i < p->n_psks; i++) {
    tacet_bytes_free(&p->psk_id[i]);
    tacet_bytes_free(&p->psk_key[i]);
  }
  free(p->name);
  free(p);
}

tacet_err people_new(const char *name, tacet_span identity,
                     const tacet_suite *suite, person **out) {
  if (people_find(name) != NULL) {
    return TACET_ERR_EXISTS;
  }
  person *p = calloc(1, sizeof(*p));
  if (p == NULL) {
    return TACET_ERR_NOMEM;
  }
  p->name = strdup(name);
  p->suite = suite;
  tacet_err err = p->name == NULL ? TACET_ERR_NOMEM
                                  : tacet_bytes_set(&p->identity, identity);
  if (err == TACET_OK) {
    err = suite->sig->generate(&p->signature_key, p->public_key);
  }
  if (err != TACET_OK) {
    person_free(p);
    return err;
  }
  p->next = everybody;
  everybody = p;
  *out = p;
  return TACET_OK;
}

tacet_err people_learn_psk(person *p, tacet_span id, tacet_span key) {
  if (p->n_psks == INTEROP_PSKS_MAX) {
    return TACET_ERR_LIMIT;
  }
  size_t i = p->n_psks;
  TACET_TRY(tacet_bytes_set(&p->psk_id[i], id));
  TACET_TRY(tacet_bytes_set(&p->psk_key[i], key));
  p->psk[i] = (tacet_mls_psk){.id = {.type = TACET_MLS_PSK_EXTERNAL,
                                     .id = tacet_bytes_span(&p->psk_id[i])},
                              .key = tacet_bytes_span(&p->psk_key[i])};
  p->n_psks++;
  return TACET_OK;
}

void people_forget(const char *name) {
  for (person **at = &everybody; *at != NULL; at = &(*at)->next) {
    person *p = *at;
    if (strcmp(p->name, name) == 0) {
      *at = p->next;
      person_free(p);
      return;
    }
  }
}

void people_free(void) {
  while (everybody != NULL) {
    people_forget(everybody->name);
  }
}

tacet_mls_leaf_args people_leaf(const person *p) {
  static const uint16_t extensions[] = {INTEROP_EXTENSION, INTEROP_GREASE};
  static const uint16_t proposals[] = {INTEROP_GREASE};
  return (tacet_mls_leaf_args){.identity = tacet_bytes_span(&p->identity),
                               .signature_key = &p->signature_key,
                               .extension_types = extensions,
                               .n_extension_types = 2,
                               .proposal_types = proposals,
                               .n_proposal_types = 1};
}
