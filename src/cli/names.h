/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the names of the DNS that rules name mean now. */
#include "base/text.h"
#include "config/diag.h"
#include "model/honeynet.h"

enum { NAME_ADDRESSES = 64 };	/* of one name; what there is more of is left out */

/* names_find() - asks for each; 0, or -EINVAL after complaints in @d at their places */
int names_find(struct honeynet *n, struct diag *d);
/* names_put() - what each has, a line each: "mirror is deb.example.org: 192.0.2.7, 192.0.2.9", or JSON */
void names_put(const struct honeynet *n, bool json, struct text *t);
