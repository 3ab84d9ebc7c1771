/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules are looked at once a second, and whenever the gate's lock cannot be moved: somebody with root's rights may
 * have flushed or changed them. Then nobody knows what passes, but for the brake, which holds to its caps. They are
 * loaded again, and it is told; if the kernel does not take them, priv dies, and everything with it.
 */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/firewall.h"
#include "net/queue.h"
#include "net/rules_sum.h"
#include "policy/policy.h"
#include "priv.h"

int priv_load_queue(struct priv *p, const struct honeynet *n)
{
	return honeynet_prevents(n) ? queue_load(p->net.gw, n->prefix6) : queue_unload(p->net.gw, n->prefix6);
}

void priv_know_rules(struct priv *p)
{
	int r = -EAGAIN;

	for (int tries = 0; r == -EAGAIN && tries < 5; tries++)
		r = rules_sum(p->rules, &p->rules_sum);
	if (r < 0)
		die("the rules cannot be read back: %s", strerror(-r));
}

/* load_again() - whether what the rules count could be kept. With what was said by hand meanwhile. */
static bool load_again(struct priv *p)
{
	static struct honeynet n;
	_text_ struct text replace = { 0 }, all = { 0 };
	const char *why;
	int r = priv_load_queue(p, &p->role.plan->net);

	if (r < 0)
		die("somebody changed the rules, and those of the prevention cannot be loaded again: %s", strerror(-r));
	n = p->role.plan->net;
	n.containment = p->containment;
	memcpy(n.containment.own, p->budgets.own, sizeof(n.containment.own));
	policy_replace(&n, &n, &replace);
	if (firewall_load(p->firewall, text_str(&replace), &why) == 0)
		return true;
	policy_compile(&n, &all);
	if (firewall_load(p->firewall, text_str(&all), &why) < 0)
		die("somebody changed the rules, and the kernel does not take ours again: %s", why);
	claims_lost(&p->claims);
	return false;
}

void priv_look_at_rules(struct priv *p)
{
	_text_ struct text t = { 0 };
	uint64_t sum;
	int r = rules_sum(p->rules, &sum);
	bool kept;

	if (r == -EAGAIN || (r == 0 && sum == p->rules_sum))
		return;
	if (r < 0)
		die("the rules cannot be read back: %s", strerror(-r));
	kept = load_again(p);
	priv_know_rules(p);
	log_error("somebody changed the gateway's rules; they are loaded again, and what they count %s", kept ? "was kept" : "is new");
	put_u8(&t, kept);
	peer_say(&p->role.master, MSG_MENDED, &t, -1);
}

void priv_note_hand(struct priv *p, enum hand what, const struct network *net)
{
	struct containment *c = &p->containment;
	uint32_t i;

	if (what == HAND_LOCK || what == HAND_UNLOCK) {
		c->locked = what == HAND_LOCK;
		return;
	}
	if (what == HAND_FENCE && c->n_fence < MAX_FENCE) {
		c->fence[c->n_fence++] = *net;
		c->n_by_hand++;
		return;
	}
	i = network_find(c->fence, c->n_fence, net);
	if (what == HAND_FENCE || i == c->n_fence)
		return;
	memmove(&c->fence[i], &c->fence[i + 1], (c->n_fence - i - 1) * sizeof(c->fence[0]));
	c->n_fence--;
	c->n_by_hand -= c->n_by_hand > 0;
}
