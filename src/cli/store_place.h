/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Where the index of this state folder is: `skep up` leaves a note, run/store, with two lines: the
 * database's address to read from, and the one to write to. Without it, it is SQLite.
 */
#include "model/plan.h"
#include "store/server.h"

/* store_place_note() - 0, or -errno */
int store_place_note(const struct plan *p);
/* store_place() - for store_open() */
void store_place(enum db_account a, struct text *ret);
