/* SPDX-License-Identifier: Apache-2.0
 * Changing a trust policy line by line. What comes out is read again by who
 * judges by it, so that nothing is written that the server would not take. */
#include "server/witnesses/edit.h"

#include "server/witnesses/address.h"

#include <stdio.h>
#include <string.h>

typedef struct witness_line {
  tacet_span name;
  tacet_span line;
} witness_line;

/* The text, taken apart. */
typedef struct parts {
  tacet_span text;
  witness_line witnesses[TACET_POLICY_WITNESSES_MAX];
  size_t n, quorum;
} parts;

/* ---- words ---- */

static bool is(tacet_span word, const char *text) {
  return tacet_span_equal(word, tacet_span_str(text));
}

/* A number from 1 to 99; 0 for anything else. */
static size_t number(tacet_span word) {
  size_t n = 0;
  for (size_t i = 0; i < word.len; i++) {
    if (word.p[i] < '0' || word.p[i] > '9' || word.len > 2) {
      return 0;
    }
    n = n * 10 + (size_t)(word.p[i] - '0');
  }
  return n;
}

/* ---- reading ---- */

static tacet_err by_hand(tacetd_trouble *why) {
  tacetd_trouble_set(why,
                     "the policy has groups that were written by hand; change "
                     "log-policy with an editor");
  return TACET_ERR_ARGUMENT;
}

/* "group witnesses N" and all their names; anything else was written by hand.
 */
static bool read_group(parts *p, tacet_span rest) {
  if (!is(tacet_policy_word(&rest), WTS_GROUP)) {
    return false;
  }
  p->quorum = number(tacet_policy_word(&rest));
  for (size_t i = 0; i < p->n; i++) {
    if (!tacet_span_equal(tacet_policy_word(&rest), p->witnesses[i].name)) {
      return false;
    }
  }
  return p->quorum > 0 && tacet_policy_word(&rest).len == 0;
}

static bool read_line(parts *p, tacet_span line) {
  tacet_span rest = line, word = tacet_policy_word(&rest);
  if (is(word, "witness")) {
    /* Those after the group are not in it, so it is not ours. */
    p->witnesses[p->n++] = (witness_line){tacet_policy_word(&rest), line};
    return p->quorum == 0;
  }
  if (is(word, "group")) {
    return p->quorum == 0 && read_group(p, rest);
  }
  if (is(word, "quorum")) {
    return is(tacet_policy_word(&rest), p->quorum > 0 ? WTS_GROUP : "none");
  }
  return true;
}

static tacet_err well_formed(tacet_span text, tacetd_trouble *why) {
  tacet_policy *policy = NULL;
  size_t line = 0;
  tacet_err e = tacet_policy_read(text, &policy, &line);
  if (e == TACET_ERR_NOMEM) {
    tacetd_trouble_set(why, "there is not enough memory");
  } else if (e != TACET_OK) {
    tacetd_trouble_set(why,
                       "line %zu of log-policy is not what "
                       "c2sp.org/tlog-policy allows (%s); change it with an "
                       "editor",
                       line, tacet_err_text(e));
  }
  tacet_policy_free(policy);
  return e;
}

static tacet_err take_apart(tacet_span text, parts *p, tacetd_trouble *why) {
  TACET_TRY(well_formed(text, why));
  memset(p, 0, sizeof(*p));
  p->text = text;
  while (text.len > 0) {
    if (!read_line(p, tacet_policy_line(&text))) {
      return by_hand(why);
    }
  }
  return TACET_OK;
}

static bool find(const parts *p, const char *name, size_t *at) {
  for (size_t i = 0; i < p->n; i++) {
    if (is(p->witnesses[i].name, name)) {
      *at = i;
      return true;
    }
  }
  return false;
}

tacet_err wts_edit_read(tacet_span policy, size_t *witnesses, size_t *quorum,
                        tacetd_trouble *why) {
  parts p;
  TACET_TRY(take_apart(policy, &p, why));
  *witnesses = p.n;
  *quorum = p.quorum;
  return TACET_OK;
}

/* ---- writing ---- */

static void put(tacet_buf *out, tacet_span s) {
  tacet_write_bytes(out, s);
}

/* Everything but witnesses, group and quorum as it stood, then those. */
static tacet_err put_together(const parts *p, tacet_buf *out,
                              tacetd_trouble *why) {
  char count[64];
  tacet_span rest = p->text, done;
  while (rest.len > 0) {
    tacet_span line = tacet_policy_line(&rest), words = line,
               word = tacet_policy_word(&words);
    if (!is(word, "witness") && !is(word, "group") && !is(word, "quorum")) {
      put(out, line);
      tacet_write_u8(out, '\n');
    }
  }
  for (size_t i = 0; i < p->n; i++) {
    put(out, p->witnesses[i].line);
    tacet_write_u8(out, '\n');
  }
  if (p->quorum > 0) {
    (void)snprintf(count, sizeof(count), "group " WTS_GROUP " %zu", p->quorum);
    put(out, tacet_span_str(count));
    for (size_t i = 0; i < p->n; i++) {
      tacet_write_u8(out, ' ');
      put(out, p->witnesses[i].name);
    }
    put(out, TACET_SPAN_LIT("\nquorum " WTS_GROUP "\n"));
  } else {
    put(out, TACET_SPAN_LIT("quorum none\n"));
  }
  tacet_err e = tacet_buf_done(out, &done);
  if (e != TACET_OK) {
    tacetd_trouble_set(why, "the policy would be too long");
    return e;
  }
  return well_formed(done, why);
}

