/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * An event: who, when, what. What capture hands to the recorder, and what the recorder, having
 * numbered it and found its session, writes to journal and database.
 *
 * Spans are lent: they live as long as the bytes they were read from.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/cursor.h"
#include "base/text.h"
#include "kinds.h"

#define EVENT_TIME_MAX 253402300799999999ull	/* 9999-12-31T23:59:59.999999: later is recorded as that */

/* Where an event comes from. Each source numbers its events without gaps within an epoch. */
enum event_source {
	SOURCE_GUEST, SOURCE_GATEWAY, SOURCE_SUPERVISOR, SOURCE_SYSLOG, SOURCE_FLOW, SOURCE_NIDS, SOURCE_PACKETS,
	SOURCE_GUARD, SOURCES
};

/* How much a finding, or what the guard saw, asks for a human. */
enum severity {
	SEVERITY_CLEAR, SEVERITY_INFORMATION, SEVERITY_WARNING, SEVERITY_PRIORITY, SEVERITY_CRITICAL, SEVERITIES
};

struct event_origin {
	uint8_t source;		/* enum event_source */
	uint64_t epoch;		/* a new one whenever the numbering begins anew */
	uint64_t seq;		/* from 1 */
};

/* A process of a honeypot, as ECS names it; all zero when there is none. */
struct event_process {
	uint64_t entity, parent;	/* entity ids: never used again while the honeypot's ring lives */
	uint64_t conn;			/* number of the accepted connection it descends from; 0 none */
	uint32_t pid, ppid, sid;
	uint32_t uid, euid, gid;
	char comm[16], tty[16];		/* end in NUL; hostile text */
};

enum event_flags {
	EVENT_ECHO = 1,		/* tty_in: the terminal echoes */
	EVENT_CANON = 2,	/* tty_in: line mode */
	EVENT_TRUNCATED = 4,	/* something is longer than its bound, the rest is missing */
	EVENT_REFUSED = 8,	/* what was asked was refused */
	EVENT_MALFORMED = 16,	/* syslog: no valid message, kept as it came */
	EVENT_SETID = 32,	/* exec: it got rights from its file */
	EVENT_SOCKET = 64,	/* exec: its standard input is a connection: a shell for somebody far away */
	EVENT_LAST = 128,	/* content, module: no chunk follows */
};

/* A process's ids and capabilities. */
struct event_ids {
	uint32_t uid, euid, suid, gid, egid, sgid;
	uint64_t permitted, effective;
};

/* The other process: of a signal, a ptrace. */
struct event_peer {
	uint64_t entity;
	uint32_t pid, uid;
	char comm[16];		/* ends in NUL; hostile text */
};

struct event {
	enum event_kind kind;
	uint64_t at_us;			/* UTC, microseconds since 1970, host's clock */
	struct event_origin origin;
	int32_t honeypot;		/* index into the honeynet, -1 none */
	uint32_t flags;			/* enum event_flags */
	struct event_process process;

	/* flow: src opened the connection or sent the packet; families 0 when there is none */
	struct addr src, dest;
	uint16_t src_port, dest_port;
	uint8_t proto;			/* IPPROTO_* */
	uint32_t mark;			/* verdict: the packet's (gate.h), which says whose it is; not recorded */

