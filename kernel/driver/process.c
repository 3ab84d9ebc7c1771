// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes: who begat whom, what they run, how they end.
 *
 * An execve is told once, when it can no longer fail: the credentials are the new ones (a setuid
 * program shows its euid), comm is the new name, and the strings already lie in the new memory:
 * argv from bprm->p, the environment right after it, up to bprm->exec. bprm_check_security would
 * see every interpreter of a script, and the old credentials.
 */
#include <linux/binfmts.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
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
	to->deeds = NULL;
	if (clone_flags & CLONE_THREAD)
		return 0;
	to->entity = pv_next_entity();
	to->served = false;
	if (!(clone_flags & CLONE_PARENT))
		to->parent = from->entity;
	return 0;
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

static void add_texts(struct pv_note *n, struct linux_binprm *bprm, struct exec_texts *t)
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

void pv_exec_done(struct linux_binprm *bprm)
{
	struct exec_texts *t = kvmalloc(sizeof(*t), GFP_KERNEL);
	struct pv_note n;

	pv_note_begin(&n, SKEP_EXEC, current);
	pv_note_add(&n, SKEP_T_PATH, bprm->filename, strnlen(bprm->filename, PATH_MAX));
	if (t)
		add_texts(&n, bprm, t);
	else
		n.rec.flags |= SKEP_F_TRUNCATED;
	pv_channel_put(&n);
	kvfree(t);
}

int pv_exec_check(struct linux_binprm *bprm)
{
	if (is_global_init(current))
		pv_disguise_files();
	pv_lineage_exec(bprm);
	return 0;
}

/* The last thread of a process is about to go; it may still sleep. */
void pv_process_exit(void)
{
	struct task_struct *leader = current->group_leader;
	struct pv_note n;
	u32 code = current->signal->group_exit_code;

	if (!pv_channel_open() || (current->flags & PF_KTHREAD))
		return;
	pv_note_begin(&n, SKEP_EXIT, leader);
	pv_note_add(&n, SKEP_T_CODE, &code, sizeof(code));
	pv_channel_put(&n);
}
