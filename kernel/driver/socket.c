// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections. An accepted one gets a number; the task that accepts it, and all it begets from
 * then on, carries that number as its lineage. The socket remembers who took it in, so that its
 * end can be told with the same words, long after that process is gone.
 *
 * A server that accepts for ever works for whom it serves: accepting and reading from an accepted
 * socket both say who that is, for each thread by itself. Between visitors it keeps the last one's
 * number, since it may be the visitor's program by now.
 *
 * A connection from this machine is its maker's work: a worker behind a web server, an sshd that a
 * session calls over loopback. It has a number too, for its ACCEPT and CLOSE. Over a unix socket
 * only servers that are no session's own change hands (a terminal multiplexer stays whose it is),
 * and none whose socket init made (journal, message bus): they serve all at once.
 *
 * What is told of processes that are nobody's (conn 0): connects and listens; raw and packet
 * sockets; a datagram server's port below 1024, which no listen tells. Not their other binds: a
 * resolver makes one for each question.
 */
#include <linux/in.h>
#include <linux/net.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <net/inet6_hashtables.h>
#include <net/inet_hashtables.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include "channel.h"
#include "flow.h"
#include "hooks.h"
#include "host.h"
#include "lineage.h"
#include "note.h"

struct pv_accepted {
	struct skep_rec by;
	struct skep_flow flow;
};

static void tell_flow(u16 kind, const struct skep_flow *flow)
{
	struct pv_note n;

	pv_note_begin(&n, kind, current);
	pv_note_add(&n, SKEP_T_FLOW, flow, sizeof(*flow));
	pv_channel_put(&n);
}

/* --- whom a server serves ---------------------------------------------------------------------- */

static void serve(const struct sock *sk, struct pv_sock *own, bool atomic)
{
	struct pv_task *t = pv_task(current);
	bool is_unix = sk->sk_family == AF_UNIX;
	char name[PV_UNIX_NAME];
	struct skep_flow flow;

	if (own->conn == t->conn || is_global_init(current) ||
	    (t->conn && !t->served && (is_unix || !own->conn)))
		return;
	t->conn = own->conn;
	t->served = own->conn;
	if (!own->local || !own->conn || own->told)
		return;
	own->told = true;
	if (is_unix)
		pv_unix_name(sk, name);
	else
		pv_flow_of(&flow, sk);
	pv_lineage_tell(SKEP_LINEAGE_SOCKET, is_unix ? NULL : &flow, is_unix ? name : NULL, atomic);
}

int pv_socket_recvmsg(struct socket *sock, struct msghdr *msg, int size, int flags)
{
	struct pv_sock *own = sock->sk ? pv_sock(sock->sk) : NULL;

	if (own && own->serves)
		serve(sock->sk, own, false);
	return 0;
}

/* --- accepted ---------------------------------------------------------------------------------- */

/* The other end of an accepted connection, if it is in this machine; with a reference. */
static struct sock *other_end(const struct sock *sk)
{
	struct inet_hashinfo *all = sock_net(sk)->ipv4.tcp_death_row.hashinfo;
	const struct inet_sock *inet = inet_sk(sk);
	u16 port = ntohs(inet->inet_dport);

	if (sk->sk_protocol != IPPROTO_TCP)
		return NULL;
	if (sk->sk_family == AF_INET || ipv6_addr_v4mapped(&sk->sk_v6_daddr))
		return __inet_lookup_established(sock_net(sk), all, inet->inet_rcv_saddr, inet->inet_sport,
						 inet->inet_daddr, port, LOOPBACK_IFINDEX, 0);
	return __inet6_lookup_established(sock_net(sk), all, &sk->sk_v6_rcv_saddr, inet->inet_sport,
					  &sk->sk_v6_daddr, port, LOOPBACK_IFINDEX, 0);
}

static void find_maker(const struct sock *sk, struct pv_sock *own)
{
	struct sock *maker = other_end(sk);

	if (maker && sk_fullsock(maker) && pv_sock(maker)) {
		own->local = true;
		own->conn = pv_sock(maker)->conn;
	}
	if (maker)
		sock_gen_put(maker);
}

static void take_in(struct sock *sk, struct pv_sock *own)
{
	struct skep_flow flow;
	struct pv_note n;

	own->serves = true;
	own->conn = pv_next_conn();
	pv_flow_of(&flow, sk);
	pv_note_begin(&n, SKEP_ACCEPT, current);
	n.rec.conn = own->conn;
	n.atomic = true;	/* sk_callback_lock */
	pv_note_add(&n, SKEP_T_FLOW, &flow, sizeof(flow));
	pv_channel_put(&n);

	own->accepted = kmalloc(sizeof(*own->accepted), GFP_ATOMIC);
	if (own->accepted)
		*own->accepted = (struct pv_accepted){ .by = n.rec, .flow = flow };
	find_maker(sk, own);
}

