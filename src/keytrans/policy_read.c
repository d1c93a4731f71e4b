/* SPDX-License-Identifier: Apache-2.0
 * Reading a trust policy (c2sp.org/tlog-policy). */
#include "keytrans/line.h"
#include "keytrans/policy.h"

#define GROUPS_BITS 64
_Static_assert(NAMES_MAX <= GROUPS_BITS, "a group's members are one word");

/* What is read besides the policy itself. */
typedef struct reading {
  tacet_policy *p;
  tacet_span rest;  /* words of the line that are left */
  uint64_t grouped; /* names that are some group's member */
  bool quorum;      /* was there a line for it? */
} reading;

static bool is_blank(uint8_t c) {
  return c == ' ' || c == '\t';
}

tacet_span tacet_policy_line(tacet_span *rest) {
  tacet_span line;
  if (!line_next(rest, &line)) {
    line = *rest;
    *rest = TACET_SPAN_EMPTY;
  }
  return line;
}

tacet_span tacet_policy_word(tacet_span *rest) {
  tacet_span s = *rest;
  while (s.len > 0 && is_blank(s.p[0])) {
    s = tacet_span_of(s.p + 1, s.len - 1);
  }
  size_t n = 0;
  while (n < s.len && !is_blank(s.p[n])) {
    n++;
  }
  *rest = tacet_span_of(s.p + n, s.len - n);
  return tacet_span_of(s.p, n);
}

/* The next word of the line; false at its end. */
static bool word(reading *r, tacet_span *out) {
  *out = tacet_policy_word(&r->rest);
  return out->len > 0;
}

static bool is(tacet_span w, const char *text) {
  return tacet_span_equal(w, tacet_span_str(text));
}

static bool find(const tacet_policy *p, tacet_span name, size_t *out) {
  for (size_t i = 0; i < p->n_names; i++) {
    if (tacet_span_equal(p->names[i].name, name)) {
      *out = i;
      return true;
    }
  }
  return false;
}

/* Reads a key of the type into keys[*n], which may not have it yet. */
static tacet_err key(reading *r, uint8_t type, size_t max, tacet_note_key *keys,
                     size_t *n) {
  tacet_span vkey;
  if (!word(r, &vkey)) {
    return TACET_ERR_ENCODING;
  }
  if (*n == max) {
    return TACET_ERR_LIMIT;
  }
  TACET_TRY(tacet_note_key_read(vkey, &keys[*n]));
  if (keys[*n].type != type) {
    return TACET_ERR_ENCODING;
  }
  for (size_t i = 0; i < *n; i++) {
    if (memcmp(keys[i].public_key, keys[*n].public_key, 32) == 0) {
      return TACET_ERR_ENCODING;
    }
  }
  ++*n;
  return TACET_OK;
}

/* A name that is free. */
static tacet_err define(reading *r, policy_name **out) {
  tacet_policy *p = r->p;
  tacet_span name;
  size_t known;
  if (!word(r, &name) || is(name, "none") || find(p, name, &known)) {
    return TACET_ERR_ENCODING;
  }
  if (p->n_names == NAMES_MAX) {
    return TACET_ERR_LIMIT;
  }
  *out = &p->names[p->n_names];
  **out = (policy_name){.name = name};
  return TACET_OK;
}

/* log <vkey> [<url>] */
static tacet_err read_log(reading *r) {
  tacet_span url;
  TACET_TRY(key(r, TACET_NOTE_ED25519, TACET_POLICY_LOGS_MAX, r->p->logs,
                &r->p->n_logs));
  (void)word(r, &url);
  return TACET_OK;
}

/* witness <name> <vkey> [<url>] */
static tacet_err read_witness(reading *r) {
  tacet_policy *p = r->p;
  policy_name *name = NULL;
  TACET_TRY(define(r, &name));
  name->witness = p->n_witnesses;
  TACET_TRY(key(r, TACET_NOTE_COSIGNATURE, TACET_POLICY_WITNESSES_MAX,
                p->witnesses, &p->n_witnesses));
  (void)word(r, &name->url);
  p->n_names++;
  return TACET_OK;
}

