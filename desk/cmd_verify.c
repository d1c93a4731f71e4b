/* SPDX-License-Identifier: Apache-2.0
 * tacet-desk verify: checks a bundle anywhere, without a desk: a folder into
 * which it was unpacked, the tar, or the sealed file with the key it was sealed
 * to. */
#include "desk/signers.h"

#include "desk/plan/age.h"
#include "desk/plan/bundle.h"
#include "tacet/codec.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#define IDENTITY_MAX 4096

/* ---- a folder ---- */

static tacet_err add_file(const char *folder, const char *name,
                          desk_trouble *why, desk_files *out) {
  char path[DESK_PATH_MAX];
  TACET_BYTES(bytes);
  int n = snprintf(path, sizeof(path), "%s/%s", folder, name);
  if (n < 0 || (size_t)n >= sizeof(path)) {
    return TACET_ERR_LIMIT;
  }
  TACET_TRY(desk_file_read(path, DESK_TAR_MAX, why, &bytes));
  tacet_err err = desk_files_add(out, name, tacet_bytes_span(&bytes));
  if (err != TACET_OK) {
    desk_trouble_set(why, "%.300s does not belong into a bundle", path);
  }
  return err;
}

static tacet_err add_folder(const char *folder, const char *below,
                            desk_trouble *why, desk_files *out);

static tacet_err add_entry(const char *folder, const char *below,
                           const char *entry, desk_trouble *why,
                           desk_files *out) {
  char name[DESK_FILE_NAME];
  int n = snprintf(name, sizeof(name), "%s%s", below, entry);
  if (n < 0 || (size_t)n >= sizeof(name)) {
    desk_trouble_set(why, "a file in %.300s does not belong into a bundle",
                     folder);
    return TACET_ERR_ENCODING;
  }
  return strcmp(name, "data") == 0 ? add_folder(folder, "data/", why, out)
                                   : add_file(folder, name, why, out);
}

static tacet_err add_folder(const char *folder, const char *below,
                            desk_trouble *why, desk_files *out) {
  char path[DESK_PATH_MAX];
  tacet_err err = TACET_OK;
  (void)snprintf(path, sizeof(path), "%s/%s", folder, below);
  DIR *list = opendir(path);
  if (list == NULL) {
    desk_trouble_set(why, "%.300s cannot be read: %s", path, strerror(errno));
    return TACET_ERR_IO;
  }
  for (struct dirent *e; err == TACET_OK && (e = readdir(list)) != NULL;) {
    if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
      err = add_entry(folder, below, e->d_name, why, out);
    }
  }
  (void)closedir(list);
  return err;
}

/* ---- a file ---- */

/* The first line that is no comment of a file as age-keygen makes it. */
static tacet_err read_identity(const char *path, desk_trouble *why,
                               tacet_secret *out) {
  TACET_BYTES(text);
  char line[DESK_AGE_IDENTITY_TEXT];
  TACET_TRY(desk_file_read(path, IDENTITY_MAX, why, &text));
  tacet_err err = TACET_ERR_ENCODING;
  for (size_t at = 0; err != TACET_OK && at < text.len;) {
    const uint8_t *end = memchr(text.p + at, '\n', text.len - at);
    size_t len = end == NULL ? text.len - at : (size_t)(end - text.p) - at;
    if (len == sizeof(line) - 1) {
      memcpy(line, text.p + at, len);
      line[len] = '\0';
      err = desk_age_identity_read(line, out);
    }
    at += len + 1;
  }
  tacet_wipe(line, sizeof(line));
  if (err != TACET_OK) {
    desk_trouble_set(why, "%.300s holds no AGE-SECRET-KEY-1... line", path);
  }
  return err;
}

