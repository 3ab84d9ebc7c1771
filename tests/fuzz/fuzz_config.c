/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a honeynet file: through the same door as a real one. What is accepted must be sane,
 * what is not must be explained.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "config/config.h"
#include "model/nat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool sane_nat(const struct honeynet *n)
{
	uint32_t address[MAX_OUTSIDE];
	bool sane = n->n_nat <= MAX_NAT && nat_addresses(n, address) < MAX_OUTSIDE;

	for (uint32_t i = 0; sane && i < n->n_nat; i++) {
		const struct nat_rule *r = &n->nat[i];

		sane = r->asks.n_sources && r->asks.n_destinations && (r->kind != NAT_SOURCE || nat_may_have(r->address)) &&
		       (r->kind != NAT_DESTINATION || r->honeypot < n->n_honeypots) &&
		       (!r->port || (r->kind == NAT_DESTINATION && r->asks.n_services));
	}
	return sane;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_free_ struct honeynet *n = xcalloc(1, sizeof(*n));
	_free_ char *text = xcalloc(size + 1, 1);	/* a buffer of its own: overruns are seen */
	_text_ struct text said = { 0 };
	_diag_ struct diag d = { 0 };

	for (size_t i = 0; i < size; i++)
		text[i] = (char)data[i];
	if ((config_read(text, size, n, &d) < 0) != (d.n > 0))
		abort();
	if (!d.n && (!n->n_honeypots || !n->n_rules || n->n_honeypots > MAX_HONEYPOTS || n->n_rules > MAX_RULES))
		abort();
	if (!d.n && !sane_nat(n))
		abort();
	diag_text(&d, "fuzz", &said);
	for (size_t i = 0; i < said.len; i++)
		if ((unsigned char)said.at[i] < 0x20 && said.at[i] != '\n')
			abort();
	return 0;
}
