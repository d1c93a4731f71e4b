/* SPDX-License-Identifier: Apache-2.0
 * MIMI content: reading, writing again, walking the parts. */
#include "tacet/content.h"

#include "tacet/codec/cbor.h"
#include "tacet/crypto.h"

#define EXTENSIONS_MAX 32
#define KEY_TEXT_MAX 255
#define EXTENSION_VALUE_MAX 4099 /* 4096 bytes and their head */
#define SEMANTICS_MAX 2          /* processAll */
#define URL_PREFIX "tacet-blob:"
#define ALG_XCHACHA20POLY1305 0xfff0 /* encAlg: private use */
#define HASH_SHA256 1

/* A number that the draft gives so many bytes. */
static uint64_t read_number(tacet_reader *r, uint64_t max) {
  uint64_t v = tacet_cbor_read_uint(r);
  if (v > max) {
    tacet_read_fail(r, TACET_ERR_LIMIT);
    return 0;
  }
  return v;
}

/* null, or a message id. */
static tacet_span read_id(tacet_reader *r) {
  if (tacet_cbor_read_null(r)) {
    return TACET_SPAN_EMPTY;
  }
  tacet_span id = tacet_cbor_read_bytes(r);
  if (*r->err == TACET_OK && id.len != TACET_MESSAGE_ID_LEN) {
    tacet_read_fail(r, TACET_ERR_ENCODING);
  }
  return id;
}

static void write_id(tacet_buf *w, tacet_span id) {
  if (id.len == 0) {
    tacet_cbor_write_null(w);
  } else {
    tacet_cbor_write_bytes(w, id);
  }
}

static void read_expires(tacet_reader *r, tacet_content *c) {
  if (tacet_cbor_read_null(r)) {
    return;
  }
  if (tacet_cbor_read_array(r, 2) != 2) {
    tacet_read_fail(r, TACET_ERR_ENCODING);
  }
  c->has_expires = true;
  c->expires_relative = tacet_cbor_read_bool(r);
  c->expires = (uint32_t)read_number(r, UINT32_MAX);
}

/* Key of an extension: an integer, or text of 1 to 255 bytes (the draft's data
 * model). */
static tacet_span read_key(tacet_reader *r) {
  const uint8_t *from = r->p;
  tacet_cbor_type type = tacet_cbor_peek(r);
  if (type == TACET_CBOR_UINT || type == TACET_CBOR_NEGATIVE) {
    return tacet_cbor_read_any(r);
  }
  tacet_span text = tacet_cbor_read_text(r);
  if (*r->err == TACET_OK && (text.len == 0 || text.len > KEY_TEXT_MAX)) {
    tacet_read_fail(r, TACET_ERR_ENCODING);
  }
  return *r->err == TACET_OK ? tacet_read_since(r, from) : TACET_SPAN_EMPTY;
}

/* Of another length it is something that this version does not know. */
static void read_log(tacet_reader *r, tacet_content *c) {
  tacet_span log = tacet_cbor_read_bytes(r);
  if (log.len == TACET_CONTENT_LOG_LEN) {
    c->log = log;
  } else if (log.len > EXTENSION_VALUE_MAX) {
    tacet_read_fail(r, TACET_ERR_LIMIT);
  }
}

/* The whole map is kept; our own entries are looked at. */
static void read_extensions(tacet_reader *r, tacet_content *c) {
  const uint8_t *from = r->p;
  size_t n = tacet_cbor_read_map(r, EXTENSIONS_MAX);
  tacet_span last = TACET_SPAN_EMPTY;
  for (size_t i = 0; i < n && *r->err == TACET_OK; i++) {
    bool is_uint = tacet_cbor_peek(r) == TACET_CBOR_UINT;
    tacet_span key = read_key(r);
    if (i > 0 && tacet_span_compare(last, key) >= 0) {
      tacet_read_fail(r, TACET_ERR_ENCODING);
    }
    last = key;
    tacet_err err = TACET_OK;
    tacet_reader k = tacet_reader_over(key, &err);
    uint64_t number = is_uint ? tacet_cbor_read_uint(&k) : 0;
    if (*r->err == TACET_OK && number == TACET_EXTENSION_COUNTER) {
      c->has_counter = true;
      c->counter = tacet_cbor_read_uint(r);
    } else if (*r->err == TACET_OK && number == TACET_EXTENSION_SENT) {
      c->sent_at = tacet_cbor_read_uint(r);
    } else if (*r->err == TACET_OK && number == TACET_EXTENSION_LOG) {
      read_log(r, c);
    } else {
      tacet_span value = tacet_cbor_read_any(r);
      if (value.len > EXTENSION_VALUE_MAX) {
        tacet_read_fail(r, TACET_ERR_LIMIT);
      }
    }
  }
  c->extensions = tacet_read_since(r, from);
}

