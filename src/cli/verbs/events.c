/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep events - the journal, as sentences or as it is.
 *
 * The journal and not the database: it is complete, also while the recorder is down or behind with
 * its index. With --json a line leaves byte for byte as it was recorded. -n looks for the newest
 * file from which on there are enough lines that fit, counts them, and leaves out the first ones.
 * -f waits for the folder to change and reads on where it stopped, over into the next hour's file.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/evidence.h"
#include "cli/options.h"
#include "cli/out.h"
#include "cli/state.h"
#include "cli/stop.h"
#include "record/journal.h"
#include "record/journal_files.h"
#include "record/line.h"
#include "report/stamp.h"
#include "report/story.h"

enum { STOPPED = 1 };

struct request {
	uint64_t kinds;		/* bits; 0 any */
	const char *honeypot;	/* NULL any */
	uint64_t session, since_us;
	bool json, follow, last;
	uint64_t n;		/* with last: how many */
};

struct reading {
	const struct request *rq;
	int dirfd;
	char file[32];		/* where to read on */
	uint64_t offset;
	const char *only;	/* while counting: the file that is counted */
	uint64_t matches, skip;
	uint64_t bad;		/* lines that are none */
	struct text t;
};

static bool wants(const struct request *rq, const struct line *l)
{
	const struct event *e = &l->event;

	return (!rq->kinds || (rq->kinds & 1ull << e->kind)) && e->at_us >= rq->since_us &&
	       (!rq->session || e->session == rq->session) &&
	       (!rq->honeypot || !strcasecmp(rq->honeypot, l->honeypot));
}

static bool wants_all(const struct request *rq)
{
	return !rq->kinds && !rq->since_us && !rq->session && !rq->honeypot;
}

/* 1 and, if @t is given, what is to be shown in it; 0 not wanted; -EBADMSG no line of ours */
static int look(const struct request *rq, const char *line, size_t len, struct text *t)
{
	_line_ struct line l = { 0 };
	int r = 0;

	if (!line)
		return -EBADMSG;
	if (!(rq->json && wants_all(rq))) {
		r = line_read(line, len, NULL, &l);
		if (r < 0)
			return -EBADMSG;
		if (!wants(rq, &l))
			return 0;
	}
	if (t && rq->json) {
		text_addn(t, line, len);
		text_addc(t, '\n');
	} else if (t)
		story_line(&l.event, l.honeypot, t);
	return 1;
}

static int show(void *arg, const struct place *at, const char *line, size_t len)
{
	struct reading *rd = arg;
	int r = look(rd->rq, line, len, rd->skip ? NULL : &rd->t);

	str_copy(rd->file, at->file, sizeof(rd->file));
	rd->offset = at->offset + at->len;
	if (r < 0)
		rd->bad++;
	else if (r && rd->skip)
		rd->skip--;
	out_text(&rd->t);
	return out_gone() || stop_asked() ? STOPPED : 0;
}

static int count(void *arg, const struct place *at, const char *line, size_t len)
{
	struct reading *rd = arg;

	if (strcmp(at->file, rd->only))
		return STOPPED;		/* the next file */
	rd->matches += look(rd->rq, line, len, NULL) > 0;
	return stop_asked() ? STOPPED : 0;
}

/*
 * first_file() - files by hour of arrival: nothing that happened at @since_us is in an earlier one.
 * An hour more, since a batch may run over into the next.
 */
static void first_file(uint64_t since_us, char ret[STAMP_TEXT + 8])
{
	const uint64_t hour_us = 3600ull * 1000000;
	char at[STAMP_TEXT];

	ret[0] = '\0';
	if (since_us > hour_us)
		snprintf(ret, STAMP_TEXT + 8, "%.13s.ndjson", stamp_text(since_us - hour_us, at));
}

