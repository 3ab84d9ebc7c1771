// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets as streams: unix sockets that are connected, and TCP connections that are a program's
 * standard input or output. Their operations are changed in place (as in pipe.c). Of unix sockets
 * both ends are seen writing; of TCP the far end is seen when what it sent is read.
 *
 * Not seen: datagrams and packets (SOCK_SEQPACKET) over unix sockets, and what is received by splice
 * or mmap. Counted as missing: what is sent out of band or without a copy, or received with MSG_TRUNC.
 */
#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/init.h>
#include <linux/net.h>
#include <linux/sched.h>
#include <linux/uio.h>
#include <net/af_unix.h>
#include <net/inet_common.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include "channel.h"
#include "flow.h"
#include "hooks.h"
#include "monitor.h"
#include "stream.h"
#include "talk.h"

static struct proto_ops plain_unix, plain_inet, plain_inet6;

static const struct proto_ops *plain_of(const struct socket *sock)
{
	switch (sock->ops->family) {
	case PF_UNIX:  return &plain_unix;
	case PF_INET6: return &plain_inet6;
	default:       return &plain_inet;
	}
}

static bool is_unix(const struct socket *sock)
{
	return sock->sk->sk_family == AF_UNIX;
}

static struct pv_stream **slot_of(const struct sock *sk)
{
	struct pv_sock *blob = pv_sock(sk);

	return blob ? &blob->stream : NULL;
}

/* Makes the stream of @sk, and of @peer if there is one. */
static struct pv_stream *make(struct sock *sk, struct sock *peer, u32 type, gfp_t how)
{
	struct pv_stream **slot = slot_of(sk), **far = peer ? slot_of(peer) : NULL;
	struct pv_stream *s = slot ? pv_stream_new(type, how) : NULL;

	if (!s || *slot || (far && *far)) {	/* to make it may have taken a while */
		pv_stream_put(s);
		return slot ? *slot : NULL;
	}
	s->first = sk;
	*slot = s;
	if (far) {
		*far = s;
		s->users++;
	}
	return s;
}

/* sshd's pairs of sockets: before it runs a program, they lead to its monitor. */
static struct pv_stream *make_pair(struct socket *sock)
{
	struct sock *peer = unix_peer_get(sock->sk);
	struct pv_stream *s = peer ? make(sock->sk, peer, SKEP_STREAM_UNIX, GFP_KERNEL) : NULL;

	if (s && !s->monitor && pv_task(current)->flags & PV_SSHD)
		s->monitor = pv_monitor_new();
	if (peer)
		sock_put(peer);
	return s;
}

static struct pv_stream *stream_for_writer(struct socket *sock)
{
	struct pv_stream **slot = slot_of(sock->sk);

	if (!slot)
		return NULL;
	if (!*slot && pv_task(current)->conn && is_unix(sock))
		return make_pair(sock);
	return *slot;
}

static u32 end_of(const struct pv_stream *s, const struct socket *sock)
{
	return s->first != sock->sk;
}

/* Whether somebody may log in here, in clear. */
static bool is_talk(const struct socket *sock)
{
	const struct pv_sock *blob = is_unix(sock) ? NULL : pv_sock(sock->sk);

	return blob && blob->serves && !(pv_task(current)->flags & PV_SSHD);
}

/* --- operations ------------------------------------------------------------------------------- */

struct sending {
	struct socket *sock;
	struct msghdr *msg;
};

static ssize_t send_plain(void *arg, struct iov_iter *from)
{
	struct sending *g = arg;
	ssize_t n;

	g->msg->msg_iter = *from;
	n = plain_of(g->sock)->sendmsg(g->sock, g->msg, iov_iter_count(from));
	g->msg->msg_controllen = 0;	/* goes with the first piece */
	return n;
}

