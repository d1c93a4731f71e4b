/* SPDX-License-Identifier: Apache-2.0
 * interop/tacet/aliases.h -- our suites, and once more those that IANA has not
 * numbered, under the numbers that others use for them meanwhile.
 */
#ifndef INTEROP_TACET_ALIASES_H
#define INTEROP_TACET_ALIASES_H

#include "tacet/crypto.h"

const tacet_suites *interop_suites(void);

#endif
