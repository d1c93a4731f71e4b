/* SPDX-License-Identifier: Apache-2.0
 * Making and opening the home's database: files, version, the wrapped key. */
#include "client/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/store_file.h"
#include "client/store_scrub.h"
#include "tacet/codec.h"
#include "tacet/crypto.h"
#include "tacet/crypto/pwhash.h"

#define KEY_LEN 32
#define NONCE_LEN 24
#define TAG_LEN 16
#define BUSY_MS 20000 /* other processes' transactions take milliseconds */
/* "tact": tells a store from other SQLite files. */
#define APPLICATION_ID 0x74616374

typedef struct wrapping {
  bool passphrase;
  uint32_t passes, memory;
  uint8_t salt[TACET_PWHASH_SALT];
  uint8_t sealed[NONCE_LEN + KEY_LEN + TAG_LEN];
} wrapping;

static void store_cleanup(client_store **s) {
  client_store_free(*s);
}

static tacet_err path_of(const client_store *s, const char *name, char **out) {
  size_t len = strlen(s->home) + strlen(name) + 2;
  char *p = tacet_alloc(len);
  if (p == NULL) {
    return TACET_ERR_NOMEM;
  }
  (void)snprintf(p, len, "%s/%s", s->home, name);
  *out = p;
  return TACET_OK;
}

static void path_free(char **p) {
  tacet_free(*p);
}
#define PATH(name) TACET_CLEANUP(path_free) char *name = NULL

static tacet_err os_failed(client_store *s, const char *what,
                           const char *path) {
  if (errno == ENOSPC || errno == EFBIG || errno == EDQUOT) {
    return TACET_ERR_FULL;
  }
  (void)client_fail(s->detail, CLIENT_FAILED, "unreadable",
                    "Cannot %s %s (%s); check the permissions of the folder "
                    "and the disk.",
                    what, path, strerror(errno));
  return TACET_ERR_IO;
}

static tacet_err store_new(const char *home, const client_env *env,
                           client_error *detail, client_store **out) {
  TACET_TRY(tacet_crypto_init());
  TACET_CLEANUP(store_cleanup)
  client_store *s = tacet_alloc(sizeof(*s));
  if (s == NULL) {
    return TACET_ERR_NOMEM;
  }
  s->env = env;
  s->detail = detail;
  size_t len = strlen(home);
  while (len > 1 && home[len - 1] == '/') {
    len--;
  }
  s->home = tacet_alloc(len + 1);
  if (s->home == NULL) {
    return TACET_ERR_NOMEM;
  }
  memcpy(s->home, home, len);
  *out = s;
  s = NULL;
  return TACET_OK;
}

void client_store_free(client_store *s) {
  if (s == NULL) {
    return;
  }
  for (int t = 0; t < CLIENT_T_N; t++) {
    for (int q = 0; q < CLIENT_SQL_N; q++) {
      (void)sqlite3_finalize(s->prepared[t][q]);
    }
  }
  (void)sqlite3_finalize(s->next);
  (void)sqlite3_finalize(s->version);
  (void)sqlite3_close(s->db);
  tacet_free(s->home);
  tacet_free_wiped(s, sizeof(*s));
}

const char *client_store_home(const client_store *s) {
  return s->home;
}
bool client_store_has_passphrase(const client_store *s) {
  return s->passphrase;
}

/* ---- the database file ---- */

