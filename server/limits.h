/* SPDX-License-Identifier: Apache-2.0
 * server/limits.h -- every limit of the server, each a number with its reason.
 *
 * Sizes are bytes, times are what their name ends in. What a client can hit is
 * answered with a code of include/tacet/wire/errors.h. A limit that an operator
 * may want to move is a key of tacetd.conf(5), and here is its default. What a
 * jump of the clock is, storage/clock.h says; how long a head may be,
 * net/http.h.
 */
#ifndef TACETD_LIMITS_H
#define TACETD_LIMITS_H

#define TACETD_KIB(n) ((n)*1024)
#define TACETD_MIB(n) ((n)*1024 * 1024)

/* ---- items and sending ---- */

/* An item: the largest bucket of the envelope's padding. What is larger is a
 * blob, so that one send never holds much of the writer's time. */
#define TACETD_ITEM_MAX TACETD_KIB(64)
/* Recipients of one send: a group of 1,000 devices with room for a few more. */
#define TACETD_SEND_RECIPIENTS_MAX 1024
/* Item times recipients: what one request may put on the disk. */
#define TACETD_SEND_BYTES_MAX TACETD_MIB(16)
/* Recipients of an ephemeral send are those of a durable one. It is dropped
 * for a reader that has more than this waiting: it is worth nothing late. */
#define TACETD_EPHEMERAL_BACKLOG_MAX TACETD_KIB(256)

/* ---- mailboxes ---- */

/* One token pays for a batch, so that thirty key packages cost one. */
#define TACETD_MAILBOX_BATCH_MAX 64
/* A month of a lively group; then the sender is told `full`. */
#define TACETD_MAILBOX_ITEMS_MAX 5000
#define TACETD_MAILBOX_BYTES_MAX TACETD_MIB(64)
/* Until its owner has read from it once, a mailbox takes a first letter and a
 * little: a published capability is not a place to store things. */
#define TACETD_MAILBOX_UNREAD_ITEMS_MAX 64
#define TACETD_MAILBOX_UNREAD_BYTES_MAX TACETD_MIB(1)
/* A mailbox that nobody reads is dropped with what is in it. */
#define TACETD_MAILBOX_UNREAD_DAYS 100
#define TACETD_ITEM_DAYS 30
/* The capability before this one, for those who have not heard of the new. */
#define TACETD_STALE_CAPABILITY_DAYS 7
#define TACETD_STALE_CAPABILITY_ITEMS_MAX 64
/* Sealing: one HPKE encapsulation serves this many items or this long. */
#define TACETD_SEALING_ITEMS_MAX 256
#define TACETD_SEALING_SECONDS 600

/* ---- slots ---- */

/* A blank-tree commit in a group of 1,000 is 1.2 MB. */
#define TACETD_SLOT_BODY_MAX TACETD_MIB(2)
/* Above this a slot costs a token, since it is stored for five weeks. */
#define TACETD_SLOT_FREE_MAX TACETD_KIB(64)
#define TACETD_SLOT_BODY_DAYS 35
/* The hash of a name outlives its body, so that no slot is won twice. */
#define TACETD_SLOT_NAME_DAYS 400
/* Claims an hour that one capability pays for; then each costs a token. */
#define TACETD_SLOT_CLAIMS_PER_HOUR 60
/* Slots read by one request: their bodies must fit one answer. */
#define TACETD_SLOT_READ_MAX 16
#define TACETD_SLOT_READ_BYTES_MAX TACETD_MIB(4)

/* ---- blobs ---- */

/* A file of 100 MiB with the padding and the tags that encryption adds. */
#define TACETD_BLOB_MAX TACETD_MIB(104)
/* One token for each. */
#define TACETD_BLOB_BYTES_PER_TOKEN TACETD_MIB(8)
/* One piece of an upload and of a download: what a loop holds in memory for
 * one request, and what a lost connection costs. */
#define TACETD_BLOB_PIECE_MAX TACETD_MIB(1)
#define TACETD_BLOB_DAYS 45
/* An upload that is not finished by then is dropped. */
#define TACETD_BLOB_UNFINISHED_DAYS 2

/* ---- directory ---- */

/* 1-32 of a-z 0-9 . _ -, not starting or ending with punctuation. */
#define TACETD_HANDLE_MAX 32
#define TACETD_DEVICES_MAX 16
#define TACETD_MANIFEST_MAX TACETD_KIB(16)
/* Manifests in one answer to a look-up; the rest on asking again. */
#define TACETD_LOOKUP_MANIFESTS_MAX 64
/* An X-Wing key package has about 3 KiB; room for extensions. */
#define TACETD_KEY_PACKAGE_MAX TACETD_KIB(8)
/* 100 for an account that draws strangers, and the last-resort one. */
#define TACETD_KEY_PACKAGES_PER_DEVICE_MAX 101
#define TACETD_KEY_PACKAGES_PER_PUT_MAX 101
#define TACETD_KEY_PACKAGE_DAYS 60
/* Claims an hour of one account; then strangers get the last-resort package,
 * so that nobody empties somebody's shelf. */
#define TACETD_CLAIMS_PER_ACCOUNT_HOUR 60
/* A handle that passed to a new account can be taken back through the third day
 * after the one on which the log shows it: for 72 hours at least. Clients count
 * the same days (docs/protocol/reset.md). */
#define TACETD_RESET_VETO_DAYS 3
/* Changes of its devices an hour by one account: each stays in the key log for
 * good. */
