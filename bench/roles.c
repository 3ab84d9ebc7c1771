/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "roles.h"

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

#include "base/log.h"
#include "base/mem.h"
#include "record/chain_state.h"
#include "run/role.h"
#include "run/sandbox.h"

int must(int r, const char *what)
{
	if (r < 0)
		die("%s: %s", what, strerror(-r));
	return r;
}

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

static void make_folders(const char *state)
{
	static const struct { const char *below; int role; } folders[] = {
		{ "", -1 }, { "run", -1 }, { "run/empty", -1 }, { "evidence", ROLE_RECORDER },
		{ "evidence/journal", ROLE_RECORDER }, { "evidence/samples", ROLE_RECORDER },
		{ "evidence/escapes", ROLE_RECORDER },
	};

	for (size_t i = 0; i < nitems(folders); i++)
		make_folder(state, folders[i].below, folders[i].role < 0 ? 0 : SKEP_UID + (uid_t)folders[i].role);
	make_chain(state);
}

static _Noreturn void become(const char *skep, const char *role, int chan, int plan)
{
	int c = fcntl(chan, F_DUPFD, 64), p = fcntl(plan, F_DUPFD, 64);

	if (c < 0 || p < 0 || dup2(c, ROLE_FD_MASTER) < 0 || dup2(p, ROLE_FD_PLAN) < 0 ||
	    close_range(ROLE_FD_PLAN + 1, ~0U, 0) < 0)
		_exit(1);
	execl(skep, "skep", "role", role, (char *)NULL);
	_exit(127);
}

static struct role_child start(const char *skep, const char *role, int plan)
{
	static struct chan_buf buf;
	struct role_child c;
	struct msg m = { 0 };
	int pair[2];

	must(chan_pair(pair), "channel");
	c = (struct role_child){ .pid = fork(), .chan = pair[0] };
	if (c.pid == 0)
		become(skep, role, pair[1], plan);
	close(pair[1]);
	poll(&(struct pollfd){ .fd = c.chan, .events = POLLIN }, 1, -1);
	if (chan_recv(c.chan, &buf, &m) != 1 || m.type != MSG_READY)
		die("%s does not start", role);
	return c;
}

/* say() - closes @fd */
static void say(const struct role_child *to, enum msg_type type, const struct text *body, int fd)
{
	must(chan_send_wait(to->chan, type, body, fd), "a role");
	close_fd(&fd);
}

static void connect_to(const struct role_child *a, enum role_id b_is, int fd)
{
	_text_ struct text t = { 0 };

	put_u8(&t, (uint8_t)b_is);
	say(a, MSG_PEER, &t, fd);
}

void roles_start(struct roles *r, const char *skep, const struct plan *p, bool index)
{
	int plan, pair[2];

	must(sodium_init(), "libsodium");
	make_folders(p->state);
	plan = must(plan_seal(p), "plan");
	r->recorder = start(skep, "recorder", plan);
	r->capture = start(skep, "capture", plan);
	must(chan_pair(pair), "channel");
	connect_to(&r->recorder, ROLE_CAPTURE, pair[0]);
	connect_to(&r->capture, ROLE_RECORDER, pair[1]);
	r->index = index ? start(skep, "index", plan) : (struct role_child){ 0 };
	close(plan);
}

void roles_give(const struct roles *r, enum source_kind kind, uint32_t index, int fd)
{
	_text_ struct text t = { 0 };

	put_u8(&t, (uint8_t)kind);
	put_u32(&t, index);
	say(&r->capture, MSG_SOURCE, &t, must(fd, "source"));
}

void roles_begin(const struct roles *r)
{
	say(&r->capture, MSG_START, NULL, -1);
}

static void stop(const struct role_child *c)
{
	if (!c->pid)
		return;
	say(c, MSG_STOP, NULL, -1);
	waitpid(c->pid, NULL, 0);
}

void roles_stop(const struct roles *r)
{
	stop(&r->capture);
	stop(&r->recorder);
	stop(&r->index);
}
