/* SPDX-License-Identifier: Apache-2.0
 * Our side of a live run: reads requests of the peer protocol
 * (interop/README.md), one JSON object a line, and answers each with one line.
 * The time that groups see is the machine's. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "interop/tacet/people.h"
#include "interop/tacet/request.h"

#define MESSAGE_MAX ((size_t)1 << 24)
#define PADDING 17
#define LIFETIME (30 * 86400)

static uint64_t now(void) {
  return (uint64_t)time(NULL);
}

static tacet_err said(request *r, const tacet_buf *w, const char *key) {
  tacet_span bytes;
  TACET_TRY(tacet_buf_done(w, &bytes));
  answer_hex(r, key, bytes);
  return TACET_OK;
}

/* ---- who ---- */

static tacet_err do_hello(request *r, person *p) {
  (void)p;
  const tacet_suites *offered = people_config()->suites;
  json_t *suites = json_array();
  answer_text(r, "name", "tacet");
  for (size_t i = 0; i < offered->n; i++) {
    char number[8];
    snprintf(number, sizeof(number), "%04X", offered->list[i]->id);
    json_array_append_new(suites, json_string(number));
  }
  json_object_set_new(r->out, "suites", suites);
  return TACET_OK;
}

static tacet_err do_member(request *r, person *p) {
  (void)p;
  const tacet_suite *s = tacet_suites_find(people_config()->suites,
                                           request_suite(r, r->in, "suite"));
  if (s == NULL) {
    return TACET_ERR_UNKNOWN_SUITE;
  }
  TACET_TRY(people_new(request_text(r, r->in, "who"),
                       tacet_span_str(request_text(r, r->in, "identity")), s,
                       &p));
  answer_hex(r, "signature_key",
             tacet_span_of(p->public_key, s->sig->public_len));
  return TACET_OK;
}

static tacet_err do_forget(request *r, person *p) {
  (void)r;
  people_forget(p->name);
  return TACET_OK;
}

static tacet_err do_psk(request *r, person *p) {
  return people_learn_psk(p, request_hex(r, r->in, "id"),
                          request_hex(r, r->in, "key"));
}

static tacet_err do_key_package(request *r, person *p) {
  TACET_BUF(extensions, 64);
  if (request_flag(r->in, "grease")) {
    tacet_mls_extensions_add(&extensions, INTEROP_GREASE, TACET_SPAN_EMPTY);
  }
  const tacet_mls_key_package_args args = {.leaf = people_leaf(p),
                                           .not_before = now() - 3600,
                                           .not_after = now() + LIFETIME,
                                           .extensions =
                                               tacet_buf_span(&extensions)};
  TACET_BUF(w, MESSAGE_MAX);
  tacet_mls_keys_wipe(&p->keys);
  TACET_TRY(tacet_mls_key_package_new(people_config(), p->suite, &args, &w,
                                      &p->keys));
  TACET_TRY(said(r, &w, "key_package"));
  answer_hex(r, "init_priv", tacet_secret_span(&p->keys.init));
  answer_hex(r, "encryption_priv", tacet_secret_span(&p->keys.encryption));
  answer_hex(r, "signature_priv", tacet_secret_span(&p->keys.signature));
  return tacet_buf_take(&w, &p->package);
}

static tacet_err do_state(request *r, person *p) {
  TACET_SECRET(exported);
  TACET_TRY(tacet_mls_export(p->group, "interop", TACET_SPAN_LIT("context"), 32,
                             &exported));
  answer_number(r, "epoch", tacet_mls_epoch(p->group));
  answer_number(r, "leaf", tacet_mls_own_leaf(p->group));
  answer_number(r, "members", tacet_mls_n_members(p->group));
  answer_hex(r, "authenticator",
             tacet_secret_span(tacet_mls_epoch_authenticator(p->group)));
  answer_hex(r, "exported", tacet_secret_span(&exported));
  answer_hex(r, "tree_hash", tacet_mls_tree_hash(p->group));
  return TACET_OK;
}

/* ---- proposals ---- */

static tacet_err suite_of(request *r, const json_t *object,
                          const tacet_suite **out) {
  *out = tacet_suites_find(people_config()->suites,
                           request_suite(r, object, "suite"));
  return *out == NULL ? TACET_ERR_UNKNOWN_SUITE : TACET_OK;
}

