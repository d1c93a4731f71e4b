/* SPDX-License-Identifier: Apache-2.0
 * The certificate of a new installation, and looking into one. */
#include "net/tls_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

static bool is_address(const char *host) {
  uint8_t a[16];
  return inet_pton(AF_INET, host, a) == 1 || inet_pton(AF_INET6, host, a) == 1;
}

static bool add_extension(X509 *cert, int nid, const char *value) {
  X509V3_CTX ctx;
  X509V3_set_ctx_nodb(&ctx);
  X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
  X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
  bool ok = e != NULL && X509_add_ext(cert, e, -1) == 1;
  X509_EXTENSION_free(e);
  return ok;
}

/* RFC 5280: a random serial number, the host as subjectAltName alone. */
static bool fill(X509 *cert, EVP_PKEY *key, const char *host, uint64_t now,
                 unsigned days) {
  char alt[300];
  uint8_t serial[16];
  snprintf(alt, sizeof(alt), "%s:%s%s", is_address(host) ? "IP" : "DNS", host,
           strcmp(host, "127.0.0.1") == 0 ? ",DNS:localhost" : "");
  if (RAND_bytes(serial, sizeof(serial)) != 1) {
    return false;
  }
  serial[0] = (serial[0] & 0x7f) | 1;
  BIGNUM *bn = BN_bin2bn(serial, sizeof(serial), NULL);
  bool ok =
      bn != NULL && BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(cert)) != NULL;
  BN_free(bn);
  X509_NAME *name = X509_get_subject_name(cert);
  time_t from = (time_t)now - 86400;
  return ok && X509_set_version(cert, 2) == 1 &&
         X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                    (const unsigned char *)"tacetd", -1, -1,
                                    0) == 1 &&
         X509_set_issuer_name(cert, name) == 1 &&
         X509_time_adj_ex(X509_getm_notBefore(cert), 0, 0, &from) != NULL &&
         X509_time_adj_ex(X509_getm_notAfter(cert), (int)days + 1, 0, &from) !=
             NULL &&
         X509_set_pubkey(cert, key) == 1 &&
         add_extension(cert, NID_subject_alt_name, alt) &&
         add_extension(cert, NID_basic_constraints, "critical,CA:FALSE") &&
         add_extension(cert, NID_key_usage, "critical,digitalSignature") &&
         add_extension(cert, NID_ext_key_usage, "serverAuth") &&
         X509_sign(cert, key, EVP_sha256()) > 0;
}

/* A new file, or EXISTS: a key is never overwritten. */
static tacet_err open_new(const char *path, int mode, FILE **out) {
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) {
    return errno == EEXIST ? TACET_ERR_EXISTS : TACET_ERR_IO;
  }
  *out = fdopen(fd, "w");
  if (*out == NULL) {
    close(fd);
    return TACET_ERR_NOMEM;
  }
  return TACET_OK;
}

static bool close_durably(FILE *f, bool ok) {
  ok = ok && fflush(f) == 0 && fsync(fileno(f)) == 0;
  return fclose(f) == 0 && ok;
}

static tacet_err write_files(X509 *cert, EVP_PKEY *key, const char *cert_path,
                             const char *key_path) {
  FILE *f;
  TACET_TRY(open_new(key_path, 0600, &f));
  bool ok = PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1;
  if (!close_durably(f, ok)) {
    unlink(key_path);
    return TACET_ERR_IO;
  }
  tacet_err err = open_new(cert_path, 0644, &f);
  if (err == TACET_OK) {
    ok = PEM_write_X509(f, cert) == 1;
    if (!close_durably(f, ok)) {
      unlink(cert_path);
      err = TACET_ERR_IO;
    }
  }
  if (err != TACET_OK) {
    unlink(key_path);
  }
  return err;
}

tacet_err net_tls_make_certificate(const char *host, uint64_t now,
                                   unsigned days, const char *cert_path,
                                   const char *key_path) {
  if (strlen(host) == 0 || strlen(host) > 253 || days > 36500) {
    return TACET_ERR_ARGUMENT;
  }
  EVP_PKEY *key = EVP_EC_gen("P-256");
  X509 *cert = X509_new();
  tacet_err err = TACET_ERR_PROVIDER;
  if (key != NULL && cert != NULL && fill(cert, key, host, now, days)) {
    err = write_files(cert, key, cert_path, key_path);
  }
  X509_free(cert);
  EVP_PKEY_free(key);
  return err;
}

static tacet_err read_certificate(const char *path, X509 **out) {
  FILE *f = fopen(path, "re");
  if (f == NULL) {
    return TACET_ERR_IO;
  }
  *out = PEM_read_X509(f, NULL, NULL, NULL);
  fclose(f);
  return *out == NULL ? TACET_ERR_ARGUMENT : TACET_OK;
}

static bool unix_time(const ASN1_TIME *t, int64_t *out) {
  struct tm tm;
  if (ASN1_TIME_to_tm(t, &tm) != 1) {
    return false;
  }
  *out = (int64_t)timegm(&tm);
  return true;
}

tacet_err net_tls_read_certificate(const char *cert_path,
                                   net_certificate *out) {
  X509 *cert;
  net_certificate c;
  TACET_TRY(read_certificate(cert_path, &cert));
  bool ok = net_tls_pin_of(cert, c.pin) &&
            unix_time(X509_get0_notBefore(cert), &c.not_before) &&
            unix_time(X509_get0_notAfter(cert), &c.not_after);
  c.self_signed = X509_self_signed(cert, 0) == 1;
  X509_free(cert);
  if (!ok) {
    return TACET_ERR_ARGUMENT;
  }
  *out = c;
  return TACET_OK;
}

bool net_tls_certificate_names(const char *cert_path, const char *host) {
  X509 *cert;
  if (read_certificate(cert_path, &cert) != TACET_OK) {
    return false;
  }
  bool ok = is_address(host) ? X509_check_ip_asc(cert, host, 0) == 1
                             : X509_check_host(cert, host, 0, 0, NULL) == 1;
  X509_free(cert);
  return ok;
}
