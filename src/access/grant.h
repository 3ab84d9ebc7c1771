/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What a restricted user may say after a verb. A form lists it:
 *
 *	"--json --kind= -f -n= NUMBER"	flags; options with a value; as many operands as other words
 *
 * It is read more strictly than getopt would: no abbreviation, no bundle of letters, no "--". So
 * what passes here means the same to getopt. No word holds a slash, so none names a file elsewhere; only
 * a terminal's name, "pts/0", may.
 */
#include "base/text.h"

/* grant_check() - @word ends in NULL and comes after the verb. 0, or -EACCES and why is added to @why. */
int grant_check(const char *form, char *const *word, struct text *why);
