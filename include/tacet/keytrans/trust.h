/* SPDX-License-Identifier: Apache-2.0
 * tacet/keytrans/trust.h -- what a client has to know to judge a key log: it
 * comes with the invite, never from the server whose log it is.
 *
 *   struct {
 *     uint8  version;         2 if it names an account for notices, else 1
 *     opaque vrf_key[32];     of the log's labels (keylog.h)
 *     uint32 max_age;         seconds; how long ago the quorum may have vouched
 *     opaque policy<V>;       text of policy.h: the log's key, its witnesses
 *     select (version) {
 *       case 2: opaque notices[32];   account id, not all zero
 *     };
 *   } Trust;
 *
 * `notices` is the account from which the server's operator tells people what
 * the law makes him do (docs/protocol/keylog.md, "Notices").
 */
#ifndef TACET_KEYTRANS_TRUST_H
#define TACET_KEYTRANS_TRUST_H

#include "tacet/base.h"
#include "tacet/codec.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TACET_TRUST_VRF_KEY_LEN 32
#define TACET_TRUST_ACCOUNT_LEN 32
#define TACET_TRUST_MAX                                                        \
  1024 /* bytes: it has to fit into a link and a QR code */
/* How old a quorum's word may be where the operator says nothing: servers ask
 * their witnesses again every hour, so a day is a long outage. */
#define TACET_TRUST_MAX_AGE 86400

typedef struct tacet_trust {
  uint8_t vrf_key[TACET_TRUST_VRF_KEY_LEN];
  uint32_t max_age;
  tacet_span policy; /* borrowed; to be read with tacet_policy_read() */
  bool has_notices;
  uint8_t notices[TACET_TRUST_ACCOUNT_LEN];
} tacet_trust;

/* The buffer gets ARGUMENT for an account that is all zero. */
void tacet_trust_write(tacet_buf *w, const tacet_trust *t);
/* VERSION for one that a newer program made; LIMIT above TACET_TRUST_MAX; any
 * INPUT error. The policy's text is not read here. */
TACET_MUST_CHECK tacet_err tacet_trust_parse(tacet_span in, tacet_trust *out);

#ifdef __cplusplus
}
#endif
#endif
