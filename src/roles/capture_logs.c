/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Source: the gateway's packet logs (NFLOG), what the rules decided. */
#include <errno.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"
#include "capture.h"
#include "capture/packet.h"
#include "run/outbox.h"

struct log {
	struct capture *all;
	uint32_t index;
	int fd;
	uint64_t last;			/* number of the packet sent on last, 64 bits */
	uint64_t strange;
	struct outbox *out;
};

struct logs {
	struct capture *all;
	struct log log[LANE_LOGS];
};

static void *make(struct capture *c)
{
	struct logs *s = xcalloc(1, sizeof(*s));

	s->all = c;
	for (uint32_t i = 0; i < LANE_LOGS; i++)
		s->log[i] = (struct log){ .all = c, .index = i, .fd = -1, .out = xcalloc(1, sizeof(struct outbox)) };
	return s;
}

static int take(void *source, enum source_kind kind, uint32_t i, int *fd)
{
	struct logs *s = source;

	(void)kind;
	if (i >= LANE_LOGS || s->log[i].fd >= 0)
		return -EBADMSG;
	s->log[i].fd = steal_fd(fd);
	return 0;
}

/* log_of() - whose lane it is, or NULL */
static struct log *log_of(struct logs *s, uint32_t lane)
{
	int i = lane_fixed(lane);

	return i >= 0 && i < LANE_LOGS ? &s->log[i] : NULL;
}

static void resume(void *source, uint32_t lane, uint64_t seq)
{
	struct log *l = log_of(source, lane);

	if (l && seq > l->last)
		l->last = seq;
}

static void begin(void *source)
{
	struct logs *s = source;

	for (uint32_t i = 0; i < LANE_LOGS; i++)
		outbox_rewind(s->log[i].out);
}

static void ack(void *source, uint32_t lane, uint64_t seq)
{
	struct log *l = log_of(source, lane);

	if (l)
		outbox_release(l->out, seq);
}

/* The kernel numbers with 32 bits; the number nearest above the last one is meant. */
static uint64_t widen(uint64_t last, uint64_t seq)
{
	int32_t ahead = (int32_t)((uint32_t)seq - (uint32_t)last);

	return ahead < 0 && (uint64_t)-(int64_t)ahead > last ? seq : last + (uint64_t)(int64_t)ahead;
}

static int on_packet(void *arg, struct event *e)
{
	struct log *l = arg;
	const struct plan *plan = capture_plan(l->all);
	_text_ struct text packed = { 0 };
	int32_t none;
	uint64_t seq = widen(l->last, e->origin.seq);

	if (seq <= l->last)
		return 0;	/* looked at before, when the outbox was full */
	if (outbox_full(l->out))
		return -EAGAIN;
	e->origin = lane_origin(plan, lane_number(LANE_LOG_INET + l->index), &none);
	e->origin.seq = seq;
	if (LANE_LOG_INET + l->index == LANE_LOG_BRIDGE)
		e->mark = 0;	/* what it drops may be in another's name, whose number this is not */
	e->honeypot = honeypot_of(plan, &e->src);
	if (e->honeypot < 0)
		e->honeypot = honeypot_of(plan, &e->dest);
	event_pack(&packed, e);
	l->last = seq;
	return outbox_give(l->out, seq, &packed);
}

static bool read_log(struct log *l)
{
	static uint8_t datagram[256 * 1024] __attribute__((aligned(8)));
	bool busy = false;

	/* what an earlier turn, or an earlier recorder, left */
	if (capture_flush(l->all, l->out, MSG_EVENT) < 0)
		return true;
	while (capture_reading(l->all)) {
		ssize_t n = recv(l->fd, datagram, sizeof(datagram), MSG_PEEK | MSG_DONTWAIT);

		if (n < 0 && errno == ENOBUFS)
			continue;	/* the kernel had no room; the gap in the numbers tells how many */
		if (n < 0)
			return busy;
		busy = true;
		if (packet_log_read(datagram, (size_t)n, now_us(), on_packet, l, &l->strange) == -EAGAIN)
			break;
		if (capture_flush(l->all, l->out, MSG_EVENT) < 0)
			break;		/* looked at again; numbers sent already are left out */
		recv(l->fd, datagram, sizeof(datagram), MSG_DONTWAIT);
	}
	return busy;
}

static bool turn(void *source)
{
	struct logs *s = source;
	bool busy = false;

	for (uint32_t i = 0; i < LANE_LOGS; i++)
		busy |= s->log[i].fd >= 0 && read_log(&s->log[i]);
	return busy;
}

const struct source_ops source_logs = {
	"packet logs", BIT(SOURCE_KIND_NFLOG), make, take, resume, begin, ack, turn,
};
