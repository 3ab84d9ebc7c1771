/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What administrators do, recorded: it is theirs and not an intruder's. */
#include <stdint.h>

#include "base/addr.h"

struct deed {
	const char *user;
	const char *action;	/* "allowed" or "refused" what was said; "began" or "ended": a login */
	char *const *word;	/* what was said, ends in NULL; NULL nothing */
	struct addr src;	/* where from; family 0: this machine */
	uint16_t src_port;
	const char *reason;	/* "" none */
};

/*
 * admin_tell() - to the running honeynet, whose journal then has it as an event of kind "admin"; if
 * none runs or it does not answer, a line in access/admin.log of the state folder. 0 or -errno.
 */
int admin_tell(const struct deed *d);
