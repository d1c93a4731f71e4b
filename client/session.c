/* SPDX-License-Identifier: Apache-2.0
 * MLS groups, in and out of the store. */
#include "client/session.h"

#include "client/clock.h"

#define STATE_MAX ((size_t)32 << 20)

void client_session_close(client_session *s) {
  tacet_mls_group_free(s->mls);
  client_mem_free(&s->mem);
  *s = (client_session){.mls = NULL};
}

tacet_err client_group_get(client *c, tacet_span group, client_mem *mem,
                           client_group_record *out) {
  return client_get(c, CLIENT_T_GROUP, group, client_group_fields, out,
                    sizeof(*out), mem);
}

tacet_err client_group_save(client *c, client_group_record *r) {
  return client_put(c, CLIENT_T_GROUP, r->id, client_id_span(r->talk), 0,
                    client_group_fields, r);
}

tacet_err client_group_list(client *c, const uint8_t *talk, client_mem *mem,
                            client_group_record **list, size_t *n) {
  const client_row *rows;
  size_t count;
  client_range range = {.parent = talk != NULL ? client_id_span(talk)
                                               : TACET_SPAN_EMPTY};
  TACET_TRY(
      client_store_list(c->store, CLIENT_T_GROUP, &range, mem, &rows, &count));
  client_group_record *found = client_mem_array(mem, count, sizeof(*found));
  if (found == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < count; i++) {
    TACET_TRY(client_parse(c, &rows[i], client_group_fields, &found[i],
                           sizeof(found[i]), mem));
  }
  *list = found;
  *n = count;
  return TACET_OK;
}

tacet_err client_session_load(client *c, tacet_span group, client_session *s) {
  CLIENT_SESSION(loaded);
  CLIENT_MEM(mem);
  tacet_span tree, own;
  TACET_TRY(client_group_get(c, group, &loaded.mem, &loaded.r));
  TACET_TRY(client_store_get(c->store, CLIENT_T_TREE, group, &mem, &tree));
  TACET_TRY(client_store_get(c->store, CLIENT_T_OWN, group, &mem, &own));
  tacet_mls_config config = client_mls_config();
  TACET_TRY(tacet_mls_load(&config, tree, own, &loaded.mls));
  *s = loaded;
  loaded = (client_session){.mls = NULL};
  return TACET_OK;
}

/* The tree changes with the epoch alone, and is the larger part. */
static tacet_err save_tree(client *c, client_session *s) {
  uint64_t version = tacet_mls_epoch(s->mls) + 1;
  if (version == s->r.tree_saved) {
    return TACET_OK;
  }
  TACET_BUF(w, STATE_MAX);
  TACET_TRY(tacet_mls_save_shared(s->mls, &w));
  s->r.tree_saved = version;
  return client_store_put(c->store, CLIENT_T_TREE, s->r.id, TACET_SPAN_EMPTY, 0,
                          tacet_buf_span(&w));
}

tacet_err client_session_save(client *c, client_session *s) {
  TACET_TRY(save_tree(c, s));
  TACET_BUF(own, STATE_MAX);
  TACET_TRY(tacet_mls_save_own(s->mls, &own));
  TACET_TRY(client_store_put(c->store, CLIENT_T_OWN, s->r.id, TACET_SPAN_EMPTY,
                             0, tacet_buf_span(&own)));
  return client_group_save(c, &s->r);
}

/* ---- epochs ---- */

static void epoch_key(tacet_span group, uint64_t epoch, tacet_buf *w) {
  tacet_write_vec(w, group);
  tacet_write_u64(w, epoch);
}

static tacet_err epoch_save(client *c, tacet_span group, client_epoch *e) {
  TACET_BUF(key, 128);
  epoch_key(group, e->epoch, &key);
  TACET_TRY(key.err);
  return client_put(c, CLIENT_T_EPOCH, tacet_buf_span(&key), group, e->epoch,
                    client_epoch_fields, e);
}

tacet_err client_epoch_get(client *c, tacet_span group, uint64_t epoch,
                           client_mem *mem, client_epoch *out) {
  TACET_BUF(key, 128);
  epoch_key(group, epoch, &key);
  TACET_TRY(key.err);
  return client_get(c, CLIENT_T_EPOCH, tacet_buf_span(&key),
                    client_epoch_fields, out, sizeof(*out), mem);
}

tacet_err client_epochs(client *c, tacet_span group, client_mem *mem,
                        client_epoch **list, size_t *n) {
  const client_row *rows;
  size_t count;
  client_range range = {.parent = group};
  TACET_TRY(
      client_store_list(c->store, CLIENT_T_EPOCH, &range, mem, &rows, &count));
  client_epoch *found = client_mem_array(mem, count, sizeof(*found));
  if (found == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < count; i++) { /* newest first */
    TACET_TRY(client_parse(c, &rows[count - 1 - i], client_epoch_fields,
                           &found[i], sizeof(found[i]), mem));
  }
  *list = found;
  *n = count;
  return TACET_OK;
}

