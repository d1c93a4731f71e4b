/* SPDX-License-Identifier: Apache-2.0
 * Trust in words. */
#include "client/trust.h"

#define WORDS_MAX ((size_t)64 << 10)

/* ---- the policy's text ---- */

bool client_text_line(tacet_span *text, tacet_span *line) {
  size_t n = 0;
  while (n < text->len && text->p[n] != '\n') {
    n++;
  }
  *line = tacet_span_of(text->p, n);
  size_t used = n < text->len ? n + 1 : n;
  bool more = text->len > 0;
  *text = tacet_span_of(text->p + used, text->len - used);
  return more;
}

tacet_span client_text_word(tacet_span *line) {
  size_t from = 0, to;
  while (from < line->len && (line->p[from] == ' ' || line->p[from] == '\t')) {
    from++;
  }
  to = from;
  while (to < line->len && line->p[to] != ' ' && line->p[to] != '\t') {
    to++;
  }
  tacet_span word = tacet_span_of(line->p + from, to - from);
  *line = tacet_span_of(line->p + to, line->len - to);
  return word;
}

static bool is_word(tacet_span word, const char *text) {
  return tacet_span_equal(word, tacet_span_str(text));
}

/* The line that begins with these words (the second may be empty: any); *line
 * is what follows them. */
static bool find_line(tacet_span text, const char *first, tacet_span second,
                      tacet_span *line) {
  while (client_text_line(&text, line)) {
    if (is_word(client_text_word(line), first) &&
        (second.len == 0 || tacet_span_equal(client_text_word(line), second))) {
      return true;
    }
  }
  return false;
}

/* "name" of a verifier key name+id+key. */
static tacet_span name_of(tacet_span key) {
  size_t n = 0;
  while (n < key.len && key.p[n] != '+') {
    n++;
  }
  return tacet_span_of(key.p, n);
}

bool client_trust_next_log(tacet_span *text, tacet_span *vkey) {
  tacet_span line;
  while (client_text_line(text, &line)) {
    if (is_word(client_text_word(&line), "log")) {
      *vkey = client_text_word(&line);
      return true;
    }
  }
  return false;
}

tacet_span client_trust_log_key(tacet_span text) {
  tacet_span vkey;
  return client_trust_next_log(&text, &vkey) ? vkey : TACET_SPAN_EMPTY;
}

tacet_err client_trust_log(tacet_span text, client_mem *mem, const char **out) {
  return client_mem_text(mem, name_of(client_trust_log_key(text)), out);
}

/* ---- who has to vouch ---- */

static void say(tacet_buf *w, const char *text) {
  tacet_write_bytes(w, tacet_span_str(text));
}

/* A witness by its key's name; a group by the name that the policy gives it. */
static void put_member(tacet_span text, tacet_span member, tacet_buf *w) {
  tacet_span line;
  bool witness = find_line(text, "witness", member, &line);
  tacet_write_bytes(w, witness ? name_of(client_text_word(&line)) : member);
}

static void put_quorum(tacet_span text, tacet_span quorum, tacet_buf *w) {
  tacet_span line, member;
  if (!find_line(text, "group", quorum, &line)) {
    put_member(text, quorum, w);
    return;
  }
  tacet_write_bytes(w, client_text_word(&line)); /* all, any, a number */
  say(w, " of ");
  for (int n = 0; (member = client_text_word(&line)).len > 0; n++) {
    say(w, n > 0 ? ", " : "");
    put_member(text, member, w);
  }
}

tacet_err client_trust_quorum(const tacet_policy *policy, tacet_span text,
                              client_mem *mem, const char **out) {
  TACET_BUF(w, WORDS_MAX);
  tacet_span line, words;
  if (tacet_policy_is_unwitnessed(policy)) {
    return client_mem_text(mem, TACET_SPAN_LIT("nobody (unwitnessed)"), out);
  }
  if (find_line(text, "quorum", TACET_SPAN_EMPTY, &line)) {
    put_quorum(text, client_text_word(&line), &w);
  }
  TACET_TRY(tacet_buf_done(&w, &words));
  return client_mem_text(mem, words, out);
}

/* ---- one sentence ---- */

tacet_err client_trust_sentence(const client_keylog *k, client_mem *mem,
                                const char **out) {
  const char *log, *quorum;
  if (!k->has_trust) {
    return client_mem_text(
        mem,
        TACET_SPAN_LIT("unchecked: the invite named no key log, so until two "
                       "people compare their code (tacet code) the server "
                       "could have substituted an account when it was first "
                       "written to."),
        out);
  }
  TACET_TRY(client_trust_log(k->trust.policy, mem, &log));
  if (tacet_policy_is_unwitnessed(k->policy)) {
    return client_mem_printf(
        mem, out,
        "unwitnessed: keys are held against the key log %s, but nobody vouches "
        "that it shows everybody the same; compare codes (tacet code) with "
        "whom it matters.",
        log);
  }
  TACET_TRY(client_trust_quorum(k->policy, k->trust.policy, mem, &quorum));
  return client_mem_printf(mem, out,
                           "witnessed: keys are held against the key log %s, "
                           "for which %s vouch that "
                           "it shows everybody the same.",
                           log, quorum);
}