/* ---- parts ---- */

static void read_external(tacet_reader *r, tacet_part *p) {
  uint8_t id[32];
  size_t id_len = 0;
  p->type = tacet_cbor_read_text(r);
  tacet_span url = tacet_cbor_read_text(r);
  (void)read_number(r, UINT32_MAX); /* expires: the server's rule, not ours */
  p->size = tacet_cbor_read_uint(r);
  uint64_t alg = read_number(r, UINT16_MAX);
  tacet_span key = tacet_cbor_read_bytes(r);
  tacet_span nonce = tacet_cbor_read_bytes(r);
  tacet_span aad = tacet_cbor_read_bytes(r);
  uint64_t hash_alg = read_number(r, UINT8_MAX);
  tacet_span hash = tacet_cbor_read_bytes(r);
  p->description = tacet_cbor_read_text(r);
  p->filename = tacet_cbor_read_text(r);
  const size_t prefix = sizeof(URL_PREFIX) - 1;
  if (*r->err != TACET_OK || url.len < prefix ||
      memcmp(url.p, URL_PREFIX, prefix) != 0 ||
      tacet_base64url_read((const char *)url.p + prefix, url.len - prefix, id,
                           sizeof(id), &id_len) != TACET_OK) {
    return;
  }
  p->reference_ok = alg == ALG_XCHACHA20POLY1305 && key.len == 32 &&
                    nonce.len == sizeof(p->reference.prefix) && aad.len == 0 &&
                    hash_alg == HASH_SHA256 && hash.len == 32 &&
                    id_len == sizeof(id) && p->size <= TACET_ATTACHMENT_MAX;
  if (p->reference_ok) {
    memcpy(p->reference.blob, id, sizeof(id));
    memcpy(p->reference.key, key.p, 32);
    memcpy(p->reference.prefix, nonce.p, sizeof(p->reference.prefix));
    memcpy(p->reference.hash, hash.p, 32);
    p->reference.size = p->size;
  }
}

/* One nestedPart's own members, and for MULTI the number of parts that follow;
 * an unknown cardinality is read over by its count of members. */
static size_t read_part(tacet_reader *r, tacet_part *p) {
  size_t members = tacet_cbor_read_array(r, 64);
  size_t parts = 0;
  p->disposition = read_number(r, UINT8_MAX);
  p->language = tacet_cbor_read_text(r);
  uint64_t kind = tacet_cbor_read_uint(r);
  static const size_t want[] = {3, 5, 15, 5};
  if (members < 3 || (kind < 4 && members != want[kind])) {
    tacet_read_fail(r, TACET_ERR_ENCODING);
    return 0;
  }
  p->kind = kind < 4 ? (tacet_part_kind)kind : TACET_PART_UNKNOWN;
  switch (p->kind) {
  case TACET_PART_NULL:
    break;
  case TACET_PART_SINGLE:
    p->type = tacet_cbor_read_text(r);
    p->body = tacet_cbor_read_bytes(r);
    break;
  case TACET_PART_EXTERNAL:
    read_external(r, p);
    break;
  case TACET_PART_MULTI:
    if (tacet_cbor_read_uint(r) > SEMANTICS_MAX) {
      tacet_read_fail(r, TACET_ERR_ENCODING);
    }
    parts = tacet_cbor_read_array(r, TACET_PARTS_MAX);
    if (*r->err == TACET_OK && parts < 2) {
      tacet_read_fail(r, TACET_ERR_ENCODING);
    }
    break;
  case TACET_PART_UNKNOWN:
    for (size_t i = 3; i < members; i++) {
      (void)tacet_cbor_read_any(r);
    }
    break;
  }
  return parts;
}

/* Reads the leaf number `want` (from 0) of the tree at r, or all of it where
 * there is none: *found says which. */
