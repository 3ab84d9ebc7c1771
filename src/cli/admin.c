/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "admin.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "control.h"
#include "model/event.h"
#include "report/shell_words.h"
#include "report/stamp.h"
#include "state.h"

enum { ANSWER_MS = 1000, LINE_WORDS = 1024 };

#define STATE_ACCESS "access"
#define STATE_ADMIN_LOG STATE_ACCESS "/admin.log"

static void words_of(const struct deed *d, struct text *t)
{
	for (char *const *w = d->word; w && *w; w++)
		text_addn(t, *w, strlen(*w) + 1);
}

static int tell_honeynet(const struct deed *d, struct span words)
{
	_fd_ int control = control_open();
	_text_ struct text t = { 0 };
	int r;

	if (control < 0)
		return control;
	event_pack(&t, &(struct event){
		.kind = EV_ADMIN, .honeypot = -1, .src = d->src, .src_port = d->src_port,
		.user = span_of(d->user), .args = words, .reason = span_of(d->reason),
		.state = span_of(d->action),
	});
	r = control_ask(control, MSG_ADMIN, &t, ANSWER_MS, NULL, NULL);
	return r == 1 ? 0 : r ? r : -EPIPE;
}

static int tell_file(const struct deed *d, struct span words)
{
	_free_ char *folder = state_path(STATE_ACCESS), *path = state_path(STATE_ADMIN_LOG);
	char at[STAMP_TEXT], from[ADDR_TEXT];
	_text_ struct text t = { 0 };
	_fd_ int fd = -1;

	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	text_addf(&t, "%s %s ", stamp_text(now_us(), at), d->action);
	text_safe(&t, d->user, strlen(d->user));
	if (d->src.family)
		text_addf(&t, " from %s port %u", addr_text(&d->src, from), d->src_port);
	if (words.len)
		text_add(&t, ": ");
	shell_words(words, LINE_WORDS, &t);
	if (*d->reason) {
		text_add(&t, " (");
		text_safe(&t, d->reason, strlen(d->reason));
		text_addc(&t, ')');
	}
	text_addc(&t, '\n');
	return write(fd, text_str(&t), t.len) == (ssize_t)t.len ? 0 : -EIO;
}

int admin_tell(const struct deed *d)
{
	_text_ struct text words = { 0 };
	struct span all;

	words_of(d, &words);
	all = (struct span){ text_str(&words), words.len };
	return tell_honeynet(d, all) == 0 ? 0 : tell_file(d, all);
}
