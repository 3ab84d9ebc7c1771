// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes: who begat whom, what they run or fail to run, how they end.
 *
 * An execve is told once, when it can no longer fail: the credentials are the new ones (a setuid
 * program shows its euid), comm is the new name, and the strings already lie in the new memory:
 * argv from bprm->p, the environment right after it, up to bprm->exec. bprm_check_security would
 * see every interpreter of a script, and the old credentials; but it alone sees the script, so that
 * is where its name is kept.
 *
 * All processes are told from their fork to their end, a visit's or not: a boot has some hundred, and so
 * whatever a process does, its forebears are known up to init.
 */
#include <linux/binfmts.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/net.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <net/sock.h>
#include <net/tcp_states.h>
#include "channel.h"
#include "disguise.h"
#include "hooks.h"
#include "lineage.h"
#include "note.h"

struct exec_texts {
	char argv[SKEP_ARGS_MAX];
	char env[SKEP_ENV_MAX];
	char file[PATH_MAX];
	char cwd[PATH_MAX];
};

/* Strings still to be read from the new program's stack. */
struct strings {
	unsigned long at, end;
};

int pv_task_alloc(struct task_struct *t, unsigned long clone_flags)
{
	const struct pv_task *from = pv_task(current);
	struct pv_task *to = pv_task(t);

	*to = *from;
	to->script = NULL;
	to->deeds = NULL;
	if (clone_flags & CLONE_THREAD)
		return 0;
	to->entity = pv_next_entity();
	to->served = false;
	if (!(clone_flags & CLONE_PARENT))
		to->parent = from->entity;
	return 0;
}

void pv_task_free(struct task_struct *t)
{
	kfree(pv_task(t)->script);
}

/* @t is whole, and does not run yet. */
void pv_process_fork(struct task_struct *t, u64 clone_flags)
{
	struct pv_note n;

	if (!pv_channel_open() || (clone_flags & CLONE_THREAD) || (t->flags & PF_KTHREAD))
		return;
	pv_note_begin(&n, SKEP_FORK, t);
	pv_channel_put(&n);
	if (pv_task(t)->conn && (clone_flags & PV_CLONE_NEW))
		pv_namespace(t, SKEP_NS_CLONE, clone_flags & PV_CLONE_NEW, 0);
}

/* Moves over @count strings and says how many of them are left unread. */
static int skip_strings(struct strings *s, int count)
{
	char chunk[256];

	while (count && s->at < s->end) {
		int len = min_t(unsigned long, sizeof(chunk), s->end - s->at), i = 0;

		len = access_remote_vm(current->mm, s->at, chunk, len, FOLL_FORCE);
		if (len <= 0)
			break;
		while (i < len && count)
			count -= !chunk[i++];
		s->at += i;
	}
	return count;
}

static void add_strings(struct pv_note *n, u16 tag, struct strings *s, int count, char *buf, int max)
{
	int len = min_t(unsigned long, max, s->end - s->at), kept = 0;

	len = access_remote_vm(current->mm, s->at, buf, len, FOLL_FORCE);
	while (kept < len && count)
		count -= !buf[kept++];
	s->at += kept;
	if (count) {
		n->rec.flags |= SKEP_F_TRUNCATED;
		skip_strings(s, count);
	}
	pv_note_add(n, tag, buf, kept);
}

static void add_texts(struct pv_note *n, const struct linux_binprm *bprm, struct exec_texts *t)
{
	struct strings s = { .at = bprm->p, .end = bprm->exec };
	struct path cwd;

	add_strings(n, SKEP_T_ARGV, &s, bprm->argc, t->argv, sizeof(t->argv));
	pv_note_add_path(n, SKEP_T_FILE, &bprm->file->f_path, t->file);
	get_fs_pwd(current->fs, &cwd);
	pv_note_add_path(n, SKEP_T_CWD, &cwd, t->cwd);
	path_put(&cwd);
	add_strings(n, SKEP_T_ENV, &s, bprm->envc, t->env, sizeof(t->env));
}

/* Whether an interpreter runs in place of the file that was asked for. */
static bool is_interpreted(const struct linux_binprm *bprm)
{
	return bprm->interp != bprm->filename;
}

/* Whether standard input is a connection: somebody far away types to this program. */
static bool listens_afar(void)
{
	struct file *f = fget(0);
	struct socket *sock = f ? sock_from_file(f) : NULL;
	bool afar = sock && sock->sk && sock->sk->sk_state == TCP_ESTABLISHED &&
		    (sock->sk->sk_family == AF_INET || sock->sk->sk_family == AF_INET6);

	if (f)
		fput(f);
	return afar;
}

