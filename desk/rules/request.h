/* SPDX-License-Identifier: Apache-2.0
 * desk/rules/request.h -- a demand as it was made: what the paper says, with
 * its faults, before anybody judges it.
 *
 * The form is docs/protocol/desk-request.md: strict JSON. Reading refuses what
 * has not the form (an unknown or doubled name, a day that is none, a text that
 * is too long or has control characters) and judges nothing else: a demand
 * without signature, with an inverted period or for an account that cannot be,
 * is read, since it must be filed and answered. What is wrong with it is the
 * business of rules/evaluate.h.
 */
#ifndef TACET_DESK_RULES_REQUEST_H
#define TACET_DESK_RULES_REQUEST_H

#include "desk/model.h"

#define DESK_REQUEST_VERSION 1
#define DESK_REQUEST_MAX (1024 * 1024) /* bytes of a file */
#define DESK_TEXT_MAX 1000             /* bytes of one text */
#define DESK_IDENTIFIERS_MAX 10000
#define DESK_PAGES_MAX 100
#define DESK_DEMANDS_MAX 100

typedef struct desk_texts {
  const char *const *items;
  size_t n;
} desk_texts;

/* The face of the demand, an attachment: what it repeats must agree. */
typedef struct desk_page {
  bool given;
  const char *name;
  const char *case_number;
  desk_texts identifiers;
} desk_page;

typedef struct desk_pages {
  const desk_page *items;
  size_t n;
} desk_pages;

/* What came of looking at a signature or at where a mail came from. */
typedef enum desk_check {
  DESK_UNCHECKED,
  DESK_VALID,
  DESK_INVALID,
  DESK_CHECKS
} desk_check;

typedef enum desk_signature_kind {
  DESK_SIGNATURE_NONE,
  DESK_SIGNATURE_INK,  /* on paper, or a picture of that */
  DESK_SIGNATURE_SEAL, /* of a court, on paper */
  DESK_SIGNATURE_PADES,
  DESK_SIGNATURE_SMIME,
  DESK_SIGNATURE_DETACHED,
  DESK_SIGNATURE_KINDS
} desk_signature_kind;

/* A demand. A text that the paper does not have is "", a day DESK_NO_DAY; a
 * part (struct) of which nothing stands in the file has given false. All is
 * owned by the request and lives as long as it. */
typedef struct desk_request {
  struct {
    bool given;
    const char *code;    /* of rules/tables.h, or ""; e.g. "us-federal-court" */
    const char *name;    /* "United States District Court, N.D. California" */
    const char *country; /* ISO 3166-1 alpha-2, upper case */
    const char *state;   /* of a federation, as words */
  } authority;
  const char *addressee;
  const char *instrument; /* code; that it is known is looked at later */
  desk_kind kind;
  const char *statute; /* the legal basis that it cites, as words */
  const char *case_number;
  desk_pages pages;
  desk_day dated, received;
  desk_day deadline; /* that the paper names */
  desk_day expires;  /* the last day on which it may be served */
  struct {
    bool given;
    desk_day from, to;
  } period;
  struct {
    bool given;
    const char *name;
    uint64_t max_years; /* of imprisonment, at most; 0 if not said */
    desk_day from;      /* when it is said to have begun */
  } offence;
  desk_texts identifiers;
  struct {
    bool given;
    const char *sha256; /* 64 lower-case hexadecimal digits */
    uint64_t count;
  } identifier_list;        /* a machine-readable list that came with it */
  desk_texts demands;       /* codes of rules/demands.h */
  desk_texts other_demands; /* in the paper's words, what no code says */
  struct {
    bool given;
    desk_signature_kind kind;
    desk_check checked;
  } signature;
  struct {
    bool given;
    const char *name, *mail, *phone;
    desk_check mail_checked; /* SPF, DKIM and DMARC of the mail that came */
    struct {
      bool given;
      const char *by;     /* who of the desk called */
      const char *number; /* where that number was found */
      desk_day on;
    } callback;
  } officer;
  struct {
    bool given;
    const char *basis;
    desk_day until;
  } gag;
  struct {
    bool given;
    const char *who, *harm, *why, *when;
  } emergency;
  const char *language;  /* two letters: "en" */
  bool translated;       /* into a language that the addressee takes */
  desk_texts privileges; /* "press", "lawyer", ... of whom it is about */
  const char *replaces;  /* the case that it corrects, or "" */
  struct {
    bool given;
    const char *sha256;
    const char *name;
  } document;
  struct {
    bool given;
    uint64_t amount;      /* in the smallest unit: cents */
    const char *currency; /* ISO 4217 */
    const char *basis;
  } cost;
  /* Not for others: what it is made of. */
  struct json_t *json;
  struct rules_block *blocks;
} desk_request;

/* Reads all of `text`. ENCODING (no JSON, or not of the form), LIMIT, VERSION
 * (of a newer version), NOMEM, with a sentence in *why that names the field. On
 * failure *out is untouched. Free with desk_request_free(). */
TACET_MUST_CHECK tacet_err desk_request_read(tacet_span text, desk_request *out,
                                             desk_trouble *why);
/* Takes one that is all zero, too. */
void desk_request_free(desk_request *r);

/* The request as the one JSON text that it has (names sorted, no white space),
 * notes and all: for the log. Reading it gives the same request. NULL if there
 * is no memory; free with free(). */
char *desk_request_text(const desk_request *r);

/* The duty of secrecy names no day, or one that is more than ten years after
 * the demand was received. */
bool desk_gag_is_endless(const desk_request *r);

/* The words in files: "valid", "pades". NULL past the end. */
const char *desk_check_name(desk_check c);
const char *desk_signature_kind_name(desk_signature_kind k);

#endif
