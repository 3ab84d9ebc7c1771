/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "by_hand.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/file.h"
#include "base/mem.h"
#include "config/value.h"
#include "control.h"
#include "state.h"

enum { ANSWER_MS = 5000, FENCE_BYTES = 64 * 1024, LIMITS_BYTES = 1 << 20 };

int by_hand_ask(enum hand what, const struct network *n)
{
	_fd_ int control = control_must();
	_text_ struct text say = { 0 }, said = { 0 };
	struct cursor c;
	uint32_t e;
	int r;

	put_u8(&say, (uint8_t)what);
	put_number(&say, n ? n->address : 0);
	put_u32(&say, n ? n->prefix : 0);
	r = control_ask(control, MSG_HAND, &say, ANSWER_MS, &said, NULL);
	c = cursor_of(text_str(&said), said.len);
	e = get_u32(&c);
	return r != 1 || c.bad ? -EPIPE : -(int)e;
}

int fence_read(struct containment *c)
{
	_free_ char *path = state_path(STATE_FENCE);
	_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_text_ struct text t = { 0 };
	char *rest;
	int r;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	r = file_read(fd, FENCE_BYTES, &t);
	if (r < 0 || !t.len)
		return r;
	rest = t.at;
	for (char *line; (line = strsep(&rest, "\n"));) {
		struct network *n = &c->fence[c->n_fence];

		if (!*line)
			continue;
		if (c->n_fence == MAX_FENCE || !value_fence(line, n))
			return -EINVAL;
		for (uint32_t i = 0; i < c->n_fence; i++)
			if (networks_meet(&c->fence[i], n))
				return -EEXIST;
		c->n_fence++;
		c->n_by_hand++;
	}
	return 0;
}

int fence_write(const struct network *at, uint32_t n)
{
	_free_ char *path = state_path(STATE_FENCE);
	_text_ struct text t = { 0 };

	for (uint32_t i = 0; i < n; i++) {
		char text[NETWORK_TEXT];

		text_addf(&t, "%s\n", network_text(&at[i], text));
	}
	return file_replace(path, &t);
}

/* --- budgets ---------------------------------------------------------------------------------- */

int limits_ask(const struct budget_set *b)
{
	_fd_ int control = control_must();
	_text_ struct text say = { 0 }, said = { 0 };
	struct cursor c;
	uint32_t e;
	int r;

	budget_set_put(b, &say);
	r = control_ask(control, MSG_BUDGET, &say, ANSWER_MS, &said, NULL);
	c = cursor_of(text_str(&said), said.len);
	e = get_u32(&c);
	return r != 1 || c.bad ? -EPIPE : -(int)e;
}

/* read_kept() - the file, added to @t; 0, also if there is none, or -errno */
static int read_kept(struct text *t)
{
	_free_ char *path = state_path(STATE_LIMITS);
	_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	return file_read(fd, LIMITS_BYTES, t);
}

/* One that is not in the honeynet file now may be there again. */
static int read_limit(const char *line, struct honeynet *n)
{
	char name[NAME_SIZE], budget[16];
	struct budget_set b = { .own = true };
	uint32_t pot;
	int end = 0;

	if (sscanf(line, "%31s %15s %" SCNu32 "%n", name, budget, &b.limit, &end) != 3 || line[end])
		return -EINVAL;
	b.budget = (uint8_t)budget_find(budget);
	if (honeypot_find(n, name, &pot) < 0)
		return b.budget < BUDGETS ? 0 : -EINVAL;
	b.pot = (uint16_t)pot;
	if (!budget_set_sound(&b, n))
		return -EINVAL;
	budget_set_in(&b, &n->containment.own[pot]);
	return 0;
}

int limits_read(struct honeynet *n)
{
	_text_ struct text t = { 0 };
	int r = read_kept(&t);
	char *rest = t.at;

	memset(n->containment.own, 0, sizeof(n->containment.own));
	for (char *line; r == 0 && (line = strsep(&rest, "\n"));)
		r = *line ? read_limit(line, n) : 0;
	return r;
}

int limits_write(const char *name, const struct budget_set *b)
{
	_free_ char *path = state_path(STATE_LIMITS), *head = xasprintf("%s %s ", name, budget_name[b->budget]);
	_text_ struct text t = { 0 }, next = { 0 };
	int r = read_kept(&t);
	char *rest = t.at;

	for (char *line; (line = strsep(&rest, "\n"));)
		if (*line && strncasecmp(line, head, strlen(head)))
			text_addf(&next, "%s\n", line);
	if (b->own)
		text_addf(&next, "%s%u\n", head, b->limit);
	return r < 0 ? r : file_replace(path, &next);
}
