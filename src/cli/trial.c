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
#include "policy/objects.h"
#include "policy/replay.h"
#include "report/table.h"

enum { ROWS_MAX = 10000 };

/* Packets of the same source, destination and service, and what decided them */
struct row {
	addr_number source, destination;
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
	uint64_t packets, passed, dropped, other, beyond;	/* other: no IP */
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

/* conversation() - the identifier of an ICMP packet, 0 it was cut */
static uint16_t conversation(const u_char *icmp, size_t len)
{
	return len >= 6 ? (uint16_t)(icmp[4] << 8 | icmp[5]) : 0;
}

/* flags_of() - of a TCP packet, likewise */
static uint8_t flags_of(const u_char *tcp, size_t len)
{
	return len >= 14 ? tcp[13] : 0;
}

/* read_about() - false: it is no IP */
static bool read_about(const u_char *ip, size_t len, uint16_t type, struct packet_about *ret, uint16_t *ret_source_port)
{
	struct event e = { 0 };
	size_t at = packet_read(ip, len, type, &e), left = at ? len - at : 0;

	if (!e.src.family || !e.dest.family || type == ETHERTYPE_ARP)
		return false;
	*ret = (struct packet_about){ .source = addr_to_number(&e.src), .destination = addr_to_number(&e.dest), .proto = e.proto,
				      .icmp_type = -1 };
	*ret_source_port = e.src_port;
	if (packet_is_icmp(ret)) {
		ret->icmp_type = (int16_t)e.src_port;
		*ret_source_port = conversation(ip + at, left);
		return true;
	}
	if (ret->proto == IPPROTO_TCP)
		ret->tcp_flags = flags_of(ip + at, left);
	if (ret->proto == IPPROTO_TCP || ret->proto == IPPROTO_UDP)
		ret->port = e.dest_port;
	return true;
}

static void take_packet(struct trial *t, const struct pcap_pkthdr *h, const u_char *bytes)
{
	struct packet_about p;
	struct replayed d;
	uint16_t source_port;

	t->packets++;
	if (h->caplen < ETH_HLEN || !read_about(bytes + ETH_HLEN, h->caplen - ETH_HLEN, (uint16_t)(bytes[12] << 8 | bytes[13]), &p,
						&source_port)) {
		t->other++;
		return;
	}
	explain_from(t->net, &p);
	replay_packet(t->replay, (uint64_t)h->ts.tv_sec * 1000000 + (uint64_t)h->ts.tv_usec, &p, source_port, h->len - ETH_HLEN,
		      &d);
	if (!d.open || !d.accept)
		count(t, &p, &d);
	else
		t->passed++;
}

/* --- output ----------------------------------------------------------------------------------- */

static void put_why(const struct row *r, struct text *t)
{
	if (r->e.link)
		text_add(t, "link");
	else if (r->e.reason != N_REASONS)
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
	case IPPROTO_ICMPV6: text_add(t, "icmpv6"); break;
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
	struct addr from = addr_of_number(r->source), to = addr_of_number(r->destination);

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
	text_addf(out, "\n%lu packets: %lu passed, %lu dropped, %lu that are not IP, of which the gateway passes nothing on; "
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
	text_addf(out, "{\"packets\":%lu,\"passed\":%lu,\"dropped\":%lu,\"not_ip\":%lu,\"in_no_row\":%lu}\n", t->packets, t->passed,
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

int trial_run(const struct honeynet *n, const char *pcap, bool json)
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
	t.replay = replay_new(n);
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
