/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Where the connections that a budget refuses are led to (refuse: pretend, tarpit), as nft text for policy.c. lead.c says how. */
#include "base/text.h"
#include "model/honeynet.h"

/* lead_sets() - what @n needs and @was has not (may be NULL) */
void lead_sets(struct text *t, const struct honeynet *was, const struct honeynet *n);
/* lead_drop() - chain and set of @was that @n needs no more; its rules are gone */
void lead_drop(struct text *t, const struct honeynet *was, const struct honeynet *n);
/* lead_refused() - what ends a packet that is refused */
void lead_refused(struct text *t, enum refuse_how how);
/* lead_datagram() - what comes before the end of one that can be no connection's */
void lead_datagram(struct text *t, enum refuse_how how);
/* lead_answers() - what is asked at that port of UDP is answered, if anything is */
bool lead_answers(uint16_t port);
/* lead_chain() - a hook of its own, if @n leads anything */
void lead_chain(struct text *t, const struct honeynet *n);
/* lead_input() - the line of the input chain by which they get in */
void lead_input(struct text *t, const struct honeynet *n);
