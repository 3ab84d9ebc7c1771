/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep replay - an intruder's terminal again, with its timing.
 *
 * All of it is read first, so that the database is not held open for as long as somebody watches.
 * What was recorded is what the far end of a pty got, line feeds already translated: the terminal's
 * own translation is off meanwhile, and its echo too. Unless --raw, every byte goes through
 * report/screen.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/evidence.h"
#include "cli/options.h"
#include "cli/out.h"
#include "cli/stop.h"
#include "model/session.h"
#include "report/screen.h"
#include "report/stamp.h"

struct request {
	uint64_t id;
	const char *tty;	/* NULL: the first one */
	double speed, max_wait_s;
	bool no_wait, raw, input;
};

struct chunk {
	uint64_t at_us;
	size_t begin, len;	/* in the tape's bytes */
};

struct tape {
	const struct request *rq;
	char tty[16];
	struct text others;	/* names of other terminals with a space around each, for the hint */
	struct chunk *chunk;
	size_t n, room;
	struct text bytes;
};

static bool is_ours(struct tape *tp, const char *tty)
{
	_text_ struct text name = { 0 };

	if (!tp->tty[0])
		str_copy(tp->tty, tp->rq->tty ? tp->rq->tty : tty, sizeof(tp->tty));
	if (!strcmp(tp->tty, tty))
		return true;
	text_addc(&name, ' ');
	text_safe(&name, tty, strlen(tty));
	text_addc(&name, ' ');
	if (tp->others.len < 200 && !strstr(text_str(&tp->others), text_str(&name)))
		text_add(&tp->others, text_str(&name) + (tp->others.len > 0));
	return false;
}

static int record(void *arg, const struct store_tty *row)
{
	struct tape *tp = arg;

	if (!is_ours(tp, row->tty) || row->input != tp->rq->input)
		return 0;
	if (tp->n == tp->room) {
		tp->room = tp->room ? tp->room * 2 : 256;
		tp->chunk = xrealloc(tp->chunk, tp->room, sizeof(*tp->chunk));
	}
	tp->chunk[tp->n++] = (struct chunk){ row->at_us, tp->bytes.len, row->bytes.len };
	text_addn(&tp->bytes, row->bytes.at, row->bytes.len);
	return 0;
}

/* How long to wait before chunk @i. */
static uint64_t pause_us(const struct tape *tp, size_t i)
{
	const struct request *rq = tp->rq;
	double us;

	if (rq->no_wait || !i || tp->chunk[i].at_us <= tp->chunk[i - 1].at_us)
		return 0;
	us = (double)(tp->chunk[i].at_us - tp->chunk[i - 1].at_us) / rq->speed;
	return (uint64_t)(us < rq->max_wait_s * 1e6 ? us : rq->max_wait_s * 1e6);
}

/* What was typed, as text: Return ends a line, everything else that is no character is shown as it is. */
static void typed(const char *s, size_t n, struct text *t)
{
	for (size_t i = 0; i < n;) {
		size_t len = 0;

		while (i + len < n && s[i + len] != '\r' && s[i + len] != '\n')
			len++;
		text_safe(t, s + i, len);
		if (i + len < n) {
			text_add(t, "\r\n");
			len++;
		}
		i += len;
	}
}

static uint64_t play(const struct tape *tp, struct screen *s)
{
	_text_ struct text t = { 0 };
	uint64_t last_us = tp->n ? tp->chunk[0].at_us : 0;

	for (size_t i = 0; i < tp->n && !out_gone() && stop_sleep(pause_us(tp, i)); i++) {
		const struct chunk *c = &tp->chunk[i];
		const char *at = text_str(&tp->bytes) + c->begin;

		if (tp->rq->raw)
			text_addn(&t, at, c->len);
		else if (tp->rq->input)
			typed(at, c->len, &t);
		else
			screen_feed(s, at, c->len, &t);
		out_text(&t);
		out_flush();
		last_us = c->at_us;
	}
	return tp->n ? last_us - tp->chunk[0].at_us : 0;
}

