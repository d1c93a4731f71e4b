/* SPDX-License-Identifier: Apache-2.0
 * Credentials, capabilities and leaf nodes (RFC 9420 5.3, 7.2). */
#include "mlswire/list.h"

/* ---- credentials ---- */

static tacet_span certificates_read(tacet_reader *r) {
  tacet_reader list = tacet_read_vec_of(r);
  tacet_span all = tacet_list_of(&list);
  while (tacet_more(&list)) {
    (void)tacet_read_vec(&list);
  }
  return all;
}

void tacet_credential_read(tacet_reader *r, tacet_credential *out) {
  const uint8_t *from = r->p;
  out->type = tacet_read_u16(r);
  out->identity = out->type == TACET_CREDENTIAL_X509 ? certificates_read(r)
                                                     : tacet_read_vec(r);
  out->raw = tacet_read_since(r, from);
}

void tacet_credential_write(tacet_buf *w, const tacet_credential *c) {
  tacet_write_u16(w, c->type);
  tacet_write_vec(w, c->identity);
}

bool tacet_certificate_next(tacet_span *list, tacet_span *cert_data) {
  tacet_err err;
  tacet_reader r;
  if (!tacet_list_open(*list, &err, &r)) {
    return false;
  }
  *cert_data = tacet_read_vec(&r);
  return tacet_list_advance(list, &r);
}

static void external_sender_read(tacet_reader *r, tacet_external_sender *out) {
  out->signature_key = tacet_read_vec(r);
  tacet_credential_read(r, &out->credential);
}

tacet_err tacet_external_senders_parse(tacet_span data, tacet_span *list) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(data, &err);
  tacet_reader senders = tacet_read_vec_of(&r);
  tacet_read_end(&r);
  tacet_span all = tacet_list_of(&senders);
  while (tacet_more(&senders)) {
    tacet_external_sender s;
    external_sender_read(&senders, &s);
  }
  TACET_TRY(err);
  *list = all;
  return TACET_OK;
}

bool tacet_external_sender_next(tacet_span *list, tacet_external_sender *out) {
  tacet_err err;
  tacet_reader r;
  if (!tacet_list_open(*list, &err, &r)) {
    return false;
  }
  external_sender_read(&r, out);
  return tacet_list_advance(list, &r);
}

void tacet_external_sender_write(tacet_buf *w, const tacet_external_sender *s) {
  tacet_write_vec(w, s->signature_key);
  tacet_credential_write(w, &s->credential);
}

/* ---- leaf nodes ---- */

void tacet_capabilities_read(tacet_reader *r, tacet_capabilities *out) {
  out->versions = tacet_u16_list_read(r);
  out->cipher_suites = tacet_u16_list_read(r);
  out->extensions = tacet_u16_list_read(r);
  out->proposals = tacet_u16_list_read(r);
  out->credentials = tacet_u16_list_read(r);
}

void tacet_capabilities_write(tacet_buf *w, const tacet_capabilities *c) {
  tacet_write_vec(w, c->versions);
  tacet_write_vec(w, c->cipher_suites);
  tacet_write_vec(w, c->extensions);
  tacet_write_vec(w, c->proposals);
  tacet_write_vec(w, c->credentials);
}

static void source_read(tacet_reader *r, tacet_leaf_node *out) {
  out->source = tacet_read_u8(r);
  switch (out->source) {
  case TACET_LEAF_SOURCE_KEY_PACKAGE:
    out->not_before = tacet_read_u64(r);
    out->not_after = tacet_read_u64(r);
    return;
  case TACET_LEAF_SOURCE_UPDATE:
    return;
  case TACET_LEAF_SOURCE_COMMIT:
    out->parent_hash = tacet_read_vec(r);
    return;
  default:
    tacet_read_fail(r, TACET_ERR_ENCODING);
  }
}

void tacet_leaf_node_read(tacet_reader *r, tacet_leaf_node *out) {
  const uint8_t *from = r->p;
  *out = (tacet_leaf_node){.source = 0};
  out->encryption_key = tacet_read_vec(r);
  out->signature_key = tacet_read_vec(r);
  tacet_credential_read(r, &out->credential);
  tacet_capabilities_read(r, &out->capabilities);
  source_read(r, out);
  out->extensions = tacet_extensions_read(r);
  out->tbs = tacet_read_since(r, from);
  out->signature = tacet_read_vec(r);
  out->raw = tacet_read_since(r, from);
}

tacet_err tacet_leaf_node_parse(tacet_span in, tacet_leaf_node *out) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(in, &err);
  tacet_leaf_node n;
  tacet_leaf_node_read(&r, &n);
  tacet_read_end(&r);
  TACET_TRY(err);
  *out = n;
  return TACET_OK;
}

/* All that both the LeafNode and its TBS begin with. */
static void fields_write(tacet_buf *w, const tacet_leaf_node *n) {
  tacet_write_vec(w, n->encryption_key);
  tacet_write_vec(w, n->signature_key);
  tacet_credential_write(w, &n->credential);
  tacet_capabilities_write(w, &n->capabilities);
  tacet_write_u8(w, n->source);
  if (n->source == TACET_LEAF_SOURCE_KEY_PACKAGE) {
    tacet_write_u64(w, n->not_before);
    tacet_write_u64(w, n->not_after);
  } else if (n->source == TACET_LEAF_SOURCE_COMMIT) {
    tacet_write_vec(w, n->parent_hash);
  }
  tacet_write_vec(w, n->extensions);
}

void tacet_leaf_node_write(tacet_buf *w, const tacet_leaf_node *n) {
  fields_write(w, n);
  tacet_write_vec(w, n->signature);
}

void tacet_leaf_node_tbs_write(tacet_buf *w, const tacet_leaf_node *n,
                               tacet_span group_id, uint32_t leaf_index) {
  fields_write(w, n);
  if (n->source != TACET_LEAF_SOURCE_KEY_PACKAGE) {
    tacet_write_vec(w, group_id);
    tacet_write_u32(w, leaf_index);
  }
}
