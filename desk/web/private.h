/* SPDX-License-Identifier: Apache-2.0
 * desk/web/private.h -- what the pages share. */
#ifndef TACET_DESK_WEB_PRIVATE_H
#define TACET_DESK_WEB_PRIVATE_H

#include "desk/store/store.h"

/* May this officer see a case with that row? */
bool web_may_see(const desk_officer *who, const json_t *row);

#endif
