/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A honeypot's past: the same for the same seed, another for another, and all of it fits together. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utmpx.h>

#include "base/mem.h"
#include "content/content.h"
#include "content/dice.h"
#include "content/facts.h"
#include "model/honeynet.h"

enum { NOW = 1796000000, MOST = 512 };		/* 29 November 2026 */

struct item {
	struct content_item of;
	char *path;
	struct text data;
};

struct past {
	struct item item[MOST];
	size_t n;
};

static struct honeynet net;
static const uint8_t seed[CONTENT_SEED] = { 1 }, other_seed[CONTENT_SEED] = { 2 };

static const char *const recipes[] = { "apache", "roxen", "dns", "sendmail", "ftp", "telnet", "smb", "squid", "redis", "mine" };

static void keep(void *arg, const struct content_item *i)
{
	struct past *p = arg;
	struct item *to = &p->item[p->n];

	assert_true(p->n < MOST);
	*to = (struct item){ .of = *i, .path = xstrdup(i->path) };
	text_addn(&to->data, i->data.at, i->data.len);
	p->n++;
}

static void let_go(struct past *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->item[i].path);
		text_fini(&p->item[i].data);
	}
	p->n = 0;
}

#define _past_ __attribute__((cleanup(let_go)))

static void add_text(struct text *t, const char *path, const char *words)
{
	text_addf(t, "text %zu %s\n%s\n", strlen(words), path, words);
}

/* Facts as those of an image. */
static void facts_of(struct text *t)
{
	text_add(t, "package bash amd64 5.2.15-2+b13 1680000000\npackage openssl amd64 3.0.19-1~deb12u2 1790000000\n"
		    "package rsyslog amd64 8.2302.0-1+deb12u1 1684000000\npackage curl amd64 7.88.1-10+deb12u15 1795950000\n"
		    "package apache2 amd64 2.4.71-1~deb12u1 1788000000\npackage sendmail-bin amd64 8.17.1.9-2+deb12u2 1684000000\n"
		    "path 1095 /var/www/meridian/index.html\npath 790 /var/www/meridian/careers.html\npath - /etc/apache2\n"
		    "path 1457 /var/lib/dpkg/info/openssl.list\npath 700 /var/roxen/site/index.html\n");
	add_text(t, "/etc/debian_version", "12.15\n");
	add_text(t, "/etc/passwd", "root:x:0:0:root:/root:/bin/bash\nwww-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\n"
				   "roxen:x:999:997::/var/lib/roxen:/usr/sbin/nologin\n"
				   "webadmin:x:1000:33:Web content:/home/webadmin:/bin/bash\n"
				   "scanner:x:1001:1001::/home/scanner:/usr/sbin/nologin\n");
	add_text(t, "/etc/shadow", "root:*:20786:0:99999:7:::\nwebadmin:!:20786:0:99999:7:::\n");
	add_text(t, "/etc/group", "root:x:0:\nadm:x:4:\nmail:x:8:\nplans:x:1002:\nsudo:x:27:\nwww-data:x:33:\nshadow:x:42:\nutmp:x:43:\n");
	add_text(t, "/etc/gshadow", "root:*::\nsudo:*::\nshadow:*::\n");
	add_text(t, "/etc/crontab", "# m h dom mon dow user command\n17 *\t* * *\troot\tcd / && run-parts --report /etc/cron.hourly\n");
	add_text(t, "/etc/skel/.bashrc", "# ~/.bashrc\n");
	text_add(t, "file 0440 root root 22 /etc/sudoers.d/webadmin\nwebadmin ALL=(root) x\n\n"
		    "account webadmin - $6$salt$hash Web content\n");
}

static void make_at(struct past *p, const char *recipe, const uint8_t *from, int64_t now_s)
{
	_text_ struct text facts = { 0 };
	const struct content_of of = { .seed = from, .net = &net, .honeypot = 0, .release = "6.1.0-56-amd64", .now_s = now_s };
	struct content_of with = of;

	facts_of(&facts);
	with.facts = (struct span){ text_str(&facts), facts.len };
	snprintf(net.honeypot[0].image, sizeof(net.honeypot[0].image), "%s", recipe);
	assert_int_equal(content_make(&with, keep, p), 0);
}

static void make(struct past *p, const char *recipe, const uint8_t *from)
{
	make_at(p, recipe, from, NOW);
}

static const struct item *find(const struct past *p, enum content_kind kind, const char *path)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->item[i].of.kind == kind && !strcmp(p->item[i].path, path))
			return &p->item[i];
	return NULL;
}

