/* SPDX-License-Identifier: Apache-2.0
 * A demand as it was made: the names that its file may have. */
#include "desk/rules/request.h"

#include "desk/rules/demands.h"
#include "desk/rules/fields.h"

/* ---- words ---- */

static const char *const checks[DESK_CHECKS] = {[DESK_UNCHECKED] = "unchecked",
                                                [DESK_VALID] = "valid",
                                                [DESK_INVALID] = "invalid"};
static const char *const signatures[DESK_SIGNATURE_KINDS] = {
    [DESK_SIGNATURE_NONE] = "none",    [DESK_SIGNATURE_INK] = "ink",
    [DESK_SIGNATURE_SEAL] = "seal",    [DESK_SIGNATURE_PADES] = "pades",
    [DESK_SIGNATURE_SMIME] = "s-mime", [DESK_SIGNATURE_DETACHED] = "detached"};

const char *desk_check_name(desk_check c) {
  return (unsigned)c < DESK_CHECKS ? checks[c] : NULL;
}

const char *desk_signature_kind_name(desk_signature_kind k) {
  return (unsigned)k < DESK_SIGNATURE_KINDS ? signatures[k] : NULL;
}

static const char *kind_word(unsigned i) {
  return desk_kind_name((desk_kind)i);
}
static const char *check_word(unsigned i) {
  return desk_check_name((desk_check)i);
}
static const char *signature_word(unsigned i) {
  return desk_signature_kind_name((desk_signature_kind)i);
}
static bool is_demand(const char *code) {
  return desk_demand_find(code) != NULL;
}

_Static_assert(sizeof(desk_kind) == sizeof(unsigned) &&
                   sizeof(desk_check) == sizeof(unsigned) &&
                   sizeof(desk_signature_kind) == sizeof(unsigned),
               "words are written as unsigned");

/* ---- the form ---- */

#define AT(member) offsetof(desk_request, member)
/* A member of a part, from where the part begins. */
#define IN(part, member) (AT(part.member) - AT(part.given))
#define FIELD(name, kind_of, at)                                               \
  { .key = (name), .type = (kind_of), .offset = (at) }
#define SHAPE(fields)                                                          \
  { (fields), sizeof(fields) / sizeof((fields)[0]), 0 }

static const rules_field authority_fields[] = {
    FIELD("code", RULES_CODE, IN(authority, code)),
    FIELD("name", RULES_TEXT, IN(authority, name)),
    FIELD("country", RULES_COUNTRY, IN(authority, country)),
    FIELD("state", RULES_TEXT, IN(authority, state)),
};
static const rules_shape authority = SHAPE(authority_fields);

static const rules_field page_fields[] = {
    FIELD("name", RULES_TEXT, offsetof(desk_page, name)),
    FIELD("case_number", RULES_TEXT, offsetof(desk_page, case_number)),
    {.key = "identifiers",
     .type = RULES_TEXTS,
     .offset = offsetof(desk_page, identifiers),
     .max = DESK_IDENTIFIERS_MAX},
};
static const rules_shape page = {page_fields,
                                 sizeof(page_fields) / sizeof(page_fields[0]),
                                 sizeof(desk_page)};

static const rules_field period_fields[] = {
    FIELD("from", RULES_DAY, IN(period, from)),
    FIELD("to", RULES_DAY, IN(period, to)),
};
static const rules_shape period = SHAPE(period_fields);

static const rules_field offence_fields[] = {
    FIELD("name", RULES_TEXT, IN(offence, name)),
    {.key = "max_years",
     .type = RULES_COUNT,
     .offset = IN(offence, max_years),
     .max = 1000},
    FIELD("from", RULES_DAY, IN(offence, from)),
};
static const rules_shape offence = SHAPE(offence_fields);

static const rules_field list_fields[] = {
    FIELD("sha256", RULES_SHA256, IN(identifier_list, sha256)),
    {.key = "count",
     .type = RULES_COUNT,
     .offset = IN(identifier_list, count),
     .max = 1000000000},
};
static const rules_shape list = SHAPE(list_fields);

static const rules_field signature_fields[] = {
    {.key = "kind",
     .type = RULES_WORD,
     .offset = IN(signature, kind),
     .words = signature_word,
     .required = true},
    {.key = "checked",
     .type = RULES_WORD,
     .offset = IN(signature, checked),
     .words = check_word},
};
static const rules_shape signature = SHAPE(signature_fields);

#define IN_CALLBACK(member)                                                    \
  (AT(officer.callback.member) - AT(officer.callback.given))
static const rules_field callback_fields[] = {
    FIELD("by", RULES_TEXT, IN_CALLBACK(by)),
    FIELD("number", RULES_TEXT, IN_CALLBACK(number)),
    FIELD("on", RULES_DAY, IN_CALLBACK(on)),
};
static const rules_shape callback = SHAPE(callback_fields);

