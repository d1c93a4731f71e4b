/* SPDX-License-Identifier: Apache-2.0
 * server/ops/process.h -- what the process gives up before it serves, and how
 * it speaks to its service manager.
 *
 * A systemd unit does the same from outside and more (packaging/systemd/); this
 * is for who runs the program in another way. What a kernel does not offer is
 * left out; the calls say so, and the caller logs it.
 */
#ifndef TACETD_OPS_PROCESS_H
#define TACETD_OPS_PROCESS_H

#include "tacet/base.h"

/* First thing in every subcommand: files are for their owner alone, no core
 * is ever written (it would hold keys and what is in flight), a closed pipe is
 * an error and not a signal, and no program that is started can gain rights.
 * Gives 0 or the errno of what was refused. */
int tacetd_process_start(void);

/* As many open files as the hard limit allows. Gives that number. */
uint64_t tacetd_process_raise_files(void);

/* Where the process is root and `folder` belongs to somebody else: becomes that
 * user. Gives up every capability but that of binding ports below 1024. Call
 * before a thread starts and a database is opened. Gives 0 or an errno. */
int tacetd_process_drop(const char *folder);

/* From now on the process can start no program, make no process, map no new
 * code, trace nobody, mount nothing, and open no sockets but TCP, UDP and UNIX
 * ones; nor connect to anybody, unless `connects`. For this and all later
 * threads, and irrevocable. Gives 0 or an errno; ENOSYS where the machine or the
 * build (sanitizers) does not allow it. */
int tacetd_process_confine(bool connects);

/* One datagram to $NOTIFY_SOCKET, such as "READY=1"; nothing if it is unset. */
void tacetd_process_notify(const char *state);

#endif