/* False: standard output is no terminal. */
static bool terminal_quiet(struct termios *ret_before)
{
	struct termios t;

	if (tcgetattr(STDOUT_FILENO, &t) < 0)
		return false;
	*ret_before = t;
	t.c_oflag &= ~(tcflag_t)OPOST;
	t.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDOUT_FILENO, TCSADRAIN, &t);
	return true;
}

static int watch(const struct tape *tp)
{
	struct screen s = { 0 };
	_text_ struct text t = { 0 };
	struct termios before;
	bool terminal;
	char span[STAMP_TEXT];
	uint64_t us;

	out_begin();
	stop_begin();
	terminal = terminal_quiet(&before);
	us = play(tp, &s);
	if (terminal || !tp->rq->raw) {
		screen_leave(&s, &t);
		text_add(&t, terminal ? "\r\n" : "");
	}
	if (!tp->rq->input)
		out_text(&t);
	out_flush();
	if (terminal)
		tcsetattr(STDOUT_FILENO, TCSAFLUSH, &before);	/* nor is anything typed for the shell */
	if (tp->others.len && !tp->rq->tty)
		dprintf(STDERR_FILENO, "-- this was %s; also recorded:%s(--tty)\n", tp->tty, text_str(&tp->others));
	dprintf(STDERR_FILENO, "-- %s of session %llu, %s\n", stop_asked() ? "stopped in the middle" : "end",
		(unsigned long long)tp->rq->id, stamp_span(us, span));
	return out_end(CLI_OK);
}

static int nothing(const struct tape *tp)
{
	const char *what = tp->rq->input ? "nothing was typed" : "nothing was shown";

	if (tp->others.len)
		log_error("session %llu: %s on %s; there is:%s(--tty)", (unsigned long long)tp->rq->id, what, tp->tty,
			  text_str(&tp->others));
	else
		log_error("session %llu: no terminal was recorded; `skep session %llu` tells what was done",
			  (unsigned long long)tp->rq->id, (unsigned long long)tp->rq->id);
	return CLI_FAILED;
}

static int load(const struct request *rq, struct tape *tp)
{
	_store_ struct store *store = evidence_index();
	struct session s;

	if (!store || evidence_session(store, rq->id, &s) < 0)
		return CLI_FAILED;
	if (store_session_tty(store, rq->id, record, tp) < 0)
		return evidence_failed(store, "reading the terminal");
	return CLI_OK;
}

static int run(const struct request *rq)
{
	struct tape tp = { .rq = rq };
	int r = load(rq, &tp);

	if (r == CLI_OK)
		r = tp.n ? watch(&tp) : nothing(&tp);
	free(tp.chunk);
	text_fini(&tp.others);
	text_fini(&tp.bytes);
	return r;
}

static bool number(const char *s, double min, double *ret)
{
	char *end;
	double v = strtod(s, &end);

	if (end == s || *end || !(v >= min) || v > 1e6)
		return false;
	*ret = v;
	return true;
}

static int read_speed(const char *verb, const char *word, void *into)
{
	return number(word, 0.001, into) ? CLI_OK : cli_wrong(verb, "--speed: 2 is twice as fast");
}

static int read_wait(const char *verb, const char *word, void *into)
{
	return number(word, 0, into) ? CLI_OK : cli_wrong(verb, "--max-wait: seconds");
}

int verb_replay(int argc, char **argv)
{
	struct request rq = { .speed = 1, .max_wait_s = 2 };
	const struct cli_option options[] = {
		{ "speed", .read = read_speed, .into = &rq.speed },
		{ "max-wait", .read = read_wait, .into = &rq.max_wait_s },
		{ "no-wait", .flag = &rq.no_wait },
		{ "raw", .flag = &rq.raw },
		{ "input", .flag = &rq.input },
		{ "tty", .word = &rq.tty },
		{ 0 },
	};
	int r = cli_options(&argc, &argv, "replay", options);

	if (r >= 0)
		return r;
	if (argc != 1)
		return cli_wrong("replay", "which session? `skep sessions` lists them");
	r = cli_read_session("replay", argv[0], &rq.id);
	return r == CLI_OK ? run(&rq) : r;
}
