// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose a frame is. On its way to the host each frame carries an 802.1Q tag with a number made of the connection whose
 * work it is (edits/frame-tags.patch); the host takes it off before anybody else sees the frame. So the guest's own
 * packet sockets do not see it, and a tag of an intruder's own is a second one.
 *
 * A frame is its socket's: an accepted one's, or that of who connected it, or sent by it last. Nobody's (0) are the kernel's own,
 * and those it forwards for somebody: they have lost their socket by then.
 */
#include <linux/skbuff.h>
#include <net/sock.h>
#include "capture.h"
#include "hooks.h"

u16 pv_tag(const struct sk_buff *skb)
{
	const struct sock *sk = skb->sk;
	const struct pv_sock *own = sk && sk_fullsock(sk) ? pv_sock(sk) : NULL;

	return own ? SKEP_TAG(own->conn) : 0;
}
