/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Time. Only roles and verbs ask the clock; everything else is told. */
#include <stdint.h>
#include <time.h>

static inline uint64_t clock_us(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

#define now_us() clock_us(CLOCK_REALTIME)	/* UTC, microseconds since 1970 */
#define mono_us() clock_us(CLOCK_MONOTONIC)	/* for measuring spans */
