/* SPDX-License-Identifier: Apache-2.0
 * The key log's files: its keys, and the policy that readers judge it by. */
#include "server/directory/log_private.h"
#include "server/directory/private.h"

#include "tacet/crypto.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define ORIGIN_SUFFIX "/log"

/* ---- secrets ---- */

static tacet_err read_secret(const char *folder, const char *name,
                             tacet_secret *out, sto_trouble *why) {
  char path[DIR_PATH_MAX];
  uint8_t bytes[32];
  TACET_TRY(dir_file_path(folder, name, path, why));
  TACET_TRY(sto_secret_read(path, bytes, sizeof(bytes), why));
  tacet_err err = tacet_secret_set(out, tacet_span_of(bytes, sizeof(bytes)));
  tacet_wipe(bytes, sizeof(bytes));
  return err;
}

/* One that is there already stays. */
static tacet_err write_file(const char *folder, const char *name,
                            tacet_span bytes, sto_trouble *why) {
  char path[DIR_PATH_MAX];
  TACET_TRY(dir_file_path(folder, name, path, why));
  tacet_err err = sto_secret_write(path, bytes, why);
  return err == TACET_ERR_EXISTS ? TACET_OK : err;
}

static tacet_err note_key(const tacet_secret *key, const char *domain,
                          tacet_note_key *out) {
  char origin[TACET_NOTE_NAME_MAX + 1];
  uint8_t public_key[32];
  int n = snprintf(origin, sizeof(origin), "%s" ORIGIN_SUFFIX, domain);
  if (n < 0 || n >= (int)sizeof(origin)) {
    return TACET_ERR_LIMIT;
  }
  TACET_TRY(tacet_sig_ed25519.public_key(tacet_secret_span(key), public_key));
  return tacet_note_key_make(tacet_span_str(origin), TACET_NOTE_ED25519,
                             public_key, out);
}

tacet_err dir_log_name(const char *folder, const char *domain,
                       tacet_note_key *out, sto_trouble *why) {
  TACET_SECRET(key);
  TACET_TRY(read_secret(folder, DIR_LOG_KEY, &key, why));
  tacet_err err = note_key(&key, domain, out);
  if (err != TACET_OK) {
    sto_trouble_set(why, "the key log cannot be named after %s: %s", domain,
                    tacet_err_text(err));
  }
  return err;
}

/* Is there a file of this name? */
static bool is_there(const char *folder, const char *name) {
  char path[DIR_PATH_MAX];
  sto_trouble why;
  return dir_file_path(folder, name, path, &why) == TACET_OK &&
         access(path, F_OK) == 0;
}

static tacet_err read_next(const char *folder, const char *domain,
                           tacet_secret *key, tacet_note_key *name, bool *there,
                           sto_trouble *why) {
  if (!is_there(folder, DIR_LOG_NEXT_KEY)) {
    *there = false;
    return TACET_OK;
  }
  TACET_TRY(read_secret(folder, DIR_LOG_NEXT_KEY, key, why));
  tacet_err err = note_key(key, domain, name);
  if (err != TACET_OK) {
    sto_trouble_set(why, "%s/%s is no key: %s", folder, DIR_LOG_NEXT_KEY,
                    tacet_err_text(err));
    return err;
  }
  *there = true;
  return TACET_OK;
}

tacet_err dir_log_next_name(const char *folder, const char *domain,
                            tacet_note_key *out, bool *there,
                            sto_trouble *why) {
  TACET_SECRET(key);
  return read_next(folder, domain, &key, out, there, why);
}

tacet_err dir_log_handover(const char *folder, const char *domain,
                           tacet_handover *out, sto_trouble *why) {
  TACET_SECRET(key);
  TACET_SECRET(next_key);
  tacet_note_key name, next;
  bool there = false;
  TACET_TRY(read_secret(folder, DIR_LOG_KEY, &key, why));
  TACET_TRY(dir_log_name(folder, domain, &name, why));
  TACET_TRY(read_next(folder, domain, &next_key, &next, &there, why));
  if (!there) {
    sto_trouble_set(why, "%s has no key that is to follow", folder);
    return TACET_ERR_NOT_FOUND;
  }
  tacet_err err = tacet_handover_sign(&name, &key, &next, &next_key, out);
  if (err != TACET_OK) {
    sto_trouble_set(why, "the hand-over cannot be signed: %s",
                    tacet_err_text(err));
  }
  return err;
}

tacet_err dir_log_vrf_key(const char *folder, tacet_vrf_key *out,
                          sto_trouble *why) {
  TACET_SECRET(key);
  TACET_TRY(read_secret(folder, DIR_LOG_VRF_KEY, &key, why));
  tacet_err err = tacet_vrf_key_load(tacet_secret_span(&key), out);
  if (err != TACET_OK) {
    sto_trouble_set(why, "%s/%s is no key; restore it from a copy", folder,
                    DIR_LOG_VRF_KEY);
  }
  return err;
}

/* ---- making them ---- */

static tacet_err make_keys(const char *folder, sto_trouble *why) {
  TACET_SECRET(key);
  TACET_VRF_KEY(vrf);
  uint8_t public_key[32];
  tacet_err err = tacet_sig_ed25519.generate(&key, public_key);
  if (err == TACET_OK) {
    err = tacet_vrf_key_generate(&vrf);
  }
  if (err != TACET_OK) {
    sto_trouble_set(why, "%s", tacet_err_text(err));
    return err;
  }
  TACET_TRY(write_file(folder, DIR_LOG_KEY, tacet_secret_span(&key), why));
  return write_file(folder, DIR_LOG_VRF_KEY,
                    tacet_secret_span(&vrf.private_key), why);
}

