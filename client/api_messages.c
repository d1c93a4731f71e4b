/* SPDX-License-Identifier: Apache-2.0
 * The calls that send, receive and look back. */
#include "client/api.h"

#include <strings.h>

#include "client/devsync.h"
#include "client/attachments.h"
#include "client/call.h"
#include "client/content.h"
#include "client/events.h"
#include "client/messages.h"
#include "client/people.h"
#include "client/reads.h"
#include "client/reset.h"
#include "client/sync.h"
#include "client/talks.h"
#include "client/watch.h"
#include "tacet/content/envelope.h"

#define ONCE_MS ((uint64_t)3000) /* to wait for another process that syncs */

/* ---- sending ---- */

/* Files encrypted into the home, so that the message can be promised. */
typedef struct packed {
  tacet_content_file files[CLIENT_FILES_MAX + 1];
  tacet_attachment references[CLIENT_FILES_MAX + 1];
  const char *paths[CLIENT_FILES_MAX + 1];
  size_t n;
} packed;

static void packed_wipe(packed *p) {
  tacet_wipe(p->references, sizeof(p->references));
}

static const char *type_of(const char *name) {
  static const char *const types[][2] = {
      {".txt", "text/plain"},      {".md", "text/markdown"},
      {".csv", "text/csv"},        {".html", "text/html"},
      {".pdf", "application/pdf"}, {".json", "application/json"},
      {".zip", "application/zip"}, {".gz", "application/gzip"},
      {".png", "image/png"},       {".jpg", "image/jpeg"},
      {".jpeg", "image/jpeg"},     {".gif", "image/gif"},
      {".webp", "image/webp"},     {".svg", "image/svg+xml"},
      {".mp3", "audio/mpeg"},      {".ogg", "audio/ogg"},
      {".wav", "audio/wav"},       {".mp4", "video/mp4"},
      {".webm", "video/webm"},     {".doc", "application/msword"},
  };
  const char *dot = strrchr(name, '.');
  for (size_t i = 0; dot != NULL && i < sizeof(types) / sizeof(types[0]); i++) {
    if (strcasecmp(dot, types[i][0]) == 0) {
      return types[i][1];
    }
  }
  return "application/octet-stream";
}

static tacet_err pack_file(client *c, const char *path, client_mem *mem,
                           packed *p) {
  const char *slash = strrchr(path, '/');
  const char *name = slash != NULL ? slash + 1 : path, *safe;
  TACET_TRY(
      client_file_encrypt(c, path, mem, &p->references[p->n], &p->paths[p->n]));
  TACET_TRY(client_file_name(tacet_span_str(name), mem, &safe));
  p->files[p->n] = (tacet_content_file){.type = tacet_span_str(type_of(name)),
                                        .filename = tacet_span_str(safe),
                                        .reference = &p->references[p->n]};
  p->n++;
  return TACET_OK;
}

static tacet_err pack(client *c, const client_outgoing *m, client_mem *mem,
                      packed *p) {
  for (size_t i = 0; i < m->n_files; i++) {
    TACET_TRY(pack_file(c, m->files[i], mem, p));
  }
  size_t len = m->text != NULL ? strlen(m->text) : 0;
  if (len <= CLIENT_TEXT_INLINE) {
    return TACET_OK;
  }
  TACET_TRY(client_bytes_encrypt(c, tacet_span_of(m->text, len), mem,
                                 &p->references[p->n], &p->paths[p->n]));
  p->files[p->n] = (tacet_content_file){.type = TACET_SPAN_LIT(TACET_TYPE_TEXT),
                                        .reference = &p->references[p->n]};
  p->n++;
  return TACET_OK;
}

static tacet_err check_outgoing(client *c, const client_outgoing *m) {
  size_t len = m->text != NULL ? strlen(m->text) : 0;
  if (len == 0 && m->n_files == 0) {
    return client_fail(&c->detail, CLIENT_USAGE, "empty",
                       "The message is empty.");
  }
  if (len > CLIENT_TEXT_MAX) {
    return client_fail(&c->detail, CLIENT_USAGE, "too-long",
                       "The text is too long (at most 256 KiB); send it as a "
                       "file with --attach.");
  }
  if (m->text != NULL && !tacet_is_utf8(tacet_span_of(m->text, len))) {
    return client_fail(&c->detail, CLIENT_USAGE, "not-utf8",
                       "That is not text (UTF-8); send it as a file with "
                       "--attach.");
  }
  if (m->n_files > CLIENT_FILES_MAX) {
    return client_fail(&c->detail, CLIENT_USAGE, "too-many-files",
                       "At most %d files go with one message.",
                       CLIENT_FILES_MAX);
  }
  return TACET_OK;
}

