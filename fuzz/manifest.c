/* SPDX-License-Identifier: Apache-2.0
 * Device manifests: form, and the rules of number 0. Nothing that is not signed
 * passes, so there is no second outcome than a refusal or the very bytes. */
#include "tacet/keytrans/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  tacet_manifest m, next;
  tacet_span in = {data, size};
  if (tacet_manifest_parse(in, &m) == TACET_OK) {
    (void)!tacet_manifest_first(in, &next);
    (void)!tacet_manifest_next(&m, in, &next);
  }
  return 0;
}