static tacet_err read_psk_id(request *r, const json_t *v,
                             tacet_mls_psk_id *out) {
  if (request_has(v, "epoch")) {
    *out = (tacet_mls_psk_id){.type = TACET_MLS_PSK_RESUMPTION,
                              .usage = TACET_MLS_USAGE_APPLICATION,
                              .id = request_hex(r, v, "id"),
                              .epoch = request_number(r, v, "epoch")};
  } else {
    *out = (tacet_mls_psk_id){.type = TACET_MLS_PSK_EXTERNAL,
                              .id = request_hex(r, v, "id")};
  }
  return TACET_OK;
}

/* [{"type": 61601, "data": "..."}, ...] as encoded extensions. */
static tacet_span read_extensions(request *r, const json_t *v) {
  TACET_BUF(w, MESSAGE_MAX);
  size_t i;
  json_t *e;
  json_array_foreach(request_list(r, v, "extensions"), i, e) {
    tacet_mls_extensions_add(&w, (uint16_t)request_number(r, e, "type"),
                             request_hex(r, e, "data"));
  }
  uint8_t *copy = request_alloc(r, w.len);
  if (w.len > 0) {
    memcpy(copy, w.p, w.len);
  }
  return tacet_span_of(copy, w.len);
}

static tacet_err read_proposal(request *r, const json_t *v,
                               tacet_mls_proposal *out) {
  const char *type = request_text(r, v, "type");
  *out = (tacet_mls_proposal){.type = 0};
  if (strcmp(type, "add") == 0) {
    out->type = TACET_MLS_ADD;
    out->key_package = request_hex(r, v, "key_package");
  } else if (strcmp(type, "remove") == 0) {
    out->type = TACET_MLS_REMOVE;
    out->leaf = (uint32_t)request_number(r, v, "leaf");
  } else if (strcmp(type, "update") == 0) {
    out->type = TACET_MLS_UPDATE;
  } else if (strcmp(type, "psk") == 0) {
    out->type = TACET_MLS_PSK;
    TACET_TRY(read_psk_id(r, v, &out->psk));
  } else if (strcmp(type, "extensions") == 0) {
    out->type = TACET_MLS_GROUP_CONTEXT_EXTENSIONS;
    out->extensions = read_extensions(r, v);
  } else if (strcmp(type, "reinit") == 0) {
    out->type = TACET_MLS_REINIT;
    out->group_id = request_hex(r, v, "group");
    TACET_TRY(suite_of(r, v, &out->suite));
  } else {
    r->malformed = "type";
  }
  return TACET_OK;
}

static tacet_err do_propose(request *r, person *p) {
  tacet_mls_propose_args args = {
      .padding = PADDING, .public_message = request_flag(r->in, "public")};
  TACET_BUF(w, MESSAGE_MAX);
  TACET_TRY(
      read_proposal(r, json_object_get(r->in, "proposal"), &args.proposal));
  TACET_TRY(tacet_mls_propose(p->group, &args, now(), &w));
  return said(r, &w, "message");
}

static tacet_err do_external_propose(request *r, person *p) {
  tacet_mls_group_info info;
  TACET_BUF(w, MESSAGE_MAX);
  TACET_TRY(tacet_mls_group_info_read(
      people_config(), request_hex(r, r->in, "group_info"), &info));
  tacet_mls_external_proposal_args args = {.suite = info.suite,
                                           .group_id = info.group_id,
                                           .epoch = info.epoch,
                                           .new_member =
                                               !request_has(r->in, "sender"),
                                           .signature_key = &p->signature_key};
  if (!args.new_member) {
    args.sender = (uint32_t)request_number(r, r->in, "sender");
  }
  TACET_TRY(
      read_proposal(r, json_object_get(r->in, "proposal"), &args.proposal));
  TACET_TRY(tacet_mls_external_propose(&args, &w));
  return said(r, &w, "message");
}

/* ---- commits ---- */

static void said_commit(request *r, const tacet_mls_commit_result *c) {
  answer_hex(r, "commit", tacet_bytes_span(&c->commit));
  if (c->welcome.len > 0) {
    answer_hex(r, "welcome", tacet_bytes_span(&c->welcome));
  }
  if (c->ratchet_tree.len > 0) {
    answer_hex(r, "tree", tacet_bytes_span(&c->ratchet_tree));
  }
}

static tacet_err do_commit(request *r, person *p) {
  const json_t *list = request_list(r, r->in, "proposals");
  size_t n = json_array_size(list);
  tacet_mls_proposal *proposals =
      request_alloc(r, (n + 1) * sizeof(*proposals));
  for (size_t i = 0; i < n; i++) {
    TACET_TRY(read_proposal(r, json_array_get(list, i), &proposals[i]));
  }
  TACET_MLS_COMMIT_RESULT(result);
  const tacet_mls_commit_args args = {
      .proposals = proposals,
      .n_proposals = n,
      .with_cached = true,
      .psks = people_psks(p),
      .padding = PADDING,
      .public_message = request_flag(r->in, "public"),
      .tree_in_welcome = !request_flag(r->in, "tree_apart")};
  TACET_TRY(tacet_mls_commit(p->group, &args, now(), &result));
  said_commit(r, &result);
  return TACET_OK;
}

