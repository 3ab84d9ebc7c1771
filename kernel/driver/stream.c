// SPDX-License-Identifier: GPL-2.0-only
/*
 * What streams have in common: their numbers, their bytes into records, and how much of that.
 *
 * Told are the streams of processes that descend from an accepted connection, no others: a boot
 * makes no record here. A stream has a share of each hour, and all of them together have one: a
 * record costs its bytes and RECORD more. What is beyond is passed on unseen and counted: OFFSET of
 * the next record shows how much is missing before it, and a stream that ends with something untold
 * says so with an empty record.
 *
 * A server runs other programs for whom it accepted. The first of them in each line of descent has
 * the visitor's own input and output as its descriptors 0 to 2 (`ssh host command`, CGI, inetd):
 * these streams get a role when it is run, and a replay is made of them. A TCP connection becomes a
 * stream when any program is run with it there, which is what every reverse shell does.
 */
#include <linux/binfmts.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/time64.h>
#include <linux/uio.h>
#include "channel.h"
#include "hooks.h"
#include "host.h"
#include "monitor.h"
#include "note.h"
#include "stream.h"

#define HOUR_NS (3600ULL * NSEC_PER_SEC)
#define RECORD 256
#define SHARE (4ULL << 20)
#define SHARE_OF_ALL (64ULL << 20)

struct pv_stream *pv_stream_new(u32 type, gfp_t how)
{
	struct pv_stream *s = kzalloc(sizeof(*s), how | __GFP_NOWARN);

	if (!s)
		return NULL;
	s->id = pv_next_stream();
	s->conn = pv_task(current)->conn;
	s->users = 1;
	s->type = type;
	s->program = PV_NO_PROGRAM;
	return s;
}

static u32 role_of(const struct pv_stream *s, u32 end)
{
	if (s->type == SKEP_STREAM_PIPE)
		return s->role;
	if (s->program == PV_NO_PROGRAM)
		return 0;
	return s->program == end ? SKEP_STREAM_OUTPUT : SKEP_STREAM_INPUT;
}

static void put_record(struct pv_stream *s, u32 end, struct pv_note *n, const void *bytes, u32 len)
{
	struct skep_stream about = { .id = s->id, .type = s->type, .end = end, .role = role_of(s, end) };

	pv_note_add(n, SKEP_T_STREAM, &about, sizeof(about));
	pv_note_add(n, SKEP_T_OFFSET, &s->at[end], sizeof(s->at[end]));
	if (s->type == SKEP_STREAM_TCP)
		pv_note_add(n, SKEP_T_FLOW, &s->flow, sizeof(s->flow));
	if (len)
		pv_note_add(n, SKEP_T_BYTES, bytes, len);
	else
		n->rec.flags |= SKEP_F_TRUNCATED;
	pv_channel_put(n);
}

/* From wherever the last reference falls, softirq included. */
static void tell_rest(struct pv_stream *s)
{
	struct pv_note n = { .rec = s->by, .atomic = true };

	for (u32 end = 0; end < 2; end++) {
		if (s->told[end] == s->at[end])
			continue;
		n.n_fields = 0;
		n.rec.time_ns = pv_host_realtime_ns();
		put_record(s, end, &n, NULL, 0);
	}
}

void pv_stream_put(struct pv_stream *s)
{
	if (!s || --s->users)
		return;
	pv_monitor_free(s->monitor);
	tell_rest(s);
	kfree(s);
}

/* --- shares ----------------------------------------------------------------------------------- */

static bool has(u64 *since_ns, u64 *spent, u64 now, u64 cost, u64 most)
{
	if (now - *since_ns >= HOUR_NS) {
		*since_ns = now;
		*spent = 0;
	}
	return *spent + cost <= most;
}

/* Whether @len more bytes may be told; if so, they are paid for. */
static bool take_share(struct pv_stream *s, u32 len)
{
	static u64 since_ns, spent;
	u64 now = pv_host_monotonic_ns(), cost = len + RECORD;

	if (!has(&s->since_ns, &s->spent, now, cost, SHARE) || !has(&since_ns, &spent, now, cost, SHARE_OF_ALL))
		return false;
	s->spent += cost;
	spent += cost;
	return true;
}

/* --- telling ---------------------------------------------------------------------------------- */

/* Who writes, and when: before he does, since what he writes may be answered before he returns. */
static void begin(struct pv_stream *s, struct pv_note *n)
{
	pv_note_begin(n, SKEP_STREAM, current);
	if (!n->rec.conn)
		n->rec.conn = s->conn;
	s->by = n->rec;
}

