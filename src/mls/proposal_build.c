/* SPDX-License-Identifier: Apache-2.0
 * From a caller's proposal to an encoded one. */
#include "mls/commit.h"

#include "mls/key_package.h"
#include "mls/psk.h"

static tacet_err build_psk(const tacet_suite *suite, const tacet_mls_psk_id *id,
                           uint8_t *nonce, tacet_proposal *out) {
  if (id->type != TACET_MLS_PSK_EXTERNAL &&
      id->type != TACET_MLS_PSK_RESUMPTION) {
    return TACET_ERR_ARGUMENT;
  }
  out->psk = tacet_psk_id_wire(id);
  if (id->nonce.len == 0) {
    TACET_TRY(tacet_random(nonce, suite->hash->len));
    out->psk.nonce = tacet_span_of(nonce, suite->hash->len);
  }
  return TACET_OK;
}

static tacet_err build_reinit(const tacet_mls_proposal *p,
                              tacet_proposal *out) {
  if (p->suite == NULL || tacet_extensions_check(p->extensions) != TACET_OK) {
    return TACET_ERR_ARGUMENT;
  }
  out->reinit = (tacet_reinit){.group_id = p->group_id,
                               .version = TACET_PROTOCOL_MLS10,
                               .cipher_suite = p->suite->id,
                               .extensions = p->extensions};
  return TACET_OK;
}

static tacet_err build_other(const tacet_mls_proposal *p, tacet_proposal *out) {
  if (p->type < TACET_PROPOSAL_PRIVATE_USE) {
    return TACET_ERR_ARGUMENT;
  }
  out->other = p->body;
  return TACET_OK;
}

tacet_err tacet_proposal_build(const tacet_suite *suite,
                               const tacet_mls_proposal *p, tacet_buf *w) {
  tacet_proposal made = {.type = p->type};
  uint8_t nonce[TACET_HASH_MAX];
  switch (p->type) {
  case TACET_PROPOSAL_ADD:
    TACET_TRY(tacet_key_package_message(p->key_package, &made.add));
    break;
  case TACET_PROPOSAL_REMOVE:
    made.remove = p->leaf;
    break;
  case TACET_PROPOSAL_PSK:
    TACET_TRY(build_psk(suite, &p->psk, nonce, &made));
    break;
  case TACET_PROPOSAL_REINIT:
    TACET_TRY(build_reinit(p, &made));
    break;
  case TACET_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
    if (tacet_extensions_check(p->extensions) != TACET_OK) {
      return TACET_ERR_ARGUMENT;
    }
    made.group_context_extensions = p->extensions;
    break;
  default:
    TACET_TRY(build_other(p, &made));
  }
  tacet_proposal_write(w, &made);
  return w->err;
}
