/* SPDX-License-Identifier: Apache-2.0
 * S/MIME: what was signed, and by whom. */
#include "desk/mail/mail.h"

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <limits.h>
#include <stdio.h>
#include <strings.h>

typedef struct checking {
  BIO *mail, *content, *signed_text;
  CMS_ContentInfo *cms;
  X509_STORE *store;
} checking;

static void checking_free(checking *c) {
  CMS_ContentInfo_free(c->cms);
  X509_STORE_free(c->store);
  BIO_free(c->mail);
  BIO_free(c->content);
  BIO_free(c->signed_text);
  ERR_clear_error();
}

/* ---- is it signed at all ---- */

static bool is_signed(tacet_span mail) {
  char type[1024];
  bool twice;
  desk_mime_header(mail, "Content-Type", type, sizeof(type), &twice);
  const char *t = type + strspn(type, " \t");
  return strncasecmp(t, "multipart/signed", 16) == 0 ||
         strncasecmp(t, "application/pkcs7-mime", 22) == 0 ||
         strncasecmp(t, "application/x-pkcs7-mime", 24) == 0;
}

/* ---- by whom ---- */

/* The certificate has the sender's address. */
static bool is_of(CMS_ContentInfo *cms, const char *from) {
  STACK_OF(X509) *signers = CMS_get0_signers(cms);
  bool ours = signers != NULL && sk_X509_num(signers) > 0 && *from != '\0';
  for (int i = 0; ours && i < sk_X509_num(signers); i++) {
    ours = X509_check_email(sk_X509_value(signers, i), from, 0, 0) == 1;
  }
  sk_X509_free(signers);
  return ours;
}

/* Once more from the start: a mail's content is read to its end by a check. */
static bool verify(checking *c, tacet_span mail, unsigned flags) {
  BIO_free(c->mail);
  BIO_free(c->content);
  BIO_free(c->signed_text);
  CMS_ContentInfo_free(c->cms);
  c->content = NULL;
  c->mail = BIO_new_mem_buf(mail.p, (int)mail.len);
  c->signed_text = BIO_new(BIO_s_mem());
  c->cms = c->mail == NULL ? NULL : SMIME_read_CMS(c->mail, &c->content);
  return c->cms != NULL && c->signed_text != NULL &&
         CMS_verify(c->cms, NULL, c->store, c->content, c->signed_text,
                    flags) == 1;
}

static tacet_err load_roots(checking *c, const char *roots, desk_trouble *why) {
  c->store = X509_STORE_new();
  if (c->store == NULL) {
    return TACET_ERR_NOMEM;
  }
  if (roots != NULL && X509_STORE_load_file(c->store, roots) != 1) {
    desk_trouble_set(why,
                     "the certificates %.300s cannot be read: --roots is a "
                     "file of certificates in PEM",
                     roots);
    return TACET_ERR_IO;
  }
  return TACET_OK;
}

static tacet_err check(checking *c, tacet_span mail, const char *roots,
                       desk_trouble *why, desk_mail *m) {
  TACET_TRY(load_roots(c, roots, why));
  if (!verify(c, mail, CMS_NO_SIGNER_CERT_VERIFY)) {
    m->signature = DESK_MAIL_INVALID;
  } else if (!is_of(c->cms, m->from)) {
    m->signature = DESK_MAIL_INVALID;
  } else {
    m->signature = roots != NULL && verify(c, mail, 0) ? DESK_MAIL_VALID
                                                       : DESK_MAIL_UNKNOWN;
    /* A failed chain writes nothing: the parts come from the check before. */
    if (m->signature == DESK_MAIL_UNKNOWN && roots != NULL) {
      (void)verify(c, mail, CMS_NO_SIGNER_CERT_VERIFY);
    }
  }
  return TACET_OK;
}

/* ---- all of it ---- */

static tacet_err read_signed(tacet_span mail, const char *roots,
                             desk_trouble *why, desk_mail *m) {
  checking c = {NULL, NULL, NULL, NULL, NULL};
  tacet_err e = check(&c, mail, roots, why, m);
  char *text = NULL;
  long n = c.signed_text != NULL ? BIO_get_mem_data(c.signed_text, &text) : 0;
  if (e == TACET_OK && n <= 0) {
    desk_trouble_set(why, "nothing can be read of what the mail's signature is "
                          "over; write down what it says and file that with "
                          "--file, and the mail with --document");
    e = TACET_ERR_ENCODING;
  }
  if (e == TACET_OK) {
    e = desk_mime_read(tacet_span_of(text, (size_t)n), why, &m->mime);
  }
  checking_free(&c);
  return e;
}

tacet_err desk_mail_read(tacet_span mail, const char *roots, desk_trouble *why,
                         desk_mail *out) {
  char from[1024];
  bool twice;
  desk_mail m = {.signature = DESK_MAIL_UNSIGNED};
  if (mail.len > DESK_MAIL_MAX || mail.len > INT_MAX) {
    desk_trouble_set(why,
                     "the mail is larger than %zu MiB: file what it says "
                     "with --file, and the mail with --document",
                     DESK_MAIL_MAX >> 20);
    return TACET_ERR_LIMIT;
  }
  desk_mime_header(mail, "From", from, sizeof(from), &twice);
  if (twice || !desk_mime_address(from, m.from, sizeof(m.from))) {
    m.from[0] = '\0';
  }
  TACET_TRY(is_signed(mail) ? read_signed(mail, roots, why, &m)
                            : desk_mime_read(mail, why, &m.mime));
  *out = m;
  return TACET_OK;
}

void desk_mail_free(desk_mail *m) {
  desk_mime_free(&m->mime);
}