#define TACETD_CHANGES_PER_ACCOUNT_HOUR 120
#define TACETD_LOOKUPS_PER_ADDRESS_HOUR 30

/* ---- tokens ---- */

#define TACETD_TOKEN_BATCH_MAX 64
/* What a device needs for a busy day: 1,024 first letters, 192 batches of
 * mailboxes or 1.5 GiB of uploads. */
#define TACETD_TOKENS_DIRECTORY_PER_DAY 1024
#define TACETD_TOKENS_DELIVERY_PER_DAY 192
/* Where anybody can make accounts they cost nothing, so they get little. */
#define TACETD_TOKENS_OPEN_PER_DAY 64
#define TACETD_TOKEN_KEY_DAYS 7
#define TACETD_TOKEN_GRACE_DAYS 7

/* ---- invites ---- */

#define TACETD_INVITE_DAYS 7 /* how long a link works unless told otherwise */
#define TACETD_INVITE_DAYS_MAX 365
#define TACETD_INVITE_USES_MAX 10000

/* ---- nonces of signed requests ---- */

#define TACETD_NONCE_SECONDS 60
/* 16 bytes and a time each: 100,000 are some 4 MB, and 1,600 a second. Above
 * it the oldest go. */
#define TACETD_NONCES_MAX 100000

/* ---- receiving ---- */

/* Mailboxes of one connection, and of one subscribe frame. 4,096 are some
 * 160 KB of memory, ten idle connections' worth. */
#define TACETD_SUBSCRIBE_MAX 4096
#define TACETD_SUBSCRIBE_BATCH_MAX 256
/* Not acknowledged items in flight to one connection: the credit window. */
#define TACETD_CREDIT_MAX 256
/* Bytes that wait in memory for one slow reader; what is more waits on disk. */
#define TACETD_SESSION_BACKLOG_MAX TACETD_KIB(512)
/* A ticket spares a flaky link its 4,096 secrets. In memory only. */
#define TACETD_RESUME_SECONDS 300
#define TACETD_RESUME_TICKETS_MAX 20000
#define TACETD_RESUME_MAILBOXES_MAX 500000 /* of all of them: 20 MB */
/* One frame from a client: a full subscribe. */
#define TACETD_WS_FRAME_MAX TACETD_KIB(64)
/* NATs forget a TCP flow after some minutes. Who does not answer for as long
 * again is gone. */
#define TACETD_PING_SECONDS 120
/* Pings and pongs of one connection: some clients ask every few seconds, and
 * each is answered with a record of its own. */
#define TACETD_CONTROLS_PER_SECOND 20
/* A frame must be whole in twice TACETD_BODY_SECONDS; SUBSCRIBE and RESUME
 * count as requests of their address. */

/* ---- connections ---- */

/* Open connections: 19 KB each, so 10,000 are 190 MB with the kernel's. */
#define TACETD_CONNECTIONS_MAX 10000
/* From one address: a family behind one router, or a small office. */
#define TACETD_CONNECTIONS_PER_ADDRESS_MAX 256
/* From the first byte to the end of TLS and of the request's head. */
#define TACETD_HANDSHAKE_SECONDS 10
#define TACETD_HEAD_SECONDS 10
/* Each 64 KiB of a body must come, and of an answer be taken, in this time: 4
 * KB/s, the worst of mobile links. Less is somebody who holds a connection. */
#define TACETD_BODY_SECONDS 15
#define TACETD_WRITE_SECONDS 15
#define TACETD_IDLE_SECONDS 60 /* between two requests of one connection */
/* A refused request's body is read and dropped up to here, so that the client
 * sees the answer; a longer one is cut off. */
#define TACETD_DISCARD_MAX TACETD_MIB(4)
/* What all connections' bodies may hold together; then new ones get 503. */
#define TACETD_BODIES_MAX TACETD_MIB(256)

/* ---- rates: requests of one address, v4 /32 and v6 /64 ---- */

/* Whole addresses share these, so they are what a crowd behind one router
 * needs; the durable quotas are per account, by tokens. */
#define TACETD_RATE_REQUESTS_PER_SECOND 200
/* At once: ten seconds' worth, for a client that comes back after a while. */
#define TACETD_RATE_BURST_SECONDS 10
/* Making an account is rare, and each try costs a signature check. */
#define TACETD_RATE_REGISTER_PER_HOUR 60
/* Addresses remembered. A stranger with a /32 of v6 has 2^32 of them: above
 * this the ones seen longest ago are forgotten. */
#define TACETD_RATE_ADDRESSES_MAX 65536

/* ---- statements of the operator in the key log ---- */

/* Left for the server and not taken yet. It takes as many in a second; more
 * come from a loop that went wrong, and the log is never shortened. */
#define TACETD_STATEMENTS_WAITING_MAX 256

/* ---- overload ---- */

/* Jobs that wait for the writer: half a second of its work. Then 503. */
#define TACETD_WRITER_QUEUE_MAX 8192
#define TACETD_WRITER_QUEUE_BYTES_MAX TACETD_MIB(128)
#define TACETD_RETRY_AFTER_SECONDS 2
/* Free disk below which nothing new is stored, so that those who read and
 * delete still can. A key of tacetd.conf. */
#define TACETD_DISK_RESERVE TACETD_MIB(256)
/* How long a graceful stop waits for requests under way. */
#define TACETD_DRAIN_SECONDS 20

#endif
