/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * index - from the journal into MariaDB, when the honeynet has one. Nothing waits for it: a database
 * that is slow, full or gone is behind, and catches up.
 *
 * Its root is a folder of mounts: the journal, and what the way to the database needs, all read-only.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "database.h"
#include "feed.h"
#include "model/store_url.h"
#include "roles.h"
#include "run/role.h"
#include "run/sandbox.h"
#include "store/store.h"

enum {
	REST_MIN_US = 5 * 1000, REST_MAX_US = 100 * 1000,	/* at the journal's end: look again after; longer each time */
	BACKOFF_MIN_US = 200 * 1000, BACKOFF_MAX_US = 10 * 1000 * 1000,
	LAST_US = 3 * 1000 * 1000,	/* for what is missing when it has to stop */
};

struct index {
	struct role role;
	struct feed feed;
	struct text url;
	bool complained;		/* about this outage */
	uint64_t backoff_us, rest_us, told_left_out;
	sd_event_source *timer;
};

/* --- work ------------------------------------------------------------------------------------- */

static void trouble(struct index *x, int e)
{
	const char *words = e == -ESTALE ? "it holds another journal's records, or newer ones: skep db rebuild --force" :
			    store_error(x->feed.store);

	if (!x->complained)
		log_warn("the database does not take records (they are in the journal): %s",
			 *words ? words : strerror(-e));
	x->complained = true;
	feed_close(&x->feed);
	x->backoff_us = x->backoff_us ? x->backoff_us * 2 : BACKOFF_MIN_US;
	if (x->backoff_us > BACKOFF_MAX_US)
		x->backoff_us = BACKOFF_MAX_US;
}

static void report_left_out(struct index *x)
{
	uint64_t n = x->feed.left_out - x->told_left_out;

	if (n)
		log_warn("%" PRIu64 " lines of the journal are no records for the database; the last one: %s, byte %" PRIu64,
			 n, x->feed.bad.file, x->feed.bad.offset);
	x->told_left_out = x->feed.left_out;
}

static int open_database(struct index *x)
{
	int e = feed_open(&x->feed, text_str(&x->url));

	if (e == 0 && x->complained)
		log_info("the database is there again");
	if (e == 0)
		x->complained = false;
	return e;
}

/* step() - one batch; after how long the next one is due */
static uint64_t step(struct index *x)
{
	int n = x->feed.store ? 0 : open_database(x);

	if (n == 0)
		n = feed_some(&x->feed);
	if (n < 0) {
		trouble(x, n);
		return x->backoff_us;
	}
	x->backoff_us = 0;
	report_left_out(x);
	x->rest_us = n ? REST_MIN_US : x->rest_us * 2 < REST_MAX_US ? x->rest_us * 2 : REST_MAX_US;
	return n ? 0 : x->rest_us;
}

static int due(sd_event_source *src, uint64_t usec, void *userdata)
{
	uint64_t wait = step(userdata);

	(void)usec;
	sd_event_source_set_time_relative(src, wait);
	return sd_event_source_set_enabled(src, SD_EVENT_ONESHOT);
}

/* The recorder ended before us: what it wrote last comes in too, if the database is there. */
static int stop(struct index *x)
{
	uint64_t until = mono_us() + LAST_US;

	while (x->feed.store && mono_us() < until && step(x) == 0)
		;
	feed_close(&x->feed);
	return sd_event_exit(x->role.loop, 0);
}

static int from_master(struct peer *peer, struct msg *m)
{
	struct role *role = peer->owner;
	int r = -EBADMSG;

	switch (m->type) {
	case MSG_PLAN: r = role_take_plan(role, m); break;
	case MSG_STOP: r = stop(role->self); break;
	}
	close_fd(&m->fd);
	return r;
}

/* --- the root folder -------------------------------------------------------------------------- */

static void must(int r, const char *what)
{
	if (r < 0)
		die("%s: %s", what, strerror(errno));
}

/* show() - @path of the machine as @name of the root folder, which has its parents made */
static void show(const char *root, const char *path, const char *name)
{
	_free_ char *to = xasprintf("%s%s", root, name);
	struct stat st;
	int fd;

	if (stat(path, &st) < 0)
		return;		/* what it is needed for will say so */
	for (char *slash = to + strlen(root) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		if (mkdir(to, 0755) < 0 && errno != EEXIST)
			die("%s: %s", to, strerror(errno));
	}
	if (S_ISDIR(st.st_mode))
		must(mkdir(to, 0755), to);
	else {
		fd = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
		must(fd, to);
		close(fd);
	}
	must(mount(path, to, NULL, MS_BIND, NULL), path);
	must(mount(NULL, to, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL), path);
}

static void show_private(const struct plan *p, const char *root)
{
	_free_ char *run = xasprintf("%s/mariadb/run", p->state), *password = xasprintf("%s/mariadb/index.password", p->state);

	show(root, run, "/mariadb/run");
	show(root, password, "/mariadb/index.password");
}

/* A server elsewhere: its name must be found, its certificate checked. */
static void show_foreign(const struct plan *p, const char *root)
{
	static const char *const files[] = { "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/ssl/certs",
					     "/usr/share/ca-certificates" };
	_free_ struct store_url *u = xcalloc(1, sizeof(*u));
	char error[STORE_URL_ERROR];

	if (store_url_parse(p->net.store, u, error) < 0)
		die("store: %s", error);
	for (size_t i = 0; i < nitems(files); i++)
		show(root, files[i], files[i]);
	if (u->password_file[0])
		show(root, u->password_file, u->password_file);
	if (u->ca[0])
		show(root, u->ca, u->ca);
	if (u->socket[0]) {	/* its folder: each start of the server makes another one */
		*strrchr(u->socket, '/') = '\0';
		show(root, u->socket, u->socket);
	}
}

/* make_root() - in a mount namespace of our own, over a folder that is empty */
static void make_root(const struct plan *p, const char *root)
{
	_free_ char *journal = xasprintf("%s/evidence/journal", p->state);

	umask(0022);	/* the folders are for a user without rights */
	must(unshare(CLONE_NEWNS), "namespaces");
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "mounts");
	must(mount("index", root, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=755,size=64k"), root);
	show(root, journal, "/journal");
	if (database_private(p))
		show_private(p, root);
	else
		show_foreign(p, root);
}

int index_main(void)
{
	static struct index x;
	_free_ char *root = NULL;

	role_begin(&x.role, "index", from_master, &x);
	root = xasprintf("%s/run/empty", x.role.plan->state);
	make_root(x.role.plan, root);
	role_confine(&x.role, &(struct sandbox){
		.uid = SKEP_UID + ROLE_INDEX, .gid = SKEP_UID + ROLE_RECORDER, .root = root,
		.unshare = CLONE_NEWIPC | (database_private(x.role.plan) ? CLONE_NEWNET : 0),
	});
	x.feed = (struct feed){ .journal = open("/journal", O_RDONLY | O_DIRECTORY | O_CLOEXEC), .plan = x.role.plan };
	must(x.feed.journal, "journal");
	database_url(x.role.plan, "", DB_INDEX, &x.url);
	if (sd_event_add_time_relative(x.role.loop, &x.timer, CLOCK_MONOTONIC, 0, 1000, due, &x) < 0)
		die("timer");
	peer_say(&x.role.master, MSG_READY, NULL, -1);
	return role_loop(&x.role);
}
