/* SPDX-License-Identifier: Apache-2.0
 * client/client.h -- one person's device: account, conversations, messages.
 *
 * A `client` is an open home: a folder with an encrypted store. Every call that
 * changes something has made it durable when it returns; what has to reach the
 * server is then sent by whoever syncs. Several processes may have one home
 * open: a lock, not an error, decides which of them syncs, and the others hand
 * their work over through the store and wait for its result. A process that is
 * killed at any moment loses nothing: the next one goes on where it stopped.
 *
 * Conventions besides those of tacet/base.h:
 *   results   Calls that can fail return a client_kind, which is the exit code
 *             of 0 to 5 that the commands promise, and describe a failure in
 *             *err (never NULL): one sentence that names cause and next step.
 *   memory    What a call gives back lives in the client_mem it was given, and
 *             is freed with that, all at once. Strings are UTF-8, NUL ended.
 *   ids       Are text: 64 lower-case hex digits for messages, conversations
 *             and accounts, 32 for devices and for events that are no message.
 *   times     Are milliseconds since 1970, UTC.
 *   blocking  A call that talks to the server blocks, tells its progress, and
 *             ends early (FAILED, code "interrupted") on client_interrupt().
 *   threads   One client belongs to one thread, client_interrupt() apart.
 *
 * TO, the name of a conversation, is a handle (`name` on one's own server, or
 * `name@domain`), a group's name or id, or a conversation id. If two fit, the
 * call fails with USAGE and says which.
 */
#ifndef TACET_CLIENT_H
#define TACET_CLIENT_H

#include "tacet/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct client client;

/* ---- errors ---- */

/* The values are the exit codes of tacet(1). */
typedef enum client_kind {
  CLIENT_OK = 0,
  CLIENT_FAILED = 1,      /* on this side: the disk, a file, a passphrase */
  CLIENT_USAGE = 2,       /* what was asked for makes no sense */
  CLIENT_UNREACHABLE = 3, /* server or network: trying again may help */
  CLIENT_REFUSED = 4,     /* handle taken, invite used, not a member, quota */
  CLIENT_KEYS = 5 /* keys or proofs do not check out; nothing was sent */
} client_kind;

/* code is stable and for programs: "handle-taken", "wrong-passphrase",
 * "newer-version", "corrupt", "certificate-changed", "unknown-handle", ...;
 * text is for people, and ends with a full stop. */
typedef struct client_error {
  client_kind kind;
  char code[32];
  char text[600];
} client_error;

/* ---- memory of results ---- */

/* Grows as results are put in; freed whole and wiped. Zero-initialise it, or
 * use CLIENT_MEM(name), which frees it by scope. */
typedef struct client_mem {
  struct client_mem_block *first;
} client_mem;
#define CLIENT_MEM(name) TACET_CLEANUP(client_mem_free) client_mem name = {NULL}
void client_mem_free(client_mem *m);

/* ---- the world outside: clock, randomness, network ---- */

struct client_env; /* client/env.h: what tests and other platforms replace */

/* Long work tells how far it is. `what` is "upload", "download", "encrypt",
 * "claim", "prepare", "export" or "import"; `name` a file's name, a handle, or
 * NULL. total 0: not known. Called from within the call that works. */
typedef void (*client_progress_fn)(void *user, const char *what,
                                   const char *name, uint64_t done,
                                   uint64_t total);
void client_set_progress(client *c, client_progress_fn fn, void *user);

/* Told from within client_next_event() while it stays for longer: the server
 * cannot be reached any more (false), or can again (true). A link that broke
 * and was made anew at once is neither. */
typedef void (*client_link_fn)(void *user, bool up);
void client_set_link(client *c, client_link_fn fn, void *user);

/* Makes the blocking call that is under way, or else the next one, end soon.
 * May be called from a signal handler or another thread. */
void client_interrupt(client *c);

/* ---- the home ---- */

typedef enum client_home_state {
  CLIENT_HOME_NONE,       /* no such folder, or nothing in it */
  CLIENT_HOME_PASSPHRASE, /* a store that a passphrase opens */
  CLIENT_HOME_OPEN        /* a store whose key lies beside it */
} client_home_state;

