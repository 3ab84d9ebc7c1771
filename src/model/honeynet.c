/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "honeynet.h"

#include <errno.h>
#include <strings.h>

int honeypot_find(const struct honeynet *n, const char *name, uint32_t *ret)
{
	for (uint32_t i = 0; i < n->n_honeypots; i++) {
		if (!strcasecmp(n->honeypot[i].name, name)) {
			*ret = i;
			return 0;
		}
	}
	return -ENOENT;
}
