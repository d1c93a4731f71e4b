/* SPDX-License-Identifier: Apache-2.0
 * Whole lives of a group. The input is a script: two bytes a step, what happens
 * and to whom. People add, remove, update, propose, race, join from outside,
 * mix in keys, change the group's extensions, talk; messages are lost, come
 * late, twice, in disorder or damaged; programs end and load what they saved. A
 * delivery service that takes one commit for each epoch stands between. The
 * oracle:
 *   - who has seen the same commits has the same group: epoch, tree, secrets;
 *   - a message opens once for each who was there, says what was said, and then
 *     is a replay;
 *   - what fails leaves the state, byte for byte, as it was;
 *   - a loaded state saves to the same bytes.
 * Randomness is counted: a script is one life. */
#include <stdlib.h>

#include "tacet/mls.h"

#define LIMIT ((size_t)1 << 18)
#define NOW 1700000000u
#define PEOPLE 6
#define STEPS_MAX 48
#define COMMITS_MAX 64
#define SAID_MAX 12
#define PROPOSALS_MAX 4

static const tacet_suite *const suite = &tacet_suite_x25519_chacha;
static tacet_mls_config config;
/* A key that everybody has been told. */
static const tacet_mls_psk password = {
    .id = {.type = TACET_MLS_PSK_EXTERNAL, .id = {(const uint8_t *)"pass", 4}},
    .key = {(const uint8_t *)"word", 4}};

typedef struct person {
  char name[8];
  tacet_secret key;
  tacet_mls_group *g;
  tacet_bytes package;
  tacet_mls_keys keys;
  size_t seen; /* commits of the service that this person has followed */
} person;

typedef struct said {
  tacet_bytes message;
  size_t from;
  uint64_t epoch;
  uint8_t text;
  bool must_open[PEOPLE], opened[PEOPLE];
} said;

typedef struct proposed {
  tacet_bytes message;
  size_t from;
  size_t at; /* commits that were taken before */
} proposed;

static struct {
  person p[PEOPLE];
  tacet_bytes commit[COMMITS_MAX]; /* taken by the service, in order */
  size_t n_commits;
  said said[SAID_MAX];
  size_t n_said;
  proposed proposal[PROPOSALS_MAX];
  size_t n_proposals;
} w;

static void must(tacet_err err) {
  if (err != TACET_OK) {
    abort();
  }
}

static void check(bool cond) {
  if (!cond) {
    abort();
  }
}

static uint64_t counter;
static tacet_err counted(uint8_t *out, size_t len) {
  for (size_t i = 0; i < len; i++) {
    counter = counter * 6364136223846793005u + 1442695040888963407u;
    out[i] = (uint8_t)(counter >> 56);
  }
  return TACET_OK;
}

/* ---- people ---- */

static tacet_mls_leaf_args leaf_of(const person *p) {
  return (tacet_mls_leaf_args){.identity = tacet_span_str(p->name),
                               .signature_key = &p->key};
}

static void publish(person *p) {
  TACET_BUF(b, LIMIT);
  const tacet_mls_key_package_args args = {.leaf = leaf_of(p),
                                           .not_after = UINT64_MAX};
  must(tacet_mls_key_package_new(&config, suite, &args, &b, &p->keys));
  must(tacet_buf_take(&b, &p->package));
}

static tacet_bytes state_of(const person *p) {
  TACET_BUF(b, LIMIT);
  tacet_bytes out = {NULL, 0};
  must(tacet_mls_save(p->g, &b));
  must(tacet_buf_take(&b, &out));
  return out;
}

static void check_same(tacet_bytes *before, const person *p) {
  tacet_bytes after = state_of(p);
  check(tacet_span_equal(tacet_bytes_span(before), tacet_bytes_span(&after)));
  tacet_bytes_free(before);
  tacet_bytes_free(&after);
}

static void miss_messages(const person *p, uint64_t before) {
  for (size_t i = 0; i < SAID_MAX; i++) {
    if (w.said[i].epoch < before) {
      w.said[i].must_open[p - w.p] = false;
    }
  }
}

static void leave(person *p) {
  tacet_mls_group_free(p->g);
  p->g = NULL;
  miss_messages(p, UINT64_MAX);
}

static bool in_step(const person *p) {
  return p->g != NULL && p->seen == w.n_commits;
}

static tacet_err process(person *p, tacet_span message, tacet_buf *content,
                         tacet_mls_event *e) {
  const tacet_mls_process_args args = {.psks = {&password, 1}, .now = NOW};
  return tacet_mls_process(p->g, message, &args, content, e);
}

