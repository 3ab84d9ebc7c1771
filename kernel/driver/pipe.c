// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pipes as streams. Their file operations are changed in place, since a pipe is known by their
 * address. What gets into a pipe without a write (splice, sendfile, vmsplice, tee) is told by
 * edits/pipe-stream.patch, which also gives each pipe room for its stream. Pages of vmsplice stay the
 * writer's: told is what was in them at that moment.
 *
 * sshd's own pipes, for its log and its start, are no streams: of what it writes only that counts
 * which a program reads as its input.
 */
#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/init.h>
#include <linux/pipe_fs_i.h>
#include <linux/sched.h>
#include <linux/uio.h>
#include "channel.h"
#include "hooks.h"
#include "stream.h"

extern const struct file_operations pipefifo_fops;
void pv_pipe_filled(struct pipe_inode_info *pipe);
void pv_pipe_gone(struct pipe_inode_info *pipe);

static struct file_operations plain;

static struct pv_stream *stream_of(struct pipe_inode_info *pipe)
{
	struct pv_stream *s;

	if (pipe->stream)
		return pipe->stream;
	s = pv_stream_new(SKEP_STREAM_PIPE, GFP_KERNEL);
	if (!pipe->stream)	/* to make it may have taken a while */
		pipe->stream = s;
	else
		pv_stream_put(s);
	return pipe->stream;
}

/* The stream that what this process puts into the pipe belongs to; NULL if it is nobody's business. */
static struct pv_stream *stream_for_writer(struct pipe_inode_info *pipe)
{
	const struct pv_task *t = pv_task(current);

	if (!t->conn || (t->flags & PV_SSHD && !(pipe->stream && pipe->stream->role)))
		return NULL;
	return stream_of(pipe);
}

static ssize_t write_plain(void *iocb, struct iov_iter *from)
{
	return plain.write_iter(iocb, from);
}

static ssize_t write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct pv_stream *s = NULL;

	if (pv_task(current)->conn && iov_iter_count(from))
		s = stream_for_writer(iocb->ki_filp->private_data);
	return s ? pv_stream_pass(s, 0, from, write_plain, iocb) : plain.write_iter(iocb, from);
}

static ssize_t read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct iov_iter before = *to;
	ssize_t n = plain.read_iter(iocb, to);

	if (n > 0)
		pv_login_read(&before, n);
	return n;
}

static void tell_buffers(struct pv_stream *s, struct pipe_inode_info *pipe, unsigned int since)
{
	for (unsigned int i = since; i != pipe->head; i++) {
		struct pipe_buffer *buf = &pipe->bufs[i & (pipe->ring_size - 1)];
		char *at;

		if (pipe_buf_confirm(pipe, buf)) {
			pv_stream_skip(s, 0, buf->len);
			continue;
		}
		at = kmap_local_page(buf->page);
		pv_stream_tell(s, 0, at + buf->offset, buf->len);
		kunmap_local(at);
	}
}

/* The pipe is locked, so nobody has read what came in. */
void pv_pipe_filled(struct pipe_inode_info *pipe)
{
	struct pv_stream *s = pipe->since != pipe->head ? stream_for_writer(pipe) : NULL;

	if (s)
		tell_buffers(s, pipe, pipe->since);
}

void pv_pipe_gone(struct pipe_inode_info *pipe)
{
	pv_stream_put(pipe->stream);
}

/* What sshd has written into it by now counts too. */
void pv_pipe_role(struct file *f, u32 role)
{
	struct pipe_inode_info *pipe = get_pipe_info(f, false);
	struct pv_stream *s = pipe ? stream_of(pipe) : NULL;

	if (!s || s->role)
		return;
	s->role = role;
	pipe_lock(pipe);
	if (!s->at[0])
		tell_buffers(s, pipe, pipe->tail);
	pipe_unlock(pipe);
}

static int __init pipe_init(void)
{
	struct file_operations *ops = pv_in_place(&pipefifo_fops);

	if (!pv_channel_open())
		return 0;
	plain = *ops;
	ops->write_iter = write_iter;
	ops->read_iter = read_iter;
	return 0;
}
fs_initcall(pipe_init);
