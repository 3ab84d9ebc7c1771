/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The honeynet as its file describes it: plain values without pointers, read once, never changed.
 * It is handed to every role as a sealed memory file, so its layout is part of no outside format.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

enum {
	NAME_SIZE = 32,		/* any name, with its NUL */
	HOST_NAME_SIZE = 64,
	MAX_HONEYPOTS = 64,
	MAX_PROBES = 8,		/* services of one honeypot that must answer */
	MAX_GROUPS = 32,
	MAX_SERVICES = 64,
	MAX_PORTS = 16,		/* port ranges of one service */
	MAX_RULES = 10000,
	MAX_NAT = 128,		/* NAT rules */
	MAX_OUTSIDE = 64,	/* addresses of the gateway's at the uplink */
	MAX_REFS = 16,		/* objects or services named in one place of one rule */
	MAX_NETWORKS = 128,	/* objects that are addresses */
	MAX_TABLES = 16,	/* the same, from files */
	MAX_NAMES = 32,		/* the same, from the DNS */
	DNS_NAME_SIZE = 254,
	MAX_RANGES = 32768,	/* of addresses, of all these together */
	MAX_MEMBERS = MAX_HONEYPOTS + MAX_NETWORKS + MAX_TABLES + MAX_NAMES,	/* of one group, with those of its groups */
	MAX_TIMES = 32,
	MAX_RULE_TIMES = 4,
	MAX_TYPES = 16,		/* ICMP types of one service */
	COMMENT_SIZE = 96,
	MAX_RULE_FILES = 8,
	MAX_OBJECTIVE_FILES = 8,
	MAX_GUARD_ALLOW = 16,
	MAX_ACCESS_USERS = 16,
	MAX_DESTINATIONS = 1000,
	MAX_LISTED = 64,	/* networks of a blacklist, a whitelist, or of resolvers */
	MAX_FENCE = 64,		/* networks of the fence, by file and by hand */
	MAX_HONEYTOKENS = 8,
	WORDS_SIZE = 256,	/* a path, an address of a server; with its NUL */
};

/* A service a honeypot must answer on before it counts as up. */
struct probe {
	char name[NAME_SIZE];
	uint8_t proto;			/* IPPROTO_TCP or IPPROTO_UDP */
	uint16_t port;
};

/* Whom a honeypot has instances for: so far each source address its own. */
enum instances_per { INSTANCES_PER_SOURCE };

/* A machine of his own for each intruder. All are seen from outside under their honeypot's address. */
struct instances_conf {
	enum instances_per per;
	uint32_t max;			/* instances; 0: none, everybody shares the honeypot */
	uint32_t idle_s;		/* so long after an intruder's last packet his instance is put back */
};

/* What a honeypot is weak in on purpose; each a folder of weaknesses/. */
#define WEAKNESSES(X)                                                                          \
	X(WEAK_ACCOUNT,  "weak-account",  "a user whose password a short list of words has")   \
	X(SUDO_FIND,     "sudo-find",     "a sudo rule that gives him a root shell")           \
	X(WEB_INJECTION, "web-injection", "a page of the web server that runs what it is told") \
	X(CRON_WRITABLE, "cron-writable", "a script run by root that everybody may write")

enum weakness {
#define X(id, name, doc) WEAKNESS_##id,
	WEAKNESSES(X)
#undef X
	WEAKNESSES_N
};

const char *weakness_name(enum weakness w);
/* weakness_find() - 0 and *@ret, or -ENOENT */
int weakness_find(const char *name, enum weakness *ret);

