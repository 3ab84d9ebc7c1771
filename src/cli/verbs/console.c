/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep console POT: a honeypot's console. What is typed there is the administrator's own doing. */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/cursor.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/control.h"
#include "cli/honeypots.h"
#include "cli/options.h"
#include "report/screen.h"

enum { ANSWER_MS = 5000, QUIET_MS = 500, ESCAPE = 0x1d /* Ctrl-] */ };

static struct termios before;

static void restore(void)
{
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
}

static void raw_terminal(void)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &before) < 0)
		return;	/* a pipe: goes as it is */
	raw = before;
	cfmakeraw(&raw);
	atexit(restore);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
}

/* copy() - true: go on. What the guest shows is made harmless; what we type goes as it is. */
static bool copy(int from, int to, struct screen *harmless)
{
	char buf[4096];
	ssize_t n = read(from, buf, sizeof(buf));
	_text_ struct text t = { 0 };

	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR);
	if (!harmless && memchr(buf, ESCAPE, (size_t)n))
		return false;
	if (harmless)
		screen_feed(harmless, buf, (size_t)n, &t);
	else
		text_addn(&t, buf, (size_t)n);
	return !t.len || write(to, text_str(&t), t.len) == (ssize_t)t.len || errno == EAGAIN;
}

/* Until Ctrl-] or the console's end; after the end of a pipe's input, until it is quiet. */
static void talk(int console)
{
	struct pollfd p[2] = { { STDIN_FILENO, POLLIN, 0 }, { console, POLLIN, 0 } };
	struct screen screen = { 0 };
	_text_ struct text last = { 0 };
	int n = 1;

	while (n > 0 || (n < 0 && errno == EINTR)) {
		n = poll(p, 2, p[0].fd < 0 ? QUIET_MS : -1);
		if (n > 0 && p[1].revents && !copy(console, STDOUT_FILENO, &screen))
			break;
		if (n > 0 && p[0].revents && !copy(STDIN_FILENO, console, NULL)) {
			if (isatty(STDIN_FILENO))
				break;
			p[0].fd = -1;
		}
	}
	screen_leave(&screen, &last);
	if (isatty(STDOUT_FILENO) && write(STDOUT_FILENO, text_str(&last), last.len) < 0)
		return;
}

int verb_console(int argc, char **argv)
{
	_text_ struct text t = { 0 };
	_fd_ int control = -1, console = -1;
	uint16_t index;
	int r = cli_options(&argc, &argv, "console", NULL);

	if (r >= 0)
		return r;
	if (argc != 1)
		return cli_wrong("console", NULL);
	control = control_must();
	r = honeypot_index(control, argv[0], &index);
	if (r < 0)
		die("there is no honeypot named %s: `skep status` lists them", argv[0]);
	put_u16(&t, index);
	r = control_ask(control, MSG_ATTACH, &t, ANSWER_MS, NULL, &console);
	if (r != 1 || console < 0)
		die("skep does not hand out the console: %s", strerror(r < 0 ? -r : EPIPE));
	fprintf(stderr, "Console of %s. Ctrl-] leaves it.\n", argv[0]);
	raw_terminal();
	talk(console);
	return 0;
}
