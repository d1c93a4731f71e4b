/* SPDX-License-Identifier: Apache-2.0
 * A member who does not keep the rules: makes commits and proposals of whatever
 * the test says, right in everything else, down to the confirmation tag, as far
 * as that can be computed. Reaches into the library.
 */
#ifndef TACET_TESTS_MLS_RAW_H
#define TACET_TESTS_MLS_RAW_H

#include "mls/commit.h"
#include "tests/unit/mls/members.h"

#define RAW_PROPOSALS_MAX 8

/* What a signature covers that it should not. */
typedef enum raw_signed {
  RAW_SIGNED_RIGHT,
  RAW_SIGNED_FOR_OTHER_FORMAT, /* as for a PrivateMessage in a PublicMessage */
  RAW_SIGNED_WITHOUT_CONTEXT,  /* no GroupContext where there has to be one, or
                                  one where there must not */
} raw_signed;

typedef struct raw_commit {
  const tacet_proposal *by_value;
  size_t n_by_value;
  const tacet_span *refs; /* ProposalRefs */
  size_t n_refs;
  bool path;
  bool external; /* as new_member_commit, with the kem_output in by_value */
  /* Changes of what is right. May be NULL. */
  void (*edit_leaf)(tacet_leaf_node *leaf);    /* before path and signature */
  void (*edit_path)(tacet_update_path *path);  /* its leaf is signed again */
  void (*edit_frame)(tacet_framed_content *c); /* before the signature */
  bool wrong_signature, wrong_confirmation, wrong_membership;
  bool wrong_leaf_signature; /* of the path's leaf */
  bool leaf_of_next;         /* the path's leaf is signed for the next place */
  const tacet_secret *leaf_signer; /* the path's leaf has this signature key */
  raw_signed as_signed;            /* the commit */
  bool other_init;  /* the key schedule starts from another secret */
  size_t short_tag; /* bytes that the confirmation tag lacks */
  bool private_message;
  bool apply_nothing; /* the path as if there were no proposals: for those that
                         cannot be applied */
  const tacet_secret *psk_secret; /* NULL: none */
} raw_commit;
tacet_bytes raw_commit_make(member *m, const raw_commit *args);
/* FramedContentTBS of m's epoch, signed with m's key, as far as it is right. */
void raw_sign(member *m, tacet_frame *f, raw_signed how, uint8_t *sig);

/* A proposal by reference. edit may be NULL. */
tacet_bytes raw_propose(member *m, const tacet_proposal *p,
                        void (*edit)(tacet_framed_content *c));
tacet_bytes raw_propose_signed(member *m, const tacet_proposal *p,
                               void (*edit)(tacet_framed_content *c),
                               raw_signed as_signed);
/* Of a message that raw_propose() made: its ProposalRef, h->len bytes. */
void raw_ref(const member *m, tacet_span message, uint8_t *ref);

/* The Add of somebody's key package; spans point into it. */
tacet_proposal raw_add(const member *who);
/* An Update of m's leaf, changed by edit (may be NULL), signed; the bytes that
 * it points into go to *bytes. */
tacet_proposal raw_update(const member *m, void (*edit)(tacet_leaf_node *leaf),
                          uint8_t source, tacet_bytes *bytes);
/* A key package changed by edit and signed; replaces m->key_package. */
void raw_publish(member *m, void (*edit)(tacet_key_package *k));
/* A Welcome of `m` for `joiner` into a group that need not be what it says: m's
 * tree with the joiner in it, changed by `edit_tree`, at the epoch after m's.
 * All signatures and tags are right for what comes out. */
typedef struct raw_welcome {
  void (*edit_tree)(tacet_tree *t);             /* inside an open change */
  void (*edit_context)(tacet_group_context *c); /* before anything is derived */
  tacet_span psks; /* list of PreSharedKeyID; their keys are empty */
  const member
      *other_leaf; /* this key package's leaf instead of the joiner's */
  bool wrong_signature, wrong_confirmation;
  bool short_joiner; /* the joiner secret lacks a byte, for everybody */
  uint32_t signer;   /* who signed, as it says; 0: m */
  bool joiner_signs; /* it says that the joiner did, and so it was */
} raw_welcome;
tacet_bytes raw_welcome_make(member *m, const member *joiner,
                             const raw_welcome *args);

/* An application message of `leaf` (whose ratchet m's group must not have
 * used), signed with m's key. */
typedef struct raw_message {
  const char *text;
  uint32_t leaf;
  uint32_t sender;      /* what the sender data says; see `as` */
  bool as;              /* it says `sender`, not `leaf` */
  uint8_t padding;      /* what the padding is made of, */
  size_t n_padding;     /* and how much there is */
  uint32_t ahead;       /* generations to skip in what the sender data says */
  bool wrong_signature; /* of the content */
  raw_signed as_signed;
  bool wrong_guard;  /* the reuse guard is not the one of the nonce */
  bool short_sender; /* sender data of 11 bytes */
  bool long_sender;  /* of 13 */
  size_t cut; /* bytes of the plaintext that are missing; SIZE_MAX: all */
  /* Changes of what goes round it, after sealing. May be NULL. */
  void (*edit)(tacet_private_message *m);
} raw_message;
tacet_bytes raw_message_make(member *m, const raw_message *args);

#endif
