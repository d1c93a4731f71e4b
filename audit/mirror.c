/* SPDX-License-Identifier: Apache-2.0
 * tacet-audit mirror: a copy of a log that is only ever added to. What does
 * not continue it is not taken, and what can be shown of that is written down.
 */
#include "audit/command.h"
#include "audit/copy.h"
#include "audit/fetch.h"
#include "audit/folder.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef struct mirror {
  const char *dir;
  aud_fetch *fetch;
  tacet_note_key log;
  tacet_bytes old_note, new_note; /* old: empty if nothing was copied yet */
  tacet_tlog_head old, new;
  aud_copy copy;
} mirror;

/* ---- where tiles come from ---- */

static tacet_err read_copy(void *ctx, const char *name, size_t max,
                           tacet_bytes *out) {
  const mirror *m = ctx;
  return aud_read(m->dir, name, max, out);
}

static tacet_err read_log(void *ctx, const char *name, size_t max,
                          tacet_bytes *out) {
  return aud_fetch_file(((mirror *)ctx)->fetch, name, max, out);
}

/* Whole bundles that an earlier run left are not asked for again: the
 * checkpoint will tell whether they are right. */
static tacet_err read_bundle(void *ctx, const char *name, size_t max,
                             tacet_bytes *out) {
  mirror *m = ctx;
  if (strstr(name, ".p/") == NULL &&
      aud_read(m->dir, name, max, out) == TACET_OK) {
    return TACET_OK;
  }
  TACET_TRY(aud_fetch_file(m->fetch, name, max, out));
  return aud_write(m->dir, name, tacet_bytes_span(out));
}

/* ---- two checkpoints that do not go together ---- */

/* Shows that the first `size` entries under a checkpoint have another root. */
static tacet_err show_prefix(aud_tiles *t, uint64_t size,
                             tacet_evidence_shown *s) {
  const tacet_tlog_source source = aud_tiles_source(t);
  s->prefix.size = size;
  TACET_TRY(tacet_tlog_root(&source, size, &s->prefix.root));
  return tacet_tlog_prove_consistency(&source, size, t->size, &s->prefix_path);
}

static tacet_err accuse(mirror *m) {
  aud_tiles ours = {read_copy, m, m->old.size},
            theirs = {read_log, m, m->new.size};
  tacet_evidence e = {.kind = TACET_EVIDENCE_SPLIT_VIEW, .log = m->log};
  e.first.note = tacet_bytes_span(&m->old_note);
  e.second.note = tacet_bytes_span(&m->new_note);
  if (m->new.size > m->old.size && m->old.size > 0) {
    TACET_TRY(show_prefix(&theirs, m->old.size, &e.second));
  } else if (m->new.size < m->old.size && m->new.size > 0) {
    TACET_TRY(show_prefix(&ours, m->new.size, &e.first));
  }
  return aud_accuse(m->dir, &e);
}

/* The new checkpoint is signed, and its entries are not those that it signs. */
static int contradiction(mirror *m) {
  if (m->old_note.len > 0 && accuse(m) == TACET_OK) {
    return AUD_WRONG;
  }
  aud_say("%s serves entries or tiles that are not those of its checkpoint of "
          "%" PRIu64 " entries; nothing of it is kept. That proves nothing to "
          "others: try again later",
          m->log.name, m->new.size);
  return AUD_FAILED;
}

/* ---- copying ---- */

static tacet_err take_entry(void *user, uint64_t index, tacet_span entry) {
  mirror *m = user;
  tacet_tlog_hash leaf;
  if (index >= m->old.size) {
    return aud_copy_append(&m->copy, entry);
  }
  /* The last bundle begins with entries that were copied before. */
  TACET_TRY(tacet_tlog_leaf(entry, &leaf));
  return tacet_tlog_equal(&leaf, &m->copy.tile[0][index % AUD_TILE])
             ? TACET_OK
             : TACET_ERR_FORK;
}

/* FORK or ENCODING: what the log serves is not what it signed. */
static tacet_err take_entries(mirror *m) {
  aud_tiles log = {read_bundle, m, m->new.size};
  tacet_tlog_hash root;
  uint64_t from = m->old.size - m->old.size % AUD_TILE;
  TACET_TRY(aud_copy_open(m->dir, &m->old, &m->copy));
  TACET_TRY(aud_tiles_entries(&log, from, take_entry, m));
  TACET_TRY(tacet_tlog_frontier_root(&m->copy.tree, &root));
  if (!tacet_tlog_equal(&root, &m->new.root)) {
    return TACET_ERR_FORK;
  }
  return aud_copy_finish(&m->copy);
}

static int keep(mirror *m) {
  TACET_BUF(vkey, 512);
  tacet_note_key_write(&m->log, &vkey);
  tacet_write_u8(&vkey, '\n');
  /* The tiles first: a checkpoint that is there has all of its entries. */
  if (aud_write(m->dir, AUD_KEY, tacet_buf_span(&vkey)) != TACET_OK ||
      aud_settle(m->dir) != TACET_OK ||
      aud_write(m->dir, AUD_CHECKPOINT, tacet_bytes_span(&m->new_note)) !=
          TACET_OK ||
      aud_settle(m->dir) != TACET_OK) {
    aud_say("%s cannot be written: %s", m->dir, strerror(errno));
    return AUD_FAILED;
  }
  if (m->old.size != m->new.size) {
    aud_copy_trim(m->dir, m->new.size, m->old.size);
  }
  printf("%s: %" PRIu64 " entries, %" PRIu64 " of them new.\n", m->log.name,
         m->new.size, m->new.size - m->old.size);
  return aud_printed() ? AUD_DONE : AUD_FAILED;
}

