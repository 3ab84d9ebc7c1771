/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Instances of honeypots: made when the whole file was read, since only then it is known which names
 * and addresses are left. For everybody else they are honeypots like those of the file.
 */
#include <stdio.h>
#include <string.h>

#include "schema.h"

static bool is_free(const struct honeynet *n, uint32_t address, const uint8_t mac[6])
{
	for (uint32_t i = 0; i < n->n_honeypots; i++)
		if (n->honeypot[i].address == address || !memcmp(n->honeypot[i].mac, mac, sizeof(n->honeypot[i].mac)))
			return false;
	return address != n->firewall_address;
}

/* take_address() - the highest that is left, and the MAC it makes; false: none is */
static bool take_address(const struct honeynet *n, struct honeypot *h)
{
	uint32_t address = n->network | UINT32_MAX >> n->prefix;	/* of broadcast */

	while (--address > n->network) {
		derive_mac(address, h->mac);
		if (is_free(n, address, h->mac)) {
			h->address = address;
			return true;
		}
	}
	return false;
}

/* take_name() - NAME-NUMBER; false after a complaint */
static bool take_name(struct reader *r, const struct node *at, const char *of, uint32_t number, struct honeypot *h)
{
	char name[NAME_SIZE + 16];
	const struct known *taken;

	if (snprintf(name, sizeof(name), "%s-%u", of, number) >= NAME_SIZE) {
		diag_add(r->d, at->line, at->column, "max: an instance would be called %s, expected at most %d characters", name,
			 NAME_SIZE - 1);
		return false;
	}
	taken = object_find(r, name);
	if (taken) {
		diag_add(r->d, at->line, at->column, "max: an instance would be called %s, which is taken, see %u:%u", name,
			 taken->at->line, taken->at->column);
		return false;
	}
	strcpy(h->name, name);
	return true;
}

/* make_one() - false after a complaint: one is enough for all instances of a honeypot */
static bool make_one(struct reader *r, const struct node *at, uint16_t of, uint32_t number)
{
	struct honeynet *n = r->net;
	struct honeypot h = n->honeypot[of];

	h.instances = (struct instances_conf){ 0 };
	h.is_instance = true;
	h.instance_of = of;
	if (n->n_honeypots == MAX_HONEYPOTS) {
		diag_add(r->d, at->line, at->column, "max: expected at most %d honeypots in all, instances among them",
			 MAX_HONEYPOTS);
		return false;
	}
	if (!take_name(r, at, n->honeypot[of].name, number, &h))
		return false;
	if (!take_address(n, &h)) {
		diag_add(r->d, at->line, at->column, "max: expected an address for each instance, the network has none left for %s",
			 h.name);
		return false;
	}
	n->honeypot[n->n_honeypots++] = h;
	return true;
}

void honeynet_done(struct reader *r, const struct node *n, void *obj, uint32_t index)
{
	const struct node *list = node_get(n, "honeypots");
	uint32_t of_the_file = r->net->n_honeypots;

	(void)obj, (void)index;
	groups_join(r, n);
	for (uint32_t i = 0; r->network_good && i < of_the_file; i++) {
		const struct instances_conf *c = &r->net->honeypot[i].instances;

		/* without a max there are none, and without a name or address there was a complaint */
		if (!c->max || !r->net->honeypot[i].name[0] || !r->net->honeypot[i].address)
			continue;
		for (uint32_t k = 1; k <= c->max; k++)
			if (!make_one(r, node_get(node_get(list->child[i], "instances"), "max"), (uint16_t)i, k))
				break;
	}
}
