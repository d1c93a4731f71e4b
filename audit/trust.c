/* SPDX-License-Identifier: Apache-2.0
 * Whom one believes to be the log: a key or a policy from the command line. */
#include "audit/command.h"
#include "audit/folder.h"

#include <errno.h>
#include <string.h>

static bool read_policy(const char *path, tacet_policy **out) {
  TACET_BYTES(text);
  size_t line = 0;
  tacet_err e = aud_read_path(path, TACET_POLICY_TEXT_MAX, &text);
  if (e == TACET_ERR_NOT_FOUND || e == TACET_ERR_IO) {
    aud_say("the policy %s cannot be read: %s", path, strerror(errno));
    return false;
  }
  if (e == TACET_OK) {
    e = tacet_policy_read(tacet_bytes_span(&text), out, &line);
  }
  if (e != TACET_OK) {
    aud_say("the policy %s is wrong in line %zu: %s", path, line,
            tacet_err_text(e));
  }
  return e == TACET_OK;
}

bool aud_trust_read(const program_args *a, aud_trust *out) {
  if (aud_arg(a, AUD_O_KEY) != NULL && aud_arg(a, AUD_O_POLICY) != NULL) {
    aud_say("give --key or --policy, not both");
    return false;
  }
  if (aud_arg(a, AUD_O_KEY) != NULL) {
    tacet_err e =
        tacet_note_key_read(tacet_span_str(aud_arg(a, AUD_O_KEY)), &out->key);
    if (e != TACET_OK || out->key.type != TACET_NOTE_ED25519) {
      aud_say("\"%.80s\" is not the verifier key of a log, which is "
              "NAME+ID+BASE64 with an Ed25519 key",
              aud_arg(a, AUD_O_KEY));
      return false;
    }
    out->has_key = true;
  }
  return aud_arg(a, AUD_O_POLICY) == NULL ||
         read_policy(aud_arg(a, AUD_O_POLICY), &out->policy);
}

void aud_trust_free(aud_trust *t) {
  tacet_policy_free(t->policy);
  t->policy = NULL;
}

int aud_trust_of_folder(const char *dir, aud_trust *t) {
  TACET_BYTES(vkey);
  if (t->has_key || t->policy != NULL) {
    return AUD_DONE;
  }
  if (aud_read(dir, AUD_KEY, 1024, &vkey) != TACET_OK) {
    aud_say("say which log it is, with --key VKEY or --policy FILE; %s has no "
            "copy that would say it",
            dir);
    return AUD_USAGE;
  }
  tacet_span text = tacet_bytes_span(&vkey);
  text.len -= text.len > 0 && text.p[text.len - 1] == '\n';
  t->has_key = tacet_note_key_read(text, &t->key) == TACET_OK &&
               t->key.type == TACET_NOTE_ED25519;
  if (!t->has_key) {
    aud_say("%s/%s is no verifier key; remove it and say which log it is, with "
            "--key VKEY",
            dir, AUD_KEY);
  }
  return t->has_key ? AUD_DONE : AUD_FAILED;
}

tacet_err aud_judge(const aud_trust *t, tacet_span bytes, tacet_note_key *log,
                    tacet_tlog_head *head) {
  tacet_note note;
  tacet_checkpoint c;
  uint64_t time;
  if (t->policy != NULL) {
    tacet_policy_verdict v;
    TACET_TRY(tacet_policy_judge(t->policy, bytes, UINT64_MAX, &v));
    *log = *v.log;
    *head = (tacet_tlog_head){v.checkpoint.size, v.checkpoint.root};
    return TACET_OK;
  }
  TACET_TRY(tacet_note_parse(bytes, &note));
  TACET_TRY(tacet_checkpoint_parse(note.text, &c));
  tacet_err e = tacet_note_verify(&note, &t->key, &time);
  TACET_TRY(e == TACET_ERR_NOT_FOUND ? TACET_ERR_AUTH : e);
  if (!tacet_span_equal(c.origin, tacet_span_str(t->key.name))) {
    return TACET_ERR_AUTH;
  }
  *log = t->key;
  *head = (tacet_tlog_head){c.size, c.root};
  return TACET_OK;
}
