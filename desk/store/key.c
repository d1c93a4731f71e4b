/* SPDX-License-Identifier: Apache-2.0
 * Keys in files. */
#include "desk/store/key.h"

#include "server/storage/storage.h"
#include "tacet/codec.h"
#include "tacet/crypto.h"
#include "tacet/crypto/pwhash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  SEED = 32,
  SEALED = SEED + 16,
  FILE_MAX = 2048,
  PATH_LEN_MAX = 4096,
  PASSPHRASE_MAX = 1024
};
#define PUBLIC_WORDS "tacet-desk-key v1 "
#define SECRET_WORDS "tacet-desk-secret v1 "
#define TOKEN_WORDS "tacet-desk-token v1 "

void desk_key_wipe(desk_key *k) {
  tacet_wipe(k, sizeof(*k));
}

tacet_err desk_key_generate(desk_key *out) {
  TACET_SECRET(seed);
  DESK_KEY(k);
  TACET_TRY(tacet_sig_ed25519.generate(&seed, k.public_key));
  TACET_TRY(tacet_sig_expand(&tacet_sig_ed25519, tacet_secret_span(&seed),
                             &k.private_key));
  *out = k;
  return TACET_OK;
}

desk_public_key desk_key_public(const desk_key *k) {
  return desk_key_is_token(k) ? k->token : desk_public_of_file(k->public_key);
}

void desk_key_text(const uint8_t public_key[DESK_KEY_LEN],
                   char out[DESK_KEY_TEXT]) {
  size_t n = sizeof(PUBLIC_WORDS) - 1;
  memcpy(out, PUBLIC_WORDS, n);
  tacet_base64url_write(tacet_span_of(public_key, DESK_KEY_LEN), out + n);
}

/* ---- wrapping ---- */

static tacet_err wrap_key(tacet_span passphrase, tacet_span salt,
                          uint32_t passes, uint32_t memory, bool seals,
                          tacet_span in, uint8_t *out) {
  static const uint8_t nonce[24];
  TACET_SECRET(key);
  TACET_TRY(tacet_pwhash(passphrase, salt, passes, memory, &key));
  const tacet_aead *a = &tacet_aead_xchacha20poly1305;
  tacet_span n = tacet_span_of(nonce, sizeof(nonce)),
             aad = TACET_SPAN_LIT(SECRET_WORDS);
  return seals ? a->seal(tacet_secret_span(&key), n, aad, in, out)
               : a->open(tacet_secret_span(&key), n, aad, in, out);
}

static tacet_err wrapped_text(tacet_span seed, tacet_span passphrase,
                              char out[FILE_MAX]) {
  uint8_t salt[TACET_PWHASH_SALT], sealed[SEALED];
  char salt_text[TACET_BASE64_LEN(TACET_PWHASH_SALT) + 1],
      sealed_text[TACET_BASE64_LEN(SEALED) + 1];
  tacet_span s = tacet_span_of(salt, sizeof(salt));
  TACET_TRY(tacet_random(salt, sizeof(salt)));
  TACET_TRY(wrap_key(passphrase, s, TACET_PWHASH_PASSES, TACET_PWHASH_MEMORY,
                     true, seed, sealed));
  tacet_base64url_write(s, salt_text);
  tacet_base64url_write(tacet_span_of(sealed, SEALED), sealed_text);
  (void)snprintf(out, FILE_MAX, SECRET_WORDS "wrapped %d %u %s %s\n",
                 TACET_PWHASH_PASSES, (unsigned)TACET_PWHASH_MEMORY, salt_text,
                 sealed_text);
  return TACET_OK;
}

/* Nothing in it is secret: the token signs for nobody without it, and with it
 * only where it is plugged in. */