static tacet_err derive(const tacet_mls_group *g, client_epoch *e) {
  e->epoch = tacet_mls_epoch(g);
  TACET_TRY(tacet_mls_export(g, "tacet envelope", TACET_SPAN_EMPTY,
                             CLIENT_KEY_LEN, &e->envelope));
  for (uint8_t n = 0; n < CLIENT_SLOTS; n++) {
    uint8_t context[4] = {0, 0, 0, n};
    TACET_SECRET(name);
    TACET_TRY(tacet_mls_export(g, "tacet slot", tacet_span_of(context, 4),
                               CLIENT_KEY_LEN, &name));
    memcpy(e->slots[n], name.b, CLIENT_KEY_LEN);
  }
  return tacet_mls_export(g, "tacet media", TACET_SPAN_EMPTY, CLIENT_KEY_LEN,
                          &e->media);
}

static void epoch_wipe(client_epoch *e) {
  tacet_wipe(e, sizeof(*e));
}

static bool is_too_old(const client *c, const client_epoch *e) {
  return e->left_at != 0 && client_since(c, e->left_at) >= CLIENT_EPOCH_MAX_AGE;
}

static tacet_err epoch_delete(client *c, tacet_span group, uint64_t epoch) {
  TACET_BUF(key, 128);
  epoch_key(group, epoch, &key);
  TACET_TRY(key.err);
  return client_store_delete(c->store, CLIENT_T_EPOCH, tacet_buf_span(&key));
}

static void forget_past(const client *c, client_session *s) {
  uint64_t now = client_now(c);
  if (now > CLIENT_EPOCH_MAX_AGE) {
    tacet_mls_forget_past(s->mls, (now - CLIENT_EPOCH_MAX_AGE) / 1000);
  }
}

/* Marks the epochs left behind, and drops what is too many or too old. */
static tacet_err leave_epochs(client *c, client_session *s) {
  CLIENT_MEM(mem);
  client_epoch *list;
  size_t n;
  TACET_TRY(client_epochs(c, s->r.id, &mem, &list, &n));
  for (size_t i = 0; i < n; i++) {
    if (i >= CLIENT_EPOCHS_KEPT || is_too_old(c, &list[i])) {
      TACET_TRY(epoch_delete(c, s->r.id, list[i].epoch));
    } else if (list[i].left_at == 0) {
      list[i].left_at = client_now(c);
      TACET_TRY(epoch_save(c, s->r.id, &list[i]));
    }
  }
  return TACET_OK;
}

static tacet_err sweep_one(client *c, tacet_span group) {
  CLIENT_MEM(mem);
  CLIENT_SESSION(s);
  CLIENT_TX(tx);
  client_epoch *list;
  size_t n, old = 0;
  TACET_TRY(client_epochs(c, group, &mem, &list, &n));
  for (size_t i = 0; i < n; i++) {
    old += is_too_old(c, &list[i]);
  }
  if (old == 0) {
    return TACET_OK;
  }
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_session_load(c, group, &s));
  for (size_t i = 0; i < n; i++) {
    TACET_TRY(is_too_old(c, &list[i]) ? epoch_delete(c, group, list[i].epoch)
                                      : TACET_OK);
  }
  forget_past(c, &s);
  TACET_TRY(client_session_save(c, &s));
  return client_tx_commit(&tx);
}

tacet_err client_epochs_sweep(client *c) {
  CLIENT_MEM(mem);
  client_group_record *list;
  size_t n;
  TACET_TRY(client_group_list(c, NULL, &mem, &list, &n));
  for (size_t i = 0; i < n; i++) {
    TACET_TRY(sweep_one(c, list[i].id));
  }
  return TACET_OK;
}

tacet_err client_session_enter(client *c, client_session *s) {
  TACET_TRY(leave_epochs(c, s));
  TACET_CLEANUP(epoch_wipe) client_epoch e = {.epoch = 0};
  TACET_TRY(derive(s->mls, &e));
  TACET_TRY(epoch_save(c, s->r.id, &e));
  tacet_mls_erase_exporter(s->mls);
  forget_past(c, s);
  s->r.epoch = e.epoch;
  s->r.slot = 0;
  s->r.commit = 0;
  s->r.n_made = 0;
  return client_session_save(c, s);
}

tacet_err client_session_delete(client *c, tacet_span group) {
  TACET_TRY(client_store_delete_of(c->store, CLIENT_T_EPOCH, group));
  TACET_TRY(client_store_delete_of(c->store, CLIENT_T_UNOPENED, group));
  TACET_TRY(client_store_delete(c->store, CLIENT_T_TREE, group));
  TACET_TRY(client_store_delete(c->store, CLIENT_T_OWN, group));
  return client_store_delete(c->store, CLIENT_T_GROUP, group);
}