/* ---- following ---- */

/* The proposals that a commit may name, where they never came. */
static void hear_proposals(person *p) {
  for (size_t i = 0; i < w.n_proposals; i++) {
    TACET_BUF(content, LIMIT);
    tacet_mls_event e;
    if (w.proposal[i].at == p->seen && &w.p[w.proposal[i].from] != p) {
      tacet_bytes before = state_of(p);
      tacet_err err =
          process(p, tacet_bytes_span(&w.proposal[i].message), &content, &e);
      if (err == TACET_ERR_REPLAY) { /* it came in time */
        check_same(&before, p);
      } else {
        must(err);
        tacet_bytes_free(&before);
      }
    }
  }
}

/* Without the password: it is asked for, or it was not needed. */
static void miss_password(person *p, tacet_span commit) {
  TACET_BUF(content, LIMIT);
  tacet_mls_event e;
  const tacet_mls_process_args args = {.now = NOW};
  tacet_bytes before = state_of(p);
  tacet_err err = tacet_mls_process(p->g, commit, &args, &content, &e);
  if (err == TACET_OK && e.kind == TACET_MLS_EVENT_COMMIT) {
    tacet_mls_staged_drop(p->g);
  } else {
    check(err == TACET_ERR_PROPOSAL_REF ||
          (err == TACET_OK && e.kind == TACET_MLS_EVENT_NEEDS_PSK &&
           e.n_psks == 1));
  }
  check_same(&before, p);
}

static void follow(person *p) {
  TACET_BUF(content, LIMIT);
  tacet_mls_event e;
  if (p->g == NULL || p->seen == w.n_commits) {
    return;
  }
  tacet_span commit = tacet_bytes_span(&w.commit[p->seen]);
  miss_password(p, commit);
  tacet_bytes before = state_of(p);
  tacet_err err = process(p, commit, &content, &e);
  if (err == TACET_ERR_PROPOSAL_REF) {
    check_same(&before, p);
    hear_proposals(p);
    err = process(p, commit, &content, &e);
  } else {
    tacet_bytes_free(&before);
  }
  must(err);
  check(e.kind == TACET_MLS_EVENT_COMMIT);
  tacet_mls_staged_info info;
  tacet_mls_staged_info_get(p->g, &info);
  must(tacet_mls_staged_apply(p->g, NOW));
  p->seen++;
  if (info.removes_self) {
    check(tacet_mls_group_status(p->g).removed);
    leave(p);
  }
}

/* Those of epochs that everybody has left. */
static void forget_proposals(size_t before) {
  size_t n = 0;
  for (size_t i = 0; i < w.n_proposals; i++) {
    if (w.proposal[i].at < before) {
      tacet_bytes_free(&w.proposal[i].message);
    } else {
      w.proposal[n++] = w.proposal[i];
    }
  }
  w.n_proposals = n;
}

/* ---- committing ---- */

/* The service takes it. Proposals of this epoch stay, for who comes later. */
static void taken(tacet_bytes *commit) {
  check(w.n_commits < COMMITS_MAX);
  w.commit[w.n_commits++] = *commit;
  *commit = (tacet_bytes){NULL, 0};
}

static void join(person *p, const tacet_mls_commit_result *r) {
  const tacet_mls_candidate c = {tacet_bytes_span(&p->package), &p->keys};
  tacet_mls_welcome *welcome = NULL;
  size_t index = 0;
  must(tacet_mls_welcome_open(&config, tacet_bytes_span(&r->welcome), &c, 1,
                              &index, &welcome));
  must(tacet_mls_welcome_unlock(welcome, (tacet_mls_psks){&password, 1}));
  must(tacet_mls_welcome_join(welcome, tacet_bytes_span(&r->ratchet_tree), NULL,
                              &p->g));
  tacet_mls_welcome_free(welcome);
  p->seen = w.n_commits;
}

static void commit(person *by, const tacet_mls_proposal *list, size_t n,
                   uint8_t how, person *joiner) {
  TACET_MLS_COMMIT_RESULT(r);
  const tacet_mls_commit_args args = {.proposals = list,
                                      .n_proposals = n,
                                      .psks = {&password, 1},
                                      .with_cached = (how & 1) != 0,
                                      .force_path = (how & 2) != 0,
                                      .public_message = (how & 4) != 0,
                                      .tree_in_welcome = (how & 8) != 0,
                                      .padding = how & 16};
  tacet_bytes before = state_of(by);
  tacet_err err = tacet_mls_commit(by->g, &args, NOW, &r);
  if (err != TACET_OK) { /* not everything goes with what is cached */
    check_same(&before, by);
    return;
  }
  tacet_bytes_free(&before);
  if (!in_step(by)) { /* too late: the service refuses it */
    check(tacet_mls_pending_matches(by->g, tacet_bytes_span(&r.commit)));
    tacet_mls_pending_discard(by->g);
    return;
  }
  must(tacet_mls_pending_merge(by->g, NOW));
  taken(&r.commit);
  by->seen = w.n_commits;
  if (joiner != NULL) {
    join(joiner, &r);
  }
}

