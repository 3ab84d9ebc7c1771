/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "selftest_watch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli.h"
#include "model/honeynet.h"
#include "net/netns.h"
#include "net/watch.h"
#include "progress.h"

enum {
	BEGIN_US = 300 * 1000000, ALL_US = 300 * 1000000, LATE_US = 1000000, STEP_MS = 5,
	TALKS = 16, LINE = 256, QUERIES = 20000, QUERY_US = 1000, ANSWERS = 4,
};

/* A peer outside, in a conversation about ports. */
struct talk {
	int fd;
	unsigned said;
	bool irc;
};

struct run {
	const struct field *f;
	struct judge *j;
	int lab, plugs;			/* watched: what comes into the lab, what goes to the honeypots */
	int lab_eth, own_tap, tap[MAX_HONEYPOTS];
	int udp, ftp, irc, query;	/* servers outside, and who asks a reflector */
	struct talk talk[TALKS];
	char line[LINE];
	size_t n_line;
	int now;			/* the attempt that is made; -1 none yet */
	unsigned queries;		/* left to be sent to port query_port, one each QUERY_US from query_us on */
	uint64_t query_us;
	uint16_t query_port;
	uint64_t since_us;
	bool begun, done, answered;
};

static void must(int r, const char *what)
{
	if (r < 0)
		die("%s: %s", what, strerror(-r));
}

static int server(int lab, int type, uint32_t address, uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(address) };
	int back = netns_enter(lab), on = 1, r;
	_fd_ int fd = -1;

	if (back < 0)
		return back;
	fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	r = fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || (type == SOCK_STREAM && listen(fd, TALKS) < 0) ? -errno : 0;
	netns_leave(back);
	return r < 0 ? r : steal_fd(&fd);
}

static void open_lab(struct run *r)
{
	const struct field *f = r->f;
	char name[16];

	must(r->lab = watch_open(f->lab, false), "watching the lab");
	must(r->plugs = watch_open(f->gateway, true), "watching the gateway");
	r->lab_eth = watch_interface(f->lab, "eth0");
	for (uint32_t i = 0; i < MAX_HONEYPOTS; i++) {
		snprintf(name, sizeof(name), "tap%u", i);
		r->tap[i] = f->taps >> i & 1 ? watch_interface(f->gateway, name) : 0;
	}
	r->own_tap = r->tap[f->place];
	must(r->udp = server(f->lab, SOCK_DGRAM, attempt_address(ATTEMPT_OPEN_FLOW), PORT_OPEN_FLOW), "a server in the lab");
	must(r->ftp = server(f->lab, SOCK_STREAM, attempt_address(ATTEMPT_FTP), PORT_FTP), "a server in the lab");
	must(r->irc = server(f->lab, SOCK_STREAM, attempt_address(ATTEMPT_IRC), PORT_IRC), "a server in the lab");
}

/* Whoever asks has an address of its attempt, to which the answers go. */
static void open_query(struct run *r, enum attempt_id a)
{
	close_fd(&r->query);
	must(r->query = server(r->f->lab, SOCK_DGRAM, attempt_address(a), PORT_FROM), "who asks, in the lab");
	r->query_port = a == ATTEMPT_REFLECT_DNS ? 53 : 123;
	r->queries = QUERIES;
	r->query_us = mono_us();
}

/* --- servers in the lab ----------------------------------------------------------------------- */

static void answer_once(struct run *r)
{
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	char buf[2048];

	while (recvfrom(r->udp, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len) >= 0) {
		if (!r->answered && sendto(r->udp, "yes", 3, 0, (struct sockaddr *)&from, len) == 3)
			r->answered = true;
		len = sizeof(from);
	}
}

static void take_talk(struct run *r, int listener, bool irc)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	for (size_t i = 0; fd >= 0 && i < nitems(r->talk); i++)
		if (r->talk[i].fd < 0) {
			r->talk[i] = (struct talk){ .fd = fd, .irc = irc };
			return;
		}
	close_fd(&fd);
}

/* Each word of his is answered with a port at which somebody could be. */
static void answer_talk(struct talk *t)
{
	char buf[512], say[128];
	ssize_t n = read(t->fd, buf, sizeof(buf));
	uint32_t address = attempt_address(t->irc ? ATTEMPT_IRC : ATTEMPT_FTP);
	unsigned port = 50000 + t->said;
	int len;

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0 || t->said++ == ANSWERS) {
		close_fd(&t->fd);
		t->fd = -1;
		return;
	}
	len = t->irc ? snprintf(say, sizeof(say), "PRIVMSG eve :\1DCC SEND file %u %u 100\1\r\n", address, port) :
		       snprintf(say, sizeof(say), "227 Entering Passive Mode (%u,%u,%u,%u,%u,%u)\r\n", address >> 24,
				address >> 16 & 255, address >> 8 & 255, address & 255, port >> 8, port & 255);
	if (write(t->fd, say, (size_t)len) != len)
		t->said = ANSWERS;
}

