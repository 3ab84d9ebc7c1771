/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Claims on instances.
 *
 * The kernel gives an instance to the first source that comes while it is open (src/policy/instances.c).
 * Here it is opened when it is up on a new disk, and looked at: who has it, and whether he got in. What
 * becomes of him is the guests role's: it hears of each sign of life, and has the instance put back.
 *
 * An instance whose disk somebody may have been on is never opened. A file beside the disk says so, also
 * to the next start of the honeynet: it is made before the instance is opened, and goes when it is known
 * that nobody came. So whatever dies in between, a disk is taken for used rather than for new.
 *
 * Who only knocked for KNOCK_US leaves the instance as new as it was. It is shut before his claim is
 * taken from him, and asked again afterwards whether he got in meanwhile.
 */
#include "claims.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/conntrack.h"
#include "net/firewall.h"
#include "policy/policy.h"

enum { KNOCK_US = 60 * 1000 * 1000 };

#define USED ".used"	/* added to a disk's name */
#define TABLE "inet skep"

static bool is_instance(const struct plan *p, uint32_t i)
{
	return p->net.honeypot[i].is_instance;
}

bool claims_was_used(const struct plan *p, uint32_t i)
{
	_free_ char *path = xasprintf("%s" USED, p->disk[i]);

	return is_instance(p, i) && access(path, F_OK) == 0;
}

/* mark() - whether its disk may be a used one; 0 or -errno */
static int mark(const struct claims *c, uint32_t i, bool used)
{
	_free_ char *path = xasprintf("%s" USED, c->plan->disk[i]);
	_fd_ int fd = -1;

	if (!used)
		return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : 0;
}

/* --- the kernel's sets ------------------------------------------------------------------------ */

static bool change(const struct claims *c, uint32_t i, const char *command)
{
	const char *why;

	if (firewall_load(c->firewall, command, &why) == 0)
		return true;
	log_error("%s: its claim cannot be changed: %s", c->plan->net.honeypot[i].name, why);
	return false;
}

static bool empty(const struct claims *c, uint32_t i, const char *set)
{
	_free_ char *command = xasprintf("flush set " TABLE " %s%u\n", set, i);

	return change(c, i, command);
}

static bool shut(const struct claims *c, uint32_t i)
{
	return empty(c, i, POLICY_OPEN_SET);
}

/* open_for_one() - it is shut. Flows of the last one's would lead him nowhere for as long as he sends on them. */
static bool open_for_one(const struct claims *c, uint32_t i)
{
	_free_ char *command = xasprintf("add element " TABLE " " POLICY_OPEN_SET "%u { ipv4 }\n", i);
	int r;

	if (!empty(c, i, POLICY_CLAIM_SET))
		return false;
	r = conntrack_forget(c->conntrack, POLICY_INSTANCE_MARK(i), POLICY_INSTANCE_MASK);
	if (r < 0)
		log_warn("%s: connections of its last visitor are still known: %s", c->plan->net.honeypot[i].name, strerror(-r));
	return change(c, i, command);
}

static void take_source(void *arg, const char *element, uint64_t packets)
{
	struct addr a = { 0 };

	(void)packets;
	if (addr_parse(element, &a) == 0 && a.family == 4)
		*(uint32_t *)arg = addr_u32(&a);
}

/* source_of() - who has claimed it; 0: nobody */
static uint32_t source_of(const struct claims *c, uint32_t i)
{
	char set[32];
	uint32_t source = 0;

	snprintf(set, sizeof(set), POLICY_CLAIM_SET "%u", i);
	firewall_counters(c->firewall, TABLE, set, take_source, &source);
	return source;
}

struct came {
	const struct honeynet *net;
	uint64_t packets[MAX_HONEYPOTS];
};

static void take_came(void *arg, const char *element, uint64_t packets)
{
	struct came *came = arg;
	struct addr a = { 0 };

	if (addr_parse(element, &a) < 0)
		return;
	for (uint32_t i = 0; i < came->net->n_honeypots; i++)
		if (came->net->honeypot[i].address == addr_u32(&a))
			came->packets[i] = packets;
}