/* Looks, opens nothing. Fails with "newer-version" and "corrupt" as client_open
 * does. */
TACET_MUST_CHECK client_kind client_home_probe(const char *home,
                                               client_home_state *state,
                                               client_error *err);
/* Makes the folder (mode 0700) and an empty store. An empty passphrase: the
 * store key lies in the home, and whoever reads the disk reads everything. The
 * env is borrowed until client_free(); NULL is the system's. FAILED "exists" if
 * there is a store already. */
TACET_MUST_CHECK client_kind client_create(const char *home,
                                           tacet_span passphrase,
                                           const struct client_env *env,
                                           client **out, client_error *err);
/* FAILED: "no-home", "passphrase-needed", "wrong-passphrase", "newer-version",
 * "corrupt", "unreadable". */
TACET_MUST_CHECK client_kind client_open(const char *home,
                                         tacet_span passphrase,
                                         const struct client_env *env,
                                         client **out, client_error *err);
void client_free(client *c); /* NULL is fine */
/* False until client_register() has gone through; then everything but the two
 * calls below fails with USAGE "not-registered". */
bool client_is_registered(const client *c);

/* ---- the account ---- */

typedef struct client_registration {
  const char *handle;  /* name@domain */
  const char *account; /* its id */
  const char *words;   /* the 24 words of the recovery key, by spaces */
} client_registration;

/* Makes keys and manifest, registers with the invite, publishes key packages.
 * Nothing of a half-done registration is lost: the same call again goes on with
 * it, also after a crash. `name` is folded to lower case; a domain in it must
 * be the server's. REFUSED: "handle-taken", "invite-used", "invite-expired",
 * "handle-retired"; USAGE: "bad-handle", "bad-invite", "registered"; KEYS:
 * "certificate-changed". */
TACET_MUST_CHECK client_kind client_register(client *c, const char *name,
                                             const char *invite_link,
                                             const char *device_name,
                                             client_mem *mem,
                                             client_registration *out,
                                             client_error *err);

/* The directory's key log, as this home knows it. */
typedef struct client_keylog_state {
  const char *trust;  /* one sentence about what is and is not checked */
  const char *log;    /* its name; NULL: the invite named none, and what follows
                         is empty */
  const char *policy; /* the text of what is believed: c2sp.org/tlog-policy */
  const char *quorum; /* who has to vouch for it, in words */
  const char *vrf_key; /* hex */
  bool unwitnessed;    /* nobody has to */
  uint64_t max_age_ms; /* how long their word counts */
  const char *notices; /* id of the account that the operator's notices come
                          from; NULL: none is named */
  const char *notices_from; /* its handle; NULL: nothing came from it yet */
  uint64_t size;            /* of the log as it was seen last; 0: never */
  const char *root;         /* of its tree, hex */
  uint64_t day;             /* of its last entry: the begin of that day */
  size_t n_witnesses;       /* that vouched for it */
  uint64_t witnessed_at;    /* when the quorum did; 0: there is none */
  uint64_t checked_at;      /* when the server last showed that it goes on */
  client_error trouble;     /* what does not check out: KEYS; else kind OK */
} client_keylog_state;

typedef struct client_status {
  const char *handle, *account, *device, *device_name;
  const char *server; /* https://... */
  const char *domain;
  bool reachable;          /* as of now: status asks */
  bool sync_elsewhere;     /* another process is syncing this home */
  bool passphrase;         /* false: the store's key lies beside it */
  bool recovery_confirmed; /* false: the words are still on this device */
  bool post_quantum;       /* of the suite that every conversation uses */
  uint64_t last_sync;      /* 0: never */
  size_t n_queued;         /* messages that some recipient has not got */
  size_t n_events;         /* waiting for client_next_event(), READ apart */
  size_t n_requests;
  size_t n_contacts, n_verified;
  size_t n_conversations;
  size_t n_key_packages; /* published and not known to be claimed */
  size_t n_tokens_directory, n_tokens_delivery;
  client_keylog_state log;
  /* The handle is another account's since a reset, and can be taken back until
   * then (ms; client_recovery_veto); 1: no more; 0: it is one's own. */
  uint64_t lost_until;
  /* This device is none of the account's any more; trouble says why. */
  bool removed;
  uint64_t removed_at; /* 0: not known */
  /* Why the server is not talked to, where that is more than not being
   * reachable: KEYS "certificate-changed", ...; else kind OK. */
  client_error trouble;
} client_status;
/* Works without the server too (reachable false, perhaps with trouble). */
TACET_MUST_CHECK client_kind client_status_get(client *c, client_mem *mem,
                                               client_status *out,
                                               client_error *err);

