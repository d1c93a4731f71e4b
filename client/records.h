/* SPDX-License-Identifier: Apache-2.0
 * client/records.h -- what the store holds: one struct and one list of fields
 * for each table, and how its records are named.
 *
 * A record that was read lives in the client_mem of the call; its spans and
 * texts point there. Secrets are wiped with that memory.
 */
#ifndef TACET_CLIENT_RECORDS_H
#define TACET_CLIENT_RECORDS_H

#include "client/fields.h"
#include "client/names.h"
#include "client/store.h"

#define CLIENT_MAILBOX_LEN 16
#define CLIENT_SECRET_LEN 32
#define CLIENT_KEY_LEN 32
#define CLIENT_GROUP_ID_LEN 32
#define CLIENT_SLOTS 8 /* names derived for an epoch */

/* ---- self: single records, named by a word ---- */

/* "account": who this device is. */
typedef struct client_self {
  uint8_t stage; /* of registering: CLIENT_STAGE_... */
  const char *handle, *domain, *device_name;
  uint8_t account[CLIENT_ID_LEN], device[CLIENT_DEVICE_ID_LEN];
  tacet_secret device_key; /* private */
  uint8_t device_public[CLIENT_KEY_LEN];
  tacet_secret recovery_key; /* private; empty once confirmed */
  uint8_t recovery_public[CLIENT_KEY_LEN];
} client_self;
enum {
  CLIENT_STAGE_NONE,       /* keys may be there, the server knows nothing */
  CLIENT_STAGE_ASKED,      /* the request may have reached the server */
  CLIENT_STAGE_ACCOUNT,    /* the account exists */
  CLIENT_STAGE_REGISTERED, /* packages are published: done */
  CLIENT_STAGE_DELETED,
  CLIENT_STAGE_REGAINING /* with the words: client/regain.h */
};

/* "server": from the invite. */
typedef struct client_server_record {
  const char *url;
  bool has_pin;
  uint8_t pin[32];
  tacet_span trust;        /* tacet/keytrans/trust.h; empty: no log is named */
  tacet_span invite_token; /* until registered */
} client_server_record;

#define CLIENT_PAST_HEADS 5 /* one is 72 hours old */
/* "keylog": the directory's key log as it was seen last (client/keylog.h). */
typedef struct client_keylog_record {
  uint64_t size; /* 0: never seen */
  uint8_t root[32];
  tacet_span head;    /* the HeadProof that showed it ... */
  uint64_t head_from; /* ... to go on from this size */
  uint32_t day;       /* of its EPOCH, since 1970 */
  uint32_t n_witnesses;
  uint64_t witnessed;  /* seconds: when the quorum vouched; 0: there is none */
  uint64_t checked_at; /* ms: when it was last shown to go on */
  uint64_t next_self;  /* ms: when to look oneself up again */
  uint64_t missing_since; /* ms: the own newest manifest is not shown; 0 */
  bool missing_told;
  /* Heads as they were seen first, one a day, the newest first; at 0: none. */
  uint64_t past_size[CLIENT_PAST_HEADS], past_at[CLIENT_PAST_HEADS];
  const char *alarm_code, *alarm_text; /* what does not check out, or NULL */
  tacet_span heads;                    /* that were seen (client/heads.h) */
} client_keylog_record;

/* "upkeep": when things were last done, milliseconds since 1970. */
typedef struct client_upkeep {
  uint64_t last_sync;
  uint64_t next_packages;    /* when to top up */
  uint64_t next_last_resort; /* when to replace it */
  uint64_t next_draw[2];     /* tokens of the two halves */
  uint64_t next_sweep;       /* of what expired */
  uint32_t n_packages;       /* published, as of the last topping up */
  uint64_t stopped;          /* a copy was noticed: never goes on */
  uint64_t letters_day;      /* days since 1970, and how many bytes of */
  uint64_t letters_bytes;    /* strangers' blobs were asked for on that day */
} client_upkeep;

/* ---- person: an account that was met; named by its id ---- */

