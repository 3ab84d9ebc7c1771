/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kept.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/mem.h"
#include "model/twin.h"

enum { LONGEST_MS = 7 * 86400 * 1000 };		/* no period is as long */

#define TITLE "skep budgets 1"

/* So much younger an open file may have been than what a power cut left of it: the system writes it when it likes to. */
enum { UNWRITTEN_MS = 60 * 1000 };

bool kept_ran(struct kept *k, uint32_t address)
{
	for (uint32_t i = 0; i < k->n_ran; i++)
		if (k->ran[i] == address)
			return false;
	if (k->n_ran == KEPT_RAN)
		memmove(k->ran, k->ran + 1, --k->n_ran * sizeof(*k->ran));
	k->ran[k->n_ran++] = address;
	return true;
}

void kept_put(const struct kept *k, struct text *t)
{
	text_addf(t, TITLE "\n%s\nboot %-36s\nuptime %020" PRIu64 "\nutc %020" PRIu64 "\nperiod %010u\n",
		  k->closed ? "closed" : "open", k->at.boot[0] ? k->at.boot : "-", k->at.uptime_ms, k->at.utc_ms, k->period_s);
	for (uint32_t i = 0; !k->closed && i < k->n_ran; i++) {
		struct addr a = addr4(k->ran[i]);
		char address[ADDR_TEXT];

		text_addf(t, "ran %s\n", addr_text(&a, address));
	}
	for (uint32_t i = 0; k->closed && i < k->n; i++) {
		const struct budget_used *u = &k->use[i].used;
		struct addr a = addr4(u->address);
		char address[ADDR_TEXT];

		text_addf(t, "%s %s used %" PRIu64 " of %" PRIu64 " for %" PRIu64 "\n", budget_name[k->use[i].budget],
			  addr_text(&a, address), u->used, u->limit, u->left_ms);
	}
	for (uint32_t i = 0; k->closed && i < k->n_reached; i++) {
		const struct kept_reached *r = &k->reached[i];
		struct addr from = addr4(r->honeypot), to = addr_of_number(r->destination);
		char a[ADDR_TEXT], b[ADDR_TEXT];

		text_addf(t, "reached %s by %s for %" PRIu64 "\n", addr_text(&to, a), addr_text(&from, b), r->left_ms);
	}
	text_add(t, "end\n");
}

static bool address4(const char *s, uint32_t *ret)
{
	struct addr a;

	if (addr_parse(s, &a) < 0 || a.family != 4)
		return false;
	*ret = addr_u32(&a);
	return true;
}

static bool read_ran(const char *line, struct kept *k)
{
	char address[ADDR_TEXT];
	uint32_t a;
	int end = 0;

	return k->n_ran < KEPT_RAN && sscanf(line, "ran %45s\n%n", address, &end) == 1 && end && line[end - 1] == '\n' &&
	       address4(address, &a) && kept_ran(k, a);
}

static bool read_reached(const char *line, struct kept *k)
{
	struct kept_reached *r = &k->reached[k->n_reached];
	char from[ADDR_TEXT], to[ADDR_TEXT];
	struct addr destination;
	int end = 0;

	if (k->n_reached == KEPT_REACHED ||
	    sscanf(line, "reached %45s by %45s for %" SCNu64 "\n%n", to, from, &r->left_ms, &end) != 3 || !end ||
	    r->left_ms > LONGEST_MS || addr_parse(to, &destination) < 0)
		return false;
	r->destination = addr_to_number(&destination);
	k->n_reached++;
	return address4(from, &r->honeypot);
}

static bool read_use(const char *line, struct kept *k)
{
	struct budget_used u;
	char name[16], address[ADDR_TEXT];
	uint32_t budget;
	int end = 0;

	if (sscanf(line, "%15s %45s used %" SCNu64 " of %" SCNu64 " for %" SCNu64 "\n%n", name, address, &u.used, &u.limit,
		   &u.left_ms, &end) != 5 || !end || u.left_ms > LONGEST_MS || k->n == KEPT_MAX || !address4(address, &u.address))
		return false;
	budget = budget_find(name);
	if (budget == BUDGETS)
		return false;
	k->use[k->n].budget = budget;
	k->use[k->n++].used = u;
	return true;
}

static bool read_line(const char *line, struct kept *k)
{
	static const struct { const char *word; bool (*read)(const char *line, struct kept *k); } kinds[] = {
		{ "ran ", read_ran }, { "reached ", read_reached }, { "", read_use },
	};
	size_t i = 0;

	while (strncmp(line, kinds[i].word, strlen(kinds[i].word)))
		i++;
	return kinds[i].read(line, k);
}

