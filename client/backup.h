/* SPDX-License-Identifier: Apache-2.0
 * client/backup.h -- a home's memory in one encrypted file, and back.
 *
 * A backup holds what was said, with whom, who was verified or blocked, and
 * what things are called; never a ratchet, a private key, a token or a mailbox:
 * a device that went on from a copy of those would repeat nonces. What it
 * restores is read; to be written to, a device has to be taken in by the
 * others.
 */
#ifndef TACET_CLIENT_BACKUP_H
#define TACET_CLIENT_BACKUP_H

#include "client/core.h"
#include "tacet/content/backup.h"

/* ---- the file, written ---- */

typedef struct client_backup_writer client_backup_writer;
/* Writes beside `path`, which stays as it is until client_backup_writer_done().
 * `is_key`: the passphrase is random and need not be stretched. */
TACET_MUST_CHECK tacet_err client_backup_create(client *c, const char *path,
                                                tacet_span passphrase,
                                                bool is_key,
                                                client_backup_writer **out);
TACET_MUST_CHECK tacet_err client_backup_put(client_backup_writer *w,
                                             const tacet_backup_record *r);
/* Signs (*end gives the counts), ends the file, makes it durable under its
 * name.
 */
TACET_MUST_CHECK tacet_err client_backup_done(client_backup_writer *w,
                                              tacet_backup_end *end);
/* Without _done nothing stays. NULL is fine. */
void client_backup_writer_free(client_backup_writer *w);

/* ---- the file, read ---- */

typedef struct client_backup_reader client_backup_reader;
TACET_MUST_CHECK tacet_err client_backup_read(client *c, const char *path,
                                              tacet_span passphrase,
                                              client_backup_reader **out);
/* The next record; its spans live until the next call. After END comes no other
 * one: what is behind it was checked, and so was its signature. Every failure
 * is explained. */
TACET_MUST_CHECK tacet_err client_backup_next(client_backup_reader *r,
                                              tacet_backup_record *out);
/* FAILED "damaged": the one sentence for it. */
tacet_err client_backup_damaged(client_backup_reader *r);
const char *client_backup_path(const client_backup_reader *r);
void client_backup_reader_free(client_backup_reader *r);

/* ---- the home ---- */

/* All that a backup holds of this home, into a file. Not within a transaction.
 */
TACET_MUST_CHECK tacet_err client_home_write(client *c, const char *path,
                                             tacet_span passphrase, bool is_key,
                                             client_backup_counts *out);
/* A file of such into this home, whole or not at all, by a transaction of its
 * own or within another. */
TACET_MUST_CHECK tacet_err client_home_read(client *c, const char *path,
                                            tacet_span passphrase,
                                            client_backup_counts *out);

/* The conversation that messages are being put into. */
typedef struct client_restore {
  client_backup_reader *r;
  client_backup_counts counts;
  uint8_t talk[CLIENT_ID_LEN];
  bool in_talk; /* false: its messages have no place here */
  bool mixed;   /* there were messages before */
  size_t n_new; /* of this conversation */
} client_restore;
/* Puts what a record says into the home, as far as it is not there. Within a
 * transaction. */
TACET_MUST_CHECK tacet_err client_restore_person(client *c, client_restore *to,
                                                 const tacet_backup_person *p);
TACET_MUST_CHECK tacet_err client_restore_rival(client *c, tacet_span bytes);
TACET_MUST_CHECK tacet_err client_restore_talk(client *c, client_restore *to,
                                               const tacet_backup_talk *t);
TACET_MUST_CHECK tacet_err client_restore_message(
    client *c, client_restore *to, const tacet_backup_message *m);
/* A conversation is through: what was there and what came is put in order. */
TACET_MUST_CHECK tacet_err client_restore_talk_end(client *c,
                                                   client_restore *to);

#endif
