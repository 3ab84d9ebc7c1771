/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every key of the honeynet file, in the order in which they are read: names before their use. */
#include "schema.h"

#include <netinet/in.h>

#include "base/mem.h"
#include "model/budget.h"
#include "model/event.h"

#define AT(type_, member) .offset = offsetof(struct type_, member), .size = sizeof(((struct type_ *)0)->member)
#define LIST(list, number, section_)                                                         \
	.type = &type_list, .offset = offsetof(struct honeynet, list),                         \
	.stride = sizeof(((struct honeynet *)0)->list[0]), .count = offsetof(struct honeynet, number), \
	.max = nitems(((struct honeynet *)0)->list), .section = &(section_)

#define WITHIN(member) .offset = offsetof(struct honeynet, member), .size = sizeof(((struct honeynet *)0)->member)
#define TEXTS(list, number)                                                                        \
	.type = &type_paths, .offset = offsetof(struct honeynet, list),                            \
	.stride = sizeof(((struct honeynet *)0)->list[0]), .count = offsetof(struct honeynet, number), \
	.max = nitems(((struct honeynet *)0)->list)

static const struct choice uplinks[] = { { "lab", UPLINK_LAB }, { 0 } };
static const struct choice instances_per[] = { { "source", INSTANCES_PER_SOURCE }, { 0 } };
static const struct choice actions[] = { { "accept", ACTION_ACCEPT }, { "drop", ACTION_DROP }, { "reject", ACTION_REJECT },
				       { "continue", ACTION_CONTINUE }, { 0 } };
static const struct choice directions[] = { { "any", DIRECTION_ANY }, { "in", DIRECTION_IN }, { "out", DIRECTION_OUT },
					  { "between", DIRECTION_BETWEEN }, { 0 } };
static const struct choice booleans[] = { { "true", true }, { "false", false }, { 0 } };
static const struct choice refuse_ways[] = { { "drop", REFUSE_DROP }, { "reject", REFUSE_REJECT },
					   { "pretend", REFUSE_PRETEND }, { "tarpit", REFUSE_TARPIT }, { 0 } };
static const struct choice when_full[] = { { "freeze", WHEN_FULL_FREEZE }, { "run", WHEN_FULL_RUN }, { 0 } };
static const struct choice guard_modes[] = {
	{ "dry-run", GUARD_DRY_RUN }, { "on", GUARD_ON }, { "off", GUARD_OFF }, { 0 }
};
static const struct choice inline_modes[] = {
	{ "drop", INLINE_DROP }, { "replace", INLINE_REPLACE }, { "off", INLINE_OFF }, { 0 }
};
static const struct choice access_roles[] = {
	{ "observer", ACCESS_OBSERVER }, { "administrator", ACCESS_ADMINISTRATOR }, { 0 }
};
static const struct choice severities[] = {
	{ "information", SEVERITY_INFORMATION }, { "warning", SEVERITY_WARNING }, { "priority", SEVERITY_PRIORITY },
	{ "critical", SEVERITY_CRITICAL }, { 0 }
};
/* The firewall's two values stand in the honeynet itself. */
static const struct field firewall_fields[] = {
	{ "name", &type_name, AT(honeynet, firewall_name), .required = true,
	  .doc = "Name of the gateway as an object of the rules." },
	{ "address", &type_address, AT(honeynet, firewall_address), .required = true,
	  .doc = "Its address in the network; the honeypots' default route and log server." },
};

static const struct field instances_fields[] = {
	{ "per", &type_choice, AT(instances_conf, per), .choice = instances_per, .standard = "source",
	  .doc = "Who gets one of his own: each source address." },
	{ "max", &type_count, AT(instances_conf, max), .min = 1, .max = 32, .required = true,
	  .doc = "How many there are. They take the highest free addresses of the network, and are honeypots with the "
		 "name of theirs and a number: NAME-1, NAME-2." },
	{ "idle", &type_seconds, AT(instances_conf, idle_s), .min = 10, .max = 2592000, .standard = "30m",
	  .doc = "So long after its intruder's last packet an instance gets a new disk, and is free again." },
};

static const struct section instances_section = {
	.title = "instances", .field = instances_fields, .n = nitems(instances_fields),
	.doc = "Who opens a connection to the honeypot's address from outside gets an instance nobody was in yet, and the same "
	       "one each time he comes again. All have the honeypot's address as seen from outside, and its name and keys. "
	       "When none is free the honeypot itself answers. Rules that name the honeypot are about its instances, too.",
};

