/* SPDX-License-Identifier: Apache-2.0
 * tacet/wire/errors.h -- what a server answers when it does not do it:
 * problem+json (RFC 9457) whose "code" is one of these, for ever.
 */
#ifndef TACET_WIRE_ERRORS_H
#define TACET_WIRE_ERRORS_H

#include "tacet/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* X(NAME, "code", HTTP status, "title": one sentence) */
#define TACET_WIRE_ERRORS(X)                                                   \
  X(MALFORMED, "malformed", 400, "The request is not what its call expects.")  \
  X(NOT_FOUND, "not-found", 404, "There is no such call.")                     \
  X(METHOD, "method", 405, "The call exists, but not with this method.")       \
  X(TYPE, "content-type", 415, "The body must be application/tacet.")          \
  X(TOO_LARGE, "too-large", 413, "The request is over the limit of its call.") \
  X(TIMEOUT, "timeout", 408, "The request took too long to arrive.")           \
  X(HEADERS, "headers", 431, "The headers are too large.")                     \
  X(LENGTH, "length", 411, "The request must say how long its body is.")       \
  X(RATE, "rate", 429, "Too many requests; wait as Retry-After says.")         \
  X(BUSY, "busy", 503, "The server is busy; wait as Retry-After says.")        \
  X(STORAGE, "storage", 507, "The server has no room to store this.")          \
  X(INTERNAL, "internal", 500,                                                 \
    "The server failed; the request may be tried "                             \
    "again as it was.")                                                        \
  X(INVITE, "invite", 403, "The invite is unknown, used up or expired.")       \
  X(HANDLE_TAKEN, "handle-taken", 409, "The handle belongs to somebody.")      \
  X(HANDLE_RETIRED, "handle-retired", 410,                                     \
    "The handle belonged to somebody and is nobody's for good.")               \
  X(HANDLE, "handle", 400, "That is no handle of this server.")                \
  X(MANIFEST, "manifest", 422, "The manifest does not follow from the last.")  \
  X(MANIFEST_CONFLICT, "manifest-conflict", 409,                               \
    "Another manifest has that number.")                                       \
  X(UNKNOWN_ACCOUNT, "unknown-account", 404, "There is no such account.")      \
  X(ERASED, "erased", 410, "The account was erased by its owner.")             \
  X(AUTHORIZATION, "authorization", 401,                                       \
    "The device's signature is missing or wrong.")                             \
  X(NONCE, "nonce", 401,                                                       \
    "The nonce is unknown, used or too old; use the one "                      \
    "in Tacet-Nonce.")                                                         \
  X(KEY_PACKAGE, "key-package", 422, "A key package is not acceptable.")       \
  X(NO_KEY_PACKAGE, "no-key-package", 404,                                     \
    "The account has no key packages now.")                                    \
  X(TOKEN_NEEDED, "token-needed", 402, "This costs a token.")                  \
  X(TOKEN, "token", 402, "The token is not valid.")                            \
  X(TOKEN_SPENT, "token-spent", 402, "The token was spent before.")            \
  X(QUOTA, "quota", 429, "No more tokens today.")                              \
  X(ISSUER_KEY, "issuer-key", 409, "The issuer's key has changed.")            \
  X(MAILBOX, "mailbox", 403, "The mailbox or its secret is wrong.")            \
  X(MAILBOX_EXISTS, "mailbox-exists", 409, "A mailbox has that id already.")   \
  X(NO_RECIPIENT, "no-recipient", 403,                                         \
    "A slot needs a recipient whose capability is right, or a token.")         \
  X(SLOT_TAKEN, "slot-taken", 409, "The slot has another body.")               \
  X(SLOT_EXPIRED, "slot-expired", 410,                                         \
    "The slot was taken and its body has "                                     \
    "expired.")                                                                \
  X(BLOB, "blob", 404, "There is no such blob, or no more of it.")             \
  X(BLOB_CONFLICT, "blob-conflict", 409,                                       \
    "That piece does not follow what has come.")                               \
  X(RANGE, "range", 416, "The range lies outside of the blob.")

typedef enum tacet_wire_error {
  TACET_WIRE_OK = 0,
#define X(name, code, status, title) TACET_WIRE_##name,
  TACET_WIRE_ERRORS(X)
#undef X
} tacet_wire_error;

/* "token-spent"; "ok"; for anything else "internal". */
const char *tacet_wire_error_code(tacet_wire_error e);
const char *tacet_wire_error_title(tacet_wire_error e);
int tacet_wire_error_status(tacet_wire_error e);
/* The error with this code; INTERNAL for one that is not known. */
tacet_wire_error tacet_wire_error_find(tacet_span code);

#ifdef __cplusplus
}
#endif
#endif
