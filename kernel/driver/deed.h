/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Deeds: what a system call is about to do to names and mounts, kept until it is known whether it did.
 * The security hooks see the names while they are there; the call's answer says the rest.
 *
 *	struct pv_deed *d = pv_deed_new(SKEP_FILE, SKEP_FILE_UNLINK);
 *
 *	if (d)
 *		pv_deed_name(d, SKEP_T_FILE, dir, &dentry->d_name);
 */
#ifndef PV_DEED_H
#define PV_DEED_H

#include <linux/types.h>
#include "capture.h"

struct path;
struct qstr;

enum { PV_DEED_TEXTS = 3 };

struct pv_deed {
	struct pv_deed *next;
	u16 kind;
	u32 op;
	bool cut, has_mode, has_owner, has_size;
	u32 mode, owner[2];
	u64 size, size_before;
	u32 n_texts;
	struct { u16 tag; char *text; } text[PV_DEED_TEXTS];
};

/* Of this call, from now on; the call's own. NULL: nobody's visit, or no memory. */
struct pv_deed *pv_deed_new(u16 kind, u32 op);
struct pv_deed *pv_deed_pending(u32 op);	/* a SKEP_FILE of this call, or NULL */
void pv_deed_drop(u32 op);			/* that one was not done */
void pv_deed_path(struct pv_deed *d, u16 tag, const struct path *path);
void pv_deed_name(struct pv_deed *d, u16 tag, const struct path *dir, const struct qstr *name);
void pv_deed_text(struct pv_deed *d, u16 tag, const char *text);	/* copied */

#endif
