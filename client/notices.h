/* SPDX-License-Identifier: Apache-2.0
 * client/notices.h -- the account that the trust of the invite names for
 * notices: from it the server's operator tells people what the law makes him do
 * (tacet/keytrans/trust.h).
 *
 * What it writes one to one is shown without having been asked for, and is
 * marked. That is all: until it is answered its conversation is a request in
 * everything that can be seen from outside (nothing is sent from it, no file is
 * fetched), it can be refused and blocked, its keys are checked as anybody's,
 * and an invitation of its to a group is a stranger's.
 */
#ifndef TACET_CLIENT_NOTICES_H
#define TACET_CLIENT_NOTICES_H

#include "client/core.h"

/* False: the trust names none, or there is none. */
TACET_MUST_CHECK tacet_err client_notices_account(client *c, bool *named,
                                                  uint8_t out[CLIENT_ID_LEN]);
/* Is this the conversation with it? Not where its keys do not check out, or its
 * handle has passed to another account: then it is a stranger's, and says what
 * it is. */
TACET_MUST_CHECK tacet_err client_is_notices(client *c, const client_talk *t,
                                             bool *yes);
/* Has somebody to be asked about it? A request that is not the above. */
TACET_MUST_CHECK tacet_err client_is_request(client *c, const client_talk *t,
                                             bool *yes);

#endif