#define X(id, name, doc) name ": " doc ". "
static const struct field honeypot_fields[] = {
	{ "name", &type_name, AT(honeypot, name), .required = true,
	  .doc = "Name of the honeypot, an object of the rules." },
	{ "address", &type_address, AT(honeypot, address), .required = true, .doc = "Its address in the network." },
	{ "image", &type_image, AT(honeypot, image), .required = true,
	  .doc = "What its disk is made from. A name: a recipe that skep comes with. A path, absolute or from the folder of "
		 "this file on: a recipe of your own, or a root file system that lies ready, as a folder, a tar, or a file "
		 "of ext4." },
	{ "services", &type_probes, .max = MAX_PROBES, .derived = "what its recipe says",
	  .doc = "What must answer before it counts as up, at least one by tcp. A root file system needs this key." },
	{ "memory", &type_mebibytes, AT(honeypot, memory_mb), .min = 32, .max = 4096, .standard = "96 MiB",
	  .doc = "Its memory." },
	{ "hostname", &type_hostname, AT(honeypot, hostname), .derived = "the name in lower case",
	  .doc = "What the honeypot calls itself." },
	{ "mac", &type_mac, AT(honeypot, mac), .derived = "52:54:00 and the last three bytes of the address",
	  .doc = "Its hardware address; not a multicast one." },
	{ "instances", &type_map, AT(honeypot, instances), .section = &instances_section,
	  .doc = "A machine of his own for each intruder." },
	{ "seed", &type_seed, AT(honeypot, seed), .derived = "one by chance, kept in the state folder",
	  .doc = "What its past is made of: its people, what they did, its logs, its honeytokens. The same seed gives the same ones." },
	{ "weaknesses", &type_weaknesses, .max = WEAKNESSES_N, .derived = "what its recipe says",
	  .doc = "What it is weak in on purpose, from its next new disk on. " WEAKNESSES(X) "none: nothing." },
	{ "honeytokens", &type_honeytokens, .max = MAX_HONEYTOKENS,
	  .doc = "Files of its image or its past whose readers are told, beside the honeytokens that are made for it." },
};
#undef X

static const struct field group_fields[] = {
	{ "name", &type_name, AT(group, name), .required = true, .doc = "Name of the group, an object of the rules." },
	{ "members", &type_members, .max = MAX_HONEYPOTS, .required = true,
	  .doc = "What is in it: honeypots, networks, tables, names and other groups. A group cannot be in itself, through others either." },
};

static const struct field network_fields[] = {
	{ "name", &type_name, AT(addresses, name), .required = true, .doc = "Name of the network, an object of the rules." },
	{ "addresses", &type_addresses, .max = 1024, .required = true,
	  .doc = "The addresses in it, of either family. If one of the firewall's is among them, so is the firewall." },
};

static const struct field table_fields[] = {
	{ "name", &type_name, AT(addresses, name), .required = true, .doc = "Name of the table, an object of the rules." },
	{ "file", &type_table, .required = true,
	  .doc = "The file with its addresses: on each line an address, a network or a range, as of networks; what follows # is a "
		 "comment. It is read when this file is read: skep reload reads it again." },
};

static const struct field dns_fields[] = {
	{ "name", &type_name, AT(dns_name, addresses.name), .required = true, .doc = "Name of the object of the rules." },
	{ "host", &type_dns, AT(dns_name, host), .required = true,
	  .doc = "The name in the DNS. Its addresses, up to 64, those of IPv6 only with network6, are looked up when this file is "
		 "read; skep reload looks it up again. If there are none, that is an error." },
};

static const struct field time_fields[] = {
	{ "name", &type_name, AT(times, name), .required = true,
	  .doc = "Name of the time. Times have a name space of their own." },
	{ "days", &type_days, AT(times, days), .max = 7, .standard = "any", .doc = "On which days it begins." },
	{ "from", &type_clock, AT(times, from), .standard = "00:00", .doc = "When it begins, UTC." },
	{ "to", &type_clock, AT(times, to), .standard = "24:00",
	  .doc = "When it ends, UTC: that minute is not in it any more. If that is before it begins: on the next day." },
};

static const struct field service_fields[] = {
	{ "name", &type_name, AT(service, name), .required = true,
	  .doc = "Name of the service. Services have a name space of their own." },
	{ "protocol", &type_protocol, AT(service, proto),
	  .doc = "Its protocol. Required, if it has no members." },
	{ "ports", &type_ports, .max = MAX_PORTS,
	  .doc = "Its destination ports. Required for tcp without source_ports and flags, and for udp without source_ports; "
		 "not allowed for other protocols." },
	{ "source_ports", &type_source_ports, .max = MAX_PORTS, .doc = "The ports it comes from, of tcp and udp." },
	{ "flags", &type_flags, .max = 6,
	  .doc = "Flags of TCP: one that is named is set, one named with no- is not, others do not matter. What rules are asked "
		 "about is the first packet of a connection; with ack and without syn it is one whose beginning was missed." },
	{ "types", &type_types, .max = MAX_TYPES, .doc = "Types of ICMP or ICMPv6." },
	{ "members", &type_services_of, .max = MAX_REFS,
	  .doc = "Names of other services, which it is then a group of; it has no other keys but its name. A group cannot be in "
		 "itself, through others either." },
};

