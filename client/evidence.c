/* SPDX-License-Identifier: Apache-2.0
 * Evidence, as files. */
#include "client/evidence.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/spool.h"
#include "client/trust.h"
#include "tacet/keytrans/evidence.h"
#include "tacet/keytrans/handover.h"

/* ---- taking a head apart ---- */

tacet_err client_evidence_note(tacet_span head, tacet_span *note) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(head, &err);
  tacet_span n = tacet_read_vec_max(&r, TACET_NOTE_MAX);
  if (err == TACET_OK) {
    *note = n;
  }
  return err;
}

tacet_err client_evidence_size(tacet_span head, uint64_t *size) {
  tacet_span bytes;
  tacet_note note;
  tacet_checkpoint c;
  TACET_TRY(client_evidence_note(head, &bytes));
  TACET_TRY(tacet_note_parse(bytes, &note));
  TACET_TRY(tacet_checkpoint_parse(note.text, &c));
  *size = c.size;
  return TACET_OK;
}

/* ---- what contradicts itself ---- */

/* The log's key under which the head was seen, or else the policy's first. */
static tacet_err key_of(const client_keylog *k, tacet_note_key *out) {
  tacet_span note;
  tacet_policy_verdict v = {.log = NULL};
  if (k->r.head.len > 0) {
    TACET_TRY(client_evidence_note(k->r.head, &note));
    tacet_err e = tacet_policy_judge(k->policy, note, UINT64_MAX, &v);
    if (v.log != NULL) {
      *out = *v.log;
      return TACET_OK;
    }
    TACET_TRY(e == TACET_ERR_NOMEM ? e : TACET_OK);
  }
  return tacet_note_key_read(client_trust_log_key(k->trust.policy), out);
}

/* Two heads that no log could both have had, where they are that. */
static tacet_err split_view(const client_keylog *k, const client_finding *f,
                            tacet_evidence *e, tacet_buf *out) {
  e->kind = TACET_EVIDENCE_SPLIT_VIEW;
  if (f->note.len > 0) {
    e->first.note = f->note;
  } else {
    TACET_TRY(tacet_evidence_from_head(k->r.head, k->r.head_from, &e->first));
  }
  TACET_TRY(tacet_evidence_from_head(f->head, f->from, &e->second));
  return tacet_evidence_write(e, NULL, out);
}

/* What the answer shows by itself: a list of devices that the log has and that
 * nobody signed. */
static tacet_err answer(const client_keylog *k, const client_finding *f,
                        const tacet_note_key *log, tacet_buf *out) {
  tacet_keylog_label label;
  TACET_TRY(tacet_keylog_label_handle(tacet_span_str(f->handle), &label));
  const tacet_evidence_answer a = {
      .head_proof = f->head,
      .label_proof = f->label,
      .vrf_public_key =
          tacet_span_of(k->trust.vrf_key, sizeof(k->trust.vrf_key)),
      .label = &label,
      .manifest = f->value,
      .previous = f->previous};
  return tacet_evidence_of_answer(&a, log, out);
}

/* ---- words, where nobody signed what is wrong ---- */

static void line(tacet_buf *w, const char *name, const char *text) {
  tacet_write_bytes(w, tacet_span_str(name));
  tacet_write_bytes(w, tacet_span_str(": "));
  tacet_write_bytes(w, tacet_span_str(text));
  tacet_write_bytes(w, tacet_span_str("\n"));
}

static tacet_err hash_line(tacet_buf *w, const char *name, tacet_span bytes) {
  CLIENT_MEM(mem);
  uint8_t hash[TACET_HASH_MAX];
  const char *hex;
  if (bytes.len == 0) {
    return TACET_OK;
  }
  TACET_TRY(tacet_hash_one(&tacet_hash_sha256, bytes, hash));
  TACET_TRY(client_mem_hex(&mem, tacet_span_of(hash, 32), &hex));
  line(w, name, hex);
  return w->err;
}

