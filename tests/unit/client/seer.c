/* SPDX-License-Identifier: Apache-2.0
 * Looking at the key log through somebody's eyes. */
#include "tests/unit/client/seer.h"

#include <dirent.h>
#include <stdio.h>

#include "client/core.h"
#include "client/keylog.h"

fake_account *seer_account(world *w, const char *name) {
  char handle[80];
  (void)snprintf(handle, sizeof(handle), "%s@" FAKE_DOMAIN, name);
  fake_account *a = fake_server_account(w->s, handle);
  assert_non_null(a);
  return a;
}

size_t seer_evidence(const person *p) {
  char path[128];
  size_t n = 0;
  (void)snprintf(path, sizeof(path), "%s/evidence", p->home);
  DIR *d = opendir(path);
  for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
    n += strstr(e->d_name, ".txt") != NULL;
  }
  if (d != NULL) {
    (void)closedir(d);
  }
  return n;
}

client_trust seer_trust(person *p, const char *name) {
  client_code code;
  expect_ok(p, client_code_get(p->c, name, &code, &p->err));
  return code.trust;
}

client_kind seer_look(person *p) {
  assert_ok(client_enter(p->c));
  return client_report(&p->c->detail, client_keylog_look(p->c), &p->err);
}

client_kind seer_write(person *p, const char *name) {
  CLIENT_MEM(mem);
  const char *id;
  client_outgoing m = {.to = name, .text = "secret"};
  return client_send(p->c, &m, &mem, &id, &p->err);
}