static tacet_err unseal(const desk_args *a, tacet_span sealed,
                        desk_trouble *why, tacet_bytes *tar) {
  TACET_SECRET(identity);
  const char *path = desk_arg(a, DESK_O_IDENTITY);
  if (path == NULL) {
    desk_trouble_set(why, "the file is sealed: name the key that opens it with "
                          "--identity FILE, or open it with age -d first");
    return TACET_ERR_ARGUMENT;
  }
  TACET_TRY(read_identity(path, why, &identity));
  tacet_err err = desk_age_open(&identity, sealed, tar);
  if (err != TACET_OK) {
    desk_trouble_set(why,
                     "that key does not open the file, or the file was "
                     "changed (%s)",
                     tacet_err_text(err));
    return TACET_ERR_AUTH;
  }
  return TACET_OK;
}

static tacet_err read_file(const desk_args *a, const char *path,
                           desk_trouble *why, desk_files *out) {
  static const char magic[] = "age-encryption.org/";
  TACET_BYTES(bytes);
  TACET_BYTES(tar);
  TACET_TRY(desk_file_read(path, DESK_TAR_MAX, why, &bytes));
  tacet_span in = tacet_bytes_span(&bytes);
  if (in.len >= sizeof(magic) - 1 &&
      memcmp(in.p, magic, sizeof(magic) - 1) == 0) {
    TACET_TRY(unseal(a, in, why, &tar));
    in = tacet_bytes_span(&tar);
  }
  tacet_err err = desk_tar_read(in, out);
  if (err != TACET_OK) {
    desk_trouble_set(why, "%.300s is no bundle of tacet-desk (%s)", path,
                     tacet_err_text(err));
  }
  return err;
}

/* ---- the command ---- */

static void show(const desk_args *a, const desk_bundle_summary *s,
                 const desk_signers *signers) {
  char key[2 * DESK_KEY_LEN + 1], plan[2 * DESK_HASH + 1];
  char line[DESK_KEY_TEXT], id[130], made[DESK_TIME_TEXT];
  tacet_hex_write(tacet_span_of(s->desk_key, sizeof(s->desk_key)), key);
  tacet_hex_write(tacet_span_of(s->plan, sizeof(s->plan)), plan);
  desk_key_text(s->desk_key, line);
  desk_time_text(s->made, made);
  if (desk_flag(a, DESK_O_JSON)) {
    desk_print(json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:o}", "case",
                         s->case_id, "desk_key", key, "plan", plan, "made",
                         made, "files", (json_int_t)s->n_files, "officers",
                         (json_int_t)s->n_consents, "signers",
                         desk_signers_json(s, signers)));
    return;
  }
  printf("the bundle of case %s is whole: %zu files, made %s\n",
         desk_plain(s->case_id, id, sizeof(id)), s->n_files, made);
  printf("signed by the desk with the key %s\n", line);
  printf("the plan %s is signed with %zu keys:\n", plan, s->n_consents);
  desk_signers_print(a, s, signers);
  if (desk_arg(a, DESK_O_KEY) == NULL) {
    printf("not checked: whose desk that is, only its operator can tell: ask "
           "for the key, and name it with --key FILE.pub\n");
  }
}

static tacet_err verify(const desk_args *a, desk_trouble *why) {
  DESK_FILES(files);
  desk_bundle_summary summary;
  desk_signers signers;
  uint8_t key[DESK_KEY_LEN];
  const char *path = a->words[0], *pinned = desk_arg(a, DESK_O_KEY);
  struct stat st;
  bool folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
  if (pinned != NULL) {
    TACET_TRY(desk_key_load_public(pinned, why, key));
  }
  TACET_TRY(folder ? add_folder(path, "", why, &files)
                   : read_file(a, path, why, &files));
  TACET_TRY(
      desk_bundle_verify(&files, pinned == NULL ? NULL : key, why, &summary));
  TACET_TRY(desk_signers_check(a, &files, &summary, why, &signers));
  show(a, &summary, &signers);
  return TACET_OK;
}

int desk_cmd_verify(const desk_args *a) {
  desk_trouble why = {""};
  return desk_end(verify(a, &why), &why);
}
