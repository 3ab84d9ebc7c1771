/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* A MariaDB server for tests, made and started as skep does it, in a folder of its own below /tmp. */
#include <stdbool.h>

#include "base/text.h"
#include "store/server.h"

/* mariadbd_start() - true if there is one now; else it says on standard output why tests are skipped.
 * Whatever ends the test ends it too. */
bool mariadbd_start(const char *address);
void mariadbd_stop(void);	/* and the folder is gone */
void mariadbd_kill(void);	/* kill -9; the folder stays */
pid_t mariadbd_pid(void);	/* for who kills it elsewhere; waited for by the test */
void mariadbd_again(void);	/* starts it after that, and waits until it talks */
const struct db_server *mariadbd_server(void);	/* NULL: it could not be started */

/* mariadbd_say() - as root, one statement; its first row's first column, 0 if there is none */
long long mariadbd_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* mariadbd_dump() - a table as "column=value " a row */
void mariadbd_dump(const char *table, struct text *t);