static void token_text(const desk_key *k, char out[FILE_MAX]) {
  char public_text[TACET_BASE64_LEN(DESK_PUBLIC_MAX) + 1],
      credential[TACET_BASE64_LEN(DESK_CREDENTIAL_MAX) + 1];
  tacet_base64url_write(desk_public_span(&k->token), public_text);
  tacet_base64url_write(tacet_span_of(k->credential, k->credential_len),
                        credential);
  (void)snprintf(out, FILE_MAX, TOKEN_WORDS "%s %s\n", public_text, credential);
}

static tacet_err secret_text(const desk_key *k, tacet_span passphrase,
                             char out[FILE_MAX]) {
  tacet_span seed = tacet_span_of(k->private_key.b, SEED);
  if (desk_key_is_token(k)) {
    token_text(k, out);
    return TACET_OK;
  }
  if (passphrase.len > 0) {
    return wrapped_text(seed, passphrase, out);
  }
  int n = snprintf(out, FILE_MAX, SECRET_WORDS "plain ");
  tacet_base64url_write(seed, out + n);
  memcpy(out + n + TACET_BASE64_LEN(SEED), "\n", 2);
  return TACET_OK;
}

tacet_err desk_key_write(const desk_key *k, const char *path,
                         tacet_span passphrase, desk_trouble *why) {
  char text[FILE_MAX], public_path[PATH_LEN_MAX], line[DESK_PUBLIC_TEXT + 1];
  desk_public_key public_key = desk_key_public(k);
  sto_trouble t = {""};
  int n = snprintf(public_path, sizeof(public_path), "%s.pub", path);
  if (n < 0 || (size_t)n >= sizeof(public_path)) {
    desk_trouble_set(why, "the name of the key's file is too long");
    return TACET_ERR_LIMIT;
  }
  tacet_err e = secret_text(k, passphrase, text);
  if (e != TACET_OK) {
    desk_trouble_set(why, "the key cannot be wrapped: %s", tacet_err_text(e));
    return e;
  }
  desk_public_text(&public_key, line);
  size_t len = strlen(line);
  line[len++] = '\n';
  e = sto_secret_write(path, tacet_span_str(text), &t);
  tacet_wipe(text, sizeof(text));
  if (e == TACET_OK) {
    e = sto_secret_write(public_path, tacet_span_of(line, len), &t);
    if (e != TACET_OK) {
      (void)unlink(path);
    }
  }
  if (e != TACET_OK) {
    desk_trouble_set(why, "%s", t.text);
  }
  return e;
}

/* ---- reading ---- */

static tacet_err refuse_form(const char *path, const char *what,
                             desk_trouble *why) {
  desk_trouble_set(why,
                   "%.400s is not %s; `tacet-desk key new FILE` makes a pair",
                   path, what);
  return TACET_ERR_ENCODING;
}

/* A key is in a file. A pipe could be read once, where a command may need the
 * key twice, and one that nobody writes to would never end. */
static bool is_file(int fd) {
  struct stat st;
  return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

/* A short text file, without its last newline. */
static tacet_err read_line(const char *path, char out[FILE_MAX],
                           desk_trouble *why) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  bool file = fd < 0 || is_file(fd);
  ssize_t n = fd < 0 || !file ? -1 : read(fd, out, FILE_MAX - 1);
  int e = errno;
  if (fd >= 0) {
    (void)close(fd);
  }
  if (!file) {
    desk_trouble_set(why,
                     "%.400s is not a file: a key is read from a file, not "
                     "from a pipe, a device or a folder",
                     path);
    return TACET_ERR_ARGUMENT;
  }
  if (n < 0) {
    desk_trouble_set(why, "%.400s cannot be read: %s", path, strerror(e));
    return e == ENOENT ? TACET_ERR_NOT_FOUND : TACET_ERR_IO;
  }
  if (n > 0 && out[n - 1] == '\n') {
    n--;
  }
  out[n] = '\0';
  return TACET_OK;
}

static bool read_base64(const char *text, uint8_t *out, size_t want) {
  size_t len = 0;
  return tacet_base64url_read(text, strlen(text), out, want, &len) ==
             TACET_OK &&
         len == want;
}

