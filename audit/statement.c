/* SPDX-License-Identifier: Apache-2.0
 * tacet-audit statement: is this hash in the log? By a copied log, or by a
 * proof that its operator gave away. */
#include "audit/command.h"
#include "audit/folder.h"
#include "audit/tiles.h"
#include "tacet/crypto.h"
#include "tacet/keytrans/inclusion.h"
#include "tacet/keytrans/keylog.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define HASH_LEN 32
/* It is read as a whole. */
#define FILE_MAX ((size_t)256 * 1024 * 1024)

/* What is looked for, and what is believed. */
typedef struct statement {
  char hex[2 * HASH_LEN + 1];
  tacet_keylog_entry entry;
  uint8_t bytes[TACET_KEYLOG_ENTRY_MAX]; /* the entry */
  size_t len;
  tacet_note_key log;
  tacet_tlog_head head;
} statement;

/* ---- which one ---- */

static tacet_err make(statement *s) {
  TACET_BUF(entry, TACET_KEYLOG_ENTRY_MAX);
  s->entry.kind = TACET_KEYLOG_STATEMENT;
  tacet_hex_write(tacet_span_of(s->entry.hash, HASH_LEN), s->hex);
  tacet_keylog_entry_write(&s->entry, &entry);
  TACET_TRY(entry.err);
  memcpy(s->bytes, entry.p, entry.len);
  s->len = entry.len;
  return TACET_OK;
}

static tacet_err hash_file(const char *path, uint8_t out[HASH_LEN]) {
  TACET_BYTES(file);
  TACET_TRY(aud_read_path(path, FILE_MAX, &file));
  return tacet_hash_one(&tacet_hash_sha256, tacet_bytes_span(&file), out);
}

/* An exit code; says what is wrong. */
static int read_what(const program_args *a, statement *out) {
  if (aud_arg(a, AUD_O_HASH) != NULL) {
    if (tacet_hex_read(aud_arg(a, AUD_O_HASH), strlen(aud_arg(a, AUD_O_HASH)),
                       out->entry.hash, HASH_LEN) != TACET_OK) {
      aud_say("\"%.80s\" is not a SHA-256, which is 64 hexadecimal digits as "
              "sha256sum prints them",
              aud_arg(a, AUD_O_HASH));
      return AUD_USAGE;
    }
  } else {
    tacet_err e = hash_file(a->words[0], out->entry.hash);
    if (e == TACET_ERR_LIMIT) {
      aud_say("%s is larger than 256 MiB: give its hash, with --hash and what "
              "sha256sum prints",
              a->words[0]);
      return AUD_USAGE;
    }
    if (e != TACET_OK) {
      aud_say("%s cannot be read: %s", a->words[0], strerror(errno));
      return AUD_FAILED;
    }
  }
  if (make(out) != TACET_OK) {
    aud_say("out of memory");
    return AUD_FAILED;
  }
  return AUD_DONE;
}

/* ---- who signed ---- */

static int judge(const char *where, const aud_trust *trust, tacet_span note,
                 statement *s) {
  tacet_err e = aud_judge(trust, note, &s->log, &s->head);
  if (e == TACET_OK) {
    return AUD_DONE;
  }
  if (e == TACET_ERR_POLICY) {
    aud_say("the checkpoint in %s has fewer witnesses than the policy asks for",
            where);
  } else {
    aud_say("the checkpoint in %s is not signed by that log: %s", where,
            tacet_err_text(e));
  }
  return tacet_err_kind(e) == TACET_KIND_LOCAL ? AUD_FAILED : AUD_WRONG;
}

static int say_it_is_there(const statement *s, uint64_t index,
                           const char *when) {
  printf("%s is entry %" PRIu64 " of %s%s.\n", s->hex, index, s->log.name,
         when);
  return aud_printed() ? AUD_DONE : AUD_FAILED;
}

/* ---- in a proof ---- */

static int by_proof(const char *path, const aud_trust *trust, statement *s) {
  TACET_BYTES(file);
  tacet_inclusion p;
  if (!trust->has_key && trust->policy == NULL) {
    aud_say("say which log it is, with --key VKEY or --policy FILE: a proof "
            "does not say whom to believe");
    return AUD_USAGE;
  }
  if (aud_read_path(path, TACET_INCLUSION_MAX, &file) != TACET_OK) {
    aud_say("%s cannot be read: %s", path, strerror(errno));
    return AUD_FAILED;
  }
  if (tacet_inclusion_parse(tacet_bytes_span(&file), &p) != TACET_OK) {
    aud_say("%s is no proof, which `tacetd statement prove` writes and which "
            "begins with c2sp.org/tlog-proof@v1",
            path);
    return AUD_WRONG;
  }
  int code = judge(path, trust, p.note, s);
  if (code != AUD_DONE) {
    return code;
  }
  tacet_err e =
      tacet_inclusion_verify(&p, tacet_span_of(s->bytes, s->len), &s->head);
  if (e != TACET_OK) {
    aud_say("%s does not show that %s is in the log: %s", path, s->hex,
            tacet_err_text(e));
    return tacet_err_kind(e) == TACET_KIND_LOCAL ? AUD_FAILED : AUD_WRONG;
  }
  return say_it_is_there(s, p.index, "");
}

