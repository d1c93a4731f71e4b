/* SPDX-License-Identifier: Apache-2.0
 * A client that survives being stopped at any moment. Each run loads what the
 * last one left, sends one message, reads what came, and ends. State is written
 * before bytes leave: else a crash would encrypt two messages under one key.
 *
 *   cc persistent.c $(pkg-config --cflags --libs tacet) -o persistent
 *   ./persistent FOLDER new    two clients who know each other, FOLDER/a and b
 *   ./persistent FOLDER a      client a: reads, then sends
 *   ./persistent FOLDER b      the same for b
 *
 * The delivery service is a folder: FOLDER/to-a and FOLDER/to-b hold messages
 * by number. A real client encrypts its state file; this one sets its mode.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <tacet/mls.h>
#include <time.h>
#include <unistd.h>

#define LIMIT ((size_t)16 << 20)
#define PATH 4096

static const tacet_suite *const suite_list[] = {&tacet_suite_xwing_chacha};
static const tacet_suites offered = {suite_list, 1};

static void check(tacet_err err, const char *what) {
  if (err != TACET_OK) {
    fprintf(stderr, "%s: %s\n", what, tacet_err_text(err));
    exit(1);
  }
}

static void check_system(int ok, const char *what) {
  if (!ok) {
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
  }
}

/* ---- files ---- */

/* All of it or what was there before, even if the power fails: a new file,
 * flushed, takes the old one's name. */
static void write_whole(const char *path, tacet_span bytes) {
  char fresh[PATH + 8], folder[PATH];
  snprintf(fresh, sizeof(fresh), "%s.new", path);
  int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  check_system(fd >= 0, fresh);
  for (size_t at = 0; at < bytes.len;) {
    ssize_t n = write(fd, bytes.p + at, bytes.len - at);
    check_system(n > 0, fresh);
    at += (size_t)n;
  }
  check_system(fsync(fd) == 0 && close(fd) == 0, fresh);
  check_system(rename(fresh, path) == 0, path);
  snprintf(folder, sizeof(folder), "%s", path);
  *strrchr(folder, '/') = '\0';
  fd = open(folder, O_RDONLY | O_DIRECTORY);
  check_system(fd >= 0 && fsync(fd) == 0 && close(fd) == 0, folder);
}

/* Appends the file to w; 0 if there is none. */
static int read_whole(const char *path, tacet_buf *w) {
  FILE *f = fopen(path, "rb");
  if (f == NULL) {
    check_system(errno == ENOENT, path);
    return 0;
  }
  uint8_t block[4096];
  size_t n;
  while ((n = fread(block, 1, sizeof(block), f)) > 0) {
    tacet_write_bytes(w, tacet_span_of(block, n));
  }
  check_system(!ferror(f), path);
  fclose(f);
  check(w->err, path);
  return 1;
}

/* ---- one client ---- */

typedef struct client {
  char state[PATH], inbox[PATH], outbox[PATH];
  uint32_t n_read, n_sent; /* messages; their numbers are names of files */
  tacet_mls_group *group;
  tacet_buf unsent; /* encrypted and saved; perhaps not delivered yet */
} client;

static void client_init(client *c, const char *folder, char name) {
  memset(c, 0, sizeof(*c));
  char other = name == 'a' ? 'b' : 'a';
  snprintf(c->state, sizeof(c->state), "%s/%c", folder, name);
  snprintf(c->inbox, sizeof(c->inbox), "%s/to-%c", folder, name);
  snprintf(c->outbox, sizeof(c->outbox), "%s/to-%c", folder, other);
  tacet_buf_init(&c->unsent, LIMIT);
}

static void client_free(client *c) {
  tacet_mls_group_free(c->group);
  tacet_buf_free(&c->unsent);
}

/* What belongs together is written together: the ratchets, what was encrypted
 * with them, and how far reading has come. */
static void save(const client *c) {
  TACET_BUF(w, LIMIT);
  TACET_BUF(group, LIMIT);
  tacet_write_u32(&w, c->n_read);
  tacet_write_u32(&w, c->n_sent);
  tacet_write_vec(&w, tacet_buf_span(&c->unsent));
  check(tacet_mls_save(c->group, &group), "saving");
  tacet_write_vec(&w, tacet_buf_span(&group));
  check(w.err, "saving");
  write_whole(c->state, tacet_buf_span(&w));
}

static void load(client *c) {
  TACET_BUF(w, LIMIT);
  const tacet_mls_config config = TACET_MLS_CONFIG(&offered);
  if (!read_whole(c->state, &w)) {
    fprintf(stderr, "%s: make it first, with `new`\n", c->state);
    exit(1);
  }
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(tacet_buf_span(&w), &err);
  c->n_read = tacet_read_u32(&r);
  c->n_sent = tacet_read_u32(&r);
  tacet_write_bytes(&c->unsent, tacet_read_vec(&r));
  tacet_span group = tacet_read_vec(&r);
  tacet_read_end(&r);
  check(err, c->state);
  check(tacet_mls_load_whole(&config, group, &c->group), c->state);
}

/* Delivers what a run before this one had encrypted: the same bytes again if it
 * had come that far already. */
static void flush(client *c) {
  char path[PATH + 16];
  if (c->unsent.len == 0) {
    return;
  }
  snprintf(path, sizeof(path), "%s/%u", c->outbox, (unsigned)c->n_sent);
  write_whole(path, tacet_buf_span(&c->unsent));
  tacet_buf_clear(&c->unsent);
  c->n_sent++;
  save(c);
}

