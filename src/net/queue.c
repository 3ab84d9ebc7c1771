/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 *	table ip skep_queue {
 *		chain forward { type filter hook forward priority 10; policy accept;
 *			iifname "br0" oifname != "br0" ct direction original queue num 0
 *			iifname != "br0" oifname "br0" ct direction reply queue num 0 } }
 *
 * and, where the honeynet has IPv6, the same of family ip6.
 *
 * By libnftnl, since libnftables cannot write an xtables target. Format: linux/netfilter/nf_tables.h, and of the target
 * linux/netfilter/xt_NFQUEUE.h, revision 0.
 */
#include "queue.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_tuple_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/xt_NFQUEUE.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "nfnl.h"

#define CHAIN "forward"
enum { PRIORITY = 10 };		/* behind table skep */

/* A transaction that is being written. */
struct batch {
	struct mnl_nlmsg_batch *b;
	uint8_t family;			/* of what is written next */
	uint32_t seq;
};

static struct nlmsghdr *begin(struct batch *t, uint16_t type, uint16_t flags)
{
	return nftnl_nlmsg_build_hdr(mnl_nlmsg_batch_current(t->b), type, t->family, flags | NLM_F_ACK, t->seq++);
}

static void put_table(struct batch *t, uint16_t type)
{
	struct nlmsghdr *h = begin(t, type, type == NFT_MSG_NEWTABLE ? NLM_F_CREATE : 0);
	struct nftnl_table *table = nftnl_table_alloc();

	nftnl_table_set_str(table, NFTNL_TABLE_NAME, QUEUE_TABLE);
	nftnl_table_nlmsg_build_payload(h, table);
	nftnl_table_free(table);
	mnl_nlmsg_batch_next(t->b);
}

static void put_chain(struct batch *t)
{
	struct nlmsghdr *h = begin(t, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	struct nftnl_chain *c = nftnl_chain_alloc();

	nftnl_chain_set_str(c, NFTNL_CHAIN_TABLE, QUEUE_TABLE);
	nftnl_chain_set_str(c, NFTNL_CHAIN_NAME, CHAIN);
	nftnl_chain_set_str(c, NFTNL_CHAIN_TYPE, "filter");
	nftnl_chain_set_u32(c, NFTNL_CHAIN_HOOKNUM, NF_INET_FORWARD);
	nftnl_chain_set_s32(c, NFTNL_CHAIN_PRIO, PRIORITY);
	nftnl_chain_set_u32(c, NFTNL_CHAIN_POLICY, NF_ACCEPT);
	nftnl_chain_nlmsg_build_payload(h, c);
	nftnl_chain_free(c);
	mnl_nlmsg_batch_next(t->b);
}

static void compare(struct nftnl_rule *r, bool same, const void *value, size_t n)
{
	struct nftnl_expr *e = nftnl_expr_alloc("cmp");

	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_OP, same ? NFT_CMP_EQ : NFT_CMP_NEQ);
	nftnl_expr_set(e, NFTNL_EXPR_CMP_DATA, value, (uint32_t)n);
	nftnl_rule_add_expr(r, e);
}

static void match_bridge(struct nftnl_rule *r, uint32_t key, bool is)
{
	static const char name[IFNAMSIZ] = "br0";
	struct nftnl_expr *e = nftnl_expr_alloc("meta");

	nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, key);
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_DREG, NFT_REG_1);
	nftnl_rule_add_expr(r, e);
	compare(r, is, name, sizeof(name));
}

static void match_direction(struct nftnl_rule *r, uint8_t direction)
{
	struct nftnl_expr *e = nftnl_expr_alloc("ct");

	nftnl_expr_set_u32(e, NFTNL_EXPR_CT_KEY, NFT_CT_DIRECTION);
	nftnl_expr_set_u32(e, NFTNL_EXPR_CT_DREG, NFT_REG_1);
	nftnl_rule_add_expr(r, e);
	compare(r, true, &direction, sizeof(direction));
}