/* Makes this device, whose home is empty, one of an existing account's: shows a
 * code, by `show`, and waits until one of the account's devices approves it
 * (client_device_approve). `server` is its address, or an invite link of it;
 * the account, how the server is known and its trust policy come from that
 * other device, which the code authenticates, as it authenticates this one to
 * it. out->words is NULL. Nothing of a half-done linking is lost: the same call
 * goes on with it. USAGE "bad-server"; REFUSED "code-expired", "linking-ended",
 * "manifest-conflict"; UNREACHABLE "linking-waits"; KEYS "certificate-changed",
 * "linking-disturbed". */
typedef void (*client_code_fn)(void *user, const char *code);
TACET_MUST_CHECK client_kind client_link(
    client *c, const char *server, const char *device_name, client_code_fn show,
    void *user, client_mem *mem, client_registration *out, client_error *err);

typedef struct client_device {
  const char *id;   /* 32 hex digits */
  const char *name; /* NULL where not known */
  bool this_one;
} client_device;
/* Adds the device that shows this code to the account, and puts it into every
 * conversation. `history`: what was said so far follows it, encrypted, in the
 * background; where that cannot be, a warning says so. USAGE "bad-code"
 * (mistyped); REFUSED "code-expired", "code-used", "nobody-waits",
 * "too-many-devices", "manifest-conflict"; FAILED "clock", "busy"; KEYS
 * "linking-disturbed". Whatever fails has changed nothing.
 */
TACET_MUST_CHECK client_kind client_device_approve(client *c, const char *code,
                                                   bool history,
                                                   client_mem *mem,
                                                   client_device *out,
                                                   client_error *err);
/* Takes a device, by name, id, or an id's beginning, off the account and out of
 * every conversation. USAGE "no-such-device", "ambiguous", "this-device";
 * REFUSED "manifest-conflict". */
TACET_MUST_CHECK client_kind client_device_remove(client *c, const char *device,
                                                  client_mem *mem,
                                                  client_device *out,
                                                  client_error *err);
TACET_MUST_CHECK client_kind client_devices(client *c, client_mem *mem,
                                            const client_device **list,
                                            size_t *n, client_error *err);

/* The 24 words, until they were confirmed; then REFUSED "recovery-erased". */
TACET_MUST_CHECK client_kind client_recovery_words(client *c, client_mem *mem,
                                                   const char **words,
                                                   client_error *err);
/* Are these the words of this account's recovery key, as its newest list of
 * devices names it? USAGE "wrong-words" if not; case and spacing do not matter.
 * It works after they were erased too. *held: they are still on this device. */
TACET_MUST_CHECK client_kind client_recovery_check(client *c, const char *words,
                                                   bool *held,
                                                   client_error *err);
/* The owner has written them down: checks them as above, then erases the
 * private key from the device. */
TACET_MUST_CHECK client_kind client_recovery_confirm(client *c,
                                                     const char *words,
                                                     client_error *err);

typedef struct client_recovering {
  const char *name;   /* or name@domain */
  const char *words;  /* the 24 words */
  const char *invite; /* a link of the server, which may be used up; or NULL */
  const char *server; /* else https://HOST[:PORT]; or NULL: the domain's */
  const char *device_name; /* or NULL */
  bool keep_devices;       /* those that the account has now stay in it */
} client_recovering;
typedef struct client_recovered {
  const char *handle, *account;
  size_t n_dropped; /* devices that are the account's no more */
} client_recovered;
/* Takes an account up again in a home that client_create() made: signs the next
 * list of devices with the words and publishes key packages. The same call
 * again goes on with what was broken off. The device is in no conversation
 * until other members take it in. USAGE: "wrong-words", "bad-invite",
 * "bad-server", "server-needed", "bad-handle"; REFUSED: "unknown-handle",
 * "account-deleted", "registered", "too-many-devices"; KEYS:
 * "certificate-changed", "certificate-untrusted", "keys-mismatch". */
