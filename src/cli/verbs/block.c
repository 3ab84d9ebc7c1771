/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep block WHO [for TIME], skep unblock WHO: keep one source out of the honeynet, an address or an IPv6 network of 64 bits. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/control.h"
#include "cli/options.h"
#include "config/value.h"
#include "policy/policy.h"

enum { ANSWER_MS = 5000, STANDARD_S = 3600, MOST_S = 30 * 86400 };

static int ask(const char *verb, const char *address, const struct network *who, uint64_t seconds)
{
	_fd_ int control = control_must();
	_text_ struct text say = { 0 }, said = { 0 };
	struct cursor c;
	uint32_t e;
	int r;

	put_number(&say, who->address);
	put_u32(&say, who->prefix);
	put_u32(&say, (uint32_t)seconds);
	r = control_ask(control, MSG_BLOCK, &say, ANSWER_MS, &said, NULL);
	c = cursor_of(text_str(&said), said.len);
	e = get_u32(&c);
	if (r != 1 || c.bad) {
		log_error("no answer from the running skep: %s", strerror(r < 0 ? -r : EPIPE));
		return CLI_FAILED;
	}
	if (e == EPERM)
		log_error("%s: the honeynet's own addresses cannot be blocked, nor those of nobody", address);
	else if (e == EAFNOSUPPORT)
		log_error("%s: this honeynet has no IPv6 (network6)", address);
	else if (e)
		log_error("%s %s: %s", verb, address, strerror((int)e));
	else if (seconds)
		printf("%s is kept out for %llu s; skep unblock %s lets it in again\n", address,
		       (unsigned long long)seconds, address);
	else
		printf("%s is not kept out\n", address);
	return e ? CLI_FAILED : CLI_OK;
}

static int read_who(const char *verb, const char *s, struct network *ret)
{
	if (!value_fence(s, ret) || !policy_blocked_set(ret))
		return cli_wrong(verb, "%s is no address, nor an IPv6 network such as 2001:db8::/64", s);
	return CLI_OK;
}

int verb_block(int argc, char **argv)
{
	uint64_t seconds = STANDARD_S;
	struct network who;
	int r = cli_options(&argc, &argv, "block", NULL);

	if (r >= 0)
		return r;
	if (argc != 1 && !(argc == 3 && !strcmp(argv[1], "for")))
		return cli_wrong("block", NULL);
	if (argc == 3 && (!value_seconds(argv[2], &seconds) || !seconds || seconds > MOST_S))
		return cli_wrong("block", "%s: for how long? 10m, 2h, up to 30d", argv[2]);
	r = read_who("block", argv[0], &who);
	return r ? r : ask("block", argv[0], &who, seconds);
}

int verb_unblock(int argc, char **argv)
{
	struct network who;
	int r = cli_options(&argc, &argv, "unblock", NULL);

	if (r >= 0)
		return r;
	if (argc != 1)
		return cli_wrong("unblock", NULL);
	r = read_who("unblock", argv[0], &who);
	return r ? r : ask("unblock", argv[0], &who, 0);
}
