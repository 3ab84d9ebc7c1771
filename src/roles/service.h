/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Services: daemons that are not ours, started and watched by the role services. Each is a row of
 * the table in services.c and a file service_NAME.c.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/text.h"
#include "run/role.h"

enum service_id { SERVICE_NIDS, SERVICE_DATABASE, SERVICE_INLINE, SERVICES };
enum service_state { SERVICE_OFF, SERVICE_STARTING, SERVICE_UP, SERVICE_BROKEN, SERVICE_STATES };

const char *service_name(enum service_id s);
const char *service_state_name(enum service_state s);
/* service_wanted() - whether the honeynet of this plan has it */
bool service_wanted(const struct plan *p, enum service_id s);

/* A command, its words one after another with a NUL after each. */
struct command {
	struct text words;
	bool as_root;			/* for what has to make folders; else as the service's user */
};

void command_add(struct command *c, const char *word);

/* One that is to run or does; whoever reads its files gets them through @give. */
struct service_run {
	const struct plan *plan;
	enum service_id id;
	pid_t pid;			/* 0: not running */
	uint32_t given;			/* the newest file given out */
	void (*give)(void *arg, enum source_kind kind, uint32_t index, int fd);	/* lends @fd */
	void *arg;
};

struct service_ops {
	const char *name;
	bool (*wanted)(const struct plan *p);
	uint64_t caps;			/* bits by CAP_* it runs with */
	int (*confine)(void);		/* in its process, last of all; 0 or -errno. May be NULL */
	/* prepare() - its user's files and folders, before each start; 0 or -errno and *@ret_what */
	int (*prepare)(const struct service_run *run, const char **ret_what);
	/* command() - the @step-th command of a start; 1 it has to end with 0 before the next one,
	 * 0 it is the daemon itself */
	int (*command)(const struct service_run *run, unsigned step, struct command *ret);
	bool (*answers)(const struct service_run *run);
	void (*tend)(struct service_run *run);		/* every second; may be NULL */
	void (*give_all)(struct service_run *run);	/* a new reader wants all files; may be NULL */
};

uid_t service_uid(enum service_id s);

extern const struct service_ops service_nids, service_database, service_inline;