static const struct field rule_fields[] = {
	{ "source", &type_objects, AT(rule, source), .max = MAX_REFS, .required = true,
	  .doc = "Who opens the connection." },
	{ "destination", &type_objects, AT(rule, destination), .max = MAX_REFS, .required = true,
	  .doc = "Whom it is opened to." },
	{ "service", &type_services, AT(rule, service), .max = MAX_REFS, .standard = "any",
	  .doc = "For which service." },
	{ "negate", &type_negate, AT(rule, not), .max = 3,
	  .doc = "Which of the three means all others than those that are named." },
	{ "direction", &type_choice, AT(rule, direction), .choice = directions, .standard = "any",
	  .doc = "in: what comes from outside, to a honeypot or to the firewall. out: what a honeypot sends to the outside. "
		 "between: what it sends to another honeypot or to the firewall." },
	{ "time", &type_times, AT(rule, time), .max = MAX_RULE_TIMES, .standard = "any",
	  .doc = "When the rule is there; connections that are open then stay open." },
	{ "action", &type_choice, AT(rule, action), .choice = actions, .required = true,
	  .doc = "What becomes of it. What a rule accepts still has to keep to the containment. reject: it is dropped, and its "
		 "sender told so, as a closed port would, at most 50 times a second. continue: it is counted and, if log is true, "
		 "recorded; later rules decide." },
	{ "limit", &type_limit, AT(rule, limit), .min = 1, .max = 10000,
	  .doc = "How much an accepting rule accepts from each source; the rest it drops. Counted are packets that open a "
		 "connection, or try to; a period begins with the first of them." },
	{ "log", &type_choice, AT(rule, log), .choice = booleans, .standard = "true",
	  .doc = "Whether each decision of the rule is recorded." },
	{ "disabled", &type_choice, AT(rule, disabled), .choice = booleans, .standard = "false",
	  .doc = "Whether the rule is passed over. It keeps its number." },
	{ "comment", &type_comment, AT(rule, comment), .doc = "What is to be said about it." },
};

static const struct field nat_fields[] = {
	{ "source", &type_objects, AT(nat_rule, asks.source), .max = MAX_REFS, .standard = "any",
	  .doc = "Who opens the connection." },
	{ "destination", &type_objects, AT(nat_rule, asks.destination), .max = MAX_REFS, .standard = "any",
	  .doc = "Whom it is opened to. With translated_destination that is any of the gateway's addresses at the uplink, by "
		 "networks that are these, or its own one by the firewall's name." },
	{ "service", &type_services, AT(nat_rule, asks.service), .max = MAX_REFS, .standard = "any",
	  .doc = "For which service." },
	{ "negate", &type_negate, AT(nat_rule, asks.not), .max = 3,
	  .doc = "Which of the three means all others than those that are named." },
	{ "translated_source", &type_outside, AT(nat_rule, address),
	  .doc = "The address from which it is seen outside. masquerade: the gateway's own." },
	{ "translated_destination", &type_inside, AT(nat_rule, honeypot), .doc = "The honeypot it is led to." },
	{ "translated_service", &type_to_service, AT(nat_rule, port), .derived = "the port that was asked for",
	  .doc = "Its port there, beside translated_destination: a service of the protocol of those in service." },
	{ "disabled", &type_choice, AT(nat_rule, asks.disabled), .choice = booleans, .standard = "false",
	  .doc = "Whether the rule is passed over. It keeps its number." },
	{ "comment", &type_comment, AT(nat_rule, asks.comment), .doc = "What is to be said about it." },
};

#define SESSION(budget) AT(own_budgets, limit[budget]), .min = 0, .max = MAX_BUDGET
static const struct field session_fields[] = {
	{ "tcp", &type_count, SESSION(BUDGET_TCP), .doc = "New outbound TCP connections of a session in a period." },
	{ "udp", &type_count, SESSION(BUDGET_UDP), .doc = "Its outbound UDP packets that are not yet answered." },
	{ "icmp", &type_count, SESSION(BUDGET_ICMP), .doc = "Its outbound ICMP packets, other than answers." },
	{ "other", &type_count, SESSION(BUDGET_OTHER), .doc = "What it sends by any other protocol, by packet until answered." },
};

/* Which of them the file has. */
static void session_done(struct reader *r, const struct node *n, void *obj, uint32_t index)
{
	struct own_budgets *own = obj;

	(void)r, (void)index;
	for (uint32_t i = 0; n->kind == NODE_MAP && i < nitems(session_fields); i++)
		own->set |= node_get(n, budget_name[i]) ? BIT(i) : 0;
}

