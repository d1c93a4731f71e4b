/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/mls_tree/sim.h"

uint32_t sim_random(uint64_t *seed, uint32_t n) {
  *seed = *seed * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(*seed >> 33) % n;
}

/* ---- leaves ---- */

/* The suite's number as it stands in capabilities; lives on. */
static tacet_span suite_number(const tacet_suite *suite) {
  static uint8_t numbers[32][2];
  for (size_t i = 0; i < tacet_suites_all.n && i < 32; i++) {
    if (tacet_suites_all.list[i] == suite) {
      numbers[i][0] = (uint8_t)(suite->id >> 8);
      numbers[i][1] = (uint8_t)suite->id;
      return tacet_span_of(numbers[i], 2);
    }
  }
  TACET_ASSERT(false);
  return TACET_SPAN_EMPTY;
}

void sim_leaf_fields(const tacet_suite *suite, tacet_span encryption_key,
                     tacet_span signature_key, tacet_leaf_node *out) {
  tacet_span id = suite_number(suite);
  *out = (tacet_leaf_node){
      .encryption_key = encryption_key,
      .signature_key = signature_key,
      .credential = {.type = 1, .identity = TACET_SPAN_LIT("someone")},
      .capabilities = {.versions = TACET_SPAN_LIT("\x00\x01"),
                       .cipher_suites = id,
                       .credentials = TACET_SPAN_LIT("\x00\x01")},
      .source = TACET_LEAF_SOURCE_KEY_PACKAGE,
      .not_after = UINT64_MAX};
}

void sim_new_leaf(sim *s, uint8_t source, uint32_t leaf, sim_member *m,
                  tacet_buf *bytes) {
  uint8_t encryption[TACET_KEM_PUBLIC_MAX], signature[TACET_SIG_PUBLIC_MAX];
  tacet_leaf_node fields;
  TACET_ASSERT(s->suite->kem->generate(&m->keys.leaf_key, encryption) ==
               TACET_OK);
  if (m->signature.len == 0) {
    TACET_ASSERT(s->suite->sig->generate(&m->signature, signature) == TACET_OK);
  } else {
    TACET_ASSERT(s->suite->sig->public_key(tacet_secret_span(&m->signature),
                                           signature) == TACET_OK);
  }
  m->here = true;
  sim_leaf_fields(s->suite,
                  tacet_span_of(encryption, s->suite->kem->public_len),
                  tacet_span_of(signature, s->suite->sig->public_len), &fields);
  fields.source = source;
  TACET_ASSERT(tacet_leaf_sign(s->suite, &fields,
                               tacet_secret_span(&m->signature), s->group_id,
                               leaf, bytes) == TACET_OK);
}

/* ---- the group ---- */

void sim_init(sim *s, const tacet_suite *suite) {
  *s = (sim){.suite = suite, .group_id = TACET_SPAN_LIT("simulated group")};
  uint32_t leaf;
  TACET_BUF(bytes, TACET_MESSAGE_MAX);
  TACET_ASSERT(tacet_tree_new(suite, &s->tree) == TACET_OK);
  sim_new_leaf(s, TACET_LEAF_SOURCE_KEY_PACKAGE, 0, &s->member[0], &bytes);
  TACET_ASSERT(tacet_tree_begin(s->tree) == TACET_OK);
  TACET_ASSERT(tacet_tree_add(s->tree, tacet_buf_span(&bytes), &leaf) ==
               TACET_OK);
  tacet_tree_commit(s->tree);
}

void sim_free(sim *s) {
  tacet_tree_free(s->tree);
}

void sim_context(sim *s, tacet_buf *w) {
  uint8_t hash[TACET_HASH_MAX];
  TACET_ASSERT(tacet_tree_hash(s->tree, hash) == TACET_OK);
  tacet_group_context c = {.version = 1,
                           .cipher_suite = s->suite->id,
                           .group_id = s->group_id,
                           .epoch = s->epoch + 1,
                           .tree_hash =
                               tacet_span_of(hash, s->suite->hash->len)};
  tacet_group_context_write(w, &c);
}

/* ---- commits ---- */

#define TRY(what, call)                                                        \
  do {                                                                         \
    tacet_err sim_err = (call);                                                \
    if (sim_err != TACET_OK) {                                                 \
      return what;                                                             \
    }                                                                          \
  } while (0)
