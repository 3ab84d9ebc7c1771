/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What `skep selftest` tries from inside a throw-away honeypot, in this order: one list for who sends it there
 * (attack.c) and who judges outside what came of it (judge.c).
 *
 * Each packet says which attempt it belongs to: by its destination, an address of the attempt's own, or, where the
 * destination is given, by ATTEMPT_MAGIC and the attempt's number behind it somewhere in the packet.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

/* What may come of it outside: nothing, or what a budget has left, or answers that its rule accepts, or all. */
enum charge { CHARGE_NONE, CHARGE_TCP, CHARGE_UDP, CHARGE_ICMP, CHARGE_OTHER, CHARGE_GATEWAY, CHARGE_INSIDE, CHARGES };

/* Beside its budget: how fast one flow may go. */
enum pace { PACE_NONE, PACE_PACKETS, PACE_SYN, PACE_REPLIES };

/* X(id, name, charge, pace, somebody answers outside, by IPv6 where the honeynet has it, what is tried) */
#define ATTEMPTS(X)                                                                                            \
	X(SPOOFED, "spoofed-source", NONE, NONE, false, false, "addresses all over the world, DNS and NTP for a victim") \
	X(NEIGHBOUR, "spoofed-neighbour", NONE, NONE, false, false, "the addresses of gateway, lab and other honeypots") \
	X(MAC, "spoofed-mac", NONE, NONE, false, false, "other hardware addresses, the gateway's too") \
	X(SPOOFED_FLOOD, "spoofed-flood", NONE, NONE, false, false, "SYNs from random addresses, as fast as they go") \
	X(ARP, "arp-poisoning", NONE, NONE, false, false, "ARP that gives others' addresses to us") \
	X(IPV6, "ipv6", NONE, NONE, false, false, "IPv6, neighbour and router advertisements") \
	X(IPV6_EXTENSIONS, "ipv6-extensions", NONE, NONE, false, false, "IPv6 with each kind of extension header") \
	X(SIX_SPOOFED, "ipv6-spoofed", NONE, NONE, false, true, "others' addresses of IPv6, of the link and of elsewhere") \
	X(SIX_POISONING, "ipv6-poisoning", NONE, NONE, false, true, "neighbours and routers in others' names, redirects") \
	X(RAW, "raw-frames", NONE, NONE, false, false, "frames of 40 types that are not IP, LLC, runts") \
	X(VLAN, "vlan-tags", NONE, NONE, false, false, "IP in one and two VLAN tags, also of VLAN 0") \
	X(UNFINISHED, "unfinished-fragments", NONE, NONE, false, false, "fragments of datagrams that never get whole") \
	X(CHECKSUMS, "bad-checksums", NONE, NONE, false, false, "IP, TCP and UDP that are damaged") \
	X(TCP_FLAGS, "tcp-flags", NONE, NONE, false, false, "all flags that begin no connection: FIN, NULL, Xmas, ACK") \
	X(FENCE, "fence", NONE, NONE, false, false, "what no honeypot may ever reach") \
	X(BLACKLIST, "blacklist", NONE, NONE, false, false, "what is on the blacklist") \
	X(SIX_FENCE, "ipv6-fence", NONE, NONE, false, true, "what no honeypot may ever reach, by IPv6") \
	X(SIX_BLACKLIST, "ipv6-blacklist", NONE, NONE, false, true, "what is on the blacklist, by IPv6") \
	X(GATEWAY, "management", GATEWAY, NONE, false, false, "both addresses of the gateway, TCP and UDP") \
	X(SIX_GATEWAY, "ipv6-management", GATEWAY, NONE, false, true, "both addresses of IPv6 of the gateway, TCP and UDP") \
	X(SIX_INSIDE, "ipv6-honeypots", INSIDE, NONE, false, true, "the other honeypots, by IPv6") \
	X(INSIDE, "honeypots", INSIDE, NONE, false, false, "the other honeypots, port by port") \
	X(PATH, "path", ICMP, NONE, true, false, "pings that end at the first hop, and such as large as Ethernet carries") \
	X(PING, "icmp-echo", ICMP, NONE, false, false, "ten pings") \
	X(SIX_PING, "icmpv6-echo", ICMP, NONE, false, true, "ten pings by IPv6") \
	X(ICMP_TYPES, "icmp-types", ICMP, NONE, false, false, "every type of ICMP") \
	X(SIX_ICMP_TYPES, "icmpv6-types", ICMP, NONE, false, true, "every type of ICMPv6") \
	X(SIX_PING_FLOOD, "icmpv6-flood", ICMP, NONE, false, true, "pings by IPv6, as fast as they go") \
	X(PING_FLOOD, "icmp-flood", ICMP, NONE, false, false, "pings, as fast as they go") \
	X(GRE, "gre", OTHER, NONE, false, false, "tunnels: GRE, also PPTP's") \
	X(SCTP, "sctp", OTHER, NONE, false, false, "SCTP associations") \
	X(SIX_PROTOCOLS, "ipv6-protocols", OTHER, NONE, false, true, "SCTP, ESP and OSPF over IPv6") \
	X(PROTOCOLS, "ip-protocols", OTHER, NONE, false, false, "every other protocol over IP, three times") \
	X(FRAGMENTS, "fragments", UDP, NONE, false, false, "datagrams in fragments, in order and not") \
	X(SIX_FRAGMENTS, "ipv6-fragments", UDP, NONE, false, true, "datagrams in fragments, by IPv6") \
	X(SIX_OPTIONS, "ipv6-options", UDP, NONE, false, true, "datagrams behind headers of extension") \
	X(OPTIONS, "ip-options", UDP, NONE, false, false, "record route, timestamp, source routes, router alert") \
	X(OPEN_FLOW, "answered-flow", UDP, PACKETS, true, false, "a flow that was answered once, as fast as it goes") \
	X(NTP, "ntp", UDP, NONE, false, false, "requests that amplify, to many servers") \
	X(DNS_TUNNEL, "dns-tunnel", UDP, NONE, false, false, "long names to resolvers that nobody named") \
	X(SIX_UDP_FLOOD, "ipv6-udp-flood", UDP, NONE, false, true, "UDP by IPv6, as fast as it goes") \
	X(UDP_FLOOD, "udp-flood", UDP, NONE, false, false, "UDP to every port, as fast as it goes") \
	X(FTP, "ftp-related", TCP, NONE, true, false, "FTP, and data connections as a helper would expect them") \
	X(IRC, "irc-related", TCP, NONE, true, false, "IRC, and DCC connections as a helper would expect them") \
	X(SAME_SYN, "one-syn", TCP, SYN, false, false, "the same SYN again, as fast as it goes") \
	X(SIX_CONNECTIONS, "ipv6-connections", TCP, NONE, false, true, "four connections by IPv6") \
	X(CONNECTIONS, "connections", TCP, NONE, false, false, "a thousand connections to hundreds of servers") \
	X(TCP_SCAN, "scan", TCP, NONE, false, false, "every port below 1024 of one server") \
	X(SYN_FLOOD, "syn-flood", TCP, NONE, false, false, "SYNs, as fast as they go") \
	X(SIX_SYN_FLOOD, "ipv6-syn-flood", TCP, NONE, false, true, "SYNs by IPv6, as fast as they go") \
	X(REFLECT_DNS, "reflector-dns", NONE, REPLIES, true, false, "ten large answers to each datagram at port 53") \
	X(REFLECT_NTP, "reflector-ntp", NONE, REPLIES, true, false, "ten large answers to each datagram at port 123")

