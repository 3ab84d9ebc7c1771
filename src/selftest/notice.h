/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What an intruder could notice of control, from what arrives at his machine's own plug: nobody but the gateway can have
 * sent it, or no router would send it so. Pure, and part of the judge.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seen;
struct terms;

/* X(id, name, what was heard) */
#define NOTICES(X)                                                                                        \
	X(RESETS, "resets", "TCP resets in the name of who is not there or was not asked")                \
	X(ANSWERS, "answers", "other answers in such a name")                                             \
	X(ERRORS, "icmp-errors", "ICMP errors of the gateway about what was refused")                     \
	X(PORTS, "ports", "ports of the gateway that answer")                                             \
	X(MTU, "path-mtu", "ICMP errors about frames that are too large")                                 \
	X(TAGS, "tags", "frames with a VLAN tag")                                                         \
	X(MAC, "hardware-address", "frames of the gateway from an address that is made up, or another one")

enum notice_kind {
#define X(id, name, words) NOTICE_##id,
	NOTICES(X)
#undef X
	N_NOTICES
};

struct notice {
	uint64_t seen[N_NOTICES];
	uint64_t hops, whole;	/* as it should be: the gateway as a hop on the way, answers of the largest size */
	uint8_t mac[6];		/* the gateway's first */
	bool has_mac;
};

/* notice_frame() - @len bytes of a frame on its way to the honeypot, and what was read in them */
void notice_frame(struct notice *n, const struct terms *t, const struct seen *s, const uint8_t *f, size_t len);
/* notice_answer() - one in the name of somebody who cannot have given it */
void notice_answer(struct notice *n, const struct seen *s);
uint64_t notice_sum(const struct notice *n);	/* of all kinds */
const char *notice_name(enum notice_kind k);
const char *notice_words(enum notice_kind k);
