/* SPDX-License-Identifier: Apache-2.0
 * What reading and making of manifests share: private to src/keytrans. */
#ifndef TACET_KEYTRANS_MANIFEST_FORM_H
#define TACET_KEYTRANS_MANIFEST_FORM_H

#include "tacet/crypto.h"
#include "tacet/keytrans/manifest.h"

#define MANIFEST_VERSION 1
#define SIGNATURE_LEN 64
#define LABEL_MANIFEST "Manifest"
#define LABEL_POSSESSION "ManifestPossession"

/* A manifest with the parts that signatures are about. Spans into the bytes. */
typedef struct manifest_form {
  tacet_manifest m;
  tacet_span body, signature, possession;
} manifest_form;

TACET_MUST_CHECK tacet_err manifest_read(tacet_span bytes, manifest_form *out);
TACET_MUST_CHECK tacet_err manifest_account_id(tacet_span body, uint8_t id[32]);
/* Does this key have to prove its possession? previous NULL: number 0. */
bool manifest_is_new(const tacet_manifest *previous, const tacet_device *d);
/* The rules of the chain that are not signatures. */
bool manifest_follows(const tacet_manifest *previous, const tacet_manifest *m);

#endif
