/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every key of the honeynet file, in the order in which they are read: names before their use. */
#include "schema.h"

#include <netinet/in.h>

#include "base/mem.h"

#define AT(type_, member) .offset = offsetof(struct type_, member), .size = sizeof(((struct type_ *)0)->member)
#define LIST(list, number, section_)                                                         \
	.type = &type_list, .offset = offsetof(struct honeynet, list),                         \
	.stride = sizeof(((struct honeynet *)0)->list[0]), .count = offsetof(struct honeynet, number), \
	.max = nitems(((struct honeynet *)0)->list), .section = &(section_)

static const struct choice uplinks[] = { { "lab", UPLINK_LAB }, { 0 } };
static const struct choice actions[] = { { "accept", ACTION_ACCEPT }, { "drop", ACTION_DROP }, { 0 } };
static const struct choice booleans[] = { { "true", true }, { "false", false }, { 0 } };
static const struct choice protocols[] = {
	{ "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP }, { "icmp", IPPROTO_ICMP }, { 0 }
};

/* The firewall's two values stand in the honeynet itself. */
static const struct field firewall_fields[] = {
	{ "name", &type_name, AT(honeynet, firewall_name), .required = true,
	  .doc = "Name of the gateway as an object of the rules." },
	{ "address", &type_address, AT(honeynet, firewall_address), .required = true,
	  .doc = "Its address in the network; the honeypots' default route and log server." },
};

static const struct field honeypot_fields[] = {
	{ "name", &type_name, AT(honeypot, name), .required = true,
	  .doc = "Name of the honeypot, an object of the rules." },
	{ "address", &type_address, AT(honeypot, address), .required = true, .doc = "Its address in the network." },
	{ "image", &type_recipe, AT(honeypot, image), .required = true,
	  .doc = "The recipe its disk is made from: a folder under images/." },
	{ "memory", &type_mebibytes, AT(honeypot, memory_mb), .min = 32, .max = 4096, .standard = "96 MiB",
	  .doc = "Its memory." },
	{ "hostname", &type_hostname, AT(honeypot, hostname), .derived = "the name in lower case",
	  .doc = "What the honeypot calls itself." },
	{ "mac", &type_mac, AT(honeypot, mac), .derived = "52:54:00 and the last three bytes of the address",
	  .doc = "Its hardware address; not a multicast one." },
};

static const struct field group_fields[] = {
	{ "name", &type_name, AT(group, name), .required = true, .doc = "Name of the group, an object of the rules." },
	{ "members", &type_members, .max = MAX_HONEYPOTS, .required = true, .doc = "The honeypots in it." },
};

static const struct field service_fields[] = {
	{ "name", &type_name, AT(service, name), .required = true,
	  .doc = "Name of the service. Services have a name space of their own." },
	{ "protocol", &type_choice, AT(service, proto), .choice = protocols, .required = true,
	  .doc = "Its protocol." },
	{ "ports", &type_ports, .max = MAX_PORTS,
	  .doc = "Its destination ports. Required for tcp and udp, not allowed for icmp." },
};

static const struct field rule_fields[] = {
	{ "source", &type_objects, AT(rule, source), .max = MAX_REFS, .required = true,
	  .doc = "Who opens the connection." },
	{ "destination", &type_objects, AT(rule, destination), .max = MAX_REFS, .required = true,
	  .doc = "Whom it is opened to." },
	{ "service", &type_services, AT(rule, service), .max = MAX_REFS, .standard = "any",
	  .doc = "For which service." },
	{ "action", &type_choice, AT(rule, action), .choice = actions, .required = true,
	  .doc = "What becomes of it. What a rule accepts still has to keep to the containment." },
	{ "log", &type_choice, AT(rule, log), .choice = booleans, .standard = "true",
	  .doc = "Whether each decision of the rule is recorded." },
};

static const struct field containment_fields[] = {
	{ "period", &type_seconds, AT(containment, period_s), .min = 1, .max = 86400, .standard = "1h",
	  .doc = "Unit of the budgets. A budget's period begins with the first use of it." },
	{ "tcp", &type_count, AT(containment, tcp), .min = 0, .max = 10000, .standard = "20",
	  .doc = "New outbound TCP connections of a honeypot in a period." },
	{ "udp", &type_count, AT(containment, udp), .min = 0, .max = 10000, .standard = "20",
	  .doc = "Outbound UDP packets of a honeypot in a period that are not yet answered." },
	{ "icmp", &type_count, AT(containment, icmp), .min = 0, .max = 10000, .standard = "50",
	  .doc = "Outbound ICMP packets of a honeypot in a period, other than answers." },
	{ "other", &type_count, AT(containment, other), .min = 0, .max = 10000, .standard = "10",
	  .doc = "Outbound connections of any other protocol, counted by packet until answered." },
	{ "bytes", &type_mebibytes, AT(containment, bytes_mb), .min = 1, .max = 1048576, .standard = "100 MiB",
	  .doc = "Outbound bytes of a honeypot in a period, answers included." },
	{ "packets", &type_per_second, AT(containment, packets_per_s), .min = 1, .max = 1000000, .standard = "500/s",
	  .doc = "Outbound packets of a honeypot, answers included; always on." },
};

#define SECTION(title_, fields, done_, doc_) \
	{ .title = title_, .doc = doc_, .field = fields, .n = nitems(fields), .done = done_ }

static const struct section firewall_section = SECTION("firewall", firewall_fields, firewall_done,
	"The gateway. It has no other name or address inside the honeynet.");
static const struct section honeypot_section = SECTION("honeypots", honeypot_fields, honeypot_done,
	"A list with one mapping a honeypot.");
static const struct section group_section = SECTION("groups", group_fields, group_done,
	"A list with one mapping a group of honeypots.");
static const struct section service_section = SECTION("services", service_fields, service_done,
	"A list with one mapping a service.");
static const struct section rule_section = SECTION("rules", rule_fields, rule_done,
	"A list with one mapping a rule, numbered from 0. The first rule that matches a connection "
	"decides; what no rule matches is dropped and recorded.");
static const struct section containment_section = SECTION("containment", containment_fields, NULL,
	"Data control underneath the rules: what a honeypot may send out of the honeynet, whatever the "
	"rules say. A budget of 0 lets nothing out.");

static const struct field honeynet_fields[] = {
	{ "name", &type_name, AT(honeynet, name), .required = true, .doc = "Name of the honeynet." },
	{ "network", &type_network, AT(honeynet, network), .min = 8, .max = 30, .required = true,
	  .doc = "Its network." },
	{ "uplink", &type_uplink, AT(honeynet, uplink), .choice = uplinks, .standard = "lab",
	  .doc = "What the honeynet is connected to. lab: a sealed laboratory that plays the internet." },
	{ "firewall", &type_map, .section = &firewall_section, .required = true, .doc = "The gateway." },
	{ "honeypots", LIST(honeypot, n_honeypots, honeypot_section), .min = 1, .required = true,
	  .doc = "The honeypots." },
	{ "groups", LIST(group, n_groups, group_section), .doc = "Groups of honeypots, for the rules." },
	{ "services", LIST(service, n_services, service_section), .doc = "Services, for the rules." },
	{ "rules", LIST(rule, n_rules, rule_section), .min = 1, .required = true, .doc = "The rulebase." },
	{ "containment", &type_map, AT(honeynet, containment), .section = &containment_section,
	  .doc = "Data control underneath the rules." },
};

const struct section honeynet_section = SECTION("honeynet", honeynet_fields, NULL,
	"The whole file is one mapping.");
