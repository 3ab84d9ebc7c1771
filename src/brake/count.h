/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the brake counts: shared by its BPF program and user space. */
#include <linux/bpf.h>
#include <linux/types.h>

enum brake_budget {
	BRAKE_TCP, BRAKE_UDP, BRAKE_ICMP, BRAKE_OTHER,	/* what a honeypot begins */
	BRAKE_BYTES, BRAKE_PACKETS,			/* all that it sends */
	BRAKE_BUDGETS
};

/* Why something was refused: a budget was used up, or one of these. */
enum brake_why { BRAKE_SOURCE = BRAKE_BUDGETS, BRAKE_NOT_IP, BRAKE_SILENT, BRAKE_WHYS };

enum {
	BRAKE_GATEWAY = 0,		/* the address that stands for the gateway itself, and for whoever is nobody */
	BRAKE_MACHINES = 4096,		/* room for addresses, also of those that were removed */
};

struct brake_cap { __u64 period_ns, most; };
struct brake_caps { struct brake_cap of[BRAKE_BUDGETS]; __u64 six; };	/* six: it may send IPv6, too */

/* The honeynet's IPv6 network: who is there has these 96 bits (network order), and behind them his IPv4 address. */
struct brake_six { __u32 there, high[3]; };

/* A period begins with its first use. */
struct brake_count { __u64 since_ns, n; };

struct brake_used {
	struct bpf_spin_lock lock;
	__u32 unused;
	struct brake_count of[BRAKE_BUDGETS];
	__u64 passed, refused[BRAKE_WHYS];
};
