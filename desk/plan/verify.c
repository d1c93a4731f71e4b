/* SPDX-License-Identifier: Apache-2.0
 * Checking a bundle with public keys alone: hashes, the desk's signature, two
 * signatures over the plan, and that there is no data but the plan's.
 */
#include "desk/plan/bundle.h"
#include "tacet/codec.h"
#include "tacet/crypto.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define CONSENTS_MAX DESK_CONSENTS_MAX

static tacet_err no_bundle(desk_trouble *why, const char *what) {
  desk_trouble_set(why, "this is no bundle of tacet-desk: %s", what);
  return TACET_ERR_ENCODING;
}

static tacet_err wrong(desk_trouble *why, const char *what) {
  desk_trouble_set(why, "the bundle does not check out: %s", what);
  return TACET_ERR_AUTH;
}

static bool read_hex(const json_t *v, uint8_t *out, size_t len) {
  return json_is_string(v) &&
         tacet_hex_read(json_string_value(v), json_string_length(v), out,
                        len) == TACET_OK;
}

/* ---- the files ---- */

static tacet_err check_file(const json_t *item, const desk_files *files,
                            desk_trouble *why) {
  const char *name = json_string_value(json_object_get(item, "name"));
  uint8_t want[DESK_HASH], hash[DESK_HASH];
  if (name == NULL ||
      !read_hex(json_object_get(item, "sha256"), want, sizeof(want))) {
    return no_bundle(why, "its manifest names a file without a hash");
  }
  const desk_file *f = desk_files_find(files, name);
  if (f == NULL) {
    return wrong(why, "a file that the manifest lists is missing");
  }
  TACET_TRY(
      tacet_hash_one(&tacet_hash_sha256, tacet_bytes_span(&f->bytes), hash));
  if (memcmp(hash, want, sizeof(hash)) != 0) {
    desk_trouble_set(why, "the bundle does not check out: %s was changed",
                     f->name);
    return TACET_ERR_AUTH;
  }
  return TACET_OK;
}

/* Every file but the manifest and its signature, each once, in order. */
static tacet_err check_files(const json_t *manifest, const desk_files *files,
                             desk_trouble *why) {
  const json_t *list = json_object_get(manifest, "files");
  const char *before = "";
  if (json_array_size(list) + 2 != files->n) {
    return wrong(why, "there are files that the manifest does not list, or "
                      "files are missing");
  }
  for (size_t i = 0; i < json_array_size(list); i++) {
    const json_t *item = json_array_get(list, i);
    const char *name = json_string_value(json_object_get(item, "name"));
    TACET_TRY(check_file(item, files, why));
    if (strcmp(before, name) >= 0 || strncmp(name, "manifest.", 9) == 0) {
      return wrong(why, "the manifest lists a file twice, or itself");
    }
    before = name;
  }
  return TACET_OK;
}

/* ---- signatures ---- */

static tacet_err check_signature(const desk_files *files, tacet_span manifest,
                                 const uint8_t *key, desk_trouble *why) {
  const desk_file *f = desk_files_find(files, "manifest.sig");
  uint8_t signature[DESK_SIGNATURE_LEN];
  if (f == NULL || f->bytes.len != 2 * sizeof(signature) + 1 ||
      f->bytes.p[2 * sizeof(signature)] != '\n' ||
      tacet_hex_read((const char *)f->bytes.p, 2 * sizeof(signature), signature,
                     sizeof(signature)) != TACET_OK) {
    return no_bundle(why, "it has no signature");
  }
  return tacet_verify_with_label(
             &tacet_sig_ed25519, tacet_span_of(key, DESK_KEY_LEN),
             TACET_LABEL_TACET, BUNDLE_LABEL, manifest,
             tacet_span_of(signature, sizeof(signature))) == TACET_OK
             ? TACET_OK
             : wrong(why,
                     "the desk's signature does not verify: it was changed "
                     "since, or is of another desk");
}

static tacet_err check_consents(const json_t *manifest, desk_trouble *why,
                                desk_bundle_summary *s) {
  desk_consent list[CONSENTS_MAX];
  const json_t *approvals = json_object_get(manifest, "approvals");
  size_t n = json_array_size(approvals);
  if (n > CONSENTS_MAX) {
    return no_bundle(why, "it has too many signatures");
  }
  for (size_t i = 0; i < n; i++) {
    const json_t *item = json_array_get(approvals, i);
    list[i].officer = json_string_value(json_object_get(item, "officer"));
    if (list[i].officer == NULL ||
        strlen(list[i].officer) >= sizeof(s->signers[i].officer) ||
        desk_public_of_hex(json_string_value(json_object_get(item, "key")),
                           &list[i].key) != TACET_OK ||
        desk_signature_of_hex(
            json_string_value(json_object_get(item, "signature")),
            &list[i].signature) != TACET_OK) {
      return no_bundle(why, "an officer's signature cannot be read");
    }
    memcpy(s->signers[i].officer, list[i].officer, strlen(list[i].officer) + 1);
    s->signers[i].key = list[i].key;
  }
  s->n_consents = n;
  tacet_err err = desk_consents_check(list, n, NULL, s->case_id, s->plan, why);
  return err == TACET_ERR_POLICY ? TACET_ERR_AUTH : err;
}

/* ---- data and plan ---- */