tacet_err dir_log_create(const char *folder, const char *domain,
                         sto_trouble *why) {
  tacet_note_key name;
  TACET_BUF(text, TACET_POLICY_TEXT_MAX);
  TACET_TRY(make_keys(folder, why));
  TACET_TRY(dir_log_name(folder, domain, &name, why));
  tacet_write_bytes(&text, TACET_SPAN_LIT("log "));
  tacet_note_key_write(&name, &text);
  tacet_write_bytes(&text, TACET_SPAN_LIT("\nquorum none\n"));
  TACET_TRY(text.err);
  return write_file(folder, DIR_LOG_POLICY, tacet_buf_span(&text), why);
}

/* ---- the policy ---- */

static tacet_err read_all(FILE *f, tacet_buf *text) {
  char piece[1024];
  size_t n;
  while ((n = fread(piece, 1, sizeof(piece), f)) > 0) {
    tacet_write_bytes(text, tacet_span_of(piece, n));
  }
  return ferror(f) != 0 ? TACET_ERR_IO : text->err;
}

tacet_err dir_log_policy_read(const char *folder, tacet_bytes *out,
                              sto_trouble *why) {
  char path[DIR_PATH_MAX];
  TACET_BUF(text, TACET_POLICY_TEXT_MAX);
  TACET_TRY(dir_file_path(folder, DIR_LOG_POLICY, path, why));
  FILE *f = fopen(path, "rbe");
  if (f == NULL) {
    sto_trouble_set(why, "%s cannot be opened: %s", path, strerror(errno));
    return errno == ENOENT ? TACET_ERR_NOT_FOUND : TACET_ERR_IO;
  }
  tacet_err err = read_all(f, &text);
  (void)fclose(f);
  if (err == TACET_OK) {
    err = tacet_buf_take(&text, out);
  }
  if (err != TACET_OK) {
    sto_trouble_set(why, "%s cannot be read: %s", path, tacet_err_text(err));
  }
  return err;
}

/* ---- opening ---- */

tacet_err dir_log_sign(const dir_log *log, const tacet_tlog_head *head,
                       tacet_buf *note) {
  TACET_BUF(line, TACET_NOTE_MAX);
  tacet_checkpoint c = {.origin = tacet_span_str(log->name.name),
                        .size = head->size,
                        .root = head->root};
  tacet_checkpoint_write(&c, note);
  TACET_TRY(note->err);
  TACET_TRY(
      tacet_note_sign(tacet_buf_span(note), &log->name, &log->key, 0, &line));
  if (log->rotating) {
    TACET_TRY(tacet_note_sign(tacet_buf_span(note), &log->next_name,
                              &log->next_key, 0, &line));
  }
  tacet_write_bytes(note, TACET_SPAN_LIT("\n"));
  tacet_write_bytes(note, tacet_buf_span(&line));
  return note->err;
}

static tacet_err read_policy(dir_log *log, const char *folder,
                             sto_trouble *why) {
  TACET_BYTES(text);
  size_t line = 0;
  TACET_TRY(dir_log_policy_read(folder, &text, why));
  tacet_err err =
      tacet_policy_read(tacet_bytes_span(&text), &log->policy, &line);
  if (err != TACET_OK) {
    sto_trouble_set(why, "%s/%s: line %zu cannot be understood", folder,
                    DIR_LOG_POLICY, line);
  }
  return err;
}

/* A checkpoint of ours must be one by the policy, but for the witnesses. */
static tacet_err check_policy(const dir_log *log, const char *folder,
                              sto_trouble *why) {
  static const tacet_tlog_head some = {.size = 1};
  tacet_policy_verdict verdict;
  TACET_BUF(note, TACET_NOTE_MAX);
  TACET_TRY(dir_log_sign(log, &some, &note));
  tacet_err err =
      tacet_policy_judge(log->policy, tacet_buf_span(&note), 0, &verdict);
  if (err == TACET_OK || err == TACET_ERR_POLICY) {
    return TACET_OK;
  }
  sto_trouble_set(why,
                  "%s/%s does not name the log %s with the key in %s; clients "
                  "would not believe it",
                  folder, DIR_LOG_POLICY, log->name.name, DIR_LOG_KEY);
  return TACET_ERR_STATE;
}

/* Readers prove all the time: whoever publishes comes before new ones. */
static void make_lock(pthread_rwlock_t *lock) {
  pthread_rwlockattr_t a;
  (void)pthread_rwlockattr_init(&a);
  (void)pthread_rwlockattr_setkind_np(
      &a, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
  (void)pthread_rwlock_init(lock, &a);
  (void)pthread_rwlockattr_destroy(&a);
}

tacet_err dir_log_open(dir_log *log, const char *folder, const char *domain,
                       sto_trouble *why) {
  make_lock(&log->lock);
  TACET_TRY(read_secret(folder, DIR_LOG_KEY, &log->key, why));
  TACET_TRY(dir_log_name(folder, domain, &log->name, why));
  TACET_TRY(read_next(folder, domain, &log->next_key, &log->next_name,
                      &log->rotating, why));
  TACET_TRY(dir_log_vrf_key(folder, &log->vrf, why));
  TACET_TRY(read_policy(log, folder, why));
  TACET_TRY(check_policy(log, folder, why));
  TACET_TRY(tacet_map_new(&log->map));
  return tacet_map_new(&log->shown);
}

void dir_log_close(dir_log *log) {
  tacet_policy_free(log->policy);
  tacet_map_free(log->map);
  tacet_map_free(log->shown);
  dir_tree_free(&log->tree);
  tacet_bytes_free(&log->published.note);
  tacet_bytes_free(&log->published.proof);
  tacet_secret_wipe(&log->key);
  tacet_secret_wipe(&log->next_key);
  tacet_vrf_key_wipe(&log->vrf);
  (void)pthread_rwlock_destroy(&log->lock);
}
