/* SPDX-License-Identifier: Apache-2.0
 * Making a bundle. */
#include "desk/plan/bundle.h"
#include "tacet/codec.h"
#include "tacet/crypto.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *json_hex(const uint8_t *bytes, size_t len) {
  char text[2 * DESK_SIGNATURE_MAX + 1];
  tacet_hex_write(tacet_span_of(bytes, len), text);
  return json_string(text);
}

static json_t *json_time(int64_t seconds) {
  char text[DESK_TIME_TEXT];
  desk_time_text(seconds, text);
  return json_string(text);
}

/* Adds a text of JSON, sorted, with a newline at its end; frees `json`. */
static tacet_err add_json(desk_files *f, const char *name, json_t *json) {
  char *text =
      json == NULL ? NULL : json_dumps(json, JSON_SORT_KEYS | JSON_INDENT(1));
  json_decref(json);
  if (text == NULL) {
    return TACET_ERR_NOMEM;
  }
  size_t len = strlen(text);
  text[len] = '\n'; /* in the place of the NUL */
  tacet_err err = desk_files_add(f, name, tacet_span_of(text, len + 1));
  free(text);
  return err;
}

/* ---- data ---- */

static tacet_err add_table(const desk_bundle_input *in,
                           const desk_extract_table *t, bool json,
                           desk_files *f) {
  TACET_BYTES(text);
  char name[DESK_FILE_NAME];
  (void)snprintf(name, sizeof(name), "data/%.60s.%s",
                 t == NULL ? "accounts" : t->step->name, json ? "json" : "csv");
  TACET_TRY(bundle_table(in->plan, in->extract, t, json, &text));
  return desk_files_add(f, name, tacet_bytes_span(&text));
}

static tacet_err add_data(const desk_bundle_input *in, desk_files *f) {
  TACET_TRY(add_table(in, NULL, false, f));
  TACET_TRY(add_table(in, NULL, true, f));
  for (size_t i = 1; i < in->extract->n_tables; i++) {
    TACET_TRY(add_table(in, &in->extract->tables[i], false, f));
    TACET_TRY(add_table(in, &in->extract->tables[i], true, f));
  }
  return TACET_OK;
}

static tacet_err add_texts(const desk_bundle_input *in, desk_files *f) {
  TACET_BYTES(readme);
  TACET_BYTES(declaration);
  TACET_TRY(bundle_readme(in, &readme));
  TACET_TRY(desk_files_add(f, "README.txt", tacet_bytes_span(&readme)));
  TACET_TRY(bundle_declaration(in, &declaration));
  TACET_TRY(
      desk_files_add(f, "declaration.txt", tacet_bytes_span(&declaration)));
  return desk_files_add(f, "plan.json",
                        tacet_span_of(in->plan->text, in->plan->text_len));
}

static tacet_err add_custody(const desk_bundle_input *in, desk_files *f) {
  json_t *list = json_array();
  for (size_t i = 0; i < in->n_custody; i++) {
    const desk_handling *h = &in->custody[i];
    if (json_array_append_new(list, json_pack("{s:o, s:s, s:s, s:I}", "time",
                                              json_time(h->time), "actor",
                                              h->actor, "act", h->act, "event",
                                              (json_int_t)h->number)) != 0) {
      json_decref(list);
      return TACET_ERR_NOMEM;
    }
  }
  return add_json(f, "custody.json",
                  json_pack("{s:s, s:o}", "case", in->plan->scope.case_id,
                            "handled", list));
}

/* In the form in which the desk's log has it: sorted, no white space. */
static tacet_err add_officers(const desk_bundle_input *in, desk_files *f) {
  if (in->officers == NULL) {
    return TACET_OK;
  }
  char *text = json_dumps(in->officers, JSON_SORT_KEYS | JSON_COMPACT);
  tacet_err err =
      text == NULL ? TACET_ERR_NOMEM
                   : desk_files_add(f, "officers.json", tacet_span_str(text));
  free(text);
  return err;
}

/* ---- manifest ---- */

static json_t *json_files(const desk_files *f) {
  json_t *list = json_array();
  for (size_t i = 0; list != NULL && i < f->n; i++) {
    uint8_t hash[DESK_HASH];
    tacet_span bytes = tacet_bytes_span(&f->list[i].bytes);
    if (tacet_hash_one(&tacet_hash_sha256, bytes, hash) != TACET_OK ||
        json_array_append_new(
            list, json_pack("{s:s, s:I, s:o}", "name", f->list[i].name, "size",
                            (json_int_t)bytes.len, "sha256",
                            json_hex(hash, sizeof(hash)))) != 0) {
      json_decref(list);
      return NULL;
    }
  }
  return list;
}

static json_t *json_consents(const desk_bundle_input *in) {
  json_t *list = json_array();
  for (size_t i = 0; i < in->n_consents; i++) {
    const desk_consent *c = &in->consents[i];
    if (json_array_append_new(
            list, json_pack("{s:s, s:o, s:o, s:o, s:I}", "officer", c->officer,
                            "key", json_hex(c->key.b, c->key.len), "signature",
                            json_hex(c->signature.b, c->signature.len), "time",
                            json_time(c->time), "event",
                            (json_int_t)c->number)) != 0) {
      json_decref(list);
      return NULL;
    }
  }
  return list;
}

static tacet_err add_manifest(const desk_bundle_input *in, desk_files *f) {
  const desk_plan *p = in->plan;
  return add_json(
      f, "manifest.json",
      json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:o, s:I, s:o, s:o, s:o, s:o, "
                "s:o}",
                "version", DESK_BUNDLE_VERSION, "case", p->scope.case_id,
                "instrument", p->scope.instrument, "operator",
                in->operator_name, "request", in->request, "program",
                in->program, "made", json_time(in->made), "made_at",
                (json_int_t)in->made, "plan", json_hex(p->hash, DESK_HASH),
                "inventory", json_hex(p->inventory, DESK_HASH), "desk_key",
                json_hex(in->public_key, DESK_KEY_LEN), "approvals",
                json_consents(in), "files", json_files(f)));
}

static tacet_err add_signature(const desk_bundle_input *in, desk_files *f) {
  uint8_t signature[TACET_SIG_MAX];
  char text[2 * DESK_SIGNATURE_LEN + 2];
  size_t len = 0;
  tacet_span manifest =
      tacet_bytes_span(&desk_files_find(f, "manifest.json")->bytes);
  TACET_TRY(tacet_sign_with_label(&tacet_sig_ed25519, in->private_key,
                                  TACET_LABEL_TACET, BUNDLE_LABEL, manifest,
                                  signature, &len));
  if (len != DESK_SIGNATURE_LEN) {
    return TACET_ERR_PROVIDER;
  }
  tacet_hex_write(tacet_span_of(signature, len), text);
  text[2 * len] = '\n';
  return desk_files_add(f, "manifest.sig", tacet_span_of(text, 2 * len + 1));
}

tacet_err desk_bundle_make(const desk_bundle_input *in, desk_files *out) {
  DESK_FILES(f);
  TACET_TRY(add_data(in, &f));
  TACET_TRY(add_texts(in, &f));
  TACET_TRY(add_custody(in, &f));
  TACET_TRY(add_officers(in, &f));
  TACET_TRY(add_manifest(in, &f));
  TACET_TRY(add_signature(in, &f));
  desk_files_free(out);
  *out = f;
  f.n = 0;
  return TACET_OK;
}
