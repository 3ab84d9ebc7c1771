/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Which packets are wanted: by time, by the flows of a session, by a flow's community id, by an
 * address, by a filter in libpcap's language. All that is given must hold.
 */
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "model/packet.h"

struct event;
struct store;

enum { PICK_FLOWS_MAX = 65536 };

/* A flow in either direction. */
struct pick_flow {
	struct addr a, b;
	uint16_t a_port, b_port;	/* 0 any */
	uint8_t proto;			/* 0 any */
	uint64_t since_ns, until_ns;
	uint32_t next;			/* in its bucket, index plus one; 0 the last */
};

struct pcap_pick {
	uint64_t since_ns, until_ns;
	const char *community;		/* NULL any */
	struct addr address;		/* family 0 any */
	uint16_t port;			/* of that address; 0 any */
	bool filtered, by_flow;
	struct bpf_program filter;
	struct pick_flow *flow;		/* with by_flow: one of these */
	uint32_t n_flows, bucket[256];
	uint64_t flows_beyond;		/* not looked for: too many */
};

void pcap_pick_init(struct pcap_pick *k);	/* all packets */
void pcap_pick_fini(struct pcap_pick *k);

/* pcap_pick_address() - "IP", "IP:PORT" or "[IP]:PORT"; 0 or -EINVAL */
int pcap_pick_address(struct pcap_pick *k, const char *s);
/* pcap_pick_filter() - 0, or -EINVAL and *@ret_why: libpcap's words, yours */
int pcap_pick_filter(struct pcap_pick *k, const char *expression, char **ret_why);
/* pcap_pick_session() - its own connection and those its processes opened; 0, or -1: complained already */
int pcap_pick_session(struct pcap_pick *k, struct store *store, int journal, uint64_t id, uint64_t now_us);

bool pcap_picks(const struct pcap_pick *k, const struct packet *p);
