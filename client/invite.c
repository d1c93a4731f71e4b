/* SPDX-License-Identifier: Apache-2.0
 * First letters, written. */
#include "client/invite.h"

#include "client/attachments.h"
#include "client/chain.h"
#include "client/outbox.h"
#include "tacet/content/envelope.h"
#include "tacet/wire/delivery.h"

#define MANIFESTS_MAX ((size_t)4 << 20)
#define BODY_MAX ((size_t)2 << 20)
#define LETTER_INLINE (60 * 1024) /* what fits an item with its padding */

typedef struct letters {
  const client_invitations *of;
  tacet_span manifests; /* of everybody who is in the new epoch */
  bool as_blob;
  tacet_attachment blob;
  const char *path;
} letters;

/* The chains of all members and of who is added. */
static tacet_err all_manifests(client *c, client_session *s, tacet_span added,
                               client_mem *mem, tacet_span *out) {
  client_leaf *leaves;
  size_t n;
  TACET_BUF(w, MANIFESTS_MAX);
  TACET_TRY(client_leaves(c, s->mls, mem, &leaves, &n));
  for (size_t i = 0; i < n; i++) {
    bool again = false; /* a second device of the same account */
    for (size_t k = 0; k < i; k++) {
      again = again || memcmp(leaves[k].who.account, leaves[i].who.account,
                              CLIENT_ID_LEN) == 0;
    }
    if (!again) {
      TACET_TRY(
          client_chain_write(c, client_id_span(leaves[i].who.account), &w));
    }
  }
  tacet_write_bytes(&w, added);
  return client_mem_take(mem, &w, out);
}

static tacet_err letter_write(client *c, client_session *s, letters *l,
                              const tacet_mls_key_package *kp,
                              const client_leaf *to) {
  TACET_BUF(welcome, BODY_MAX);
  TACET_TRY(tacet_mls_welcome_for(tacet_bytes_span(&l->of->result->welcome),
                                  tacet_span_of(kp->ref, kp->ref_len),
                                  &welcome));
  tacet_letter letter = {.welcome = tacet_buf_span(&welcome),
                         .manifests = l->manifests,
                         .tree_kind = TACET_TREE_INLINE,
                         .tree =
                             tacet_bytes_span(&l->of->result->ratchet_tree)};
  if (l->as_blob) {
    letter.tree_kind = TACET_TREE_BLOB;
    letter.tree_blob = l->blob;
  }
  TACET_BUF(item, BODY_MAX);
  TACET_TRY(tacet_letter_seal(to->address.sealing_key, to->address.mailbox,
                              &letter, &item));
  if (item.len > TACET_ITEM_MAX) {
    return client_fail(&c->detail, CLIENT_REFUSED, "group-too-large",
                       "The group is too large for an invitation to it to fit "
                       "a message.");
  }
  client_recipient one = {.state = CLIENT_TO_SEND};
  memcpy(one.mailbox, to->address.mailbox, sizeof(one.mailbox));
  memcpy(one.capability, to->address.capability, sizeof(one.capability));
  memcpy(one.account, to->who.account, sizeof(one.account));
  memcpy(one.device, to->who.device, sizeof(one.device));
  client_parcel p = {.kind = CLIENT_PARCEL_LETTER,
                     .group = s->r.id,
                     .made_at = client_now(c),
                     .to = &one,
                     .n_to = 1,
                     .after = l->of->after,
                     .has_file = l->as_blob};
  TACET_TRY(client_parcel_add(c, &p, tacet_buf_span(&item), TACET_SPAN_EMPTY));
  if (!l->as_blob) {
    return TACET_OK;
  }
  TACET_BUF(key, 64);
  client_tree_file_key(p.number, &key);
  return client_file_queue(c, tacet_buf_span(&key), &l->blob, l->path);
}

tacet_err client_invite(client *c, client_session *s,
                        const client_invitations *in) {
  CLIENT_MEM(mem);
  letters l = {.of = in};
  if (in->n_packages == 0) {
    return TACET_OK;
  }
  TACET_TRY(all_manifests(c, s, in->manifests, &mem, &l.manifests));
  size_t size =
      l.manifests.len + in->result->ratchet_tree.len + in->result->welcome.len;
  l.as_blob = size > LETTER_INLINE;
  for (size_t i = 0; i < in->n_packages; i++) {
    tacet_mls_config config = client_mls_config();
    tacet_mls_key_package kp;
    client_leaf to;
    TACET_TRY(tacet_mls_key_package_check(&config, in->packages[i],
                                          client_now(c) / 1000, &kp));
    TACET_TRY(client_leaf_read(c, &kp.member, &to));
    if (l.as_blob) { /* one for each: equal references would tie them */
      TACET_TRY(
          client_bytes_encrypt(c, tacet_bytes_span(&in->result->ratchet_tree),
                               &mem, &l.blob, &l.path));
    }
    TACET_TRY(letter_write(c, s, &l, &kp, &to));
  }
  return TACET_OK;
}
