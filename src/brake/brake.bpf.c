// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The brake, on the device that leads out: what nftables lets through is counted once more.
 *
 * Theory of operation
 *
 * Nothing here is nftables' or conntrack's. A packet that comes in notes its flow; one that goes out and belongs to no
 * flow begins something, and is charged to its honeypot: a TCP connection once (its first sequence number lets the same
 * SYN, sent again, pass), UDP and all other protocols by the packet until an answer has come, ICMP always, unless it
 * answers an echo request. So it charges what containment charges (contain.c), at the same moment, and since its limits
 * are higher, it has nothing to refuse as long as that one works.
 *
 * A budget is exact: under one lock it is looked at, and used. Addresses are as seen from outside. What the gateway
 * itself sends, also to its neighbours, came in by no device; only its rate is limited.
 *
 * IPv6 is counted with IPv4: whose it is say the last 32 bits of its source, if all before these is the honeynet's network.
 * Headers of extension are followed up to EXTENSIONS; what is behind more of them begins something that has no flow.
 *
 * Somebody must say again and again that he lives. Nobody did for SILENCE_NS: nothing passes, neither way.
 *
 * The program belongs to the device, not to a process. Who loads another one gives it these maps: what was used stays.
 */
#include "count.h"

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <stdbool.h>

#define SILENCE_NS 2000000000ull
#define LASTS_NS 180000000000ull	/* a flow that is no TCP, after its last packet */

enum { FLOWS = 131072, SYN = 0x02, ACK = 0x10, LATER = 0x1fff, MORE = 0x2000, LATER6 = 0xfff8, MORE6 = 1, EXTENSIONS = 8 };
enum { ICMP6_ECHO = 128, ICMP6_ECHO_REPLY, ICMP6_NODE_QUERY = 139, ICMP6_NODE_REPLY };
enum { FRAGMENT = 255 };	/* in the place of a protocol: the rest of a datagram whose beginning went out */

char LICENSE[] SEC("license") = "GPL";

/* Addresses of IPv4 are the last of the four, behind ::ffff: (RFC 4291, 2.5.5.2). */
struct flow_key { __u32 inside[4], outside[4]; __u16 port_in, port_out; __u8 proto, unused[3]; };
struct flow { __u64 last_ns; __u32 seq, from_inside; };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);		/* when somebody said that he lives, CLOCK_MONOTONIC */
} brake_alive SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, BRAKE_MACHINES);
	__type(key, __u32);		/* address, network order */
	__type(value, struct brake_caps);
} brake_caps SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, BRAKE_MACHINES);
	__type(key, __u32);
	__type(value, struct brake_used);
} brake_used SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, FLOWS);
	__type(key, struct flow_key);
	__type(value, struct flow);
} brake_flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct brake_six);
} brake_six SEC(".maps");

struct packet {
	struct flow_key key;
	__u32 seq;
	__u32 id;			/* what its fragments have in common */
	__u8 kind;			/* enum brake_budget */
	bool six;
	bool opens;			/* TCP: SYN without ACK */
	bool alone;			/* part of no flow */
	bool more;			/* fragments follow */
	__u8 icmp;
};

/* --- what a packet is --------------------------------------------------------------------------- */

static __always_inline bool icmp_request(const struct packet *p)
{
	__u8 type = p->icmp;

	if (p->six)
		return type == ICMP6_ECHO || type == ICMP6_NODE_QUERY;
	return type == 8 || type == 13 || type == 15 || type == 17;
}

static __always_inline bool icmp_reply(const struct packet *p)
{
	__u8 type = p->icmp;

	if (p->six)
		return type == ICMP6_ECHO_REPLY || type == ICMP6_NODE_REPLY;
	return type == 0 || type == 14 || type == 16 || type == 18;
}

static __always_inline int load(struct __sk_buff *skb, __u32 at, void *to, __u32 n)
{
	return bpf_skb_load_bytes_relative(skb, at, to, n, BPF_HDR_START_NET);
}

