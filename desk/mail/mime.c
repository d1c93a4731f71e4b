/* SPDX-License-Identifier: Apache-2.0
 * The parts of a mail. */
#include "desk/mail/mime.h"

#include <openssl/evp.h>

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* ---- lines ---- */

/* The next line without its end; false at the end of all. */
static bool next_line(tacet_span *text, tacet_span *line) {
  if (text->len == 0) {
    return false;
  }
  const uint8_t *end = memchr(text->p, '\n', text->len);
  size_t len = end != NULL ? (size_t)(end - text->p) : text->len;
  size_t whole = len + (end != NULL ? 1 : 0);
  *line = tacet_span_of(text->p,
                        len > 0 && text->p[len - 1] == '\r' ? len - 1 : len);
  *text = tacet_span_of(text->p + whole, text->len - whole);
  return true;
}

static bool is_space(uint8_t c) {
  return c == ' ' || c == '\t';
}

static bool begins(tacet_span line, const char *name) {
  size_t n = strlen(name);
  return line.len > n && strncasecmp((const char *)line.p, name, n) == 0 &&
         line.p[n] == ':';
}

static tacet_span body_of(tacet_span entity) {
  tacet_span line;
  while (next_line(&entity, &line) && line.len > 0) {
  }
  return entity;
}

static void append(char *out, size_t cap, tacet_span text) {
  size_t at = strlen(out);
  for (size_t i = 0; i < text.len && at + 1 < cap; i++) {
    uint8_t c = text.p[i];
    out[at++] = c < 0x20 || c == 0x7f ? ' ' : (char)c;
  }
  out[at] = '\0';
}

void desk_mime_header(tacet_span entity, const char *name, char *out,
                      size_t cap, bool *twice) {
  tacet_span line;
  bool inside = false, found = false;
  out[0] = '\0';
  *twice = false;
  while (next_line(&entity, &line) && line.len > 0) {
    if (is_space(line.p[0])) {
      if (inside) {
        append(out, cap, line);
      }
      continue;
    }
    inside = begins(line, name);
    *twice |= inside && found;
    inside = inside && !found;
    found |= inside;
    if (inside) {
      size_t n = strlen(name) + 1;
      append(out, cap, tacet_span_of(line.p + n, line.len - n));
    }
  }
}

bool desk_mime_address(const char *header, char *out, size_t cap) {
  const char *from = strchr(header, '<'), *at = strchr(header, '@');
  if (at == NULL || strchr(at + 1, '@') != NULL ||
      strchr(header, ',') != NULL) {
    return false; /* a name with an @ or a comma in it, or two people */
  }
  from = from != NULL ? from + 1 : header;
  from += strspn(from, " \t");
  size_t n = strcspn(from, "> \t");
  if (n == 0 || n >= cap || at < from || at >= from + n) {
    return false;
  }
  for (size_t i = 0; i < n; i++) {
    char c = from[i];
    out[i] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
  }
  out[n] = '\0';
  return true;
}

/* ---- parameters of a header ---- */

/* `; name="value"`; RFC 2231's name*=charset'lang'value is taken as it is. */
static bool parameter(const char *header, const char *name, char *out,
                      size_t cap) {
  size_t n = strlen(name);
  for (const char *p = strchr(header, ';'); p != NULL; p = strchr(p, ';')) {
    p += 1 + strspn(p + 1, " \t");
    if (strncasecmp(p, name, n) != 0) {
      continue;
    }
    p += n;
    p += *p == '*' ? 1 : 0;
    p += strspn(p, " \t");
    if (*p != '=') {
      continue;
    }
    p += 1 + strspn(p + 1, " \t");
    size_t len = *p == '"' ? strcspn(++p, "\"") : strcspn(p, "; \t");
    (void)snprintf(out, cap, "%.*s", (int)len, p);
    return len > 0 && len < cap;
  }
  return false;
}