static const struct section session_section = {
	.title = "session", .field = session_fields, .n = nitems(session_fields), .done = session_done,
	.doc = "What each session may of its honeypot's budgets. A session is all that works for one connection to the honeypot. What it "
	       "is refused costs the honeypot nothing. What nobody's processes send, or the honeypot's kernel forwards, costs only the "
	       "honeypot. Sessions whose connections are 4094 apart share one budget; all are as new when the honeynet starts. "
	       "The machine must have BPF: skep doctor.",
};

#define NETWORKS(list, number) AT(containment, list), .count = offsetof(struct honeynet, containment.number)
static const struct field containment_fields[] = {
	{ "period", &type_seconds, AT(containment, period_s), .min = 1, .max = 86400, .standard = "1h",
	  .doc = "Unit of the budgets. A budget's period begins with the first use of it." },
	{ "tcp", &type_count, AT(containment, tcp), .min = 0, .max = MAX_BUDGET, .standard = "20",
	  .doc = "New outbound TCP connections of a honeypot in a period." },
	{ "udp", &type_count, AT(containment, udp), .min = 0, .max = MAX_BUDGET, .standard = "20",
	  .doc = "Outbound UDP packets of a honeypot in a period that are not yet answered." },
	{ "icmp", &type_count, AT(containment, icmp), .min = 0, .max = MAX_BUDGET, .standard = "50",
	  .doc = "Outbound ICMP and ICMPv6 packets of a honeypot in a period, other than answers." },
	{ "other", &type_count, AT(containment, other), .min = 0, .max = MAX_BUDGET, .standard = "10",
	  .doc = "Outbound connections of any other protocol, counted by packet until answered." },
	{ "lateral", &type_count, AT(containment, lateral), .min = 0, .max = MAX_BUDGET, .standard = "1000",
	  .doc = "New connections of a honeypot to other honeypots in a period: of each protocol, a conversation once. The "
		 "honeypots' own questions to one that is their name server are among them." },
	{ "isolation", &type_choice, AT(containment, isolation), .choice = booleans, .standard = "false",
	  .doc = "Whether nothing at all passes from one honeypot to another, not even what is open." },
	{ "bytes", &type_mebibytes, AT(containment, bytes_mb), .min = 1, .max = MAX_BUDGET_MB, .standard = "100 MiB",
	  .doc = "Outbound bytes of a honeypot in a period, answers included." },
	{ "packets", &type_per_second, AT(containment, packets_per_s), .min = 1, .max = 1000000, .standard = "500/s",
	  .doc = "Outbound packets of a honeypot, answers included; always on." },
	{ "margin", &type_count, AT(containment, margin), .min = 10, .max = 100, .standard = "25",
	  .doc = "What the second layer of data control lets through beyond each of these before it refuses by itself, in percent." },
	{ "bandwidth", &type_bandwidth, AT(containment, bandwidth_kb), .min = 1, .max = 10485760, .standard = "10 MiB/s",
	  .doc = "Outbound bytes of a honeypot, answers included; always on." },
	{ "connections", &type_count, AT(containment, connections), .min = 1, .max = 10000, .standard = "100",
	  .doc = "Outbound TCP connections of a honeypot that are open at once. Another number holds for a honeypot as soon as "
		 "it has none open." },
	{ "destinations", &type_count, AT(containment, destinations), .min = 1, .max = MAX_DESTINATIONS, .standard = "100",
	  .doc = "Hosts outside that a honeypot reaches in any time as long as a period, answers apart." },
	{ "refuse", &type_choice, AT(containment, refuse), .choice = refuse_ways, .standard = "drop",
	  .doc = "What becomes of what a budget, connections or destinations refuse. drop: nothing is heard of it. reject: a TCP "
		 "connection is reset, anything else gets an ICMP host unreachable, as from a router on the way. pretend: when its "
		 "first packet is sent again a TCP connection is answered by the gateway itself, in the name of whom it was for, "
		 "as a server of that port begins; what it sends first is recorded, nothing leaves. Likewise UDP to ports 53 and 123, "
		 "also to a resolver that is not named: within a minute after one such question to a server was lost, the next ones are answered, "
		 "20 a second and recorded, for a name as by a resolver that reaches nobody (SERVFAIL), for the time as by a server that has "
		 "it. Anything else is dropped. "
		 "tarpit: the same, but it is held, and nothing is said. lateral has drop and reject only, and IPv6 is dropped "
		 "by pretend and tarpit." },
	{ "jitter", &type_count, AT(containment, jitter), .min = 0, .max = MAX_JITTER, .standard = "0",
	  .doc = "By how many percent tcp, udp, icmp, other and lateral may be less, by chance, for each honeypot and period: who "
		 "counts does not find the same number twice. Never more than the budget." },
	{ "session", &type_map, AT(containment, session), .section = &session_section,
	  .doc = "Budgets of each session. What is not given is not limited beside the honeypot's." },
	{ "blacklist", &type_networks, NETWORKS(black, n_black), .max = MAX_LISTED,
	  .doc = "Networks from which nothing comes in and to which nothing goes out, before rules and budgets." },
	{ "whitelist", &type_networks, NETWORKS(white, n_white), .max = MAX_LISTED,
	  .doc = "Networks whose connections to honeypots, and honeypots' to them, are accepted and recorded, whatever the rules say. "
		 "Budgets hold for them, too; blacklist, fence and lockdown come before." },
	{ "resolvers", &type_networks, NETWORKS(resolver, n_resolvers), .max = MAX_LISTED,
	  .doc = "The only networks that honeypots may send to outside by tcp or udp at ports 53 and 853, whatever the rules say; "
		 "answers apart. Within budgets, fence and blacklist. Without this key, all that the rules let." },
	{ "fence", &type_networks, NETWORKS(fence, n_fence), .max = MAX_FENCE,
	  .doc = "Networks that no honeypot ever reaches, not even to answer: neither rules nor budgets are asked. "
		 "skep fence has more of them by hand." },
};