static void by_nft(struct nftnl_rule *r)
{
	struct nftnl_expr *e = nftnl_expr_alloc("queue");

	nftnl_expr_set_u16(e, NFTNL_EXPR_QUEUE_NUM, QUEUE_NUMBER);
	nftnl_expr_set_u16(e, NFTNL_EXPR_QUEUE_TOTAL, 1);
	nftnl_rule_add_expr(r, e);
}

static void by_xtables(struct nftnl_rule *r)
{
	enum { ALIGNED = 8 };	/* what xtables calls XT_ALIGN() */
	struct xt_NFQ_info *info = xcalloc(1, ALIGNED);
	struct nftnl_expr *e = nftnl_expr_alloc("target");

	info->queuenum = QUEUE_NUMBER;
	nftnl_expr_set_str(e, NFTNL_EXPR_TG_NAME, "NFQUEUE");
	nftnl_expr_set_u32(e, NFTNL_EXPR_TG_REV, 0);
	nftnl_expr_set(e, NFTNL_EXPR_TG_INFO, info, ALIGNED);	/* it owns @info from here on */
	nftnl_rule_add_expr(r, e);
}

static void put_rule(struct batch *t, bool out, void (*queue)(struct nftnl_rule *))
{
	struct nlmsghdr *h = begin(t, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	struct nftnl_rule *r = nftnl_rule_alloc();

	nftnl_rule_set_str(r, NFTNL_RULE_TABLE, QUEUE_TABLE);
	nftnl_rule_set_str(r, NFTNL_RULE_CHAIN, CHAIN);
	match_bridge(r, NFT_META_IIFNAME, out);
	match_bridge(r, NFT_META_OIFNAME, !out);
	match_direction(r, out ? IP_CT_DIR_ORIGINAL : IP_CT_DIR_REPLY);
	queue(r);
	nftnl_rule_nlmsg_build_payload(h, r);
	nftnl_rule_free(r);
	mnl_nlmsg_batch_next(t->b);
}

static void replace(struct batch *t, void (*queue)(struct nftnl_rule *))
{
	put_table(t, NFT_MSG_NEWTABLE);		/* deleting what is not there would fail */
	put_table(t, NFT_MSG_DELTABLE);
	if (!queue)
		return;
	put_table(t, NFT_MSG_NEWTABLE);
	put_chain(t);
	put_rule(t, true, queue);
	put_rule(t, false, queue);
}

/* commit() - the tables replaced by such whose rules end with @queue; by none, if that is NULL */
static int commit(int gw, bool six, void (*queue)(struct nftnl_rule *))
{
	static const uint8_t families[] = { NFPROTO_IPV4, NFPROTO_IPV6 };
	char buf[8192];
	_fd_ int fd = nfnl_socket(gw);
	struct batch t = { .b = mnl_nlmsg_batch_start(buf, sizeof(buf)), .seq = 1 };
	int r = fd;

	nftnl_batch_begin(mnl_nlmsg_batch_current(t.b), t.seq++);
	mnl_nlmsg_batch_next(t.b);
	for (size_t i = 0; i < (six ? nitems(families) : 1); i++) {
		t.family = families[i];
		replace(&t, queue);
	}
	nftnl_batch_end(mnl_nlmsg_batch_current(t.b), t.seq);
	mnl_nlmsg_batch_next(t.b);
	if (fd >= 0)
		r = nfnl_talk(fd, mnl_nlmsg_batch_head(t.b), mnl_nlmsg_batch_size(t.b), t.seq - 1);
	mnl_nlmsg_batch_stop(t.b);
	return r < 0 ? r : 0;
}

int queue_load(int gw, bool six)
{
	int r = commit(gw, six, by_nft);

	return r == -ENOENT ? commit(gw, six, by_xtables) : r;
}

int queue_unload(int gw, bool six)
{
	return commit(gw, six, NULL);
}
