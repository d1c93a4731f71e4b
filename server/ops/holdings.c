/* SPDX-License-Identifier: Apache-2.0
 * The page "what this server can hand over". */
#include "server/ops/holdings.h"

#include <strings.h>

enum { WIDTH = 79, INDENT = 4, CELLS_MAX = 5 };

typedef struct page {
  tacet_buf *w;
  bool html;
  const tacetd_inventory_row *(*at)(size_t i);
} page;

/* ---- writing ---- */

static void raw(page *p, const char *text) {
  tacet_write_bytes(p->w, tacet_span_str(text));
}

static void text(page *p, const char *s) {
  for (; p->html && *s != '\0'; s++) {
    const char *entity = *s == '<'   ? "&lt;"
                         : *s == '>' ? "&gt;"
                         : *s == '&' ? "&amp;"
                         : *s == '"' ? "&quot;"
                                     : NULL;
    tacet_write_bytes(p->w, entity != NULL ? tacet_span_str(entity)
                                           : tacet_span_of(s, 1));
  }
  raw(p, s);
}

static void spaces(page *p, size_t n) {
  for (; n > 0; n--) {
    raw(p, " ");
  }
}

/* Words under a hanging indent, after `column` columns of the line. */
static void wrapped(page *p, const char *s, size_t indent, size_t column) {
  bool start = true;
  while (*s != '\0') {
    size_t len = strcspn(s, " ");
    if (!start && column + 1 + len > WIDTH) {
      raw(p, "\n");
      spaces(p, indent);
      column = indent;
      start = true;
    }
    if (!start) {
      raw(p, " ");
      column++;
    }
    tacet_write_bytes(p->w, tacet_span_of(s, len));
    column += len;
    start = false;
    s += len;
    s += strspn(s, " ");
  }
  raw(p, "\n");
}

static void paragraph(page *p, const char *s) {
  if (p->html) {
    raw(p, "<p>");
    text(p, s);
    raw(p, "</p>\n");
  } else {
    wrapped(p, s, 0, 0);
    raw(p, "\n");
  }
}

static void heading(page *p, const char *s) {
  raw(p, p->html ? "<h2>" : "\n");
  text(p, s);
  raw(p, p->html ? "</h2>\n" : "\n\n");
}

/* ---- tables: in text, a list under each row's first cell ---- */