static const rules_field officer_fields[] = {
    FIELD("name", RULES_TEXT, IN(officer, name)),
    FIELD("mail", RULES_TEXT, IN(officer, mail)),
    FIELD("phone", RULES_TEXT, IN(officer, phone)),
    {.key = "mail_checked",
     .type = RULES_WORD,
     .offset = IN(officer, mail_checked),
     .words = check_word},
    {.key = "callback",
     .type = RULES_OBJECT,
     .offset = IN(officer, callback),
     .shape = &callback},
};
static const rules_shape officer = SHAPE(officer_fields);

static const rules_field gag_fields[] = {
    FIELD("basis", RULES_TEXT, IN(gag, basis)),
    FIELD("until", RULES_DAY, IN(gag, until)),
};
static const rules_shape gag = SHAPE(gag_fields);

static const rules_field emergency_fields[] = {
    FIELD("who", RULES_TEXT, IN(emergency, who)),
    FIELD("harm", RULES_TEXT, IN(emergency, harm)),
    FIELD("why", RULES_TEXT, IN(emergency, why)),
    FIELD("when", RULES_TEXT, IN(emergency, when)),
};
static const rules_shape emergency = SHAPE(emergency_fields);

static const rules_field document_fields[] = {
    FIELD("sha256", RULES_SHA256, IN(document, sha256)),
    FIELD("name", RULES_TEXT, IN(document, name)),
};
static const rules_shape document = SHAPE(document_fields);

static const rules_field cost_fields[] = {
    {.key = "amount",
     .type = RULES_COUNT,
     .offset = IN(cost, amount),
     .max = 1000000000000},
    {.key = "currency",
     .type = RULES_LETTERS,
     .offset = IN(cost, currency),
     .max = 3},
    FIELD("basis", RULES_TEXT, IN(cost, basis)),
};
static const rules_shape cost = SHAPE(cost_fields);

#define PART(name)                                                             \
  { .key = #name, .type = RULES_OBJECT, .offset = AT(name), .shape = &name }

static const rules_field request_fields[] = {
    {.key = "version", .type = RULES_ANY, .required = true},
    FIELD("addressee", RULES_TEXT, AT(addressee)),
    PART(authority),
    {.key = "instrument",
     .type = RULES_CODE,
     .offset = AT(instrument),
     .required = true},
    {.key = "kind",
     .type = RULES_WORD,
     .offset = AT(kind),
     .words = kind_word,
     .required = true},
    FIELD("statute", RULES_TEXT, AT(statute)),
    FIELD("case_number", RULES_TEXT, AT(case_number)),
    {.key = "pages",
     .type = RULES_OBJECTS,
     .offset = AT(pages),
     .max = DESK_PAGES_MAX,
     .shape = &page},
    FIELD("dated", RULES_DAY, AT(dated)),
    {.key = "received",
     .type = RULES_DAY,
     .offset = AT(received),
     .required = true},
    FIELD("deadline", RULES_DAY, AT(deadline)),
    FIELD("expires", RULES_DAY, AT(expires)),
    PART(period),
    PART(offence),
    {.key = "identifiers",
     .type = RULES_TEXTS,
     .offset = AT(identifiers),
     .max = DESK_IDENTIFIERS_MAX},
    {.key = "identifier_list",
     .type = RULES_OBJECT,
     .offset = AT(identifier_list),
     .shape = &list},
    {.key = "demands",
     .type = RULES_CODES,
     .offset = AT(demands),
     .max = DESK_DEMANDS_MAX,
     .known = is_demand},
    {.key = "other_demands",
     .type = RULES_TEXTS,
     .offset = AT(other_demands),
     .max = DESK_DEMANDS_MAX},
    PART(signature),
    PART(officer),
    PART(gag),
    PART(emergency),
    {.key = "language",
     .type = RULES_LETTERS,
     .offset = AT(language),
     .max = 2},
    FIELD("translated", RULES_FLAG, AT(translated)),
    {.key = "privileges",
     .type = RULES_TEXTS,
     .offset = AT(privileges),
     .max = DESK_DEMANDS_MAX},
    FIELD("replaces", RULES_TEXT, AT(replaces)),
    PART(document),
    PART(cost),
    {.key = "notes", .type = RULES_ANY},
};
static const rules_shape form = SHAPE(request_fields);

tacet_err desk_request_read(tacet_span text, desk_request *out,
                            desk_trouble *why) {
  desk_request r = {0};
  TACET_TRY(rules_read(text, DESK_REQUEST_MAX, DESK_REQUEST_VERSION, "request",
                       &form, &r, &r.json, &r.blocks, why));
  *out = r;
  return TACET_OK;
}

bool desk_gag_is_endless(const desk_request *r) {
  enum { DAYS_MAX = 3660 };
  return r->gag.until == DESK_NO_DAY ||
         (int64_t)r->gag.until - r->received > DAYS_MAX;
}

void desk_request_free(desk_request *r) {
  json_decref(r->json);
  rules_blocks_free(r->blocks);
  *r = (desk_request){0};
}

char *desk_request_text(const desk_request *r) {
  return json_dumps(r->json, JSON_COMPACT | JSON_SORT_KEYS);
}
