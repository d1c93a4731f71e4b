/* SPDX-License-Identifier: Apache-2.0
 * desk/pdf/pdf.h -- a letter of lines as a PDF (docs/adr/0090-libharu.md).
 *
 * Pages of A4 in one typeface of fixed width, with their numbers. The text can
 * be searched. The same text, title and font give the same bytes: neither date
 * nor random id is in it.
 */
#ifndef TACET_DESK_PDF_H
#define TACET_DESK_PDF_H

#include "desk/model.h"

/* UTF-8, lines that end in \n; those with more columns than a page has are cut
 * off at its edge, so wrap them before (79 fit). title: ASCII. fonts: paths of
 * TrueType files of fixed width, the first that is there is taken, NULL at the
 * end; they are read only if the text has letters beyond Latin-1. STATE and a
 * sentence if none of them is there; NOMEM. Free *out with
 * tacet_bytes_free(). */
TACET_MUST_CHECK tacet_err desk_pdf_write(const char *text, const char *title,
                                          const char *const *fonts,
                                          desk_trouble *why, tacet_bytes *out);

/* Where Debian and others have DejaVu Sans Mono. */
extern const char *const desk_pdf_fonts[];

#endif
