/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Shell patterns over bytes that may be an enemy's: time is bounded by pattern times text, no more. */
#include <stdbool.h>

#include "text.h"

/*
 * glob_match() - whether the whole of @s is as @pattern says: * any bytes, also none, slashes too; ? one
 * byte; [a-z] one of them, [!a-z] one other; \ takes the next as it is
 */
bool glob_match(struct span s, const char *pattern);
/* glob_is_sound() - false if a bracket does not close or a backslash ends it */
bool glob_is_sound(const char *pattern);
