/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The NIDS as a service: Suricata on the honeynet's bridge, its rules, and its EVE files. Likewise the prevention, another
 * Suricata with a folder, a user and numbers of its own.
 *
 * "eve.json", which Suricata opens, is a link to eve.NUMBER.json; to rotate, the link is changed and
 * Suricata told to open it again. It does so with its next line, so the old file is complete when the
 * new one is not empty, and then that one is given out. A number is never used twice (it is at least
 * the time, in minutes), so it names a place in all that was ever written, and whoever reads goes on
 * where he was, over restarts of everybody.
 *
 * Suricata parses every packet and its folders are its own: what is found there may be an enemy's.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "nids/files.h"
#include "run/sandbox.h"
#include "service.h"

enum {
	ROTATE_BYTES = 64 * 1024 * 1024,
	ROTATE_MINUTES = 60,
	KEPT = 8,		/* files behind the one that is written: what matters is in the journal */
	MAX_FILES = 64,
};
#define NUMBER_SINCE_S 1577836800ULL	/* 2020-01-01: numbers have 24 bits */

static bool prevents(const struct service_run *run)
{
	return run->id == SERVICE_INLINE;
}

static char *log_path(const struct service_run *run, const char *name)
{
	return xasprintf("%s/%s/log/%s", run->plan->state, nids_folder(prevents(run)), name);
}

static char *eve_path(const struct service_run *run, uint32_t number)
{
	return xasprintf("%s/%s/log/eve.%u.json", run->plan->state, nids_folder(prevents(run)), number);
}

static int is_eve(const struct dirent *d)
{
	unsigned number;
	int end = 0;

	return sscanf(d->d_name, "eve.%u.json%n", &number, &end) == 1 && end && !d->d_name[end];
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* eve_files() - their numbers, smallest first; how many, at most MAX_FILES (then the newest) */
static size_t eve_files(const struct service_run *run, uint32_t ret[MAX_FILES])
{
	_free_ char *path = log_path(run, "");
	struct dirent **names = NULL;
	int n = scandir(path, &names, is_eve, NULL);
	_free_ uint32_t *all = xcalloc(n > 0 ? (size_t)n : 1, sizeof(*all));
	size_t have = 0, skip;

	for (int i = 0; i < n; i++) {
		if (sscanf(names[i]->d_name, "eve.%u.json", &all[have]) == 1)
			have++;
		free(names[i]);
	}
	free(names);
	qsort(all, have, sizeof(*all), by_number);
	skip = have > MAX_FILES ? have - MAX_FILES : 0;
	memcpy(ret, all + skip, (have - skip) * sizeof(*all));
	return have - skip;
}

/* eve_open() - *@ret_size bytes for reading, if it is a file of Suricata's at all; or -errno */
static int eve_open(const struct service_run *run, uint32_t number, off_t *ret_size)
{
	_free_ char *path = eve_path(run, number);
	_fd_ int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_uid != service_uid(run->id))
		return -EPERM;
	*ret_size = st.st_size;
	return steal_fd(&fd);
}

/* lead_to() - "eve.json" is this one from now on */
static int lead_to(const struct service_run *run, uint32_t number)
{
	_free_ char *target = xasprintf("eve.%u.json", number), *link = log_path(run, "eve.json");
	_free_ char *fresh = log_path(run, "eve.json.new");

	unlink(fresh);
	return symlink(target, fresh) < 0 || rename(fresh, link) < 0 ? -errno : 0;
}

/* new_file() - the next one is made, the oldest go */
static int new_file(const struct service_run *run)
{
	uint32_t number[MAX_FILES], next = (uint32_t)((now_us() / 1000000 - NUMBER_SINCE_S) / 60);
	size_t n = eve_files(run, number);
	_free_ char *path = NULL;
	_fd_ int fd = -1;
	off_t size = 1;

	fd = n ? eve_open(run, number[n - 1], &size) : -1;
	if (fd >= 0 && !size)	/* nothing was ever written into the newest */
		return lead_to(run, number[n - 1]);
	close_fd(&fd);
	if (n && number[n - 1] >= next)
		next = number[n - 1] + 1;
	path = eve_path(run, next);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (fd < 0 || fchown(fd, service_uid(run->id), service_uid(run->id)) < 0)
		return -errno;
	for (size_t i = 0; i + KEPT < n; i++) {
		_free_ char *old = eve_path(run, number[i]);

		unlink(old);
	}
	return lead_to(run, next);
}

static void give_file(struct service_run *run, uint32_t number)
{
	off_t size = 0;
	_fd_ int fd = eve_open(run, number, &size);

	if (fd < 0)
		log_warn("eve.%u.json: %s", number, strerror(-fd));
	else if (size) {
		run->give(run->arg, prevents(run) ? SOURCE_KIND_INLINE : SOURCE_KIND_EVE, number, fd);
		run->given = number;
	}
}

