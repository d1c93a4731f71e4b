/* SPDX-License-Identifier: Apache-2.0
 * The system's clocks. */
#include "client/env.h"

#include "client/transport.h"

#include <time.h>

static uint64_t read_clock(clockid_t id) {
  struct timespec t;
  if (clock_gettime(id, &t) != 0) {
    return 0;
  }
  return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static uint64_t now(void *user) {
  (void)user;
  return read_clock(CLOCK_REALTIME);
}

static uint64_t monotonic(void *user) {
  (void)user;
  return read_clock(CLOCK_MONOTONIC);
}

const client_env *client_env_system(void) {
  static const client_env env = {
      .now = now,
      .monotonic = monotonic,
      .transport = &client_transport_net,
  };
  return &env;
}
