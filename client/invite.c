/* SPDX-License-Identifier: Apache-2.0
 * First letters, written. */
#include "client/invite.h"

#include "client/attachments.h"
#include "client/chain.h"
#include "client/outbox.h"
#include "tacet/content/envelope.h"

#define MANIFESTS_MAX TACET_LETTER_PARTS_MAX
#define BODY_MAX ((size_t)2 << 20)

static tacet_err too_large(client *c) {
  return client_fail(&c->detail, CLIENT_REFUSED, "group-too-large",
                     "That is too large a group: it can have %d devices.",
                     CLIENT_GROUP_MAX);
}

tacet_err client_may_invite(client *c, const client_session *s, size_t n) {
  size_t in = tacet_mls_n_members(s->mls);
  return n > 0 && in + n > CLIENT_GROUP_MAX ? too_large(c) : TACET_OK;
}

typedef struct letters {
  const client_invitations *of;
  tacet_span manifests; /* of everybody who is in the new epoch */
  /* The blob that holds what does not fit, once a letter needed it. */
  uint64_t file; /* its number; 0: none yet */
  uint32_t users;
  tacet_attachment parts;
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

/* Manifests and tree, encrypted into the home: once for all letters of a
 * commit. It does not tie them more than the slots will: whoever joins reads
 * the same ones. */
static tacet_err parts_need(client *c, letters *l, client_mem *mem) {
  l->users++;
  if (l->file != 0) {
    return TACET_OK;
  }
  tacet_letter_parts parts = {l->manifests,
                              tacet_bytes_span(&l->of->result->ratchet_tree)};
  TACET_BUF(plain, TACET_LETTER_PARTS_MAX);
  tacet_letter_parts_write(&plain, &parts);
  if (plain.err == TACET_ERR_LIMIT) {
    return too_large(c);
  }
  TACET_TRY(plain.err);
  TACET_TRY(client_bytes_encrypt(c, tacet_buf_span(&plain), mem, &l->parts,
                                 &l->path));
  return client_store_next(c->store, &l->file);
}

static tacet_err letter_add(client *c, client_session *s, const letters *l,
                            const client_leaf *to, bool blob, tacet_span item) {
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
                     .file = blob ? l->file : 0};
  return client_parcel_add(c, &p, item, TACET_SPAN_EMPTY);
}

static tacet_err letter_write(client *c, client_session *s, letters *l,
                              const tacet_mls_key_package *kp,
                              const client_leaf *to, client_mem *mem) {
  TACET_BUF(welcome, BODY_MAX);
  TACET_BUF(item, TACET_LETTER_MAX);
  TACET_TRY(tacet_mls_welcome_for(tacet_bytes_span(&l->of->result->welcome),
                                  tacet_span_of(kp->ref, kp->ref_len),
                                  &welcome));
  tacet_letter letter = {.welcome = tacet_buf_span(&welcome),
                         .kind = TACET_LETTER_INLINE,
                         .manifests = l->manifests,
                         .tree =
                             tacet_bytes_span(&l->of->result->ratchet_tree)};
  if (tacet_letter_size(&letter) > TACET_LETTER_MAX) {
    TACET_TRY(parts_need(c, l, mem));
    letter.kind = TACET_LETTER_BLOB;
    letter.parts = l->parts;
  }
  tacet_err e = tacet_letter_seal(to->address.sealing_key, to->address.mailbox,
                                  &letter, &item);
  if (e == TACET_ERR_LIMIT) {
    return too_large(c);
  }
  TACET_TRY(e);
  return letter_add(c, s, l, to, letter.kind == TACET_LETTER_BLOB,
                    tacet_buf_span(&item));
}

tacet_err client_invite(client *c, client_session *s,
                        const client_invitations *in) {
  CLIENT_MEM(mem);
  letters l = {.of = in};
  if (in->n_packages == 0) {
    return TACET_OK;
  }
  TACET_TRY(all_manifests(c, s, in->manifests, &mem, &l.manifests));
  for (size_t i = 0; i < in->n_packages; i++) {
    tacet_mls_config config = client_mls_config();
    tacet_mls_key_package kp;
    client_leaf to;
    TACET_TRY(tacet_mls_key_package_check(&config, in->packages[i],
                                          client_now(c) / 1000, &kp));
    TACET_TRY(client_leaf_read(c, &kp.member, &to));
    TACET_TRY(letter_write(c, s, &l, &kp, &to, &mem));
  }
  if (l.file == 0) {
    return TACET_OK;
  }
  TACET_BUF(key, 64);
  client_letter_file_key(l.file, &key);
  TACET_TRY(key.err);
  return client_file_queue(c, tacet_buf_span(&key), &l.parts, l.path, l.users);
}