static tacet_err do_merge(request *r, person *p) {
  (void)r;
  return tacet_mls_pending_merge(p->group, now());
}

static tacet_err do_discard(request *r, person *p) {
  (void)r;
  tacet_mls_pending_discard(p->group);
  return TACET_OK;
}

/* ---- coming in ---- */

static tacet_err do_create(request *r, person *p) {
  const tacet_mls_leaf_args leaf = people_leaf(p);
  return tacet_mls_group_new(people_config(), p->suite,
                             request_hex(r, r->in, "group"), &leaf,
                             read_extensions(r, r->in), &p->group);
}

static tacet_err join(request *r, person *p, const tacet_mls_group *old) {
  const tacet_mls_candidate candidate = {tacet_bytes_span(&p->package),
                                         &p->keys};
  size_t index;
  tacet_mls_welcome *w = NULL;
  TACET_TRY(tacet_mls_welcome_open(people_config(),
                                   request_hex(r, r->in, "welcome"), &candidate,
                                   1, &index, &w));
  tacet_err err = tacet_mls_welcome_unlock(w, people_psks(p));
  if (err == TACET_ERR_PSK && old != NULL) {
    tacet_mls_psk_id id;
    tacet_mls_welcome_psk(w, 0, &id);
    const tacet_mls_psk psk = {
        id, tacet_secret_span(tacet_mls_resumption_psk(old))};
    err = tacet_mls_welcome_unlock(w, (tacet_mls_psks){&psk, 1});
  }
  if (err == TACET_OK) {
    err = tacet_mls_welcome_join(w, request_hex_maybe(r, r->in, "tree"), old,
                                 &p->group);
  }
  tacet_mls_welcome_free(w);
  return err;
}

static tacet_err do_join(request *r, person *p) {
  return join(r, p, NULL);
}

static tacet_err do_group_info(request *r, person *p) {
  const tacet_mls_group_info_args args = {.external_pub = true, .tree = true};
  TACET_BUF(w, MESSAGE_MAX);
  TACET_TRY(tacet_mls_group_info_write(p->group, &args, &w));
  return said(r, &w, "group_info");
}

static tacet_err do_external_join(request *r, person *p) {
  tacet_mls_external_args args = {.group_info =
                                      request_hex(r, r->in, "group_info"),
                                  .leaf = people_leaf(p),
                                  .remove = TACET_MLS_NO_LEAF};
  if (request_has(r->in, "remove")) {
    args.remove = (uint32_t)request_number(r, r->in, "remove");
  }
  if (request_flag(r->in, "psk")) {
    args.psks = p->psk;
    args.n_psks = p->n_psks;
  }
  TACET_BUF(w, MESSAGE_MAX);
  tacet_mls_group *group;
  TACET_TRY(tacet_mls_external_join(people_config(), &args, &w, &group));
  tacet_mls_group_free(p->group);
  p->group = group;
  return said(r, &w, "commit");
}

/* ---- successors: `who` is in the old group, `as` will be in the new ---- */

static tacet_err successor_of(request *r, person **out) {
  *out = people_find(request_text(r, r->in, "as"));
  return *out == NULL ? TACET_ERR_NOT_FOUND : TACET_OK;
}

static tacet_err do_successor(request *r, person *p) {
  person *next;
  const json_t *list = request_list(r, r->in, "key_packages");
  size_t n = json_array_size(list);
  tacet_span *packages = request_alloc(r, (n + 1) * sizeof(*packages));
  TACET_TRY(successor_of(r, &next));
  for (size_t i = 0; i < n; i++) {
    packages[i] = request_hex_value(r, json_array_get(list, i), "key_packages");
  }
  bool branch = strcmp(request_text(r, r->in, "usage"), "branch") == 0;
  const tacet_mls_successor_args args = {
      .usage = branch ? TACET_MLS_USAGE_BRANCH : TACET_MLS_USAGE_REINIT,
      .group_id = branch ? request_hex(r, r->in, "group") : TACET_SPAN_EMPTY,
      .extensions =
          branch ? tacet_mls_group_extensions(p->group) : TACET_SPAN_EMPTY,
      .leaf = people_leaf(next),
      .key_packages = packages,
      .n_key_packages = n,
      .tree_in_welcome = !request_flag(r->in, "tree_apart")};
  TACET_MLS_COMMIT_RESULT(result);
  TACET_TRY(tacet_mls_successor(p->group, people_config(), &args, now(),
                                &result, &next->group));
  said_commit(r, &result);
  return tacet_mls_pending_merge(next->group, now());
}

