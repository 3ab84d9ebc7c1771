// SPDX-License-Identifier: GPL-2.0-only
/*
 * Contents: what an intruder wrote, when he closes it; and what anybody runs that did not come with the
 * image, before its first instruction.
 *
 * A file that was written in a visit has a pv_written in its inode: who it was, and whether the host has
 * what is in it. So who writes it later, a daemon or the kernel itself, is captured too, and daemons that
 * write their own files never are. A file that is mapped for writing stays dirty as long as it is.
 *
 * What goes to the host is all of it, with two exceptions. A long file that was only appended to since the
 * last time (a log, a mailbox) is continued where the host's copy ends. And what a server itself, without
 * another program, writes into a file that was there before (btmp at each password that is tried, lastlog)
 * goes there once an hour at most, or those who try passwords would fill it.
 *
 * Part of the image is what lies on its disk and is older than the disk. Times are not trusted for files
 * that were written since this kernel started.
 *
 * One file at a time: its chunks follow each other, each with the number of the first one's record. Both
 * a file and an hour have a bound (SKEP_CONF_CONTENT); what is run has an hour of its own, so that nobody
 * can use it up by writing. A chunk that is lost ends its file.
 *
 * The file is opened by the kernel itself: it may not be readable, its name may be gone. Nobody who watches
 * it (fanotify, leases, access times) notices.
 */
#include <linux/binfmts.h>
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/init_task.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/mman.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "channel.h"
#include "files.h"
#include "hooks.h"
#include "host.h"
#include "note.h"

#define CONTINUED_FROM (64u * 1024)	/* shorter files always go as a whole */
#define HOUR_NS (3600 * NSEC_PER_SEC)

static DEFINE_MUTEX(one_at_a_time);
static char chunk[SKEP_CHUNK], name[PATH_MAX];	/* of the one */

/* A capture on its way. */
struct content {
	const struct path *path;
	struct file *file;
	struct skep_rec who;
	u32 op;
	u64 size, at, end;	/* of the file; the next byte; where it ends for us */
	u64 object;		/* number of the first record, 0 before it */
	bool lost;		/* a chunk did not get there */
};

/* --- what is known of an inode ---------------------------------------------------------------- */

struct pv_written *pv_written_of(const struct inode *i)
{
	return pv_inode(i) ? pv_inode(i)->written : NULL;
}

struct pv_written *pv_written_make(struct inode *i)
{
	struct pv_inode *own = pv_inode(i);
	struct pv_written *w;

	if (!own || own->written)
		return own ? own->written : NULL;
	w = kzalloc(sizeof(*w), GFP_KERNEL);
	if (own->written)	/* somebody was quicker while we waited for memory */
		kfree(w);
	else
		own->written = w;
	return own->written;
}

void pv_inode_free(struct inode *i)
{
	kfree(pv_written_of(i));
}

static bool is_same_writer(const struct skep_rec *by)
{
	return by->entity == pv_task(current)->entity && by->conn == pv_task(current)->conn &&
	       by->euid == from_kuid(&init_user_ns, current_euid()) &&
	       !strncmp(by->comm, current->comm, sizeof(by->comm));
}

/* Before it changes. */
void pv_content_changed(struct inode *i, bool at_end)
{
	const struct pv_task *t = pv_task(current);
	struct pv_written *w = pv_written_of(i);
	bool visit = t->conn;
	struct pv_note n;

	if (!w && visit && pv_fs_of(i->i_sb) == PV_FS_PLAIN)
		w = pv_written_make(i);
	if (!w)
		return;
	w->dirty = true;
	w->rewritten |= !at_end;
	w->inside |= visit && !(t->flags & PV_SERVER);
	if (!visit || is_same_writer(&w->by))
		return;
	pv_note_begin(&n, SKEP_CONTENT, current);
	w->by = n.rec;
}

int pv_file_permission(struct file *f, int mask)
{
	if ((mask & MAY_WRITE) && S_ISREG(file_inode(f)->i_mode))
		pv_content_changed(file_inode(f), f->f_flags & O_APPEND);
	return 0;
}

/* --- bounds ----------------------------------------------------------------------------------- */

static const struct skep_content_conf *bounds(void)
{
	static struct skep_content_conf conf = { .file_max = 64 << 20, .hour_max = 512 << 20 };
	static bool asked;
	const struct skep_conf *c = asked ? NULL : pv_conf_next(NULL, SKEP_CONF_CONTENT);

	if (c && c->data_len == sizeof(conf))
		memcpy(&conf, pv_conf_data(c), sizeof(conf));
	asked = true;
	return &conf;
}

/* How many of @want bytes may still go to the host in this hour. */
static u64 grant(u32 op, u64 want)
{
	static struct { u64 since, used; } hours[2];
	typeof(&hours[0]) h = &hours[op == SKEP_CONTENT_RUN];
	u64 now = ktime_get_ns();

	if (!h->since || now - h->since >= HOUR_NS) {
		h->since = now;
		h->used = 0;
	}
	want = min(want, bounds()->hour_max - min(bounds()->hour_max, h->used));
	h->used += want;
	return want;
}

/* --- to the host ------------------------------------------------------------------------------ */