TACET_MUST_CHECK client_kind client_recover(client *c,
                                            const client_recovering *in,
                                            client_mem *mem,
                                            client_recovered *out,
                                            client_error *err);

/* ---- backups ---- */

typedef struct client_backup_counts {
  size_t people; /* contacts, and who is blocked */
  size_t conversations, messages;
  size_t known; /* messages that were there already */
} client_backup_counts;
/* History, contacts, who was verified and blocked, and names, into an encrypted
 * file; nothing with which a device could go on. `path` is replaced whole or
 * not at all. USAGE "passphrase-needed", "is-folder"; FAILED "disk-full",
 * "unreadable-file", "busy". */
TACET_MUST_CHECK client_kind client_export(client *c, const char *path,
                                           tacet_span passphrase,
                                           client_backup_counts *out,
                                           client_error *err);
/* Takes all of it in, or nothing. What the home knows itself stays; doing it
 * twice changes nothing. *out counts what was new. USAGE "no-such-file",
 * "no-backup"; FAILED "wrong-passphrase", "damaged", "newer-version", "busy";
 * REFUSED "other-account"; KEYS "not-yours" (not made by one of this account's
 * devices). */
TACET_MUST_CHECK client_kind client_import(client *c, const char *path,
                                           tacet_span passphrase,
                                           client_backup_counts *out,
                                           client_error *err);

/* ---- the end ---- */

/* Tells the conversations (a last manifest without devices), erases the account
 * on the server, then the home. Asks nothing: the caller did. */
TACET_MUST_CHECK client_kind client_delete_account(client *c,
                                                   client_error *err);

/* ---- sending ---- */

typedef struct client_outgoing {
  const char *to;
  const char *text;         /* NULL: only attachments */
  const char *const *files; /* paths; read, encrypted and kept by the call */
  size_t n_files;
  const char *reply_to; /* message id, or NULL */
  uint64_t expires_ms;  /* from now; 0: never */
} client_outgoing;
#define CLIENT_GROUP_MAX 1024        /* devices of a group */
#define CLIENT_ADD_MAX 512           /* accounts added at once */
#define CLIENT_TEXT_MAX (256 * 1024) /* bytes of one message's text */
#define CLIENT_FILE_MAX ((uint64_t)100 * 1024 * 1024)
#define CLIENT_FILES_MAX 16

/* Puts the message into the outbox, durably, and gives its id; talks to no one.
 * A first message to somebody makes the conversation on the way out; answering
 * a request accepts it. USAGE: "no-such-conversation", "ambiguous",
 * "not-utf8", "too-long", "no-such-message"; FAILED: "file-too-large",
 * "unreadable-file", "disk-full"; REFUSED: "blocked", "not-member". */
TACET_MUST_CHECK client_kind client_send(client *c, const client_outgoing *m,
                                         client_mem *mem, const char **id,
                                         client_error *err);

typedef enum client_delivery {
  CLIENT_QUEUED, /* the server could not be reached yet */
  CLIENT_PARTLY, /* some recipients' mailboxes are gone: they do not get it */
  CLIENT_SENT    /* stored for every recipient */
} client_delivery;
/* Works on the outbox until the message is with the server, cannot be for now,
 * or timeout_ms is over (0: does not wait). UNREACHABLE is no failure here: it
 * gives QUEUED, and why in *err (with err->kind set). What can never be sent is
 * one: REFUSED "unknown-handle", KEYS "keys-changed", ... */
TACET_MUST_CHECK client_kind client_flush(client *c, const char *message_id,
                                          uint64_t timeout_ms,
                                          client_delivery *out,
                                          client_error *err);

/* ---- how sure it is whose keys these are ---- */

typedef enum client_trust {
  CLIENT_UNVERIFIED,  /* unchecked: the newest keys were not held against the
                         key log, or there is none */
  CLIENT_VERIFIED,    /* codes were compared */
  CLIENT_CHANGED,     /* two chains of keys claim this account, or the key log
                         does not have what the server gives: nothing is sent */
  CLIENT_TRANSPARENT, /* the key log has the newest keys that are known */
  CLIENT_RESET /* the handle passed to another account: nothing is sent */
} client_trust;

