/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep check - read the honeynet file and print everything that is wrong with it. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "cli/image.h"
#include "cli/names.h"
#include "cli/objectives.h"
#include "cli/options.h"
#include "cli/out.h"
#include "cli/state.h"
#include "config/config.h"
#include "policy/policy.h"

static void complaints(const struct diag *d, struct text *t)
{
	text_addc(t, '[');
	for (size_t i = 0; i < d->n; i++) {
		text_addf(t, "%s{\"line\":%u,\"column\":%u,\"message\":", i ? "," : "", d->at[i].line, d->at[i].column);
		text_json(t, d->at[i].text, span_of(d->at[i].text).len);
		text_addc(t, '}');
	}
	text_addc(t, ']');
}

/* The lint's next line, "line N: TEXT", taken apart; false at its end. The text stays in @s. */
static bool next_warning(const char **s, unsigned *ret_line, struct span *ret_text)
{
	size_t n = strcspn(*s, "\n");
	int head = 0;

	if (!n)
		return false;
	if (sscanf(*s, "line %u: %n", ret_line, &head) != 1)
		*ret_line = 0;
	*ret_text = (struct span){ *s + head, n - (size_t)head };
	*s += n + ((*s)[n] == '\n');
	return true;
}

static void warnings_json(const char *s, struct text *t)
{
	struct span what;
	unsigned line;

	text_add(t, ",\"warnings\":[");
	for (size_t i = 0; next_warning(&s, &line, &what); i++) {
		text_addf(t, "%s{\"line\":%u,\"message\":", i ? "," : "", line);
		text_json(t, what.at, what.len);
		text_addc(t, '}');
	}
	text_addc(t, ']');
}

static void warnings(const char *path, const char *s)
{
	_text_ struct text t = { 0 };
	struct span what;
	unsigned line;

	while (next_warning(&s, &line, &what)) {
		text_safe(&t, path, span_of(path).len);
		text_addf(&t, ":%u: warning: ", line);
		text_safe(&t, what.at, what.len);
		text_addc(&t, '\n');
	}
	fputs(text_str(&t), stderr);
}

/* Complaints about the files of objectives, a line each. */
static void objectives_json(const char *s, struct text *t)
{
	text_add(t, ",\"objectives_errors\":[");
	for (bool first = true; *s; first = false) {
		size_t n = strcspn(s, "\n");

		text_add(t, first ? "" : ",");
		text_json(t, s, n);
		s += n + (s[n] == '\n');
	}
	text_addc(t, ']');
}

static void say_json(const char *path, const struct honeynet *n, const struct diag *d, const char *lint,
		     const char *objectives, struct text *t)
{
	text_add(t, "{\"file\":");
	text_json(t, path, span_of(path).len);
	text_addf(t, ",\"ok\":%s,\"errors\":", n && !d->n && !*objectives ? "true" : "false");
	complaints(d, t);
	objectives_json(objectives, t);
	warnings_json(lint, t);
	text_addf(t, ",\"errors_beyond\":%u", d->lost);
	if (n) {
		text_add(t, ",\"honeynet\":");
		text_json(t, n->name, span_of(n->name).len);
		text_addf(t, ",\"honeypots\":%u,\"groups\":%u,\"services\":%u,\"rules\":%u", n->n_honeypots, n->n_groups,
			  n->n_services, n->n_rules);
	}
	text_add(t, "}\n");
}

static void say(const char *path, const struct honeynet *n, const struct objectives *o, struct text *t)
{
	uint32_t a = n->network;

	text_safe(t, path, span_of(path).len);
	text_addf(t, ": ok: honeynet %s, %u.%u.%u.%u/%u, %u honeypots, %u rules, %u objectives\n", n->name, a >> 24,
		  a >> 16 & 255, a >> 8 & 255, a & 255, n->prefix, n->n_honeypots, n->n_rules, o->n);
}

static int check(const char *path, bool json)
{
	_free_ struct honeynet *net = xcalloc(1, sizeof(*net));
	_free_ struct objectives *o = xcalloc(1, sizeof(*o));
	_free_ struct image *image = xcalloc(MAX_HONEYPOTS, sizeof(*image));
	_diag_ struct diag d = { 0 };
	_text_ struct text t = { 0 }, lint = { 0 }, wrong = { 0 };
	int r = config_load(path, net, &d);
	size_t errors = 0;

	if (r == 0) {
		names_find(net, &d);
		policy_lint(net, false, &lint);
		errors = objectives_of(net, o, &wrong);
		images_find(net, honeypots_there(net), image, &d);
	}
	errors += d.n + d.lost;
	if (json)
		say_json(path, r == 0 ? net : NULL, &d, text_str(&lint), text_str(&wrong), &t);
	else {
		diag_print(&d, path, stderr);
		warnings(path, text_str(&lint));
		fputs(text_str(&wrong), stderr);
		if (!errors)
			say(path, net, o, &t);
		else if (r == 0 || r == -EINVAL)
			fprintf(stderr, "%zu error%s\n", errors, errors == 1 ? "" : "s");
	}
	return out_all(&t, !errors ? CLI_OK : r == 0 || r == -EINVAL ? CLI_USAGE : CLI_FAILED);
}

int verb_check(int argc, char **argv)
{
	_free_ char *standard = data_path(DATA_HONEYNET);
	bool json = false;
	const struct cli_option options[] = { { "json", .flag = &json }, { 0 } };
	int r = cli_options(&argc, &argv, "check", options);

	if (r >= 0)
		return r;
	if (argc > 1)
		return cli_wrong("check", "one file at a time");
	return check(argc ? argv[0] : standard, json);
}