static void give_all(struct service_run *run)
{
	uint32_t number[MAX_FILES];
	size_t n = eve_files(run, number);

	run->given = 0;
	for (size_t i = 0; i < n; i++)
		give_file(run, number[i]);
}

static void tend(struct service_run *run)
{
	uint32_t number[MAX_FILES];
	size_t n = eve_files(run, number);
	uint64_t minute = (now_us() / 1000000 - NUMBER_SINCE_S) / 60;
	off_t size = 0;
	_fd_ int fd = n ? eve_open(run, number[n - 1], &size) : -1;
	int next;

	if (fd < 0 || !size)
		return;
	if (number[n - 1] > run->given)
		give_file(run, number[n - 1]);
	if (size < ROTATE_BYTES && minute < number[n - 1] + ROTATE_MINUTES)
		return;
	next = new_file(run);
	if (next < 0)
		log_warn("the NIDS's file cannot be rotated: %s", strerror(-next));
	else
		kill(run->pid, SIGHUP);
}

/* --- start ------------------------------------------------------------------------------------ */

static int make_folder(const char *path, uid_t uid)
{
	if ((mkdir(path, 0700) < 0 && errno != EEXIST) || lchown(path, uid, uid) < 0)
		return -errno;
	return 0;
}

/* copy_rules() - ours and the users', as they are now. One of a user's that cannot be read is left out, loudly. */
static int copy_rules(const struct plan *p, const struct nids_files *f)
{
	int r = nids_copy_ours(f, p->rules);

	for (uint32_t i = 0; r == 0 && i < f->nids.n_rules; i++) {
		int e = nids_copy_users(f, i);

		if (e < 0)
			log_warn("rules %s are left out: %s", f->users[i], strerror(-e));
	}
	return r;
}

static int prepare(const struct service_run *run, const char **ret_what)
{
	const struct plan *p = run->plan;
	_nids_files_ struct nids_files f;
	int r;

	nids_files_init(&f, &p->net, p->state, prevents(run));
	*ret_what = "its folders";
	r = make_folder(f.log_dir, service_uid(run->id));
	if (r == 0)
		r = make_folder(f.run_dir, service_uid(run->id));
	*ret_what = "its rules";
	if (r == 0)
		r = copy_rules(p, &f);
	*ret_what = "its configuration";
	if (r == 0)
		r = nids_write_config(&f);
	*ret_what = "its log";
	if (r == 0)
		r = new_file(run);
	return r;
}

static int command(const struct service_run *run, unsigned step, struct command *ret)
{
	_nids_files_ struct nids_files f;
	const char *argv[NIDS_ARGV_MAX + 1];
	size_t n;

	(void)step;
	nids_files_init(&f, &run->plan->net, run->plan->state, prevents(run));
	n = nids_argv(&f.nids, argv, nitems(argv));
	for (size_t i = 0; i < n; i++)
		command_add(ret, argv[i]);
	return n ? 0 : -E2BIG;
}

static bool answers(const struct service_run *run)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	_fd_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return snprintf(at.sun_path, sizeof(at.sun_path), "%s/%s/run/" NIDS_SOCKET, run->plan->state,
			nids_folder(prevents(run))) < (int)sizeof(at.sun_path) &&
	       fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0;
}

static bool wanted(const struct plan *p)
{
	return p->net.nids.enabled;
}

static bool inline_wanted(const struct plan *p)
{
	return honeynet_prevents(&p->net);
}

const struct service_ops service_nids = {
	.name = "suricata", .wanted = wanted, .caps = 1ULL << CAP_NET_RAW, .prepare = prepare, .command = command,
	.answers = answers, .tend = tend, .give_all = give_all,
};

/*
 * Who reads a queue and says what becomes of its packets must be allowed to change the network: the kernel knows no less.
 * What that right is good for beside netfilter is taken away: traffic control and BPF programs, which the brake is made of, and
 * sockets to anybody. A ring of requests would make these calls unseen.
 */
static int inline_confine(void)
{
	static const int never[] = { SCMP_SYS(bpf), SCMP_SYS(setns), SCMP_SYS(unshare), SCMP_SYS(ptrace), SCMP_SYS(io_uring_setup) };
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
	int r = f ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < nitems(never); i++)
		r = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), never[i], 0);
	for (unsigned family = 0; r == 0 && family < AF_MAX; family++)
		if (family != AF_UNIX && family != AF_NETLINK)
			r = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1, SCMP_A0_32(SCMP_CMP_EQ, family));
	if (r == 0)
		r = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 2, SCMP_A0_32(SCMP_CMP_EQ, AF_NETLINK),
				     SCMP_A2_32(SCMP_CMP_NE, NETLINK_NETFILTER));
	if (r == 0)
		r = seccomp_load(f);
	seccomp_release(f);
	return r;
}

const struct service_ops service_inline = {
	.name = "prevention", .wanted = inline_wanted, .caps = 1ULL << CAP_NET_ADMIN, .confine = inline_confine,
	.prepare = prepare, .command = command, .answers = answers, .tend = tend, .give_all = give_all,
};
