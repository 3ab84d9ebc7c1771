/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A throw-away honeypot in the running honeynet: another plan with one more in it (model/replan.h), which stands wherever
 * one of the others stands in groups and rules, has an address of its own, and runs one program of ours at its start. It
 * and all that was made for it are taken away by standin_remove(), whoever made it and whatever became of him.
 */
#include <stdbool.h>
#include <stdint.h>

#include "model/plan.h"

#define STANDIN_NAME "Selftest"
#define STANDIN_FENCE 0xc612ff01u	/* 198.18.255.1: in the fence as long as it is there */
#define STANDIN_BLACK 0xc612ff02u	/* 198.18.255.2: likewise in the blacklist */

struct standin {
	const struct plan *before;
	struct plan *next;
	uint32_t place, address;
	char like[NAME_SIZE];		/* whose place in the rules it shares */
};

/*
 * standin_plan() - @like: a honeypot's name, NULL the first; @used: an address in use by @arg, which the throw-away does
 * not get if there is another. Dies if there is no place or address for it.
 */
void standin_plan(struct standin *s, const struct plan *running, const char *like, bool (*used)(void *arg, uint32_t address),
		  void *arg);
/* standin_add() - builds what it needs, and adds it. @program: a file, run with @words behind its name. An exit code */
int standin_add(struct standin *s, int control, const char *program, const char *words);
/*
 * standin_remove() - if it is there; an exit code. @settled: nobody can have asked for it without having got an answer;
 * else it may come yet, and the plan that runs is given once more, which ends that.
 */
int standin_remove(int control, bool settled);
