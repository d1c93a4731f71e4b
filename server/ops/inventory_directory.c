/* SPDX-License-Identifier: Apache-2.0
 * The inventory: columns of directory.db. */
#include "server/ops/inventory.h"

#define COLUMN(name, what, why, how_long, who, category, plaintext)            \
  {                                                                            \
    TACETD_HELD_DIRECTORY, name, what, why, how_long, who,                     \
        TACETD_CATEGORY_##category, plaintext, NULL, TACETD_FORM_NONE, NULL    \
  }
/* A column that an answer to a lawful demand may have, under this name. */
#define ANSWER(name, what, why, how_long, who, category, answer, form)         \
  {                                                                            \
    TACETD_HELD_DIRECTORY, name, what, why, how_long, who,                     \
        TACETD_CATEGORY_##category, true, answer, TACETD_FORM_##form, NULL     \
  }
/* One that none has, and why. */
#define UNANSWERED(name, what, why, how_long, who, category, plaintext,        \
                   no_answer)                                                  \
  {                                                                            \
    TACETD_HELD_DIRECTORY, name, what, why, how_long, who,                     \
        TACETD_CATEGORY_##category, plaintext, NULL, TACETD_FORM_NONE,         \
        no_answer                                                              \
  }

#define ACCOUNT_LIFE "until the account is erased"
#define PACKAGE_LIFE                                                           \
  "until it is claimed or replaced, its device is removed, or its last day; "  \
  "at most 60 days"
#define RESET_LIFE "four days, or more while witnesses are away"
#define ANYONE "anyone who looks the account up"
#define OPERATOR "the operator"
#define EVERYBODY "everybody"