/* False if the record did not get there. */
static bool tell_chunk(struct content *c, u32 len, bool last, bool whole)
{
	struct pv_note n = { .rec = c->who };

	n.rec.kind = SKEP_CONTENT;
	n.rec.flags = (last ? SKEP_F_LAST : 0) | (whole ? 0 : SKEP_F_TRUNCATED);
	n.rec.seq = 0;
	n.rec.time_ns = pv_host_realtime_ns();
	pv_note_add(&n, SKEP_T_OP, &c->op, sizeof(c->op));
	pv_note_add_path(&n, SKEP_T_FILE, c->path, name);
	pv_note_add(&n, SKEP_T_SIZE, &c->size, sizeof(c->size));
	pv_note_add(&n, SKEP_T_OFFSET, &c->at, sizeof(c->at));
	if (c->object)
		pv_note_add(&n, SKEP_T_OBJECT, &c->object, sizeof(c->object));
	pv_note_add(&n, SKEP_T_BYTES, chunk, len);
	pv_channel_put(&n);
	if (!c->object)
		c->object = n.rec.seq;
	return n.rec.seq;
}

/* Up to c->at, unless it is lost. */
static void send_chunks(struct content *c)
{
	bool whole = c->end == c->size, last;

	do {
		loff_t at = c->at;
		ssize_t n = c->at < c->end && !IS_ERR(c->file) ?
			    kernel_read(c->file, chunk, min_t(u64, SKEP_CHUNK, c->end - c->at), &at) : 0;
		u32 len = n > 0 ? n : 0;

		whole &= len || c->at == c->end;	/* it got shorter, or cannot be read */
		last = !len || c->at + len == c->end;
		c->lost = !tell_chunk(c, len, last, !last || whole);
		c->at += len;
	} while (!c->lost && !last);
}

static void send(struct content *c)
{
	mutex_lock(&one_at_a_time);
	c->file = dentry_open(c->path, O_RDONLY | O_LARGEFILE | O_NOATIME | O_NONBLOCK | __FMODE_NONOTIFY, &init_cred);
	send_chunks(c);
	if (!IS_ERR(c->file))
		fput(c->file);
	mutex_unlock(&one_at_a_time);
}

/* @who: whose doing it is. Only what may sleep, and holds no lock of the file's, may call it. */
static void capture(const struct path *path, struct pv_written *w, u32 op, const struct skep_rec *who)
{
	struct inode *i = d_inode(path->dentry);
	struct content c = { .path = path, .who = *who, .op = op, .size = i_size_read(i) };
	bool mapped = mapping_writably_mapped(i->i_mapping);

	if (op == SKEP_CONTENT_CLOSED && !w->rewritten && w->captured >= CONTINUED_FROM && w->captured < c.size)
		c.at = w->captured;
	c.end = c.at + grant(op, min(c.size - c.at, bounds()->file_max));
	w->dirty = w->rewritten = mapped;	/* before it is read: who writes meanwhile says so again */
	w->inside &= mapped;
	w->captured_at = ktime_get_ns();
	send(&c);
	w->captured = c.lost ? 0 : c.at;
	w->run = !c.lost && c.at == c.size && !mapped;
	w->dirty |= c.lost;		/* the next time, then */
	w->rewritten |= c.lost;
}

/* --- closed ----------------------------------------------------------------------------------- */

static bool is_a_servers_log(const struct pv_written *w)
{
	return !w->inside && !w->made && w->captured_at && ktime_get_ns() - w->captured_at < HOUR_NS;
}

/* The last reference to @f goes (edits/files.patch); whoever held it may be on its way out. */
void pv_file_close(struct file *f)
{
	struct inode *i = file_inode(f);
	struct pv_written *w;

	if (!(f->f_mode & FMODE_WRITE) || !S_ISREG(i->i_mode))
		return;
	w = pv_written_of(i);
	if (w && w->dirty && w->by.conn && !is_a_servers_log(w))
		capture(&f->f_path, w, SKEP_CONTENT_CLOSED, &w->by);
}

/* --- run -------------------------------------------------------------------------------------- */

static bool is_of_the_image(const struct inode *i)
{
	static const struct super_block *image;

	if (!image)	/* the first program there is comes from it */
		image = i->i_sb;
	return i->i_sb == image && i->i_nlink && inode_get_ctime(i).tv_sec < (s64)bounds()->image_s;
}

static void run(struct file *f)
{
	struct inode *i = file_inode(f);
	struct pv_written *w = pv_written_of(i);
	struct pv_note n;

	if (!S_ISREG(i->i_mode) || pv_fs_of(i->i_sb) != PV_FS_PLAIN || (w && w->run && !w->dirty) ||
	    (!(w && w->dirty) && is_of_the_image(i)))
		return;
	w = pv_written_make(i);
	if (!w)
		return;
	pv_note_begin(&n, SKEP_CONTENT, current);
	capture(&f->f_path, w, SKEP_CONTENT_RUN, &n.rec);
}

/* Once for a script, once for its interpreter. */
int pv_content_exec(struct linux_binprm *bprm)
{
	run(bprm->file);
	return 0;
}

/* A library is run, too. Who maps for writing may do so from now on, without another word. */
int pv_mmap_file(struct file *f, unsigned long asked, unsigned long prot, unsigned long flags)
{
	unsigned long type = flags & MAP_TYPE;

	if (!f)
		return 0;
	if (prot & PROT_EXEC)
		run(f);
	if ((type == MAP_SHARED || type == MAP_SHARED_VALIDATE) && (f->f_mode & FMODE_WRITE) &&
	    S_ISREG(file_inode(f)->i_mode))
		pv_content_changed(file_inode(f), false);
	return 0;
}
