/* SPDX-License-Identifier: Apache-2.0 */
#include "mls/views.h"

#include "mls/psk.h"

void tacet_proposal_view_set(const tacet_suite *s,
                             const tacet_listed_proposal *p,
                             tacet_mls_proposal_view *out) {
  const tacet_proposal *v = &p->view;
  *out = (tacet_mls_proposal_view){.type = v->type,
                                   .by_reference = p->cached != NULL,
                                   .sender_type = p->sender.type,
                                   .sender = p->sender.index,
                                   .removed = TACET_MLS_NO_LEAF,
                                   .leaf = {.leaf = TACET_MLS_NO_LEAF},
                                   .body = v->body};
  if (p->cached != NULL) {
    out->ref = tacet_span_of(p->cached->ref, s->hash->len);
  }
  switch (v->type) {
  case TACET_PROPOSAL_ADD:
    tacet_member_set(&out->leaf, TACET_MLS_NO_LEAF, &v->add.leaf_node);
    break;
  case TACET_PROPOSAL_UPDATE:
    tacet_member_set(&out->leaf, p->sender.index, &v->update);
    break;
  case TACET_PROPOSAL_REMOVE:
    out->removed = v->remove;
    break;
  case TACET_PROPOSAL_PSK:
    out->psk = tacet_psk_id_of(&v->psk);
    break;
  case TACET_PROPOSAL_REINIT:
    out->extensions = v->reinit.extensions;
    break;
  case TACET_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
    out->extensions = v->group_context_extensions;
    break;
  default:
    break;
  }
}

void tacet_mls_proposal_at(const tacet_mls_group *g, size_t i,
                           tacet_mls_proposal_view *out) {
  TACET_ASSERT(i < g->n_proposals);
  const tacet_cached_proposal *c = &g->proposals[i];
  const tacet_listed_proposal p = {
      .view = c->view, .sender = c->sender, .cached = c};
  tacet_proposal_view_set(g->suite, &p, out);
}
