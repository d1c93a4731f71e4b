/* SPDX-License-Identifier: Apache-2.0
 * What comes in: finding the epoch, the sender and his key, opening, verifying,
 * and handing on (RFC 9420 6). */
#include "mls/commit.h"
#include "mls/views.h"

typedef struct incoming {
  tacet_mls_group *g;
  tacet_span message;
  const tacet_mls_process_args *args;
  tacet_buf *content;
  tacet_mls_event *event;
  tacet_frame frame;
} incoming;

/* ---- the event ---- */

static void event_start(incoming *in) {
  const tacet_framed_content *c = &in->frame.content;
  *in->event = (tacet_mls_event){.epoch = c->epoch,
                                 .sender_type = c->sender.type,
                                 .sender = c->sender.index,
                                 .aad = c->authenticated_data,
                                 .member = {.leaf = TACET_MLS_NO_LEAF}};
}

/* ---- handshake messages, once verified ---- */

static tacet_err take_commit(incoming *in) {
  tacet_mls_group *g = in->g;
  const tacet_commit_stage_args args = {.psks = in->args->psks,
                                        .now = in->args->now,
                                        .public_only = in->args->public_only};
  tacet_err err = tacet_commit_stage(g, &in->frame, &args);
  if (err == TACET_ERR_NOT_FOUND) {
    in->event->kind = TACET_MLS_EVENT_NEEDS_PSK;
    in->event->psks = g->needed;
    in->event->n_psks = g->n_needed;
    return TACET_OK;
  }
  in->event->kind = TACET_MLS_EVENT_COMMIT;
  return err;
}

/* `spend`: of a private message, so that both happen or none. */
static tacet_err take_proposal(incoming *in, const tacet_sender_data *spend) {
  tacet_mls_group *g = in->g;
  TACET_CACHED(cached);
  TACET_TRY(tacet_cached_set(g->suite, &in->frame, &cached));
  TACET_TRY(tacet_proposal_sender_check(cached.view.type, cached.sender.type));
  const tacet_listed_proposal p = {.view = cached.view,
                                   .sender = cached.sender};
  const tacet_proposal_rules rules = {.extensions = g->context.view.extensions,
                                      .check_lifetime = in->args->now != 0,
                                      .now = in->args->now};
  TACET_TRY(tacet_proposal_check(g, &p, &rules));
  TACET_TRY(tacet_cached_reserve(g, g->config.max_proposals));
  if (spend != NULL) {
    TACET_TRY(tacet_secret_tree_spend(
        &g->ratchets, spend->leaf_index, TACET_RATCHET_HANDSHAKE,
        spend->generation, g->config.max_forward, g->config.max_kept));
  }
  const tacet_cached_proposal *kept = tacet_cached_add(g, &cached);
  const tacet_listed_proposal seen = {
      .view = kept->view, .sender = kept->sender, .cached = kept};
  in->event->kind = TACET_MLS_EVENT_PROPOSAL;
  tacet_proposal_view_set(g->suite, &seen, &in->event->proposal);
  return TACET_OK;
}

static tacet_err may_change(const tacet_mls_group *g) {
  if (g->removed) {
    return TACET_ERR_REMOVED;
  }
  return g->reinit.len > 0 ? TACET_ERR_REINIT : TACET_OK;
}

/* ---- PublicMessage ---- */

static tacet_err external_sender_key(const tacet_mls_group *g, uint32_t index,
                                     tacet_span *key) {
  tacet_span data, list;
  if (!tacet_extension_find(g->context.view.extensions,
                            TACET_EXTENSION_EXTERNAL_SENDERS, &data)) {
    return TACET_ERR_SENDER;
  }
  TACET_TRY(tacet_external_senders_parse(data, &list));
  tacet_external_sender s;
  for (uint32_t i = 0; tacet_external_sender_next(&list, &s); i++) {
    if (i == index) {
      *key = s.signature_key;
      return TACET_OK;
    }
  }
  return TACET_ERR_SENDER;
}

/* 6.1: which key the signature is to be verified with; and what a sender of
 * that kind may send at all. */
static tacet_err public_key(incoming *in, tacet_span *key) {
  const tacet_framed_content *c = &in->frame.content;
  bool commit = c->content_type == TACET_CONTENT_TYPE_COMMIT;
  switch (c->sender.type) {
  case TACET_SENDER_MEMBER:
    if (!tacet_mls_member_at(in->g, c->sender.index, &in->event->member)) {
      return TACET_ERR_SENDER;
    }
    *key = in->event->member.signature_key;
    return TACET_OK;
  case TACET_SENDER_EXTERNAL:
    return commit ? TACET_ERR_SENDER
                  : external_sender_key(in->g, c->sender.index, key);
  case TACET_SENDER_NEW_MEMBER_PROPOSAL:
    if (commit || c->body.proposal.type != TACET_PROPOSAL_ADD) {
      return TACET_ERR_SENDER;
    }
    *key = c->body.proposal.add.leaf_node.signature_key;
    return TACET_OK;
  default: /* new_member_commit */
    if (!commit) {
      return TACET_ERR_SENDER;
    }
    if (!c->body.commit.has_path) {
      return TACET_ERR_PATH_REQUIRED;
    }
    *key = c->body.commit.path.leaf_node.signature_key;
    return TACET_OK;
  }
}