typedef struct client_person {
  uint8_t account[CLIENT_ID_LEN];
  const char *handle; /* name@domain */
  uint32_t number;    /* of the newest manifest that was verified */
  bool confirmed;     /* the directory named it for its handle */
  bool accepted;      /* not a stranger: accepted, or written to by us */
  bool blocked, verified;
  bool forked;   /* a second chain was seen: nothing is sent */
  bool erased;   /* its last manifest has no devices */
  bool replaced; /* the handle is another account's: client/reset.h */
  uint64_t met_at;
} client_person;

/* Evidence of second chains: in "self", under this parent, named by itself. */
#define CLIENT_RIVALS TACET_SPAN_LIT("rival manifests")

/* ---- label: what the log was seen to have of a handle; named by it ---- */

typedef struct client_sighting {
  uint32_t version, day; /* of the EPOCH under which it was first seen */
  uint64_t index;        /* of its UPDATE in the log */
} client_sighting;
#define CLIENT_SIGHTINGS_MAX 64

typedef struct client_label {
  const char *handle;
  uint8_t account[CLIENT_ID_LEN];
  uint32_t number;            /* of the account's manifest that is the ... */
  uint32_t version;           /* ... greatest version of the label */
  uint8_t key[32], value[32]; /* of that in the map */
  uint64_t checked_at;        /* ms; 0: nothing was seen yet */
  uint64_t next_check;        /* ms */
  client_sighting *seen;      /* the last is the greatest version's */
  size_t n_seen;
  const char *alarm_code, *alarm_text; /* what does not check out, or NULL */
  uint64_t reset_until;                /* ms; client/reset.h */
  bool has_was;
  uint8_t was[CLIENT_ID_LEN];
} client_label;

/* ---- gossip: a head of the log that somebody's device told; key account ‖
 * device, parent "open" or "heard". And what was told to others: key the
 * conversation, parent "told", the size ---- */

typedef enum client_gossip_state {
  CLIENT_GOSSIP_WAITS = 1,  /* to be held against the log */
  CLIENT_GOSSIP_FITS,       /* one log with what is shown here */
  CLIENT_GOSSIP_UNSIGNED,   /* not the word of a log that is believed here */
  CLIENT_GOSSIP_CONTRADICTS /* the directory has two logs */
} client_gossip_state;

typedef struct client_gossip {
  uint8_t account[CLIENT_ID_LEN], device[CLIENT_DEVICE_ID_LEN];
  uint64_t size;
  uint8_t root[32], signature[64];
  uint64_t heard_at;
  uint8_t state;
} client_gossip;

/* handle: its text is the key, the account id the value.
 * manifest: key account ‖ number, parent account, order number; the bytes. */

/* ---- token: parent "directory" or "delivery" ---- */

typedef struct client_token {
  tacet_span bytes;
  uint64_t drawn_day; /* days since 1970 */
  uint64_t expires;   /* when its key is accepted no more, ms */
} client_token;

/* ---- mailbox: named by its id ---- */

typedef enum client_mailbox_use {
  CLIENT_MAILBOX_MAKING = 1, /* the server may not have it yet */
  CLIENT_MAILBOX_SPARE,      /* for a conversation to come */
  CLIENT_MAILBOX_PACKAGE,    /* stands in a published key package */
  CLIENT_MAILBOX_GROUP,      /* receives for .group */
  CLIENT_MAILBOX_OLD,        /* did; read until .until, then deleted */
  CLIENT_MAILBOX_CONDEMNED,  /* not read any more; deleted at .until */
  CLIENT_MAILBOX_LINKING     /* a new device answers there: client/linking.h */
} client_mailbox_use;

typedef struct client_mailbox {
  uint8_t id[CLIENT_MAILBOX_LEN];
  uint8_t use;
  tacet_secret read, capability, sealing; /* sealing: the private key */
  tacet_secret next_capability; /* that the server is told of; or empty */
  uint8_t sealing_public[CLIENT_KEY_LEN];
  tacet_span package; /* PACKAGE: its reference */
  tacet_span group;   /* GROUP, OLD */
  uint64_t seen;      /* sequence number up to which it was acknowledged */
  uint64_t until;
  uint64_t made_at;
  bool last_resort;
  bool paid; /* made so that whoever writes to it pays: for last_resort */
} client_mailbox;

/* ---- package: a published key package, named by its reference ---- */

