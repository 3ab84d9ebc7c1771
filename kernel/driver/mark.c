// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose bytes are in a file.
 *
 * A regular file that a session writes to bears its mark: the connection, and where its bytes can
 * begin. What appends leaves the rest of the file as it was, so a line added to a crontab makes no
 * other line the session's. A mark goes when the file is cut to before its bytes, or with the file.
 *
 * A mark is kept with the inode. Inodes of a disk come and go, so for those it is kept in the ring's
 * memory too, a table that outlives even the guest's reboots. It is bounded: in a full row the
 * mark that was not needed for longest gives way to a new one.
 *
 * Not seen: what is written to a disk past its file system, and what the kernel writes for someone.
 */
#include <linux/fs.h>
#include <linux/hash.h>
#include <linux/kdev_t.h>
#include <linux/limits.h>
#include <linux/sched.h>
#include "channel.h"
#include "hooks.h"
#include "lineage.h"

#define ROW 8

struct entry {
	u64 conn;	/* 0: free */
	u64 ino;
	u32 dev, generation;
	u32 from;
	u32 used;	/* table.clock then */
};

struct table {
	u64 clock, unused[3];
	struct entry row[][ROW];
};

/* No file system of the kernel's own words: proc, sysfs, cgroups. */
static bool can_bear(const struct inode *i)
{
	return S_ISREG(i->i_mode) && !(i->i_sb->s_iflags & SB_I_NOEXEC) && pv_inode(i);
}

/* --- the table --------------------------------------------------------------------------------- */

static struct entry *row_of(const struct inode *i, struct table **ret_table)
{
	u64 len, rows;

	*ret_table = i->i_sb->s_bdev ? pv_memory(&len) : NULL;
	if (!*ret_table || len < sizeof(struct table) + sizeof(struct entry[ROW]))
		return NULL;
	rows = (len - sizeof(struct table)) / sizeof(struct entry[ROW]);
	return (*ret_table)->row[hash_64(i->i_ino ^ (u64)i->i_sb->s_dev << 32, 32) % rows];
}

static struct entry *find(const struct inode *i, struct table **ret_table)
{
	struct entry *row = row_of(i, ret_table);

	for (u32 k = 0; row && k < ROW; k++)
		if (row[k].conn && row[k].ino == i->i_ino && row[k].dev == i->i_sb->s_dev &&
		    row[k].generation == i->i_generation)
			return &row[k];
	return NULL;
}

static struct entry *place(const struct inode *i, struct table **ret_table)
{
	struct entry *e = find(i, ret_table), *row = row_of(i, ret_table);

	if (e || !row)
		return e;
	e = row;
	for (u32 k = 0; k < ROW && e->conn; k++)
		if (!row[k].conn || (u32)((*ret_table)->clock - row[k].used) > (u32)((*ret_table)->clock - e->used))
			e = &row[k];
	return e;
}

static void remember(const struct inode *i, const struct pv_mark *m)
{
	struct table *t;
	struct entry *e = place(i, &t);

	if (e)
		*e = (struct entry){ .conn = m->conn, .ino = i->i_ino, .dev = i->i_sb->s_dev,
				     .generation = i->i_generation, .from = m->from, .used = ++t->clock };
}

static void recall(const struct inode *i, struct pv_mark *m)
{
	struct table *t;
	struct entry *e = find(i, &t);

	if (!e)
		return;
	e->used = ++t->clock;
	*m = (struct pv_mark){ .conn = e->conn, .from = e->from };
}

static void forget(const struct inode *i)
{
	struct table *t;
	struct entry *e = find(i, &t);

	if (e)
		e->conn = 0;
}

/* --- marks ------------------------------------------------------------------------------------- */

const struct pv_mark *pv_mark_of(struct inode *inode)
{
	struct pv_inode *own = can_bear(inode) ? pv_inode(inode) : NULL;

	if (own && !own->known) {
		recall(inode, &own->mark);
		own->known = true;
	}
	return own && own->mark.conn ? &own->mark : NULL;
}

void pv_mark_put(struct inode *inode, u64 conn, u64 from)
{
	const struct pv_mark *old = pv_mark_of(inode);
	u32 least = min_t(u64, old ? old->from : U32_MAX, from);

	if (!can_bear(inode) || (old && old->conn == conn && old->from == least))
		return;
	pv_inode(inode)->mark = (struct pv_mark){ .conn = conn, .from = least };
	remember(inode, &pv_inode(inode)->mark);
}

int pv_mark_setattr(PV_IDMAP struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = d_inode(dentry);
	const struct pv_mark *m = attr->ia_valid & ATTR_SIZE ? pv_mark_of(inode) : NULL;

	if (m && attr->ia_size <= m->from && m->from < U32_MAX) {
		pv_inode(inode)->mark.conn = 0;
		forget(inode);
	}
	return 0;
}

/* The inode goes, and if it has no name any more so does the file. */
void pv_mark_free(struct inode *inode)
{
	if (!inode->i_nlink && pv_mark_of(inode))
		forget(inode);
}
