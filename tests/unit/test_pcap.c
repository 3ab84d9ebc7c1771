/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of packets on a real file system: hours, hashes, room, recovery, reading. */
#include "packets.h"

#include <errno.h>
#include <stdio.h>

#include "record/pcap_store.h"

static struct pcap_store *store_of(uint64_t ring_id, struct pcap_store_conf conf)
{
	struct pcap_store *s;
	uint64_t block;

	conf.ring = ring_id;
	conf.keep_s = conf.keep_s ? conf.keep_s : 86400;
	conf.bytes_max = conf.bytes_max ? conf.bytes_max : 1 << 30;
	assert_int_equal(pcap_store_open(dirfd_, &conf, &s, &block), 0);
	return s;
}

static int add_at(struct pcap_store *s, uint64_t now, uint32_t from, uint32_t n, uint64_t block)
{
	uint8_t frame[1500];
	int r = pcap_store_turn(s, now);

	for (uint32_t i = from; r == 0 && i < from + n; i++) {
		struct packet p = { .at_ns = now * 1000 + i, .bytes = { (char *)frame, numbered(i, frame) } };

		p.wire_len = (uint32_t)p.bytes.len;
		r = pcap_store_add(s, &p);
	}
	if (r == 0)
		r = pcap_store_commit(s, block, 0);
	if (r < 0)
		pcap_store_rollback(s);
	return r;
}

static int work_until(struct pcap_store *s, struct pcap_done *ret)
{
	int r;

	while ((r = pcap_store_work(s, ret)) == PCAP_MORE)
		;
	return r;
}

static void assert_hash(const struct pcap_done *d)
{
	_free_ char *cmd = xasprintf("sha256sum %s/%s.pcap", dir, d->name);
	char sum[65] = "";
	FILE *f = popen(cmd, "r");

	assert_non_null(fgets(sum, sizeof(sum), f));
	pclose(f);
	assert_string_equal(sum, d->sha256);
}

static void a_file_an_hour(void **state)
{
	struct pcap_store *s = store_of(1, (struct pcap_store_conf){ 0 });
	struct pcap_done d;

	(void)state;
	assert_int_equal(add_at(s, NOON + 1, 0, 100, 1), 0);
	assert_int_equal(add_at(s, NOON + HOUR - 1, 100, 100, 2), 0);
	assert_int_equal(work_until(s, &d), PCAP_IDLE);
	assert_int_equal(add_at(s, NOON + HOUR, 200, 100, 3), 0);
	assert_int_equal(add_at(s, NOON + HOUR / 2, 300, 50, 4), 0);	/* the clock stepped back */
	assert_int_equal(work_until(s, &d), PCAP_DONE);
	assert_string_equal(d.name, "2026-11-23T12");
	assert_int_equal(d.totals.packets, 200);
	assert_int_equal(d.totals.bytes, size_of("2026-11-23T12.pcap"));
	assert_int_equal(d.totals.first_ns, (NOON + 1) * 1000);
	assert_int_equal(d.totals.last_ns, (NOON + HOUR - 1) * 1000 + 199);
	assert_hash(&d);
	assert_int_equal(pcap_store_told(s, d.name, 1, 1, true), 0);
	pcap_store_tidy(s, NOON + 2 * HOUR);				/* nothing more came */
	assert_int_equal(work_until(s, &d), PCAP_DONE);
	assert_string_equal(d.name, "2026-11-23T13");
	assert_int_equal(d.totals.packets, 150);
	assert_int_equal(pcap_store_told(s, d.name, 1, 2, false), 0);
	assert_int_equal(work_until(s, &d), PCAP_IDLE);
	pcap_store_close(s);
}

static void an_hour_without_packets_leaves_no_file(void **state)
{
	struct pcap_store *s = store_of(1, (struct pcap_store_conf){ 0 });
	struct pcap_done d;
	_pcap_names_ struct pcap_names names = { 0 };

	(void)state;
	assert_int_equal(pcap_store_turn(s, NOON), 0);
	pcap_store_end(s);
	assert_int_equal(work_until(s, &d), PCAP_IDLE);
	assert_int_equal(pcap_names(dirfd_, &names), 0);
	assert_int_equal(names.n, 0);
	pcap_store_close(s);
}