static void table_begin(page *p, const char *caption, const char *const *heads,
                        size_t n) {
  if (!p->html) {
    return;
  }
  raw(p, "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"");
  text(p, caption);
  raw(p, "\"><table>\n<caption>");
  text(p, caption);
  raw(p, "</caption>\n<thead><tr>");
  for (size_t i = 0; i < n; i++) {
    raw(p, "<th scope=\"col\">");
    text(p, heads[i]);
    raw(p, "</th>");
  }
  raw(p, "</tr></thead>\n<tbody>\n");
}

static void table_row(page *p, const char *const *heads,
                      const char *const *cells, size_t n) {
  raw(p, p->html ? "<tr><th scope=\"row\">" : "  ");
  if (p->html) {
    text(p, cells[0]);
    raw(p, "</th>");
  } else {
    wrapped(p, cells[0], 2, 2);
  }
  for (size_t i = 1; i < n; i++) {
    if (p->html) {
      raw(p, "<td>");
      text(p, cells[i]);
      raw(p, "</td>");
    } else if (cells[i][0] != '\0') {
      spaces(p, INDENT);
      text(p, heads[i]);
      raw(p, ": ");
      wrapped(p, cells[i], 2 * INDENT, INDENT + strlen(heads[i]) + 2);
    }
  }
  raw(p, p->html ? "</tr>\n" : "");
}

static void table_end(page *p) {
  raw(p, p->html ? "</tbody>\n</table></div>\n" : "");
}

/* ---- what there is ---- */

static const char *const categories[TACETD_CATEGORIES] = {
    "of no user", "subscriber data", "data that identify", "traffic data",
    "content"};

/* Files and memory are no columns, and the inventory says of columns alone why
 * no answer has them. */
static const char *why_not(const tacetd_inventory_row *row) {
  if (row->no_answer != NULL) {
    return row->no_answer;
  }
  if (row->kind == TACETD_HELD_MEMORY) {
    return "it is in memory while it is used and is written nowhere";
  }
  if (!row->plaintext) {
    return "a hash or a ciphertext, and nothing says whose it is";
  }
  return row->kind == TACETD_HELD_FILE ? "what is in it is listed apart" : "";
}

static void answers(page *p) {
  static const char *const heads[] = {"What", "Name in an answer", "Kind",
                                      "How long", "Who can read it"};
  const tacetd_inventory_row *row;
  heading(p, "What can be handed over about an account");
  paragraph(p, "A demand names an account by its handle. If the law allows the "
               "kind of data that it asks for, these can be handed over, and "
               "nothing else.");
  table_begin(p, "What can be handed over", heads, 5);
  for (size_t i = 0; (row = p->at(i)) != NULL; i++) {
    const char *const cells[] = {row->what, row->answer,
                                 categories[row->category], row->how_long,
                                 row->who};
    if (row->answer != NULL) {
      table_row(p, heads, cells, 5);
    }
  }
  table_end(p);
}

static void unanswered(page *p) {
  static const char *const heads[] = {"What", "Why no answer has it", "Kind",
                                      "How long", "Who can read it"};
  const tacetd_inventory_row *row;
  heading(p, "What is held and cannot be handed over");
  paragraph(p, "The server needs this to carry messages. No answer has it, for "
               "the reason beside it.");
  table_begin(p, "Held, and in no answer", heads, 5);
  for (size_t i = 0; (row = p->at(i)) != NULL; i++) {
    const char *const cells[] = {row->what, why_not(row),
                                 categories[row->category], row->how_long,
                                 row->who};
    if (row->answer == NULL && row->category != TACETD_CATEGORY_NONE) {
      table_row(p, heads, cells, 5);
    }
  }
  table_end(p);
}

static void own(page *p) {
  static const char *const heads[] = {"Name", "What", "How long"};
  const tacetd_inventory_row *row;
  heading(p, "What the server holds of its own");
  paragraph(p, "Keys, settings, counters and marks that are about no user. "
               "They are listed so that the list is whole.");
  table_begin(p, "The server's own", heads, 3);
  for (size_t i = 0; (row = p->at(i)) != NULL; i++) {
    const char *const cells[] = {row->name, row->what, row->how_long};
    if (row->answer == NULL && row->category == TACETD_CATEGORY_NONE) {
      table_row(p, heads, cells, 3);
    }
  }
  table_end(p);
}

/* ---- what does not exist ---- */

enum { SIGNS_MAX = 8 };
static const struct {
  const char *what, *why;
  /* Parts of names that a column of such data would have. */
  const char *signs[SIGNS_MAX];
} absent[] = {
    {"Names of people",
     "an account has a handle that its owner chose; the server asks for "
     "nothing else",
     {"surname", "full_name", "real_name", "first_name", "birth"}},
    {"Postal addresses",
     "nobody is asked for one",
     {"street", "postal", "city", "address"}},
    {"Telephone numbers and mail addresses",
     "nobody is asked for one",
     {"phone", "email", "e_mail", "msisdn", "imsi"}},
    {"Payments, cards, bank accounts",
     "the service takes no payments",
     {"payment", "card", "iban", "bank", "billing", "invoice"}},
    {"A history of IP addresses, or of connections",
     "the server knows addresses of connections while they are open, in "
     "memory, and writes none of them down",
     {"ip_addr", "address", "ipv4", "ipv6", "session", "login", "agent"}},
    {"Contacts, and who writes to whom",
     "address books stay on devices; mailboxes are of nobody in particular "
     "and no sender is named",
     {"contact", "friend", "sender", "recipient", "peer"}},
    {"Members and names of groups",
     "groups exist on the devices of their members alone",
     {"group", "member", "room"}},
    {"What messages say, in the past or from now on",
     "messages are encrypted between devices; the server has no key, and no "
     "program code that could use one",
     {"plaintext", "message_text", "subject"}},
    {"Pictures, recordings, files in the clear",
     "they are encrypted by the sender like messages",
     {"picture", "media"}},
    {"Locations",
     "devices send none to the server",
     {"location", "latitude", "longitude", "geo", "place"}},
    {"Searches",
     "there is nothing on the server to search",
     {"search", "query"}},
    {"Requests to an assistant",
     "there is no assistant on the server",
     {"assistant", "prompt", "utterance"}},
    {"Passwords, keys to messages, recovery words",
     "they are made on devices and never leave them",
     {"password", "private_key", "recovery_words"}},
    {"Names and models of devices",
     "a device is a random number and public keys",
     {"model", "device_name", "imei", "serial"}},
};

static bool has(const char *name, const char *sign) {
  size_t len = strlen(sign);
  for (; *name != '\0'; name++) {
    if (strncasecmp(name, sign, len) == 0) {
      return true;
    }
  }
  return false;
}

static bool is_held(const page *p, const char *const *signs) {
  const tacetd_inventory_row *row;
  for (size_t i = 0; (row = p->at(i)) != NULL; i++) {
    bool stored = row->kind == TACETD_HELD_DIRECTORY ||
                  row->kind == TACETD_HELD_DELIVERY ||
                  row->kind == TACETD_HELD_FILE;
    for (size_t s = 0; stored && s < SIGNS_MAX && signs[s] != NULL; s++) {
      if (has(row->name, signs[s])) {
        return true;
      }
    }
  }
  return false;
}

static void nothing(page *p) {
  static const char *const heads[] = {"What", "Why"};
  heading(p, "What does not exist here");
  paragraph(p, "A demand for any of these is answered with these words. It "
               "cannot be produced by order either: it was never stored.");
  table_begin(p, "Does not exist", heads, 2);
  for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
    const char *const cells[] = {absent[i].what, absent[i].why};
    if (!is_held(p, absent[i].signs)) {
      table_row(p, heads, cells, 2);
    }
  }
  table_end(p);
}

