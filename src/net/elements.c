/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An element of a budget's set as it was, or as somebody wants it to be.
 *
 * The kernel's limit cannot be made with some of it used; but one whose burst is what is left lets the same pass. A burst
 * of nothing would be the kernel's default, 5: who has used all gets a quota of one byte in its stead, which no packet
 * keeps to. The counter behind goes on from what was used, and a comment says the limit. Made by libnftnl: nft 1.0.6 takes
 * no quota in an element.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/set.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>

#include "base/mem.h"
#include "firewall.h"
#include "model/budget.h"
#include "nfnl.h"

#define TABLE "skep"

enum { WEEK_S = 7 * 86400 };	/* a period is a day at most: what is used does not come back */

static struct nftnl_expr *quota_of(uint64_t bytes, uint64_t used)
{
	struct nftnl_expr *e = nftnl_expr_alloc("quota");

	nftnl_expr_set_u64(e, NFTNL_EXPR_QUOTA_BYTES, bytes);
	nftnl_expr_set_u64(e, NFTNL_EXPR_QUOTA_CONSUMED, used);
	nftnl_expr_set_u32(e, NFTNL_EXPR_QUOTA_FLAGS, 0);
	return e;
}

static struct nftnl_expr *limit_of(uint64_t packets)
{
	struct nftnl_expr *e = nftnl_expr_alloc("limit");

	nftnl_expr_set_u64(e, NFTNL_EXPR_LIMIT_RATE, 1);
	nftnl_expr_set_u64(e, NFTNL_EXPR_LIMIT_UNIT, WEEK_S);
	nftnl_expr_set_u32(e, NFTNL_EXPR_LIMIT_BURST, (uint32_t)packets);
	nftnl_expr_set_u32(e, NFTNL_EXPR_LIMIT_TYPE, NFT_LIMIT_PKTS);
	nftnl_expr_set_u32(e, NFTNL_EXPR_LIMIT_FLAGS, 0);
	return e;
}

static struct nftnl_expr *counter_of(uint64_t packets)
{
	struct nftnl_expr *e = nftnl_expr_alloc("counter");

	nftnl_expr_set_u64(e, NFTNL_EXPR_CTR_PACKETS, packets);
	nftnl_expr_set_u64(e, NFTNL_EXPR_CTR_BYTES, 0);
	return e;
}

static void comment(struct nftnl_set_elem *e, uint64_t limit)
{
	struct nftnl_udata_buf *b = nftnl_udata_buf_alloc(NFT_USERDATA_MAXLEN);
	char words[24];

	snprintf(words, sizeof(words), "%llu", (unsigned long long)limit);
	nftnl_udata_put_strz(b, NFTNL_UDATA_SET_ELEM_COMMENT, words);
	nftnl_set_elem_set(e, NFTNL_SET_ELEM_USERDATA, nftnl_udata_buf_data(b), nftnl_udata_buf_len(b));
	nftnl_udata_buf_free(b);
}

/* element() - with no more than its key, if @u is NULL */
static struct nftnl_set_elem *element(uint32_t address, const struct budget_used *u, bool bytes)
{
	struct nftnl_set_elem *e = nftnl_set_elem_alloc();
	uint32_t key = htonl(address);

	nftnl_set_elem_set(e, NFTNL_SET_ELEM_KEY, &key, sizeof(key));
	if (!u)
		return e;
	nftnl_set_elem_set_u64(e, NFTNL_SET_ELEM_TIMEOUT, u->left_ms);
	if (bytes) {
		nftnl_set_elem_add_expr(e, quota_of(u->limit, u->used));
		return e;
	}
	nftnl_set_elem_add_expr(e, u->used < u->limit ? limit_of(u->limit - u->used) : quota_of(1, 1));
	nftnl_set_elem_add_expr(e, counter_of(u->used));
	comment(e, u->limit);
	return e;
}

static void put(struct mnl_nlmsg_batch *b, uint16_t type, uint32_t seq, const char *set, struct nftnl_set_elem *e)
{
	uint16_t flags = (type == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0) | NLM_F_ACK;
	struct nlmsghdr *h = nftnl_nlmsg_build_hdr(mnl_nlmsg_batch_current(b), type, NFPROTO_INET, flags, seq);
	struct nftnl_set *s = nftnl_set_alloc();

	nftnl_set_set_str(s, NFTNL_SET_TABLE, TABLE);
	nftnl_set_set_str(s, NFTNL_SET_NAME, set);
	nftnl_set_elem_add(s, e);
	nftnl_set_elems_nlmsg_build_payload(h, s);
	nftnl_set_free(s);
	mnl_nlmsg_batch_next(b);
}

int firewall_set_budget(int gw, const char *set, const struct budget_used *u, bool bytes)
{
	char buf[8192];
	struct mnl_nlmsg_batch *b;
	_fd_ int fd = nfnl_socket(gw);
	uint32_t seq = 1;
	int r;

	if (fd < 0)
		return fd;
	b = mnl_nlmsg_batch_start(buf, sizeof(buf));
	nftnl_batch_begin(mnl_nlmsg_batch_current(b), seq++);
	mnl_nlmsg_batch_next(b);
	/* Adding what is there already would leave it as it is, deleting what is not there would fail. */
	put(b, NFT_MSG_NEWSETELEM, seq++, set, element(u->address, NULL, bytes));
	put(b, NFT_MSG_DELSETELEM, seq++, set, element(u->address, NULL, bytes));
	if (u->left_ms)
		put(b, NFT_MSG_NEWSETELEM, seq++, set, element(u->address, u, bytes));
	nftnl_batch_end(mnl_nlmsg_batch_current(b), seq);
	mnl_nlmsg_batch_next(b);
	r = nfnl_talk(fd, mnl_nlmsg_batch_head(b), mnl_nlmsg_batch_size(b), seq - 1);
	mnl_nlmsg_batch_stop(b);
	return r;
}
