/* SPDX-License-Identifier: Apache-2.0
 * Bodies of events that say what is published, and the reports in them in each
 * format: taken or refused, whole. */
#include "desk/report/published.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  json_t *body = json_loadb((const char *)data, size, 0, NULL);
  desk_published p = {0};
  desk_report nothing = {0};
  desk_leak why;
  if (desk_published_add(&p, 1, body) == TACET_OK) {
    (void)(desk_published_check(&p, &nothing, &why) == TACET_OK);
  }
  desk_published_free(&p);
  for (unsigned f = 0; f < DESK_FORMATS; f++) {
    char *text = NULL;
    size_t len = 0;
    if (desk_report_render(json_object_get(body, "report"), (desk_format)f,
                           NULL, &text, &len) == TACET_OK) {
      free(text);
    }
  }
  json_decref(body);
  return 0;
}