static void nobody_hears_of_a_file_twice_or_never(void **state)
{
	struct pcap_store *s = store_of(1, (struct pcap_store_conf){ 0 });
	struct pcap_done d;

	(void)state;
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(add_at(s, NOON + i * HOUR, i * 10, 10, i + 1), 0);
	pcap_store_end(s);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(work_until(s, &d), PCAP_DONE);
		assert_int_equal(pcap_store_told(s, d.name, 1, i + 1, false), 0);
	}
	pcap_store_close(s);			/* killed before any was acknowledged; two had arrived */
	s = store_of(1, (struct pcap_store_conf){ 0 });
	pcap_store_resume(s, 1, 2);
	assert_int_equal(work_until(s, &d), PCAP_DONE);
	assert_string_equal(d.name, "2026-11-23T14");
	assert_hash(&d);
	assert_int_equal(pcap_store_told(s, d.name, 1, 3, false), 0);
	assert_int_equal(work_until(s, &d), PCAP_IDLE);
	pcap_store_close(s);
}

static void another_ring_begins_another_file(void **state)
{
	struct pcap_store *s = store_of(1, (struct pcap_store_conf){ 0 });
	struct pcap_done d;

	(void)state;
	assert_int_equal(add_at(s, NOON, 0, 100, 9), 0);
	pcap_store_close(s);
	s = store_of(2, (struct pcap_store_conf){ 0 });
	pcap_store_resume(s, 2, 0);
	assert_int_equal(add_at(s, NOON, 100, 100, 1), 0);
	assert_int_equal(work_until(s, &d), PCAP_DONE);
	assert_string_equal(d.name, "2026-11-23T12");
	assert_int_equal(d.totals.packets, 100);
	assert_true(size_of("2026-11-23T12_2.pcap") > PCAP_HEAD);
	assert_all_there(200);
	pcap_store_close(s);
}

static void old_files_and_too_many_bytes_go(void **state)
{
	struct pcap_store *s = store_of(1, (struct pcap_store_conf){ .keep_s = 2 * 3600, .bytes_max = 1 << 20 });
	_pcap_names_ struct pcap_names names = { 0 };
	uint64_t sum = 0;
	struct pcap_done d;

	(void)state;
	assert_int_equal(add_at(s, NOON, 0, 10, 1), 0);
	assert_int_equal(add_at(s, NOON + HOUR, 10, 10, 2), 0);
	assert_int_equal(add_at(s, NOON + 3 * HOUR, 20, 10, 3), 0);
	assert_true(size_of("2026-11-23T12.pcap") > 0);		/* its hour ended two hours ago: not longer */
	assert_int_equal(add_at(s, NOON + 3 * HOUR + 2000000, 30, 10, 4), 0);
	assert_int_equal(size_of("2026-11-23T12.pcap"), 0);
	assert_int_equal(size_of("2026-11-23T12.index"), 0);
	assert_true(size_of("2026-11-23T13.pcap") > 0);
	assert_int_equal(work_until(s, &d), PCAP_DONE);		/* it went untold: that is told */
	assert_string_equal(d.name, "2026-11-23T12");
	assert_string_equal(d.sha256, "");
	assert_int_equal(d.totals.packets, 10);
	for (uint32_t i = 0; i < 40; i++)
		assert_int_equal(add_at(s, NOON + 3 * HOUR + (i + 4) * 1000000, 100 * i, 100, i + 5), 0);
	assert_int_equal(pcap_names(dirfd_, &names), 0);
	for (size_t i = 0; i < names.n; i++)
		sum += names.at[i].bytes;
	assert_in_range(sum, 600000, (1 << 20) + 200000);
	assert_true(names.n >= 5);
	assert_int_equal(size_of("2026-11-23T13.pcap"), 0);
	pcap_store_close(s);
}

/* After a crash of the machine the ring is another one: what is whole behind the last row stays. */
static void a_torn_tail_is_cut(void **state)
{
	static const uint8_t zeros[5000];
	struct pcap_store *s = store_of(1, (struct pcap_store_conf){ 0 });
	uint8_t frame[1500], head[PCAP_PACKET_HEAD];
	struct packet p = { .at_ns = (NOON + 1) * 1000, .bytes = { (char *)frame, numbered(50, frame) } };
	struct pcap_done d;

	(void)state;
	assert_int_equal(add_at(s, NOON, 0, 50, 1), 0);
	pcap_store_close(s);
	p.wire_len = (uint32_t)p.bytes.len;
	pcap_packet_head(&p, head);
	append("2026-11-23T12.pcap", head, sizeof(head));
	append("2026-11-23T12.pcap", frame, p.bytes.len);
	append("2026-11-23T12.pcap", head, sizeof(head));
	append("2026-11-23T12.pcap", frame, 20);
	s = store_of(2, (struct pcap_store_conf){ 0 });
	pcap_store_resume(s, 2, 0);
	assert_int_equal(work_until(s, &d), PCAP_DONE);
	assert_int_equal(d.totals.packets, 51);
	assert_int_equal(d.totals.bytes, size_of("2026-11-23T12.pcap"));
	pcap_store_close(s);
	append("2026-11-23T12.pcap", zeros, sizeof(zeros));
	assert_int_equal(unlinkat(dirfd_, "2026-11-23T12.index", 0), 0);	/* made again from the packets */
	s = store_of(3, (struct pcap_store_conf){ 0 });
	pcap_store_resume(s, 3, 0);
	assert_int_equal(work_until(s, &d), PCAP_DONE);
	assert_int_equal(d.totals.packets, 51);
	assert_hash(&d);
	pcap_store_close(s);
	assert_all_there(51);
}

