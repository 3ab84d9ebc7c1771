/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "firewall.h"

#include <errno.h>
#include <jansson.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/honeynet.h"
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

int firewall_try(struct firewall *f, const char *rules, const char **ret_why)
{
	int r;

	nft_ctx_set_dry_run(f->nft, true);
	r = firewall_load(f, rules, ret_why);
	nft_ctx_set_dry_run(f->nft, false);
	return r;
}

static int list(struct firewall *f, const char *what, struct text *t)
{
	if (nft_run_cmd_from_buffer(f->nft, what))
		return -EIO;
	text_add(t, nft_ctx_get_output_buffer(f->nft));
	return 0;
}

int firewall_list(struct firewall *f, struct text *t)
{
	static const char *const tables[] = { "bridge skep_l2", "inet skep", "inet skep_owner" };
	int r = -EIO;

	for (size_t i = 0; i < nitems(tables); i++) {
		_free_ char *command = xasprintf("list table %s", tables[i]);

		if (list(f, command, t) == 0)
			r = 0;
	}
	return r;
}

int firewall_list_set(struct firewall *f, const char *set, struct text *t)
{
	_free_ char *command = xasprintf("list set inet skep %s", set);

	return list(f, command, t);
}

int firewall_alive(struct firewall *f, bool alive)
{
	char open[160];
	const char *why;

	/* Flush and add: adding an element that is there already does not renew its time. */
	snprintf(open, sizeof(open),
		 "flush set inet skep alive\nadd element inet skep alive { ipv4 timeout %dms, ipv6 timeout %dms }\n",
		 ALIVE_MS, ALIVE_MS);
	return firewall_load(f, alive ? open : "flush set inet skep alive\n", &why);
}

int firewall_block(struct firewall *f, const char *set, const struct network *who, uint32_t seconds)
{
	struct addr a = addr_of_number(who->address);
	char text[ADDR_TEXT], command[768];
	const char *why;
	int n;

	addr_text(&a, text);
	/* Adding what is there already would not renew its time, deleting what is not there would fail. */
	n = snprintf(command, sizeof(command),
		     "add element inet skep %s { %s timeout 1s }\ndelete element inet skep %s { %s }\n", set, text, set,
		     text);
	if (seconds)
		snprintf(command + n, sizeof(command) - (size_t)n, "add element inet skep %s { %s timeout %us }\n", set,
			 text, seconds);
	return firewall_load(f, command, &why);
}

int firewall_fence(struct firewall *f, const char *set, const struct network *n, bool in)
{
	char text[NETWORK_TEXT], command[256];
	const char *why;

	snprintf(command, sizeof(command), "%s element inet skep %s%s { %s }\n", in ? "create" : "delete", set,
		 number_is_4(n->address) ? "" : "6", network_text(n, text));
	return firewall_load(f, command, &why);
}

int firewall_lock(struct firewall *f, const char *set, bool locked)
{
	char command[160];
	const char *why;

	snprintf(command, sizeof(command), "flush set inet skep %s\n", set);
	if (locked)
		snprintf(command + strlen(command), sizeof(command) - strlen(command), "add element inet skep %s { ipv4, ipv6 }\n", set);
	return firewall_load(f, command, &why);
}

bool firewall_keeps_out(struct firewall *f, const char *set, const struct network *who)
{
	struct addr a = addr_of_number(who->address);
	char text[ADDR_TEXT], command[256];
	const char *why;

	snprintf(command, sizeof(command), "get element inet skep %s { %s }\n", set, addr_text(&a, text));
	return firewall_load(f, command, &why) == 0;
}

/* "elem" of a set: a list of {"elem": {"val": ..., "counter": {"packets": ...}}} */
static void read_elements(const json_t *set, firewall_counter_fn *fn, void *arg)
{
	const json_t *list = json_object_get(set, "elem"), *one;
	size_t i;

	json_array_foreach(list, i, one) {
		const json_t *e = json_object_get(one, "elem");
		const char *value = json_string_value(json_object_get(e, "val"));
		const json_t *packets = json_object_get(json_object_get(e, "counter"), "packets");

		if (value && json_is_integer(packets))
			fn(arg, value, (uint64_t)json_integer_value(packets));
	}
}

int firewall_counters(struct firewall *f, const char *table, const char *set, firewall_counter_fn *fn, void *arg)
{
	_free_ char *command = xasprintf("list set %s %s", table, set);
	const json_t *list, *one;
	json_t *answer = NULL;
	size_t i;
	int r;

	nft_ctx_output_set_flags(f->nft, NFT_CTX_OUTPUT_JSON);
	r = nft_run_cmd_from_buffer(f->nft, command);
	nft_ctx_output_set_flags(f->nft, 0);
	if (!r)
		answer = json_loads(nft_ctx_get_output_buffer(f->nft), 0, NULL);
	list = json_object_get(answer, "nftables");
	json_array_foreach(list, i, one)
		read_elements(json_object_get(one, "set"), fn, arg);
	r = answer ? 0 : -EINVAL;
	json_decref(answer);
	return r;
}
