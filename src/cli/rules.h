/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The NIDS's rules on their way from where users keep them to where Suricata, which is no root and
 * may not be able to look there, reads them.
 *
 * STATE_NIDS is root's: copies of all rule files, and the configuration. STATE_NIDS_OWN and
 * STATE_NIDS_EVE are Suricata's own: its socket, its output. Nothing in those two is to be trusted.
 */
#include "base/text.h"
#include "model/honeynet.h"
#include "nids/nids.h"

#define STATE_NIDS "run/nids"
#define STATE_NIDS_OWN "run/nids/own"
#define STATE_NIDS_EVE "run/nids/eve"
#define RULES_INTERFACE "br0"

/* rules_config() - appends the configuration the NIDS would run with, naming the files where they are */
void rules_config(const struct honeynet *n, struct text *ret_yaml);
/*
 * rules_check() - asks Suricata about all files. 0, or how many complaints there are, a line each in
 * @ret_complaints ("FILE:LINE: TEXT", made safe); -ENOENT: no Suricata; -errno.
 */
int rules_check(const struct honeynet *n, struct text *ret_complaints);
/* rules_install() - copies and configuration to STATE_NIDS, which is there; each file is replaced as a
 * whole. 0, or -errno and *@ret_what: the file it is about (yours). */
int rules_install(const struct honeynet *n, char **ret_what);
