/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "budgets.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "model/twin.h"
#include "net/firewall.h"
#include "policy/destinations.h"
#include "policy/policy.h"
#include "policy/ruleset.h"

#define FILE_NAME "budgets"

enum { FILE_BYTES = 16 << 20 };

static char *path_of(const struct budgets *b)
{
	return xasprintf("%s/" FILE_NAME, b->plan->state);
}

static void set_name(char ret[POLICY_SET_NAME], uint32_t budget)
{
	str_copy(ret, POLICY_BUDGET_SET, POLICY_SET_NAME);
	strcat(ret, budget_name[budget]);
}

/* read_set() - what the kernel has counted, up to @max at @ret; 0 or -errno */
static int read_set(struct budgets *b, uint32_t budget, struct budget_used *ret, size_t max, size_t *ret_n)
{
	_text_ struct text t = { 0 };
	char set[POLICY_SET_NAME];
	int r;

	set_name(set, budget);
	r = firewall_list_set(b->firewall, set, &t);
	if (r == 0)
		*ret_n = ruleset_budget(text_str(&t), budget_name[budget], ret, max);
	return r;
}

static void note_time(struct kept_time *t)
{
	t->uptime_ms = clock_us(CLOCK_BOOTTIME) / 1000;
	t->utc_ms = now_us() / 1000;
}

/* The kernel's name for this boot; "" if it does not say. */
static void note_boot(struct kept_time *t)
{
	_fd_ int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, t->boot, sizeof(t->boot) - 1);

	t->boot[n == sizeof(t->boot) - 1 ? n : 0] = '\0';
}

/* note_period() - one that was begun may go on for so long */
static void note_period(struct kept *k, uint64_t ms)
{
	uint32_t s = (uint32_t)((ms + 999) / 1000);

	k->period_s = k->period_s > s ? k->period_s : s;
}

/* load() - what the last run left; false: there was none */
static bool load(const struct budgets *b, struct kept *ret)
{
	_free_ char *path = path_of(b);
	_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_text_ struct text t = { 0 };

	if (fd < 0 && errno == ENOENT)
		return false;
	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	if (file_read(fd, FILE_BYTES, &t) == 0 && kept_read(text_str(&t), ret) == 0)
		return true;
	log_warn("%s is not whole: what honeypots have used is not known", path);
	memset(ret, 0, sizeof(*ret));
	ret->at = b->kept.at;
	ret->period_s = b->plan->net.containment.period_s;
	return true;
}

/* give_reached() - the honeypots' destinations, of each all at once */
static void give_reached(struct budgets *b, const struct kept *now)
{
	_text_ struct text t = { 0 };
	const char *why;

	for (uint32_t i = 0; i < now->n_reached; i++) {
		const struct kept_reached *r = &now->reached[i];
		enum family f = number_is_4(r->destination) ? FAMILY_4 : FAMILY_6;
		struct addr a = addr_of_number(r->destination);
		char set[DESTINATIONS_NAME], address[ADDR_TEXT];

		text_addf(&t, "add element inet skep %s { %s timeout %llums }\n", destinations_set(f, r->honeypot, set),
			  addr_text(&a, address), (unsigned long long)r->left_ms);
		note_period(&b->kept, r->left_ms);
	}
	if (firewall_load(b->firewall, text_str(&t), &why) < 0)
		die("where honeypots have been cannot be given back: %s", why);
}

static void give_back(struct budgets *b, const struct kept *was)
{
	_free_ struct kept *now = xcalloc(1, sizeof(*now));
	uint64_t longest_ms = 0;

	kept_now(was, &b->kept.at, &b->plan->net, now);
	for (uint32_t i = 0; i < now->n; i++) {
		const struct budget_used *u = &now->use[i].used;
		char set[POLICY_SET_NAME];
		int r;

		set_name(set, now->use[i].budget);
		r = firewall_set_budget(b->gw, set, u, now->use[i].budget == BUDGET_BYTES);
		if (r < 0)
			die("what was used of a budget cannot be given back to %s: %s", set, strerror(-r));
		note_period(&b->kept, u->left_ms);
		kept_ran(&b->kept, u->address);
		longest_ms = longest_ms > u->left_ms ? longest_ms : u->left_ms;
	}
	give_reached(b, now);
	if (!was->closed && longest_ms)
		log_warn("nobody knows what honeypots have used of their budgets: none may send out anything new for %llu s",
			 (unsigned long long)(longest_ms + 999) / 1000);
}

/* store() - in the place of the file, and safe on the disk */
static int store(const struct budgets *b)
{
	_free_ char *path = path_of(b);
	_text_ struct text t = { 0 };

	kept_put(&b->kept, &t);
	return file_replace(path, &t);
}

/* renew() - another file: one that is written over must not change its length; 0 or -errno */
static int renew(struct budgets *b)
{
	_free_ char *path = path_of(b);
	int r = store(b), fd = r < 0 ? r : open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return r < 0 ? r : -errno;
	close_fd(&b->fd);
	b->fd = fd;
	return 0;
}

void budgets_begin(struct budgets *b)
{
	_free_ struct kept *was = xcalloc(1, sizeof(*was));

	budgets_plan(b);
	note_boot(&b->kept.at);
	note_time(&b->kept.at);
	note_period(&b->kept, (uint64_t)b->plan->net.containment.period_s * 1000);
	if (load(b, was))
		give_back(b, was);
}

/* Not earlier: what comes to nothing before anything could pass has used nothing. */
void budgets_open(struct budgets *b)
{
	int r;

	note_time(&b->kept.at);
	r = renew(b);
	if (r < 0)
		die("state folder, " FILE_NAME ": %s", strerror(-r));
}

