/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "line_names.h"

#include <limits.h>
#include <netinet/in.h>

#include <skep/capture.h>

#include "base/mem.h"

const struct line_proto line_protos[] = {
	{ IPPROTO_TCP, "TCP" }, { IPPROTO_UDP, "UDP" }, { IPPROTO_ICMP, "ICMP" },
	{ IPPROTO_ICMPV6, "IPv6-ICMP" }, { IPPROTO_SCTP, "SCTP" }, { 0, NULL },
};

enum { WORD = 64, WORDS = 1024, TEXT = 64 * 1024 };

#define F(kind, object, name, form, member, max) \
	{ EV_##kind, object, name, LINE_##form, offsetof(struct event, member), max }

const struct line_field line_fields[] = {
	F(VERDICT, "verdict", "action", STRING, state, WORD),
	F(VERDICT, "verdict", "reason", STRING, reason, WORDS),
	F(VERDICT, NULL, "message", STRING, message, WORDS),

	F(HALT, NULL, "reason", STRING, reason, WORDS),
	F(HALT, NULL, "code", U32, code, 0),
	F(HALT, NULL, "asked_by", PEER, peer, 0),

	F(LOST, NULL, "state", STRING, state, WORD),
	F(LOST, NULL, "reason", STRING, reason, WORDS),
	F(LOST, "lost", "count", U32, code, 0),

	/* names as in ECS, log.syslog and message */
	F(SYSLOG, "syslog", "facility", U8, facility, 0),
	F(SYSLOG, "syslog", "severity", U8, severity, 0),
	F(SYSLOG, "syslog", "hostname", STRING, host, 255),
	F(SYSLOG, "syslog", "appname", STRING, app, 255),
	F(SYSLOG, "syslog", "procid", STRING, procid, 128),
	F(SYSLOG, "syslog", "msgid", STRING, msgid, WORD),
	F(SYSLOG, "syslog", "timestamp", STRING, said, WORD),
	F(SYSLOG, "syslog", "malformed", MALFORMED, flags, 0),
	F(SYSLOG, NULL, "message", STRING, message, TEXT),

	/* names as in EVE */
	F(FLOW, "flow", "pkts_toserver", U64, packets[0], 0),
	F(FLOW, "flow", "pkts_toclient", U64, packets[1], 0),
	F(FLOW, "flow", "bytes_toserver", U64, octets[0], 0),
	F(FLOW, "flow", "bytes_toclient", U64, octets[1], 0),
	F(FLOW, "flow", "start", TIME, start_us, 0),
	F(FLOW, "verdict", "action", STRING, state, WORD),
	F(FLOW, "verdict", "reason", STRING, reason, WORDS),

	F(ALERT, "alert", "action", STRING, state, WORD),
	F(ALERT, "alert", "signature_id", U32, code, 0),
	F(ALERT, "alert", "signature", STRING, reason, WORDS),
	F(ALERT, "alert", "category", STRING, category, 256),
	F(ALERT, "alert", "severity", U8, severity, 0),
	F(ALERT, NULL, "message", STRING, message, 4096),

	F(FINDING, "finding", "name", STRING, reason, WORD),
	F(FINDING, "finding", "severity", SEVERITY, severity, 0),
	F(FINDING, "finding", "state", STRING, state, WORD),
	F(FINDING, "finding", "count", U32, code, 0),
	F(FINDING, "finding", "start", TIME, start_us, 0),
	F(FINDING, "finding", "probes", U64, packets[0], 0),
	F(FINDING, "finding", "ports", U64, octets[0], 0),
	F(FINDING, "finding", "hosts", U64, octets[1], 0),
	F(FINDING, NULL, "message", STRING, message, 4096),

	F(GUARD, "guard", "action", STRING, state, WORD),
	F(GUARD, "guard", "rule", STRING, reason, WORDS),
	F(GUARD, "guard", "severity", SEVERITY, severity, 0),
	F(GUARD, "guard", "ancestry", LIST, ancestry, 4096),

	F(PCAP, "pcap", "packets", U64, packets[0], 0),
	F(PCAP, "pcap", "lost", U32, code, 0),
	F(PCAP, "pcap", "start", TIME, start_us, 0),

	F(ADMIN, "admin", "user", STRING, user, WORD),
	F(ADMIN, "admin", "args", LIST, args, SKEP_ARGS_MAX),
	F(ADMIN, "admin", "action", STRING, state, WORD),
	F(ADMIN, "admin", "reason", STRING, reason, WORDS),

	F(SELFTEST, "selftest", "user", STRING, user, WORD),
	F(SELFTEST, "selftest", "result", STRING, state, WORD),
	F(SELFTEST, "selftest", "leaks", U32, code, 0),
	F(SELFTEST, "selftest", "words", STRING, reason, WORDS),

	/* names as in ECS where it has one */
	F(EXEC_FAILED, "error", "code", U32, code, 0),

	F(CREDS, "event", "action", STRING, state, WORD),
	F(CREDS, "before", "uid", U32, ids[0].uid, 0),
	F(CREDS, "before", "euid", U32, ids[0].euid, 0),
	F(CREDS, "before", "suid", U32, ids[0].suid, 0),
	F(CREDS, "before", "gid", U32, ids[0].gid, 0),
	F(CREDS, "before", "egid", U32, ids[0].egid, 0),
	F(CREDS, "before", "sgid", U32, ids[0].sgid, 0),
	F(CREDS, "before", "permitted", U64, ids[0].permitted, 0),
	F(CREDS, "before", "effective", U64, ids[0].effective, 0),
	F(CREDS, "after", "uid", U32, ids[1].uid, 0),
	F(CREDS, "after", "euid", U32, ids[1].euid, 0),
	F(CREDS, "after", "suid", U32, ids[1].suid, 0),
	F(CREDS, "after", "gid", U32, ids[1].gid, 0),
	F(CREDS, "after", "egid", U32, ids[1].egid, 0),
	F(CREDS, "after", "sgid", U32, ids[1].sgid, 0),
	F(CREDS, "after", "permitted", U64, ids[1].permitted, 0),
	F(CREDS, "after", "effective", U64, ids[1].effective, 0),

	F(NAMESPACE, "event", "action", STRING, state, WORD),
	F(NAMESPACE, "namespace", "flags", U32, code, 0),

	F(SOCKET, "socket", "family", U32, socket[0], 0),
	F(SOCKET, "socket", "type", U32, socket[1], 0),

	F(FILE, "event", "action", STRING, state, WORD),
	F(CONTENT, "event", "action", STRING, state, WORD),

	F(MOUNT, "event", "action", STRING, state, WORD),
	F(MOUNT, "mount", "source", STRING, target, PATH_MAX),
	F(MOUNT, "mount", "type", STRING, category, WORD),
	F(MOUNT, "error", "code", U32, code, 0),

	F(PTRACE, "event", "action", STRING, state, WORD),
	F(PTRACE, NULL, "target", PEER, peer, 0),

	F(SIGNAL, "signal", "number", U32, code, 0),
	F(SIGNAL, NULL, "target", PEER, peer, 0),

	F(KERNEL, "event", "action", STRING, state, WORD),
	F(KERNEL, "kernel", "what", STRING, path, PATH_MAX),
	F(KERNEL, "kernel", "code", U32, code, 0),

	F(STREAM, "stream", "id", U64, stream, 0),
	F(STREAM, "stream", "type", STRING, category, WORD),
	F(STREAM, "stream", "end", U32, stream_end, 0),
	F(STREAM, "stream", "role", STRING, state, WORD),
	F(STREAM, "stream", "offset", U64, offset, 0),
	F(STREAM, "stream", "bytes", BYTES, bytes, SKEP_CHUNK),

	F(LOGIN, "login", "service", STRING, app, WORD),
	F(LOGIN, "login", "method", STRING, category, WORD),
	F(LOGIN, "login", "user", STRING, user, WORDS),
	F(LOGIN, "login", "secret", STRING, secret, 4096),
	F(LOGIN, "login", "result", STRING, state, WORD),

	F(WINDOW, "tty", "name", COMM, process.tty, 0),
	F(WINDOW, "tty", "rows", U32, window[0], 0),
	F(WINDOW, "tty", "columns", U32, window[1], 0),

	F(LINEAGE, "event", "action", STRING, state, WORD),
	F(LINEAGE, NULL, "target", PEER, peer, 0),

	F(CONTROL, "control", "action", STRING, state, WORD),
	F(CONTROL, "control", "reason", STRING, reason, WORDS),
	F(CONTROL, "control", "packets", U64, packets[0], 0),

	F(SINK, "sink", "action", STRING, state, WORD),
	F(SINK, "sink", "bytes", BYTES, bytes, SKEP_CHUNK),

	F(TOKEN, "token", "path", STRING, target, PATH_MAX),
};
const size_t line_n_fields = nitems(line_fields);

bool line_has_fields(enum event_kind k)
{
	for (size_t i = 0; i < line_n_fields; i++)
		if (line_fields[i].kind == k)
			return true;
	return false;
}
