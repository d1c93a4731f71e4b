/* SPDX-License-Identifier: Apache-2.0
 * desk/rules/fields_text.h -- forms of texts. Within the module only. */
#ifndef TACET_DESK_RULES_FIELDS_TEXT_H
#define TACET_DESK_RULES_FIELDS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The code point that begins at *p in UTF-8 that is well-formed; *p goes on. */
uint32_t rules_code_point(const char **p);
/* One line without control characters and without those that turn the order
 * of letters round, so that a letter shows what is stored. */
bool rules_is_line(const char *s);
/* a-z, 0-9, single hyphens within, 1 to 64 characters. */
bool rules_is_code(const char *s);
/* Exactly n letters, all upper or all lower case. */
bool rules_is_letters(const char *s, size_t n);
bool rules_is_country(const char *s);
bool rules_is_sha256(const char *s);

#endif
