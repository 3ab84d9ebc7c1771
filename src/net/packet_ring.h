/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The ring of full packets: an AF_PACKET socket of the gateway with a TPACKET_V3 ring, which lives,
 * with what is in it and not yet read, as long as a descriptor of the socket is open anywhere.
 * Format: Documentation/networking/packet_mmap.rst of the kernel.
 */
#include <stdint.h>

/*
 * packet_ring_open() - from now on every frame that @ifname in namespace @gw sends or receives goes
 * into a ring of @ring_mb MiB in blocks of PACKET_BLOCK bytes, each frame cut at @snaplen bytes. The
 * interface is made promiscuous for as long as the socket lives: a bridge shows frames between two
 * of its ports to nobody else. The descriptor, or -errno.
 */
int packet_ring_open(int gw, const char *ifname, uint32_t ring_mb, uint32_t snaplen);