static void first_word(const char *header, char *out, size_t cap) {
  header += strspn(header, " \t");
  size_t n = strcspn(header, "; \t");
  for (size_t i = 0; i < n && i + 1 < cap; i++, out++) {
    char c = header[i];
    *out = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
  }
  *out = '\0';
}

/* ---- transfer encodings ---- */

static tacet_err broken(desk_trouble *why, const char *what) {
  desk_trouble_set(why,
                   "a part of the mail is no %s; write down what it says "
                   "and file that with --file",
                   what);
  return TACET_ERR_ENCODING;
}

static tacet_err from_base64(tacet_span in, desk_trouble *why,
                             tacet_bytes *out) {
  TACET_BYTES(room);
  EVP_ENCODE_CTX *c = EVP_ENCODE_CTX_new();
  int n = 0, last = 0;
  if (c == NULL || in.len > INT32_MAX ||
      tacet_bytes_new(&room, in.len + 3) != TACET_OK) {
    EVP_ENCODE_CTX_free(c);
    return TACET_ERR_NOMEM;
  }
  EVP_DecodeInit(c);
  bool ok = EVP_DecodeUpdate(c, room.p, &n, in.p, (int)in.len) >= 0 &&
            EVP_DecodeFinal(c, room.p + n, &last) >= 0;
  EVP_ENCODE_CTX_free(c);
  return ok ? tacet_bytes_set(out,
                              tacet_span_of(room.p, (size_t)n + (size_t)last))
            : broken(why, "base64");
}

static int digit(uint8_t c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                : -1;
}

static tacet_err from_quoted(tacet_span in, desk_trouble *why,
                             tacet_bytes *out) {
  TACET_BYTES(room);
  size_t n = 0;
  TACET_TRY(tacet_bytes_new(&room, in.len + 1));
  for (size_t i = 0; i < in.len; i++) {
    if (in.p[i] != '=') {
      room.p[n++] = in.p[i];
      continue;
    }
    size_t left = in.len - i;
    if (left > 1 && in.p[i + 1] == '\n') {
      i += 1;
    } else if (left > 2 && in.p[i + 1] == '\r' && in.p[i + 2] == '\n') {
      i += 2;
    } else if (left > 2 && digit(in.p[i + 1]) >= 0 && digit(in.p[i + 2]) >= 0) {
      room.p[n++] = (uint8_t)(digit(in.p[i + 1]) << 4 | digit(in.p[i + 2]));
      i += 2;
    } else {
      return broken(why, "quoted-printable text");
    }
  }
  return tacet_bytes_set(out, tacet_span_of(room.p, n));
}

static tacet_err decode(tacet_span entity, tacet_span body, desk_trouble *why,
                        tacet_bytes *out) {
  char header[64], encoding[32];
  bool twice;
  desk_mime_header(entity, "Content-Transfer-Encoding", header, sizeof(header),
                   &twice);
  first_word(header, encoding, sizeof(encoding));
  return strcmp(encoding, "base64") == 0 ? from_base64(body, why, out)
         : strcmp(encoding, "quoted-printable") == 0
             ? from_quoted(body, why, out)
             : tacet_bytes_set(out, body);
}

/* ---- parts ---- */

typedef struct reading {
  desk_mime m;
  size_t room;
  desk_trouble *why;
} reading;

static tacet_err read_leaf(reading *r, tacet_span entity, const char *type) {
  char header[1024];
  bool twice;
  if (r->m.n == DESK_MIME_PARTS_MAX) {
    desk_trouble_set(r->why, "the mail has more than %d parts",
                     DESK_MIME_PARTS_MAX);
    return TACET_ERR_LIMIT;
  }
  if (r->m.n == r->room) {
    size_t room = r->room > 0 ? 2 * r->room : 4;
    desk_mime_part *parts = realloc(r->m.parts, room * sizeof(*parts));
    if (parts == NULL) {
      return TACET_ERR_NOMEM;
    }
    r->m.parts = parts;
    r->room = room;
  }
  desk_mime_part *p = &r->m.parts[r->m.n];
  *p = (desk_mime_part){.bytes = {NULL, 0}};
  (void)snprintf(p->type, sizeof(p->type), "%.63s", type);
  desk_mime_header(entity, "Content-Disposition", header, sizeof(header),
                   &twice);
  if (!parameter(header, "filename", p->name, sizeof(p->name))) {
    desk_mime_header(entity, "Content-Type", header, sizeof(header), &twice);
    if (!parameter(header, "name", p->name, sizeof(p->name))) {
      p->name[0] = '\0';
    }
  }
  r->m.n++;
  return decode(entity, body_of(entity), r->why, &p->bytes);
}

