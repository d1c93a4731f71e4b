/* SPDX-License-Identifier: Apache-2.0
 * client/env.h -- what a client takes from the world: clock, waiting, chance,
 * network. The system's is client_env_system(); tests and other platforms bring
 * their own.
 */
#ifndef TACET_CLIENT_ENV_H
#define TACET_CLIENT_ENV_H

#include "tacet/base.h"

struct client_transport_maker;

typedef struct client_env {
  void *user; /* given to each function */
  /* Milliseconds since 1970, UTC. Times that are kept; may jump. */
  uint64_t (*now)(void *user);
  /* Milliseconds of a clock that only goes forward. Deadlines of one process.
   */
  uint64_t (*monotonic)(void *user);
  /* Random bytes for what is no key: jitter and ids. NULL: tacet_random(). */
  tacet_err (*random)(void *user, uint8_t *out, size_t len);
  /* How the server is reached: client/transport.h. */
  const struct client_transport_maker *transport;
  /* For tests of crashes: called at each durable step, once before its commit
   * (done false) and once after (done true). True means "the process died
   * here": from then on nothing is stored or sent. NULL: never. */
  bool (*dies)(void *user, bool done);
  /* Passphrase hashing, made cheap by tests; 0: what is recommended. */
  uint32_t pwhash_passes, pwhash_memory;
  /* Bytes of a file of a history that follows a device; 0: 64 MiB. */
  uint64_t history_part;
} client_env;

/* The system's clocks and randomness, and the transport of net/. */
const client_env *client_env_system(void);

#endif