static void tell(struct pv_stream *s, u32 end, struct pv_note *n, const void *bytes, u32 len)
{
	if (s->monitor) {
		pv_monitor_feed(s->monitor, end, bytes, len);
		s->told[end] = s->at[end] += len;
		return;
	}
	if (!take_share(s, len)) {
		pv_stream_skip(s, end, len);
		return;
	}
	put_record(s, end, n, bytes, len);
	s->told[end] = s->at[end] += len;
}

void pv_stream_skip(struct pv_stream *s, u32 end, u64 len)
{
	s->at[end] += len;
}

void pv_stream_tell(struct pv_stream *s, u32 end, const void *bytes, u32 len)
{
	while (len) {
		u32 piece = min_t(u32, len, SKEP_CHUNK);
		struct pv_note n;

		begin(s, &n);
		tell(s, end, &n, bytes, piece);
		bytes += piece;
		len -= piece;
	}
}

static void *piece_for(size_t count, u32 *ret_size)
{
	*ret_size = min_t(size_t, count, SKEP_CHUNK);
	return kmalloc(*ret_size, GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY);
}

/* One piece; what write() said. A piece that is not all there is write()'s own to judge. */
static ssize_t pass_piece(struct pv_stream *s, u32 end, struct iov_iter *from, void *bytes, size_t len,
			  pv_write_fn *write, void *arg)
{
	struct kvec vec = { .iov_base = bytes, .iov_len = len };
	struct iov_iter it = *from;
	bool whole = copy_from_iter(bytes, len, &it) == len;
	struct pv_note n;
	ssize_t r;

	begin(s, &n);
	it = *from;
	if (whole)
		iov_iter_kvec(&it, ITER_SOURCE, &vec, 1, len);
	r = write(arg, &it);
	if (r <= 0)
		return r;
	if (whole)
		tell(s, end, &n, bytes, r);
	else
		pv_stream_skip(s, end, r);
	iov_iter_advance(from, r);
	return r;
}

ssize_t pv_stream_pass(struct pv_stream *s, u32 end, struct iov_iter *from, pv_write_fn *write, void *arg)
{
	ssize_t r = 0, done = 0;
	u32 size;
	void *bytes = piece_for(iov_iter_count(from), &size);

	if (!bytes) {
		r = write(arg, from);
		if (r > 0)
			pv_stream_skip(s, end, r);
		return r;
	}
	do {
		size_t len = min_t(size_t, iov_iter_count(from), size);

		r = pass_piece(s, end, from, bytes, len, write, arg);
		done += r > 0 ? r : 0;
		if (r < (ssize_t)len)
			break;
	} while (iov_iter_count(from));
	kfree(bytes);
	return done ? done : r;
}

void pv_stream_tell_read(struct pv_stream *s, u32 end, const struct iov_iter *to, u32 len)
{
	struct iov_iter look = *to;
	u32 size;
	void *bytes = piece_for(len, &size);

	look.data_source = ITER_SOURCE;
	while (bytes && len) {
		u32 got = copy_from_iter(bytes, min(len, size), &look);

		if (!got)
			break;
		pv_stream_tell(s, end, bytes, got);
		len -= got;
	}
	kfree(bytes);
	pv_stream_skip(s, end, len);
}

/* --- programs that are run -------------------------------------------------------------------- */

/* The server that hands each visitor to another copy of itself, by its two names. */
static bool is_sshd(const struct path *path)
{
	char buf[64];
	const char *name = d_path(path, buf, sizeof(buf));

	return !IS_ERR(name) &&
	       (!strcmp(name, "/usr/sbin/sshd") || !strncmp(name, "/usr/lib/openssh/sshd-", 22));
}

static void give_role(u32 fd, bool first)
{
	struct file *f = fget(fd);

	if (!f)
		return;
	if (first)
		pv_pipe_role(f, SKEP_STREAM_INPUT + fd);
	pv_socket_role(f, first);
	fput(f);
}

/* The descriptors are those the new program begins with. */
void pv_stream_exec(PV_COMMITTED struct linux_binprm *bprm)
{
	struct pv_task *t = pv_task(current);
	bool was_sshd = t->flags & PV_SSHD, first = t->flags & PV_SERVER;

	t->flags &= ~PV_SSHD;
	if (is_sshd(&bprm->file->f_path))
		t->flags |= PV_SSHD;
	if (!t->conn || (t->flags & PV_SSHD && (was_sshd || first)))
		return;
	t->flags &= ~PV_SERVER;
	for (u32 fd = 0; fd < 3; fd++)
		give_role(fd, first);
}
