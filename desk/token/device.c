/* SPDX-License-Identifier: Apache-2.0
 * Finding a token, opening it, its PIN, and its errors in words. */
#include "desk/token/private.h"

#include <fido/err.h>
#include <stdio.h>
#include <string.h>

/* Tokens give up by themselves after some thirty seconds without a touch. */
#define TIMEOUT_MS 60000

/* ---- at the ports of this machine ---- */

static int usb_list(char paths[DESK_DEVICES_MAX][DESK_DEVICE_PATH], size_t *n) {
  size_t found = 0;
  fido_init(0);
  fido_dev_info_t *list = fido_dev_info_new(DESK_DEVICES_MAX);
  int e = list == NULL ? FIDO_ERR_INTERNAL
                       : fido_dev_info_manifest(list, DESK_DEVICES_MAX, &found);
  *n = 0;
  for (size_t i = 0; e == FIDO_OK && i < found; i++) {
    const char *path = fido_dev_info_path(fido_dev_info_ptr(list, i));
    if (path != NULL && strlen(path) < DESK_DEVICE_PATH) {
      memcpy(paths[(*n)++], path, strlen(path) + 1);
    }
  }
  fido_dev_info_free(&list, DESK_DEVICES_MAX);
  return e;
}

static int usb_open(const char *path, fido_dev_t **out) {
  fido_init(0);
  fido_dev_t *dev = fido_dev_new();
  int e = dev == NULL ? FIDO_ERR_INTERNAL : fido_dev_open(dev, path);
  if (e != FIDO_OK) {
    fido_dev_free(&dev);
    return e;
  }
  *out = dev;
  return FIDO_OK;
}

const desk_ports desk_usb_ports = {usb_list, usb_open};

/* ---- which ---- */

static tacet_err only_one(const desk_reader *r, desk_trouble *why,
                          char out[DESK_DEVICE_PATH]) {
  char paths[DESK_DEVICES_MAX][DESK_DEVICE_PATH];
  size_t n = 0;
  if (r->ports->list(paths, &n) != FIDO_OK) {
    desk_trouble_set(why, "this machine does not say which tokens are plugged "
                          "in; name one with --device PATH");
    return TACET_ERR_IO;
  }
  if (n == 0) {
    desk_trouble_set(why, "no token is plugged in, or this user may not read "
                          "it; plug one in and do it again");
    return TACET_ERR_NOT_FOUND;
  }
  if (n > 1) {
    desk_trouble_set(why,
                     "%zu tokens are plugged in: name one with --device "
                     "PATH, such as %.100s or %.100s",
                     n, paths[0], paths[1]);
    return TACET_ERR_ARGUMENT;
  }
  memcpy(out, paths[0], DESK_DEVICE_PATH);
  return TACET_OK;
}

tacet_err device_open(const desk_reader *r, desk_trouble *why,
                      fido_dev_t **out) {
  char found[DESK_DEVICE_PATH] = "";
  fido_dev_t *dev = NULL;
  if (r->device == NULL) {
    TACET_TRY(only_one(r, why, found));
  }
  const char *path = r->device != NULL ? r->device : found;
  int e = r->ports->open(path, &dev);
  if (e != FIDO_OK) {
    desk_trouble_set(why,
                     "the token at %.300s cannot be opened: is it there, is it "
                     "a FIDO2 token, and may this user read it?",
                     path);
    return TACET_ERR_NOT_FOUND;
  }
  (void)fido_dev_set_timeout(dev, TIMEOUT_MS);
  *out = dev;
  return TACET_OK;
}

void device_close(fido_dev_t **dev) {
  if (*dev != NULL) {
    (void)fido_dev_close(*dev);
    fido_dev_free(dev);
  }
}

/* ---- errors ---- */

