/* SPDX-License-Identifier: Apache-2.0
 * The fields of each record, in the order in which they are stored. */
#include "client/records.h"

#define ARRAY(f, list, n)                                                      \
  ((list) = client_field_array((f), (list), &(n), sizeof(*(list))))

void client_self_fields(client_fields *f, void *record) {
  client_self *r = record;
  client_field_version(f, 1);
  client_field_u8(f, &r->stage);
  client_field_text(f, &r->handle);
  client_field_text(f, &r->domain);
  client_field_text(f, &r->device_name);
  client_field_fixed(f, r->account, sizeof(r->account));
  client_field_fixed(f, r->device, sizeof(r->device));
  client_field_secret(f, &r->device_key);
  client_field_fixed(f, r->device_public, sizeof(r->device_public));
  client_field_secret(f, &r->recovery_key);
  client_field_fixed(f, r->recovery_public, sizeof(r->recovery_public));
}

void client_server_fields(client_fields *f, void *record) {
  client_server_record *r = record;
  client_field_version(f, 1);
  client_field_text(f, &r->url);
  client_field_bool(f, &r->has_pin);
  client_field_fixed(f, r->pin, sizeof(r->pin));
  client_field_span(f, &r->trust);
  client_field_span(f, &r->invite_token);
}

void client_keylog_fields(client_fields *f, void *record) {
  client_keylog_record *r = record;
  client_field_version(f, 1);
  client_field_u64(f, &r->size);
  client_field_fixed(f, r->root, sizeof(r->root));
  client_field_span(f, &r->head);
  client_field_u64(f, &r->head_from);
  client_field_u32(f, &r->day);
  client_field_u32(f, &r->n_witnesses);
  client_field_u64(f, &r->witnessed);
  client_field_u64(f, &r->checked_at);
  client_field_u64(f, &r->next_self);
  client_field_u64(f, &r->missing_since);
  client_field_bool(f, &r->missing_told);
  client_field_text(f, &r->alarm_code);
  client_field_text(f, &r->alarm_text);
  client_field_span(f, &r->heads);
  for (size_t i = 0; i < CLIENT_PAST_HEADS; i++) {
    client_field_u64(f, &r->past_size[i]);
    client_field_u64(f, &r->past_at[i]);
  }
}

void client_label_fields(client_fields *f, void *record) {
  client_label *r = record;
  client_field_version(f, 1);
  client_field_text(f, &r->handle);
  client_field_fixed(f, r->account, sizeof(r->account));
  client_field_u32(f, &r->number);
  client_field_u32(f, &r->version);
  client_field_fixed(f, r->key, sizeof(r->key));
  client_field_fixed(f, r->value, sizeof(r->value));
  client_field_u64(f, &r->checked_at);
  client_field_u64(f, &r->next_check);
  ARRAY(f, r->seen, r->n_seen);
  for (size_t i = 0; i < r->n_seen; i++) {
    client_field_u32(f, &r->seen[i].version);
    client_field_u32(f, &r->seen[i].day);
    client_field_u64(f, &r->seen[i].index);
  }
  client_field_text(f, &r->alarm_code);
  client_field_text(f, &r->alarm_text);
  client_field_u64(f, &r->reset_until);
  client_field_bool(f, &r->has_was);
  client_field_fixed(f, r->was, sizeof(r->was));
}

void client_gossip_fields(client_fields *f, void *record) {
  client_gossip *r = record;
  client_field_version(f, 1);
  client_field_fixed(f, r->account, sizeof(r->account));
  client_field_fixed(f, r->device, sizeof(r->device));
  client_field_u64(f, &r->size);
  client_field_fixed(f, r->root, sizeof(r->root));
  client_field_fixed(f, r->signature, sizeof(r->signature));
  client_field_u64(f, &r->heard_at);
  client_field_u8(f, &r->state);
}

void client_upkeep_fields(client_fields *f, void *record) {
  client_upkeep *r = record;
  client_field_version(f, 1);
  client_field_u64(f, &r->last_sync);
  client_field_u64(f, &r->next_packages);
  client_field_u64(f, &r->next_last_resort);
  client_field_u64(f, &r->next_draw[0]);
  client_field_u64(f, &r->next_draw[1]);
  client_field_u64(f, &r->next_sweep);
  client_field_u32(f, &r->n_packages);
  client_field_u64(f, &r->stopped);
  client_field_u64(f, &r->letters_day);
  client_field_u64(f, &r->letters_bytes);
}

