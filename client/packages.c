/* SPDX-License-Identifier: Apache-2.0
 * Key packages: made, published, used up. */
#include "client/packages.h"

#include "client/chain.h"
#include "client/mailboxes.h"
#include "client/people.h"
#include "tacet/content/room.h"

#define PACKAGE_MAX ((size_t)8 * 1024)
#define NO_LETTER                                                              \
  (30 * CLIENT_DAY) /* a claim that brings none in this time                   \
                     */
#define TOP_UP_EVERY CLIENT_DAY
#define REPLACE_EVERY (7 * CLIENT_DAY) /* the last-resort package */

/* ---- the leaf ---- */

tacet_err client_leaf_args(client *c, const client_mailbox *m, client_mem *mem,
                           tacet_mls_leaf_args *out) {
  static const uint16_t types[] = {
      TACET_EXTENSION_DELIVERY, TACET_EXTENSION_ROOM, TACET_EXTENSION_RETURN};
  tacet_manifest newest;
  TACET_TRY(client_chain_newest(c, client_id_span(c->self.account), &newest));
  tacet_identity identity = {.manifest = newest.number};
  memcpy(identity.account, c->self.account, sizeof(identity.account));
  memcpy(identity.device, c->self.device, sizeof(identity.device));
  tacet_address address = {.server = tacet_span_str(c->self.domain)};
  memcpy(address.mailbox, m->id, sizeof(address.mailbox));
  memcpy(address.capability, m->capability.b, sizeof(address.capability));
  memcpy(address.sealing_key, m->sealing_public, sizeof(address.sealing_key));
  TACET_BUF(w, 1024);
  tacet_mls_leaf_args args = {.signature_key = &c->self.device_key,
                              .extension_types = types,
                              .n_extension_types = 3};
  tacet_identity_write(&w, &identity);
  TACET_TRY(client_mem_take(mem, &w, &args.identity));
  tacet_address_write(&w, &address);
  TACET_BUF(list, 1024);
  tacet_mls_extensions_add(&list, TACET_EXTENSION_DELIVERY, tacet_buf_span(&w));
  TACET_TRY(client_mem_take(mem, &list, &args.extensions));
  *out = args;
  return TACET_OK;
}

/* ---- making ---- */

tacet_err client_package_get(client *c, tacet_span ref, client_mem *mem,
                             client_package *out) {
  return client_get(c, CLIENT_T_PACKAGE, ref, client_package_fields, out,
                    sizeof(*out), mem);
}

static tacet_err package_save(client *c, tacet_span ref, client_package *p) {
  return client_put(c, CLIENT_T_PACKAGE, ref, TACET_SPAN_EMPTY, p->made_at,
                    client_package_fields, p);
}

/* One more, with one of the spare mailboxes. Within a transaction. */
static tacet_err make_one(client *c, bool last_resort) {
  CLIENT_MEM(mem);
  client_mailbox m;
  tacet_mls_key_package_args args = {.extensions = TACET_SPAN_EMPTY};
  uint64_t now = client_now(c);
  TACET_TRY(last_resort ? client_mailbox_take_paid(c, &mem, &m)
                        : client_mailbox_take(c, &mem, &m));
  TACET_TRY(client_leaf_args(c, &m, &mem, &args.leaf));
  /* Valid from an hour ago: clocks differ. */
  args.not_before = now / 1000 - 3600;
  args.not_after = (now + CLIENT_PACKAGE_LIFE) / 1000;
  tacet_mls_config config = client_mls_config();
  TACET_BUF(message, PACKAGE_MAX);
  TACET_MLS_KEYS(keys);
  TACET_TRY(
      tacet_mls_key_package_new(&config, CLIENT_SUITE, &args, &message, &keys));
  tacet_mls_key_package seen;
  TACET_TRY(tacet_mls_key_package_check(&config, tacet_buf_span(&message),
                                        now / 1000, &seen));
  TACET_BUF(kept, 1024);
  tacet_mls_keys_write(&kept, &keys);
  TACET_TRY(kept.err);
  tacet_span ref = tacet_span_of(seen.ref, seen.ref_len);
  client_package p = {.message = tacet_buf_span(&message),
                      .keys = tacet_buf_span(&kept),
                      .last_resort = last_resort,
                      .made_at = now,
                      .not_after = now + CLIENT_PACKAGE_LIFE};
  memcpy(p.mailbox, m.id, sizeof(p.mailbox));
  m.use = CLIENT_MAILBOX_PACKAGE;
  m.package = ref;
  m.last_resort = last_resort;
  TACET_TRY(client_mailbox_save(c, &m));
  return package_save(c, ref, &p);
}

