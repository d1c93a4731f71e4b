/* SPDX-License-Identifier: Apache-2.0
 * Commits and update paths (RFC 9420 12.4, 7.6). */
#include "mlswire/list.h"

/* ---- update paths ---- */

void tacet_hpke_ciphertext_read(tacet_reader *r, tacet_hpke_ciphertext *out) {
  out->kem_output = tacet_read_vec(r);
  out->ciphertext = tacet_read_vec(r);
}

void tacet_hpke_ciphertext_write(tacet_buf *w, const tacet_hpke_ciphertext *c) {
  tacet_write_vec(w, c->kem_output);
  tacet_write_vec(w, c->ciphertext);
}

bool tacet_hpke_ciphertext_next(tacet_span *list, tacet_hpke_ciphertext *out) {
  tacet_err err;
  tacet_reader r;
  if (!tacet_list_open(*list, &err, &r)) {
    return false;
  }
  tacet_hpke_ciphertext_read(&r, out);
  return tacet_list_advance(list, &r);
}

void tacet_update_path_node_read(tacet_reader *r, tacet_update_path_node *out) {
  out->encryption_key = tacet_read_vec(r);
  tacet_reader list = tacet_read_vec_of(r);
  out->encrypted_path_secret = tacet_list_of(&list);
  while (tacet_more(&list)) {
    tacet_hpke_ciphertext c;
    tacet_hpke_ciphertext_read(&list, &c);
  }
}

void tacet_update_path_node_write(tacet_buf *w,
                                  const tacet_update_path_node *n) {
  tacet_write_vec(w, n->encryption_key);
  tacet_write_vec(w, n->encrypted_path_secret);
}

bool tacet_update_path_node_next(tacet_span *list,
                                 tacet_update_path_node *out) {
  tacet_err err;
  tacet_reader r;
  if (!tacet_list_open(*list, &err, &r)) {
    return false;
  }
  tacet_update_path_node_read(&r, out);
  return tacet_list_advance(list, &r);
}

void tacet_update_path_read(tacet_reader *r, tacet_update_path *out) {
  tacet_leaf_node_read(r, &out->leaf_node);
  tacet_reader list = tacet_read_vec_of(r);
  out->nodes = tacet_list_of(&list);
  out->n_nodes = 0;
  for (; tacet_more(&list); out->n_nodes++) {
    tacet_update_path_node n;
    tacet_update_path_node_read(&list, &n);
    if (out->n_nodes == TACET_PATH_MAX) {
      tacet_read_fail(&list, TACET_ERR_LIMIT);
    }
  }
}

tacet_err tacet_update_path_parse(tacet_span in, tacet_update_path *out) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(in, &err);
  tacet_update_path p;
  tacet_update_path_read(&r, &p);
  tacet_read_end(&r);
  TACET_TRY(err);
  *out = p;
  return TACET_OK;
}

void tacet_update_path_write(tacet_buf *w, const tacet_update_path *p) {
  tacet_leaf_node_write(w, &p->leaf_node);
  tacet_write_vec(w, p->nodes);
}

/* ---- commits ---- */

static void proposal_or_ref_read(tacet_reader *r, tacet_proposal_or_ref *out) {
  out->kind = tacet_read_u8(r);
  if (out->kind == TACET_PROPOSAL_BY_VALUE) {
    tacet_proposal_read(r, &out->proposal);
  } else if (out->kind == TACET_PROPOSAL_BY_REFERENCE) {
    out->reference = tacet_read_vec(r);
  } else {
    tacet_read_fail(r, TACET_ERR_ENCODING);
  }
}

bool tacet_proposal_or_ref_next(tacet_span *list, tacet_proposal_or_ref *out) {
  tacet_err err;
  tacet_reader r;
  if (!tacet_list_open(*list, &err, &r)) {
    return false;
  }
  proposal_or_ref_read(&r, out);
  return tacet_list_advance(list, &r);
}

void tacet_proposal_or_ref_write(tacet_buf *w, const tacet_proposal_or_ref *p) {
  tacet_write_u8(w, p->kind);
  if (p->kind == TACET_PROPOSAL_BY_VALUE) {
    tacet_proposal_write(w, &p->proposal);
  } else {
    tacet_write_vec(w, p->reference);
  }
}

void tacet_commit_read(tacet_reader *r, tacet_commit *out) {
  tacet_reader list = tacet_read_vec_of(r);
  out->proposals = tacet_list_of(&list);
  out->n_proposals = 0;
  for (; tacet_more(&list); out->n_proposals++) {
    tacet_proposal_or_ref p;
    proposal_or_ref_read(&list, &p);
    if (out->n_proposals == TACET_PROPOSALS_MAX) {
      tacet_read_fail(&list, TACET_ERR_LIMIT);
    }
  }
  out->has_path = tacet_read_optional(r);
  if (out->has_path) {
    tacet_update_path_read(r, &out->path);
  }
}

void tacet_commit_write(tacet_buf *w, const tacet_commit *c) {
  tacet_write_vec(w, c->proposals);
  tacet_write_optional(w, c->has_path);
  if (c->has_path) {
    tacet_update_path_write(w, &c->path);
  }
}
