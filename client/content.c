/* SPDX-License-Identifier: Apache-2.0
 * Contents, taken apart. */
#include "client/content.h"

#include "client/attachments.h"
#include "client/chain.h"
#include "client/control.h"
#include "client/counters.h"
#include "client/devsync.h"
#include "client/events.h"
#include "client/gossip.h"
#include "client/jobs.h"
#include "client/members.h"
#include "client/messages.h"
#include "client/outbox.h"
#include "client/people.h"
#include "client/reads.h"
#include "client/talks.h"
#include "tacet/content/envelope.h"

#define UNKNOWN_KIND                                                           \
  "(This is a message of a kind that this version does not show; update.)"
#define LONG_IN_REQUEST "(This is a long text; accept the request to read it.)"

/* ---- text and files ---- */

/* Text as text: what is no UTF-8 becomes question marks. */
static tacet_err clean_text(tacet_span in, client_mem *mem, const char **out) {
  tacet_span copy;
  TACET_TRY(client_mem_copy(mem, in, &copy));
  if (!tacet_is_utf8(copy)) {
    char *p = client_mem_alloc(mem, in.len + 1);
    if (p == NULL) {
      return TACET_ERR_NOMEM;
    }
    for (size_t i = 0; i < in.len; i++) {
      p[i] = in.p[i] == 0 || in.p[i] >= 0x80 ? '?' : (char)in.p[i];
    }
    *out = p;
    return TACET_OK;
  }
  *out = (const char *)copy.p;
  return TACET_OK;
}

static bool is_text(tacet_span type) {
  return type.len >= 5 && memcmp(type.p, "text/", 5) == 0;
}

/* A text that was too long for an item comes as a file without a name. */
static bool is_long_text(const tacet_part *p) {
  return p->kind == TACET_PART_EXTERNAL && p->reference_ok &&
         p->filename.len == 0 && is_text(p->type);
}

static tacet_err add_file(client_message_record *r, const tacet_part *p,
                          client_mem *mem) {
  client_part *part = &r->parts[r->n_parts];
  TACET_BUF(w, 512);
  tacet_attachment_write(&w, &p->reference);
  TACET_TRY(client_mem_take(mem, &w, &part->reference));
  TACET_TRY(clean_text(p->filename, mem, &part->name));
  TACET_TRY(clean_text(p->type, mem, &part->type));
  part->size = p->reference.size;
  r->n_parts++;
  return TACET_OK;
}

static tacet_err take_parts(const tacet_content *content,
                            client_message_record *r, client_mem *mem) {
  size_t at = 0;
  tacet_part p;
  bool any = false;
  r->parts = client_mem_array(mem, TACET_PARTS_MAX, sizeof(*r->parts));
  if (r->parts == NULL) {
    return TACET_ERR_NOMEM;
  }
  while (tacet_content_part(content, &at, &p)) {
    if (p.kind == TACET_PART_SINGLE && is_text(p.type) && r->text == NULL) {
      TACET_TRY(clean_text(p.body, mem, &r->text));
      any = true;
    } else if (is_long_text(&p) && r->long_text.len == 0) {
      TACET_BUF(w, 512);
      tacet_attachment_write(&w, &p.reference);
      TACET_TRY(client_mem_take(mem, &w, &r->long_text));
      any = true;
    } else if (p.kind == TACET_PART_EXTERNAL && p.reference_ok &&
               r->n_parts < CLIENT_FILES_MAX) {
      TACET_TRY(add_file(r, &p, mem));
      any = true;
    }
  }
  if (!any) {
    r->text = UNKNOWN_KIND;
  }
  return TACET_OK;
}

static void take_expiry(const tacet_content *content,
                        client_message_record *r) {
  if (content->has_expires && content->expires_relative) {
    r->expires_after = content->expires;
  } else if (content->has_expires) {
    r->expires_at = (uint64_t)content->expires * 1000;
  }
}

/* ---- storing ---- */

static tacet_err store_message(client *c, const client_talk *talk,
                               client_message_record *r) {
  r->received_at = client_now(c);
  bool wait = r->long_text.len > 0 && talk->state == CLIENT_TALK_OPEN;
  if (r->long_text.len > 0 && !wait) {
    r->text = LONG_IN_REQUEST;
  }
  TACET_TRY(client_read_early(c, r));
  TACET_TRY(client_message_save(c, r));
  client_talk t = *talk;
  t.active_at = r->received_at;
  TACET_TRY(client_talk_save(c, &t));
  if (!wait) {
    return client_event_message(c, r->talk, client_id_span(r->id));
  }
  client_job job = {.kind = CLIENT_JOB_FETCH, .n_accounts = 1};
  uint8_t id[1][CLIENT_ID_LEN];
  memcpy(id[0], r->id, CLIENT_ID_LEN);
  memcpy(job.talk, r->talk, sizeof(job.talk));
  job.accounts = id; /* a message's id, here */
  return client_job_add(c, &job);
}

