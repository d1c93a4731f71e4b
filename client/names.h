/* SPDX-License-Identifier: Apache-2.0
 * client/names.h -- what people type and read: handles, ids, safety codes, the
 * names of files.
 */
#ifndef TACET_CLIENT_NAMES_H
#define TACET_CLIENT_NAMES_H

#include "client/mem.h"

#define CLIENT_ID_LEN 32 /* accounts, conversations, messages */
#define CLIENT_DEVICE_ID_LEN 16
#define CLIENT_HANDLE_LOCAL_MAX 32

/* `name` or `name@domain`, folded to lower case, as name@domain. ENCODING: not
 * 1-32 of a-z 0-9 . _ -, or with punctuation at an end. */
TACET_MUST_CHECK tacet_err client_handle_read(const char *text,
                                              const char *own_domain,
                                              client_mem *mem,
                                              const char **out);
/* The part before the @, as the server's calls want it. */
TACET_MUST_CHECK tacet_err client_handle_local(const char *handle,
                                               client_mem *mem,
                                               const char **out);
/* Is it in the domain? */
bool client_handle_in(const char *handle, const char *domain);

/* A text for one line: no control characters either, and not empty. */
bool client_is_name(tacet_span text, size_t max);

/* 60 digits in groups of five, and what a QR code holds, over two account ids
 * in either order. */
TACET_MUST_CHECK tacet_err client_code_of(tacet_span a, tacet_span b,
                                          client_code *out);
/* Do the digits, or the QR text, say the same? */
bool client_code_matches(const client_code *code, const char *text);

/* The id of the conversation of two accounts, in either order. */
TACET_MUST_CHECK tacet_err client_pair_id(tacet_span a, tacet_span b,
                                          uint8_t out[CLIENT_ID_LEN]);

/* A name that is safe to make a file of: no slashes, controls or leading dots;
 * "file" if nothing is left. */
TACET_MUST_CHECK tacet_err client_file_name(tacet_span name, client_mem *mem,
                                            const char **out);

#endif
