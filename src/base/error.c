/* SPDX-License-Identifier: Apache-2.0 */
#include "tacet/base.h"

const char *tacet_err_name(tacet_err e) {
  switch (e) {
  case TACET_OK:
    return "OK";
#define X(name, value, text)                                                   \
  case TACET_ERR_##name:                                                       \
    return #name;
    TACET_ERR_MAP(X)
#undef X
  }
  return "?";
}

const char *tacet_err_text(tacet_err e) {
  switch (e) {
  case TACET_OK:
    return "done";
#define X(name, value, text)                                                   \
  case TACET_ERR_##name:                                                       \
    return text;
    TACET_ERR_MAP(X)
#undef X
  }
  return "an error that this version does not know";
}
