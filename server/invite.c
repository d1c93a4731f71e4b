/* SPDX-License-Identifier: Apache-2.0
 * tacetd invite: a link, and on a terminal its QR code. The link of a reset is
 * one too, for one handle (tacetd account reset). */
#include "server/command.h"

#include "net/tls.h"
#include "server/directory/log.h"
#include "server/directory/directory.h"
#include "server/ops/folder.h"
#include "server/ops/notices.h"
#include "server/ops/url.h"
#include "server/policy_file.h"
#include "tacet/crypto.h"
#include "tacet/wire/invite.h"

#include <qrencode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

_Static_assert(TACET_INVITE_TOKEN_LEN == TACET_INVITE_LEN, "one token");

/* Where clients reach it: a running server knows best, since --url and port 0
 * are its own. */
static bool find_url(const char *folder, const tacetd_config *c, char *out,
                     size_t cap) {
  char host[TACETD_CONFIG_TEXT_MAX], port[TACETD_PORT_TEXT_MAX];
  if (tacetd_folder_ready_read(folder, out, cap) == TACET_OK) {
    return true;
  }
  (void)snprintf(out, cap, "%s", c->url);
  if (!tacetd_url_split(out, host, sizeof(host), port) ||
      strcmp(port, "0") == 0) {
    tacetd_say("the server listens on any free port, so its address is known "
               "only while it runs; start it, or set url in tacetd.conf");
    return false;
  }
  return true;
}

/* The pin of a certificate that no authority vouches for. */
static bool find_pin(const char *folder, const tacetd_config *c,
                     tacet_invite *out) {
  char path[TACETD_PATH_MAX];
  net_certificate cert;
  if (tacetd_folder_path(folder, c->certificate, path) != TACET_OK ||
      net_tls_read_certificate(path, &cert) != TACET_OK) {
    tacetd_say("cannot read the certificate %s, to which the invite pins; set "
               "certificate in tacetd.conf to the one that clients see",
               c->certificate);
    return false;
  }
  out->has_pin = cert.self_signed;
  if (out->has_pin) {
    memcpy(out->pin, cert.pin, sizeof(out->pin));
  }
  return true;
}

/* Whose notices its holder is shown unasked. *id stays NULL where nobody is
 * named. */
static bool find_notices(const char *folder, uint8_t buf[TACETD_ACCOUNT_LEN],
                         const uint8_t **id) {
  tacetd_trouble trouble = {""};
  sto_trouble why = {""};
  char name[TACETD_HANDLE_MAX + 1];
  bool there = true;
  tacet_err e = tacetd_notices_read(folder, buf, &trouble);
  if (e == TACET_ERR_NOT_FOUND) {
    return true;
  }
  if (e != TACET_OK) {
    tacetd_say("%s", trouble.text);
    return false;
  }
  if (dir_account_name(folder, buf, name, &there, &why) != TACET_OK) {
    tacetd_say("%s", why.text);
    return false;
  }
  if (!there) {
    tacetd_say("the account for notices is gone, or lost its handle: the link "
               "still names it; `tacetd notices set HANDLE` names another one");
  }
  *id = buf;
  return true;
}

/* Whose key log its holder is to believe. */
static bool find_trust(const char *folder, tacet_invite *out) {
  sto_trouble why = {""};
  uint8_t buf[TACETD_ACCOUNT_LEN];
  const uint8_t *notices = NULL;
  TACET_BUF(trust, sizeof(out->policy));
  if (!find_notices(folder, buf, &notices)) {
    return false;
  }
  if (dir_log_trust(folder, TACET_TRUST_MAX_AGE, notices, &trust, &why) !=
      TACET_OK) {
    tacetd_say("%s", why.text);
    return false;
  }
  memcpy(out->policy, trust.p, trust.len);
  out->policy_len = trust.len;
  return true;
}

/* Two rows of modules a line, in half blocks, with the quiet zone that scanners
 * need. Dark on light whatever the terminal's colours are. */
