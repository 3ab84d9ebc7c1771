/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A MariaDB server of our own: its folder, its settings, its accounts. It runs as a user without a
 * name, on a unix socket for us and, behind TLS, on one address for the administrator.
 *
 *	DIR/data	its tables; may be deleted while it is down: the journal has all of it
 *	DIR/run		socket, settings
 *	DIR/tls		key and certificate, made once for an address
 *	DIR/reader.password, DIR/index.password		random, made once; only for whom they are
 *
 * Account "reader" reads, here over the socket and from elsewhere only over TLS; "skep_index" writes,
 * over the socket only; root of this machine may do all, over the socket, without a password.
 */
#include <limits.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/text.h"

enum { DB_SERVER_PORT = 3306 };

struct db_server {
	char dir[PATH_MAX];		/* whole path; DIR's parents are there */
	uid_t uid, index_uid;		/* the server's and the writer's user; the groups are the same numbers */
	char address[46];		/* to listen on; "" only the socket */
	uint32_t memory_mb;		/* for its cache of tables; 0: a standard value */
};

enum db_account { DB_INDEX, DB_READER };

/* db_server_prepare() - as root, the server being down: its folders and files. 0, or -errno with *@ret_what
 * naming the step. */
int db_server_prepare(const struct db_server *d, const char **ret_what);

/*
 * db_server_command() - then, as the server's user with umask 0022, in order: words, a NUL after each.
 * 1: has to end with 0 before the next one; 0: it is the server.
 */
int db_server_command(const struct db_server *d, unsigned step, struct text *t);

/* db_server_ready() - 0 it talks; -EAGAIN not yet; waits at most @wait_ms */
int db_server_ready(const struct db_server *d, int wait_ms);

/* db_server_url() - for store_open(); of files below DIR */
void db_server_url(const struct db_server *d, enum db_account a, struct text *ret);

