/* SPDX-License-Identifier: Apache-2.0
 * The tables of Implementing Regulation (EU) 2024/2835, Annex I: part 1 (what
 * the report is) and part 3 (orders of Member States, Articles 9 and 10 of
 * Regulation (EU) 2022/2065), in the template's columns, lines and order.
 *
 * A desk knows demands for data, which Article 10 calls orders to provide
 * information. They do not say which illegal content they are about, and so are
 * told in the categories TOTAL and "not specified". */
#include "desk/report/build.h"

#include <stdio.h>

enum { COLUMNS = 20, SCOPE = 5, ORDERS = 10, NOTE_ACT = 13, NOTE_ORDERS = 17 };

#define S "STATEMENT_CATEGORY_"
#define K "KEYWORD_"
static const char *const categories[] = {
    "TOTAL",
    S "ANIMAL_WELFARE",
    K "ANIMAL_HARM",
    K "UNLAWFUL_SALE_ANIMALS",
    K "OTHER",
    S "CONSUMER_INFORMATION",
    K "HIDDEN_ADVERTISEMENT",
    K "INSUFFICIENT_INFORMATION_ON_TRADERS",
    K "MISLEADING_INFO_GOODS_SERVICES",
    K "MISLEADING_INFO_CONSUMER_RIGHTS",
    K "NONCOMPLIANCE_PRICING",
    K "OTHER",
    S "CYBER_VIOLENCE",
    K "CYBER_BULLYING_INTIMIDATION",
    K "CYBER_HARASSMENT",
    K "CYBER_INCITEMENT",
    K "CYBER_STALKING",
    K "NON_CONSENSUAL_IMAGE_SHARING",
    K "NON_CONSENSUAL_MATERIAL_DEEPFAKE",
    K "OTHER",
    S "CYBER_VIOLENCE_AGAINST_WOMEN",
    K "BULLYING_AGAINST_GIRLS",
    K "CYBER_HARASSMENT_AGAINST_WOMEN",
    K "CYBER_STALKING_AGAINST_WOMEN",
    K "FEMALE_GENDERED_DISINFORMATION",
    K "INCITEMENT_AGAINST_WOMEN",
    K "NON_CONSENSUAL_IMAGE_SHARING_AGAINST_WOMEN",
    K "NON_CONSENSUAL_MATERIAL_DEEPFAKE_AGAINST_WOMEN",
    K "OTHER",
    S "DATA_PROTECTION_AND_PRIVACY_VIOLATIONS",
    K "BIOMETRIC_DATA_BREACH",
    K "DATA_FALSIFICATION",
    K "MISSING_PROCESSING_GROUND",
    K "RIGHT_TO_BE_FORGOTTEN",
    K "OTHER",
    S "ILLEGAL_OR_HARMFUL_SPEECH",
    K "DEFAMATION",
    K "DISCRIMINATION",
    K "HATE_SPEECH",
    K "OTHER",
    S "INTELLECTUAL_PROPERTY_INFRINGEMENTS",
    K "COPYRIGHT_INFRINGEMENT",
    K "DESIGN_INFRINGEMENT",
    K "GEOGRAPHIC_INDICATIONS_INFRINGEMENT",
    K "PATENT_INFRINGEMENT",
    K "TRADE_SECRET_INFRINGEMENT",
    K "TRADEMARK_INFRINGEMENT",
    K "OTHER",
    S "NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS",
    K "MISINFORMATION_DISINFORMATION",
    K "VIOLATION_EU_LAW",
    K "VIOLATION_NATIONAL_LAW",
    K "OTHER",
    S "PROTECTION_OF_MINORS",
    K "AGE_SPECIFIC_RESTRICTIONS_MINORS",
    K "CHILD_SEXUAL_ABUSE_MATERIAL",
    K "CHILD_SEXUAL_ABUSE_MATERIAL_DEEPFAKE", /* of TOTAL alone */
    K "GROOMING_SEXUAL_ENTICEMENT_MINORS",
    K "UNSAFE_CHALLENGES",
    K "OTHER",
    S "RISK_FOR_PUBLIC_SECURITY",
    K "ILLEGAL_ORGANIZATIONS",
    K "RISK_ENVIRONMENTAL_DAMAGE",
    K "RISK_PUBLIC_HEALTH",
    K "TERRORIST_CONTENT",
    K "OTHER",
    S "SCAMS_AND_FRAUD",
    K "IMPERSONATION_ACCOUNT_HIJACKING",
    K "INAUTHENTIC_ACCOUNTS",
    K "INAUTHENTIC_LISTINGS",
    K "INAUTHENTIC_USER_REVIEWS",
    K "PHISHING",
    K "PYRAMID_SCHEMES",
    K "OTHER",
    S "SELF_HARM",
    K "CONTENT_PROMOTING_EATING_DISORDERS",
    K "SELF_MUTILATION",
    K "SUICIDE",
    K "OTHER",
    S "UNSAFE_AND_PROHIBITED_PRODUCTS",
    K "PROHIBITED_PRODUCTS",
    K "UNSAFE_PRODUCTS",
    K "OTHER",
    S "VIOLENCE",
    K "COORDINATED_HARM",
    K "INCITEMENT_VIOLENCE_HATRED",
    K "HUMAN_EXPLOITATION",
    K "HUMAN_TRAFFICKING",
    K "TRAFFICKING_WOMEN_GIRLS",
    K "OTHER",
    S "NOT_SPECIFIED_ORDER",
};
#define N_CATEGORIES (sizeof(categories) / sizeof(categories[0]))
#define NOT_SPECIFIED (N_CATEGORIES - 1)

