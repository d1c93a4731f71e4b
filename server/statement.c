/* SPDX-License-Identifier: Apache-2.0
 * tacetd statement: what the operator says in public, as hashes in the key log,
 * and proofs for strangers that it was said. */
#include "server/command.h"

#include "server/directory/log.h"
#include "server/ops/changes.h"
#include "server/ops/folder.h"
#include "tacet/crypto.h"
#include "tacet/keytrans/inclusion.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define HASH_LEN 32
#define HEX_LEN ((size_t)2 * HASH_LEN)
/* It is read as a whole. */
#define FILE_MAX ((size_t)256 * 1024 * 1024)
/* How long `add` waits for the server, which takes what is left each second;
 * and `prove` for the witnesses. */
#define WAIT_MS 10000
/* What the server writes first, whatever it changes. */
#define WRITTEN TACETD_DIRECTORY_DB "-wal"

/* ---- which hash ---- */

static bool read_hash(const char *hex, uint8_t out[HASH_LEN]) {
  if (tacet_hex_read(hex, strlen(hex), out, HASH_LEN) != TACET_OK) {
    tacetd_say("\"%.80s\" is not a SHA-256, which is 64 hexadecimal digits as "
               "sha256sum prints them",
               hex);
    return false;
  }
  return true;
}

static tacet_err hash_open_file(FILE *f, uint8_t out[HASH_LEN]) {
  TACET_BYTES(all);
  struct stat st;
  if (fstat(fileno(f), &st) != 0) {
    return TACET_ERR_IO;
  }
  if (!S_ISREG(st.st_mode)) {
    errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
    return TACET_ERR_IO;
  }
  if ((uint64_t)st.st_size > FILE_MAX) {
    return TACET_ERR_LIMIT;
  }
  TACET_TRY(tacet_bytes_new(&all, (size_t)st.st_size));
  if (fread(all.p, 1, all.len, f) != all.len || fgetc(f) != EOF) {
    errno = ferror(f) ? errno : EBUSY; /* it changed meanwhile */
    return TACET_ERR_IO;
  }
  return tacet_hash_one(&tacet_hash_sha256, tacet_bytes_span(&all), out);
}

static bool hash_file(const char *path, uint8_t out[HASH_LEN]) {
  FILE *f = fopen(path, "rbe");
  tacet_err e = f == NULL ? TACET_ERR_IO : hash_open_file(f, out);
  int why = errno;
  if (f != NULL) {
    (void)fclose(f);
  }
  if (e == TACET_ERR_LIMIT) {
    tacetd_say("%s is larger than 256 MiB: give its hash, with --hash and what "
               "sha256sum prints",
               path);
  } else if (e != TACET_OK) {
    tacetd_say("%s cannot be read: %s", path,
               e == TACET_ERR_IO ? strerror(why) : tacet_err_text(e));
  }
  return e == TACET_OK;
}

static void hex_of(const uint8_t hash[HASH_LEN], char out[HEX_LEN + 1]) {
  tacet_hex_write(tacet_span_of(hash, HASH_LEN), out);
}

/* ---- add ---- */

/* Until the server has taken it. */
static tacet_err wait_for(const char *folder, const uint8_t hash[HASH_LEN],
                          dir_statement *s, sto_trouble *why) {
  tacetd_changes changes;
  tacetd_changes_start(&changes, folder, WRITTEN, WAIT_MS);
  tacet_err e = dir_statement_find(folder, hash, s, why);
  for (bool more = true; more && e == TACET_OK && !s->logged;) {
    more = tacetd_changes_wait(&changes);
    e = dir_statement_find(folder, hash, s, why);
  }
  tacetd_changes_end(&changes);
  return e;
}

static int add(const tacetd_args *a) {
  uint8_t hash[HASH_LEN];
  dir_statement s;
  sto_trouble why = {""};
  if (a->hash != NULL ? !read_hash(a->hash, hash)
                      : !hash_file(a->words[1], hash)) {
    return TACETD_USAGE;
  }
  tacet_err e = dir_statement_add(a->data, hash, &s, &why);
  bool runs = tacetd_folder_is_locked(a->data);
  if (e == TACET_OK && !s.logged && runs) {
    e = wait_for(a->data, hash, &s, &why);
  }
  if (e != TACET_OK) {
    tacetd_say("%s", why.text[0] != '\0' ? why.text : tacet_err_text(e));
    return e == TACET_ERR_LIMIT ? TACETD_REFUSED : TACETD_FAILED;
  }
  if (!s.logged) {
    tacetd_say(runs ? "it is left for the server, which has not taken it in 10 "
                      "seconds: look at its log; the same command again says "
                      "more"
                    : "it will be in the key log as soon as `tacetd run` is "
                      "started; the same command then prints its number");
    return TACETD_UNREACHABLE;
  }
  printf("%" PRIu64 "\n", s.index);
  return TACETD_DONE;
}

/* ---- list ---- */

typedef struct listing {
  bool json;
  size_t n;
} listing;

static void write_day(uint32_t day, char out[16]) {
  time_t t = (time_t)day * 86400;
  struct tm tm;
  if (gmtime_r(&t, &tm) == NULL || strftime(out, 16, "%Y-%m-%d", &tm) == 0) {
    out[0] = '\0';
  }
}

