/* SPDX-License-Identifier: Apache-2.0
 * tests/e2e/server/peer.h -- a client in small: an account with its keys and
 * tokens, mailboxes, and both connections. It speaks the protocol and decides
 * nothing.
 */
#ifndef TACET_E2E_PEER_H
#define TACET_E2E_PEER_H

#include "net/client.h"
#include "tacet/crypto.h"
#include "tacet/wire.h"
#include "tests/e2e/server/host.h"

#define PEER_TOKENS_MAX 512
#define PEER_ANSWER_MAX (8u * 1024 * 1024)

typedef struct peer_tokens {
  tacet_token list[PEER_TOKENS_MAX];
  size_t n;
} peer_tokens;

typedef struct peer {
  const host *server;
  net_tls *tls;
  net_client *http; /* requests */
  net_client *link; /* WebSocket, or NULL */
  char handle[128];
  tacet_secret device_key;
  uint8_t account_id[32], device_id[16], public_key[32];
  uint8_t nonce[TACET_NONCE_LEN];
  bool has_nonce;
  peer_tokens tokens[2]; /* by tacet_token_kind */
  uint32_t window;
} peer;

typedef struct peer_mailbox {
  uint8_t id[16], read_secret[32], capability[32];
  tacet_secret sealing_key;
  uint8_t sealing_public[32];
} peer_mailbox;

/* ---- requests ---- */

void peer_open(peer *p, const host *server); /* connects when it is used */
void peer_close(peer *p);
/* Starts anew after the server came back, maybe on another port. */
void peer_reconnect(peer *p);

/* The HTTP status, or 0 with the reason in *why (may be NULL). *a is emptied
 * first. headers may be NULL. */
int peer_call(peer *p, const char *method, const char *path,
              const char *headers, tacet_span body, net_answer *a,
              net_result *why);
/* The same, with the device's signature. */
int peer_signed_call(peer *p, const char *method, const char *path,
                     tacet_span body, net_answer *a);
/* The code of a problem answer; "" if it is none. */
void peer_problem(const net_answer *a, char code[64]);

/* ---- the directory ---- */

/* Manifest 0 for a new account. */
void peer_make_account(peer *p, const char *name, tacet_buf *manifest);
/* Registers; dies unless it is answered 201. */
void peer_register(peer *p, const char *name, const uint8_t invite[16]);
/* Draws n tokens of a kind, up to 64. */
void peer_draw(peer *p, tacet_token_kind kind, size_t n);
/* Takes one, drawing if there is none. */
tacet_token peer_token(peer *p, tacet_token_kind kind);

/* ---- delivery ---- */

void peer_mailbox_new(peer_mailbox *m); /* its secrets */
/* Makes up to 64 on the server. */
void peer_mailboxes(peer *p, peer_mailbox *list, size_t n);
/* One item to one mailbox: the status; *delivery what became of it. */
int peer_send(peer *p, const peer_mailbox *to, tacet_span item,
              tacet_delivery *delivery);

/* ---- receiving ---- */

/* Opens the WebSocket and reads HELLO; the ticket may be NULL. */
bool peer_link(peer *p, uint8_t ticket[TACET_TICKET_LEN]);
void peer_unlink(peer *p);
bool peer_frame_send(peer *p, const tacet_frame *f);
bool peer_subscribe(peer *p, const peer_mailbox *list, size_t n);
bool peer_ack(peer *p, const uint8_t mailbox[16], uint64_t seq);
/* The next frame; spans point into the link's buffer. False: none came in
 * `ms`, or it is closed (*closed, may be NULL), and then p->link is NULL. */
bool peer_frame(peer *p, uint32_t ms, tacet_frame *f, bool *closed);
/* The next frame, which must be of that type. */
void peer_expect(peer *p, tacet_frame_type type, tacet_frame *f);
/* Opens an ITEM frame; out has room for f->body.len. */
size_t peer_unseal(const peer_mailbox *m, const tacet_frame *f, uint8_t *out);

#endif
