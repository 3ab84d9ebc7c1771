/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "mariadbd.h"

#include <grp.h>
#include <mysql.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/netns.h"
#include "run/sandbox.h"

enum { UID = SKEP_UID + 900, PATIENCE = 3000 };

static struct db_server server;
static pid_t pid;

static pid_t start_command(struct text *words)
{
	char *argv[48] = { NULL };
	size_t n = 0;
	pid_t child;

	for (char *w = words->at; w < words->at + words->len && n < 47; w += strlen(w) + 1)
		argv[n++] = w;
	child = fork();
	if (child)
		return child;
	if (setgroups(0, NULL) < 0 || setgid(UID) < 0 || setuid(UID) < 0 || chdir(server.dir) < 0 ||
	    !freopen("run/log", "a", stderr) || dup2(2, 1) < 0)
		_exit(126);
	umask(0022);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
	execvp(argv[0], argv);
	_exit(127);
}

static void run(void)
{
	const char *what = "";
	int r = db_server_prepare(&server, &what), status = 0;

	if (r < 0)
		fail_msg("%s: %s", what, strerror(-r));
	for (unsigned step = 0;; step++) {
		_text_ struct text words = { 0 };

		r = db_server_command(&server, step, &words);
		pid = start_command(&words);
		if (r == 0)
			break;
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (status)
			fail_msg("%s failed: see %s/run/log", words.at, server.dir);
	}
	for (int i = 0; i < PATIENCE; i++) {
		if (db_server_ready(&server, 100) == 0)
			return;
		usleep(20 * 1000);
	}
	fail_msg("mariadbd does not talk: see %s/run/log", server.dir);
}

bool mariadbd_start(const char *address)
{
	int ns;

	if (geteuid() || access("/usr/sbin/mariadbd", X_OK)) {
		printf("# SKIPPED, NOT TESTED: MariaDB: needs root and mariadb-server\n");
		return false;
	}
	server = (struct db_server){ .dir = "/tmp/skep-mariadb-XXXXXX", .uid = UID, .memory_mb = 16 };
	assert_true(str_copy(server.address, address, sizeof(server.address)));
	assert_non_null(mkdtemp(server.dir));
	assert_true((ns = netns_new()) >= 0 && netns_enter(ns) >= 0);	/* for good: its port is free there */
	close(ns);
	run();
	return true;
}

void mariadbd_kill(void)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	pid = 0;
}

pid_t mariadbd_pid(void)
{
	return pid;
}

void mariadbd_again(void)
{
	run();
}

void mariadbd_stop(void)
{
	_free_ char *cmd = xasprintf("rm -rf %s", server.dir);

	if (!server.dir[0])
		return;
	if (pid)
		mariadbd_kill();
	assert_int_equal(system(cmd), 0);
	server.dir[0] = '\0';
}

const struct db_server *mariadbd_server(void)
{
	return pid ? &server : NULL;
}

static MYSQL *root(const char *database)
{
	_free_ char *socket = xasprintf("%s/run/mariadb.sock", server.dir);
	MYSQL *db = mysql_init(NULL);

	if (!mysql_real_connect(db, NULL, "root", "", database, 0, socket, 0))
		fail_msg("%s", mysql_error(db));
	return db;
}

static MYSQL_RES *query(MYSQL *db, const char *q)
{
	if (mysql_query(db, q))
		fail_msg("%s: %s", q, mysql_error(db));
	return mysql_store_result(db);
}

long long mariadbd_say(const char *fmt, ...)
{
	_free_ char *q = NULL;
	MYSQL *db = root(NULL);
	MYSQL_RES *rows;
	MYSQL_ROW row;
	long long n = 0;
	va_list ap;

	va_start(ap, fmt);
	assert_true(vasprintf(&q, fmt, ap) > 0);
	va_end(ap);
	mysql_set_character_set(db, "utf8mb4");
	mysql_query(db, "USE skep");	/* if it is there */
	rows = query(db, q);
	if (rows && (row = mysql_fetch_row(rows)) && row[0])
		n = atoll(row[0]);
	mysql_free_result(rows);
	mysql_close(db);
	return n;
}

void mariadbd_dump(const char *table, struct text *t)
{
	_free_ char *q = xasprintf("SELECT * FROM %s ORDER BY 1, 2", table);
	MYSQL *db = root("skep");
	MYSQL_RES *rows;
	MYSQL_ROW row;

	mysql_set_character_set(db, "utf8mb4");
	rows = query(db, q);
	while ((row = mysql_fetch_row(rows))) {
		for (unsigned i = 0; i < mysql_num_fields(rows); i++)
			text_addf(t, "%s=%s ", mysql_fetch_field_direct(rows, i)->name, row[i] ? row[i] : "NULL");
		text_addc(t, '\n');
	}
	mysql_free_result(rows);
	mysql_close(db);
}
