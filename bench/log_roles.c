/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * roles - what of a honeynet logs: bench_roles SKEP STATE sqlite|mariadb
 *
 * Starts the roles recorder, capture and (mariadb) index of the program SKEP in the folder STATE, as the
 * master does, and gives them what priv would: the log server's sockets, at 127.0.0.1:514 of the network
 * namespace it is run in. Honeypots are only addresses, 127.0.1.1 and up: whoever sends from there is one.
 *
 * Says its roles' process ids, then waits until its standard input ends, and ends them, in order.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/gateway.h"
#include "net/listen.h"
#include "record/chain_state.h"
#include "roles/inboxes.h"
#include "run/role.h"
#include "run/sandbox.h"

enum { HONEYPOTS = 8, LOOPBACK = 0x7f000001, FIRST = 0x7f000101 };

struct child {
	pid_t pid;
	int chan;
};

static int must(int r, const char *what)
{
	if (r < 0)
		die("%s: %s", what, strerror(-r));
	return r;
}

/* --- the folder and the plan ------------------------------------------------------------------ */

static void make_folder(const char *state, const char *below, uid_t uid)
{
	_free_ char *path = xasprintf("%s/%s", state, below);

	if ((mkdir(path, 0755) < 0 && errno != EEXIST) || chown(path, uid, uid) < 0)
		die("%s: %s", path, strerror(errno));
}

static void make_chain(const char *state)
{
	_free_ char *path = xasprintf("%s/evidence/journal", state);
	_fd_ int journal = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint8_t secret[CHAIN_SECRET];

	must(journal < 0 ? -errno : 0, path);
	randombytes_buf(secret, sizeof(secret));
	must(chain_state_make(journal, secret, false), "chain");
}

static int make_plan(const char *state, const char *store)
{
	struct plan *p = xcalloc(1, sizeof(*p));
	int fd;

	p->epoch = now_us();
	p->net.firewall_address = LOOPBACK;
	p->net.n_honeypots = HONEYPOTS;
	for (uint32_t i = 0; i < HONEYPOTS; i++) {
		snprintf(p->net.honeypot[i].name, NAME_SIZE, "www%u", i);
		p->net.honeypot[i].address = FIRST + i;
	}
	if (!str_copy(p->state, state, sizeof(p->state)) || !str_copy(p->net.store, store, sizeof(p->net.store)))
		die("too long");
	fd = must(plan_seal(p), "plan");
	free(p);
	return fd;
}

/* --- roles ------------------------------------------------------------------------------------ */

static _Noreturn void become(const char *skep, const char *role, int chan, int plan)
{
	int c = fcntl(chan, F_DUPFD, 64), p = fcntl(plan, F_DUPFD, 64);

	if (c < 0 || p < 0 || dup2(c, ROLE_FD_MASTER) < 0 || dup2(p, ROLE_FD_PLAN) < 0 ||
	    close_range(ROLE_FD_PLAN + 1, ~0U, 0) < 0)
		_exit(1);
	execl(skep, "skep", "role", role, (char *)NULL);
	_exit(127);
}

static struct child start(const char *skep, const char *role, int plan)
{
	static struct chan_buf buf;
	struct child c;
	struct msg m = { 0 };
	int pair[2];

	must(chan_pair(pair), "channel");
	c = (struct child){ .pid = fork(), .chan = pair[0] };
	if (c.pid == 0)
		become(skep, role, pair[1], plan);
	close(pair[1]);
	poll(&(struct pollfd){ .fd = c.chan, .events = POLLIN }, 1, -1);
	if (chan_recv(c.chan, &buf, &m) != 1 || m.type != MSG_READY)
		die("%s does not start", role);
	return c;
}

/* say() - closes @fd */
static void say(const struct child *to, enum msg_type type, const struct text *body, int fd)
{
	must(chan_send_wait(to->chan, type, body, fd), "a role");
	close_fd(&fd);
}

static void connect_to(const struct child *a, enum role_id b_is, int fd)
{
	_text_ struct text t = { 0 };

	put_u8(&t, (uint8_t)b_is);
	say(a, MSG_PEER, &t, fd);
}

static void give(const struct child *capture, enum source_kind kind, uint32_t index, int fd)
{
	_text_ struct text t = { 0 };

	put_u8(&t, (uint8_t)kind);
	put_u32(&t, index);
	say(capture, MSG_SOURCE, &t, must(fd, "source"));
}

static void give_sources(const struct child *capture)
{
	struct gateway here = { .gw = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), .lab = -1 };

	give(capture, SOURCE_KIND_INBOX, INBOX_SYSLOG, inbox_make(&inbox_forms[INBOX_SYSLOG]));
	give(capture, SOURCE_KIND_SYSLOG_UDP, 0, log_udp_open(&here, LOOPBACK));
	give(capture, SOURCE_KIND_SYSLOG_TCP, 0, log_tcp_open(&here, LOOPBACK));
	say(capture, MSG_START, NULL, -1);
	close(here.gw);
}

static void stop(const struct child *c)
{
	say(c, MSG_STOP, NULL, -1);
	waitpid(c->pid, NULL, 0);
}

int main(int argc, char **argv)
{
	static const struct { const char *below; int role; } folders[] = {
		{ "", -1 }, { "run", -1 }, { "run/empty", -1 }, { "evidence", ROLE_RECORDER },
		{ "evidence/journal", ROLE_RECORDER }, { "evidence/samples", ROLE_RECORDER },
	};
	bool mariadb = argc == 4 && !strcmp(argv[3], "mariadb");
	struct child recorder, capture, index = { 0 };
	int plan, pair[2];
	char byte;

	if (argc != 4 || sodium_init() < 0) {
		fprintf(stderr, "usage: bench_roles SKEP STATE sqlite|mariadb\n");
		return 2;
	}
	for (size_t i = 0; i < nitems(folders); i++)
		make_folder(argv[2], folders[i].below, folders[i].role < 0 ? 0 : SKEP_UID + (uid_t)folders[i].role);
	make_chain(argv[2]);
	plan = make_plan(argv[2], argv[3]);
	recorder = start(argv[1], "recorder", plan);
	capture = start(argv[1], "capture", plan);
	must(chan_pair(pair), "channel");
	connect_to(&recorder, ROLE_CAPTURE, pair[0]);
	connect_to(&capture, ROLE_RECORDER, pair[1]);
	give_sources(&capture);
	if (mariadb)
		index = start(argv[1], "index", plan);
	printf("%d %d", capture.pid, recorder.pid);
	if (mariadb)
		printf(" %d", index.pid);
	printf("\n");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	stop(&capture);
	stop(&recorder);
	if (mariadb)
		stop(&index);
	return 0;
}
