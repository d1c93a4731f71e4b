/* SPDX-License-Identifier: Apache-2.0
 * Which proposals are valid, alone (RFC 9420 12.1) and in one commit (12.2). */
#include "mls/key_package.h"
#include "mls/proposals.h"
#include "mls/psk.h"

/* ---- who may propose ---- */

static bool external_may(uint16_t type) {
  switch (type) { /* 12.1.8, 17.4 "External" */
  case TACET_PROPOSAL_ADD:
  case TACET_PROPOSAL_REMOVE:
  case TACET_PROPOSAL_PSK:
  case TACET_PROPOSAL_REINIT:
  case TACET_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
    return true;
  default:
    return false;
  }
}

tacet_err tacet_proposal_sender_check(uint16_t type, uint8_t sender_type) {
  bool may = false;
  switch (sender_type) {
  case TACET_SENDER_MEMBER:
    may = type != TACET_PROPOSAL_EXTERNAL_INIT;
    break;
  case TACET_SENDER_EXTERNAL:
    may = external_may(type);
    break;
  case TACET_SENDER_NEW_MEMBER_PROPOSAL:
    may = type == TACET_PROPOSAL_ADD;
    break;
  default:
    break;
  }
  return may ? TACET_OK : TACET_ERR_SENDER;
}

/* ---- one alone ---- */

/* What was cached had its signatures checked when it came; what the group
 * demands of it may have changed with this very commit. */
static tacet_err check_add(const tacet_mls_group *g,
                           const tacet_listed_proposal *p,
                           const tacet_proposal_rules *rules) {
  const tacet_leaf_rules leaf = {.suite = g->suite,
                                 .source = TACET_LEAF_SOURCE_KEY_PACKAGE,
                                 .group_extensions = rules->extensions,
                                 .check_lifetime = rules->check_lifetime,
                                 .now = rules->now,
                                 .max_lifetime = g->config.max_lifetime};
  return tacet_key_package_check(&p->view.add, &leaf, p->cached == NULL);
}

static tacet_err check_update(const tacet_mls_group *g,
                              const tacet_listed_proposal *p,
                              const tacet_proposal_rules *rules) {
  const tacet_leaf_node *leaf = &p->view.update;
  tacet_leaf_node old;
  if (p->sender.type != TACET_SENDER_MEMBER ||
      !tacet_tree_leaf(g->tree, p->sender.index, &old)) {
    return TACET_ERR_SENDER;
  }
  /* 12.1.2: or it would not update anything. */
  if (tacet_span_equal(old.encryption_key, leaf->encryption_key)) {
    return TACET_ERR_LEAF;
  }
  const tacet_leaf_rules demanded = {.suite = g->suite,
                                     .source = TACET_LEAF_SOURCE_UPDATE,
                                     .group_extensions = rules->extensions};
  TACET_TRY(tacet_leaf_check(leaf, &demanded));
  if (p->cached != NULL) {
    return TACET_OK;
  }
  return tacet_leaf_verify(g->suite, leaf, g->context.view.group_id,
                           p->sender.index);
}

/* 12.1.4 */
static tacet_err check_psk(const tacet_mls_group *g,
                           const tacet_pre_shared_key_id *id,
                           const tacet_proposal_rules *rules) {
  if (id->nonce.len != g->suite->hash->len) {
    return TACET_ERR_PSK;
  }
  if (id->type == TACET_PSK_TYPE_RESUMPTION &&
      id->usage != TACET_PSK_USAGE_APPLICATION && !rules->successor) {
    return TACET_ERR_PSK;
  }
  return TACET_OK;
}

tacet_err tacet_proposal_check(const tacet_mls_group *g,
                               const tacet_listed_proposal *p,
                               const tacet_proposal_rules *rules) {
  switch (p->view.type) {
  case TACET_PROPOSAL_ADD:
    return check_add(g, p, rules);
  case TACET_PROPOSAL_UPDATE:
    return check_update(g, p, rules);
  case TACET_PROPOSAL_REMOVE: /* 12.1.3: of a leaf that is there */
    return tacet_tree_leaf_bytes(g->tree, p->view.remove).len > 0
               ? TACET_OK
               : TACET_ERR_PROPOSAL;
  case TACET_PROPOSAL_PSK:
    return check_psk(g, &p->view.psk, rules);
  case TACET_PROPOSAL_REINIT: /* 12.1.5: never to an older version */
    return p->view.reinit.version >= g->context.view.version ? TACET_OK
                                                             : TACET_ERR_REINIT;
  case TACET_PROPOSAL_EXTERNAL_INIT:
    return p->view.external_init.len == g->suite->kem->enc_len
               ? TACET_OK
               : TACET_ERR_EXTERNAL;
  case TACET_PROPOSAL_GROUP_CONTEXT_EXTENSIONS: /* and the tree, later */
    return tacet_group_extensions_check(p->view.group_context_extensions);
  default: /* our own: the tree decides, later */
    return TACET_OK;
  }
}

/* ---- all together ---- */

