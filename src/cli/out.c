/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "out.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli.h"

static int failed;	/* errno of the first failure */

void out_begin(void)
{
	signal(SIGPIPE, SIG_IGN);
}

void out_bytes(const void *p, size_t n)
{
	if (!failed && n && fwrite(p, n, 1, stdout) != 1)
		failed = errno;
}

void out_text(struct text *t)
{
	out_bytes(text_str(t), t->len);
	text_clear(t);
}

void out_flush(void)
{
	if (!failed && fflush(stdout))
		failed = errno;
}

bool out_gone(void)
{
	return failed;
}

int out_end(int code)
{
	out_flush();
	if (!failed)
		return code;
	if (failed == EPIPE)
		return CLI_OK;
	log_error("standard output: %s", strerror(failed));
	return CLI_FAILED;
}

int out_all(struct text *t, int code)
{
	out_begin();
	out_text(t);
	return out_end(code);
}

bool out_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) && !(term && !strcmp(term, "dumb"));
}
