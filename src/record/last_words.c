/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "last_words.h"

#include <errno.h>
#include <fcntl.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "journal.h"
#include "model/honeynet.h"

struct words {
	struct place at[LAST_WORDS];
	uint64_t n;		/* all there were */
};

struct last_words {
	struct words *of[MAX_HONEYPOTS];	/* NULL: it has not told anything */
};

struct last_words *last_words_new(void)
{
	return xcalloc(1, sizeof(struct last_words));
}

struct last_words *last_words_free(struct last_words *w)
{
	for (size_t i = 0; w && i < nitems(w->of); i++)
		free(w->of[i]);
	free(w);
	return NULL;
}

void last_words_note(struct last_words *w, uint32_t honeypot, const struct place *at)
{
	struct words **of = &w->of[honeypot];

	if (!*of)
		*of = xcalloc(1, sizeof(**of));
	(*of)->at[(*of)->n++ % LAST_WORDS] = *at;
}

void last_words_forget(struct last_words *w, uint32_t honeypot)
{
	free(w->of[honeypot]);
	w->of[honeypot] = NULL;
}

/* What a cleaner of the disk has removed meanwhile is no reason to keep nothing. */
static int collect(const struct words *of, int journal, struct text *t)
{
	int n = 0;

	for (uint64_t i = of->n > LAST_WORDS ? of->n - LAST_WORDS : 0; i < of->n; i++) {
		int r = journal_read(journal, &of->at[i % LAST_WORDS], t);

		if (r < 0 && r != -ENODATA && r != -ENOENT)
			return r;
		n += r == 0;
	}
	return n;
}

int last_words_keep(const struct last_words *w, uint32_t honeypot, int journal, int folder, const char *name)
{
	_text_ struct text t = { 0 };
	_fd_ int fd = -1;
	int n = w->of[honeypot] ? collect(w->of[honeypot], journal, &t) : 0, r;

	if (n < 0)
		return n;
	fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0440);
	if (fd < 0)
		return -errno;
	r = file_write(fd, text_str(&t), t.len);
	if (r == 0 && (fsync(fd) < 0 || fsync(folder) < 0))
		r = -errno;
	if (r < 0)
		unlinkat(folder, name, 0);
	return r < 0 ? r : n;
}
