// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections. An accepted one gets a number; the task that accepts it, and all it begets from
 * then on, carries that number as its lineage. The socket remembers who took it in, so that its
 * end can be told with the same words, long after that process is gone.
 *
 * A server that accepts for ever keeps its last number: right for those that fork for each
 * connection (sshd) or take one at a time (apache prefork), blurred for event loops.
 */
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/ipv6.h>
#include <linux/net.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include "channel.h"
#include "hooks.h"
#include "host.h"
#include "note.h"
#include "stream.h"
#include "talk.h"

struct pv_accepted {
	struct skep_rec by;
	struct skep_flow flow;
};

static bool is_inet(const struct sock *sk)
{
	return sk && (sk->sk_family == AF_INET || sk->sk_family == AF_INET6);
}

/* A server that listens on :: sees IPv4 peers in mapped addresses; the wire has plain ones. */
static void put_address(u8 at[16], const struct in6_addr *a)
{
	if (ipv6_addr_v4mapped(a))
		memcpy(at, &a->s6_addr32[3], 4);
	else
		memcpy(at, a, 16);
}

static void flow_of_sock(struct skep_flow *f, const struct sock *sk)
{
	const struct inet_sock *inet = inet_sk(sk);

	*f = (struct skep_flow){
		.family = 4,
		.proto = sk->sk_protocol,
		.local_port = inet->inet_num,
		.remote_port = ntohs(inet->inet_dport),
	};
	if (sk->sk_family == AF_INET) {
		memcpy(f->local, &inet->inet_rcv_saddr, 4);
		memcpy(f->remote, &inet->inet_daddr, 4);
		return;
	}
	if (!ipv6_addr_v4mapped(&sk->sk_v6_daddr) && !ipv6_addr_v4mapped(&sk->sk_v6_rcv_saddr))
		f->family = 6;
	put_address(f->local, &sk->sk_v6_rcv_saddr);
	put_address(f->remote, &sk->sk_v6_daddr);
}

u64 pv_accepted_conn(const struct pv_accepted *a)
{
	return a->by.conn;
}

bool pv_flow_of_sock(struct skep_flow *f, const struct sock *sk)
{
	if (!is_inet(sk) || sk->sk_protocol != IPPROTO_TCP || !inet_sk(sk)->inet_dport)
		return false;
	flow_of_sock(f, sk);
	return true;
}

/* False if @to is no address of the internet. */
static bool flow_set_remote(struct skep_flow *f, const struct sockaddr *to, int len)
{
	const struct sockaddr_in6 *to6 = (const void *)to;
	const struct sockaddr_in *to4 = (const void *)to;

	memset(f->remote, 0, sizeof(f->remote));
	if (len >= (int)sizeof(*to4) && to->sa_family == AF_INET) {
		f->family = 4;
		f->remote_port = ntohs(to4->sin_port);
		memcpy(f->remote, &to4->sin_addr, 4);
		return true;
	}
	if (len >= SIN6_LEN_RFC2133 && to->sa_family == AF_INET6) {
		f->family = ipv6_addr_v4mapped(&to6->sin6_addr) ? 4 : 6;
		f->remote_port = ntohs(to6->sin6_port);
		put_address(f->remote, &to6->sin6_addr);
		return true;
	}
	return false;
}

/* A socket without a peer was not accepted: others are grafted too. */
void pv_sock_graft(struct sock *sk, struct socket *parent)
{
	struct pv_sock *blob = pv_sock(sk);
	struct pv_accepted *a;
	struct skep_flow flow;
	struct pv_note n;

	if (!is_inet(sk) || !inet_sk(sk)->inet_dport)
		return;
	pv_task(current)->conn = pv_next_conn();
	pv_task(current)->flags |= PV_SERVER;
	flow_of_sock(&flow, sk);
	pv_note_begin(&n, SKEP_ACCEPT, current);
	n.atomic = true;	/* sk_callback_lock */
	pv_note_add(&n, SKEP_T_FLOW, &flow, sizeof(flow));
	pv_channel_put(&n);

	a = blob && !blob->accepted ? kmalloc(sizeof(*a), GFP_ATOMIC) : NULL;
	if (a) {
		*a = (struct pv_accepted){ .by = n.rec, .flow = flow };
		blob->accepted = a;
	}
}

/* From wherever the last reference falls: mostly softirq or an RCU callback. */
void pv_sock_free(struct sock *sk)
{
	struct pv_sock *blob = pv_sock(sk);
	struct pv_accepted *a = blob ? blob->accepted : NULL;
	struct pv_note n = { .atomic = true };

	if (blob) {
		pv_talk_free(blob->talk);
		pv_stream_put(blob->stream);
	}
	if (!a)
		return;
	n.rec = a->by;
	n.rec.kind = SKEP_CLOSE;
	n.rec.flags = 0;
	n.rec.time_ns = pv_host_realtime_ns();
	pv_note_add(&n, SKEP_T_FLOW, &a->flow, sizeof(a->flow));
	pv_channel_put(&n);
	kfree(a);
	blob->accepted = NULL;
}

int pv_socket_connect(struct socket *sock, struct sockaddr *to, int len)
{
	struct skep_flow flow;
	struct pv_note n;

	if (!is_inet(sock->sk))
		return 0;
	flow_of_sock(&flow, sock->sk);
	if (!flow_set_remote(&flow, to, len))
		return 0;
	pv_note_begin(&n, SKEP_CONNECT, current);
	pv_note_add(&n, SKEP_T_FLOW, &flow, sizeof(flow));
	pv_channel_put(&n);
	return 0;
}

/* The other way to connect. */
int pv_socket_sendmsg(struct socket *sock, struct msghdr *msg, int size)
{
	if ((msg->msg_flags & MSG_FASTOPEN) && msg->msg_name)
		return pv_socket_connect(sock, msg->msg_name, msg->msg_namelen);
	return 0;
}

int pv_socket_listen(struct socket *sock, int backlog)
{
	struct skep_flow flow;
	struct pv_note n;

	if (!is_inet(sock->sk))
		return 0;
	flow_of_sock(&flow, sock->sk);
	pv_note_begin(&n, SKEP_LISTEN, current);
	pv_note_add(&n, SKEP_T_FLOW, &flow, sizeof(flow));
	pv_channel_put(&n);
	return 0;
}
