/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "firewall.h"

#include <errno.h>
#include <nftables/libnftables.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/text.h"
#include "netns.h"

struct firewall {
	struct nft_ctx *nft;
};

int firewall_open(int gw, struct firewall **ret)
{
	struct firewall *f;
	struct nft_ctx *nft;
	int back = netns_enter(gw);

	if (back < 0)
		return back;
	nft = nft_ctx_new(NFT_CTX_DEFAULT);	/* opens its socket here */
	netns_leave(back);
	if (!nft)
		return -ENOMEM;
	nft_ctx_buffer_output(nft);
	nft_ctx_buffer_error(nft);
	f = xcalloc(1, sizeof(*f));
	f->nft = nft;
	*ret = f;
	return 0;
}

struct firewall *firewall_close(struct firewall *f)
{
	if (f)
		nft_ctx_free(f->nft);
	free(f);
	return NULL;
}

int firewall_load(struct firewall *f, const char *rules, const char **ret_why)
{
	if (!nft_run_cmd_from_buffer(f->nft, rules))
		return 0;
	*ret_why = nft_ctx_get_error_buffer(f->nft);
	return -EINVAL;
}

int firewall_list(struct firewall *f, struct text *t)
{
	if (nft_run_cmd_from_buffer(f->nft, "list ruleset"))
		return -EIO;
	text_add(t, nft_ctx_get_output_buffer(f->nft));
	return 0;
}

int firewall_alive(struct firewall *f, bool alive)
{
	char open[160];
	const char *why;

	/* Flush and add: adding an element that is there already does not renew its time. */
	snprintf(open, sizeof(open),
		 "flush set inet skep alive\nadd element inet skep alive { ipv4 timeout %dms }\n", ALIVE_MS);
	return firewall_load(f, alive ? open : "flush set inet skep alive\n", &why);
}
