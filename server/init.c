/* SPDX-License-Identifier: Apache-2.0
 * tacetd init: the data folder of a new server. */
#include "server/command.h"

#include "net/tls.h"
#include "server/delivery/delivery.h"
#include "server/directory/directory.h"
#include "server/ops/folder.h"
#include "server/ops/url.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Clients pin the key, so nothing is gained by a short life. */
#define CERTIFICATE_DAYS 3650

/* The folder, and the ones above it that are missing. */
static bool make_folder(const char *path) {
  char work[TACETD_PATH_MAX];
  size_t len = strlen(path);
  if (len == 0 || len >= sizeof(work)) {
    tacetd_say("the name of the data folder is too long");
    return false;
  }
  memcpy(work, path, len + 1);
  for (char *slash = strchr(work + 1, '/'); slash != NULL;
       slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    (void)mkdir(work, 0755);
    *slash = '/';
  }
  if (mkdir(path, 0700) == 0) {
    return true;
  }
  struct stat st;
  if (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
    return chmod(path, 0700) == 0 || errno == EPERM;
  }
  tacetd_say("cannot make the folder %s: %s", path, strerror(errno));
  return false;
}

/* Nothing of a server may be there already. */
static bool is_free(const char *folder, const tacetd_config *c) {
  const char *const names[] = {TACETD_CONFIG_NAME, DIR_DATABASE, DLV_DATABASE,
                               c->certificate, c->private_key};
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    char path[TACETD_PATH_MAX];
    if (tacetd_folder_path(folder, names[i], path) != TACET_OK) {
      tacetd_say("the name of the data folder is too long");
      return false;
    }
    if (access(path, F_OK) == 0) {
      tacetd_say("%s exists already; serve it with `tacetd run`, or choose "
                 "another folder",
                 path);
      return false;
    }
  }
  return true;
}

/* The name in the certificate: what clients will ask for. */
static bool certificate_host(const tacetd_config *c, char *host, size_t cap) {
  char port[TACETD_PORT_TEXT_MAX];
  if (!tacetd_url_split(c->url, host, cap, port)) {
    return false;
  }
  if (strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0) {
    (void)snprintf(host, cap, "%s", c->domain);
  }
  return true;
}

static bool make_certificate(const char *folder, const tacetd_config *c) {
  char cert[TACETD_PATH_MAX], key[TACETD_PATH_MAX], tls[TACETD_PATH_MAX];
  char host[TACETD_CONFIG_TEXT_MAX];
  if (tacetd_folder_path(folder, c->certificate, cert) != TACET_OK ||
      tacetd_folder_path(folder, c->private_key, key) != TACET_OK ||
      tacetd_folder_path(folder, "tls", tls) != TACET_OK) {
    return false;
  }
  (void)mkdir(tls, 0700);
  tacet_err e = certificate_host(c, host, sizeof(host))
                    ? net_tls_make_certificate(host, (uint64_t)time(NULL),
                                               CERTIFICATE_DAYS, cert, key)
                    : TACET_ERR_ARGUMENT;
  if (e != TACET_OK) {
    tacetd_say("cannot make the certificate: %s; check --url and the folder",
               tacet_err_text(e));
  }
  return e == TACET_OK;
}

static bool make_databases(const char *folder, const char *domain) {
  sto_trouble why = {""};
  if (dir_create(folder, domain, &why) != TACET_OK ||
      dlv_create(folder, &why) != TACET_OK) {
    tacetd_say("%s", why.text);
    return false;
  }
  return true;
}

/* Last: a folder with this file is complete. */
static bool write_config(const char *folder, const tacetd_config *c) {
  char path[TACETD_PATH_MAX], *text = NULL;
  size_t len = 0;
  FILE *f = open_memstream(&text, &len);
  tacet_err e = f == NULL ? TACET_ERR_NOMEM : tacetd_config_write(c, f);
  if (f != NULL && fclose(f) != 0) {
    e = TACET_ERR_NOMEM;
  }
  if (e == TACET_OK) {
    e = tacetd_folder_path(folder, TACETD_CONFIG_NAME, path);
  }
  if (e == TACET_OK) {
    e = tacetd_file_write(path, tacet_span_of(text, len));
  }
  free(text);
  if (e != TACET_OK) {
    tacetd_say("cannot write %s/%s: %s", folder, TACETD_CONFIG_NAME,
               tacet_err_text(e));
  }
  return e == TACET_OK;
}

int tacetd_command_init(const tacetd_args *args) {
  tacetd_config given, complete;
  tacetd_trouble why = {""};
  tacetd_config_defaults(&given);
  for (size_t i = 0; i < args->n_set; i++) {
    if (tacetd_config_set(&given, args->set[i].key, args->set[i].value, &why) !=
        TACET_OK) {
      tacetd_say("%s", why.text);
      return TACETD_USAGE;
    }
  }
  complete = given; /* with the url spelt out, which the file leaves open */
  if (tacetd_config_finish(&complete, &why) != TACET_OK) {
    tacetd_say("%s", why.text);
    return TACETD_USAGE;
  }
  if (!make_folder(args->data) || !is_free(args->data, &complete) ||
      !make_certificate(args->data, &complete) ||
      !make_databases(args->data, complete.domain) ||
      !write_config(args->data, &given)) {
    return TACETD_FAILED;
  }
  printf("made %s for %s at %s\n"
         "serve it:  tacetd run --data %s\n"
         "invite:    tacetd invite --data %s\n",
         args->data, complete.domain, complete.url, args->data, args->data);
  return TACETD_DONE;
}