/* ---- receiving ---- */

typedef struct client_attachment {
  size_t index; /* in its message, for client_attachment_save() */
  const char *name, *type;
  uint64_t size;
  const char *path; /* where it was saved, or NULL */
} client_attachment;

/* One message, as an event or as history. */
typedef struct client_message {
  const char *id, *conversation;
  const char *group; /* its name; NULL for one to one */
  const char *from;  /* handle */
  const char *device;
  bool own;         /* written by this account */
  bool request;     /* in a conversation not accepted yet */
  bool notice;      /* from the account that the trust names for the operator's
                       notices, to this account alone; then no request. Its files
                       are "not-accepted" until it is answered. */
  uint64_t sent_at; /* by the sender's clock */
  uint64_t received_at;     /* by ours; when it was written, for an own one */
  uint64_t expires_at;      /* 0: never */
  uint64_t read_at;         /* when the first device of this account that did
                               showed it; 0: none did. Of an own one: sent_at */
  const char *text;         /* "" if there is none */
  const char *reply_to;     /* or NULL */
  client_delivery delivery; /* of an own one */
  const client_attachment *attachments;
  size_t n_attachments;
} client_message;

typedef enum client_event_type {
  CLIENT_EVENT_NONE,    /* nothing came in time */
  CLIENT_EVENT_FD,      /* the descriptor in the wait became readable */
  CLIENT_EVENT_MESSAGE, /* .message */
  CLIENT_EVENT_GROUP,   /* .group: created, added, removed, left, renamed */
  CLIENT_EVENT_REQUEST, /* .request: first letter of a stranger */
  CLIENT_EVENT_WARNING, /* .warning */
  CLIENT_EVENT_READ,    /* .read */
  CLIENT_EVENT_HISTORY  /* .history */
} client_event_type;

typedef struct client_event {
  client_event_type type;
  const char *id;
  const char *conversation; /* NULL where there is none */
  client_trust trust; /* MESSAGE, REQUEST: in whom it is from; VERIFIED for
                         oneself */
  union {
    client_message message;
    struct {
      const char *action; /* "created", "added", "removed", "left", "renamed" */
      const char *name;   /* of the group, after it */
      const char *by;     /* handle */
      const char *const *members; /* whom the action is about */
      size_t n_members;
    } group;
    struct {
      const char *from;  /* handle */
      const char *group; /* name, if it is an invitation to one; else NULL */
    } request;
    struct {
      const char *code; /* "gap", "undecryptable", "made-anew", ... */
      const char *text; /* one sentence with a next step */
    } warning;
    struct { /* another device of this account has shown them */
      const char *const *messages; /* ids; all of .conversation */
      size_t n_messages;
    } read;
    struct { /* what was said before has followed this device */
      size_t n_conversations, n_messages;
    } history;
  } u;
} client_event;

typedef struct client_wait {
  uint64_t timeout_ms; /* 0: only what is there; CLIENT_FOREVER */
  int fd;              /* wakes up for it too (a terminal); -1: none */
} client_wait;
#define CLIENT_FOREVER UINT64_MAX

/* The oldest event not marked done. Syncs (or lets the syncing process do it)
 * until there is one; even timeout 0 asks the server once for what has come.
 * The event is durable and comes again, with the same id, until
 * client_event_done(): print it, flush, then mark it. Not reaching the server
 * is UNREACHABLE only once what is stored has been given out, and with
 * CLIENT_FOREVER never: it then reconnects by itself. */
TACET_MUST_CHECK client_kind client_next_event(client *c,
                                               const client_wait *wait,
                                               client_mem *mem,
                                               client_event *out,
                                               client_error *err);
/* It was shown. A message is read then, and the account's other devices are
 * told; there it comes as an event all the same, with its read_at set. */
TACET_MUST_CHECK client_kind client_event_done(client *c, const char *id,
                                               client_error *err);
/* As client_next_event(), but of one conversation: what a chat window shows.
 * Others' events stay for the next `receive`. */