typedef struct client_package {
  tacet_span message;
  tacet_span keys; /* tacet_mls_keys_write */
  uint8_t mailbox[CLIENT_MAILBOX_LEN];
  bool published; /* the server said so */
  bool last_resort;
  uint64_t made_at, not_after; /* ms */
  uint64_t claimed_at;         /* noticed then that it was claimed; or 0 */
} client_package;

/* ---- claim: somebody's key package that we may use; key and parent: see
 * client/claims.h ---- */

typedef struct client_claim {
  uint8_t account[CLIENT_ID_LEN];
  tacet_span message;
  bool last_resort;
  uint64_t claimed_at;
} client_claim;

/* ---- conversation: named by its id ---- */

typedef enum client_talk_state {
  CLIENT_TALK_OPEN = 1, /* both ways */
  CLIENT_TALK_REQUEST,  /* came from a stranger: read only, unseen by them */
  CLIENT_TALK_LEFT,     /* left by us */
  CLIENT_TALK_REMOVED,  /* we were removed, or the group is no more */
  CLIENT_TALK_BLOCKED
} client_talk_state;

typedef struct client_talk {
  uint8_t id[CLIENT_ID_LEN];
  bool pair; /* one to one */
  uint8_t state;
  uint8_t peer[CLIENT_ID_LEN];    /* pair: the other account */
  uint8_t inviter[CLIENT_ID_LEN]; /* who made it or added us */
  const char *name;               /* group: as of now */
  tacet_span group;               /* MLS group in use; empty: none yet */
  uint64_t counter;               /* of the next content that we send */
  uint64_t made_at, active_at;
} client_talk;

/* ---- group: one MLS group of a conversation, parent the conversation ---- */

/* An address that replaces the one in a leaf, told by an application message.
 */
typedef struct client_address {
  uint8_t account[CLIENT_ID_LEN]; /* anybody can name a device like another's */
  uint8_t device[CLIENT_DEVICE_ID_LEN];
  uint8_t mailbox[CLIENT_MAILBOX_LEN];
  uint8_t capability[CLIENT_SECRET_LEN];
} client_address;

/* A device's word that its account leaves, or that it has to be added again,
 * which every member can check by its signature (client/policy.h). */
typedef struct client_leaver {
  uint8_t account[CLIENT_ID_LEN];
  uint8_t device[CLIENT_DEVICE_ID_LEN];
  uint8_t signature[64];
} client_leaver;

/* What keeps a device from following, as in a successor's reason. */
typedef enum client_trouble {
  CLIENT_BEHIND = 1, /* the others went on, and this device cannot */
  CLIENT_STUCK = 2   /* nobody can change it any more */
} client_trouble;

typedef struct client_group_record {
  tacet_span id;
  uint8_t talk[CLIENT_ID_LEN];
  uint64_t tree_saved; /* epoch of the record in mls_tree, plus 1 */
  uint64_t epoch;
  uint32_t slot; /* the next one of this epoch to look at */
  uint8_t mailbox[CLIENT_MAILBOX_LEN]; /* where we receive for it */
  bool fresh_due;    /* the first commit after joining has not been made */
  uint64_t fresh_at; /* when to make it without being asked; 0: not decided */
  uint8_t next_mailbox[CLIENT_MAILBOX_LEN]; /* that a pending commit moves to */
  bool has_next;
  bool look_due; /* somebody hinted at a commit, or something is closed */
  uint64_t looked_at;
  uint64_t update_at; /* next key update; 0: not decided */
  bool updating;      /* the commit under way is one */
  uint64_t retire_at; /* a second group of a pair: forgotten then; 0: never */
  bool broken;        /* cannot be followed any more */
  uint8_t trouble;    /* why: client_trouble; 0: it was replaced */
  uint64_t commit;    /* outbox number of the commit under way, or 0 */
  uint32_t lost;      /* races lost in a row */
  uint64_t retry_at;  /* not before: after a lost race */
  client_address *addresses;
  size_t n_addresses;
  client_leaver *leaving;
  size_t n_leaving;
  client_leaver *returning; /* devices that ask to be added again */
  size_t n_returning;
  tacet_span replaces;            /* a successor: id of the group before it */
  bool by_admin;                  /* ... and an admin made it */
  uint8_t (*made)[CLIENT_ID_LEN]; /* hashes of own commits of this epoch */
  size_t n_made;
} client_group_record;

