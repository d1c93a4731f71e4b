/* SPDX-License-Identifier: Apache-2.0
 * What is asked for. The category is the one that the desk goes by where a law
 * is less clear: rather the better protected one. */
#include "desk/rules/demands.h"

#define DATA(code, category, words)                                            \
  { code, DESK_DEMAND_DATA, DESK_##category, words }
#define REVERSE(code, words)                                                   \
  { code, DESK_DEMAND_REVERSE, DESK_CONTENT, words }
#define ACT(code, words)                                                       \
  { code, DESK_DEMAND_ACT, DESK_CONTENT, words }

static const desk_demand demands[] = {
    DATA("handle", SUBSCRIBER, "the handle"),
    DATA("created", SUBSCRIBER, "the day on which the account was made"),
    DATA("last-seen", SUBSCRIBER, "the day on which it was last used"),
    DATA("name", SUBSCRIBER, "the subscriber's name"),
    DATA("address", SUBSCRIBER, "postal addresses"),
    DATA("birth-date", SUBSCRIBER, "the date of birth"),
    DATA("email", SUBSCRIBER, "e-mail addresses"),
    DATA("phone", SUBSCRIBER, "telephone numbers"),
    DATA("payment", SUBSCRIBER, "means and source of payment"),
    DATA("account-id", IDENTIFICATION, "the account's id"),
    DATA("devices", IDENTIFICATION, "the list of the account's devices"),
    DATA("public-keys", IDENTIFICATION, "the public keys of the devices"),
    DATA("device-models", IDENTIFICATION,
         "makes, models and serial numbers of devices"),
    DATA("push-tokens", IDENTIFICATION, "push tokens"),
    DATA("ip-history", IDENTIFICATION, "IP addresses and when they were used"),
    DATA("sessions", IDENTIFICATION, "times and durations of sessions"),
    DATA("contacts", TRAFFIC, "contacts and address books"),
    DATA("groups", TRAFFIC, "groups and who is in them"),
    DATA("message-records", TRAFFIC, "who wrote to whom, and when"),
    DATA("call-records", TRAFFIC, "who called whom, and when"),
    DATA("queue", TRAFFIC, "letters that wait to be fetched"),
    DATA("location", CONTENT, "locations"),
    DATA("messages", CONTENT, "the contents of messages"),
    DATA("attachments", CONTENT, "files and pictures"),
    DATA("calls", CONTENT, "the contents of calls"),
    DATA("profile", CONTENT, "profile names and pictures"),
    DATA("searches", CONTENT, "what was searched for"),
    DATA("assistant", CONTENT, "what was said to an assistant"),
    DATA("backups", CONTENT, "backups"),
    DATA("keys", CONTENT, "private keys and passwords"),
    REVERSE("all-users", "data of all users"),
    REVERSE("area", "everybody who was in an area at a time"),
    REVERSE("keyword", "everybody who wrote or searched for a word"),
    REVERSE("contact-of", "everybody who was in touch with a person"),
    REVERSE("ip-user", "everybody who used an IP address"),
    ACT("decrypt", "to decrypt, or to help to"),
    ACT("real-time", "to hand over from now on, as it happens"),
    ACT("collect", "to record what is not recorded today"),
    ACT("change-system", "to change the system, or to weaken it"),
};

const desk_demand *desk_demand_at(size_t i) {
  return i < sizeof(demands) / sizeof(demands[0]) ? &demands[i] : NULL;
}

const desk_demand *desk_demand_find(const char *code) {
  for (size_t i = 0; i < sizeof(demands) / sizeof(demands[0]); i++) {
    if (strcmp(demands[i].code, code) == 0) {
      return &demands[i];
    }
  }
  return NULL;
}
