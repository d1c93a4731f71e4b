/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/mls/members.h"

tacet_mls_config test_config = {.suites = &tacet_suites_all,
                                .past_epochs = TACET_MLS_PAST_EPOCHS,
                                .max_forward = TACET_MLS_FORWARD_MAX,
                                .max_kept = TACET_MLS_KEPT_MAX,
                                .max_proposals = TACET_MLS_PROPOSALS_MAX,
                                .max_lifetime = LIFETIME_MAX};

void (*members_listener)(const member_heard *h);
tacet_mls_psks members_psks;

static void tell(const member_heard *h) {
  if (members_listener != NULL) {
    members_listener(h);
  }
}

static const uint16_t extension_types[] = {EXTENSION_TEST};
static const uint16_t proposal_types[] = {PROPOSAL_TEST};

tacet_mls_leaf_args member_leaf(const member *m) {
  return (tacet_mls_leaf_args){.identity = tacet_span_str(m->name),
                               .signature_key = &m->signature_key,
                               .extension_types = extension_types,
                               .n_extension_types = 1,
                               .proposal_types = proposal_types,
                               .n_proposal_types = 1};
}

void member_new(member *m, const tacet_suite *suite, const char *name) {
  uint8_t public_key[TACET_SIG_PUBLIC_MAX];
  assert_ok(tacet_crypto_init());
  memset(m, 0, sizeof(*m));
  snprintf(m->name, sizeof(m->name), "%s", name);
  m->suite = suite;
  assert_ok(suite->sig->generate(&m->signature_key, public_key));
}

void member_free(member *m) {
  tacet_mls_group_free(m->g);
  tacet_bytes_free(&m->key_package);
  memset(m, 0, sizeof(*m));
}

void member_publish(member *m) {
  TACET_BUF(w, 1 << 16);
  const tacet_mls_key_package_args args = {
      .leaf = member_leaf(m), .not_before = NOW - 100, .not_after = NOW + 1000};
  assert_ok(
      tacet_mls_key_package_new(&test_config, m->suite, &args, &w, &m->keys));
  assert_ok(tacet_buf_take(&w, &m->key_package));
}

void member_found(member *m, const char *group_id) {
  tacet_mls_leaf_args leaf = member_leaf(m);
  assert_ok(tacet_mls_group_new(&test_config, m->suite,
                                tacet_span_str(group_id), &leaf,
                                TACET_SPAN_EMPTY, &m->g));
}

tacet_err member_try_join(member *m, tacet_span welcome, tacet_span tree) {
  const tacet_mls_candidate candidate = {tacet_bytes_span(&m->key_package),
                                         &m->keys};
  size_t index = 9;
  tacet_mls_welcome *w = NULL;
  tacet_mls_group *g = NULL;
  tacet_err err =
      tacet_mls_welcome_open(&test_config, welcome, &candidate, 1, &index, &w);
  if (err == TACET_OK) {
    assert_int_equal(index, 0);
    err = tacet_mls_welcome_unlock(w, (tacet_mls_psks){NULL, 0});
  }
  if (err == TACET_OK) {
    err = tacet_mls_welcome_join(w, tree, NULL, &g);
  }
  tacet_mls_welcome_free(w);
  if (err == TACET_OK) {
    tacet_mls_group_free(m->g);
    m->g = g;
    tell(&(member_heard){
        .m = m, .what = MEMBER_JOINED, .message = welcome, .tree = tree});
  }
  return err;
}

void member_join(member *m, tacet_span welcome, tacet_span tree) {
  assert_ok(member_try_join(m, welcome, tree));
}

static tacet_err process(member *m, tacet_span message, tacet_buf *content,
                         tacet_mls_event *event) {
  const tacet_mls_process_args args = {.psks = members_psks, .now = NOW};
  tacet_err err = tacet_mls_process(m->g, message, &args, content, event);
  tell(&(member_heard){.m = m,
                       .what = MEMBER_PROCESSED,
                       .message = message,
                       .err = err,
                       .event = event});
  return err;
}

tacet_err member_process(member *m, tacet_span message,
                         tacet_mls_event *event) {
  TACET_BUF(content, 1 << 20);
  return process(m, message, &content, event);
}

tacet_err member_try_follow(member *m, tacet_span commit) {
  tacet_mls_event event;
  tacet_err err = member_process(m, commit, &event);
  if (err != TACET_OK) {
    return err;
  }
  assert_int_equal(event.kind, TACET_MLS_EVENT_COMMIT);
  err = tacet_mls_staged_apply(m->g, NOW);
  if (err == TACET_OK) {
    tell(&(member_heard){.m = m, .what = MEMBER_APPLIED});
  }
  return err;
}

void member_follow(member *m, tacet_span commit) {
  assert_ok(member_try_follow(m, commit));
}

tacet_err member_read(member *m, tacet_span message, tacet_span *content) {
  static uint8_t copy[1 << 16];
  TACET_BUF(w, sizeof(copy));
  tacet_mls_event event;
  tacet_err err = process(m, message, &w, &event);
  if (err != TACET_OK) {
    return err;
  }
  assert_int_equal(event.kind, TACET_MLS_EVENT_APPLICATION);
  if (event.content.len > 0) {
    memcpy(copy, event.content.p, event.content.len);
  }
  *content = tacet_span_of(copy, event.content.len);
  return TACET_OK;
}