/* mls_tree, mls_own: key group id; values tacet_mls_save_shared(), _own().
 * Apart from the record, since they are large and change at other times. */

/* ---- epoch: what was derived at its start; parent group, order epoch ---- */

typedef struct client_epoch {
  uint64_t epoch;
  tacet_secret envelope;
  uint8_t slots[CLIENT_SLOTS][CLIENT_KEY_LEN];
  tacet_secret media;
  uint64_t left_at; /* 0: the current one */
} client_epoch;

/* ---- device: counters of who sends; key talk ‖ account ‖ device, parent talk,
 * order 1 while something is missing ---- */

typedef struct client_hole {
  uint64_t first, last; /* counters that are missing */
  uint64_t since;
  bool told;
} client_hole;
#define CLIENT_HOLES_MAX 32

typedef struct client_counters {
  uint8_t talk[CLIENT_ID_LEN], account[CLIENT_ID_LEN];
  uint8_t device[CLIENT_DEVICE_ID_LEN];
  uint64_t next;
  client_hole *holes;
  size_t n_holes;
} client_counters;

/* ---- message: named by its id, parent conversation ---- */

typedef struct client_part {
  const char *name, *type;
  uint64_t size;
  tacet_span reference; /* where the blob is and its keys; see attachments.h */
} client_part;

typedef struct client_message_record {
  uint8_t id[CLIENT_ID_LEN];
  uint8_t talk[CLIENT_ID_LEN];
  uint8_t account[CLIENT_ID_LEN], device[CLIENT_DEVICE_ID_LEN]; /* sender */
  uint64_t order; /* in its conversation */
  bool own;
  uint8_t delivery; /* client_delivery, of an own one */
  uint64_t sent_at, received_at, expires_at;
  uint64_t read_at;       /* by a device of this account; 0: not yet */
  uint32_t expires_after; /* seconds from when it is shown; 0: does not */
  const char *text;
  tacet_span long_text; /* where the text is to be fetched, or empty */
  tacet_span reply_to;  /* an id, or empty */
  client_part *parts;
  size_t n_parts;
  tacet_span content; /* own and not sent yet: the encoded content */
  bool failed;        /* can never be sent; why: */
  uint8_t fail_kind;
  const char *fail_code, *fail_text;
} client_message_record;

/* pending: an own message that no group has encrypted yet; key its id, parent
 * the conversation; the value is empty. */

/* ---- outbox: something to be stored for others; order its number ---- */

typedef enum client_recipient_state {
  CLIENT_TO_SEND = 0,
  CLIENT_TO_STALE, /* wrong capability: wait for news */
  CLIENT_TO_FULL,
  CLIENT_TO_DONE,
  CLIENT_TO_GONE,
  CLIENT_TO_MISSING, /* no such mailbox: a newer address is looked for */
  CLIENT_TO_PAY      /* it costs a token */
} client_recipient_state;
static inline bool client_is_settled(uint8_t state) {
  return state == CLIENT_TO_DONE || state == CLIENT_TO_GONE;
}

typedef struct client_recipient {
  uint8_t account[CLIENT_ID_LEN];
  uint8_t mailbox[CLIENT_MAILBOX_LEN];
  uint8_t capability[CLIENT_SECRET_LEN];
  uint8_t device[CLIENT_DEVICE_ID_LEN];
  uint8_t state;
} client_recipient;

typedef enum client_parcel_kind {
  CLIENT_PARCEL_ITEM = 1, /* an enveloped message */
  CLIENT_PARCEL_LETTER,   /* a first letter, to one mailbox */
  CLIENT_PARCEL_COMMIT    /* a slot's body, with a hint as the item */
} client_parcel_kind;

typedef struct client_parcel {
  uint64_t number;
  uint8_t kind;
  tacet_span group;   /* id */
  uint64_t epoch;     /* whose envelope closes it */
  tacet_span message; /* id of the message in it, or empty */
  uint8_t slot[CLIENT_KEY_LEN];
  uint64_t made_at, retry_at;
  uint32_t tries;
  client_recipient *to;
  size_t n_to;
  uint64_t after; /* LETTER: leaves only when this parcel is gone; 0 */
  uint64_t job;   /* COMMIT: which it carries out, or 0 */
  uint64_t file;  /* LETTER: number of the blob that is uploaded first; 0 */
} client_parcel;

