/* SPDX-License-Identifier: Apache-2.0
 * Homes: looked at, made, opened, closed. */
#include "client/client.h"

#include "client/core.h"
#include "client/link.h"

static void cleanup(client **c) {
  client_free(*c);
}

static tacet_err attach(client *c, const char *home) {
  TACET_TRY(client_lock_open(home, &c->detail, &c->lock));
  return client_self_load(c);
}

static tacet_err client_new(const client_env *env, client **out) {
  client *c = tacet_alloc(sizeof(*c));
  if (c == NULL) {
    return TACET_ERR_NOMEM;
  }
  c->env = env != NULL ? env : client_env_system();
  c->lock = CLIENT_LOCK_NONE;
  *out = c;
  return TACET_OK;
}

static tacet_err create(client *c, const char *home, tacet_span passphrase) {
  TACET_TRY(
      client_store_create(home, passphrase, c->env, &c->detail, &c->store));
  return attach(c, home);
}

static tacet_err open_home(client *c, const char *home, tacet_span passphrase) {
  TACET_TRY(client_store_open(home, passphrase, c->env, &c->detail, &c->store));
  return attach(c, home);
}

/* For failures before there is a client to hold their detail. */
static client_kind fail_early(tacet_err e, client_error *err) {
  client_error none = {.kind = CLIENT_OK};
  return client_report(&none, e, err);
}

client_kind client_create(const char *home, tacet_span passphrase,
                          const struct client_env *env, client **out,
                          client_error *err) {
  TACET_CLEANUP(cleanup) client *c = NULL;
  tacet_err e = client_new(env, &c);
  if (e != TACET_OK) {
    return fail_early(e, err);
  }
  client_kind kind =
      client_report(&c->detail, create(c, home, passphrase), err);
  if (kind == CLIENT_OK) {
    *out = c;
    c = NULL;
  }
  return kind;
}

client_kind client_open(const char *home, tacet_span passphrase,
                        const struct client_env *env, client **out,
                        client_error *err) {
  TACET_CLEANUP(cleanup) client *c = NULL;
  tacet_err e = client_new(env, &c);
  if (e != TACET_OK) {
    return fail_early(e, err);
  }
  client_kind kind =
      client_report(&c->detail, open_home(c, home, passphrase), err);
  if (kind == CLIENT_OK) {
    *out = c;
    c = NULL;
  }
  return kind;
}

client_kind client_home_probe(const char *home, client_home_state *state,
                              client_error *err) {
  client_error detail = {.kind = CLIENT_OK};
  return client_report(&detail, client_store_probe(home, &detail, state), err);
}

void client_free(client *c) {
  if (c == NULL) {
    return;
  }
  if (c->net != NULL) {
    client_link_close(c);
    c->net->calls->free(c->net);
  }
  client_lock_close(&c->lock);
  client_store_free(c->store);
  client_mem_free(&c->link_mem);
  client_mem_free(&c->self_mem);
  tacet_free_wiped(c, sizeof(*c));
}

bool client_is_registered(const client *c) {
  return c->has_self && c->self.stage == CLIENT_STAGE_REGISTERED;
}

void client_set_progress(client *c, client_progress_fn fn, void *user) {
  c->progress = fn;
  c->progress_user = user;
}

void client_set_link(client *c, client_link_fn fn, void *user) {
  c->link_told = fn;
  c->link_user = user;
  c->away = false;
}

void client_interrupt(client *c) {
  c->interrupted = 1;
  if (c->net != NULL) {
    c->net->calls->interrupt(c->net);
  }
}
