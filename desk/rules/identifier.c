/* SPDX-License-Identifier: Apache-2.0
 * What a demand calls an account, as the server calls it. */
#include "desk/rules/identifier.h"

#include "desk/rules/fields_text.h"

#include <stdio.h>

enum { TEXT_MAX = 255, PHONE_DIGITS = 7 };

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
static bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || is_digit(c);
}

/* manifest.md: 1 to 32 of a-z 0-9 . _ -, punctuation only within. */
static bool is_handle(const char *s, size_t n) {
  if (n < 1 || n > DESK_HANDLE_MAX || !is_letter_or_digit(s[0]) ||
      !is_letter_or_digit(s[n - 1])) {
    return false;
  }
  for (size_t i = 0; i < n; i++) {
    if (!is_letter_or_digit(s[i]) && strchr("._-", s[i]) == NULL) {
      return false;
    }
  }
  return true;
}

static bool is_account_id(const char *s) {
  size_t i = 0;
  while (is_digit(s[i]) || (s[i] >= 'a' && s[i] <= 'f')) {
    i++;
  }
  return i == 2 * DESK_ACCOUNT_ID_BYTES && s[i] == '\0';
}

/* Digits with what people write between them; a plus before. */
static bool is_phone(const char *s) {
  size_t digits = 0;
  s += *s == '+' ? 1 : 0;
  for (; *s != '\0'; s++) {
    if (is_digit(*s)) {
      digits++;
    } else if (strchr(" ()/.-", *s) == NULL) {
      return false;
    }
  }
  return digits >= PHONE_DIGITS && digits <= 15;
}

/* Four numbers with dots; or colons and hexadecimal digits. */
static bool is_address(const char *s) {
  size_t dots = 0, colons = 0, others = 0, hex = 0;
  for (; *s != '\0'; s++) {
    dots += *s == '.' ? 1 : 0;
    colons += *s == ':' ? 1 : 0;
    hex += *s >= 'a' && *s <= 'f' ? 1 : 0;
    others += is_digit(*s) || strchr("abcdef.:/", *s) != NULL ? 0 : 1;
  }
  return others == 0 && ((dots == 3 && hex == 0) || colons >= 2);
}

/* The text without white space around and in lower case. Gives the first code
 * point beyond printable ASCII, or 0. */
static uint32_t fold(const char *text, char out[TEXT_MAX + 1]) {
  size_t n = 0;
  while (*text == ' ') {
    text++;
  }
  while (*text != '\0' && n < TEXT_MAX) {
    uint32_t c = rules_code_point(&text);
    if (c < ' ' || c >= 0x7f) {
      return c;
    }
    out[n++] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  }
  while (n > 0 && out[n - 1] == ' ') {
    n--;
  }
  out[n] = '\0';
  return 0;
}

/* A name at a domain, any that mail knows. */
static bool is_at_domain(const char *s, const char *at) {
  return at > s && at[1] != '\0' && strchr(at + 1, '@') == NULL &&
         strpbrk(s, " ,;<>") == NULL;
}

static void set(desk_identifier *id, desk_identifier_kind kind, const char *s,
                size_t n) {
  id->kind = kind;
  if (n < sizeof(id->normalised)) {
    memcpy(id->normalised, s, n);
    id->normalised[n] = '\0';
  }
}

static void read_folded(const char *s, const char *domain,
                        desk_identifier *out) {
  s += *s == '@' ? 1 : 0;
  size_t n = strlen(s);
  const char *at = strchr(s, '@');
  if (at != NULL && domain[0] != '\0' && strcmp(at + 1, domain) == 0) {
    n = (size_t)(at - s);
    if (is_handle(s, n)) {
      set(out, DESK_IDENTIFIER_HANDLE, s, n);
    }
  } else if (at != NULL) {
    out->kind = is_at_domain(s, at) ? DESK_IDENTIFIER_FOREIGN : out->kind;
  } else if (is_account_id(s)) {
    set(out, DESK_IDENTIFIER_ACCOUNT, s, n);
  } else if (is_address(s)) {
    out->kind = DESK_IDENTIFIER_ADDRESS;
  } else if (is_phone(s)) {
    out->kind = DESK_IDENTIFIER_PHONE;
  } else if (is_handle(s, n)) {
    set(out, DESK_IDENTIFIER_HANDLE, s, n);
  }
}

void desk_identifier_read(const char *text, const char *domain,
                          desk_identifier *out) {
  char folded[TEXT_MAX + 1];
  *out = (desk_identifier){.kind = DESK_IDENTIFIER_BAD};
  if (strlen(text) > TEXT_MAX) {
    return;
  }
  out->point = fold(text, folded);
  if (out->point != 0) {
    out->kind = DESK_IDENTIFIER_LETTERS;
    return;
  }
  read_folded(folded, domain, out);
}

static const char *const not_ours[] = {
    [DESK_IDENTIFIER_FOREIGN] =
        "It belongs to another domain: whoever runs that can answer for it.",
    [DESK_IDENTIFIER_PHONE] =
        "It is a telephone number; no account here has one.",
    [DESK_IDENTIFIER_ADDRESS] =
        "It is a network address; no account here can be found by one.",
    [DESK_IDENTIFIER_BAD] =
        "It cannot be the name of an account: those have 1 to 32 of a-z, 0-9, "
        "dot, hyphen and underscore.",
};

void desk_identifier_say(const desk_identifier *id, char out[320]) {
  out[0] = '\0';
  if (id->kind == DESK_IDENTIFIER_LETTERS) {
    (void)snprintf(out, 320,
                   "It contains the character U+%04X, which no account here "
                   "has: names have a-z, 0-9, dot, hyphen and underscore "
                   "alone. A letter of another alphabet may look like one of "
                   "these.",
                   id->point);
  } else if (id->kind >= DESK_IDENTIFIER_FOREIGN) {
    (void)snprintf(out, 320, "%s", not_ours[id->kind]);
  }
}
