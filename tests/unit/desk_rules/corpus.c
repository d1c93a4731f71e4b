/* SPDX-License-Identifier: Apache-2.0
 * Demands without a fault, one for each kind of paper. */
#include "tests/unit/desk_rules/corpus.h"

#include <string.h>

static const char tables_text[] =
    "{\"version\":1,\"operator\":{\"name\":\"Example Messenger Ltd\","
    "\"addressees\":[\"example.org\"],\"address\":[\"1 Example Street\"],"
    "\"contact\":\"legal@example.org\",\"domain\":\"example.org\","
    "\"country\":\"US\",\"jurisdictions\":[\"us\",\"eu\",\"uk\",\"in\"],"
    "\"languages\":[\"en\",\"de\"],\"began\":\"2026-01-01\"}}";

void corpus_tables(desk_tables *out) {
  desk_trouble why;
  assert_ok(desk_tables_read(tacet_span_str(tables_text), out, &why));
}

#define HELD(code, words)                                                      \
  { code, true, words }
#define NOT(code, words)                                                       \
  { code, false, words }
static const desk_holding holdings[] = {
    HELD("handle", "The handle is held."),
    HELD("created", "The day is held."),
    HELD("last-seen", "The day on which it last drew tokens is held."),
    HELD("account-id", "The id is held."),
    HELD("devices", "The signed list of devices is held."),
    HELD("public-keys", "They stand in the list of devices."),
    NOT("name", "Nobody is asked for a name."),
    NOT("address", "Nobody is asked for one."),
    NOT("birth-date", "Nobody is asked for one."),
    NOT("email", "Nobody is asked for one."),
    NOT("phone", "Nobody is asked for one."),
    NOT("payment", "The service takes no money."),
    NOT("device-models", "Devices do not say what they are."),
    NOT("push-tokens", "There are none."),
    NOT("ip-history", "Addresses are not written down."),
    NOT("sessions", "Sessions are not written down."),
    NOT("contacts", "They are on the devices alone."),
    NOT("groups", "They are on the devices alone."),
    NOT("message-records", "Mailboxes have no owners, and letters no senders."),
    NOT("call-records", "There are no calls."),
    NOT("queue", "Mailboxes have no owners."),
    NOT("location", "There is none."),
    NOT("messages", "They are encrypted from device to device."),
    NOT("attachments", "They are encrypted from device to device."),
    NOT("calls", "There are no calls."),
    NOT("profile", "It is encrypted from device to device."),
    NOT("searches", "Searches are made on the device."),
    NOT("assistant", "There is none."),
    NOT("backups", "There are none."),
    NOT("keys", "Private keys are on the devices alone."),
};
const desk_holding *const corpus_holdings = holdings;
size_t corpus_holdings_count(void) {
  return sizeof(holdings) / sizeof(holdings[0]);
}

desk_day corpus_day(const char *text) {
  desk_day d;
  assert_true(desk_day_read(text, &d));
  return d;
}

/* ---- clean ones ---- */

static const char base[] =
    "{\"version\":1,\"addressee\":\"Example Messenger Ltd.\","
    "\"case_number\":\"1:26-mj-00123\",\"pages\":["
    "{\"name\":\"face\",\"case_number\":\"1:26-MJ-00123\","
    "\"identifiers\":[\"mallory@example.org\"]},"
    "{\"name\":\"Attachment A\",\"case_number\":\"1:26-mj-00123\","
    "\"identifiers\":[\"@Mallory\"]}],"
    "\"dated\":\"2026-11-02\",\"received\":\"2026-11-03\","
    "\"deadline\":\"2026-11-17\","
    "\"period\":{\"from\":\"2026-06-01\",\"to\":\"2026-10-31\"},"
    "\"offence\":{\"name\":\"fraud\",\"max_years\":10,"
    "\"from\":\"2026-06-01\"},"
    "\"identifiers\":[\"mallory@example.org\"],"
    "\"signature\":{\"kind\":\"pades\",\"checked\":\"valid\"},"
    "\"language\":\"en\","
    "\"document\":{\"sha256\":\"0123456789abcdef0123456789abcdef"
    "0123456789abcdef0123456789abcdef\",\"name\":\"paper.pdf\"}}";

