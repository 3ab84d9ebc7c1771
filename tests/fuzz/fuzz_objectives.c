/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a file of objectives, and as what travels of one. What is accepted must be sane. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/objectives.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_free_ struct objectives *o = xcalloc(1, sizeof(*o)), *back = xcalloc(1, sizeof(*back));
	_free_ char *text = xcalloc(size + 1, 1);
	_text_ struct text packed = { 0 };
	_diag_ struct diag d = { 0 };

	if (size)
		memcpy(text, data, size);
	if ((objectives_read(text, size, o, &d) < 0) != (d.n > 0))
		abort();
	objectives_pack(o, &packed);
	if (objectives_unpack((struct span){ packed.at, packed.len }, back) < 0)
		abort();
	objectives_unpack((struct span){ text, size }, back);
	return 0;
}