void client_person_fields(client_fields *f, void *record) {
  client_person *r = record;
  client_field_version(f, 1);
  client_field_fixed(f, r->account, sizeof(r->account));
  client_field_text(f, &r->handle);
  client_field_u32(f, &r->number);
  client_field_bool(f, &r->confirmed);
  client_field_bool(f, &r->accepted);
  client_field_bool(f, &r->blocked);
  client_field_bool(f, &r->verified);
  client_field_bool(f, &r->forked);
  client_field_bool(f, &r->erased);
  client_field_bool(f, &r->replaced);
  client_field_u64(f, &r->met_at);
}

void client_token_fields(client_fields *f, void *record) {
  client_token *r = record;
  client_field_version(f, 1);
  client_field_span(f, &r->bytes);
  client_field_u64(f, &r->drawn_day);
  client_field_u64(f, &r->expires);
}

void client_mailbox_fields(client_fields *f, void *record) {
  client_mailbox *r = record;
  client_field_version(f, 1);
  client_field_fixed(f, r->id, sizeof(r->id));
  client_field_u8(f, &r->use);
  client_field_secret(f, &r->read);
  client_field_secret(f, &r->capability);
  client_field_secret(f, &r->sealing);
  client_field_secret(f, &r->next_capability);
  client_field_fixed(f, r->sealing_public, sizeof(r->sealing_public));
  client_field_span(f, &r->package);
  client_field_span(f, &r->group);
  client_field_u64(f, &r->seen);
  client_field_u64(f, &r->until);
  client_field_u64(f, &r->made_at);
  client_field_bool(f, &r->last_resort);
  client_field_bool(f, &r->paid);
}

void client_package_fields(client_fields *f, void *record) {
  client_package *r = record;
  client_field_version(f, 1);
  client_field_span(f, &r->message);
  client_field_span(f, &r->keys);
  client_field_fixed(f, r->mailbox, sizeof(r->mailbox));
  client_field_bool(f, &r->published);
  client_field_bool(f, &r->last_resort);
  client_field_u64(f, &r->made_at);
  client_field_u64(f, &r->not_after);
  client_field_u64(f, &r->claimed_at);
}

void client_claim_fields(client_fields *f, void *record) {
  client_claim *r = record;
  client_field_version(f, 1);
  client_field_fixed(f, r->account, sizeof(r->account));
  client_field_span(f, &r->message);
  client_field_bool(f, &r->last_resort);
  client_field_u64(f, &r->claimed_at);
}

void client_talk_fields(client_fields *f, void *record) {
  client_talk *r = record;
  client_field_version(f, 1);
  client_field_fixed(f, r->id, sizeof(r->id));
  client_field_bool(f, &r->pair);
  client_field_u8(f, &r->state);
  client_field_fixed(f, r->peer, sizeof(r->peer));
  client_field_fixed(f, r->inviter, sizeof(r->inviter));
  client_field_text(f, &r->name);
  client_field_span(f, &r->group);
  client_field_u64(f, &r->counter);
  client_field_u64(f, &r->made_at);
  client_field_u64(f, &r->active_at);
}

static void accounts(client_fields *f, uint8_t (**list)[CLIENT_ID_LEN],
                     size_t *n) {
  *list = client_field_array(f, *list, n, sizeof(**list));
  for (size_t i = 0; i < *n; i++) {
    client_field_fixed(f, (*list)[i], CLIENT_ID_LEN);
  }
}

static void leaver_fields(client_fields *f, client_leaver *l) {
  client_field_fixed(f, l->account, sizeof(l->account));
  client_field_fixed(f, l->device, sizeof(l->device));
  client_field_fixed(f, l->signature, sizeof(l->signature));
}

