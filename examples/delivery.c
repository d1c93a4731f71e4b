/* SPDX-License-Identifier: Apache-2.0
 * A delivery service that orders commits, and members who race for it. The
 * service holds no keys: it sees a group's id, the epoch and whether a message
 * is a commit (tacet/mlswire.h), and takes one commit an epoch. Who loses drops
 * the own commit, follows the winner's and tries again.
 *
 *   cc delivery.c $(pkg-config --cflags --libs tacet) -o delivery
 *
 * Everything is in one process, so that it can be read in one go: put a socket
 * between `submit` and `fetch` and the members.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tacet/mls.h>
#include <tacet/mlswire.h>
#include <time.h>

#define LIMIT ((size_t)1 << 20)

static void check(tacet_err err, const char *what) {
  if (err != TACET_OK) {
    fprintf(stderr, "%s: %s\n", what, tacet_err_text(err));
    exit(1);
  }
}

/* ---- the service ---- */

#define LOG_MAX 256

/* One group's messages, in the order that everybody gets them in. */
typedef struct service {
  tacet_bytes group_id;
  uint64_t epoch; /* the next commit must be of this one */
  tacet_bytes log[LOG_MAX];
  size_t n;
} service;

typedef enum verdict { TAKEN, TOO_LATE, REFUSED } verdict;

static void service_free(service *s) {
  for (size_t i = 0; i < s->n; i++) {
    tacet_bytes_free(&s->log[i]);
  }
  tacet_bytes_free(&s->group_id);
}

/* What the service needs to know of a message; all of it is on its outside. */
static bool look(tacet_span message, tacet_span *group_id, uint64_t *epoch,
                 bool *commit) {
  tacet_message m;
  if (tacet_message_parse(message, &m) != TACET_OK) {
    return false;
  }
  uint8_t type;
  if (m.wire_format == TACET_WIRE_FORMAT_PRIVATE_MESSAGE) {
    *group_id = m.private_message.group_id;
    *epoch = m.private_message.epoch;
    type = m.private_message.content_type;
  } else if (m.wire_format == TACET_WIRE_FORMAT_PUBLIC_MESSAGE) {
    *group_id = m.public_message.content.group_id;
    *epoch = m.public_message.content.epoch;
    type = m.public_message.content.content_type;
  } else {
    return false;
  }
  *commit = type == TACET_CONTENT_TYPE_COMMIT;
  return true;
}

/* Compare and swap: a commit is taken if it is of the epoch that the log has
 * come to. Everything else is taken if its epoch has been. */
static verdict submit(service *s, tacet_span message) {
  tacet_span group_id;
  uint64_t epoch;
  bool commit;
  if (!look(message, &group_id, &epoch, &commit) ||
      !tacet_span_equal(group_id, tacet_bytes_span(&s->group_id)) ||
      epoch > s->epoch || s->n == LOG_MAX) {
    return REFUSED;
  }
  if (commit && epoch < s->epoch) {
    return TOO_LATE;
  }
  check(tacet_bytes_set(&s->log[s->n], message), "storing");
  s->n++;
  s->epoch += commit ? 1 : 0;
  return TAKEN;
}

/* The message at a place in the log; empty at its end. */
static tacet_span fetch(const service *s, size_t at) {
  return at < s->n ? tacet_bytes_span(&s->log[at]) : TACET_SPAN_EMPTY;
}

/* ---- a member ---- */

#define MEMBERS 4

typedef struct member {
  char name[16];
  tacet_secret signature_key;
  tacet_mls_group *group;
  size_t at; /* in the log */
  unsigned n_read, n_won, n_lost;
} member;

static const tacet_suite *const suite_list[] = {&tacet_suite_x25519_chacha};
static const tacet_suites offered = {suite_list, 1};
static tacet_mls_config config;
static uint64_t now;

static void take(member *m, tacet_span message) {
  TACET_BUF(content, LIMIT);
  tacet_mls_event event;
  tacet_err err = tacet_mls_process(m->group, message,
                                    &(tacet_mls_process_args){.now = now},
                                    &content, &event);
  if (err == TACET_ERR_OWN_MESSAGE) {
    /* The echo of what it sent. Of its commit: now it is everybody's. */
    if (tacet_mls_pending_matches(m->group, message)) {
      check(tacet_mls_pending_merge(m->group, now), "merging");
    }
    return;
  }
  check(err, "processing");
  if (event.kind == TACET_MLS_EVENT_COMMIT) {
    /* Here is where a program looks at what changes, and at who may. Applying
     * somebody's commit voids an own one that is pending. */
    check(tacet_mls_staged_apply(m->group, now), "applying");
  } else {
    m->n_read++;
  }
}

static void catch_up(member *m, const service *s) {
  for (tacet_span next; (next = fetch(s, m->at)).len > 0; m->at++) {
    take(m, next);
  }
}

static void say(member *m, service *s) {
  TACET_BUF(message, LIMIT);
  check(tacet_mls_protect(m->group, tacet_span_str(m->name),
                          &(tacet_mls_protect_args){.padding = 0}, &message),
        "encrypting");
  if (submit(s, tacet_buf_span(&message)) != TAKEN) {
    fprintf(stderr, "the service does not take a message\n");
    exit(1);
  }
}

/* ---- all of it ---- */