/* What differs by paper: statute, country, mail, demands that it permits. */
static const struct {
  const char *instrument, *authority, *statute, *country, *mail, *demands;
} clean[] = {
    {"subpoena", "us-grand-jury", "18 U.S.C. 2703(c)(2)", "US",
     "a@agency.example.gov", "[\"created\",\"last-seen\",\"name\",\"email\"]"},
    {"order-2703d", "us-state-court", "18 U.S.C. \xc2\xa7 2703(d)", "US",
     "a@courts.state.ca.us", "[\"created\",\"message-records\"]"},
    {"search-warrant", "us-federal-court", "18 U.S.C. 2703(a); Rule 41", "US",
     "a@example.gov", "[\"created\",\"ip-history\",\"messages\",\"keys\"]"},
    {"emergency-disclosure", "us-federal-agency", "18 U.S.C. 2702(b)(8)", "US",
     "a@agency.example.gov", "[\"last-seen\",\"ip-history\"]"},
    {"preservation-2703f", "us-fbi", "18 U.S.C. 2703(f)", "US", "a@fbi.gov",
     "[\"created\",\"last-seen\",\"messages\"]"},
    {"nsl", "us-fbi", "18 U.S.C. 2709", "US", "a@ic.fbi.gov",
     "[\"name\",\"address\",\"created\"]"},
    {"fisa-content", "us-fisa-court", "50 U.S.C. 1805", "US", "a@agency.gov",
     "[\"messages\",\"created\"]"},
    {"fisa-non-content", "us-fisa-court", "50 U.S.C. 1842", "US",
     "a@agency.gov", "[\"ip-history\",\"created\"]"},
    {"civil-subpoena", "us-state-court", "Fed. R. Civ. P. 45", "US",
     "clerk@court.state.ny.us", "[\"name\",\"created\"]"},
    {"epoc", "eu-judge", "Regulation (EU) 2023/1543", "DE",
     "a@gericht.example.de", "[\"created\",\"message-records\",\"messages\"]"},
    {"epoc-emergency", "eu-validated", "Regulation (EU) 2023/1543", "FR",
     "a@justice.example.fr", "[\"last-seen\",\"ip-history\"]"},
    {"epoc-pr", "eu-prosecutor", "Regulation (EU) 2023/1543", "IT",
     "a@procura.example.it", "[\"created\",\"messages\"]"},
    {"dsa-10", "eu-authority", "Article 10, Regulation (EU) 2022/2065", "NL",
     "a@acm.example.nl", "[\"created\",\"account-id\"]"},
    {"uk-ipa-data", "uk-data-authority", "Investigatory Powers Act 2016", "GB",
     "a@kent.police.uk", "[\"created\",\"sessions\"]"},
    {"uk-production-order", "uk-judge", "Police and Criminal Evidence Act 1984",
     "GB", "a@justice.gov.uk", "[\"created\",\"call-records\"]"},
    {"in-it-rules", "in-agency", "Information Technology Rules, 2021", "IN",
     "a@agency.gov.in", "[\"created\",\"phone\"]"},
    {"mlat", "central-authority", "Treaty of 2003", "US",
     "a@centralauthority.example", "[\"created\",\"ip-history\"]"},
};

static void set_text(json_t *o, const char *name, const char *text) {
  assert_int_equal(json_object_set_new(o, name, json_string(text)), 0);
}

static void add_people(json_t *request, size_t k) {
  json_t *authority =
      json_pack("{s:s, s:s, s:s}", "code", clean[k].authority, "name",
                "The Authority of Example", "country", clean[k].country);
  json_t *officer =
      json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:s, s:s}}", "name", "A. Example",
                "mail", clean[k].mail, "phone", "+1 202 555 0100",
                "mail_checked", "valid", "callback", "by", "erin", "number",
                "switchboard, from a directory", "on", "2026-11-03");
  assert_int_equal(json_object_set_new(request, "authority", authority), 0);
  assert_int_equal(json_object_set_new(request, "officer", officer), 0);
}

