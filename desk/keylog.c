/* SPDX-License-Identifier: Apache-2.0
 * The commitments of days, in the key log of the server. */
#include "desk/keylog.h"

#include "desk/command.h"
#include "desk/spawn.h"
#include "server/ops/folder.h"
#include "tacet/codec.h"
#include "tacet/crypto.h"
#include "tacet/keytrans/inclusion.h"
#include "tacet/keytrans/keylog.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FILE_LIMIT ((size_t)16 << 20)
/* A cosignature from the clock's future counts up to here. */
#define ALLOWANCE_S 172800

typedef struct statement {
  uint64_t index;
  desk_day day; /* of the log's EPOCH */
  desk_hash hash;
  bool ours;
} statement;

typedef struct statements {
  statement *all;
  size_t n;
} statements;

static tacet_err not_understood(desk_trouble *why) {
  desk_trouble_set(why, "what `tacetd statement` answers is not understood; "
                        "are tacet-desk and tacetd of one version?");
  return TACET_ERR_ENCODING;
}

/* ---- the list ---- */

/* False: it waits, and is in the log of nobody yet. */
static bool read_statement(const json_t *v, statement *out) {
  const char *day = json_string_value(json_object_get(v, "day"));
  const char *hex = json_string_value(json_object_get(v, "hash"));
  const json_t *index = json_object_get(v, "index");
  *out = (statement){.index = (uint64_t)json_integer_value(index)};
  return json_is_integer(index) && day != NULL && hex != NULL &&
         desk_day_read(day, &out->day) &&
         tacet_hex_read(hex, strlen(hex), out->hash.b, DESK_HASH_LEN) ==
             TACET_OK;
}

static tacet_err read_list(tacet_span text, desk_trouble *why,
                           statements *out) {
  json_t *list =
      json_loadb((const char *)text.p, text.len, JSON_REJECT_DUPLICATES, NULL);
  size_t n = json_array_size(list);
  if (!json_is_array(list)) {
    json_decref(list);
    return not_understood(why);
  }
  statement *all = calloc(n + 1, sizeof(*all));
  statements s = {all, 0};
  for (size_t i = 0; all != NULL && i < n; i++) {
    s.n += read_statement(json_array_get(list, i), &all[s.n]) ? 1 : 0;
  }
  json_decref(list);
  *out = s;
  return all != NULL ? TACET_OK : TACET_ERR_NOMEM;
}

static tacet_err ask_tacetd(const char *const *argv, desk_trouble *why,
                            tacet_bytes *out) {
  int code = 0;
  TACET_TRY(desk_spawn(argv, NULL, why, &code, out));
  if (code != 0) {
    desk_trouble_set(why,
                     "`tacetd statement %s` failed with %d, and says why "
                     "above",
                     argv[2], code);
    return TACET_ERR_IO;
  }
  return TACET_OK;
}

/* ---- days against the list ---- */

static int by_hash(const void *a, const void *b) {
  return memcmp(((const statement *)a)->hash.b, ((const statement *)b)->hash.b,
                DESK_HASH_LEN);
}

static statement *search(const statements *s, const desk_hash *h) {
  statement key = {.hash = *h};
  return bsearch(&key, s->all, s->n, sizeof(key), by_hash);
}

static tacet_err explain_others(const char *path, const statements *s,
                                desk_trouble *why) {
  TACET_BYTES(text);
  TACET_TRY(desk_file_read(path, FILE_LIMIT, why, &text));
  const char *p = (const char *)text.p;
  size_t left = text.len;
  while (left >= (size_t)2 * DESK_HASH_LEN) {
    desk_hash h;
    const char *end = memchr(p, '\n', left);
    size_t len = end != NULL ? (size_t)(end - p) : left;
    if (len >= (size_t)2 * DESK_HASH_LEN &&
        tacet_hex_read(p, (size_t)2 * DESK_HASH_LEN, h.b, DESK_HASH_LEN) ==
            TACET_OK) {
      statement *known = search(s, &h);
      if (known != NULL) {
        known->ours = true;
      }
    }
    len += end != NULL ? 1 : 0;
    p += len;
    left -= len;
  }
  return TACET_OK;
}

