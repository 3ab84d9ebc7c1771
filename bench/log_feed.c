/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * feed - how fast records come from the journal into a store.
 *
 * bench_feed write DIR N		N messages of a log server as the recorder writes them
 * bench_feed read DIR			only reads them: "RECORDS SECONDS"
 * bench_feed store DIR WHERE		into WHERE, a store_open() address: "RECORDS SECONDS PROCESSOR-SECONDS"
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "model/plan.h"
#include "record/journal.h"
#include "record/line.h"
#include "roles/feed.h"
#include "store/store.h"

static struct plan *plan;

static struct event message(uint64_t i, char words[256])
{
	struct event e = { .kind = EV_SYSLOG, .at_us = 1795392000000000ull + i * 10, .honeypot = (int32_t)(i % 4),
			   .origin = { SOURCE_SYSLOG, 1795392000000000ull, i }, .seq = i, .proto = IPPROTO_TCP,
			   .src = addr4(0x0a0a0a50 + (uint32_t)(i % 4)), .src_port = 40000, .facility = 4, .severity = 6,
			   .host = span_of("www1"), .app = span_of("sshd"), .procid = span_of("12345"),
			   .msgid = span_of("-"), .said = span_of("2026-11-23T00:00:00.000000Z") };

	snprintf(words, 256, "Failed password for invalid user admin%llu from 198.51.100.%llu port %llu ssh2",
		 (unsigned long long)i, (unsigned long long)i % 250, 1024 + (unsigned long long)i % 60000);
	e.message = span_of(words);
	return e;
}

static int write_all(int dirfd, uint64_t n)
{
	_text_ struct text line = { 0 };
	struct journal_end end;
	struct journal *j;
	struct place at;
	char words[256];

	if (journal_open(dirfd, &j, &end) < 0)
		return 1;
	for (uint64_t i = 1; i <= n; i++) {
		struct event e = message(i, words);

		text_clear(&line);
		line_write(&e, &plan->net, &line);
		if (journal_add(j, e.at_us, line.at, line.len, &at) < 0)
			return 1;
		if (journal_waiting(j) > JOURNAL_BATCH_MAX / 2 && journal_sync(j) < 0)
			return 1;
	}
	return journal_sync(j) < 0;
}

static int one(void *arg, const struct place *at, const char *s, size_t len)
{
	_line_ struct line l = { 0 };

	(void)at;
	*(uint64_t *)arg += line_read(s, len, &plan->net, &l) == 0;
	return 0;
}

static double processor_seconds(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static int store_all(int dirfd, const char *where)
{
	struct feed f = { .journal = dirfd, .plan = plan };
	uint64_t began = mono_us();
	int r = feed_open(&f, where);

	while (r >= 0 && (r = feed_some(&f)) > 0)
		;
	if (r < 0)
		die("%s: %s", where, store_error(f.store));
	printf("%llu %.3f %.3f\n", (unsigned long long)f.added, (double)(mono_us() - began) / 1e6, processor_seconds());
	feed_close(&f);
	return 0;
}

int main(int argc, char **argv)
{
	static const char *const names[] = { "Roxen", "DNS", "Sendmail", "Apache" };
	int dirfd = argc > 2 ? open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	uint64_t n = 0, began = mono_us();

	if (dirfd < 0) {
		fprintf(stderr, "usage: bench_feed write DIR N | read DIR | store DIR WHERE\n");
		return 2;
	}
	plan = xcalloc(1, sizeof(*plan));
	plan->epoch = 1;
	plan->net.n_honeypots = nitems(names);
	for (size_t i = 0; i < nitems(names); i++)
		strcpy(plan->net.honeypot[i].name, names[i]);
	if (!strcmp(argv[1], "write") && argc == 4)
		return write_all(dirfd, strtoull(argv[3], NULL, 10));
	if (!strcmp(argv[1], "store") && argc == 4)
		return store_all(dirfd, argv[3]);
	if (journal_scan(dirfd, NULL, 0, one, &n) < 0)
		return 1;
	printf("%llu %.3f\n", (unsigned long long)n, (double)(mono_us() - began) / 1e6);
	return 0;
}