/* A socket without a peer was not accepted: others are grafted too. */
void pv_sock_graft(struct sock *sk, struct socket *parent)
{
	struct pv_sock *own = pv_sock(sk);

	if (own && !own->serves && pv_is_inet(sk) && inet_sk(sk)->inet_dport)
		take_in(sk, own);
	if (own && own->serves)
		serve(sk, own, true);
}

/* From wherever the last reference falls: mostly softirq or an RCU callback. */
void pv_sock_free(struct sock *sk)
{
	struct pv_sock *own = pv_sock(sk);
	struct pv_note n = { .atomic = true };

	if (!own || !own->accepted)
		return;
	n.rec = own->accepted->by;
	n.rec.kind = SKEP_CLOSE;
	n.rec.flags = 0;
	n.rec.time_ns = pv_host_realtime_ns();
	pv_note_add(&n, SKEP_T_FLOW, &own->accepted->flow, sizeof(own->accepted->flow));
	pv_channel_put(&n);
	kfree(own->accepted);
	own->accepted = NULL;
}

/* --- unix sockets ------------------------------------------------------------------------------ */

/* One session's process turns to another's server: say, to the screen that one left behind. */
static void tell_meeting(struct sock *listener)
{
	char name[PV_UNIX_NAME];
	struct skep_peer peer;
	struct task_struct *t;
	struct pv_note n;
	u32 op = SKEP_LINEAGE_SOCKET;
	u64 mine = pv_task(current)->conn;

	rcu_read_lock();
	t = pid_task(listener->sk_peer_pid, PIDTYPE_TGID);
	if (t && !pv_task(t)->served && pv_task(t)->conn && pv_task(t)->conn != mine)
		pv_peer_of(&peer, t);
	else
		t = NULL;
	rcu_read_unlock();
	if (!t)
		return;
	pv_unix_name(listener, name);
	pv_note_begin(&n, SKEP_LINEAGE, current);
	n.atomic = true;	/* both sockets are locked */
	pv_note_add(&n, SKEP_T_OP, &op, sizeof(op));
	pv_note_add(&n, SKEP_T_PEER, &peer, sizeof(peer));
	pv_note_add_text(&n, SKEP_T_FILE, name);
	pv_channel_put(&n);
}

int pv_socket_meet(struct sock *from, struct sock *listener, struct sock *far_end)
{
	struct pv_sock *own = pv_sock(far_end);
	u64 mine = pv_task(current)->conn;

	if (!own || pid_nr(listener->sk_peer_pid) == 1)
		return 0;
	own->serves = own->local = true;
	own->conn = mine;
	if (mine)
		tell_meeting(listener);
	return 0;
}

/* --- made, bound, connected, listening --------------------------------------------------------- */

int pv_socket_made(struct socket *sock, int family, int type, int protocol, int kern)
{
	bool is_raw = (family == AF_INET || family == AF_INET6) && type == SOCK_RAW;
	u32 socket[3] = { family, type, is_raw ? protocol : ntohs(protocol) };
	struct pv_note n;

	if (kern || !(is_raw || family == AF_PACKET))
		return 0;
	pv_note_begin(&n, SKEP_SOCKET, current);
	pv_note_add(&n, SKEP_T_SOCKET, socket, sizeof(socket));
	pv_channel_put(&n);
	return 0;
}

int pv_socket_bind(struct socket *sock, struct sockaddr *at, int len)
{
	struct skep_flow flow;

	if (!pv_is_inet(sock->sk))
		return 0;
	pv_flow_of(&flow, sock->sk);
	if (!pv_flow_set_local(&flow, at, len))
		return 0;
	if (pv_task(current)->conn ||
	    (sock->type == SOCK_DGRAM && flow.local_port && flow.local_port < PROT_SOCK))
		tell_flow(SKEP_BIND, &flow);
	return 0;
}

int pv_socket_connect(struct socket *sock, struct sockaddr *to, int len)
{
	struct skep_flow flow;

	if (!pv_is_inet(sock->sk))
		return 0;
	pv_flow_of(&flow, sock->sk);
	if (!pv_flow_set_remote(&flow, to, len))
		return 0;
	if (pv_sock(sock->sk))
		pv_sock(sock->sk)->conn = pv_task(current)->conn;
	tell_flow(SKEP_CONNECT, &flow);
	return 0;
}

int pv_socket_listen(struct socket *sock, int backlog)
{
	struct skep_flow flow;

	if (!pv_is_inet(sock->sk))
		return 0;
	pv_flow_of(&flow, sock->sk);
	tell_flow(SKEP_LISTEN, &flow);
	return 0;
}
