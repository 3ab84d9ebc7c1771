/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "story.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/addr.h"
#include "base/mem.h"
#include "model/event.h"
#include "shell_words.h"
#include "story_parts.h"
#include "stamp.h"

void part_safe(struct text *t, struct span s, size_t max)
{
	text_safe(t, s.at, s.len < max ? s.len : max);
	if (s.len > max)
		text_add(t, "...");
}

void part_name(struct text *t, const char *s, size_t size)
{
	text_safe(t, s, strnlen(s, size));
}

static const char *proto_name(uint8_t proto)
{
	return proto == IPPROTO_TCP ? "tcp" : proto == IPPROTO_UDP ? "udp" :
	       proto == IPPROTO_ICMP ? "icmp" : proto == IPPROTO_ICMPV6 ? "icmp6" : NULL;
}

void part_proto(struct text *t, uint8_t p)
{
	if (proto_name(p))
		text_addf(t, "%s ", proto_name(p));
	else if (p)
		text_addf(t, "protocol %u ", p);
}

void part_end_point(struct text *t, const struct addr *a, uint16_t port)
{
	char s[ADDR_TEXT];

	text_addf(t, a->family == 6 && port ? "[%s]" : "%s", a->family ? addr_text(a, s) : "?");
	if (port)
		text_addf(t, ":%u", port);
}

void story_dest(const struct event *e, struct text *t)
{
	if (!e->dest.family) {
		text_add(t, "unix socket ");
		part_safe(t, e->path, STORY_TTY);
		return;
	}
	part_proto(t, e->proto);
	part_end_point(t, &e->dest, e->dest_port);
}

void story_flow(const struct event *e, struct text *t)
{
	part_proto(t, e->proto);
	part_end_point(t, &e->src, e->src_port);
	text_add(t, " to ");
	part_end_point(t, &e->dest, e->dest_port);
}

static struct span last_part(struct span path)
{
	const char *slash = path.len ? memrchr(path.at, '/', path.len) : NULL;

	return slash ? (struct span){ slash + 1, (size_t)(path.at + path.len - slash - 1) } : path;
}

/* Whether what really ran is not what the command line says. */
static bool renamed(const struct event *e)
{
	struct span file = last_part(e->file), arg = { e->args.at, strnlen(e->args.at, e->args.len) };

	if (arg.len && arg.at[0] == '-')	/* "-bash": a login shell */
		arg = (struct span){ arg.at + 1, arg.len - 1 };
	arg = last_part(arg);
	return file.len && (file.len != arg.len || memcmp(file.at, arg.at, arg.len));
}

void story_command(const struct event *e, struct text *t)
{
	if (e->args.len)
		shell_words(e->args, STORY_COMMAND, t);
	else
		part_safe(t, e->path.len ? e->path : e->file, STORY_TTY);
	if (e->args.len && renamed(e)) {
		text_add(t, " [");
		part_safe(t, e->file, STORY_TTY);
		text_addc(t, ']');
	}
	if (e->flags & EVENT_SETID)
		text_add(t, " (with rights of its file)");
	if (e->flags & EVENT_REFUSED)
		text_add(t, " (refused)");
}

void story_verdict(const struct event *e, struct text *t)
{
	part_safe(t, e->state, STORY_TTY);
	if (e->reason.len)
		text_add(t, ", ");
	part_safe(t, e->reason, STORY_TTY);
}

void story_module(const struct event *e, struct text *t)
{
	if (e->path.len)
		part_safe(t, e->path, STORY_TTY);
	else
		text_add(t, "(without a name)");
	text_addf(t, ", %llu bytes", (unsigned long long)e->size);
	if (e->kept)
		text_addf(t, ", %s %llu kept", e->flags & EVENT_TRUNCATED ? "the first" : "the last",
			  (unsigned long long)e->kept);
	if (e->sha256[0])
		text_addf(t, ", SHA-256 %.64s", e->sha256);
	else if (e->offset)
		text_addf(t, ", the part from %llu on", (unsigned long long)e->offset);
	if (e->flags & EVENT_TRUNCATED)
		text_add(t, ", not whole");
	if (e->flags & EVENT_REFUSED)
		text_add(t, " (refused)");
}

