/* SPDX-License-Identifier: Apache-2.0
 * People for the client's tests: homes in one process, around a server in
 * memory, on a clock that waiting moves.
 */
#ifndef TACET_TESTS_CLIENT_PEOPLE_H
#define TACET_TESTS_CLIENT_PEOPLE_H

#include "tests/support/support.h"

#include "client/client.h"
#include "tests/support/fake_server.h"

typedef struct person {
  struct world *w;
  char name[32], home[96];
  client *c;
  client_env env;
  int64_t skew; /* ms by which their clock is off; the monotonic one never is */
  client_transport_maker maker;
  client_error err;
  size_t die_at; /* durable steps until death; 0: immortal */
  bool die_before;
  size_t steps; /* durable steps so far */
} person;

#define WORLD_PEOPLE 64
typedef struct world {
  fake_server *s;
  char folder[64];
  person people[WORLD_PEOPLE];
  size_t n;
} world;

int world_setup(void **state);
int world_teardown(void **state);
/* The same world again, with nobody in it. */
void world_renew(world *w);

/* A person with a home, not registered; and a registered one. */
person *person_new(world *w, const char *name);
person *person_join(world *w, const char *name);
/* Opens the home again, as another process would. */
void person_reopen(person *p);

/* Calls that must go well. */
void say(person *p, const char *to, const char *text);
client_delivery try_say(person *p, const char *to, const char *text);
void accept(person *p, const char *who);
/* Both have written to each other, and accepted. */
void befriend(person *a, person *b);

/* Takes events, marking each done, until one is a message with this text; fails
 * if none comes. *out may be NULL; what it points to lives in mem. */
void hear(person *p, const char *text);
/* The next event of a type, dropping others on the way. */
void await(person *p, client_event_type type, client_mem *mem,
           client_event *out);
/* Everything that has come, marked done; the texts of messages, by newlines, in
 * order, in a static buffer. */
const char *gather(person *p);
/* How often a text stands in those. */
size_t heard(const char *all, const char *text);
/* Number of warnings with this code that gather() met since the last call. */
size_t warned(const char *code);

/* Runs what(ctx, n) with p dying at its n-th durable step, for n = 1, 2, ...,
 * first after the step and then before it; it gives true if p survived. */
void at_each_step(person *p, bool (*what)(void *ctx, int n), void *ctx);

/* The last call failed so. */
#define expect_failure(p, call, want_kind, want_code)                          \
  check_failure((p), (call), (want_kind), (want_code), #call, __FILE__,        \
                __LINE__)
void check_failure(person *p, client_kind got, client_kind want,
                   const char *code, const char *call, const char *file,
                   int line);
#define expect_ok(p, call)                                                     \
  check_failure((p), (call), CLIENT_OK, NULL, #call, __FILE__, __LINE__)

#endif
