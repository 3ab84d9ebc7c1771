/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Why the gateway let a packet pass or not, as the log prefix says it:
 *
 *	skep:<accept, drop or continue>:<reason><space>
 *
 * The compiler writes these, capture reads them. A reason is "rule <n>" or one of the list.
 */
#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

#define REASONS(X)                                                                             \
	X(BUDGET_TCP,     "budget tcp",     "no new TCP connection left in this period")       \
	X(BUDGET_UDP,     "budget udp",     "no UDP packet left in this period")               \
	X(BUDGET_ICMP,    "budget icmp",    "no ICMP packet left in this period, or too fast") \
	X(BUDGET_OTHER,   "budget other",   "nothing of another protocol left in this period") \
	X(BUDGET_BYTES,   "budget bytes",   "no bytes left in this period")                    \
	X(BUDGET_LATERAL, "budget lateral", "no connection to another honeypot left in this period") \
	X(BUDGET_PACKETS, "budget packets", "more packets per second than allowed")            \
	X(BUDGET_BANDWIDTH, "budget bandwidth", "more bytes per second than allowed")          \
	X(BUDGET_CONNECTIONS, "budget connections", "more TCP connections open at once than allowed") \
	X(BUDGET_DESTINATIONS, "budget destinations", "no new destination left in this period") \
	X(BUDGET_SESSION, "budget session", "nothing of that kind left for this session in this period") \
	X(FLOOD_SYN,      "flood syn",      "more new TCP connections per second than a human opens") \
	X(FLOOD_UDP,      "flood udp",      "more UDP packets per second than allowed")        \
	X(FLOOD_ICMP,     "flood icmp",     "more ICMP packets per second than allowed")       \
	X(FLOOD_OTHER,    "flood other",    "more packets of another protocol per second than allowed") \
	X(FLOOD_IN,       "flood in",       "more new connections per second to a honeypot than it can serve") \
	X(INSTANCE,       "instance",       "an instance is reached at its honeypot's address, by its own visitor") \
	X(SHARED,         "shared",         "no instance was free: the honeypot that all share answers") \
	X(LOCKDOWN,       "lockdown",       "the administrator has locked the honeynet: nothing in, nothing out") \
	X(FENCE,          "fence",          "no honeypot may ever reach this address")            \
	X(RESOLVER,       "resolver",       "a honeypot asks only the named resolvers for names")   \
	X(ISOLATION,      "isolation",      "honeypots are kept apart from each other")             \
	X(BLOCKED,        "blocked",        "the administrator or the scan detector keeps this address out") \
	X(BLACKLIST,      "blacklist",      "the honeynet file keeps this address out")            \
	X(WHITELIST,      "whitelist",      "the honeynet file lets this address in and be reached, whatever the rules say") \
	X(SPOOF_MAC,      "spoof mac",      "a honeypot used a hardware address not its own")  \
	X(SPOOF_IP,       "spoof ip",       "a honeypot used an address not its own")          \
	X(SPOOF_ARP,      "spoof arp",      "a honeypot claimed an address not its own")       \
	X(SPOOF_ND,       "spoof nd",       "a honeypot claimed an IPv6 address not its own, or to be a router") \
	X(SPOOF_SOURCE,   "spoof source",   "a source address that cannot come from there")    \
	X(SPOOF_TAG,      "spoof tag",      "a frame without the tag that the honeypot's kernel gives each") \
	X(NOT_IP,         "not-ip",         "a frame that is neither IP nor ARP")              \
	X(IPV6,           "ipv6",           "IPv6, which the honeynet does not speak")         \
	X(INVALID,        "invalid",        "belongs to no connection and opens none")         \
	X(PREVENTION,     "prevention",     "the prevention could not follow what the honeypot sent") \
	X(DEAD_MAN,       "dead-man",       "the recorder has not said that it records")       \
	X(OWNER,          "owner",          "nobody holds the gate open")                      \
	X(DEFAULT,        "default",        "no rule or containment allows it")

enum reason {
#define X(id, name, doc) REASON_##id,
	REASONS(X)
#undef X
	N_REASONS
};

const char *reason_name(enum reason r);
const char *reason_doc(enum reason r);

/* reason_parse() - 0, the verdict ("accept", "drop", or "continue": later rules decide), and the reason (lent, inside
 * @prefix); -EINVAL if @prefix is not one of ours. With or without the space and the NUL at its end. */
int reason_parse(const char *prefix, size_t n, const char **ret_verdict, struct span *ret_reason);