TACET_MUST_CHECK client_kind client_next_event_of(client *c, const char *to,
                                                  const client_wait *wait,
                                                  client_mem *mem,
                                                  client_event *out,
                                                  client_error *err);

/* Fetches, checks and decrypts one attachment into folder `dir` (made if need
 * be), under its name freed of slashes, control characters and leading dots; a
 * name that is taken gets " (2)" and so on. A broken download goes on where it
 * stopped. The path is remembered. REFUSED "not-accepted" for one of a request,
 * "expired" if the server has it no more; KEYS "attachment-damaged". */
TACET_MUST_CHECK client_kind client_attachment_save(
    client *c, const char *message_id, size_t index, const char *dir,
    client_mem *mem, const char **path, client_error *err);

/* The last `limit` messages of a conversation, oldest first (0: all). */
TACET_MUST_CHECK client_kind client_history(client *c, const char *to,
                                            size_t limit, client_mem *mem,
                                            const client_message **list,
                                            size_t *n, client_error *err);

/* ---- groups ---- */

typedef struct client_member {
  const char *handle;
  const char *account;
  bool admin, self, verified;
  client_trust trust;
  uint64_t reset_until; /* RESET: when that ends, ms; else 0 */
} client_member;

typedef struct client_group {
  const char *conversation;
  const char *name;
  bool request; /* not accepted yet */
  bool left;    /* left, or removed from it */
  uint64_t epoch;
  const client_member *members;
  size_t n_members;
} client_group;

/* Each of these is recorded first, then carried out, and returns when the
 * change is in force. If the server cannot be reached it stays recorded and is
 * carried out by the next sync; the call then returns OK with *queued true. A
 * change that the group forbids is REFUSED "not-admin" or "not-member"; a lost
 * race is tried again by itself. */
TACET_MUST_CHECK client_kind
client_group_create(client *c, const char *name, const char *const *handles,
                    size_t n_handles, client_mem *mem,
                    const char **conversation, bool *queued, client_error *err);
TACET_MUST_CHECK client_kind client_group_add(client *c, const char *group,
                                              const char *const *handles,
                                              size_t n_handles, bool *queued,
                                              client_error *err);
TACET_MUST_CHECK client_kind client_group_remove(client *c, const char *group,
                                                 const char *const *handles,
                                                 size_t n_handles, bool *queued,
                                                 client_error *err);
TACET_MUST_CHECK client_kind client_group_leave(client *c, const char *group,
                                                bool *queued,
                                                client_error *err);
TACET_MUST_CHECK client_kind client_group_rename(client *c, const char *group,
                                                 const char *name, bool *queued,
                                                 client_error *err);
/* Members are given too. */
TACET_MUST_CHECK client_kind client_groups(client *c, client_mem *mem,
                                           const client_group **list, size_t *n,
                                           client_error *err);
TACET_MUST_CHECK client_kind client_group_show(client *c, const char *group,
                                               client_mem *mem,
                                               client_group *out,
                                               client_error *err);

/* ---- people ---- */

typedef struct client_request {
  const char *from;  /* handle */
  const char *group; /* name, for an invitation to a group; else NULL */
  const char *conversation;
  uint64_t received_at;
  size_t n_messages;
} client_request;
TACET_MUST_CHECK client_kind client_requests(client *c, client_mem *mem,
                                             const client_request **list,
                                             size_t *n, client_error *err);
/* `who` is a handle, or the name or id of a group one was invited to. */
TACET_MUST_CHECK client_kind client_request_accept(client *c, const char *who,
                                                   client_error *err);
/* Deletes what came and the mailbox it came to; the sender is told nothing. */
TACET_MUST_CHECK client_kind client_request_refuse(client *c, const char *who,
                                                   client_error *err);

typedef struct client_contact {
  const char *handle, *account;
  client_trust trust;
  bool blocked;
  bool deleted; /* the account is no more */
  size_t n_devices;
  uint64_t reset_until; /* RESET: when that ends, ms; else 0 */
} client_contact;
TACET_MUST_CHECK client_kind client_contacts(client *c, client_mem *mem,
                                             const client_contact **list,
                                             size_t *n, client_error *err);
