/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "live.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin.h"
#include "base/addr.h"
#include "base/clock.h"
#include "base/mem.h"
#include "control.h"
#include "evidence.h"
#include "net/firewall.h"
#include "net/gateway.h"
#include "net/netns.h"
#include "policy/policy.h"
#include "record/chain.h"
#include "record/journal.h"
#include "record/line.h"

enum { ANSWER_MS = 5000, CONNECT_MS = 1000, STEP_MS = 20, KEPT_OUT_S = 30 };

static const char announcement[] = "a check of conformance: one connection from the gateway to a honeypot, "
				   "one of " LAB_NOBODY " to a closed port of the gateway, another one of it while it "
				   "is kept out";

struct watch {
	struct live *l;
	struct firewall *wall;
	int dirfd;
	uint64_t offset;
	uint64_t opened_us, refused_us, kept_out_us, announced_us;	/* when it was done; monotonic */
	uint16_t refused_port, kept_out_port;	/* where they came from */
	uint8_t seal[CHAIN_MAC];		/* of the last line */
};

int live_role_pid(const struct live *l, const char *role)
{
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(l->status, "roles"), i, row)
		if (!strcmp(control_word(row, "name"), role))
			return (int)json_integer_value(json_object_get(row, "pid"));
	return 0;
}

static json_t *ask_json(struct live *l, uint16_t type)
{
	_text_ struct text t = { 0 };

	return control_ask(l->control, type, NULL, ANSWER_MS, &t, NULL) == 1 ? json_loadb(text_str(&t), t.len, 0, NULL) : NULL;
}

static void read_rules(struct live *l, struct firewall *wall)
{
	_text_ struct text t = { 0 };

	if (!wall || firewall_list(wall, &t) < 0)
		return;
	ruleset_look(text_str(&t), &l->rules);
	l->rules_read = true;
}

/* /proc/sys/net is that of the namespace of who looks. */
static int64_t tracked(const struct live *l)
{
	int back = netns_enter(l->gateway);
	FILE *f = back < 0 ? NULL : fopen("/proc/sys/net/netfilter/nf_conntrack_count", "re");
	long n = -1;

	if (f && fscanf(f, "%ld", &n) != 1)
		n = -1;
	if (f)
		fclose(f);
	if (back >= 0)
		netns_leave(back);
	return n;
}

static struct sockaddr_in socket_address(const struct addr *a, uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(addr_u32(a)) };
}

/* connect_in() - a socket of @ns that connects or has; -errno. *@own: from where; its address may be none */
static int connect_in(int ns, const struct sockaddr_in *to, struct sockaddr_in *own)
{
	socklen_t len = sizeof(*own);
	int back = netns_enter(ns), r;
	_fd_ int fd = -1;

	if (back < 0)
		return back;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	netns_leave(back);
	own->sin_family = AF_INET;
	if (fd < 0 || (own->sin_addr.s_addr && bind(fd, (struct sockaddr *)own, len) < 0))
		return -errno;
	r = connect(fd, (const struct sockaddr *)to, sizeof(*to));
	if ((r < 0 && errno != EINPROGRESS) || getsockname(fd, (struct sockaddr *)own, &len) < 0)
		return -errno;
	return steal_fd(&fd);
}

static bool is_open(int fd, int wait_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, wait_ms) == 1 && !(p.revents & (POLLERR | POLLHUP));
}

/* open_service() - "NAME:PORT" of a honeypot; a socket, or -1. A service that speaks UDP opens none. */
static int open_service(struct watch *w, const json_t *pot, const char *service)
{
	struct sockaddr_in to, own = { 0 };
	const char *colon = strrchr(service, ':');
	struct live *l = w->l;
	struct addr a;
	unsigned port;
	_fd_ int fd = -1;

	if (!colon || sscanf(colon, ":%u", &port) != 1 || addr_parse(control_word(pot, "address"), &a) < 0)
		return -1;
	to = socket_address(&a, (uint16_t)port);
	w->opened_us = mono_us();
	fd = connect_in(l->gateway, &to, &own);
	if (fd < 0 || !is_open(fd, CONNECT_MS))
		return -1;
	l->flow = (struct event){ .src = addr4(ntohl(own.sin_addr.s_addr)), .src_port = ntohs(own.sin_port), .dest = a,
				  .dest_port = (uint16_t)port, .proto = IPPROTO_TCP };
	snprintf(l->target, sizeof(l->target), "%s, %s port %u", control_word(pot, "name"), control_word(pot, "address"), port);
	return steal_fd(&fd);
}

