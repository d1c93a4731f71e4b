/* SPDX-License-Identifier: Apache-2.0 */
#include "mls/key_schedule.h"

#include "tacet/codec.h"

void tacet_epoch_wipe(tacet_epoch *e) {
  tacet_wipe(e, sizeof(*e));
}

void tacet_epoch_zero(const tacet_hash *h, tacet_secret *out) {
  tacet_wipe(out, sizeof(*out));
  out->len = h->len;
}

/* RFC 9420 8: Extract takes its salt from the top of the figure and its input
 * from the left. */
tacet_err tacet_epoch_joiner(const tacet_hash *h, const tacet_secret *init,
                             const tacet_secret *commit, tacet_span context,
                             tacet_secret *joiner) {
  TACET_SECRET(intermediate);
  TACET_TRY(tacet_hkdf_extract(h, tacet_secret_span(init),
                               tacet_secret_span(commit), &intermediate));
  return tacet_expand_with_label(h, &intermediate, "joiner", context, h->len,
                                 joiner);
}

static tacet_err member_secret(const tacet_hash *h, const tacet_secret *joiner,
                               const tacet_secret *psk, tacet_secret *out) {
  return tacet_hkdf_extract(h, tacet_secret_span(joiner),
                            tacet_secret_span(psk), out);
}

tacet_err tacet_epoch_welcome(const tacet_hash *h, const tacet_secret *joiner,
                              const tacet_secret *psk, tacet_secret *welcome) {
  TACET_SECRET(member);
  TACET_TRY(member_secret(h, joiner, psk, &member));
  return tacet_derive_secret(h, &member, "welcome", welcome);
}

tacet_err tacet_epoch_derive(const tacet_hash *h, const tacet_secret *joiner,
                             const tacet_secret *psk, tacet_span context,
                             tacet_epoch *out) {
  TACET_EPOCH(e);
  TACET_SECRET(member);
  TACET_SECRET(epoch);
  TACET_TRY(member_secret(h, joiner, psk, &member));
  TACET_TRY(
      tacet_expand_with_label(h, &member, "epoch", context, h->len, &epoch));
  const struct {
    const char *label; /* RFC 9420 8, table 4 */
    tacet_secret *secret;
  } list[] = {
      {"sender data", &e.sender_data},
      {"encryption", &e.encryption},
      {"exporter", &e.exporter},
      {"external", &e.external},
      {"confirm", &e.confirmation},
      {"membership", &e.membership},
      {"resumption", &e.resumption},
      {"authentication", &e.authenticator},
      {"init", &e.init},
  };
  for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
    TACET_TRY(tacet_derive_secret(h, &epoch, list[i].label, list[i].secret));
  }
  memcpy(out, &e, sizeof(e));
  return TACET_OK;
}

tacet_err tacet_epoch_export(const tacet_hash *h, const tacet_secret *exporter,
                             const char *label, tacet_span context, size_t len,
                             tacet_secret *out) {
  if (len > TACET_SECRET_MAX) {
    return TACET_ERR_ARGUMENT;
  }
  uint8_t context_hash[TACET_HASH_MAX];
  TACET_TRY(tacet_hash_one(h, context, context_hash));
  TACET_SECRET(derived);
  TACET_TRY(tacet_derive_secret(h, exporter, label, &derived));
  return tacet_expand_with_label(h, &derived, "exported",
                                 tacet_span_of(context_hash, h->len), len, out);
}

/* ---- external init ---- */

#define EXTERNAL_INIT_LABEL TACET_SPAN_LIT("MLS 1.0 external init secret")

tacet_err tacet_external_init_make(const tacet_suite *s,
                                   tacet_span external_pub, uint8_t *kem_output,
                                   tacet_secret *init) {
  TACET_HPKE(context);
  TACET_TRY(tacet_hpke_setup_sender(tacet_suite_hpke(s), external_pub,
                                    TACET_SPAN_EMPTY, TACET_SPAN_EMPTY,
                                    TACET_SPAN_EMPTY, kem_output, &context));
  return tacet_hpke_export(&context, EXTERNAL_INIT_LABEL, s->hash->len, init);
}

tacet_err tacet_external_init_find(const tacet_suite *s,
                                   const tacet_secret *external_secret,
                                   tacet_span kem_output, tacet_secret *init) {
  TACET_SECRET(private_key);
  uint8_t public_key[TACET_KEM_PUBLIC_MAX];
  TACET_TRY(s->kem->derive_key_pair(tacet_secret_span(external_secret),
                                    &private_key, public_key));
  TACET_HPKE(context);
  TACET_TRY(tacet_hpke_setup_receiver(
      tacet_suite_hpke(s), kem_output, tacet_secret_span(&private_key),
      TACET_SPAN_EMPTY, TACET_SPAN_EMPTY, TACET_SPAN_EMPTY, &context));
  return tacet_hpke_export(&context, EXTERNAL_INIT_LABEL, s->hash->len, init);
}

tacet_err tacet_external_pub(const tacet_suite *s,
                             const tacet_secret *external_secret,
                             uint8_t *out) {
  TACET_SECRET(private_key);
  return s->kem->derive_key_pair(tacet_secret_span(external_secret),
                                 &private_key, out);
}