/* These sections' values stand in the honeynet itself. */
static const struct field capture_fields[] = {
	{ "when_full", &type_choice, WITHIN(capture.when_full), .choice = when_full, .standard = "freeze",
	  .doc = "What a honeypot does when its ring is full and nobody reads it. freeze: it stands still until somebody "
		 "does. run: it runs on after 5 seconds, and what it does is not recorded, but counted." },
	{ "ring", &type_ring, WITHIN(capture.ring_mb), .min = 1, .max = 1024, .standard = "64 MiB",
	  .doc = "Memory between each honeypot's kernel and who records what it tells; not used before it is filled." },
	{ "file_max", &type_mebibytes, WITHIN(samples.file_max_mb), .min = 1, .max = 1024, .standard = "64 MiB",
	  .doc = "How much of one file is kept: its beginning." },
	{ "hour_max", &type_mebibytes, WITHIN(samples.hour_max_mb), .min = 1, .max = 65536, .standard = "512 MiB",
	  .doc = "How much of what is written in a honeypot is kept in an hour, and once more of what is run." },
	{ "room", &type_mebibytes, WITHIN(samples.room_mb), .min = 16, .max = 104857600, .standard = "10 GiB",
	  .doc = "How large all contents may get together. What comes then is recorded without them." },
};

static const struct field inline_fields[] = {
	{ "mode", &type_choice, WITHIN(nids.prevention.mode), .choice = inline_modes, .standard = "drop",
	  .doc = "What becomes of the attacks that skep's own rules know. drop: they do not leave. replace: they leave with "
		 "a few bytes changed, so that they fail. off: no prevention, rules of your own neither." },
	{ "rules", TEXTS(nids.prevention.rules, nids.prevention.n_rules),
	  .doc = "Files of rules beside skep's own: Suricata's, each of which drops or has replace." },
};

static const struct section inline_section = {
	.title = "inline", .field = inline_fields, .n = nitems(inline_fields),
	.doc = "Prevention: a second Suricata, through which all goes that honeypots send to the outside on connections of "
	       "their own, and the answers to it, once rules and containment have let it pass. What others open to a honeypot "
	       "is not held up. While it does not run nothing of that passes. It takes about 30 MiB of memory. "
	       "It is off, and skep doctor and skep status say why, where the kernel cannot queue packets for a program, or "
	       "there is no Suricata that takes them.",
};

static const struct field nids_fields[] = {
	{ "enabled", &type_choice, WITHIN(nids.enabled), .choice = booleans, .standard = "true",
	  .doc = "Whether Suricata watches the honeynet's network." },
	{ "rules", TEXTS(nids.rules, nids.n_rules), .doc = "Files of rules beside skep's own." },
	{ "inline", &type_map, .section = &inline_section, .doc = "Prevention of known attacks on their way out." },
};

static const struct field packets_fields[] = {
	{ "enabled", &type_choice, WITHIN(packets.enabled), .choice = booleans, .standard = "true",
	  .doc = "Whether every packet of the honeynet's network is kept." },
	{ "keep", &type_seconds, WITHIN(packets.keep_s), .min = 3600, .max = 315360000, .standard = "365d",
	  .doc = "How long a file of packets is kept." },
	{ "size", &type_mebibytes, WITHIN(packets.size_mb), .min = 16, .max = 104857600, .standard = "10 GiB",
	  .doc = "How large all files of packets may get together; the oldest go first." },
	{ "buffer", &type_mebibytes, WITHIN(packets.buffer_mb), .min = 1, .max = 1024, .standard = "32 MiB",
	  .doc = "Memory between the kernel and the writer." },
};

