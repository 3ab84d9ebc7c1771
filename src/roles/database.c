/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "database.h"

#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "model/store_url.h"
#include "run/role.h"
#include "run/sandbox.h"
#include "service.h"

bool database_private(const struct plan *p)
{
	return !strcmp(p->net.store, "mariadb");
}

bool database_wanted(const struct plan *p)
{
	return database_private(p) || store_url_is(p->net.store);
}

void database_server(const struct plan *p, const char *state, struct db_server *ret)
{
	struct addr a = addr4(p->net.firewall_address);

	*ret = (struct db_server){ .uid = SKEP_UID_SERVICE + SERVICE_DATABASE, .index_uid = SKEP_UID + ROLE_INDEX };
	snprintf(ret->dir, sizeof(ret->dir), "%.*s/mariadb", PATH_MAX - 16, state);
	addr_text(&a, ret->address);
}

void database_url(const struct plan *p, const char *state, enum db_account a, struct text *ret)
{
	struct db_server d;

	database_server(p, state, &d);
	if (database_private(p))
		db_server_url(&d, a, ret);
	else if (database_wanted(p))
		text_add(ret, p->net.store);
}
