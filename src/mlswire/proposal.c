/* SPDX-License-Identifier: Apache-2.0
 * Pre-shared key identifiers and proposals (RFC 9420 8.4, 12.1). */
#include "mlswire/list.h"

/* ---- pre-shared keys ---- */

void tacet_pre_shared_key_id_read(tacet_reader *r,
                                  tacet_pre_shared_key_id *out) {
  *out = (tacet_pre_shared_key_id){.type = tacet_read_u8(r)};
  if (out->type == TACET_PSK_TYPE_EXTERNAL) {
    out->id = tacet_read_vec(r);
  } else if (out->type == TACET_PSK_TYPE_RESUMPTION) {
    out->usage = tacet_read_u8(r);
    if (out->usage < TACET_PSK_USAGE_APPLICATION ||
        out->usage > TACET_PSK_USAGE_BRANCH) {
      tacet_read_fail(r, TACET_ERR_ENCODING);
    }
    out->id = tacet_read_vec(r);
    out->epoch = tacet_read_u64(r);
  } else {
    tacet_read_fail(r, TACET_ERR_ENCODING);
  }
  out->nonce = tacet_read_vec(r);
}

void tacet_pre_shared_key_id_write(tacet_buf *w,
                                   const tacet_pre_shared_key_id *k) {
  tacet_write_u8(w, k->type);
  if (k->type == TACET_PSK_TYPE_RESUMPTION) {
    tacet_write_u8(w, k->usage);
  }
  tacet_write_vec(w, k->id);
  if (k->type == TACET_PSK_TYPE_RESUMPTION) {
    tacet_write_u64(w, k->epoch);
  }
  tacet_write_vec(w, k->nonce);
}

bool tacet_pre_shared_key_id_next(tacet_span *list,
                                  tacet_pre_shared_key_id *out) {
  tacet_err err;
  tacet_reader r;
  if (!tacet_list_open(*list, &err, &r)) {
    return false;
  }
  tacet_pre_shared_key_id_read(&r, out);
  return tacet_list_advance(list, &r);
}

/* ---- proposals ---- */

static void reinit_read(tacet_reader *r, tacet_reinit *out) {
  out->group_id = tacet_read_vec(r);
  out->version = tacet_read_u16(r);
  out->cipher_suite = tacet_read_u16(r);
  out->extensions = tacet_extensions_read(r);
}

static void reinit_write(tacet_buf *w, const tacet_reinit *p) {
  tacet_write_vec(w, p->group_id);
  tacet_write_u16(w, p->version);
  tacet_write_u16(w, p->cipher_suite);
  tacet_write_vec(w, p->extensions);
}

static void content_read(tacet_reader *r, tacet_proposal *out) {
  switch (out->type) {
  case TACET_PROPOSAL_ADD:
    tacet_key_package_read(r, &out->add);
    return;
  case TACET_PROPOSAL_UPDATE:
    tacet_leaf_node_read(r, &out->update);
    return;
  case TACET_PROPOSAL_REMOVE:
    out->remove = tacet_read_u32(r);
    return;
  case TACET_PROPOSAL_PSK:
    tacet_pre_shared_key_id_read(r, &out->psk);
    return;
  case TACET_PROPOSAL_REINIT:
    reinit_read(r, &out->reinit);
    return;
  case TACET_PROPOSAL_EXTERNAL_INIT:
    out->external_init = tacet_read_vec(r);
    return;
  case TACET_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
    out->group_context_extensions = tacet_extensions_read(r);
    return;
  default:
    if (out->type < TACET_PROPOSAL_PRIVATE_USE) {
      tacet_read_fail(r, TACET_ERR_UNKNOWN_TYPE);
    }
    out->other = tacet_read_vec(r);
  }
}

void tacet_proposal_body_read(tacet_reader *r, uint16_t type,
                              tacet_proposal *out) {
  const uint8_t *from = r->p;
  out->type = type;
  content_read(r, out);
  out->body = tacet_read_since(r, from);
  out->raw = TACET_SPAN_EMPTY;
}

void tacet_proposal_read(tacet_reader *r, tacet_proposal *out) {
  const uint8_t *from = r->p;
  uint16_t type = tacet_read_u16(r);
  tacet_proposal_body_read(r, type, out);
  out->raw = tacet_read_since(r, from);
}

tacet_err tacet_proposal_parse(tacet_span in, tacet_proposal *out) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(in, &err);
  tacet_proposal p;
  tacet_proposal_read(&r, &p);
  tacet_read_end(&r);
  TACET_TRY(err);
  *out = p;
  return TACET_OK;
}

void tacet_proposal_body_write(tacet_buf *w, const tacet_proposal *p) {
  switch (p->type) {
  case TACET_PROPOSAL_ADD:
    tacet_key_package_write(w, &p->add);
    return;
  case TACET_PROPOSAL_UPDATE:
    tacet_leaf_node_write(w, &p->update);
    return;
  case TACET_PROPOSAL_REMOVE:
    tacet_write_u32(w, p->remove);
    return;
  case TACET_PROPOSAL_PSK:
    tacet_pre_shared_key_id_write(w, &p->psk);
    return;
  case TACET_PROPOSAL_REINIT:
    reinit_write(w, &p->reinit);
    return;
  case TACET_PROPOSAL_EXTERNAL_INIT:
    tacet_write_vec(w, p->external_init);
    return;
  case TACET_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
    tacet_write_vec(w, p->group_context_extensions);
    return;
  default:
    tacet_write_vec(w, p->other);
  }
}

void tacet_proposal_write(tacet_buf *w, const tacet_proposal *p) {
  tacet_write_u16(w, p->type);
  tacet_proposal_body_write(w, p);
}
