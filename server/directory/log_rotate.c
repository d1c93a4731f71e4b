/* SPDX-License-Identifier: Apache-2.0
 * The files of another key for the key log: made beside the first, and later
 * put in its place. */
#include "server/directory/log_private.h"
#include "server/directory/private.h"

#include "tacet/crypto.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

tacet_err dir_log_rotate(const char *folder, const char *domain,
                         tacet_note_key *next, sto_trouble *why) {
  TACET_SECRET(key);
  uint8_t public_key[32];
  char path[DIR_PATH_MAX];
  tacet_note_key name;
  bool there = false;
  TACET_TRY(dir_log_next_name(folder, domain, next, &there, why));
  if (there) {
    return TACET_OK;
  }
  TACET_TRY(dir_file_path(folder, DIR_LOG_NEXT_KEY, path, why));
  tacet_err err = tacet_sig_ed25519.generate(&key, public_key);
  if (err != TACET_OK) {
    sto_trouble_set(why, "%s", tacet_err_text(err));
    return err;
  }
  TACET_TRY(sto_secret_write(path, tacet_secret_span(&key), why));
  TACET_TRY(dir_log_next_name(folder, domain, &name, &there, why));
  *next = name;
  return TACET_OK;
}

tacet_err dir_log_retire(const char *folder, sto_trouble *why) {
  char from[DIR_PATH_MAX], to[DIR_PATH_MAX];
  TACET_TRY(dir_file_path(folder, DIR_LOG_NEXT_KEY, from, why));
  TACET_TRY(dir_file_path(folder, DIR_LOG_KEY, to, why));
  if (rename(from, to) != 0) {
    int e = errno;
    sto_trouble_set(why, "cannot put %s into the place of %s: %s", from, to,
                    strerror(e));
    return e == ENOENT ? TACET_ERR_NOT_FOUND : TACET_ERR_IO;
  }
  return TACET_OK;
}
