/* SPDX-License-Identifier: Apache-2.0
 * desk/notices_home.h -- whether people see a notice without being asked first:
 * only from the account that the server's invites name.
 */
#ifndef TACET_DESK_NOTICES_HOME_H
#define TACET_DESK_NOTICES_HOME_H

/* Holds the account of the home against the one that the server's folder names.
 * One sentence on stderr where it is another, none is named, or it cannot be
 * told; nothing fails for it. */
void desk_notices_home_check(const char *server, const char *home);

#endif
