/* SPDX-License-Identifier: Apache-2.0
 * Two members of a group in one process: Alice founds it, invites Bob, they
 * talk, Bob renews his keys, and Alice ends it by removing him. No network, no
 * disk; docs/guide/mls.md explains it step by step.
 *
 *   cc two_members.c $(pkg-config --cflags --libs tacet) -o two_members
 */
#include <stdio.h>
#include <stdlib.h>
#include <tacet/mls.h>
#include <time.h>

#define LIMIT ((size_t)1 << 20) /* bytes of one message here */

/* Every call says how it went; in this program each failure ends it. */
static void check(tacet_err err, const char *what) {
  if (err != TACET_OK) {
    fprintf(stderr, "%s: %s\n", what, tacet_err_text(err));
    exit(1);
  }
}

typedef struct person {
  const char *name;
  tacet_secret signature_key;
  tacet_mls_group *group;
} person;

static const tacet_suite *const suite_list[] = {&tacet_suite_xwing_chacha};
static const tacet_suites offered = {suite_list, 1};
static tacet_mls_config config;
static uint64_t now;

static tacet_mls_leaf_args leaf_of(const person *p) {
  return (tacet_mls_leaf_args){.identity = tacet_span_str(p->name),
                               .signature_key = &p->signature_key};
}

static void new_person(person *p, const char *name) {
  uint8_t public_key[TACET_SIG_PUBLIC_MAX];
  p->name = name;
  check(suite_list[0]->sig->generate(&p->signature_key, public_key), "a key");
}

/* Alice adds Bob: his key package in, a commit and a Welcome out. There is
 * nobody else in the group who could contest the commit, so that it is merged
 * at once. */
static void invite(person *alice, person *bob) {
  TACET_BUF(package, LIMIT);
  TACET_MLS_KEYS(keys);
  TACET_MLS_COMMIT_RESULT(made);
  const tacet_mls_key_package_args args = {.leaf = leaf_of(bob),
                                           .not_before = now - 3600,
                                           .not_after = now + 7 * 86400};
  check(
      tacet_mls_key_package_new(&config, suite_list[0], &args, &package, &keys),
      "Bob's key package");
  const tacet_mls_proposal add = {.type = TACET_MLS_ADD,
                                  .key_package = tacet_buf_span(&package)};
  const tacet_mls_commit_args commit = {
      .proposals = &add, .n_proposals = 1, .tree_in_welcome = true};
  check(tacet_mls_commit(alice->group, &commit, now, &made), "the commit");
  check(tacet_mls_pending_merge(alice->group, now), "merging it");

  const tacet_mls_candidate mine = {tacet_buf_span(&package), &keys};
  size_t which = 0;
  tacet_mls_welcome *w = NULL;
  check(tacet_mls_welcome_open(&config, tacet_bytes_span(&made.welcome), &mine,
                               1, &which, &w),
        "opening the Welcome");
  check(tacet_mls_welcome_unlock(w, (tacet_mls_psks){NULL, 0}), "unlocking it");
  check(tacet_mls_welcome_join(w, TACET_SPAN_EMPTY, NULL, &bob->group),
        "joining");
  tacet_mls_welcome_free(w);
}

static void say(person *from, person *to, const char *text) {
  TACET_BUF(message, LIMIT);
  TACET_BUF(content, LIMIT);
  tacet_mls_event event;
  check(tacet_mls_protect(from->group, tacet_span_str(text),
                          &(tacet_mls_protect_args){.padding = 0}, &message),
        "encrypting");
  check(tacet_mls_process(to->group, tacet_buf_span(&message),
                          &(tacet_mls_process_args){.now = now}, &content,
                          &event),
        "decrypting");
  printf("%.*s to %s: %.*s\n", (int)event.member.identity.len,
         (const char *)event.member.identity.p, to->name,
         (int)event.content.len, (const char *)event.content.p);
}

/* `from` commits, `to` looks at what changes and follows. */
static void change(person *from, person *to,
                   const tacet_mls_commit_args *args) {
  TACET_MLS_COMMIT_RESULT(made);
  TACET_BUF(content, LIMIT);
  tacet_mls_event event;
  check(tacet_mls_commit(from->group, args, now, &made), "committing");
  check(tacet_mls_process(to->group, tacet_bytes_span(&made.commit),
                          &(tacet_mls_process_args){.now = now}, &content,
                          &event),
        "processing the commit");
  tacet_mls_staged_info info;
  tacet_mls_staged_info_get(to->group, &info);
  printf("%s committed %zu changes\n", from->name, info.n_changes);
  check(tacet_mls_staged_apply(to->group, now), "applying it");
  check(tacet_mls_pending_merge(from->group, now), "merging it");
}

static void same_epoch(const person *a, const person *b) {
  if (tacet_mls_epoch(a->group) != tacet_mls_epoch(b->group) ||
      !tacet_secret_equal(tacet_mls_epoch_authenticator(a->group),
                          tacet_mls_epoch_authenticator(b->group))) {
    fprintf(stderr, "they do not agree\n");
    exit(1);
  }
  printf("both in epoch %llu\n", (unsigned long long)tacet_mls_epoch(a->group));
}

int main(void) {
  person alice = {.group = NULL}, bob = {.group = NULL};
  uint8_t id[16];
  check(tacet_crypto_init(), "randomness");
  config = TACET_MLS_CONFIG(&offered);
  now = (uint64_t)time(NULL);
  new_person(&alice, "Alice");
  new_person(&bob, "Bob");

  check(tacet_random(id, sizeof(id)), "a group id");
  const tacet_mls_leaf_args leaf = leaf_of(&alice);
  check(tacet_mls_group_new(&config, suite_list[0],
                            tacet_span_of(id, sizeof(id)), &leaf,
                            TACET_SPAN_EMPTY, &alice.group),
        "the group");
  invite(&alice, &bob);
  same_epoch(&alice, &bob);
  say(&alice, &bob, "Meet me at the old lighthouse at nine.");
  say(&bob, &alice, "I will bring the ledgers.");

  change(&bob, &alice, &(tacet_mls_commit_args){.force_path = true});
  same_epoch(&alice, &bob);
  say(&alice, &bob, "New keys, old plan.");

  const tacet_mls_proposal remove = {.type = TACET_MLS_REMOVE,
                                     .leaf = tacet_mls_own_leaf(bob.group)};
  change(&alice, &bob,
         &(tacet_mls_commit_args){.proposals = &remove, .n_proposals = 1});
  printf("Bob is %s\n",
         tacet_mls_group_status(bob.group).removed ? "out" : "in");

  tacet_mls_group_free(alice.group);
  tacet_mls_group_free(bob.group);
  tacet_secret_wipe(&alice.signature_key);
  tacet_secret_wipe(&bob.signature_key);
  return 0;
}
