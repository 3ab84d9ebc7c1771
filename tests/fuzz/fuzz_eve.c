/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libFuzzer harness: what Suricata writes, through the doors it comes in by: a line, a file of lines
 * cut in two anywhere, its complaints, and a rule file.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/eve.h"
#include "capture/eve_tail.h"
#include "nids/complaint.h"
#include "nids/rule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void line(const char *s, size_t n)
{
	_eve_ struct eve e = { 0 };
	_text_ struct text t = { 0 };
	struct event back;

	if (eve_read(&e, s, n) <= EVE_OTHER)
		return;
	event_pack(&t, &e.event);
	if (event_unpack(cursor_of(t.at, t.len), &back) < 0 || back.message.len != e.event.message.len)
		abort();
}

static int file_of(const uint8_t *data, size_t size)
{
	int fd = memfd_create("eve", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	return fd;
}

/* Two files; every line's position is beyond the one before. */
static void tail(const uint8_t *data, size_t size)
{
	static struct eve_tail t;
	size_t cut = size ? data[0] % size : 0;
	uint64_t last = 0, position;
	struct span s;

	eve_tail_init(&t, size > 1 && data[1] & 1 ? (1ull << EVE_OFFSET_BITS) + data[1] : 0);
	eve_tail_give(&t, file_of(data, cut), 1);
	eve_tail_give(&t, file_of(data + cut, size - cut), 2);
	while (eve_tail_next(&t, &s, &position) == 1) {
		if (position <= last)
			abort();
		last = position;
		line(s.at, s.len);
	}
	eve_tail_fini(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = { (const char *)data, size };
	struct rule_reader reader = { .rest = rest };
	struct nids_complaint c;
	struct rule_head h;

	line((const char *)data, size);
	tail(data, size);
	while (nids_complaint_next(&rest, &c))
		;
	while (rule_next(&reader, &h))
		class_priority((struct span){ (const char *)data, size }, h.class, NULL);
	return 0;
}
