/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep fence add|del NETWORK, skep fence list: where no honeypot ever gets. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/by_hand.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/out.h"
#include "config/value.h"

static int add(const struct network *n, struct containment *c)
{
	int r;

	if (c->n_fence == MAX_FENCE) {
		log_error("the fence has %d networks by hand already", MAX_FENCE);
		return CLI_FAILED;
	}
	r = by_hand_ask(HAND_FENCE, n);
	if (r == 0) {
		c->fence[c->n_fence++] = *n;
		r = fence_write(c->fence, c->n_fence);
	}
	if (r < 0)
		log_error("fence: %s", r == -EINVAL ? "it is in the fence already, as a part or as a whole" :
			  r == -EAFNOSUPPORT ? "this honeynet has no IPv6 (network6)" : strerror(-r));
	return r < 0 ? CLI_FAILED : CLI_OK;
}

static int del(const struct network *n, struct containment *c)
{
	uint32_t i = network_find(c->fence, c->n_fence, n);
	int r;

	if (i == c->n_fence) {
		log_error("fence: it was not put there by hand: skep fence list");
		return CLI_FAILED;
	}
	c->fence[i] = c->fence[--c->n_fence];
	r = by_hand_ask(HAND_UNFENCE, n);
	if (r == 0)
		r = fence_write(c->fence, c->n_fence);
	if (r < 0)
		log_error("fence: %s", strerror(-r));
	return r < 0 ? CLI_FAILED : CLI_OK;
}

static int list(const struct containment *c, bool json)
{
	_text_ struct text t = { 0 };

	for (uint32_t i = 0; i < c->n_fence; i++) {
		char text[NETWORK_TEXT];

		text_addf(&t, json ? "{\"network\":\"%s\"}\n" : "%s\n", network_text(&c->fence[i], text));
	}
	return out_all(&t, CLI_OK);
}

int verb_fence(int argc, char **argv)
{
	_free_ struct containment *c = xcalloc(1, sizeof(*c));
	bool json = false;
	const struct cli_option options[] = { { "json", .flag = &json }, { 0 } };
	struct network n;
	int r = cli_options(&argc, &argv, "fence", options);

	if (r >= 0)
		return r;
	if (argc != (argc && !strcmp(argv[0], "list") ? 1 : 2))
		return cli_wrong("fence", NULL);
	r = fence_read(c);
	if (r < 0)
		die("the fence in the state folder: %s", strerror(-r));
	if (argc == 1)
		return list(c, json);
	if (!value_fence(argv[1], &n))
		return cli_wrong("fence", "%s: no address, nor a network without host bits", argv[1]);
	if (!strcmp(argv[0], "add"))
		return add(&n, c);
	if (!strcmp(argv[0], "del"))
		return del(&n, c);
	return cli_wrong("fence", NULL);
}