static void add(person *by, person *who, uint8_t how) {
  if (who->g != NULL) {
    return;
  }
  publish(who);
  const tacet_mls_proposal p[2] = {
      {.type = TACET_MLS_ADD, .key_package = tacet_bytes_span(&who->package)},
      {.type = TACET_MLS_PSK, .psk = password.id}};
  tacet_mls_member m;
  bool there = tacet_mls_member_find(by->g, tacet_span_str(who->name), &m);
  size_t n = (how & 32) != 0 ? 2 : 1;
  commit(by, p, n, there ? how : how & 0xfe, there ? NULL : who);
}

static void expel(person *by, const person *who, uint8_t how) {
  tacet_mls_member m;
  if (!tacet_mls_member_find(by->g, tacet_span_str(who->name), &m) ||
      m.leaf == tacet_mls_own_leaf(by->g)) {
    return;
  }
  const tacet_mls_proposal p = {.type = TACET_MLS_REMOVE, .leaf = m.leaf};
  commit(by, &p, 1, how, NULL);
}

/* What everybody knows goes into the next epoch's secrets: the password, the
 * secret of this epoch, or both. */
static void mix_in(person *by, uint8_t how) {
  const tacet_mls_proposal list[2] = {
      {.type = TACET_MLS_PSK, .psk = password.id},
      {.type = TACET_MLS_PSK,
       .psk = {.type = TACET_MLS_PSK_RESUMPTION,
               .usage = TACET_MLS_USAGE_APPLICATION,
               .id = TACET_SPAN_LIT("run"),
               .epoch = tacet_mls_epoch(by->g)}}};
  size_t from = (how & 32) != 0 ? 1 : 0;
  commit(by, list + from, (how & 8) != 0 ? 2 - from : 1, how, NULL);
}

/* The group's extensions: none, or an external sender. */
static void change_extensions(person *by, uint8_t how) {
  /* external_senders: one, of an Ed25519 key of zeros, named "x". */
  static const uint8_t list[] = {
      0x00, 0x05, 38, 37, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  0,
      0,    0,    0,  0,  0,  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 'x'};
  const tacet_mls_proposal p = {
      .type = TACET_MLS_GROUP_CONTEXT_EXTENSIONS,
      .extensions = tacet_span_of(list, (how & 32) != 0 ? sizeof(list) : 0)};
  commit(by, &p, 1, how, NULL);
}

/* Two at once: the second follows the first. */
static void race(person *a, person *b) {
  TACET_MLS_COMMIT_RESULT(r);
  if (a == b || !in_step(a) || !in_step(b)) {
    return;
  }
  const tacet_mls_commit_args args = {.force_path = true};
  must(tacet_mls_commit(b->g, &args, NOW, &r));
  commit(a, NULL, 0, 2, NULL);
  follow(b);
  check(b->g == NULL || !tacet_mls_group_status(b->g).pending);
}

static void come_in(person *p, const person *sponsor, uint8_t how) {
  TACET_BUF(info, LIMIT);
  TACET_BUF(message, LIMIT);
  tacet_mls_group *g = NULL;
  tacet_bytes made = {NULL, 0};
  tacet_mls_member m;
  if (!in_step(sponsor) || p == sponsor || w.n_commits == COMMITS_MAX) {
    return;
  }
  must(tacet_mls_group_info_write(
      sponsor->g,
      &(tacet_mls_group_info_args){.external_pub = true, .tree = true}, &info));
  /* Whoever is still in it comes in place of the old leaf. */
  bool there = tacet_mls_member_find(sponsor->g, tacet_span_str(p->name), &m);
  const tacet_mls_external_args args = {.group_info = tacet_buf_span(&info),
                                        .leaf = leaf_of(p),
                                        .remove =
                                            there ? m.leaf : TACET_MLS_NO_LEAF,
                                        .psks = &password,
                                        .n_psks = (how & 32) != 0 ? 1 : 0};
  must(tacet_mls_external_join(&config, &args, &message, &g));
  leave(p);
  p->g = g;
  must(tacet_buf_take(&message, &made));
  taken(&made);
  p->seen = w.n_commits;
}

