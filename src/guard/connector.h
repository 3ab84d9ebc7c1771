/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The kernel's process events (proc connector): after the fact, and only in the first network and pid
 * namespace. See linux/cn_proc.h. */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum connector_what { CONNECTOR_EXEC, CONNECTOR_UID };

typedef void connector_fn(void *arg, enum connector_what what, pid_t pid);

/* connector_open() - changes of users, and with @execs every execve(); a descriptor or -errno */
int connector_open(bool execs);
/* connector_read() - calls @fn for each; how often events were lost for want of room */
uint32_t connector_read(int fd, connector_fn *fn, void *arg);
