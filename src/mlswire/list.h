/* SPDX-License-Identifier: Apache-2.0
 * How this module walks and checks lists of elements.
 */
#ifndef TACET_MLSWIRE_LIST_H
#define TACET_MLSWIRE_LIST_H

#include "tacet/mlswire.h"

/* The end of every _next(): *list becomes what r has left; false, and an empty
 * list, where r has failed. */
bool tacet_list_advance(tacet_span *list, const tacet_reader *r);

/* The start of every _next(): false at the end of the list. */
static inline bool tacet_list_open(tacet_span list, tacet_err *err,
                                   tacet_reader *r) {
  *err = TACET_OK;
  *r = tacet_reader_over(list, err);
  return tacet_more(r);
}

/* All elements of a reader. */
static inline tacet_span tacet_list_of(const tacet_reader *r) {
  return (tacet_span){r->p, tacet_read_left(r)};
}

void tacet_update_path_node_read(tacet_reader *r, tacet_update_path_node *out);

#endif
