/* SPDX-License-Identifier: Apache-2.0
 * Editing and showing one line. */
#include "cli/line.h"

#include <stdlib.h>
#include <wchar.h>

#include "cli/cli.h"

#define ESCAPE 0x1b
#define PASTE_BEGIN "[200~"
#define PASTE_END "[201~"
#define JOINER 0x200d /* ZWJ: what follows is one sign with what is before */

/* ---- characters ---- */

static uint32_t code_at(const cli_line *l, size_t at) {
  uint32_t cp = 0;
  (void)cli_utf8_next(l->text + at, l->len - at, &cp);
  return cp;
}

static size_t code_before(const cli_line *l, size_t at) {
  do {
    at--;
  } while (at > 0 && ((unsigned char)l->text[at] & 0xc0) == 0x80);
  return at;
}

static size_t code_after(const cli_line *l, size_t at) {
  uint32_t cp;
  return at + cli_utf8_next(l->text + at, l->len - at, &cp);
}

/* Columns of what put_code() shows for it. */
static size_t columns_of(uint32_t cp) {
  if (cp == '\n' || cp == '\t' || !cli_is_harmless(cp)) {
    return 1;
  }
  int n = wcwidth((wchar_t)cp);
  return n < 0 ? 1 : (size_t)n;
}

/* Does the code point at `at` belong to the sign before it? */
static bool joins(const cli_line *l, size_t at) {
  uint32_t cp = code_at(l, at);
  return columns_of(cp) == 0 || (cp >= 0x1f3fb && cp <= 0x1f3ff) ||
         code_at(l, code_before(l, at)) == JOINER;
}

/* A sign is a code point with all that joins it. */
static size_t sign_before(const cli_line *l, size_t at) {
  while (at > 0) {
    at = code_before(l, at);
    if (at == 0 || !joins(l, at)) {
      break;
    }
  }
  return at;
}

static size_t sign_after(const cli_line *l, size_t at) {
  if (at < l->len) {
    at = code_after(l, at);
  }
  while (at < l->len && joins(l, at)) {
    at = code_after(l, at);
  }
  return at;
}

static size_t columns_between(const cli_line *l, size_t from, size_t to) {
  size_t n = 0;
  for (size_t at = from; at < to; at = code_after(l, at)) {
    n += columns_of(code_at(l, at));
  }
  return n;
}

/* ---- changing ---- */

static bool make_room(cli_line *l, size_t n) {
  if (l->len + n > l->max) {
    l->full = true;
    return false;
  }
  if (l->len + n <= l->cap) {
    return true;
  }
  size_t cap = l->cap * 2 > l->len + n ? l->cap * 2 : l->len + n + 256;
  char *p = malloc(cap);
  if (p == NULL) {
    l->full = true;
    return false;
  }
  if (l->text != NULL) {
    memcpy(p, l->text, l->len);
    tacet_wipe(l->text, l->cap);
    free(l->text);
  }
  l->text = p;
  l->cap = cap;
  return true;
}

static void insert(cli_line *l, const char *bytes, size_t n) {
  if (!make_room(l, n)) {
    return;
  }
  memmove(l->text + l->cursor + n, l->text + l->cursor, l->len - l->cursor);
  memcpy(l->text + l->cursor, bytes, n);
  l->len += n;
  l->cursor += n;
}

static void erase(cli_line *l, size_t from, size_t to) {
  if (from < to) {
    memmove(l->text + from, l->text + to, l->len - to);
    l->len -= to - from;
    l->cursor = from;
  }
}

/* The beginning of the word before the cursor, and the end of the one behind
 * it. Words are apart by spaces. */
static bool is_space_at(const cli_line *l, size_t at) {
  return l->text[at] == ' ' || l->text[at] == '\n' || l->text[at] == '\t';
}

static size_t word_before(const cli_line *l) {
  size_t at = l->cursor;
  while (at > 0 && is_space_at(l, at - 1)) {
    at--;
  }
  while (at > 0 && !is_space_at(l, at - 1)) {
    at--;
  }
  return at;
}

static size_t word_after(const cli_line *l) {
  size_t at = l->cursor;
  while (at < l->len && is_space_at(l, at)) {
    at++;
  }
  while (at < l->len && !is_space_at(l, at)) {
    at++;
  }
  return at;
}

void cli_line_clear(cli_line *l) {
  if (l->text != NULL) {
    tacet_wipe(l->text, l->cap);
  }
  l->len = l->cursor = l->n_part = l->n_keys = 0;
  l->full = false;
}

