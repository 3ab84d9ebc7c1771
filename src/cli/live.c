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
#include "net/netns.h"
#include "record/journal.h"
#include "record/line.h"

enum { ANSWER_MS = 5000, CONNECT_MS = 1000, STEP_MS = 20 };

static const char announcement[] = "a check of conformance: one connection from the gateway to a honeypot, "
				   "one from the lab to a closed port of the gateway";

struct watch {
	struct live *l;
	int dirfd;
	char file[32];
	uint64_t offset;
	uint64_t since_us[3];	/* when told, opened, refused were done; monotonic */
	uint16_t opened_port, refused_port;	/* where they came from */
	uint64_t told_us;
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

static int ask_namespace(struct live *l, enum net_place place)
{
	_text_ struct text t = { 0 };
	int fd = -1;

	put_u8(&t, (uint8_t)place);
	if (control_ask(l->control, MSG_NAMESPACE, &t, ANSWER_MS, NULL, &fd) != 1)
		return -1;
	return fd;
}

static void read_rules(struct live *l)
{
	_text_ struct text t = { 0 };
	struct firewall *f = NULL;

	if (l->gateway >= 0 && firewall_open(l->gateway, &f) == 0 && firewall_list(f, &t) == 0) {
		ruleset_look(text_str(&t), &l->rules);
		l->rules_read = true;
	}
	firewall_close(f);
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

/* connect_in() - a socket of @ns that connects or has; -errno. *@ret_port: its own. */
static int connect_in(int ns, const struct sockaddr_in *to, uint16_t *ret_port)
{
	struct sockaddr_in own;
	socklen_t len = sizeof(own);
	int back = netns_enter(ns), r;
	_fd_ int fd = -1;

	if (back < 0)
		return back;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	netns_leave(back);
	if (fd < 0)
		return -errno;
	r = connect(fd, (const struct sockaddr *)to, sizeof(*to));
	if ((r < 0 && errno != EINPROGRESS) || getsockname(fd, (struct sockaddr *)&own, &len) < 0)
		return -errno;
	*ret_port = ntohs(own.sin_port);
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
	struct sockaddr_in to = { .sin_family = AF_INET };
	const char *colon = strrchr(service, ':');
	struct addr a;
	unsigned port;
	_fd_ int fd = -1;

	if (!colon || sscanf(colon, ":%u", &port) != 1 || addr_parse(control_word(pot, "address"), &a) < 0)
		return -1;
	to.sin_addr.s_addr = htonl(addr_u32(&a));
	to.sin_port = htons((uint16_t)port);
	w->since_us[1] = mono_us();
	fd = connect_in(w->l->gateway, &to, &w->opened_port);
	if (fd < 0 || !is_open(fd, CONNECT_MS))
		return -1;
	snprintf(w->l->target, sizeof(w->l->target), "%s, %s port %u", control_word(pot, "name"), control_word(pot, "address"), port);
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

/* The address from which the gateway spoke to the honeypot is its own; the lab tries that. */
static int try_closed(struct watch *w, int opened)
{
	struct sockaddr_in to;
	socklen_t len = sizeof(to);

	if (opened < 0 || w->l->lab < 0 || getsockname(opened, (struct sockaddr *)&to, &len) < 0)
		return -1;
	to.sin_port = htons(LIVE_CLOSED_PORT);
	w->since_us[2] = mono_us();
	return connect_in(w->l->lab, &to, &w->refused_port);
}

static void note(struct watch *w, struct trace *t, size_t which)
{
	if (!t->seen)
		t->after_ms = (uint32_t)((mono_us() - w->since_us[which]) / 1000);
	t->seen = true;
}

static int look(void *arg, const struct place *at, const char *s, size_t len)
{
	struct watch *w = arg;
	struct live *l = w->l;
	_line_ struct line line = { 0 };
	const struct event *e = &line.event;

	str_copy(w->file, at->file, sizeof(w->file));
	w->offset = at->offset + at->len;
	l->lines++;
	if (!s || line_read(s, len, NULL, &line) < 0) {
		l->bad_lines++;
		return 0;
	}
	l->newest_us = e->at_us;
	if (e->kind == EV_ADMIN && e->at_us >= w->told_us && span_is(e->reason, announcement))
		note(w, &l->told, 0);
	if (e->kind == EV_ACCEPT && l->opened.done && e->src_port == w->opened_port) {
		note(w, &l->opened, 1);
		l->in_a_session = e->session;
	}
	if (e->kind == EV_VERDICT && l->refused.done && e->src_port == w->refused_port &&
	    e->dest_port == LIVE_CLOSED_PORT && span_is(e->state, "drop"))
		note(w, &l->refused, 2);
	return 0;
}

static bool pending(const struct trace *t)
{
	return t->done && !t->seen;
}

/* Until all traces are there, or it has been too long. */
static void watch_journal(struct watch *w)
{
	uint64_t since = mono_us();

	do {
		if (journal_scan(w->dirfd, w->file, w->offset, look, w) < 0)
			return;
		poll(NULL, 0, STEP_MS);
	} while ((pending(&w->l->told) || pending(&w->l->opened) || pending(&w->l->refused)) &&
		 mono_us() - since < LIVE_WAIT_MS * 1000ULL);
}

/* From the journal's present end on. */
static void begin_watch(struct watch *w)
{
	struct stat st;

	w->told_us = now_us();
	journal_file_at(w->told_us, w->file);
	w->offset = fstatat(w->dirfd, w->file, &st, AT_SYMLINK_NOFOLLOW) < 0 ? 0 : (uint64_t)st.st_size;
}

static void announce(struct watch *w)
{
	const char *sudo = getenv("SUDO_USER");
	char *words[] = { (char *)"skep", (char *)"conformance", NULL };

	w->since_us[0] = mono_us();
	w->l->told.done = admin_tell(&(struct deed){ .user = sudo ? sudo : "root", .action = "allowed", .word = words,
						     .reason = announcement }) == 0;
}

static void act(struct live *l)
{
	struct watch w = { .l = l, .dirfd = evidence_journal() };
	_fd_ int opened = -1, closed = -1;

	if (w.dirfd < 0)
		return;
	begin_watch(&w);
	announce(&w);
	l->tracked = tracked(l);
	opened = open_any(&w);
	l->opened.done = opened >= 0;
	l->tracked_open = tracked(l);
	closed = try_closed(&w, opened);
	l->refused.done = closed >= 0;
	watch_journal(&w);
	l->answered = closed >= 0 && poll(&(struct pollfd){ .fd = closed, .events = POLLOUT }, 1, 0) == 1;
	close(w.dirfd);
}

void live_try(struct live *l)
{
	*l = (struct live){ .control = control_must(), .gateway = -1, .lab = -1, .tracked = -1, .tracked_open = -1 };
	control_status(l->control, NULL, &l->status);
	l->gateway = ask_namespace(l, PLACE_GATEWAY);
	l->lab = ask_namespace(l, PLACE_LAB);
	read_rules(l);
	if (l->gateway >= 0)
		act(l);
}

void live_fini(struct live *l)
{
	json_decref(l->status);
	close_fd(&l->control);
	close_fd(&l->gateway);
	close_fd(&l->lab);
}
