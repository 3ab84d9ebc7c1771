/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The attempts made and watched, and what is said of them. */
#include <stdbool.h>
#include <stdint.h>

#include "cli/standin.h"
#include "selftest/judge.h"

/*
 * selftest_watch() - has the throw-away honeypot try everything, and @j count what arrives, in the lab and at the
 * honeypots' plugs. An exit code: CLI_OK it went through to its end, whatever arrived.
 */
int selftest_watch(const struct standin *s, int control, struct judge *j);

/* selftest_terms() - by which it is judged: what the honeynet file says, less what its address has used already */
void selftest_terms(const struct standin *s, const char *rules, struct terms *ret);
/* selftest_used() - @rules, as text, count something for that address */
bool selftest_used(void *rules, uint32_t address);

/* selftest_report() - prints it, keeps it in the state folder, and has it recorded; an exit code */
int selftest_report(const struct standin *s, const struct judge *j, bool json);