static tacet_err put_edited(const parts *p, tacet_buf *out,
                            tacetd_trouble *why) {
  tacet_err e = put_together(p, out, why);
  if (e != TACET_OK) {
    tacet_buf_clear(out);
  }
  return e;
}

/* ---- add ---- */

static bool name_is_plain(const char *name) {
  size_t len = strlen(name);
  for (size_t i = 0; i < len; i++) {
    if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
               "0123456789.-_",
               name[i]) == NULL) {
      return false;
    }
  }
  return len > 0 && len <= 64 && strcmp(name, "none") != 0 &&
         strcmp(name, WTS_GROUP) != 0;
}

/* Is the key one of the policy's already? */
static bool has_key(const parts *p, const tacet_note_key *key) {
  for (size_t i = 0; i < p->n; i++) {
    tacet_span rest = p->witnesses[i].line;
    tacet_note_key other;
    (void)tacet_policy_word(&rest);
    (void)tacet_policy_word(&rest);
    if (tacet_note_key_read(tacet_policy_word(&rest), &other) == TACET_OK &&
        memcmp(other.public_key, key->public_key, 32) == 0) {
      return true;
    }
  }
  return false;
}

static tacet_err check_key(const parts *p, const char *vkey,
                           tacetd_trouble *why) {
  tacet_note_key key;
  if (tacet_note_key_read(tacet_span_str(vkey), &key) != TACET_OK ||
      key.type != TACET_NOTE_COSIGNATURE) {
    tacetd_trouble_set(why,
                       "\"%.80s\" is not the verifier key of a witness, "
                       "NAME+ID+BASE64, which `tacet-witness status` prints",
                       vkey);
    return TACET_ERR_ARGUMENT;
  }
  if (has_key(p, &key)) {
    tacetd_trouble_set(why, "this key of %.64s is in the policy already",
                       key.name);
    return TACET_ERR_EXISTS;
  }
  return TACET_OK;
}

/* The URL with its pin. */
static tacet_err check_url(const char *url, const char *pin,
                           char out[WTS_URL_MAX + 1], tacetd_trouble *why) {
  wts_address a;
  uint8_t bytes[NET_PIN_LEN];
  if (pin != NULL &&
      tacet_hex_read(pin, strlen(pin), bytes, sizeof(bytes)) != TACET_OK) {
    tacetd_trouble_set(why,
                       "--pin is \"%.80s\", but must be the 64 hexadecimal "
                       "digits that `tacet-witness status` prints",
                       pin);
    return TACET_ERR_ARGUMENT;
  }
  int n = snprintf(out, WTS_URL_MAX + 1, "%s%s%s", url,
                   pin != NULL ? "#sha256=" : "", pin != NULL ? pin : "");
  if (n < 0 || n > WTS_URL_MAX ||
      wts_address_read(tacet_span_str(out), &a) != TACET_OK) {
    tacetd_trouble_set(why,
                       "\"%.80s\" is not the address of a witness, "
                       "https://HOST[:PORT][/PREFIX], or http:// for this "
                       "machine alone and without --pin",
                       url);
    return TACET_ERR_ARGUMENT;
  }
  return TACET_OK;
}

tacet_err wts_edit_add(tacet_span policy, const char *name, const char *vkey,
                       const char *url, const char *pin, tacet_buf *out,
                       tacetd_trouble *why) {
  parts p;
  size_t at;
  char full[WTS_URL_MAX + 1];
  TACET_BUF(line, TACET_POLICY_TEXT_MAX);
  TACET_TRY(take_apart(policy, &p, why));
  if (!name_is_plain(name)) {
    tacetd_trouble_set(why,
                       "\"%.64s\" is no name for a witness: letters, digits, "
                       "\".\", \"-\" and \"_\"",
                       name);
    return TACET_ERR_ARGUMENT;
  }
  if (find(&p, name, &at)) {
    tacetd_trouble_set(why,
                       "there is a witness %.64s already; remove it first, or "
                       "choose another name",
                       name);
    return TACET_ERR_EXISTS;
  }
  TACET_TRY(check_key(&p, vkey, why));
  TACET_TRY(check_url(url, pin, full, why));
  if (p.n == TACET_POLICY_WITNESSES_MAX) {
    tacetd_trouble_set(why, "a policy has at most %d witnesses",
                       TACET_POLICY_WITNESSES_MAX);
    return TACET_ERR_LIMIT;
  }
  const char *const words[] = {"witness ", name, " ", vkey, " ", full};
  for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
    put(&line, tacet_span_str(words[i]));
  }
  p.witnesses[p.n].name = tacet_span_str(name);
  TACET_TRY(tacet_buf_done(&line, &p.witnesses[p.n].line));
  p.n++;
  return put_edited(&p, out, why);
}

