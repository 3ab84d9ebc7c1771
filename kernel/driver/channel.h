/* SPDX-License-Identifier: GPL-2.0-only */
/* The ring to the host (capture.h): one writer, this kernel. */
#ifndef PV_CHANNEL_H
#define PV_CHANNEL_H

#include <linux/types.h>
#include "capture.h"

struct pv_note;

bool pv_channel_open(void);		/* false: a plain kernel, nothing is watched */
u64 pv_next_entity(void);
u64 pv_next_conn(void);
u64 pv_next_stream(void);

void *pv_memory(u64 *ret_len);		/* the ring's own memory: what an earlier boot left there; NULL none */

/* The host wishes all there is to be written to the disk; who has done it says so. */
bool pv_sync_wished(u32 *ret_wish);
void pv_sync_done(u32 wish);

/* Waits for room by the rules at the head of channel.c; gives the note its seq. */
void pv_channel_put(struct pv_note *n);

/* The host's word of that kind, lent for ever; NULL if it gave none. Start with @after NULL. */
const struct skep_conf *pv_conf_next(const struct skep_conf *after, u32 kind);
const char *pv_conf_name(const struct skep_conf *c);	/* name_len bytes, no NUL */
const char *pv_conf_data(const struct skep_conf *c);	/* data_len bytes, no NUL */

#endif
