/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The store: opening, transactions, the deployment record. */
#include "store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "driver.h"
#include "model/plan.h"
#include "model/store_url.h"

static char open_error[sizeof(((struct store *)0)->error)];	/* all store_error(NULL) can tell of */

int store_one(struct store *s, enum statement_id q, const struct cell *c, struct cell *ret)
{
	int r = s->driver->ask(s, q, c);

	if (r == 0)
		r = s->driver->next(s, q, ret);
	if (r == 1)
		s->driver->done(s, q);
	return r;
}

static int load_honeypots(struct store *s)
{
	struct cell row[CELLS];
	int r = s->driver->ask(s, Q_DEPLOYED, NULL);

	memset(s->honeypot, 0, sizeof(s->honeypot));
	memset(s->name, 0, sizeof(s->name));
	s->n_extra = 0;
	while (r == 0 && (r = s->driver->next(s, Q_DEPLOYED, row)) == 1) {
		if (row[0].number >= 0 && row[0].number < MAX_HONEYPOTS)
			s->honeypot[row[0].number] = row[1].number;
		r = 0;
	}
	return r;
}

/* resume() - what is known about the tables without asking each time */
static int resume(struct store *s)
{
	struct cell row[CELLS];
	int r = load_honeypots(s);

	s->n_origins = 0;
	s->moved = false;
	recent_forget(s);
	fates_forget(s);
	if (r == 0)
		r = store_one(s, Q_LAST, NULL, row);
	if (r < 0)
		return r;
	s->last = r ? (uint64_t)row[0].number : 0;
	s->last_us = r ? (uint64_t)row[1].number : 0;
	return 0;
}

int store_open(const char *where, enum store_mode mode, struct store **ret)
{
	int (*open)(const char *, enum store_mode, char *, struct store **) =
		store_url_is(where) ? mariadb_open : sqlite_open;
	struct store *s = NULL;
	int r = open(where, mode, open_error, &s);

	if (r < 0)
		return r;
	s->beside = mode == STORE_WRITE_BESIDE;
	r = resume(s);
	if (r < 0) {
		memcpy(open_error, s->error, sizeof(open_error));
		store_close(s);
		return r;
	}
	*ret = s;
	return 0;
}

int store_empty(const char *where)
{
	return store_url_is(where) ? mariadb_empty(where, open_error) : sqlite_empty(where, open_error);
}

void store_about(struct store *s, struct text *ret)
{
	s->driver->about(s, ret);
}

struct store *store_close(struct store *s)
{
	if (s) {
		recent_forget(s);
		fates_forget(s);
		s->driver->close(s);
	}
	return NULL;
}

const char *store_error(const struct store *s)
{
	return s ? s->error : open_error;
}

/* --- transactions ----------------------------------------------------------------------------- */

int store_begin(struct store *s)
{
	int r = s->driver->transaction(s, BEGIN);

	s->in_transaction = r == 0;
	return r;
}

int store_commit(struct store *s)
{
	int r = progress_put(s);

	if (r == 0)
		r = s->driver->transaction(s, COMMIT);
	if (r == 0)
		s->in_transaction = false;
	return r;
}

int store_rollback(struct store *s)
{
	int r = s->in_transaction ? s->driver->transaction(s, ROLLBACK) : 0;

	s->in_transaction = false;
	return r < 0 ? r : resume(s);
}

/* --- the deployment record -------------------------------------------------------------------- */

/* honeypot_id() - the table's number of a name, given out if it is new */
static int honeypot_id(struct store *s, const char *name, int64_t *ret)
{
	struct cell c = cell_word(name), row[CELLS];
	int r = store_one(s, Q_HONEYPOT, &c, row);

	if (r == 0) {
		r = s->driver->put(s, Q_HONEYPOT_ADD, &c);
		if (r == 0)
			r = store_one(s, Q_HONEYPOT, &c, row);
	}
	if (r != 1)
		return r < 0 ? r : -EIO;
	*ret = row[0].number;
	return 0;
}

static int deploy(struct store *s, const struct plan *p, uint32_t i)
{
	const struct honeypot *h = &p->net.honeypot[i];
	struct addr a = addr4(h->address);
	char mac[18], address[ADDR_TEXT];
	int64_t id = 0;
	int r = honeypot_id(s, h->name, &id);

	if (r < 0)
		return r;
	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", h->mac[0], h->mac[1], h->mac[2], h->mac[3],
		 h->mac[4], h->mac[5]);
	return s->driver->put(s, Q_DEPLOY, (struct cell[]){
		cell_time(p->born_us[i]), cell_number((uint64_t)id), cell_number(i), cell_word(h->hostname),
		cell_word(addr_text(&a, address)), cell_word(mac), cell_word(h->image), cell_word(p->image[i]),
		cell_word(p->kernel), cell_number(h->memory_mb) });
}

int store_honeypots(struct store *s, const struct plan *p)
{
	bool own = !s->in_transaction;
	int r = own ? store_begin(s) : 0;

	for (uint32_t i = 0; i < p->net.n_honeypots && r == 0; i++)
		r = deploy(s, p, i);
	if (r == 0 && own)
		r = store_commit(s);
	if (r == 0)
		return load_honeypots(s);
	if (own)
		store_rollback(s);
	return r;
}

int store_deployed(struct store *s, uint64_t epoch, uint64_t *ret)
{
	struct cell c = cell_time(epoch), row[CELLS];
	int r = store_one(s, Q_DEPLOYMENT, &c, row);

	if (r == 1)
		*ret = (uint64_t)row[0].number;
	return r < 0 ? r : 0;
}

int store_end_before(struct store *s, uint64_t epoch)
{
	struct cell c = cell_time(epoch);

	return s->driver->put(s, Q_END_OLD, &c);
}

/* place_of() - the index of a table's number; a new one if it has none. -ENOSPC: there are too many */
static int place_of(struct store *s, int64_t id)
{
	uint32_t i = 0, n = MAX_HONEYPOTS + s->n_extra;

	while (i < n && s->honeypot[i] != id)
		i++;
	if (i == n && s->n_extra == STORE_EXTRA)
		return -ENOSPC;
	s->n_extra += i == n;
	s->honeypot[i] = id;
	return (int)i;
}

int store_honeypot(struct store *s, const char *name, int32_t *ret_index)
{
	int64_t id = 0;
	int r;

	for (uint32_t i = 0; i < MAX_HONEYPOTS + s->n_extra; i++)
		if (s->name[i][0] && !strcasecmp(s->name[i], name)) {
			*ret_index = (int32_t)i;
			return 0;
		}
	r = honeypot_id(s, name, &id);
	if (r == 0)
		r = place_of(s, id);
	if (r < 0)
		return r;
	str_copy(s->name[r], name, sizeof(s->name[r]));
	*ret_index = r;
	return 0;
}
