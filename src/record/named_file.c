/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "named_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/mem.h"
#include "model/event.h"

struct row {
	enum event_kind kind;
	const char *folder;	/* there it is named by its hash */
};

static const struct row rows[] = {
	{ EV_MODULE, "samples" },
	{ EV_CONTENT, "samples" },
};

static const struct row *find_row(const struct event *e)
{
	for (size_t i = 0; e->sha256[0] && i < nitems(rows); i++)
		if (rows[i].kind == e->kind)
			return &rows[i];
	return NULL;
}

int named_file_hash(int fd, char ret[65])
{
	unsigned char b[64 * 1024], sum[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state s;
	ssize_t n;

	crypto_hash_sha256_init(&s);
	while ((n = read(fd, b, sizeof(b))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		crypto_hash_sha256_update(&s, b, (size_t)n);
	}
	crypto_hash_sha256_final(&s, sum);
	sodium_bin2hex(ret, 65, sum, sizeof(sum));
	return 0;
}

int named_file_is(int folder, const char *name, const char *sha256)
{
	_fd_ int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	char have[65];
	int r;

	if (fd < 0)
		return errno == ENOENT ? NAMED_MISSING : errno == ELOOP ? NAMED_CHANGED : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return NAMED_CHANGED;
	r = named_file_hash(fd, have);
	return r < 0 ? r : strcmp(have, sha256) ? NAMED_CHANGED : NAMED_GOOD;
}

int named_file_check(int evidence, const struct event *e, char ret_name[NAMED_FILE_TEXT])
{
	const struct row *row = find_row(e);
	_fd_ int folder = -1;

	if (!row)
		return NAMED_NONE;
	snprintf(ret_name, NAMED_FILE_TEXT, "%s/%s", row->folder, e->sha256);
	folder = openat(evidence, row->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0)
		return errno == ENOENT ? NAMED_FOLDER_MISSING : -errno;
	return named_file_is(folder, e->sha256, e->sha256);
}
