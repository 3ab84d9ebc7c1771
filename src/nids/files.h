/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Where the running NIDS's files are, below the state folder:
 *
 *	nids/suricata.yaml	its configuration } root's
 *	nids/rules/		its rule files    }
 *	nids/log/, nids/run/	its own: EVE and the command socket; nothing there is to be trusted
 *
 * Rule files are copies. Suricata is no root and could not follow a path into a user's folder, and what
 * it may read is not for whoever may write a path into the honeynet file to say.
 */
#include "model/honeynet.h"
#include "nids.h"

struct nids_files {
	struct nids nids;		/* lends the rest */
	char *rules_dir, *log_dir, *run_dir, *config;
	char *rules[MAX_RULE_FILES];
};

void nids_files_init(struct nids_files *f, const struct honeynet *n, const char *state);
void nids_files_fini(struct nids_files *f);

#define _nids_files_ __attribute__((cleanup(nids_files_fini)))

/* nids_copy_ours() - from @rules, skep's own folder of rules; each file is replaced in one step. 0 or -errno */
int nids_copy_ours(const struct nids_files *f, const char *rules);
/* nids_copy_users() - the @i-th of the honeynet's. If it cannot be read it is left out. 0 or -errno */
int nids_copy_users(const struct nids_files *f, const struct honeynet *n, uint32_t i);
int nids_write_config(const struct nids_files *f);	/* 0 or -errno */
