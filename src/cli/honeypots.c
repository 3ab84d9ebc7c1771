/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "honeypots.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "control.h"
#include "progress.h"

enum { WAIT_LIMIT_US = 300 * 1000 * 1000 };

static int ask(int control, uint64_t which, struct honeypots *ret)
{
	struct honeypots h = { 0 };
	json_t *status, *pot, *service;
	size_t i;
	int r = control_status(control, NULL, &status);

	if (r < 0)
		return r;
	json_array_foreach(json_object_get(status, "services"), i, service) {
		bool up = !strcmp(control_word(service, "state"), "up");

		if (!json_is_true(json_object_get(service, "wanted")))
			continue;
		h.services++;
		h.services_up += up;
		if (!up && !h.service[0])
			snprintf(h.service, sizeof(h.service), "%s is %s%s%s", control_word(service, "name"),
				 control_word(service, "state"), *control_word(service, "why") ? ": " : "",
				 control_word(service, "why"));
	}
	json_array_foreach(json_object_get(status, "honeypots"), i, pot) {
		const char *state = control_word(pot, "state");

		if (!(which >> json_integer_value(json_object_get(pot, "place")) & 1))
			continue;
		h.n++;
		h.up += !strcmp(state, "up");
		if (!h.broken && (!strcmp(state, "broken") || !strcmp(state, "escaped"))) {
			h.broken = true;
			snprintf(h.complaint, sizeof(h.complaint), "honeypot %s is %s: %s", control_word(pot, "name"), state,
				 control_word(pot, "why"));
		}
	}
	json_decref(status);
	*ret = h;
	return 0;
}

int honeypots_ask(int control, struct honeypots *ret)
{
	return ask(control, UINT64_MAX, ret);
}

/* say_why() - returns @r */
static int say_why(char *ret, const char *why, int r)
{
	snprintf(ret, HONEYPOTS_WHY, "%s", why);
	return r;
}

int honeypots_wait(int control, uint64_t which, char ret_why[HONEYPOTS_WHY])
{
	uint64_t since = mono_us();
	struct honeypots pots;
	char phase[64];

	for (;;) {
		if (ask(control, which, &pots) < 0)
			return say_why(ret_why, "skep ended while its honeypots started", -EPIPE);
		if (pots.broken)
			return say_why(ret_why, pots.complaint, -EIO);
		if (pots.up == pots.n)
			break;
		if (mono_us() - since > WAIT_LIMIT_US)
			return say_why(ret_why, "a honeypot did not answer within five minutes", -ETIME);
		snprintf(phase, sizeof(phase), "%u of %u up", pots.up, pots.n);
		progress_show("honeypots", phase, since);
		poll(NULL, 0, 200);
	}
	progress_done("honeypots", "up", since);
	return 0;
}

int honeypot_index(int control, const char *name, uint16_t *ret)
{
	json_t *status, *pot;
	size_t i;
	int r = control_status(control, NULL, &status);

	if (r < 0)
		return r;
	r = -ENOENT;
	json_array_foreach(json_object_get(status, "honeypots"), i, pot) {
		if (r < 0 && !strcasecmp(control_word(pot, "name"), name)) {
			*ret = (uint16_t)json_integer_value(json_object_get(pot, "place"));
			r = 0;
		}
	}
	json_decref(status);
	return r;
}

static void print_row(const json_t *pot)
{
	_text_ struct text services = { 0 };
	const char *visitor = control_word(pot, "visitor"), *six = control_word(pot, "address6");
	json_t *s;
	size_t i;

	json_array_foreach(json_object_get(pot, "services"), i, s)
		text_addf(&services, "%s%s", i ? " " : "", json_string_value(s));
	if (*visitor)	/* of an instance */
		text_addf(&services, " (visitor %s)", visitor);
	printf("%-12s %-15s %-9s %-12s %s\n", control_word(pot, "name"), control_word(pot, "address"),
	       control_word(pot, "state"), control_word(pot, "hostname"), text_str(&services));
	if (*six)
		printf("%-12s %s\n", "", six);
}

void honeypots_table(const json_t *status)
{
	json_t *row;
	size_t i;

	printf("%-12s %-15s %-9s %-12s %s\n", "HONEYPOT", "ADDRESS", "STATE", "HOST NAME", "SERVICES");
	json_array_foreach(json_object_get(status, "honeypots"), i, row)
		print_row(row);
}

int honeypots_print(void)
{
	_fd_ int control = control_must();
	json_t *status;

	if (control_status(control, NULL, &status) < 0)
		return 1;
	honeypots_table(status);
	json_decref(status);
	return 0;
}
