/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session.h"

#include <string.h>

enum { SSH_PORT = 22 };

struct span session_account(const struct session *s, const struct event *e)
{
	const char *name = e->file.len ? memrchr(e->file.at, '/', e->file.len) : NULL;

	if (e->kind != EV_EXEC || s->dest_port != SSH_PORT)
		return (struct span){ "", 0 };
	if (name && e->file.at + e->file.len - name > 4 && !memcmp(name, "/sshd", 5))
		return (struct span){ "", 0 };
	return event_env(e, "LOGNAME");
}
