// SPDX-License-Identifier: GPL-2.0-only
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/path.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>
#include <linux/user_namespace.h>
#include "hooks.h"
#include "host.h"
#include "note.h"

void pv_tty_name(const struct tty_struct *tty, char name[16])
{
	if (tty->driver->type == TTY_DRIVER_TYPE_PTY)	/* the kernel says pts0, all others pts/0 */
		snprintf(name, 16, "pts/%d", tty->index);
	else
		strscpy(name, tty->name, 16);
}

void pv_note_begin(struct pv_note *n, u16 kind, struct task_struct *t)
{
	const struct pv_task *blob = pv_task(t);
	const struct cred *cred;

	*n = (struct pv_note){ .rec.kind = kind, .rec.time_ns = pv_host_realtime_ns() };
	n->rec.entity = blob->entity;
	n->rec.parent = blob->parent;
	n->rec.conn = blob->conn;
	n->rec.pid = t->tgid;
	rcu_read_lock();
	n->rec.ppid = task_tgid_nr(rcu_dereference(t->real_parent));
	n->rec.sid = pid_nr(task_session(t));
	cred = __task_cred(t);
	n->rec.uid = from_kuid(&init_user_ns, cred->uid);
	n->rec.euid = from_kuid(&init_user_ns, cred->euid);
	n->rec.gid = from_kgid(&init_user_ns, cred->gid);
	if (t->signal->tty)
		pv_tty_name(t->signal->tty, n->rec.tty);
	rcu_read_unlock();
	strscpy(n->rec.comm, t->comm, sizeof(n->rec.comm));
}

void pv_note_add(struct pv_note *n, u16 tag, const void *at, u32 len)
{
	if (WARN_ON_ONCE(n->n_fields == PV_FIELDS))
		return;
	n->field[n->n_fields++] = (struct pv_field){ .tag = tag, .at = at, .len = len };
}

void pv_note_add_text(struct pv_note *n, u16 tag, const char *text)
{
	pv_note_add(n, tag, text, strlen(text));
}

void pv_peer_of(struct skep_peer *p, struct task_struct *t)
{
	*p = (struct skep_peer){ .entity = pv_task(t)->entity, .pid = task_tgid_nr(t) };
	rcu_read_lock();
	p->uid = from_kuid(&init_user_ns, __task_cred(t)->uid);
	rcu_read_unlock();
	strscpy(p->comm, t->comm, sizeof(p->comm));
}

/* An exiting task has no root to start from (exit_fs), and d_path() would fall over it. */
const char *pv_path_text(const struct path *path, char *buf, bool *ret_cut)
{
	char *text = current->fs ? d_path(path, buf, PATH_MAX) : d_absolute_path(path, buf, PATH_MAX);

	if (text == ERR_PTR(-ENAMETOOLONG)) {	/* names are written from the end: the buffer is full of it */
		buf[PATH_MAX - 1] = '\0';
		*ret_cut = true;
		return buf;
	}
	if (IS_ERR(text))
		text = dentry_path_raw(path->dentry, buf, PATH_MAX);
	return IS_ERR(text) ? NULL : text;
}

void pv_note_add_path(struct pv_note *n, u16 tag, const struct path *path, char *buf)
{
	bool cut = false;
	const char *text = pv_path_text(path, buf, &cut);

	if (text)
		pv_note_add_text(n, tag, text);
	if (cut || !text)
		n->rec.flags |= SKEP_F_TRUNCATED;
}
