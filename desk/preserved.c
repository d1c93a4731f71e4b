/* SPDX-License-Identifier: Apache-2.0
 * Preserved copies: kept, opened, erased. */
#include "desk/preserved.h"

#include "desk/plan/age.h"
#include "tacet/codec.h"
#include "tacet/crypto.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEED 32

static tacet_err path_of(desk_store *s, const char *id, desk_trouble *why,
                         char out[DESK_PATH_MAX]) {
  int n = snprintf(out, DESK_PATH_MAX, "%s/" DESK_PRESERVED "/%s.age",
                   desk_store_folder(s), id);
  if (n < 0 || n >= DESK_PATH_MAX || strchr(id, '/') != NULL) {
    desk_trouble_set(why, "that is no case, or the desk's path is too long");
    return TACET_ERR_ARGUMENT;
  }
  return TACET_OK;
}

/* HKDF of the desk's seed: who has the desk's key has this one too. */
static tacet_err identity_of(desk_store *s, tacet_secret *out) {
  TACET_SECRET(prk);
  tacet_span key = tacet_secret_span(&desk_store_key(s)->private_key);
  TACET_ASSERT(key.len >= SEED);
  TACET_TRY(tacet_hkdf_extract(&tacet_hash_sha256,
                               TACET_SPAN_LIT("tacet desk preserved"),
                               tacet_span_of(key.p, SEED), &prk));
  TACET_TRY(tacet_hkdf_expand(&tacet_hash_sha256, tacet_secret_span(&prk),
                              TACET_SPAN_LIT("age X25519"), DESK_AGE_KEY,
                              out->b));
  out->len = DESK_AGE_KEY;
  return TACET_OK;
}

tacet_err desk_preserved_keep(desk_store *s, const char *id, tacet_span copy,
                              desk_trouble *why) {
  TACET_SECRET(identity);
  TACET_BYTES(sealed);
  uint8_t recipient[DESK_AGE_KEY];
  char path[DESK_PATH_MAX];
  TACET_TRY(path_of(s, "", why, path));
  *strrchr(path, '/') = '\0';
  if (mkdir(path, 0700) != 0 && errno != EEXIST) {
    desk_trouble_set(why, "%.300s cannot be made: %s", path, strerror(errno));
    return TACET_ERR_IO;
  }
  TACET_TRY(path_of(s, id, why, path));
  TACET_TRY(identity_of(s, &identity));
  TACET_TRY(desk_age_recipient_of(&identity, recipient));
  TACET_TRY(desk_age_seal(recipient, copy, &sealed));
  return desk_file_write(path, tacet_bytes_span(&sealed), why);
}

void desk_preserved_drop(desk_store *s, const char *id) {
  desk_trouble none;
  char path[DESK_PATH_MAX];
  if (path_of(s, id, &none, path) == TACET_OK) {
    (void)unlink(path);
  }
}

/* The day in the case's row; DESK_NO_DAY if there is none. */
static desk_day day_of(const json_t *row) {
  desk_day until = DESK_NO_DAY;
  const char *text = json_string_value(json_object_get(row, "kept_until"));
  return text != NULL && desk_day_read(text, &until) ? until : DESK_NO_DAY;
}

static tacet_err is_kept(desk_store *s, const char *id, desk_trouble *why) {
  json_t *row = NULL;
  TACET_TRY(desk_case_get(s, id, why, &row));
  desk_day until = day_of(row);
  json_decref(row);
  if (until == DESK_NO_DAY || until < desk_store_today(s)) {
    desk_trouble_set(why, "the case keeps no copy, or the day until which it "
                          "was kept is over");
    return TACET_ERR_POLICY;
  }
  return TACET_OK;
}

tacet_err desk_preserved_open(desk_store *s, const char *id, desk_trouble *why,
                              tacet_bytes *copy, char hash[2 * DESK_HASH + 1]) {
  TACET_SECRET(identity);
  TACET_BYTES(sealed);
  uint8_t digest[DESK_HASH];
  char path[DESK_PATH_MAX];
  TACET_TRY(is_kept(s, id, why));
  TACET_TRY(path_of(s, id, why, path));
  TACET_TRY(desk_file_read(path, DESK_AGE_FILE_MAX, why, &sealed));
  TACET_TRY(identity_of(s, &identity));
  if (desk_age_open(&identity, tacet_bytes_span(&sealed), copy) != TACET_OK) {
    desk_trouble_set(why,
                     "the preserved copy %.300s was changed, or is of "
                     "another desk",
                     path);
    return TACET_ERR_AUTH;
  }
  TACET_TRY(tacet_hash_one(&tacet_hash_sha256, tacet_bytes_span(copy), digest));
  if (hash != NULL) {
    tacet_hex_write(tacet_span_of(digest, DESK_HASH), hash);
  }
  return TACET_OK;
}

/* ---- erasing ---- */

/* Case ids of the copies that there are, whose day is over. */
typedef struct expiring {
  desk_store *s;
  char ids[64][DESK_CASE_ID_MAX + 1];
  size_t n;
} expiring;

static tacet_err note_row(void *user, const json_t *row) {
  expiring *x = user;
  char path[DESK_PATH_MAX];
  desk_trouble none;
  const char *id = json_string_value(json_object_get(row, "id"));
  desk_day until = day_of(row);
  if (x->n < sizeof(x->ids) / sizeof(x->ids[0]) && id != NULL &&
      strlen(id) <= DESK_CASE_ID_MAX && until != DESK_NO_DAY &&
      until < desk_store_today(x->s) &&
      path_of(x->s, id, &none, path) == TACET_OK && access(path, F_OK) == 0) {
    memcpy(x->ids[x->n++], id, strlen(id) + 1);
  }
  return TACET_OK;
}

/* The file first: an event says what has happened. */
static tacet_err erase(desk_store *s, const char *id, desk_trouble *why) {
  char path[DESK_PATH_MAX];
  TACET_TRY(path_of(s, id, why, path));
  if (unlink(path) != 0) {
    desk_trouble_set(why, "%.300s cannot be erased: %s", path, strerror(errno));
    return TACET_ERR_IO;
  }
  json_t *body = json_object();
  const desk_act act = {"", DESK_E_PRESERVED_ERASED, id, body, NULL};
  tacet_err err =
      body == NULL ? TACET_ERR_NOMEM : desk_case_note(s, &act, NULL, why);
  json_decref(body);
  return err;
}

tacet_err desk_preserved_expire(desk_store *s, desk_trouble *why, size_t *n) {
  expiring x;
  *n = 0;
  do { /* as many as fit, again */
    x = (expiring){.s = s};
    TACET_TRY(desk_cases_each(s, note_row, &x, why));
    for (size_t i = 0; i < x.n; i++) {
      TACET_TRY(erase(s, x.ids[i], why));
      ++*n;
    }
  } while (x.n > 0);
  return TACET_OK;
}
