/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notice.h"

#include <net/ethernet.h>
#include <netinet/in.h>
#include <string.h>

#include "seen.h"
#include "terms.h"

enum {
	UNREACHABLE = 3, TOO_LARGE = 4, SOURCE_ROUTE_FAILED = 5,	/* ICMP: a type, two of its codes, */
	ECHO_REPLY = 0, TIME_EXCEEDED = 11,				/* and other types */
	LOCALLY_ADMINISTERED = 2, LARGEST = 1500,
};

static const struct { const char *name, *words; } rows[N_NOTICES] = {
#define X(id, name, words) [NOTICE_##id] = { name, words },
	NOTICES(X)
#undef X
};

const char *notice_name(enum notice_kind k)
{
	return rows[k].name;
}

const char *notice_words(enum notice_kind k)
{
	return rows[k].words;
}

static bool is_tag(const uint8_t *f)
{
	return (f[12] == 0x81 || f[12] == 0x91) ? f[13] == 0 : f[12] == 0x88 && f[13] == 0xa8;
}

/* A router has an address of its maker's or of its kind (VRRP), and the same one all the time. */
static void look_at_mac(struct notice *n, const uint8_t *from)
{
	bool made_up = from[0] & LOCALLY_ADMINISTERED, other = n->has_mac && memcmp(n->mac, from, sizeof(n->mac));

	n->seen[NOTICE_MAC] += made_up || other;
	if (!n->has_mac)
		memcpy(n->mac, from, sizeof(n->mac));
	n->has_mac = true;
}

/* What is too old, has a source route, or was for the gateway itself, any router may say something about. */
static void look_at_icmp(struct notice *n, const struct terms *t, const struct seen *s)
{
	bool gateway = terms_is_gateway(t, s->src);

	if (s->type == ECHO_REPLY && s->bytes == LARGEST)
		n->whole++;
	else if (s->type == UNREACHABLE && s->code == TOO_LARGE)
		n->seen[NOTICE_MTU]++;
	else if (gateway && s->type == TIME_EXCEEDED)
		n->hops++;
	else if (gateway && s->type == UNREACHABLE && s->code != SOURCE_ROUTE_FAILED && !terms_is_gateway(t, s->about))
		n->seen[NOTICE_ERRORS]++;
}

void notice_answer(struct notice *n, const struct seen *s)
{
	n->seen[s->proto == IPPROTO_TCP && s->flags & TCP_RST ? NOTICE_RESETS : NOTICE_ANSWERS]++;
}

void notice_frame(struct notice *n, const struct terms *t, const struct seen *s, const uint8_t *f, size_t len)
{
	if (len < ETH_HLEN)
		return;
	n->seen[NOTICE_TAGS] += is_tag(f);
	if ((s->ip || s->arp) && terms_is_gateway(t, s->src))
		look_at_mac(n, f + ETH_ALEN);
	if (!s->ip || !terms_is(t, s->dest, t->own))
		return;
	if (attempt_is_silent(s->src))
		notice_answer(n, s);
	if (s->proto == IPPROTO_ICMP)
		look_at_icmp(n, t, s);
}

uint64_t notice_sum(const struct notice *n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < N_NOTICES; i++)
		sum += n->seen[i];
	return sum;
}
