/* SPDX-License-Identifier: Apache-2.0
 * Two signatures over one plan. */
#include "desk/plan/consent.h"
#include "tacet/codec.h"
#include "tacet/crypto.h"

#include <string.h>

#define LABEL "DeskPlan"
#define CONTENT_MAX 1024

static void write_content(tacet_buf *w, const char *case_id,
                          const uint8_t plan[DESK_HASH]) {
  tacet_write_vec(w, tacet_span_str(case_id));
  tacet_write_bytes(w, tacet_span_of(plan, DESK_HASH));
}

tacet_err desk_consent_sign(tacet_span private_key, const char *case_id,
                            const uint8_t plan[DESK_HASH],
                            uint8_t signature[DESK_CONSENT_SIGNATURE]) {
  TACET_BUF(w, CONTENT_MAX);
  tacet_span content;
  uint8_t out[TACET_SIG_MAX];
  size_t len = 0;
  write_content(&w, case_id, plan);
  TACET_TRY(tacet_buf_done(&w, &content));
  TACET_TRY(tacet_sign_with_label(&tacet_sig_ed25519, private_key,
                                  TACET_LABEL_TACET, LABEL, content, out,
                                  &len));
  if (len != DESK_CONSENT_SIGNATURE) {
    return TACET_ERR_PROVIDER;
  }
  memcpy(signature, out, DESK_CONSENT_SIGNATURE);
  return TACET_OK;
}

tacet_err desk_consent_verify(const desk_consent *c, const char *case_id,
                              const uint8_t plan[DESK_HASH]) {
  TACET_BUF(w, CONTENT_MAX);
  tacet_span content;
  write_content(&w, case_id, plan);
  TACET_TRY(tacet_buf_done(&w, &content));
  return tacet_verify_with_label(
      &tacet_sig_ed25519, tacet_span_of(c->key, sizeof(c->key)),
      TACET_LABEL_TACET, LABEL, content,
      tacet_span_of(c->signature, sizeof(c->signature)));
}

static bool is_another(const desk_consent *list, size_t i) {
  for (size_t k = 0; k < i; k++) {
    if (strcmp(list[k].officer, list[i].officer) == 0 ||
        memcmp(list[k].key, list[i].key, DESK_CONSENT_KEY) == 0) {
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
