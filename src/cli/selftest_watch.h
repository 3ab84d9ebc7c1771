/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The attempts made from inside a honeypot (selftest/attempts.h), followed from outside. */
#include <stdbool.h>
#include <stdint.h>

#include "selftest/judge.h"

struct field {
	int lab, gateway;	/* network namespaces */
	int console;		/* of who makes the attempts; not blocking */
	bool few;		/* only those that are small */
	uint32_t own;		/* his address, host order */
	uint32_t place;		/* his tap is that of this number */
	uint64_t taps;		/* numbers of all of them, a bit each */
};

/*
 * selftest_follow() - has it tried, and @j count what arrives, in the lab and at the honeypots' plugs; the end of the test
 * is the caller's to say. An exit code: CLI_OK it went through to its end and nothing was missed, whatever arrived.
 */
int selftest_follow(const struct field *f, struct judge *j);