struct honeypot {
	char name[NAME_SIZE];		/* unique without regard to case */
	uint32_t address;		/* host order; inside the network */
	uint8_t mac[6];			/* given, or 52:54:00 and the address's last three bytes */
	char image[WORDS_SIZE];		/* a recipe's name, or the path of a recipe or of a root file system */
	uint32_t n_services;		/* 0: its recipe says which */
	struct probe service[MAX_PROBES];
	char hostname[HOST_NAME_SIZE];	/* what the guest calls itself; default: name in lower case */
	uint32_t memory_mb;
	struct instances_conf instances;
	bool is_instance;		/* one of another's; they come after all honeypots of the file */
	uint16_t instance_of;		/* then: whose, an index into honeypot[] */
	char seed[HOST_NAME_SIZE];	/* its past is made of it; "" one by chance, kept in the state folder */
	bool weak_as_given;		/* weaknesses holds; else what its recipe says */
	uint32_t weaknesses;		/* a bit each, by enum weakness */
	uint32_t n_honeytokens;		/* beside those that are made */
	char honeytoken[MAX_HONEYTOKENS][WORDS_SIZE];	/* absolute paths */
	uint32_t line;			/* in the file, for later complaints */
	uint32_t image_line, image_column;
	/* Removed while others ran on: its place is kept for what is still said of it, until another one needs it. */
	bool gone;
};

enum object_kind { OBJECT_ANY, OBJECT_FIREWALL, OBJECT_HONEYPOT, OBJECT_GROUP, OBJECT_NETWORK, OBJECT_TABLE, OBJECT_NAME };

struct object_ref {
	enum object_kind kind : 8;
	uint16_t index;			/* into honeypot[], group[], networks[], table[] or dns[] */
};

struct address_range {
	addr_number first, last;	/* of one family, or all there are */
};

/* Addresses under a name: of networks, or of a table. One that has the firewall's has the firewall, too. */
struct addresses {
	char name[NAME_SIZE];
	uint32_t first, n;		/* a part of range[] of the honeynet; as they were written, they may overlap */
	uint32_t line;
};

/* A name of the DNS, and what it meant when the file was read; whoever reads it sees to that (cli/names.h). */
struct dns_name {
	struct addresses addresses;
	char host[DNS_NAME_SIZE];
	uint32_t host_line, host_column;
};

/* What is in the groups it was made of is in it: a member is no group. */
struct group {
	char name[NAME_SIZE];
	uint32_t n_members;		/* at least 1 */
	struct object_ref member[MAX_MEMBERS];
	bool within;			/* another one is made of it */
	uint32_t line;
};

struct port_range {
	uint16_t first, last;
};

/* A group of services is one that has members, and nothing else. */
struct service {
	char name[NAME_SIZE];
	uint8_t proto;			/* IPPROTO_*, any number */
	uint32_t n_ports, n_source_ports;	/* 0: all, or the protocol has none */
	struct port_range port[MAX_PORTS], source_port[MAX_PORTS];
	uint8_t flags, flags_of;	/* TCP's (RFC 9293), of which exactly these are set; of none: all */
	uint32_t n_types;		/* of ICMP; 0: all */
	uint8_t type[MAX_TYPES];
	uint32_t n_members;
	uint16_t member[MAX_REFS];	/* indexes into service[], of those that are no groups */
	bool within;			/* a group is made of it */
	uint32_t line;
};

/* An interval of each of some days, UTC. */
struct times {
	char name[NAME_SIZE];
	uint8_t days;			/* a bit each, from Monday; those it begins on */
	uint32_t from, to;		/* minutes of the day; to is behind it. Before from: of the next day */
	uint32_t line;
};

enum { DAY_MINUTES = 1440, WEEK_MINUTES = 7 * DAY_MINUTES };

enum action { ACTION_DROP, ACTION_ACCEPT, ACTION_REJECT, ACTION_CONTINUE };
const char *action_name(enum action a);

/* From outside; from a honeypot to the outside; or from it to another one or to the firewall */
enum direction { DIRECTION_ANY, DIRECTION_IN, DIRECTION_OUT, DIRECTION_BETWEEN };
const char *direction_name(enum direction d);

enum { NOT_SOURCE = 1, NOT_DESTINATION = 2, NOT_SERVICE = 4 };