static tacet_err public_epoch(const incoming *in) {
  const tacet_mls_group *g = in->g;
  const tacet_framed_content *c = &in->frame.content;
  if (!tacet_span_equal(c->group_id, g->context.view.group_id)) {
    return TACET_ERR_GROUP_ID;
  }
  if (c->content_type == TACET_CONTENT_TYPE_APPLICATION) {
    return TACET_ERR_SENDER; /* 6: never in the clear */
  }
  if (c->epoch != g->context.view.epoch) {
    return c->epoch < g->context.view.epoch ? TACET_ERR_EPOCH_PAST
                                            : TACET_ERR_EPOCH_FUTURE;
  }
  return may_change(g);
}

static tacet_err process_public(incoming *in, const tacet_public_message *m) {
  tacet_mls_group *g = in->g;
  tacet_span context = tacet_context_span(&g->context), key;
  in->frame.wire_format = TACET_WIRE_FORMAT_PUBLIC_MESSAGE;
  in->frame.content = m->content;
  in->frame.auth = m->auth;
  TACET_TRY(public_epoch(in));
  event_start(in);
  TACET_TRY(public_key(in, &key));
  if (m->content.sender.type == TACET_SENDER_MEMBER) {
    TACET_TRY(tacet_frame_membership_check(g->suite, &in->frame, context,
                                           &g->secrets.membership,
                                           m->membership_tag, &g->work));
    if (m->content.sender.index == g->keys.leaf) {
      return TACET_ERR_OWN_MESSAGE;
    }
  }
  TACET_TRY(tacet_frame_verify(g->suite, &in->frame, context, key, &g->work));
  return m->content.content_type == TACET_CONTENT_TYPE_COMMIT
             ? take_commit(in)
             : take_proposal(in, NULL);
}

/* ---- PrivateMessage ---- */

/* The epoch that a private message belongs to: the present one or a kept one.
 */
typedef struct epoch_keys {
  tacet_past_epoch *past; /* NULL: the present one */
  tacet_span context;
  const tacet_secret *sender_data;
  tacet_secret_tree *ratchets;
} epoch_keys;

static tacet_err find_epoch(tacet_mls_group *g, const tacet_private_message *m,
                            epoch_keys *out) {
  if (!tacet_span_equal(m->group_id, g->context.view.group_id)) {
    return TACET_ERR_GROUP_ID;
  }
  if (m->epoch > g->context.view.epoch) {
    return TACET_ERR_EPOCH_FUTURE;
  }
  if (m->epoch == g->context.view.epoch) {
    *out = (epoch_keys){.context = tacet_context_span(&g->context),
                        .sender_data = &g->secrets.sender_data,
                        .ratchets = &g->ratchets};
    return TACET_OK;
  }
  tacet_past_epoch *past = tacet_past_find(g, m->epoch);
  if (past == NULL) {
    return TACET_ERR_EPOCH_PAST;
  }
  *out = (epoch_keys){.past = past,
                      .context = tacet_context_span(&past->context),
                      .sender_data = &past->sender_data,
                      .ratchets = &past->ratchets};
  return TACET_OK;
}

/* The sender as he was in that epoch. */
static bool find_sender(const tacet_mls_group *g, const epoch_keys *e,
                        uint32_t leaf, tacet_mls_member *out) {
  return e->past != NULL ? tacet_past_leaf(g, e->past, leaf, out)
                         : tacet_mls_member_at(g, leaf, out);
}

static tacet_err take_application(incoming *in, const epoch_keys *e,
                                  const tacet_sender_data *sender) {
  const tacet_mls_config *config = &in->g->config;
  TACET_TRY(tacet_secret_tree_spend(
      e->ratchets, sender->leaf_index, TACET_RATCHET_APPLICATION,
      sender->generation, config->max_forward, config->max_kept));
  /* To the front of the buffer, and nothing else left in it. */
  tacet_span data = in->frame.content.body.application_data;
  if (data.len > 0) {
    memmove(in->content->p, data.p, data.len);
  }
  tacet_buf_cut(in->content, data.len);
  in->event->kind = TACET_MLS_EVENT_APPLICATION;
  in->event->content = tacet_buf_span(in->content);
  return TACET_OK;
}