static tacet_err report(const client_keylog *k, const client_finding *f,
                        tacet_evidence *e, tacet_buf *out) {
  CLIENT_MEM(mem);
  const char *seen, *root;
  TACET_BUF(w, TACET_EVIDENCE_TEXT_MAX);
  line(&w, "finding", f->code);
  line(&w, "what", f->what);
  if (f->handle != NULL) {
    line(&w, "handle", f->handle);
  }
  TACET_TRY(
      client_mem_hex(&mem, tacet_span_of(k->r.root, sizeof(k->r.root)), &root));
  TACET_TRY(client_mem_printf(&mem, &seen, "size %llu, root %s",
                              (unsigned long long)k->r.size, root));
  line(&w, "seen before", seen);
  TACET_TRY(hash_line(&w, "SHA-256 of the head proof", f->head));
  TACET_TRY(hash_line(&w, "SHA-256 of the label proof", f->label));
  TACET_TRY(hash_line(&w, "SHA-256 of the manifest", f->value));
  TACET_TRY(w.err);
  *e = (tacet_evidence){.kind = TACET_EVIDENCE_REPORT, .log = e->log};
  e->text = tacet_buf_span(&w);
  return tacet_evidence_write(e, NULL, out);
}

/* Whatever it proves against this key of the log. */
static bool prove(const client_keylog *k, const client_finding *f,
                  const tacet_note_key *log, tacet_buf *w) {
  tacet_evidence e = {.log = *log};
  bool two = (k->r.head.len > 0 || f->note.len > 0) && f->head.len > 0;
  if (two && split_view(k, f, &e, w) == TACET_OK) {
    return true;
  }
  return f->handle != NULL && f->label.len > 0 &&
         answer(k, f, log, w) == TACET_OK;
}

/* Of two heads each may have been signed by another key of the log. */
static bool prove_by_two(const client_keylog *k, const client_finding *f,
                         tacet_buf *w) {
  tacet_evidence e = {.kind = TACET_EVIDENCE_SPLIT_VIEW};
  if (tacet_handover_read(k->trust.policy, &e.handover) != TACET_OK) {
    return false;
  }
  e.log = e.handover.from;
  return split_view(k, f, &e, w) == TACET_OK;
}

static tacet_err compose(const client_keylog *k, const client_finding *f,
                         tacet_buf *w, bool *stands) {
  tacet_span text = k->trust.policy, vkey;
  tacet_evidence e = {.kind = TACET_EVIDENCE_REPORT};
  *stands = false;
  while (!*stands && client_trust_next_log(&text, &vkey)) {
    TACET_TRY(tacet_note_key_read(vkey, &e.log));
    *stands = prove(k, f, &e.log, w);
  }
  *stands = *stands || prove_by_two(k, f, w);
  if (*stands) {
    return TACET_OK;
  }
  TACET_TRY(key_of(k, &e.log));
  return report(k, f, &e, w);
}

/* ---- the file ---- */

static tacet_err path_of(client *c, const client_finding *f, tacet_span text,
                         client_mem *mem, const char **out) {
  uint8_t hash[TACET_HASH_MAX];
  const char *folder, *hex;
  TACET_TRY(tacet_hash_one(&tacet_hash_sha256, text, hash));
  TACET_TRY(client_mem_hex(mem, tacet_span_of(hash, 6), &hex));
  TACET_TRY(client_mem_printf(mem, &folder, "%s/evidence",
                              client_store_home(c->store)));
  if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
    return client_os_failed(c, "make the folder", folder);
  }
  return client_mem_printf(mem, out, "%s/%s-%s.txt", folder, f->code, hex);
}

/* Whole or not at all: evidence that a crash cut short would be none. */
static tacet_err write_file(client *c, const char *path, tacet_span text) {
  CLIENT_MEM(mem);
  const char *half;
  TACET_TRY(client_mem_printf(&mem, &half, "%s.new", path));
  {
    CLIENT_FD(fd);
    fd = open(half, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
      return client_os_failed(c, "write", half);
    }
    TACET_TRY(client_write_all(c, fd, half, text));
    if (fsync(fd) != 0) {
      return client_os_failed(c, "write", half);
    }
  }
  return rename(half, path) == 0 ? TACET_OK
                                 : client_os_failed(c, "write", path);
}

tacet_err client_evidence_keep(client *c, const client_keylog *k,
                               const client_finding *f, client_mem *mem,
                               const char **path, bool *stands) {
  TACET_BUF(w, TACET_EVIDENCE_MAX);
  const char *out = NULL;
  *stands = false;
  tacet_err e = compose(k, f, &w, stands);
  e = e != TACET_OK ? e : path_of(c, f, tacet_buf_span(&w), mem, &out);
  if (e == TACET_OK) {
    e = write_file(c, out, tacet_buf_span(&w));
  }
  *path = e == TACET_OK ? out : NULL;
  if (e == TACET_ERR_NOMEM) {
    return e;
  }
  client_error_clear(&c->detail); /* the finding matters more than its file */
  return TACET_OK;
}
