/* SPDX-License-Identifier: Apache-2.0
 * desk/spawn.h -- another program of Tacet, run for its answer: `tacetd
 * statement` and `tacet send`. No shell; standard input is empty.
 */
#ifndef TACET_DESK_SPAWN_H
#define TACET_DESK_SPAWN_H

#include "desk/model.h"

#define DESK_SPAWN_OUTPUT_MAX ((size_t)64 << 20)

/* Runs `name` (from the folder of this program, else from PATH) with argv,
 * whose last is NULL; argv[0] is the name again. *code gets its exit code, *out
 * what it wrote to stdout; what it says on stderr goes to ours. `input` (or
 * NULL) is what it reads. */
TACET_MUST_CHECK tacet_err desk_spawn(const char *const *argv,
                                      const char *input, desk_trouble *why,
                                      int *code, tacet_bytes *out);

#endif
