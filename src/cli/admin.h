/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What administrators do, recorded: it is theirs and not an intruder's. */
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

struct deed {
	const char *user;
	char *const *word;	/* what was said, ends in NULL */
	struct addr src;	/* where from; family 0: this machine */
	uint16_t src_port;
	bool refused;
	const char *reason;	/* "" none */
};

/*
 * admin_tell() - to the running honeynet, whose journal then has it as an event of kind "admin"; if
 * none runs or it does not answer, a line in access/admin.log of the state folder. 0 or -errno.
 */
int admin_tell(const struct deed *d);