/* The first line of a table is the plan's columns, and no other. */
static bool fits_query(const json_t *query, const desk_file *f) {
  TACET_BUF(w, 4096);
  tacet_span line;
  const json_t *gives = json_object_get(query, "gives");
  tacet_write_bytes(&w, TACET_SPAN_LIT("handle"));
  for (size_t i = 0; i < json_array_size(gives); i++) {
    const char *as =
        json_string_value(json_object_get(json_array_get(gives, i), "as"));
    tacet_write_u8(&w, ',');
    tacet_write_bytes(&w, tacet_span_str(as == NULL ? "" : as));
  }
  tacet_write_bytes(&w, TACET_SPAN_LIT("\r\n"));
  return tacet_buf_done(&w, &line) == TACET_OK && f->bytes.len >= line.len &&
         memcmp(f->bytes.p, line.p, line.len) == 0;
}

static bool is_of_plan(const json_t *plan, const desk_file *f) {
  const json_t *queries = json_object_get(plan, "steps");
  if (strcmp(f->name, "data/accounts.csv") == 0 ||
      strcmp(f->name, "data/accounts.json") == 0) {
    return true;
  }
  for (size_t i = 0; i < json_array_size(queries); i++) {
    const json_t *query = json_array_get(queries, i);
    const char *name = json_string_value(json_object_get(query, "name"));
    char csv[DESK_FILE_NAME], json[DESK_FILE_NAME];
    if (name != NULL) {
      (void)snprintf(csv, sizeof(csv), "data/%.60s.csv", name);
      (void)snprintf(json, sizeof(json), "data/%.60s.json", name);
      if (strcmp(f->name, json) == 0 ||
          (strcmp(f->name, csv) == 0 && fits_query(query, f))) {
        return true;
      }
    }
  }
  return false;
}

static tacet_err check_plan(const desk_files *files,
                            const desk_bundle_summary *s, desk_trouble *why) {
  const desk_file *f = desk_files_find(files, "plan.json");
  uint8_t hash[DESK_HASH];
  if (f == NULL) {
    return no_bundle(why, "it has no plan");
  }
  TACET_TRY(
      tacet_hash_one(&tacet_hash_sha256, tacet_bytes_span(&f->bytes), hash));
  if (memcmp(hash, s->plan, sizeof(hash)) != 0) {
    return wrong(why, "its plan is not the one that was signed");
  }
  json_t *plan = json_loadb((const char *)f->bytes.p, f->bytes.len,
                            JSON_REJECT_DUPLICATES, NULL);
  const char *id = json_string_value(json_object_get(plan, "case"));
  tacet_err err = id != NULL && strcmp(id, s->case_id) == 0
                      ? TACET_OK
                      : wrong(why, "its plan is of another case");
  for (size_t i = 0; err == TACET_OK && i < files->n; i++) {
    if (strncmp(files->list[i].name, "data/", 5) == 0 &&
        !is_of_plan(plan, &files->list[i])) {
      err = wrong(why, "it has data that the plan does not give");
    }
  }
  json_decref(plan);
  return err;
}

/* ---- the whole ---- */

static tacet_err read_manifest(const json_t *m, desk_trouble *why,
                               desk_bundle_summary *s) {
  const char *id = json_string_value(json_object_get(m, "case"));
  const json_t *version = json_object_get(m, "version");
  if (json_is_integer(version) &&
      json_integer_value(version) > DESK_BUNDLE_VERSION) {
    desk_trouble_set(why, "the bundle is of a newer tacet-desk; use that one");
    return TACET_ERR_VERSION;
  }
  if (json_integer_value(version) != DESK_BUNDLE_VERSION || id == NULL ||
      strlen(id) >= sizeof(s->case_id) ||
      !read_hex(json_object_get(m, "desk_key"), s->desk_key,
                sizeof(s->desk_key)) ||
      !read_hex(json_object_get(m, "plan"), s->plan, sizeof(s->plan))) {
    return no_bundle(why, "its manifest cannot be read");
  }
  memcpy(s->case_id, id, strlen(id) + 1);
  s->made = json_integer_value(json_object_get(m, "made_at"));
  return TACET_OK;
}

static tacet_err check_all(const desk_files *files, const json_t *manifest,
                           tacet_span text, const uint8_t *desk_key,
                           desk_trouble *why, desk_bundle_summary *s) {
  TACET_TRY(read_manifest(manifest, why, s));
  if (desk_key != NULL && memcmp(desk_key, s->desk_key, DESK_KEY_LEN) != 0) {
    return wrong(why, "it is of another desk than the one that was named");
  }
  TACET_TRY(check_signature(files, text, s->desk_key, why));
  TACET_TRY(check_files(manifest, files, why));
  TACET_TRY(check_consents(manifest, why, s));
  return check_plan(files, s, why);
}

tacet_err desk_bundle_verify(const desk_files *files, const uint8_t *desk_key,
                             desk_trouble *why, desk_bundle_summary *out) {
  const desk_file *f = desk_files_find(files, "manifest.json");
  desk_bundle_summary s = {.n_files = files->n};
  if (f == NULL) {
    return no_bundle(why, "it has no manifest.json");
  }
  json_t *manifest = json_loadb((const char *)f->bytes.p, f->bytes.len,
                                JSON_REJECT_DUPLICATES, NULL);
  tacet_err err = manifest == NULL
                      ? no_bundle(why, "its manifest is no JSON")
                      : check_all(files, manifest, tacet_bytes_span(&f->bytes),
                                  desk_key, why, &s);
  json_decref(manifest);
  if (err == TACET_OK) {
    *out = s;
  }
  return err;
}
