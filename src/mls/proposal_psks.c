/* SPDX-License-Identifier: Apache-2.0
 * The keys that a commit's PSK proposals name. */
#include "mls/proposals.h"
#include "mls/psk.h"

/* A resumption PSK of this very group: of the epoch now, or of a kept one. */
static bool find_own(const tacet_mls_group *g, const tacet_mls_psk_id *id,
                     tacet_span *key) {
  if (id->type != TACET_MLS_PSK_RESUMPTION ||
      !tacet_span_equal(id->id, g->context.view.group_id)) {
    return false;
  }
  if (id->epoch == g->context.view.epoch) {
    *key = tacet_secret_span(&g->secrets.resumption);
    return true;
  }
  const tacet_past_epoch *past = tacet_past_find(g, id->epoch);
  if (past == NULL) {
    return false;
  }
  *key = tacet_secret_span(&past->resumption);
  return true;
}

static bool find(const tacet_mls_group *g, tacet_mls_psks psks,
                 tacet_mls_psk *psk) {
  if (find_own(g, &psk->id, &psk->key)) {
    return true;
  }
  const tacet_span *given = tacet_psks_find(psks, &psk->id);
  if (given != NULL) {
    psk->key = *given;
  }
  return given != NULL;
}

static tacet_err report_missing(const tacet_mls_psk_id *ids, size_t n,
                                tacet_mls_psk_id **missing, size_t *n_missing) {
  if (missing != NULL) {
    tacet_mls_psk_id *list = tacet_alloc_array(n, sizeof(*list));
    if (list == NULL) {
      return TACET_ERR_NOMEM;
    }
    memcpy(list, ids, n * sizeof(*list));
    *missing = list;
    *n_missing = n;
  }
  return TACET_ERR_NOT_FOUND;
}

tacet_err tacet_proposal_list_psk_secret(const tacet_mls_group *g,
                                         const tacet_proposal_list *l,
                                         tacet_mls_psks psks, tacet_secret *out,
                                         tacet_mls_psk_id **missing,
                                         size_t *n_missing) {
  tacet_mls_psk found[TACET_MLS_PSKS_MAX];
  tacet_mls_psk_id absent[TACET_MLS_PSKS_MAX];
  size_t n = 0, n_absent = 0;
  for (size_t i = 0; i < l->n; i++) {
    if (l->item[i].view.type == TACET_PROPOSAL_PSK) {
      TACET_ASSERT(n < TACET_MLS_PSKS_MAX); /* the list was checked */
      found[n] = (tacet_mls_psk){.id = tacet_psk_id_of(&l->item[i].view.psk)};
      if (!find(g, psks, &found[n])) {
        absent[n_absent++] = found[n].id;
      }
      n++;
    }
  }
  if (n_absent > 0) {
    return report_missing(absent, n_absent, missing, n_missing);
  }
  return tacet_psk_secret(g->suite->hash, found, n, out);
}
