/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"

enum { MEMORY_MB = 64, PASSWORD_BYTES = 24, READER_CONNECTIONS = 16 };

static const struct { const char *user, *file; } accounts[] = {
	[DB_INDEX] = { "skep_index", "index.password" },
	[DB_READER] = { "reader", "reader.password" },
};

/* --- texts ------------------------------------------------------------------------------------ */

static void config_text(const struct db_server *d, struct text *ret)
{
	text_addf(ret, "# Made by skep at each start; changes are lost.\n[mariadbd]\n"
		       "datadir = %s/data\ntmpdir = %s/data\nsocket = %s/run/mariadb.sock\n"
		       "pid_file = %s/run/mariadb.pid\ninit_file = %s/run/accounts.sql\n",
		  d->dir, d->dir, d->dir, d->dir, d->dir);
	if (d->address[0])
		text_addf(ret, "bind_address = %s\nport = %d\nssl_key = %s/tls/%s.key\nssl_cert = %s/tls/%s.crt\n"
			       "tls_version = TLSv1.2,TLSv1.3\nrequire_secure_transport = ON\n",
			  d->address, DB_SERVER_PORT, d->dir, d->address, d->dir, d->address);
	else
		text_add(ret, "skip_networking\n");
	/*
	 * A commit is given to the kernel, and flushed to the disk once a second: kill -9 takes nothing. A
	 * power cut may take the last second, and with it, in the same transactions, how far the journal
	 * was taken up: it is taken up again from there.
	 */
	text_add(ret, "innodb_flush_log_at_trx_commit = 2\n");
	text_addf(ret, "innodb_buffer_pool_size = %uM\ninnodb_log_file_size = 64M\n",
		  d->memory_mb ? d->memory_mb : MEMORY_MB);
	/* One file for all tables: a server that is killed while it makes them leaves no half ones behind. */
	text_add(ret, "performance_schema = OFF\nskip_log_bin\nkey_buffer_size = 1M\naria_pagecache_buffer_size = 8M\n"
		      "max_allowed_packet = 16M\nmax_connections = 64\ntable_open_cache = 256\nconnect_timeout = 5\n"
		      "innodb_file_per_table = OFF\n"
		      "character_set_server = utf8mb4\ncollation_server = utf8mb4_nopad_bin\n"
		      "skip_name_resolve\nlocal_infile = OFF\nskip_symbolic_links\n");
	text_addf(ret, "secure_file_priv = %s/run\n", d->dir);
}

static void accounts_text(const char *index, const char *reader, struct text *ret)
{
	text_addf(ret, "CREATE DATABASE IF NOT EXISTS skep;\n"
		       "CREATE OR REPLACE USER skep_index@localhost IDENTIFIED BY '%s';\n"
		       "GRANT ALL ON skep.* TO skep_index@localhost;\n"
		       "CREATE OR REPLACE USER reader@localhost IDENTIFIED BY '%s';\n"
		       "GRANT SELECT, SHOW VIEW ON skep.* TO reader@localhost;\n", index, reader);
	text_addf(ret, "CREATE OR REPLACE USER reader@'%%' IDENTIFIED BY '%s' REQUIRE SSL WITH MAX_USER_CONNECTIONS %d;\n"
		       "GRANT SELECT, SHOW VIEW ON skep.* TO reader@'%%';\n", reader, READER_CONNECTIONS);
}

/* escaped() - of a path what a URL gives another meaning */
static void escaped(const char *s, struct text *t)
{
	for (; *s; s++)
		text_addf(t, strchr("%&=?#", *s) ? "%%%02X" : "%c", (unsigned char)*s);
}

void db_server_url(const struct db_server *d, enum db_account a, struct text *ret)
{
	text_addf(ret, "mariadb://%s@localhost/skep?socket=", accounts[a].user);
	escaped(d->dir, ret);
	text_add(ret, "/run/mariadb.sock&password-file=");
	escaped(d->dir, ret);
	text_addf(ret, "/%s", accounts[a].file);
}

/* --- files ------------------------------------------------------------------------------------ */

static int make_folder(const struct db_server *d, const char *below, uid_t uid, mode_t mode)
{
	_free_ char *path = xasprintf("%s/%s", d->dir, below);

	if (mkdir(path, mode) < 0 && errno != EEXIST)
		return -errno;
	return lchown(path, uid, uid) < 0 || chmod(path, mode) < 0 ? -errno : 0;
}