void pv_exec_done(PV_COMMITTED struct linux_binprm *bprm)
{
	struct exec_texts *t = kvmalloc(sizeof(*t), GFP_KERNEL);
	struct pv_task *task = pv_task(current);
	struct pv_note n;

	pv_login_end();
	pv_note_begin(&n, SKEP_EXEC, current);
	n.rec.flags |= (task->setid ? SKEP_F_SETID : 0) | (listens_afar() ? SKEP_F_SOCKET : 0);
	pv_note_add(&n, SKEP_T_PATH, bprm->filename, strnlen(bprm->filename, PATH_MAX));
	if (is_interpreted(bprm) && task->script)
		pv_note_add_text(&n, SKEP_T_SCRIPT, task->script);
	if (t)
		add_texts(&n, bprm, t);
	else
		n.rec.flags |= SKEP_F_TRUNCATED;
	pv_channel_put(&n);
	kvfree(t);
}

/* Called for the file that was asked for, then for each interpreter, when that file is gone. */
static void keep_script(struct linux_binprm *bprm)
{
	struct pv_task *task = pv_task(current);
	char *buf = __getname();
	const char *text;
	bool cut;

	kfree(task->script);
	task->script = NULL;
	if (!buf)
		return;
	text = pv_path_text(&bprm->file->f_path, buf, &cut);
	if (text)
		task->script = kstrdup(text, GFP_KERNEL);
	__putname(buf);
}

int pv_exec_check(struct linux_binprm *bprm)
{
	if (is_global_init(current))
		pv_disguise_files();
	if (!is_interpreted(bprm))
		keep_script(bprm);
	pv_lineage_exec(bprm);
	return 0;
}

/* --- what could not be run -------------------------------------------------------------------- */

struct failed_texts {
	char path[PATH_MAX];
	char argv[SKEP_ARGS_MAX];
};

/* As alloc_bprm() would call it; false: longer than a path can be, the beginning is there */
static bool copy_path(char path[PATH_MAX], int fd, const char __user *from)
{
	long len = strncpy_from_user(path, from, PATH_MAX);

	if (len == PATH_MAX)
		path[PATH_MAX - 1] = '\0';
	if (len < 0)
		path[0] = '\0';
	if (len == 0)
		snprintf(path, PATH_MAX, "/dev/fd/%d", fd);
	return len < PATH_MAX;
}

/* False: not all of it */
static bool copy_argv(char buf[SKEP_ARGS_MAX], const char __user *const __user *from, u32 *ret_len)
{
	const char __user *arg;
	u32 used = 0;
	long len = 0;

	while (used < SKEP_ARGS_MAX && get_user(arg, from++) == 0 && arg) {
		len = strncpy_from_user(buf + used, arg, SKEP_ARGS_MAX - used);
		if (len < 0)
			break;
		used += min_t(u32, len + 1, SKEP_ARGS_MAX - used);
	}
	*ret_len = used;
	return len >= 0 && used < SKEP_ARGS_MAX;
}

/*
 * The caller goes on, so its strings are still where they were; not if it failed so late that the
 * old program is gone (it is being killed then, and its end is told).
 */
void pv_exec_failed(int fd, const char __user *path, const char __user *const __user *argv, u32 error)
{
	struct failed_texts *t;
	struct pv_note n;
	bool whole = false;
	u32 len = 0;

	if (!pv_task(current)->conn || fatal_signal_pending(current))
		return;
	pv_note_begin(&n, SKEP_EXEC_FAILED, current);
	pv_note_add(&n, SKEP_T_CODE, &error, sizeof(error));
	t = kvmalloc(sizeof(*t), GFP_KERNEL);
	if (t) {
		whole = copy_path(t->path, fd, path);
		whole = copy_argv(t->argv, argv, &len) && whole;
		pv_note_add_text(&n, SKEP_T_PATH, t->path);
		pv_note_add(&n, SKEP_T_ARGV, t->argv, len);
	}
	n.rec.flags |= whole ? 0 : SKEP_F_TRUNCATED;
	pv_channel_put(&n);
	kvfree(t);
}

/* --- the end ---------------------------------------------------------------------------------- */

/* The last thread of a process is about to go; it may still sleep. */
void pv_process_exit(void)
{
	struct task_struct *leader = current->group_leader;
	struct pv_note n;
	u32 code = current->signal->group_exit_code;

	if (!pv_channel_open() || (current->flags & PF_KTHREAD))
		return;
	pv_login_end();
	pv_note_begin(&n, SKEP_EXIT, leader);
	pv_note_add(&n, SKEP_T_CODE, &code, sizeof(code));
	pv_channel_put(&n);
}