/* The first makes the group and invites the others in one commit. */
static void begin(member *m, service *s) {
  static tacet_mls_keys keys[MEMBERS];
  tacet_bytes package[MEMBERS] = {{NULL, 0}};
  tacet_mls_proposal adds[MEMBERS - 1] = {{.type = TACET_MLS_ADD}};
  TACET_MLS_COMMIT_RESULT(made);
  uint8_t public_key[TACET_SIG_PUBLIC_MAX], id[16];
  for (int i = 0; i < MEMBERS; i++) {
    TACET_BUF(w, LIMIT);
    snprintf(m[i].name, sizeof(m[i].name), "member %d", i);
    check(suite_list[0]->sig->generate(&m[i].signature_key, public_key),
          "a key");
    const tacet_mls_key_package_args args = {
        .leaf = {.identity = tacet_span_str(m[i].name),
                 .signature_key = &m[i].signature_key},
        .not_before = now - 3600,
        .not_after = now + 86400};
    check(
        tacet_mls_key_package_new(&config, suite_list[0], &args, &w, &keys[i]),
        "a key package");
    check(tacet_buf_take(&w, &package[i]), "a key package");
    if (i > 0) {
      adds[i - 1] = (tacet_mls_proposal){
          .type = TACET_MLS_ADD, .key_package = tacet_bytes_span(&package[i])};
    }
  }
  check(tacet_random(id, sizeof(id)), "a group id");
  const tacet_mls_leaf_args leaf = {.identity = tacet_span_str(m[0].name),
                                    .signature_key = &m[0].signature_key};
  check(tacet_mls_group_new(&config, suite_list[0],
                            tacet_span_of(id, sizeof(id)), &leaf,
                            TACET_SPAN_EMPTY, &m[0].group),
        "the group");
  check(tacet_bytes_set(&s->group_id, tacet_span_of(id, sizeof(id))), "its id");
  check(tacet_mls_commit(m[0].group,
                         &(tacet_mls_commit_args){.proposals = adds,
                                                  .n_proposals = MEMBERS - 1,
                                                  .tree_in_welcome = true},
                         now, &made),
        "inviting");
  if (submit(s, tacet_bytes_span(&made.commit)) != TAKEN) {
    exit(1);
  }
  catch_up(&m[0], s); /* merges; only now may the Welcome go out */
  for (int i = 1; i < MEMBERS; i++) {
    const tacet_mls_candidate mine = {tacet_bytes_span(&package[i]), &keys[i]};
    size_t which = 0;
    tacet_mls_welcome *w = NULL;
    check(tacet_mls_welcome_open(&config, tacet_bytes_span(&made.welcome),
                                 &mine, 1, &which, &w),
          "the Welcome");
    check(tacet_mls_welcome_unlock(w, (tacet_mls_psks){NULL, 0}), "its psks");
    check(tacet_mls_welcome_join(w, TACET_SPAN_EMPTY, NULL, &m[i].group),
          "joining");
    tacet_mls_welcome_free(w);
    m[i].at = s->n; /* what was before is not for it */
  }
  for (int i = 0; i < MEMBERS; i++) {
    tacet_bytes_free(&package[i]);
    tacet_mls_keys_wipe(&keys[i]);
  }
}

/* Everybody commits in the same epoch, then hears what came of it. */
static void race(member *m, service *s, unsigned round) {
  tacet_mls_commit_result made[MEMBERS];
  memset(made, 0, sizeof(made));
  for (unsigned i = 0; i < MEMBERS; i++) {
    check(tacet_mls_commit(m[i].group,
                           &(tacet_mls_commit_args){.force_path = true}, now,
                           &made[i]),
          "committing");
  }
  for (unsigned k = 0; k < MEMBERS; k++) {
    unsigned i = (k + round) % MEMBERS;
    verdict v = submit(s, tacet_bytes_span(&made[i].commit));
    m[i].n_won += v == TAKEN;
    m[i].n_lost += v == TOO_LATE;
    if (v == TOO_LATE) {
      tacet_mls_pending_discard(m[i].group);
    }
    tacet_mls_commit_result_free(&made[i]);
  }
  for (unsigned i = 0; i < MEMBERS; i++) {
    catch_up(&m[i], s);
  }
}

int main(void) {
  static member m[MEMBERS];
  static service s;
  check(tacet_crypto_init(), "randomness");
  config = TACET_MLS_CONFIG(&offered);
  now = (uint64_t)time(NULL);
  begin(m, &s);
  for (unsigned round = 0; round < 8; round++) {
    say(&m[round % MEMBERS], &s); /* may arrive after the next epoch began */
    race(m, &s, round);
  }
  for (unsigned i = 0; i < MEMBERS; i++) {
    if (tacet_mls_epoch(m[i].group) != s.epoch ||
        !tacet_secret_equal(tacet_mls_epoch_authenticator(m[i].group),
                            tacet_mls_epoch_authenticator(m[0].group))) {
      fprintf(stderr, "%s does not agree\n", m[i].name);
      return 1;
    }
    printf("%s: epoch %llu, %u commits won, %u lost, %u messages read\n",
           m[i].name, (unsigned long long)tacet_mls_epoch(m[i].group),
           m[i].n_won, m[i].n_lost, m[i].n_read);
  }
  for (unsigned i = 0; i < MEMBERS; i++) {
    tacet_mls_group_free(m[i].group);
    tacet_secret_wipe(&m[i].signature_key);
  }
  service_free(&s);
  return 0;
}
