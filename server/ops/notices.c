/* SPDX-License-Identifier: Apache-2.0
 * The file that names the account for notices. */
#include "server/ops/notices.h"

#include "tacet/codec.h"

#include <string.h>

/* What writes it writes one line; an editor may have left out its end. */
static tacet_err parse(const char *text, size_t len,
                       uint8_t id[TACETD_ACCOUNT_LEN]) {
  static const uint8_t zero[TACETD_ACCOUNT_LEN];
  uint8_t work[TACETD_ACCOUNT_LEN];
  len -= len > 0 && text[len - 1] == '\n' ? 1 : 0;
  TACET_TRY(tacet_hex_read(text, len, work, sizeof(work)));
  if (memcmp(work, zero, sizeof(zero)) == 0) {
    return TACET_ERR_ENCODING;
  }
  memcpy(id, work, sizeof(work));
  return TACET_OK;
}

tacet_err tacetd_notices_read(const char *folder,
                              uint8_t id[TACETD_ACCOUNT_LEN],
                              tacetd_trouble *why) {
  char path[TACETD_PATH_MAX], text[TACETD_NOTICES_TEXT];
  size_t len = 0;
  TACET_TRY(tacetd_folder_path(folder, TACETD_NOTICES_NAME, path));
  tacet_err e = tacetd_file_read(path, (uint8_t *)text, sizeof(text) - 1, &len);
  if (e == TACET_ERR_NOT_FOUND) {
    return e;
  }
  if (e == TACET_OK || e == TACET_ERR_LIMIT) {
    e = e == TACET_OK && parse(text, len, id) == TACET_OK ? TACET_OK
                                                          : TACET_ERR_ENCODING;
  }
  if (e != TACET_OK) {
    tacetd_trouble_set(why,
                       "%.300s %s; `tacetd notices set HANDLE` writes it "
                       "anew",
                       path,
                       e == TACET_ERR_ENCODING
                           ? "is not the id of an account (64 hex digits)"
                           : "cannot be read");
  }
  return e;
}

void tacetd_notices_text(const uint8_t id[TACETD_ACCOUNT_LEN],
                         char out[TACETD_NOTICES_TEXT]) {
  tacet_hex_write(tacet_span_of(id, TACETD_ACCOUNT_LEN), out);
  memcpy(out + (size_t)2 * TACETD_ACCOUNT_LEN, "\n", 2);
}
