/* SPDX-License-Identifier: Apache-2.0
 * tacet-witness log and status: beside a witness that may be running. */
#include "witness/command.h"

#include "net/tls.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static bool open_conn(const program_args *a, sto_conn **c) {
  sto_trouble why = {""};
  if (wit_conn_open(wit_arg(a, WIT_O_DATA), &why, c) == TACET_OK) {
    return true;
  }
  wit_say("%s", why.text);
  return false;
}

static int add(sto_conn *c, const char *vkey) {
  tacet_note_key key;
  tacet_err e = tacet_note_key_read(tacet_span_str(vkey), &key);
  if (e != TACET_OK || key.type != TACET_NOTE_ED25519) {
    wit_say("\"%.80s\" is not the verifier key of a log, which is "
            "NAME+ID+BASE64 with an Ed25519 key",
            vkey);
    return WIT_USAGE;
  }
  e = wit_log_add(c, &key);
  if (e == TACET_ERR_EXISTS) {
    wit_say("this key of %s is witnessed already", key.name);
  } else if (e == TACET_ERR_LIMIT) {
    wit_say("that would be too many: %d keys, %d of one log", WIT_LOGS_MAX,
            WIT_KEYS_OF_LOG_MAX);
  } else if (e != TACET_OK) {
    wit_say("the database cannot be written: %s", tacet_err_text(e));
  }
  return e == TACET_OK ? WIT_DONE : WIT_FAILED;
}

static int remove_log(sto_conn *c, const char *origin) {
  tacet_err e = wit_log_remove(c, tacet_span_str(origin));
  if (e == TACET_ERR_NOT_FOUND) {
    wit_say("no log %.80s is witnessed; `tacet-witness status` lists them",
            origin);
  } else if (e != TACET_OK) {
    wit_say("the database cannot be written: %s", tacet_err_text(e));
  }
  return e == TACET_OK ? WIT_DONE : WIT_FAILED;
}

int wit_command_log(const program_args *a) {
  sto_conn *c = NULL;
  bool adds = strcmp(a->words[0], "add") == 0;
  if (!adds && strcmp(a->words[0], "remove") != 0) {
    wit_say("usage: tacet-witness log add VKEY|remove ORIGIN --data DIR");
    return WIT_USAGE;
  }
  if (!open_conn(a, &c)) {
    return WIT_FAILED;
  }
  int code = adds ? add(c, a->words[1]) : remove_log(c, a->words[1]);
  sto_conn_close(c);
  return code;
}

/* ---- status ---- */

static void print_log(void *user, const wit_log *log) {
  char when[32] = "nothing yet";
  struct tm t;
  time_t seconds = (time_t)log->time;
  (void)user;
  if (log->size > 0 && gmtime_r(&seconds, &t) != NULL) {
    (void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &t);
  }
  printf("log %.*s\n    cosigned %" PRIu64 " entries, %s\n", (int)log->vkey.len,
         (const char *)log->vkey.p, log->size, when);
  if (log->evidence > 0) {
    printf("    CONTRADICTED ITSELF: %" PRIu64
           " signed checkpoints that do not continue it are kept\n",
           log->evidence);
  }
}

/* What `tacetd witness add --pin` takes. */
static void print_pin(const program_args *a) {
  char path[WIT_PATH_MAX], pin[2 * NET_PIN_LEN + 1];
  net_certificate certificate;
  if (wit_path(wit_arg(a, WIT_O_DATA), WIT_CERTIFICATE, path) &&
      net_tls_read_certificate(path, &certificate) == TACET_OK) {
    tacet_hex_write(tacet_span_of(certificate.pin, NET_PIN_LEN), pin);
    printf("pin %s\n", pin);
  }
}

int wit_command_status(const program_args *a) {
  sto_conn *c = NULL;
  sto_trouble why = {""};
  WIT_IDENTITY(identity);
  if (!open_conn(a, &c)) {
    return WIT_FAILED;
  }
  tacet_err e = wit_identity_load(wit_arg(a, WIT_O_DATA), c, &why, &identity);
  if (e != TACET_OK) {
    wit_say("%s", why.text);
  } else {
    printf("witness ");
    if (wit_print_key(&identity)) {
      print_pin(a);
      e = wit_log_each(c, print_log, NULL);
    }
  }
  sto_conn_close(c);
  return e == TACET_OK && wit_printed() ? WIT_DONE : WIT_FAILED;
}
