/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/mem.h"
#include "nids/complaint.h"
#include "state.h"

extern char **environ;

enum { SAID_MAX = 4 * 1024 * 1024 };

static const char *const ours[] = { NIDS_RULES, NIDS_CLASSES, "reference.config", "threshold.config" };

/* What one configuration is made of: paths that struct nids only lends. */
struct paths {
	char *rules, *log, *run, *config;
	const char *user[MAX_RULE_FILES];
};

static void paths_fini(struct paths *p)
{
	free(p->rules);
	free(p->log);
	free(p->run);
	free(p->config);
}

#define _paths_ __attribute__((cleanup(paths_fini)))

static struct nids describe(const struct honeynet *n, const struct paths *p)
{
	return (struct nids){
		.interface = RULES_INTERFACE, .network = n->network, .prefix = n->prefix,
		.gateway = n->firewall_address, .rules_dir = p->rules, .rules = p->user, .n_rules = n->nids.n_rules,
		.log_dir = p->log, .run_dir = p->run, .config = p->config,
	};
}

/* The files where their owners keep them. */
static struct paths at_home(const struct honeynet *n)
{
	struct paths p = { .rules = data_path("etc/rules"), .log = state_path(STATE_NIDS_EVE),
			   .run = state_path(STATE_NIDS_OWN), .config = state_path(STATE_NIDS "/" NIDS_CONFIG) };

	for (size_t i = 0; i < n->nids.n_rules; i++)
		p.user[i] = n->nids.rules[i];
	return p;
}

void rules_config(const struct honeynet *n, struct text *ret_yaml)
{
	_paths_ struct paths p = at_home(n);
	struct nids nids = describe(n, &p);

	nids_config(&nids, ret_yaml);
}

static int write_all(int fd, const char *s, size_t n)
{
	while (n) {
		ssize_t w = write(fd, s, n);

		if (w < 0)
			return -errno;
		s += w;
		n -= (size_t)w;
	}
	return 0;
}

/* read_all() - up to @max bytes; what is more is read and forgotten, so that nobody waits for us */
static int read_all(int fd, size_t max, struct text *ret)
{
	char b[16384];

	for (;;) {
		ssize_t n = read(fd, b, sizeof(b));

		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0 && ret->len + (size_t)n <= max)
			text_addn(ret, b, (size_t)n);
	}
}

/* run() - a program, to its end; exit code, or -errno. What it says on both outputs is added to @said. */
static int run(const char *const *argv, struct text *said)
{
	posix_spawn_file_actions_t actions;
	int ends[2], status, r;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
	r = -posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	if (r == 0) {
		r = read_all(ends[0], SAID_MAX, said);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	close(ends[0]);
	return r < 0 ? r : WIFEXITED(status) ? WEXITSTATUS(status) : -ECHILD;
}

static int replace(const char *dir, const char *name, const struct text *content)
{
	_free_ char *path = xasprintf("%s/%s", dir, name), *new = xasprintf("%s/.new", dir);
	_fd_ int fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int r = fd < 0 ? -errno : write_all(fd, text_str(content), content->len);

	if (r == 0 && (fchmod(fd, 0644) < 0 || rename(new, path) < 0))
		r = -errno;
	return r;
}

static int copy(const char *from, const char *dir, const char *name)
{
	_text_ struct text content = { 0 };
	_fd_ int fd = open(from, O_RDONLY | O_CLOEXEC);
	int r = fd < 0 ? -errno : read_all(fd, SIZE_MAX, &content);

	return r < 0 ? r : replace(dir, name, &content);
}

static int copy_user_rules(const struct honeynet *n, const char *dir, struct paths *p, char **ret_what)
{
	static const char *const names[MAX_RULE_FILES] = {
		"user-1.rules", "user-2.rules", "user-3.rules", "user-4.rules",
		"user-5.rules", "user-6.rules", "user-7.rules", "user-8.rules",
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < n->nids.n_rules; i++) {
		r = copy(n->nids.rules[i], dir, names[i]);
		p->user[i] = r == 0 ? xasprintf("%s/%s", dir, names[i]) : NULL;
		if (r < 0)
			*ret_what = xstrdup(n->nids.rules[i]);
	}
	return r;
}

int rules_install(const struct honeynet *n, char **ret_what)
{
	_paths_ struct paths p = { .rules = state_path(STATE_NIDS), .log = state_path(STATE_NIDS_EVE),
				   .run = state_path(STATE_NIDS_OWN),
				   .config = state_path(STATE_NIDS "/" NIDS_CONFIG) };
	_text_ struct text yaml = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < nitems(ours); i++) {
		_free_ char *name = xasprintf("etc/rules/%s", ours[i]), *from = data_path(name);

		r = copy(from, p.rules, ours[i]);
		if (r < 0)
			*ret_what = xstrdup(from);
	}
	if (r == 0)
		r = copy_user_rules(n, p.rules, &p, ret_what);
	if (r == 0) {
		struct nids nids = describe(n, &p);

		nids_config(&nids, &yaml);
		r = replace(p.rules, NIDS_CONFIG, &yaml);
		if (r < 0)
			*ret_what = xstrdup(p.config);
	}
	for (size_t i = 0; i < n->nids.n_rules; i++)
		free((char *)p.user[i]);
	return r;
}

static int list_complaints(const struct text *said, struct text *ret)
{
	struct span rest = { text_str(said), said->len };
	struct nids_complaint c;
	int n = 0;

	for (; nids_complaint_next(&rest, &c); n++) {
		text_safe(ret, c.file.at, c.file.len);
		if (c.line)
			text_addf(ret, ":%u", c.line);
		text_add(ret, c.file.len ? ": " : "");
		text_safe(ret, c.text.at, c.text.len);
		text_addc(ret, '\n');
	}
	return n;
}

/* Suricata makes an empty eve.json even when it only checks: in a folder that goes again. */
static int check_in(const char *scratch, const struct honeynet *n, struct text *said)
{
	_paths_ struct paths p = at_home(n);
	_free_ char *config = xasprintf("%s/" NIDS_CONFIG, scratch), *eve = xasprintf("%s/" NIDS_EVE, scratch);
	_text_ struct text yaml = { 0 };
	struct nids nids = describe(n, &p);
	const char *argv[NIDS_ARGV_MAX];
	int r;

	nids.config = config;
	nids_config(&nids, &yaml);
	r = replace(scratch, NIDS_CONFIG, &yaml);
	if (r == 0 && !nids_check_argv(&nids, scratch, argv, nitems(argv)))
		r = -E2BIG;
	if (r == 0)
		r = run(argv, said);
	unlink(config);
	unlink(eve);
	return r;
}

int rules_check(const struct honeynet *n, struct text *ret_complaints)
{
	char scratch[] = "/tmp/skep-rules-XXXXXX";
	_text_ struct text said = { 0 };
	int r, count;

	if (!mkdtemp(scratch))
		return -errno;
	r = check_in(scratch, n, &said);
	rmdir(scratch);
	if (r < 0)
		return r;
	count = list_complaints(&said, ret_complaints);
	if (r && !count) {		/* it failed, and not because of a rule */
		text_safe(ret_complaints, text_str(&said), said.len);
		text_addc(ret_complaints, '\n');
		return 1;
	}
	return count;
}
