/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Who a honeypot is: the files that make it one of its own - name, address, machine-id, ssh host
 * keys, where it logs to. Kept below the state folder as the tree that is written into a new disk.
 */
#include "model/plan.h"

/*
 * identity_make() - what is missing of honeypot @i's identity below @p->state/identity/NAME; what is
 * there stays, so a honeypot keeps its keys. Runs ssh-keygen. 0, or -errno and *@ret_what: the file
 * or program (lent: a literal).
 */
int identity_make(const struct plan *p, uint32_t i, const char **ret_what);
