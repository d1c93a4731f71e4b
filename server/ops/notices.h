/* SPDX-License-Identifier: Apache-2.0
 * server/ops/notices.h -- the account from which the operator tells people what
 * the law makes him do, and which invites name: a file of the data folder with
 * its id in hexadecimal. An id and no handle, since a handle can pass to
 * another account.
 */
#ifndef TACETD_OPS_NOTICES_H
#define TACETD_OPS_NOTICES_H

#include "server/ops/folder.h"

#define TACETD_ACCOUNT_LEN 32

/* NOT_FOUND where none is named; ENCODING where the file is damaged, IO: *why
 * says so. */
TACET_MUST_CHECK tacet_err tacetd_notices_read(const char *folder,
                                               uint8_t id[TACETD_ACCOUNT_LEN],
                                               tacetd_trouble *why);
/* The file's text for an id, a line. */
#define TACETD_NOTICES_TEXT (2 * TACETD_ACCOUNT_LEN + 2) /* with its NUL */
void tacetd_notices_text(const uint8_t id[TACETD_ACCOUNT_LEN],
                         char out[TACETD_NOTICES_TEXT]);

#endif