static tacet_err open_private(incoming *in, const tacet_private_message *m,
                              const epoch_keys *e,
                              const tacet_sender_data *sender) {
  tacet_mls_group *g = in->g;
  bool application = m->content_type == TACET_CONTENT_TYPE_APPLICATION;
  TACET_MESSAGE_KEY(key);
  tacet_mls_member member;
  if (!find_sender(g, e, sender->leaf_index, &member)) {
    return TACET_ERR_SENDER;
  }
  TACET_TRY(tacet_secret_tree_key(
      e->ratchets, sender->leaf_index,
      application ? TACET_RATCHET_APPLICATION : TACET_RATCHET_HANDSHAKE,
      sender->generation, g->config.max_forward, &key));
  TACET_TRY(tacet_private_open(g->suite, m, sender, &key, &g->work,
                               application ? in->content : &g->plain,
                               &in->frame));
  TACET_TRY(tacet_frame_verify(g->suite, &in->frame, e->context,
                               member.signature_key, &g->work));
  event_start(in);
  in->event->member = member;
  in->event->generation = sender->generation;
  return TACET_OK;
}

static tacet_err process_private(incoming *in, const tacet_private_message *m) {
  epoch_keys e;
  tacet_sender_data sender;
  TACET_TRY(find_epoch(in->g, m, &e));
  TACET_TRY(tacet_private_sender(in->g->suite, m, e.sender_data, &in->g->work,
                                 &sender));
  if (sender.leaf_index == in->g->keys.leaf) {
    return TACET_ERR_OWN_MESSAGE;
  }
  if (m->content_type != TACET_CONTENT_TYPE_APPLICATION) {
    if (e.past != NULL) {
      return TACET_ERR_EPOCH_PAST;
    }
    TACET_TRY(may_change(in->g));
  } else if (e.past == NULL && in->g->reinit.len > 0) {
    return TACET_ERR_REINIT; /* 12.4.2: the last epoch has no messages */
  }
  TACET_TRY(open_private(in, m, &e, &sender));
  switch (m->content_type) {
  case TACET_CONTENT_TYPE_APPLICATION:
    return take_application(in, &e, &sender);
  case TACET_CONTENT_TYPE_PROPOSAL:
    return take_proposal(in, &sender);
  default: /* a commit spends nothing: with it the epoch ends, or it never was
            */
    return take_commit(in);
  }
}

/* ---- all ---- */

static tacet_err process(incoming *in) {
  tacet_message m;
  TACET_TRY(tacet_message_parse(in->message, &m));
  switch (m.wire_format) {
  case TACET_WIRE_FORMAT_PUBLIC_MESSAGE:
    return process_public(in, &m.public_message);
  case TACET_WIRE_FORMAT_PRIVATE_MESSAGE:
    return process_private(in, &m.private_message);
  default:
    return TACET_ERR_UNKNOWN_TYPE;
  }
}

tacet_err tacet_mls_process(tacet_mls_group *g, tacet_span message,
                            const tacet_mls_process_args *args,
                            tacet_buf *content, tacet_mls_event *event) {
  tacet_mls_event made = {.epoch = 0};
  incoming in = {.g = g,
                 .message = message,
                 .args = args,
                 .content = content,
                 .event = &made};
  tacet_buf_clear(content);
  if (g->staged != NULL) {
    return TACET_ERR_STATE;
  }
  tacet_group_needs_clear(g);
  tacet_err err = tacet_mls_pending_matches(g, message) ? TACET_ERR_OWN_MESSAGE
                                                        : process(&in);
  tacet_group_tidy(g);
  if (err != TACET_OK) {
    tacet_buf_clear(content);
    return err;
  }
  *event = made;
  return TACET_OK;
}

tacet_err tacet_mls_peek(tacet_span message, tacet_mls_header *out) {
  tacet_message m;
  TACET_TRY(tacet_message_parse(message, &m));
  tacet_mls_header h = {.wire_format = m.wire_format};
  if (m.wire_format == TACET_WIRE_FORMAT_PUBLIC_MESSAGE) {
    const tacet_framed_content *c = &m.public_message.content;
    h.group_id = c->group_id;
    h.epoch = c->epoch;
    h.content_type = c->content_type;
    h.aad = c->authenticated_data;
  } else if (m.wire_format == TACET_WIRE_FORMAT_PRIVATE_MESSAGE) {
    const tacet_private_message *p = &m.private_message;
    h.group_id = p->group_id;
    h.epoch = p->epoch;
    h.content_type = p->content_type;
    h.aad = p->authenticated_data;
  }
  *out = h;
  return TACET_OK;
}
