/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep conformance - the standard's requirements on the honeynet that runs now.
 *
 * PASS only after something was looked at just now, FAIL if what was seen is wrong, NOT YET if part of
 * what is asked for is missing or nothing honest can be looked at. A requirement of which one part is
 * there and the other comes later is NOT YET when that part works, and FAIL when it does not.
 */
#include <stdbool.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/conform.h"
#include "cli/options.h"
#include "cli/out.h"

/* What nothing looks at yet. */
static const struct { enum requirement of; const char *why; } missing[] = {
	{ REQ_CA_7, "`skep session` tells what was done; there is no write-up in the standard's form" },
	{ REQ_CO_2, "there is no collector" },
	{ REQ_CO_3, "there is no collector" },
};

static int run(bool json)
{
	static struct tried t;
	_conformance_ struct conformance c = { 0 };
	_text_ struct text said = { 0 };

	live_try(&t.live);
	recall(&t.record, (uint64_t)json_integer_value(json_object_get(t.live.status, "epoch")), now_us());
	for (size_t i = 0; i < nitems(missing); i++)
		met(&c, missing[i].of, MET_NOT_YET, "%s", missing[i].why);
	conform_control(&t, &c);
	conform_capture(&t, &c);
	conform_analysis(&t, &c);
	live_fini(&t.live);
	conformance_put(&c, json, &said);
	return out_all(&said, conformance_failed(&c) ? CLI_FAILED : CLI_OK);
}

int verb_conformance(int argc, char **argv)
{
	bool json = false;
	const struct cli_option options[] = { { "json", .flag = &json }, { 0 } };
	int r = cli_options(&argc, &argv, "conformance", options);

	if (r >= 0)
		return r;
	if (argc)
		return cli_wrong("conformance", "%s: not understood", argv[0]);
	return run(json);
}