static tacet_err database_open(client_store *s, int flags) {
  PATH(path);
  TACET_TRY(path_of(s, "store.db", &path));
  if ((flags & SQLITE_OPEN_CREATE) != 0) { /* SQLite itself would take 0644 */
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
      return os_failed(s, "write the store", path);
    }
    (void)close(fd);
  }
  const char *vfs = client_store_vfs();
  int rc = vfs == NULL ? SQLITE_NOMEM
                       : sqlite3_open_v2(path, &s->db,
                                         flags | SQLITE_OPEN_NOMUTEX, vfs);
  if (s->db == NULL) {
    return TACET_ERR_NOMEM;
  }
  if (rc != SQLITE_OK) {
    return client_store_failed(s, rc);
  }
  (void)sqlite3_extended_result_codes(s->db, 1);
  (void)sqlite3_busy_timeout(s->db, BUSY_MS);
  (void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  /* FULL: a commit is on the disk when it returns, also after a power cut. */
  return client_store_exec(s,
                           "PRAGMA journal_mode = WAL;"
                           "PRAGMA synchronous = FULL;"
                           "PRAGMA secure_delete = ON;"
                           "PRAGMA max_page_count = " CLIENT_STORE_PAGES_MAX ";"
                           "PRAGMA mmap_size = 0;"
                           "PRAGMA temp_store = MEMORY;"
                           "PRAGMA trusted_schema = OFF;");
}

static tacet_err pragma(client_store *s, const char *sql, int *out) {
  sqlite3_stmt *q = NULL;
  int rc = sqlite3_prepare_v2(s->db, sql, -1, &q, NULL);
  if (rc == SQLITE_OK) {
    rc = sqlite3_step(q);
  }
  *out = rc == SQLITE_ROW ? sqlite3_column_int(q, 0) : 0;
  (void)sqlite3_finalize(q);
  return rc == SQLITE_ROW ? TACET_OK : client_store_failed(s, rc);
}

static tacet_err check_version(client_store *s, bool *empty) {
  int version, id;
  TACET_TRY(pragma(s, "PRAGMA user_version", &version));
  TACET_TRY(pragma(s, "PRAGMA application_id", &id));
  if (version > CLIENT_STORE_VERSION) {
    (void)client_fail(s->detail, CLIENT_FAILED, "newer-version",
                      "The home %s was written by a newer version of tacet; "
                      "update this program.",
                      s->home);
    return TACET_ERR_VERSION;
  }
  *empty = version == 0 && id == 0;
  if (!*empty && (id != APPLICATION_ID || version < 1)) {
    return client_store_damaged(s);
  }
  return TACET_OK;
}

/* ---- the wrapped key ---- */

static tacet_err wrapping_read(client_store *s, wrapping *out) {
  sqlite3_stmt *q = NULL;
  int rc = sqlite3_prepare_v2(
      s->db, "SELECT passes, memory, salt, sealed FROM wrapping WHERE id = 0",
      -1, &q, NULL);
  if (rc == SQLITE_OK) {
    rc = sqlite3_step(q);
  }
  tacet_err e = rc == SQLITE_ROW    ? TACET_OK
                : rc == SQLITE_DONE ? client_store_damaged(s)
                                    : client_store_failed(s, rc);
  if (e == TACET_OK) {
    out->passes = (uint32_t)sqlite3_column_int64(q, 0);
    out->memory = (uint32_t)sqlite3_column_int64(q, 1);
    out->passphrase = out->passes != 0;
    if (sqlite3_column_bytes(q, 2) == (int)sizeof(out->salt) &&
        sqlite3_column_bytes(q, 3) == (int)sizeof(out->sealed)) {
      memcpy(out->salt, sqlite3_column_blob(q, 2), sizeof(out->salt));
      memcpy(out->sealed, sqlite3_column_blob(q, 3), sizeof(out->sealed));
    } else {
      e = client_store_damaged(s);
    }
  }
  (void)sqlite3_finalize(q);
  return e;
}

static tacet_err wrapping_write(client_store *s, const wrapping *w) {
  sqlite3_stmt *q = NULL;
  int rc = sqlite3_prepare_v2(
      s->db, "INSERT INTO wrapping VALUES (0, ?1, ?2, ?3, ?4)", -1, &q, NULL);
  if (rc == SQLITE_OK) {
    (void)sqlite3_bind_int64(q, 1, w->passphrase ? w->passes : 0);
    (void)sqlite3_bind_int64(q, 2, w->memory);
    (void)sqlite3_bind_blob(q, 3, w->salt, (int)sizeof(w->salt), SQLITE_STATIC);
    (void)sqlite3_bind_blob(q, 4, w->sealed, (int)sizeof(w->sealed),
                            SQLITE_STATIC);
    rc = sqlite3_step(q);
  }
  (void)sqlite3_finalize(q);
  return rc == SQLITE_DONE ? TACET_OK : client_store_failed(s, rc);
}

