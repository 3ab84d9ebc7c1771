/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as one syslog message, and as a connection in pieces whose sizes the first byte says:
 * nothing may be read outside, and a message that is not understood must be there whole.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "capture/syslog.h"
#include "capture/syslog_stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void message(void *arg, const char *bytes, size_t len, bool cut)
{
	_text_ struct text t = { 0 };
	_free_ char *own = xcalloc(len + 1, 1);	/* a buffer of its own: overruns are seen */
	size_t *total = arg;
	struct event e = { 0 }, back;

	memcpy(own, bytes, len);
	syslog_read(own, len, &e);
	if (e.kind != EV_SYSLOG || e.facility > 23 || e.severity > 7 || e.message.len > len)
		abort();
	if ((e.flags & EVENT_MALFORMED) && e.message.at != own)
		abort();
	event_pack(&t, &e);
	if (event_unpack(cursor_of(t.at, t.len), &back) < 0 || back.message.len != e.message.len)
		abort();
	if (cut && len > SYSLOG_MAX)
		abort();
	*total += len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct syslog_stream s;
	size_t step = size ? data[0] + 1u : 1, total = 0;

	message(&total, (const char *)data, size, false);
	total = 0;
	memset(&s, 0, sizeof(s));
	for (size_t at = 0; at < size; at += step)
		syslog_stream_feed(&s, (const char *)data + at, size - at < step ? size - at : step, message, &total);
	syslog_stream_end(&s, message, &total);
	if (total > size)
		abort();
	return 0;
}