static void send_text(client *c, const char *text) {
  check(tacet_mls_protect(c->group, tacet_span_str(text),
                          &(tacet_mls_protect_args){.padding = 0}, &c->unsent),
        "encrypting");
  save(c); /* before a byte leaves */
  flush(c);
}

static void send_commit(client *c, uint64_t now) {
  TACET_MLS_COMMIT_RESULT(made);
  check(tacet_mls_commit(c->group, &(tacet_mls_commit_args){.force_path = true},
                         now, &made),
        "committing");
  tacet_write_bytes(&c->unsent, tacet_bytes_span(&made.commit));
  /* With two who take turns nobody contests a commit. Where somebody may,
   * merge it when the delivery service has taken it: delivery.c. */
  check(tacet_mls_pending_merge(c->group, now), "merging");
  save(c);
  flush(c);
}

static void take(client *c, tacet_span message, uint64_t now) {
  TACET_BUF(content, LIMIT);
  tacet_mls_event event;
  tacet_err err = tacet_mls_process(c->group, message,
                                    &(tacet_mls_process_args){.now = now},
                                    &content, &event);
  check(err, "processing");
  if (event.kind == TACET_MLS_EVENT_COMMIT) {
    check(tacet_mls_staged_apply(c->group, now), "applying");
    printf("new keys: epoch %llu\n",
           (unsigned long long)tacet_mls_epoch(c->group));
  } else {
    printf("%.*s: %.*s\n", (int)event.member.identity.len,
           (const char *)event.member.identity.p, (int)event.content.len,
           (const char *)event.content.p);
  }
  c->n_read++;
  save(c); /* the key of that message is gone now, also from the disk */
}

static void run(client *c, char name) {
  char path[PATH + 16], text[64];
  uint64_t now = (uint64_t)time(NULL);
  load(c);
  flush(c);
  for (;;) {
    TACET_BUF(message, LIMIT);
    snprintf(path, sizeof(path), "%s/%u", c->inbox, (unsigned)c->n_read);
    if (!read_whole(path, &message)) {
      break;
    }
    take(c, tacet_buf_span(&message), now);
  }
  if (c->n_sent % 3 == 2) {
    send_commit(c, now);
  } else {
    snprintf(text, sizeof(text), "message %u of %c", (unsigned)c->n_sent, name);
    send_text(c, text);
  }
}

/* ---- the beginning ---- */

static void introduce(client *a, client *b) {
  const tacet_mls_config config = TACET_MLS_CONFIG(&offered);
  uint64_t now = (uint64_t)time(NULL);
  TACET_SECRET(key_a);
  TACET_SECRET(key_b);
  TACET_BUF(package, LIMIT);
  TACET_MLS_KEYS(keys);
  TACET_MLS_COMMIT_RESULT(made);
  uint8_t public_key[TACET_SIG_PUBLIC_MAX], id[16];
  check(tacet_random(id, sizeof(id)), "randomness");
  check(suite_list[0]->sig->generate(&key_a, public_key), "a key");
  check(suite_list[0]->sig->generate(&key_b, public_key), "a key");
  const tacet_mls_leaf_args leaf = {.identity = TACET_SPAN_LIT("a"),
                                    .signature_key = &key_a};
  const tacet_mls_key_package_args args = {
      .leaf = {.identity = TACET_SPAN_LIT("b"), .signature_key = &key_b},
      .not_before = now - 3600,
      .not_after = now + 86400};
  check(tacet_mls_group_new(&config, suite_list[0],
                            tacet_span_of(id, sizeof(id)), &leaf,
                            TACET_SPAN_EMPTY, &a->group),
        "the group");
  check(
      tacet_mls_key_package_new(&config, suite_list[0], &args, &package, &keys),
      "the key package");
  const tacet_mls_proposal add = {.type = TACET_MLS_ADD,
                                  .key_package = tacet_buf_span(&package)};
  check(tacet_mls_commit(a->group,
                         &(tacet_mls_commit_args){.proposals = &add,
                                                  .n_proposals = 1,
                                                  .tree_in_welcome = true},
                         now, &made),
        "inviting");
  check(tacet_mls_pending_merge(a->group, now), "merging");
  const tacet_mls_candidate mine = {tacet_buf_span(&package), &keys};
  size_t which = 0;
  tacet_mls_welcome *w = NULL;
  check(tacet_mls_welcome_open(&config, tacet_bytes_span(&made.welcome), &mine,
                               1, &which, &w),
        "the Welcome");
  check(tacet_mls_welcome_unlock(w, (tacet_mls_psks){NULL, 0}), "the Welcome");
  check(tacet_mls_welcome_join(w, TACET_SPAN_EMPTY, NULL, &b->group),
        "joining");
  tacet_mls_welcome_free(w);
}

static int usage(void) {
  fprintf(stderr, "persistent FOLDER new|a|b\n");
  return 2;
}

int main(int argc, char **argv) {
  if (argc != 3 || strlen(argv[1]) + 32 > PATH) {
    return usage();
  }
  check(tacet_crypto_init(), "randomness");
  client a, b;
  client_init(&a, argv[1], 'a');
  client_init(&b, argv[1], 'b');
  if (strcmp(argv[2], "new") == 0) {
    check_system(mkdir(argv[1], 0700) == 0, argv[1]);
    check_system(mkdir(a.inbox, 0700) == 0, a.inbox);
    check_system(mkdir(b.inbox, 0700) == 0, b.inbox);
    introduce(&a, &b);
    save(&a);
    save(&b);
  } else if (strcmp(argv[2], "a") == 0) {
    run(&a, 'a');
  } else if (strcmp(argv[2], "b") == 0) {
    run(&b, 'b');
  } else {
    return usage();
  }
  client_free(&a);
  client_free(&b);
  return 0;
}
