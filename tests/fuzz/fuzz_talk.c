/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an intruder says to the gateway's own answer, at any port and in any pieces. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "sink/talk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Nothing is answered by more than it was asked by. */
static void ask(uint16_t port, const uint8_t *data, size_t size)
{
	_text_ struct text said = { 0 };
	bool is = talk_datagram(port, data, size, 1795435200000000, &said);

	if (is != !!said.len || said.len > size)
		abort();
}

/* The port, then pieces behind their lengths. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_text_ struct text said = { 0 };
	struct talk t;
	bool goes_on = true;

	if (size < 2)
		return 0;
	ask(53, data, size);
	ask(123, data, size);
	talk_begin(&t, (uint16_t)(data[0] << 8 | data[1]), &said);
	for (data += 2, size -= 2; goes_on && size;) {
		size_t n = data[0] < size - 1 ? data[0] : size - 1;

		goes_on = talk_hear(&t, (const char *)data + 1, n, 1795435200000000, &said);
		data += 1 + n;
		size -= 1 + n;
	}
	if (t.lines > TALK_LINES || said.len > (TALK_LINES + 1) * 512)
		abort();
	return 0;
}