/* Where the last @rq->n begin. Without any wanted (-n 0) it is the end of the newest file. */
static int find_last(struct reading *rd)
{
	struct journal_files files;
	int r = journal_files(rd->dirfd, rd->file, &files);

	if (r < 0)
		return r;
	for (size_t i = files.n; i-- && (!rd->only || rd->matches < rd->rq->n) && !stop_asked();) {
		str_copy(rd->file, files.name[i], sizeof(rd->file));
		rd->only = rd->file;
		r = journal_scan(rd->dirfd, rd->file, 0, count, rd);
		if (r < 0)
			break;
	}
	if (r >= 0 && rd->matches > rd->rq->n)
		rd->skip = rd->matches - rd->rq->n;
	journal_files_fini(&files);
	return r < 0 ? r : 0;
}

static int read_on(struct reading *rd)
{
	int r = journal_scan(rd->dirfd, rd->file, rd->offset, show, rd);

	out_flush();
	return r;
}

/* Until somebody stops us or nobody reads what we write. */
static int follow(struct reading *rd)
{
	_fd_ int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char path[64], b[4096];
	struct pollfd p[] = {
		{ .fd = stop_fd(), .events = POLLIN }, { .fd = watch, .events = POLLIN }, { .fd = STDOUT_FILENO },
	};
	int r;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", rd->dirfd);
	if (watch < 0 || inotify_add_watch(watch, path, IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0)
		return -errno;
	while ((r = read_on(rd)) == 0) {	/* first thing: what came before the watch stood */
		if (poll(p, nitems(p), -1) < 0 && errno != EINTR)
			return -errno;
		if (stop_asked() || (p[2].revents & (POLLERR | POLLHUP)))
			return STOPPED;
		while (read(watch, b, sizeof(b)) > 0)
			;
	}
	return r;
}

static int run(const struct request *rq)
{
	_fd_ int dirfd = evidence_journal();
	struct reading rd = { .rq = rq, .dirfd = dirfd };
	char first[STAMP_TEXT + 8];
	int r = 0;

	if (dirfd < 0)
		return CLI_FAILED;
	out_begin();
	stop_begin();
	first_file(rq->since_us, first);
	str_copy(rd.file, first, sizeof(rd.file));
	if (rq->last)
		r = find_last(&rd);
	if (r == 0)
		r = read_on(&rd);
	if (r == 0 && rq->follow)
		r = follow(&rd);
	text_fini(&rd.t);
	if (rd.bad)
		log_warn("%llu damaged lines in the journal were left out", (unsigned long long)rd.bad);
	if (r < 0)
		log_error("reading the journal: %s", strerror(-r));
	return out_end(r < 0 ? CLI_FAILED : CLI_OK);
}

static int read_kind(const char *verb, const char *word, void *into)
{
	_text_ struct text t = { 0 };
	int kind = event_kind_find(word);

	if (kind >= 0) {
		*(uint64_t *)into |= 1ull << kind;
		return CLI_OK;
	}
	for (int i = 0; i < EV_KINDS; i++)
		text_addf(&t, " %s", event_kind_name((enum event_kind)i));
	return cli_wrong(verb, "there is no kind %s; there are%s", word, text_str(&t));
}

static int read_last(const char *verb, const char *word, void *into)
{
	struct request *rq = into;

	rq->last = true;
	if (!strcmp(word, "0") || !evidence_number(word, &rq->n))
		return CLI_OK;
	return cli_wrong(verb, "-n: how many? %s is no number", word);
}

int verb_events(int argc, char **argv)
{
	struct request rq = { 0 };
	const struct cli_option options[] = {
		{ "follow", 'f', .flag = &rq.follow },
		{ "json", .flag = &rq.json },
		{ "kind", .read = read_kind, .into = &rq.kinds },
		{ "honeypot", .word = &rq.honeypot },
		{ "session", .read = cli_read_session, .into = &rq.session },
		{ "since", .read = cli_read_time, .into = &rq.since_us },
		{ "last", 'n', .read = read_last, .into = &rq },
		{ 0 },
	};
	int r = cli_options(&argc, &argv, "events", options);

	if (r >= 0)
		return r;
	if (argc)
		return cli_wrong("events", "%s: not understood", argv[0]);
	return run(&rq);
}
