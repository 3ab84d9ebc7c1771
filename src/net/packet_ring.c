/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet_ring.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "model/packet.h"
#include "netns.h"

enum {
	/* A block that is not full goes to the reader after this time. A reader that died is replaced
	 * after some seconds: short times would fill the ring with blocks that hold one frame each. */
	RETIRE_MS = 200,
	FRAME_SIZE = 2048,	/* means nothing to version 3, but must divide the block */
};

static int set(int fd, int option, const void *value, socklen_t len)
{
	return setsockopt(fd, SOL_PACKET, option, value, len) < 0 ? -errno : 0;
}

static int make_ring(int fd, uint32_t ring_mb)
{
	unsigned blocks = (unsigned)(((uint64_t)ring_mb << 20) / PACKET_BLOCK);
	struct tpacket_req3 ring = { .tp_block_size = PACKET_BLOCK, .tp_block_nr = blocks,
				     .tp_frame_size = FRAME_SIZE, .tp_frame_nr = blocks * (PACKET_BLOCK / FRAME_SIZE),
				     .tp_retire_blk_tov = RETIRE_MS };
	int version = TPACKET_V3, r = set(fd, PACKET_VERSION, &version, sizeof(version));

	return r < 0 ? r : set(fd, PACKET_RX_RING, &ring, sizeof(ring));
}

/* A filter that lets every frame pass is how a packet socket is told where to cut. */
static int cut_at(int fd, uint32_t snaplen)
{
	struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, snaplen);
	struct sock_fprog program = { .len = 1, .filter = &all };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno : 0;
}

static int listen_at(int fd, const char *ifname)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
				  .sll_ifindex = (int)if_nametoindex(ifname) };
	struct packet_mreq promiscuous = { .mr_ifindex = at.sll_ifindex, .mr_type = PACKET_MR_PROMISC };
	int r;

	if (!at.sll_ifindex)
		return -ENODEV;
	r = set(fd, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof(promiscuous));
	return r < 0 ? r : bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ? -errno : 0;
}

int packet_ring_open(int gw, const char *ifname, uint32_t ring_mb, uint32_t snaplen)
{
	int back = netns_enter(gw), r;
	_fd_ int fd = -1;

	if (back < 0)
		return back;
	/* Of no protocol until it is bound: it hears nothing of other interfaces. */
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	r = fd < 0 ? -errno : make_ring(fd, ring_mb);
	if (r == 0)
		r = cut_at(fd, snaplen);
	if (r == 0)
		r = listen_at(fd, ifname);
	netns_leave(back);
	return r < 0 ? r : steal_fd(&fd);
}