	uint32_t code;			/* guest records: as in capture.h; lost: how many; alert: signature id;
					   pcap: packets lost; finding: how often */
	uint64_t size, offset;		/* module, content: bytes of the whole, place of this chunk; stream: the place */
	uint64_t object;		/* module, content: origin.seq of the first chunk, which has 0 itself */
	uint64_t kept;			/* module, content: how many bytes sha256 is of; 0 of all */
	struct span args, env;		/* exec: NUL after each */
	struct span path;		/* exec: as asked for; else the file it is about */
	struct span file;		/* exec: what really ran */
	struct span cwd;
	struct span bytes;		/* tty: what was typed or shown; module, content: this chunk;
					   sink: what the honeypot sent first */
	struct span state;		/* honeypot, gate, role, control: new state; verdict, flow: "accept" or "drop",
					   verdict: or "continue", if it is not the last word;
					   sink: how it was answered;
					   alert, guard, admin: what was done about it; login: its result;
					   stream: what it is to a session's program, "input", "output",
					   "error", or nothing;
					   file, creds and other guest records: which doing it was;
					   lost: "bulk" or "kept", the class of a guest's records */
	struct span reason;		/* verdict, flow: rule or budget, "rule 2", "budget tcp"; alert: the
					   signature; finding: its name; guard: the rule; halt: what a
					   panic says; else why */
	uint8_t facility;		/* syslog, 0..23 */
	uint8_t severity;		/* syslog: 0..7; alert: 1..4, 1 is worst; finding, guard: enum severity */
	uint64_t start_us;		/* flow, pcap: of its first packet; at_us is the last one's */
	uint64_t packets[2], octets[2];	/* flow: to dest, to src; pcap, control: packets[0]; finding: packets[0] all it
					   tried, octets[0] different ports, octets[1] hosts */
	struct span host, app, procid, msgid;	/* syslog: what the message claims; login: app is the service */
	struct span said;		/* syslog: the time it claims, as written */
	struct span message;		/* syslog, alert, finding: in words */
	struct span category;		/* alert; login: method; stream: "pipe", "socket", "tcp"; mount: file system */
	struct span user;		/* admin: who; login: as whom */
	struct span target;		/* file, mount: the second name */
	struct span script;		/* exec: whose interpreter runs */
	struct span secret;		/* login: password or key tried */
	uint32_t mode;			/* file: type and permission bits */
	uint32_t owner[2];		/* file: new uid and gid, UINT32_MAX unchanged */
	struct event_ids ids[2];	/* creds: before, after */
	struct event_peer peer;		/* ptrace, signal; halt: who asked for it */
	uint32_t socket[2];		/* socket: family, type */
	uint64_t stream;		/* stream: which, never used again while the honeypot's ring lives */
	uint32_t stream_end;		/* 0 or 1: two ends have two directions */
	uint32_t window[2];		/* rows, columns */
	struct span ancestry;		/* guard: "comm(pid) executable", the parent first, NUL after each */
	char sha256[65];		/* module, content, pcap: hex of the whole, "" none */

	/* added by the recorder */
	uint64_t seq;			/* number in the journal, from 1; 0 not yet given */
	uint64_t session;		/* 0 none */
};

/* What the prevention did about an alert (its state). */
#define ALERT_BLOCKED "blocked"
#define ALERT_REWRITTEN "rewritten"

#define HONEYPOT_REMOVED "removed"	/* the last state of a honeypot (EV_HONEYPOT) that a reload takes away */

const char *event_kind_name(enum event_kind k);
const char *event_kind_doc(enum event_kind k);
int event_kind_find(const char *name);	/* enum event_kind, or -ENOENT */
const char *event_source_name(enum event_source s);
const char *severity_name(enum severity s);
int severity_find(const char *name);	/* enum severity, or -ENOENT */
int event_source_find(const char *name);

/* event_pack() - appends the event (without what the recorder adds) as typed fields */
void event_pack(struct text *t, const struct event *e);
/* event_unpack() - 0 and *@ret, whose spans point into @c's bytes; -EBADMSG for nonsense */
int event_unpack(struct cursor c, struct event *ret);

/* event_put() - appends a packed event behind its length, so that many can stand one after another */
void event_put(struct text *t, const struct event *e);
/* event_next() - the bytes of the next of them, for event_unpack(); an empty cursor at the end, bad for nonsense */
struct cursor event_next(struct cursor *c);

/* event_env() - value of variable @name in an exec's environment; empty if it is not there */
struct span event_env(const struct event *e, const char *name);
