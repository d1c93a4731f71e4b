/* SPDX-License-Identifier: Apache-2.0
 * Joining without an invitation, by an external commit (RFC 9420 12.4.3.2). */
#include "mls/commit.h"
#include "mls/group_info.h"
#include "mls/transcript.h"

/* ---- the group, seen from outside ---- */

/* Without secrets: enough to make a commit in its epoch. */
static tacet_err outside_view(const tacet_mls_config *config,
                              const tacet_suite *suite,
                              const tacet_group_info *info, tacet_span tree,
                              tacet_mls_group **out) {
  TACET_CLEANUP(tacet_group_cleanup) tacet_mls_group *g = NULL;
  TACET_TRY(tacet_group_alloc(config, suite, &g));
  TACET_TRY(tacet_group_info_check(suite, info, tree, &g->tree));
  TACET_TRY(tacet_context_set(&g->context, info->group_context.raw));
  TACET_TRY(tacet_transcript_interim(
      suite->hash, info->group_context.confirmed_transcript_hash,
      info->confirmation_tag, g->interim));
  g->keys.leaf = TACET_MLS_NO_LEAF;
  *out = g;
  g = NULL;
  return TACET_OK;
}

static tacet_err find_external_pub(const tacet_suite *suite,
                                   const tacet_group_info *info,
                                   tacet_span *key) {
  tacet_span data;
  if (!tacet_extension_find(info->extensions, TACET_EXTENSION_EXTERNAL_PUB,
                            &data)) {
    return TACET_ERR_EXTERNAL;
  }
  TACET_TRY(tacet_external_pub_parse(data, key));
  return tacet_kem_key_check(suite, *key, TACET_ERR_EXTERNAL);
}

/* ---- the commit ---- */

/* Remove and PSKs as proposals; the caller frees the list. */
static tacet_err list_proposals(const tacet_mls_external_args *args,
                                tacet_mls_proposal **out, size_t *n) {
  tacet_mls_proposal *list = tacet_alloc_array(args->n_psks + 1, sizeof(*list));
  if (list == NULL) {
    return TACET_ERR_NOMEM;
  }
  *n = 0;
  if (args->remove != TACET_MLS_NO_LEAF) {
    list[(*n)++] = (tacet_mls_proposal){.type = TACET_PROPOSAL_REMOVE,
                                        .leaf = args->remove};
  }
  for (size_t i = 0; i < args->n_psks; i++) {
    tacet_mls_psk_id id = args->psks[i].id;
    id.nonce = TACET_SPAN_EMPTY;
    list[(*n)++] = (tacet_mls_proposal){.type = TACET_PROPOSAL_PSK, .psk = id};
  }
  *out = list;
  return TACET_OK;
}

static tacet_err make(tacet_mls_group *g, const tacet_mls_external_args *args,
                      const tacet_mls_commit_args *commit_args,
                      tacet_span external_pub, tacet_next *next,
                      tacet_mls_commit_result *result) {
  TACET_OWN_LEAF(leaf);
  TACET_SECRET(init);
  uint8_t kem_output[TACET_KEM_ENC_MAX];
  TACET_TRY(tacet_own_leaf_new(&g->config, g->suite, &args->leaf, &leaf));
  TACET_TRY(
      tacet_external_init_make(g->suite, external_pub, kem_output, &init));
  TACET_CLEANUP(tacet_commit_job_free)
  tacet_commit_job job = {.g = g,
                          .sender = {TACET_SENDER_NEW_MEMBER_COMMIT, 0},
                          .args = commit_args,
                          .init = &init,
                          .external_init =
                              tacet_span_of(kem_output, g->suite->kem->enc_len),
                          .leaf = &leaf,
                          .values = {.max = TACET_MLS_MESSAGE_LIMIT}};
  TACET_TRY(tacet_commit_job_list(&job));
  return tacet_commit_make(&job, next, result);
}

static tacet_err join(tacet_mls_group *g, const tacet_mls_external_args *args,
                      tacet_span external_pub,
                      tacet_mls_commit_result *result) {
  tacet_mls_proposal *proposals = NULL;
  size_t n = 0;
  TACET_NEXT(next);
  TACET_TRY(list_proposals(args, &proposals, &n));
  const tacet_mls_commit_args commit_args = {.proposals = proposals,
                                             .n_proposals = n,
                                             .psks = {args->psks, args->n_psks},
                                             .aad = args->aad,
                                             .public_message = true};
  tacet_err err = make(g, args, &commit_args, external_pub, &next, result);
  tacet_free(proposals);
  TACET_TRY(err);
  return tacet_group_enter(g, &next, 0, true);
}

static tacet_err read_info(const tacet_mls_config *config, tacet_span message,
                           tacet_group_info *out, const tacet_suite **suite) {
  tacet_message m;
  TACET_TRY(tacet_message_parse(message, &m));
  if (m.wire_format != TACET_WIRE_FORMAT_GROUP_INFO) {
    return TACET_ERR_UNKNOWN_TYPE;
  }
  *out = m.group_info;
  *suite = tacet_suites_find(config->suites,
                             m.group_info.group_context.cipher_suite);
  return *suite == NULL ? TACET_ERR_UNKNOWN_SUITE : TACET_OK;
}

tacet_err tacet_mls_external_join(const tacet_mls_config *config,
                                  const tacet_mls_external_args *args,
                                  tacet_buf *commit, tacet_mls_group **out) {
  TACET_CLEANUP(tacet_group_cleanup) tacet_mls_group *g = NULL;
  TACET_MLS_COMMIT_RESULT(result);
  tacet_group_info info;
  const tacet_suite *suite = NULL;
  tacet_span external_pub;
  TACET_TRY(commit->err);
  TACET_TRY(read_info(config, args->group_info, &info, &suite));
  TACET_TRY(find_external_pub(suite, &info, &external_pub));
  TACET_TRY(outside_view(config, suite, &info, args->tree, &g));
  TACET_TRY(join(g, args, external_pub, &result));
  tacet_group_tidy(g);
  size_t start = commit->len;
  tacet_write_bytes(commit, tacet_bytes_span(&result.commit));
  if (commit->err != TACET_OK) {
    tacet_err err = commit->err;
    tacet_buf_cut(commit, start);
    return err;
  }
  *out = g;
  g = NULL;
  return TACET_OK;
}
