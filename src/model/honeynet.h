/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The honeynet as its file describes it: plain values without pointers, read once, never changed.
 * It is handed to every role as a sealed memory file, so its layout is part of no outside format.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	NAME_SIZE = 32,		/* any name, with its NUL */
	HOST_NAME_SIZE = 64,
	MAX_HONEYPOTS = 64,
	MAX_PROBES = 8,		/* services of one honeypot that must answer */
	MAX_GROUPS = 32,
	MAX_SERVICES = 64,
	MAX_PORTS = 16,		/* port ranges of one service */
	MAX_RULES = 128,
	MAX_REFS = 16,		/* objects or services named in one place of one rule */
	MAX_RULE_FILES = 8,
	MAX_OBJECTIVE_FILES = 8,
	MAX_GUARD_ALLOW = 16,
	MAX_ACCESS_USERS = 16,
	MAX_DESTINATIONS = 1000,
	MAX_LISTED = 64,	/* networks of a blacklist or whitelist */
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

struct group {
	char name[NAME_SIZE];
	uint32_t n_members;		/* at least 1 */
	uint16_t member[MAX_HONEYPOTS];	/* indexes into honeypot[] */
	uint32_t line;
};

struct port_range {
	uint16_t first, last;
};

struct service {
	char name[NAME_SIZE];
	uint8_t proto;			/* IPPROTO_TCP, _UDP or _ICMP */
	uint32_t n_ports;		/* 0 for icmp */
	struct port_range port[MAX_PORTS];
	uint32_t line;
};

enum object_kind { OBJECT_ANY, OBJECT_FIREWALL, OBJECT_HONEYPOT, OBJECT_GROUP };

struct object_ref {
	enum object_kind kind;
	uint16_t index;			/* into honeypot[] or group[] */
};

enum action { ACTION_DROP, ACTION_ACCEPT };

struct rule {
	uint32_t n_sources, n_destinations;	/* at least 1 each */
	struct object_ref source[MAX_REFS], destination[MAX_REFS];
	uint32_t n_services;			/* 0: any service */
	uint16_t service[MAX_REFS];		/* indexes into service[] */
	enum action action;
	bool log;
	uint32_t line;
};

enum uplink { UPLINK_LAB };

struct network {
	uint32_t address;		/* host order, without host bits */
	uint32_t prefix;		/* 1..32 */
};

/* The budgets, in the order of their reasons; the last one is of bytes. */
enum { BUDGET_TCP, BUDGET_UDP, BUDGET_ICMP, BUDGET_OTHER, BUDGET_BYTES, BUDGETS };
enum { MAX_BUDGET = 10000, MAX_BUDGET_MB = 1024 * 1024, MAX_JITTER = 50 };

/* What one honeypot may, by hand: budgets with a bit in @set have this limit in the place of the file's. */
struct own_budgets {
	uint32_t set;
	uint32_t limit[BUDGETS];	/* connections, packets, MiB */
};

/* How a honeypot learns that a budget is used up: not at all, or as from a router on the way. */
enum refuse_how { REFUSE_DROP, REFUSE_REJECT };

/* Data control underneath the rules: new outbound connections a honeypot may open in a period. */
struct containment {
	uint32_t period_s;
	uint32_t tcp, udp, icmp, other;
	uint32_t bytes_mb;		/* outbound bytes per honeypot and period, MiB */
	uint32_t packets_per_s;		/* outbound packets per honeypot */
	uint32_t margin;		/* percent that the brake lets through beyond all these */
	/* Of these, 0 is no limit at all; the file always has one. */
	uint32_t bandwidth_kb;		/* outbound, KiB per second */
	uint32_t connections;		/* TCP connections a honeypot has open to the outside at once */
	uint32_t destinations;		/* hosts outside it reaches in a period */
	enum refuse_how refuse;
	uint32_t jitter;		/* so many percent less a budget may be, by chance, each period; never more */
	uint32_t n_black, n_white;
	struct network black[MAX_LISTED];	/* nothing comes from these, nothing goes to them */
	struct network white[MAX_LISTED];	/* the rules are not asked about these */
	uint32_t n_fence;
	struct network fence[MAX_FENCE];	/* no honeypot ever reaches these; they are apart from each other */
	uint32_t n_by_hand;		/* so many of these, the last, are not the file's */
	bool locked;			/* nothing in, nothing out; by hand only */
	struct own_budgets own[MAX_HONEYPOTS];	/* by place; by hand only */
};

/* What a honeypot does while nobody takes the records out of its ring, and the ring is full. */
enum when_full { WHEN_FULL_FREEZE, WHEN_FULL_RUN };

struct capture_conf {
	enum when_full when_full;
	uint32_t ring_mb;		/* each honeypot's; a power of two */
};

/* Where Suricata gets its rules: ours, and these files beside them. */
struct nids_conf {
	bool enabled;
	uint32_t n_rules;
	char rules[MAX_RULE_FILES][WORDS_SIZE];
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

struct honeynet {
	char name[NAME_SIZE];
	uint32_t network;		/* host order */
	uint32_t prefix;		/* 8..30 */
	enum uplink uplink;
	char firewall_name[NAME_SIZE];
	uint32_t firewall_address;
	uint32_t n_honeypots, n_groups, n_services, n_rules;
	struct honeypot honeypot[MAX_HONEYPOTS];
	struct group group[MAX_GROUPS];
	struct service service[MAX_SERVICES];
	struct rule rule[MAX_RULES];	/* in order; the first that matches decides */
	struct containment containment;
	struct capture_conf capture;
	struct nids_conf nids;
	struct objectives_conf objectives;
	struct packets_conf packets;
	struct samples_conf samples;
	struct scan_conf scan;
	struct reset_conf reset;
	struct alert_conf alert;
	struct guard_conf guard;
	struct access_conf access;
	char store[WORDS_SIZE];		/* "sqlite", "mariadb" (a private server), "mariadb://..." */
};

/* honeypot_find() - by name, without regard to case, of those that are there; 0 and *@ret, or -ENOENT */
int honeypot_find(const struct honeynet *n, const char *name, uint32_t *ret);
/* honeypot_there() - place @i is that of a honeypot which was not removed */
bool honeypot_there(const struct honeynet *n, uint32_t i);
uint64_t honeypots_there(const struct honeynet *n);	/* all of them, a bit each */
/* honeypot_same() - the same machine for all who know it: one can go on as the other */
bool honeypot_same(const struct honeypot *a, const struct honeypot *b);
/* containment_fence() - how many networks of the fence, the first ones, the file has */
uint32_t containment_fence(const struct containment *c);
