/* SPDX-License-Identifier: Apache-2.0
 * Two members in one process, in every suite of TALK_SUITES: what a program
 * links that offers those suites and no others. tools/check-linked looks at
 * what came in. */
#include "tacet/mls.h"

#define LIMIT ((size_t)1 << 20)
#define NOW 1700000000u

#ifdef TALK_ALL
#define SUITES tacet_suites_all
#else
static const tacet_suite *const list[] = {&TALK_ONLY};
static const tacet_suites only = {list, 1};
#define SUITES only
#endif

typedef struct pair {
  tacet_mls_group *alice, *bob;
  tacet_mls_welcome *welcome;
} pair;

static void pair_free(pair *p) {
  tacet_mls_welcome_free(p->welcome);
  tacet_mls_group_free(p->alice);
  tacet_mls_group_free(p->bob);
}

static tacet_err invite(const tacet_mls_config *config, const tacet_suite *s,
                        const tacet_secret *alice_key,
                        const tacet_secret *bob_key, pair *p) {
  TACET_BUF(package, LIMIT);
  TACET_MLS_KEYS(keys);
  TACET_MLS_COMMIT_RESULT(r);
  const tacet_mls_leaf_args alice = {.identity = TACET_SPAN_LIT("alice"),
                                     .signature_key = alice_key};
  const tacet_mls_key_package_args bob = {
      .leaf = {.identity = TACET_SPAN_LIT("bob"), .signature_key = bob_key},
      .not_before = NOW - 3600,
      .not_after = NOW + 3600};
  TACET_TRY(tacet_mls_group_new(config, s, TACET_SPAN_LIT("group"), &alice,
                                TACET_SPAN_EMPTY, &p->alice));
  TACET_TRY(tacet_mls_key_package_new(config, s, &bob, &package, &keys));
  const tacet_mls_proposal add = {.type = TACET_MLS_ADD,
                                  .key_package = tacet_buf_span(&package)};
  TACET_TRY(tacet_mls_commit(
      p->alice, &(tacet_mls_commit_args){.proposals = &add, .n_proposals = 1},
      NOW, &r));
  TACET_TRY(tacet_mls_pending_merge(p->alice, NOW));
  const tacet_mls_candidate candidate = {tacet_buf_span(&package), &keys};
  size_t index = 0;
  TACET_TRY(tacet_mls_welcome_open(config, tacet_bytes_span(&r.welcome),
                                   &candidate, 1, &index, &p->welcome));
  TACET_TRY(tacet_mls_welcome_unlock(p->welcome, (tacet_mls_psks){NULL, 0}));
  return tacet_mls_welcome_join(p->welcome, tacet_bytes_span(&r.ratchet_tree),
                                NULL, &p->bob);
}

static tacet_err say(pair *p, tacet_span text) {
  TACET_BUF(message, LIMIT);
  TACET_BUF(content, LIMIT);
  tacet_mls_event event;
  TACET_TRY(tacet_mls_protect(
      p->alice, text, &(tacet_mls_protect_args){.padding = 0}, &message));
  TACET_TRY(tacet_mls_process(p->bob, tacet_buf_span(&message),
                              &(tacet_mls_process_args){.now = NOW}, &content,
                              &event));
  return tacet_span_equal(event.content, text) ? TACET_OK : TACET_ERR_AUTH;
}

static tacet_err talk(const tacet_suite *s) {
  const tacet_mls_config config = TACET_MLS_CONFIG(&SUITES);
  TACET_CLEANUP(pair_free) pair p = {NULL, NULL, NULL};
  TACET_SECRET(alice);
  TACET_SECRET(bob);
  uint8_t public_key[TACET_SIG_PUBLIC_MAX];
  TACET_TRY(s->sig->generate(&alice, public_key));
  TACET_TRY(s->sig->generate(&bob, public_key));
  TACET_TRY(invite(&config, s, &alice, &bob, &p));
  return say(&p, TACET_SPAN_LIT("hello"));
}

int main(void) {
  tacet_err err = tacet_crypto_init();
  for (size_t i = 0; err == TACET_OK && i < SUITES.n; i++) {
    err = talk(SUITES.list[i]);
  }
  return err == TACET_OK ? 0 : 1;
}