void client_group_fields(client_fields *f, void *record) {
  client_group_record *r = record;
  client_field_version(f, 1);
  client_field_span(f, &r->id);
  client_field_fixed(f, r->talk, sizeof(r->talk));
  client_field_u64(f, &r->tree_saved);
  client_field_u64(f, &r->epoch);
  client_field_u32(f, &r->slot);
  client_field_fixed(f, r->mailbox, sizeof(r->mailbox));
  client_field_bool(f, &r->fresh_due);
  client_field_u64(f, &r->fresh_at);
  client_field_fixed(f, r->next_mailbox, sizeof(r->next_mailbox));
  client_field_bool(f, &r->has_next);
  client_field_bool(f, &r->look_due);
  client_field_u64(f, &r->looked_at);
  client_field_u64(f, &r->update_at);
  client_field_bool(f, &r->updating);
  client_field_u64(f, &r->retire_at);
  client_field_bool(f, &r->broken);
  client_field_u8(f, &r->trouble);
  client_field_span(f, &r->replaces);
  client_field_bool(f, &r->by_admin);
  client_field_u64(f, &r->commit);
  client_field_u32(f, &r->lost);
  client_field_u64(f, &r->retry_at);
  ARRAY(f, r->addresses, r->n_addresses);
  for (size_t i = 0; i < r->n_addresses; i++) {
    client_address *a = &r->addresses[i];
    client_field_fixed(f, a->account, sizeof(a->account));
    client_field_fixed(f, a->device, sizeof(a->device));
    client_field_fixed(f, a->mailbox, sizeof(a->mailbox));
    client_field_fixed(f, a->capability, sizeof(a->capability));
  }
  ARRAY(f, r->leaving, r->n_leaving);
  for (size_t i = 0; i < r->n_leaving; i++) {
    leaver_fields(f, &r->leaving[i]);
  }
  ARRAY(f, r->returning, r->n_returning);
  for (size_t i = 0; i < r->n_returning; i++) {
    leaver_fields(f, &r->returning[i]);
  }
  ARRAY(f, r->made, r->n_made);
  for (size_t i = 0; i < r->n_made; i++) {
    client_field_fixed(f, r->made[i], sizeof(r->made[i]));
  }
}

void client_epoch_fields(client_fields *f, void *record) {
  client_epoch *r = record;
  client_field_version(f, 1);
  client_field_u64(f, &r->epoch);
  client_field_secret(f, &r->envelope);
  client_field_fixed(f, &r->slots[0][0], sizeof(r->slots));
  client_field_secret(f, &r->media);
  client_field_u64(f, &r->left_at);
}

void client_counters_fields(client_fields *f, void *record) {
  client_counters *r = record;
  client_field_version(f, 1);
  client_field_fixed(f, r->talk, sizeof(r->talk));
  client_field_fixed(f, r->account, sizeof(r->account));
  client_field_fixed(f, r->device, sizeof(r->device));
  client_field_u64(f, &r->next);
  ARRAY(f, r->holes, r->n_holes);
  for (size_t i = 0; i < r->n_holes; i++) {
    client_field_u64(f, &r->holes[i].first);
    client_field_u64(f, &r->holes[i].last);
    client_field_u64(f, &r->holes[i].since);
    client_field_bool(f, &r->holes[i].told);
  }
}

void client_message_fields(client_fields *f, void *record) {
  client_message_record *r = record;
  client_field_version(f, 1);
  client_field_fixed(f, r->id, sizeof(r->id));
  client_field_fixed(f, r->talk, sizeof(r->talk));
  client_field_fixed(f, r->account, sizeof(r->account));
  client_field_fixed(f, r->device, sizeof(r->device));
  client_field_u64(f, &r->order);
  client_field_bool(f, &r->own);
  client_field_u8(f, &r->delivery);
  client_field_u64(f, &r->sent_at);
  client_field_u64(f, &r->received_at);
  client_field_u64(f, &r->expires_at);
  client_field_u64(f, &r->read_at);
  client_field_u32(f, &r->expires_after);
  client_field_text(f, &r->text);
  client_field_span(f, &r->long_text);
  client_field_span(f, &r->reply_to);
  ARRAY(f, r->parts, r->n_parts);
  for (size_t i = 0; i < r->n_parts; i++) {
    client_part *p = &r->parts[i];
    client_field_text(f, &p->name);
    client_field_text(f, &p->type);
    client_field_u64(f, &p->size);
    client_field_span(f, &p->reference);
  }
  client_field_span(f, &r->content);
  client_field_bool(f, &r->failed);
  client_field_u8(f, &r->fail_kind);
  client_field_text(f, &r->fail_code);
  client_field_text(f, &r->fail_text);
}

