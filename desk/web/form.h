/* SPDX-License-Identifier: Apache-2.0
 * desk/web/form.h -- what a request brings: queries, forms, cookies. What they
 * give points into the request. Within the module only.
 */
#ifndef TACET_DESK_WEB_FORM_H
#define TACET_DESK_WEB_FORM_H

#include "net/http.h"

/* The value of a name in a=b&c=d, as it stands there, nothing decoded. */
bool web_parameter(tacet_span list, const char *name, tacet_span *out);
/* A parameter in base64url, as bytes in `buffer`; *out are those. */
bool web_decoded(tacet_span body, const char *name, uint8_t *buffer, size_t cap,
                 tacet_span *out);
/* page=N of a query, below WEB_PAGES_MAX; else 0. */
uint64_t web_page_of(tacet_span query);
/* The cookie of that name, or an empty span. */
tacet_span web_cookie_of(const net_http_head *h, const char *name);

#endif
