/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What a rule file says about its rules, as far as a list of them needs it. Pure. */
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct rule_head {
	unsigned line;		/* in its file; of the rule's last line, as Suricata counts */
	struct span action;	/* "alert" */
	bool replaces;		/* bytes of the packet by others */
	uint64_t sid;
	uint32_t rev;
	uint32_t priority;	/* 0: as its class says */
	struct span class, msg;	/* msg as written, its escapes kept */
};

struct rule_reader {
	struct span rest;	/* the file's bytes, lent */
	unsigned line;		/* lines that were read */
};

/* rule_next() - 1 and the next rule, whose spans point into the file; 0 no more. What is no rule is
 * passed over: Suricata is the one who complains. */
int rule_next(struct rule_reader *r, struct rule_head *ret);

/* rule_prevents() - it drops what it is about, or changes it: then it is an alert that replaces */
bool rule_prevents(const struct rule_head *h);

/* class_priority() - of class @name in the text of a classification.config; 3, Suricata's own
 * default, if it is not there */
uint32_t class_priority(struct span classes, struct span name);