static tacet_err mark_days(const statements *s, const desk_day_hash *days,
                           size_t n, desk_trouble *why) {
  for (size_t i = 0; i < n; i++) {
    statement *known = search(s, &days[i].hash);
    if (known == NULL) {
      char day[DESK_DAY_TEXT];
      desk_day_text(days[i].day, day);
      desk_trouble_set(why,
                       "the commitment to %s is not in the key log: give it "
                       "to the server with `tacetd statement add --hash`, or "
                       "this log is not the one that was committed to",
                       day);
      return TACET_ERR_AUTH;
    }
    known->ours = true;
  }
  return TACET_OK;
}

/* Something that was said after the day was over, and before what we say of
 * that day, may be what the desk said of it first. */
static tacet_err look_for_another(const statements *s,
                                  const desk_day_hash *days, size_t n, bool all,
                                  desk_trouble *why, size_t *unknown) {
  *unknown = 0;
  for (size_t i = 0; i < s->n; i++) {
    if (s->all[i].ours || n == 0 || s->all[i].day <= days[0].day) {
      continue;
    }
    ++*unknown;
    for (size_t d = 0; d < n; d++) {
      const statement *mine = search(s, &days[d].hash);
      bool before =
          s->all[i].day > days[d].day && s->all[i].index < mine->index;
      if (before || all) {
        char day[DESK_DAY_TEXT];
        desk_day_text(days[d].day, day);
        desk_trouble_set(
            why,
            "entry %" PRIu64 " of the key log is none of this log's days: this "
            "desk's log was put back and written again before %s was "
            "committed to, or it is something else that was said: --others "
            "FILE lists the hashes of such",
            s->all[i].index, day);
        return TACET_ERR_FORK;
      }
    }
  }
  return TACET_OK;
}

/* ---- the newest, under a checkpoint ---- */

static tacet_err read_policy(const desk_keylog_check *c, desk_trouble *why,
                             tacet_policy **out) {
  TACET_BYTES(text);
  char path[TACETD_PATH_MAX];
  size_t line = 0;
  const char *name = c->policy;
  if (name == NULL) {
    TACET_TRY(tacetd_folder_path(c->server, TACETD_POLICY_NAME, path));
    name = path;
  }
  TACET_TRY(desk_file_read(name, TACET_POLICY_TEXT_MAX, why, &text));
  tacet_err e = tacet_policy_read(tacet_bytes_span(&text), out, &line);
  if (e != TACET_OK) {
    desk_trouble_set(why, "the policy %.300s: line %zu is not understood", name,
                     line);
  }
  return e;
}

static tacet_err judge(const desk_keylog_check *c, const tacet_policy *policy,
                       const tacet_inclusion *p, const desk_hash *hash,
                       desk_trouble *why, desk_keylog_found *out) {
  tacet_policy_verdict v = {.n_witnesses = 0};
  TACET_BUF(entry, TACET_KEYLOG_ENTRY_MAX);
  tacet_keylog_entry statement_entry = {.kind = TACET_KEYLOG_STATEMENT};
  memcpy(statement_entry.hash, hash->b, DESK_HASH_LEN);
  tacet_keylog_entry_write(&statement_entry, &entry);
  tacet_err e =
      tacet_policy_judge(policy, p->note, (uint64_t)(c->now + ALLOWANCE_S), &v);
  if (e != TACET_OK) {
    desk_trouble_set(why, "the key log's checkpoint over the newest day: %s",
                     e == TACET_ERR_POLICY
                         ? "too few witnesses have cosigned it"
                         : tacet_err_text(e));
    return e;
  }
  const tacet_tlog_head head = {v.checkpoint.size, v.checkpoint.root};
  e = tacet_inclusion_verify(p, tacet_buf_span(&entry), &head);
  if (e != TACET_OK) {
    desk_trouble_set(why, "the newest day does not stand in the key log where "
                          "the server says");
    return e;
  }
  out->size = v.checkpoint.size;
  out->n_witnesses = v.n_witnesses;
  return TACET_OK;
}