struct rule {
	uint32_t n_sources, n_destinations;	/* at least 1 each */
	struct object_ref source[MAX_REFS], destination[MAX_REFS];
	uint32_t n_services;			/* 0: any service */
	uint16_t service[MAX_REFS];		/* indexes into service[] */
	uint32_t not;				/* a bit for each of these that means all others */
	uint32_t n_times;			/* 0: always */
	uint16_t time[MAX_RULE_TIMES];		/* indexes into times[] */
	enum direction direction;
	enum action action;
	uint32_t limit, limit_s;		/* so many from each source in so many seconds, the rest is dropped; 0: all */
	bool log, disabled;
	char comment[COMMENT_SIZE];
	uint32_t line;
};

/* NAT_NONE: what matches is left as it is */
enum nat_kind { NAT_NONE, NAT_SOURCE, NAT_DESTINATION };

/* How a connection that matches is seen from outside, or whom it is led to. */
struct nat_rule {
	struct rule asks;			/* which those are; of this only what the keys of nat say is used */
	enum nat_kind kind;
	uint32_t address;			/* NAT_SOURCE: one of the gateway's at the uplink, host order */
	uint16_t honeypot;			/* NAT_DESTINATION: an index into honeypot[], */
	uint16_t port;				/* and its port; 0: the one that was asked for */
};

/* An address at the uplink, and who may send from it: a bit for each place. */
struct outside {
	uint32_t address;			/* host order */
	uint64_t pots;
};

enum uplink { UPLINK_LAB };

/* Of either family; one of IPv6 has none of the numbers that stand for IPv4. */
struct network {
	addr_number address;		/* without host bits */
	uint32_t prefix;		/* 1..128: IPv4's and 96 */
};

enum { NETWORK_TEXT = ADDR_TEXT + 4 };

/* The budgets, in the order of their reasons: four of what begins outside, by protocol, one of bytes, one of what begins inside. */
enum { BUDGET_TCP, BUDGET_UDP, BUDGET_ICMP, BUDGET_OTHER, BUDGET_BYTES, BUDGET_LATERAL, BUDGETS };
enum { MAX_BUDGET = 10000, MAX_BUDGET_MB = 1024 * 1024, MAX_JITTER = 50 };

/* What one honeypot may by hand, or a session: budgets with a bit in @set have this limit, in the place of the file's. */
struct own_budgets {
	uint32_t set;
	uint32_t limit[BUDGETS];	/* connections, packets, MiB */
};

/*
 * How a honeypot learns that a budget is used up: not at all; as from a router on the way; or it does not, for the gateway
 * answers its TCP connections itself, and what it asks for names and the time, or holds the connections.
 */
enum refuse_how { REFUSE_DROP, REFUSE_REJECT, REFUSE_PRETEND, REFUSE_TARPIT };
const char *refuse_name(enum refuse_how r);
bool refuse_leads(enum refuse_how r);	/* to the gateway's own answer */

/* Data control underneath the rules: new outbound connections a honeypot may open in a period. */
struct containment {
	uint32_t period_s;
	uint32_t tcp, udp, icmp, other;
	uint32_t lateral;		/* connections a honeypot opens to other honeypots */
	uint32_t bytes_mb;		/* outbound bytes per honeypot and period, MiB */
	uint32_t packets_per_s;		/* outbound packets per honeypot */
	uint32_t margin;		/* percent that the brake lets through beyond all these */
	/* Of these, 0 is no limit at all; the file always has one. */
	uint32_t bandwidth_kb;		/* outbound, KiB per second */
	uint32_t connections;		/* TCP connections a honeypot has open to the outside at once */
	uint32_t destinations;		/* hosts outside it reaches in a period */
	enum refuse_how refuse;
	uint32_t jitter;		/* so many percent less a budget may be, by chance, each period; never more */
	struct own_budgets session;	/* what each session may beside its honeypot; not of bytes */
	uint32_t n_black, n_white, n_resolvers;
	struct network black[MAX_LISTED];	/* nothing comes from these, nothing goes to them */
	struct network white[MAX_LISTED];	/* the rules are not asked about these */
	struct network resolver[MAX_LISTED];	/* if there are any, only these are asked for names */
	bool isolation;			/* nothing goes from one honeypot to another */
	uint32_t n_fence;
	struct network fence[MAX_FENCE];	/* no honeypot ever reaches these; they are apart from each other */
	uint32_t n_by_hand;		/* so many of these, the last, are not the file's */
	bool locked;			/* nothing in, nothing out; by hand only */
	bool tagged;			/* honeypots' frames say which session's they are (net/tags.h); as the machine can */
	struct own_budgets own[MAX_HONEYPOTS];	/* by place; by hand only */
};

