/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Netlink sockets of the gateway that are handed to another process: the one that holds the owner
 * table, and those that deliver what the rules log.
 *
 * The owner table is made by libnftnl: libnftables does not lend its socket, and here the socket
 * is the point. Format: linux/netfilter/nf_tables.h; NFT_TABLE_F_OWNER ties a table to the netlink port
 * that made it.
 *
 *	table inet skep_owner { flags owner
 *		chain mark_forward { type filter hook forward priority -5; meta mark set meta mark | 0x100; } }
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "firewall.h"
#include "model/gate.h"
#include "netns.h"
#include "nfnl.h"

#define TABLE "skep_owner"
#define CHAIN "mark_forward"

int nfnl_socket(int gw)
{
	int back = netns_enter(gw);
	_fd_ int fd = -1;
	struct sockaddr_nl any = { .nl_family = AF_NETLINK };

	if (back < 0)
		return back;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	netns_leave(back);
	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0)
		return -errno;
	return steal_fd(&fd);
}

static void put_table(struct nlmsghdr *h)
{
	struct nftnl_table *t = nftnl_table_alloc();

	nftnl_table_set_str(t, NFTNL_TABLE_NAME, TABLE);
	nftnl_table_set_u32(t, NFTNL_TABLE_FLAGS, NFT_TABLE_F_OWNER);
	nftnl_table_nlmsg_build_payload(h, t);
	nftnl_table_free(t);
}

static void put_chain(struct nlmsghdr *h)
{
	struct nftnl_chain *c = nftnl_chain_alloc();

	nftnl_chain_set_str(c, NFTNL_CHAIN_TABLE, TABLE);
	nftnl_chain_set_str(c, NFTNL_CHAIN_NAME, CHAIN);
	nftnl_chain_set_str(c, NFTNL_CHAIN_TYPE, "filter");
	nftnl_chain_set_u32(c, NFTNL_CHAIN_HOOKNUM, NF_INET_FORWARD);
	nftnl_chain_set_s32(c, NFTNL_CHAIN_PRIO, -5);
	nftnl_chain_set_u32(c, NFTNL_CHAIN_POLICY, NF_ACCEPT);
	nftnl_chain_nlmsg_build_payload(h, c);
	nftnl_chain_free(c);
}

/* meta_mark() - the mark into register 1 (NFTNL_EXPR_META_DREG), or from there (NFTNL_EXPR_META_SREG) */
static struct nftnl_expr *meta_mark(uint16_t which)
{
	struct nftnl_expr *e = nftnl_expr_alloc("meta");

	nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, NFT_META_MARK);
	nftnl_expr_set_u32(e, which, NFT_REG_1);
	return e;
}

/* The other bits stay: they say which session a packet belongs to. */
static struct nftnl_expr *or_owner(void)
{
	struct nftnl_expr *e = nftnl_expr_alloc("bitwise");
	uint32_t keep = ~(uint32_t)GATE_OWNER_MARK, set = GATE_OWNER_MARK;

	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_SREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_DREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_OP, NFT_BITWISE_BOOL);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_LEN, sizeof(keep));
	nftnl_expr_set(e, NFTNL_EXPR_BITWISE_MASK, &keep, sizeof(keep));
	nftnl_expr_set(e, NFTNL_EXPR_BITWISE_XOR, &set, sizeof(set));
	return e;
}

static void put_rule(struct nlmsghdr *h)
{
	struct nftnl_rule *r = nftnl_rule_alloc();

	nftnl_rule_set_str(r, NFTNL_RULE_TABLE, TABLE);
	nftnl_rule_set_str(r, NFTNL_RULE_CHAIN, CHAIN);
	nftnl_rule_add_expr(r, meta_mark(NFTNL_EXPR_META_DREG));
	nftnl_rule_add_expr(r, or_owner());
	nftnl_rule_add_expr(r, meta_mark(NFTNL_EXPR_META_SREG));
	nftnl_rule_nlmsg_build_payload(h, r);
	nftnl_rule_free(r);
}

