/* SPDX-License-Identifier: Apache-2.0
 * Two signatures over one plan. */
#include "desk/plan/consent.h"

#include <string.h>

void desk_consent_content(const char *case_id, const uint8_t plan[DESK_HASH],
                          tacet_buf *out) {
  tacet_write_vec(out, tacet_span_str(case_id));
  tacet_write_bytes(out, tacet_span_of(plan, DESK_HASH));
}

tacet_err desk_consent_verify(const desk_consent *c, const char *case_id,
                              const uint8_t plan[DESK_HASH]) {
  TACET_BUF(w, DESK_CONSENT_CONTENT_MAX);
  tacet_span content;
  desk_consent_content(case_id, plan, &w);
  TACET_TRY(tacet_buf_done(&w, &content));
  return desk_signature_verify(&c->key, DESK_CONSENT_LABEL, content,
                               desk_signature_span(&c->signature));
}

static bool is_another(const desk_consent *list, size_t i) {
  for (size_t k = 0; k < i; k++) {
    if (strcmp(list[k].officer, list[i].officer) == 0 ||
        desk_public_equal(&list[k].key, &list[i].key)) {
      return false;
    }
  }
  return true;
}

tacet_err desk_consents_check(const desk_consent *list, size_t n,
                              const char *filer, const char *case_id,
                              const uint8_t plan[DESK_HASH],
                              desk_trouble *why) {
  size_t good = 0;
  for (size_t i = 0; i < n; i++) {
    if (desk_consent_verify(&list[i], case_id, plan) != TACET_OK) {
      desk_trouble_set(why,
                       "signature number %zu under the plan does not "
                       "verify; nothing is carried out",
                       i + 1);
      return TACET_ERR_AUTH;
    }
    if (filer != NULL && strcmp(filer, list[i].officer) == 0) {
      desk_trouble_set(why, "who filed a case may not sign its plan");
      return TACET_ERR_POLICY;
    }
    good += is_another(list, i) ? 1 : 0;
  }
  if (good < 2) {
    desk_trouble_set(why,
                     "a plan runs with the signatures of two officers, neither "
                     "of whom filed the case; this one has %zu",
                     good);
    return TACET_ERR_POLICY;
  }
  return TACET_OK;
}
