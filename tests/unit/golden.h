/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Texts held against files; SKEP_GOLDEN=write makes the files. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "unit.h"

static void same_as_file(const char *path, const struct text *got)
{
	const char *mode = getenv("SKEP_GOLDEN");
	bool writing = mode && !strcmp(mode, "write");
	FILE *f = fopen(path, writing ? "we" : "re");
	_text_ struct text want = { 0 };
	int c;

	if (!f)
		fail_msg("%s: %s", path, strerror(errno));
	if (writing)
		fwrite(text_str(got), 1, got->len, f);
	while (!writing && (c = getc(f)) != EOF)
		text_addc(&want, (char)c);
	fclose(f);
	if (!writing && strcmp(text_str(got), text_str(&want)))
		fail_msg("%s differs: SKEP_GOLDEN=write and git diff show how", path);
}
