/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events on the channel: fields of (tag, length, bytes), in the order of the table below, those
 * that are zero left out. A reader takes each tag once at most and refuses what it does not know:
 * both ends are the same program.
 */
#include "event.h"

#include <endian.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/mem.h"

static const struct { const char *name, *doc; } kinds[] = {
#define X(id, name, doc) [EV_##id] = { name, doc },
	EVENT_KINDS(X)
#undef X
};

static const char *const sources[] = {
	[SOURCE_GUEST] = "guest", [SOURCE_GATEWAY] = "gateway", [SOURCE_SUPERVISOR] = "supervisor",
	[SOURCE_SYSLOG] = "syslog", [SOURCE_FLOW] = "conntrack", [SOURCE_NIDS] = "nids", [SOURCE_PACKETS] = "packets",
	[SOURCE_GUARD] = "guard",
};

static const char *const severities[] = {
	[SEVERITY_CLEAR] = "clear", [SEVERITY_INFORMATION] = "information", [SEVERITY_WARNING] = "warning",
	[SEVERITY_PRIORITY] = "priority", [SEVERITY_CRITICAL] = "critical",
};
_Static_assert(nitems(sources) == SOURCES, "a source without a name");

const char *event_kind_name(enum event_kind k)
{
	return kinds[k].name;
}

const char *event_kind_doc(enum event_kind k)
{
	return kinds[k].doc;
}

static int name_find(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return (int)i;
	return -ENOENT;
}

int event_kind_find(const char *name)
{
	for (size_t i = 0; i < nitems(kinds); i++)
		if (*kinds[i].name == *name && !strcmp(kinds[i].name, name))
			return (int)i;
	return -ENOENT;
}

const char *severity_name(enum severity s)
{
	return severities[s];
}

int severity_find(const char *name)
{
	return name_find(severities, nitems(severities), name);
}

const char *event_source_name(enum event_source s)
{
	return sources[s];
}

int event_source_find(const char *name)
{
	return name_find(sources, nitems(sources), name);
}

/* How a member travels: FIXED as its bytes in memory (both ends are one program), SPAN by length. */
enum form { FIXED, SPAN };

static const struct member {
	enum form form;
	uint16_t offset, size;
} members[] = {
#define F(m) { FIXED, offsetof(struct event, m), sizeof(((struct event *)0)->m) }
#define S(m) { SPAN, offsetof(struct event, m), 0 }
	F(kind), F(at_us), F(origin), F(honeypot), F(flags), F(process), F(src), F(dest), F(src_port),
	F(dest_port), F(proto), F(code), F(size), F(offset), S(args), S(env), S(path), S(file), S(cwd),
	S(bytes), S(state), S(reason), F(facility), F(severity), F(start_us), F(packets), F(octets), S(host),
	S(app), S(procid), S(msgid), S(said), S(message), S(category), S(user), S(ancestry), F(sha256), S(target),
	S(script), S(secret), F(mode), F(owner), F(ids), F(peer), F(socket), F(stream), F(stream_end), F(window),
	F(object), F(kept), F(mark),
#undef F
#undef S
};

static int all_zero(const char *p, size_t n)
{
	return !*p && !memcmp(p, p + 1, n - 1);
}

void event_pack(struct text *t, const struct event *e)
{
	for (size_t i = 0; i < nitems(members); i++) {
		const char *at = (const char *)e + members[i].offset;
		struct span s = { at, members[i].size };

		if (members[i].form == SPAN)
			memcpy(&s, at, sizeof(s));
		else if (all_zero(at, s.len))
			continue;
		if (!s.len)
			continue;
		put_u16(t, (uint16_t)i);
		put_u32(t, (uint32_t)s.len);
		text_addn(t, s.at, s.len);
	}
}

static int unpack_member(struct cursor *c, uint16_t tag, struct event *e)
{
	const struct member *m = &members[tag];
	char *at = (char *)e + m->offset;
	struct span s = get_span(c, get_u32(c));

	if (c->bad || (m->form == FIXED && s.len != m->size))
		return -EBADMSG;
	if (m->form == FIXED)
		memcpy(at, s.at, s.len);
	else
		memcpy(at, &s, sizeof(s));
	return 0;
}

int event_unpack(struct cursor c, struct event *ret)
{
	struct event e = { 0 };
	uint64_t seen = 0;

	_Static_assert(nitems(members) <= 64, "seen is too narrow");
	while (cursor_left(&c)) {
		uint16_t tag = get_u16(&c);

		if (c.bad || tag >= nitems(members) || (seen & 1ull << tag) || unpack_member(&c, tag, &e) < 0)
			return -EBADMSG;
		seen |= 1ull << tag;
	}
	if ((unsigned)e.kind >= EV_KINDS || e.origin.source >= SOURCES || e.src.family > 6 || e.dest.family > 6 ||
	    ((e.kind == EV_FINDING || e.kind == EV_GUARD) && e.severity >= SEVERITIES))
		return -EBADMSG;
	e.process.comm[sizeof(e.process.comm) - 1] = '\0';
	e.process.tty[sizeof(e.process.tty) - 1] = '\0';
	e.peer.comm[sizeof(e.peer.comm) - 1] = '\0';
	e.sha256[sizeof(e.sha256) - 1] = '\0';
	*ret = e;
	return 0;
}

void event_put(struct text *t, const struct event *e)
{
	size_t at = t->len;
	uint32_t len;

	put_u32(t, 0);
	event_pack(t, e);
	len = htole32((uint32_t)(t->len - at - sizeof(len)));
	memcpy(t->at + at, &len, sizeof(len));
}

struct cursor event_next(struct cursor *c)
{
	struct span s = cursor_left(c) ? get_span(c, get_u32(c)) : (struct span){ 0 };
	struct cursor in = cursor_of(s.at, s.len);

	in.bad = c->bad || (s.at && !s.len);
	return in;
}

struct span event_env(const struct event *e, const char *name)
{
	size_t want = strlen(name);

	for (size_t i = 0; i < e->env.len;) {
		const char *s = e->env.at + i;
		size_t len = strnlen(s, e->env.len - i);

		if (len > want && s[want] == '=' && !memcmp(s, name, want))
			return (struct span){ s + want + 1, len - want - 1 };
		i += len + 1;
	}
	return (struct span){ "", 0 };
}
