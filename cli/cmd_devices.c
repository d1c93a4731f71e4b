/* SPDX-License-Identifier: Apache-2.0
 * link, devices, devices approve, devices remove. */
#include "cli/cli.h"
#include "cli/json.h"

#include <unistd.h>

const char *cli_device_name(const cli_args *a, char host[CLI_DEVICE_NAME_MAX]) {
  const char *given = cli_value(a, "--device", 0);
  if (given == NULL && gethostname(host, CLI_DEVICE_NAME_MAX - 1) == 0) {
    host[CLI_DEVICE_NAME_MAX - 1] = '\0';
    return host[0] == '\0' ? NULL : host;
  }
  return given;
}

void cli_warn_open(const cli_args *a) {
  if (cli_flag(a, "--no-passphrase")) {
    fprintf(stderr,
            "tacet: this home is not locked: whoever reads %s reads "
            "everything in it.\n",
            cli_home(a));
  }
}

/* The code comes first and alone on its line, for scripts. */
static void show_code(void *user, const char *code) {
  char text[64];
  (void)user;
  printf("%s\n", code);
  if (isatty(STDOUT_FILENO)) {
    snprintf(text, sizeof(text), "tacet-link:%s", code);
    (void)cli_qr_terminal(text);
  }
  printf("Within ten minutes, on a device that has the account: tacet devices "
         "approve %s\n",
         code);
  (void)cli_flush();
}

int cli_link(const cli_args *a) {
  int code;
  client *c = cli_create(a, &code);
  if (c == NULL) {
    return code;
  }
  CLIENT_MEM(mem);
  client_error err = {0};
  client_registration r;
  char name[CLI_DEVICE_NAME_MAX];
  client_kind kind = client_link(c, a->words[0], cli_device_name(a, name),
                                 show_code, NULL, &mem, &r, &err);
  client_free(c);
  if (kind != CLIENT_OK) {
    return cli_fail_with(&err);
  }
  printf("This device is one of %s now. Its conversations come with the next "
         "`tacet receive`.\n",
         r.handle);
  cli_warn_open(a);
  return 0;
}

static void put_name(const client_device *d) {
  if (d->name == NULL) {
    fputs("A device without a name", stdout);
  } else {
    cli_put_text(stdout, d->name);
  }
}

int cli_devices(client *c, const cli_args *a) {
  CLIENT_MEM(mem);
  client_error err = {0};
  const client_device *list;
  size_t n;
  client_kind kind = client_devices(c, &mem, &list, &n, &err);
  if (kind != CLIENT_OK) {
    return cli_fail_with(&err);
  }
  for (size_t i = 0; i < n; i++) {
    if (cli_flag(a, "--json")) {
      json_t *o = json_pack("{s:s, s:s?, s:b}", "id", list[i].id, "name",
                            list[i].name, "this_one", list[i].this_one);
      cli_print_json(o);
      continue;
    }
    printf("%s  ", list[i].id);
    cli_put_text(stdout,
                 list[i].name == NULL ? "without a name" : list[i].name);
    puts(list[i].this_one ? "  (this one)" : "");
  }
  return 0;
}

/* What a scanner read from the QR code, or the code itself, which may have been
 * typed in several words. */
static void join_words(const cli_args *a, char *out, size_t cap) {
  static const char prefix[] = "tacet-link:";
  size_t n = 0;
  out[0] = '\0';
  for (size_t i = 0; i < a->n_words && n < cap; i++) {
    const char *w = a->words[i];
    w += strncmp(w, prefix, sizeof(prefix) - 1) == 0 ? sizeof(prefix) - 1 : 0;
    int len = snprintf(out + n, cap - n, "%s%s", i > 0 ? " " : "", w);
    n += len > 0 ? (size_t)len : 0;
  }
}

int cli_devices_approve(client *c, const cli_args *a) {
  CLIENT_MEM(mem);
  client_error err = {0};
  client_device d;
  char code[128];
  join_words(a, code, sizeof(code));
  client_kind kind = client_device_approve(
      c, code, cli_flag(a, "--with-history"), &mem, &d, &err);
  if (kind != CLIENT_OK) {
    return cli_fail_with(&err);
  }
  put_name(&d);
  printf(" is one of your devices now (%s).\n", d.id);
  return 0;
}

int cli_devices_remove(client *c, const cli_args *a) {
  CLIENT_MEM(mem);
  client_error err = {0};
  client_device d;
  client_kind kind = client_device_remove(c, a->words[0], &mem, &d, &err);
  if (kind != CLIENT_OK) {
    return cli_fail_with(&err);
  }
  put_name(&d);
  printf(" is none of your devices any more (%s).\n", d.id);
  return 0;
}
