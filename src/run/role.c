/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "role.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "sandbox.h"

enum { SEALS = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL };

int plan_seal(const struct plan *p)
{
	_fd_ int fd = memfd_create("plan", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int r;

	if (fd < 0)
		return -errno;
	r = file_write(fd, p, sizeof(*p));
	if (r < 0)
		return r;
	if (fcntl(fd, F_ADD_SEALS, SEALS) < 0)
		return -errno;
	return steal_fd(&fd);
}

/* As long as a plan, and nobody can change it any more. */
static int look_at_plan(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	return st.st_size == sizeof(struct plan) && fcntl(fd, F_GET_SEALS) == SEALS ? 0 : -EBADMSG;
}

int plan_map(int fd, const struct plan **ret)
{
	int r = look_at_plan(fd);
	void *p;

	if (r < 0)
		return r;
	p = mmap(NULL, sizeof(struct plan), PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	*ret = p;
	return 0;
}

const struct plan *plan_unmap(const struct plan *p)
{
	if (p)
		munmap((void *)p, sizeof(*p));
	return NULL;
}

int plan_remap(int fd, const struct plan *at)
{
	int r = look_at_plan(fd);

	if (r < 0)
		return r;
	return mmap((void *)at, sizeof(*at), PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED ? -errno : 0;
}

static void master_gone(struct peer *p)
{
	struct role *r = p->owner;

	log_error("the master is gone");
	sd_event_exit(r->loop, 1);
}

void role_begin(struct role *r, const char *name, peer_handle_fn *handle, void *self)
{
	int e;

	log_name(name);
	prctl(PR_SET_NAME, name);
	signal(SIGPIPE, SIG_IGN);
	/* The master says when to stop: Ctrl-C at the terminal that started it reaches only it. */
	signal(SIGINT, SIG_IGN);
	fcntl(ROLE_FD_MASTER, F_SETFD, FD_CLOEXEC);
	*r = (struct role){ .name = name, .self = self };
	e = plan_map(ROLE_FD_PLAN, &r->plan);
	if (e < 0)
		die("plan: %s", strerror(-e));
	close(ROLE_FD_PLAN);
	e = sd_event_default(&r->loop);
	r->master = (struct peer){ .name = "master", .fd = -1, .kin = true, .handle = handle,
				   .gone = master_gone, .owner = r };
	if (e >= 0)
		e = peer_open(&r->master, r->loop, ROLE_FD_MASTER);
	if (e < 0)
		die("event loop: %s", strerror(-e));
}

void role_confine(const struct role *r, const struct sandbox *s)
{
	const char *what;
	int e = sandbox_enter(s, &what);

	if (e < 0)
		die("%s: cannot confine itself: %s: %s", r->name, what, strerror(-e));
}

int role_take_peer(const struct role *r, struct msg *m, enum role_id from, struct peer *to)
{
	uint8_t role = get_u8(&m->body);

	if (m->body.bad || role != from || m->fd < 0)
		return -EBADMSG;
	return peer_open(to, r->loop, steal_fd(&m->fd));
}

int role_take_plan(struct role *r, struct msg *m)
{
	return m->fd < 0 ? -EBADMSG : plan_remap(m->fd, r->plan);
}

int role_loop(struct role *r)
{
	int e = sd_event_loop(r->loop);

	return e < 0 ? 1 : e;
}