typedef struct shelf {
  const client_row *rows;
  client_package *list;
  tacet_span *refs; /* of list[i] */
  size_t n;
} shelf;

/* All packages. Their references are not in the records: they are computed. */
static tacet_err shelf_load(client *c, client_mem *mem, shelf *out) {
  shelf s;
  client_range all = {.limit = 0};
  TACET_TRY(
      client_store_list(c->store, CLIENT_T_PACKAGE, &all, mem, &s.rows, &s.n));
  s.list = client_mem_array(mem, s.n, sizeof(*s.list));
  s.refs = client_mem_array(mem, s.n, sizeof(*s.refs));
  if (s.list == NULL || s.refs == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < s.n; i++) {
    TACET_TRY(client_parse(c, &s.rows[i], client_package_fields, &s.list[i],
                           sizeof(s.list[i]), mem));
    CLIENT_MEM(scratch);
    client_mailbox m;
    tacet_span id = tacet_span_of(s.list[i].mailbox, CLIENT_MAILBOX_LEN);
    TACET_TRY(client_mailbox_get(c, id, &scratch, &m));
    TACET_TRY(client_mem_copy(mem, m.package, &s.refs[i]));
  }
  *out = s;
  return TACET_OK;
}

static bool is_on_offer(const client_package *p, bool last_resort) {
  return p->claimed_at == 0 && p->last_resort == last_resort;
}

static size_t count(const shelf *s, bool last_resort) {
  size_t n = 0;
  for (size_t i = 0; i < s->n; i++) {
    n += is_on_offer(&s->list[i], last_resort);
  }
  return n;
}

static tacet_err make_missing(client *c, const shelf *s, bool new_last_resort) {
  size_t have = count(s, false);
  size_t want =
      have < CLIENT_PACKAGES_PUBLISHED ? CLIENT_PACKAGES_PUBLISHED - have : 0;
  bool last = new_last_resort || count(s, true) == 0;
  if (want == 0 && !last) {
    return TACET_OK;
  }
  TACET_TRY(client_mailboxes_ensure(c, want));
  TACET_TRY(last ? client_mailboxes_ensure_paid(c) : TACET_OK);
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  for (size_t i = 0; i < want; i++) {
    TACET_TRY(make_one(c, false));
    client_tell(c, "prepare", NULL, i + 1, want);
  }
  if (last) {
    TACET_TRY(make_one(c, true));
  }
  return client_tx_commit(&tx);
}

static tacet_err forget(client *c, tacet_span ref, const client_package *p) {
  TACET_TRY(client_store_delete(c->store, CLIENT_T_PACKAGE, ref));
  return client_mailbox_condemn(c,
                                tacet_span_of(p->mailbox, CLIENT_MAILBOX_LEN));
}

/* ---- publishing ---- */

static tacet_err is_held(tacet_span message, tacet_span held, bool *out) {
  uint8_t hash[TACET_PACKAGE_HASH_LEN];
  TACET_TRY(tacet_hash_one(&tacet_hash_sha256, message, hash));
  *out = false;
  for (size_t i = 0; i + sizeof(hash) <= held.len; i += sizeof(hash)) {
    *out = *out || memcmp(held.p + i, hash, sizeof(hash)) == 0;
  }
  return TACET_OK;
}

/* What the server still holds is on offer; what it does not was claimed. */
static tacet_err note_held(client *c, shelf *s, tacet_span held) {
  for (size_t i = 0; i < s->n; i++) {
    client_package *p = &s->list[i];
    bool there;
    TACET_TRY(is_held(p->message, held, &there));
    if (there && !p->published) {
      p->published = true;
    } else if (!there && p->published && p->claimed_at == 0) {
      p->claimed_at = client_now(c);
    } else {
      continue;
    }
    TACET_TRY(package_save(c, s->refs[i], p));
  }
  return TACET_OK;
}

/* Packages say from when to when they are good, by this device's clock. When
 * the server finds otherwise they are made anew by the next try, or a home that
 * was made under a wrong clock could never be used. */
static tacet_err refused(client *c, const shelf *s, const client_reply *reply) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  for (size_t i = 0; i < s->n; i++) {
    if (!s->list[i].published) {
      TACET_TRY(forget(c, s->refs[i], &s->list[i]));
    }
  }
  TACET_TRY(client_tx_commit(&tx));
  (void)client_fail(&c->detail, CLIENT_REFUSED,
                    tacet_wire_error_code(reply->code),
                    "The server finds what this device publishes out of date, "
                    "or not good yet: set the clock right, then try again.");
  return client_expect_ok(c, reply);
}

