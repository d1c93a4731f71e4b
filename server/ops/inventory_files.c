/* SPDX-License-Identifier: Apache-2.0
 * The inventory: files of the data folder, and what is only in memory. */
#include "server/ops/inventory.h"

#define FILE_ROW(name, what, why, how_long, who, category, plaintext)          \
  {                                                                            \
    TACETD_HELD_FILE, name, what, why, how_long, who,                          \
        TACETD_CATEGORY_##category, plaintext, NULL, TACETD_FORM_NONE, NULL    \
  }
#define MEMORY(name, what, why, how_long, category, plaintext)                 \
  {                                                                            \
    TACETD_HELD_MEMORY, name, what, why, how_long,                             \
        "who can read the memory of the process", TACETD_CATEGORY_##category,  \
        plaintext, NULL, TACETD_FORM_NONE, NULL                                \
  }

#define SERVER_LIFE "as long as the server"
#define OPERATOR "the operator"

static const tacetd_inventory_row files[] = {
    FILE_ROW("tacetd.conf", "settings of the operator", "to set the server up",
             SERVER_LIFE, OPERATOR, NONE, true),
    FILE_ROW("tls/cert.pem", "the certificate", "clients know the server by it",
             SERVER_LIFE, "anyone who connects", NONE, true),
    FILE_ROW("tls/key.pem", "its private key", "TLS", SERVER_LIFE, OPERATOR,
             NONE, true),
    FILE_ROW("issuer-directory.key",
             "seed of the weekly keys for tokens that the directory takes",
             "to issue and to take anonymous tokens", SERVER_LIFE, OPERATOR,
             NONE, true),
    FILE_ROW("issuer-delivery.key",
             "seed of the weekly keys for tokens that delivery takes",
             "to issue and to take anonymous tokens", SERVER_LIFE, OPERATOR,
             NONE, true),
    FILE_ROW("retired-handles.key", "key under which erased handles are hashed",
             "so that a list of them cannot be read by trying names elsewhere",
             SERVER_LIFE, OPERATOR, NONE, true),
    FILE_ROW("log.key", "the key that signs the heads of the key log",
             "clients and witnesses know the log by it", SERVER_LIFE, OPERATOR,
             NONE, true),
    FILE_ROW("log-next.key", "the key that is to follow it, if one is",
             "for a while both sign, so that everybody can take the new one",
             "until `tacetd log retire`", OPERATOR, NONE, true),
    FILE_ROW("log-vrf.key",
             "the key that makes pseudonyms of handles in the key log",
             "the log is public, and who has an account is not", SERVER_LIFE,
             OPERATOR, NONE, true),
    FILE_ROW(
        "log-policy", "whose key log it is, and which witnesses vouch for it",
        "invites tell it to clients", SERVER_LIFE, "everybody", NONE, true),
    FILE_ROW("notices-account",
             "the account that the operator's notices come from",
             "invites tell it to clients, which show them unasked",
             "until `tacetd notices remove`", "everybody", NONE, true),
    FILE_ROW("directory.db", "the directory; its columns are listed apart",
             "accounts", SERVER_LIFE, OPERATOR, SUBSCRIBER, true),
    FILE_ROW("directory.db-wal",
             "changes of the directory that are not in its file yet",
             "nothing that was answered is lost in a crash",
             "about a quarter of a second when idle, at most a minute",
             OPERATOR, SUBSCRIBER, true),
    FILE_ROW("directory.db-shm", "an index of that file, without content",
             "to share it among threads", "while the server runs", OPERATOR,
             NONE, true),
    FILE_ROW("delivery.db", "delivery; its columns are listed apart",
             "mailboxes and what waits in them", SERVER_LIFE, OPERATOR, TRAFFIC,
             true),
    FILE_ROW("delivery.db-wal",
             "changes of delivery that are not in its file yet",
             "nothing that was answered is lost in a crash",
             "about a quarter of a second when idle, at most a minute",
             OPERATOR, TRAFFIC, true),
    FILE_ROW("delivery.db-shm", "an index of that file, without content",
             "to share it among threads", "while the server runs", OPERATOR,
             NONE, true),
    FILE_ROW("blobs/",
             "a file for each upload, named by the hash of its id: "
             "ciphertext of the sender's, padded",
             "attachments", "45 days; 2 if it was not finished",
             "who knows the id can fetch it; who was sent its key can open it",
             CONTENT, false),
    FILE_ROW("lock", "empty; locked while the server runs",
             "two servers on one folder would harm it", SERVER_LIFE, OPERATOR,
             NONE, true),
    FILE_ROW("ready", "the address that clients use",
             "tacetd invite puts it into links", "while the server runs",
             OPERATOR, NONE, true),
};

static const tacetd_inventory_row memory[] = {
    MEMORY("connections",
           "addresses and times of open connections, and what is being sent "
           "and received on them",
           "to serve them", "as long as the connection", TRAFFIC, true),
    MEMORY("subscriptions", "which open connection reads which mailboxes",
           "to push to it what comes", "as long as the connection", TRAFFIC,
           true),
    MEMORY("resume tickets",
           "which mailboxes a connection that broke off had read, under the "
           "hash of a ticket",
           "a flaky link need not send its secrets again", "5 minutes", TRAFFIC,
           true),
    MEMORY("rates", "keyed hashes of addresses, with counts of requests",
           "limits of what one address may do",
           "until there is nothing left to remember, at most an hour or two",
           TRAFFIC, false),
    MEMORY("used nonces", "nonces of signed requests that were used",
           "a request cannot be replayed", "a minute", NONE, true),
    MEMORY("mailboxes",
           "rows of mailboxes that were used lately, how much waits in them, "
           "and keys that seal to them",
           "to store an item without reading the disk",
           "until 32,768 others were used; a sealing key at most as long as "
           "that, and used for 10 minutes",
           TRAFFIC, true),
    MEMORY("slot claims",
           "how many slots a hashed capability claimed this hour", "a limit",
           "until the hour is over and another takes its place", TRAFFIC,
           false),
    MEMORY("package claims",
           "how many first letters were begun to an account this hour",
           "nobody empties somebody's shelf",
           "until the hour is over and another takes its place", TRAFFIC, true),
    MEMORY("account changes",
           "how often an account changed its devices this hour",
           "the key log keeps each change for good",
           "until the hour is over and another takes its place", TRAFFIC, true),
    MEMORY("requests", "bodies of requests until they are answered",
           "to answer them", "until they are answered", CONTENT, true),
    MEMORY("issuer keys", "the keys for tokens of this week and the last",
           "to issue and to take anonymous tokens", "two weeks", NONE, true),
    MEMORY("key log",
           "all hashes of the log and its map, as everybody can compute them",
           "to prove what an answer says", "as long as the server", NONE, true),
    MEMORY("cosignatures",
           "the newest head of the key log, and what witnesses said to it",
           "to publish it", "until a newer one takes its place", NONE, true),
    MEMORY("database pages", "parts of both databases that were used lately",
           "speed", "until others take their place", TRAFFIC, true),
};

const tacetd_inventory_part tacetd_inventory_files = {
    files, sizeof(files) / sizeof(files[0])};
const tacetd_inventory_part tacetd_inventory_memory = {
    memory, sizeof(memory) / sizeof(memory[0])};