/* The message that is answered must be in this conversation. */
static tacet_err check_reply(client *c, const char *hex, const uint8_t *talk,
                             uint8_t id[CLIENT_ID_LEN], tacet_span *out) {
  CLIENT_MEM(mem);
  client_message_record r;
  if (hex == NULL) {
    return TACET_OK;
  }
  tacet_err e = tacet_hex_read(hex, strlen(hex), id, CLIENT_ID_LEN);
  if (e == TACET_OK) {
    e = client_message_get(c, client_id_span(id), &mem, &r);
  }
  if (e == TACET_ERR_ENCODING || e == TACET_ERR_NOT_FOUND ||
      (e == TACET_OK && memcmp(r.talk, talk, CLIENT_ID_LEN) != 0)) {
    return client_fail(&c->detail, CLIENT_USAGE, "no-such-message",
                       "There is no message %.80s in this conversation to "
                       "answer; ids are those that receive --json shows.",
                       hex);
  }
  TACET_TRY(e);
  *out = client_id_span(id);
  return TACET_OK;
}

/* The conversation to write to; that with a person is made if need be. */
static tacet_err find_talk(client *c, const char *to, client_mem *mem,
                           uint8_t out[CLIENT_ID_LEN]) {
  client_target t;
  TACET_TRY(client_resolve(c, to, mem, &t));
  if (t.has_talk) {
    TACET_TRY(client_talk_confirm(c, &t.talk));
  } else {
    TACET_TRY(client_person_typed(c, t.handle, mem, &t.person));
    t.has_person = true;
  }
  if (t.has_person) {
    TACET_TRY(client_watch_again(c, &t.person, mem));
    TACET_TRY(client_reset_follow(c, mem, &t.person));
  }
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  if (t.has_person) {
    TACET_TRY(client_person_may_hear(c, &t.person));
    TACET_TRY(client_talk_with(c, &t.person, mem, &t.talk));
  }
  TACET_TRY(client_talk_may_speak(c, &t.talk));
  memcpy(out, t.talk.id, CLIENT_ID_LEN);
  return client_tx_commit(&tx);
}

/* Answering accepts, and the other devices hear of it. */
static tacet_err answer(client *c, client_talk *t) {
  CLIENT_MEM(mem);
  client_person p = {.accepted = true};
  bool request = t->state == CLIENT_TALK_REQUEST;
  TACET_TRY(t->pair ? client_person_any(c, client_id_span(t->peer), &mem, &p)
                    : TACET_OK);
  TACET_TRY(client_talk_accept(c, t));
  TACET_TRY(request ? client_sync_talk(c, t->id, TACET_SYNC_ACCEPTED)
                    : TACET_OK);
  return p.accepted
             ? TACET_OK
             : client_sync_person(c, TACET_SYNC_ACCEPTED_PERSON, t->peer);
}

static tacet_err do_send(client *c, const client_outgoing *m, client_mem *mem,
                         const char **id) {
  CLIENT_MEM(scratch);
  TACET_CLEANUP(packed_wipe) packed p = {.n = 0};
  uint8_t talk[CLIENT_ID_LEN], reply[CLIENT_ID_LEN], new_id[CLIENT_ID_LEN];
  client_talk t;
  client_draft d = {.text = m->text != NULL ? tacet_span_str(m->text)
                                            : TACET_SPAN_EMPTY,
                    .files = p.files,
                    .paths = p.paths};
  uint64_t seconds = (m->expires_ms + 999) / 1000;
  TACET_TRY(client_enter(c));
  TACET_TRY(check_outgoing(c, m));
  TACET_TRY(find_talk(c, m->to, &scratch, talk));
  TACET_TRY(check_reply(c, m->reply_to, talk, reply, &d.reply_to));
  TACET_TRY(pack(c, m, &scratch, &p));
  d.n_files = p.n;
  d.expires_s = seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds;
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_talk_get(c, talk, &scratch, &t));
  TACET_TRY(client_talk_may_speak(c, &t));
  TACET_TRY(answer(c, &t));
  TACET_TRY(client_content_post(c, talk, &d, new_id));
  TACET_TRY(client_tx_commit(&tx));
  client_ring(c);
  return client_mem_hex(mem, client_id_span(new_id), id);
}

