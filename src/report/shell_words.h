/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* A command line as somebody would type it: quoted as a shell needs it, and safe for a terminal. */
#include <stddef.h>

#include "base/text.h"

/* shell_words() - @args with a NUL after each; ends in "..." once there are @max bytes */
void shell_words(struct span args, size_t max, struct text *t);
