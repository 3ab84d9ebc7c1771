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

/* clock_next() - the first moment after @now_us, UTC, at which so many minutes of a day have passed */
static inline uint64_t clock_next(uint64_t now_us, uint32_t minutes)
{
	const uint64_t day_us = UINT64_C(86400000000);
	uint64_t at = now_us - now_us % day_us + minutes * UINT64_C(60000000);

	return at > now_us ? at : at + day_us;
}

#define now_us() clock_us(CLOCK_REALTIME)	/* UTC, microseconds since 1970 */
#define mono_us() clock_us(CLOCK_MONOTONIC)	/* for measuring spans */