/* look_who_came() - what was sent to each instance, ever; false: that is not known */
static bool look_who_came(const struct claims *c, struct came *ret)
{
	*ret = (struct came){ .net = &c->plan->net };
	return firewall_counters(c->firewall, TABLE, POLICY_CAME_SET, take_came, ret) == 0;
}

/* --- an instance's life ----------------------------------------------------------------------- */

void claims_disk(struct claims *c, uint32_t i, bool used)
{
	int r;

	if (!is_instance(c->plan, i))
		return;
	r = mark(c, i, used);
	if (r < 0)
		log_error("%s: whether its disk is new cannot be noted: %s", c->plan->net.honeypot[i].name, strerror(-r));
	c->of[i].state = used || r < 0 || !shut(c, i) ? CLAIM_HELD : CLAIM_SHUT;
}

void claims_offer(struct claims *c, uint32_t i)
{
	struct claim *k = &c->of[i];
	struct came came;

	/* The counter first: whose packets come between this and the opening were the last one's. */
	if (!is_instance(c->plan, i) || k->state != CLAIM_SHUT || !look_who_came(c, &came) || mark(c, i, true) < 0 ||
	    !open_for_one(c, i))
		return;
	*k = (struct claim){ .state = CLAIM_OPEN, .came = came.packets[i] };
	c->tell(c->arg, i, 0);
}

/* hold() - somebody is in */
static void hold(struct claims *c, uint32_t i, uint64_t came)
{
	struct claim *k = &c->of[i];

	k->state = CLAIM_HELD;
	k->came = came;
	if (k->source)
		c->tell(c->arg, i, k->source);
}

/* is_untouched() - nobody got in since it was opened; what is not known is not so */
static bool is_untouched(const struct claims *c, uint32_t i, struct came *ret)
{
	return look_who_came(c, ret) && ret->packets[i] == c->of[i].came;
}

void claims_withdraw(struct claims *c, uint32_t i)
{
	struct claim *k = &c->of[i];
	struct came came;

	if ((k->state != CLAIM_OPEN && k->state != CLAIM_KNOCKED) || !shut(c, i))
		return;
	k->source = source_of(c, i);
	if (is_untouched(c, i, &came) && empty(c, i, POLICY_CLAIM_SET) && is_untouched(c, i, &came)) {
		k->state = CLAIM_SHUT;
		mark(c, i, false);	/* if it stays there, the disk is renewed for nothing */
	} else {
		hold(c, i, came.packets[i]);
	}
}

void claims_lost(struct claims *c)
{
	for (uint32_t i = 0; i < c->plan->net.n_honeypots; i++) {
		if (c->of[i].state != CLAIM_OPEN && c->of[i].state != CLAIM_KNOCKED)
			continue;
		claims_withdraw(c, i);
		claims_offer(c, i);
	}
}

static void look_at(struct claims *c, uint32_t i, uint64_t came, uint64_t now_us)
{
	struct claim *k = &c->of[i];

	if (k->state == CLAIM_OPEN && (k->source = source_of(c, i))) {
		shut(c, i);	/* its set is full: to be tidy */
		k->state = CLAIM_KNOCKED;
		k->since_us = now_us;
	}
	if (k->state == CLAIM_SHUT || k->state == CLAIM_OPEN)
		return;
	if (came != k->came) {
		hold(c, i, came);
	} else if (k->state == CLAIM_KNOCKED && now_us - k->since_us >= KNOCK_US) {
		claims_withdraw(c, i);
		claims_offer(c, i);
	}
}

void claims_look(struct claims *c, uint64_t now_us)
{
	struct came came;
	bool any = false;

	for (uint32_t i = 0; i < c->plan->net.n_honeypots; i++)
		any |= is_instance(c->plan, i);
	if (!any || !look_who_came(c, &came))
		return;
	for (uint32_t i = 0; i < c->plan->net.n_honeypots; i++)
		if (is_instance(c->plan, i))
			look_at(c, i, came.packets[i], now_us);
}
