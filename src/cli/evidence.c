/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "evidence.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli.h"
#include "model/store_url.h"
#include "state.h"
#include "store_place.h"

static void complain(const char *path, int error)
{
	if (error == ENOENT)
		log_error("no evidence in %s: run `sudo skep up` first (or set SKEP_STATE)", path);
	else if (error == EACCES || error == EPERM)
		log_error("%s: permission denied: run this with sudo", path);
	else
		log_error("%s: %s", path, strerror(error));
}

static int open_folder(const char *below)
{
	_free_ char *path = state_path(below);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		complain(path, errno);
	return fd;
}

int evidence_journal(void)
{
	return open_folder(STATE_JOURNAL);
}

int evidence_pcap(void)
{
	return open_folder(STATE_PCAP);
}

int evidence_samples(void)
{
	return open_folder(STATE_SAMPLES);
}

/* from_database() - NULL: there is none, or it does not answer, which is said */
static struct store *from_database(void)
{
	_text_ struct text where = { 0 };
	struct store *s = NULL;

	store_place(DB_READER, &where);
	if (store_url_is(text_str(&where)) && store_open(text_str(&where), STORE_READ, &s) < 0)
		log_warn("the database cannot be read (%s): this is from the local index", store_error(NULL));
	return s;
}

struct store *evidence_index(void)
{
	_free_ char *path = state_path(STATE_INDEX);
	struct store *s = from_database();
	int r;

	if (s)
		return s;
	r = access(path, R_OK) ? -errno : store_open(path, STORE_READ, &s);
	if (r == 0)
		return s;
	if (r == -EIO)
		log_error("%s: the database cannot be read; the journal beside it has everything: skep events", path);
	else
		complain(path, -r);
	return NULL;
}

static int take(void *arg, const struct session *row)
{
	*(struct session *)arg = *row;
	return 0;
}

int evidence_session(struct store *s, uint64_t id, struct session *ret)
{
	struct store_filter f = { .id = id };
	struct session found = { 0 };

	if (store_sessions(s, &f, take, &found) < 0) {
		evidence_failed(s, "reading the session");
		return -1;
	}
	if (!found.id) {
		log_error("there is no session %llu: `skep sessions --all` lists them", (unsigned long long)id);
		return -1;
	}
	*ret = found;
	return 0;
}

int evidence_failed(struct store *s, const char *what)
{
	log_error("%s: %s", what, store_error(s));
	return CLI_FAILED;
}

int evidence_number(const char *s, uint64_t *ret)
{
	char *end;

	s += *s == '#';
	if (*s < '0' || *s > '9')
		return -EINVAL;
	errno = 0;
	*ret = strtoull(s, &end, 10);
	return errno || *end || !*ret ? -EINVAL : 0;
}
