/* SPDX-License-Identifier: Apache-2.0
 * client/members.h -- who is in a group: leaves read as accounts, devices and
 * addresses.
 */
#ifndef TACET_CLIENT_MEMBERS_H
#define TACET_CLIENT_MEMBERS_H

#include "client/session.h"
#include "tacet/content/room.h"

typedef struct client_leaf {
  uint32_t index;
  tacet_identity who;
  tacet_address address;
  tacet_span signature_key; /* in the group, like the spans of address */
} client_leaf;

/* CREDENTIAL or LEAF if it is not one of ours: its identity, its address, or an
 * address on another server. The same at every member. */
TACET_MUST_CHECK tacet_err client_leaf_read(client *c,
                                            const tacet_mls_member *m,
                                            client_leaf *out);
/* All of a group, in the order of the tree. */
TACET_MUST_CHECK tacet_err client_leaves(client *c, const tacet_mls_group *g,
                                         client_mem *mem, client_leaf **list,
                                         size_t *n);
/* Is the device's key in the manifest that the leaf names? NOT_FOUND: that
 * manifest is not known here. */
TACET_MUST_CHECK tacet_err client_leaf_check(client *c, const client_leaf *l);

/* The room that a list of GroupContext extensions describes. */
TACET_MUST_CHECK tacet_err client_room_read(client *c, tacet_span extensions,
                                            tacet_room *out);
TACET_MUST_CHECK tacet_err client_room_of(client *c, const client_session *s,
                                          tacet_room *out);
/* The list with that room in place of the one it has. */
TACET_MUST_CHECK tacet_err client_room_extensions(const tacet_room *room,
                                                  client_mem *mem,
                                                  tacet_span *out);

bool client_is_device(const client_leaf *l, const client_leaver *who);
bool client_is_leaving(const client_group_record *r, const uint8_t *account);
/* Every leaf but those of this device and of accounts that leave: where things
 * are sent to. `everybody`: leaving ones too. */
TACET_MUST_CHECK tacet_err client_recipients(client *c, client_session *s,
                                             bool everybody, client_mem *mem,
                                             client_recipient **list,
                                             size_t *n);
/* The accounts that are in, each once, without those that leave. */
TACET_MUST_CHECK tacet_err client_accounts(client *c, client_session *s,
                                           client_mem *mem,
                                           uint8_t (**list)[CLIENT_ID_LEN],
                                           size_t *n);
/* Is it a device that the newest manifest known here does not list? Such a leaf
 * makes no commit or letter invalid, since others may not know that manifest
 * yet; but nothing is sent until it is removed, which every commit of this
 * device does. Never one's own. */
TACET_MUST_CHECK tacet_err client_leaf_is_stale(client *c,
                                                const client_session *s,
                                                const client_leaf *l,
                                                bool *out);
/* Is there such a leaf? */
TACET_MUST_CHECK tacet_err client_members_are_stale(client *c,
                                                    client_session *s,
                                                    bool *out);
/* Accounts that came into the group (NULL: all that are in it): told are those
 * with a stale device, whose removal is set about, and those that lack one of
 * their devices. Within a transaction. */
TACET_MUST_CHECK tacet_err client_members_compare(
    client *c, client_session *s, uint8_t (*accounts)[CLIENT_ID_LEN], size_t n);
/* Keeps who is in a group that comes to its end, and tells whether somebody was
 * in one that has: only they may invite into it again (POLICY), whoever else
 * knows its id. */
TACET_MUST_CHECK tacet_err client_members_remember(client *c,
                                                   client_session *s);
/* The same for a group that this device is in no more, or never was. */
TACET_MUST_CHECK tacet_err client_members_remember_list(
    client *c, const uint8_t *talk, uint8_t (*list)[CLIENT_ID_LEN], size_t n);
/* Who is in a conversation's group, or was when it ended; none where nothing is
 * known. */
TACET_MUST_CHECK tacet_err client_members_known(client *c, const client_talk *t,
                                                client_mem *mem,
                                                uint8_t (**list)[CLIENT_ID_LEN],
                                                size_t *n);
TACET_MUST_CHECK tacet_err client_may_invite_again(client *c,
                                                   const client_talk *t,
                                                   const uint8_t *account);
/* KEYS where somebody in the group has two chains of keys: nothing is sent. */
TACET_MUST_CHECK tacet_err client_members_may_hear(client *c,
                                                   client_session *s);

#endif
