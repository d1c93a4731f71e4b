/* SPDX-License-Identifier: Apache-2.0
 * Checking what shows a case, with public keys alone. Its bytes come from
 * somebody else: every member is looked at before it is used. */
#include "desk/store/verify_private.h"

#include "tacet/codec.h"

#include <stdlib.h>

tacet_err proof_bad(proof_checking *c, const char *what) {
  desk_trouble_set(c->why, "event %zu of the proof: %s", c->at, what);
  return TACET_ERR_AUTH;
}

static const char *text_of(const json_t *v, const char *name) {
  const char *t = json_string_value(json_object_get(v, name));
  return t != NULL ? t : "";
}

static tacet_err check_path(proof_checking *c, const json_t *e,
                            const desk_hash *commitment,
                            const desk_hash *root) {
  const json_t *path = json_object_get(e, "path");
  json_int_t index = json_integer_value(json_object_get(e, "index"));
  tacet_tlog_proof proof = {.n = 0};
  desk_hash leaf;
  if (json_array_size(path) != DESK_DAY_DEPTH || index < 0) {
    return proof_bad(c, "its path has not the length that every path has");
  }
  for (size_t i = 0; i < DESK_DAY_DEPTH; i++) {
    const char *t = json_string_value(json_array_get(path, i));
    if (t == NULL || tacet_hex_read(t, strlen(t), proof.hashes[i].b,
                                    DESK_HASH_LEN) != TACET_OK) {
      return proof_bad(c, "its path is damaged");
    }
  }
  proof.n = DESK_DAY_DEPTH;
  TACET_TRY(
      tacet_tlog_leaf(tacet_span_of(commitment->b, DESK_HASH_LEN), &leaf));
  return tacet_tlog_verify_inclusion((uint64_t)index, &leaf, &proof,
                                     DESK_DAY_SLOTS, root) == TACET_OK
             ? TACET_OK
             : proof_bad(c, "it does not stand in the commitment of its day");
}

static tacet_err check_signature(proof_checking *c, const json_t *e,
                                 const desk_hash *commitment) {
  desk_hash before;
  desk_public_key key;
  desk_signature signature;
  uint8_t content[2 * DESK_HASH_LEN];
  const char *t = text_of(e, "signature"), *actor = text_of(e, "actor");
  if (*t == '\0') {
    return *actor == '\0' || strchr(actor, ':') != NULL
               ? TACET_OK
               : proof_bad(
                     c, "it is said to be an officer's, and has no signature");
  }
  if (desk_signature_of_hex(t, &signature) != TACET_OK ||
      !hash_of(e, "head_before", &before) ||
      desk_public_of_hex(text_of(e, "officer_key"), &key) != TACET_OK) {
    return proof_bad(c, "its signature is damaged");
  }
  desk_act_content(&before, commitment, content);
  c->out.signatures++;
  return desk_signature_verify(&key, DESK_LABEL_ACT,
                               tacet_span_of(content, sizeof(content)),
                               desk_signature_span(&signature)) == TACET_OK
             ? TACET_OK
             : proof_bad(c, "the officer's signature does not verify");
}

tacet_err proof_event(proof_checking *c, const json_t *e,
                      desk_hash *commitment) {
  const json_t *body = json_object_get(e, "body");
  const char *salt_text = text_of(e, "salt"), *day = text_of(e, "day");
  json_int_t time = json_integer_value(json_object_get(e, "time"));
  const json_t *d = json_object_get(c->days, day);
  uint8_t salt[DESK_SALT_LEN];
  desk_hash root;
  desk_day number;
  if (!json_is_string(body) || !hash_of(d, "root", &root) ||
      tacet_hex_read(salt_text, strlen(salt_text), salt, sizeof(salt)) !=
          TACET_OK) {
    return proof_bad(c, "it is damaged, or its day is not there");
  }
  if (!desk_day_read(day, &number) || time < 0 || time / 86400 != number) {
    return proof_bad(c, "its time is not of its day");
  }
  const desk_saying said = {
      time, tacet_span_str(text_of(e, "actor")),
      tacet_span_str(text_of(e, "kind")), tacet_span_str(c->case_id),
      tacet_span_of(json_string_value(body), json_string_length(body))};
  TACET_TRY(desk_commit(salt, &said, commitment));
  return check_path(c, e, commitment, &root);
}

