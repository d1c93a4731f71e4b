/* SPDX-License-Identifier: Apache-2.0
 * desk/web/pages.h -- the pages of the desk, as an officer reads them. They are
 * HTML alone: nothing is fetched from elsewhere, a keyboard is enough, and they
 * can be read aloud. Passkeys take a script, and nothing else does.
 *
 * Each function writes one whole page. Reading a case is an event of the log,
 * appended before anything of it is written. Cases of national security are not
 * there for officers who are not cleared: a page says NOT_FOUND as if they were
 * none.
 */
#ifndef TACET_DESK_WEB_PAGES_H
#define TACET_DESK_WEB_PAGES_H

#include "desk/store/store.h"

#include <stdio.h>

#define WEB_PAGE_ROWS 100
#define WEB_PAGES_MAX 1000000 /* `page` is below */

/* The form for a ticket, and the button for a passkey, which shows itself where
 * scripts run; `sentence` (or NULL) says why the last one failed. */
void web_page_sign_in(FILE *out, const char *sentence, const char *challenge);
/* An officer's passkeys, and the button that makes one. */
TACET_MUST_CHECK tacet_err web_page_passkeys(FILE *out, desk_store *s,
                                             const desk_officer *who,
                                             desk_trouble *why);
/* A page that says one sentence under a heading. */
void web_page_say(FILE *out, const desk_officer *who, const char *heading,
                  const char *sentence);
/* Cases that wait, those due first, or all of them; `page` from 0. */
TACET_MUST_CHECK tacet_err web_page_cases(FILE *out, desk_store *s,
                                          const desk_officer *who, bool all,
                                          uint64_t page, desk_trouble *why);
/* One case with its demand, what was done and what can be done. */
TACET_MUST_CHECK tacet_err web_page_case(FILE *out, desk_store *s,
                                         const desk_officer *who,
                                         const char *id, desk_trouble *why);
/* Events of the log, the first first. */
TACET_MUST_CHECK tacet_err web_page_log(FILE *out, desk_store *s,
                                        const desk_officer *who, uint64_t page,
                                        desk_trouble *why);
TACET_MUST_CHECK tacet_err web_page_officers(FILE *out, desk_store *s,
                                             const desk_officer *who,
                                             desk_trouble *why);
/* What was published, newest last. */
TACET_MUST_CHECK tacet_err web_page_reports(FILE *out, desk_store *s,
                                            const desk_officer *who,
                                            desk_trouble *why);

extern const char web_style[];  /* the sheet that they share */
extern const char web_script[]; /* what passkeys take */

#endif