int kept_read(const char *text, struct kept *ret)
{
	_free_ struct kept *k = xcalloc(1, sizeof(*k));
	char state[8];
	int n = 0;

	if (sscanf(text, TITLE "\n%7s\nboot %36s\nuptime %" SCNu64 "\nutc %" SCNu64 "\nperiod %" SCNu32 "\n%n", state, k->at.boot,
		   &k->at.uptime_ms, &k->at.utc_ms, &k->period_s, &n) != 5 || !n)
		return -EINVAL;
	k->closed = !strcmp(state, "closed");
	if (!k->closed && strcmp(state, "open"))
		return -EINVAL;
	if (!strcmp(k->at.boot, "-"))
		k->at.boot[0] = '\0';
	for (text += n; strcmp(text, "end\n"); text = strchr(text, '\n') + 1)
		if (!strchr(text, '\n') || !read_line(text, k))
			return -EINVAL;
	*ret = *k;
	return 0;
}

/* A clock that was set back makes it no less than the machine is up now. */
static uint64_t passed_ms(const struct kept_time *at, const struct kept_time *now)
{
	uint64_t by_clock = now->utc_ms > at->utc_ms ? now->utc_ms - at->utc_ms : 0;

	if (at->boot[0] && !strcmp(at->boot, now->boot))
		return now->uptime_ms > at->uptime_ms ? now->uptime_ms - at->uptime_ms : 0;
	return by_clock > now->uptime_ms ? by_clock : now->uptime_ms;
}

static void add(struct kept *k, uint32_t budget, const struct budget_used *u)
{
	if (!u->left_ms || k->n == KEPT_MAX)
		return;
	k->use[k->n].budget = budget;
	k->use[k->n++].used = *u;
}

static bool is_there(const struct honeynet *n, uint32_t address)
{
	for (uint32_t i = 0; i < n->n_honeypots; i++)
		if (honeypot_there(n, i) && n->honeypot[i].address == address)
			return true;
	return false;
}

/* Not what they begin with each other: nothing of it gets out, and who could ask nobody for names would not start as ever. */
static void all_used(const struct kept *was, const struct honeynet *n, uint64_t left_ms, struct kept *k)
{
	for (uint32_t b = 0; b <= BUDGET_BYTES; b++) {
		uint64_t all = (uint64_t)budget_file(&n->containment, b) << (b == BUDGET_BYTES ? 20 : 0);

		for (uint32_t i = 0; i < n->n_honeypots; i++) {
			uint64_t own = budget_amount(&n->containment, i, b);

			if (honeypot_there(n, i))
				add(k, b, &(struct budget_used){ n->honeypot[i].address, own, own, left_ms });
		}
		for (uint32_t i = 0; i < was->n_ran; i++)
			if (!is_there(n, was->ran[i]))
				add(k, b, &(struct budget_used){ was->ran[i], all, all, left_ms });
	}
}

static int by_time(const void *a, const void *b)
{
	const struct kept_reached *x = a, *y = b;

	return x->left_ms > y->left_ms ? -1 : x->left_ms < y->left_ms;
}

/* Who may reach fewer hosts now than it did goes to no other one before enough of these are forgotten. */
static void reached_by(const struct kept *k, uint64_t passed, uint32_t address, bool four, uint32_t most, struct kept *ret)
{
	struct kept_reached *first = &ret->reached[ret->n_reached];
	uint32_t found = 0;

	for (uint32_t j = 0; j < k->n_reached && ret->n_reached + found < KEPT_REACHED; j++) {
		const struct kept_reached *r = &k->reached[j];

		if (r->honeypot != address || number_is_4(r->destination) != four || r->left_ms <= passed)
			continue;
		first[found] = *r;
		first[found++].left_ms -= passed;
	}
	qsort(first, found, sizeof(*first), by_time);
	ret->n_reached += found < most ? found : most;
}

static void reached_now(const struct kept *k, uint64_t passed, const struct honeynet *n, struct kept *ret)
{
	for (uint32_t i = 0; i < n->n_honeypots; i++) {
		if (!honeypot_there(n, i))
			continue;
		reached_by(k, passed, n->honeypot[i].address, true, n->containment.destinations, ret);
		if (twin_pot(n, i).family)
			reached_by(k, passed, n->honeypot[i].address, false, n->containment.destinations, ret);
	}
}

void kept_now(const struct kept *k, const struct kept_time *now, const struct honeynet *n, struct kept *ret)
{
	uint64_t passed = passed_ms(&k->at, now), lasts = (uint64_t)k->period_s * 1000 + UNWRITTEN_MS;

	memset(ret, 0, sizeof(*ret));
	ret->closed = true;
	ret->at = *now;
	ret->period_s = k->period_s;
	if (!k->closed) {
		all_used(k, n, lasts > passed ? lasts - passed : 0, ret);
		return;
	}
	for (uint32_t i = 0; i < k->n; i++) {
		struct budget_used u = k->use[i].used;

		u.left_ms = u.left_ms > passed ? u.left_ms - passed : 0;
		add(ret, k->use[i].budget, &u);
	}
	reached_now(k, passed, n, ret);
}