#define ACT "rder to act against illegal content"
#define PROVIDE "rder to provide information"
#define INFORM "edian time to inform the authority of the receipt of the o"
#define EFFECT "edian time to give effect to the o"
#define ITEMS                                                                  \
  "umber of specific items of information included in the total number of "    \
  "orders to act against illegal content"
#define CONTEXT "Contextual information on "
static const char *const columns[] = {
    "Applicability",
    "Service",
    "Reporting period",
    "Category of illegal content",
    "Description of the sub-category \"Other\"",
    "Scope",
    "Number of orders to act against illegal content received",
    "N" ITEMS,
    "M" INFORM ACT,
    "M" EFFECT ACT,
    "Number of orders to provide information",
    "M" INFORM PROVIDE,
    "M" EFFECT PROVIDE,
    CONTEXT "number of orders to act against illegal content received",
    CONTEXT "n" ITEMS,
    CONTEXT "M" INFORM ACT,
    CONTEXT "M" EFFECT ACT,
    CONTEXT "Number of orders to provide information",
    CONTEXT "M" INFORM PROVIDE,
    CONTEXT "M" EFFECT PROVIDE,
    NULL};

/* ---- what is counted ---- */

static const char *const *member(const char *country) {
  const char *const *m = country_members;
  while (*m != NULL && strcmp(*m, country) != 0) {
    m++;
  }
  return *m == NULL ? NULL : m;
}

static bool takes_union(const desk_count *c, const void *user) {
  (void)user;
  return member(c->country) != NULL;
}

static bool takes_country(const desk_count *c, const void *user) {
  return strcmp(c->country, user) == 0;
}

static tally count(build *b, bool (*takes)(const desk_count *, const void *),
                   const void *user) {
  tally t = {0};
  tally_filter f = {.from = b->in->from,
                    .to = b->in->to,
                    .kinds = KINDS_OTHERS,
                    .takes = takes,
                    .user = user};
  tacet_err err = tally_count(b->in, &f, &t);
  b->err = b->err == TACET_OK ? err : b->err;
  return t;
}

/* ---- the lines ---- */