/* ---- remove, quorum ---- */

tacet_err wts_edit_remove(tacet_span policy, const char *name, tacet_buf *out,
                          tacetd_trouble *why) {
  parts p;
  size_t at;
  TACET_TRY(take_apart(policy, &p, why));
  if (!find(&p, name, &at)) {
    tacetd_trouble_set(why,
                       "there is no witness %.64s; `tacetd witness list` shows "
                       "them all",
                       name);
    return TACET_ERR_NOT_FOUND;
  }
  if (p.quorum == p.n) {
    tacetd_trouble_set(why,
                       "the quorum is %zu of %zu; lower it first with `tacetd "
                       "witness quorum`",
                       p.quorum, p.n);
    return TACET_ERR_ARGUMENT;
  }
  p.n--;
  memmove(&p.witnesses[at], &p.witnesses[at + 1],
          (p.n - at) * sizeof(p.witnesses[0]));
  return put_edited(&p, out, why);
}

tacet_err wts_edit_quorum(tacet_span policy, size_t quorum, tacet_buf *out,
                          tacetd_trouble *why) {
  parts p;
  TACET_TRY(take_apart(policy, &p, why));
  if (quorum > p.n) {
    tacetd_trouble_set(why,
                       "the quorum cannot be %zu where there %s %zu "
                       "witness%s; add more with `tacetd witness add`",
                       quorum, p.n == 1 ? "is" : "are", p.n,
                       p.n == 1 ? "" : "es");
    return TACET_ERR_ARGUMENT;
  }
  p.quorum = quorum;
  return put_edited(&p, out, why);
}

/* ---- the log's keys ---- */

/* Reads "log VKEY [URL]". */
static bool read_log(tacet_span line, tacet_note_key *out) {
  return is(tacet_policy_word(&line), "log") &&
         tacet_note_key_read(tacet_policy_word(&line), out) == TACET_OK;
}

static bool same_key(const tacet_note_key *a, const tacet_note_key *b) {
  return strcmp(a->name, b->name) == 0 &&
         memcmp(a->public_key, b->public_key, 32) == 0;
}

bool wts_edit_has_log(tacet_span text, const tacet_note_key *key) {
  tacet_note_key k;
  while (text.len > 0) {
    if (read_log(tacet_policy_line(&text), &k) && same_key(&k, key)) {
      return true;
    }
  }
  return false;
}

static tacet_err finish(tacet_buf *out, tacetd_trouble *why) {
  tacet_span done;
  tacet_err e = tacet_buf_done(out, &done);
  if (e != TACET_OK) {
    tacetd_trouble_set(why, "the policy would be too long");
  } else {
    e = well_formed(done, why);
  }
  if (e != TACET_OK) {
    tacet_buf_clear(out);
  }
  return e;
}

tacet_err wts_edit_log_add(tacet_span policy, const tacet_handover *h,
                           tacet_buf *out, tacetd_trouble *why) {
  tacet_span rest = policy;
  tacet_note_key k;
  TACET_TRY(well_formed(policy, why));
  if (wts_edit_has_log(policy, &h->to)) {
    tacetd_trouble_set(why, "the key is in log-policy already");
    return TACET_ERR_EXISTS;
  }
  if (!wts_edit_has_log(policy, &h->from)) {
    tacetd_trouble_set(why,
                       "log-policy does not name the log %.128s with its "
                       "key; change it with an editor",
                       h->from.name);
    return TACET_ERR_NOT_FOUND;
  }
  while (rest.len > 0) {
    tacet_span line = tacet_policy_line(&rest);
    if (tacet_handover_is_line(line)) {
      continue; /* of the change before */
    }
    put(out, line);
    tacet_write_u8(out, '\n');
    if (read_log(line, &k) && same_key(&k, &h->from)) {
      put(out, TACET_SPAN_LIT("log "));
      tacet_note_key_write(&h->to, out);
      tacet_write_u8(out, '\n');
      tacet_handover_write(h, out);
    }
  }
  return finish(out, why);
}

tacet_err wts_edit_log_keep(tacet_span policy, const tacet_note_key *key,
                            tacet_buf *out, tacetd_trouble *why) {
  tacet_span rest = policy;
  tacet_note_key k;
  bool dropped = false;
  TACET_TRY(well_formed(policy, why));
  while (rest.len > 0) {
    tacet_span line = tacet_policy_line(&rest);
    if (read_log(line, &k) && strcmp(k.name, key->name) == 0 &&
        !same_key(&k, key)) {
      dropped = true;
      continue;
    }
    put(out, line);
    tacet_write_u8(out, '\n');
  }
  if (!dropped || !wts_edit_has_log(policy, key)) {
    tacetd_trouble_set(why, "log-policy has no other key of the log %.128s",
                       key->name);
    tacet_buf_clear(out);
    return TACET_ERR_NOT_FOUND;
  }
  return finish(out, why);
}