/* The costs are bound to the seal, so that they cannot be lowered unseen. */
static void wrapping_aad(const wrapping *w, tacet_buf *aad) {
  tacet_write_vec(aad, TACET_SPAN_LIT("tacet store key"));
  tacet_write_u32(aad, w->passphrase ? w->passes : 0);
  tacet_write_u32(aad, w->memory);
  tacet_write_vec(aad, tacet_span_of(w->salt, sizeof(w->salt)));
}

static tacet_err wrapping_seal(wrapping *w, const tacet_secret *kek,
                               const tacet_secret *key) {
  TACET_BUF(aad, 128);
  wrapping_aad(w, &aad);
  TACET_TRY(aad.err);
  TACET_TRY(tacet_random(w->sealed, NONCE_LEN));
  return tacet_aead_xchacha20poly1305.seal(
      tacet_secret_span(kek), tacet_span_of(w->sealed, NONCE_LEN),
      tacet_buf_span(&aad), tacet_secret_span(key), w->sealed + NONCE_LEN);
}

static tacet_err wrapping_open(const wrapping *w, const tacet_secret *kek,
                               tacet_secret *key) {
  TACET_BUF(aad, 128);
  wrapping_aad(w, &aad);
  TACET_TRY(aad.err);
  TACET_SECRET(out);
  out.len = KEY_LEN;
  TACET_TRY(tacet_aead_xchacha20poly1305.open(
      tacet_secret_span(kek), tacet_span_of(w->sealed, NONCE_LEN),
      tacet_buf_span(&aad),
      tacet_span_of(w->sealed + NONCE_LEN, KEY_LEN + TAG_LEN), out.b));
  return tacet_secret_set(key, tacet_secret_span(&out));
}

/* ---- the key file of a home without passphrase ---- */

static tacet_err key_file_read(client_store *s, tacet_secret *out) {
  PATH(path);
  TACET_TRY(path_of(s, "store.key", &path));
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return os_failed(s, "open the store's key", path);
  }
  TACET_SECRET(key);
  ssize_t n = read(fd, key.b, sizeof(key.b));
  (void)close(fd);
  if (n != KEY_LEN) {
    return client_store_damaged(s);
  }
  key.len = KEY_LEN;
  return tacet_secret_set(out, tacet_secret_span(&key));
}

static tacet_err folder_sync(client_store *s) {
  int fd = open(s->home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 || fsync(fd) != 0) {
    if (fd >= 0) {
      (void)close(fd);
    }
    return os_failed(s, "write", s->home);
  }
  (void)close(fd);
  return TACET_OK;
}

static tacet_err key_file_write(client_store *s, const tacet_secret *key) {
  PATH(path);
  TACET_TRY(path_of(s, "store.key", &path));
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) {
    return os_failed(s, "write the store's key", path);
  }
  bool ok = write(fd, key->b, key->len) == (ssize_t)key->len && fsync(fd) == 0;
  if (close(fd) != 0 || !ok) {
    return os_failed(s, "write the store's key", path);
  }
  return folder_sync(s);
}

/* ---- keys ---- */

static tacet_err derive(const tacet_secret *root, const char *label,
                        tacet_secret *out) {
  TACET_SECRET(key);
  key.len = KEY_LEN;
  TACET_TRY(tacet_hkdf_expand(&tacet_hash_sha256, tacet_secret_span(root),
                              tacet_span_str(label), key.len, key.b));
  return tacet_secret_set(out, tacet_secret_span(&key));
}

