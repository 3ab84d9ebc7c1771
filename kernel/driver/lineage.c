// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose doing it is, where descent does not say.
 *
 * A process works for the connection it descends from, or for the one it serves (socket.c). Who
 * works for nobody is taken over, its children with it, when it is about to
 *
 *   - run a file with a session's bytes in it: a program, a script, or one that an interpreter
 *     is given by name; or to map one as code: a preloaded, replaced or loaded library (FILE);
 *   - run a shell whose standard input is such a file: at (JOB);
 *   - run what a session ordered it or a process above it to (JOB, or SOCKET; order.c);
 *   - run a program on an accepted connection: a super-server (SOCKET).
 *
 * An attempt is enough: what cannot be run as a program may be read by a shell next. Init is
 * nobody's for ever.
 *
 * Limits: what a session leaves in another process's memory, in variables, pipes, databases or
 * settings; a file that a process of nobody's copies; interpreters that are not in the list.
 */
#include <linux/binfmts.h>
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/namei.h>
#include <linux/net.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "channel.h"
#include "flow.h"
#include "hooks.h"
#include "lineage.h"
#include "note.h"

static bool is_nobodys(void)
{
	return !pv_task(current)->conn && !is_global_init(current);
}

void pv_lineage_tell(u32 op, const struct skep_flow *flow, const char *by, bool atomic)
{
	struct pv_note n;

	pv_note_begin(&n, SKEP_LINEAGE, current);
	n.atomic = atomic;
	pv_note_add(&n, SKEP_T_OP, &op, sizeof(op));
	if (flow)
		pv_note_add(&n, SKEP_T_FLOW, flow, sizeof(*flow));
	if (by)
		pv_note_add_text(&n, SKEP_T_FILE, by);
	pv_channel_put(&n);
}

static void take(u64 conn)
{
	struct task_struct *t;

	rcu_read_lock();
	for_each_thread(current, t)
		pv_task(t)->conn = conn;
	rcu_read_unlock();
}

static void take_by_file(u32 op, u64 conn, const struct path *path)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL);
	struct pv_note n;

	take(conn);
	pv_note_begin(&n, SKEP_LINEAGE, current);
	pv_note_add(&n, SKEP_T_OP, &op, sizeof(op));
	if (buf)
		pv_note_add_path(&n, SKEP_T_FILE, path, buf);
	pv_channel_put(&n);
	kfree(buf);
}

/* --- a program is about to be run --------------------------------------------------------------- */

static bool is_interpreter(const char *name)
{
	static const char *const names[] = {
		"sh", "ash", "bash", "busybox", "dash", "ksh", "mksh", "zsh", "awk", "gawk", "mawk", "expect", "lua",
		"node", "perl", "php", "pike", "python", "ruby", "tclsh",
	};

	for (u32 i = 0; i < ARRAY_SIZE(names); i++) {
		size_t len = strlen(names[i]);

		if (!strncmp(name, names[i], len) && name[len + strspn(name + len, "-.0123456789")] == '\0')
			return true;
	}
	return false;
}

/* The new program's arguments, each with its NUL; how many bytes. */
static u32 read_arguments(struct linux_binprm *bprm, char *buf, u32 size)
{
	int len = access_remote_vm(bprm->mm, bprm->p, buf, min_t(unsigned long, size, bprm->exec - bprm->p), FOLL_FORCE);
	u32 kept = 0;

	for (int i = 0, left = bprm->argc; i < len && left; i++) {
		if (buf[i])
			continue;
		kept = i + 1;
		left--;
	}
	return kept;
}

/* The first argument that is no option may be the program that an interpreter is to read. */
static bool take_by_script(const char *argv, u32 len)
{
	const char *word = argv + strnlen(argv, len) + (len > 0), *end = argv + len;
	const struct pv_mark *mark;
	struct path path;

	while (word < end && *word == '-')
		word += strlen(word) + 1;
	if (word >= end || !*word || kern_path(word, LOOKUP_FOLLOW, &path))
		return false;
	mark = pv_mark_of(d_inode(path.dentry));
	if (mark)
		take_by_file(SKEP_LINEAGE_FILE, mark->conn, &path);
	path_put(&path);
	return mark;
}

static bool take_by_input(bool is_interpreter)
{
	struct file *in = fget(0);
	struct skep_flow flow;
	struct socket *sock = in ? sock_from_file(in) : NULL;
	const struct pv_sock *own = sock && sock->sk ? pv_sock(sock->sk) : NULL;
	const struct pv_mark *mark = in && is_interpreter ? pv_mark_of(file_inode(in)) : NULL;

	if (mark) {
		take_by_file(SKEP_LINEAGE_JOB, mark->conn, &in->f_path);
	} else if (own && own->serves && own->conn) {
		take(own->conn);
		if (pv_is_inet(sock->sk))
			pv_flow_of(&flow, sock->sk);
		pv_lineage_tell(SKEP_LINEAGE_SOCKET, pv_is_inet(sock->sk) ? &flow : NULL, NULL, false);
	}
	if (in)
		fput(in);
	return pv_task(current)->conn;
}

static bool take_by_order(const char *argv, u32 len)
{
	struct pv_order by;

	if (!pv_order_find(argv, len, &by))
		return false;
	take(by.conn);
	pv_lineage_tell(by.op, NULL, by.name, false);
	return true;
}

void pv_lineage_exec(struct linux_binprm *bprm)
{
	const struct pv_mark *mark = is_nobodys() ? pv_mark_of(file_inode(bprm->file)) : NULL;
	bool reads = is_interpreter(bprm->file->f_path.dentry->d_name.name);
	char *argv;

	if (mark)
		take_by_file(SKEP_LINEAGE_FILE, mark->conn, &bprm->file->f_path);
	if (!is_nobodys() || take_by_input(reads))
		return;
	argv = kvmalloc(SKEP_ARGS_MAX, GFP_KERNEL);
	if (argv) {
		u32 len = read_arguments(bprm, argv, SKEP_ARGS_MAX);

		if (!reads || !take_by_script(argv, len))
			take_by_order(argv, len);
	}
	kvfree(argv);
}

/* --- files are read, written and mapped --------------------------------------------------------- */

int pv_lineage_access(struct file *file, int mask)
{
	struct inode *inode = file_inode(file);
	u64 conn = pv_task(current)->conn;
	const struct pv_mark *mark;

	if (!S_ISREG(inode->i_mode))
		return 0;
	if (conn) {
		if (mask & MAY_WRITE)
			pv_mark_put(inode, conn, file->f_flags & O_APPEND ? i_size_read(inode) : 0);
		return 0;
	}
	/* Not the kernel's look at a program's first bytes. */
	mark = (mask & MAY_READ) && !(file->f_flags & __FMODE_EXEC) ? pv_mark_of(inode) : NULL;
	if (mark)
		pv_order_read(file, mark);
	return 0;
}

int pv_lineage_map(struct file *file, unsigned long reqprot, unsigned long prot, unsigned long flags)
{
	u64 conn = pv_task(current)->conn;
	const struct pv_mark *mark;

	if (!file)
		return 0;
	if (conn && (flags & MAP_TYPE) != MAP_PRIVATE && (file->f_mode & FMODE_WRITE))
		pv_mark_put(file_inode(file), conn, 0);
	mark = !conn && (prot & PROT_EXEC) && is_nobodys() ? pv_mark_of(file_inode(file)) : NULL;
	if (mark)
		take_by_file(SKEP_LINEAGE_FILE, mark->conn, &file->f_path);
	return 0;
}