enum attempt_id {
#define X(id, name, charge, pace, answered, six, words) ATTEMPT_##id,
	ATTEMPTS(X)
#undef X
	N_ATTEMPTS
};

struct attempt {
	const char *name;
	enum charge charge;
	enum pace pace;
	bool answered;
	bool six;
	const char *words;
};

extern const struct attempt attempts[N_ATTEMPTS];
const char *charge_name(enum charge c);
/* attempt_is_small() - it takes only a part of its budget, as the shipped honeynet file has it; there is one for each */
bool attempt_is_small(enum attempt_id a);

#define ATTEMPT_MAGIC "skepTEST"
enum { ATTEMPT_MAGIC_SIZE = 8 };	/* the attempt's number is the next byte */

/* Nobody is there: of 198.18.0.0/15, which no network has. Somebody answers: of the lab's servers. */
#define ATTEMPT_SILENT 0xc6120000u
#define ATTEMPT_SERVER 0xcb007180u
static inline uint32_t attempt_address(enum attempt_id a)
{
	return attempts[a].answered ? ATTEMPT_SERVER + (uint32_t)a : ATTEMPT_SILENT + ((uint32_t)a << 8);
}
/* By IPv6 nobody is there: 2001:2:0:ATTEMPT::/64, of a network for benchmarks, as the other is (RFC 5180). */
#define ATTEMPT_SILENT6 ((addr_number)0x20010002 << 96)
static inline addr_number attempt_address6(enum attempt_id a)
{
	return ATTEMPT_SILENT6 | (addr_number)a << 64;
}
/* Of these the first one is in the fence during a test, the other one on the blacklist. */
#define ATTEMPT_FENCED6 (ATTEMPT_SILENT6 | (addr_number)0xff01 << 64 | 1)
#define ATTEMPT_BLACK6 (ATTEMPT_SILENT6 | (addr_number)0xff02 << 64 | 1)
/* attempt_is_silent() - nobody is at that address */
static inline bool attempt_is_silent(addr_number address)
{
	return (address ^ (ADDR_4 | ATTEMPT_SILENT)) >> 17 == 0 || (address ^ ATTEMPT_SILENT6) >> 80 == 0;
}
/* attempt_of() - whose address that is, or -1 */
int attempt_of(addr_number address);

/* Our ports: what is tried comes from the first of them, at the gateway and at honeypots from the other two. */
enum { PORT_FROM = 20000, PORT_GATEWAY = 61000, PORT_INSIDE = 61001, PORT_OPEN_FLOW = 4000, PORT_FTP = 21, PORT_IRC = 6667 };
/* attempt_port() - those tried at the gateway and at honeypots; 0 behind the last */
uint16_t attempt_port(unsigned i);

/*
 * Over the throw-away's console, a line each: ATTEMPT_SAYS "ready" until somebody types "all", or "few": the small ones
 * only. Then for each attempt "begin NUMBER" and "end NUMBER TRIED", then "done". Who sent nothing has not tried, unless
 * he waits for others to ask.
 */
#define ATTEMPT_SAYS "selftest: "
