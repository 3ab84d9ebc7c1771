// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a process does to another one: it looks into it, or sends it a signal. Called for what is
 * refused, too (edits/refusals.patch): the security modules are not asked about that.
 *
 * Looking in is ptrace, /proc/<pid>/mem, process_vm_readv() and the like; what ps and top do is less
 * (PTRACE_MODE_READ) and is not told. A tracer may do it a thousand times a second, so the same of
 * the same is told once.
 *
 * Signals are told of a visit's processes. Not told: those to itself, signal 0, which only asks
 * whether the other is there, and within a session what shells and sudo do all the time to steer
 * their jobs: stop, go on, the window has another size.
 *
 * Callers hold locks: nothing here sleeps.
 */
#include <linux/pid.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include "channel.h"
#include "hooks.h"
#include "note.h"

static void tell(u16 kind, u16 tag, u32 number, struct task_struct *with, int error)
{
	struct skep_peer peer;
	struct pv_note n;

	pv_peer_of(&peer, with);
	pv_note_begin(&n, kind, current);
	n.atomic = true;
	n.rec.flags |= error ? SKEP_F_REFUSED : 0;
	pv_note_add(&n, tag, &number, sizeof(number));
	pv_note_add(&n, SKEP_T_PEER, &peer, sizeof(peer));
	pv_channel_put(&n);
}

static bool traces(const struct task_struct *t)
{
	return t->ptrace && t->parent && same_thread_group(t->parent, current);
}

void pv_ptrace_access(struct task_struct *t, unsigned int mode, int error)
{
	struct pv_task *task = pv_task(current);
	u64 what = pv_task(t)->entity << 1 | !!error;

	if (!pv_channel_open() || !(mode & PTRACE_MODE_ATTACH) || same_thread_group(t, current) || traces(t) ||
	    task->looked_into == what)
		return;
	task->looked_into = what;
	tell(SKEP_PTRACE, SKEP_T_OP, SKEP_PTRACE_ACCESS, t, error);
}

int pv_ptrace_traceme(struct task_struct *parent)
{
	tell(SKEP_PTRACE, SKEP_T_OP, SKEP_PTRACE_TRACEME, parent, 0);
	return 0;
}

static bool steers_jobs(int sig, struct task_struct *t)
{
	return (sig == SIGCONT || sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU ||
		sig == SIGWINCH) && task_session(t) == task_session(current);
}

void pv_signal(int sig, struct task_struct *t, int error)
{
	if (!pv_channel_open() || !pv_task(current)->conn || !sig || same_thread_group(t, current))
		return;
	if (is_global_init(t) && !error)
		pv_init_asked();
	if (!steers_jobs(sig, t))
		tell(SKEP_SIGNAL, SKEP_T_CODE, sig, t, error);
}
