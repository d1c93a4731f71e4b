/* SPDX-License-Identifier: Apache-2.0
 * tacet/wire.h -- everything that passes between a client and a server. The
 * pages under docs/protocol/ say the same in words.
 */
#ifndef TACET_WIRE_H
#define TACET_WIRE_H

#include "tacet/wire/auth.h"
#include "tacet/wire/delivery.h"
#include "tacet/wire/directory.h"
#include "tacet/wire/errors.h"
#include "tacet/wire/invite.h"
#include "tacet/wire/seal.h"
#include "tacet/wire/token.h"

#endif
