/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "eve.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "base/mem.h"
#include "model/reason.h"

enum {
	PART_MAX = 512,		/* bytes of one value in a message */
	MESSAGE_MAX = 2048,
};

void eve_fini(struct eve *e)
{
	json_decref(e->json);
	text_fini(&e->message);
	*e = (struct eve){ 0 };
}

static json_t *member(const json_t *o, const char *name)
{
	return json_object_get(o, name);	/* NULL for no object, too */
}

static struct span string(const json_t *o, const char *name)
{
	json_t *v = member(o, name);

	return json_is_string(v) ? (struct span){ json_string_value(v), json_string_length(v) } : (struct span){ 0 };
}

/* number() - an integer, or a string of digits; @otherwise for anything else and beyond @max */
static uint64_t number(const json_t *o, const char *name, uint64_t max, uint64_t otherwise)
{
	json_t *v = member(o, name);
	uint64_t n;

	if (json_is_integer(v))
		n = json_integer_value(v) < 0 ? UINT64_MAX : (uint64_t)json_integer_value(v);
	else if (json_is_string(v)) {
		const char *s = json_string_value(v);
		char *end;

		errno = 0;
		n = strtoull(s, &end, 10);
		if (errno || *end || s[0] < '0' || s[0] > '9' || strlen(s) != json_string_length(v))
			return otherwise;
	} else
		return otherwise;
	return n <= max ? n : otherwise;
}

/* "2026-11-23T05:46:00.123456+0000": local time, and how far it is from UTC */
static int read_time(struct span s, uint64_t *ret_us)
{
	struct tm tm = { 0 };
	unsigned us, hours, minutes;
	int n = 0;
	char sign;
	time_t at;

	if (s.len != 31 || sscanf(s.at, "%4d-%2d-%2dT%2d:%2d:%2d.%6u%c%2u%2u%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
				  &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &us, &sign, &hours, &minutes, &n) != 10 ||
	    n != 31 || (sign != '+' && sign != '-') || tm.tm_year < 1970)
		return -EBADMSG;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	at = timegm(&tm) - (sign == '-' ? -1 : 1) * (time_t)(hours * 3600 + minutes * 60);
	if (at < 0)
		return -EBADMSG;
	*ret_us = (uint64_t)at * 1000000 + us;
	return 0;
}

static const struct { const char *name; uint8_t proto; } protos[] = {
	{ "TCP", IPPROTO_TCP },	  { "UDP", IPPROTO_UDP },   { "ICMP", IPPROTO_ICMP }, { "IPv6-ICMP", IPPROTO_ICMPV6 },
	{ "SCTP", IPPROTO_SCTP }, { "IGMP", IPPROTO_IGMP }, { "GRE", IPPROTO_GRE },   { "ESP", IPPROTO_ESP },
};

static void read_address(struct span s, struct addr *ret)
{
	char text[ADDR_TEXT];

	if (s.len && s.len < sizeof(text) && !memchr(s.at, '\0', s.len)) {
		memcpy(text, s.at, s.len);
		text[s.len] = '\0';
		addr_parse(text, ret);
	}
}

static void turn(struct event *e)
{
	struct addr a = e->src;
	uint16_t port = e->src_port;

	e->src = e->dest;
	e->src_port = e->dest_port;
	e->dest = a;
	e->dest_port = port;
}

static void read_flow(const json_t *o, struct event *e)
{
	struct span proto = string(o, "proto");

	for (size_t i = 0; i < nitems(protos); i++)
		if (span_is(proto, protos[i].name))
			e->proto = protos[i].proto;
	read_address(string(o, "src_ip"), &e->src);
	read_address(string(o, "dest_ip"), &e->dest);
	e->src_port = (uint16_t)number(o, "src_port", UINT16_MAX, 0);
	e->dest_port = (uint16_t)number(o, "dest_port", UINT16_MAX, 0);
	if (e->proto == IPPROTO_ICMP || e->proto == IPPROTO_ICMPV6) {	/* as the packet log has it */
		e->src_port = (uint16_t)number(o, "icmp_type", UINT8_MAX, 0);
		e->dest_port = (uint16_t)number(o, "icmp_code", UINT8_MAX, 0);
	} else if (span_is(string(o, "direction"), "to_client"))
		turn(e);
}

/* put() - "HEAD value", if there is a value and it is not too much already */
static void put(struct text *t, const char *head, struct span s)
{
	if (!s.len || t->len + strlen(head) + PART_MAX + 8 > MESSAGE_MAX)
		return;
	text_add(t, head);
	text_utf8(t, s.at, s.len < PART_MAX ? s.len : PART_MAX);
	if (s.len > PART_MAX)
		text_add(t, "...");
}

static void tell_http(const json_t *o, struct text *t)
{
	uint64_t status = number(o, "status", 999, 0);

	put(t, "", string(o, "http_method"));
	put(t, t->len ? " http://" : "http://", string(o, "hostname"));
	put(t, "", string(o, "url"));
	if (status)
		text_addf(t, ", answered %u", (unsigned)status);
	put(t, ", user agent ", string(o, "http_user_agent"));
}

