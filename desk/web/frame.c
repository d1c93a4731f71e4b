/* SPDX-License-Identifier: Apache-2.0
 * What is around every page: head, ways to the others, and the sheet. */
#include "desk/web/frame.h"

#include <string.h>

const char web_style[] =
    ":root{color-scheme:light dark}\n"
    "body{max-width:64rem;margin:0 auto;padding:0 1rem 3rem;"
    "font:1rem/1.5 system-ui,sans-serif}\n"
    "a.skip{position:absolute;left:-99rem}a.skip:focus{position:static}\n"
    ":focus-visible{outline:3px solid;outline-offset:2px}\n"
    "nav ul{display:flex;flex-wrap:wrap;gap:1rem;list-style:none;padding:0}\n"
    "nav a[aria-current]{font-weight:bold}\n"
    "table{border-collapse:collapse;margin:1rem 0}\n"
    "caption{text-align:left;font-weight:bold;padding:.5rem 0}\n"
    "th,td{border:1px solid #767676;padding:.25rem .6rem;text-align:left;"
    "vertical-align:top;overflow-wrap:anywhere}\n"
    ".wide{overflow-x:auto}\n"
    "dl{display:grid;grid-template-columns:minmax(8rem,max-content) 1fr;"
    "gap:.2rem 1rem;margin:.5rem 0}\n"
    "dt{font-weight:bold}dd{margin:0;overflow-wrap:anywhere}\n"
    "code,textarea{font:1rem/1.4 ui-monospace,monospace;"
    "overflow-wrap:anywhere}\n"
    "textarea{width:100%;box-sizing:border-box}\n"
    "button{font:inherit;padding:.4rem 1rem}\n"
    ".error{border-left:.4rem solid;padding-left:.8rem}\n"
    "@media(max-width:40rem){dl{display:block}}\n";

static const struct {
  const char *path, *name;
} ways[] = {{"/cases", "Cases"},
            {"/log", "Log"},
            {"/reports", "Reports"},
            {"/officers", "Officers"},
            {"/passkeys", "Passkeys"}};

void web_begin(FILE *out, const desk_officer *who, const char *path,
               const char *title) {
  html_raw(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n"
                "<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
                "content=\"width=device-width, initial-scale=1\">\n<title>");
  html_text(out, title);
  html_raw(out, " - the desk</title>\n<link rel=\"stylesheet\" "
                "href=\"/style.css\">\n</head>\n<body>\n<a class=\"skip\" "
                "href=\"#main\">Skip to the content</a>\n");
  if (who != NULL) {
    html_raw(out, "<header>\n<nav aria-label=\"Desk\">\n<ul>\n");
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
      bool here = path != NULL && strcmp(path, ways[i].path) == 0;
      (void)fprintf(out, "<li><a href=\"%s\"%s>%s</a></li>\n", ways[i].path,
                    here ? " aria-current=\"page\"" : "", ways[i].name);
    }
    html_raw(out, "</ul>\n</nav>\n<form method=\"post\" action=\"/sign-out\">"
                  "<p>Signed in as ");
    html_element(out, "b", who->name);
    (void)fprintf(out,
                  " (%s) <button>Sign out</button></p></form>\n</header>\n",
                  desk_role_name(who->role));
  }
  html_raw(out, "<main id=\"main\">\n<h1>");
  html_text(out, title);
  html_raw(out, "</h1>\n");
}

void web_end(FILE *out) {
  html_raw(out, "</main>\n</body>\n</html>\n");
}

void web_table_begin(FILE *out, const char *caption,
                     const char *const *columns) {
  html_raw(out, "<div class=\"wide\" tabindex=\"0\" role=\"region\" "
                "aria-label=\"");
  html_text(out, caption);
  html_raw(out, "\">\n<table>\n");
  html_element(out, "caption", caption);
  html_raw(out, "\n<thead><tr>");
  for (; *columns != NULL; columns++) {
    html_raw(out, "<th scope=\"col\">");
    html_text(out, *columns);
    html_raw(out, "</th>");
  }
  html_raw(out, "</tr></thead>\n<tbody>\n");
}

void web_table_end(FILE *out) {
  html_raw(out, "</tbody>\n</table>\n</div>\n");
}

void web_time(FILE *out, int64_t t) {
  char text[DESK_TIME_TEXT];
  desk_time_text(t, text);
  (void)fprintf(out, "<time datetime=\"%s\">%.10s %.8s</time>", text, text,
                strlen(text) > 11 ? text + 11 : "");
}

void web_event_begin(FILE *out, const desk_event *e) {
  html_raw(out, "<tr><th scope=\"row\">");
  if (!e->erased) {
    web_time(out, e->time);
  }
  html_raw(out, "</th><td>");
  html_text(out, *e->actor != '\0' ? e->actor : "the desk");
  (void)fprintf(out, "</td><td>%s</td><td>",
                e->signature.len > 0 ? "yes" : "no");
  html_text(out, e->erased ? "purged" : e->kind);
  html_raw(out, "</td>");
}
