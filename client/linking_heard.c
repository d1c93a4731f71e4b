/* SPDX-License-Identifier: Apache-2.0
 * Linking, on the device that has the account: what the new one answers. */
#include "client/linking.h"

#include "client/jobs.h"
#include "client/people.h"

static tacet_err take_hello(client *c, client_offer_record *r, tacet_span body,
                            client_mem *mem, bool *right) {
  tacet_linking_hello h;
  uint8_t secret[TACET_LINKING_SECRET_LEN];
  (void)c;
  *right = false;
  if (tacet_linking_hello_parse(body, &h) != TACET_OK) {
    return TACET_OK;
  }
  TACET_TRY(tacet_linking_secret(h.device, h.device_key, h.salt, secret));
  if (memcmp(secret, r->secret, sizeof(secret)) != 0) {
    return TACET_OK; /* who saw the code, and is not who made it */
  }
  memcpy(r->device, h.device, sizeof(r->device));
  memcpy(r->device_key, h.device_key, sizeof(r->device_key));
  if (client_is_name(h.name, TACET_LINKING_NAME_MAX)) {
    TACET_TRY(client_mem_text(mem, h.name, &r->name));
  }
  r->step = CLIENT_OFFER_PROPOSE;
  *right = true;
  return TACET_OK;
}

static tacet_err take_possession(client_offer_record *r, tacet_span body,
                                 bool *right) {
  *right = false;
  if (body.len != 64) {
    return TACET_OK;
  }
  tacet_err e = tacet_manifest_possession_check(r->body, r->device_key, body);
  if (e != TACET_OK) {
    return tacet_err_kind(e) == TACET_KIND_LOCAL ? e : TACET_OK;
  }
  r->possession = body;
  r->step = CLIENT_OFFER_SIGN;
  *right = true;
  return TACET_OK;
}

static tacet_err take_by_step(client *c, client_offer_record *r,
                              tacet_linking_step which, tacet_span body,
                              client_mem *mem, bool *right) {
  switch (which) {
  case TACET_LINKING_HELLO:
    return take_hello(c, r, body, mem, right);
  case TACET_LINKING_POSSESSION:
    return take_possession(r, body, right);
  default:
    *right = true; /* ready */
    return TACET_OK;
  }
}

static bool expected(const client_offer_record *r, tacet_linking_step *out) {
  switch ((client_offer_step)r->step) {
  case CLIENT_OFFER_OFFER: /* it was written, and the answer was lost */
  case CLIENT_OFFER_HELLO:
    *out = TACET_LINKING_HELLO;
    return true;
  case CLIENT_OFFER_PROPOSAL:
  case CLIENT_OFFER_POSSESSION:
    *out = TACET_LINKING_POSSESSION;
    return true;
  case CLIENT_OFFER_OUTCOME:
  case CLIENT_OFFER_READY:
    *out = TACET_LINKING_READY;
    return true;
  default:
    return false;
  }
}

/* The job is due at once. */
static tacet_err hurry(client *c, const client_offer_record *r) {
  CLIENT_MEM(mem);
  client_job job;
  tacet_err e = client_job_get(c, r->job, &mem, &job);
  if (e != TACET_OK) {
    return e == TACET_ERR_NOT_FOUND ? TACET_OK : e;
  }
  job.due = 0;
  job.tries = 0;
  return client_job_save(c, &job);
}

tacet_err client_offer_take(client *c, const client_mailbox *m,
                            tacet_span item) {
  CLIENT_MEM(mem);
  client_offer_record r;
  tacet_linking_step which;
  TACET_BYTES(plain);
  tacet_span body;
  bool right;
  tacet_err e = client_offer_load(c, &mem, &r);
  if (e == TACET_ERR_NOT_FOUND ||
      (e == TACET_OK && (memcmp(r.mailbox, m->id, sizeof(r.mailbox)) != 0 ||
                         !expected(&r, &which)))) {
    return TACET_OK;
  }
  TACET_TRY(e);
  tacet_linking_code code = client_offer_code(&r);
  e = tacet_linking_open(&code, which, item, &plain, &body);
  if (e != TACET_OK) {
    return tacet_err_kind(e) == TACET_KIND_LOCAL ? e : TACET_OK;
  }
  TACET_TRY(take_by_step(c, &r, which, body, &mem, &right));
  if (!right) {
    return TACET_OK;
  }
  TACET_TRY(client_offer_save(c, &r));
  return hurry(c, &r);
}