client_kind client_send(client *c, const client_outgoing *m, client_mem *mem,
                        const char **id, client_error *err) {
  return client_leave(c, do_send(c, m, mem, id), err);
}

/* ---- flushing ---- */

typedef struct flushed {
  uint8_t id[CLIENT_ID_LEN];
  client_delivery delivery;
} flushed;

/* Settled: it is with the server, for whom it can be, or can never be. */
static tacet_err is_flushed(client *c, void *what, bool *yes) {
  CLIENT_MEM(mem);
  flushed *f = what;
  client_message_record r;
  tacet_err e = client_message_get(c, client_id_span(f->id), &mem, &r);
  if (e == TACET_ERR_NOT_FOUND) { /* it was to disappear, and has */
    f->delivery = CLIENT_SENT;
    *yes = true;
    return TACET_OK;
  }
  TACET_TRY(e);
  if (r.failed) {
    return client_fail(&c->detail, (client_kind)r.fail_kind, r.fail_code, "%s",
                       r.fail_text);
  }
  f->delivery = (client_delivery)r.delivery;
  *yes = f->delivery != CLIENT_QUEUED;
  return TACET_OK;
}

static tacet_err do_flush(client *c, const char *hex, uint64_t timeout_ms,
                          client_delivery *out, client_error *why) {
  flushed f = {.delivery = CLIENT_QUEUED};
  client_end end;
  TACET_TRY(client_enter(c));
  if (tacet_hex_read(hex, strlen(hex), f.id, sizeof(f.id)) != TACET_OK) {
    return TACET_ERR_ARGUMENT;
  }
  client_error_clear(&c->problem);
  client_work w = {.until = is_flushed,
                   .what = &f,
                   .timeout_ms = timeout_ms,
                   .link = c->linked,
                   .fd = -1};
  tacet_err e = client_work_until(c, &w, &end);
  if (client_is_unreachable(&c->detail, e)) {
    (void)client_report(&c->detail, e, why);
    e = TACET_OK;
  } else if (e == TACET_OK && f.delivery == CLIENT_QUEUED) {
    *why = c->problem;
  }
  TACET_TRY(e);
  *out = f.delivery;
  return TACET_OK;
}

client_kind client_flush(client *c, const char *message_id, uint64_t timeout_ms,
                         client_delivery *out, client_error *err) {
  client_error why = {.kind = CLIENT_OK};
  client_delivery d = CLIENT_QUEUED;
  client_kind kind =
      client_leave(c, do_flush(c, message_id, timeout_ms, &d, &why), err);
  if (kind == CLIENT_OK) {
    *out = d;
    *err = why;
  }
  return kind;
}

/* ---- receiving ---- */

typedef struct coming {
  const uint8_t *talk; /* or NULL: any */
  client_mem *mem;
  client_event event;
} coming;

static tacet_err has_event(client *c, void *what, bool *yes) {
  coming *w = what;
  CLIENT_MEM(mem);
  tacet_err e = client_event_first(c, w->talk, &mem, &w->event);
  *yes = e == TACET_OK;
  if (!*yes) {
    return e == TACET_ERR_NOT_FOUND ? TACET_OK : e;
  }
  client_mem_free(w->mem);
  *w->mem = mem;
  mem = (client_mem){NULL};
  return TACET_OK;
}

static tacet_err do_next_event(client *c, const char *to,
                               const client_wait *wait, client_mem *mem,
                               client_event *out) {
  client_talk talk;
  client_end end;
  CLIENT_MEM(scratch);
  CLIENT_MEM(found);
  coming w = {.mem = &found};
  TACET_TRY(client_enter(c));
  if (to != NULL) {
    TACET_TRY(client_resolve_talk(c, to, &scratch, &talk));
    w.talk = talk.id;
  }
  bool once = wait->timeout_ms == 0;
  client_work work = {.until = has_event,
                      .what = &w,
                      .timeout_ms = once ? ONCE_MS : wait->timeout_ms,
                      .link = true,
                      .once = once,
                      .stay = !once,
                      .fd = wait->fd};
  TACET_TRY(client_work_until(c, &work, &end));
  if (end == CLIENT_END_TIME && !once && c->failures > 0) {
    return TACET_ERR_CLOSED;
  }
  *out = end == CLIENT_END_DONE ? w.event
                                : (client_event){.type = CLIENT_EVENT_NONE};
  if (end == CLIENT_END_FD) {
    out->type = CLIENT_EVENT_FD;
  }
  client_mem_join(mem, &found);
  return TACET_OK;
}

