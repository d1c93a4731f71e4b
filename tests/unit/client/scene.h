/* SPDX-License-Identifier: Apache-2.0
 * A linking with both sides in one process, for the client's tests: while the
 * new device waits, the old one has its turns.
 */
#ifndef TACET_TESTS_CLIENT_SCENE_H
#define TACET_TESTS_CLIENT_SCENE_H

#include "tests/unit/client/fleet.h"

typedef struct scene {
  world *w;
  person *old, *fresh, *bob;
  char code[64];
  uint64_t job;
  bool history;      /* is to follow */
  bool begun, again; /* the code was typed; typed anew after a crash */
  client_kind kind;  /* what typing it gave */
  client_error err;  /* or what came of it later */
} scene;

/* alice, perhaps with a conversation with bob, and a home for her phone. */
void scene_set(scene *t, world *w, bool with_bob);
/* One turn of the old device: types the code, if it was not, and syncs. */
void scene_turn(void *t);
/* tacet link on the new one. */
client_kind scene_link(scene *t);
size_t scene_devices(person *p);
/* It is one of the account's, and everybody hears everybody. */
void scene_check(scene *t, const char *tag);

#endif
