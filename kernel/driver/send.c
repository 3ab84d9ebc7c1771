// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is sent without a connection.
 *
 * A datagram is told when its socket sends to a destination that is not among its last eight, so
 * that a stream to one host is one record and a sweep one record a host. Only of a session's
 * processes: a name server answers a new port with each packet, and what nobody's processes look
 * up is told by their connects. Packet sockets carry whole frames: that one was made is told
 * (socket.c), what leaves is the gateway's to see.
 */
#include <linux/jhash.h>
#include <linux/net.h>
#include <linux/sched.h>
#include <linux/socket.h>
#include <net/sock.h>
#include "channel.h"
#include "flow.h"
#include "hooks.h"
#include "lineage.h"
#include "note.h"

static bool is_new(struct pv_sock *own, const struct skep_flow *f)
{
	u32 hash = jhash(f->remote, sizeof(f->remote), f->remote_port + 1) | 1;

	for (u32 i = 0; i < PV_DESTINATIONS; i++)
		if (own->sent_to[i] == hash)
			return false;
	own->sent_to[own->next++ % PV_DESTINATIONS] = hash;
	return true;
}

static void datagram(struct sock *sk, const struct msghdr *msg)
{
	static const u8 nowhere[16];
	struct pv_sock *own = pv_sock(sk);
	struct skep_flow flow;
	struct pv_note n;

	pv_flow_of(&flow, sk);
	if (msg->msg_name && !pv_flow_set_remote(&flow, msg->msg_name, msg->msg_namelen))
		return;
	if ((!msg->msg_name && !memcmp(flow.remote, nowhere, sizeof(nowhere))) || !own || !is_new(own, &flow))
		return;
	pv_note_begin(&n, SKEP_SEND, current);
	pv_note_add(&n, SKEP_T_FLOW, &flow, sizeof(flow));
	pv_channel_put(&n);
}

/* What leaves by it is this one's (tag.c). */
static void note_sender(const struct sock *sk)
{
	struct pv_sock *own = pv_sock(sk);

	if (own && (sk->sk_family == AF_PACKET ||
		    (pv_is_inet(sk) && (sk->sk_type == SOCK_DGRAM || sk->sk_type == SOCK_RAW))))
		own->conn = pv_task(current)->conn;
}

int pv_socket_sendmsg(struct socket *sock, struct msghdr *msg, int size)
{
	struct sock *sk = sock->sk;

	if ((msg->msg_flags & MSG_FASTOPEN) && msg->msg_name)	/* the other way to connect */
		return pv_socket_connect(sock, msg->msg_name, msg->msg_namelen);
	if (!sk)
		return 0;
	note_sender(sk);
	if (!pv_task(current)->conn)
		return 0;
	if (sk->sk_family == AF_UNIX && sk->sk_type == SOCK_STREAM)
		pv_order_sent(sk, msg);
	else if (pv_is_inet(sk) && (sk->sk_type == SOCK_DGRAM || sk->sk_type == SOCK_RAW))
		datagram(sk, msg);
	return 0;
}