static void add_facts(json_t *request) {
  json_t *facts = json_pack(
      "{s:s, s:s, s:s, s:s}", "who", "a girl of nine years, taken on Monday",
      "harm", "her kidnapper has said that he will kill her", "why",
      "he writes from this account, and was seen where it was used", "when",
      "the demand for money ends tonight at ten");
  assert_int_equal(json_object_set_new(request, "emergency", facts), 0);
}

static void add_gag(json_t *request, const desk_instrument *i) {
  json_t *gag = json_pack("{s:s, s:s}", "basis", i->gag_bases.items[0], "until",
                          "2027-05-02");
  assert_int_equal(json_object_set_new(request, "gag", gag), 0);
}

json_t *corpus_clean(const desk_tables *t, const desk_instrument *i) {
  (void)t;
  for (size_t k = 0; k < sizeof(clean) / sizeof(clean[0]); k++) {
    if (strcmp(clean[k].instrument, i->code) != 0) {
      continue;
    }
    json_t *request = json_loads(base, 0, NULL);
    json_t *demands = json_loads(clean[k].demands, 0, NULL);
    assert_non_null(request);
    assert_non_null(demands);
    set_text(request, "instrument", i->code);
    set_text(request, "kind", desk_kind_name(i->kind));
    set_text(request, "statute", clean[k].statute);
    assert_int_equal(json_object_set_new(request, "demands", demands), 0);
    add_people(request, k);
    if (i->emergency) {
      add_facts(request);
    }
    if (i->gag_bases.n > 0) {
      add_gag(request, i);
    }
    return request;
  }
  return NULL;
}

/* ---- faults ---- */

/* The member or element that a path begins with; *rest is what follows. */
static json_t *step(json_t *in, const char *path, const char **rest,
                    char name[64]) {
  size_t n = strcspn(path, ".[]");
  assert_true(n < 64);
  memcpy(name, path, n);
  name[n] = '\0';
  *rest = path + n + strspn(path + n, ".[]");
  return json_is_array(in) ? json_array_get(in, (size_t)atoi(name))
                           : json_object_get(in, name);
}

bool corpus_set(json_t *request, const char *path, const char *value) {
  char name[64];
  const char *rest;
  json_t *in = request, *next = step(in, path, &rest, name);
  while (*rest != '\0') {
    if (next == NULL) {
      return false;
    }
    in = next;
    next = step(in, rest, &rest, name);
  }
  if (value == NULL) {
    return next != NULL &&
           (json_is_array(in) ? json_array_remove(in, (size_t)atoi(name))
                              : json_object_del(in, name)) == 0;
  }
  json_t *v = json_loads(value, JSON_DECODE_ANY, NULL);
  assert_non_null(v);
  return (json_is_array(in) ? json_array_set_new(in, (size_t)atoi(name), v)
                            : json_object_set_new(in, name, v)) == 0;
}

bool corpus_try(const desk_tables *t, const json_t *request,
                const desk_earlier *earlier, size_t n_earlier,
                desk_findings *out, desk_trouble *why) {
  char *text = json_dumps(request, 0);
  assert_non_null(text);
  desk_request r;
  tacet_err e = desk_request_read(tacet_span_str(text), &r, why);
  free(text);
  if (e != TACET_OK) {
    return false;
  }
  const desk_question q = {.request = &r,
                           .tables = t,
                           .today = corpus_day(CORPUS_TODAY),
                           .holdings = holdings,
                           .n_holdings = corpus_holdings_count(),
                           .earlier = earlier,
                           .n_earlier = n_earlier};
  assert_ok(desk_evaluate(&q, out));
  desk_request_free(&r);
  return true;
}

void corpus_evaluate(const desk_tables *t, const json_t *request,
                     desk_findings *out) {
  desk_trouble why = {""};
  if (!corpus_try(t, request, NULL, 0, out, &why)) {
    fail_msg("%s", why.text);
  }
}

const desk_finding *corpus_find(const desk_findings *f, const char *code) {
  for (size_t i = 0; i < f->n; i++) {
    if (strcmp(f->items[i].rule->code, code) == 0) {
      return &f->items[i];
    }
  }
  return NULL;
}
