/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trial.h"

#include <net/ethernet.h>
#include <netinet/in.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "capture/packet.h"
#include "cli.h"
#include "model/event.h"
#include "out.h"
#include "policy/replay.h"
#include "report/table.h"

enum { ROWS_MAX = 10000 };

/* Packets of the same source, destination and service, and what decided them */
struct row {
	uint32_t source, destination;
	uint8_t proto;
	uint16_t port;
	uint64_t passed, dropped;
	struct explanation e;		/* of the first that was dropped, or else of the first */
	bool dropping;
};

struct trial {
	const struct honeynet *net;
	struct replay *replay;
	struct row *row;
	size_t n;
	uint64_t packets, passed, dropped, other, beyond;	/* other: not IPv4 */
};

static struct row *row_of(struct trial *t, const struct packet_about *p)
{
	for (size_t i = t->n; i--;) {	/* the latest first: packets come in bunches */
		struct row *r = &t->row[i];

		if (r->source == p->source && r->destination == p->destination && r->proto == p->proto && r->port == p->port)
			return r;
	}
	if (t->n == ROWS_MAX)
		return NULL;
	t->row[t->n] = (struct row){ .source = p->source, .destination = p->destination, .proto = p->proto, .port = p->port,
				     .e = { .rule = -1, .reason = N_REASONS } };
	return &t->row[t->n++];
}

static void count(struct trial *t, const struct packet_about *p, const struct replayed *d)
{
	struct row *r = row_of(t, p);

	t->passed += d->accept;
	t->dropped += !d->accept;
	if (!r) {
		t->beyond++;
		return;
	}
	if (r->passed + r->dropped == 0 || (!d->accept && !r->dropping))
		r->e = d->e;
	r->dropping |= !d->accept;
	r->passed += d->accept;
	r->dropped += !d->accept;
}

/* conversation() - the identifier of an ICMP packet, whose IP header packet_read() has found whole; 0 it was cut */
static uint16_t conversation(const u_char *ip, size_t len)
{
	size_t at = (size_t)(ip[0] & 15) * 4 + 4;

	return at + 2 <= len ? (uint16_t)(ip[at] << 8 | ip[at + 1]) : 0;
}

/* flags_of() - of a TCP packet, likewise */
static uint8_t flags_of(const u_char *ip, size_t len)
{
	size_t at = (size_t)(ip[0] & 15) * 4 + 13;

	return at < len ? ip[at] : 0;
}

static void take_packet(struct trial *t, const struct pcap_pkthdr *h, const u_char *bytes)
{
	struct event e = { 0 };
	struct packet_about p = { .icmp_type = -1 };
	struct replayed d;
	uint16_t type = h->caplen >= ETH_HLEN ? (uint16_t)(bytes[12] << 8 | bytes[13]) : 0;

	t->packets++;
	if (type == ETHERTYPE_IP)
		packet_read(bytes + ETH_HLEN, h->caplen - ETH_HLEN, type, &e);
	if (e.src.family != 4 || e.dest.family != 4) {
		t->other++;
		return;
	}
	p.source = addr_u32(&e.src);
	p.destination = addr_u32(&e.dest);
	p.proto = e.proto;
	if (p.proto == IPPROTO_TCP)
		p.tcp_flags = flags_of(bytes + ETH_HLEN, h->caplen - ETH_HLEN);
	if (p.proto == IPPROTO_ICMP)
		p.icmp_type = (int16_t)e.src_port;
	else
		p.port = e.dest_port;
	explain_from(t->net, &p);
	replay_packet(t->replay, (uint64_t)h->ts.tv_sec * 1000000 + (uint64_t)h->ts.tv_usec, &p,
		      p.proto == IPPROTO_ICMP ? conversation(bytes + ETH_HLEN, h->caplen - ETH_HLEN) : e.src_port,
		      h->len - ETH_HLEN, &d);
	if (!d.open || !d.accept)
		count(t, &p, &d);
	else
		t->passed++;
}

/* --- output ----------------------------------------------------------------------------------- */

static void put_why(const struct row *r, struct text *t)
{
	if (r->e.reason != N_REASONS)
		text_add(t, reason_name(r->e.reason));
	else if (r->e.rule >= 0)
		text_addf(t, "rule %d", r->e.rule);
}

