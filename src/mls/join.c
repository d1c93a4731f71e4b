/* SPDX-License-Identifier: Apache-2.0 */
#include "mls/join.h"

#include "mls/transcript.h"

tacet_err tacet_group_confirm(tacet_mls_group *g, tacet_span confirmation_tag) {
  const tacet_hash *h = g->suite->hash;
  tacet_span confirmed = g->context.view.confirmed_transcript_hash;
  uint8_t tag[TACET_HASH_MAX];
  TACET_TRY(
      tacet_confirmation_tag(h, &g->secrets.confirmation, confirmed, tag));
  if (!tacet_equal_ct(tacet_span_of(tag, h->len), confirmation_tag)) {
    return TACET_ERR_CONFIRMATION;
  }
  TACET_TRY(
      tacet_transcript_interim(h, confirmed, confirmation_tag, g->interim));
  TACET_TRY(tacet_secret_tree_init(&g->ratchets, g->suite,
                                   tacet_tree_n_leaves(g->tree),
                                   &g->secrets.encryption));
  tacet_secret_wipe(&g->secrets.encryption);
  return TACET_OK;
}