static const tacetd_inventory_row rows[] = {
    ANSWER("account.id", "hash of the account's first device manifest",
           "names the account in requests and credentials", ACCOUNT_LIFE,
           ANYONE, IDENTIFICATION, "account_id", HEX),
    UNANSWERED("account.name",
               "the handle, the part before the @; nothing once it is another "
               "account's (a reset)",
               "people find each other by it", ACCOUNT_LIFE, ANYONE, SUBSCRIBER,
               true, "the demand names it"),
    ANSWER("account.created", "the day the account was made",
           "to tell abandoned accounts from new ones", ACCOUNT_LIFE, OPERATOR,
           SUBSCRIBER, "created", DAY),
    ANSWER("account.drawn", "the day it last drew tokens, or -1",
           "the daily quota of tokens counts from it", ACCOUNT_LIFE, OPERATOR,
           SUBSCRIBER, "last_drew_tokens", DAY),
    ANSWER("account.drawn_directory",
           "how many tokens for first letters it drew on that day",
           "the daily quota", "until the account draws on another day",
           OPERATOR, TRAFFIC, "first_letter_tokens", NUMBER),
    ANSWER("account.drawn_delivery",
           "how many tokens for mailboxes and uploads it drew on that day",
           "the daily quota", "until the account draws on another day",
           OPERATOR, TRAFFIC, "delivery_tokens", NUMBER),
    COLUMN("account.draw_hash",
           "hash of the last request for tokens, which were blinded",
           "the same request again is answered again, and costs nothing",
           "until the account draws again", OPERATOR, NONE, false),

    UNANSWERED("manifest.account", "whose manifest it is",
               "a chain of manifests belongs to one account", ACCOUNT_LIFE,
               ANYONE, IDENTIFICATION, true, "it is account.id again"),
    ANSWER("manifest.number", "its number in the chain",
           "look-ups ask for those from a number on", ACCOUNT_LIFE, ANYONE,
           IDENTIFICATION, "manifest_number", NUMBER),
    ANSWER("manifest.body",
           "the signed list of the account's devices: random ids and public "
           "keys, the handle, the recovery key's public half",
           "contacts check it, so that the server cannot invent a device",
           ACCOUNT_LIFE, ANYONE, IDENTIFICATION, "manifest", HEX),

    ANSWER("manifest.version", "its number among all manifests of the handle",
           "the key log counts those", ACCOUNT_LIFE, ANYONE, IDENTIFICATION,
           "version", NUMBER),
    ANSWER("manifest.log_index",
           "where in the key log its entry stands; so the order in which "
           "manifests came",
           "a proof names the place", ACCOUNT_LIFE, ANYONE, IDENTIFICATION,
           "log_index", NUMBER),
    ANSWER("manifest.opening",
           "random bytes that open the commitment in that entry",
           "who looks the account up checks that the log commits to it",
           ACCOUNT_LIFE, ANYONE, IDENTIFICATION, "opening", HEX),

    COLUMN("package.id", "a row number", "the oldest is handed out first",
           PACKAGE_LIFE, OPERATOR, NONE, true),
    UNANSWERED("package.account", "whose key package it is",
               "it is claimed by account", PACKAGE_LIFE, "who claims it",
               IDENTIFICATION, true, "it is account.id again"),
    ANSWER("package.device", "which device's it is",
           "one of each device is claimed", PACKAGE_LIFE, "who claims it",
           IDENTIFICATION, "device_id", HEX),
    COLUMN("package.last_resort",
           "whether it is the one that is handed out again and again",
           "so that nobody can empty a shelf", PACKAGE_LIFE, "who claims it",
           NONE, true),
    COLUMN("package.last_day", "the day after which it is dropped",
           "keys are to be fresh", PACKAGE_LIFE, OPERATOR, NONE, true),
    COLUMN("package.hash", "hash of the package",
           "its device learns which were claimed", PACKAGE_LIFE,
           "its device, and the operator", NONE, true),
    ANSWER("package.message",
           "public keys for a first letter, and the mailbox it goes to, which "
           "nobody has used yet",
           "somebody can write while the device is away", PACKAGE_LIFE,
           "who claims it", IDENTIFICATION, "key_package", HEX),

    UNANSWERED("retired.hash",
               "hash of a handle whose account was erased, under a key in "
               "retired-handles.key",
               "a handle that changed hands would be an impersonation",
               "for good", "the operator, by trying handles", SUBSCRIBER, false,
               "there is no account any more that it could be about"),

    COLUMN("invite.hash", "hash of an invite's token",
           "to know an invite that is used",
           "until it is used up, or its last "
           "day",
           OPERATOR, NONE, false),
    COLUMN("invite.uses", "how many may still register with it",
           "an invite is for so many people",
           "until it is used up, or its last day", OPERATOR, NONE, true),
    COLUMN("invite.last_day", "the last day on which it works",
           "an invite expires", "until it is used up, or its last day",
           OPERATOR, NONE, true),

    UNANSWERED("invite.name",
               "the handle, of the link of a reset; of other invites nothing",
               "such a link is for one handle",
               "until it is used, replaced by a newer one, or its last day",
               OPERATOR, SUBSCRIBER, true, "the demand names it"),

    UNANSWERED("reset.name", "a handle that passed to a new account",
               "the old one can take it back for some days", RESET_LIFE,
               OPERATOR, SUBSCRIBER, true, "the demand names it"),
    UNANSWERED("reset.other", "which account does not have it now",
               "to know it when it takes the handle back", RESET_LIFE, OPERATOR,
               IDENTIFICATION, true, "it is account.id again"),
    UNANSWERED("reset.day", "the day on which the key log began to show it",
               "the days count from it", RESET_LIFE, OPERATOR, SUBSCRIBER, true,
               "the key log shows it to whoever looks the handle up"),
    UNANSWERED("reset.vetoed", "whether the handle was taken back",
               "that ends it, and the new account", RESET_LIFE, OPERATOR,
               SUBSCRIBER, true,
               "the key log shows it to whoever looks the handle up"),

    COLUMN("spent.hash",
           "hash of an anonymous token that was spent on a claim or look-up",
           "a token is spent once", "until its key expires, at most two weeks",
           OPERATOR, NONE, false),
    COLUMN("spent.last_day", "the day its key expires", "to forget it then",
           "until its key expires, at most two weeks", OPERATOR, NONE, true),

    COLUMN("log_entry.id", "the number of an entry of the key log",
           "the log has an order", "for good", EVERYBODY, NONE, true),
    UNANSWERED(
        "log_entry.bytes",
        "for each manifest that ever was, a pseudonym that only the key in "
        "log-vrf.key ties to its handle, and a commitment to it; hashes of "
        "what the operator said in public; after each group of them the day "
        "and a hash of all",
        "a directory that cannot take back what it said cannot lie to one "
        "without lying to all",
        "for good; once an account is erased its commitments cannot be "
        "opened any more",
        EVERYBODY ", as pseudonyms; whose they are, the operator, by trying "
                  "handles",
        SUBSCRIBER, false,
        "everybody can read the key log; manifest.log_index says which entry"),
    COLUMN("log_head.id",
           "0 for the newest head of the log, 1 for the "
           "published one",
           "to tell them apart", "as long as the server", OPERATOR, NONE, true),
    COLUMN("log_head.size", "how many entries that head has",
           "to go on after a crash where it ended", "until the next head",
           EVERYBODY, NONE, true),
    COLUMN("log_head.root", "hash of those entries", "the same",
           "until the next head", EVERYBODY, NONE, true),
    COLUMN("log_head.note",
           "the published checkpoint, with the signatures and times of its "
           "witnesses",
           "it is shown with every proof", "until the next head", EVERYBODY,
           NONE, true),
    COLUMN("log_week.first_day", "the first day of a week",
           "each week has token keys of its own", "for good", EVERYBODY, NONE,
           true),
    COLUMN("log_week.log_index",
           "where in the key log the token keys of that week stand",
           "a proof names the place", "for good", EVERYBODY, NONE, true),
    COLUMN("log_pending.id", "a row number", "they are taken in order",
           "about a second, while the server runs", OPERATOR, NONE, true),
    COLUMN(
        "log_pending.entry",
        "the log's entry about an account that the operator erased, or a hash "
        "that he says in public, beside the running server, as the log will "
        "show it",
        "the server alone writes the log",
        "about a second, while the server runs", OPERATOR, NONE, false),

    COLUMN("meta.name", "name of a number that the server keeps",
           "to find it again", "as long as the server", OPERATOR, NONE, true),
    COLUMN("meta.value",
           "the server's own day; the day on which the operator confirmed the "
           "clock",
           "a clock that jumps must not erase anything",
           "as long as the server", OPERATOR, NONE, true),
};

const tacetd_inventory_part tacetd_inventory_directory = {
    rows, sizeof(rows) / sizeof(rows[0])};