static const struct {
  int error;
  tacet_err is;
  const char *sentence;
} words[] = {
    {FIDO_ERR_PIN_AUTH_BLOCKED, TACET_ERR_AUTH,
     "the token takes no PIN after so many wrong ones: take it out, put it in "
     "again, and do it again with the right one"},
    {FIDO_ERR_PIN_BLOCKED, TACET_ERR_AUTH,
     "the token's PIN is blocked for good; a reset erases the keys on it: the "
     "officer needs a new one"},
    {FIDO_ERR_UV_BLOCKED, TACET_ERR_AUTH,
     "the token does not read fingers after so many wrong ones; give it its "
     "PIN with its maker's program first"},
    {FIDO_ERR_UV_INVALID, TACET_ERR_AUTH,
     "the token does not know that finger; do it again"},
    {FIDO_ERR_PIN_REQUIRED, TACET_ERR_AUTH,
     "the token wants its PIN, which is asked for at a terminal"},
    {FIDO_ERR_PIN_NOT_SET, TACET_ERR_AUTH,
     "the token has no PIN any more, and this key wants one"},
    {FIDO_ERR_NO_CREDENTIALS, TACET_ERR_NOT_FOUND,
     "this token does not have that key; plug in the one on which it was made"},
    {FIDO_ERR_INVALID_CREDENTIAL, TACET_ERR_NOT_FOUND,
     "this token does not have that key; plug in the one on which it was made"},
    {FIDO_ERR_USER_ACTION_TIMEOUT, TACET_ERR_STATE,
     "nobody touched the token; nothing was signed; do it again"},
    {FIDO_ERR_ACTION_TIMEOUT, TACET_ERR_STATE,
     "nobody touched the token; nothing was signed; do it again"},
    {FIDO_ERR_OPERATION_DENIED, TACET_ERR_STATE,
     "the token was told no; nothing was signed"},
    {FIDO_ERR_KEEPALIVE_CANCEL, TACET_ERR_STATE,
     "the token was told no; nothing was signed"},
    {FIDO_ERR_UNSUPPORTED_ALGORITHM, TACET_ERR_UNSUPPORTED,
     "this token has neither Ed25519 nor P-256"},
    {FIDO_ERR_RX, TACET_ERR_IO,
     "the token does not answer any more: was it taken out? Nothing was "
     "signed; do it again"},
    {FIDO_ERR_TX, TACET_ERR_IO,
     "the token does not answer any more: was it taken out? Nothing was "
     "signed; do it again"},
};

static tacet_err wrong_pin(fido_dev_t *dev, desk_trouble *why) {
  int left = 0;
  if (fido_dev_get_retry_count(dev, &left) == FIDO_OK) {
    desk_trouble_set(why,
                     "that is not the token's PIN; %d wrong ones are left "
                     "until it is blocked",
                     left);
  } else {
    desk_trouble_set(why, "that is not the token's PIN");
  }
  return TACET_ERR_AUTH;
}

tacet_err device_failed(fido_dev_t *dev, int error, desk_trouble *why) {
  if (error == FIDO_ERR_PIN_INVALID) {
    return wrong_pin(dev, why);
  }
  for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
    if (words[i].error == error) {
      desk_trouble_set(why, "%s", words[i].sentence);
      return words[i].is;
    }
  }
  desk_trouble_set(why, "the token does not do that: %s", fido_strerr(error));
  return TACET_ERR_IO;
}

/* ---- the PIN ---- */

void desk_reader_wipe(desk_reader *r) {
  tacet_secret_wipe(&r->pin);
}

/* CTAP2 6.5: 4 to 63 bytes. */
static tacet_err ask_pin(desk_reader *r, desk_trouble *why) {
  char text[DESK_PIN_MAX + 2] = "";
  if (r->pin.len > 0) {
    return TACET_OK;
  }
  if (r->ask_pin == NULL || !r->ask_pin(r->user, text, sizeof(text)) ||
      text[0] == '\0') {
    desk_trouble_set(why, "the token wants its PIN, which is asked for at a "
                          "terminal");
    return TACET_ERR_AUTH;
  }
  tacet_err e = strlen(text) > DESK_PIN_MAX
                    ? TACET_ERR_AUTH
                    : tacet_secret_set(&r->pin, tacet_span_str(text));
  tacet_wipe(text, sizeof(text));
  if (e == TACET_ERR_AUTH) {
    desk_trouble_set(why, "a token's PIN has at most %d bytes", DESK_PIN_MAX);
  }
  return e;
}

/* A PIN as libfido2 wants it. */
static int run_with_pin(desk_reader *r, fido_dev_t *dev, device_call *call) {
  char pin[DESK_PIN_MAX + 1];
  memcpy(pin, r->pin.b, r->pin.len);
  pin[r->pin.len] = '\0';
  int e = call->run(call, dev, pin, false);
  tacet_wipe(pin, sizeof(pin));
  if (e == FIDO_ERR_PIN_INVALID) {
    tacet_secret_wipe(&r->pin); /* not to be tried again */
  }
  return e;
}

tacet_err device_do(desk_reader *r, fido_dev_t *dev, device_call *call,
                    desk_trouble *why) {
  bool uv = call->verified && fido_dev_has_uv(dev);
  int e = FIDO_ERR_PIN_REQUIRED;
  if (!call->verified || uv) {
    r->tell(r->user, call->touch);
    e = call->run(call, dev, NULL, uv);
  }
  if (e == FIDO_ERR_PIN_REQUIRED) {
    TACET_TRY(ask_pin(r, why));
    r->tell(r->user, call->touch);
    e = run_with_pin(r, dev, call);
  }
  return e == FIDO_OK ? TACET_OK : device_failed(dev, e, why);
}