static void walk(tacet_reader *r, size_t want, tacet_part *out, bool *found) {
  size_t left[TACET_PART_DEPTH_MAX + 1] = {1};
  size_t depth = 0, leaves = 0;
  *found = false;
  while (*r->err == TACET_OK) {
    while (left[depth] == 0) {
      if (depth == 0) {
        return;
      }
      depth--;
    }
    left[depth]--;
    tacet_part p = {.kind = TACET_PART_NULL};
    size_t parts = read_part(r, &p);
    /* NOLINTNEXTLINE(bugprone-branch-clone): two limits, in their places */
    if (parts > 0 && depth == TACET_PART_DEPTH_MAX) {
      tacet_read_fail(r, TACET_ERR_LIMIT);
    } else if (parts > 0) {
      left[++depth] = parts;
    } else if (leaves == TACET_PARTS_MAX) {
      /* Not one more than tacet_content_part() gives out: nothing is hidden. */
      tacet_read_fail(r, TACET_ERR_LIMIT);
    } else if (leaves++ == want) {
      *out = p;
      *found = true;
      return;
    }
  }
}

bool tacet_content_part(const tacet_content *c, size_t *at, tacet_part *out) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(c->part, &err);
  bool found;
  if (*at >= TACET_PARTS_MAX) {
    return false;
  }
  walk(&r, *at, out, &found);
  *at += found;
  return found && err == TACET_OK;
}

/* ---- the whole ---- */

tacet_err tacet_content_parse(tacet_span in, tacet_content *out) {
  tacet_err err = in.len > TACET_CONTENT_MAX ? TACET_ERR_LIMIT : TACET_OK;
  tacet_reader r = tacet_reader_over(in, &err);
  tacet_content c = {.has_counter = false};
  if (tacet_cbor_read_array(&r, 7) != 7) {
    tacet_read_fail(&r, TACET_ERR_ENCODING);
  }
  tacet_span salt = tacet_cbor_read_bytes(&r);
  if (salt.len != sizeof(c.salt)) {
    tacet_read_fail(&r, TACET_ERR_ENCODING);
  }
  c.replaces = read_id(&r);
  c.topic = tacet_cbor_read_bytes(&r);
  read_expires(&r, &c);
  c.in_reply_to = read_id(&r);
  read_extensions(&r, &c);
  const uint8_t *from = r.p;
  tacet_part unused;
  bool found;
  walk(&r, SIZE_MAX, &unused, &found);
  c.part = tacet_read_since(&r, from);
  tacet_read_end(&r);
  TACET_TRY(err);
  memcpy(c.salt, salt.p, sizeof(c.salt));
  *out = c;
  return TACET_OK;
}

void tacet_content_write(tacet_buf *w, const tacet_content *c) {
  tacet_cbor_write_array(w, 7);
  tacet_cbor_write_bytes(w, tacet_span_of(c->salt, sizeof(c->salt)));
  write_id(w, c->replaces);
  tacet_cbor_write_bytes(w, c->topic);
  if (c->has_expires) {
    tacet_cbor_write_array(w, 2);
    tacet_cbor_write_bool(w, c->expires_relative);
    tacet_cbor_write_uint(w, c->expires);
  } else {
    tacet_cbor_write_null(w);
  }
  write_id(w, c->in_reply_to);
  tacet_write_bytes(w, c->extensions);
  tacet_write_bytes(w, c->part);
}

tacet_err tacet_message_id(const uint8_t account[32], const uint8_t device[16],
                           const uint8_t conversation[32], tacet_span content,
                           uint8_t id[TACET_MESSAGE_ID_LEN]) {
  uint8_t hash[32];
  tacet_span parts[] = {TACET_SPAN_LIT("Tacet 1.0 message"),
                        tacet_span_of(account, 32), tacet_span_of(device, 16),
                        tacet_span_of(conversation, 32), content};
  TACET_TRY(tacet_hash_sha256.digest(parts, 5, hash));
  id[0] = HASH_SHA256;
  memcpy(id + 1, hash, TACET_MESSAGE_ID_LEN - 1);
  return TACET_OK;
}

/* ---- making one ---- */

static void write_single(tacet_buf *w, tacet_span type, tacet_span body) {
  tacet_cbor_write_array(w, 5);
  tacet_cbor_write_uint(w, TACET_DISPOSITION_RENDER);
  tacet_cbor_write_text(w, TACET_SPAN_EMPTY);
  tacet_cbor_write_uint(w, TACET_PART_SINGLE);
  tacet_cbor_write_text(w, type);
  tacet_cbor_write_bytes(w, body);
}

