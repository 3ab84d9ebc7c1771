/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The brake: the second layer of data control, on the device that leads out. It shares nothing with the rules, neither
 * code nor process, and comes after them: what they let through is counted once more, up to caps a margin above theirs.
 *
 * Which kind a machine has depends on its kernel and on how skep was built. All functions are called in the network
 * namespace of the device.
 */
#include <stdbool.h>
#include <stdint.h>

#include "caps.h"

#define BRAKE_KINDS_LIST(X)                                                                                    \
	X(NONE,   "none",   "nothing but the rules limits what leaves")                                        \
	X(RATE,   "rate",   "a token bucket limits the bytes a second that leave, all honeypots together")     \
	X(COUNTS, "counts", "what each honeypot begins and sends is counted, made-up sources are dropped, and nothing " \
			    "passes when nobody says any more that it works")

enum brake_kind {
#define X(id, name, doc) BRAKE_##id,
	BRAKE_KINDS_LIST(X)
#undef X
	BRAKE_KINDS
};

const char *brake_kind_name(enum brake_kind k);
const char *brake_kind_doc(enum brake_kind k);
const char *brake_why(enum brake_why w);	/* in words */

/* What brake_check() met. */
enum brake_found { BRAKE_IN_PLACE, BRAKE_PUT_BACK, BRAKE_LOST, BRAKE_FOUNDS };

struct brake;

/*
 * brake_open() - put it on @device, or take over the one that is there, with all that it has counted. @now_ns of
 * CLOCK_MONOTONIC. Always something: BRAKE_NONE if the machine has neither.
 */
struct brake *brake_open(const char *device, const struct honeynet *n, uint64_t now_ns);
/* brake_open_rate() - the fallback, whatever the machine could */
struct brake *brake_open_rate(const char *device, const struct honeynet *n);
/* brake_close() - let go of it; it stays on its device. NULL */
struct brake *brake_close(struct brake *b);
enum brake_kind brake_kind(const struct brake *b);
int brake_beat(struct brake *b, uint64_t now_ns);	/* it works: it is open for another two seconds */
int brake_plan(struct brake *b, const struct honeynet *n);	/* its caps from now on; 0, or -errno: some are as before */
/* brake_check() - whether it is on its device; if not, it is put there; *@ret_error: why that cannot be */
enum brake_found brake_check(struct brake *b, int *ret_error);
/* brake_read() - what @address (host order) has used; 0 or -errno */
int brake_read(const struct brake *b, uint32_t address, struct brake_used *ret);
/* brake_sum() - what has passed of honeypots and was refused since it is there, also of those that are gone */
void brake_sum(const struct brake *b, uint64_t *ret_passed, uint64_t *ret_refused);
