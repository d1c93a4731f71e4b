/* SPDX-License-Identifier: Apache-2.0
 * What all commands need: speaking, who acts, the open desk. */
#include "desk/command.h"

#include "tacet/codec.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define PASSPHRASE_MAX 1024

/* ---- speaking ---- */

void desk_say(const char *format, ...) {
  va_list list;
  va_start(list, format);
  (void)fflush(stdout);
  fputs("tacet-desk: ", stderr);
  (void)vfprintf(stderr, format, list);
  fputc('\n', stderr);
  va_end(list);
}

int desk_end(tacet_err e, const desk_trouble *why) {
  if (e == TACET_OK) {
    return DESK_EXIT_DONE;
  }
  desk_say("%s", why->text[0] != '\0' ? why->text : tacet_err_text(e));
  return e == TACET_ERR_POLICY || e == TACET_ERR_EXISTS ? DESK_EXIT_REFUSED
         : e == TACET_ERR_AUTH || e == TACET_ERR_FORK   ? DESK_EXIT_KEYS
                                                        : DESK_EXIT_FAILED;
}

void desk_print(json_t *value) {
  char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);
  if (text != NULL) {
    puts(text);
  }
  free(text);
  json_decref(value);
}

static uint32_t code_point(const uint8_t *p, size_t n) {
  static const uint8_t first[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  uint32_t cp = p[0] & first[n];
  for (size_t i = 1; i < n; i++) {
    cp = cp << 6 | (p[i] & 0x3f);
  }
  return cp;
}

/* C0, C1, and what moves or hides text (Unicode's Bidi_Control, zero widths).
 */
static bool is_harmful(uint32_t cp) {
  return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x61c ||
         (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) ||
         (cp >= 0x2060 && cp <= 0x2069) || cp == 0xfeff;
}

const char *desk_plain(const char *text, char *out, size_t cap) {
  const uint8_t *p = (const uint8_t *)text;
  size_t left = strlen(text), at = 0;
  while (left > 0) {
    size_t n = tacet_utf8_at(p, left), take = n > 0 ? n : 1;
    bool bad = n == 0 || is_harmful(code_point(p, n));
    if (at + (bad ? 1 : n) >= cap) {
      break;
    }
    if (bad) {
      out[at++] = '?';
    } else {
      memcpy(out + at, p, n);
      at += n;
    }
    p += take;
    left -= take;
  }
  out[at] = '\0';
  return out;
}

/* ---- the desk ---- */

desk_store *desk_open(const desk_args *a, int *code) {
  desk_store *s = NULL;
  desk_trouble why = {""};
  tacet_err e = desk_store_open(desk_arg(a, DESK_O_DATA), &why, &s);
  *code = desk_end(e, &why);
  if (e == TACET_OK && desk_flag(a, DESK_O_CLOCK)) {
    desk_store_clock_is_right(s);
  }
  return e == TACET_OK ? s : NULL;
}

/* ---- passphrases ---- */

static bool read_line(FILE *f, char *out, size_t cap) {
  if (f == NULL || fgets(out, (int)cap, f) == NULL) {
    return false;
  }
  out[strcspn(out, "\n")] = '\0';
  return true;
}

/* At the terminal, without showing it. */
static bool ask_terminal(const char *what, char *out, size_t cap) {
  FILE *tty = fopen("/dev/tty", "r+e");
  struct termios old, hidden;
  if (tty == NULL || tcgetattr(fileno(tty), &old) != 0) {
    if (tty != NULL) {
      (void)fclose(tty);
    }
    return false;
  }
  hidden = old;
  hidden.c_lflag &= ~(tcflag_t)ECHO;
  (void)tcsetattr(fileno(tty), TCSAFLUSH, &hidden);
  (void)fputs(what, tty);
  (void)fflush(tty);
  bool got = read_line(tty, out, cap);
  (void)tcsetattr(fileno(tty), TCSAFLUSH, &old);
  (void)fputc('\n', tty);
  (void)fclose(tty);
  return got;
}

bool desk_ask_passphrase(void *user, char *out, size_t cap) {
  const desk_args *a = user;
  const char *path = desk_arg(a, DESK_O_PASSPHRASE_FILE);
  const char *given = getenv("TACET_DESK_PASSPHRASE");
  if (path != NULL) {
    FILE *f = fopen(path, "re");
    bool got = read_line(f, out, cap);
    if (f != NULL) {
      (void)fclose(f);
    }
    return got;
  }
  if (given != NULL && strlen(given) < cap) {
    memcpy(out, given, strlen(given) + 1);
    return true;
  }
  return ask_terminal("Passphrase: ", out, cap);
}

/* ---- who acts ---- */

void desk_who_wipe(desk_who *w) {
  tacet_wipe(w, sizeof(*w));
}

/* Nowhere but at the terminal: a PIN in a file would be a second key. */
static bool ask_pin(void *user, char *out, size_t cap) {
  (void)user;
  return ask_terminal("PIN of the token: ", out, cap);
}

static void tell(void *user, const char *sentence) {
  (void)user;
  desk_say("%s", sentence);
}

desk_reader desk_reader_of(const desk_args *a) {
  return (desk_reader){.ports = a->ports,
                       .device = desk_arg(a, DESK_O_DEVICE),
                       .ask_pin = ask_pin,
                       .tell = tell};
}

static tacet_err load_key(const desk_args *a, desk_option option,
                          desk_trouble *why, desk_who *out) {
  const desk_passphrase asks = {desk_ask_passphrase,
                                (void *)(uintptr_t)(const void *)a};
  out->reader = desk_reader_of(a);
  out->touch = (desk_touch){desk_token_sign, &out->reader};
  TACET_TRY(desk_key_load(desk_arg(a, option), &asks, why, &out->key));
  out->key.touch = &out->touch;
  return TACET_OK;
}

bool desk_who_of(const desk_args *a, desk_store *s, desk_option option,
                 bool must, desk_who *out, int *code) {
  desk_trouble why = {""};
  if (desk_arg(a, option) == NULL && !must) {
    (void)snprintf(out->actor, sizeof(out->actor), "uid:%lu",
                   (unsigned long)getuid());
    return true;
  }
  TACET_ASSERT(desk_arg(a, option) != NULL); /* `needs` of the table */
  tacet_err e = load_key(a, option, &why, out);
  if (e == TACET_OK) {
    e = desk_officer_of(s, &out->key, &why, &out->officer);
  }
  if (e != TACET_OK) {
    *code = desk_end(e, &why);
    return false;
  }
  out->signs = &out->key;
  memcpy(out->actor, out->officer.name, sizeof(out->actor));
  return true;
}

tacet_err desk_may_see(const desk_who *w, const json_t *row,
                       desk_trouble *why) {
  const char *kind = json_string_value(json_object_get(row, "kind"));
  if (kind == NULL || strcmp(kind, "national-security") != 0 ||
      (w->signs != NULL && w->officer.cleared)) {
    return TACET_OK;
  }
  desk_trouble_set(why, "that case is for cleared officers alone: name the key "
                        "of one with --key FILE");
  return TACET_ERR_POLICY;
}

int desk_on_case(const desk_args *a,
                 tacet_err (*act)(const desk_args *a, desk_store *s,
                                  const desk_who *who, const json_t *row,
                                  desk_trouble *why)) {
  int code;
  DESK_WHO(who);
  desk_trouble why = {""};
  json_t *row = NULL;
  desk_store *s = desk_open(a, &code);
  if (s != NULL && desk_who_of(a, s, DESK_O_KEY, true, &who, &code)) {
    tacet_err e = desk_case_get(s, a->words[0], &why, &row);
    code = desk_end(e == TACET_OK ? act(a, s, &who, row, &why) : e, &why);
  }
  json_decref(row);
  desk_store_close(s);
  return code;
}
