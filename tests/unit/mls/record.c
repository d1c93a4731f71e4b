/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/mls/record.h"

static struct {
  FILE *file;
  size_t n_cases, n_steps;
  const member *who;
  bool joined;
  char name[64];
  uint64_t random;
} rec;

/* ---- randomness that is the same every time ---- */

static tacet_err counted(uint8_t *out, size_t len) {
  for (size_t i = 0; i < len; i++) {
    rec.random = rec.random * 6364136223846793005u + 1442695040888963407u;
    out[i] = (uint8_t)(rec.random >> 56);
  }
  return TACET_OK;
}

/* ---- JSON ---- */

static void put_hex(tacet_span bytes) {
  fputc('"', rec.file);
  for (size_t i = 0; i < bytes.len; i++) {
    fprintf(rec.file, "%02x", bytes.p[i]);
  }
  fputc('"', rec.file);
}

static void put_field(const char *name, tacet_span bytes) {
  fprintf(rec.file, ",\n  \"%s\": ", name);
  put_hex(bytes);
}

static void put_inside(const char *name, tacet_span bytes) {
  fprintf(rec.file, ", \"%s\": ", name);
  put_hex(bytes);
}

/* ---- listening ---- */

static void write_joined(const member_heard *h) {
  const member *m = h->m;
  put_field("key_package", tacet_bytes_span(&m->key_package));
  put_field("init_priv", tacet_secret_span(&m->keys.init));
  put_field("encryption_priv", tacet_secret_span(&m->keys.encryption));
  put_field("signature_priv", tacet_secret_span(&m->keys.signature));
  put_field("welcome", h->message);
  if (h->tree.len > 0) {
    put_field("ratchet_tree", h->tree);
  } else {
    fprintf(rec.file, ",\n  \"ratchet_tree\": null");
  }
  put_field("initial_epoch_authenticator",
            tacet_secret_span(tacet_mls_epoch_authenticator(m->g)));
  fprintf(rec.file, ",\n  \"steps\": [");
  rec.joined = true;
}

static void step_start(void) {
  fprintf(rec.file, "%s\n   {\"name\": \"%s\"", rec.n_steps++ == 0 ? "" : ",",
          rec.name);
  rec.name[0] = '\0';
}

static void write_processed(const member_heard *h) {
  static const char *const kinds[] = {"", "application", "proposal", "commit",
                                      "needs_psk"};
  step_start();
  put_inside("message", h->message);
  if (h->err != TACET_OK) {
    fprintf(rec.file, ", \"result\": \"refused\", \"error\": \"%s\"}",
            tacet_err_name(h->err));
    return;
  }
  fprintf(rec.file, ", \"result\": \"%s\"", kinds[h->event->kind]);
  if (h->event->kind == TACET_MLS_EVENT_APPLICATION) {
    fprintf(rec.file, ", \"epoch\": %llu, \"sender\": %u, \"generation\": %u",
            (unsigned long long)h->event->epoch, h->event->sender,
            h->event->generation);
    put_inside("content", h->event->content);
  }
  if (h->event->kind != TACET_MLS_EVENT_COMMIT) {
    fputc('}', rec.file); /* a commit's is closed when it is applied */
  }
}

static void listen(const member_heard *h) {
  if (h->m != rec.who) {
    return;
  }
  switch (h->what) {
  case MEMBER_JOINED:
    write_joined(h);
    break;
  case MEMBER_PROCESSED:
    write_processed(h);
    break;
  case MEMBER_APPLIED:
    put_inside("epoch_authenticator",
               tacet_secret_span(tacet_mls_epoch_authenticator(h->m->g)));
    fputc('}', rec.file);
    break;
  }
}

/* ---- files and cases ---- */

bool record_open(const char *folder, const char *name) {
  char path[512];
  snprintf(path, sizeof(path), "%s/%s.json", folder, name);
  rec.file = fopen(path, "w");
  if (rec.file == NULL) {
    perror(path);
    return false;
  }
  rec.n_cases = 0;
  fputc('[', rec.file);
  return true;
}

void record_close(void) {
  fprintf(rec.file, "\n]\n");
  fclose(rec.file);
  rec.file = NULL;
}

bool record_active(void) {
  return rec.file != NULL;
}

void record_case(const char *name, const member *m) {
  rec.random = 1;
  tacet_random_source_set(counted);
  rec.who = m;
  rec.joined = false;
  rec.n_steps = 0;
  rec.name[0] = '\0';
  members_listener = listen;
  fprintf(rec.file, "%s\n {\"name\": \"%s\",\n  \"time\": %u",
          rec.n_cases++ == 0 ? "" : ",", name, NOW);
}

void record_case_end(void) {
  fprintf(rec.file, "\n  ],\n  \"cipher_suite\": %u}",
          tacet_mls_suite(rec.who->g)->id);
  members_listener = NULL;
  tacet_random_source_set(NULL);
}

void record_name(const char *name) {
  snprintf(rec.name, sizeof(rec.name), "%s", name);
}

void record_psk(const tacet_mls_psk *psk) {
  step_start();
  put_inside("psk_id", psk->id.id);
  put_inside("psk", psk->key);
  fprintf(rec.file, ", \"result\": \"knows\"}");
}

void record_successor(const member *m, tacet_span welcome, tacet_err err,
                      const tacet_mls_group *joined) {
  step_start();
  put_inside("key_package", tacet_bytes_span(&m->key_package));
  put_inside("init_priv", tacet_secret_span(&m->keys.init));
  put_inside("encryption_priv", tacet_secret_span(&m->keys.encryption));
  put_inside("signature_priv", tacet_secret_span(&m->keys.signature));
  put_inside("welcome", welcome);
  if (err != TACET_OK) {
    fprintf(rec.file, ", \"result\": \"refused\", \"error\": \"%s\"}",
            tacet_err_name(err));
    return;
  }
  put_inside("epoch_authenticator",
             tacet_secret_span(tacet_mls_epoch_authenticator(joined)));
  fprintf(rec.file, ", \"result\": \"successor\"}");
}
