/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "model/event.h"
#include "story_parts.h"

static void refused(const struct event *e, struct text *t)
{
	if (e->flags & EVENT_REFUSED)
		text_add(t, " (refused)");
}

void deed_fork(const struct event *e, struct text *t)
{
	part_process(e, t);
	text_addf(t, " was begotten by pid %u", e->process.ppid);
}

static void failed(const struct event *e, struct text *t)
{
	const char *why = strerrordesc_np((int)(e->code & 0xfff));

	text_addf(t, ": %s", why ? why : "an unknown error");
}

void story_failure(const struct event *e, struct text *t)
{
	story_command(e, t);
	failed(e, t);
}

void deed_exec_failed(const struct event *e, struct text *t)
{
	part_who(e, t);
	text_add(t, " could not run: ");
	story_failure(e, t);
}

static void id_change(struct text *t, const char *name, uint32_t before, uint32_t after)
{
	if (before != after)
		text_addf(t, " %s %u to %u,", name, before, after);
}

/* In the order of their numbers. */
static const char *const capability[] = {
	"chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap",
	"linux_immutable", "net_bind_service", "net_broadcast", "net_admin", "net_raw", "ipc_lock", "ipc_owner",
	"sys_module", "sys_rawio", "sys_chroot", "sys_ptrace", "sys_pacct", "sys_admin", "sys_boot", "sys_nice",
	"sys_resource", "sys_time", "sys_tty_config", "mknod", "lease", "audit_write", "audit_control", "setfcap",
	"mac_override", "mac_admin", "syslog", "wake_alarm", "block_suspend", "audit_read", "perfmon", "bpf",
	"checkpoint_restore",
};

static void capabilities(struct text *t, const char *what, uint64_t bits)
{
	uint64_t all = (1ull << nitems(capability)) - 1;

	if (!bits)
		return;
	text_addf(t, " %s", what);
	if (bits == all)
		text_add(t, " all");
	for (size_t i = 0; i < nitems(capability) && bits != all; i++)
		if (bits & 1ull << i)
			text_addf(t, " %s", capability[i]);
	if (bits & ~all)
		text_addf(t, " %llx", (unsigned long long)(bits & ~all));
	text_addc(t, ',');
}

static bool can_be_root(const struct event_ids *i)
{
	return !i->uid || !i->euid || !i->suid;
}

bool story_gains(const struct event *e)
{
	return (e->ids[1].permitted & ~e->ids[0].permitted) || (can_be_root(&e->ids[1]) && !can_be_root(&e->ids[0]));
}

void deed_creds(const struct event *e, struct text *t)
{
	const struct event_ids *a = &e->ids[0], *b = &e->ids[1];

	part_process(e, t);
	text_add(t, story_gains(e) ? " gained rights:" : " changed its rights:");
	id_change(t, "uid", a->uid, b->uid);
	id_change(t, "euid", a->euid, b->euid);
	id_change(t, "suid", a->suid, b->suid);
	id_change(t, "gid", a->gid, b->gid);
	id_change(t, "egid", a->egid, b->egid);
	id_change(t, "sgid", a->sgid, b->sgid);
	capabilities(t, "capabilities now", b->permitted & ~a->permitted);
	capabilities(t, "capabilities no more", a->permitted & ~b->permitted);
	t->at[--t->len] = '\0';	/* the last one's comma, or the colon */
}

void deed_namespace(const struct event *e, struct text *t)
{
	static const struct { uint32_t flag; const char *name; } kinds[] = {
		{ 0x00020000, "mount" }, { 0x02000000, "cgroup" }, { 0x04000000, "uts" }, { 0x08000000, "ipc" },
		{ 0x10000000, "user" },	 { 0x20000000, "pid" },	   { 0x40000000, "net" }, { 0x00000080, "time" },
	};

	part_process(e, t);
	text_add(t, span_is(e->state, "setns") ? " enters a namespace that was there:" :
		    span_is(e->state, "clone") ? " begins in a namespace of its own:" :
						 " moves to a namespace of its own:");
	for (size_t i = 0; i < nitems(kinds); i++)
		if (e->code & kinds[i].flag)
			text_addf(t, " %s", kinds[i].name);
	refused(e, t);
}

void deed_bind(const struct event *e, struct text *t)
{
	part_process(e, t);
	text_add(t, " binds ");
	part_proto(t, e->proto);
	part_end_point(t, &e->src, e->src_port);
}

void deed_send(const struct event *e, struct text *t)
{
	part_process(e, t);
	text_add(t, " sends to ");
	story_dest(e, t);
}

void deed_socket(const struct event *e, struct text *t)
{
	part_process(e, t);
	text_addf(t, " makes a %s socket", e->socket[0] == AF_PACKET ? "packet" : "raw");
	if (e->proto)
		text_addf(t, ", protocol %u", e->proto);
}

static void path(const struct event *e, struct text *t)
{
	part_safe(t, e->path, STORY_TTY);
}

void deed_file(const struct event *e, struct text *t)
{
	part_process(e, t);
	text_addc(t, ' ');
	part_safe(t, e->state, STORY_TTY);
	text_addc(t, ' ');
	path(e, t);
	if (e->target.len) {
		text_add(t, " -> ");
		part_safe(t, e->target, STORY_TTY);
	}
	if (span_is(e->state, "chmod"))
		text_addf(t, " to %04o", e->mode & 07777);
	if (span_is(e->state, "chown"))
		text_addf(t, " to %d:%d", (int)e->owner[0], (int)e->owner[1]);
	if (span_is(e->state, "truncate"))
		text_addf(t, " to %llu bytes", (unsigned long long)e->size);
}

