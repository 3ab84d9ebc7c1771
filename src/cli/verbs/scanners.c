/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep scanners - who scanned, each source once.
 *
 * Made from the journal's findings, and from what administrators blocked and let in again. Lines of
 * other kinds are left alone before they are parsed, so a long journal is read at the disk's pace.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/evidence.h"
#include "cli/options.h"
#include "cli/out.h"
#include "record/journal.h"
#include "record/line.h"
#include "report/stamp.h"
#include "report/table.h"

struct scanner {
	struct addr src;
	uint64_t first_us, last_us, blocked_us;
	uint64_t scans, reports, probes;	/* of those that have ended, and of the one that goes on */
	uint64_t ports, hosts;			/* at most, in one scan */
	uint64_t now_probes;
};

struct list {
	struct scanner *at;
	size_t n, room;
};

static struct scanner *find(struct list *l, const struct addr *src)
{
	for (size_t i = 0; i < l->n; i++)
		if (addr_same(&l->at[i].src, src))
			return &l->at[i];
	return NULL;
}

static struct scanner *get(struct list *l, const struct addr *src)
{
	struct scanner *s = find(l, src);

	if (s)
		return s;
	if (l->n == l->room) {
		l->room = l->room ? 2 * l->room : 64;
		l->at = xrealloc(l->at, l->room, sizeof(*l->at));
	}
	l->at[l->n] = (struct scanner){ .src = *src };
	return &l->at[l->n++];
}

static void take_scan(struct list *l, const struct event *e)
{
	struct scanner *s = get(l, &e->src);
	bool ended = span_is(e->state, "ended");

	if (!s->first_us || e->start_us < s->first_us)
		s->first_us = e->start_us;
	if (e->at_us > s->last_us)
		s->last_us = e->at_us;
	s->scans += span_is(e->state, "begun");
	s->reports += e->severity >= SEVERITY_WARNING;
	s->probes += ended ? e->packets[0] : 0;
	s->now_probes = ended ? 0 : e->packets[0];
	s->ports = e->octets[0] > s->ports ? e->octets[0] : s->ports;
	s->hosts = e->octets[1] > s->hosts ? e->octets[1] : s->hosts;
}

/* "block", ADDRESS, "for", "600s" or "unblock", ADDRESS; it must have worked. Only of those that scanned. */
static void take_admin(struct list *l, const struct event *e)
{
	struct scanner *s = find(l, &e->src);
	const char *args = e->args.at, *end = args + e->args.len, *time;

	if (!s || !span_is(e->state, "done"))
		return;
	if (e->args.len > 8 && !memcmp(args, "unblock", 8))
		s->blocked_us = 0;
	if (e->args.len < 6 || memcmp(args, "block", 6))
		return;
	time = memmem(args, e->args.len, "\0for\0", 5);
	s->blocked_us = e->at_us + (time && time + 5 < end ? strtoull(time + 5, NULL, 10) : 0) * 1000000;
}

static void take(struct list *l, const struct event *e)
{
	struct scanner *s;

	if (e->kind == EV_ADMIN)
		take_admin(l, e);
	else if (e->kind == EV_FINDING && e->src.family && span_is(e->reason, "scan"))
		take_scan(l, e);
	else if (e->kind == EV_FINDING && span_is(e->reason, "block") && (s = find(l, &e->src)))
		s->blocked_us = e->at_us + e->code * 1000000ull;
}

static int each(void *arg, const struct place *at, const char *line, size_t len)
{
	static const char finding[] = "\"event_type\":\"finding\"", admin[] = "\"event_type\":\"admin\"";
	_line_ struct line l = { 0 };

	(void)at;
	if (line && (memmem(line, len, finding, sizeof(finding) - 1) || memmem(line, len, admin, sizeof(admin) - 1)) &&
	    line_read(line, len, NULL, &l) == 0)
		take(arg, &l.event);
	return 0;
}

static int newest_first(const void *a, const void *b)
{
	const struct scanner *x = a, *y = b;

	return x->last_us > y->last_us ? -1 : x->last_us < y->last_us;
}

static void put_json(const struct scanner *s, uint64_t now, struct text *t)
{
	char src[ADDR_TEXT], first[STAMP_TEXT], last[STAMP_TEXT], until[STAMP_TEXT];

	text_addf(t, "{\"src_ip\":\"%s\",\"first\":\"%s\",\"last\":\"%s\",\"scans\":%llu,\"reports\":%llu,\"probes\":%llu,"
		  "\"ports\":%llu,\"hosts\":%llu,\"blocked_until\":", addr_text(&s->src, src),
		  stamp_json(s->first_us, first), stamp_json(s->last_us, last), (unsigned long long)s->scans,
		  (unsigned long long)s->reports, (unsigned long long)(s->probes + s->now_probes),
		  (unsigned long long)s->ports, (unsigned long long)s->hosts);
	if (s->blocked_us > now)
		text_addf(t, "\"%s\"}\n", stamp_json(s->blocked_us, until));
	else
		text_add(t, "null}\n");
}

static void put_table(const struct list *l, uint64_t now, struct text *out)
{
	static const char *const head[] = { "SOURCE", "FIRST", "LAST", "SCANS", "PROBES", "PORTS", "HOSTS", "REPORTS",
					    "BLOCKED UNTIL" };
	_table_ struct table t = { .columns = nitems(head), .right = BIT(3) | BIT(4) | BIT(5) | BIT(6) | BIT(7) };
	char text[64];	/* an address or a time */

	for (size_t i = 0; i < nitems(head); i++)
		table_adds(&t, head[i]);
	for (size_t i = 0; i < l->n; i++) {
		const struct scanner *s = &l->at[i];

		table_adds(&t, addr_text(&s->src, text));
		table_adds(&t, stamp_text(s->first_us, text));
		table_adds(&t, stamp_text(s->last_us, text));
		table_addu(&t, s->scans);
		table_addu(&t, s->probes + s->now_probes);
		table_addu(&t, s->ports);
		table_addu(&t, s->hosts);
		table_addu(&t, s->reports);
		table_adds(&t, s->blocked_us > now ? stamp_text(s->blocked_us, text) : "-");
	}
	if (l->n)
		table_put(&t, out);
	else
		text_add(out, "nobody has scanned\n");
}

static int run(bool json)
{
	_fd_ int dirfd = evidence_journal();
	_text_ struct text out = { 0 };
	struct list l = { 0 };
	uint64_t now = now_us();
	int r;

	if (dirfd < 0)
		return CLI_FAILED;
	out_begin();
	r = journal_scan(dirfd, NULL, 0, each, &l);
	if (r < 0)
		log_error("reading the journal: %s", strerror(-r));
	if (l.n)
		qsort(l.at, l.n, sizeof(*l.at), newest_first);
	for (size_t i = 0; json && i < l.n; i++)
		put_json(&l.at[i], now, &out);
	if (!json)
		put_table(&l, now, &out);
	free(l.at);
	out_text(&out);
	return out_end(r < 0 ? CLI_FAILED : CLI_OK);
}

int verb_scanners(int argc, char **argv)
{
	bool json = false;
	const struct cli_option options[] = { { "json", .flag = &json }, { 0 } };
	int r = cli_options(&argc, &argv, "scanners", options);

	if (r >= 0)
		return r;
	if (argc)
		return cli_wrong("scanners", "%s: not understood", argv[0]);
	return run(json);
}
