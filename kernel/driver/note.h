/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A note is a record before it is in the ring: the header by value, the fields lent.
 *
 *	struct pv_note n;
 *
 *	pv_note_begin(&n, SKEP_LISTEN, current);
 *	pv_note_add(&n, SKEP_T_FLOW, &flow, sizeof(flow));
 *	pv_channel_put(&n);
 */
#ifndef PV_NOTE_H
#define PV_NOTE_H

#include <linux/types.h>
#include "capture.h"

struct path;
struct task_struct;
struct tty_struct;

#define PV_FIELDS 8

struct pv_field {
	const void *at;
	u32 len;
	u16 tag;
};

struct pv_note {
	struct skep_rec rec;
	struct pv_field field[PV_FIELDS];
	u32 n_fields;
	bool atomic;		/* set it where the caller may not sleep */
};

/* Fills the header from @t: current, or any task found under rcu_read_lock. */
void pv_note_begin(struct pv_note *n, u16 kind, struct task_struct *t);
void pv_note_add(struct pv_note *n, u16 tag, const void *at, u32 len);
void pv_note_add_text(struct pv_note *n, u16 tag, const char *text);
void pv_note_add_path(struct pv_note *n, u16 tag, const struct path *path, char *buf);	/* PATH_MAX */
/* The name in @buf of PATH_MAX, or the end of a longer one; NULL if there is none. */
const char *pv_path_text(const struct path *path, char *buf, bool *ret_cut);
void pv_peer_of(struct skep_peer *p, struct task_struct *t);
void pv_tty_name(const struct tty_struct *tty, char name[16]);

#endif