/* put_file() - a file of @uid's with this content, in the place of one that is there */
static int put_file(const struct db_server *d, const char *below, uid_t uid, const struct text *t)
{
	_free_ char *path = xasprintf("%s/%s", d->dir, below), *made = xasprintf("%s.new", path);
	_fd_ int fd = -1;

	if (unlink(made) < 0 && errno != ENOENT)
		return -errno;
	fd = open(made, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
	if (fd < 0 || fchown(fd, uid, uid) < 0 || write(fd, t->at, t->len) != (ssize_t)t->len || fsync(fd) < 0 ||
	    rename(made, path) < 0)
		return -errno;
	return 0;
}

/* password() - the one that is there, or a new one. @ret ends in NUL. */
static int password(const struct db_server *d, enum db_account a, char ret[2 * PASSWORD_BYTES + 1])
{
	_free_ char *path = xasprintf("%s/%s", d->dir, accounts[a].file);
	_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	uint8_t bytes[PASSWORD_BYTES];
	_text_ struct text t = { 0 };
	int r;

	if (fd >= 0 && read(fd, ret, 2 * PASSWORD_BYTES) == 2 * PASSWORD_BYTES) {
		ret[2 * PASSWORD_BYTES] = '\0';
		if (strspn(ret, "0123456789abcdef") == 2 * PASSWORD_BYTES)
			return 0;
	}
	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2hex(ret, 2 * PASSWORD_BYTES + 1, bytes, sizeof(bytes));
	text_addf(&t, "%s\n", ret);
	r = put_file(d, accounts[a].file, a == DB_INDEX ? d->index_uid : 0, &t);
	explicit_bzero(t.at, t.len);
	return r;
}

static int put_accounts(const struct db_server *d)
{
	char index[2 * PASSWORD_BYTES + 1], reader[2 * PASSWORD_BYTES + 1];
	_text_ struct text t = { 0 };
	int r = password(d, DB_INDEX, index);

	if (r == 0)
		r = password(d, DB_READER, reader);
	if (r < 0)
		return r;
	accounts_text(index, reader, &t);
	r = put_file(d, "run/accounts.sql", d->uid, &t);
	explicit_bzero(t.at, t.len);
	return r;
}

static int put_config(const struct db_server *d)
{
	_text_ struct text t = { 0 };

	config_text(d, &t);
	return put_file(d, "run/my.cnf", d->uid, &t);
}

/* --- programs --------------------------------------------------------------------------------- */

static void word(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void word(struct text *t, const char *fmt, ...)
{
	_free_ char *s = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) >= 0)
		text_addn(t, s, strlen(s) + 1);
	va_end(ap);
}

static void words(struct text *t, const char *const *list)
{
	for (; *list; list++)
		word(t, "%s", *list);
}

/* A certificate that signs itself: who reads from elsewhere copies it, and gives it as the one to trust. */
static bool make_certificate(const struct db_server *d, struct text *t)
{
	_free_ char *crt = xasprintf("%s/tls/%s.crt", d->dir, d->address);

	if (!d->address[0] || !access(crt, F_OK))
		return false;
	words(t, (const char *const[]){ "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
					"ec_paramgen_curve:prime256v1", "-noenc", "-days", "3650", "-out", crt, NULL });
	word(t, "-keyout");
	word(t, "%s/tls/%s.key", d->dir, d->address);
	word(t, "-subj");
	word(t, "/CN=%s", d->address);
	word(t, "-addext");
	word(t, "subjectAltName=IP:%s", d->address);
	return true;
}

static bool make_tables(const struct db_server *d, struct text *t)
{
	_free_ char *done = xasprintf("%s/data/mysql_upgrade_info", d->dir);

	if (!access(done, F_OK))
		return false;
	words(t, (const char *const[]){ "mariadb-install-db", "--no-defaults", "--skip-test-db", "--skip-name-resolve",
					"--auth-root-authentication-method=socket", "--auth-root-socket-user=root", NULL });
	word(t, "--datadir=%s/data", d->dir);
	return true;
}

int db_server_command(const struct db_server *d, unsigned step, struct text *t)
{
	if ((step == 0 && make_certificate(d, t)) || (step <= 1 && make_tables(d, t)))
		return 1;
	word(t, "mariadbd");
	word(t, "--defaults-file=%s/run/my.cnf", d->dir);
	return 0;
}

int db_server_prepare(const struct db_server *d, const char **ret_what)
{
	int r;

	*ret_what = "folders";
	if ((r = make_folder(d, "", 0, 0755)) < 0 || (r = make_folder(d, "data", d->uid, 0700)) < 0 ||
	    (r = make_folder(d, "run", d->uid, 0755)) < 0 || (r = make_folder(d, "tls", d->uid, 0755)) < 0)
		return r;
	*ret_what = "settings";
	r = put_config(d);
	if (r < 0)
		return r;
	*ret_what = "accounts";
	return put_accounts(d);
}

int db_server_ready(const struct db_server *d, int wait_ms)
{
	_fd_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char byte;

	if (fd < 0)
		return -errno;
	if (snprintf(at.sun_path, sizeof(at.sun_path), "%s/run/mariadb.sock", d->dir) >= (int)sizeof(at.sun_path))
		return -ENAMETOOLONG;
	/* It listens before it is done with starting; its greeting comes after. */
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || poll(&p, 1, wait_ms) != 1 || read(fd, &byte, 1) != 1)
		return -EAGAIN;
	return 0;
}