client_kind client_next_event(client *c, const client_wait *wait,
                              client_mem *mem, client_event *out,
                              client_error *err) {
  return client_leave(c, do_next_event(c, NULL, wait, mem, out), err);
}

client_kind client_next_event_of(client *c, const char *to,
                                 const client_wait *wait, client_mem *mem,
                                 client_event *out, client_error *err) {
  return client_leave(c, do_next_event(c, to, wait, mem, out), err);
}

static tacet_err do_event_done(client *c, const char *hex) {
  uint8_t id[CLIENT_ID_LEN];
  CLIENT_TX(tx);
  TACET_TRY(client_enter(c));
  TACET_TRY(client_tx_begin(c->store, &tx));
  if (tacet_hex_read(hex, strlen(hex), id, sizeof(id)) == TACET_OK) {
    TACET_TRY(client_read_here(c, client_id_span(id)));
  }
  TACET_TRY(client_event_remove(c, hex));
  return client_tx_commit(&tx);
}

client_kind client_event_done(client *c, const char *id, client_error *err) {
  return client_leave(c, do_event_done(c, id), err);
}

/* ---- looking back ---- */

static tacet_err do_history(client *c, const char *to, size_t limit,
                            client_mem *mem, const client_message **list,
                            size_t *n) {
  client_talk talk;
  TACET_TRY(client_enter_past(c));
  TACET_TRY(client_resolve_talk(c, to, mem, &talk));
  return client_message_list(c, talk.id, limit, mem, list, n);
}

client_kind client_history(client *c, const char *to, size_t limit,
                           client_mem *mem, const client_message **list,
                           size_t *n, client_error *err) {
  return client_leave(c, do_history(c, to, limit, mem, list, n), err);
}

static tacet_err find_part(client *c, const char *hex, size_t index,
                           client_mem *mem, client_message_record *r) {
  uint8_t id[CLIENT_ID_LEN];
  tacet_err e = tacet_hex_read(hex, strlen(hex), id, sizeof(id));
  if (e == TACET_OK) {
    e = client_message_get(c, client_id_span(id), mem, r);
  }
  if (e == TACET_ERR_ENCODING || e == TACET_ERR_NOT_FOUND ||
      (e == TACET_OK && index >= r->n_parts)) {
    return client_fail(&c->detail, CLIENT_USAGE, "no-such-message",
                       "There is no such attachment.");
  }
  return e;
}

static tacet_err do_save(client *c, const char *hex, size_t index,
                         const char *dir, client_mem *mem, const char **path) {
  client_message_record r;
  client_talk talk;
  tacet_attachment a;
  const char *saved;
  tacet_err e = TACET_OK;
  TACET_TRY(client_enter(c));
  TACET_TRY(find_part(c, hex, index, mem, &r));
  TACET_TRY(client_talk_get(c, r.talk, mem, &talk));
  if (talk.state == CLIENT_TALK_REQUEST) {
    return client_fail(&c->detail, CLIENT_REFUSED, "not-accepted",
                       "Files of a request are not fetched; accept it first.");
  }
  tacet_reader reader = tacet_reader_over(r.parts[index].reference, &e);
  tacet_attachment_read(&reader, &a);
  TACET_TRY(e);
  c->quiet_until = 0; /* somebody asks for it now */
  e = client_file_fetch(c, &a, r.parts[index].name, dir, mem, &saved);
  tacet_wipe(&a, sizeof(a));
  TACET_TRY(e);
  TACET_TRY(client_file_set_saved(c, client_id_span(r.id), index, saved));
  *path = saved;
  return TACET_OK;
}

client_kind client_attachment_save(client *c, const char *message_id,
                                   size_t index, const char *dir,
                                   client_mem *mem, const char **path,
                                   client_error *err) {
  return client_leave(c, do_save(c, message_id, index, dir, mem, path), err);
}
