/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The terminal a violator sits at. */
#include <stdint.h>
#include <sys/types.h>

#include "record.h"

/*
 * terminal_warn() - @words to the controlling terminal with the device number @tty, which the process
 * @a[0], or one of its @n - 1 ancestors, must have open as its input or output. Never waits.
 * 0, -ENXIO it has none, -ENOENT nobody has it open any more, -errno: it takes no words.
 */
int terminal_warn(uint32_t tty, const struct guard_ancestor *a, uint32_t n, const char *words);
/* terminal_group() - who is in it may write to every terminal whose owner did not say `mesg n`; 0: there is none */
gid_t terminal_group(void);
