// SPDX-License-Identifier: GPL-2.0-only
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/ipv6.h>
#include <linux/socket.h>
#include <net/af_unix.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include "flow.h"

bool pv_is_inet(const struct sock *sk)
{
	return sk && (sk->sk_family == AF_INET || sk->sk_family == AF_INET6);
}

/* A raw socket's number is its protocol, a ping socket's the one in its packets: no ports. */
static bool has_ports(const struct skep_flow *f)
{
	return f->proto != IPPROTO_ICMP && f->proto != IPPROTO_ICMPV6;
}

/* A server that listens on :: sees IPv4 peers in mapped addresses; the wire has plain ones. */
static void put_address(u8 at[16], const struct in6_addr *a)
{
	memset(at, 0, 16);
	if (ipv6_addr_v4mapped(a))
		memcpy(at, &a->s6_addr32[3], 4);
	else
		memcpy(at, a, 16);
}

void pv_flow_of(struct skep_flow *f, const struct sock *sk)
{
	const struct inet_sock *inet = inet_sk(sk);

	*f = (struct skep_flow){ .family = 4, .proto = sk->sk_protocol };
	if (sk->sk_type != SOCK_RAW && has_ports(f)) {
		f->local_port = inet->inet_num;
		f->remote_port = ntohs(inet->inet_dport);
	}
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

static bool set_end(struct skep_flow *f, u8 address[16], u16 *port, const struct sockaddr *at, int len)
{
	const struct sockaddr_in6 *at6 = (const void *)at;
	const struct sockaddr_in *at4 = (const void *)at;

	if (len >= (int)sizeof(*at4) && at->sa_family == AF_INET) {
		f->family = 4;
		*port = ntohs(at4->sin_port);
		memset(address, 0, 16);
		memcpy(address, &at4->sin_addr, 4);
	} else if (len >= SIN6_LEN_RFC2133 && at->sa_family == AF_INET6) {
		f->family = ipv6_addr_v4mapped(&at6->sin6_addr) ? 4 : 6;
		*port = ntohs(at6->sin6_port);
		put_address(address, &at6->sin6_addr);
	} else {
		return false;
	}
	if (!has_ports(f))
		*port = 0;
	return true;
}

bool pv_flow_set_local(struct skep_flow *f, const struct sockaddr *at, int len)
{
	return set_end(f, f->local, &f->local_port, at, len);
}

bool pv_flow_set_remote(struct skep_flow *f, const struct sockaddr *to, int len)
{
	return set_end(f, f->remote, &f->remote_port, to, len);
}

void pv_unix_name(const struct sock *sk, char name[PV_UNIX_NAME])
{
	const struct unix_address *at = unix_sk(sk)->addr;
	int len = at ? at->len - (int)offsetof(struct sockaddr_un, sun_path) : 0;

	snprintf(name, PV_UNIX_NAME, "%s%.*s", len > 0 && !at->name->sun_path[0] ? "@" : "",
		 len > 0 ? len - !at->name->sun_path[0] : 0,
		 len > 0 ? at->name->sun_path + !at->name->sun_path[0] : "");
}