static void put_service(const struct row *r, struct text *t)
{
	switch (r->proto) {
	case IPPROTO_TCP:  text_addf(t, "tcp:%u", r->port); break;
	case IPPROTO_UDP:  text_addf(t, "udp:%u", r->port); break;
	case IPPROTO_ICMP: text_add(t, "icmp"); break;
	default:	   text_addf(t, "proto:%u", r->proto);
	}
}

/* A row's cells */
struct words {
	char source[ADDR_TEXT], destination[ADDR_TEXT];
	struct text service, why;
};

static void words_of(const struct row *r, struct words *ret)
{
	struct addr from = addr4(r->source), to = addr4(r->destination);

	addr_text(&from, ret->source);
	addr_text(&to, ret->destination);
	put_service(r, &ret->service);
	put_why(r, &ret->why);
}

static void words_fini(struct words *w)
{
	text_fini(&w->service);
	text_fini(&w->why);
}

static void put_table(const struct trial *t, struct text *out)
{
	static const char *const head[] = { "SOURCE", "DESTINATION", "SERVICE", "PASSED", "DROPPED", "BY" };
	_table_ struct table table = { .columns = nitems(head), .right = BIT(3) | BIT(4) };

	for (size_t i = 0; i < nitems(head); i++)
		table_adds(&table, head[i]);
	for (size_t i = 0; i < t->n; i++) {
		struct words w = { 0 };

		words_of(&t->row[i], &w);
		table_adds(&table, w.source);
		table_adds(&table, w.destination);
		table_adds(&table, text_str(&w.service));
		table_addu(&table, t->row[i].passed);
		table_addu(&table, t->row[i].dropped);
		table_adds(&table, text_str(&w.why));
		words_fini(&w);
	}
	table_put(&table, out);
	text_addf(out, "\n%lu packets: %lu passed, %lu dropped, %lu that are not IPv4, which the gateway drops; "
		       "above: those that open a connection, or were dropped\n", t->packets, t->passed, t->dropped, t->other);
	if (t->beyond)
		text_addf(out, "%lu of them are in no row: there are more than %d\n", t->beyond, ROWS_MAX);
}

static void put_json(const struct trial *t, struct text *out)
{
	for (size_t i = 0; i < t->n; i++) {
		struct words w = { 0 };

		words_of(&t->row[i], &w);
		text_addf(out, "{\"src_ip\":\"%s\",\"dest_ip\":\"%s\",\"service\":\"%s\",\"passed\":%lu,\"dropped\":%lu,\"by\":\"%s\"}\n",
			  w.source, w.destination, text_str(&w.service), t->row[i].passed, t->row[i].dropped, text_str(&w.why));
		words_fini(&w);
	}
	text_addf(out, "{\"packets\":%lu,\"passed\":%lu,\"dropped\":%lu,\"not_ipv4\":%lu,\"in_no_row\":%lu}\n", t->packets, t->passed,
		  t->dropped, t->other, t->beyond);
}

static int run(struct trial *t, pcap_t *file, const char *name)
{
	struct pcap_pkthdr *h;
	const u_char *bytes;
	int r;

	if (pcap_datalink(file) != DLT_EN10MB) {
		log_error("%s: its packets are not Ethernet frames", name);
		return CLI_FAILED;
	}
	while ((r = pcap_next_ex(file, &h, &bytes)) == 1)
		take_packet(t, h, bytes);
	if (r == PCAP_ERROR)
		log_error("%s: %s", name, pcap_geterr(file));
	return r == PCAP_ERROR ? CLI_FAILED : CLI_OK;
}

int trial_run(const struct honeynet *n, uint32_t gateway, const char *pcap, bool json)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *file = pcap_open_offline(pcap, why);
	_text_ struct text out = { 0 };
	struct trial t = { .net = n };
	int r;

	if (!file) {
		log_error("%s: %s", pcap, why);
		return CLI_FAILED;
	}
	t.replay = replay_new(n, gateway);
	t.row = xcalloc(ROWS_MAX, sizeof(*t.row));
	r = run(&t, file, pcap);
	pcap_close(file);
	if (r == CLI_OK && json)
		put_json(&t, &out);
	else if (r == CLI_OK)
		put_table(&t, &out);
	replay_free(t.replay);
	free(t.row);
	return out_all(&out, r);
}