/* What has not even its ports in it is nobody's flow. */
static __always_inline void read_ports(struct __sk_buff *skb, __u32 at, struct packet *p)
{
	struct { __u16 source, dest; __u32 seq, ack; __u8 offset, flags; } tcp = { 0 };
	struct { __u8 type, code; __u16 sum, id, seq; } icmp = { 0 };
	int r = 0;

	if (p->key.proto == IPPROTO_TCP) {
		p->kind = BRAKE_TCP;
		r = load(skb, at, &tcp, 14);
		p->seq = tcp.seq;
		p->opens = (tcp.flags & (SYN | ACK)) == SYN;
	} else if (p->key.proto == IPPROTO_UDP) {
		p->kind = BRAKE_UDP;
		r = load(skb, at, &tcp, 4);
	} else if (p->key.proto == (p->six ? IPPROTO_ICMPV6 : IPPROTO_ICMP)) {
		p->kind = BRAKE_ICMP;
		r = load(skb, at, &icmp, 8);
		p->icmp = icmp.type;
		tcp.source = tcp.dest = icmp.id;
	}
	p->key.port_in = tcp.source;
	p->key.port_out = tcp.dest;
	if (r < 0) {
		p->alone = true;
		p->kind = BRAKE_OTHER;
	}
}

static __always_inline void is_fragment(struct flow_key *key, __u32 id)
{
	key->proto = FRAGMENT;
	key->port_in = id >> 16;
	key->port_out = id;
}

static __always_inline bool read_packet4(struct __sk_buff *skb, struct packet *p)
{
	struct iphdr ip;
	__u16 part;

	if (load(skb, 0, &ip, sizeof(ip)) < 0 || ip.version != 4 || ip.ihl < 5)
		return false;
	part = bpf_ntohs(ip.frag_off);
	p->key.inside[2] = p->key.outside[2] = bpf_htonl(0xffff);
	p->key.inside[3] = ip.saddr;
	p->key.outside[3] = ip.daddr;
	p->key.proto = ip.protocol;
	p->kind = BRAKE_OTHER;
	p->id = (__u32)ip.id << 16 | ip.protocol;
	p->more = part & MORE;
	if (part & LATER)
		is_fragment(&p->key, p->id);
	else
		read_ports(skb, ip.ihl * 4, p);
	return true;
}

static __always_inline bool is_extension(__u8 proto)
{
	return proto == IPPROTO_HOPOPTS || proto == IPPROTO_ROUTING || proto == IPPROTO_FRAGMENT || proto == IPPROTO_AH ||
	       proto == IPPROTO_DSTOPTS;
}

/* skip_extension() - @at is behind it, or as before: there is none. False: it is cut off, or what is behind it is not here */
static __always_inline bool skip_extension(struct __sk_buff *skb, __u32 *at, struct packet *p)
{
	struct { __u8 next, len; __u16 part; __u32 id; } h;
	__u8 what = p->key.proto;
	__u16 part;

	if (!is_extension(what))
		return true;
	if (load(skb, *at, &h, sizeof(h)) < 0)
		return false;
	p->key.proto = h.next;
	*at += what == IPPROTO_FRAGMENT ? sizeof(h) : what == IPPROTO_AH ? (h.len + 2) * 4 : (h.len + 1) * 8;
	part = bpf_ntohs(h.part);
	if (what != IPPROTO_FRAGMENT)
		return true;
	p->id = h.id;
	p->more = part & MORE6;
	if (part & LATER6)
		is_fragment(&p->key, h.id);
	return !(part & LATER6);
}

