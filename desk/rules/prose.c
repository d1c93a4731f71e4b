/* SPDX-License-Identifier: Apache-2.0
 * Text that grows, and paragraphs. */
#include "desk/rules/prose.h"

#include "desk/rules/fields_text.h"

#include <stdarg.h>
#include <stdio.h>

enum { COLUMNS = 79 };

void rules_prose_add(rules_prose *t, const char *text, size_t len) {
  if (t->e != TACET_OK) {
    return;
  }
  if (t->room - t->len <= len) {
    size_t room = 2 * (t->len + len + 1) + 2000;
    char *p = tacet_alloc(room);
    if (p == NULL) {
      t->e = TACET_ERR_NOMEM;
      return;
    }
    if (t->len > 0) {
      memcpy(p, t->p, t->len);
    }
    tacet_free(t->p);
    t->p = p;
    t->room = room;
  }
  memcpy(t->p + t->len, text, len);
  t->len += len;
  t->p[t->len] = '\0';
}

void rules_prose_line(rules_prose *t, const char *format, ...) {
  char line[4096];
  va_list list;
  va_start(list, format);
  (void)vsnprintf(line, sizeof(line), format, list);
  va_end(list);
  rules_prose_add(t, line, strlen(line));
  rules_prose_add(t, "\n", 1);
}

size_t rules_width(uint32_t c) {
  bool mark = (c >= 0x300 && c <= 0x36f) || (c >= 0x200b && c <= 0x200d) ||
              (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0x20d0 && c <= 0x20ff);
  bool wide = (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
              (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
              (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
              (c >= 0xffe0 && c <= 0xffe6) || (c >= 0x1f300 && c <= 0x1faff) ||
              (c >= 0x20000 && c <= 0x3fffd);
  return mark ? 0 : wide ? 2 : 1;
}

/* As many bytes of a word as have room; gives their width. */
static size_t fitting(const char *word, const char *end, size_t room,
                      size_t *width) {
  const char *p = word;
  *width = 0;
  while (p < end) {
    const char *next = p;
    size_t w = rules_width(rules_code_point(&next));
    if (*width + w > room) {
      break;
    }
    *width += w;
    p = next;
  }
  return (size_t)(p - word);
}

static void new_line(rules_prose *t, size_t indent, size_t *column) {
  rules_prose_add(t, "\n", 1);
  for (size_t i = 0; i < indent; i++) {
    rules_prose_add(t, " ", 1);
  }
  *column = indent;
}

void rules_prose_paragraph(rules_prose *t, const char *first,
                           const char *text) {
  size_t indent, column;
  (void)fitting(first, first + strlen(first), COLUMNS, &indent);
  rules_prose_add(t, first, strlen(first));
  column = indent;
  while (*(text += strspn(text, " ")) != '\0') {
    const char *end = text + strcspn(text, " ");
    size_t width, n = fitting(text, end, SIZE_MAX, &width);
    size_t space = column > indent ? 1 : 0;
    if (column + space + width > COLUMNS && space > 0) {
      new_line(t, indent, &column);
      space = 0;
    }
    if (indent + width > COLUMNS) {
      n = fitting(text, end, COLUMNS - indent, &width);
    }
    if (space > 0) {
      rules_prose_add(t, " ", 1);
    }
    rules_prose_add(t, text, n);
    column += space + width;
    text += n;
    if (text < end) { /* a word that was cut goes on below */
      new_line(t, indent, &column);
    }
  }
  rules_prose_add(t, "\n", 1);
}
