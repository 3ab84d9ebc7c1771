/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the kernel does not take away by itself when a process is killed. */
#include <stdbool.h>
#include <stdint.h>

/*
 * after_me() - starts a process that waits for this one to end, however it does, and then calls @clean(@arg) until
 * it says true: all is away. It tries for ten seconds. It is of the same user, has the capabilities @caps (bits by CAP_*)
 * and no descriptors.
 * 0 or -errno.
 */
int after_me(uint64_t caps, bool (*clean)(void *arg), void *arg);
