/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/fanotify.h>
#include <unistd.h>

#include "base/mem.h"

void fan_mark(int fan, const struct guard_files *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->at[i].bits & (FILE_SHELL | FILE_INTERPRETER))
			fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN_EXEC_PERM, AT_FDCWD, f->at[i].path);
}

int fan_open(const struct guard_files *f)
{
	_fd_ int fan = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC | FAN_NONBLOCK | FAN_UNLIMITED_QUEUE,
				     O_RDONLY | O_CLOEXEC | O_LARGEFILE);

	if (fan < 0)
		return -errno;
	fan_mark(fan, f);
	return steal_fd(&fan);
}

static void answer(int fan, const struct fanotify_event_metadata *m, fan_ask_fn *ask, void *arg)
{
	struct fanotify_response r = { .fd = m->fd, .response = FAN_ALLOW };
	char link[64], path[GUARD_PATH];
	struct stat st;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", m->fd);
	n = readlink(link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	if (fstat(m->fd, &st) == 0 && !ask(arg, m->pid, &st, path))
		r.response = FAN_DENY;
	if (write(fan, &r, sizeof(r)) < 0)
		return;		/* who asked is gone */
}

void fan_read(int fan, fan_ask_fn *ask, void *arg)
{
	char buf[8192] __attribute__((aligned(__alignof__(struct fanotify_event_metadata))));
	ssize_t n;

	while ((n = read(fan, buf, sizeof(buf))) > 0) {
		const struct fanotify_event_metadata *m = (const void *)buf;

		for (; FAN_EVENT_OK(m, n); m = FAN_EVENT_NEXT(m, n)) {
			if (m->vers != FANOTIFY_METADATA_VERSION || m->fd < 0)
				continue;
			answer(fan, m, ask, arg);
			close(m->fd);
		}
	}
}