static tacet_err take_plain(client *c, const client_talk *talk,
                            const tacet_content *content,
                            client_message_record *r, client_mem *mem) {
  TACET_TRY(take_parts(content, r, mem));
  take_expiry(content, r);
  r->reply_to = content->in_reply_to;
  r->sent_at = content->sent_at != 0 ? content->sent_at : client_now(c);
  return store_message(c, talk, r);
}

/* It is the only part: else something would be done unseen beside a text, or a
 * text said unseen beside what is done. */
static bool has_control(const tacet_content *content, tacet_span *out) {
  size_t at = 0;
  tacet_part p, more;
  if (tacet_content_part(content, &at, &p) && p.kind == TACET_PART_SINGLE &&
      tacet_span_equal(p.type, TACET_SPAN_LIT(TACET_TYPE_CONTROL)) &&
      !tacet_content_part(content, &at, &more)) {
    *out = p.body;
    return true;
  }
  return false;
}

/* Seen once is enough: the same content may come again, encrypted anew. */
static tacet_err first_time(client *c, const uint8_t *id, bool *out) {
  bool seen;
  TACET_TRY(
      client_store_has(c->store, CLIENT_T_SEEN, client_id_span(id), &seen));
  *out = !seen;
  return seen ? TACET_OK
              : client_store_put(c->store, CLIENT_T_SEEN, client_id_span(id),
                                 TACET_SPAN_EMPTY, client_now(c) / CLIENT_DAY,
                                 TACET_SPAN_EMPTY);
}

static bool is_heard(const client_talk *t, const client_person *p) {
  return !p->blocked &&
         (t->state == CLIENT_TALK_OPEN || t->state == CLIENT_TALK_REQUEST);
}

/* Between own devices: nothing of it is shown. */
static tacet_err take_sync(client *c, const tacet_content *content) {
  size_t at = 0;
  tacet_part p;
  return tacet_content_part(content, &at, &p) && p.kind == TACET_PART_SINGLE &&
                 tacet_span_equal(p.type, TACET_SPAN_LIT(TACET_TYPE_SYNC))
             ? client_sync_take(c, p.body)
             : TACET_OK;
}

/* Whoever was removed has the keys of the epochs before, and others keep them
 * for a while: what such a device writes would still open. Items are taken in
 * their order, so that what it had sent before the others were told of its
 * removal has been taken before. */
static tacet_err was_removed(client *c, const client_session *s,
                             const tacet_mls_event *event,
                             const tacet_identity *who, bool *out) {
  CLIENT_MEM(mem);
  client_leaf *leaves;
  size_t n;
  *out = event->epoch != tacet_mls_epoch(s->mls);
  if (!*out) {
    return TACET_OK;
  }
  TACET_TRY(client_leaves(c, s->mls, &mem, &leaves, &n));
  for (size_t i = 0; i < n && *out; i++) {
    *out = memcmp(leaves[i].who.account, who->account, CLIENT_ID_LEN) != 0 ||
           memcmp(leaves[i].who.device, who->device, CLIENT_DEVICE_ID_LEN) != 0;
  }
  return TACET_OK;
}

tacet_err client_content_take(client *c, client_session *s,
                              const tacet_mls_event *event,
                              tacet_span content) {
  CLIENT_MEM(mem);
  tacet_identity who;
  client_talk talk;
  client_person person;
  tacet_content parsed;
  tacet_span control;
  bool fresh, removed;
  if (tacet_identity_parse(event->member.identity, &who) != TACET_OK) {
    return TACET_OK;
  }
  TACET_TRY(client_talk_get(c, s->r.talk, &mem, &talk));
  TACET_TRY(client_person_any(c, client_id_span(who.account), &mem, &person));
  if (!is_heard(&talk, &person)) {
    return TACET_OK;
  }
  TACET_TRY(was_removed(c, s, event, &who, &removed));
  if (removed) {
    return client_event_warn(
        c, talk.id, "removed-sender",
        "A device of %s that has been removed from this conversation still "
        "wrote to it: that is not shown. If it matters, ask them.",
        person.handle);
  }
  if (tacet_content_parse(content, &parsed) != TACET_OK) {
    return client_event_warn(c, talk.id, "undecryptable",
                             "A message of %s is not in a form that this "
                             "version reads; update, or ask them.",
                             person.handle);
  }
  client_message_record r = {.own =
                                 client_is_self(c, client_id_span(who.account)),
                             .delivery = CLIENT_SENT};
  TACET_TRY(tacet_message_id(who.account, who.device, talk.id, content, r.id));
  TACET_TRY(first_time(c, r.id, &fresh));
  if (!fresh) {
    return TACET_OK;
  }
  if (parsed.has_counter) {
    TACET_TRY(client_counter_seen(c, talk.id, who.account, who.device,
                                  parsed.counter));
  }
  if (!r.own) {
    TACET_TRY(client_gossip_take(c, who.account, who.device, parsed.log));
  }
  if (client_is_self_talk(c, &talk)) {
    return take_sync(c, &parsed);
  }
  if (has_control(&parsed, &control)) {
    return client_control_take(c, s, &talk, &who, control, event->aad);
  }
  memcpy(r.talk, talk.id, sizeof(r.talk));
  memcpy(r.account, who.account, sizeof(r.account));
  memcpy(r.device, who.device, sizeof(r.device));
  return take_plain(c, &talk, &parsed, &r, &mem);
}

