/* SPDX-License-Identifier: Apache-2.0
 * server/ops/config.h -- tacetd.conf: lines of `key = value`, each key also an
 * option `--key value`. tacetd.conf(5) says the same as the table here, and a
 * test compares them.
 */
#ifndef TACETD_OPS_CONFIG_H
#define TACETD_OPS_CONFIG_H

#include "server/limits.h"
#include "tacet/base.h"

#include <stdio.h>

/* What went wrong, for a person: one sentence with the cause and the next
 * step, without a newline. */
typedef struct tacetd_trouble {
  char text[512];
} tacetd_trouble;
__attribute__((format(printf, 2, 3))) void
tacetd_trouble_set(tacetd_trouble *t, const char *format, ...);

#define TACETD_CONFIG_NAME "tacetd.conf" /* in the data folder */
#define TACETD_CONFIG_TEXT_MAX 256       /* bytes of a value, with its NUL */
#define TACETD_CONFIG_LINE_MAX 512

typedef enum tacetd_registration {
  TACETD_REGISTRATION_INVITE,
  TACETD_REGISTRATION_OPEN
} tacetd_registration;
typedef enum tacetd_metrics_for {
  TACETD_METRICS_LOOPBACK,
  TACETD_METRICS_EVERYONE,
  TACETD_METRICS_OFF
} tacetd_metrics_for;

typedef struct tacetd_config {
  char listen[TACETD_CONFIG_TEXT_MAX];
  char domain[TACETD_CONFIG_TEXT_MAX];
  char url[TACETD_CONFIG_TEXT_MAX]; /* empty: https:// and listen */
  char behind_proxy[TACETD_CONFIG_TEXT_MAX];
  char certificate[TACETD_CONFIG_TEXT_MAX]; /* relative: in the data folder */
  char private_key[TACETD_CONFIG_TEXT_MAX];
  int64_t registration, metrics; /* tacetd_registration, tacetd_metrics_for */
  int64_t threads;               /* 0: as many as there are processors, to 4 */
  int64_t max_connections, max_connections_per_address;
  int64_t requests_per_second, registrations_per_hour, lookups_per_hour;
  int64_t tokens_directory_per_day, tokens_delivery_per_day;
  int64_t disk_reserve, drain_seconds;
  bool url_is_derived; /* by tacetd_config_finish(), from `listen` */
} tacetd_config;

/* A row of the table of keys, for --help and the manual. */
typedef struct tacetd_config_key {
  const char *name, *argument, *what;
} tacetd_config_key;
const tacetd_config_key *tacetd_config_key_at(size_t i); /* NULL past the end */

void tacetd_config_defaults(tacetd_config *c);
/* Sets one key from its text. ARGUMENT with the reason in *why: unknown key, or
 * a value that is not allowed. */
TACET_MUST_CHECK tacet_err tacetd_config_set(tacetd_config *c, const char *key,
                                             const char *value,
                                             tacetd_trouble *why);
/* Reads a whole file over what *c has. ARGUMENT names the line; NOT_FOUND, IO.
 * *c is untouched on failure. */
TACET_MUST_CHECK tacet_err tacetd_config_parse(tacetd_config *c,
                                               tacet_span text,
                                               const char *name,
                                               tacetd_trouble *why);
TACET_MUST_CHECK tacet_err tacetd_config_read(tacetd_config *c,
                                              const char *path,
                                              tacetd_trouble *why);
/* What the keys must be together; call after the last set. Fills in `url`. */
TACET_MUST_CHECK tacet_err tacetd_config_finish(tacetd_config *c,
                                                tacetd_trouble *why);
/* The file that `init` makes: the given values, the others as comments. */
TACET_MUST_CHECK tacet_err tacetd_config_write(const tacetd_config *c,
                                               FILE *to);

/* Lower case letters, digits, dots and dashes, as DNS has them. */
bool tacetd_domain_is_valid(const char *text);

#endif