/* group <name> all|any|<k> <name>... */
static tacet_err read_group(reading *r) {
  tacet_policy *p = r->p;
  policy_name *group = NULL;
  tacet_span rule, member;
  size_t n = 0, i;
  uint64_t k = 0;
  TACET_TRY(define(r, &group));
  if (p->n_names - p->n_witnesses == TACET_POLICY_GROUPS_MAX) {
    return TACET_ERR_LIMIT;
  }
  if (!word(r, &rule)) {
    return TACET_ERR_ENCODING;
  }
  for (; word(r, &member); n++) {
    if (!find(p, member, &i) || (r->grouped >> i & 1) != 0) {
      return TACET_ERR_ENCODING;
    }
    r->grouped |= (uint64_t)1 << i;
    group->members |= (uint64_t)1 << i;
  }
  if (is(rule, "all")) {
    k = n;
  } else if (is(rule, "any")) {
    k = 1;
  } else if (!line_number(rule, &k)) {
    return TACET_ERR_ENCODING;
  }
  if (k < 1 || k > n) {
    return TACET_ERR_ENCODING;
  }
  group->threshold = (size_t)k;
  p->n_names++;
  return TACET_OK;
}

/* quorum <name>|none */
static tacet_err read_quorum(reading *r) {
  tacet_span name;
  if (r->quorum || !word(r, &name)) {
    return TACET_ERR_ENCODING;
  }
  r->quorum = true;
  if (is(name, "none")) {
    r->p->quorum = NO_QUORUM;
    return TACET_OK;
  }
  return find(r->p, name, &r->p->quorum) ? TACET_OK : TACET_ERR_ENCODING;
}

static tacet_err read_line(reading *r, tacet_span line) {
  static const struct {
    const char *word;
    tacet_err (*read)(reading *r);
  } kinds[] = {{"log", read_log},
               {"witness", read_witness},
               {"group", read_group},
               {"quorum", read_quorum}};
  tacet_span first, extra;
  for (size_t i = 0; i < line.len; i++) {
    if ((line.p[i] < ' ' && line.p[i] != '\t') || line.p[i] == 0x7f) {
      return TACET_ERR_ENCODING;
    }
  }
  r->rest = line;
  if (!word(r, &first) || first.p[0] == '#') {
    return TACET_OK;
  }
  for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
    if (is(first, kinds[i].word)) {
      TACET_TRY(kinds[i].read(r));
      return word(r, &extra) ? TACET_ERR_ENCODING : TACET_OK;
    }
  }
  return TACET_ERR_ENCODING;
}

static tacet_err read_text(tacet_policy *p, size_t *line) {
  reading r = {.p = p};
  tacet_span rest = tacet_bytes_span(&p->text), text;
  for (; line_next(&rest, &text); ++*line) {
    TACET_TRY(read_line(&r, text));
  }
  return rest.len == 0 && r.quorum ? TACET_OK : TACET_ERR_ENCODING;
}

tacet_err tacet_policy_read(tacet_span text, tacet_policy **out, size_t *line) {
  *line = 1;
  if (text.len > TACET_POLICY_TEXT_MAX) {
    return TACET_ERR_LIMIT;
  }
  tacet_policy *p = tacet_alloc(sizeof(*p));
  if (p == NULL) {
    return TACET_ERR_NOMEM;
  }
  tacet_err e = tacet_bytes_set(&p->text, text);
  if (e == TACET_OK) {
    e = read_text(p, line);
  }
  if (e != TACET_OK) {
    tacet_policy_free(p);
    return e;
  }
  *out = p;
  return TACET_OK;
}

void tacet_policy_free(tacet_policy *p) {
  if (p != NULL) {
    tacet_bytes_free(&p->text);
    tacet_free(p);
  }
}