static void others_find_room_on_the_disk(void **state)
{
	struct pcap_store *s = store_of(1, (struct pcap_store_conf){ .bytes_free = 1ULL << 60 });

	(void)state;
	assert_int_equal(add_at(s, NOON, 0, 10, 1), -ENOSPC);
	pcap_store_close(s);
}

/* --- reading ---------------------------------------------------------------------------------- */

static void only_what_is_of_the_time_is_read(void **state)
{
	struct pcap_store *s = store_of(1, (struct pcap_store_conf){ 0 });
	const struct pcap_window w = { (NOON + 5000000) * 1000, (NOON + 6000000) * 1000 };
	struct pcap_seen seen = { 0 };
	struct count c = { .next = 5 * 1000 };

	(void)state;
	for (uint32_t i = 0; i < 10; i++)
		assert_int_equal(add_at(s, NOON + i * 1000000, i * 1000, 1000, i + 1), 0);
	/* A row that nobody has to read may hold anything. */
	int fd = openat(dirfd_, "2026-11-23T12.pcap", O_WRONLY | O_CLOEXEC);

	assert_int_equal(pwrite(fd, "nonsense", 8, PCAP_HEAD), 8);
	close(fd);
	assert_int_equal(pcap_scan(dirfd_, &w, see, &c, &seen), 0);
	assert_int_equal(seen.damaged, 0);
	assert_int_equal(c.n, 1001 - 1);
	assert_false(c.unordered);
	assert_int_equal(seen.first_ns, NOON * 1000);
	assert_int_equal(seen.last_ns, (NOON + 9 * 1000000) * 1000 + 9999);
	pcap_store_close(s);
}

static void what_is_damaged_costs_its_row_only(void **state)
{
	struct pcap_store *s = store_of(1, (struct pcap_store_conf){ 0 });
	const struct pcap_window all = { 0, UINT64_MAX };
	struct pcap_seen seen = { 0 };
	struct count c = { .next = 1000 };
	int fd;

	(void)state;
	for (uint32_t i = 0; i < 10; i++)
		assert_int_equal(add_at(s, NOON + i * 1000000, i * 1000, 1000, i + 1), 0);
	fd = openat(dirfd_, "2026-11-23T12.pcap", O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, PCAP_HEAD), 8);
	close(fd);
	assert_int_equal(pcap_scan(dirfd_, &all, see, &c, &seen), 0);
	assert_int_equal(seen.damaged, 1);
	assert_int_equal(c.n, 9000);
	assert_false(c.unordered);
	pcap_store_close(s);
}

static void names_are_ours_or_not(void **state)
{
	static const struct { const char *s; int want; unsigned part; } cases[] = {
		{ "2026-11-23T12", 0, 1 }, { "2026-11-23T12.pcap", 0, 1 }, { "2026-11-23T12_2.pcap", 0, 2 },
		{ "2026-11-23T12_10", 0, 10 }, { "2026-11-23T12_1.pcap", -EINVAL, 0 }, { "2026-11-23T12.index", -EINVAL, 0 },
		{ "2026-11-31T12.pcap", -EINVAL, 0 }, { "2026-11-23T25.pcap", -EINVAL, 0 }, { "", -EINVAL, 0 },
		{ "2026-11-23T12.pcap.x", -EINVAL, 0 }, { "2026-11-23T12_02.pcap", -EINVAL, 0 },
		{ "2026-11-23T12_2", 0, 2 }, { "../2026-11-23T12.pcap", -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		uint64_t us = 0;
		unsigned part = 0;

		if (pcap_name_read(cases[i].s, &us, &part) != cases[i].want || part != cases[i].part ||
		    (part && us != NOON))
			fail_msg("%s", cases[i].s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_file_an_hour), T(an_hour_without_packets_leaves_no_file), T(nobody_hears_of_a_file_twice_or_never),
		T(another_ring_begins_another_file), T(old_files_and_too_many_bytes_go), T(a_torn_tail_is_cut),
		T(others_find_room_on_the_disk), T(only_what_is_of_the_time_is_read),
		T(what_is_damaged_costs_its_row_only), cmocka_unit_test(names_are_ours_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