void cli_line_free(cli_line *l) {
  cli_line_clear(l);
  free(l->text);
  *l = (cli_line){.max = l->max};
}

void cli_line_set(cli_line *l, const char *text) {
  cli_line_clear(l);
  insert(l, text, strlen(text));
}

/* ---- keys ---- */

typedef enum key {
  KEY_NONE,
  KEY_LEFT,
  KEY_RIGHT,
  KEY_HOME,
  KEY_END,
  KEY_DELETE,
  KEY_WORD_LEFT,
  KEY_WORD_RIGHT,
  KEY_BREAK,
  KEY_PASTE
} key;

/* What terminals send behind the escape character, xterm's kin and rxvt's. */
static key find_key(const char *keys, size_t n) {
  static const struct {
    const char *sends;
    key is;
  } table[] = {
      {"[D", KEY_LEFT},          {"OD", KEY_LEFT},
      {"[C", KEY_RIGHT},         {"OC", KEY_RIGHT},
      {"[H", KEY_HOME},          {"OH", KEY_HOME},
      {"[1~", KEY_HOME},         {"[7~", KEY_HOME},
      {"[F", KEY_END},           {"OF", KEY_END},
      {"[4~", KEY_END},          {"[8~", KEY_END},
      {"[3~", KEY_DELETE},       {"b", KEY_WORD_LEFT},
      {"f", KEY_WORD_RIGHT},     {"[1;5D", KEY_WORD_LEFT},
      {"[1;3D", KEY_WORD_LEFT},  {"[1;5C", KEY_WORD_RIGHT},
      {"[1;3C", KEY_WORD_RIGHT}, {"\r", KEY_BREAK},
      {"\n", KEY_BREAK},         {PASTE_BEGIN, KEY_PASTE},
  };
  for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
    if (strlen(table[i].sends) == n && memcmp(table[i].sends, keys, n) == 0) {
      return table[i].is;
    }
  }
  return KEY_NONE;
}

static void press(cli_line *l, key k) {
  switch (k) {
  case KEY_NONE:
    break;
  case KEY_LEFT:
    l->cursor = sign_before(l, l->cursor);
    break;
  case KEY_RIGHT:
    l->cursor = sign_after(l, l->cursor);
    break;
  case KEY_HOME:
    l->cursor = 0;
    break;
  case KEY_END:
    l->cursor = l->len;
    break;
  case KEY_DELETE:
    erase(l, l->cursor, sign_after(l, l->cursor));
    break;
  case KEY_WORD_LEFT:
    l->cursor = word_before(l);
    break;
  case KEY_WORD_RIGHT:
    l->cursor = word_after(l);
    break;
  case KEY_BREAK:
    insert(l, "\n", 1);
    break;
  case KEY_PASTE:
    l->pasting = true;
    break;
  }
}

/* One more byte of an escape sequence: ESC, then a letter, or [ or O with
 * parameters and a letter or ~ at its end. */
static void feed_escape(cli_line *l, unsigned char byte) {
  if (byte == ESCAPE) {
    l->n_keys = 1; /* begins anew */
    return;
  }
  /* No key sends so much: the rest is passed over, and then found nowhere. */
  l->n_keys -= l->n_keys == sizeof(l->keys);
  l->keys[l->n_keys++] = (char)byte;
  bool longer = l->n_keys == 2
                    ? byte == '[' || byte == 'O'
                    : l->keys[1] == '[' && (byte < 0x40 || byte > 0x7e);
  if (!longer) {
    press(l, find_key(l->keys + 1, l->n_keys - 1));
    l->n_keys = 0;
  }
}

/* In a paste nothing is a key but the mark of its end; what turns out to be
 * none is text without its escape character. */
static void feed_pasted_escape(cli_line *l, unsigned char byte) {
  static const char end[] = PASTE_END;
  if (byte != (unsigned char)end[l->n_keys - 1]) {
    insert(l, end, l->n_keys - 1);
    l->n_keys = 0;
    (void)cli_line_feed(l, byte);
    return;
  }
  l->n_keys++;
  if (l->n_keys == sizeof(end)) {
    l->n_keys = 0;
    l->pasting = false;
  }
}

