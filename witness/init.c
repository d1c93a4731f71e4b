/* SPDX-License-Identifier: Apache-2.0
 * tacet-witness init, and what the commands share. */
#include "witness/command.h"

#include "net/tls.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define LISTEN "127.0.0.1:8444"
#define CERTIFICATE_DAYS 3650

bool wit_split(char *listen, char **host, char **port) {
  char *colon = strrchr(listen, ':');
  if (colon == NULL || colon == listen || colon[1] == '\0' ||
      strspn(colon + 1, "0123456789") != strlen(colon + 1)) {
    return false;
  }
  *colon = '\0';
  *host = listen;
  *port = colon + 1;
  size_t len = strlen(listen);
  if (listen[0] == '[' && listen[len - 1] == ']') {
    listen[len - 1] = '\0';
    *host = listen + 1;
  }
  return **host != '\0';
}

void wit_say(const char *format, ...) {
  va_list list;
  va_start(list, format);
  program_say("tacet-witness", format, list);
  va_end(list);
}

bool wit_printed(void) {
  return program_printed("tacet-witness");
}

bool wit_print_key(const wit_identity *i) {
  TACET_BUF(vkey, 512);
  tacet_note_key_write(&i->key, &vkey);
  if (vkey.err != TACET_OK) {
    return false;
  }
  printf("%.*s\n", (int)vkey.len, (const char *)vkey.p);
  return wit_printed();
}

/* ---- init ---- */

static bool check_listen(const char *listen) {
  char copy[WIT_LISTEN_MAX], *host, *port;
  if (strlen(listen) >= sizeof(copy)) {
    wit_say("--listen is too long");
    return false;
  }
  memcpy(copy, listen, strlen(listen) + 1);
  if (!wit_split(copy, &host, &port)) {
    wit_say("--listen is \"%.64s\", but must be HOST:PORT", listen);
    return false;
  }
  return true;
}

static bool make_folder(const char *path) {
  if (mkdir(path, 0700) == 0) {
    return true;
  }
  struct stat st;
  if (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
    return true;
  }
  wit_say("cannot make the folder %s: %s", path, strerror(errno));
  return false;
}

static bool make_certificate(const char *folder, const char *listen) {
  char cert[WIT_PATH_MAX], key[WIT_PATH_MAX], tls[WIT_PATH_MAX];
  char copy[WIT_LISTEN_MAX], *host, *port;
  (void)snprintf(copy, sizeof(copy), "%s", listen);
  if (!wit_path(folder, "tls", tls) ||
      !wit_path(folder, WIT_CERTIFICATE, cert) ||
      !wit_path(folder, WIT_CERTIFICATE_KEY, key) ||
      !wit_split(copy, &host, &port)) {
    wit_say("the name of the data folder is too long");
    return false;
  }
  if (!make_folder(tls)) {
    return false;
  }
  tacet_err e = net_tls_make_certificate(host, (uint64_t)time(NULL),
                                         CERTIFICATE_DAYS, cert, key);
  if (e != TACET_OK && e != TACET_ERR_EXISTS) {
    wit_say("cannot make the certificate: %s", tacet_err_text(e));
    return false;
  }
  return true;
}

int wit_command_init(const program_args *a) {
  const char *listen =
      wit_arg(a, WIT_O_LISTEN) != NULL ? wit_arg(a, WIT_O_LISTEN) : LISTEN;
  sto_trouble why = {""};
  WIT_IDENTITY(identity);
  if (wit_arg(a, WIT_O_NAME) == NULL ||
      !tacet_note_name_valid(tacet_span_str(wit_arg(a, WIT_O_NAME)))) {
    wit_say("--name NAME is missing, or has a space or a \"+\": what the "
            "witness is called, such as witness.example.org");
    return WIT_USAGE;
  }
  if (!check_listen(listen)) {
    return WIT_USAGE;
  }
  if (!make_folder(wit_arg(a, WIT_O_DATA))) {
    return WIT_FAILED;
  }
  if (wit_create(wit_arg(a, WIT_O_DATA), tacet_span_str(wit_arg(a, WIT_O_NAME)),
                 listen, &why, &identity) != TACET_OK) {
    wit_say("%s", why.text);
    return WIT_FAILED;
  }
  return make_certificate(wit_arg(a, WIT_O_DATA), listen) &&
                 wit_print_key(&identity)
             ? WIT_DONE
             : WIT_FAILED;
}
