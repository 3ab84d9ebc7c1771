/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a line of the journal, which a disk or a hand may have damaged; and as the address of a
 * database. What is taken is written again, and must come back.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/store_url.h"
#include "record/line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void as_line(const char *s, size_t n)
{
	static const struct honeynet none;
	_line_ struct line l = { 0 }, again = { 0 };
	_text_ struct text t = { 0 };

	if (line_read(s, n, NULL, &l) < 0)
		return;
	line_write(&l.event, &none, &t);
	if (line_read(t.at, t.len, NULL, &again) < 0 || again.event.seq != l.event.seq || again.event.kind != l.event.kind)
		abort();
}

static void as_url(const char *s)
{
	_free_ struct store_url *u = xcalloc(1, sizeof(*u));
	char error[STORE_URL_ERROR] = "";

	if ((store_url_parse(s, u, error) < 0) != (error[0] != '\0'))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_free_ char *s = xcalloc(size + 1, 1);	/* a buffer of its own: overruns are seen */

	if (size)
		memcpy(s, data, size);
	as_line(s, size);
	as_url(s);
	return 0;
}
