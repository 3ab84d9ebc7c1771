/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Streams: what is written without a terminal. A stream is a pipe, a pair of unix sockets, or a TCP
 * connection that is a program's standard input, output or error.
 */
#ifndef PV_STREAM_H
#define PV_STREAM_H

#include <linux/compiler.h>
#include <linux/types.h>
#include "capture.h"

struct iov_iter;
struct pv_monitor;
struct sock;

#define PV_NO_PROGRAM (~0u)

struct pv_stream {
	u64 id, conn;			/* conn: of whoever came first */
	u64 at[2];			/* bytes each end has written */
	u64 told[2];			/* up to where that was told */
	u64 since_ns, spent;		/* its share of this hour */
	u32 users;			/* pipes and sockets that point to it */
	u32 type;			/* enum skep_stream_type */
	u32 role;			/* pipe: enum skep_stream_role */
	u32 program;			/* sockets: the end that is a program's standard input and output, or none */
	const struct sock *first;	/* sockets: end 0; only ever compared */
	struct pv_monitor *monitor;	/* sshd among itself (monitor.c): told as logins, not as bytes */
	struct skep_flow flow;		/* TCP */
	struct skep_rec by;		/* who wrote last */
};

struct pv_stream *pv_stream_new(u32 type, gfp_t how);	/* NULL: no memory */
void pv_stream_put(struct pv_stream *s);	/* one user less; anywhere */

/* Tells bytes that are there already; may sleep. */
void pv_stream_tell(struct pv_stream *s, u32 end, const void *bytes, u32 len);
void pv_stream_skip(struct pv_stream *s, u32 end, u64 len);	/* bytes nobody saw */

/*
 * Writes @from by @write, in pieces, and tells what was written: the very bytes, since @write gets a
 * copy of ours that no thread of the writer can change. Returns what a plain write would.
 */
typedef ssize_t pv_write_fn(void *arg, struct iov_iter *from);
ssize_t pv_stream_pass(struct pv_stream *s, u32 end, struct iov_iter *from, pv_write_fn *write, void *arg);

/*
 * A table of operations to be changed in place: the architecture keeps its read only data in a
 * writable segment, and the compiler must not know that it is constant.
 */
static inline void *pv_in_place(const void *table)
{
	void *t = (void *)table;

	OPTIMIZER_HIDE_VAR(t);
	return t;
}

/* Tells @len bytes that were just read into @to, an iterator as it was before the reading. */
void pv_stream_tell_read(struct pv_stream *s, u32 end, const struct iov_iter *to, u32 len);

#endif
