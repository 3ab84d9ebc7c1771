/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Where things are. The state folder: what skep writes (SKEP_STATE, else /var/lib/skep). The data
 * folder: what it came with (SKEP_DATA, else beside the program or one above it, if etc/honeynet.yaml
 * and images/ are there, else where it was installed).
 */
const char *state_dir(void);			/* lent for ever; no slash at its end */
char *state_path(const char *name);		/* "evidence/index.db"; yours */
const char *data_dir(void);
char *data_path(const char *name);		/* "etc/honeynet.yaml" */

#define STATE_JOURNAL "evidence/journal"
#define STATE_INDEX "evidence/index.db"
#define STATE_SAMPLES "evidence/samples"
#define STATE_PCAP "evidence/pcap"
#define STATE_SELFTEST "selftest"
#define STATE_SELFTEST_KEY STATE_SELFTEST "/key"
#define DATA_HONEYNET "etc/honeynet.yaml"
#define DATA_RULES "etc/rules"
#define DATA_OBJECTIVES "etc/objectives.yaml"
