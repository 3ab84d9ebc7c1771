/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "handover.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli.h"
#include "control.h"
#include "state.h"

enum { RELOAD_MS = 60000 };

/* Two at once would write each other's identities. */
int handover_turn(void)
{
	_free_ char *path = state_path("run/reload");
	_fd_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		die("another reload is under way");
	return steal_fd(&fd);
}

/* read_answer() - what the running skep made of it, @n as control_ask() returned it; what to exit with, said if it is bad */
static int read_answer(int n, const struct text *said)
{
	struct cursor c = cursor_of(text_str(said), said->len);
	uint32_t e = get_u32(&c);
	struct span why = get_span(&c, cursor_left(&c));

	if (n != 1 || c.bad)
		die("no answer from the running skep: %s: see %s/log/skep.log", strerror(n < 0 ? -n : EPIPE), state_dir());
	if (e)
		log_error("nothing has changed: %.*s", (int)why.len, why.at);
	return e ? CLI_FAILED : CLI_OK;
}

int handover_give(const struct plan *next, uint32_t confirm_s, int control)
{
	_fd_ int fd = plan_seal(next);
	_text_ struct text say = { 0 }, said = { 0 };

	if (fd < 0)
		die("plan: %s", strerror(-fd));
	put_u32(&say, confirm_s);
	return read_answer(control_give(control, MSG_RELOAD, &say, fd, RELOAD_MS, &said), &said);
}

int handover_settle(bool back, int control)
{
	_text_ struct text say = { 0 }, said = { 0 };

	put_u8(&say, back);
	return read_answer(control_ask(control, MSG_SETTLE, &say, RELOAD_MS, &said, NULL), &said);
}