static const char *words(const struct past *p, const char *path)
{
	const struct item *i = find(p, CONTENT_FILE, path);

	if (!i)
		fail_msg("there is no %s", path);
	return text_str(&i->data);
}

static bool same(const struct item *a, const struct item *b)
{
	return a->of.kind == b->of.kind && !strcmp(a->path, b->path) && a->of.mode == b->of.mode && a->of.uid == b->of.uid &&
	       a->of.gid == b->of.gid && a->of.time_ns == b->of.time_ns && a->data.len == b->data.len &&
	       !memcmp(text_str(&a->data), text_str(&b->data), a->data.len);
}

static int set_up(void **state)
{
	(void)state;
	net = (struct honeynet){ .network = 0x0a0a0a00, .prefix = 24, .n_honeypots = 1 };
	strcpy(net.honeypot[0].name, "Apache");
	strcpy(net.honeypot[0].hostname, "www");
	net.honeypot[0].n_honeytokens = 1;
	strcpy(net.honeypot[0].honeytoken[0], "/srv/plans.pdf");
	return 0;
}

static void the_same_seed_gives_the_same_bytes(void **state)
{
	(void)state;
	for (size_t r = 0; r < nitems(recipes); r++) {
		_past_ struct past a = { .n = 0 }, b = { .n = 0 };

		make(&a, recipes[r], seed);
		make(&b, recipes[r], seed);
		assert_int_equal(a.n, b.n);
		for (size_t i = 0; i < a.n; i++)
			if (!same(&a.item[i], &b.item[i]))
				fail_msg("%s: %s differs", recipes[r], a.item[i].path);
	}
}

/* Whatever a file says of people, days or numbers is another's. */
static void no_two_seeds_are_alike(void **state)
{
	static const char *const paths[] = { "/etc/passwd", "/etc/shadow", "/var/log/auth.log", "/var/log/syslog", "/var/log/wtmp",
					     "/var/log/dpkg.log", "/root/.ssh/id_ed25519", "/root/.aws/credentials",
					     "/etc/cron.d/disk-report", "/var/log/apache2/access.log" };
	_past_ struct past a = { .n = 0 }, b = { .n = 0 };

	(void)state;
	make(&a, "apache", seed);
	make(&b, "apache", other_seed);
	for (size_t i = 0; i < nitems(paths); i++)
		if (same(find(&a, CONTENT_FILE, paths[i]), find(&b, CONTENT_FILE, paths[i])))
			fail_msg("%s is the same", paths[i]);
}

static void all_of_it_is_past(void **state)
{
	(void)state;
	for (size_t r = 0; r < nitems(recipes); r++) {
		_past_ struct past p = { .n = 0 };

		make(&p, recipes[r], seed);
		for (size_t i = 0; i < p.n; i++) {
			const struct content_item *of = &p.item[i].of;

			if (of->kind != CONTENT_TOKEN && (of->time_ns / 1000000000 > NOW - 59 || of->time_ns < 1686355200ll * 1000000000))
				fail_msg("%s: %s is of %lld", recipes[r], p.item[i].path, (long long)of->time_ns);
			assert_int_equal(p.item[i].path[0], '/');
		}
	}
}

static void a_past_goes_on(void **state)
{
	_past_ struct past a = { .n = 0 }, b = { .n = 0 };
	const char *log, *line;
	size_t n = 0;

	(void)state;
	make_at(&a, "apache", seed, NOW);
	make_at(&b, "apache", seed, NOW + 2 * 86400);
	assert_true(same(find(&a, CONTENT_FILE, "/etc/passwd"), find(&b, CONTENT_FILE, "/etc/passwd")));
	assert_true(same(find(&a, CONTENT_FILE, "/root/.ssh/id_ed25519"), find(&b, CONTENT_FILE, "/root/.ssh/id_ed25519")));
	for (size_t i = 0; i < a.n; i++) {
		const struct item *x = &a.item[i], *y = find(&b, x->of.kind, x->path);

		if (x->of.kind == CONTENT_TOKEN || strstr(x->path, "notes.txt") || !strncmp(x->path, "/var/www/", 9))
			assert_true(y && same(x, y));
	}
	log = words(&a, "/var/log/apache2/access.log.1");
	line = strchr(log, '\n');
	assert_non_null(line);
	for (; *log; log = strchr(log, '\n') + 1) {	/* it may be the older one of its logs by now */
		_free_ char *one = xasprintf("%.*s", (int)(strchr(log, '\n') - log), log);

		n++;
		if (!strstr(words(&b, "/var/log/apache2/access.log.1"), one) && n > 3)
			break;
	}
	assert_true(n > 3);
}

