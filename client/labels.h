/* SPDX-License-Identifier: Apache-2.0
 * client/labels.h -- what the key log was seen to have of each handle: its
 * greatest version, and when it was looked at. A later look has to fit.
 */
#ifndef TACET_CLIENT_LABELS_H
#define TACET_CLIENT_LABELS_H

#include "client/core.h"
#include "tacet/keytrans/keylog.h"
#include "tacet/keytrans/manifest.h"

/* NOT_FOUND where the handle was never looked at with a proof. */
TACET_MUST_CHECK tacet_err client_label_get(client *c, const char *handle,
                                            client_mem *mem, client_label *out);
/* Does what the log has now fit what it had? A greater version only later in
 * the log, the same one only with the same content, an account's manifests in
 * their numbers; it may have lost the handle for a while, by a reset, and may
 * pass it to another account. AUTH if not. `before` NULL: nothing was seen. */
TACET_MUST_CHECK tacet_err client_label_fits(const client_label *before,
                                             const tacet_manifest *newest,
                                             const tacet_keylog_answer *now);
/* Remembers it, under that head, and that all is well; the next check comes at
 * a time of its own. Says what there is to say of a reset (client/reset.h).
 * Within a transaction, like the next. */
TACET_MUST_CHECK tacet_err client_label_keep(client *c,
                                             const tacet_manifest *newest,
                                             const tacet_keylog_answer *now,
                                             const tacet_keylog_head *head);
TACET_MUST_CHECK tacet_err client_label_save(client *c, client_label *l);
/* The next look is in a day: the last one came to nothing. Within a
 * transaction, like the next. */
TACET_MUST_CHECK tacet_err client_label_put_off(client *c, const char *handle);
/* What does not check out about a handle: told, and remembered until it does
 * again. */
TACET_MUST_CHECK tacet_err client_label_alarm(client *c, const char *handle,
                                              const char *code,
                                              const char *text);
/* KEYS as it was found, where something was. */
TACET_MUST_CHECK tacet_err client_label_is_well(client *c, const char *handle);
/* The begin of the day, ms, under which the log was first seen to have the
 * manifest of that number; 0 where that was not seen. */
uint64_t client_label_first_seen(const client_label *l, uint32_t number);
/* Was the newest manifest that is known of this account seen in the log? */
TACET_MUST_CHECK tacet_err client_label_covers(client *c, const char *handle,
                                               tacet_span account,
                                               uint32_t number, bool *out);

#endif
