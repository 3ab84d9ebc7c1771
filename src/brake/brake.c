/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "brake.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>

#include "base/mem.h"
#include "program.h"
#include "rate.h"

struct brake {
	enum brake_kind kind;
	char device[IFNAMSIZ];
	struct program *program;
	uint64_t rate;
};

static const struct { const char *name, *doc; } kinds[] = {
#define X(id, name, doc) [BRAKE_##id] = { name, doc },
	BRAKE_KINDS_LIST(X)
#undef X
};

const char *brake_kind_name(enum brake_kind k)
{
	return kinds[k].name;
}

const char *brake_kind_doc(enum brake_kind k)
{
	return kinds[k].doc;
}

const char *brake_why(enum brake_why w)
{
	static const char *const words[BRAKE_WHYS] = {
		[BRAKE_TCP] = "brake tcp", [BRAKE_UDP] = "brake udp", [BRAKE_ICMP] = "brake icmp", [BRAKE_OTHER] = "brake other",
		[BRAKE_BYTES] = "brake bytes", [BRAKE_PACKETS] = "brake packets", [BRAKE_SOURCE] = "brake source",
		[BRAKE_NOT_IP] = "brake not-ip", [BRAKE_SILENT] = "brake closed",
	};

	return words[w];
}

static struct brake *brake_new(const char *device)
{
	struct brake *b = xcalloc(1, sizeof(*b));

	str_copy(b->device, device, sizeof(b->device));
	return b;
}

struct brake *brake_open_rate(const char *device, const struct honeynet *n)
{
	struct brake *b = brake_new(device);

	b->rate = brake_rate(n);
	b->kind = rate_set(device, b->rate) == 0 ? BRAKE_RATE : BRAKE_NONE;
	return b;
}

/* It has its caps, and has been told that somebody lives, before the first packet meets it. */
struct brake *brake_open(const char *device, const struct honeynet *n, uint64_t now_ns)
{
	struct brake *b = brake_new(device);

	b->kind = BRAKE_COUNTS;
	if (program_open(device, &b->program) == 0 && brake_plan(b, n) == 0 && brake_beat(b, now_ns) == 0 &&
	    program_attach(b->program) == 0)
		return b;
	brake_close(b);
	return brake_open_rate(device, n);
}

struct brake *brake_close(struct brake *b)
{
	if (b)
		program_close(b->program);
	free(b);
	return NULL;
}

enum brake_kind brake_kind(const struct brake *b)
{
	return b->kind;
}

int brake_beat(struct brake *b, uint64_t now_ns)
{
	return b->kind == BRAKE_COUNTS ? program_alive(b->program, now_ns) : 0;
}

int brake_plan(struct brake *b, const struct honeynet *n)
{
	struct brake_machine list[BRAKE_LIST];
	struct brake_six six = brake_six(n);
	uint64_t rate = brake_rate(n);
	int r = 0;

	if (b->kind == BRAKE_COUNTS) {
		r = program_six(b->program, &six);
		return r < 0 ? r : program_caps(b->program, list, brake_machines(n, list));
	}
	if (b->kind == BRAKE_RATE && rate != b->rate && (r = rate_set(b->device, rate)) == 0)
		b->rate = rate;
	return r;
}

static bool is_there(const struct brake *b)
{
	return b->kind == BRAKE_COUNTS ? program_attached(b->program) : rate_check(b->device) == 1;
}

enum brake_found brake_check(struct brake *b, int *ret_error)
{
	int r;

	if (b->kind == BRAKE_NONE || is_there(b))
		return BRAKE_IN_PLACE;
	r = b->kind == BRAKE_COUNTS ? program_attach(b->program) : rate_set(b->device, b->rate);
	if (r < 0)
		*ret_error = r;
	return r < 0 ? BRAKE_LOST : BRAKE_PUT_BACK;
}

int brake_read(const struct brake *b, uint32_t address, struct brake_used *ret)
{
	return b->kind == BRAKE_COUNTS ? program_used(b->program, address, ret) : -EOPNOTSUPP;
}

void brake_sum(const struct brake *b, uint64_t *ret_passed, uint64_t *ret_refused)
{
	*ret_passed = *ret_refused = 0;
	if (b->kind == BRAKE_COUNTS)
		program_sum(b->program, ret_passed, ret_refused);
}
