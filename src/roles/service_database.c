/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "service.h"

static bool wanted(const struct plan *p)
{
	(void)p;
	return false;
}

static int prepare(const struct plan *p, uid_t uid, const char **ret_what)
{
	(void)p, (void)uid, (void)ret_what;
	return -ENOSYS;
}

static int command(const struct plan *p, unsigned step, struct command *ret)
{
	(void)p, (void)step, (void)ret;
	return -ENOSYS;
}

static bool answers(const struct plan *p)
{
	(void)p;
	return false;
}

const struct service_ops service_database = {
	.name = "mariadb", .wanted = wanted, .prepare = prepare, .command = command, .answers = answers,
};
