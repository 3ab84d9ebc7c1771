/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emit_match.h"

#include <netinet/in.h>
#include <string.h>

#include "emit.h"

static void put_address_range(struct text *t, const struct address_range *r)
{
	addr_number size = r->last - r->first;	/* of a network's hosts: all ones */
	uint32_t bits = 0;

	while (bits < 128 && size >> bits)
		bits++;
	if (!size)
		text_add(t, emit_number(r->first));
	else if (!(size & (size + 1)) && !(r->first & size))
		text_addf(t, "%s/%u", emit_number(r->first), (number_is_4(r->first) ? 32 : 128) - bits);
	else
		text_addf(t, "%s-%s", emit_number(r->first), emit_number(r->last));
}

static void put_number_range(struct text *t, const struct address_range *r)
{
	text_addu(t, (uint64_t)r->first);
	if (r->last != r->first)
		text_addf(t, "-%u", (uint32_t)r->last);
}

/* put_set() - "{ a, b-c } " */
static void put_set(struct text *t, const struct ranges *r, void (*put)(struct text *t, const struct address_range *r))
{
	text_add(t, "{ ");
	for (uint32_t i = 0; i < r->n; i++) {
		text_add(t, i ? ", " : "");
		put(t, &r->at[i]);
	}
	text_add(t, " } ");
}

/* put_others() - "{ a, b-c } " of what is not in @r: the gaps, from the one before the first range or after it */
static void put_others(struct text *t, const struct ranges *r, addr_number least, addr_number most)
{
	struct ranges others = { 0 };

	if (r->at[0].first > least)
		ranges_add(&others, least, r->at[0].first - 1);
	for (uint32_t i = 0; i + 1 < r->n; i++)
		ranges_add(&others, r->at[i].last + 1, r->at[i + 1].first - 1);
	if (r->at[r->n - 1].last < most)
		ranges_add(&others, r->at[r->n - 1].last + 1, most);
	put_set(t, &others, put_address_range);
	ranges_fini(&others);
}

void emit_party(struct text *t, enum family f, const char *key, const struct ranges *of)
{
	addr_number least = family_words[f].first, most = family_words[f].last;
	struct ranges r = ranges_part(of, least, most);
	uint32_t others = r.n + 1 - (r.at[0].first == least) - (r.at[r.n - 1].last == most);

	if (others && others < r.n) {
		text_addf(t, "%s != ", key);
		put_others(t, &r, least, most);
	} else if (others) {
		text_addf(t, "%s ", key);
		put_set(t, &r, put_address_range);
	}
	ranges_fini(&r);
}

void emit_who(struct text *t, enum family f, const struct match *m, bool input)
{
	emit_party(t, f, family_words[f].saddr, &m->source);
	if (!input)
		emit_party(t, f, family_words[f].daddr, &m->destination);
}

struct text *emit_line(struct lines *l)
{
	if (l->n++)
		text_addc(&l->text, '\n');
	return &l->text;
}

/* next_line() - from @*at on; false at the end */
static bool next_line(const struct lines *l, const char **at, struct span *ret)
{
	const char *from = *at ? *at : text_str(&l->text), *end = text_str(&l->text) + l->text.len, *stop;

	if (!l->n || from > end)
		return false;
	stop = memchr(from, '\n', (size_t)(end - from));
	*ret = (struct span){ from, (size_t)((stop ? stop : end) - from) };
	*at = stop ? stop + 1 : end + 1;
	return true;
}

static void ports_line(struct lines *l, const char *key, const struct ranges *r)
{
	struct text *t;

	if (!r->n)
		return;
	t = emit_line(l);
	text_addf(t, "%s ", key);
	put_set(t, r, put_number_range);
}

static void protocols_line(struct lines *l, const struct ranges *r, bool both)
{
	if (both)	/* the last header of all those that IPv6 may have */
		ports_line(l, "meta l4proto", r);
	else if (r->n == 1 && r->at[0].first == IPPROTO_ICMP && r->at[0].last == IPPROTO_ICMP)
		text_add(emit_line(l), "ip protocol icmp ");
	else
		ports_line(l, "ip protocol", r);
}

static void put_port_ranges(struct text *t, const char *key, const struct port_range *p, uint32_t n)
{
	struct ranges r = { 0 };

	for (uint32_t i = 0; i < n; i++)
		ranges_add(&r, p[i].first, p[i].last);
	ranges_join(&r);
	if (r.n) {
		text_addf(t, "%s ", key);
		put_set(t, &r, put_number_range);
	}
	ranges_fini(&r);
}

/* A service by what its ports alone do not tell */
static void more_line(struct lines *l, const struct service *s)
{
	struct text *t = emit_line(l);
	bool tcp = s->proto == IPPROTO_TCP;

	put_port_ranges(t, tcp ? "tcp sport" : "udp sport", s->source_port, s->n_source_ports);
	put_port_ranges(t, tcp ? "tcp dport" : "udp dport", s->port, s->n_ports);
	if (s->flags_of)
		text_addf(t, "tcp flags & 0x%02x == 0x%02x ", s->flags_of, s->flags);
}

void emit_services(struct lines *l, const struct honeynet *n, const struct match *m)
{
	if (m->any_service)
		emit_line(l);
	ports_line(l, "tcp dport", &m->tcp);
	ports_line(l, "udp dport", &m->udp);
	protocols_line(l, &m->protocols, n->prefix6);
	ports_line(l, "icmp type", &m->types);
	if (n->prefix6)
		ports_line(l, "icmpv6 type", &m->types6);
	for (uint32_t i = 0; i < m->n_more; i++)
		more_line(l, &n->service[m->more[i]]);
}

void emit_lines(struct text *t, const char *head, const struct lines *a, const struct lines *b, const char *verdict)
{
	struct span x, y;

	for (const char *i = NULL; next_line(a, &i, &x);)
		for (const char *k = NULL; next_line(b, &k, &y);) {
			text_addf(t, "\t\t%s", head);
			text_addn(t, x.at, x.len);
			text_addn(t, y.at, y.len);
			text_addf(t, "%s\n", verdict);
		}
}
