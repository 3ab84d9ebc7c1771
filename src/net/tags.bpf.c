// SPDX-License-Identifier: GPL-2.0-or-later
/* At each honeypot's tap: its kernel's tag is taken off, and becomes the packet's mark. Whatever has no mark is for the rules. */
#include "model/gate.h"

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

enum { VID = 0xfff };

SEC("tc")
int skep_tags(struct __sk_buff *skb)
{
	__u32 vid = skb->vlan_tci & VID;

	if (skb->vlan_present && skb->vlan_proto == bpf_htons(ETH_P_8021Q) && bpf_skb_vlan_pop(skb) == 0)
		skb->mark = GATE_TAGGED | vid << GATE_TAG_SHIFT;
	return TC_ACT_OK;
}
