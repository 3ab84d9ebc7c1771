/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The NIDS as a service: Suricata on the honeynet's bridge, its rules, and its EVE files.
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
#include "nids/nids.h"
#include "run/sandbox.h"
#include "service.h"

enum {
	ROTATE_BYTES = 64 * 1024 * 1024,
	ROTATE_MINUTES = 60,
	KEPT = 8,		/* files behind the one that is written: what matters is in the journal */
	MAX_FILES = 64,
};
#define NIDS_UID ((uid_t)SKEP_UID_SERVICE + SERVICE_NIDS)
#define NUMBER_SINCE_S 1577836800ULL	/* 2020-01-01: numbers have 24 bits */

static char *log_path(const struct plan *p, const char *name)
{
	return xasprintf("%s/nids/log/%s", p->state, name);
}

static char *eve_path(const struct plan *p, uint32_t number)
{
	return xasprintf("%s/nids/log/eve.%u.json", p->state, number);
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
static size_t eve_files(const struct plan *p, uint32_t ret[MAX_FILES])
{
	_free_ char *path = log_path(p, "");
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
static int eve_open(const struct plan *p, uint32_t number, off_t *ret_size)
{
	_free_ char *path = eve_path(p, number);
	_fd_ int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_uid != NIDS_UID)
		return -EPERM;
	*ret_size = st.st_size;
	return steal_fd(&fd);
}

/* lead_to() - "eve.json" is this one from now on */
static int lead_to(const struct plan *p, uint32_t number)
{
	_free_ char *target = xasprintf("eve.%u.json", number), *link = log_path(p, "eve.json");
	_free_ char *fresh = log_path(p, "eve.json.new");

	unlink(fresh);
	return symlink(target, fresh) < 0 || rename(fresh, link) < 0 ? -errno : 0;
}

/* new_file() - the next one is made, the oldest go */
static int new_file(const struct plan *p)
{
	uint32_t number[MAX_FILES], next = (uint32_t)((now_us() / 1000000 - NUMBER_SINCE_S) / 60);
	size_t n = eve_files(p, number);
	_free_ char *path = NULL;
	_fd_ int fd = -1;
	off_t size = 1;

	fd = n ? eve_open(p, number[n - 1], &size) : -1;
	if (fd >= 0 && !size)	/* nothing was ever written into the newest */
		return lead_to(p, number[n - 1]);
	close_fd(&fd);
	if (n && number[n - 1] >= next)
		next = number[n - 1] + 1;
	path = eve_path(p, next);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (fd < 0 || fchown(fd, NIDS_UID, NIDS_UID) < 0)
		return -errno;
	for (size_t i = 0; i + KEPT < n; i++) {
		_free_ char *old = eve_path(p, number[i]);

		unlink(old);
	}
	return lead_to(p, next);
}

static void give_file(struct service_run *run, uint32_t number)
{
	off_t size = 0;
	_fd_ int fd = eve_open(run->plan, number, &size);

	if (fd < 0)
		log_warn("eve.%u.json: %s", number, strerror(-fd));
	else if (size) {
		run->give(run->arg, SOURCE_KIND_EVE, number, fd);
		run->given = number;
	}
}

static void give_all(struct service_run *run)
{
	uint32_t number[MAX_FILES];
	size_t n = eve_files(run->plan, number);

	run->given = 0;
	for (size_t i = 0; i < n; i++)
		give_file(run, number[i]);
}

static void tend(struct service_run *run)
{
	uint32_t number[MAX_FILES];
	size_t n = eve_files(run->plan, number);
	uint64_t minute = (now_us() / 1000000 - NUMBER_SINCE_S) / 60;
	off_t size = 0;
	_fd_ int fd = n ? eve_open(run->plan, number[n - 1], &size) : -1;
	int next;

	if (fd < 0 || !size)
		return;
	if (number[n - 1] > run->given)
		give_file(run, number[n - 1]);
	if (size < ROTATE_BYTES && minute < number[n - 1] + ROTATE_MINUTES)
		return;
	next = new_file(run->plan);
	if (next < 0)
		log_warn("the NIDS's file cannot be rotated: %s", strerror(-next));
	else
		kill(run->pid, SIGHUP);
}

/* --- start ------------------------------------------------------------------------------------ */

/* What nids.h wants, and the room for its paths. Users' rules are numbered copies: Suricata reads only below
 * its own folder, and what it may read there is no decision of whoever may write a path into a file. */
struct nids_setup {
	struct nids nids;
	char *rules_dir, *log_dir, *run_dir, *config;
	char *rules[MAX_RULE_FILES];
};

static void setup_fini(struct nids_setup *s)
{
	for (size_t i = 0; i < s->nids.n_rules; i++)
		free(s->rules[i]);
	free(s->rules_dir);
	free(s->log_dir);
	free(s->run_dir);
	free(s->config);
}

static void setup_init(const struct plan *p, struct nids_setup *s)
{
	*s = (struct nids_setup){
		.rules_dir = xasprintf("%s/nids/rules", p->state), .log_dir = xasprintf("%s/nids/log", p->state),
		.run_dir = xasprintf("%s/nids/run", p->state), .config = xasprintf("%s/nids/suricata.yaml", p->state),
	};
	for (uint32_t i = 0; i < p->net.nids.n_rules; i++)
		s->rules[i] = xasprintf("%s/user.%u.rules", s->rules_dir, i);
	s->nids = (struct nids){
		.interface = "br0", .network = p->net.network, .prefix = p->net.prefix,
		.gateway = p->net.firewall_address, .rules_dir = s->rules_dir, .rules = (const char *const *)s->rules,
		.n_rules = p->net.nids.n_rules, .log_dir = s->log_dir, .run_dir = s->run_dir, .config = s->config,
	};
}

static int make_folder(const char *path, uid_t uid)
{
	if ((mkdir(path, 0700) < 0 && errno != EEXIST) || lchown(path, uid, uid) < 0)
		return -errno;
	return 0;
}

/* copy_file() - readable for all, replaced in one step; 0 or -errno */
static int copy_file(const char *from, const char *to)
{
	_free_ char *fresh = xasprintf("%s.new", to);
	_fd_ int in = open(from, O_RDONLY | O_CLOEXEC | O_NOCTTY), out = -1;
	char buf[65536];
	ssize_t n;

	if (in < 0)
		return -errno;
	unlink(fresh);
	out = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (out < 0)
		return -errno;
	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, (size_t)n) != n)
			return -EIO;
	return n < 0 || rename(fresh, to) < 0 ? -errno : 0;
}