/* 12.2: at most one Update or Remove for a leaf. A bit for each leaf. */
static tacet_err check_once_a_leaf(const tacet_mls_group *g,
                                   const tacet_proposal_list *l) {
  TACET_BYTES(seen);
  TACET_TRY(tacet_bytes_new(&seen, tacet_tree_n_leaves(g->tree) / 8 + 1));
  for (size_t i = 0; i < l->n; i++) {
    const tacet_listed_proposal *p = &l->item[i];
    bool update = p->view.type == TACET_PROPOSAL_UPDATE;
    if (update || p->view.type == TACET_PROPOSAL_REMOVE) {
      /* Known to be in the tree: each was checked alone before. */
      uint32_t leaf = update ? p->sender.index : p->view.remove;
      uint8_t bit = (uint8_t)(1u << (leaf % 8));
      if ((seen.p[leaf / 8] & bit) != 0) {
        return TACET_ERR_PROPOSAL;
      }
      seen.p[leaf / 8] |= bit;
    }
  }
  return TACET_OK;
}

/* 12.2: no PreSharedKeyID twice, and a bound on their number. With another
 * nonce it is another one: two members may have proposed one key. */
static tacet_err check_psks_distinct(const tacet_proposal_list *l) {
  tacet_mls_psk_id ids[TACET_MLS_PSKS_MAX];
  size_t n = 0;
  for (size_t i = 0; i < l->n; i++) {
    if (l->item[i].view.type != TACET_PROPOSAL_PSK) {
      continue;
    }
    if (n == TACET_MLS_PSKS_MAX) {
      return TACET_ERR_LIMIT;
    }
    ids[n] = tacet_psk_id_of(&l->item[i].view.psk);
    for (size_t k = 0; k < n; k++) {
      if (tacet_psk_id_equal(&ids[k], &ids[n])) {
        return TACET_ERR_PSK;
      }
    }
    n++;
  }
  return TACET_OK;
}

static size_t count(const tacet_proposal_list *l, uint16_t type) {
  size_t n = 0;
  for (size_t i = 0; i < l->n; i++) {
    n += l->item[i].view.type == type;
  }
  return n;
}

/* 12.2, for commits of members. */
static tacet_err check_member_list(const tacet_proposal_list *l,
                                   tacet_sender committer) {
  for (size_t i = 0; i < l->n; i++) {
    const tacet_listed_proposal *p = &l->item[i];
    bool own = p->sender.type == TACET_SENDER_MEMBER &&
               p->sender.index == committer.index;
    if (p->view.type == TACET_PROPOSAL_UPDATE && own) {
      return TACET_ERR_PROPOSAL; /* its path updates the committer */
    }
    if (p->view.type == TACET_PROPOSAL_REMOVE &&
        p->view.remove == committer.index) {
      return TACET_ERR_PROPOSAL; /* it could not know the next epoch */
    }
  }
  if (count(l, TACET_PROPOSAL_EXTERNAL_INIT) > 0) {
    return TACET_ERR_PROPOSAL;
  }
  return count(l, TACET_PROPOSAL_REINIT) > 0 && l->n > 1 ? TACET_ERR_REINIT
                                                         : TACET_OK;
}

/* 12.2, for external commits: one ExternalInit, at most one Remove, PSKs, and
 * nothing by reference. */
static tacet_err check_external_list(const tacet_proposal_list *l) {
  for (size_t i = 0; i < l->n; i++) {
    uint16_t type = l->item[i].view.type;
    if (l->item[i].cached != NULL ||
        (type != TACET_PROPOSAL_EXTERNAL_INIT &&
         type != TACET_PROPOSAL_REMOVE && type != TACET_PROPOSAL_PSK)) {
      return TACET_ERR_EXTERNAL;
    }
  }
  return count(l, TACET_PROPOSAL_EXTERNAL_INIT) == 1 &&
                 count(l, TACET_PROPOSAL_REMOVE) <= 1
             ? TACET_OK
             : TACET_ERR_EXTERNAL;
}

tacet_err tacet_proposal_list_check(const tacet_mls_group *g,
                                    const tacet_proposal_list *l,
                                    const tacet_proposal_rules *rules) {
  if (rules->committer.type == TACET_SENDER_MEMBER) {
    TACET_TRY(check_member_list(l, rules->committer));
  } else {
    TACET_TRY(check_external_list(l));
  }
  if (count(l, TACET_PROPOSAL_GROUP_CONTEXT_EXTENSIONS) > 1) {
    return TACET_ERR_PROPOSAL;
  }
  for (size_t i = 0; i < l->n; i++) {
    TACET_TRY(tacet_proposal_check(g, &l->item[i], rules));
  }
  TACET_TRY(check_psks_distinct(l));
  return check_once_a_leaf(g, l);
}

tacet_err tacet_proposal_list_check_tree(const tacet_mls_group *g,
                                         const tacet_proposal_list *l,
                                         tacet_span extensions) {
  /* No client twice (12.2): two adds of one, or of one that stays, have the
   * same signature key. */
  TACET_TRY(tacet_tree_check_unique(g->tree));
  TACET_TRY(tacet_tree_check_credentials(g->tree));
  if (tacet_proposal_list_find(l, TACET_PROPOSAL_GROUP_CONTEXT_EXTENSIONS) !=
      NULL) {
    TACET_TRY(tacet_tree_check_extensions(g->tree, extensions));
  }
  uint16_t last = 0; /* the same type again is not asked again */
  for (size_t i = 0; i < l->n; i++) {
    uint16_t type = l->item[i].view.type;
    if (!tacet_proposal_is_default(type) && type != last) {
      TACET_TRY(tacet_tree_check_proposal_type(g->tree, type));
      last = type;
    }
  }
  return TACET_OK;
}
