/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pcap_pick.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "capture/packet.h"
#include "evidence.h"
#include "model/community.h"
#include "model/session.h"
#include "record/journal.h"
#include "record/line.h"

/* Guest, gateway and packets are stamped by one clock, but not at the same moment; and a connection's
 * last packets come after its end. */
#define MARGIN_US 10000000ULL

void pcap_pick_init(struct pcap_pick *k)
{
	*k = (struct pcap_pick){ .until_ns = UINT64_MAX };
}

void pcap_pick_fini(struct pcap_pick *k)
{
	if (k->filtered)
		pcap_freecode(&k->filter);
	free(k->flow);
	pcap_pick_init(k);
}

/* --- what is asked for ------------------------------------------------------------------------ */

static int read_port(const char *s, uint16_t *ret)
{
	char *end;
	unsigned long n = strtoul(s, &end, 10);

	if (*s < '0' || *s > '9' || *end || n < 1 || n > 65535)
		return -EINVAL;
	*ret = (uint16_t)n;
	return 0;
}

int pcap_pick_address(struct pcap_pick *k, const char *s)
{
	_free_ char *copy = xstrdup(s);
	char *ip = copy, *port = NULL, *colon = strrchr(copy, ':');

	if (*ip == '[') {
		ip++;
		port = strstr(ip, "]:");
		if (!port)
			return -EINVAL;
		*port = '\0';
		port += 2;
	} else if (colon && strchr(copy, ':') == colon) {	/* more than one: an IPv6 address */
		*colon = '\0';
		port = colon + 1;
	}
	if (port && read_port(port, &k->port) < 0)
		return -EINVAL;
	return addr_parse(ip, &k->address);
}

int pcap_pick_filter(struct pcap_pick *k, const char *expression, char **ret_why)
{
	pcap_t *p = pcap_open_dead(DLT_EN10MB, PACKET_BYTES_MAX);
	int r = p ? pcap_compile(p, &k->filter, expression, 1, PCAP_NETMASK_UNKNOWN) : -1;

	k->filtered = r == 0;
	if (r)
		*ret_why = xstrdup(p ? pcap_geterr(p) : "out of memory");
	if (p)
		pcap_close(p);
	return r ? -EINVAL : 0;
}

/* --- flows ------------------------------------------------------------------------------------ */

/* The same for both directions. */
static uint8_t bucket_of(const struct addr *a, const struct addr *b)
{
	uint8_t h = 0;

	for (size_t i = 0; i < sizeof(a->byte); i++)
		h = (uint8_t)(h * 31 + (a->byte[i] ^ b->byte[i]));
	return h;
}

static bool same_flow(const struct pick_flow *f, const struct pick_flow *g)
{
	return f->a_port == g->a_port && f->b_port == g->b_port && f->proto == g->proto &&
	       addr_same(&f->a, &g->a) && addr_same(&f->b, &g->b);
}

static void add_flow(struct pcap_pick *k, const struct pick_flow *f)
{
	uint32_t *head = &k->bucket[bucket_of(&f->a, &f->b)];

	for (uint32_t i = *head; i; i = k->flow[i - 1].next) {
		struct pick_flow *g = &k->flow[i - 1];

		if (!same_flow(f, g))
			continue;
		g->since_ns = f->since_ns < g->since_ns ? f->since_ns : g->since_ns;
		g->until_ns = f->until_ns > g->until_ns ? f->until_ns : g->until_ns;
		return;
	}
	if (k->n_flows == PICK_FLOWS_MAX) {
		k->flows_beyond++;
		return;
	}
	if (!(k->n_flows & (k->n_flows - 1)))
		k->flow = xrealloc(k->flow, k->n_flows ? k->n_flows * 2 : 1, sizeof(*k->flow));
	k->flow[k->n_flows] = *f;
	k->flow[k->n_flows].next = *head;
	*head = ++k->n_flows;
}

static bool goes(const struct pick_flow *f, const struct addr *from, uint16_t from_port, const struct addr *to,
		 uint16_t to_port)
{
	return (!f->a_port || f->a_port == from_port) && (!f->b_port || f->b_port == to_port) &&
	       addr_same(&f->a, from) && addr_same(&f->b, to);
}

static bool in_a_flow(const struct pcap_pick *k, const struct event *e, uint64_t at_ns)
{
	for (uint32_t i = k->bucket[bucket_of(&e->src, &e->dest)]; i; i = k->flow[i - 1].next) {
		const struct pick_flow *f = &k->flow[i - 1];

		if (at_ns >= f->since_ns && at_ns <= f->until_ns && (!f->proto || f->proto == e->proto) &&
		    (goes(f, &e->src, e->src_port, &e->dest, e->dest_port) ||
		     goes(f, &e->dest, e->dest_port, &e->src, e->src_port)))
			return true;
	}
	return false;
}

