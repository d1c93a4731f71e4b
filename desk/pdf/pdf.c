/* SPDX-License-Identifier: Apache-2.0
 * A letter of lines as a PDF, by libharu. The library keeps its first error and
 * does nothing more after it, so it is looked at once, at the end. */
#include "desk/pdf/pdf.h"

#include <hpdf.h>
#include <stdio.h>
#include <unistd.h>

/* Points. Courier's letters are 0.6 of its size wide: 79 of them have 474, and
 * A4 is 595 wide. */
enum { MARGIN = 60, SIZE = 10, LEADING = 13, WIDTH = 595, HEIGHT = 842 };
enum { LINES = (HEIGHT - 2 * MARGIN) / LEADING, LINE_MAX_BYTES = 1000 };

const char *const desk_pdf_fonts[] = {
    "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf",
    "/usr/share/fonts/dejavu-sans-mono-fonts/DejaVuSansMono.ttf",
    "/usr/share/fonts/TTF/DejaVuSansMono.ttf", NULL};

typedef struct writing {
  HPDF_Doc doc;
  HPDF_Font font;
  bool latin; /* the bytes of a line are Latin-1 */
} writing;

/* ---- letters ---- */

/* The code point at *p, which goes on. Bytes that are no UTF-8 are '?'. */
static uint32_t next_point(const char **p) {
  const unsigned char *s = (const unsigned char *)*p;
  size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
  uint32_t c = n == 1 ? s[0] : s[0] & (0x7fu >> n);
  for (size_t i = 1; i < n; i++) {
    if ((s[i] & 0xc0) != 0x80) {
      *p += 1;
      return '?';
    }
    c = c << 6 | (s[i] & 0x3fu);
  }
  *p += n;
  return s[0] >= 0x80 && s[0] < 0xc2 ? '?' : c;
}

static bool is_latin(const char *text) {
  while (*text != '\0') {
    uint32_t c = next_point(&text);
    if (c > 0xff || (c >= 0x7f && c < 0xa0)) {
      return false;
    }
  }
  return true;
}

/* One line as the font takes it: Latin-1, or UTF-8 of at most three bytes. */
static void encode(const writing *w, const char *line, const char *end,
                   char out[LINE_MAX_BYTES]) {
  size_t n = 0;
  while (line < end && n < LINE_MAX_BYTES - 16) {
    const char *from = line;
    uint32_t c = next_point(&line);
    if (c < ' ' || c == 0x7f) {
      out[n++] = ' ';
    } else if (w->latin) {
      out[n++] = (char)c;
    } else if (c > 0xffff) {
      n += (size_t)snprintf(out + n, 16, "[U+%X]", c);
    } else if (c == '?') {
      out[n++] = '?';
    } else {
      memcpy(out + n, from, (size_t)(line - from));
      n += (size_t)(line - from);
    }
  }
  out[n] = '\0';
}

/* ---- pages ---- */

static HPDF_Page add_page(const writing *w) {
  HPDF_Page page = HPDF_AddPage(w->doc);
  if (page != NULL) {
    HPDF_Page_SetWidth(page, WIDTH);
    HPDF_Page_SetHeight(page, HEIGHT);
    HPDF_Page_SetFontAndSize(page, w->font, SIZE);
  }
  return page;
}

static void put_line(HPDF_Page page, size_t from_top, const char *bytes) {
  if (page != NULL && bytes[0] != '\0') {
    HPDF_Page_BeginText(page);
    HPDF_Page_TextOut(
        page, MARGIN,
        (HPDF_REAL)(HEIGHT - MARGIN) - (HPDF_REAL)(from_top * LEADING), bytes);
    HPDF_Page_EndText(page);
  }
}

static size_t count_lines(const char *text) {
  size_t n = 0;
  for (; *text != '\0'; text++) {
    n += *text == '\n' ? 1 : 0;
  }
  return n;
}

static void put_pages(const writing *w, const char *text) {
  size_t pages = (count_lines(text) + LINES - 1) / LINES, n = 0;
  HPDF_Page page = NULL;
  while (*text != '\0' && HPDF_GetError(w->doc) == HPDF_OK) {
    char bytes[LINE_MAX_BYTES];
    const char *end = text + strcspn(text, "\n");
    if (n % LINES == 0) {
      page = add_page(w);
      (void)snprintf(bytes, sizeof(bytes), "%75zu/%zu", n / LINES + 1, pages);
      put_line(page, LINES + 1, pages > 1 ? bytes : "");
    }
    encode(w, text, end, bytes);
    put_line(page, n % LINES, bytes);
    n++;
    text = *end == '\0' ? end : end + 1;
  }
  if (n == 0) {
    (void)add_page(w); /* a document has a page */
  }
}

/* ---- all of it ---- */

static tacet_err choose_font(writing *w, const char *const *fonts,
                             desk_trouble *why) {
  if (w->latin) {
    w->font = HPDF_GetFont(w->doc, "Courier", "WinAnsiEncoding");
    return TACET_OK;
  }
  while (*fonts != NULL && access(*fonts, R_OK) != 0) {
    fonts++;
  }
  if (*fonts == NULL) {
    desk_trouble_set(why, "The letter has letters that need a font: install "
                          "fonts-dejavu-core (DejaVuSansMono.ttf), or write "
                          "it as text.");
    return TACET_ERR_STATE;
  }
  HPDF_UseUTFEncodings(w->doc);
  const char *name = HPDF_LoadTTFontFromFile(w->doc, *fonts, HPDF_TRUE);
  w->font = name == NULL ? NULL : HPDF_GetFont(w->doc, name, "UTF-8");
  return TACET_OK;
}

static tacet_err take_bytes(HPDF_Doc doc, tacet_bytes *out) {
  HPDF_SaveToStream(doc);
  if (HPDF_GetError(doc) != HPDF_OK) {
    return TACET_ERR_IO;
  }
  HPDF_UINT32 size = HPDF_GetStreamSize(doc), got = size;
  TACET_BYTES(bytes);
  TACET_TRY(tacet_bytes_new(&bytes, size));
  HPDF_ResetStream(doc);
  HPDF_STATUS s = HPDF_ReadFromStream(doc, bytes.p, &got);
  if ((s != HPDF_OK && s != HPDF_STREAM_EOF) || got != size) {
    return TACET_ERR_IO;
  }
  *out = bytes;
  bytes = (tacet_bytes){NULL, 0};
  return TACET_OK;
}

tacet_err desk_pdf_write(const char *text, const char *title,
                         const char *const *fonts, desk_trouble *why,
                         tacet_bytes *out) {
  writing w = {.doc = HPDF_New(NULL, NULL), .latin = is_latin(text)};
  if (w.doc == NULL) {
    desk_trouble_set(why, "There is not enough memory for the letter.");
    return TACET_ERR_NOMEM;
  }
  HPDF_SetInfoAttr(w.doc, HPDF_INFO_TITLE, title);
  tacet_err e = choose_font(&w, fonts, why);
  if (e == TACET_OK) {
    put_pages(&w, text);
    e = take_bytes(w.doc, out);
    if (e != TACET_OK) {
      desk_trouble_set(why,
                       "The letter could not be written as PDF (libharu, "
                       "%04lX); write it as text.",
                       (unsigned long)HPDF_GetError(w.doc));
    }
  }
  HPDF_Free(w.doc);
  return e;
}
