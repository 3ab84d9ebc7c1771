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
};
const size_t line_n_fields = nitems(line_fields);

bool line_has_fields(enum event_kind k)
{
	for (size_t i = 0; i < line_n_fields; i++)
		if (line_fields[i].kind == k)
			return true;
	return false;
}
