/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the files of `skep access` share. */
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/text.h"

/* --- access_shell.c --- */
int access_shell(int argc, char **argv);

/* --- access_daemon.c: the sshd of our own, by its folder, the one with its configuration --- */

/* daemon_sshd() - path of the machine's sshd, or NULL: not installed; lent for ever */
const char *daemon_sshd(void);
/* daemon_check() - `sshd -t` of a configuration file; 0, or -EINVAL and its words are added to @why */
int daemon_check(const char *config, struct text *why);
/* daemon_find() - a pidfd of it and *@ret_pid, or -ESRCH: it does not run */
int daemon_find(const char *folder, pid_t *ret_pid);
/* daemon_start() - until it listens; 0, -ETIMEDOUT it did not (its log says why), -errno */
int daemon_start(const char *folder);
/* daemon_stop() - no new logins; *@ret_open (may be NULL) logins that are still open, which end too if
 * @sessions. 0 or -errno, -ESRCH: it did not run */
int daemon_stop(const char *folder, bool sessions, size_t *ret_open);
/* daemon_open() - logins that are open, of the sshd with this pid */
size_t daemon_open(pid_t pid);
