/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The secret of the journal's chain (record/chain.h), between skep and a person: told once when the
 * chain is made, asked for when it is verified. It is never in an argument, a log or the state folder,
 * except in a file that says so by its name if there was no terminal to show it on.
 */
#include <stdint.h>

#include "record/chain.h"

/*
 * secret_begin() - makes the chain if the journal has none yet; no recorder may run. The secret goes into
 * @file (never over an existing one), NULL: to the terminal. Dies with a message on failure.
 */
void secret_begin(const char *file);

/* secret_read() - from @file, "-" standard input, NULL: asked for without echo; 0, or -1 and it said why */
int secret_read(const char *file, uint8_t ret[CHAIN_SECRET]);