/* payload: key number; the bytes of a parcel: item, and slot body. */
typedef struct client_payload {
  tacet_span item, body;
} client_payload;

/* seen: key a content id or a hash; the value is empty, order the day. */

/* ---- unopened: an item that no key opens yet; parent the group ---- */

typedef struct client_unopened {
  tacet_span item;
  uint64_t received_at;
} client_unopened;
#define CLIENT_UNOPENED_MAX 256

/* ---- in the same table: a letter that waits, or an item behind one; parent
 * and key: see client/waiting.c ---- */

typedef enum client_waits_for {
  CLIENT_WAITS_PARTS = 1, /* a letter: what lies in its blob */
  CLIENT_WAITS_GROUP,     /* a letter: news of the group that it leads to */
  CLIENT_WAITS_BEHIND     /* an item: the letter before it */
} client_waits_for;

typedef struct client_waiting {
  uint8_t mailbox[CLIENT_MAILBOX_LEN];
  uint8_t what;   /* client_waits_for */
  uint32_t tries; /* to fetch */
  uint64_t again; /* not before */
  tacet_span item;
} client_waiting;
#define CLIENT_WAITING_MAX 512

/* ---- event: what the user has not been shown; order its number ---- */

typedef struct client_event_record {
  uint8_t type; /* client_event_type */
  const char *id;
  uint8_t talk[CLIENT_ID_LEN];
  bool has_talk;
  tacet_span message; /* MESSAGE: its id */
  const char *action, *name, *code, *text;
  uint8_t by[CLIENT_ID_LEN];         /* GROUP, REQUEST: account */
  uint8_t (*members)[CLIENT_ID_LEN]; /* GROUP; READ: ids of messages */
  size_t n_members;
  uint64_t n_talks, n_messages; /* HISTORY */
} client_event_record;

/* ---- job: something to be carried out with the server; order its number ----
 */

typedef struct client_job {
  uint64_t number;
  uint8_t kind; /* client/jobs.h */
  uint8_t talk[CLIENT_ID_LEN];
  uint8_t (*accounts)[CLIENT_ID_LEN]; /* whom it is about */
  size_t n_accounts;
  const char *text; /* a name */
  uint64_t due;
  uint32_t tries;
  bool done;               /* kept for whoever waits for its outcome: */
  uint8_t kind_of_failure; /* client_kind */
  const char *code, *why;
} client_job;

/* ---- file: an attachment on its way; named by message id ‖ index ---- */

typedef struct client_file {
  const char *path;  /* of the encrypted copy in the home; NULL: uploaded */
  uint64_t size;     /* of that */
  uint64_t done;     /* bytes that the server has */
  tacet_span blob;   /* tacet_attachment_write() */
  tacet_span tokens; /* that pay for it, once they were shown */
  bool incoming;
  const char *saved; /* where the plain file is */
  uint32_t users;    /* letters in the outbox that wait for it */
} client_file;

/* ---- reading and writing ---- */

void client_self_fields(client_fields *f, void *record);
void client_server_fields(client_fields *f, void *record);
void client_keylog_fields(client_fields *f, void *record);
void client_label_fields(client_fields *f, void *record);
void client_gossip_fields(client_fields *f, void *record);
void client_upkeep_fields(client_fields *f, void *record);
void client_person_fields(client_fields *f, void *record);
void client_token_fields(client_fields *f, void *record);
void client_mailbox_fields(client_fields *f, void *record);
void client_package_fields(client_fields *f, void *record);
void client_claim_fields(client_fields *f, void *record);
void client_talk_fields(client_fields *f, void *record);
void client_group_fields(client_fields *f, void *record);
void client_epoch_fields(client_fields *f, void *record);
void client_counters_fields(client_fields *f, void *record);
void client_message_fields(client_fields *f, void *record);
void client_parcel_fields(client_fields *f, void *record);
void client_payload_fields(client_fields *f, void *record);
void client_unopened_fields(client_fields *f, void *record);
void client_waiting_fields(client_fields *f, void *record);
void client_event_fields(client_fields *f, void *record);
void client_job_fields(client_fields *f, void *record);
void client_file_fields(client_fields *f, void *record);

#endif
