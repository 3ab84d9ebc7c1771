/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/mem.h"
#include "nids/complaint.h"
#include "nids/files.h"
#include "nids/rule.h"
#include "state.h"

extern char **environ;

enum { SAID_MAX = 4 * 1024 * 1024, RULES_FILE_MAX = 256 * 1024 * 1024 };

/* What it would run with, were it allowed to read the files where they are; @f lends it. */
static struct nids at_home(const struct honeynet *n, bool prevents, struct nids_files *f, char *rules)
{
	struct nids nids;

	nids_files_init(f, n, state_dir(), prevents);
	nids = f->nids;
	nids.rules_dir = rules;
	for (size_t i = 0; i < nids.n_rules; i++) {
		free(f->rules[i]);
		f->rules[i] = xstrdup(f->users[i]);
	}
	return nids;
}

void rules_config(const struct honeynet *n, bool prevents, struct text *ret_yaml)
{
	_nids_files_ struct nids_files f;
	_free_ char *rules = data_path(DATA_RULES);
	struct nids nids = at_home(n, prevents, &f, rules);

	nids_config(&nids, ret_yaml);
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
static int check_in(const char *scratch, const struct honeynet *n, bool prevents, struct text *said)
{
	_free_ char *config = xasprintf("%s/suricata.yaml", scratch), *eve = xasprintf("%s/" NIDS_EVE, scratch);
	const struct nids nids = { .prevents = prevents, .config = config };
	const char *argv[NIDS_ARGV_MAX];
	_text_ struct text yaml = { 0 };
	_fd_ int fd = open(config, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int r = fd < 0 ? -errno : 0;

	rules_config(n, prevents, &yaml);
	if (r == 0 && write(fd, yaml.at, yaml.len) != (ssize_t)yaml.len)
		r = -EIO;
	if (r == 0 && !nids_check_argv(&nids, scratch, argv, nitems(argv)))
		r = -E2BIG;
	if (r == 0)
		r = run(argv, said);
	unlink(config);
	unlink(eve);
	return r;
}

static int check(const struct honeynet *n, bool prevents, struct text *ret_complaints)
{
	char scratch[] = "/tmp/skep-rules-XXXXXX";
	_text_ struct text said = { 0 };
	int r, count;

	if (!mkdtemp(scratch))
		return -errno;
	r = check_in(scratch, n, prevents, &said);
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

int rules_check(const struct honeynet *n, struct text *ret_complaints)
{
	int watches = check(n, false, ret_complaints), prevents = 0;

	if (watches < 0 || n->nids.prevention.mode == INLINE_OFF)
		return watches;
	prevents = check(n, true, ret_complaints);
	return prevents < 0 ? prevents : watches + prevents + rules_prevent(n, ret_complaints);
}

/* A file that cannot be read is Suricata's complaint, too. */
static int look_at_deeds(const char *path, struct text *ret_complaints)
{
	_text_ struct text rules = { 0 };
	_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct rule_reader reader = { 0 };
	struct rule_head h;
	int n = 0;

	if (fd < 0 || file_read(fd, RULES_FILE_MAX, &rules) < 0)
		return 0;
	reader.rest = (struct span){ text_str(&rules), rules.len };
	while (rule_next(&reader, &h)) {
		if (rule_prevents(&h))
			continue;
		text_safe(ret_complaints, path, strlen(path));
		text_addf(ret_complaints, ":%u: a rule of the prevention drops, or is an alert with replace\n", h.line);
		n++;
	}
	return n;
}

int rules_prevent(const struct honeynet *n, struct text *ret_complaints)
{
	int count = 0;

	for (uint32_t i = 0; i < n->nids.prevention.n_rules; i++)
		count += look_at_deeds(n->nids.prevention.rules[i], ret_complaints);
	return count;
}

int rules_suricata_queues(void)
{
	static const char *const argv[] = { "suricata", "--build-info", NULL };
	static const char label[] = "NFQueue support:";
	_text_ struct text said = { 0 };
	int r = run(argv, &said);
	const char *at = r == 0 ? strstr(text_str(&said), label) : NULL;

	if (r < 0)
		return r;
	if (at)
		at += strlen(label);
	return at && !strncmp(at + strspn(at, " "), "yes", 3);
}
