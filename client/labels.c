/* SPDX-License-Identifier: Apache-2.0
 * What the key log has of each handle. */
#include "client/labels.h"

#include "client/events.h"
#include "client/people.h"
#include "client/reset.h"

/* The next look at somebody: each at least monthly, at a time that nobody can
 * tell, so that the directory does not learn who belongs together. */
#define CHECK_AFTER (14 * CLIENT_DAY)
#define CHECK_SPREAD (10 * CLIENT_DAY)

tacet_err client_label_get(client *c, const char *handle, client_mem *mem,
                           client_label *out) {
  return client_get(c, CLIENT_T_LABEL, tacet_span_str(handle),
                    client_label_fields, out, sizeof(*out), mem);
}

/* What is known of it, or nothing yet. `handle` is borrowed. */
static tacet_err get_or_begin(client *c, const char *handle, client_mem *mem,
                              client_label *out) {
  tacet_err e = client_label_get(c, handle, mem, out);
  if (e == TACET_ERR_NOT_FOUND) {
    *out = (client_label){.handle = handle};
    return TACET_OK;
  }
  return e;
}

tacet_err client_label_save(client *c, client_label *l) {
  return client_put(c, CLIENT_T_LABEL, tacet_span_str(l->handle),
                    TACET_SPAN_EMPTY, l->checked_at, client_label_fields, l);
}

/* ---- fitting ---- */

static const client_sighting *last(const client_label *l) {
  return &l->seen[l->n_seen - 1];
}

static bool is_same(const client_label *l, const tacet_keylog_answer *now) {
  return memcmp(l->key, now->key.b, sizeof(l->key)) == 0 &&
         memcmp(l->value, now->value.b, sizeof(l->value)) == 0 &&
         last(l)->index == now->index;
}

tacet_err client_label_fits(const client_label *before,
                            const tacet_manifest *newest,
                            const tacet_keylog_answer *now) {
  if (newest->number > now->version) {
    return TACET_ERR_AUTH; /* some of its manifests were never logged */
  }
  if (before == NULL || before->n_seen == 0) {
    return TACET_OK;
  }
  bool same_account =
      memcmp(before->account, newest->account_id, CLIENT_ID_LEN) == 0;
  if (now->version == before->version) {
    return same_account && is_same(before, now) ? TACET_OK : TACET_ERR_AUTH;
  }
  if (now->version < before->version || now->index <= last(before)->index) {
    return TACET_ERR_AUTH;
  }
  /* An account's numbers and the label's versions go on side by side, but for
   * versions that were another account's meanwhile. A new account begins with
   * number 0 behind all that was, or comes back where there was a reset. */
  bool beside =
      now->version - before->version >= newest->number - before->number;
  bool behind = now->version - newest->number > before->version;
  bool passed = before->version > before->number;
  return (same_account ? newest->number > before->number && beside
                       : behind || passed)
             ? TACET_OK
             : TACET_ERR_AUTH;
}

/* ---- keeping ---- */

/* The sighting that is to be remembered besides those before it; the oldest is
 * let go of where there are too many. */
static tacet_err add_sighting(client_mem *mem, client_label *l,
                              const client_sighting *s) {
  if (l->n_seen > 0 && last(l)->version == s->version) {
    return TACET_OK;
  }
  size_t from = l->n_seen == CLIENT_SIGHTINGS_MAX ? 1 : 0;
  size_t n = l->n_seen - from;
  client_sighting *all = client_mem_array(mem, n + 1, sizeof(*all));
  if (all == NULL) {
    return TACET_ERR_NOMEM;
  }
  if (n > 0) {
    memcpy(all, l->seen + from, n * sizeof(*all));
  }
  all[n] = *s;
  l->seen = all;
  l->n_seen = n + 1;
  return TACET_OK;
}

/* Who takes an account up again is nobody yet. */
static tacet_err note_reset(client *c, client_label *l,
                            const tacet_manifest *newest,
                            const tacet_keylog_answer *now,
                            const tacet_keylog_head *head) {
  if (!client_has_account(c)) {
    return TACET_OK;
  }
  return strcmp(newest->handle, c->self.handle) == 0
             ? client_reset_note_own(c, l, newest, now, head)
             : client_reset_note(c, l, newest, now, head);
}

tacet_err client_label_keep(client *c, const tacet_manifest *newest,
                            const tacet_keylog_answer *now,
                            const tacet_keylog_head *head) {
  CLIENT_MEM(mem);
  client_label l;
  uint64_t wait;
  client_sighting s = {
      .version = now->version, .day = head->day, .index = now->index};
  TACET_TRY(get_or_begin(c, newest->handle, &mem, &l));
  TACET_TRY(client_chance(c, CHECK_SPREAD, &wait));
  TACET_TRY(note_reset(c, &l, newest, now, head));
  TACET_TRY(add_sighting(&mem, &l, &s));
  memcpy(l.account, newest->account_id, sizeof(l.account));
  l.number = newest->number;
  l.version = now->version;
  memcpy(l.key, now->key.b, sizeof(l.key));
  memcpy(l.value, now->value.b, sizeof(l.value));
  l.checked_at = client_now(c);
  l.next_check =
      l.checked_at + (l.reset_until == 0 ? CHECK_AFTER + wait : CLIENT_DAY);
  l.alarm_code = l.alarm_text = NULL;
  return client_label_save(c, &l);
}

tacet_err client_label_put_off(client *c, const char *handle) {
  CLIENT_MEM(mem);
  client_label l;
  TACET_TRY(get_or_begin(c, handle, &mem, &l));
  l.next_check = client_now(c) + CLIENT_DAY;
  return client_label_save(c, &l);
}

/* ---- what does not check out ---- */

tacet_err client_label_alarm(client *c, const char *handle, const char *code,
                             const char *text) {
  CLIENT_MEM(mem);
  client_label l;
  TACET_TRY(get_or_begin(c, handle, &mem, &l));
  bool told = l.alarm_code != NULL && strcmp(l.alarm_code, code) == 0;
  l.alarm_code = code;
  l.alarm_text = text;
  TACET_TRY(client_label_save(c, &l));
  return told ? TACET_OK : client_event_warn(c, NULL, code, "%s", text);
}

tacet_err client_label_is_well(client *c, const char *handle) {
  CLIENT_MEM(mem);
  client_label l;
  tacet_err e = client_label_get(c, handle, &mem, &l);
  if (e == TACET_ERR_NOT_FOUND) {
    return TACET_OK;
  }
  TACET_TRY(e);
  return l.alarm_code == NULL ? TACET_OK
                              : client_fail(&c->detail, CLIENT_KEYS,
                                            l.alarm_code, "%s", l.alarm_text);
}

tacet_err client_label_covers(client *c, const char *handle, tacet_span account,
                              uint32_t number, bool *out) {
  CLIENT_MEM(mem);
  client_label l;
  tacet_err e = client_label_get(c, handle, &mem, &l);
  *out = e == TACET_OK && l.n_seen > 0 && l.number >= number &&
         tacet_span_equal(account, client_id_span(l.account));
  return e == TACET_ERR_NOT_FOUND ? TACET_OK : e;
}

uint64_t client_label_first_seen(const client_label *l, uint32_t number) {
  if (l->n_seen == 0 || l->number > l->version) {
    return 0;
  }
  uint32_t version = l->version - l->number + number;
  for (size_t i = 0; i < l->n_seen; i++) {
    if (l->seen[i].version == version) {
      return (uint64_t)l->seen[i].day * CLIENT_DAY;
    }
  }
  return 0;
}
