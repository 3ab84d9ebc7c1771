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

static void make_id(const struct event *e, size_t size, char ret[COMMUNITY_ID_SIZE])
{
	bool swap = !in_order(e, size);
	const struct addr *low = swap ? &e->dest : &e->src, *high = swap ? &e->src : &e->dest;
	uint16_t port[2] = { htons(swap ? e->dest_port : e->src_port), htons(swap ? e->src_port : e->dest_port) };
	_text_ struct text t = { 0 };
	uint8_t hash[SHA1_DIGEST_SIZE];
	struct sha1_ctx sha;

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
}

/* The events of one flow come close together: those of a log server's sender by the thousand. */
bool community_id(const struct event *e, char ret[COMMUNITY_ID_SIZE])
{
	static struct known {
		struct addr src, dest;
		uint16_t src_port, dest_port;
		uint8_t proto;			/* 0 nothing is known here */
		char id[COMMUNITY_ID_SIZE];
	} known[256];
	size_t size = address_size(&e->src);
	struct known *k = &known[(e->src_port ^ e->dest_port ^ e->src.byte[3] ^ e->dest.byte[3]) % 256];

	if (!size || e->src.family != e->dest.family || !e->src_port || !e->dest_port ||
	    (e->proto != IPPROTO_TCP && e->proto != IPPROTO_UDP && e->proto != IPPROTO_SCTP))
		return false;
	if (k->proto != e->proto || k->src_port != e->src_port || k->dest_port != e->dest_port ||
	    !addr_same(&k->src, &e->src) || !addr_same(&k->dest, &e->dest)) {
		make_id(e, size, k->id);
		k->proto = e->proto;
		k->src_port = e->src_port;
		k->dest_port = e->dest_port;
		k->src = e->src;
		k->dest = e->dest;
	}
	memcpy(ret, k->id, sizeof(k->id));
	return true;
}
