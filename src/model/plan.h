/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The plan: a honeynet and everything `skep up` decided about running it on this machine. Plain
 * values in a sealed memory file that every role maps; never written again. A reload makes a new one,
 * which takes its place in every role (replan.h).
 */
#include <limits.h>

#include "honeynet.h"
#include "objective.h"

enum {
	RING_CONFIG_MAX = 8 * 1024 * 1024,	/* between a capture ring's header page and its data */
	RING_MEMORY = 1024 * 1024,	/* after its data */
};

/* What is known of a root file system. */
enum {
	ROOT_FOREIGN = 1,	/* made by no recipe of ours */
	ROOT_NETWORKD = 2,	/* systemd-networkd gives it its address, else ifupdown */
};

struct plan {
	struct honeynet net;
	struct objectives objectives;	/* as read with it; those loaded alone go to the recorder */
	uint64_t epoch;			/* one for each `skep up`: its time, microseconds UTC */
	uint64_t born_us[MAX_HONEYPOTS];	/* since when the honeypot has its place and its ring; the epoch of what it tells */
	char file[PATH_MAX];		/* the honeynet file it was read from */
	bool store_given;		/* net.store was said at the start, whatever the file says */
	char state[PATH_MAX];		/* state folder */
	char kernel[PATH_MAX];		/* the honeypots' kernel */
	char rules[PATH_MAX];		/* folder of the NIDS's rules that skep comes with */
	char image[MAX_HONEYPOTS][PATH_MAX];
	uint64_t image_s[MAX_HONEYPOTS];	/* when it was made, UTC */
	uint8_t root[MAX_HONEYPOTS];		/* ROOT_..., of the image */
	char disk[MAX_HONEYPOTS][PATH_MAX];	/* copy-on-write layer */
	uint32_t n_probes[MAX_HONEYPOTS];
	struct probe probe[MAX_HONEYPOTS][MAX_PROBES];
	int cpu[MAX_HONEYPOTS];			/* the processor each honeypot runs on */
	/* what a guest is told about the machine it runs on; "" leaves it as it is */
	char guest_cmdline[256], guest_release[65], guest_version[65], guest_cpuinfo[16 * 1024];
};
