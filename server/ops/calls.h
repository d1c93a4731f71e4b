/* SPDX-License-Identifier: Apache-2.0
 * server/ops/calls.h -- the calls of the interface: one list for the router,
 * the limits of bodies, the metrics and the tests.
 */
#ifndef TACETD_OPS_CALLS_H
#define TACETD_OPS_CALLS_H

#include "server/limits.h"
#include "tacet/base.h"

/* A body's limit is what its struct can hold with its own limits, rounded up.
 * Tokens are under 128 bytes, a device signature with its nonce under 256. */
#define TACETD_BODY_SMALL TACETD_KIB(4)
#define TACETD_BODY_MANIFEST (TACETD_MANIFEST_MAX + TACETD_KIB(4))
#define TACETD_BODY_KEY_PACKAGES                                               \
  (TACETD_KEY_PACKAGES_PER_PUT_MAX * (TACETD_KEY_PACKAGE_MAX + 64) +           \
   TACETD_KIB(4))
#define TACETD_BODY_TOKENS (TACETD_TOKEN_BATCH_MAX * 40 + TACETD_KIB(4))
#define TACETD_BODY_MAILBOXES (TACETD_MAILBOX_BATCH_MAX * 256 + TACETD_KIB(4))
#define TACETD_BODY_SEND                                                       \
  (TACETD_SEND_RECIPIENTS_MAX * 64 + TACETD_ITEM_MAX + TACETD_SLOT_BODY_MAX +  \
   TACETD_KIB(4))
#define TACETD_BODY_PIECE (TACETD_BLOB_PIECE_MAX + TACETD_KIB(4))

/* X(NAME, "name", method, path, limit of the body). The order of rows with one
 * path is that of the Allow header. A path that ends with a slash stands for
 * all that begin with it. */
#define TACETD_CALLS(X)                                                        \
  X(NONCE, "nonce", POST, "/v1/nonce", 0)                                      \
  X(REGISTER, "register", POST, "/v1/accounts", TACETD_BODY_MANIFEST)          \
  X(ERASE, "erase", DELETE, "/v1/accounts", TACETD_BODY_MANIFEST)              \
  X(MANIFEST, "manifest", PUT, "/v1/manifests", TACETD_BODY_MANIFEST)          \
  X(LOOKUP, "lookup", POST, "/v1/lookup", TACETD_BODY_SMALL)                   \
  X(PUBLISH, "publish", PUT, "/v1/keypackages", TACETD_BODY_KEY_PACKAGES)      \
  X(CLAIM, "claim", POST, "/v1/keypackages/claim", TACETD_BODY_SMALL)          \
  X(ISSUERS, "issuers", GET, "/v1/tokens", 0)                                  \
  X(TOKENS, "tokens", POST, "/v1/tokens", TACETD_BODY_TOKENS)                  \
  X(MAILBOXES, "mailboxes", POST, "/v1/mailboxes", TACETD_BODY_MAILBOXES)      \
  X(MAILBOX_CHANGE, "mailbox-change", PATCH, "/v1/mailboxes",                  \
    TACETD_BODY_SMALL)                                                         \
  X(MAILBOX_DELETE, "mailbox-delete", DELETE, "/v1/mailboxes",                 \
    TACETD_BODY_SMALL)                                                         \
  X(SEND, "send", POST, "/v1/send", TACETD_BODY_SEND)                          \
  X(RECEIVE, "receive", GET, "/v1/receive", 0)                                 \
  X(SLOTS, "slots", POST, "/v1/slots", TACETD_BODY_SMALL)                      \
  X(BLOB_PUT, "blob-put", PUT, "/v1/blobs", TACETD_BODY_PIECE)                 \
  X(BLOB_GET, "blob-get", GET, "/v1/blobs", 0)                                 \
  X(LOG, "log", POST, "/v1/log", TACETD_BODY_SMALL)                            \
  X(ISSUER_PROOF, "issuer-proof", POST, "/v1/tokens/proof", TACETD_BODY_SMALL) \
  X(LOG_FILE, "log-file", GET, "/log/", 0)                                     \
  X(WELL_KNOWN, "well-known", GET, "/.well-known/tacet", 0)                    \
  X(HEALTH, "health", GET, "/v1/health", 0)                                    \
  X(METRICS, "metrics", GET, "/metrics", 0)                                    \
  X(HOLDINGS, "what-we-hold", GET, "/what-we-hold", 0)                         \
  X(HOLDINGS_TEXT, "what-we-hold-text", GET, "/what-we-hold.txt", 0)           \
  X(INVITE_PAGE, "invite-page", GET, "/i", 0)

typedef enum tacetd_call {
#define X(name, text, method, path, body) TACETD_CALL_##name,
  TACETD_CALLS(X)
#undef X
      TACETD_CALL_NONE, /* no such path, or a method that the path does not have
                         */
  TACETD_CALL_N
} tacetd_call;

const char *tacetd_call_name(tacetd_call call); /* "send"; "none" */

#endif