static int open_any(struct watch *w)
{
	json_t *pot, *service;
	size_t i, k;
	int fd;

	json_array_foreach(json_object_get(w->l->status, "honeypots"), i, pot) {
		if (strcmp(control_word(pot, "state"), "up"))
			continue;
		json_array_foreach(json_object_get(pot, "services"), k, service)
			if ((fd = open_service(w, pot, json_string_value(service))) >= 0)
				return fd;
	}
	return -1;
}

/* What is tried from the lab is tried from there: it adds to nobody's scan. */
static uint32_t nobody(void)
{
	struct addr a;

	addr_parse(LAB_NOBODY, &a);
	return addr_u32(&a);
}

/* The address from which the gateway spoke to the honeypot is its own; the lab tries that. */
static int try_closed(struct watch *w)
{
	struct sockaddr_in to = socket_address(&w->l->flow.src, LIVE_CLOSED_PORT);
	struct sockaddr_in own = { .sin_addr.s_addr = htonl(nobody()) };
	int fd;

	if (!w->l->opened.done || w->l->lab < 0)
		return -1;
	w->refused_us = mono_us();
	fd = connect_in(w->l->lab, &to, &own);
	w->refused_port = ntohs(own.sin_port);
	return fd;
}

static struct network nobodys(void)
{
	return (struct network){ ADDR_4 | nobody(), 128 };
}

/* block() - as `skep block` does; 0 s: as `skep unblock` does */
static bool block(struct live *l, uint32_t seconds)
{
	_text_ struct text say = { 0 }, said = { 0 };
	struct network who = nobodys();
	struct cursor c;

	put_number(&say, who.address);
	put_u32(&say, who.prefix);
	put_u32(&say, seconds);
	if (control_ask(l->control, MSG_BLOCK, &say, ANSWER_MS, &said, NULL) != 1)
		return false;
	c = cursor_of(text_str(&said), said.len);
	return get_u32(&c) == 0 && !c.bad;
}

static int try_kept_out(struct watch *w)
{
	struct sockaddr_in to = socket_address(&w->l->flow.dest, w->l->flow.dest_port);
	struct sockaddr_in own = { .sin_addr.s_addr = htonl(nobody()) };
	struct network who = nobodys();
	int fd;

	if (!w->l->opened.done || w->l->lab < 0 || !block(w->l, KEPT_OUT_S) ||
	    !firewall_keeps_out(w->wall, POLICY_BLOCKED_SET, &who))
		return -1;
	w->kept_out_us = mono_us();
	fd = connect_in(w->l->lab, &to, &own);
	w->kept_out_port = ntohs(own.sin_port);
	return fd;
}

static void note(struct trace *t, uint64_t since_us)
{
	if (!t->seen)
		t->after_ms = (uint32_t)((mono_us() - since_us) / 1000);
	t->seen = true;
}

static void note_verdict(struct watch *w, const struct event *e)
{
	struct live *l = w->l;

	if (!span_is(e->state, "drop"))
		return;
	if (l->refused.done && e->src_port == w->refused_port && e->dest_port == LIVE_CLOSED_PORT)
		note(&l->refused, w->refused_us);
	if (l->kept_out.done && e->src_port == w->kept_out_port && addr_u32(&e->src) == nobody() &&
	    span_is(e->reason, reason_name(REASON_BLOCKED)))
		note(&l->kept_out, w->kept_out_us);
}

static void note_event(struct watch *w, const struct event *e)
{
	struct live *l = w->l;

	if (e->kind == EV_ADMIN && e->at_us >= l->since_us && span_is(e->reason, announcement))
		note(&l->told, w->announced_us);
	if (e->kind == EV_ACCEPT && l->opened.done && e->src_port == l->flow.src_port) {
		note(&l->opened, w->opened_us);
		l->in_a_session = e->session;
	}
	if (e->kind == EV_VERDICT)
		note_verdict(w, e);
}

