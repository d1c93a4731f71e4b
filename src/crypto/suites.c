/* SPDX-License-Identifier: Apache-2.0
 * Looking up a suite among those that a program offers. */
#include "tacet/crypto.h"

const tacet_suite *tacet_suites_find(const tacet_suites *offered, uint16_t id) {
  for (size_t i = 0; i < offered->n; i++) {
    if (offered->list[i]->id == id) {
      return offered->list[i];
    }
  }
  return NULL;
}
