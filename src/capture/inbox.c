/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"

enum {
	PAGE = 4096,
	AT_ONCE = 64,			/* datagrams of one system call */
	EMPTY = -1,			/* no length of a datagram */
};

struct slot {
	uint64_t number;		/* of its last event, plus one; 0 not looked at */
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		char bytes[32];
	} from;
	union {
		struct cmsghdr align;
		char bytes[64];		/* a time */
	} control;
};

/* The head of the memory. Behind it: a struct mmsghdr for each slot, as recvmmsg() wants them, then the
 * slots, then from a page's beginning on their bytes, so that a short datagram costs one page. */
struct inbox_shared {
	uint64_t released, filled, armed;
	uint64_t settled;		/* dropped datagrams that are told */
};

static size_t heads_at(void)
{
	return PAGE;
}

static size_t slots_at(const struct inbox_form *f)
{
	return heads_at() + f->slots * sizeof(struct mmsghdr);
}

static size_t bytes_at(const struct inbox_form *f)
{
	return (slots_at(f) + f->slots * sizeof(struct slot) + PAGE - 1) & ~(size_t)(PAGE - 1);
}

static size_t whole(const struct inbox_form *f)
{
	return bytes_at(f) + (size_t)f->slots * f->size;
}

static struct mmsghdr *head(const struct inbox *b, uint64_t i)
{
	return (struct mmsghdr *)((char *)b->shared + heads_at()) + i % b->form.slots;
}

static struct slot *slot(const struct inbox *b, uint64_t i)
{
	return (struct slot *)((char *)b->shared + slots_at(&b->form)) + i % b->form.slots;
}

static char *bytes(const struct inbox *b, uint64_t i)
{
	return (char *)b->shared + bytes_at(&b->form) + i % b->form.slots * b->form.size;
}

/* What the next reader relies on is written in this order: it may be the next instruction that is never run. */
static void set(uint64_t *p, uint64_t v)
{
	__atomic_store_n(p, v, __ATOMIC_RELEASE);
}

int inbox_make(const struct inbox_form *f)
{
	_fd_ int fd = memfd_create("inbox", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || ftruncate(fd, (off_t)whole(f)) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return -errno;
	return steal_fd(&fd);
}

int inbox_open(struct inbox *b, int fd, const struct inbox_form *f)
{
	struct inbox_shared *s;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if ((uint64_t)st.st_size != whole(f))
		return -EBADMSG;
	s = mmap(NULL, whole(f), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (s == MAP_FAILED)
		return -errno;
	*b = (struct inbox){ .shared = s, .form = *f, .iov = xcalloc(f->slots, sizeof(*b->iov)) };
	if (s->released > s->filled || s->filled > s->armed || s->armed - s->released > f->slots)
		s->released = s->filled = s->armed = 0;
	while (s->filled < s->armed && head(b, s->filled)->msg_len != (unsigned)EMPTY)
		s->filled++;	/* taken by one who died before he could count it */
	s->armed = s->filled;	/* the others have pointers into his memory */
	b->read = s->released;
	return 0;
}

void inbox_close(struct inbox *b)
{
	if (b->shared)
		munmap(b->shared, whole(&b->form));
	free(b->iov);
	*b = (struct inbox){ 0 };
}

static void arm(struct inbox *b, uint64_t i)
{
	struct iovec *iov = &b->iov[i % b->form.slots];
	struct slot *s = slot(b, i);

	*iov = (struct iovec){ bytes(b, i), b->form.size };
	s->number = 0;
	s->from.any.sa_family = AF_UNSPEC;
	*head(b, i) = (struct mmsghdr){
		.msg_len = (unsigned)EMPTY,
		.msg_hdr = { .msg_name = &s->from, .msg_namelen = sizeof(s->from), .msg_iov = iov, .msg_iovlen = 1,
			     .msg_control = &s->control, .msg_controllen = sizeof(s->control) },
	};
}

int inbox_fill(struct inbox *b, int sock)
{
	struct inbox_shared *s = b->shared;
	uint64_t room = b->form.slots - (s->filled - s->released), to_end = b->form.slots - s->filled % b->form.slots;
	uint64_t n = room < to_end ? room : to_end;
	int r;

	if (!n)
		return -ENOSPC;
	n = n < AT_ONCE ? n : AT_ONCE;
	for (uint64_t i = s->armed; i < s->filled + n; i++)
		arm(b, i);
	if (s->armed < s->filled + n)
		set(&s->armed, s->filled + n);
	do
		r = recvmmsg(sock, head(b, s->filled), (unsigned)n, MSG_DONTWAIT, NULL);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	set(&s->filled, s->filled + (uint64_t)r);
	return r;
}

static void read_time(struct msghdr *m, struct datagram *d)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		struct timespec t;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS || c->cmsg_len < CMSG_LEN(sizeof(t)))
			continue;
		memcpy(&t, CMSG_DATA(c), sizeof(t));
		d->at_ns = (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
	}
}

/* What an earlier reader left has pointers of its own memory: only lengths and flags are taken from there. */
static struct datagram datagram_at(const struct inbox *b, uint64_t i)
{
	const struct mmsghdr *h = head(b, i);
	struct slot *s = slot(b, i);
	struct msghdr m = { .msg_control = &s->control, .msg_controllen = h->msg_hdr.msg_controllen };
	struct datagram d = { .bytes = bytes(b, i), .len = h->msg_len, .cut = h->msg_hdr.msg_flags & MSG_TRUNC };

	if (d.len > b->form.size)
		d.len = b->form.size;
	if (m.msg_controllen > sizeof(s->control))
		m.msg_controllen = 0;
	if (s->from.any.sa_family == AF_INET) {
		d.src = addr4(ntohl(s->from.in.sin_addr.s_addr));
		d.src_port = ntohs(s->from.in.sin_port);
	}
	read_time(&m, &d);
	return d;
}

bool inbox_next(struct inbox *b, struct datagram *ret)
{
	if (b->read == b->shared->filled)
		return false;
	*ret = datagram_at(b, b->read++);
	return true;
}

void inbox_unread(struct inbox *b)
{
	b->read--;
}

void inbox_done(struct inbox *b, uint64_t last)
{
	set(&slot(b, b->read - 1)->number, last + 1);
}

void inbox_release(struct inbox *b, uint64_t last)
{
	struct inbox_shared *s = b->shared;

	while (s->released < b->read && slot(b, s->released)->number <= last + 1)
		set(&s->released, s->released + 1);
}

void inbox_resume(struct inbox *b, uint64_t last)
{
	struct inbox_shared *s = b->shared;

	b->read = s->released;
	while (b->read < s->filled && slot(b, b->read)->number && slot(b, b->read)->number <= last + 1)
		b->read++;
	/* What comes now gets its numbers anew: an old one must not be taken for one of these. */
	for (uint64_t i = b->read; i < s->filled; i++)
		slot(b, i)->number = 0;
	inbox_release(b, last);
}

uint64_t inbox_dropped(const struct inbox *b, int sock)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(sock, SOL_SOCKET, SO_MEMINFO, info, &len) < 0)
		return 0;
	/* The kernel counts with 32 bits. */
	return (uint32_t)(info[SK_MEMINFO_DROPS] - (uint32_t)b->shared->settled);
}

void inbox_settle(struct inbox *b, uint64_t dropped)
{
	if (dropped)
		set(&b->shared->settled, b->shared->settled + dropped);
}
