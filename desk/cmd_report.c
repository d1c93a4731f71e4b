/* SPDX-License-Identifier: Apache-2.0
 * tacet-desk report, publish, page: what the public is told. */
#include "desk/reporting.h"

#include "server/ops/holdings.h"
#include "server/ops/inventory.h"
#include "tacet/codec.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* A period that is none is a slip of whoever typed it. */
static int end(tacet_err e, const desk_trouble *why) {
  int code = desk_end(e, why);
  return e == TACET_ERR_ARGUMENT ? DESK_EXIT_USAGE : code;
}

/* ---- report ---- */

int desk_cmd_report(const desk_args *a) {
  int code;
  desk_asked asked;
  desk_trouble why = {""};
  desk_report r = {0};
  if (!desk_asked_read(a, &asked)) {
    return DESK_EXIT_USAGE;
  }
  desk_store *s = desk_open(a, &code);
  if (s == NULL) {
    return code;
  }
  tacet_err e = desk_report_asked(a, s, &asked, &why, &r);
  if (e == TACET_OK) {
    e = desk_report_put(a, r.json, asked.format, &why);
  }
  desk_report_free(&r);
  desk_store_close(s);
  return end(e, &why);
}

/* ---- publish ---- */

typedef struct collecting {
  desk_published published;
  const char *sha256;
  uint64_t same; /* the event that published these very bytes, or 0 */
} collecting;

static tacet_err collect(void *user, const desk_event *e) {
  collecting *x = user;
  json_t *body = json_loadb((const char *)e->body.p, e->body.len,
                            JSON_REJECT_DUPLICATES, NULL);
  const char *hash = json_string_value(json_object_get(body, "sha256"));
  if (hash != NULL && strcmp(hash, x->sha256) == 0) {
    x->same = e->number;
  }
  tacet_err err = desk_published_add(&x->published, e->number, body);
  json_decref(body);
  return err;
}

/* Everything that was ever published, with this. */
static tacet_err check_bands(desk_store *s, const desk_report *r,
                             const char *sha256, desk_trouble *why) {
  collecting x = {.sha256 = sha256};
  const desk_filter f = {.kind = DESK_REPORT_EVENT};
  desk_leak leak = {""};
  tacet_err e = desk_events_each(s, &f, collect, &x, why);
  if (e == TACET_ERR_ENCODING) {
    desk_trouble_set(why, "a report in the log cannot be read, so it is not "
                          "known what is published; `tacet-desk log verify` "
                          "says where");
  } else if (e == TACET_OK && x.same != 0) {
    desk_trouble_set(why,
                     "this very report is published already, as report "
                     "%" PRIu64,
                     x.same);
    e = TACET_ERR_EXISTS;
  } else if (e == TACET_OK) {
    e = desk_published_check(&x.published, r, &leak);
  }
  desk_published_free(&x.published);
  if (e == TACET_ERR_POLICY) {
    desk_say("%s", leak.text);
    desk_trouble_set(why, "nothing was published: these numbers must not "
                          "stand beside those that are");
  }
  return e;
}

static tacet_err append(desk_store *s, const desk_who *who,
                        const desk_report *r, const char *sha256,
                        desk_trouble *why, uint64_t *number) {
  json_t *body = desk_published_body(r, desk_store_today(s), sha256);
  const desk_act act = {who->actor, DESK_REPORT_EVENT, "", body, who->signs};
  tacet_err e =
      body == NULL ? TACET_ERR_NOMEM : desk_append(s, &act, 1, why, number);
  json_decref(body);
  return e;
}

/* What could go wrong with giving it out goes wrong before it is published. */
static tacet_err render(const desk_args *a, const desk_report *r,
                        const desk_asked *asked, desk_trouble *why, char **text,
                        size_t *len) {
  const char *out = desk_arg(a, DESK_O_OUT);
  if (out != NULL && strcmp(out, "-") != 0 && access(out, F_OK) == 0) {
    desk_trouble_set(why, "%.300s is there already; nothing was published",
                     out);
    return TACET_ERR_EXISTS;
  }
  return desk_report_text(a, r->json, asked->format, why, text, len);
}

