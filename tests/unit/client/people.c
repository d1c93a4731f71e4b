/* SPDX-License-Identifier: Apache-2.0
 * People for the client's tests. */
#include "tests/unit/client/people.h"

#include <ftw.h>
#include <stdio.h>
#include <unistd.h>

static uint64_t monotonic(void *user) {
  return ((person *)user)->w->s->now;
}

static uint64_t now(void *user) {
  return monotonic(user) + (uint64_t)((person *)user)->skew;
}

static bool dies(void *user, bool done) {
  person *p = user;
  p->steps += done;
  if (p->die_at == 0 || done == p->die_before) {
    return false;
  }
  return --p->die_at == 0;
}

static int remove_one(const char *path, const struct stat *st, int flag,
                      struct FTW *ftw) {
  (void)st, (void)flag, (void)ftw;
  return remove(path);
}

int world_setup(void **state) {
  world *w = calloc(1, sizeof(*w));
  strcpy(w->folder, "/dev/shm/tacet-XXXXXX"); /* memory: fsync costs nothing */
  if (mkdtemp(w->folder) == NULL) {
    strcpy(w->folder, "/tmp/tacet-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
  }
  w->s = fake_server_new();
  *state = w;
  return 0;
}

int world_teardown(void **state) {
  world *w = *state;
  for (size_t i = 0; i < w->n; i++) {
    client_free(w->people[i].c);
  }
  fake_server_free(w->s);
  (void)nftw(w->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
  free(w);
  return 0;
}

void world_renew(world *w) {
  for (size_t i = 0; i < w->n; i++) {
    client_free(w->people[i].c);
    (void)nftw(w->people[i].home, remove_one, 8, FTW_DEPTH | FTW_PHYS);
  }
  memset(w->people, 0, sizeof(w->people));
  w->n = 0;
  fake_server_free(w->s);
  w->s = fake_server_new();
}

void check_failure(person *p, client_kind got, client_kind want,
                   const char *code, const char *call, const char *file,
                   int line) {
  bool same = got == want && (code == NULL || strcmp(p->err.code, code) == 0);
  if (!same) {
    print_error("%s: %s gave %d %s: %s (wanted %d %s)\n", p->name, call, got,
                p->err.code, p->err.text, want, code == NULL ? "" : code);
    _fail(file, line);
  }
  if (got != CLIENT_OK && p->err.text[strlen(p->err.text) - 1] != '.') {
    print_error("not a sentence: %s\n", p->err.text);
    _fail(file, line);
  }
}

person *person_new(world *w, const char *name) {
  assert_true(w->n < WORLD_PEOPLE);
  person *p = &w->people[w->n++];
  p->w = w;
  (void)snprintf(p->name, sizeof(p->name), "%s", name);
  (void)snprintf(p->home, sizeof(p->home), "%s/%s", w->folder, name);
  p->maker = fake_server_maker(w->s);
  p->env = (client_env){.user = p,
                        .now = now,
                        .monotonic = monotonic,
                        .transport = &p->maker,
                        .dies = dies};
  expect_ok(p,
            client_create(p->home, TACET_SPAN_EMPTY, &p->env, &p->c, &p->err));
  return p;
}

person *person_join(world *w, const char *name) {
  person *p = person_new(w, name);
  char link[TACET_INVITE_LINK_MAX];
  CLIENT_MEM(mem);
  client_registration r;
  fake_server_invite(w->s, link);
  expect_ok(p, client_register(p->c, name, link, "laptop", &mem, &r, &p->err));
  return p;
}

void person_reopen(person *p) {
  client_free(p->c);
  p->c = NULL;
  expect_ok(p, client_open(p->home, TACET_SPAN_EMPTY, &p->env, &p->c, &p->err));
}

client_delivery try_say(person *p, const char *to, const char *text) {
  CLIENT_MEM(mem);
  const char *id;
  client_delivery d = CLIENT_QUEUED;
  client_outgoing m = {.to = to, .text = text};
  expect_ok(p, client_send(p->c, &m, &mem, &id, &p->err));
  expect_ok(p, client_flush(p->c, id, 60000, &d, &p->err));
  return d;
}

void say(person *p, const char *to, const char *text) {
  if (try_say(p, to, text) != CLIENT_SENT) {
    fail_msg("%s could not send '%s' to %s: %s", p->name, text, to,
             p->err.text);
  }
}

void accept(person *p, const char *who) {
  expect_ok(p, client_request_accept(p->c, who, &p->err));
}

void befriend(person *a, person *b) {
  say(a, b->name, "hello");
  hear(b, "hello");
  accept(b, a->name);
  say(b, a->name, "hello back");
  hear(a, "hello back");
}

/* ---- events ---- */

static char warnings[4096];

static bool next(person *p, client_mem *mem, client_event *e) {
  client_wait wait = {.timeout_ms = 0, .fd = -1};
  expect_ok(p, client_next_event(p->c, &wait, mem, e, &p->err));
  if (e->type == CLIENT_EVENT_NONE) {
    return false;
  }
  if (e->type == CLIENT_EVENT_WARNING) {
    size_t n = strlen(warnings);
    (void)snprintf(warnings + n, sizeof(warnings) - n, "%s\n",
                   e->u.warning.code);
    if (getenv("SHOW") != NULL) {
      print_message("%s: %s\n", p->name, e->u.warning.text);
    }
  }
  expect_ok(p, client_event_done(p->c, e->id, &p->err));
  return true;
}

/* Gives the server some turns: what has to be looked up and retried is. */
#define PATIENCE 40

void await(person *p, client_event_type type, client_mem *mem,
           client_event *out) {
  for (int turn = 0; turn < PATIENCE; turn++) {
    client_event e;
    while (next(p, mem, &e)) {
      if (e.type == type) {
        *out = e;
        return;
      }
    }
    p->w->s->now += 500;
  }
  fail_msg("%s waited in vain for an event of type %d", p->name, type);
}

void hear(person *p, const char *text) {
  for (int turn = 0; turn < PATIENCE; turn++) {
    CLIENT_MEM(mem);
    client_event e;
    while (next(p, &mem, &e)) {
      if (e.type == CLIENT_EVENT_MESSAGE &&
          strcmp(e.u.message.text, text) == 0) {
        return;
      }
    }
    p->w->s->now += 500;
  }
  fail_msg("%s never heard '%s'", p->name, text);
}

const char *gather(person *p) {
  static char texts[1 << 16];
  size_t n = 0;
  texts[0] = '\0';
  for (int quiet = 0; quiet < 3; quiet++) {
    CLIENT_MEM(mem);
    client_event e;
    while (next(p, &mem, &e)) {
      quiet = 0;
      if (e.type == CLIENT_EVENT_MESSAGE) {
        n += (size_t)snprintf(texts + n, sizeof(texts) - n, "%s\n",
                              e.u.message.text);
      }
    }
    p->w->s->now += 1000;
  }
  return texts;
}

size_t warned(const char *code) {
  size_t n = 0, len = strlen(code);
  for (const char *w = warnings; (w = strstr(w, code)) != NULL; w += len) {
    n++;
  }
  warnings[0] = '\0';
  return n;
}

size_t heard(const char *all, const char *text) {
  size_t n = 0, len = strlen(text);
  for (const char *at = all; (at = strstr(at, text)) != NULL; at += len) {
    n++;
  }
  return n;
}

/* ---- dying ---- */

void at_each_step(person *p, bool (*what)(void *ctx, int n), void *ctx) {
  for (int before = 0; before < 2; before++) {
    for (int n = 1;; n++) {
      assert_true(n < 200);
      p->die_before = before != 0;
      p->die_at = (size_t)n;
      bool survived = what(ctx, n + before * 1000);
      p->die_at = 0;
      if (survived) {
        break;
      }
    }
  }
}
