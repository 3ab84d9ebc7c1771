// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The brake, on the device that leads out: what nftables lets through is counted once more.
 *
 * Theory of operation
 *
 * Nothing here is nftables' or conntrack's. A packet that comes in notes its flow; one that goes out and belongs to no
 * flow begins something, and is charged to its honeypot: a TCP connection once (its first sequence number lets the same
 * SYN, sent again, pass), UDP and all other protocols by the packet until an answer has come, ICMP always, unless it
 * answers an echo request. So it charges what containment charges (policy.c), at the same moment, and since its limits
 * are higher, it has nothing to refuse as long as that one works.
 *
 * A budget is exact: under one lock it is looked at, and used. Addresses are as seen from outside. What the gateway
 * itself sends came in by no device; only its rate is limited.
 *
 * Somebody must say again and again that he lives. Nobody did for SILENCE_NS: nothing passes, neither way.
 *
 * The program belongs to the device, not to a process. Who loads another one gives it these maps: what was used stays.
 */
#include "count.h"

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <stdbool.h>

#define SILENCE_NS 2000000000ull
#define LASTS_NS 180000000000ull	/* a flow that is no TCP, after its last packet */

enum { FLOWS = 131072, SYN = 0x02, ACK = 0x10, LATER = 0x1fff, MORE = 0x2000 };
enum { FRAGMENT = 255 };	/* in the place of a protocol: the rest of a datagram whose beginning went out */

char LICENSE[] SEC("license") = "GPL";

struct flow_key { __u32 inside, outside; __u16 port_in, port_out; __u8 proto, unused[3]; };
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

struct packet {
	struct flow_key key;
	__u32 seq;
	__u16 id;
	__u8 kind;			/* enum brake_budget */
	bool opens;			/* TCP: SYN without ACK */
	bool alone;			/* part of no flow */
	bool more;			/* fragments follow */
	__u8 icmp;
};

/* --- what a packet is --------------------------------------------------------------------------- */

static __always_inline bool icmp_request(__u8 type)
{
	return type == 8 || type == 13 || type == 15 || type == 17;
}

static __always_inline bool icmp_reply(__u8 type)
{
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
	} else if (p->key.proto == IPPROTO_ICMP) {
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

static __always_inline bool read_packet(struct __sk_buff *skb, struct packet *p)
{
	struct iphdr ip;
	__u16 part;

	if (load(skb, 0, &ip, sizeof(ip)) < 0 || ip.version != 4 || ip.ihl < 5)
		return false;
	part = bpf_ntohs(ip.frag_off);
	p->key.inside = ip.saddr;
	p->key.outside = ip.daddr;
	p->key.proto = ip.protocol;
	p->kind = BRAKE_OTHER;
	p->id = ip.id;
	p->more = part & MORE;
	if (!(part & LATER)) {
		read_ports(skb, ip.ihl * 4, p);
		return true;
	}
	p->key.proto = FRAGMENT;
	p->key.port_in = ip.id;
	p->key.port_out = ip.protocol;
	return true;
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

	if (p->alone || (p->key.proto == IPPROTO_ICMP && !icmp_reply(p->icmp)))
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
	struct flow_key key = { .inside = p->key.outside, .outside = p->key.inside, .port_in = p->key.port_out,
				.port_out = p->key.port_in, .proto = p->key.proto };
	struct flow *f;

	if (p->alone || key.proto == FRAGMENT || !bpf_map_lookup_elem(&brake_caps, &key.inside) ||
	    (key.proto == IPPROTO_ICMP && !icmp_request(p->icmp)))
		return;
	f = bpf_map_lookup_elem(&brake_flows, &key);
	if (f)
		f->last_ns = now;
	else
		remember(&key, now, 0, false);
}

static __always_inline void note_outbound(const struct packet *p, bool known, __u64 now)
{
	struct flow_key rest = { .inside = p->key.inside, .outside = p->key.outside, .port_in = p->id,
				 .port_out = p->key.proto, .proto = FRAGMENT };

	if (!known && !p->alone && p->key.proto == IPPROTO_TCP)
		remember(&p->key, now, p->seq, true);
	if (p->more && p->key.proto != FRAGMENT)
		remember(&rest, now, 0, true);
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
	if (skb->protocol == bpf_htons(ETH_P_IP) && read_packet(skb, &p))
		note_inbound(&p, now);
	return TC_ACT_OK;
}

SEC("tc")
int brake_out(struct __sk_buff *skb)
{
	__u64 now = bpf_ktime_get_ns();
	struct packet p = { 0 };
	bool known;
	int r;

	if (is_silent(now))
		return refuse(BRAKE_GATEWAY, BRAKE_SILENT);
	if (!skb->ingress_ifindex)
		return judge(skb, BRAKE_GATEWAY, BRAKE_BUDGETS, now);
	if (skb->protocol != bpf_htons(ETH_P_IP) || !read_packet(skb, &p))
		return refuse(BRAKE_GATEWAY, BRAKE_NOT_IP);
	if (p.key.inside == BRAKE_GATEWAY)	/* 0.0.0.0 is not it */
		return refuse(BRAKE_GATEWAY, BRAKE_SOURCE);
	known = is_known(&p, now);
	r = judge(skb, p.key.inside, known ? BRAKE_BUDGETS : p.kind, now);
	if (r == TC_ACT_OK)
		note_outbound(&p, known, now);
	return r;
}