/* What a honeypot does while nobody takes the records out of its ring, and the ring is full. */
enum when_full { WHEN_FULL_FREEZE, WHEN_FULL_RUN };

struct capture_conf {
	enum when_full when_full;
	uint32_t ring_mb;		/* each honeypot's; a power of two */
};

/* Prevention: what becomes of a known attack on its way out. */
enum inline_mode { INLINE_OFF, INLINE_DROP, INLINE_REPLACE };

struct inline_conf {
	enum inline_mode mode;		/* which of our own rules; the user's say by themselves what they do */
	uint32_t n_rules;
	char rules[MAX_RULE_FILES][WORDS_SIZE];
	char lacks[WORDS_SIZE];		/* what this machine does not have for it, by `skep up`; "": nothing */
};

/* Where Suricata gets its rules: ours, and these files beside them. */
struct nids_conf {
	bool enabled;
	uint32_t n_rules;
	char rules[MAX_RULE_FILES][WORDS_SIZE];
	struct inline_conf prevention;
};

/* What intruders write and run in a honeypot. */
struct samples_conf {
	uint32_t file_max_mb;		/* of one file */
	uint32_t hour_max_mb;		/* of a honeypot in an hour: of what is written, once more of what is run */
	uint32_t room_mb;		/* of all that is kept */
};

/* What matters in the honeypots' events: these files, and ours behind them. */
struct objectives_conf {
	uint32_t n_files;
	char file[MAX_OBJECTIVE_FILES][WORDS_SIZE];
};

/* Full packet capture. */
struct packets_conf {
	bool enabled;
	uint32_t keep_s;		/* older files go */
	uint32_t size_mb;		/* of all files; the oldest go first */
	uint32_t buffer_mb;		/* between kernel and writer */
};

enum guard_mode { GUARD_DRY_RUN, GUARD_ON, GUARD_OFF };

/* Who may start a shell with root's rights on this machine. */
struct guard_conf {
	enum guard_mode mode;
	bool warn;			/* violators at their terminal */
	uint32_t n_allow;
	char allow[MAX_GUARD_ALLOW][WORDS_SIZE];	/* programs whose descendants may, by absolute path */
	char scope[WORDS_SIZE];		/* control group it is limited to, "" the whole machine */
};

enum access_role { ACCESS_OBSERVER, ACCESS_ADMINISTRATOR };

struct access_user {
	char name[NAME_SIZE];
	enum access_role role;
	char keys[WORDS_SIZE];		/* file with his public keys */
};

/* Secure administration: our own sshd. */
struct access_conf {
	uint32_t address;		/* host order */
	uint32_t port;
	uint32_t n_users;
	struct access_user user[MAX_ACCESS_USERS];
};

/* When probes of one source become a scan, and what then happens. */
struct scan_conf {
	uint32_t probes, window_s;	/* so many within so long */
	uint32_t slow_probes, slow_window_s;	/* the same for the patient */
	uint32_t mails;			/* reports about one source, the last one says so */
	uint32_t block_s;		/* keep the source out for so long; 0 never */
};

/* When a honeypot gets a new disk by itself; its last one is kept. 0: not for that. */
struct reset_conf {
	uint32_t age_s;			/* its disk is as old, and nobody is in it */
	uint32_t after_visit_s;		/* so long after the last program of a session */
	bool escaped;			/* its kernel tried to leave its jail */
	bool ruined;			/* it worked, and does not start from its disk any more */
	uint32_t keep;			/* disks kept of each honeypot; older ones go */
};

