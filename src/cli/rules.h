/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The NIDS's rules where their owners keep them: as a configuration, and as Suricata finds them. */
#include "base/text.h"
#include "model/honeynet.h"

/* rules_config() - appends the configuration the NIDS runs with, naming the files where they are */
void rules_config(const struct honeynet *n, struct text *ret_yaml);
/*
 * rules_check() - asks Suricata about all files. 0, or how many complaints there are, a line each in
 * @ret_complaints ("FILE:LINE: TEXT", made safe); -ENOENT: no Suricata; -errno.
 */
int rules_check(const struct honeynet *n, struct text *ret_complaints);