#define EXPECT(what, cond)                                                     \
  do {                                                                         \
    if (!(cond)) {                                                             \
      return what;                                                             \
    }                                                                          \
  } while (0)

/* What the proposals bring, made once and applied twice. */
typedef struct proposed {
  sim_member member[SIM_LEAVES]; /* updated and added, in that order */
  tacet_buf bytes[SIM_LEAVES];
  uint32_t leaf[SIM_LEAVES];
} proposed;

static const char *apply(sim *s, const sim_plan *plan, proposed *p) {
  TRY("begin", tacet_tree_begin(s->tree));
  for (size_t i = 0; i < plan->n_updates; i++) {
    p->leaf[i] = plan->updates[i];
    TRY("update",
        tacet_tree_update(s->tree, p->leaf[i], tacet_buf_span(&p->bytes[i])));
  }
  for (size_t i = 0; i < plan->n_removes; i++) {
    TRY("remove", tacet_tree_remove(s->tree, plan->removes[i]));
  }
  for (size_t i = plan->n_updates; i < plan->n_updates + plan->n_adds; i++) {
    TRY("add",
        tacet_tree_add(s->tree, tacet_buf_span(&p->bytes[i]), &p->leaf[i]));
    EXPECT("is_added", tacet_tree_is_added(s->tree, p->leaf[i]));
  }
  return NULL;
}

/* Everybody but the committer, who may be among the updated, and the new. */
static const char *receive(sim *s, const sim_plan *plan, proposed *p,
                           const tacet_update_path *path,
                           const tacet_path_secrets *secrets) {
  TACET_BUF(context, TACET_MESSAGE_MAX);
  sim_context(s, &context);
  for (uint32_t i = 0; i < SIM_LEAVES; i++) {
    sim_member *m = &s->member[i];
    if (!m->here || i == plan->committer) {
      continue;
    }
    TACET_SECRET(commit);
    TRY("decrypt", tacet_treekem_decrypt(s->tree, &m->keys, plan->committer,
                                         path, tacet_buf_span(&context),
                                         &m->keys, &commit, NULL));
    EXPECT("commit secret", tacet_secret_equal(&commit, &secrets->commit));
  }
  for (size_t i = plan->n_updates; i < plan->n_updates + plan->n_adds; i++) {
    TRY("join", tacet_treekem_join(s->tree, p->leaf[i],
                                   &p->member[i].keys.leaf_key, plan->committer,
                                   tacet_path_secret_for(secrets, p->leaf[i]),
                                   &p->member[i].keys));
  }
  return NULL;
}

static const char *commit_with_path(sim *s, const sim_plan *plan, proposed *p) {
  TACET_PATH_SECRETS(secrets);
  TACET_TREE_PRIVATE(after);
  TACET_BUF(context, TACET_MESSAGE_MAX);
  TACET_BUF(bytes, TACET_MESSAGE_MAX);
  tacet_leaf_node leaf;
  tacet_update_path path;
  sim_member *committer = &s->member[plan->committer];
  EXPECT("committer's leaf", tacet_tree_leaf(s->tree, plan->committer, &leaf));
  tacet_path_args args = {.leaf_index = plan->committer,
                          .leaf = &leaf,
                          .signature_private_key =
                              tacet_secret_span(&committer->signature),
                          .group_id = s->group_id};
  TRY("make", tacet_treekem_make(s->tree, &args, &secrets, &after));
  sim_context(s, &context);
  TRY("encrypt", tacet_treekem_encrypt(s->tree, plan->committer, &secrets,
                                       tacet_buf_span(&context), &bytes));
  tacet_tree_rollback(s->tree);

  TRY("parse", tacet_update_path_parse(tacet_buf_span(&bytes), &path));
  const char *problem = apply(s, plan, p);
  EXPECT(problem, problem == NULL);
  tacet_leaf_rules rules = {.suite = s->suite,
                            .source = TACET_LEAF_SOURCE_COMMIT};
  TRY("leaf", tacet_leaf_check(&path.leaf_node, &rules));
  TRY("leaf signature", tacet_leaf_verify(s->suite, &path.leaf_node,
                                          s->group_id, plan->committer));
  TRY("merge", tacet_treekem_merge(s->tree, plan->committer, &path));
  committer->keys = after;
  return receive(s, plan, p, &path, &secrets);
}

