/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "honeynet.h"

#include <errno.h>
#include <strings.h>

int honeypot_find(const struct honeynet *n, const char *name, uint32_t *ret)
{
	for (uint32_t i = 0; i < n->n_honeypots; i++) {
		if (honeypot_there(n, i) && !strcasecmp(n->honeypot[i].name, name)) {
			*ret = i;
			return 0;
		}
	}
	return -ENOENT;
}

bool honeypot_there(const struct honeynet *n, uint32_t i)
{
	return i < n->n_honeypots && !n->honeypot[i].gone;
}

uint64_t honeypots_there(const struct honeynet *n)
{
	uint64_t bits = 0;

	for (uint32_t i = 0; i < n->n_honeypots; i++)
		bits |= (uint64_t)honeypot_there(n, i) << i;
	return bits;
}