static __always_inline bool read_packet6(struct __sk_buff *skb, struct packet *p)
{
	__u32 at = sizeof(struct ipv6hdr);
	struct ipv6hdr ip;

	if (load(skb, 0, &ip, sizeof(ip)) < 0 || ip.version != 6)
		return false;
	__builtin_memcpy(p->key.inside, &ip.saddr, sizeof(p->key.inside));
	__builtin_memcpy(p->key.outside, &ip.daddr, sizeof(p->key.outside));
	p->key.proto = ip.nexthdr;
	p->kind = BRAKE_OTHER;
	p->six = true;
#pragma unroll
	for (int i = 0; i < EXTENSIONS; i++)
		if (!skip_extension(skb, &at, p)) {
			p->alone = p->key.proto != FRAGMENT;
			return true;
		}
	p->alone = is_extension(p->key.proto);
	read_ports(skb, at, p);
	return true;
}

static __always_inline const struct brake_six *network6(void)
{
	__u32 first = 0;

	return bpf_map_lookup_elem(&brake_six, &first);
}

/* read_packet() - false: it is none of those that the honeynet has */
static __always_inline bool read_packet(struct __sk_buff *skb, struct packet *p)
{
	const struct brake_six *six = network6();

	if (skb->protocol == bpf_htons(ETH_P_IP))
		return read_packet4(skb, p);
	return skb->protocol == bpf_htons(ETH_P_IPV6) && six && six->there && read_packet6(skb, p);
}

/* whose() - address @at of a packet, as who is listed; BRAKE_GATEWAY: nobody's */
static __always_inline __u32 whose(const struct packet *p, const __u32 at[4])
{
	const struct brake_six *six = network6();
	const struct brake_caps *c;
	__u32 who = at[3];

	c = bpf_map_lookup_elem(&brake_caps, &who);
	if (!c || !six)
		return BRAKE_GATEWAY;
	if (p->six && (!c->six || at[0] != six->high[0] || at[1] != six->high[1] || at[2] != six->high[2]))
		return BRAKE_GATEWAY;
	return who;
}

/* --- flows -------------------------------------------------------------------------------------- */

static __always_inline void remember(const struct flow_key *key, __u64 now, __u32 seq, bool from_inside)
{
	struct flow f = { .last_ns = now, .seq = seq, .from_inside = from_inside };

	bpf_map_update_elem(&brake_flows, key, &f, BPF_ANY);
}

static __always_inline bool is_known(const struct packet *p, __u64 now)
{
	struct flow *f;

	if (p->alone || (p->kind == BRAKE_ICMP && !icmp_reply(p)))
		return false;
	f = bpf_map_lookup_elem(&brake_flows, &p->key);
	if (!f)
		return false;
	if (p->key.proto == IPPROTO_TCP)
		return !p->opens || (f->from_inside && f->seq == p->seq);
	if ((__s64)(now - f->last_ns) > (__s64)LASTS_NS)
		return false;
	f->last_ns = now;
	return true;
}

static __always_inline void note_inbound(struct packet *p, __u64 now)
{
	struct flow_key key = { .port_in = p->key.port_out, .port_out = p->key.port_in, .proto = p->key.proto };
	struct flow *f;

	__builtin_memcpy(key.inside, p->key.outside, sizeof(key.inside));
	__builtin_memcpy(key.outside, p->key.inside, sizeof(key.outside));
	if (p->alone || key.proto == FRAGMENT || whose(p, key.inside) == BRAKE_GATEWAY ||
	    (p->kind == BRAKE_ICMP && !icmp_request(p)))
		return;
	f = bpf_map_lookup_elem(&brake_flows, &key);
	if (f)
		f->last_ns = now;
	else
		remember(&key, now, 0, false);
}

static __always_inline void note_outbound(const struct packet *p, bool known, __u64 now)
{
	struct flow_key rest = p->key;

	if (!known && !p->alone && p->key.proto == IPPROTO_TCP)
		remember(&p->key, now, p->seq, true);
	if (p->more && p->key.proto != FRAGMENT) {
		is_fragment(&rest, p->id);
		remember(&rest, now, 0, true);
	}
}

/* --- budgets ------------------------------------------------------------------------------------ */

/* Another processor's time may be a little ahead: that is no new period. */
static __always_inline void renew(struct brake_count *c, const struct brake_cap *cap, __u64 now)
{
	if (!c->since_ns || (__s64)(now - c->since_ns) >= (__s64)cap->period_ns) {
		c->since_ns = now;
		c->n = 0;
	}
}

