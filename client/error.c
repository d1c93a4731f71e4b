/* SPDX-License-Identifier: Apache-2.0
 * Failures in words. */
#include "client/error.h"

#include <stdarg.h>
#include <stdio.h>

static tacet_err err_of(client_kind kind) {
  switch (kind) {
  case CLIENT_OK:
    return TACET_OK;
  case CLIENT_FAILED:
    return TACET_ERR_STATE;
  case CLIENT_USAGE:
    return TACET_ERR_ARGUMENT;
  case CLIENT_UNREACHABLE:
    return TACET_ERR_CLOSED;
  case CLIENT_REFUSED:
    return TACET_ERR_POLICY;
  case CLIENT_KEYS:
    return TACET_ERR_CREDENTIAL;
  }
  return TACET_ERR_STATE;
}

tacet_err client_fail(client_error *detail, client_kind kind, const char *code,
                      const char *format, ...) {
  if (detail->kind == CLIENT_OK) {
    detail->kind = kind;
    (void)snprintf(detail->code, sizeof(detail->code), "%s", code);
    va_list ap;
    va_start(ap, format);
    (void)vsnprintf(detail->text, sizeof(detail->text), format, ap);
    va_end(ap);
  }
  return err_of(kind);
}

/* What nobody explained. Causes of one kind share a next step. */
static void explain(tacet_err e, client_error *out) {
  switch (e) {
  case TACET_ERR_NOMEM:
    (void)client_fail(out, CLIENT_FAILED, "no-memory",
                      "This machine has no memory left; close something and "
                      "try again.");
    return;
  case TACET_ERR_FULL:
    (void)client_fail(out, CLIENT_FAILED, "disk-full",
                      "The disk is full; nothing was lost: make room and try "
                      "again.");
    return;
  case TACET_ERR_CLOSED:
    (void)client_fail(out, CLIENT_UNREACHABLE, "unreachable",
                      "The server cannot be reached; try again later.");
    return;
  case TACET_ERR_BUSY:
    (void)client_fail(out, CLIENT_FAILED, "busy",
                      "Another program holds this home's store; try again when "
                      "it has finished.");
    return;
  case TACET_ERR_VERSION:
    (void)client_fail(out, CLIENT_FAILED, "newer-version",
                      "Something here was written by a newer version of this "
                      "program; update it.");
    return;
  default:
    break;
  }
  client_kind kind =
      tacet_err_kind(e) == TACET_KIND_PEER ? CLIENT_KEYS : CLIENT_FAILED;
  (void)client_fail(out, kind, "internal",
                    "This failed (%s: %s); if it happens again, report it with "
                    "this sentence.",
                    tacet_err_name(e), tacet_err_text(e));
}

client_kind client_report(client_error *detail, tacet_err e,
                          client_error *out) {
  client_error_clear(out);
  if (e != TACET_OK && detail->kind != CLIENT_OK) {
    *out = *detail;
  } else if (e != TACET_OK) {
    explain(e, out);
  }
  client_error_clear(detail);
  return out->kind;
}

bool client_is_outage(const client_error *detail) {
  static const char *const codes[] = {"stale-log", "few-witnesses",
                                      "not-published"};
  for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
    if (detail->kind == CLIENT_UNREACHABLE &&
        strcmp(detail->code, codes[i]) == 0) {
      return true;
    }
  }
  return false;
}

bool client_is_unreachable(const client_error *detail, tacet_err e) {
  return e == TACET_ERR_CLOSED &&
         (detail->kind == CLIENT_OK || detail->kind == CLIENT_UNREACHABLE);
}