static void write_file(tacet_buf *w, const tacet_content_file *f) {
  const tacet_attachment *a = f->reference;
  char url[sizeof(URL_PREFIX) + TACET_BASE64_LEN(32)] = URL_PREFIX;
  tacet_base64url_write(tacet_span_of(a->blob, 32),
                        url + sizeof(URL_PREFIX) - 1);
  tacet_cbor_write_array(w, 15);
  tacet_cbor_write_uint(w, TACET_DISPOSITION_ATTACHMENT);
  tacet_cbor_write_text(w, TACET_SPAN_EMPTY);
  tacet_cbor_write_uint(w, TACET_PART_EXTERNAL);
  tacet_cbor_write_text(w, f->type);
  tacet_cbor_write_text(w, tacet_span_str(url));
  tacet_cbor_write_uint(w, 0);
  tacet_cbor_write_uint(w, a->size);
  tacet_cbor_write_uint(w, ALG_XCHACHA20POLY1305);
  tacet_cbor_write_bytes(w, tacet_span_of(a->key, sizeof(a->key)));
  tacet_cbor_write_bytes(w, tacet_span_of(a->prefix, sizeof(a->prefix)));
  tacet_cbor_write_bytes(w, TACET_SPAN_EMPTY);
  tacet_cbor_write_uint(w, HASH_SHA256);
  tacet_cbor_write_bytes(w, tacet_span_of(a->hash, sizeof(a->hash)));
  tacet_cbor_write_text(w, TACET_SPAN_EMPTY);
  tacet_cbor_write_text(w, f->filename);
}

static void write_parts(tacet_buf *w, const tacet_content_args *args) {
  size_t n = args->n_files + (args->text.len > 0 ? 1 : 0);
  if (args->control.len > 0) {
    write_single(w, TACET_SPAN_LIT(TACET_TYPE_CONTROL), args->control);
    return;
  }
  if (n > 1) { /* all of it is one message: processAll(2) */
    tacet_cbor_write_array(w, 5);
    tacet_cbor_write_uint(w, TACET_DISPOSITION_RENDER);
    tacet_cbor_write_text(w, TACET_SPAN_EMPTY);
    tacet_cbor_write_uint(w, TACET_PART_MULTI);
    tacet_cbor_write_uint(w, 2);
    tacet_cbor_write_array(w, n);
  }
  if (args->text.len > 0) {
    write_single(w,
                 args->text_type.len > 0 ? args->text_type
                                         : TACET_SPAN_LIT(TACET_TYPE_TEXT),
                 args->text);
  }
  for (size_t i = 0; i < args->n_files; i++) {
    write_file(w, &args->files[i]);
  }
}

static void write_extensions(tacet_buf *w, const tacet_content_args *args) {
  size_t n = 1u + (args->sent_at != 0 ? 1 : 0) + (args->log.len != 0 ? 1 : 0);
  tacet_cbor_write_map(w, n);
  tacet_cbor_write_uint(w, TACET_EXTENSION_COUNTER);
  tacet_cbor_write_uint(w, args->counter);
  if (args->sent_at != 0) {
    tacet_cbor_write_uint(w, TACET_EXTENSION_SENT);
    tacet_cbor_write_uint(w, args->sent_at);
  }
  if (args->log.len != 0) {
    tacet_cbor_write_uint(w, TACET_EXTENSION_LOG);
    tacet_cbor_write_bytes(w, args->log);
  }
}

tacet_err tacet_content_make(tacet_buf *w, const tacet_content_args *args) {
  bool empty = args->text.len == 0 && args->n_files == 0;
  if (empty == (args->control.len == 0) || args->n_files >= TACET_PARTS_MAX ||
      (args->log.len != 0 && args->log.len != TACET_CONTENT_LOG_LEN) ||
      (args->in_reply_to.len != 0 &&
       args->in_reply_to.len != TACET_MESSAGE_ID_LEN)) {
    return TACET_ERR_ARGUMENT;
  }
  TACET_BUF(extensions, 64 + TACET_CONTENT_LOG_LEN);
  TACET_BUF(parts, TACET_CONTENT_MAX);
  tacet_content c = {.has_expires = args->expires_seconds > 0,
                     .expires_relative = true,
                     .expires = args->expires_seconds,
                     .in_reply_to = args->in_reply_to};
  TACET_TRY(tacet_random(c.salt, sizeof(c.salt)));
  write_extensions(&extensions, args);
  write_parts(&parts, args);
  TACET_TRY(extensions.err);
  TACET_TRY(parts.err);
  c.extensions = tacet_buf_span(&extensions);
  c.part = tacet_buf_span(&parts);
  size_t before = w->len;
  tacet_content_write(w, &c);
  tacet_err err = w->err;
  if (err != TACET_OK) {
    tacet_buf_cut(w, before); /* wiped: it was plaintext */
    tacet_write_fail(w, err);
  }
  return err;
}