/* --- one thing fits the other ----------------------------------------------------------------- */

static void a_login_is_in_every_log(void **state)
{
	_past_ struct past p = { .n = 0 };
	const struct item *wtmp;
	unsigned accepted = 0, found = 0, shut_down = 0;

	(void)state;
	make(&p, "apache", seed);
	wtmp = find(&p, CONTENT_FILE, "/var/log/wtmp");
	assert_int_equal(wtmp->data.len % sizeof(struct utmpx), 0);
	for (const char *at = words(&p, "/var/log/auth.log"); (at = strstr(at, "Accepted publickey for ")); at++)
		accepted++;
	for (size_t i = 0; i < wtmp->data.len / sizeof(struct utmpx); i++) {
		struct utmpx u;
		_free_ char *said = NULL;

		memcpy(&u, wtmp->data.at + i * sizeof(u), sizeof(u));
		shut_down += u.ut_type == RUN_LVL && !strcmp(u.ut_user, "shutdown");
		if (u.ut_type != USER_PROCESS)
			continue;
		said = xasprintf("sshd[%d]: Accepted publickey for %s from %s port ", u.ut_pid, u.ut_user, u.ut_host);
		found += strstr(words(&p, "/var/log/auth.log"), said) != NULL;
	}
	assert_true(accepted > 0);
	assert_int_equal(found, accepted);
	assert_int_equal(shut_down, 1);
}

/* Who typed sudo is in the log with it, and at a home whose history has it. */
static void what_sudo_did_was_typed(void **state)
{
	_past_ struct past p = { .n = 0 };
	unsigned checked = 0;

	(void)state;
	make(&p, "apache", seed);
	for (const char *at = words(&p, "/var/log/auth.log"); (at = strstr(at, " ; COMMAND=")); at++) {
		const char *pwd = at, *name;
		_free_ char *home = NULL, *history = NULL, *typed = NULL;

		while (strncmp(pwd, "PWD=", 4))
			pwd--;
		home = xasprintf("%.*s", (int)strcspn(pwd + 4, " "), pwd + 4);
		history = xasprintf("%s/.bash_history", home);
		name = at + strlen(" ; COMMAND=") + (strncmp(at + 11, "/usr/sbin/", 10) ? 9 : 10);
		typed = xasprintf("sudo %.*s\n", (int)strcspn(name, "\n"), name);
		if (!strstr(words(&p, history), typed))
			fail_msg("%s is not in %s", typed, history);
		checked++;
	}
	assert_true(checked > 0);
}

static void packages_are_of_different_ages(void **state)
{
	_past_ struct past p = { .n = 0 };
	const char *dpkg, *apt;
	const struct item *list;

	(void)state;
	make(&p, "apache", seed);
	dpkg = words(&p, "/var/log/dpkg.log");
	apt = words(&p, "/var/log/apt/history.log");
	assert_non_null(strstr(dpkg, " install bash:amd64 <none> 5.2.15-2+b13\n"));
	assert_non_null(strstr(dpkg, " install openssl:amd64 <none> 3.0.19-1~deb12u1\n"));
	assert_non_null(strstr(dpkg, " upgrade openssl:amd64 3.0.19-1~deb12u1 3.0.19-1~deb12u2\n"));
	assert_non_null(strstr(apt, "openssl:amd64 (3.0.19-1~deb12u1, 3.0.19-1~deb12u2)"));
	assert_non_null(strstr(apt, "curl:amd64 (7.88.1-10+deb12u14, 7.88.1-10+deb12u15)"));
	list = find(&p, CONTENT_TIME, "/var/lib/dpkg/info/openssl.list");
	assert_non_null(list);
	assert_true(list->of.time_ns > 1790000000ll * 1000000000);	/* not before it was published */
	/* what was published yesterday came with the last visit */
	assert_non_null(strstr(words(&p, "/var/log/auth.log"), "COMMAND=/usr/bin/apt upgrade -y"));
}