static void ask_reflector(struct run *r)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(r->query_port),
				  .sin_addr.s_addr = htonl(r->f->own) };

	for (; r->queries && QUERIES - r->queries < (mono_us() - r->query_us) / QUERY_US; r->queries--)
		if (sendto(r->query, "who has all of it?", 18, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
			return;
}

/* --- the console ------------------------------------------------------------------------------ */

static void on_begin(struct run *r, unsigned a)
{
	if (a >= N_ATTEMPTS || (int)a <= r->now)
		return;
	r->now = (int)a;
	progress_show("selftest", attempts[a].name, r->since_us);
	if (a == ATTEMPT_REFLECT_DNS || a == ATTEMPT_REFLECT_NTP)
		open_query(r, (enum attempt_id)a);
}

/* Whatever it says: somebody may have taken it over meanwhile, and what arrives is not counted there. */
static void on_line(struct run *r)
{
	const char *s = strstr(r->line, ATTEMPT_SAYS);
	unsigned long times;
	unsigned a;

	if (!s)
		return;
	s += strlen(ATTEMPT_SAYS);
	if (!strncmp(s, "ready", 5) && r->now < 0 && write(r->f->console, r->f->few ? "few\n" : "all\n", 4) == 4) {
		r->begun = true;
		judge_go(r->j, mono_us());
	} else if (sscanf(s, "begin %u", &a) == 1)
		on_begin(r, a);
	else if (sscanf(s, "end %u %lu", &a, &times) == 2 && a < N_ATTEMPTS && (times || attempts[a].pace == PACE_REPLIES)) {
		judge_tried(r->j, (enum attempt_id)a, times);
		r->queries = 0;
	} else if (!strncmp(s, "done", 4))
		r->done = true;
}

static void read_console(struct run *r)
{
	char buf[1024];
	ssize_t n = read(r->f->console, buf, sizeof(buf));

	if (n == 0 || (n < 0 && errno != EAGAIN))
		die("the console of the throw-away honeypot is gone");
	for (ssize_t i = 0; i < n; i++) {
		if (buf[i] != '\n' && r->n_line < LINE - 1) {
			r->line[r->n_line++] = buf[i];
			continue;
		}
		r->line[r->n_line] = '\0';
		r->n_line = 0;
		on_line(r);
	}
}

/* --- the frames ------------------------------------------------------------------------------- */

static bool is_other_plug(const struct run *r, int ifindex)
{
	for (size_t i = 0; i < nitems(r->tap); i++)
		if (r->tap[i] && r->tap[i] == ifindex)
			return true;
	return false;
}

static void take_frames(struct run *r)
{
	struct watched w;

	while (watch_next(r->lab, &w) == 1)
		if (w.ifindex == r->lab_eth)
			judge_frame(r->j, SEEN_LAB, w.byte, w.n, w.len, w.at_us);
	while (watch_next(r->plugs, &w) == 1) {
		if (w.ifindex == r->own_tap)
			judge_frame(r->j, SEEN_OWN, w.byte, w.n, w.len, w.at_us);
		else if (is_other_plug(r, w.ifindex))
			judge_frame(r->j, SEEN_POT, w.byte, w.n, w.len, w.at_us);
	}
}

static void step(struct run *r)
{
	enum { CONSOLE, LAB, PLUGS, UDP, FTP, IRC, FIRST_TALK };
	struct pollfd p[FIRST_TALK + TALKS] = {
		[CONSOLE] = { r->f->console, POLLIN, 0 }, [LAB] = { r->lab, POLLIN, 0 }, [PLUGS] = { r->plugs, POLLIN, 0 },
		[UDP] = { r->udp, POLLIN, 0 }, [FTP] = { r->ftp, POLLIN, 0 }, [IRC] = { r->irc, POLLIN, 0 },
	};

	for (size_t i = 0; i < nitems(r->talk); i++)
		p[FIRST_TALK + i] = (struct pollfd){ r->talk[i].fd, POLLIN, 0 };
	poll(p, nitems(p), r->queries ? STEP_MS : 100);
	take_frames(r);
	if (p[CONSOLE].revents)
		read_console(r);
	if (p[UDP].revents)
		answer_once(r);
	if (p[FTP].revents)
		take_talk(r, r->ftp, false);
	if (p[IRC].revents)
		take_talk(r, r->irc, true);
	for (size_t i = 0; i < nitems(r->talk); i++)
		if (r->talk[i].fd >= 0 && p[FIRST_TALK + i].revents)
			answer_talk(&r->talk[i]);
	ask_reflector(r);
}

/* A frame that was not counted may have been the one. */
static int none_lost(const struct run *r)
{
	uint64_t lab = 0, plugs = 0;

	must(watch_lost(r->lab, &lab), "watching the lab");
	must(watch_lost(r->plugs, &plugs), "watching the gateway");
	if (lab + plugs)
		log_error("%lu frames came faster than they could be counted: nothing is proved", lab + plugs);
	return lab + plugs ? CLI_FAILED : CLI_OK;
}

static void run_fini(struct run *r)
{
	int *const fds[] = { &r->lab, &r->plugs, &r->udp, &r->ftp, &r->irc, &r->query };

	for (size_t i = 0; i < nitems(fds); i++)
		close_fd(fds[i]);
	for (size_t i = 0; i < nitems(r->talk); i++)
		close_fd(&r->talk[i].fd);
}

int selftest_follow(const struct field *f, struct judge *j)
{
	struct run r = { .f = f, .j = j, .query = -1, .now = -1, .since_us = mono_us() };
	uint64_t begun_us = 0, late_us;
	int code;

	for (size_t i = 0; i < nitems(r.talk); i++)
		r.talk[i].fd = -1;
	open_lab(&r);
	while (!r.done) {
		uint64_t now = mono_us();

		step(&r);
		begun_us = begun_us || !r.begun ? begun_us : now;
		if (!begun_us)
			progress_show("selftest", "the throw-away honeypot starts", r.since_us);
		if (begun_us ? now - begun_us > ALL_US : now - r.since_us > BEGIN_US)
			die("the throw-away honeypot %s", begun_us ? "does not come to an end" : "did not begin in time");
	}
	for (late_us = mono_us() + LATE_US; mono_us() < late_us;)
		step(&r);
	progress_done("selftest", "", r.since_us);
	code = none_lost(&r);
	run_fini(&r);
	return code;
}