void budgets_plan(struct budgets *b)
{
	const struct honeynet *n = &b->plan->net;
	bool more = false;
	int r = 0;

	memcpy(b->own, n->containment.own, sizeof(b->own));
	for (uint32_t i = 0; i < n->n_honeypots; i++)
		if (honeypot_there(n, i))
			more |= kept_ran(&b->kept, n->honeypot[i].address);
	if (more && b->fd >= 0)
		r = renew(b);
	if (r < 0)
		log_error("state folder, " FILE_NAME ": %s", strerror(-r));
}

/* --- by hand ---------------------------------------------------------------------------------- */

/* change_rules() - those of @own; nothing passes of the honeypot at place @held */
static int change_rules(struct budgets *b, const struct own_budgets own[MAX_HONEYPOTS], uint32_t held)
{
	_free_ struct honeynet *n = xcalloc(1, sizeof(*n));
	_text_ struct text rules = { 0 };
	const char *why;
	int r;

	*n = b->plan->net;
	memcpy(n->containment.own, own, sizeof(n->containment.own));
	policy_budgets(n, held, &rules);
	r = firewall_load(b->firewall, text_str(&rules), &why);
	if (r < 0)
		log_error("budgets by hand: %s", why);
	return r;
}

/* change_period() - of the period that goes on, if there is one; what was used stays used */
static int change_period(struct budgets *b, uint32_t pot, uint32_t budget, const struct containment *c)
{
	struct budget_used used[2 * MAX_HONEYPOTS];
	char set[POLICY_SET_NAME];
	size_t n;
	int r = read_set(b, budget, used, nitems(used), &n);

	set_name(set, budget);
	for (size_t i = 0; r == 0 && i < n; i++) {
		if (used[i].address != b->plan->net.honeypot[pot].address)
			continue;
		used[i].limit = budget_amount(c, pot, budget);
		r = firewall_set_budget(b->gw, set, &used[i], budget == BUDGET_BYTES);
	}
	return r;
}

/*
 * Between reading what was used and writing what is left nothing may pass that would be counted: the honeypot is held for
 * these few milliseconds, and its packets are lost, as they are on any wire.
 */
int budgets_set(struct budgets *b, uint32_t pot, const struct own_budgets *own)
{
	_free_ struct containment *c = xcalloc(1, sizeof(*c));
	uint32_t different = b->own[pot].set ^ own->set;
	int r, again;

	*c = b->plan->net.containment;
	memcpy(c->own, b->own, sizeof(c->own));
	c->own[pot] = *own;
	for (uint32_t i = 0; i < BUDGETS; i++)
		different |= own->limit[i] != b->own[pot].limit[i] ? BIT(i) : 0;
	r = change_rules(b, c->own, pot);
	for (uint32_t i = 0; i < BUDGETS && r == 0; i++)
		r = different & BIT(i) ? change_period(b, pot, i, c) : 0;
	if (r == 0)
		b->own[pot] = *own;
	again = change_rules(b, b->own, MAX_HONEYPOTS);
	return r < 0 ? r : again;
}

/* --- while it runs, and at its end ------------------------------------------------------------ */

/* In place: there is always a file, and no wait for the disk. */
void budgets_beat(struct budgets *b)
{
	_text_ struct text t = { 0 };
	int r;

	note_time(&b->kept.at);
	note_period(&b->kept, (uint64_t)b->plan->net.containment.period_s * 1000);
	kept_put(&b->kept, &t);
	r = file_write_at(b->fd, text_str(&t), t.len, 0);
	if (r < 0)
		log_error("state folder, " FILE_NAME ": %s", strerror(-r));
}

static int keep_set(struct budgets *b, uint32_t budget)
{
	struct budget_used used[KEPT_ADDRESSES];
	size_t n;
	int r = read_set(b, budget, used, nitems(used), &n);

	for (size_t i = 0; r == 0 && i < n; i++) {
		b->kept.use[b->kept.n].budget = budget;
		b->kept.use[b->kept.n++].used = used[i];
	}
	return r;
}

/* read_reached() - where honeypot @i has been in this family; 0 or -errno */
static int read_reached(struct budgets *b, enum family f, uint32_t i)
{
	uint32_t address = b->plan->net.honeypot[i].address;
	struct ruleset_reached at[MAX_DESTINATIONS];
	_text_ struct text t = { 0 };
	char set[DESTINATIONS_NAME];
	size_t n;
	int r = firewall_list_set(b->firewall, destinations_set(f, address, set), &t);

	if (r < 0)
		return r;
	n = ruleset_reached(text_str(&t), set, at, nitems(at));
	for (size_t k = 0; k < n; k++)
		b->kept.reached[b->kept.n_reached++] = (struct kept_reached){ address, at[k].address, at[k].left_ms };
	return 0;
}

void budgets_end(struct budgets *b)
{
	const struct honeynet *net = &b->plan->net;
	int r = 0;

	b->kept.n = b->kept.n_reached = 0;
	for (uint32_t i = 0; i < BUDGETS && r == 0; i++)
		r = keep_set(b, i);
	for (uint32_t i = 0; net->containment.destinations && i < net->n_honeypots && r == 0; i++) {
		r = honeypot_there(net, i) ? read_reached(b, FAMILY_4, i) : 0;
		if (r == 0 && honeypot_there(net, i) && twin_pot(net, i).family)
			r = read_reached(b, FAMILY_6, i);
	}
	note_time(&b->kept.at);		/* after they were read: no period ends too soon */
	b->kept.closed = r == 0;
	r = r < 0 ? r : store(b);
	if (r < 0)
		log_error("what honeypots have used of their budgets cannot be kept: %s", strerror(-r));
}
