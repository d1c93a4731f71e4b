/* SPDX-License-Identifier: Apache-2.0
 * client/mem.h -- putting things into a client_mem: blocks that are freed, and
 * wiped, all at once.
 */
#ifndef TACET_CLIENT_MEM_H
#define TACET_CLIENT_MEM_H

#include "client/client.h"
#include "tacet/codec.h"

/* Zeroed, aligned for anything; NULL when out of memory. */
void *client_mem_alloc(client_mem *m, size_t size);
void *client_mem_array(client_mem *m, size_t n, size_t size);
/* Copies; a NUL is put behind, so that text can be used as a string. */
TACET_MUST_CHECK tacet_err client_mem_copy(client_mem *m, tacet_span in,
                                           tacet_span *out);
TACET_MUST_CHECK tacet_err client_mem_text(client_mem *m, tacet_span in,
                                           const char **out);
/* Lower-case hexadecimal. */
TACET_MUST_CHECK tacet_err client_mem_hex(client_mem *m, tacet_span in,
                                          const char **out);
TACET_MUST_CHECK tacet_err client_mem_printf(client_mem *m, const char **out,
                                             const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Everything written to w, which is emptied. */

TACET_MUST_CHECK tacet_err client_mem_take(client_mem *m, tacet_buf *w,
                                           tacet_span *out);
/* Everything in *from belongs to *m now. */
void client_mem_join(client_mem *m, client_mem *from);

#endif