static tacet_err put(client *c, shelf *s, uint32_t *n_held) {
  CLIENT_MEM(mem);
  TACET_BUF(list, TACET_KEY_PACKAGES_MAX * (PACKAGE_MAX + 16));
  for (size_t i = 0; i < s->n; i++) {
    if (!s->list[i].published) {
      tacet_published_package p = {s->list[i].last_resort, s->list[i].message};
      tacet_published_package_write(&list, &p);
    }
  }
  tacet_publish ask = {.packages = tacet_buf_span(&list)};
  TACET_BUF(w, (size_t)1 << 20);
  tacet_publish_write(&w, &ask);
  TACET_TRY(list.err);
  TACET_TRY(w.err);
  client_reply reply;
  tacet_publish_answer answer;
  TACET_TRY(client_ask_signed(c, "PUT", "/v1/keypackages", tacet_buf_span(&w),
                              &mem, &reply));
  if (reply.code == TACET_WIRE_KEY_PACKAGE) {
    return refused(c, s, &reply);
  }
  TACET_TRY(client_expect_ok(c, &reply));
  TACET_TRY(tacet_publish_answer_parse(reply.body, &answer));
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(note_held(c, s, answer.held));
  TACET_TRY(client_tx_commit(&tx));
  *n_held = (uint32_t)(answer.held.len / TACET_PACKAGE_HASH_LEN);
  return TACET_OK;
}

static tacet_err top_up(client *c, bool new_last_resort, uint32_t *n_held) {
  /* Ask first what was claimed, then fill up: twice at most. */
  for (int turn = 0; turn < 2; turn++) {
    CLIENT_MEM(mem);
    shelf s;
    TACET_TRY(shelf_load(c, &mem, &s));
    size_t before = s.n;
    TACET_TRY(make_missing(c, &s, new_last_resort));
    new_last_resort = false;
    TACET_TRY(shelf_load(c, &mem, &s));
    if (turn > 0 && s.n == before) {
      return TACET_OK;
    }
    TACET_TRY(put(c, &s, n_held));
  }
  return TACET_OK;
}

tacet_err client_packages_top_up(client *c) {
  uint32_t n_held = 0;
  TACET_TRY(top_up(c, false, &n_held));
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  client_upkeep upkeep;
  TACET_TRY(client_upkeep_load(c, &upkeep));
  upkeep.n_packages = n_held;
  uint64_t jitter;
  TACET_TRY(client_chance(c, CLIENT_HOUR, &jitter));
  upkeep.next_packages = client_now(c) + TOP_UP_EVERY + jitter;
  if (upkeep.next_last_resort == 0) {
    upkeep.next_last_resort = client_now(c) + REPLACE_EVERY + jitter;
  }
  TACET_TRY(client_upkeep_save(c, &upkeep));
  return client_tx_commit(&tx);
}

/* ---- ending ---- */

tacet_err client_package_used(client *c, tacet_span ref) {
  CLIENT_MEM(mem);
  client_package p;
  TACET_TRY(client_package_get(c, ref, &mem, &p));
  return p.last_resort ? TACET_OK
                       : client_store_delete(c->store, CLIENT_T_PACKAGE, ref);
}

static tacet_err forget_useless(client *c) {
  CLIENT_MEM(mem);
  shelf s;
  uint64_t now = client_now(c);
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(shelf_load(c, &mem, &s));
  for (size_t i = 0; i < s.n; i++) {
    const client_package *p = &s.list[i];
    if (now >= p->not_after ||
        (p->claimed_at != 0 && now >= p->claimed_at + NO_LETTER)) {
      TACET_TRY(forget(c, s.refs[i], p));
    }
  }
  return client_tx_commit(&tx);
}

tacet_err client_packages_upkeep(client *c, client_upkeep *upkeep) {
  uint64_t now = client_now(c);
  /* A time that far away was set under a wrong clock. */
  if (now < upkeep->next_packages &&
      upkeep->next_packages - now <= 2 * TOP_UP_EVERY) {
    return TACET_OK;
  }
  TACET_TRY(forget_useless(c));
  bool replace = now >= upkeep->next_last_resort;
  TACET_TRY(top_up(c, replace, &upkeep->n_packages));
  uint64_t jitter;
  TACET_TRY(client_chance(c, CLIENT_HOUR, &jitter));
  upkeep->next_packages = now + TOP_UP_EVERY + jitter;
  if (replace) {
    upkeep->next_last_resort = now + REPLACE_EVERY + jitter;
  }
  return TACET_OK;
}
