/* SPDX-License-Identifier: Apache-2.0
 * What saving and loading agree on.
 */
#ifndef TACET_MLS_STATE_H
#define TACET_MLS_STATE_H

#include "mls/group.h"

#define TACET_STATE_VERSION 1

/* The secrets of an epoch in the order of the saved form. */
#define TACET_STATE_EPOCH_SECRETS 9
static inline void
tacet_state_epoch_list(const tacet_epoch *e,
                       const tacet_secret *out[TACET_STATE_EPOCH_SECRETS]) {
  const tacet_secret *list[TACET_STATE_EPOCH_SECRETS] = {
      &e->init,       &e->sender_data, &e->encryption,
      &e->exporter,   &e->external,    &e->confirmation,
      &e->membership, &e->resumption,  &e->authenticator};
  for (size_t i = 0; i < TACET_STATE_EPOCH_SECRETS; i++) {
    out[i] = list[i];
  }
}

#endif