/* Each line names the one that it came after. */
static void note_seal(struct watch *w, const char *s, size_t len)
{
	struct seal seal;

	if (seal_read(s, len, &seal) < 0 || (w->l->lines > 1 && memcmp(seal.after, w->seal, CHAIN_MAC))) {
		w->l->loose_lines++;
		return;
	}
	memcpy(w->seal, seal.mac, CHAIN_MAC);
}

static int look(void *arg, const struct place *at, const char *s, size_t len)
{
	struct watch *w = arg;
	struct live *l = w->l;
	_line_ struct line line = { 0 };

	str_copy(l->file, at->file, sizeof(l->file));
	w->offset = at->offset + at->len;
	l->lines++;
	if (!s || line_read(s, len, NULL, &line) < 0) {
		l->bad_lines++;
		return 0;
	}
	note_seal(w, s, len);
	l->newest_us = line.event.at_us;
	note_event(w, &line.event);
	return 0;
}

static bool pending(const struct trace *t)
{
	return t->done && !t->seen;
}

/* Until all traces are there, or it has been too long. */
static void watch_journal(struct watch *w)
{
	struct live *l = w->l;
	uint64_t since = mono_us();

	do {
		if (journal_scan(w->dirfd, l->file, w->offset, look, w) < 0)
			return;
		poll(NULL, 0, STEP_MS);
	} while ((pending(&l->told) || pending(&l->opened) || pending(&l->refused) || pending(&l->kept_out)) &&
		 mono_us() - since < LIVE_WAIT_MS * 1000ULL);
}

/* From the journal's present end on. */
static void begin_watch(struct watch *w)
{
	struct live *l = w->l;
	struct stat st;

	l->since_us = now_us();
	journal_file_at(l->since_us, l->file);
	w->offset = fstatat(w->dirfd, l->file, &st, AT_SYMLINK_NOFOLLOW) < 0 ? 0 : (uint64_t)st.st_size;
}

static void announce(struct watch *w)
{
	const char *sudo = getenv("SUDO_USER");
	char *words[] = { (char *)"skep", (char *)"conformance", NULL };

	w->announced_us = mono_us();
	w->l->told.done = admin_tell(&(struct deed){ .user = sudo ? sudo : "root", .action = "allowed", .word = words,
						     .reason = announcement }) == 0;
}

static void act(struct live *l, struct firewall *wall)
{
	struct watch w = { .l = l, .wall = wall, .dirfd = evidence_journal() };
	_fd_ int opened = -1, closed = -1, out = -1;
	struct network who = nobodys();

	if (w.dirfd < 0)
		return;
	begin_watch(&w);
	announce(&w);
	l->tracked = tracked(l);
	opened = open_any(&w);
	l->opened.done = opened >= 0;
	l->tracked_open = tracked(l);
	closed = try_closed(&w);
	l->refused.done = closed >= 0;
	watch_journal(&w);
	l->answered = closed >= 0 && poll(&(struct pollfd){ .fd = closed, .events = POLLOUT }, 1, 0) == 1;
	if (closed >= 0)	/* or it tries again, and takes the one line a second that is logged of who is kept out */
		close(steal_fd(&closed));
	out = try_kept_out(&w);
	l->kept_out.done = out >= 0;
	watch_journal(&w);
	l->let_in = block(l, 0) && !firewall_keeps_out(wall, POLICY_BLOCKED_SET, &who);
	close(w.dirfd);
}

void live_try(struct live *l)
{
	struct firewall *wall = NULL;

	*l = (struct live){ .control = control_must(), .gateway = -1, .lab = -1, .tracked = -1, .tracked_open = -1 };
	control_status(l->control, NULL, &l->status);
	l->alert = ask_json(l, MSG_ALERT_STATUS);
	l->gateway = control_place(l->control, PLACE_GATEWAY);
	l->lab = control_place(l->control, PLACE_LAB);
	if (l->gateway >= 0 && firewall_open(l->gateway, &wall) == 0) {
		read_rules(l, wall);
		act(l, wall);
	}
	firewall_close(wall);
}

void live_fini(struct live *l)
{
	json_decref(l->status);
	json_decref(l->alert);
	close_fd(&l->control);
	close_fd(&l->gateway);
	close_fd(&l->lab);
}
