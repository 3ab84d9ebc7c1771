/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a self-test sees of an attacker: frames of whatever kind, at each of the places where they are seen. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "selftest/judge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each frame is behind two bytes: where it is seen, and how long it is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct judge j;
	uint64_t at_us = 0, frames = 0, arrived = 0;

	judge_begin(&j, &(struct terms){ .own = 0x0a0a0a50, .gateway = { 0x0a0a0a01, 0xc6336401 }, .period_us = 1000,
					 .network6 = (addr_number)0x20010db800100000 << 64, .outer6 = ((addr_number)0x20010db8ffff0000 << 64) + 1,
					 .bytes = 1000, .limit = { 3, 3, 3, 3, 3, 3, 3 }, .packets_per_s = 500 });
	for (int i = 0; i < N_ATTEMPTS; i++)
		judge_tried(&j, (enum attempt_id)i, 5);
	while (size > 2) {
		size_t n = data[1] < size - 2 ? data[1] : size - 2;

		judge_frame(&j, (enum seen_at)(data[0] % 3), data + 2, n, n, at_us++);
		data += 2 + n;
		size -= 2 + n;
		frames++;
	}
	judge_end(&j, at_us);
	for (size_t i = 0; i < JUDGE_ROWS; i++)
		arrived += j.row[i].arrived;
	if (arrived > frames || j.n_frames + j.not_kept != arrived || (judge_contained(&j) && judge_leaks(&j)) ||
	    (judge_exact(&j) && !judge_contained(&j)))
		abort();
	for (size_t i = 0; i < j.n_frames; i++)
		if (judge_is_leak(&j, &j.frame[i]) && !judge_leaked(&j, j.frame[i].row))
			abort();
	return 0;
}