static void propose(person *by, const person *who, uint8_t how) {
  tacet_mls_propose_args args = {.proposal = {.type = TACET_MLS_UPDATE},
                                 .public_message = (how & 1) != 0};
  tacet_mls_member m;
  TACET_BUF(b, LIMIT);
  if (!in_step(by) || w.n_proposals == PROPOSALS_MAX) {
    return;
  }
  if ((how & 2) != 0 &&
      tacet_mls_member_find(by->g, tacet_span_str(who->name), &m)) {
    args.proposal =
        (tacet_mls_proposal){.type = TACET_MLS_REMOVE, .leaf = m.leaf};
  }
  must(tacet_mls_propose(by->g, &args, NOW, &b));
  proposed *made = &w.proposal[w.n_proposals++];
  *made = (proposed){.from = (size_t)(by - w.p), .at = w.n_commits};
  must(tacet_buf_take(&b, &made->message));
  for (size_t i = 0; i < PEOPLE; i++) { /* some hear it at once */
    TACET_BUF(content, LIMIT);
    tacet_mls_event e;
    if (&w.p[i] != by && in_step(&w.p[i]) && (how >> (i + 2) & 1) != 0) {
      must(process(&w.p[i], tacet_bytes_span(&made->message), &content, &e));
    }
  }
}

/* ---- talking ---- */

static void say(person *by, uint8_t text) {
  TACET_BUF(b, LIMIT);
  said *s = &w.said[w.n_said++ % SAID_MAX];
  tacet_bytes_free(&s->message);
  *s = (said){.from = (size_t)(by - w.p),
              .epoch = tacet_mls_epoch(by->g),
              .text = text};
  const tacet_mls_protect_args args = {.padding = text % 32,
                                       .allow_pending_proposals = true};
  must(tacet_mls_protect(by->g, tacet_span_of(&text, 1), &args, &b));
  must(tacet_buf_take(&b, &s->message));
  for (size_t i = 0; i < PEOPLE; i++) {
    const person *p = &w.p[i];
    s->must_open[i] =
        p != by && p->g != NULL && tacet_mls_epoch(p->g) == s->epoch;
  }
}

/* Who was there, and has not gone on too far, opens it; for others it depends
 * on what they have kept. Whoever does hears the right thing, and once. */
static void hear(person *p, said *s) {
  TACET_BUF(content, LIMIT);
  tacet_mls_event e;
  size_t i = (size_t)(p - w.p);
  if (p->g == NULL || s->message.len == 0) {
    return;
  }
  tacet_bytes before = state_of(p);
  tacet_err err = process(p, tacet_bytes_span(&s->message), &content, &e);
  if (err == TACET_OK) {
    check(!s->opened[i] && e.kind == TACET_MLS_EVENT_APPLICATION);
    check(e.epoch == s->epoch && e.content.len == 1 &&
          e.content.p[0] == s->text);
    s->opened[i] = true;
    tacet_bytes_free(&before);
    before = state_of(p);
    err = process(p, tacet_bytes_span(&s->message), &content, &e);
    check(err == TACET_ERR_REPLAY);
  } else {
    check(!s->must_open[i] || s->opened[i] ||
          tacet_mls_epoch(p->g) - s->epoch > TACET_MLS_PAST_EPOCHS);
  }
  check_same(&before, p);
}

static void hear_damaged(person *p, const said *s, uint8_t at) {
  TACET_BUF(content, LIMIT);
  TACET_BYTES(copy);
  tacet_mls_event e;
  if (p->g == NULL || s->message.len == 0) {
    return;
  }
  must(tacet_bytes_set(&copy, tacet_bytes_span(&s->message)));
  copy.p[(size_t)at * copy.len / 256] ^= 0x10;
  tacet_bytes before = state_of(p);
  check(process(p, tacet_bytes_span(&copy), &content, &e) != TACET_OK);
  check_same(&before, p);
}

static void hear_old_commit(person *p, uint8_t which) {
  TACET_BUF(content, LIMIT);
  tacet_mls_event e;
  if (p->g == NULL || p->seen == 0) {
    return;
  }
  tacet_bytes before = state_of(p);
  size_t i = which % p->seen;
  tacet_err err = process(p, tacet_bytes_span(&w.commit[i]), &content, &e);
  check(err == TACET_ERR_EPOCH_PAST || err == TACET_ERR_OWN_MESSAGE);
  check_same(&before, p);
}

/* ---- the rest ---- */