void client_parcel_fields(client_fields *f, void *record) {
  client_parcel *r = record;
  client_field_version(f, 1);
  client_field_u64(f, &r->number);
  client_field_u8(f, &r->kind);
  client_field_span(f, &r->group);
  client_field_u64(f, &r->epoch);
  client_field_span(f, &r->message);
  client_field_fixed(f, r->slot, sizeof(r->slot));
  client_field_u64(f, &r->made_at);
  client_field_u64(f, &r->retry_at);
  client_field_u32(f, &r->tries);
  ARRAY(f, r->to, r->n_to);
  for (size_t i = 0; i < r->n_to; i++) {
    client_recipient *t = &r->to[i];
    client_field_fixed(f, t->account, sizeof(t->account));
    client_field_fixed(f, t->mailbox, sizeof(t->mailbox));
    client_field_fixed(f, t->capability, sizeof(t->capability));
    client_field_fixed(f, t->device, sizeof(t->device));
    client_field_u8(f, &t->state);
  }
  client_field_u64(f, &r->after);
  client_field_u64(f, &r->job);
  client_field_u64(f, &r->file);
}

void client_payload_fields(client_fields *f, void *record) {
  client_payload *r = record;
  client_field_version(f, 1);
  client_field_span(f, &r->item);
  client_field_span(f, &r->body);
}

void client_unopened_fields(client_fields *f, void *record) {
  client_unopened *r = record;
  client_field_version(f, 1);
  client_field_span(f, &r->item);
  client_field_u64(f, &r->received_at);
}

/* A version of its own, so that neither is read as a client_unopened. */
#define WAITING_VERSION 0x40

void client_waiting_fields(client_fields *f, void *record) {
  client_waiting *r = record;
  client_field_version(f, WAITING_VERSION);
  client_field_fixed(f, r->mailbox, sizeof(r->mailbox));
  client_field_u8(f, &r->what);
  client_field_u32(f, &r->tries);
  client_field_u64(f, &r->again);
  client_field_span(f, &r->item);
}

void client_event_fields(client_fields *f, void *record) {
  client_event_record *r = record;
  client_field_version(f, 1);
  client_field_u8(f, &r->type);
  client_field_text(f, &r->id);
  client_field_fixed(f, r->talk, sizeof(r->talk));
  client_field_bool(f, &r->has_talk);
  client_field_span(f, &r->message);
  client_field_text(f, &r->action);
  client_field_text(f, &r->name);
  client_field_text(f, &r->code);
  client_field_text(f, &r->text);
  client_field_fixed(f, r->by, sizeof(r->by));
  accounts(f, &r->members, &r->n_members);
  client_field_u64(f, &r->n_talks);
  client_field_u64(f, &r->n_messages);
}

void client_job_fields(client_fields *f, void *record) {
  client_job *r = record;
  client_field_version(f, 1);
  client_field_u64(f, &r->number);
  client_field_u8(f, &r->kind);
  client_field_fixed(f, r->talk, sizeof(r->talk));
  accounts(f, &r->accounts, &r->n_accounts);
  client_field_text(f, &r->text);
  client_field_u64(f, &r->due);
  client_field_u32(f, &r->tries);
  client_field_bool(f, &r->done);
  client_field_u8(f, &r->kind_of_failure);
  client_field_text(f, &r->code);
  client_field_text(f, &r->why);
}

void client_file_fields(client_fields *f, void *record) {
  client_file *r = record;
  client_field_version(f, 1);
  client_field_text(f, &r->path);
  client_field_u64(f, &r->size);
  client_field_u64(f, &r->done);
  client_field_span(f, &r->blob);
  client_field_span(f, &r->tokens);
  client_field_bool(f, &r->incoming);
  client_field_text(f, &r->saved);
  client_field_u32(f, &r->users);
}
