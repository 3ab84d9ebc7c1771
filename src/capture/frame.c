/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "skep/capture.h"

static const struct { uint8_t known; enum event_kind kind; } kinds[SKEP_KINDS] = {
	[SKEP_BOOT] = { 1, EV_BOOT },	    [SKEP_EXEC] = { 1, EV_EXEC },      [SKEP_EXIT] = { 1, EV_EXIT },
	[SKEP_ACCEPT] = { 1, EV_ACCEPT },   [SKEP_CLOSE] = { 1, EV_CLOSE },    [SKEP_CONNECT] = { 1, EV_CONNECT },
	[SKEP_LISTEN] = { 1, EV_LISTEN },   [SKEP_MODULE] = { 1, EV_MODULE },  [SKEP_TTY_IN] = { 1, EV_TTY_IN },
	[SKEP_TTY_OUT] = { 1, EV_TTY_OUT }, [SKEP_HALT] = { 1, EV_HALT },
};

static const struct { uint16_t theirs; uint32_t ours; } flags[] = {
	{ SKEP_F_ECHO, EVENT_ECHO }, { SKEP_F_CANON, EVENT_CANON }, { SKEP_F_TRUNCATED, EVENT_TRUNCATED },
	{ SKEP_F_REFUSED, EVENT_REFUSED },
};

static uint32_t read_flags(uint16_t theirs)
{
	uint32_t ours = 0;

	for (size_t i = 0; i < nitems(flags); i++)
		if (theirs & flags[i].theirs)
			ours |= flags[i].ours;
	return ours;
}

/* The fixed part, member by member: what the compiler pads or aligns is no part of the format. */
static int read_head(struct cursor *c, struct event *e)
{
	uint32_t len = get_u32(c);
	size_t left = cursor_left(c);
	uint16_t kind = get_u16(c);
	struct event_process *p = &e->process;

	if (len != left + sizeof(len) || kind >= SKEP_KINDS || !kinds[kind].known)
		return -EBADMSG;
	e->kind = kinds[kind].kind;
	e->flags = read_flags(get_u16(c));
	e->origin.seq = get_u64(c);
	e->at_us = get_u64(c) / 1000;
	p->entity = get_u64(c);
	p->parent = get_u64(c);
	p->conn = get_u64(c);
	p->pid = get_u32(c);
	p->ppid = get_u32(c);
	p->sid = get_u32(c);
	p->uid = get_u32(c);
	p->euid = get_u32(c);
	p->gid = get_u32(c);
	get_bytes(c, p->comm, sizeof(p->comm));
	get_bytes(c, p->tty, sizeof(p->tty));
	p->comm[sizeof(p->comm) - 1] = '\0';
	p->tty[sizeof(p->tty) - 1] = '\0';
	return c->bad || !e->origin.seq ? -EBADMSG : 0;
}

static void read_address(struct cursor *c, uint8_t family, struct addr *ret)
{
	get_bytes(c, ret->byte, sizeof(ret->byte));
	ret->family = family;
	if (family == 4)
		memset(ret->byte + 4, 0, sizeof(ret->byte) - 4);
}

/* The opener of the connection is src: the peer if it was accepted here, else this honeypot. */
static int read_flow(struct cursor c, struct event *e)
{
	bool inbound = e->kind == EV_ACCEPT || e->kind == EV_CLOSE;
	struct addr *local = inbound ? &e->dest : &e->src, *remote = inbound ? &e->src : &e->dest;
	uint16_t *local_port = inbound ? &e->dest_port : &e->src_port;
	uint16_t *remote_port = inbound ? &e->src_port : &e->dest_port;
	uint8_t family = get_u8(&c);

	e->proto = get_u8(&c);
	*local_port = get_u16(&c);
	*remote_port = get_u16(&c);
	get_u16(&c);
	if (family != 4 && family != 6 && family != 1)
		return -EBADMSG;
	if (family == 1)
		return c.bad ? -EBADMSG : 0;
	read_address(&c, family, local);
	read_address(&c, family, remote);
	return c.bad || cursor_left(&c) ? -EBADMSG : 0;
}

static int read_field(struct cursor *c, struct event *e)
{
	uint16_t tag = get_u16(c);
	struct span s;
	struct cursor in;

	get_u16(c);
	s = get_span(c, get_u32(c));
	if (c->bad)
		return -EBADMSG;
	in = cursor_of(s.at, s.len);
	switch (tag) {
	case SKEP_T_ARGV:   e->args = s; break;
	case SKEP_T_ENV:    e->env = s; break;
	case SKEP_T_PATH:   e->path = s; break;
	case SKEP_T_FILE:   e->file = s; break;
	case SKEP_T_CWD:    e->cwd = s; break;
	case SKEP_T_BYTES:  e->bytes = s; break;
	case SKEP_T_CODE:   e->code = get_u32(&in); break;
	case SKEP_T_SIZE:   e->size = get_u64(&in); break;
	case SKEP_T_OFFSET: e->offset = get_u64(&in); break;
	case SKEP_T_FLOW:   return read_flow(in, e);
	default:	    return -EBADMSG;
	}
	return in.bad ? -EBADMSG : 0;
}

int frame_read(const void *bytes, size_t len, struct event *ret)
{
	struct event e = { .origin.source = SOURCE_GUEST };
	struct cursor c = cursor_of(bytes, len);
	int r = len <= SKEP_REC_MAX ? read_head(&c, &e) : -EBADMSG;

	while (r == 0 && cursor_left(&c))
		r = read_field(&c, &e);
	if (r == 0 && c.bad)
		r = -EBADMSG;
	if (r < 0)
		return r;
	/* A module's name is its path; in an exec FILE is what really ran. */
	if (e.kind == EV_MODULE && !e.path.len)
		e.path = e.file;
	*ret = e;
	return 0;
}
