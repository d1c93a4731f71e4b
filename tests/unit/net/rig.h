/* SPDX-License-Identifier: Apache-2.0
 * A server to be tried from outside, and peers that send it raw bytes.
 *
 * One rig a program. What its handler does with a request is said by the path:
 *
 *   /echo     the body goes back            /later   the same, from a thread
 *   /early    403 within on_head            /hold    kept until the test
 * answers /stream   pieces go to a thread, which resumes; "bytes wrong" comes
 * back /pause    streamed, and paused at the first piece for good /big      10
 * MiB from a source          /none    204 with a body all the same /nothing  a
 * streamed body; answered at the last piece, however short /taint    leaves an
 * error in OpenSSL's queue, then answers /ws       WebSocket: echoes; "flood N"
 * sends N messages of 1000 bytes as the queue allows; "close" closes with 4000;
 * "drop" is only counted
 */
#ifndef TACET_TESTS_NET_RIG_H
#define TACET_TESTS_NET_RIG_H

#include "tests/support/support.h"

#include <stdatomic.h>

#include <openssl/ssl.h>

#include "net/client.h"
#include "net/server.h"

#define RIG_BIG (10u << 20)

/* The pattern of streamed bodies. */
static inline uint8_t rig_byte(uint64_t at) {
  return (uint8_t)(at % 251);
}

typedef struct rig {
  net_tls *tls, *client_tls;
  net_server *server;
  char port[8];
  const char *path;
  net_certificate certificate;
  /* What happened so far: rig_until() waits for these. */
  atomic_int done, ws_opened, ws_closed, ws_messages, held, paused,
      disconnected, accepted, sources_done, refused, writable;
  atomic_int reentered; /* callbacks from inside another call */
  atomic_int ws_code;   /* of the last on_ws_close */
  atomic_bool refuse_all;
  uint8_t address[16]; /* of the last that was accepted */
  net_reply *reply;    /* of the last /hold */
  /* The last ones, for calls on their loop, which rig_on_loop() takes for loop
   * 0: NULL where there are several. */
  net_request *request; /* of /hold */
  net_ws *ws;
  bool one_loop;
  size_t max_queue; /* of a WebSocket; 0: 64 KiB */
} rig;
extern rig the;

/* Group set-up and tear-down: a certificate in a folder of its own. */
int rig_set_up(void **state);
int rig_tear_down(void **state);
/* A file's path in that folder, in a static buffer. */
const char *rig_file(const char *name);

/* Starts the server; counters begin at 0. host and port, if no path, are filled
 * in. with_tls: over TLS. */
void rig_open(net_server_config config, bool with_tls);
void rig_close(void);
void rig_end(void); /* the same, without draining first */
/* Waits until *what >= n, 10 seconds at most: then the test fails. */
void rig_until(atomic_int *what, int n);
void rig_count(atomic_int *what);
/* Waits until that many connections are left, 10 seconds at most. */
void rig_until_connections(uint64_t n);
void rig_until_requests(uint64_t n); /* the same for requests that began */
net_server_stats rig_stats(void);
/* Runs fn(user) on loop 0, and waits for its end. */
void rig_on_loop(void (*fn)(void *user), void *user);
/* Stops loop 0 at its next posted call; returns when it stands still. */
void rig_stop_loop(void);
void rig_go_loop(void);
/* True within a call that must not lead to callbacks. */
extern _Thread_local bool rig_in_call;

/* ---- a peer ---- */

typedef struct peer {
  int fd;
  SSL *ssl;
  uint8_t in[1 << 17];
  size_t n;
} peer;

/* Connects (and shakes hands); reads time out after 10 seconds. */
peer *peer_open(void);
/* Without TLS, whatever the server speaks. */
peer *peer_open_raw(void);
void peer_start_tls(peer *p);
/* The same for threads, in which no test may fail: NULL, false, status 0, -1
 * (peer_fill() and peer_ws_read() are of this kind anyhow). */
peer *peer_try_open(void);
peer *peer_try_open_raw(void);
bool peer_try_tls(peer *p);
int peer_try_answer(peer *p, char **body);
void peer_close(peer *p);
void peer_reset(peer *p); /* closes with an RST */
void peer_say_no_more(peer *p);
void peer_send(peer *p, const char *text);
void peer_send_bytes(peer *p, const void *bytes, size_t n);
/* False: the other side has closed or reset. */
bool peer_try_send(peer *p, const void *bytes, size_t n);
/* More bytes into p->in. >0; 0: an orderly end; <0: reset, timed out, or no
 * room for them. */
int peer_fill(peer *p);
/* Is there something to read within ms? */
bool peer_readable(peer *p, int ms);
/* Reads one answer; its status, and the body into *body (a C string, freed by
 * the caller) if not NULL. Fails the test if none comes. */
int peer_answer(peer *p, char **body);
/* The connection ends in good order, without another byte. */
void peer_expect_end(peer *p);
/* It ends somehow, whatever comes before. */
void peer_expect_any_end(peer *p);

/* Upgrades at /ws. */
void peer_ws_open(peer *p);
void peer_ws_send(peer *p, int opcode, const void *bytes, size_t n);
bool peer_ws_try_send(peer *p, int opcode, const void *bytes, size_t n);
/* The next frame: its opcode, its payload moved to the beginning of `out`. -1:
 * the connection ended, or the payload is larger than cap. */
int peer_ws_read(peer *p, uint8_t *out, size_t cap, size_t *n);

#endif