/* copy_rules() - ours and the users', as they are now. One of a user's that cannot be read is left out, loudly. */
static int copy_rules(const struct plan *p, const struct nids_setup *s)
{
	static const char *const ours[] = { NIDS_RULES, NIDS_CLASSES, "reference.config", "threshold.config" };
	int r = 0;

	for (size_t i = 0; r == 0 && i < nitems(ours); i++) {
		_free_ char *from = xasprintf("%s/%s", p->rules, ours[i]), *to = xasprintf("%s/%s", s->rules_dir, ours[i]);

		r = copy_file(from, to);
	}
	for (uint32_t i = 0; r == 0 && i < p->net.nids.n_rules; i++) {
		int e = copy_file(p->net.nids.rules[i], s->rules[i]);

		if (e < 0)
			log_warn("rules %s are left out: %s", p->net.nids.rules[i], strerror(-e));
	}
	return r;
}

static int write_config(const struct nids_setup *s)
{
	_text_ struct text yaml = { 0 };
	_fd_ int fd = open(s->config, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);

	nids_config(&s->nids, &yaml);
	if (fd < 0)
		return -errno;
	return write(fd, yaml.at, yaml.len) == (ssize_t)yaml.len ? 0 : -EIO;
}

static int prepare(const struct plan *p, uid_t uid, const char **ret_what)
{
	__attribute__((cleanup(setup_fini))) struct nids_setup s;
	int r;

	setup_init(p, &s);
	*ret_what = "its folders";
	r = make_folder(s.log_dir, uid);
	if (r == 0)
		r = make_folder(s.run_dir, uid);
	*ret_what = "its rules";
	if (r == 0)
		r = copy_rules(p, &s);
	*ret_what = "its configuration";
	if (r == 0)
		r = write_config(&s);
	*ret_what = "its log";
	if (r == 0)
		r = new_file(p);
	return r;
}

static int command(const struct plan *p, unsigned step, struct command *ret)
{
	__attribute__((cleanup(setup_fini))) struct nids_setup s;
	const char *argv[NIDS_ARGV_MAX + 1];
	size_t n;

	(void)step;
	setup_init(p, &s);
	n = nids_argv(&s.nids, argv, nitems(argv));
	for (size_t i = 0; i < n; i++)
		command_add(ret, argv[i]);
	return n ? 0 : -E2BIG;
}

static bool answers(const struct plan *p)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	_fd_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return snprintf(at.sun_path, sizeof(at.sun_path), "%s/nids/run/" NIDS_SOCKET, p->state) <
		       (int)sizeof(at.sun_path) &&
	       fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0;
}

static bool wanted(const struct plan *p)
{
	return p->net.nids.enabled;
}

const struct service_ops service_nids = {
	.name = "suricata", .wanted = wanted, .caps = 1ULL << CAP_NET_RAW, .prepare = prepare, .command = command,
	.answers = answers, .tend = tend, .give_all = give_all,
};
