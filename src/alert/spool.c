/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

enum { FILE_MAX = 256 * 1024 * 1024, NAME_MAX_ = 40 };

struct spool {
	int dirfd;
	int inbox;			/* for appending; -1 not open */
	uint64_t last, last_us;
	size_t n;
	struct spooled at[SPOOL_MESSAGES];	/* by id */
};

static const char *const names[WAYS] = { [WAY_MAIL] = "mail", [WAY_SYSLOG] = "syslog", [WAY_WEBHOOK] = "webhook" };

const char *way_name(enum way w)
{
	return names[w];
}

/* --- files ------------------------------------------------------------------------------------ */

/* replace() - the file has this content or the one before, whenever we die */
static int replace(const struct spool *s, const char *name, const struct text *t)
{
	_fd_ int fd = openat(s->dirfd, "new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	int r;

	if (fd < 0)
		return -errno;
	r = file_write(fd, t->at, t->len);
	if (r == 0 && (fsync(fd) < 0 || renameat(s->dirfd, "new", s->dirfd, name) < 0 || fsync(s->dirfd) < 0))
		r = -errno;
	return r;
}

static int read_file(const struct spool *s, const char *name, struct text *ret)
{
	_fd_ int fd = openat(s->dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	return fd < 0 ? -errno : file_read(fd, FILE_MAX, ret);
}

/* --- the inbox -------------------------------------------------------------------------------- */

static int clear_inbox(struct spool *s)
{
	_text_ struct text t = { 0 };
	int r;

	close_fd(&s->inbox);
	s->inbox = -1;
	text_addf(&t, "after %" PRIu64 " %" PRIu64 "\n", s->last, s->last_us);
	r = replace(s, "inbox", &t);
	if (r < 0)
		return r;
	s->inbox = openat(s->dirfd, "inbox", O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	return s->inbox < 0 ? -errno : 0;
}

static void remember(struct spool *s, uint64_t seq, uint64_t at_us)
{
	if (seq <= s->last)
		return;
	s->last = seq;
	s->last_us = at_us;
}

/* The last line may have been begun only; then nobody was told that it is here. */
static int read_inbox(struct spool *s, struct text *ret_lines, spool_note_fn *fn, void *arg)
{
	_text_ struct text t = { 0 };
	uint64_t told = s->n ? s->at[s->n - 1].id : 0;
	const char *at, *stop;
	int r = read_file(s, "inbox", &t);

	if (r == -ENOENT)
		text_add(&t, "after 0 0\n");
	else if (r < 0)
		return r;
	if (sscanf(text_str(&t), "after %" SCNu64 " %" SCNu64, &s->last, &s->last_us) != 2)
		return -EUCLEAN;
	at = strchr(t.at, '\n');
	while (at && *++at && (stop = strchr(at, '\n'))) {
		struct note n;

		if (note_read(at, (size_t)(stop - at), &n) == 0 && n.seq > told) {
			note_write(&n, ret_lines);
			remember(s, n.seq, n.at_us);
			fn(arg, &n);
		}
		at = stop;
	}
	remember(s, told, s->n ? s->at[s->n - 1].made_us : 0);
	return 0;
}

int spool_take(struct spool *s, const struct note *n)
{
	_text_ struct text t = { 0 };
	off_t before = lseek(s->inbox, 0, SEEK_END);
	int r;

	if (n->seq <= s->last)
		return 1;
	note_write(n, &t);
	r = file_write(s->inbox, t.at, t.len);
	if (r == 0 && fdatasync(s->inbox) < 0)
		r = -errno;
	if (r < 0) {		/* no half a line before the next one */
		(void)!ftruncate(s->inbox, before);
		return r;
	}
	remember(s, n->seq, n->at_us);
	return 0;
}

void spool_seen(struct spool *s, const struct note *n)
{
	remember(s, n->seq, n->at_us);
}

/* --- messages --------------------------------------------------------------------------------- */

static const char *file_name(uint64_t id, char ret[NAME_MAX_])
{
	snprintf(ret, NAME_MAX_, "%020" PRIu64 ".msg", id);
	return ret;
}

/* First how far each way is, then the message. */
static int save(const struct spool *s, const struct spooled *m, const struct message *what)
{
	_text_ struct text t = { 0 };
	char name[NAME_MAX_];

	for (int w = 0; w < WAYS; w++)
		text_addf(&t, "%u %u %" PRIu64 "\n", m->way[w].state, m->way[w].tries, m->way[w].next_us);
	message_write(what, &t);
	return replace(s, file_name(m->id, name), &t);
}

static int load(const struct spool *s, uint64_t id, struct spooled *ret, struct message *ret_what)
{
	_text_ struct text t = { 0 };
	char name[NAME_MAX_];
	const char *at;
	int r = read_file(s, file_name(id, name), &t);

	if (r < 0)
		return r;
	at = text_str(&t);
	for (int w = 0; w < WAYS; w++) {
		struct delivering d = { 0 };
		unsigned state;

		if (sscanf(at, "%u %u %" SCNu64, &state, &d.tries, &d.next_us) != 3 || state > GIVEN_UP ||
		    !(at = strchr(at, '\n')))
			return -EUCLEAN;
		d.state = (uint8_t)state;
		ret->way[w] = d;
		at++;
	}
	r = message_read(at, t.len - (size_t)(at - t.at), ret_what);
	ret->id = ret_what->id;
	ret->made_us = ret_what->made_us;
	return r < 0 || ret->id != id ? -EUCLEAN : 0;
}

static void drop(struct spool *s, size_t i)
{
	char name[NAME_MAX_];

	unlinkat(s->dirfd, file_name(s->at[i].id, name), 0);
	memmove(&s->at[i], &s->at[i + 1], (--s->n - i) * sizeof(s->at[0]));
}

int spool_put(struct spool *s, const struct message *m, unsigned ways)
{
	struct spooled new = { .id = m->id, .made_us = m->made_us };
	int r;

	for (int w = 0; w < WAYS; w++)
		new.way[w] = (struct delivering){ .state = ways & BIT(w) ? TO_DO : DONE, .next_us = m->made_us };
	if (s->n == SPOOL_MESSAGES)
		drop(s, 0);
	r = save(s, &new, m);
	if (r < 0)
		return r;
	s->at[s->n++] = new;
	return clear_inbox(s);
}

static bool through(const struct spooled *m)
{
	for (int w = 0; w < WAYS; w++)
		if (m->way[w].state == TO_DO)
			return false;
	return true;
}

static uint64_t back_off_us(uint32_t tries)
{
	uint64_t s = tries < 10 ? (uint64_t)RETRY_MIN_S << (tries - 1) : RETRY_MAX_S;

	return (s < RETRY_MAX_S ? s : RETRY_MAX_S) * 1000000;
}

int spool_told(struct spool *s, uint64_t id, enum way w, bool ok, uint64_t now_us, bool *ret_given_up)
{
	_free_ struct message *what = xcalloc(1, sizeof(*what));
	struct spooled m;
	struct delivering *d;
	size_t i = 0;
	int r;

	while (i < s->n && s->at[i].id != id)
		i++;
	if (i == s->n)
		return 0;	/* had to make room meanwhile */
	m = s->at[i];
	d = &m.way[w];
	d->tries++;
	d->state = ok ? DONE : now_us > m.made_us + GIVE_UP_S * 1000000ull ? GIVEN_UP : TO_DO;
	d->next_us = now_us + back_off_us(d->tries);
	*ret_given_up = d->state == GIVEN_UP;
	if (through(&m)) {
		drop(s, i);
		return 0;
	}
	r = load(s, id, &(struct spooled){ 0 }, what);
	s->at[i] = m;
	return r < 0 ? r : save(s, &m, what);
}

void spool_hurry(struct spool *s, enum way w)
{
	for (size_t i = 0; i < s->n; i++)
		s->at[i].way[w].next_us = 0;
}

uint64_t spool_last(const struct spool *s)
{
	return s->last;
}

uint64_t spool_last_us(const struct spool *s)
{
	return s->last_us;
}

size_t spool_count(const struct spool *s)
{
	return s->n;
}

const struct spooled *spool_at(const struct spool *s, size_t i)
{
	return &s->at[i];
}

int spool_read(const struct spool *s, size_t i, struct message *ret)
{
	struct spooled m;

	return load(s, s->at[i].id, &m, ret);
}

/* --- opening ---------------------------------------------------------------------------------- */

static int by_id(const void *a, const void *b)
{
	const struct spooled *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static int is_message(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n == 24 && !strcmp(d->d_name + 20, ".msg") && strspn(d->d_name, "0123456789") == 20;
}

/* A file that cannot be read is left where it is: a human may want it. */
static int find_messages(struct spool *s)
{
	_free_ struct message *what = xcalloc(1, sizeof(*what));
	struct dirent **found;
	int n = scandirat(s->dirfd, ".", &found, is_message, alphasort);

	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++) {
		if (s->n < SPOOL_MESSAGES &&
		    load(s, strtoull(found[i]->d_name, NULL, 10), &s->at[s->n], what) == 0)
			s->n++;
		free(found[i]);
	}
	free(found);
	qsort(s->at, s->n, sizeof(s->at[0]), by_id);
	return 0;
}

int spool_open(int dirfd, spool_note_fn *fn, void *arg, struct spool **ret)
{
	struct spool *s = xcalloc(1, sizeof(*s));
	_text_ struct text lines = { 0 };
	int r;

	s->dirfd = dirfd;
	s->inbox = -1;
	r = find_messages(s);
	if (r == 0)
		r = read_inbox(s, &lines, fn, arg);
	if (r == 0) {		/* written anew: without a torn line, and without what is in a message */
		_text_ struct text t = { 0 };

		text_addf(&t, "after %" PRIu64 " %" PRIu64 "\n", s->last, s->last_us);
		text_addn(&t, text_str(&lines), lines.len);
		r = replace(s, "inbox", &t);
	}
	if (r == 0) {
		s->inbox = openat(dirfd, "inbox", O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
		r = s->inbox < 0 ? -errno : 0;
	}
	if (r < 0)
		s = spool_close(s);
	*ret = s;
	return r;
}

struct spool *spool_close(struct spool *s)
{
	if (s)
		close_fd(&s->inbox);
	free(s);
	return NULL;
}