/* ---- in a copied log ---- */

typedef struct search {
  const statement *s;
  tacet_tlog_frontier tree; /* before what is looked for */
  bool found;
  uint64_t at;
  uint32_t day;
} search;

/* The first entry of that hash, and the EPOCH behind it. */
static tacet_err look(void *user, uint64_t index, tacet_span bytes) {
  search *q = user;
  tacet_keylog_entry e;
  tacet_tlog_hash leaf;
  if (!q->found) {
    q->found = tacet_span_equal(bytes, tacet_span_of(q->s->bytes, q->s->len));
    q->at = index;
    TACET_TRY(tacet_tlog_leaf(bytes, &leaf));
    return tacet_tlog_append(&q->tree, &leaf, NULL);
  }
  if (tacet_keylog_entry_read(bytes, &e) != TACET_OK ||
      e.kind != TACET_KEYLOG_EPOCH) {
    return TACET_OK;
  }
  q->day = e.day;
  return TACET_ERR_EXISTS; /* enough */
}

static tacet_err read_tile(void *ctx, const char *name, size_t max,
                           tacet_bytes *out) {
  return aud_read(ctx, name, max, out);
}

/* The entry under the checkpoint, by the tiles; or that these are the entries
 * that it signs, and none is it. */
static tacet_err find(const char *dir, search *q) {
  const statement *s = q->s;
  aud_tiles tiles = {read_tile, (void *)(uintptr_t)dir, s->head.size};
  const tacet_tlog_source source = aud_tiles_source(&tiles);
  tacet_inclusion p = {.index = 0};
  tacet_err e = aud_tiles_entries(&tiles, 0, look, q);
  TACET_TRY(e == TACET_ERR_EXISTS ? TACET_OK : e);
  if (!q->found) {
    tacet_tlog_hash root;
    TACET_TRY(tacet_tlog_frontier_root(&q->tree, &root));
    return tacet_tlog_equal(&root, &s->head.root) ? TACET_OK : TACET_ERR_FORK;
  }
  p.index = q->at;
  TACET_TRY(tacet_tlog_prove_inclusion(&source, q->at, s->head.size, &p.path));
  return tacet_inclusion_verify(&p, tacet_span_of(s->bytes, s->len), &s->head);
}

static int by_copy(const char *dir, aud_trust *trust, statement *s) {
  TACET_BYTES(note);
  search q = {.s = s};
  char when[48];
  int code = aud_trust_of_folder(dir, trust);
  if (code != AUD_DONE) {
    return code;
  }
  if (aud_read(dir, AUD_CHECKPOINT, TACET_NOTE_MAX, &note) != TACET_OK) {
    aud_say("%s/%s cannot be read: %s; `tacet-audit mirror` makes a copy of a "
            "log",
            dir, AUD_CHECKPOINT, strerror(errno));
    return AUD_FAILED;
  }
  code = judge(dir, trust, tacet_bytes_span(&note), s);
  if (code != AUD_DONE) {
    return code;
  }
  tacet_err e = find(dir, &q);
  if (e != TACET_OK) {
    aud_say("%s is damaged (%s); mirror the log again into an empty folder",
            dir, tacet_err_text(e));
    return AUD_FAILED;
  }
  if (!q.found) {
    aud_say("%s has no statement %s in its %" PRIu64 " entries", s->log.name,
            s->hex, s->head.size);
    return AUD_WRONG;
  }
  char day[32];
  aud_day(q.day, day);
  (void)snprintf(when, sizeof(when), ", of %s", day);
  return say_it_is_there(s, q.at, when);
}

int aud_command_statement(const program_args *a) {
  AUD_TRUST(trust);
  statement s = {.len = 0};
  struct stat st;
  if ((aud_arg(a, AUD_O_HASH) != NULL) + a->n_words != 2) {
    aud_say("usage: tacet-audit statement FILE|--hash HEX PROOF|DIR "
            "[--key VKEY|--policy FILE]");
    return AUD_USAGE;
  }
  const char *where = a->words[a->n_words - 1];
  if (!aud_trust_read(a, &trust)) {
    return AUD_USAGE;
  }
  int code = read_what(a, &s);
  if (code != AUD_DONE) {
    return code;
  }
  return stat(where, &st) == 0 && S_ISDIR(st.st_mode)
             ? by_copy(where, &trust, &s)
             : by_proof(where, &trust, &s);
}
