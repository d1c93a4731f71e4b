/* SPDX-License-Identifier: Apache-2.0
 * What there is not. The inventory is the proof: no column, file or table of
 * the server has any of it. */
#include "desk/plan/absent.h"

#include <string.h>

#define NEVER "Does not exist: it is never asked for."
#define NOT_KNOWN "Does not exist: the server never learns it."

static const desk_absent absent[] = {
    {"name", "the subscriber's name", NEVER},
    {"address", "postal addresses", NEVER},
    {"birth-date", "the date of birth", NEVER},
    {"email", "e-mail addresses", NEVER},
    {"phone", "telephone numbers", NEVER},
    {"payment", "means and source of payment",
     "Does not exist: nothing is paid for."},
    {"ip-history", "IP addresses and when they were used",
     "Does not exist: an address is known while a connection is open, and is "
     "written nowhere."},
    {"sessions", "times and durations of sessions",
     "Does not exist: no session is recorded; of its use an account has the "
     "one day on which it last drew tokens."},
    {"device-models", "makes, models and serial numbers of devices", NOT_KNOWN},
    {"push-tokens", "push tokens", "Does not exist: there is no push service."},
    {"contacts", "contacts and address books", NOT_KNOWN},
    {"groups", "groups and who is in them", NOT_KNOWN},
    {"message-records", "who wrote to whom, and when",
     "Does not exist: a message goes to mailboxes, of which nothing says whose "
     "they are, and comes without a sender."},
    {"queue", "letters that wait to be fetched",
     "Letters wait as ciphertexts, at most 30 days, in mailboxes of which "
     "nothing says whose they are: those of an account cannot be found."},
    {"call-records", "who called whom, and when", "Does not exist."},
    {"messages", "the contents of messages",
     "Does not exist: the server holds ciphertexts that only devices of the "
     "conversation can open, at most 30 days, and nothing says whose they "
     "are."},
    {"attachments", "files and pictures",
     "Does not exist: the server holds ciphertexts that only who was sent "
     "their keys can open, at most 45 days, and nothing says whose they are."},
    {"calls", "the contents of calls", "Does not exist."},
    {"location", "locations", NOT_KNOWN},
    {"profile", "profile names and pictures", NOT_KNOWN},
    {"searches", "what was searched for", NOT_KNOWN},
    {"assistant", "what was said to an assistant", NOT_KNOWN},
    {"backups", "backups", "Does not exist: backups are files of the user's."},
    {"keys", "private keys and passwords",
     "Does not exist: private keys are made on devices and stay there; there "
     "are no passwords."},
};

const desk_absent *desk_absent_at(size_t i) {
  return i < sizeof(absent) / sizeof(absent[0]) ? &absent[i] : NULL;
}

const desk_absent *desk_absent_find(const char *code) {
  for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
    if (strcmp(absent[i].code, code) == 0) {
      return &absent[i];
    }
  }
  return NULL;
}
