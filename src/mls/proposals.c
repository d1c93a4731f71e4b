/* SPDX-License-Identifier: Apache-2.0 */
#include "mls/proposals.h"

/* ---- the cache ---- */

void tacet_cached_free(tacet_cached_proposal *p) {
  tacet_bytes_free(&p->bytes);
  tacet_wipe(p, sizeof(*p));
}

const tacet_cached_proposal *tacet_cached_find(const tacet_mls_group *g,
                                               tacet_span ref) {
  for (size_t i = 0; i < g->n_proposals; i++) {
    const tacet_cached_proposal *p = &g->proposals[i];
    if (tacet_span_equal(ref, tacet_span_of(p->ref, g->suite->hash->len))) {
      return p;
    }
  }
  return NULL;
}

tacet_err tacet_cached_reserve(tacet_mls_group *g, size_t max) {
  if (g->n_proposals >= max) {
    return TACET_ERR_LIMIT;
  }
  if (g->n_proposals < g->cap_proposals) {
    return TACET_OK;
  }
  size_t cap = g->cap_proposals == 0 ? 4 : 2 * g->cap_proposals;
  tacet_cached_proposal *grown = tacet_alloc_array(cap, sizeof(*grown));
  if (grown == NULL) {
    return TACET_ERR_NOMEM;
  }
  if (g->n_proposals > 0) {
    memcpy(grown, g->proposals, g->n_proposals * sizeof(*grown));
  }
  tacet_free_wiped(g->proposals, g->cap_proposals * sizeof(*grown));
  g->proposals = grown;
  g->cap_proposals = cap;
  return TACET_OK;
}

const tacet_cached_proposal *tacet_cached_add(tacet_mls_group *g,
                                              tacet_cached_proposal *p) {
  tacet_span ref = tacet_span_of(p->ref, g->suite->hash->len);
  const tacet_cached_proposal *there = tacet_cached_find(g, ref);
  if (there != NULL) {
    tacet_cached_free(p);
    return there;
  }
  TACET_ASSERT(g->n_proposals < g->cap_proposals);
  tacet_cached_proposal *kept = &g->proposals[g->n_proposals++];
  *kept = *p;
  tacet_wipe(p, sizeof(*p));
  return kept;
}

tacet_err tacet_cached_set(const tacet_suite *s, const tacet_frame *f,
                           tacet_cached_proposal *out) {
  TACET_BUF(w, TACET_MLS_MESSAGE_LIMIT);
  tacet_span authenticated; /* AuthenticatedContent (6.1) */
  tacet_write_u16(&w, f->wire_format);
  tacet_frame_content_write(&w, f);
  tacet_framed_content_auth_write(&w, f->content.content_type, &f->auth);
  TACET_TRY(tacet_buf_done(&w, &authenticated));
  TACET_TRY(tacet_ref_hash(s->hash, "MLS 1.0 Proposal Reference", authenticated,
                           out->ref));
  out->sender = f->content.sender;
  TACET_TRY(tacet_bytes_set(&out->bytes, f->content.body.raw));
  return tacet_proposal_parse(tacet_bytes_span(&out->bytes), &out->view);
}

void tacet_mls_proposals_clear(tacet_mls_group *g) {
  TACET_ASSERT(g->staged == NULL);
  for (size_t i = 0; i < g->n_proposals; i++) {
    tacet_cached_free(&g->proposals[i]);
  }
  g->n_proposals = 0;
}

/* ---- the list ---- */

void tacet_proposal_list_free(tacet_proposal_list *l) {
  tacet_free(l->item);
  *l = (tacet_proposal_list){.item = NULL};
}

tacet_err tacet_proposal_list_push(tacet_proposal_list *l,
                                   const tacet_listed_proposal *item) {
  if (l->n == l->cap) {
    size_t cap = l->cap == 0 ? 4 : 2 * l->cap;
    tacet_listed_proposal *grown = tacet_alloc_array(cap, sizeof(*grown));
    if (grown == NULL) {
      return TACET_ERR_NOMEM;
    }
    if (l->n > 0) {
      memcpy(grown, l->item, l->n * sizeof(*grown));
    }
    tacet_free(l->item);
    l->item = grown;
    l->cap = cap;
  }
  l->item[l->n++] = *item;
  return TACET_OK;
}

tacet_err tacet_proposal_list_resolve(const tacet_mls_group *g,
                                      const tacet_commit *c,
                                      tacet_sender committer,
                                      tacet_proposal_list *out) {
  tacet_span list = c->proposals;
  for (tacet_proposal_or_ref p; tacet_proposal_or_ref_next(&list, &p);) {
    tacet_listed_proposal item = {.sender = committer, .cached = NULL};
    if (p.kind == TACET_PROPOSAL_BY_VALUE) {
      item.view = p.proposal;
    } else {
      item.cached = tacet_cached_find(g, p.reference);
      if (item.cached == NULL) {
        return TACET_ERR_PROPOSAL_REF;
      }
      item.view = item.cached->view;
      item.sender = item.cached->sender;
    }
    TACET_TRY(tacet_proposal_list_push(out, &item));
  }
  return TACET_OK;
}

const tacet_listed_proposal *
tacet_proposal_list_find(const tacet_proposal_list *l, uint16_t type) {
  for (size_t i = 0; i < l->n; i++) {
    if (l->item[i].view.type == type) {
      return &l->item[i];
    }
  }
  return NULL;
}

bool tacet_proposal_list_needs_path(const tacet_proposal_list *l) {
  for (size_t i = 0; i < l->n; i++) {
    switch (l->item[i].view.type) { /* RFC 9420 17.4, "Path Required" */
    case TACET_PROPOSAL_UPDATE:
    case TACET_PROPOSAL_REMOVE:
    case TACET_PROPOSAL_EXTERNAL_INIT:
    case TACET_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
      return true;
    default:
      break;
    }
  }
  return l->n == 0;
}

tacet_span tacet_proposal_list_extensions(const tacet_mls_group *g,
                                          const tacet_proposal_list *l) {
  const tacet_listed_proposal *p =
      tacet_proposal_list_find(l, TACET_PROPOSAL_GROUP_CONTEXT_EXTENSIONS);
  return p != NULL ? p->view.group_context_extensions
                   : g->context.view.extensions;
}

static tacet_err apply(tacet_tree *t, tacet_listed_proposal *p) {
  switch (p->view.type) {
  case TACET_PROPOSAL_UPDATE:
    return tacet_tree_update(t, p->sender.index, p->view.update.raw);
  case TACET_PROPOSAL_REMOVE:
    return tacet_tree_remove(t, p->view.remove);
  case TACET_PROPOSAL_ADD:
    return tacet_tree_add(t, p->view.add.leaf_node.raw, &p->leaf);
  default:
    return TACET_OK;
  }
}

tacet_err tacet_proposal_list_apply(tacet_tree *t, tacet_proposal_list *l) {
  static const uint16_t order[] = {TACET_PROPOSAL_UPDATE, TACET_PROPOSAL_REMOVE,
                                   TACET_PROPOSAL_ADD};
  for (size_t k = 0; k < sizeof(order) / sizeof(order[0]); k++) {
    for (size_t i = 0; i < l->n; i++) {
      if (l->item[i].view.type == order[k]) {
        TACET_TRY(apply(t, &l->item[i]));
      }
    }
  }
  return TACET_OK;
}