static void print_statement(void *user, const dir_statement *s) {
  listing *l = user;
  char hex[HEX_LEN + 1], day[16] = "";
  hex_of(s->hash, hex);
  write_day(s->day, day);
  const char *before = l->n++ == 0 ? "" : ",";
  if (l->json && s->logged) {
    printf("%s\n  {\"index\": %" PRIu64 ", \"day\": \"%s\", \"hash\": \"%s\"}",
           before, s->index, day, hex);
  } else if (l->json) {
    printf("%s\n  {\"index\": null, \"day\": null, \"hash\": \"%s\"}", before,
           hex);
  } else if (s->logged) {
    printf("%" PRIu64 "\t%s\t%s\n", s->index, day, hex);
  } else {
    printf("-\twaiting\t%s\n", hex);
  }
}

static int list(const tacetd_args *a) {
  listing l = {.json = a->json};
  sto_trouble why = {""};
  fputs(l.json ? "[" : "", stdout);
  if (dir_statement_list(a->data, print_statement, &l, &why) != TACET_OK) {
    tacetd_say("%s", why.text);
    return TACETD_FAILED;
  }
  fputs(!l.json ? "" : l.n > 0 ? "\n]\n" : "]\n", stdout);
  return TACETD_DONE;
}

/* ---- prove ---- */

/* To a file, or to standard output. */
static int put(const char *path, tacet_span text) {
  FILE *f = path != NULL ? fopen(path, "wbe") : stdout;
  bool ok = f != NULL && fwrite(text.p, 1, text.len, f) == text.len;
  int why = errno;
  if (path != NULL && f != NULL && fclose(f) != 0 && ok) {
    ok = false;
    why = errno;
  }
  if (!ok && path != NULL) {
    tacetd_say("%s cannot be written: %s", path, strerror(why));
  }
  return ok ? TACETD_DONE : TACETD_FAILED;
}

static tacet_err write_proof(const tacetd_args *a, const char *domain,
                             uint64_t index, tacet_buf *out, sto_trouble *why) {
  dir_log_copy *copy = NULL;
  TACET_TRY(dir_log_copy_new(a->data, domain, why, &copy));
  tacet_err e = dir_log_copy_prove(copy, index, out);
  dir_log_copy_free(copy);
  return e;
}

/* Witnesses take a moment; what they vouched for is written when it is
 * published. Each look reads the whole log. */
static tacet_err prove_published(const tacetd_args *a, const char *domain,
                                 uint64_t index, tacet_buf *out,
                                 sto_trouble *why) {
  tacetd_changes changes;
  tacetd_changes_start(&changes, a->data, WRITTEN, WAIT_MS);
  tacet_err e = write_proof(a, domain, index, out, why);
  for (bool more = true; more && e == TACET_ERR_NOT_FOUND;) {
    more = tacetd_folder_is_locked(a->data) && tacetd_changes_wait(&changes);
    e = write_proof(a, domain, index, out, why);
  }
  tacetd_changes_end(&changes);
  return e;
}

static int prove_entry(const tacetd_args *a, const char *domain,
                       const dir_statement *s) {
  TACET_BUF(text, TACET_INCLUSION_MAX);
  sto_trouble why = {""};
  tacet_err e = prove_published(a, domain, s->index, &text, &why);
  if (e == TACET_ERR_NOT_FOUND) {
    tacetd_say("it is entry %" PRIu64 " of the log, but no published head has "
               "it yet: `tacetd doctor` says what the witnesses wait for",
               s->index);
    return TACETD_REFUSED;
  }
  if (e != TACET_OK) {
    tacetd_say("%s", why.text[0] != '\0' ? why.text : tacet_err_text(e));
    return TACETD_FAILED;
  }
  return put(a->out, tacet_buf_span(&text));
}

static int prove(const tacetd_args *a) {
  uint8_t hash[HASH_LEN];
  dir_statement s;
  tacetd_config c;
  sto_trouble why = {""};
  if (!read_hash(a->words[1], hash)) {
    return TACETD_USAGE;
  }
  if (!tacetd_args_config(a, &c)) {
    return TACETD_FAILED;
  }
  tacet_err e = dir_statement_find(a->data, hash, &s, &why);
  if (e != TACET_OK && e != TACET_ERR_NOT_FOUND) {
    tacetd_say("%s", why.text);
    return TACETD_FAILED;
  }
  if (e == TACET_ERR_NOT_FOUND || !s.logged) {
    tacetd_say(e == TACET_OK
                   ? "it waits for the server to take it: see that `tacetd "
                     "run` runs, and try again"
                   : "the log has no statement with that hash; `tacetd "
                     "statement list` shows those it has");
    return TACETD_REFUSED;
  }
  return prove_entry(a, c.domain, &s);
}

int tacetd_command_statement(const tacetd_args *a) {
  const char *what = a->words[0];
  if (strcmp(what, "add") == 0 && (a->hash != NULL) + a->n_words == 2 &&
      !a->json && a->out == NULL) {
    return add(a);
  }
  if (strcmp(what, "list") == 0 && a->n_words == 1 && a->hash == NULL &&
      a->out == NULL) {
    return list(a);
  }
  if (strcmp(what, "prove") == 0 && a->n_words == 2 && a->hash == NULL &&
      !a->json) {
    return prove(a);
  }
  tacetd_say("usage: tacetd statement add FILE|--hash HEX | list [--json] | "
             "prove HASH [--out FILE] --data DIR");
  return TACETD_USAGE;
}
