/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "honeynet.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

static const char *const weaknesses[WEAKNESSES_N] = {
#define X(id, name, doc) name,
	WEAKNESSES(X)
#undef X
};

const char *weakness_name(enum weakness w)
{
	return weaknesses[w];
}

int weakness_find(const char *name, enum weakness *ret)
{
	for (int i = 0; i < WEAKNESSES_N; i++) {
		if (!strcmp(weaknesses[i], name)) {
			*ret = (enum weakness)i;
			return 0;
		}
	}
	return -ENOENT;
}

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