/* A delimiter of that boundary: 1, or 2 where it closes. */
static int delimiter(tacet_span line, const char *boundary) {
  size_t n = strlen(boundary);
  while (line.len > 0 && is_space(line.p[line.len - 1])) {
    line.len--;
  }
  if (line.len < n + 2 || memcmp(line.p, "--", 2) != 0 ||
      memcmp(line.p + 2, boundary, n) != 0) {
    return 0;
  }
  if (line.len == n + 2) {
    return 1;
  }
  return line.len == n + 4 && memcmp(line.p + n + 2, "--", 2) == 0 ? 2 : 0;
}

/* The line end before a delimiter belongs to it. */
static tacet_span without_end(const uint8_t *from, const uint8_t *to) {
  if (to > from && to[-1] == '\n') {
    to--;
    if (to > from && to[-1] == '\r') {
      to--;
    }
  }
  return tacet_span_of(from, (size_t)(to - from));
}

static tacet_err read_entity(reading *r, tacet_span entity, unsigned depth);

static tacet_err read_parts(reading *r, tacet_span body, const char *boundary,
                            unsigned depth) {
  tacet_span line;
  const uint8_t *from = NULL;
  for (;;) {
    const uint8_t *at = body.p;
    if (!next_line(&body, &line)) {
      desk_trouble_set(r->why, "the mail was cut off: a part of it has no end");
      return TACET_ERR_ENCODING;
    }
    int what = delimiter(line, boundary);
    if (what == 0) {
      continue;
    }
    if (from != NULL) {
      TACET_TRY(read_entity(r, without_end(from, at), depth + 1));
    }
    if (what == 2) {
      return TACET_OK;
    }
    from = body.p;
  }
}

/* The depth is bounded, so what comes in does not decide how deep this goes. */
static tacet_err read_entity(reading *r, tacet_span entity, unsigned depth) {
  char header[1024], type[64], boundary[128];
  bool twice;
  desk_mime_header(entity, "Content-Type", header, sizeof(header), &twice);
  first_word(header, type, sizeof(type));
  if (depth > DESK_MIME_DEPTH_MAX) {
    desk_trouble_set(r->why, "the mail's parts are nested more than %d deep",
                     DESK_MIME_DEPTH_MAX);
    return TACET_ERR_LIMIT;
  }
  if (strncmp(type, "multipart/", 10) != 0) {
    return read_leaf(r, entity, type);
  }
  if (twice || !parameter(header, "boundary", boundary, sizeof(boundary))) {
    desk_trouble_set(r->why, "the mail does not say where its parts end");
    return TACET_ERR_ENCODING;
  }
  return read_parts(r, body_of(entity), boundary, depth);
}

tacet_err desk_mime_read(tacet_span entity, desk_trouble *why, desk_mime *out) {
  reading r = {.m = {NULL, 0}, .why = why};
  tacet_err e = read_entity(&r, entity, 0);
  if (e != TACET_OK) {
    desk_mime_free(&r.m);
    return e;
  }
  *out = r.m;
  return TACET_OK;
}

void desk_mime_free(desk_mime *m) {
  for (size_t i = 0; i < m->n; i++) {
    tacet_bytes_free(&m->parts[i].bytes);
  }
  free(m->parts);
  *m = (desk_mime){NULL, 0};
}