static tacet_err do_join_successor(request *r, person *p) {
  person *next;
  TACET_TRY(successor_of(r, &next));
  return join(r, next, p->group);
}

/* ---- messages ---- */

static tacet_err do_send(request *r, person *p) {
  const tacet_mls_protect_args args = {.padding = PADDING,
                                       .allow_pending_proposals = true};
  TACET_BUF(w, MESSAGE_MAX);
  TACET_TRY(
      tacet_mls_protect(p->group, request_hex(r, r->in, "content"), &args, &w));
  return said(r, &w, "message");
}

static tacet_err do_process(request *r, person *p) {
  TACET_BUF(content, MESSAGE_MAX);
  tacet_mls_event event;
  const tacet_mls_process_args args = {.psks = people_psks(p), .now = now()};
  TACET_TRY(tacet_mls_process(p->group, request_hex(r, r->in, "message"), &args,
                              &content, &event));
  switch (event.kind) {
  case TACET_MLS_EVENT_APPLICATION:
    answer_text(r, "kind", "application");
    answer_hex(r, "content", event.content);
    return TACET_OK;
  case TACET_MLS_EVENT_PROPOSAL:
    answer_text(r, "kind", "proposal");
    return TACET_OK;
  case TACET_MLS_EVENT_NEEDS_PSK:
    return TACET_ERR_PSK;
  case TACET_MLS_EVENT_COMMIT:
  default: {
    tacet_mls_staged_info info;
    tacet_mls_staged_info_get(p->group, &info);
    answer_text(r, "kind", "commit");
    answer_flag(r, "removed", info.removes_self);
    return tacet_mls_staged_apply(p->group, now());
  }
  }
}

/* ---- the loop ---- */

typedef enum need { NOBODY, SOMEBODY, MEMBER } need;
static const struct verb {
  const char *name;
  need need;
  tacet_err (*run)(request *r, person *p);
} verbs[] = {
    {"hello", NOBODY, do_hello},
    {"member", NOBODY, do_member},
    {"forget", SOMEBODY, do_forget},
    {"psk", SOMEBODY, do_psk},
    {"key_package", SOMEBODY, do_key_package},
    {"create", SOMEBODY, do_create},
    {"join", SOMEBODY, do_join},
    {"external_join", SOMEBODY, do_external_join},
    {"external_propose", SOMEBODY, do_external_propose},
    {"state", MEMBER, do_state},
    {"propose", MEMBER, do_propose},
    {"commit", MEMBER, do_commit},
    {"merge", MEMBER, do_merge},
    {"discard", MEMBER, do_discard},
    {"group_info", MEMBER, do_group_info},
    {"successor", MEMBER, do_successor},
    {"join_successor", MEMBER, do_join_successor},
    {"send", MEMBER, do_send},
    {"process", MEMBER, do_process},
};

static tacet_err run(request *r) {
  const char *verb = request_text(r, r->in, "do");
  for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
    if (strcmp(verbs[i].name, verb) == 0) {
      person *p = NULL;
      if (verbs[i].need != NOBODY) {
        p = people_find(request_text(r, r->in, "who"));
        if (p == NULL || (verbs[i].need == MEMBER && p->group == NULL)) {
          return TACET_ERR_NOT_FOUND;
        }
      }
      return verbs[i].run(r, p);
    }
  }
  r->malformed = "do";
  return TACET_OK;
}

static void answer(const char *line) {
  json_t *in = json_loads(line, 0, NULL);
  request r = {.in = in, .out = json_object()};
  tacet_err err = run(&r);
  if (in == NULL || r.malformed != NULL || err != TACET_OK) {
    json_object_clear(r.out);
    answer_text(&r, "error",
                r.malformed != NULL ? r.malformed : tacet_err_name(err));
  }
  json_dumpf(r.out, stdout, JSON_COMPACT);
  putchar('\n');
  fflush(stdout);
  request_free(&r);
  json_decref(r.out);
  json_decref(in);
}

int main(void) {
  char *line = NULL;
  size_t cap = 0;
  if (tacet_crypto_init() != TACET_OK) {
    return 1;
  }
  while (getline(&line, &cap, stdin) > 0) {
    answer(line);
  }
  free(line);
  people_free();
  return 0;
}