int nfnl_talk(int fd, const void *buf, size_t len, uint32_t last)
{
	char answer[8192];
	struct timeval patience = { .tv_sec = 5 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (send(fd, buf, len, 0) < 0)
		return -errno;
	for (;;) {
		ssize_t n = recv(fd, answer, sizeof(answer), 0);

		if (n < 0)
			return -errno;
		for (struct nlmsghdr *h = (void *)answer; mnl_nlmsg_ok(h, (int)n); h = mnl_nlmsg_next(h, (int *)&n)) {
			const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);

			if (h->nlmsg_type == NLMSG_ERROR && e->error)
				return e->error;
			if (h->nlmsg_type == NLMSG_ERROR && h->nlmsg_seq == last)
				return 0;
		}
	}
}

int owner_open(int gw)
{
	static const struct { uint16_t type; void (*put)(struct nlmsghdr *); } steps[] = {
		{ NFT_MSG_NEWTABLE, put_table }, { NFT_MSG_NEWCHAIN, put_chain }, { NFT_MSG_NEWRULE, put_rule },
	};
	char buf[8192];
	struct mnl_nlmsg_batch *b;
	uint32_t seq = 1;
	_fd_ int fd = nfnl_socket(gw);
	int r;

	if (fd < 0)
		return fd;
	b = mnl_nlmsg_batch_start(buf, sizeof(buf));
	nftnl_batch_begin(mnl_nlmsg_batch_current(b), seq++);
	mnl_nlmsg_batch_next(b);
	for (size_t i = 0; i < nitems(steps); i++) {
		struct nlmsghdr *h = nftnl_nlmsg_build_hdr(mnl_nlmsg_batch_current(b), steps[i].type, NFPROTO_INET,
							   NLM_F_CREATE | NLM_F_APPEND | NLM_F_ACK, seq++);

		steps[i].put(h);
		mnl_nlmsg_batch_next(b);
	}
	nftnl_batch_end(mnl_nlmsg_batch_current(b), seq);
	mnl_nlmsg_batch_next(b);
	r = nfnl_talk(fd, mnl_nlmsg_batch_head(b), mnl_nlmsg_batch_size(b), seq - 1);
	mnl_nlmsg_batch_stop(b);
	return r < 0 ? r : steal_fd(&fd);
}

/* One configuration message to NFLOG group @group; @put adds its attributes. */
static int nflog_config(int fd, uint16_t group, uint8_t family, void (*put)(struct nlmsghdr *))
{
	char buf[512];
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *g;

	h->nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	h->nlmsg_seq = 1;
	g = mnl_nlmsg_put_extra_header(h, sizeof(*g));
	*g = (struct nfgenmsg){ .nfgen_family = family, .version = NFNETLINK_V0, .res_id = htons(group) };
	put(h);
	return nfnl_talk(fd, buf, h->nlmsg_len, 1);
}

static void put_bind(struct nlmsghdr *h)
{
	struct nfulnl_msg_config_cmd c = { .command = NFULNL_CFG_CMD_BIND };

	mnl_attr_put(h, NFULA_CFG_CMD, sizeof(c), &c);
}

static void put_mode(struct nlmsghdr *h)
{
	struct nfulnl_msg_config_mode m = { .copy_mode = NFULNL_COPY_PACKET, .copy_range = htonl(GATE_SNAPLEN) };

	mnl_attr_put(h, NFULA_CFG_MODE, sizeof(m), &m);
	mnl_attr_put_u32(h, NFULA_CFG_QTHRESH, htonl(64));
	mnl_attr_put_u32(h, NFULA_CFG_TIMEOUT, htonl(5));	/* hundredths of a second */
	mnl_attr_put_u32(h, NFULA_CFG_NLBUFSIZ, htonl(128 * 1024));
	mnl_attr_put_u16(h, NFULA_CFG_FLAGS, htons(NFULNL_CFG_F_SEQ));
}

int nflog_open_group(int gw, uint16_t group)
{
	_fd_ int fd = nfnl_socket(gw);
	int room = 8 * 1024 * 1024, r;

	if (fd < 0)
		return fd;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	if ((r = nflog_config(fd, group, AF_UNSPEC, put_bind)) < 0 ||
	    (r = nflog_config(fd, group, AF_UNSPEC, put_mode)) < 0)
		return r;
	return steal_fd(&fd);
}