static void accounts_fit_their_tables(void **state)
{
	_past_ struct past p = { .n = 0 };
	const struct item *shadow;
	const char *passwd;

	(void)state;
	make(&p, "apache", seed);
	passwd = words(&p, "/etc/passwd");
	assert_null(strstr(strstr(passwd, "scanner:x:1001:1001") + 19, ":1001:"));		/* numbers that are taken stay so */
	assert_null(strstr(passwd, ":1002:"));
	shadow = find(&p, CONTENT_FILE, "/etc/shadow");
	assert_int_equal(shadow->of.mode, 0640);
	assert_int_equal(shadow->of.gid, 42);
	assert_non_null(strstr(text_str(&shadow->data), "webadmin:$6$salt$hash:"));
	for (const char *line = strstr(passwd, "webadmin:"); *line; line = strchr(line, '\n') + 1) {
		_free_ char *name = xasprintf("\n%.*s:", (int)strcspn(line, ":"), line);
		_free_ char *home = xasprintf("/home/%.*s", (int)strcspn(line, ":"), line);

		if (strncmp(line, "scanner:", 8)) {
			assert_non_null(strstr(text_str(&shadow->data), name));
			assert_non_null(find(&p, CONTENT_FOLDER, home));
		}
	}
	assert_non_null(strstr(words(&p, "/etc/group"), "sudo:x:27:"));
	assert_null(strstr(words(&p, "/etc/group"), "sudo:x:27:\n"));		/* somebody administers it */
}

static void weaknesses_are_files_and_accounts(void **state)
{
	_past_ struct past p = { .n = 0 };
	const struct item *sudo;

	(void)state;
	make(&p, "apache", seed);
	sudo = find(&p, CONTENT_FILE, "/etc/sudoers.d/webadmin");
	assert_non_null(sudo);
	assert_int_equal(sudo->of.mode, 0440);
	assert_string_equal(text_str(&sudo->data), "webadmin ALL=(root) x\n");
}

static void a_token_says_whose_it_was(void **state)
{
	(void)state;
	for (size_t r = 0; r < nitems(recipes); r++) {
		_past_ struct past a = { .n = 0 }, b = { .n = 0 };
		unsigned known = 0;

		make(&a, recipes[r], seed);
		make(&b, recipes[r], other_seed);
		assert_non_null(find(&a, CONTENT_TOKEN, "/srv/plans.pdf"));
		for (size_t i = 0; i < a.n; i++) {
			if (a.item[i].of.kind != CONTENT_TOKEN || !a.item[i].data.len)
				continue;
			assert_non_null(find(&a, CONTENT_FILE, a.item[i].path));
			known++;
			for (size_t k = 0; k < b.n; k++)
				if (b.item[k].of.kind == CONTENT_TOKEN)
					assert_string_not_equal(text_str(&a.item[i].data), text_str(&b.item[k].data));
		}
		assert_true(known >= 3);
	}
}

static void what_are_no_facts_is_refused(void **state)
{
	static const char *const bad[] = { "x\n", "path 1 etc\n", "text 9 /a\nabc\n", "package bash\n", "file 644 root root 3 /a\nab\n",
					   "path - /etc", "text 3 /a\nabcd\n", "file 17777 root root 1 /a\na\n" };

	(void)state;
	for (size_t i = 0; i < nitems(bad); i++) {
		_past_ struct past p = { .n = 0 };
		const struct content_of of = { .seed = seed, .net = &net, .facts = span_of(bad[i]), .release = "", .now_s = NOW };

		if (content_make(&of, keep, &p) == 0)
			fail_msg("%s", bad[i]);
		assert_int_equal(p.n, 0);
	}
}

/* An image of which nothing is known has a past of its own, too. */
static void an_unknown_image_has_a_past(void **state)
{
	_past_ struct past p = { .n = 0 };
	const struct content_of of = { .seed = seed, .net = &net, .facts = { "", 0 }, .release = "", .now_s = NOW };

	(void)state;
	assert_int_equal(content_make(&of, keep, &p), 0);
	assert_null(find(&p, CONTENT_FILE, "/etc/passwd"));
	assert_true(content_born(&of) > 0 && content_born(&of) < NOW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_seed_gives_the_same_bytes),
		cmocka_unit_test(no_two_seeds_are_alike),
		cmocka_unit_test(all_of_it_is_past),
		cmocka_unit_test(a_past_goes_on),
		cmocka_unit_test(a_login_is_in_every_log),
		cmocka_unit_test(what_sudo_did_was_typed),
		cmocka_unit_test(packages_are_of_different_ages),
		cmocka_unit_test(accounts_fit_their_tables),
		cmocka_unit_test(weaknesses_are_files_and_accounts),
		cmocka_unit_test(a_token_says_whose_it_was),
		cmocka_unit_test(what_are_no_facts_is_refused),
		cmocka_unit_test(an_unknown_image_has_a_past),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