static void restart(person *p) {
  tacet_mls_group *g = NULL;
  tacet_bytes state = state_of(p);
  must(tacet_mls_load_whole(&config, tacet_bytes_span(&state), &g));
  tacet_mls_group_free(p->g);
  p->g = g;
  check_same(&state, p);
}

static void all_agree(void) {
  const person *first = NULL;
  for (size_t i = 0; i < PEOPLE; i++) {
    person *p = &w.p[i];
    while (p->g != NULL && p->seen < w.n_commits) {
      follow(p);
    }
    if (p->g == NULL) {
      continue;
    }
    if (first == NULL) {
      first = p;
    }
    check(tacet_mls_epoch(p->g) == tacet_mls_epoch(first->g));
    check(tacet_span_equal(tacet_mls_tree_hash(p->g),
                           tacet_mls_tree_hash(first->g)));
    check(tacet_secret_equal(tacet_mls_epoch_authenticator(p->g),
                             tacet_mls_epoch_authenticator(first->g)));
    check(tacet_secret_equal(tacet_mls_resumption_psk(p->g),
                             tacet_mls_resumption_psk(first->g)));
  }
  forget_proposals(w.n_commits);
}

static void start(void) {
  config = TACET_MLS_CONFIG(&tacet_suites_all);
  tacet_random_source_set(counted);
  counter = 1;
  memset(&w, 0, sizeof(w));
  for (size_t i = 0; i < PEOPLE; i++) {
    uint8_t public_key[TACET_SIG_PUBLIC_MAX];
    person *p = &w.p[i];
    memcpy(p->name, "person", 6);
    p->name[6] = (char)('0' + i);
    must(suite->sig->generate(&p->key, public_key));
  }
  tacet_mls_leaf_args leaf = leaf_of(&w.p[0]);
  must(tacet_mls_group_new(&config, suite, TACET_SPAN_LIT("run"), &leaf,
                           TACET_SPAN_EMPTY, &w.p[0].g));
  add(&w.p[0], &w.p[1], 2);
  add(&w.p[0], &w.p[2], 10);
  follow(&w.p[1]);
}

static void stop(void) {
  all_agree();
  for (size_t i = 0; i < PEOPLE; i++) {
    leave(&w.p[i]);
    tacet_bytes_free(&w.p[i].package);
    tacet_mls_keys_wipe(&w.p[i].keys);
  }
  for (size_t i = 0; i < w.n_commits; i++) {
    tacet_bytes_free(&w.commit[i]);
  }
  for (size_t i = 0; i < SAID_MAX; i++) {
    tacet_bytes_free(&w.said[i].message);
  }
  forget_proposals(SIZE_MAX);
  tacet_random_source_set(NULL);
}

static said *recent(uint8_t how) {
  size_t n = w.n_said < SAID_MAX ? w.n_said : SAID_MAX;
  return &w.said[n == 0 ? 0 : how % n];
}

static void step(uint8_t what, uint8_t how) {
  person *a = &w.p[(what >> 4) % PEOPLE], *b = &w.p[how % PEOPLE];
  uint8_t rest = (uint8_t)(how / PEOPLE);
  if (a->g == NULL && (what & 15) != 9) {
    return;
  }
  switch (what & 15) {
  case 0:
    add(a, b, rest);
    break;
  case 1:
    expel(a, b, rest);
    break;
  case 2:
    commit(a, NULL, 0, rest | 2, NULL);
    break;
  case 3:
    propose(a, b, rest);
    break;
  case 4:
  case 5:
    say(a, how);
    break;
  case 6:
    hear(a, recent(how));
    break;
  case 7:
    hear_damaged(a, recent(how), (uint8_t)(how * 37));
    break;
  case 8:
    follow(a);
    break;
  case 9:
    come_in(a, b, rest);
    break;
  case 10:
    race(a, b);
    break;
  case 11:
    hear_old_commit(a, how);
    break;
  case 12:
    restart(a);
    break;
  case 13:
    tacet_mls_forget_past(a->g, NOW);
    miss_messages(a, tacet_mls_epoch(a->g));
    tacet_mls_erase_exporter(a->g);
    break;
  case 14:
    if ((how & 1) != 0) {
      mix_in(a, rest);
    } else {
      change_extensions(a, rest);
    }
    break;
  default:
    all_agree();
    break;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
  must(tacet_crypto_init());
  start();
  for (size_t i = 0; i + 1 < len && i / 2 < STEPS_MAX; i += 2) {
    if (w.n_commits + 2 < COMMITS_MAX) {
      step(data[i], data[i + 1]);
    }
  }
  stop();
  return 0;
}
