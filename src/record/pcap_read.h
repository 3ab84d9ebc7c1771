/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Reading packets back, also beside their writer. The index says which parts of a file need not be read. */
#include <stdint.h>

#include "pcap_format.h"

struct pcap_window {
	uint64_t since_ns, until_ns;	/* both included */
};

struct pcap_seen {
	uint64_t files;		/* of which something was read */
	uint64_t first_ns, last_ns;	/* what time the whole folder covers; 0 it holds no packet */
	uint64_t damaged;	/* places where packets cannot be read any more */
};

/* Called for each packet of the window, file by file; it is lent. A negative number stops and is returned. */
typedef int pcap_packet_fn(void *arg, const struct packet *p);

/* pcap_scan() - all files of a folder. 0, what @fn or reading returned; adds to *@seen */
int pcap_scan(int dirfd, const struct pcap_window *w, pcap_packet_fn *fn, void *arg, struct pcap_seen *seen);