static void feed_text(cli_line *l, unsigned char byte) {
  uint32_t cp;
  if ((byte & 0xc0) != 0x80) {
    l->n_part = 0; /* what was begun is not gone on with */
  } else if (l->n_part == 0) {
    return;
  }
  l->part[l->n_part++] = byte;
  unsigned char first = l->part[0];
  size_t whole = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (l->n_part == whole) {
    if (cli_utf8_next((const char *)l->part, whole, &cp) == whole) {
      insert(l, (const char *)l->part, whole);
    }
    l->n_part = 0;
  }
}

/* Control characters, as readline has them. */
static cli_line_event feed_control(cli_line *l, unsigned char byte) {
  switch (byte) {
  case '\r':
  case '\n':
    return CLI_LINE_ENTER;
  case '\t':
    insert(l, "\t", 1);
    break;
  case 0x01: /* ^A */
    l->cursor = 0;
    break;
  case 0x02: /* ^B */
    press(l, KEY_LEFT);
    break;
  case 0x04: /* ^D */
    if (l->len == 0) {
      return CLI_LINE_END;
    }
    press(l, KEY_DELETE);
    break;
  case 0x05: /* ^E */
    l->cursor = l->len;
    break;
  case 0x06: /* ^F */
    press(l, KEY_RIGHT);
    break;
  case 0x08: /* ^H and Backspace */
  case 0x7f:
    erase(l, sign_before(l, l->cursor), l->cursor);
    break;
  case 0x0b: /* ^K */
    l->len = l->cursor;
    break;
  case 0x0c: /* ^L */
    return CLI_LINE_REDRAW;
  case 0x15: /* ^U */
    erase(l, 0, l->cursor);
    break;
  case 0x17: /* ^W */
    erase(l, word_before(l), l->cursor);
    break;
  default:
    break;
  }
  return CLI_LINE_MORE;
}

cli_line_event cli_line_feed(cli_line *l, unsigned char byte) {
  if (l->n_keys > 0) {
    if (l->pasting) {
      feed_pasted_escape(l, byte);
    } else {
      feed_escape(l, byte);
    }
    return CLI_LINE_MORE;
  }
  if (byte == ESCAPE) {
    l->n_part = 0;
    l->keys[l->n_keys++] = ESCAPE;
    return CLI_LINE_MORE;
  }
  if (l->pasting && (byte == '\r' || byte == '\n')) {
    insert(l, "\n", 1);
    return CLI_LINE_MORE;
  }
  if ((byte < 0x20 && (byte != '\t' || !l->pasting)) || byte == 0x7f) {
    l->n_part = 0;
    return l->pasting ? CLI_LINE_MORE : feed_control(l, byte);
  }
  feed_text(l, byte);
  return CLI_LINE_MORE;
}

/* ---- showing ---- */

static void put_sign(const cli_line *l, size_t from, size_t to, FILE *out) {
  for (size_t at = from; at < to;) {
    size_t next = code_after(l, at);
    uint32_t cp = code_at(l, at);
    if (cp == '\n') {
      fputs("\xe2\x86\xb5", out); /* a bent arrow */
    } else if (cp == '\t') {
      fputc(' ', out);
    } else if (!cli_is_harmless(cp)) {
      fputc('?', out);
    } else {
      fwrite(l->text + at, 1, next - at, out);
    }
    at = next;
  }
}

/* From where on the line is shown: everything before the cursor if that fits,
 * else its end, with some room for what stands behind. */
static size_t find_start(const cli_line *l, size_t room) {
  size_t most = l->cursor == l->len ? room : room - room / 4;
  size_t start = l->cursor, used = 0;
  while (start > 0) {
    size_t before = sign_before(l, start);
    used += columns_between(l, before, start);
    if (used > (before == 0 ? room : most)) {
      break;
    }
    start = before;
  }
  return start;
}

void cli_line_draw(const cli_line *l, const char *prompt, size_t columns,
                   FILE *out) {
  size_t width = columns > 1 ? columns - 1 : 1;
  size_t indent = strlen(prompt); /* prompts are ASCII */
  if (indent + 8 > width) {
    indent = 0; /* too narrow for both */
  }
  size_t room = width - indent;
  size_t start = find_start(l, room);
  size_t at = start, used = 0, column = indent;
  fprintf(out, "\r%s", indent > 0 ? prompt : "");
  while (at < l->len) {
    size_t next = sign_after(l, at);
    size_t n = columns_between(l, at, next);
    if (used + n > room) {
      break;
    }
    put_sign(l, at, next, out);
    used += n;
    column += at < l->cursor ? n : 0;
    at = next;
  }
  fputs("\033[K\r", out);
  if (column > 0) {
    fprintf(out, "\033[%zuC", column);
  }
}
