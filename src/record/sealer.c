/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sealer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/mem.h"
#include "chain.h"
#include "chain_state.h"
#include "journal.h"

struct sealer {
	int fd;				/* the state file */
	bool dirty;			/* the state file is behind */
	struct chain_state state;	/* of what was sealed, on disk or not */
};

/* A chain nobody has the secret of: better than none, since it shows that the old one ended. */
static int make_orphan(int dirfd)
{
	uint8_t secret[CHAIN_SECRET];
	int r;

	randombytes_buf(secret, sizeof(secret));
	r = chain_state_make(dirfd, secret, true);
	sodium_memzero(secret, sizeof(secret));
	return r;
}

static int load_state(struct sealer *s, int dirfd, struct chain_found *f)
{
	int r = chain_state_read(dirfd, &s->state);

	if (r == -ENOENT || r == -EBADMSG) {
		f->no_state = true;
		r = make_orphan(dirfd);
		if (r == 0)
			r = chain_state_read(dirfd, &s->state);
	}
	if (r == 0)
		r = s->fd = chain_state_open(dirfd);
	return r < 0 ? r : 0;
}

/* 1 if the last record the state knows stands where it says, 0 if not, or -errno */
static int last_stands(const struct sealer *s, int dirfd)
{
	_text_ struct text t = { 0 };
	struct seal seal;
	int r;

	if (!s->state.at.file[0])
		return 1;
	r = journal_read(dirfd, &s->state.at, &t);
	if (r == -ENODATA || r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	return seal_read(t.at, t.len - 1, &seal) == 0 && seal.n == s->state.next.n - 1 &&
	       !memcmp(seal.mac, s->state.last, CHAIN_MAC);
}

/* The last mac is set already. */
static void advance(struct sealer *s, const struct place *at)
{
	chain_next(&s->state.next);
	s->state.at = *at;
	s->dirty = true;
}

struct rolling {
	struct sealer *sealer;
	struct chain_found *found;
};

static int roll(void *arg, const struct place *at, const char *line, size_t len)
{
	struct rolling *r = arg;
	struct chain_state *state = &r->sealer->state;
	uint8_t mac[CHAIN_MAC];
	struct seal seal;

	if (!line || seal_read(line, len, &seal) < 0 || seal.n != state->next.n) {
		r->found->strange++;
		return 0;
	}
	seal_mac(&state->next, at->file, line, seal.covered, mac);
	if (sodium_memcmp(mac, seal.mac, CHAIN_MAC)) {
		r->found->strange++;
		return 0;
	}
	memcpy(state->last, mac, CHAIN_MAC);
	advance(r->sealer, at);
	r->found->rolled++;
	return 0;
}

/* The journal's last line: how far its number is behind; else what the first record comes after. */
static int look_at_last(struct sealer *s, int dirfd, const struct place *last, struct chain_found *f)
{
	_text_ struct text t = { 0 };
	struct seal seal;
	int r = last->file[0] ? journal_read(dirfd, last, &t) : 0;

	if (r < 0 || !t.len)
		return r;
	if (f->what == CHAIN_BEGINS)
		chain_digest(t.at, t.len - 1, s->state.last);
	else if (f->last_gone && seal_read(t.at, t.len - 1, &seal) == 0 && seal.n < s->state.next.n)
		f->missing = s->state.next.n - 1 - seal.n;
	return 0;
}

static int compare(struct sealer *s, int dirfd, const struct place *last, struct chain_found *f)
{
	struct rolling rolling = { .sealer = s, .found = f };
	struct place from = s->state.at;
	int r = last_stands(s, dirfd);

	if (r < 0)
		return r;
	f->last_gone = r == 0;
	r = journal_scan(dirfd, from.file, from.offset + from.len, roll, &rolling);
	if (r < 0)
		return r;
	f->what = s->state.next.n == 1 ? CHAIN_BEGINS :
		  f->last_gone || (f->strange && from.file[0]) ? CHAIN_BROKEN : CHAIN_FITS;
	return look_at_last(s, dirfd, last, f);
}

int sealer_open(int dirfd, const struct place *last, struct sealer **ret, struct chain_found *ret_found)
{
	struct sealer *s = xcalloc(1, sizeof(*s));
	struct chain_found f = { 0 };
	int r = sodium_init() < 0 ? -EIO : 0;

	s->fd = -1;
	sodium_mlock(s, sizeof(*s));	/* out of the swap space, if we may */
	if (r == 0)
		r = load_state(s, dirfd, &f);
	if (r == 0)
		r = compare(s, dirfd, last, &f);
	if (r == 0)
		r = sealer_sync(s);
	if (r < 0) {
		sealer_close(s);
		return r;
	}
	chain_id_text(s->state.id, f.id);
	*ret = s;
	*ret_found = f;
	return 0;
}

void chain_found_text(const struct chain_found *f, struct text *t)
{
	text_addf(t, "chain %s", f->id);
	if (f->no_state)
		text_add(t, "; the state of the chain before was missing or damaged");
	if (f->last_gone)
		text_add(t, "; the last record that was written is gone or was changed");
	if (f->missing)
		text_addf(t, "; %" PRIu64 " records are missing", f->missing);
	if (f->strange)
		text_addf(t, "; %" PRIu64 " lines before this record are not of this chain", f->strange);
}

struct sealer *sealer_close(struct sealer *s)
{
	if (s) {
		close_fd(&s->fd);
		sodium_munlock(s, sizeof(*s));	/* wipes it too */
		free(s);
	}
	return NULL;
}

void sealer_add(struct sealer *s, struct span line, struct place *at, struct text *t)
{
	size_t from = t->len;

	seal_write(&s->state.next, at->file, line, t, s->state.last);
	at->len = (uint32_t)(t->len - from);
	advance(s, at);
}

int sealer_sync(struct sealer *s)
{
	int r = s->dirty ? chain_state_write(s->fd, &s->state) : 0;

	if (r == 0)
		s->dirty = false;
	return r;
}
