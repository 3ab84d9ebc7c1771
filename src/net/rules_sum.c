/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules_sum.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "nfnl.h"
#include "queue.h"

static const struct { uint8_t family; const char *table; } ours[] = {
	{ NFPROTO_INET, "skep" }, { NFPROTO_BRIDGE, "skep_l2" }, { NFPROTO_IPV4, QUEUE_TABLE }, { NFPROTO_IPV6, QUEUE_TABLE },
};

/* What is asked for, and which attributes of the answers are summed up. */
static const struct question {
	uint16_t type, table;		/* NFT_MSG_GET*; the attribute that names the table */
	uint16_t summed[4];
} questions[] = {
	{ NFT_MSG_GETTABLE, NFTA_TABLE_NAME, { NFTA_TABLE_HANDLE, NFTA_TABLE_FLAGS } },
	{ NFT_MSG_GETCHAIN, NFTA_CHAIN_TABLE, { NFTA_CHAIN_HANDLE, NFTA_CHAIN_POLICY, NFTA_CHAIN_HOOK, NFTA_CHAIN_NAME } },
	{ NFT_MSG_GETRULE, NFTA_RULE_TABLE, { NFTA_RULE_HANDLE } },
};

struct summing {
	const struct question *q;
	const char *table;
	uint64_t sum;
};

int rules_sum_open(int gw)
{
	return nfnl_socket(gw);
}

static void add(struct summing *s, const void *at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		s->sum = (s->sum ^ ((const uint8_t *)at)[i]) * 0x100000001b3ull;
}

static int take(const struct nlmsghdr *h, void *arg)
{
	struct summing *s = arg;
	const struct nlattr *a;
	bool of_table = false;

	mnl_attr_for_each(a, h, sizeof(struct nfgenmsg))
		of_table |= mnl_attr_get_type(a) == s->q->table && !strcmp(mnl_attr_get_str(a), s->table);
	if (!of_table)
		return MNL_CB_OK;
	mnl_attr_for_each(a, h, sizeof(struct nfgenmsg))
		for (size_t i = 0; i < nitems(s->q->summed); i++)
			if (mnl_attr_get_type(a) == s->q->summed[i])
				add(s, mnl_attr_get_payload(a), mnl_attr_get_payload_len(a));
	add(s, &s->q->type, sizeof(s->q->type));
	return MNL_CB_OK;
}

static int ask(int fd, uint8_t family, struct summing *s)
{
	static uint32_t seq;
	static char buf[64 * 1024];
	struct nlmsghdr *h = nftnl_nlmsg_build_hdr(buf, s->q->type, family, NLM_F_DUMP, ++seq);
	int r = MNL_CB_OK;

	if (s->q->type == NFT_MSG_GETRULE)
		mnl_attr_put_strz(h, NFTA_RULE_TABLE, s->table);
	if (send(fd, buf, h->nlmsg_len, 0) < 0)
		return -errno;
	while (r == MNL_CB_OK) {
		ssize_t n = recv(fd, buf, sizeof(buf), 0);

		if (n < 0)
			return -errno;
		r = mnl_cb_run(buf, (size_t)n, seq, 0, take, s);
	}
	return r == MNL_CB_STOP ? 0 : errno == EINTR ? -EAGAIN : -errno;
}

int rules_sum(int fd, uint64_t *ret)
{
	struct summing s = { .sum = 0xcbf29ce484222325ull };
	int r = 0;

	for (size_t i = 0; i < nitems(ours); i++) {
		s.table = ours[i].table;
		for (size_t k = 0; r == 0 && k < nitems(questions); k++) {
			s.q = &questions[k];
			r = ask(fd, ours[i].family, &s);
		}
	}
	if (r == 0)
		*ret = s.sum;
	return r;
}