static tacet_err give_out(const desk_args *a, uint64_t number,
                          const char *sha256, tacet_span text,
                          desk_trouble *why) {
  const char *out = desk_arg(a, DESK_O_OUT);
  (void)fprintf(stderr, "published as report %" PRIu64 ", sha256 %s\n", number,
                sha256);
  if (desk_file_write(out != NULL ? out : "-", text, why) != TACET_OK) {
    char cause[sizeof(why->text)];
    memcpy(cause, why->text, sizeof(cause));
    desk_trouble_set(why,
                     "%.300s; it is published: `tacet-desk published show "
                     "%" PRIu64 "` has it",
                     cause, number);
    return TACET_ERR_IO;
  }
  return TACET_OK;
}

static tacet_err publish(const desk_args *a, desk_store *s, const desk_who *who,
                         const desk_asked *asked, desk_trouble *why) {
  char sha256[DESK_SHA256_TEXT], *text = NULL;
  size_t len = 0;
  uint64_t number = 0;
  desk_report r = {0};
  tacet_err e = desk_report_asked(a, s, asked, why, &r);
  if (e == TACET_OK) {
    e = render(a, &r, asked, why, &text, &len);
  }
  if (e == TACET_OK) {
    e = desk_report_hash(r.json, sha256);
  }
  if (e == TACET_OK) {
    e = check_bands(s, &r, sha256, why);
  }
  if (e == TACET_OK) {
    e = append(s, who, &r, sha256, why, &number);
  }
  if (e == TACET_OK) {
    e = give_out(a, number, sha256, tacet_span_of(text, len), why);
  }
  free(text);
  desk_report_free(&r);
  return e;
}

/* Two at once would each be checked without the other. */
static int lock_folder(desk_store *s, desk_trouble *why) {
  int fd = open(desk_store_folder(s), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  while (fd >= 0 && flock(fd, LOCK_EX) != 0) {
    if (errno != EINTR) {
      (void)close(fd);
      fd = -1;
    }
  }
  if (fd < 0) {
    desk_trouble_set(why, "the desk's folder cannot be locked: %s",
                     strerror(errno));
  }
  return fd;
}

static bool may_publish(const desk_who *who) {
  return who->signs == NULL || desk_role_works(who->officer.role) ||
         who->officer.role == DESK_ADMINISTRATOR;
}

int desk_cmd_publish(const desk_args *a) {
  int code;
  DESK_WHO(who);
  desk_asked asked;
  desk_trouble why = {""};
  if (!desk_asked_read(a, &asked)) {
    return DESK_EXIT_USAGE;
  }
  desk_store *s = desk_open(a, &code);
  if (s == NULL || !desk_who_of(a, s, DESK_O_KEY, false, &who, &code)) {
    desk_store_close(s);
    return code;
  }
  tacet_err e = TACET_ERR_POLICY;
  if (!may_publish(&who)) {
    desk_trouble_set(&why, "an auditor reads and publishes nothing");
  } else {
    int lock = lock_folder(s, &why);
    e = lock < 0 ? TACET_ERR_IO : publish(a, s, &who, &asked, &why);
    if (lock >= 0) {
      (void)close(lock);
    }
  }
  desk_store_close(s);
  return end(e, &why);
}

/* ---- page ---- */

int desk_cmd_page(const desk_args *a) {
  int code;
  desk_format format;
  char domain[256];
  desk_trouble why = {""};
  tacet_span page;
  TACET_BUF(w, TACETD_HOLDINGS_MAX);
  if (!desk_format_asked(a, &format) ||
      (format != DESK_TEXT && format != DESK_HTML)) {
    desk_say("the page is --format text or html");
    return DESK_EXIT_USAGE;
  }
  desk_store *s = desk_open(a, &code);
  if (s == NULL) {
    return code;
  }
  tacet_err e = desk_domain(s, &why, domain, sizeof(domain));
  if (e == TACET_OK) {
    tacetd_holdings_write(
        &w, format == DESK_HTML ? TACETD_HOLDINGS_HTML : TACETD_HOLDINGS_TEXT,
        domain, tacetd_inventory_at);
    e = tacet_buf_done(&w, &page);
  }
  if (e == TACET_OK) {
    const char *out = desk_arg(a, DESK_O_OUT);
    e = desk_file_write(out != NULL ? out : "-", page, &why);
  }
  desk_store_close(s);
  return desk_end(e, &why);
}
