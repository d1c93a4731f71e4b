/* SPDX-License-Identifier: Apache-2.0
 * client/error.h -- from a failure deep inside to the sentence that people
 * read.
 *
 * Inside the client everything returns tacet_err. Whoever knows what a failure
 * means to a person says so once with client_fail(), which fills a client_error
 * and gives the tacet_err to return; what nobody explained is explained at the
 * top, by its tacet_err alone. Who recovers from a failure calls
 * client_error_clear().
 */
#ifndef TACET_CLIENT_ERROR_H
#define TACET_CLIENT_ERROR_H

#include "client/client.h"

/* The first one to explain wins, until it is cleared. Gives a tacet_err of the
 * same meaning as kind: FAILED STATE, USAGE ARGUMENT, UNREACHABLE CLOSED,
 * REFUSED POLICY, KEYS CREDENTIAL. */
tacet_err client_fail(client_error *detail, client_kind kind, const char *code,
                      const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static inline void client_error_clear(client_error *detail) {
  detail->kind = CLIENT_OK;
}
/* At the top: e with what was explained, or a sentence made from e. Clears the
 * detail. */
client_kind client_report(client_error *detail, tacet_err e, client_error *out);
/* Is e, with its detail, one that trying later may cure? */
bool client_is_unreachable(const client_error *detail, tacet_err e);
/* Of those, one of the key log alone: the server answers, but what it answers
 * cannot be checked just now. Other work goes on. */
bool client_is_outage(const client_error *detail);

#endif
