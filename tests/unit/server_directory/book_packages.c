/* SPDX-License-Identifier: Apache-2.0
 * Key packages of people in tests: good ones, and each kind of bad one.
 */
#include "tests/unit/server_directory/book.h"

#include "tacet/crypto.h"
#include "tacet/mlswire.h"

const package_wish package_good = {
    .suite = TACET_SUITE_XWING_CHACHA, .not_before = -60, .not_after = 3456000};

static tacet_span sign(const person *p, size_t device, const char *label,
                       tacet_span tbs, uint8_t sig[TACET_SIG_MAX], bool bad) {
  size_t len;
  assert_ok(tacet_sign_with_label(&tacet_sig_ed25519,
                                  tacet_secret_span(&p->device_keys[device]),
                                  TACET_LABEL_MLS, label, tbs, sig, &len));
  sig[3] ^= bad ? 1 : 0;
  return tacet_span_of(sig, len);
}

static void identity(tacet_buf *w, const person *p, size_t device,
                     const package_wish *wish) {
  uint8_t account[32], id[16];
  memcpy(account, p->manifest.account_id, 32);
  memcpy(id, p->device_ids[device], 16);
  account[0] ^= wish->wrong_account ? 1 : 0;
  id[0] ^= wish->wrong_device ? 1 : 0;
  tacet_write_bytes(w, tacet_span_of(account, 32));
  tacet_write_bytes(w, tacet_span_of(id, 16));
  tacet_write_u32(w, wish->manifest);
}

void package_write(tacet_buf *w, const person *p, size_t device,
                   const package_wish *wish) {
  static uint8_t leaf_key[TACET_KEM_PUBLIC_MAX], init_key[TACET_KEM_PUBLIC_MAX];
  uint8_t key[32], leaf_sig[TACET_SIG_MAX], sig[TACET_SIG_MAX];
  TACET_SECRET(unused);
  TACET_BUF(id, 64);
  TACET_BUF(leaf_tbs, 8192);
  TACET_BUF(tbs, 8192);
  const tacet_kem *kem = &tacet_kem_xwing;
  size_t signer = wish->wrong_key ? (device + 1) % PERSON_DEVICES : device;
  assert_ok(kem->generate(&unused, leaf_key));
  assert_ok(kem->generate(&unused, init_key));
  assert_ok(tacet_sig_ed25519.public_key(
      tacet_secret_span(&p->device_keys[signer]), key));
  identity(&id, p, device, wish);
  static const uint8_t suites[] = {0xf0, 0x4d}, basic[] = {0, 1},
                       version[] = {0, 1};
  tacet_key_package k = {
      .version = TACET_PROTOCOL_MLS10,
      .cipher_suite = wish->suite,
      .init_key =
          tacet_span_of(wish->same_keys ? leaf_key : init_key, kem->public_len),
      .leaf_node = {.encryption_key = tacet_span_of(leaf_key, kem->public_len),
                    .signature_key = tacet_span_of(key, 32),
                    .credential = {.type = TACET_CREDENTIAL_BASIC,
                                   .identity = tacet_buf_span(&id)},
                    .capabilities = {.versions = tacet_span_of(version, 2),
                                     .cipher_suites = tacet_span_of(suites, 2),
                                     .credentials = tacet_span_of(basic, 2)},
                    .source = TACET_LEAF_SOURCE_KEY_PACKAGE,
                    .not_before = (uint64_t)(book_now_s() + wish->not_before),
                    .not_after = (uint64_t)(book_now_s() + wish->not_after)}};
  tacet_leaf_node_tbs_write(&leaf_tbs, &k.leaf_node, TACET_SPAN_EMPTY, 0);
  k.leaf_node.signature =
      sign(p, signer, "LeafNodeTBS", tacet_buf_span(&leaf_tbs), leaf_sig,
           wish->bad_leaf_signature);
  tacet_key_package_tbs_write(&tbs, &k);
  k.signature = sign(p, signer, "KeyPackageTBS", tacet_buf_span(&tbs), sig,
                     wish->bad_signature);
  tacet_message m = {.wire_format = TACET_WIRE_FORMAT_KEY_PACKAGE,
                     .key_package = k};
  if (wish->no_package) {
    m = (tacet_message){.wire_format = TACET_WIRE_FORMAT_WELCOME,
                        .welcome = {.cipher_suite = wish->suite}};
  }
  tacet_message_write(w, &m);
}

void published_add(tacet_buf *w, const person *p, size_t device,
                   bool last_resort) {
  TACET_BUF(message, 8192);
  package_write(&message, p, device, &package_good);
  const tacet_published_package one = {.last_resort = last_resort,
                                       .key_package = tacet_buf_span(&message)};
  tacet_published_package_write(w, &one);
}

shelf book_publish(const person *p, size_t device, const tacet_buf *packages) {
  TACET_BUF(w, 1024 * 1024);
  const tacet_publish m = {.packages = tacet_buf_span(packages)};
  tacet_publish_write(&w, &m);
  answer a = book_call_as(p, device, DIR_PUBLISH, &w);
  shelf s = {.status = a.status};
  tacet_publish_answer held;
  if (a.status == TACET_WIRE_OK) {
    assert_ok(tacet_publish_answer_parse(tacet_bytes_span(&a.body), &held));
    s.n_held = held.held.len / 32;
  }
  answer_free(&a);
  return s;
}

claimed book_claim(const uint8_t account[32], const tacet_token *t) {
  TACET_BUF(w, 1024);
  uint8_t bytes[TACET_TOKEN_LEN];
  tacet_claim m = {.token = t == NULL ? TACET_SPAN_EMPTY
                                      : book_token_bytes(t, bytes)};
  memcpy(m.account_id, account, sizeof(m.account_id));
  tacet_claim_write(&w, &m);
  answer a = book_call(DIR_CLAIM, &w, false);
  claimed c = {.status = a.status};
  tacet_claim_answer list;
  tacet_claimed_package p;
  if (a.status == TACET_WIRE_OK) {
    assert_ok(tacet_claim_answer_parse(tacet_bytes_span(&a.body), &list));
    while (tacet_claimed_package_next(&list.packages, &p)) {
      assert_ok(dir_hash(p.key_package, c.hashes[c.n++]));
      c.n_last_resort += p.last_resort ? 1 : 0;
    }
  }
  answer_free(&a);
  return c;
}
