/* SPDX-License-Identifier: Apache-2.0
 * recovery show, recovery check, recovery veto, recover. */
#include "cli/cli.h"

#include <errno.h>
#include <unistd.h>

#define WORDS 24
#define WORDS_TEXT 1024 /* 24 words take at most 192 */

int cli_recovery_show(client *c, const cli_args *a) {
  (void)a;
  CLIENT_MEM(mem);
  client_error err = {0};
  const char *words;
  client_kind kind = client_recovery_words(c, &mem, &words, &err);
  if (kind != CLIENT_OK) {
    return cli_fail_with(&err);
  }
  puts(words);
  return 0;
}

/* ---- reading the words ---- */

static size_t count_words(const char *text) {
  size_t n = 0;
  for (bool in = false; *text != '\0'; text++) {
    bool space = *text == ' ' || *text == '\t' || *text == '\n';
    n += !space && !in;
    in = !space;
  }
  return n;
}

/* On the terminal, unseen; a paper has them in rows, so Enter in between is
 * fine. An empty line gives up. */
static void ask_words(char *words, size_t cap) {
  char line[WORDS_TEXT], question[64] = "The 24 words (not shown): ";
  size_t have = 0, len = 0;
  while (have < WORDS && cli_ask(question, true, line, sizeof(line)) &&
         count_words(line) > 0 && len + strlen(line) + 2 < cap) {
    len += (size_t)snprintf(words + len, cap - len, "%s ", line);
    have = count_words(words);
    (void)snprintf(question, sizeof(question),
                   "... and %zu more: ", WORDS - (have < WORDS ? have : WORDS));
  }
  tacet_wipe(line, sizeof(line));
}

int cli_read_words(const cli_args *a, char *words, size_t cap) {
  const char *path = cli_value(a, "--words-file", 0);
  words[0] = '\0';
  if (path == NULL && isatty(STDIN_FILENO)) {
    ask_words(words, cap);
  } else {
    FILE *f = path == NULL ? stdin : fopen(path, "r");
    if (f == NULL) {
      return cli_fail(1, "the file %s cannot be read: %s.", path,
                      strerror(errno));
    }
    words[fread(words, 1, cap - 1, f)] = '\0';
    if (f != stdin) {
      fclose(f);
    }
  }
  return count_words(words) > 0
             ? 0
             : cli_fail(2, "no words were given: type the 24 words, or name a "
                           "file that holds them with --words-file.");
}

/* ---- recovery check ---- */

static bool may_erase(const cli_args *a) {
  char answer[16] = "";
  return cli_flag(a, "--yes") ||
         (isatty(STDIN_FILENO) &&
          cli_ask("Erase them from this device, so that the paper is the only "
                  "copy? [y/N] ",
                  false, answer, sizeof(answer)) &&
          (answer[0] == 'y' || answer[0] == 'Y'));
}

int cli_recovery_check(client *c, const cli_args *a) {
  char words[WORDS_TEXT];
  client_error err = {0};
  bool held = false;
  int code = cli_read_words(a, words, sizeof(words));
  if (code != 0) {
    return code;
  }
  client_kind kind = client_recovery_check(c, words, &held, &err);
  if (kind == CLIENT_OK) {
    puts("They are right: these are the words of this account.");
    if (!held) {
      puts("This device does not hold them; your paper does.");
    } else if (!cli_flush() || !may_erase(a)) {
      puts("They stay on this device too, until you let them be erased "
           "(--yes).");
    } else {
      kind = client_recovery_confirm(c, words, &err);
      if (kind == CLIENT_OK) {
        puts("This device no longer holds them; your paper does.");
      }
    }
  }
  tacet_wipe(words, sizeof(words));
  return kind == CLIENT_OK ? 0 : cli_fail_with(&err);
}

/* ---- recovery veto ---- */

int cli_recovery_veto(client *c, const cli_args *a) {
  (void)a;
  client_error err = {0};
  client_kind kind = client_recovery_veto(c, &err);
  if (kind != CLIENT_OK) {
    return cli_fail_with(&err);
  }
  puts(
      "The handle is yours again. Your contacts are told; ask the operator who "
      "took it.");
  return 0;
}

/* ---- recover ---- */

/* Asked only where there is somebody to ask; whoever lost a device wants it out
 * of the account. */
static bool keep_devices(const cli_args *a) {
  char answer[16] = "";
  return cli_flag(a, "--keep-devices") ||
         (isatty(STDIN_FILENO) &&
          cli_ask("Take the devices that the account has now out of it, so "
                  "that whoever holds one reads nothing more? [Y/n] ",
                  false, answer, sizeof(answer)) &&
          (answer[0] == 'n' || answer[0] == 'N'));
}

static void tell_recovered(const cli_args *a, const client_recovered *r,
                           const client_keylog_state *s) {
  printf("You are %s again, on this device", r->handle);
  if (r->n_dropped > 0) {
    printf("; %zu device%s no longer belong%s to the account", r->n_dropped,
           r->n_dropped == 1 ? "" : "s", r->n_dropped == 1 ? "s" : "");
  }
  printf(".\n\nThis device is in no conversation yet, and what was said before "
         "is not on it.\n`tacet import FILE` brings history and contacts back "
         "from a backup. Your contacts'\nprograms take this device in once "
         "they hear of it: from a message of yours, within\nan hour after an "
         "import, or by themselves within weeks. Who is taken in by\nsomebody "
         "that it does not know is asked: `tacet requests`.\n");
  if (s->log == NULL) {
    printf("\nNothing says yet which key log of the server is to be believed, "
           "so it could give\nyou wrong keys of others: type `tacet trust "
           "accept LINK` with an invite of it, an\nold one too, before you "
           "write to anybody, or compare codes (`tacet code`).\n");
  }
  cli_warn_open(a);
}

static int recover(const cli_args *a, client_recovering *in) {
  int code;
  client *c = cli_create(a, &code);
  if (c == NULL) {
    return code;
  }
  CLIENT_MEM(mem);
  client_error err = {0};
  client_recovered r;
  client_keylog_state s;
  client_kind kind = client_recover(c, in, &mem, &r, &err);
  if (kind == CLIENT_OK) {
    kind = client_keylog_get(c, &mem, &s, &err);
  }
  client_free(c);
  if (kind != CLIENT_OK) {
    return cli_fail_with(&err);
  }
  tell_recovered(a, &r, &s);
  return 0;
}

int cli_recover(const cli_args *a) {
  char words[WORDS_TEXT], name[CLI_DEVICE_NAME_MAX];
  int code = cli_read_words(a, words, sizeof(words));
  if (code != 0) {
    return code;
  }
  client_recovering in = {.name = a->words[0],
                          .words = words,
                          .invite = cli_value(a, "--invite", 0),
                          .server = cli_value(a, "--server", 0),
                          .device_name = cli_device_name(a, name),
                          .keep_devices = keep_devices(a)};
  code = recover(a, &in);
  tacet_wipe(words, sizeof(words));
  return code;
}