/* --- one function a kind ---------------------------------------------------------------------- */

void part_who(const struct event *e, struct text *t)
{
	text_addf(t, "uid %u", e->process.uid);
	if (e->process.euid != e->process.uid)
		text_addf(t, e->process.euid ? " as uid %u" : " as root", e->process.euid);
}

void part_process(const struct event *e, struct text *t)
{
	if (e->process.comm[0])
		part_name(t, e->process.comm, sizeof(e->process.comm));
	else
		text_add(t, "a process");
	text_addf(t, " (pid %u, ", e->process.pid);
	part_who(e, t);
	text_addc(t, ')');
}

static void tell_boot(const struct event *e, struct text *t)
{
	(void)e;
	text_add(t, "the kernel started");
}

static void tell_exec(const struct event *e, struct text *t)
{
	part_who(e, t);
	text_add(t, " ran: ");
	story_command(e, t);
}

static void tell_exit(const struct event *e, struct text *t)
{
	part_process(e, t);
	if (WIFEXITED(e->code))
		text_addf(t, " ended with status %d", WEXITSTATUS(e->code));
	else
		text_addf(t, " was ended by signal %d", WTERMSIG(e->code));
}

static void tell_accept(const struct event *e, struct text *t)
{
	part_process(e, t);
	text_add(t, " accepted the connection ");
	story_flow(e, t);
}

static void tell_close(const struct event *e, struct text *t)
{
	text_add(t, "the connection ");
	story_flow(e, t);
	text_add(t, " is gone");
}

static void tell_connect(const struct event *e, struct text *t)
{
	part_process(e, t);
	text_add(t, " asks for a connection to ");
	story_dest(e, t);
}

static void tell_listen(const struct event *e, struct text *t)
{
	part_process(e, t);
	text_add(t, " listens on ");
	part_proto(t, e->proto);
	if (e->src.family)
		part_end_point(t, &e->src, e->src_port);
	else
		part_safe(t, e->path, STORY_TTY);
}

static void tell_module(const struct event *e, struct text *t)
{
	part_process(e, t);
	text_add(t, " gives the kernel the module ");
	story_module(e, t);
}

static void tell_tty(const struct event *e, struct text *t)
{
	bool in = e->kind == EV_TTY_IN;

	part_name(t, e->process.tty, sizeof(e->process.tty));
	text_add(t, in ? " got: " : " showed: ");
	part_safe(t, e->bytes, STORY_TTY);
	if (in && (e->flags & EVENT_CANON) && !(e->flags & EVENT_ECHO))
		text_add(t, " (without echo)");
}

static void tell_halt(const struct event *e, struct text *t)
{
	static const char *const ways[] = { "power off", "restart", "halt", "panic" };

	text_addf(t, "the kernel stops: %s", e->code < nitems(ways) ? ways[e->code] : "unknown");
	if (e->reason.len) {
		text_add(t, ": ");
		part_safe(t, e->reason, STORY_TTY);
	}
	text_add(t, ", by ");
	part_process(e, t);
	if (e->peer.pid) {
		text_add(t, ", whom last asked ");
		part_peer(e, t);
	}
}

static void tell_verdict(const struct event *e, struct text *t)
{
	text_add(t, "gateway: ");
	story_flow(e, t);
	text_add(t, ": ");
	story_verdict(e, t);
	if (e->process.comm[0]) {
		text_add(t, ", from ");
		part_process(e, t);
	}
}

static void tell_sink(const struct event *e, struct text *t)
{
	text_add(t, "gateway itself answers: ");
	story_flow(e, t);
	text_add(t, ": ");
	part_safe(t, e->state, STORY_TTY);
	if (e->bytes.len) {
		text_add(t, ", to: ");
		part_safe(t, e->bytes, STORY_TTY);
	}
	if (e->process.comm[0]) {
		text_add(t, ", from ");
		part_process(e, t);
	}
}

