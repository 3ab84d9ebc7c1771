/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Deny by fanotify: the kernel asks before it opens one of the listed files in order to execute it,
 * and waits for the answer. If the guard dies, the kernel answers yes.
 *
 * The loader is not asked about: the kernel opens it for every program there is.
 */
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "files.h"

/* fan_ask_fn() - @pid wants to execute the file: may it? */
typedef bool fan_ask_fn(void *arg, pid_t pid, const struct stat *st, const char *path);

int fan_open(const struct guard_files *f);	/* a descriptor, readable when asked; or -errno */
void fan_mark(int fan, const struct guard_files *f);	/* replaces what is asked about */
void fan_read(int fan, fan_ask_fn *ask, void *arg);
