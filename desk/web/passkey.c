/* SPDX-License-Identifier: Apache-2.0
 * Passkeys in the desk's log. */
#include "desk/web/passkey.h"

#include "tacet/codec.h"

#include <stdlib.h>
#include <string.h>

#define PREFIX "tacet-passkey-v1."
#define SPKI_MAX 128

/* RFC 5480 and RFC 8410: all of the SubjectPublicKeyInfo before the key. */
static const uint8_t spki_p256[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a,
                                    0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
                                    0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03,
                                    0x01, 0x07, 0x03, 0x42, 0x00};
static const uint8_t spki_ed25519[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                       0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

/* ---- reading ---- */

static bool take_key(web_passkey *p, const char *text, size_t text_len) {
  uint8_t spki[SPKI_MAX];
  size_t len = 0,
         head = p->is_ed25519 ? sizeof(spki_ed25519) : sizeof(spki_p256);
  const uint8_t *want = p->is_ed25519 ? spki_ed25519 : spki_p256;
  p->key_len = p->is_ed25519 ? 32 : 65;
  if (tacet_base64url_read(text, text_len, spki, sizeof(spki), &len) !=
          TACET_OK ||
      len != head + p->key_len || memcmp(spki, want, head) != 0) {
    return false;
  }
  memcpy(p->key, spki + head, p->key_len);
  return true;
}

static bool take_credential(web_passkey *p, const char *text, size_t len) {
  uint8_t id[1023];
  size_t n = 0;
  if (len == 0 || len >= sizeof(p->credential) ||
      tacet_base64url_read(text, len, id, sizeof(id), &n) != TACET_OK) {
    return false;
  }
  memcpy(p->credential, text, len);
  p->credential[len] = '\0';
  return true;
}

static bool take_line(const char *line, web_passkey *p) {
  if (strncmp(line, PREFIX, sizeof(PREFIX) - 1) != 0) {
    return false;
  }
  const char *algorithm = line + sizeof(PREFIX) - 1;
  size_t len = strcspn(algorithm, ".");
  const char *id = algorithm + len + (algorithm[len] == '.');
  size_t id_len = strcspn(id, ".");
  const char *key = id + id_len + (id[id_len] == '.');
  p->is_ed25519 = len == 5 && memcmp(algorithm, "EdDSA", 5) == 0;
  bool known =
      p->is_ed25519 || (len == 5 && memcmp(algorithm, "ES256", 5) == 0);
  return known && take_credential(p, id, id_len) &&
         take_key(p, key, strlen(key));
}

tacet_err web_passkey_read(const char *line, desk_trouble *why,
                           web_passkey *out) {
  web_passkey p = {.officer = ""};
  if (!take_line(line, &p)) {
    desk_trouble_set(why, "that is no passkey's line; copy the whole of what "
                          "the page shows, which begins with " PREFIX);
    return TACET_ERR_ENCODING;
  }
  *out = p;
  return TACET_OK;
}

/* ---- events ---- */

static json_t *body_of(const web_passkey *p) {
  char key[TACET_BASE64_LEN(sizeof(p->key)) + 1];
  tacet_base64url_write(tacet_span_of(p->key, p->key_len), key);
  return json_pack("{s:s, s:s, s:s}", "algorithm",
                   p->is_ed25519 ? "EdDSA" : "ES256", "credential",
                   p->credential, "key", key);
}

static bool of_body(const json_t *body, const char *officer, web_passkey *out) {
  const char *algorithm = json_string_value(json_object_get(body, "algorithm")),
             *id = json_string_value(json_object_get(body, "credential")),
             *key = json_string_value(json_object_get(body, "key"));
  web_passkey p = {.officer = ""};
  if (algorithm == NULL || id == NULL || key == NULL ||
      strlen(officer) > DESK_NAME_MAX) {
    return false;
  }
  p.is_ed25519 = strcmp(algorithm, "EdDSA") == 0;
  memcpy(p.officer, officer, strlen(officer) + 1);
  if (!take_credential(&p, id, strlen(id)) ||
      tacet_base64url_read(key, strlen(key), p.key, sizeof(p.key),
                           &p.key_len) != TACET_OK ||
      p.key_len != (p.is_ed25519 ? 32 : sizeof(p.key))) {
    return false;
  }
  *out = p;
  return true;
}

/* One by one the events of both kinds, as what they leave. */
typedef struct gathering {
  web_passkey *all;
  size_t n;
  tacet_err err;
} gathering;

static void forget(gathering *g, const char *credential) {
  for (size_t i = 0; i < g->n; i++) {
    if (strcmp(g->all[i].credential, credential) == 0) {
      memmove(&g->all[i], &g->all[i + 1], (g->n - i - 1) * sizeof(g->all[0]));
      g->n--;
      return;
    }
  }
}

static tacet_err gather(void *user, const desk_event *e) {
  gathering *g = user;
  web_passkey p;
  bool added = strcmp(e->kind, "passkey-added") == 0;
  if (e->erased || e->signature.len == 0 ||
      (!added && strcmp(e->kind, "passkey-removed") != 0)) {
    return TACET_OK;
  }
  json_t *body = json_loadb((const char *)e->body.p, e->body.len,
                            JSON_REJECT_DUPLICATES, NULL);
  const char *id = json_string_value(json_object_get(body, "credential"));
  if (!added && id != NULL) {
    forget(g, id);
  }
  if (added && of_body(body, e->actor, &p)) {
    web_passkey *more = realloc(g->all, (g->n + 1) * sizeof(*more));
    g->err = more == NULL ? TACET_ERR_NOMEM : TACET_OK;
    if (more != NULL) {
      g->all = more;
      g->all[g->n++] = p;
    }
  }
  json_decref(body);
  return g->err;
}

tacet_err web_passkeys_each(desk_store *s,
                            tacet_err (*visit)(void *user,
                                               const web_passkey *p),
                            void *user, desk_trouble *why) {
  gathering g = {NULL, 0, TACET_OK};
  desk_officer o;
  desk_trouble none;
  const desk_filter added = {.kind = "passkey-added"},
                    removed = {.kind = "passkey-removed"};
  /* An id is added once for good, so the order of the two does not matter. */
  tacet_err e = desk_events_each(s, &added, gather, &g, why);
  if (e == TACET_OK) {
    e = desk_events_each(s, &removed, gather, &g, why);
  }
  for (size_t i = 0; i < g.n && e == TACET_OK; i++) {
    if (desk_officer_find(s, g.all[i].officer, &none, &o) == TACET_OK &&
        !o.removed) {
      e = visit(user, &g.all[i]);
    }
  }
  free(g.all);
  return e;
}

typedef struct search {
  const char *credential;
  web_passkey *out;
  bool found;
} search;

static tacet_err match(void *user, const web_passkey *p) {
  search *x = user;
  if (strcmp(p->credential, x->credential) == 0) {
    *x->out = *p;
    x->found = true;
  }
  return TACET_OK;
}

tacet_err web_passkey_find(desk_store *s, const char *credential,
                           desk_trouble *why, web_passkey *out) {
  search x = {credential, out, false};
  TACET_TRY(web_passkeys_each(s, match, &x, why));
  if (!x.found) {
    desk_trouble_set(why, "there is no such passkey; `tacet-desk passkey list` "
                          "shows them");
    return TACET_ERR_NOT_FOUND;
  }
  return TACET_OK;
}

static tacet_err was_added(void *user, const desk_event *e) {
  search *x = user;
  web_passkey p;
  json_t *body = json_loadb((const char *)e->body.p, e->body.len,
                            JSON_REJECT_DUPLICATES, NULL);
  if (of_body(body, e->actor, &p)) {
    (void)match(x, &p);
  }
  json_decref(body);
  return TACET_OK;
}

tacet_err web_passkey_add(desk_store *s, const web_passkey *p,
                          const desk_officer *officer, const desk_key *key,
                          desk_trouble *why) {
  web_passkey other;
  search x = {p->credential, &other, false};
  const desk_filter f = {.kind = "passkey-added"};
  TACET_TRY(desk_events_each(s, &f, was_added, &x, why));
  if (x.found) {
    desk_trouble_set(why, "that passkey was added before; make another on the "
                          "page");
    return TACET_ERR_EXISTS;
  }
  json_t *body = body_of(p);
  const desk_act act = {officer->name, "passkey-added", "", body, key};
  tacet_err e =
      body == NULL ? TACET_ERR_NOMEM : desk_append(s, &act, 1, why, NULL);
  json_decref(body);
  return e;
}

tacet_err web_passkey_remove(desk_store *s, const char *credential,
                             const desk_officer *officer, const desk_key *key,
                             desk_trouble *why) {
  web_passkey p;
  TACET_TRY(web_passkey_find(s, credential, why, &p));
  if (strcmp(p.officer, officer->name) != 0) {
    desk_trouble_set(why, "that passkey is another officer's, who can remove "
                          "it; an officer who is removed has none");
    return TACET_ERR_POLICY;
  }
  json_t *body = json_pack("{s:s}", "credential", credential);
  const desk_act act = {officer->name, "passkey-removed", "", body, key};
  tacet_err e =
      body == NULL ? TACET_ERR_NOMEM : desk_append(s, &act, 1, why, NULL);
  json_decref(body);
  return e;
}