static void state(const char *of, const struct event *e, struct text *t)
{
	text_add(t, of);
	part_safe(t, e->state, STORY_TTY);
	if (e->reason.len)
		text_add(t, ": ");
	part_safe(t, e->reason, STORY_TTY);
}

static void tell_honeypot(const struct event *e, struct text *t)
{
	state("the honeypot is ", e, t);
}

static void tell_gate(const struct event *e, struct text *t)
{
	state("the gate is ", e, t);
}

static void tell_control(const struct event *e, struct text *t)
{
	state("data control: ", e, t);
	if (e->packets[0])
		text_addf(t, " (%llu packets)", (unsigned long long)e->packets[0]);
}

static void tell_role(const struct event *e, struct text *t)
{
	state("skep itself: ", e, t);
}

static void tell_chain(const struct event *e, struct text *t)
{
	state("the chain of seals: ", e, t);
}

static void tell_lost(const struct event *e, struct text *t)
{
	text_addf(t, "%u events of the %s are missing", e->code, event_source_name(e->origin.source));
	if (e->state.len) {
		text_add(t, ", of the class ");
		part_safe(t, e->state, STORY_TTY);
	}
	if (e->reason.len)
		text_add(t, ": ");
	part_safe(t, e->reason, STORY_TTY);
}

static void tell_syslog(const struct event *e, struct text *t)
{
	static const char *const levels[] = { "emergency", "alert", "critical", "error", "warning", "notice",
					      "information", "debug" };

	text_addf(t, "syslog %s, ", levels[e->severity % nitems(levels)]);
	part_safe(t, e->host, STORY_TTY);
	text_addc(t, ' ');
	part_safe(t, e->app, STORY_TTY);
	text_add(t, ": ");
	part_safe(t, e->message, STORY_TTY);
	if (e->flags & EVENT_MALFORMED)
		text_add(t, " (malformed)");
}

static void tell_flow(const struct event *e, struct text *t)
{
	uint64_t ms = e->at_us > e->start_us && e->start_us ? (e->at_us - e->start_us) / 1000 : 0;

	text_add(t, "flow: ");
	story_flow(e, t);
	text_addf(t, ": %llu packets, %llu bytes there, %llu packets, %llu bytes back, %llu.%03llu s",
		  (unsigned long long)e->packets[0], (unsigned long long)e->octets[0], (unsigned long long)e->packets[1],
		  (unsigned long long)e->octets[1], (unsigned long long)ms / 1000, (unsigned long long)ms % 1000);
	if (e->state.len) {
		text_add(t, "; ");
		story_verdict(e, t);
	}
}

static void tell_alert(const struct event *e, struct text *t)
{
	text_add(t, span_is(e->state, ALERT_BLOCKED) ? "prevention, dropped: " :
		    span_is(e->state, ALERT_REWRITTEN) ? "prevention, rewritten: " : "NIDS: ");
	part_safe(t, e->reason, STORY_TTY);
	text_addf(t, " [%u], ", e->code);
	story_flow(e, t);
	if (e->message.len)
		text_add(t, ": ");
	part_safe(t, e->message, STORY_TTY);
}

static void tell_finding(const struct event *e, struct text *t)
{
	char source[ADDR_TEXT];

	text_addf(t, "%s: ", severity_name(e->severity % SEVERITIES));
	part_safe(t, e->reason, STORY_TTY);
	if (e->src.family)
		text_addf(t, " from %s", addr_text(&e->src, source));
	if (e->message.len) {
		text_add(t, ": ");
		part_safe(t, e->message, STORY_TTY);
	}
}

static void tell_guard(const struct event *e, struct text *t)
{
	struct span a = e->ancestry;

	text_add(t, "host guard: ");
	part_process(e, t);
	text_add(t, " ran ");
	part_safe(t, e->file.len ? e->file : e->path, STORY_TTY);
	text_add(t, ": ");
	story_verdict(e, t);
	while (a.len) {
		size_t n = strnlen(a.at, a.len);

		text_add(t, " < ");
		part_safe(t, (struct span){ a.at, n }, STORY_TTY);
		n += n < a.len;
		a = (struct span){ a.at + n, a.len - n };
	}
}

