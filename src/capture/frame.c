/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "frame_ops.h"
#include "skep/capture.h"

#define K(kind) [SKEP_##kind] = { 1, EV_##kind }
static const struct { uint8_t known; enum event_kind kind; } kinds[SKEP_KINDS] = {
	K(BOOT), K(EXEC), K(EXIT), K(ACCEPT), K(CLOSE), K(CONNECT), K(LISTEN), K(MODULE), K(TTY_IN), K(TTY_OUT), K(HALT),
	K(FORK), K(EXEC_FAILED), K(CREDS), K(NAMESPACE), K(BIND), K(SEND), K(SOCKET), K(FILE), K(CONTENT), K(MOUNT),
	K(PTRACE), K(SIGNAL), K(KERNEL), K(PROBE), K(STREAM), K(LOGIN), K(WINDOW), K(LINEAGE), K(LOST),
	K(TOKEN),
};
#undef K

static const struct { uint16_t theirs; uint32_t ours; } flags[] = {
	{ SKEP_F_ECHO, EVENT_ECHO }, { SKEP_F_CANON, EVENT_CANON }, { SKEP_F_TRUNCATED, EVENT_TRUNCATED },
	{ SKEP_F_REFUSED, EVENT_REFUSED }, { SKEP_F_SETID, EVENT_SETID },
	{ SKEP_F_SOCKET, EVENT_SOCKET },
	{ SKEP_F_LAST, EVENT_LAST },
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

static int read_op(struct cursor *c, struct event *e)
{
	const char *name = frame_op_name(e->kind, get_u32(c));

	if (!name)
		return -EBADMSG;
	e->state = span_of(name);
	return 0;
}

static void read_ids(struct cursor *c, struct event_ids *ret)
{
	ret->uid = get_u32(c);
	ret->euid = get_u32(c);
	ret->suid = get_u32(c);
	ret->gid = get_u32(c);
	ret->egid = get_u32(c);
	ret->sgid = get_u32(c);
	ret->permitted = get_u64(c);
	ret->effective = get_u64(c);
}

static void read_peer(struct cursor *c, struct event_peer *ret)
{
	ret->entity = get_u64(c);
	ret->pid = get_u32(c);
	ret->uid = get_u32(c);
	get_bytes(c, ret->comm, sizeof(ret->comm));
	ret->comm[sizeof(ret->comm) - 1] = '\0';
}

static int read_stream(struct cursor *c, struct event *e)
{
	static const char *const types[] = {
		[SKEP_STREAM_PIPE] = "pipe", [SKEP_STREAM_UNIX] = "socket", [SKEP_STREAM_TCP] = "tcp",
	};
	static const char *const roles[] = {
		"", [SKEP_STREAM_INPUT] = "input", [SKEP_STREAM_OUTPUT] = "output", [SKEP_STREAM_ERROR] = "error",
	};
	uint32_t type, role;

	e->stream = get_u64(c);
	type = get_u32(c);
	e->stream_end = get_u32(c);
	role = get_u32(c);
	get_u32(c);
	if (type >= nitems(types) || !types[type] || e->stream_end > 1 || role >= nitems(roles))
		return -EBADMSG;
	e->category = span_of(types[type]);
	e->state = span_of(roles[role]);
	return 0;
}

/* Text fields: the tag says the member. */
static struct span *text_member(uint16_t tag, struct event *e)
{
	switch (tag) {
	case SKEP_T_ARGV:    return &e->args;
	case SKEP_T_ENV:     return &e->env;
	case SKEP_T_PATH:    return &e->path;
	case SKEP_T_FILE:    return &e->file;
	case SKEP_T_CWD:     return &e->cwd;
	case SKEP_T_BYTES:   return &e->bytes;
	case SKEP_T_TARGET:  return &e->target;
	case SKEP_T_SCRIPT:  return &e->script;
	case SKEP_T_SERVICE: return &e->app;
	case SKEP_T_METHOD:  return &e->category;
	case SKEP_T_USER:    return &e->user;
	case SKEP_T_SECRET:  return &e->secret;
	default:	     return NULL;
	}
}

static void get_u32s(struct cursor *c, uint32_t *ret, size_t n)
{
	while (n--)
		*ret++ = get_u32(c);
}

static int read_number(uint16_t tag, struct cursor *c, struct event *e)
{
	switch (tag) {
	case SKEP_T_CODE:   e->code = get_u32(c); break;
	case SKEP_T_SIZE:   e->size = get_u64(c); break;
	case SKEP_T_OFFSET: e->offset = get_u64(c); break;
	case SKEP_T_OBJECT: e->object = get_u64(c); break;
	case SKEP_T_MODE:   e->mode = get_u32(c); break;
	case SKEP_T_OWNER:  get_u32s(c, e->owner, 2); break;
	case SKEP_T_OLD:    read_ids(c, &e->ids[0]); break;
	case SKEP_T_NEW:    read_ids(c, &e->ids[1]); break;
	case SKEP_T_PEER:   read_peer(c, &e->peer); break;
	case SKEP_T_WINDOW: get_u32s(c, e->window, 2); break;
	case SKEP_T_FLOW:   return read_flow(*c, e);
	case SKEP_T_OP:	    return read_op(c, e);
	case SKEP_T_STREAM: return read_stream(c, e);
	case SKEP_T_SOCKET:
		get_u32s(c, e->socket, 2);
		e->proto = e->socket[0] == AF_PACKET ? 0 : (uint8_t)get_u32(c);	/* frames have no IP protocol */
		break;
	default:
		return -EBADMSG;
	}
	return 0;
}

static int read_field(struct cursor *c, struct event *e)
{
	uint16_t tag = get_u16(c);
	struct cursor in;
	struct span s, *text;
	int r;

	get_u16(c);
	s = get_span(c, get_u32(c));
	if (c->bad)
		return -EBADMSG;
	text = text_member(tag, e);
	if (text) {
		*text = s;
		return 0;
	}
	in = cursor_of(s.at, s.len);
	r = read_number(tag, &in, e);
	return r == 0 && in.bad ? -EBADMSG : r;
}

/* In the guest's records FILE is the file a thing was done to; in events that is path. A panic's PATH is its words. */
static void name_file(struct event *e)
{
	bool is_program = e->kind == EV_EXEC || e->kind == EV_EXEC_FAILED;

	if (e->kind == EV_HALT) {
		e->reason = e->path;
		e->path = (struct span){ 0 };
	}
	if (is_program || !e->file.len)
		return;
	if (e->kind == EV_MOUNT)
		e->category = e->path;
	e->path = e->file;
	e->file = (struct span){ 0 };
}

int frame_read(const void *bytes, size_t len, struct event *ret)
{
	struct event e = { .origin.source = SOURCE_GUEST };
	struct cursor c = cursor_of(bytes, len);
	int r = len <= SKEP_REC_MAX ? read_head(&c, &e) : -EBADMSG;

	e.owner[0] = e.owner[1] = r == 0 && e.kind == EV_FILE ? UINT32_MAX : 0;
	while (r == 0 && cursor_left(&c))
		r = read_field(&c, &e);
	if (r == 0 && c.bad)
		r = -EBADMSG;
	if (r < 0)
		return r;
	name_file(&e);
	if (e.kind == EV_LOST)
		e.reason = span_of("its capture ring was full");
	*ret = e;
	return 0;
}
