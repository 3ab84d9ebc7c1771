/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "community.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include <nettle/sha1.h>

#include "base/text.h"
#include "event.h"

static size_t address_size(const struct addr *a)
{
	return a->family == 4 ? 4 : a->family == 6 ? 16 : 0;
}

/* The smaller end goes first: by address, then by port. */
static bool in_order(const struct event *e, size_t size)
{
	int d = memcmp(e->src.byte, e->dest.byte, size);

	return d < 0 || (d == 0 && e->src_port < e->dest_port);
}

bool community_id(const struct event *e, char ret[COMMUNITY_ID_SIZE])
{
	size_t size = address_size(&e->src);
	bool swap = size && !in_order(e, size);
	const struct addr *low = swap ? &e->dest : &e->src, *high = swap ? &e->src : &e->dest;
	uint16_t port[2] = { htons(swap ? e->dest_port : e->src_port), htons(swap ? e->src_port : e->dest_port) };
	_text_ struct text t = { 0 };
	uint8_t hash[SHA1_DIGEST_SIZE];
	struct sha1_ctx sha;

	if (!size || e->src.family != e->dest.family || !e->src_port || !e->dest_port ||
	    (e->proto != IPPROTO_TCP && e->proto != IPPROTO_UDP && e->proto != IPPROTO_SCTP))
		return false;
	sha1_init(&sha);
	sha1_update(&sha, 2, (const uint8_t[2]){ 0, 0 });	/* the seed */
	sha1_update(&sha, size, low->byte);
	sha1_update(&sha, size, high->byte);
	sha1_update(&sha, 2, (const uint8_t[2]){ e->proto, 0 });
	sha1_update(&sha, sizeof(port), (const uint8_t *)port);
	sha1_digest(&sha, sizeof(hash), hash);
	text_add(&t, "1:");
	text_base64(&t, hash, sizeof(hash));
	memcpy(ret, text_str(&t), t.len + 1);
	return true;
}
