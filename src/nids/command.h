/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Suricata's command socket: JSON objects, a line each. A version is agreed on, then one command asked.
 * Format: Suricata User Guide 7, "Interacting via Unix Socket", protocol 0.2.
 */
#include "base/text.h"

enum { NIDS_REFUSED = 1 };

/*
 * nids_command() - 0, done; NIDS_REFUSED, it said no; both with its words appended to @ret_said (not
 * made safe). -ENOENT or -ECONNREFUSED: it does not run; -ETIMEDOUT: no answer within @wait_s seconds
 * of the last sign of life; -EBADMSG: nonsense; -errno. @run_dir as in struct nids, of any length.
 */
int nids_command(const char *run_dir, const char *command, unsigned wait_s, struct text *ret_said);