static const char *commit_without_path(sim *s, const sim_plan *plan,
                                       proposed *p) {
  for (uint32_t i = 0; i < SIM_LEAVES; i++) {
    if (s->member[i].here) {
      tacet_tree_private_prune(&s->member[i].keys, s->tree);
    }
  }
  for (size_t i = plan->n_updates; i < plan->n_updates + plan->n_adds; i++) {
    TRY("join",
        tacet_treekem_join(s->tree, p->leaf[i], &p->member[i].keys.leaf_key,
                           plan->committer, NULL, &p->member[i].keys));
  }
  return NULL;
}

/* Old members' keys before anybody receives, new members after. */
static const char *play(sim *s, const sim_plan *plan, proposed *p) {
  for (size_t i = 0; i < plan->n_updates; i++) {
    sim_member *m = &s->member[plan->updates[i]];
    p->member[i].signature = m->signature;
    sim_new_leaf(s, TACET_LEAF_SOURCE_UPDATE, plan->updates[i], &p->member[i],
                 &p->bytes[i]);
    m->keys.leaf_key = p->member[i].keys.leaf_key;
  }
  for (size_t i = plan->n_updates; i < plan->n_updates + plan->n_adds; i++) {
    sim_new_leaf(s, TACET_LEAF_SOURCE_KEY_PACKAGE, 0, &p->member[i],
                 &p->bytes[i]);
  }
  const char *problem = apply(s, plan, p);
  EXPECT(problem, problem == NULL);
  for (size_t i = 0; i < plan->n_removes; i++) {
    s->member[plan->removes[i]] = (sim_member){.here = false};
  }
  problem = plan->no_path ? commit_without_path(s, plan, p)
                          : commit_with_path(s, plan, p);
  EXPECT(problem, problem == NULL);
  for (size_t i = plan->n_updates; i < plan->n_updates + plan->n_adds; i++) {
    s->member[p->leaf[i]] = p->member[i];
  }
  TRY("unique", tacet_tree_check_unique(s->tree));
  TRY("credentials", tacet_tree_check_credentials(s->tree));
  TRY("parent hashes", tacet_tree_check_parent_hashes(s->tree));
  tacet_tree_commit(s->tree);
  s->epoch++;
  return NULL;
}

const char *sim_commit(sim *s, const sim_plan *plan) {
  static proposed p; /* large */
  memset(&p, 0, sizeof(p));
  for (size_t i = 0; i < SIM_LEAVES; i++) {
    tacet_buf_init(&p.bytes[i], TACET_MESSAGE_MAX);
  }
  const char *problem = play(s, plan, &p);
  for (size_t i = 0; i < SIM_LEAVES; i++) {
    tacet_buf_free(&p.bytes[i]);
  }
  return problem;
}

static uint32_t any_member(const sim *s, uint64_t *seed) {
  for (;;) {
    uint32_t i = sim_random(seed, SIM_LEAVES);
    if (s->member[i].here) {
      return i;
    }
  }
}

static const char *random_commit(sim *s, uint64_t *seed) {
  uint32_t updates[1], removes[1];
  sim_plan plan = {
      .committer = any_member(s, seed), .updates = updates, .removes = removes};
  uint32_t n = tacet_tree_n_members(s->tree);
  updates[0] = any_member(s, seed);
  removes[0] = any_member(s, seed);
  plan.n_updates =
      sim_random(seed, 3) == 0 && updates[0] != plan.committer ? 1 : 0;
  plan.n_removes = sim_random(seed, 2) == 0 && n > 2 &&
                           removes[0] != plan.committer &&
                           (plan.n_updates == 0 || removes[0] != updates[0])
                       ? 1
                       : 0;
  plan.n_adds = n < SIM_LEAVES / 2 ? sim_random(seed, 3) : 0;
  plan.no_path = plan.n_adds > 0 && plan.n_updates + plan.n_removes == 0 &&
                 sim_random(seed, 3) > 0;
  return sim_commit(s, &plan);
}

const char *sim_live(sim *s, uint32_t n, uint32_t n_commits, uint64_t *seed) {
  sim_plan plan = {.committer = any_member(s, seed), .n_adds = n - 1};
  const char *problem = n > 1 ? sim_commit(s, &plan) : NULL;
  for (uint32_t i = 0; i < n_commits && problem == NULL; i++) {
    problem = random_commit(s, seed);
  }
  return problem;
}
