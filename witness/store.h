/* SPDX-License-Identifier: Apache-2.0
 * witness/store.h -- what a witness keeps: its key, the logs that it knows, the
 * greatest checkpoint of each, and proof of what should not have been.
 *
 * A folder with a file for the key and one database. All of it may be read by
 * whoever likes but the key: it is about logs, and logs are public.
 */
#ifndef WITNESS_STORE_H
#define WITNESS_STORE_H

#include "server/storage/storage.h"
#include "tacet/keytrans/witness.h"

#define WIT_DATABASE "witness.db"
#define WIT_KEY "witness.key"
#define WIT_CERTIFICATE "tls/cert.pem"
#define WIT_CERTIFICATE_KEY "tls/key.pem"
#define WIT_PATH_MAX 4096
#define WIT_LISTEN_MAX 256
#define WIT_LOGS_MAX 1024     /* keys of logs */
#define WIT_KEYS_OF_LOG_MAX 8 /* of one origin: old, new */
#define WIT_EVIDENCE_MAX 100  /* then the oldest is kept, the new is not */

/* Who the witness is. Wiped by scope with WIT_IDENTITY(name). */
typedef struct wit_identity {
  tacet_note_key key;
  tacet_secret private_key;
  char listen[WIT_LISTEN_MAX];
} wit_identity;
#define WIT_IDENTITY(name)                                                     \
  TACET_CLEANUP(wit_identity_wipe) wit_identity name = {.listen = ""}
void wit_identity_wipe(wit_identity *i);

/* folder/name; false if it is too long. */
bool wit_path(const char *folder, const char *name, char out[WIT_PATH_MAX]);

/* Makes key and database in a folder that is there. EXISTS, and a sentence, if
 * one of them is there. */
TACET_MUST_CHECK tacet_err wit_create(const char *folder, tacet_span name,
                                      const char *listen, sto_trouble *why,
                                      wit_identity *out);
/* Opens the database beside a witness that may be running. */
TACET_MUST_CHECK tacet_err wit_conn_open(const char *folder, sto_trouble *why,
                                         sto_conn **out);
TACET_MUST_CHECK tacet_err wit_identity_load(const char *folder, sto_conn *c,
                                             sto_trouble *why,
                                             wit_identity *out);
/* For a server: with its writer thread. */
TACET_MUST_CHECK tacet_err wit_db_open(const char *folder, sto_trouble *why,
                                       sto_db **out);

/* ---- logs ---- */

/* EXISTS if it is known; LIMIT if there are too many. */
TACET_MUST_CHECK tacet_err wit_log_add(sto_conn *c, const tacet_note_key *key);
/* All keys of an origin, not what is remembered of it: should it come back, it
 * has to go on from there. NOT_FOUND. */
TACET_MUST_CHECK tacet_err wit_log_remove(sto_conn *c, tacet_span origin);

typedef struct wit_log {
  tacet_span origin, vkey; /* until the next row */
  uint64_t size;           /* cosigned; 0: nothing yet */
  int64_t time;            /* when, in seconds */
  uint64_t evidence;       /* checkpoints that contradict */
} wit_log;
TACET_MUST_CHECK tacet_err wit_log_each(
    sto_conn *c, void (*visit)(void *user, const wit_log *log), void *user);

/* ---- in a job of the server ---- */

/* The keys of an origin; *n 0: not known. */
TACET_MUST_CHECK tacet_err wit_keys(sto_conn *c, tacet_span origin,
                                    tacet_note_key keys[WIT_KEYS_OF_LOG_MAX],
                                    size_t *n);
/* What is remembered; zeroed if nothing is. */
TACET_MUST_CHECK tacet_err wit_head(sto_conn *c, tacet_span origin,
                                    tacet_tlog_head *out);
TACET_MUST_CHECK tacet_err wit_head_set(sto_conn *c, tacet_span origin,
                                        const tacet_tlog_head *head,
                                        tacet_span cosigned, int64_t time);
/* The latest cosigned checkpoint of the origin with this SHA-256; empty: none.
 */
TACET_MUST_CHECK tacet_err wit_cosigned(sto_conn *c,
                                        const uint8_t origin_hash[32],
                                        tacet_bytes *out);
/* Keeps a signed checkpoint that contradicts what is remembered, beside that.
 */
TACET_MUST_CHECK tacet_err wit_evidence(sto_conn *c, tacet_span origin,
                                        tacet_span note, int64_t time);

#endif
