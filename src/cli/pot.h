/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* One honeypot: its disk, and what is done to it in the running honeynet. */
#include <limits.h>
#include <stdint.h>

#include "roles/roles.h"

/*
 * pot_ask() - has @deed done to the honeypot named @pot, and waits until it is: 0, or the errno of what could not be
 * done (EINVAL: it makes no sense as things are). It ends the program if there is no such honeypot, or nobody answers.
 */
uint32_t pot_ask(const char *pot, enum pot_deed deed);

struct pot_disk {
	char disk[PATH_MAX], image[PATH_MAX];	/* the layer, and what it is over */
	char pot[NAME_MAX + 1];			/* as it is written in the honeynet file */
};

/* pot_disk_find() - of the honeypot named @pot, without regard to case, whether skep runs or not; 0, -ENOENT, or -errno */
int pot_disk_find(const char *pot, struct pot_disk *ret);
const char *pot_disk_error(int r);	/* what went wrong there, in words; lent until the next call */
