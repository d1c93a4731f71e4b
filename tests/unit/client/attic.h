/* SPDX-License-Identifier: Apache-2.0
 * A home with something to lose, its backups, and what a home shows, for the
 * client's tests.
 */
#ifndef TACET_TESTS_CLIENT_ATTIC_H
#define TACET_TESTS_CLIENT_ATTIC_H

#include "tests/unit/client/people.h"

#define ATTIC_PASS TACET_SPAN_LIT("a phrase for the file")
#define ATTIC_TALKS "bob,dave,crew"

/* Of a file in the world's folder; the last four stay. */
const char *attic_path(world *w, const char *name);
/* Passphrases cost p nothing from now on. */
void attic_cheap(person *p);
/* The home as it is now, under another name: the same account on a machine
 * that knows nothing yet. It never talks to the server. */
person *attic_twin(world *w, person *p, const char *name);
/* alice knows bob, whom she verified, and carol from a group; dave is blocked,
 * eve waits. *empty: a twin from before all that. The server is down. */
person *attic_alice(world *w, person **empty);
/* The nth message of a conversation is gone. */
void attic_forget(person *p, const char *to, size_t nth);

/* History of these conversations, and all contacts, as a text in *out, one of
 * the four below. What the key log showed of them is no matter of a backup: a
 * device sees that for itself. */
const char *attic_dump(person *p, const char *talks, char *out);
extern char attic_dumps[4][32768];

/* Both must go well. */
client_backup_counts attic_export(person *p, const char *path);
client_backup_counts attic_import(person *p, const char *path);

void attic_write(const char *path, const char *text);
/* A file into attic_bytes, and so many of them into one. */
size_t attic_slurp(const char *path);
void attic_spit(const char *path, size_t len);
#define ATTIC_FILE_MAX ((size_t)4 << 20)
extern uint8_t attic_bytes[ATTIC_FILE_MAX];

#endif
