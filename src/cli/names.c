/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "names.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"

static int by_address(const void *a, const void *b)
{
	const struct address_range *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

static bool address_of(const struct addrinfo *a, struct addr *ret)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (a->ai_family == AF_INET6) {
		memcpy(&in6, a->ai_addr, sizeof(in6));
		*ret = (struct addr){ .family = 6 };
		memcpy(ret->byte, &in6.sin6_addr, sizeof(ret->byte));
	} else if (a->ai_family == AF_INET) {
		memcpy(&in, a->ai_addr, sizeof(in));
		*ret = addr4(ntohl(in.sin_addr.s_addr));
	}
	return a->ai_family == AF_INET || a->ai_family == AF_INET6;
}

/* take() - sorted, so that a server that answers in another order says nothing new; how many there are */
static uint32_t take(struct honeynet *n, const struct addrinfo *found)
{
	struct address_range *to = &n->range[n->n_ranges];
	uint32_t have = 0;

	for (const struct addrinfo *a = found; a && have < NAME_ADDRESSES && n->n_ranges + have < MAX_RANGES; a = a->ai_next) {
		struct addr one;

		if (!address_of(a, &one))
			continue;
		to[have].first = to[have].last = addr_to_number(&one);
		have++;
	}
	qsort(to, have, sizeof(to[0]), by_address);
	n->n_ranges += have;
	return have;
}

int names_find(struct honeynet *n, struct diag *d)
{
	const struct addrinfo want = { .ai_family = n->prefix6 ? AF_UNSPEC : AF_INET, .ai_socktype = SOCK_STREAM };
	size_t before = d->n + d->lost;

	for (uint32_t i = 0; i < n->n_names; i++) {
		struct dns_name *name = &n->dns[i];
		struct addrinfo *found = NULL;
		int r = getaddrinfo(name->host, NULL, &want, &found);

		name->addresses.first = n->n_ranges;
		name->addresses.n = r ? 0 : take(n, found);
		if (!r)
			freeaddrinfo(found);
		if (!name->addresses.n)
			diag_add(d, name->host_line, name->host_column, "host: %s has no %saddress: %s", name->host, n->prefix6 ? "" : "IPv4 ",
				 r ? gai_strerror(r) : "there is no room left");
	}
	diag_sort(d);
	return d->n + d->lost == before ? 0 : -EINVAL;
}

void names_put(const struct honeynet *n, bool json, struct text *t)
{
	for (uint32_t i = 0; i < n->n_names; i++) {
		const struct dns_name *name = &n->dns[i];

		text_addf(t, json ? "{\"name\":\"%s\",\"host\":\"%s\",\"addresses\":[" : "%s is %s: ", name->addresses.name, name->host);
		for (uint32_t k = 0; k < name->addresses.n; k++) {
			struct addr a = addr_of_number(n->range[name->addresses.first + k].first);
			char text[ADDR_TEXT];

			text_addf(t, json ? "%s\"%s\"" : "%s%s", k ? json ? "," : ", " : "", addr_text(&a, text));
		}
		text_add(t, json ? "]}\n" : "\n");
	}
}
