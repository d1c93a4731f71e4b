/* SPDX-License-Identifier: Apache-2.0
 * Answers of the directory, and lies in their place. */
#include "tests/hostile/hostile.h"

#include <pthread.h>
#include <string.h>

#include "tacet/wire/directory.h"

#define KEPT 64

/* ---- what was answered before ---- */

/* Look-ups by handle; the claim that came last is kept as "claim". */
static struct kept {
  char handle[TACET_HANDLE_MAX + 1];
  tacet_bytes body;
} kept[KEPT];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Whose list of devices it is; empty where there is none. */
static void handle_of(tacet_span body, char out[TACET_HANDLE_MAX + 1]) {
  tacet_lookup_answer a;
  tacet_manifest m;
  tacet_span one;
  out[0] = '\0';
  if (tacet_lookup_answer_parse(body, &a) == TACET_OK &&
      tacet_opaque_list_next(&a.manifests, &one) &&
      tacet_manifest_parse(one, &m) == TACET_OK) {
    memcpy(out, m.handle, sizeof(m.handle));
  }
}

static void keep(const char *handle, tacet_span body) {
  for (int i = 0; i < KEPT && handle[0] != '\0'; i++) {
    struct kept *k = &kept[i];
    if (k->handle[0] == '\0' || strcmp(k->handle, handle) == 0) {
      memcpy(k->handle, handle, strlen(handle) + 1);
      TACET_ASSERT(tacet_bytes_set(&k->body, body) == TACET_OK);
      return;
    }
  }
}

/* The one of this handle, or (same false) of any other. */
static tacet_span find(const char *handle, bool same) {
  for (int i = 0; i < KEPT && kept[i].handle[0] != '\0'; i++) {
    if ((strcmp(kept[i].handle, handle) == 0) == same &&
        strcmp(kept[i].handle, "claim") != 0) {
      return tacet_bytes_span(&kept[i].body);
    }
  }
  return TACET_SPAN_EMPTY;
}

/* ---- lies ---- */

static void flip(tacet_buf *b, uint64_t bit) {
  if (b->len > 0) {
    bit %= 8 * (uint64_t)b->len;
    b->p[bit / 8] ^= (uint8_t)(1 << bit % 8);
  }
}

/* One bit of the first list of devices, not of the lengths around it. */
static void flip_manifest(tacet_span list, uint64_t bit, tacet_buf *out) {
  tacet_span one;
  for (bool first = true; tacet_opaque_list_next(&list, &one); first = false) {
    TACET_BUF(b, TACET_MANIFEST_MAX);
    tacet_write_bytes(&b, one);
    if (first) {
      flip(&b, bit);
    }
    tacet_opaque_list_add(out, tacet_buf_span(&b));
  }
}

/* The lists of devices, all but the last. */
static void without_newest(tacet_span list, tacet_buf *out) {
  tacet_span one, next;
  bool more = tacet_opaque_list_next(&list, &one);
  while (more && tacet_opaque_list_next(&list, &next)) {
    tacet_opaque_list_add(out, one);
    one = next;
  }
}

static void lie_about_lookup(hostile_attack attack, uint64_t number,
                             tacet_span body, tacet_buf *out) {
  char handle[TACET_HANDLE_MAX + 1];
  tacet_lookup_answer honest, other, told;
  TACET_BUF(made, (size_t)8 << 20);
  handle_of(body, handle);
  tacet_span before = find(handle, attack == HOSTILE_REPLAY);
  if (tacet_lookup_answer_parse(body, &honest) != TACET_OK) {
    return;
  }
  told = honest;
  switch (attack) {
  case HOSTILE_REPLAY:
  case HOSTILE_OTHER_ACCOUNT:
    tacet_write_bytes(out, before);
    return;
  case HOSTILE_OTHER_PROOF:
    if (tacet_lookup_answer_parse(before, &other) != TACET_OK) {
      return;
    }
    told.proofs = other.proofs;
    break;
  case HOSTILE_NO_PROOF:
    told.proofs = TACET_SPAN_EMPTY;
    break;
  case HOSTILE_FLIP_PROOF:
    tacet_write_bytes(&made, honest.proofs);
    flip(&made, number);
    told.proofs = tacet_buf_span(&made);
    break;
  case HOSTILE_OLD_MANIFEST:
    without_newest(honest.manifests, &made);
    told.manifests = tacet_buf_span(&made);
    break;
  case HOSTILE_FLIP_MANIFEST:
    flip_manifest(honest.manifests, number, &made);
    told.manifests = tacet_buf_span(&made);
    break;
  default:
    return;
  }
  tacet_lookup_answer_write(out, &told);
}

/* The devices that were asked about, with the keys of others. */
static void lie_about_claim(tacet_span body, tacet_buf *out) {
  tacet_claim_answer honest, other;
  tacet_claimed_package one, theirs;
  tacet_span from = TACET_SPAN_EMPTY;
  TACET_BUF(list, (size_t)1 << 20);
  for (int i = 0; i < KEPT; i++) {
    if (strcmp(kept[i].handle, "claim") == 0) {
      from = tacet_bytes_span(&kept[i].body);
    }
  }
  if (tacet_claim_answer_parse(body, &honest) != TACET_OK ||
      tacet_claim_answer_parse(from, &other) != TACET_OK ||
      !tacet_claimed_package_next(&other.packages, &theirs)) {
    return;
  }
  while (tacet_claimed_package_next(&honest.packages, &one)) {
    one.key_package = theirs.key_package;
    tacet_claimed_package_write(&list, &one);
  }
  tacet_claim_answer told = {.packages = tacet_buf_span(&list)};
  tacet_claim_answer_write(out, &told);
}

static void lie(tacetd_call call, hostile_attack attack, uint64_t number,
                tacet_span honest, tacet_buf *out) {
  char handle[TACET_HANDLE_MAX + 1];
  if (attack == HOSTILE_RECORD && call == TACETD_CALL_LOOKUP) {
    handle_of(honest, handle);
    keep(handle, honest);
  } else if (attack == HOSTILE_RECORD && call == TACETD_CALL_CLAIM) {
    keep("claim", honest);
  } else if (call == TACETD_CALL_LOOKUP) {
    lie_about_lookup(attack, number, honest, out);
  } else if (attack == HOSTILE_SWAP_PACKAGE && call == TACETD_CALL_CLAIM) {
    lie_about_claim(honest, out);
  }
}

void hostile_answer(tacetd_call call, tacet_span honest, tacet_buf *out) {
  uint64_t number;
  hostile_attack attack = hostile_now(&number);
  (void)pthread_mutex_lock(&lock);
  lie(call, attack, number, honest, out);
  (void)pthread_mutex_unlock(&lock);
}