static tacet_err check_event(proof_checking *c, const json_t *e) {
  desk_hash commitment;
  TACET_TRY(proof_event(c, e, &commitment));
  TACET_TRY(check_signature(c, e, &commitment));
  c->out.events++;
  return TACET_OK;
}

static tacet_err check_day(proof_checking *c, const char *name,
                           const json_t *d) {
  desk_hash root, before, claimed, statement;
  desk_day day;
  char text[DESK_STATEMENT_MAX];
  if (!desk_day_read(name, &day) || !hash_of(d, "root", &root) ||
      !hash_of(d, "before", &before) || !hash_of(d, "statement", &claimed)) {
    desk_trouble_set(c->why, "a day of the proof is damaged");
    return TACET_ERR_AUTH;
  }
  size_t len = desk_day_statement(c->desk.b, day, &root, &before, text);
  TACET_TRY(desk_statement_hash(tacet_span_of(text, len), &statement));
  if (!tacet_tlog_equal(&statement, &claimed)) {
    desk_trouble_set(c->why, "the statement of a day of the proof is another");
    return TACET_ERR_AUTH;
  }
  c->out.days[c->out.n_days++] = (desk_day_hash){day, statement};
  return TACET_OK;
}

tacet_err proof_days(proof_checking *c) {
  const char *name;
  json_t *d;
  c->out.days = calloc(json_object_size(c->days) + 1, sizeof(*c->out.days));
  if (c->out.days == NULL) {
    return TACET_ERR_NOMEM;
  }
  json_object_foreach((json_t *)(uintptr_t)c->days, name, d) {
    TACET_TRY(check_day(c, name, d));
  }
  return TACET_OK;
}

/* Its form, so far as every proof has it. */
tacet_err proof_begin(proof_checking *c, const json_t *proof) {
  json_int_t version = json_integer_value(json_object_get(proof, "version"));
  c->days = json_object_get(proof, "days");
  c->events = json_object_get(proof, "events");
  c->case_id = text_of(proof, "case");
  if (version > 1) {
    desk_trouble_set(c->why, "the proof was made by a newer tacet-desk");
    return TACET_ERR_VERSION;
  }
  if (version != 1 || !json_is_object(c->days) || !json_is_array(c->events) ||
      !hash_of(proof, "desk", &c->desk) ||
      json_array_size(c->events) > PROOF_EVENTS_MAX ||
      json_object_size(c->days) > PROOF_DAYS_MAX) {
    desk_trouble_set(c->why, "that is not a proof of `tacet-desk log prove`");
    return TACET_ERR_ENCODING;
  }
  return TACET_OK;
}

static tacet_err check_all(proof_checking *c, const json_t *proof) {
  size_t i;
  json_t *e;
  TACET_TRY(proof_begin(c, proof));
  if (json_array_size(c->events) == 0) {
    desk_trouble_set(c->why, "that is not a proof of `tacet-desk log prove`");
    return TACET_ERR_ENCODING;
  }
  TACET_TRY(proof_days(c));
  json_array_foreach(c->events, i, e) {
    c->at = i + 1;
    TACET_TRY(check_event(c, e));
  }
  return TACET_OK;
}

tacet_err desk_proof_check(const json_t *proof, desk_trouble *why,
                           desk_audit *out) {
  proof_checking c = {.why = why};
  why->text[0] = '\0';
  tacet_err e = check_all(&c, proof);
  if (e == TACET_OK) {
    *out = c.out;
  } else {
    desk_audit_free(&c.out);
  }
  return store_failed(e, why);
}
