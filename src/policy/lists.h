/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The sets of table inet skep that are lists of addresses: honeypots, fence, black- and whitelist, resolvers, who is blocked; and lockdown. */
#include "base/text.h"
#include "model/honeynet.h"

void lists_sets(struct text *t, const struct honeynet *n);
/* lists_renew() - what of @was is otherwise in @n, as commands; what was put there by hand is let be */
void lists_renew(struct text *t, const struct honeynet *was, const struct honeynet *n);