static const struct field reset_fields[] = {
	{ "age", &type_seconds, WITHIN(reset.age_s), .min = 0, .max = 31536000, .standard = "0s",
	  .doc = "How old a honeypot's disk gets. Who is in it may stay, up to as long again. 0s: as old as it likes." },
	{ "after_visit", &type_seconds, WITHIN(reset.after_visit_s), .min = 0, .max = 2592000, .standard = "0s",
	  .doc = "How long after the last program was run in a session it is reset. 0s: it is not." },
	{ "escaped", &type_choice, WITHIN(reset.escaped), .choice = booleans, .standard = "false",
	  .doc = "Whether one whose kernel tried to leave its jail starts again, with a new disk; else it stays off." },
	{ "ruined", &type_choice, WITHIN(reset.ruined), .choice = booleans, .standard = "true",
	  .doc = "Whether one gets a new disk that has answered, and then ends twice before it answers again, does not answer "
		 "within three minutes, or has no file system any more." },
	{ "keep", &type_count, WITHIN(reset.keep), .min = 0, .max = 10000, .standard = "3",
	  .doc = "So many disks of each honeypot are kept, as snapshots, when it is reset, whoever does it. Each takes what was "
		 "written to it, at most the size of its image." },
};

static const struct field selftest_fields[] = {
	{ "after_change", &type_choice, WITHIN(selftest.after_change), .choice = booleans, .standard = "false",
	  .doc = "Whether skep reload goes on with a self-test when what may pass is another: honeypots, rules, what rules are made "
		 "of, containment. If the change is to be confirmed, when it is." },
	{ "nightly", &type_nightly, WITHIN(selftest.nightly), .standard = "never",
	  .doc = "When a self-test is made each day, UTC. What it prints is in log/selftest.log of the state folder. One that comes to "
		 "no result is a finding, as is a leak." },
};

static const struct field scan_fields[] = {
	{ "probes", &type_count, WITHIN(scan.probes), .min = 2, .max = 100000, .standard = "15",
	  .doc = "So many different ports or honeypots tried by one source are a scan." },
	{ "window", &type_seconds, WITHIN(scan.window_s), .min = 1, .max = 86400, .standard = "60s",
	  .doc = "Within so long." },
	{ "slow_probes", &type_count, WITHIN(scan.slow_probes), .min = 2, .max = 100000, .standard = "40",
	  .doc = "The same for those who take their time." },
	{ "slow_window", &type_seconds, WITHIN(scan.slow_window_s), .min = 60, .max = 2592000, .standard = "1d",
	  .doc = "Within so long." },
	{ "mails", &type_count, WITHIN(scan.mails), .min = 0, .max = 1000, .standard = "5",
	  .doc = "Reports about one source; the last one says that it is the last." },
	{ "block", &type_seconds, WITHIN(scan.block_s), .min = 0, .max = 2592000, .standard = "0s",
	  .doc = "How long a scanner is kept out, of IPv6 its network of 64 bits, again and again while it goes on; 0s never. skep unblock "
		 "undoes it." },
};

static const struct field alert_fields[] = {
	{ "severity", &type_choice, WITHIN(alert.least), .choice = severities, .standard = "warning",
	  .doc = "What is less severe is not told." },
	{ "group", &type_seconds, WITHIN(alert.group_s), .min = 1, .max = 86400, .standard = "60s",
	  .doc = "Findings of so long are told in one message." },
	{ "per_hour", &type_count, WITHIN(alert.per_hour), .min = 1, .max = 10000, .standard = "30",
	  .doc = "Messages at most, each way; what is more is counted in the next one." },
	{ "mail_to", &type_mail, WITHIN(alert.mail_to), .doc = "Who gets mail." },
	{ "mail_from", &type_mail, WITHIN(alert.mail_from), .doc = "Whom it comes from." },
	{ "mail_server", &type_url, WITHIN(alert.mail_server), .doc = "smtp://HOST:PORT, or smtps:// with TLS." },
	{ "mail_password", &type_path, WITHIN(alert.mail_password),
	  .doc = "A file with user and password for the mail server, one line each." },
	{ "syslog", &type_url, WITHIN(alert.syslog), .doc = "A log server: udp://HOST:PORT or tcp://HOST:PORT." },
	{ "webhook", &type_url, WITHIN(alert.webhook), .doc = "An http or https address that takes JSON." },
};