tacet_err desk_public_load(const char *path, desk_trouble *why,
                           desk_public_key *out) {
  char text[FILE_MAX];
  TACET_TRY(read_line(path, text, why));
  tacet_err e = desk_public_read(text, out);
  tacet_wipe(text, sizeof(text)); /* it may be the wrong one of the pair */
  return e == TACET_OK ? e : refuse_form(path, "a public key of the desk", why);
}

tacet_err desk_key_load_public(const char *path, desk_trouble *why,
                               uint8_t out[DESK_KEY_LEN]) {
  desk_public_key k;
  TACET_TRY(desk_public_load(path, why, &k));
  if (desk_public_is_token(&k)) {
    desk_trouble_set(why,
                     "%.400s is an officer's key on a token; here a desk's own "
                     "key is wanted",
                     path);
    return TACET_ERR_ENCODING;
  }
  memcpy(out, k.b, DESK_KEY_LEN);
  return TACET_OK;
}

static tacet_err unwrap(const char *text, const desk_passphrase *passphrase,
                        const char *path, desk_trouble *why,
                        uint8_t seed[SEED]) {
  unsigned passes, memory;
  char salt_text[64], sealed_text[128], words[PASSPHRASE_MAX];
  uint8_t salt[TACET_PWHASH_SALT], sealed[SEALED];
  if (sscanf(text, "%2u %7u %63s %127s", &passes, &memory, salt_text,
             sealed_text) != 4 ||
      !read_base64(salt_text, salt, sizeof(salt)) ||
      !read_base64(sealed_text, sealed, SEALED)) {
    return refuse_form(path, "a secret key of the desk", why);
  }
  if (passphrase == NULL || passphrase->ask == NULL ||
      !passphrase->ask(passphrase->user, words, sizeof(words))) {
    desk_trouble_set(why,
                     "the key %.300s is wrapped by a passphrase: give it with "
                     "--passphrase-file FILE, or at a terminal",
                     path);
    return TACET_ERR_AUTH;
  }
  tacet_err e =
      wrap_key(tacet_span_str(words), tacet_span_of(salt, sizeof(salt)), passes,
               memory, false, tacet_span_of(sealed, SEALED), seed);
  tacet_wipe(words, sizeof(words));
  if (e == TACET_ERR_AUTH) {
    desk_trouble_set(why, "that is not the passphrase of %.400s", path);
  } else if (e != TACET_OK) {
    desk_trouble_set(why, "%.400s cannot be opened: %s", path,
                     tacet_err_text(e));
  }
  return e;
}

static tacet_err seed_of(const char *text, const char *path,
                         const desk_passphrase *passphrase, desk_trouble *why,
                         uint8_t seed[SEED]) {
  size_t n = sizeof(SECRET_WORDS) - 1;
  if (strncmp(text, SECRET_WORDS, n) == 0) {
    text += n;
    if (strncmp(text, "plain ", 6) == 0 && read_base64(text + 6, seed, SEED)) {
      return TACET_OK;
    }
    if (strncmp(text, "wrapped ", 8) == 0) {
      return unwrap(text + 8, passphrase, path, why, seed);
    }
  }
  return refuse_form(path, "a secret key of the desk", why);
}

/* "<public key> <credential>" */
static tacet_err take_token(const char *text, const char *path,
                            desk_trouble *why, desk_key *k) {
  char public_text[TACET_BASE64_LEN(DESK_PUBLIC_MAX) + 1];
  uint8_t bytes[DESK_PUBLIC_MAX];
  size_t len = 0, word = strcspn(text, " ");
  if (word >= sizeof(public_text) || text[word] != ' ') {
    return refuse_form(path, "a key of the desk", why);
  }
  memcpy(public_text, text, word);
  public_text[word] = '\0';
  text += word + 1;
  if (tacet_base64url_read(public_text, word, bytes, sizeof(bytes), &len) !=
          TACET_OK ||
      desk_public_take(tacet_span_of(bytes, len), &k->token) != TACET_OK ||
      !desk_public_is_token(&k->token) ||
      tacet_base64url_read(text, strlen(text), k->credential,
                           sizeof(k->credential),
                           &k->credential_len) != TACET_OK ||
      k->credential_len == 0) {
    return refuse_form(path, "a key of the desk", why);
  }
  return TACET_OK;
}

