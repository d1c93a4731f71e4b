/* SPDX-License-Identifier: Apache-2.0
 * client/leaving.h -- leaving a group: a signed word, and before that, where
 * nobody else is an admin, somebody who will be one.
 */
#ifndef TACET_CLIENT_LEAVING_H
#define TACET_CLIENT_LEAVING_H

#include "client/jobs.h"

/* Carries out a job of leaving; it takes two rounds where an admin has to be
 * appointed: who sits first in the tree, mostly who has been in it for longest.
 */
TACET_MUST_CHECK tacet_err client_leaving_run(client *c, const client_job *job,
                                              uint64_t *next);

#endif
