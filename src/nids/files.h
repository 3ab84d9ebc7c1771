/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Where the running NIDS's files are, below the state folder:
 *
 *	nids/suricata.yaml	its configuration } root's
 *	nids/rules/		its rule files    }
 *	nids/log/, nids/run/	its own: EVE and the command socket; nothing there is to be trusted
 *
 * and those of the prevention likewise, below inline/.
 *
 * Rule files are copies. Suricata is no root and could not follow a path into a user's folder, and what
 * it may read is not for whoever may write a path into the honeynet file to say.
 */
#include "model/honeynet.h"
#include "nids.h"

struct nids_files {
	struct nids nids;		/* lends the rest */
	const char (*users)[WORDS_SIZE];	/* where the users' rule files are copied from, lent by the honeynet */
	char *rules_dir, *log_dir, *run_dir, *config;
	char *rules[MAX_RULE_FILES];
};

/* nids_folder() - "nids" or "inline" */
const char *nids_folder(bool prevents);
/* nids_files_init() - of the NIDS, or of the prevention */
void nids_files_init(struct nids_files *f, const struct honeynet *n, const char *state, bool prevents);
void nids_files_fini(struct nids_files *f);

#define _nids_files_ __attribute__((cleanup(nids_files_fini)))

/* nids_copy_ours() - from @rules, skep's own folder of rules; each file is replaced in one step. 0 or -errno */
int nids_copy_ours(const struct nids_files *f, const char *rules);
/* nids_copy_users() - the @i-th of the users'. If it cannot be read it is left out. 0 or -errno */
int nids_copy_users(const struct nids_files *f, uint32_t i);
int nids_write_config(const struct nids_files *f);	/* 0 or -errno */