static tacet_err load_token(const char *text, const char *path,
                            desk_trouble *why, desk_key *out) {
  DESK_KEY(k);
  TACET_TRY(take_token(text, path, why, &k));
  *out = k;
  return TACET_OK;
}

tacet_err desk_key_load(const char *path, const desk_passphrase *passphrase,
                        desk_trouble *why, desk_key *out) {
  char text[FILE_MAX];
  uint8_t seed[SEED];
  DESK_KEY(k);
  TACET_TRY(read_line(path, text, why));
  if (strncmp(text, TOKEN_WORDS, sizeof(TOKEN_WORDS) - 1) == 0) {
    return load_token(text + sizeof(TOKEN_WORDS) - 1, path, why, out);
  }
  tacet_err e = seed_of(text, path, passphrase, why, seed);
  tacet_wipe(text, sizeof(text));
  if (e == TACET_OK) {
    tacet_span s = tacet_span_of(seed, SEED);
    e = tacet_sig_ed25519.public_key(s, k.public_key);
    if (e == TACET_OK) {
      e = tacet_sig_expand(&tacet_sig_ed25519, s, &k.private_key);
    }
    tacet_wipe(seed, sizeof(seed));
    if (e != TACET_OK) {
      desk_trouble_set(why, "the key %.400s cannot be used: %s", path,
                       tacet_err_text(e));
    }
  }
  if (e == TACET_OK) {
    *out = k;
  }
  return e;
}

/* ---- using ---- */

static tacet_err touch_token(const desk_key *k, const char *label,
                             tacet_span content, desk_trouble *why,
                             desk_signature *out) {
  uint8_t challenge[DESK_CLIENT_HASH];
  if (k->touch == NULL) {
    desk_trouble_set(why, "that key is on a token, and an officer's: the desk "
                          "signs with a key in a file");
    return TACET_ERR_ARGUMENT;
  }
  TACET_TRY(desk_token_challenge(label, content, challenge));
  return k->touch->sign(k->touch->user, k, challenge, why, out);
}

tacet_err desk_officer_sign(const desk_key *k, const char *label,
                            tacet_span content, desk_trouble *why,
                            desk_signature *out) {
  uint8_t sig[DESK_SIGNATURE_LEN];
  if (desk_key_is_token(k)) {
    return touch_token(k, label, content, why, out);
  }
  TACET_TRY(desk_key_sign(k, label, content, sig));
  return desk_signature_take(tacet_span_of(sig, sizeof(sig)), out);
}

tacet_err desk_key_sign(const desk_key *k, const char *label,
                        tacet_span content, uint8_t out[DESK_SIGNATURE_LEN]) {
  uint8_t sig[TACET_SIG_MAX];
  size_t len = 0;
  TACET_TRY(tacet_sign_with_label(
      &tacet_sig_ed25519, tacet_secret_span(&k->private_key), TACET_LABEL_TACET,
      label, content, sig, &len));
  TACET_ASSERT(len == DESK_SIGNATURE_LEN);
  memcpy(out, sig, DESK_SIGNATURE_LEN);
  return TACET_OK;
}

tacet_err desk_key_verify(const uint8_t public_key[DESK_KEY_LEN],
                          const char *label, tacet_span content,
                          tacet_span signature) {
  return tacet_verify_with_label(&tacet_sig_ed25519,
                                 tacet_span_of(public_key, DESK_KEY_LEN),
                                 TACET_LABEL_TACET, label, content, signature);
}