static int send(struct socket *sock, struct msghdr *msg, size_t len)
{
	struct pv_stream *s = len ? stream_for_writer(sock) : NULL;
	struct sending g = { sock, msg };
	struct iov_iter from = msg->msg_iter;
	int n;

	if (is_talk(sock))
		pv_talk_write(pv_sock(sock->sk), &from);
	if (s && !(msg->msg_flags & (MSG_OOB | MSG_ZEROCOPY))) {
		n = pv_stream_pass(s, end_of(s, sock), &from, send_plain, &g);
		msg->msg_iter = from;
		return n;
	}
	n = plain_of(sock)->sendmsg(sock, msg, len);
	if (s && n > 0)
		pv_stream_skip(s, end_of(s, sock), n);
	return n;
}

#ifndef PV_NO_SENDPAGE
static ssize_t sendpage(struct socket *sock, struct page *page, int offset, size_t size, int flags)
{
	struct pv_stream *s = stream_for_writer(sock);
	ssize_t n = plain_of(sock)->sendpage(sock, page, offset, size, flags);

	if (s && n > 0) {
		char *at = kmap_local_page(page);

		pv_stream_tell(s, end_of(s, sock), at + offset, n);
		kunmap_local(at);
	}
	return n;
}
#endif

static int receive(struct socket *sock, struct msghdr *msg, size_t len, int flags)
{
	struct iov_iter before = msg->msg_iter;
	int n = plain_of(sock)->recvmsg(sock, msg, len, flags);
	struct pv_stream **slot = slot_of(sock->sk);

	if (n <= 0 || flags & (MSG_PEEK | MSG_OOB | MSG_ERRQUEUE))
		return n;
	if (slot && *slot && !is_unix(sock)) {
		if (flags & MSG_TRUNC || !user_backed_iter(&before))
			pv_stream_skip(*slot, 1, n);
		else
			pv_stream_tell_read(*slot, 1, &before, n);
	}
	if (flags & MSG_TRUNC)
		return n;
	pv_login_read(&before, n);
	if (is_talk(sock))
		pv_talk_read(pv_sock(sock->sk), &before, n);
	return n;
}

/* --- hooks ------------------------------------------------------------------------------------ */

/* A connection to somebody's socket: so the server's first words are seen too. Both are locked. */
int pv_unix_connect(struct sock *sk, struct sock *other, struct sock *newsk)
{
	if (pv_task(current)->conn && sk->sk_type == SOCK_STREAM)
		make(sk, newsk, SKEP_STREAM_UNIX, GFP_ATOMIC);
	return 0;
}

/* A program is run with this as its standard input, output or error. */
void pv_socket_role(struct file *f, bool first)
{
	struct socket *sock = sock_from_file(f);
	struct pv_stream **slot = sock && sock->sk && sock->type == SOCK_STREAM ? slot_of(sock->sk) : NULL;
	struct pv_stream *s;

	if (!slot)
		return;
	if (is_unix(sock)) {
		s = first ? stream_for_writer(sock) : NULL;
	} else {
		if (!pv_is_inet(sock->sk) || sock->sk->sk_protocol != IPPROTO_TCP || !inet_sk(sock->sk)->inet_dport)
			return;
		s = *slot ? *slot : make(sock->sk, NULL, SKEP_STREAM_TCP, GFP_KERNEL);
		if (s)
			pv_flow_of(&s->flow, sock->sk);
	}
	if (s && s->program == PV_NO_PROGRAM)
		s->program = end_of(s, sock);
}

static void wrap(const struct proto_ops *table, struct proto_ops *plain)
{
	struct proto_ops *ops = pv_in_place(table);

	*plain = *ops;
	ops->sendmsg = send;
	ops->recvmsg = receive;
#ifndef PV_NO_SENDPAGE
	ops->sendpage = sendpage;
#endif
}

static int __init stream_socket_init(void)
{
	struct socket *sock;

	if (!pv_channel_open())
		return 0;
	wrap(&inet_stream_ops, &plain_inet);
	wrap(&inet6_stream_ops, &plain_inet6);
	if (sock_create_kern(&init_net, PF_UNIX, SOCK_STREAM, 0, &sock) == 0) {	/* the only way to its table */
		wrap(sock->ops, &plain_unix);
		sock_release(sock);
	}
	return 0;
}
late_initcall(stream_socket_init);