static void tell_pcap(const struct event *e, struct text *t)
{
	text_add(t, "packets: ");
	part_safe(t, e->path, STORY_TTY);
	text_addf(t, " is complete: %llu packets, %llu bytes, %u lost", (unsigned long long)e->packets[0],
		  (unsigned long long)e->size, e->code);
}

static void tell_admin(const struct event *e, struct text *t)
{
	text_add(t, "administrator ");
	part_safe(t, e->user, STORY_TTY);
	if (e->args.len)
		text_add(t, ": ");
	shell_words(e->args, STORY_COMMAND, t);
	if (e->state.len) {
		text_add(t, ": ");
		story_verdict(e, t);
	}
}

static void tell_selftest(const struct event *e, struct text *t)
{
	state("self-test: ", e, t);
}

static void (*const tell[])(const struct event *e, struct text *t) = {
	[EV_BOOT] = tell_boot,	     [EV_EXEC] = tell_exec,	  [EV_EXIT] = tell_exit,
	[EV_ACCEPT] = tell_accept,   [EV_CLOSE] = tell_close,	  [EV_CONNECT] = tell_connect,
	[EV_LISTEN] = tell_listen,   [EV_MODULE] = tell_module,	  [EV_TTY_IN] = tell_tty,
	[EV_TTY_OUT] = tell_tty,     [EV_HALT] = tell_halt,	  [EV_VERDICT] = tell_verdict,
	[EV_HONEYPOT] = tell_honeypot, [EV_GATE] = tell_gate,	  [EV_ROLE] = tell_role,
	[EV_CHAIN] = tell_chain,     [EV_LOST] = tell_lost,	     [EV_SYSLOG] = tell_syslog,	  [EV_FLOW] = tell_flow,
	[EV_ALERT] = tell_alert,     [EV_FINDING] = tell_finding, [EV_GUARD] = tell_guard,
	[EV_PCAP] = tell_pcap,	     [EV_ADMIN] = tell_admin,
	[EV_FORK] = deed_fork,	     [EV_EXEC_FAILED] = deed_exec_failed, [EV_CREDS] = deed_creds,
	[EV_NAMESPACE] = deed_namespace, [EV_BIND] = deed_bind,	  [EV_SEND] = deed_send,
	[EV_SOCKET] = deed_socket,   [EV_FILE] = deed_file,	  [EV_CONTENT] = deed_content,
	[EV_MOUNT] = deed_mount,     [EV_PTRACE] = deed_ptrace,	  [EV_SIGNAL] = deed_signal,
	[EV_KERNEL] = deed_kernel,   [EV_PROBE] = deed_probe,	  [EV_STREAM] = deed_stream,
	[EV_LOGIN] = deed_login,     [EV_WINDOW] = deed_window,	  [EV_LINEAGE] = deed_lineage,
	[EV_TOKEN] = deed_token,     [EV_CONTROL] = tell_control,
	[EV_SELFTEST] = tell_selftest, [EV_SINK] = tell_sink,
};
_Static_assert(nitems(tell) == EV_KINDS, "a kind without a sentence");

void story_event(const struct event *e, struct text *t)
{
	tell[e->kind](e, t);
}

void story_line(const struct event *e, const char *honeypot, struct text *t)
{
	_text_ struct text pot = { 0 };
	char at[STAMP_TEXT], session[24] = "-";

	if (e->session)
		snprintf(session, sizeof(session), "#%llu", (unsigned long long)e->session);
	text_safe(&pot, honeypot, strlen(honeypot));
	text_addf(t, "%s  %-10s %5s  ", stamp_text(e->at_us, at), pot.len ? pot.at : "-", session);
	story_event(e, t);
	text_addc(t, '\n');
}