static void tell_dns(const json_t *o, struct text *t)
{
	const json_t *query = member(o, "query"), *first = json_is_array(query) ? json_array_get(query, 0) : o;

	put(t, "", string(first, "rrtype"));
	put(t, t->len ? " " : "", string(first, "rrname"));
}

static void tell_ssh(const json_t *o, struct text *t)
{
	put(t, "client ", string(member(o, "client"), "software_version"));
	put(t, t->len ? ", server " : "server ", string(member(o, "server"), "software_version"));
}

static void tell_smtp(const json_t *o, struct text *t)
{
	json_t *to = json_array_get(member(o, "rcpt_to"), 0);

	put(t, "hello ", string(o, "helo"));
	put(t, t->len ? ", from " : "from ", string(o, "mail_from"));
	if (json_is_string(to))
		put(t, t->len ? ", to " : "to ", (struct span){ json_string_value(to), json_string_length(to) });
}

static void tell_tls(const json_t *o, struct text *t)
{
	put(t, "", string(o, "version"));
	put(t, t->len ? " to " : "to ", string(o, "sni"));
	put(t, ", certificate ", string(o, "subject"));
}

static void tell_ftp(const json_t *o, struct text *t)
{
	put(t, "", string(o, "command"));
	put(t, t->len ? " " : "", string(o, "command_data"));
}

static void tell_tftp(const json_t *o, struct text *t)
{
	put(t, "", string(o, "packet"));
	put(t, t->len ? " " : "", string(o, "file"));
}

static const struct { const char *name; void (*tell)(const json_t *o, struct text *t); } dialogues[] = {
	{ "http", tell_http }, { "dns", tell_dns }, { "ssh", tell_ssh },   { "smtp", tell_smtp },
	{ "tls", tell_tls },   { "ftp", tell_ftp }, { "tftp", tell_tftp },
};

static void read_message(const json_t *o, struct text *t)
{
	for (size_t i = 0; i < nitems(dialogues) && !t->len; i++)
		if (json_is_object(member(o, dialogues[i].name)))
			dialogues[i].tell(member(o, dialogues[i].name), t);
}

static int read_alert(struct eve *e, const json_t *o)
{
	const json_t *alert = member(o, "alert");
	struct event *ev = &e->event;

	ev->kind = EV_ALERT;
	ev->code = (uint32_t)number(alert, "signature_id", UINT32_MAX, 0);
	ev->severity = (uint8_t)number(alert, "severity", UINT8_MAX, 3);
	ev->reason = string(alert, "signature");
	ev->category = string(alert, "category");
	ev->state = string(alert, "action");
	if (!ev->code)
		return -EBADMSG;
	read_flow(o, ev);
	read_message(o, &e->message);
	ev->message = (struct span){ text_str(&e->message), e->message.len };
	return EVE_ALERT;
}

/* What a rule drops has an alert, and why a flow was dropped was told with its first packet. */
static int read_drop(struct eve *e, const json_t *o)
{
	struct span why = string(member(o, "drop"), "reason");

	if (span_is(why, "rules") || span_is(why, "flow drop"))
		return EVE_OTHER;
	e->event.kind = EV_VERDICT;
	e->event.state = span_of("drop");
	e->event.reason = span_of(reason_name(REASON_PREVENTION));
	read_flow(o, &e->event);
	put(&e->message, "", why);
	e->event.message = (struct span){ text_str(&e->message), e->message.len };
	return EVE_DROP;
}

static int read_stats(struct eve *e, const json_t *o)
{
	const json_t *capture = member(member(o, "stats"), "capture");

	e->event.kind = EV_LOST;
	e->event.code = (uint32_t)number(capture, "kernel_drops_delta", UINT32_MAX, 0);
	e->event.reason = span_of("packets the NIDS did not see");
	return e->event.code ? EVE_LOST : EVE_OTHER;
}

/* Suricata escapes what is no UTF-8; a line that has some nevertheless is mended rather than lost. */
static json_t *load(const char *line, size_t n)
{
	_text_ struct text mended = { 0 };
	json_t *o = json_loadb(line, n, JSON_ALLOW_NUL, NULL);

	if (o)
		return o;
	text_utf8(&mended, line, n);
	return json_loadb(text_str(&mended), mended.len, JSON_ALLOW_NUL, NULL);
}

int eve_read(struct eve *e, const char *line, size_t n)
{
	struct span type;

	eve_fini(e);
	if (n > EVE_LINE_MAX)
		return -EBADMSG;
	e->json = load(line, n);
	e->event = (struct event){ .honeypot = -1, .origin.source = SOURCE_NIDS };
	if (!json_is_object((json_t *)e->json) || read_time(string(e->json, "timestamp"), &e->event.at_us) < 0)
		return -EBADMSG;
	type = string(e->json, "event_type");
	if (span_is(type, "alert"))
		return read_alert(e, e->json);
	if (span_is(type, "drop"))
		return read_drop(e, e->json);
	return span_is(type, "stats") ? read_stats(e, e->json) : EVE_OTHER;
}