static const struct field guard_fields[] = {
	{ "mode", &type_choice, WITHIN(guard.mode), .choice = guard_modes, .standard = "dry-run",
	  .doc = "dry-run only records what on would have stopped." },
	{ "warn", &type_choice, WITHIN(guard.warn), .choice = booleans, .standard = "true",
	  .doc = "When on: a fixed sentence to the terminal of whoever is stopped. Mail: the section alert." },
	{ "allow", TEXTS(guard.allow, guard.n_allow),
	  .doc = "Programs whose descendants may start a shell with root's rights, besides logins, package "
		 "management and cron; or folders of control groups, such as /sys/fs/cgroup/system.slice/NAME.service." },
	{ "scope", &type_path, WITHIN(guard.scope), .doc = "The control group it is limited to; else the whole machine." },
};

static const struct field access_user_fields[] = {
	{ "name", &type_name, AT(access_user, name), .required = true, .doc = "Who he is in the record." },
	{ "role", &type_choice, AT(access_user, role), .choice = access_roles, .standard = "observer",
	  .doc = "observer: the verbs that only read. administrator: all." },
	{ "keys", &type_path, AT(access_user, keys), .required = true, .doc = "The file with his public keys." },
};

#define SECTION(title_, fields, done_, doc_) \
	{ .title = title_, .doc = doc_, .field = fields, .n = nitems(fields), .done = done_ }

static const struct section firewall_section = SECTION("firewall", firewall_fields, firewall_done,
	"The gateway. It has no other name or address inside the honeynet.");
static const struct section honeypot_section = SECTION("honeypots", honeypot_fields, honeypot_done,
	"A list with one mapping a honeypot.");
static const struct section group_section = SECTION("groups", group_fields, group_done,
	"A list with one mapping a group of objects.");
static const struct section network_section = SECTION("networks", network_fields, network_done,
	"A list with one mapping an object of addresses that are not honeypots.");
static const struct section table_section = SECTION("tables", table_fields, table_done,
	"A list with one mapping an object of addresses that stand in a file of their own.");
static const struct section dns_section = SECTION("names", dns_fields, dns_done,
	"A list with one mapping an object of the addresses that a name of the DNS has.");
static const struct section time_section = SECTION("times", time_fields, times_done,
	"A list with one mapping an interval of time.");
static const struct section service_section = SECTION("services", service_fields, service_done,
	"A list with one mapping a service.");
static const struct section rule_section = SECTION("rules", rule_fields, rule_done,
	"A list with one mapping a rule, numbered from 0. The first rule that matches a connection "
	"decides; what no rule matches is dropped and recorded.");
static const struct section nat_section = SECTION("nat", nat_fields, nat_done,
	"A list with one mapping a NAT rule, numbered from 0: how honeypots are seen from outside, and where what comes for the "
	"gateway's addresses at the uplink is led. The first rule that matches a connection decides; what none matches is left as "
	"it is, and so is what is matched by one that says neither translated_source nor translated_destination. A rule with "
	"translated_source is about what honeypots open to the outside, one with translated_destination about what comes from outside; "
	"one rule cannot do both. The gateway has the addresses that translated_source names, and those that destination names beside a "
	"translated_destination. Rules, containment and record know honeypots by their own addresses: of what comes in, rules are asked "
	"when it has been led to its honeypot, at the port it has there, and of what goes out, before it gets its other source. So no rule names an address that leads to a "
	"honeypot, but the honeypot. What honeypots themselves send to such an address is for the gateway itself. Connections that "
	"are open when NAT rules change go on as they began. Behind the rules, the second layer has one cap for each address outside, "
	"of all who may send from it: whom it is to hold alone needs an address of his own. IPv6 is not translated.");
static const struct section containment_section = SECTION("containment", containment_fields, NULL,
	"Data control underneath the rules: what a honeypot may send out of the honeynet, whatever the "
	"rules say. A budget of 0 lets nothing out.");

static const struct section capture_section = SECTION("capture", capture_fields, NULL,
	"What is seen from inside the honeypots' kernels. A honeypot waits for room to tell what an intruder does; only what "
	"there is plenty of (new processes, files changed, datagrams, signals, streams) is dropped while the ring is rather "
	"full, and counted. Kept are the contents of files that intruders write, and of what is run that did not come with "
	"the image.");
static const struct section nids_section = SECTION("nids", nids_fields, NULL, "Suricata, with skep's own rules.");
static const struct section packets_section = SECTION("packets", packets_fields, NULL,
	"Full packet capture: a file an hour.");
static const struct section scan_section = SECTION("scan", scan_fields, scan_done,
	"When somebody who knocks becomes a scanner.");
static const struct section reset_section = SECTION("reset", reset_fields, NULL,
	"When a honeypot gets a new disk by itself. The one it had is kept as a snapshot first.");
