/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The private MariaDB server: what it is made of is in store/server.c. */
#include "database.h"
#include "service.h"

static int prepare(const struct service_run *run, const char **ret_what)
{
	struct db_server d;

	database_server(run->plan, run->plan->state, &d);
	return db_server_prepare(&d, ret_what);
}

static int command(const struct service_run *run, unsigned step, struct command *ret)
{
	struct db_server d;

	database_server(run->plan, run->plan->state, &d);
	return db_server_command(&d, step, &ret->words);
}

static bool answers(const struct service_run *run)
{
	struct db_server d;

	database_server(run->plan, run->plan->state, &d);
	return db_server_ready(&d, 50) == 0;
}

const struct service_ops service_database = {
	.name = "mariadb", .wanted = database_private, .prepare = prepare, .command = command, .answers = answers,
};