/* --- a session's flows ------------------------------------------------------------------------ */

struct of_session {
	struct pcap_pick *pick;
	const struct session *session;
	int journal;
	uint64_t until_ns;
	uint64_t missing;
	struct text t;
};

static uint64_t before(uint64_t us)
{
	return us > MARGIN_US ? (us - MARGIN_US) * 1000 : 0;
}

/* A guest tells the connection it asks for before it has a port, and perhaps an address, of its own. */
static void add_event(struct of_session *o, const struct event *e)
{
	struct pick_flow f = { .a = e->src, .a_port = e->src_port, .b = e->dest, .b_port = e->dest_port,
			       .proto = e->proto, .since_ns = before(e->at_us), .until_ns = o->until_ns };

	if ((e->kind != EV_CONNECT && e->kind != EV_VERDICT && e->kind != EV_FLOW) || !e->dest.family ||
	    addr_loopback(&e->dest))
		return;
	if (e->kind == EV_CONNECT && o->session->dest.family == e->dest.family) {
		f.a = o->session->dest;
		f.a_port = e->src_port;
	}
	if (e->proto != IPPROTO_TCP && e->proto != IPPROTO_UDP)
		f.a_port = f.b_port = 0;	/* no ports; an answer's type is another one */
	add_flow(o->pick, &f);
}

static int each(void *arg, uint64_t seq, const struct place *at)
{
	struct of_session *o = arg;
	_line_ struct line l = { 0 };

	(void)seq;
	text_clear(&o->t);
	if (journal_read(o->journal, at, &o->t) < 0 || line_read(text_str(&o->t), o->t.len, NULL, &l) < 0)
		o->missing++;
	else
		add_event(o, &l.event);
	return 0;
}

int pcap_pick_session(struct pcap_pick *k, struct store *store, int journal, uint64_t id, uint64_t now_us)
{
	struct session s;
	struct of_session o = { .pick = k, .session = &s, .journal = journal };
	uint64_t last;
	int r;

	if (evidence_session(store, id, &s) < 0)
		return -1;
	last = s.end_us > s.last_us ? s.end_us : s.last_us;
	o.until_ns = ((s.end_us ? last : now_us) + MARGIN_US) * 1000;
	add_flow(k, &(struct pick_flow){ .a = s.src, .a_port = s.src_port, .b = s.dest, .b_port = s.dest_port,
					 .proto = IPPROTO_TCP, .since_ns = before(s.start_us), .until_ns = o.until_ns });
	r = store_session_places(store, id, each, &o);
	text_fini(&o.t);
	if (r < 0)
		return evidence_failed(store, "reading the session's events"), -1;
	if (o.missing)
		log_warn("%llu events of the session are not in the journal: connections may be missing",
			 (unsigned long long)o.missing);
	if (k->flows_beyond)
		log_warn("the session has more than %u connections: the last ones are left out", PICK_FLOWS_MAX);
	k->by_flow = true;
	k->since_ns = before(s.start_us) > k->since_ns ? before(s.start_us) : k->since_ns;
	k->until_ns = o.until_ns < k->until_ns ? o.until_ns : k->until_ns;
	return 0;
}

/* --- picking ---------------------------------------------------------------------------------- */

static void parse(const struct packet *p, struct event *ret)
{
	size_t at = 2 * ETH_ALEN;
	uint16_t type = 0;

	*ret = (struct event){ .kind = EV_FLOW };
	do {
		if (p->bytes.len < at + 4)
			return;
		memcpy(&type, p->bytes.at + at, sizeof(type));
		type = ntohs(type);
		at += type == ETHERTYPE_VLAN ? 4 : 2;
	} while (type == ETHERTYPE_VLAN);
	packet_read(p->bytes.at + at, p->bytes.len - at, type, ret);
}

static bool has_address(const struct pcap_pick *k, const struct event *e)
{
	return (addr_same(&k->address, &e->src) && (!k->port || k->port == e->src_port)) ||
	       (addr_same(&k->address, &e->dest) && (!k->port || k->port == e->dest_port));
}

bool pcap_picks(const struct pcap_pick *k, const struct packet *p)
{
	struct pcap_pkthdr h = { .caplen = (bpf_u_int32)p->bytes.len, .len = p->wire_len };
	char id[COMMUNITY_ID_SIZE];
	struct event e;

	if (k->address.family || k->by_flow || k->community)
		parse(p, &e);
	if (k->address.family && !has_address(k, &e))
		return false;
	if (k->by_flow && !in_a_flow(k, &e, p->at_ns))
		return false;
	if (k->community && (!community_id(&e, id) || strcmp(id, k->community)))
		return false;
	return !k->filtered || pcap_offline_filter(&k->filter, &h, (const u_char *)p->bytes.at);
}
