/* SPDX-License-Identifier: Apache-2.0
 * What a browser may send to the desk's page: forms, cookies, passkeys'
 * assertions, and the line that an officer copies. Nothing of it opens
 * anything. */
#include "desk/web/form.h"
#include "desk/web/passkey.h"

#include <string.h>

static void forms(tacet_span in) {
  uint8_t buffer[256];
  tacet_span v = TACET_SPAN_EMPTY;
  (void)web_parameter(in, "ticket", &v);
  TACET_ASSERT(v.len <= in.len);
  if (web_decoded(in, "client", buffer, sizeof(buffer), &v)) {
    TACET_ASSERT(v.len <= sizeof(buffer));
  }
  TACET_ASSERT(web_page_of(in) < 1000000);
  net_http_head h = {.n_headers = 1};
  h.headers[0] = (net_header){TACET_SPAN_LIT("Cookie"), in};
  TACET_ASSERT(web_cookie_of(&h, "desk").len < in.len + 1);
}

static void assertions(tacet_span in) {
  web_challenges *c = NULL;
  web_passkey p = {.is_ed25519 = true, .key_len = 32};
  size_t half = in.len / 2;
  const web_assertion a = {in, tacet_span_of(in.p, half),
                           tacet_span_of(in.p + half, in.len - half)};
  if (web_challenges_new(&c) == TACET_OK) {
    TACET_ASSERT(web_passkey_verify(c, 0, &p, "http://localhost:1", &a) !=
                 TACET_OK);
    web_challenges_free(c);
  }
}

static void lines(tacet_span in) {
  char text[2048] = "";
  desk_trouble why = {""};
  web_passkey p;
  size_t len = in.len < sizeof(text) ? in.len : sizeof(text) - 1;
  memcpy(text, in.p, len);
  text[len] = '\0';
  if (web_passkey_read(text, &why, &p) == TACET_OK) {
    TACET_ASSERT(p.key_len == (p.is_ed25519 ? 32 : 65));
    TACET_ASSERT(strstr(text, p.credential) != NULL);
  } else {
    TACET_ASSERT(why.text[0] != '\0');
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > 0) {
    tacet_span in = tacet_span_of(data, size);
    forms(in);
    assertions(in);
    lines(in);
  }
  return 0;
}
