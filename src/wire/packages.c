/* SPDX-License-Identifier: Apache-2.0
 * Key packages: publishing and claiming. */
#include "tacet/wire/directory.h"

#include "wire/fields.h"

void tacet_published_package_write(tacet_buf *w,
                                   const tacet_published_package *p) {
  tacet_write_optional(w, p->last_resort);
  tacet_write_vec(w, p->key_package);
}

static void read_published(tacet_reader *r, tacet_published_package *out) {
  out->last_resort = wire_read_bool(r);
  out->key_package = tacet_read_vec_max(r, TACET_KEY_PACKAGE_PUBLISH_MAX);
}

static void check_published(tacet_reader *r) {
  tacet_published_package p;
  read_published(r, &p);
}

bool tacet_published_package_next(tacet_span *list,
                                  tacet_published_package *out) {
  WIRE_NEXT(list, read_published, out);
}

void tacet_publish_write(tacet_buf *w, const tacet_publish *m) {
  tacet_write_vec(w, m->packages);
}

tacet_err tacet_publish_parse(tacet_span in, tacet_publish *out) {
  WIRE_READ(in);
  tacet_publish m;
  m.packages = wire_read_list(&r, TACET_KEY_PACKAGES_MAX, check_published,
                              &m.n_packages);
  WIRE_END(out, m);
}

void tacet_publish_answer_write(tacet_buf *w, const tacet_publish_answer *m) {
  tacet_write_vec(w, m->held);
}

tacet_err tacet_publish_answer_parse(tacet_span in, tacet_publish_answer *out) {
  WIRE_READ(in);
  size_t n;
  tacet_publish_answer m = {wire_read_array(&r, TACET_PACKAGE_HASH_LEN, 0,
                                            TACET_KEY_PACKAGES_MAX, &n)};
  WIRE_END(out, m);
}

/* ---- claiming ---- */

void tacet_claim_write(tacet_buf *w, const tacet_claim *m) {
  wire_write_fixed(w, m->account_id, sizeof(m->account_id));
  tacet_write_vec(w, m->token);
}

tacet_err tacet_claim_parse(tacet_span in, tacet_claim *out) {
  WIRE_READ(in);
  tacet_claim m;
  tacet_read_copy(&r, m.account_id, sizeof(m.account_id));
  m.token = wire_read_maybe(&r, TACET_TOKEN_LEN);
  WIRE_END(out, m);
}

void tacet_claimed_package_write(tacet_buf *w, const tacet_claimed_package *p) {
  wire_write_fixed(w, p->device_id, sizeof(p->device_id));
  tacet_write_optional(w, p->last_resort);
  tacet_write_vec(w, p->key_package);
}

static void read_claimed(tacet_reader *r, tacet_claimed_package *out) {
  tacet_read_copy(r, out->device_id, sizeof(out->device_id));
  out->last_resort = wire_read_bool(r);
  out->key_package = tacet_read_vec_max(r, TACET_KEY_PACKAGE_PUBLISH_MAX);
}

static void check_claimed(tacet_reader *r) {
  tacet_claimed_package p;
  read_claimed(r, &p);
}

bool tacet_claimed_package_next(tacet_span *list, tacet_claimed_package *out) {
  WIRE_NEXT(list, read_claimed, out);
}

void tacet_claim_answer_write(tacet_buf *w, const tacet_claim_answer *m) {
  tacet_write_vec(w, m->packages);
}

tacet_err tacet_claim_answer_parse(tacet_span in, tacet_claim_answer *out) {
  WIRE_READ(in);
  tacet_claim_answer m;
  m.packages =
      wire_read_list(&r, TACET_DEVICES_MAX, check_claimed, &m.n_packages);
  WIRE_END(out, m);
}
