/* SPDX-License-Identifier: Apache-2.0
 * A log in memory, and witnesses that can be told to lie.
 */
#ifndef TACET_TESTS_WITNESSES_FAKE_H
#define TACET_TESTS_WITNESSES_FAKE_H

#include "tests/support/support.h"

#include <pthread.h>

#include "net/server.h"
#include "server/witnesses/witnesses.h"
#include "tacet/keytrans/witness.h"

#define FAKE_WITNESSES 3
#define FAKE_ENTRIES 256

/* ---- the log ---- */

typedef struct fake_log {
  tacet_note_key key;
  tacet_secret private_key;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  tacet_tlog_frontier frontier;
  tacet_tlog_hash nodes[9][FAKE_ENTRIES];
  /* what it was asked for */
  size_t n_published; /* calls of publish that were taken */
  uint64_t published; /* size */
  size_t vouched;     /* witnesses of the last one */
  tacet_policy *policy;
  tacet_err publish_fails; /* instead of taking it */
} fake_log;

void fake_log_new(fake_log *l, const char *name);
void fake_log_free(fake_log *l);
/* Appends n entries, which differ from those of another seed. */
void fake_log_grow(fake_log *l, size_t n, uint8_t seed);
/* The checkpoint as it is now. */
void fake_log_note(fake_log *l, tacet_buf *out);
wts_log fake_log_shown(fake_log *l);
/* Waits until a size is published with so many cosignatures. */
void fake_log_wait(fake_log *l, uint64_t size, size_t vouched);
size_t fake_log_published(fake_log *l); /* how often */
uint64_t fake_log_size(fake_log *l);    /* of what was published */

/* ---- a witness ---- */

typedef enum fake_mode {
  HONEST,
  STATUS,      /* answers with .status to add-checkpoint */
  TEXT,        /* 200 and .text */
  OTHER_KEY,   /* cosigns with a key of its own */
  FORGES,      /* its key's name and id, a signature of nothing */
  ENDLESS,     /* a body that does not end */
  STALLS,      /* never answers */
  SIZE,        /* 409 and .text, always */
  WRONG_CLOCK, /* cosigns with a time of years ago */
  FUTURE       /* ... of tomorrow */
} fake_mode;

typedef struct fake_witness {
  tacet_note_key key;
  tacet_secret private_key;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  fake_mode mode;
  int status;
  const char *text;
  bool no_memory;        /* 404 to who asks what it remembers */
  tacet_bytes remembers; /* a note that it gives out; empty: its own */
  tacet_tlog_head head;
  tacet_bytes cosigned;
  tacet_note_key log_key;
  size_t asked, looked; /* calls of add-checkpoint, of the other */
  net_handler handler;
  net_server *net;
  net_reply *stalled[64];
  size_t n_stalled;
  uint16_t port;
} fake_witness;

void fake_witness_start(fake_witness *w, const char *name,
                        const tacet_note_key *log);
void fake_witness_stop(fake_witness *w);  /* as a process that ends */
void fake_witness_again(fake_witness *w); /* on the same port */
void fake_witness_free(fake_witness *w);
void fake_witness_be(fake_witness *w, fake_mode mode, int status,
                     const char *text);
void fake_witness_forget(fake_witness *w, bool no_memory);
/* The size that it has cosigned. */
uint64_t fake_witness_size(fake_witness *w);
/* Waits until it was asked n more times. */
void fake_witness_wait(fake_witness *w, size_t n);

/* "log ..., witness w1 ... , quorum": `quorum` of n. */
tacet_policy *fake_policy(const fake_log *l, const fake_witness *w, size_t n,
                          size_t quorum);

#endif
