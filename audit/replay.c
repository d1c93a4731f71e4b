/* SPDX-License-Identifier: Apache-2.0
 * tacet-audit replay: the tree and every EPOCH's map again, from the entries
 * alone. What is found wrong counts only if the entries are those that the
 * checkpoint signs: so that is looked at last. */
#include "audit/command.h"
#include "audit/folder.h"
#include "audit/replay.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- one entry after the other ---- */

static void find(aud_replay *r, aud_fault fault, uint64_t index) {
  if (r->fault == AUD_FAULT_NONE) {
    r->fault = fault;
    r->at = index;
  }
}

static tacet_err replay_update(aud_replay *r, uint64_t index,
                               const tacet_keylog_entry *e) {
  tacet_map_hash value;
  TACET_TRY(tacet_keylog_value(&e->commitment, index, &value));
  tacet_err err = tacet_map_insert(r->map, &e->vrf_output, &value);
  if (err == TACET_ERR_EXISTS) {
    find(r, AUD_FAULT_TWICE, index);
    r->key =
        r->fault == AUD_FAULT_TWICE && r->at == index ? e->vrf_output : r->key;
    return TACET_OK;
  }
  r->n_updates += err == TACET_OK;
  return err;
}

static tacet_err replay_epoch(aud_replay *r, uint64_t index,
                              const tacet_keylog_entry *e) {
  tacet_map_hash root;
  r->n_epochs++;
  if (e->map_size != r->n_updates) {
    find(r, AUD_FAULT_COUNT, index);
  }
  if (r->fault != AUD_FAULT_NONE) {
    return TACET_OK;
  }
  TACET_TRY(tacet_map_root(r->map, &root));
  if (memcmp(root.b, e->map_root.b, sizeof(root.b)) != 0) {
    find(r, AUD_FAULT_MAP, index);
    return TACET_OK;
  }
  r->good_size = r->n_updates;
  r->good_end = index + 1;
  return TACET_OK;
}

tacet_err aud_replay_entry(void *user, uint64_t index, tacet_span bytes) {
  aud_replay *r = user;
  tacet_tlog_hash leaf;
  tacet_keylog_entry e;
  TACET_TRY(tacet_tlog_leaf(bytes, &leaf));
  TACET_TRY(tacet_tlog_append(&r->tree, &leaf, NULL));
  tacet_err err = tacet_keylog_entry_read(bytes, &e);
  r->ends_in_epoch = err == TACET_OK && e.kind == TACET_KEYLOG_EPOCH;
  if (err != TACET_OK) {
    find(r, AUD_FAULT_FORM, index);
    return TACET_OK;
  }
  switch (e.kind) {
  case TACET_KEYLOG_UPDATE:
    return replay_update(r, index, &e);
  case TACET_KEYLOG_EPOCH:
    return replay_epoch(r, index, &e);
  case TACET_KEYLOG_STATEMENT:
    break;
  }
  return TACET_OK;
}

tacet_err aud_replay_start(aud_replay *r) {
  *r = (aud_replay){.fault = AUD_FAULT_NONE};
  return tacet_map_new(&r->map);
}

void aud_replay_end(aud_replay *r) {
  tacet_map_free(r->map);
  r->map = NULL;
}

/* ---- the command ---- */

static int say_fault(const char *dir, aud_replay *r, tacet_span note,
                     const tacet_note_key *log) {
  if (aud_replay_accuse(dir, r, note, log) == TACET_OK) {
    return AUD_WRONG;
  }
  static const char *const what[] = {
      [AUD_FAULT_NONE] = "a checkpoint whose last entry is no EPOCH",
      [AUD_FAULT_FORM] = "an entry that is none",
      [AUD_FAULT_TWICE] = "an UPDATE whose key came before",
      [AUD_FAULT_COUNT] = "an EPOCH that counts other keys than were logged",
      [AUD_FAULT_MAP] = "an EPOCH whose map is not that of the UPDATEs before"};
  aud_say("%s has signed what no honest log does: entry %" PRIu64
          " is %s. This "
          "folder is the evidence: whoever has it and the log's key can replay "
          "it",
          log->name, r->fault == AUD_FAULT_NONE ? r->tree.size - 1 : r->at,
          what[r->fault]);
  return AUD_WRONG;
}

static bool read_head(const char *dir, const aud_trust *trust,
                      tacet_bytes *note, tacet_note_key *log,
                      tacet_tlog_head *head) {
  tacet_err e = aud_read(dir, AUD_CHECKPOINT, TACET_NOTE_MAX, note);
  if (e != TACET_OK) {
    aud_say("%s/%s cannot be read: %s", dir, AUD_CHECKPOINT, strerror(errno));
    return false;
  }
  e = aud_judge(trust, tacet_bytes_span(note), log, head);
  if (e == TACET_ERR_POLICY) {
    aud_say("%s/%s has fewer witnesses than the policy asks for", dir,
            AUD_CHECKPOINT);
  } else if (e != TACET_OK) {
    aud_say("%s/%s is not signed by that log: %s", dir, AUD_CHECKPOINT,
            tacet_err_text(e));
  }
  return e == TACET_OK;
}

static int judge(const char *dir, aud_replay *r, const tacet_tlog_head *head,
                 tacet_span note, const tacet_note_key *log) {
  tacet_tlog_hash root;
  if (tacet_tlog_frontier_root(&r->tree, &root) != TACET_OK ||
      !tacet_tlog_equal(&root, &head->root)) {
    aud_say("the entries in %s are not those of its checkpoint: the copy is "
            "damaged; mirror the log again into an empty folder",
            dir);
    return AUD_FAILED;
  }
  if (r->fault != AUD_FAULT_NONE || (head->size > 0 && !r->ends_in_epoch)) {
    return say_fault(dir, r, note, log);
  }
  printf("%s: %" PRIu64 " entries, %" PRIu64 " updates, %" PRIu64
         " epochs: every map and the checkpoint are what they should be.\n",
         log->name, head->size, r->n_updates, r->n_epochs);
  return aud_printed() ? AUD_DONE : AUD_FAILED;
}

int aud_command_replay(const program_args *a) {
  AUD_TRUST(trust);
  TACET_BYTES(note);
  tacet_note_key log;
  tacet_tlog_head head;
  aud_replay r;
  const char *dir = a->words[0];
  if (!aud_trust_read(a, &trust)) {
    return AUD_USAGE;
  }
  int code = aud_trust_of_folder(dir, &trust);
  if (code != AUD_DONE) {
    return code;
  }
  if (!read_head(dir, &trust, &note, &log, &head)) {
    return AUD_FAILED;
  }
  aud_tiles tiles = {aud_read_tile, (void *)(uintptr_t)dir, head.size};
  tacet_err e = aud_replay_start(&r);
  if (e == TACET_OK) {
    e = aud_tiles_entries(&tiles, 0, aud_replay_entry, &r);
  }
  code = AUD_FAILED;
  if (e == TACET_OK) {
    code = judge(dir, &r, &head, tacet_bytes_span(&note), &log);
  } else {
    aud_say("%s could not be replayed at entry %" PRIu64 ": %s", dir,
            r.tree.size, tacet_err_text(e));
  }
  aud_replay_end(&r);
  return code;
}
