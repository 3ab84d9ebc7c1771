/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The rules of NIDS and prevention where their owners keep them: as a configuration, and as Suricata finds them. */
#include <stdbool.h>

#include "base/text.h"
#include "model/honeynet.h"

/* rules_config() - appends the configuration the NIDS, or the prevention, runs with, naming the files where they are */
void rules_config(const struct honeynet *n, bool prevents, struct text *ret_yaml);
/*
 * rules_check() - asks Suricata about all files, the prevention's if it is not off. 0, or how many complaints there are, a
 * line each in @ret_complaints ("FILE:LINE: TEXT", made safe); -ENOENT: no Suricata; -errno.
 */
int rules_check(const struct honeynet *n, struct text *ret_complaints);
/* rules_prevent() - whether all in the users' files for the prevention drop or replace; as rules_check(), without asking anybody */
int rules_prevent(const struct honeynet *n, struct text *ret_complaints);
/* rules_suricata_queues() - 1: Suricata is here and can take packets from a queue; 0: it cannot; -ENOENT: no Suricata; -errno */
int rules_suricata_queues(void);