/* Whom findings are told. "" not that way. */
struct alert_conf {
	uint8_t least;			/* enum severity: what is less is not told */
	uint32_t group_s;		/* findings of so long in one message */
	uint32_t per_hour;		/* messages at most, each way */
	char mail_to[WORDS_SIZE], mail_from[WORDS_SIZE];
	char mail_server[WORDS_SIZE];	/* smtp://HOST:PORT or smtps:// */
	char mail_password[WORDS_SIZE];	/* file: user and password, a line each */
	char syslog[WORDS_SIZE];	/* udp://HOST:PORT or tcp:// */
	char webhook[WORDS_SIZE];	/* https://... or http:// */
};

/* When what data control holds is tried, by itself. */
struct selftest_conf {
	bool after_change;		/* of what may pass, by a reload */
	uint32_t nightly;		/* minutes of the day, UTC; DAY_MINUTES: never */
};

struct honeynet {
	char name[NAME_SIZE];
	uint32_t network;		/* host order */
	uint32_t prefix;		/* 8..30 */
	addr_number network6;		/* without host bits */
	uint32_t prefix6;		/* 48..96; 0: there is no IPv6 (twin.h) */
	enum uplink uplink;
	char firewall_name[NAME_SIZE];
	uint32_t firewall_address;
	uint32_t n_honeypots, n_groups, n_services, n_rules, n_nat, n_networks, n_tables, n_names, n_ranges, n_times;
	struct honeypot honeypot[MAX_HONEYPOTS];
	struct group group[MAX_GROUPS];
	struct service service[MAX_SERVICES];
	struct addresses networks[MAX_NETWORKS], table[MAX_TABLES];
	struct dns_name dns[MAX_NAMES];
	struct address_range range[MAX_RANGES];
	struct times times[MAX_TIMES];
	struct rule rule[MAX_RULES];	/* in order; the first that matches decides */
	struct nat_rule nat[MAX_NAT];	/* likewise */
	uint32_t n_before;		/* addresses that plans before this one gave; connections by these may be open */
	struct outside before[MAX_OUTSIDE];
	struct containment containment;
	struct capture_conf capture;
	struct nids_conf nids;
	struct objectives_conf objectives;
	struct packets_conf packets;
	struct samples_conf samples;
	struct scan_conf scan;
	struct reset_conf reset;
	struct selftest_conf selftest;
	struct alert_conf alert;
	struct guard_conf guard;
	struct access_conf access;
	char store[WORDS_SIZE];		/* "sqlite", "mariadb" (a private server), "mariadb://..." */
};

/* honeypot_find() - by name, without regard to case, of those that are there; 0 and *@ret, or -ENOENT */
int honeypot_find(const struct honeynet *n, const char *name, uint32_t *ret);
/* honeypot_there() - place @i is that of a honeypot which was not removed */
bool honeypot_there(const struct honeynet *n, uint32_t i);
bool honeynet_prevents(const struct honeynet *n);	/* what honeypots open to the outside goes through the prevention */
uint64_t honeypots_there(const struct honeynet *n);	/* all of them, a bit each */
/* honeypot_same() - the same machine for all who know it: one can go on as the other */
bool honeypot_same(const struct honeypot *a, const struct honeypot *b);
/* object_name() - as the file has it; "any" */
const char *object_name(const struct honeynet *n, const struct object_ref *ref);
/* object_addresses() - of a network, a table or a name of the DNS; NULL: it is something else */
const struct addresses *object_addresses(const struct honeynet *n, const struct object_ref *ref);
/* network_find() - its place among the @n of @list; @n: it is not one of them */
uint32_t network_find(const struct network *list, uint32_t n, const struct network *one);
/* networks_meet() - they have an address in common */
bool networks_meet(const struct network *a, const struct network *b);
/* networks_have() - one of the @n has @address */
bool networks_have(const struct network *list, uint32_t n, addr_number address);
/* network_text() - "192.0.2.0/24"; returns @ret */
const char *network_text(const struct network *n, char ret[NETWORK_TEXT]);
/* containment_fence() - how many networks of the fence, the first ones, the file has */
uint32_t containment_fence(const struct containment *c);