static int grow(mirror *m) {
  /* Bundles of a run that broke off may be of another history: once more, all
   * anew, before anything is said about the log. */
  tacet_err e = take_entries(m);
  if (e == TACET_ERR_FORK || e == TACET_ERR_ENCODING) {
    aud_copy_trim(m->dir, m->old.size, m->new.size);
    e = take_entries(m);
  }
  if (e == TACET_ERR_FORK || e == TACET_ERR_ENCODING ||
      e == TACET_ERR_NOT_FOUND) {
    aud_copy_trim(m->dir, m->old.size, m->new.size);
    return contradiction(m);
  }
  if (e != TACET_OK) {
    aud_say(
        "the log is not copied: %s. What is there stays; run it again to go "
        "on",
        tacet_err_text(e));
    return AUD_FAILED;
  }
  return keep(m);
}

/* The log shows less than was copied: does it at least fit? */
static int shrink(mirror *m) {
  aud_tiles ours = {read_copy, m, m->old.size};
  const tacet_tlog_source source = aud_tiles_source(&ours);
  tacet_tlog_hash root;
  if (tacet_tlog_root(&source, m->new.size, &root) != TACET_OK) {
    aud_say("%s is damaged; mirror the log again into an empty folder", m->dir);
    return AUD_FAILED;
  }
  if (!tacet_tlog_equal(&root, &m->new.root)) {
    return contradiction(m);
  }
  aud_say("%s shows a checkpoint of %" PRIu64
          " entries where it showed %" PRIu64
          " before: an old copy, or a server that went back. Nothing is taken "
          "from it; if it goes on from there, that will be evidence",
          m->log.name, m->new.size, m->old.size);
  return AUD_FAILED;
}

static int compare(mirror *m) {
  aud_copy *c = &m->copy;
  if (m->old_note.len > 0 && aud_copy_open(m->dir, &m->old, c) != TACET_OK) {
    aud_say("%s is damaged; mirror the log again into an empty folder", m->dir);
    return AUD_FAILED;
  }
  if (m->new.size < m->old.size) {
    return shrink(m);
  }
  if (m->new.size == m->old.size && m->old_note.len > 0) {
    return tacet_tlog_equal(&m->old.root, &m->new.root) ? keep(m)
                                                        : contradiction(m);
  }
  return grow(m);
}

/* ---- the command ---- */

static bool judged(tacet_err e, const char *whose) {
  if (e == TACET_ERR_POLICY) {
    aud_say("%s has fewer witnesses than the policy asks for: nothing is taken",
            whose);
  } else if (e != TACET_OK) {
    aud_say("%s is not signed by that log: %s", whose, tacet_err_text(e));
  }
  return e == TACET_OK;
}

static bool read_heads(mirror *m, const aud_trust *trust) {
  tacet_note_key before;
  tacet_err e = aud_read(m->dir, AUD_CHECKPOINT, TACET_NOTE_MAX, &m->old_note);
  if (e != TACET_OK && e != TACET_ERR_NOT_FOUND) {
    aud_say("%s/%s cannot be read: %s", m->dir, AUD_CHECKPOINT,
            strerror(errno));
    return false;
  }
  e = aud_fetch_file(m->fetch, "checkpoint", TACET_NOTE_MAX, &m->new_note);
  if (e == TACET_ERR_NOT_FOUND) {
    aud_say("there is no log at this address");
  }
  if (e != TACET_OK) {
    return false;
  }
  return judged(
             aud_judge(trust, tacet_bytes_span(&m->new_note), &m->log, &m->new),
             "the log's checkpoint") &&
         (m->old_note.len == 0 ||
          judged(aud_judge(trust, tacet_bytes_span(&m->old_note), &before,
                           &m->old),
                 "the copied checkpoint"));
}

int aud_command_mirror(const program_args *a) {
  AUD_TRUST(trust);
  aud_fetch fetch = {.client = NULL};
  static mirror m; /* tiles: too large for a stack */
  m = (mirror){.dir = a->words[1], .fetch = &fetch};
  if (!aud_trust_read(a, &trust)) {
    return AUD_USAGE;
  }
  int code = aud_trust_of_folder(m.dir, &trust);
  if (code != AUD_DONE) {
    return code;
  }
  if (!aud_fetch_start(a->words[0], aud_arg(a, AUD_O_PIN), &fetch)) {
    return AUD_USAGE;
  }
  code = AUD_FAILED;
  if (aud_make(m.dir) != TACET_OK) {
    aud_say("cannot make the folder %s: %s", m.dir, strerror(errno));
  } else if (read_heads(&m, &trust)) {
    code = compare(&m);
  }
  tacet_bytes_free(&m.old_note);
  tacet_bytes_free(&m.new_note);
  aud_fetch_end(&fetch);
  return code;
}
