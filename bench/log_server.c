/* SPDX-License-Identifier: GPL-2.0-or-later */
/* server - becomes a MariaDB server in the empty folder DIR, set up as skep sets up its own for its role index: bench_server DIR */
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "run/role.h"
#include "run/sandbox.h"
#include "store/server.h"

int main(int argc, char **argv_)
{
	struct db_server d = { .uid = SKEP_UID + 900, .index_uid = SKEP_UID + ROLE_INDEX };
	const char *dir = argc > 1 ? argv_[1] : "", *what = "its name";

	if (!str_copy(d.dir, dir, sizeof(d.dir)) || db_server_prepare(&d, &what) < 0 ||
	    sandbox_enter(&(struct sandbox){ .uid = d.uid }, &what) < 0)
		die("%s: cannot be prepared: %s", dir, what);
	umask(0022);
	for (unsigned step = 0;; step++) {
		_text_ struct text words = { 0 };
		char *argv[32] = { NULL };
		size_t n = 0;
		int last = db_server_command(&d, step, &words) == 0, status = 1;

		for (char *w = words.at; w < words.at + words.len && n < 31; w += strlen(w) + 1)
			argv[n++] = w;
		if (last || fork() == 0) {
			execvp(argv[0], argv);
			die("%s", argv[0]);
		}
		if (wait(&status) < 0 || status)
			die("%s failed", argv[0]);
	}
}
