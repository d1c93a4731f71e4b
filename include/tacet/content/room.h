/* SPDX-License-Identifier: Apache-2.0
 * tacet/content/room.h -- what our groups say about themselves and their
 * members: credentials, addresses, rules.
 */
#ifndef TACET_CONTENT_ROOM_H
#define TACET_CONTENT_ROOM_H

#include "tacet/base.h"
#include "tacet/codec.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Private-use extension types (RFC 9420 17.3). */
#define TACET_EXTENSION_DELIVERY 0xF0A1 /* leaf node */
#define TACET_EXTENSION_ROOM 0xF0A2     /* GroupContext */
#define TACET_EXTENSION_RETURN 0xF0A3   /* GroupContext of a call for help */

#define TACET_CONVERSATION_ID_LEN 32
#define TACET_ROOM_NAME_MAX 128 /* bytes of UTF-8 */
#define TACET_ROOM_ADMINS_MAX 64
#define TACET_SERVER_MAX 253

/* Identity of a leaf's basic credential: 52 bytes.
 *   struct { opaque account_id[32]; opaque device_id[16];
 *            uint32 manifest_number; } Identity; */
typedef struct tacet_identity {
  uint8_t account[32], device[16];
  uint32_t manifest;
} tacet_identity;
#define TACET_IDENTITY_LEN 52
void tacet_identity_write(tacet_buf *w, const tacet_identity *i);
TACET_MUST_CHECK tacet_err tacet_identity_parse(tacet_span in,
                                                tacet_identity *out);

/* tacet_delivery, where a leaf is written to.
 *   struct { opaque server<V>; opaque mailbox[16]; opaque capability[32];
 *            opaque sealing_key[32]; } Delivery;
 * server: the domain; a version 1 client refuses any but its own. */
typedef struct tacet_address {
  tacet_span server;
  uint8_t mailbox[16], capability[32], sealing_key[32];
} tacet_address;
void tacet_address_write(tacet_buf *w, const tacet_address *a);
TACET_MUST_CHECK tacet_err tacet_address_parse(tacet_span in,
                                               tacet_address *out);

/* tacet_room.
 *   enum { pair(1), group(2), self(3) } RoomKind;
 *   struct { RoomKind kind; opaque conversation[32]; opaque name<V>;
 *            opaque admins<V>; opaque slot_server<V>; } Room;
 * admins: account ids by ascending order; a pair has none. */
typedef enum tacet_room_kind {
  TACET_ROOM_PAIR = 1,
  TACET_ROOM_GROUP = 2,
  TACET_ROOM_SELF = 3
} tacet_room_kind;
typedef struct tacet_room {
  tacet_room_kind kind;
  uint8_t conversation[TACET_CONVERSATION_ID_LEN];
  tacet_span name;
  tacet_span admins; /* n * 32 bytes */
  tacet_span slot_server;
} tacet_room;
void tacet_room_write(tacet_buf *w, const tacet_room *m);
TACET_MUST_CHECK tacet_err tacet_room_parse(tacet_span in, tacet_room *out);
bool tacet_room_is_admin(const tacet_room *r, const uint8_t account[32]);

/* Of two people: SHA-256("Tacet 1.0 conversation" || smaller id || larger). */
TACET_MUST_CHECK tacet_err tacet_conversation_pair(const uint8_t a[32],
                                                   const uint8_t b[32],
                                                   uint8_t out[32]);
/* MLS group id of a successor: SHA-256("Tacet 1.0 successor" || conversation ||
 * opaque epoch_authenticator<V> || creator's account id). Nobody can grind it. */
TACET_MUST_CHECK tacet_err tacet_successor_id(const uint8_t conversation[32],
                                              tacet_span epoch_authenticator,
                                              const uint8_t creator[32],
                                              uint8_t out[32]);

#ifdef __cplusplus
}
#endif
#endif
