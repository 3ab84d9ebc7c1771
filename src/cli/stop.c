/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

static volatile sig_atomic_t asked;
static int event = -1;

static void on_signal(int number)
{
	static const uint64_t one = 1;
	int before = errno;

	(void)number;
	asked = 1;
	if (write(event, &one, sizeof(one)) < 0)
		asked = 1;	/* the flag alone must do */
	errno = before;
}

void stop_begin(void)
{
	struct sigaction a = { .sa_handler = on_signal };

	event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (event < 0)
		die("eventfd: %s", strerror(errno));
	sigaction(SIGINT, &a, NULL);
	sigaction(SIGTERM, &a, NULL);
	sigaction(SIGHUP, &a, NULL);
}

bool stop_asked(void)
{
	return asked;
}

int stop_fd(void)
{
	return event;
}

bool stop_sleep(uint64_t us)
{
	uint64_t end = mono_us() + us, now;

	while (!asked && (now = mono_us()) < end) {
		struct pollfd p = { .fd = event, .events = POLLIN };
		struct timespec t = { .tv_sec = (time_t)((end - now) / 1000000),
				      .tv_nsec = (long)((end - now) % 1000000 * 1000) };

		ppoll(&p, 1, &t, NULL);
	}
	return !asked;
}