/* take() - 0, or 1 + enum brake_why: then nothing was used */
static __always_inline __u32 take(struct brake_used *u, const struct brake_caps *c, __u32 kind, __u64 bytes, __u64 now)
{
	__u32 why = 0;

	bpf_spin_lock(&u->lock);
	renew(&u->of[BRAKE_PACKETS], &c->of[BRAKE_PACKETS], now);
	renew(&u->of[BRAKE_BYTES], &c->of[BRAKE_BYTES], now);
	if (kind <= BRAKE_OTHER)
		renew(&u->of[kind], &c->of[kind], now);
	if (u->of[BRAKE_PACKETS].n >= c->of[BRAKE_PACKETS].most)
		why = 1 + BRAKE_PACKETS;
	else if (kind <= BRAKE_OTHER && u->of[kind].n >= c->of[kind].most)
		why = 1 + kind;
	else if (u->of[BRAKE_BYTES].n + bytes > c->of[BRAKE_BYTES].most)
		why = 1 + BRAKE_BYTES;
	if (!why) {
		u->of[BRAKE_PACKETS].n++;
		u->of[BRAKE_BYTES].n += bytes;
		if (kind <= BRAKE_OTHER)
			u->of[kind].n++;
		u->passed++;
	}
	bpf_spin_unlock(&u->lock);
	return why;
}

static __always_inline int refuse(__u32 who, __u32 why)
{
	struct brake_used *u = bpf_map_lookup_elem(&brake_used, &who);

	if (u && why < BRAKE_WHYS)
		__sync_fetch_and_add(&u->refused[why], 1);
	return TC_ACT_SHOT;
}

/* @kind: what it begins, BRAKE_BUDGETS nothing */
static __always_inline int judge(struct __sk_buff *skb, __u32 who, __u32 kind, __u64 now)
{
	struct brake_caps *c = bpf_map_lookup_elem(&brake_caps, &who);
	struct brake_used *u = bpf_map_lookup_elem(&brake_used, &who);
	__u32 why;

	if (!c || !u)
		return refuse(BRAKE_GATEWAY, BRAKE_SOURCE);
	why = take(u, c, kind, skb->len - ETH_HLEN, now);
	return why ? refuse(who, why - 1) : TC_ACT_OK;
}

static __always_inline bool is_silent(__u64 now)
{
	__u32 first = 0;
	__u64 *said = bpf_map_lookup_elem(&brake_alive, &first);

	return !said || (__s64)(now - *said) > (__s64)SILENCE_NS;
}

SEC("tc")
int brake_in(struct __sk_buff *skb)
{
	__u64 now = bpf_ktime_get_ns();
	struct packet p = { 0 };

	if (is_silent(now))
		return refuse(BRAKE_GATEWAY, BRAKE_SILENT);
	if (read_packet(skb, &p))
		note_inbound(&p, now);
	return TC_ACT_OK;
}

SEC("tc")
int brake_out(struct __sk_buff *skb)
{
	__u64 now = bpf_ktime_get_ns();
	struct packet p = { 0 };
	__u32 who;
	bool known;
	int r;

	if (is_silent(now))
		return refuse(BRAKE_GATEWAY, BRAKE_SILENT);
	if (!skb->ingress_ifindex)
		return judge(skb, BRAKE_GATEWAY, BRAKE_BUDGETS, now);
	if (!read_packet(skb, &p))
		return refuse(BRAKE_GATEWAY, BRAKE_NOT_IP);
	who = whose(&p, p.key.inside);
	if (who == BRAKE_GATEWAY)	/* nor is 0.0.0.0 it */
		return refuse(BRAKE_GATEWAY, BRAKE_SOURCE);
	known = is_known(&p, now);
	r = judge(skb, who, known ? BRAKE_BUDGETS : p.kind, now);
	if (r == TC_ACT_OK)
		note_outbound(&p, known, now);
	return r;
}
