/* SPDX-License-Identifier: Apache-2.0
 * tacet-witness: vouches that a log shows everybody the same. This file is its
 * tables. */
#include "witness/command.h"

#include "server/ops/process.h"
#include "tacet/crypto.h"

static const program_option options[WIT_OPTIONS] = {
    [WIT_O_DATA] = {"data", "DIR", "the witness's folder, which init makes"},
    [WIT_O_NAME] = {"name", "NAME",
                    "init: what it is called, such as witness.example.org"},
    [WIT_O_LISTEN] = {"listen", "HOST:PORT",
                      "init, run: where it listens (127.0.0.1:8444)"},
    [WIT_O_PLAIN] = {"plain", "",
                     "run: without TLS, behind a proxy that has it"},
};
#define DATA PROGRAM_TAKES(WIT_O_DATA)

static const program_command commands[] = {
    {.name = "init",
     .words = "",
     .help = "make a witness: its folder, its key, its certificate",
     .takes = PROGRAM_TAKES(WIT_O_LISTEN),
     .needs = DATA | PROGRAM_TAKES(WIT_O_NAME),
     .run = wit_command_init},
    {.name = "log",
     .words = "add VKEY|remove ORIGIN",
     .help = "say which logs it witnesses",
     .min_words = 2,
     .max_words = 2,
     .needs = DATA,
     .run = wit_command_log},
    {.name = "status",
     .words = "",
     .help = "print its key, and what it has cosigned",
     .needs = DATA,
     .run = wit_command_status},
    {.name = "run",
     .words = "",
     .help = "serve until SIGTERM",
     .takes = PROGRAM_TAKES(WIT_O_LISTEN) | PROGRAM_TAKES(WIT_O_PLAIN),
     .needs = DATA,
     .run = wit_command_run},
};

static bool start(void) {
  (void)tacetd_process_start();
  if (tacet_crypto_init() != TACET_OK) {
    wit_say("the cryptographic libraries do not start; reinstall libsodium "
            "and OpenSSL");
    return false;
  }
  return true;
}

static const program witness = {
    .name = "tacet-witness",
    .version = WITNESS_VERSION,
    .about = "tacet-witness cosigns the checkpoints of logs "
             "(c2sp.org/tlog-witness),\nand only those that continue what it "
             "has seen.",
    .more = "tacet-witness(8) explains them.",
    .options = options,
    .n_options = WIT_OPTIONS,
    .commands = commands,
    .n_commands = sizeof(commands) / sizeof(commands[0]),
    .start = start,
};

int main(int argc, char **argv) {
  return program_main(&witness, argc, argv);
}
