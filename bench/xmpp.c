/* SPDX-License-Identifier: Apache-2.0
 * Logging in to an XMPP server (RFC 6120; XEP-0077 for the registration). */
#include "bench/xmpp.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#define STREAM                                                                 \
  "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' "          \
  "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"

static bool ask(const xmpp_io *io, const char *text, const char *answer) {
  io->send(io->user, text);
  return io->wait(io->user, answer);
}

bool xmpp_login(const xmpp_io *io, const char *name) {
  char text[512], plain[80], coded[128];
  size_t n = strlen(name);
  if (n > 32 || !ask(io, STREAM, "</stream:features>")) {
    return false;
  }
  (void)snprintf(text, sizeof(text),
                 "<iq type='set' id='reg'><query xmlns='jabber:iq:register'>"
                 "<username>%s</username><password>%s</password></query></iq>",
                 name, name);
  if (!ask(io, text, "id='reg'")) {
    return false;
  }
  /* "\0name\0password" */
  plain[0] = plain[1 + n] = '\0';
  memcpy(plain + 1, name, n);
  memcpy(plain + 2 + n, name, n);
  (void)EVP_EncodeBlock((unsigned char *)coded, (const unsigned char *)plain,
                        (int)(2 * n + 2));
  (void)snprintf(text, sizeof(text),
                 "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' "
                 "mechanism='PLAIN'>%s</auth>",
                 coded);
  return ask(io, text, "<success") && ask(io, STREAM, "</stream:features>") &&
         ask(io,
             "<iq type='set' id='bind'><bind "
             "xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>b</resource>"
             "</bind></iq>",
             "<jid>");
}