/* ---- long texts ---- */

tacet_err client_text_fetch(client *c, tacet_span message) {
  CLIENT_MEM(mem);
  client_message_record r;
  tacet_attachment a;
  tacet_span text;
  tacet_err e = client_message_get(c, message, &mem, &r);
  if (e == TACET_ERR_NOT_FOUND || (e == TACET_OK && r.long_text.len == 0)) {
    return TACET_OK;
  }
  TACET_TRY(e);
  tacet_reader reader = tacet_reader_over(r.long_text, &e);
  tacet_attachment_read(&reader, &a);
  TACET_TRY(e);
  e = client_blob_fetch(c, &a, CLIENT_TEXT_MAX, &mem, &text);
  if (e == TACET_OK) {
    TACET_TRY(clean_text(text, &mem, &r.text));
  } else if (e == TACET_ERR_POLICY || e == TACET_ERR_CREDENTIAL ||
             e == TACET_ERR_LIMIT) {
    client_error_clear(&c->detail);
    r.text = "(This long text could not be fetched; ask for it again.)";
  } else {
    return e;
  }
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  r.long_text = TACET_SPAN_EMPTY;
  TACET_TRY(client_message_save(c, &r));
  TACET_TRY(client_event_message(c, r.talk, message));
  return client_tx_commit(&tx);
}

/* ---- composing ---- */

static tacet_err own_parts(const client_draft *d, client_message_record *r,
                           client_mem *mem) {
  r->parts = client_mem_array(mem, d->n_files, sizeof(*r->parts));
  if (r->parts == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < d->n_files; i++) {
    const tacet_content_file *f = &d->files[i];
    if (f->filename.len == 0) {
      continue; /* the text itself */
    }
    client_part *p = &r->parts[r->n_parts++];
    TACET_TRY(client_mem_text(mem, f->filename, &p->name));
    TACET_TRY(client_mem_text(mem, f->type, &p->type));
    p->size = f->reference->size;
    TACET_BUF(w, 512);
    tacet_attachment_write(&w, f->reference);
    TACET_TRY(client_mem_take(mem, &w, &p->reference));
  }
  return TACET_OK;
}

static tacet_err queue_files(client *c, const client_draft *d,
                             const client_message_record *r) {
  for (size_t i = 0; i < d->n_files; i++) {
    TACET_BUF(key, 128);
    client_file_key(client_id_span(r->id), i, &key);
    TACET_TRY(client_file_queue(c, tacet_buf_span(&key), d->files[i].reference,
                                d->paths[i], 0));
  }
  return TACET_OK;
}

tacet_err client_content_post(client *c, const uint8_t *talk,
                              const client_draft *d,
                              uint8_t id[CLIENT_ID_LEN]) {
  CLIENT_MEM(mem);
  client_talk t;
  TACET_TRY(client_talk_get(c, talk, &mem, &t));
  bool as_file = d->n_files > 0 && d->files[d->n_files - 1].filename.len == 0;
  tacet_content_args args = {.text = as_file ? TACET_SPAN_EMPTY : d->text,
                             .files = d->files,
                             .n_files = d->n_files,
                             .in_reply_to = d->reply_to,
                             .expires_seconds = d->expires_s,
                             .counter = t.counter++,
                             .sent_at = client_now(c)};
  TACET_BUF(content, TACET_CONTENT_MAX);
  TACET_TRY(client_gossip_tell(c, talk, &mem, &args.log));
  TACET_TRY(tacet_content_make(&content, &args));
  client_message_record r = {.own = true,
                             .delivery = CLIENT_QUEUED,
                             .sent_at = client_now(c),
                             .received_at = client_now(c),
                             .reply_to = d->reply_to,
                             .content = tacet_buf_span(&content)};
  memcpy(r.talk, talk, sizeof(r.talk));
  memcpy(r.account, c->self.account, sizeof(r.account));
  memcpy(r.device, c->self.device, sizeof(r.device));
  if (d->expires_s > 0) {
    r.expires_at = r.sent_at + (uint64_t)d->expires_s * 1000;
  }
  TACET_TRY(client_mem_text(&mem, d->text, &r.text));
  TACET_TRY(own_parts(d, &r, &mem));
  TACET_TRY(tacet_message_id(r.account, r.device, talk, r.content, r.id));
  TACET_TRY(client_message_save(c, &r));
  TACET_TRY(queue_files(c, d, &r));
  t.active_at = r.sent_at;
  TACET_TRY(client_talk_save(c, &t));
  TACET_TRY(client_store_put(c->store, CLIENT_T_PENDING, client_id_span(r.id),
                             client_id_span(talk), r.order,
                             client_id_span(r.id)));
  memcpy(id, r.id, CLIENT_ID_LEN);
  return TACET_OK;
}