static void print_qr(const char *link) {
  enum { QUIET = 2 };
  static const char *const blocks[4] = {"\xe2\x96\x88", "\xe2\x96\x80",
                                        "\xe2\x96\x84", " "};
  QRcode *qr = QRcode_encodeString8bit(link, 0, QR_ECLEVEL_L);
  if (qr == NULL) {
    return; /* the link is there: nothing is lost */
  }
  for (int y = -QUIET; y < qr->width + QUIET; y += 2) {
    fputs("\033[97;40m", stdout);
    for (int x = -QUIET; x < qr->width + QUIET; x++) {
      unsigned dark = 0;
      for (int half = 0; half < 2; half++) {
        int row = y + half;
        bool inside = x >= 0 && row >= 0 && x < qr->width && row < qr->width;
        if (inside && (qr->data[row * qr->width + x] & 1) != 0) {
          dark |= half == 0 ? 2u : 1u;
        }
      }
      fputs(blocks[dark], stdout);
    }
    fputs("\033[0m\n", stdout);
  }
  QRcode_free(qr);
}

static bool wants_qr(void) {
  const char *no_color = getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) && (no_color == NULL || *no_color == '\0');
}

/* The server keeps its hash before anybody sees it. */
static int remember(const tacetd_args *args, const tacet_invite *invite,
                    const char *name) {
  sto_trouble why = {""};
  int64_t again = 0;
  int64_t last = sto_day_of((int64_t)time(NULL)) + args->expires_days;
  bool there = true;
  tacet_err e = name == NULL ? dir_invite_add(args->data, invite->token,
                                              (uint32_t)args->uses, last, &why)
                             : dir_reset_invite(args->data, name, invite->token,
                                                last, &there, &again, &why);
  if (!there) {
    tacetd_say("there is no account \"%.80s\"; `tacetd account list` shows "
               "them all",
               name);
    return TACETD_REFUSED;
  }
  if (name != NULL && e == TACET_ERR_STATE) {
    char day[TACETD_DAY_MAX];
    tacetd_day_write(again, day);
    tacetd_say("%s was reset lately, and its devices may still object, or have "
               "done so; another reset can be begun on %s",
               name, day);
    return TACETD_REFUSED;
  }
  if (e != TACET_OK) {
    tacetd_say("%s", why.text);
  }
  return e == TACET_OK ? TACETD_DONE : TACETD_FAILED;
}

int tacetd_invite_print(const tacetd_args *args, const char *name) {
  tacetd_config c;
  tacet_invite invite;
  char link[TACET_INVITE_LINK_MAX];
  memset(&invite, 0, sizeof(invite));
  if (!tacetd_args_config(args, &c) ||
      !find_url(args->data, &c, invite.url, sizeof(invite.url)) ||
      !find_pin(args->data, &c, &invite) || !find_trust(args->data, &invite)) {
    return TACETD_FAILED;
  }
  memcpy(invite.domain, c.domain, strlen(c.domain) + 1);
  tacet_err e = tacet_random(invite.token, sizeof(invite.token));
  if (e == TACET_OK) {
    e = tacet_invite_write(&invite, link);
  }
  if (e != TACET_OK) {
    tacetd_say("cannot make a link for %s: %s; check url in tacetd.conf",
               invite.url, tacet_err_text(e));
    return TACETD_FAILED;
  }
  int kept = remember(args, &invite, name);
  if (kept != TACETD_DONE) {
    return kept;
  }
  printf("%s\n", link);
  if (tacetd_policy_waits(args->data)) {
    tacetd_say("log-policy was changed since the server was started: restart "
               "it before somebody uses this link");
  }
  if (wants_qr()) {
    print_qr(link);
  }
  tacet_wipe(&invite, sizeof(invite));
  return TACETD_DONE;
}

int tacetd_command_invite(const tacetd_args *args) {
  return tacetd_invite_print(args, NULL);
}
