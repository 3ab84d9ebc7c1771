/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Where the honeynet's index is, as its plan says: `store: sqlite`, `mariadb` or `mariadb://...`. */
#include <stdbool.h>

#include "base/text.h"
#include "model/plan.h"
#include "store/server.h"

bool database_private(const struct plan *p);	/* a server of our own */
bool database_wanted(const struct plan *p);	/* any but SQLite: the role index has work */

/* database_server() - our own one, its folder below @state */
void database_server(const struct plan *p, const char *state, struct db_server *ret);
/* database_url() - for store_open(); nothing for SQLite. @state: as the caller sees the state folder */
void database_url(const struct plan *p, const char *state, enum db_account a, struct text *ret);
