/* SPDX-License-Identifier: Apache-2.0
 * server/ops/doctor.h -- what can be wrong with a set-up, seen from outside of
 * the databases: each finding says how it is, and if it is not well, what to
 * do.
 */
#ifndef TACETD_OPS_DOCTOR_H
#define TACETD_OPS_DOCTOR_H

#include "server/ops/config.h"

typedef enum tacetd_health {
  TACETD_WELL,  /* nothing to do */
  TACETD_WORRY, /* works, but look at it */
  TACETD_ILL    /* does not work, or not for long */
} tacetd_health;

typedef struct tacetd_finding {
  const char *what; /* "certificate" */
  tacetd_health health;
  tacetd_trouble text;
} tacetd_finding;

#define TACETD_FINDINGS_MAX 16

/* Looks at folder and key, certificate, disk, clock, open files, address. now:
 * Unix seconds. Gives how many findings were written. Takes up to ten seconds
 * where the address does not answer. */
size_t tacetd_doctor(const char *folder, const tacetd_config *c, int64_t now,
                     tacetd_finding out[TACETD_FINDINGS_MAX]);

/* Days until the certificate ends (negative: since when), or INT64_MIN if it
 * cannot be read. */
int64_t tacetd_certificate_days(const char *folder, const tacetd_config *c,
                                int64_t now);

#endif