/* ---- the key log ---- */

TACET_MUST_CHECK client_kind client_keylog_get(client *c, client_mem *mem,
                                               client_keylog_state *out,
                                               client_error *err);

/* A head of the log that somebody's device has told, inside a message. */
typedef struct client_told {
  const char *from, *device;
  uint64_t size;
  const char *root;  /* hex */
  const char *state; /* "waits", "fits", "unknown-log", "contradicts" */
  uint64_t heard_at;
} client_told;
TACET_MUST_CHECK client_kind client_gossip_get(client *c, client_mem *mem,
                                               const client_told **list,
                                               size_t *n, client_error *err);

/* One list of an account's devices, against the one before. */
typedef struct client_log_entry {
  uint32_t number;
  uint64_t seen;  /* the day under which the log was first seen to have it, at
                     its begin; 0: not seen */
  const char *by; /* id of the device that signed it; NULL: the recovery key */
  bool by_recovery_key, new_words, erased;
  const char *const *added; /* ids of devices */
  size_t n_added;
  const char *const *removed;
  size_t n_removed;
} client_log_entry;
typedef struct client_log_history {
  const char *handle, *account;
  client_trust trust;
  uint64_t checked_at;  /* when it was last looked up with proofs; 0: never */
  bool accounts_before; /* the handle was another account's before, or was
                           for a while */
  uint64_t reset_until; /* RESET: when that ends, ms; else 0 */
  const client_log_entry *entries; /* the oldest first */
  size_t n_entries;
} client_log_history;
/* The handle may be one's own. Looks up an unknown one. */
TACET_MUST_CHECK client_kind client_log_get(client *c, const char *handle,
                                            client_mem *mem,
                                            client_log_history *out,
                                            client_error *err);

/* What an invite link would have one believe of this server's log. USAGE
 * "bad-invite", "other-server". */
typedef struct client_trust_change {
  bool same;    /* it is what is believed already */
  bool forgets; /* what was seen so far is forgotten: it is another log, or
                   something did not check out */
  const char *log, *policy, *quorum;
  uint64_t max_age_ms;
  const char *notices, *notices_from; /* as in client_keylog_state */
} client_trust_change;
TACET_MUST_CHECK client_kind client_trust_compare(client *c, const char *link,
                                                  client_mem *mem,
                                                  client_trust_change *out,
                                                  client_error *err);
/* Believes it from now on. Asks nothing: the caller did. */
TACET_MUST_CHECK client_kind client_trust_accept(client *c, const char *link,
                                                 bool *forgets,
                                                 client_error *err);

/* Hears nothing more of them; deletes the mailboxes they know. */
TACET_MUST_CHECK client_kind client_block(client *c, const char *handle,
                                          client_error *err);
/* Hears them again: what they write from now on, nothing of what they wrote
 * meanwhile. Works until the new mailboxes are announced. *queued: the server
 * could not be reached; it happens with the first call that reaches it, and
 * until then they are blocked. */
TACET_MUST_CHECK client_kind client_unblock(client *c, const char *handle,
                                            bool *queued, client_error *err);

/* Takes the own handle back from the account that it was given to. REFUSED
 * "no-reset", "too-late", "manifest-conflict". */
TACET_MUST_CHECK client_kind client_recovery_veto(client *c, client_error *err);

typedef struct client_code {
  char digits[72];  /* "12345 67890 ...": 12 groups of 5, the same on both sides
                     */
  char qr_text[64]; /* what a QR code holds */
  client_trust trust;
} client_code;
/* Over the two account ids; of a handle that waits after a reset, over the new
 * account's. Looks an unknown handle up. */
TACET_MUST_CHECK client_kind client_code_get(client *c, const char *handle,
                                             client_code *out,
                                             client_error *err);
/* Ends the wait after a reset. `code`: digits (spacing does not matter) or a
 * qr_text, compared first; a difference is KEYS "code-differs"; digits, but not
 * 60 of them, are USAGE "code-length". NULL: the caller compared by eye. */
TACET_MUST_CHECK client_kind client_verify(client *c, const char *handle,
                                           const char *code, client_error *err);

#ifdef __cplusplus
}
#endif
#endif
