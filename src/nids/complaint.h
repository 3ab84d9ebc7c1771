/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What Suricata says is wrong with rules, taken from its standard error. Pure.
 *
 * A rule that cannot be read makes two lines (7.0): first why, then which:
 *	E: detect-parse: unknown rule keyword 'contnt'.
 *	E: detect: error parsing signature "alert ..." from file /a/b.rules at line 7
 */
#include "base/text.h"

struct nids_complaint {
	struct span file;	/* empty: about no file */
	unsigned line;		/* 0: about no line */
	struct span text;	/* why */
};

/* nids_complaint_next() - 1 and the next one, @rest going on; 0 no more. Spans are lent, inside @rest. */
int nids_complaint_next(struct span *rest, struct nids_complaint *ret);