static tacet_err newest_is_witnessed(const desk_keylog_check *c,
                                     const desk_day_hash *newest,
                                     desk_trouble *why,
                                     desk_keylog_found *out) {
  TACET_BYTES(text);
  tacet_inclusion p;
  tacet_policy *policy = NULL;
  char hex[2 * DESK_HASH_LEN + 1];
  tacet_hex_write(tacet_span_of(newest->hash.b, DESK_HASH_LEN), hex);
  const char *const argv[] = {"tacetd", "statement", "prove", hex,
                              "--data", c->server,   NULL};
  TACET_TRY(ask_tacetd(argv, why, &text));
  if (tacet_inclusion_parse(tacet_bytes_span(&text), &p) != TACET_OK) {
    return not_understood(why);
  }
  TACET_TRY(read_policy(c, why, &policy));
  tacet_err e = judge(c, policy, &p, &newest->hash, why, out);
  tacet_policy_free(policy);
  return e;
}

static tacet_err verify_list(const desk_keylog_check *c, statements *s,
                             const desk_day_hash *days, size_t n,
                             desk_trouble *why, desk_keylog_found *out) {
  qsort(s->all, s->n, sizeof(*s->all), by_hash);
  TACET_TRY(mark_days(s, days, n, why));
  if (c->others != NULL) {
    TACET_TRY(explain_others(c->others, s, why));
  }
  TACET_TRY(
      look_for_another(s, days, n, c->others != NULL, why, &out->unknown));
  out->n_days = n;
  return n == 0 ? TACET_OK : newest_is_witnessed(c, &days[n - 1], why, out);
}

tacet_err desk_keylog_verify(const desk_keylog_check *c,
                             const desk_day_hash *days, size_t n,
                             desk_trouble *why, desk_keylog_found *out) {
  TACET_BYTES(text);
  statements s = {.all = NULL};
  desk_keylog_found found = {.n_days = 0};
  const char *const argv[] = {"tacetd", "statement", "list", "--json",
                              "--data", c->server,   NULL};
  TACET_TRY(ask_tacetd(argv, why, &text));
  tacet_err e = read_list(tacet_bytes_span(&text), why, &s);
  if (e == TACET_OK) {
    e = verify_list(c, &s, days, n, why, &found);
  }
  free(s.all);
  if (e == TACET_OK) {
    *out = found;
  }
  return e;
}

/* ---- kept files ---- */

static bool read_line(const char *p, size_t len, desk_day_hash *out) {
  char day[DESK_DAY_TEXT];
  size_t d = DESK_DAY_TEXT - 1;
  if (len != d + 1 + (size_t)2 * DESK_HASH_LEN || p[d] != ' ') {
    return false;
  }
  memcpy(day, p, d);
  day[d] = '\0';
  return desk_day_read(day, &out->day) &&
         tacet_hex_read(p + d + 1, (size_t)2 * DESK_HASH_LEN, out->hash.b,
                        DESK_HASH_LEN) == TACET_OK;
}

tacet_err desk_days_read(const char *path, desk_trouble *why,
                         desk_day_hash **out, size_t *n_out) {
  TACET_BYTES(text);
  TACET_TRY(desk_file_read(path, FILE_LIMIT, why, &text));
  size_t n = 0, cap = text.len / 75 + 1;
  desk_day_hash *all = calloc(cap + 1, sizeof(*all));
  const char *p = (const char *)text.p;
  size_t left = text.len, line = 0;
  while (all != NULL && left > 0 && n < cap) {
    const char *end = memchr(p, '\n', left);
    size_t len = end != NULL ? (size_t)(end - p) : left;
    line++;
    if (len > 0 && !read_line(p, len, &all[n++])) {
      free(all);
      desk_trouble_set(why,
                       "%.300s: line %zu is no day with its hash, as "
                       "`tacet-desk log commit` prints them",
                       path, line);
      return TACET_ERR_ENCODING;
    }
    len += end != NULL ? 1 : 0;
    p += len;
    left -= len;
  }
  *out = all;
  *n_out = n;
  return all != NULL ? TACET_OK : TACET_ERR_NOMEM;
}
