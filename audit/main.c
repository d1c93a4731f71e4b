/* SPDX-License-Identifier: Apache-2.0
 * tacet-audit: looks after a key log from outside. This file is its tables. */
#include "audit/command.h"

#include "tacet/crypto.h"

#include <signal.h>

static const program_option options[AUD_OPTIONS] = {
    [AUD_O_KEY] = {"key", "VKEY", "the log's verifier key, NAME+ID+BASE64"},
    [AUD_O_POLICY] = {"policy", "FILE",
                      "or a trust policy that names the log and its witnesses"},
    [AUD_O_PIN] = {"pin", "HEX",
                   "mirror: the key of the server's certificate, where it is\n"
                   "signed by itself"},
    [AUD_O_HASH] = {"hash", "HEX",
                    "statement: the SHA-256 instead of its file"},
};
#define TRUST (PROGRAM_TAKES(AUD_O_KEY) | PROGRAM_TAKES(AUD_O_POLICY))

static const program_command commands[] = {
    {.name = "mirror",
     .words = "URL DIR",
     .help = "copy a log; see that it goes on as before",
     .min_words = 2,
     .max_words = 2,
     .takes = TRUST | PROGRAM_TAKES(AUD_O_PIN),
     .run = aud_command_mirror},
    {.name = "replay",
     .words = "DIR",
     .help = "compute a copied log again: tree, maps, checkpoint",
     .min_words = 1,
     .max_words = 1,
     .takes = TRUST,
     .run = aud_command_replay},
    {.name = "verify",
     .words = "FILE",
     .help = "check evidence against a log",
     .min_words = 1,
     .max_words = 1,
     .takes = TRUST,
     .run = aud_command_verify},
    {.name = "statement",
     .words = "FILE|--hash HEX PROOF|DIR",
     .help = "see that a hash is in a signed log",
     .min_words = 1,
     .max_words = 2,
     .takes = TRUST | PROGRAM_TAKES(AUD_O_HASH),
     .run = aud_command_statement},
};

/* A server that goes away while it is asked is an error, no end. */
static bool start(void) {
  (void)signal(SIGPIPE, SIG_IGN);
  if (tacet_crypto_init() != TACET_OK) {
    aud_say("the cryptographic libraries do not start; reinstall libsodium "
            "and OpenSSL");
    return false;
  }
  return true;
}

static const program audit = {
    .name = "tacet-audit",
    .version = AUDIT_VERSION,
    .about = "tacet-audit looks after a key log from outside, with public keys "
             "alone.",
    .more = "It ends with 0 if all is well (verify: if the evidence stands), "
            "with 5 if not,\nwith 1 if it could not find out. tacet-audit(1) "
            "explains it.",
    .options = options,
    .n_options = AUD_OPTIONS,
    .commands = commands,
    .n_commands = sizeof(commands) / sizeof(commands[0]),
    .start = start,
};

int main(int argc, char **argv) {
  return program_main(&audit, argc, argv);
}
