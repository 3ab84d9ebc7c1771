/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Where a packet is asked about few of many rules: of a run of rules that each name a few destinations and ports, only those
 * are left that name its own. They keep their order, and a run is where its first rule was, so the first rule that matches
 * still decides.
 */
#include "match.h"

/* An address, a protocol and a port of a run, and which of its rules name it */
struct index_key {
	uint32_t address;
	uint16_t port;
	uint8_t proto;
	uint32_t first, n;	/* a part of rule[] */
};

struct index_run {
	uint32_t from, to;	/* rules, to is behind the last */
	uint32_t first, n;	/* a part of key[] */
};

struct index {
	uint32_t n_runs, n_keys, n_rules;
	struct index_run *run;
	struct index_key *key;
	uint16_t *rule;
};

/* index_init() - @may: a rule's lines may stand anywhere where its destinations and services are known */
void index_init(struct index *x, const struct honeynet *n, const struct matches *m, bool (*may)(const struct honeynet *n,
		const struct matches *m, uint32_t i));
void index_fini(struct index *x);
/* index_at() - the run that begins with rule @i, or NULL */
const struct index_run *index_at(const struct index *x, uint32_t i);

#define _index_ __attribute__((cleanup(index_fini)))