void deed_content(const struct event *e, struct text *t)
{
	part_process(e, t);
	text_add(t, span_is(e->state, "run") ? " runs " : " wrote ");
	story_module(e, t);
}

void deed_mount(const struct event *e, struct text *t)
{
	part_process(e, t);
	text_addc(t, ' ');
	part_safe(t, e->state, STORY_TTY);
	text_addc(t, ' ');
	path(e, t);
	if (e->target.len) {
		text_add(t, " from ");
		part_safe(t, e->target, STORY_TTY);
	}
	if (e->category.len) {
		text_add(t, ", ");
		part_safe(t, e->category, STORY_TTY);
	}
	if (e->flags & EVENT_REFUSED)
		failed(e, t);
}

void part_peer(const struct event *e, struct text *t)
{
	part_name(t, e->peer.comm, sizeof(e->peer.comm));
	text_addf(t, " (pid %u, uid %u)", e->peer.pid, e->peer.uid);
}

void deed_ptrace(const struct event *e, struct text *t)
{
	part_process(e, t);
	text_add(t, span_is(e->state, "traceme") ? " lets itself be traced by " : " looks into ");
	part_peer(e, t);
	refused(e, t);
}

void deed_signal(const struct event *e, struct text *t)
{
	const char *name = sigabbrev_np((int)(e->code & 0xff));

	part_process(e, t);
	if (name)
		text_addf(t, " sends SIG%s to ", name);
	else
		text_addf(t, " sends signal %u to ", e->code);
	part_peer(e, t);
	refused(e, t);
}

void deed_kernel(const struct event *e, struct text *t)
{
	static const struct { const char *state, *words; } attempts[] = {
		{ "module_request", "needs the kernel module" },
		{ "module_unload", "wants to be rid of the kernel module" },
		{ "bpf", "asks for BPF:" },
		{ "kexec", "wants to start another kernel:" },
		{ "memory", "reaches for the kernel's memory:" },
		{ "lockdown", "meets the kernel's lockdown:" },
		{ "perf", "wants to watch the processor (perf)" },
		{ "ports", "wants the processor's ports:" },
		{ "io_uring", "asks for io_uring" },
	};
	const char *words = "tries something at the kernel:";

	for (size_t i = 0; i < nitems(attempts); i++)
		if (span_is(e->state, attempts[i].state))
			words = attempts[i].words;
	part_process(e, t);
	text_addf(t, " %s", words);
	if (e->path.len)
		text_addc(t, ' ');
	path(e, t);
	refused(e, t);
}

void deed_probe(const struct event *e, struct text *t)
{
	part_process(e, t);
	text_add(t, " looks what machine this is: ");
	path(e, t);
	if (e->code)
		text_add(t, " (not there)");
}

void deed_token(const struct event *e, struct text *t)
{
	part_process(e, t);
	text_add(t, " reads a honeytoken: ");
	path(e, t);
	if (e->target.len && (e->target.len != e->path.len || memcmp(e->target.at, e->path.at, e->path.len))) {
		text_add(t, ", planted as ");
		part_safe(t, e->target, STORY_TTY);
	}
}

void deed_stream(const struct event *e, struct text *t)
{
	bool far = span_is(e->category, "tcp") && e->stream_end;

	part_process(e, t);
	text_add(t, far ? " read from " : " wrote to ");
	part_safe(t, e->category, STORY_TTY);
	text_addf(t, " %llu", (unsigned long long)e->stream);
	if (e->state.len) {
		text_add(t, ", a program's ");
		part_safe(t, e->state, STORY_TTY);
	}
	if (e->bytes.len) {
		text_add(t, ": ");
		part_safe(t, e->bytes, STORY_TTY);
	} else
		text_addf(t, ": %llu bytes by now, the last ones not recorded", (unsigned long long)e->offset);
}

void deed_login(const struct event *e, struct text *t)
{
	part_safe(t, e->app, STORY_TTY);
	text_add(t, ": login as ");
	part_safe(t, e->user, STORY_TTY);
	if (e->category.len) {
		text_add(t, " by ");
		part_safe(t, e->category, STORY_TTY);
	}
	if (e->secret.len) {
		text_add(t, " \"");
		part_safe(t, e->secret, STORY_TTY);
		text_addc(t, '"');
	}
	text_add(t, ": ");
	part_safe(t, e->state, STORY_TTY);
}

void deed_window(const struct event *e, struct text *t)
{
	part_name(t, e->process.tty, sizeof(e->process.tty));
	text_addf(t, " is now %u rows, %u columns", e->window[0], e->window[1]);
}

void deed_lineage(const struct event *e, struct text *t)
{
	part_process(e, t);
	if (e->peer.entity) {	/* it stays whose it is */
		text_add(t, " turns to ");
		part_peer(e, t);
		text_add(t, ", another session's, by ");
	} else {
		text_add(t, " works for this session, by ");
	}
	part_safe(t, e->state, STORY_TTY);
	if (e->path.len)
		text_addc(t, ' ');
	path(e, t);
	if (e->dest.family) {
		text_add(t, " from ");
		story_dest(e, t);
	}
}