static void line(build *b, json_t *rows, size_t category, const char *scope,
                 uint64_t orders) {
  static const char act[] = "Orders to act against content are not in this "
                            "table: it is made from demands for data.";
  static const char note[] = "Demands for data of authorities of Member "
                             "States; times are not recorded.";
  char period[2 * DESK_DAY_TEXT];
  json_t *cells[COLUMNS];
  bool told = category == 0 || category == NOT_SPECIFIED;
  desk_day_text(b->in->from, period);
  period[DESK_DAY_TEXT - 1] = '/';
  desk_day_text(b->in->to, period + DESK_DAY_TEXT);
  for (size_t i = 0; i < COLUMNS; i++) {
    cells[i] = i == NOTE_ACT && category == 0 ? json_string(act)
               : i == NOTE_ORDERS && told     ? json_string(note)
               : i == ORDERS                  ? cell_number(orders)
               : i == 0                       ? json_string("All")
               : i == 1                       ? json_string(b->in->provider)
               : i == 2                       ? json_string(period)
               : i == 3     ? json_string(categories[category])
               : i == SCOPE ? json_string(scope)
                            : json_null();
  }
  build_row(b, rows, COLUMNS, cells);
}

/* "AT, BE, SE": those who gave no orders, in one line as the template has it.
 */
static void line_of_rest(build *b, json_t *rows, size_t category,
                         const uint64_t *orders) {
  char scope[256] = "";
  size_t len = 0;
  for (size_t m = 0; country_members[m] != NULL; m++) {
    if (orders == NULL || orders[m] == 0) {
      len += (size_t)snprintf(scope + len, sizeof(scope) - len, "%s%s",
                              len == 0 ? "" : ", ", country_members[m]);
    }
  }
  if (len > 0) {
    line(b, rows, category, scope, 0);
  }
}

static void part_3(build *b) {
  json_t *rows = build_table(b, "part_3_member_states_orders",
                             "Part 3: orders of Member States", 0, columns);
  tally all = count(b, takes_union, NULL);
  uint64_t orders[32] = {0};
  for (size_t m = 0; country_members[m] != NULL; m++) {
    orders[m] = count(b, takes_country, country_members[m]).requests;
  }
  for (size_t i = 0; i < N_CATEGORIES; i++) {
    line(b, rows, i, "TOTAL", i == 0 || i == NOT_SPECIFIED ? all.requests : 0);
  }
  for (size_t i = 0; i < N_CATEGORIES; i++) {
    bool told = i == 0 || i == NOT_SPECIFIED;
    if (strcmp(categories[i], K "CHILD_SEXUAL_ABUSE_MATERIAL_DEEPFAKE") == 0) {
      continue;
    }
    line_of_rest(b, rows, i, told ? orders : NULL);
    for (size_t m = 0; told && country_members[m] != NULL; m++) {
      if (orders[m] > 0) {
        line(b, rows, i, country_members[m], orders[m]);
      }
    }
  }
  build_state_others(b, &all);
}

static void part_1(build *b) {
  static const char *const heads[] = {"Applicability", "Service", "Indicator",
                                      "Value", NULL};
  char days[4][DESK_DAY_TEXT] = {"", "", "", ""};
  desk_day_text(b->in->today, days[0]);
  if (b->in->previous != DESK_NO_DAY) {
    desk_day_text(b->in->previous, days[1]);
  }
  desk_day_text(b->in->from, days[2]);
  desk_day_text(b->in->to, days[3]);
  const char *const lines[][2] = {
      {"Name of the service provider", b->in->provider},
      {"Date of the publication of the report", days[0]},
      {"Date of the publication of the latest previous report", days[1]},
      {"Starting date of reporting period", days[2]},
      {"Ending date of reporting period", days[3]}};
  json_t *rows =
      build_table(b, "part_1_summary", "Part 1: the report", 0, heads);
  for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
    BUILD_ROW(b, rows, json_string("All"), json_string(b->in->provider),
              json_string(lines[i][0]), json_string(lines[i][1]));
  }
}

void form_dsa(build *b) {
  char from[DAY_WORDS], to[DAY_WORDS];
  day_words(b->in->from, from);
  day_words(b->in->to, to);
  (void)json_object_set_new(
      b->json, "title",
      json_string("Orders of Member States of the European Union"));
  build_say(b, b->summary,
            "Orders of Member States from %s to %s, in the tables 1 and 3 of "
            "Implementing Regulation (EU) 2024/2835.",
            from, to);
  part_1(b);
  part_3(b);
  build_say(b, b->rules,
            "National-security demands are in none of these numbers.");
}
