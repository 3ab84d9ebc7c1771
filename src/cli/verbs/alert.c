/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep alert test, skep alert status: are findings told? The alert process answers in JSON. */
#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/control.h"
#include "cli/options.h"
#include "cli/out.h"
#include "report/stamp.h"
#include "report/table.h"

enum { TEST_WAIT_MS = 60 * 1000, STATUS_WAIT_MS = 10 * 1000 };

static uint64_t number(const json_t *o, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(o, key));
}

static void time_cell(struct table *t, uint64_t us)
{
	char at[STAMP_TEXT];

	table_adds(t, us ? stamp_text(us, at) : "-");
}

/* The words of a server are last and outside the table: they may be long. */
static void put_words(const json_t *ways, struct text *out)
{
	const json_t *w;
	size_t i;

	json_array_foreach(ways, i, w) {
		const char *words = control_word(w, "words");

		if (!*words)
			continue;
		text_addf(out, "%s: ", control_word(w, "way"));
		text_safe(out, words, strlen(words));
		text_addc(out, '\n');
	}
}

/* CLI_OK if every way took the test */
static int show_test(const json_t *answer, struct text *out)
{
	_table_ struct table t = { .columns = 3 };
	const json_t *ways = json_object_get(answer, "ways"), *w;
	int code = CLI_OK;
	size_t i;

	table_adds(&t, "WAY");
	table_adds(&t, "TO");
	table_adds(&t, "TEST");
	json_array_foreach(ways, i, w) {
		bool delivered = json_is_true(json_object_get(w, "delivered"));

		table_adds(&t, control_word(w, "way"));
		table_adds(&t, control_word(w, "to"));
		table_adds(&t, delivered ? "delivered" : "FAILED");
		code = delivered ? code : CLI_FAILED;
	}
	table_put(&t, out);
	put_words(ways, out);
	return code;
}

static int show_status(const json_t *answer, struct text *out)
{
	static const char *const head[] = { "WAY", "TO", "WAITING", "SENT", "FAILED", "LAST SENT", "LAST FAILED" };
	_table_ struct table t = { .columns = nitems(head), .right = BIT(2) | BIT(3) | BIT(4) };
	const json_t *ways = json_object_get(answer, "ways"), *w;
	size_t i;

	for (i = 0; i < nitems(head); i++)
		table_adds(&t, head[i]);
	json_array_foreach(ways, i, w) {
		table_adds(&t, control_word(w, "way"));
		table_adds(&t, control_word(w, "to"));
		table_addu(&t, number(w, "waiting"));
		table_addu(&t, number(w, "sent"));
		table_addu(&t, number(w, "failed"));
		time_cell(&t, number(w, "sent_us"));
		time_cell(&t, number(w, "failed_us"));
	}
	table_put(&t, out);
	put_words(ways, out);
	text_addf(out, "findings being gathered: %llu; messages in the spool: %llu\n",
		  (unsigned long long)number(answer, "gathering"), (unsigned long long)number(answer, "messages"));
	return CLI_OK;
}

static int ask(bool test, bool json)
{
	_fd_ int control = control_must();
	_text_ struct text said = { 0 }, out = { 0 };
	int r = control_ask(control, test ? MSG_ALERT_TEST : MSG_ALERT_STATUS, NULL,
			    test ? TEST_WAIT_MS : STATUS_WAIT_MS, &said, NULL);
	json_t *answer = r == 1 ? json_loadb(text_str(&said), said.len, 0, NULL) : NULL;
	int code;

	if (!answer) {		/* the master's own words, or none */
		if (r == 1)
			log_error("%s", text_str(&said));
		else
			log_error("no answer from the running skep: %s", strerror(r < 0 ? -r : EPIPE));
		return CLI_FAILED;
	}
	code = test ? show_test(answer, &out) : show_status(answer, &out);
	if (json) {
		text_clear(&out);
		text_addn(&out, text_str(&said), said.len);
		text_addc(&out, '\n');
	}
	json_decref(answer);
	return out_all(&out, code);
}

int verb_alert(int argc, char **argv)
{
	bool json = false;
	const struct cli_option options[] = { { "json", .flag = &json }, { 0 } };
	int r = cli_options(&argc, &argv, "alert", options);

	if (r >= 0)
		return r;
	if (argc == 1 && !strcmp(argv[0], "test"))
		return ask(true, json);
	if (argc == 1 && !strcmp(argv[0], "status"))
		return ask(false, json);
	return cli_wrong("alert", "test or status?");
}
