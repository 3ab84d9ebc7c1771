/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep objectives - which events matter: look at the list, have it checked, load it anew. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/control.h"
#include "cli/objectives.h"
#include "cli/options.h"
#include "cli/out.h"
#include "cli/state.h"
#include "config/config.h"
#include "model/event.h"

enum { ANSWER_MS = 5000 };

static void kinds_text(const struct objective *o, struct text *t)
{
	size_t before = t->len;

	for (int k = 0; k < EV_KINDS; k++)
		if (o->kinds & 1ull << k)
			text_addf(t, "%s%s", t->len > before ? " " : "", event_kind_name(k));
}

static void list_json(const struct objectives *o, struct text *t)
{
	for (uint32_t i = 0; i < o->n; i++) {
		const struct objective *one = &o->at[i];
		bool first = true;

		text_add(t, "{\"name\":");
		text_json(t, o->text + one->name, strlen(o->text + one->name));
		text_addf(t, ",\"severity\":\"%s\",\"session\":\"%s\",\"kinds\":[", severity_name(one->severity),
			  one->anyone ? "any" : "required");
		for (int k = 0; k < EV_KINDS; k++)
			if (one->kinds & 1ull << k) {
				text_addf(t, "%s\"%s\"", first ? "" : ",", event_kind_name(k));
				first = false;
			}
		text_add(t, "]}\n");
	}
}

static void list_text(const struct objectives *o, struct text *t)
{
	for (uint32_t i = 0; i < o->n; i++) {
		_text_ struct text kinds = { 0 }, name = { 0 };

		kinds_text(&o->at[i], &kinds);
		text_safe(&name, o->text + o->at[i].name, strlen(o->text + o->at[i].name));
		text_addf(t, "%-11s  %-44s  %s\n", severity_name(o->at[i].severity), text_str(&name), text_str(&kinds));
	}
}

static int reload(const struct objectives *o)
{
	_text_ struct text packed = { 0 };
	_fd_ int control = control_must();
	int r;

	objectives_pack(o, &packed);
	r = control_ask(control, MSG_OBJECTIVES, &packed, ANSWER_MS, NULL, NULL);
	if (r != 1) {
		log_error("no answer from the running skep: %s", strerror(r < 0 ? -r : EPIPE));
		return CLI_FAILED;
	}
	printf("events are held against %u objectives from now on\n", o->n);
	return CLI_OK;
}

static int act(const char *what, const struct objectives *o, bool json)
{
	_text_ struct text t = { 0 };

	if (!strcmp(what, "reload"))
		return reload(o);
	if (!strcmp(what, "check"))
		text_addf(&t, "ok: %u objectives\n", o->n);
	else if (json)
		list_json(o, &t);
	else
		list_text(o, &t);
	return out_all(&t, CLI_OK);
}

static int read_and_act(const char *what, const char *path, bool json)
{
	_free_ struct honeynet *net = xcalloc(1, sizeof(*net));
	_free_ struct objectives *o = xcalloc(1, sizeof(*o));
	_text_ struct text complaints = { 0 };
	_diag_ struct diag d = { 0 };
	int r = config_load(path, net, &d);

	if (r < 0) {
		diag_print(&d, path, stderr);
		return r == -EINVAL ? CLI_USAGE : CLI_FAILED;
	}
	if (objectives_of(net, o, &complaints)) {
		fputs(text_str(&complaints), stderr);
		return CLI_USAGE;
	}
	return act(what, o, json);
}

int verb_objectives(int argc, char **argv)
{
	static const char *const actions[] = { "list", "check", "reload" };
	_free_ char *standard = data_path(DATA_HONEYNET);
	bool json = false;
	const struct cli_option options[] = { { "json", .flag = &json }, { 0 } };
	size_t i = 0;
	int r = cli_options(&argc, &argv, "objectives", options);

	if (r >= 0)
		return r;
	if (argc < 1 || argc > 2)
		return cli_wrong("objectives", NULL);
	while (i < nitems(actions) && strcmp(actions[i], argv[0]))
		i++;
	if (i == nitems(actions))
		return cli_wrong("objectives", "objectives knows no %s", argv[0]);
	if (json && i)
		return cli_wrong("objectives", "--json is for list");
	return read_and_act(argv[0], argc == 2 ? argv[1] : standard, json);
}
