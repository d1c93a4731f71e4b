/* SPDX-License-Identifier: Apache-2.0
 * Control messages, in and out. */
#include "client/control.h"

#include "client/chain.h"
#include "client/content.h"
#include "client/events.h"
#include "client/jobs.h"
#include "client/outbox.h"
#include "client/people.h"
#include "client/policy.h"
#include "client/talks.h"
#include "tacet/wire/directory.h"

#define RANK_STEP ((uint64_t)2000)
#define RANK_JITTER ((uint64_t)1000)
#define RANK_MAX (10 * CLIENT_MINUTE)

/* ---- leaving ---- */

tacet_err client_turn(client *c, client_session *s, uint64_t *due) {
  CLIENT_MEM(mem);
  client_leaf *leaves;
  size_t n;
  uint64_t rank = 0, jitter;
  TACET_TRY(client_leaves(c, s->mls, &mem, &leaves, &n));
  for (size_t i = 0; i < n; i++) {
    rank += leaves[i].index < tacet_mls_own_leaf(s->mls) &&
            !client_is_leaving(&s->r, leaves[i].who.account);
  }
  TACET_TRY(client_chance(c, RANK_JITTER, &jitter));
  uint64_t wait = rank * RANK_STEP + jitter;
  *due = client_now(c) + (wait < RANK_MAX ? wait : RANK_MAX);
  return TACET_OK;
}

static tacet_err add_leaver(client_session *s, const client_leaver *l) {
  client_leaver *all =
      client_mem_array(&s->mem, s->r.n_leaving + 1, sizeof(*all));
  if (all == NULL) {
    return TACET_ERR_NOMEM;
  }
  if (s->r.n_leaving > 0) {
    memcpy(all, s->r.leaving, s->r.n_leaving * sizeof(*all));
  }
  all[s->r.n_leaving++] = *l;
  s->r.leaving = all;
  return TACET_OK;
}

static tacet_err take_leave(client *c, client_session *s,
                            const client_talk *talk, const tacet_identity *who,
                            tacet_span aad) {
  client_leaver l;
  uint64_t due;
  uint8_t members[1][CLIENT_ID_LEN];
  if (talk->pair || !client_leaver_next(&aad, &l) ||
      memcmp(l.account, who->account, sizeof(l.account)) != 0 ||
      memcmp(l.device, who->device, sizeof(l.device)) != 0 ||
      client_is_leaving(&s->r, l.account)) {
    return TACET_OK;
  }
  tacet_err e = client_leaver_check(c, s, CLIENT_WORD_LEAVE, &l);
  if (e != TACET_OK) {
    return tacet_err_kind(e) == TACET_KIND_LOCAL ? e : TACET_OK;
  }
  TACET_TRY(add_leaver(s, &l));
  if (client_is_self(c, client_id_span(l.account))) {
    client_talk left = *talk; /* by another device: the others remove both */
    left.state = CLIENT_TALK_LEFT;
    return client_talk_save(c, &left);
  }
  memcpy(members[0], l.account, CLIENT_ID_LEN);
  TACET_TRY(client_event_group(c, talk->id, "left", talk->name,
                               client_id_span(l.account), members, 1));
  if (talk->state != CLIENT_TALK_OPEN) {
    return TACET_OK; /* nothing is sent from a request */
  }
  TACET_TRY(client_turn(c, s, &due));
  return client_job_tidy(c, talk->id, due);
}

/* ---- addresses ---- */

static tacet_err take_address(client_session *s, const tacet_identity *who,
                              const tacet_control *control) {
  client_address *all =
      client_mem_array(&s->mem, s->r.n_addresses + 1, sizeof(*all));
  size_t n = 0;
  if (all == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < s->r.n_addresses; i++) {
    if (memcmp(s->r.addresses[i].account, who->account, CLIENT_ID_LEN) != 0 ||
        memcmp(s->r.addresses[i].device, who->device, CLIENT_DEVICE_ID_LEN) !=
            0) {
      all[n++] = s->r.addresses[i];
    }
  }
  memcpy(all[n].account, who->account, sizeof(all[n].account));
  memcpy(all[n].device, who->device, sizeof(all[n].device));
  memcpy(all[n].mailbox, control->mailbox, sizeof(all[n].mailbox));
  memcpy(all[n].capability, control->capability, sizeof(all[n].capability));
  s->r.addresses = all;
  s->r.n_addresses = n + 1;
  return TACET_OK;
}

/* ---- the end of an account ---- */

static tacet_err take_erased(client *c, const client_talk *talk,
                             const tacet_identity *who, tacet_span manifest) {
  CLIENT_MEM(mem);
  tacet_manifest m;
  client_person p;
  uint64_t wait;
  if (tacet_manifest_parse(manifest, &m) != TACET_OK || m.n_devices != 0 ||
      memcmp(m.account_id, who->account, sizeof(m.account_id)) != 0) {
    return TACET_OK;
  }
  TACET_TRY(client_person_any(c, client_id_span(who->account), &mem, &p));
  bool known = p.erased || client_is_self(c, client_id_span(who->account));
  TACET_BUF(list, 2 * TACET_MANIFEST_MAX);
  tacet_opaque_list_add(&list, manifest);
  TACET_TRY(list.err);
  tacet_err e = client_chain_take(c, tacet_buf_span(&list));
  if (e != TACET_OK) {
    return tacet_err_kind(e) == TACET_KIND_LOCAL ? e : TACET_OK;
  }
  if (!known) {
    TACET_TRY(client_event_warn(c, talk->id, "account-deleted",
                                "The account %s was deleted.", p.handle));
  }
  if (talk->pair || talk->state != CLIENT_TALK_OPEN ||
      client_is_self(c, client_id_span(who->account))) {
    return TACET_OK;
  }
  TACET_TRY(client_chance(c, CLIENT_HOUR - CLIENT_MINUTE, &wait));
  return client_job_tidy(c, talk->id, client_now(c) + CLIENT_MINUTE + wait);
}

tacet_err client_control_take(client *c, client_session *s,
                              const client_talk *talk,
                              const tacet_identity *who, tacet_span bytes,
                              tacet_span aad) {
  tacet_control control;
  if (tacet_control_parse(bytes, &control) != TACET_OK) {
    return TACET_OK;
  }
  switch (control.type) {
  case TACET_CONTROL_LEAVE:
    return take_leave(c, s, talk, who, aad);
  case TACET_CONTROL_CAPABILITY:
  case TACET_CONTROL_ADDRESS:
    return take_address(s, who, &control);
  case TACET_CONTROL_ERASED:
    return take_erased(c, talk, who, control.manifest);
  case TACET_CONTROL_SUCCESSOR: /* said by the group's id already: it could not
                                   have been joined (client/successor.c) */
    break;
  }
  return TACET_OK;
}

tacet_err client_control_send(client *c, client_session *s,
                              const tacet_control *control, tacet_span aad) {
  CLIENT_MEM(mem);
  client_talk talk;
  TACET_BUF(body, 2 * TACET_MANIFEST_MAX);
  TACET_BUF(content, TACET_CONTENT_MAX);
  tacet_control_write(&body, control);
  TACET_TRY(body.err);
  TACET_TRY(client_talk_get(c, s->r.talk, &mem, &talk));
  tacet_content_args args = {.control = tacet_buf_span(&body),
                             .counter = talk.counter++};
  TACET_TRY(tacet_content_make(&content, &args));
  TACET_TRY(client_talk_save(c, &talk));
  return client_outbox_encrypt(c, s, tacet_buf_span(&content), TACET_SPAN_EMPTY,
                               aad);
}
