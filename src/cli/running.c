/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "running.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "control.h"
#include "net/firewall.h"

enum { ANSWER_MS = 5000 };

const struct plan *running_plan(int control)
{
	_fd_ int fd = -1;
	const struct plan *p;
	int r = control_ask(control, MSG_PLAN, NULL, ANSWER_MS, NULL, &fd);

	if (r != 1 || fd < 0)
		die("no answer from the running skep: %s", strerror(r < 0 ? -r : EPIPE));
	r = plan_map(fd, &p);
	if (r == -EBADMSG)
		die("the running skep is another version than this one: skep down and skep up begin anew with this one");
	if (r < 0)
		die("plan: %s", strerror(-r));
	return p;
}

int running_rules(int control, struct text *ret)
{
	_fd_ int gateway = control_place(control, PLACE_GATEWAY);
	struct firewall *wall = NULL;
	int r = gateway < 0 ? gateway : firewall_open(gateway, &wall);

	if (r == 0)
		r = firewall_list(wall, ret);
	firewall_close(wall);
	return r;
}
