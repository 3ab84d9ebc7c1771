/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store_place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "model/store_url.h"
#include "roles/database.h"
#include "state.h"

#define NOTE "run/store"

int store_place_note(const struct plan *p)
{
	_free_ char *path = state_path(NOTE), *made = state_path(NOTE ".new");
	_text_ struct text t = { 0 };
	_fd_ int fd = -1;

	if (!database_wanted(p))
		return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
	database_url(p, p->state, DB_READER, &t);
	text_addc(&t, '\n');
	database_url(p, p->state, DB_INDEX, &t);
	text_addc(&t, '\n');
	fd = open(made, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, t.at, t.len) != (ssize_t)t.len || rename(made, path) < 0)
		return -errno;
	return 0;
}

void store_place(enum db_account a, struct text *ret)
{
	_free_ char *path = state_path(NOTE), *index = state_path(STATE_INDEX);
	FILE *f = fopen(path, "re");
	char line[2][2 * PATH_MAX] = { "", "" };
	bool noted = f && fgets(line[0], sizeof(line[0]), f) && fgets(line[1], sizeof(line[1]), f);
	const char *url = line[a == DB_INDEX];

	if (f)
		fclose(f);
	if (noted && store_url_is(url))
		text_addn(ret, url, strcspn(url, "\n"));
	else
		text_add(ret, index);
}
