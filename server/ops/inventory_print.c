/* SPDX-License-Identifier: Apache-2.0
 * The inventory, printed. */
#include "server/ops/inventory.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 79

static const char *const headings[TACETD_HELD_KINDS] = {
    [TACETD_HELD_DIRECTORY] =
        "THE DIRECTORY (directory.db): accounts and their public keys",
    [TACETD_HELD_DELIVERY] =
        "DELIVERY (delivery.db): mailboxes, of which it does not know whose "
        "they are",
    [TACETD_HELD_FILE] = "FILES in the data folder",
    [TACETD_HELD_MEMORY] = "MEMORY: known while the server runs, and written "
                           "nowhere",
    [TACETD_HELD_EVENT] = "THE LOG: events; no field holds text of a request",
    [TACETD_HELD_FIELD] = "THE LOG: fields of events",
    [TACETD_HELD_METRIC] = "METRICS",
};

/* Words of a text, wrapped under a hanging indent. */
static void print_wrapped(FILE *out, const char *label, const char *text) {
  int column = fprintf(out, "    %-9s ", label);
  const int indent = column;
  while (*text != '\0') {
    size_t len = strcspn(text, " ");
    if (column > indent && column + 1 + (int)len > WIDTH) {
      (void)fprintf(out, "\n%*s", indent, "");
      column = indent;
    } else if (column > indent) {
      (void)fputc(' ', out);
      column++;
    }
    (void)fwrite(text, 1, len, out);
    column += (int)len;
    text += len;
    text += strspn(text, " ");
  }
  (void)fputc('\n', out);
}

static void print_row(FILE *out, const tacetd_inventory_row *row) {
  (void)fprintf(out, "  %s\n", row->name);
  print_wrapped(out, "what", row->what);
  print_wrapped(out, "why", row->why);
  print_wrapped(out, "how long", row->how_long);
  print_wrapped(out, "who", row->who);
  if (row->category != TACETD_CATEGORY_NONE) {
    print_wrapped(out, "category",
                  tacetd_inventory_category_name(row->category));
  }
  if (!row->plaintext) {
    print_wrapped(out, "form", "a hash or a ciphertext, not the thing itself");
  }
  if (row->answer != NULL) {
    print_wrapped(out, "answer", row->answer);
  } else if (row->no_answer != NULL) {
    print_wrapped(out, "no answer", row->no_answer);
  }
}

void tacetd_inventory_print(FILE *out) {
  const tacetd_inventory_row *row;
  tacetd_inventory_kind last = TACETD_HELD_KINDS;
  (void)fprintf(out, "Everything that this server holds.\n");
  for (size_t i = 0; (row = tacetd_inventory_at(i)) != NULL; i++) {
    if (row->kind != last) {
      (void)fprintf(out, "\n%s\n\n", headings[row->kind]);
      last = row->kind;
    }
    print_row(out, row);
  }
}

static json_t *json_of(const tacetd_inventory_row *row) {
  return json_pack(
      "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:s?, s:s?}", "kind",
      tacetd_inventory_kind_name(row->kind), "name", row->name, "what",
      row->what, "why", row->why, "how_long", row->how_long, "who", row->who,
      "category", tacetd_inventory_category_name(row->category), "plaintext",
      (int)row->plaintext, "answer", row->answer, "no_answer", row->no_answer);
}

tacet_err tacetd_inventory_print_json(FILE *out) {
  json_t *list = json_array();
  const tacetd_inventory_row *row;
  bool ok = list != NULL;
  for (size_t i = 0; ok && (row = tacetd_inventory_at(i)) != NULL; i++) {
    ok = json_array_append_new(list, json_of(row)) == 0;
  }
  json_t *all = ok ? json_pack("{s:i, s:O}", "version", 1, "held", list) : NULL;
  json_decref(list);
  if (all == NULL) {
    return TACET_ERR_NOMEM;
  }
  int failed = json_dumpf(all, out, JSON_INDENT(1));
  json_decref(all);
  return failed != 0 || fputc('\n', out) == EOF ? TACET_ERR_IO : TACET_OK;
}
