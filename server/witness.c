/* SPDX-License-Identifier: Apache-2.0
 * tacetd witness: who vouches for the key log. Changes the policy in the data
 * folder; a running server goes on with the one that it has read. */
#include "server/command.h"

#include "server/policy_file.h"
#include "server/witnesses/edit.h"

#include <stdio.h>
#include <string.h>

/* ---- what changes it ---- */

static const char *what_follows(size_t quorum, size_t witnesses) {
  return quorum > 0 ? ""
         : witnesses > 0
             ? "nobody has to vouch yet: `tacetd witness quorum N` says how "
               "many must\n"
             : "nobody vouches for the key log any more\n";
}

/* Puts the new text in place; says what it means. */
static int put_policy(const tacetd_policy_file *f, const tacetd_args *a,
                      tacet_span text) {
  tacetd_trouble why = {""};
  size_t witnesses = 0, quorum = 0;
  tacet_err e = wts_edit_read(text, &witnesses, &quorum, &why);
  if (e == TACET_OK) {
    e = tacetd_policy_replace(f, text, &why) ? TACET_OK : TACET_ERR_IO;
  }
  if (e != TACET_OK) {
    tacetd_say("%s", why.text);
    return TACETD_FAILED;
  }
  printf("%zu of %zu witnesses must vouch\n%s", quorum, witnesses,
         what_follows(quorum, witnesses));
  if (tacetd_folder_is_locked(a->data)) {
    printf("restart the server: until then it goes on as before\n");
  }
  printf("invites made from now on carry this policy; who has registered "
         "takes it with `tacet trust accept LINK`, LINK being a new invite\n");
  return TACETD_DONE;
}

static int change(const tacetd_args *a, tacetd_policy_file *f) {
  tacetd_trouble why = {""};
  TACET_BUF(text, TACET_POLICY_TEXT_MAX);
  const char *const *w = a->words;
  tacet_err e;
  if (strcmp(w[0], "add") == 0) {
    e = wts_edit_add(tacetd_policy_text(f), w[1], w[2], w[3], a->pin, &text,
                     &why);
  } else if (strcmp(w[0], "remove") == 0) {
    e = wts_edit_remove(tacetd_policy_text(f), w[1], &text, &why);
  } else {
    size_t n = strlen(w[1]);
    if (n == 0 || n > 2 || strspn(w[1], "0123456789") != n) {
      tacetd_say("the quorum is \"%.64s\", but must be how many witnesses have "
                 "to vouch; 0 is none",
                 w[1]);
      return TACETD_USAGE;
    }
    size_t quorum = 0;
    for (const char *p = w[1]; *p != '\0'; p++) {
      quorum = quorum * 10 + (size_t)(*p - '0');
    }
    e = wts_edit_quorum(tacetd_policy_text(f), quorum, &text, &why);
  }
  if (e == TACET_OK) {
    return put_policy(f, a, tacet_buf_span(&text));
  }
  tacetd_say("%s", why.text);
  return e == TACET_ERR_NOMEM ? TACETD_FAILED : TACETD_REFUSED;
}

/* ---- list ---- */

static void print_witness(size_t i, const tacet_policy_witness *w) {
  const char *fragment =
      w->url.len > 0 ? memchr(w->url.p, '#', w->url.len) : NULL;
  size_t url = fragment != NULL ? (size_t)(fragment - (const char *)w->url.p)
                                : w->url.len;
  TACET_BUF(vkey, 1024);
  tacet_note_key_write(w->key, &vkey);
  printf("%zu\t%.*s\t%.*s\t%.*s\n", i + 1, (int)w->name.len,
         (const char *)w->name.p, (int)url, (const char *)w->url.p,
         (int)vkey.len, (const char *)vkey.p);
}

/* The lines "log VKEY", as they stand: what `tacet-witness log add` takes. */
static void print_logs(const tacetd_policy_file *f) {
  const char *p = (const char *)f->text, *end = p + f->len;
  while (p < end) {
    const char *stop = memchr(p, '\n', (size_t)(end - p));
    stop = stop != NULL ? stop : end;
    if (stop - p > 4 && memcmp(p, "log ", 4) == 0) {
      printf("%.*s\n", (int)(stop - p), p);
    }
    p = stop + 1;
  }
}

static int list(const tacetd_policy_file *f) {
  tacet_policy *p = NULL;
  tacetd_trouble why = {""};
  size_t line = 0, witnesses = 0, quorum = 0;
  tacet_err e = tacet_policy_read(tacetd_policy_text(f), &p, &line);
  if (e != TACET_OK) {
    tacetd_say("line %zu of %s is not what c2sp.org/tlog-policy allows (%s)",
               line, f->path, tacet_err_text(e));
    return TACETD_FAILED;
  }
  print_logs(f);
  for (size_t i = 0; i < tacet_policy_witness_count(p); i++) {
    const tacet_policy_witness w = tacet_policy_witness_at(p, i);
    print_witness(i, &w);
  }
  if (wts_edit_read(tacetd_policy_text(f), &witnesses, &quorum, &why) ==
      TACET_OK) {
    printf("quorum %zu of %zu\n", quorum, witnesses);
  } else {
    printf("quorum by groups of its own: see %s\n", f->path);
  }
  tacet_policy_free(p);
  return TACETD_DONE;
}

static bool is_call(const tacetd_args *a, const char *word, size_t n) {
  return strcmp(a->words[0], word) == 0 && a->n_words == n;
}

int tacetd_command_witness(const tacetd_args *a) {
  tacetd_policy_file f = {.lock = -1};
  int code = TACETD_FAILED;
  bool adds = is_call(a, "add", 4), lists = is_call(a, "list", 1);
  if ((!adds && !lists && !is_call(a, "remove", 2) &&
       !is_call(a, "quorum", 2)) ||
      (a->pin != NULL && !adds)) {
    tacetd_say("usage: tacetd witness add NAME VKEY URL [--pin HEX] | remove "
               "NAME | quorum N | list --data DIR");
    return TACETD_USAGE;
  }
  if (tacetd_policy_open(a->data, &f)) {
    code = lists ? list(&f) : change(a, &f);
  }
  tacetd_policy_close(&f);
  return code;
}