/* ---- the page ---- */

static const char top[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<title>What this server can hand over</title>\n"
    "<style>body{font:1em/1.5 sans-serif;max-width:64em;margin:2em auto;"
    "padding:0 1em;color:#111;background:#fff}"
    "table{border-collapse:collapse;margin:1em 0}"
    "caption{text-align:left;font-weight:bold;padding:.5em 0}"
    "th,td{border:1px solid #767676;padding:.3em .6em;text-align:left;"
    "vertical-align:top}.wide{overflow-x:auto}"
    "@media(prefers-color-scheme:dark){body{color:#eee;background:#111}}"
    "</style>\n</head>\n<body>\n<main>\n"
    "<h1>What this server can hand over</h1>\n";

void tacetd_holdings_write(tacet_buf *w, tacetd_holdings_format format,
                           const char *domain,
                           const tacetd_inventory_row *(*at)(size_t i)) {
  page p = {w, format == TACETD_HOLDINGS_HTML, at};
  raw(&p, p.html ? top
                 : "What this server can hand over\n"
                   "==============================\n\n");
  raw(&p, p.html ? "<p>The server of " : "The server of ");
  text(&p, domain);
  raw(&p, p.html ? ".</p>\n" : ".\n\n");
  paragraph(&p,
            "This page is made by the program itself, from the list of "
            "everything that it stores. The program compares that list with "
            "its databases whenever it starts, and does not start if they hold "
            "anything else.");
  paragraph(&p, "How many demands there were is told in reports, in the forms "
                "that the law allows. That this page or a report is or is not "
                "there is not a sign of anything.");
  answers(&p);
  nothing(&p);
  unanswered(&p);
  own(&p);
  raw(&p, p.html ? "</main>\n</body>\n</html>\n" : "");
}