static tacet_err use_key(client_store *s, const tacet_secret *key) {
  TACET_TRY(derive(key, "tacet store records", &s->record));
  TACET_TRY(derive(key, "tacet store names", &s->name));
  return derive(key, "tacet store files", &s->file);
}

static tacet_err unlock(client_store *s, const wrapping *w,
                        tacet_span passphrase) {
  TACET_SECRET(kek);
  TACET_SECRET(key);
  s->passphrase = w->passphrase;
  if (!w->passphrase) {
    TACET_TRY(key_file_read(s, &kek));
  } else if (passphrase.len == 0) {
    return client_fail(s->detail, CLIENT_FAILED, "passphrase-needed",
                       "The home %s is locked with a passphrase; give it with "
                       "TACET_PASSPHRASE or --passphrase-file.",
                       s->home);
  } else {
    tacet_err e = tacet_pwhash(passphrase, tacet_span_of(w->salt, 16),
                               w->passes, w->memory, &kek);
    TACET_TRY(e == TACET_ERR_LIMIT ? client_store_damaged(s) : e);
  }
  tacet_err e = wrapping_open(w, &kek, &key);
  if (e == TACET_ERR_AUTH && w->passphrase) {
    return client_fail(s->detail, CLIENT_FAILED, "wrong-passphrase",
                       "The passphrase does not open the home %s; try again.",
                       s->home);
  }
  if (e == TACET_ERR_AUTH) {
    return client_store_damaged(s);
  }
  TACET_TRY(e);
  return use_key(s, &key);
}

static tacet_err wrap(client_store *s, tacet_span passphrase,
                      const tacet_secret *key, wrapping *w) {
  TACET_SECRET(kek);
  *w = (wrapping){.passphrase = passphrase.len > 0};
  TACET_TRY(tacet_random(w->salt, sizeof(w->salt)));
  if (w->passphrase) {
    const client_env *env = s->env;
    w->passes = env->pwhash_passes ? env->pwhash_passes : TACET_PWHASH_PASSES;
    w->memory = env->pwhash_memory ? env->pwhash_memory : TACET_PWHASH_MEMORY;
    TACET_TRY(tacet_pwhash(passphrase, tacet_span_of(w->salt, 16), w->passes,
                           w->memory, &kek));
  } else {
    kek.len = KEY_LEN;
    TACET_TRY(tacet_random(kek.b, kek.len));
    TACET_TRY(key_file_write(s, &kek));
  }
  return wrapping_seal(w, &kek, key);
}

/* ---- create, open, probe ---- */

static tacet_err tables_create(client_store *s) {
  char sql[400];
  for (int t = 0; t < CLIENT_T_N; t++) {
    const char *name = client_table_names[t];
    (void)snprintf(sql, sizeof(sql),
                   "CREATE TABLE %s (k BLOB PRIMARY KEY, p BLOB, "
                   "o INTEGER NOT NULL, v BLOB NOT NULL);"
                   "CREATE INDEX %s_order ON %s (p, o);",
                   name, name, name);
    TACET_TRY(client_store_exec(s, sql));
  }
  (void)snprintf(sql, sizeof(sql),
                 "CREATE TABLE sequence (id INTEGER PRIMARY KEY, n INTEGER "
                 "NOT NULL); INSERT INTO sequence VALUES (0, 0);"
                 "CREATE TABLE wrapping (id INTEGER PRIMARY KEY, passes "
                 "INTEGER NOT NULL, memory INTEGER NOT NULL, salt BLOB NOT "
                 "NULL, sealed BLOB NOT NULL);"
                 "PRAGMA application_id = %d; PRAGMA user_version = %d",
                 APPLICATION_ID, CLIENT_STORE_VERSION);
  return client_store_exec(s, sql);
}