tacet_bytes member_say(member *m, const char *text) {
  TACET_BUF(w, 1 << 16);
  tacet_bytes out = {NULL, 0};
  const tacet_mls_protect_args args = {.padding = 0};
  assert_ok(tacet_mls_protect(m->g, tacet_span_str(text), &args, &w));
  assert_ok(tacet_buf_take(&w, &out));
  return out;
}

tacet_err member_commit(member *m, const tacet_mls_commit_args *args,
                        tacet_mls_commit_result *result) {
  return tacet_mls_commit(m->g, args, NOW, result);
}

tacet_mls_proposal propose_add(const member *who) {
  return (tacet_mls_proposal){.type = TACET_MLS_ADD,
                              .key_package =
                                  tacet_bytes_span(&who->key_package)};
}

tacet_mls_proposal propose_remove(const member *who) {
  return (tacet_mls_proposal){.type = TACET_MLS_REMOVE,
                              .leaf = tacet_mls_own_leaf(who->g)};
}

/* ---- many ---- */

#define MANY 64

void members_new(member *m, size_t n, const tacet_suite *suite) {
  tacet_mls_proposal adds[MANY];
  assert_true(n >= 1 && n <= MANY);
  for (size_t i = 0; i < n; i++) {
    char name[32];
    snprintf(name, sizeof(name), "member %zu", i);
    member_new(&m[i], suite, name);
    member_publish(&m[i]);
    adds[i] = propose_add(&m[i]);
  }
  member_found(&m[0], "a group");
  if (n == 1) {
    return;
  }
  TACET_MLS_COMMIT_RESULT(r);
  const tacet_mls_commit_args args = {
      .proposals = adds + 1, .n_proposals = n - 1, .tree_in_welcome = true};
  assert_ok(member_commit(&m[0], &args, &r));
  assert_ok(tacet_mls_pending_merge(m[0].g, NOW));
  for (size_t i = 1; i < n; i++) {
    member_join(&m[i], tacet_bytes_span(&r.welcome), TACET_SPAN_EMPTY);
  }
}

void members_free(member *m, size_t n) {
  for (size_t i = 0; i < n; i++) {
    member_free(&m[i]);
  }
}

void members_follow(member *m, size_t n, size_t from, tacet_span commit) {
  for (size_t i = 0; i < n; i++) {
    if (i == from) {
      assert_ok(tacet_mls_pending_merge(m[i].g, NOW));
    } else if (m[i].g != NULL) {
      member_follow(&m[i], commit);
    }
  }
}

void members_commit(member *m, size_t n, size_t from,
                    const tacet_mls_commit_args *args) {
  TACET_MLS_COMMIT_RESULT(r);
  assert_ok(member_commit(&m[from], args, &r));
  members_follow(m, n, from, tacet_bytes_span(&r.commit));
}

static void assert_agree(const tacet_mls_group *a, const tacet_mls_group *b) {
  tacet_secret x, y;
  assert_int_equal(tacet_mls_epoch(a), tacet_mls_epoch(b));
  assert_span(tacet_mls_tree_hash(a), tacet_mls_tree_hash(b));
  assert_true(tacet_secret_equal(tacet_mls_epoch_authenticator(a),
                                 tacet_mls_epoch_authenticator(b)));
  assert_ok(tacet_mls_export(a, "test", TACET_SPAN_LIT("x"), 32, &x));
  assert_ok(tacet_mls_export(b, "test", TACET_SPAN_LIT("x"), 32, &y));
  assert_true(tacet_secret_equal(&x, &y));
}

void members_agree(member *m, size_t n) {
  const member *first = NULL;
  for (size_t i = 0; i < n; i++) {
    if (m[i].g == NULL) {
      continue;
    }
    if (first == NULL) {
      first = &m[i];
    }
    assert_agree(first->g, m[i].g);
  }
}

void members_talk(member *m, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (m[i].g == NULL) {
      continue;
    }
    tacet_bytes said = member_say(&m[i], m[i].name);
    for (size_t k = 0; k < n; k++) {
      if (k != i && m[k].g != NULL) {
        tacet_span heard;
        assert_ok(member_read(&m[k], tacet_bytes_span(&said), &heard));
        assert_span(tacet_span_str(m[i].name), heard);
      }
    }
    tacet_bytes_free(&said);
  }
}

/* ---- states ---- */

tacet_bytes member_state(const member *m) {
  TACET_BUF(w, 1 << 24);
  tacet_bytes out = {NULL, 0};
  assert_ok(tacet_mls_save(m->g, &w));
  assert_ok(tacet_buf_take(&w, &out));
  return out;
}

void assert_same_state(tacet_bytes *before, const member *m) {
  tacet_bytes after = member_state(m);
  assert_span(tacet_bytes_span(before), tacet_bytes_span(&after));
  tacet_bytes_free(before);
  tacet_bytes_free(&after);
}

void member_reload(member *m) {
  tacet_mls_group *loaded = NULL;
  tacet_bytes state = member_state(m);
  assert_ok(
      tacet_mls_load_whole(&test_config, tacet_bytes_span(&state), &loaded));
  tacet_mls_group_free(m->g);
  m->g = loaded;
  assert_same_state(&state, m);
}