static const struct section selftest_section = SECTION("selftest", selftest_fields, NULL,
	"When what data control holds is tried by itself; see selftest in skep(1).");
static const struct section alert_section = SECTION("alert", alert_fields, alert_done,
	"Whom findings are told, and how. Without a way nothing is sent, all is recorded.");
static const struct section guard_section = SECTION("guard", guard_fields, NULL,
	"The host guard: who may start a shell with root's rights on this machine.");
static const struct section access_user_section = SECTION("users", access_user_fields, NULL,
	"A list with one mapping an administrator or observer.");

static const struct field access_fields[] = {
	{ "address", &type_address, WITHIN(access.address), .standard = "127.0.0.1",
	  .doc = "The management address skep's own sshd listens on." },
	{ "port", &type_count, WITHIN(access.port), .min = 1, .max = 65535, .standard = "2222", .doc = "Its port." },
	{ "users", LIST(access.user, access.n_users, access_user_section), .doc = "Who may come in." },
};

static const struct section access_section = SECTION("access", access_fields, NULL,
	"Secure administration: an sshd of skep's own, set up by skep access setup.");

static const struct field honeynet_fields[] = {
	{ "name", &type_name, AT(honeynet, name), .required = true, .doc = "Name of the honeynet." },
	{ "network", &type_network, AT(honeynet, network), .min = 8, .max = 30, .required = true,
	  .doc = "Its network." },
	{ "network6", &type_network6, AT(honeynet, network6), .min = 48, .max = 96,
	  .doc = "Its IPv6 network; without it honeypots have no IPv6. Gateway and honeypots have the address of this network with "
		 "their IPv4 address in the last 32 bits, and all rules, budgets and lists hold for both. Honeypots with instances "
		 "have none. Addresses are written to new disks: honeypots that were started without it get theirs by up --fresh." },
	{ "uplink", &type_uplink, AT(honeynet, uplink), .choice = uplinks, .standard = "lab",
	  .doc = "What the honeynet is connected to. lab: a sealed laboratory that plays the internet." },
	{ "firewall", &type_map, .section = &firewall_section, .required = true, .doc = "The gateway." },
	{ "honeypots", LIST(honeypot, n_honeypots, honeypot_section), .min = 1, .required = true,
	  .doc = "The honeypots." },
	{ "networks", LIST(networks, n_networks, network_section), .doc = "Addresses, for the rules." },
	{ "tables", LIST(table, n_tables, table_section), .doc = "Addresses from files, for the rules." },
	{ "names", LIST(dns, n_names, dns_section), .doc = "Addresses from the DNS, for the rules." },
	{ "groups", LIST(group, n_groups, group_section), .doc = "Groups of objects, for the rules." },
	{ "services", LIST(service, n_services, service_section), .doc = "Services, for the rules." },
	{ "times", LIST(times, n_times, time_section), .doc = "Times of day, for the rules." },
	{ "rules", LIST(rule, n_rules, rule_section), .min = 1, .required = true, .doc = "The rulebase." },
	{ "nat", LIST(nat, n_nat, nat_section), .doc = "How honeypots are seen from outside, and where what comes is led." },
	{ "containment", &type_map, AT(honeynet, containment), .section = &containment_section,
	  .doc = "Data control underneath the rules." },
	{ "store", &type_store, WITHIN(store), .standard = "sqlite",
	  .doc = "Where the index is kept: in SQLite, in a private MariaDB server of skep's own, or in a server that is "
		 "there already. Its OPTIONS are password-file=FILE, ca=FILE, socket=FILE and tls=verify, encrypt or off, "
		 "with & between them." },
	{ "capture", &type_map, .section = &capture_section, .doc = "What is seen from inside the honeypots' kernels." },
	{ "nids", &type_map, .section = &nids_section, .doc = "Network intrusion detection." },
	{ "objectives", TEXTS(objectives.file, objectives.n_files),
	  .doc = "Files of objectives, objectives.yaml(5), looked at before skep's own: which events of the honeypots "
		 "matter, and how much." },
	{ "packets", &type_map, .section = &packets_section, .doc = "Full packet capture." },
	{ "scan", &type_map, .section = &scan_section, .doc = "Scan detection." },
	{ "reset", &type_map, .section = &reset_section, .doc = "When honeypots are put back." },
	{ "selftest", &type_map, .section = &selftest_section, .doc = "Self-tests of the data control." },
	{ "alert", &type_map, .section = &alert_section, .doc = "Whom findings are told." },
	{ "guard", &type_map, .section = &guard_section, .doc = "The host guard." },
	{ "access", &type_map, .section = &access_section, .doc = "Secure administration." },
};

const struct section honeynet_section = SECTION("honeynet", honeynet_fields, honeynet_done,
	"The whole file is one mapping.");