static tacet_err folder_make(client_store *s) {
  /* Parents too: ~/.local/share may not exist yet. */
  for (char *p = s->home + 1; *p != '\0'; p++) {
    if (*p == '/') {
      *p = '\0';
      int rc = mkdir(s->home, 0755);
      int code = errno;
      *p = '/';
      if (rc != 0 && code != EEXIST) {
        errno = code;
        return os_failed(s, "make the folder above", s->home);
      }
    }
  }
  if (mkdir(s->home, 0700) != 0 && errno != EEXIST) {
    return os_failed(s, "make the folder", s->home);
  }
  return TACET_OK;
}

tacet_err client_store_create(const char *home, tacet_span passphrase,
                              const client_env *env, client_error *detail,
                              client_store **out) {
  TACET_CLEANUP(store_cleanup) client_store *s = NULL;
  TACET_TRY(store_new(home, env, detail, &s));
  TACET_TRY(folder_make(s));
  TACET_TRY(database_open(s, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  /* All of it in one transaction: a home is there whole or not at all. */
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(s, &tx));
  bool empty;
  TACET_TRY(check_version(s, &empty));
  if (!empty) {
    return client_fail(detail, CLIENT_FAILED, "exists",
                       "There is a home in %s already; choose another folder "
                       "with --home.",
                       s->home);
  }
  TACET_SECRET(key);
  wrapping w;
  key.len = KEY_LEN;
  TACET_TRY(tacet_random(key.b, key.len));
  TACET_TRY(wrap(s, passphrase, &key, &w));
  s->passphrase = w.passphrase;
  TACET_TRY(use_key(s, &key));
  TACET_TRY(tables_create(s));
  TACET_TRY(wrapping_write(s, &w));
  TACET_TRY(client_tx_commit(&tx));
  TACET_TRY(folder_sync(s));
  *out = s;
  s = NULL;
  return TACET_OK;
}

static bool has_database(client_store *s) {
  PATH(path);
  struct stat st;
  return path_of(s, "store.db", &path) == TACET_OK && stat(path, &st) == 0 &&
         st.st_size > 0;
}

/* Opens the file and looks at its head; *empty where nothing was made yet. */
static tacet_err open_checked(const char *home, const client_env *env,
                              client_error *detail, client_store **out,
                              bool *empty) {
  TACET_CLEANUP(store_cleanup) client_store *s = NULL;
  TACET_TRY(store_new(home, env, detail, &s));
  *empty = !has_database(s);
  if (!*empty) {
    TACET_TRY(database_open(s, SQLITE_OPEN_READWRITE));
    TACET_TRY(check_version(s, empty));
  }
  *out = s;
  s = NULL;
  return TACET_OK;
}

tacet_err client_store_open(const char *home, tacet_span passphrase,
                            const client_env *env, client_error *detail,
                            client_store **out) {
  TACET_CLEANUP(store_cleanup) client_store *s = NULL;
  bool empty;
  TACET_TRY(open_checked(home, env, detail, &s, &empty));
  if (empty) {
    return client_fail(detail, CLIENT_USAGE, "no-home",
                       "There is no account in %s yet; `tacet register` makes "
                       "one, `tacet link` or `tacet recover` takes yours here.",
                       s->home);
  }
  wrapping w;
  TACET_TRY(wrapping_read(s, &w));
  TACET_TRY(unlock(s, &w, passphrase));
  *out = s;
  s = NULL;
  return TACET_OK;
}

tacet_err client_store_probe(const char *home, client_error *detail,
                             client_home_state *out) {
  TACET_CLEANUP(store_cleanup) client_store *s = NULL;
  bool empty;
  TACET_TRY(open_checked(home, client_env_system(), detail, &s, &empty));
  if (empty) {
    *out = CLIENT_HOME_NONE;
    return TACET_OK;
  }
  wrapping w;
  TACET_TRY(wrapping_read(s, &w));
  *out = w.passphrase ? CLIENT_HOME_PASSPHRASE : CLIENT_HOME_OPEN;
  return TACET_OK;
}
