// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The host guard inside the kernel.
 *
 * Theory of operation
 *
 * Each task's origin (policy.h) lies in task storage: a new task gets its parent's, an execve()
 * moves it on. So what a process is does not depend on ancestors that may be gone by then: a double
 * fork hides nothing. Tasks that are older than the guard get theirs from user space.
 *
 * An execve() is judged in one of two places. With BPF LSM, in the hook that sees the final
 * credentials and the final file (the interpreter of a script): a violation gets EPERM and never
 * happens. Without, after the fact, when the new program is loaded but has not run an instruction:
 * a violation gets SIGKILL.
 */
#include "kernel.bpf.h"

#include <linux/bpf.h>
#include <asm/errno.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

#include "policy.h"
#include "record.h"

enum { S_ISUID_ = 04000, OTHERS_WRITE = 0022, PF_KTHREAD_ = 0x200000, SIGKILL_ = 9, FOLDERS_DEEP = 16 };

char LICENSE[] SEC("license") = "GPL";

/* Set before loading. */
const volatile bool by_lsm;		/* the LSM program denies; else the tracepoint kills */
const volatile __u64 scope_cgroup;	/* 0: the whole machine */
const volatile __u32 scope_level;
const volatile __u32 honeypot_uid, honeypot_uids;
/* Set at any time. */
volatile bool enforce_shells;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct guard_key);
	__type(value, __u32);		/* enum guard_file bits */
} files SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct guard_key);
	__type(value, __u32);
} folders SEC(".maps");			/* system folders */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u64);
	__type(value, __u32);
} allowed_cgroups SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct guard_lineage);
} lineage SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 512 * 1024);
} records SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTS);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

static __always_inline void count(__u32 what)
{
	__u64 *n = bpf_map_lookup_elem(&counts, &what);

	if (n)
		++*n;
}

static __always_inline bool in_scope(void)
{
	return !scope_cgroup || bpf_get_current_ancestor_cgroup_id((int)scope_level) == scope_cgroup;
}

static __always_inline bool in_allowed_cgroup(void)
{
	for (int level = 1; level <= 6; level++) {
		__u64 id = bpf_get_current_ancestor_cgroup_id(level);

		if (!id)
			return false;
		if (bpf_map_lookup_elem(&allowed_cgroups, &id))
			return true;
	}
	return false;
}

static __always_inline bool honeypot_user(const struct cred *c)
{
	return BPF_CORE_READ(c, uid.val) - honeypot_uid < honeypot_uids ||
	       BPF_CORE_READ(c, euid.val) - honeypot_uid < honeypot_uids;
}

static __always_inline bool has_root(const struct cred *c)
{
	return BPF_CORE_READ(c, uid.val) == 0 || BPF_CORE_READ(c, euid.val) == 0;
}

static __always_inline struct guard_key key_of(struct inode *i)
{
	return (struct guard_key){ .ino = BPF_CORE_READ(i, i_ino), .dev = BPF_CORE_READ(i, i_sb, s_dev) };
}

static bool in_system_folder(struct file *f)
{
	struct dentry *d = BPF_CORE_READ(f, f_path.dentry);

	for (int i = 0; i < FOLDERS_DEEP; i++) {
		struct dentry *up = BPF_CORE_READ(d, d_parent);
		struct guard_key k;

		if (!up || up == d)
			return false;
		d = up;
		k = key_of(BPF_CORE_READ(d, d_inode));
		if (bpf_map_lookup_elem(&folders, &k))
			return true;
	}
	return false;
}

static __u32 file_bits(struct file *f)
{
	struct inode *i = BPF_CORE_READ(f, f_inode);
	struct guard_key k = key_of(i);
	__u32 *known = bpf_map_lookup_elem(&files, &k), bits = known ? *known : 0;
	unsigned short mode = BPF_CORE_READ(i, i_mode);

	if (BPF_CORE_READ(i, i_uid.val) != 0)
		return bits;
	if (mode & S_ISUID_)
		bits |= FILE_GIVES_ROOT;
	if (!(mode & OTHERS_WRITE) && in_system_folder(f))
		bits |= FILE_SYSTEM;
	return bits;
}

static __always_inline __u32 login_of(struct task_struct *t)
{
	return bpf_core_field_exists(t->loginuid) ? BPF_CORE_READ(t, loginuid.val) : (__u32)-1;
}

static __always_inline __u32 tty_of(struct task_struct *t)
{
	struct tty_struct *tty = BPF_CORE_READ(t, signal, tty);

	if (!tty)
		return 0;
	return (__u32)BPF_CORE_READ(tty, driver, major) << 20 |
	       (__u32)(BPF_CORE_READ(tty, driver, minor_start) + BPF_CORE_READ(tty, index));
}

static __always_inline __u32 add_ancestors(struct guard_record *r, struct task_struct *t)
{
	__u32 n = 0;

	for (int i = 0; i < GUARD_ANCESTORS; i++) {
		struct guard_ancestor *a = &r->ancestor[i];

		a->pid = (__u32)BPF_CORE_READ(t, tgid);
		if (!a->pid)
			break;
		a->euid = BPF_CORE_READ(t, cred, euid.val);
		a->start_ns = BPF_CORE_READ(t, start_boottime);
		BPF_CORE_READ_STR_INTO(&a->comm, t, comm);
		n++;
		t = BPF_CORE_READ(t, real_parent, group_leader);
	}
	return n;
}

/* The new program's arguments: only after the fact are they in its memory. */
static __always_inline __u32 add_args(struct guard_record *r, struct task_struct *t)
{
	unsigned long start = BPF_CORE_READ(t, mm, arg_start), end = BPF_CORE_READ(t, mm, arg_end);
	__u32 n = end - start > GUARD_ARGS ? GUARD_ARGS : (__u32)(end - start);

	if (n > GUARD_ARGS || n == 0 || bpf_probe_read_user(r->args, n, (void *)start) < 0)
		return 0;
	return n;
}

static void report(struct task_struct *t, const struct cred *c, struct linux_binprm *b, const struct guard_facts *f,
		   __u32 rule_stopped)
{
	struct guard_record *r = bpf_ringbuf_reserve(&records, sizeof(*r), 0);

	if (!r) {
		count(COUNT_LOST);
		return;
	}
	r->at_ns = bpf_ktime_get_boot_ns();
	r->cgroup = bpf_get_current_cgroup_id();
	r->rule = rule_stopped >> 1;
	r->stopped = rule_stopped & 1;
	r->origin = f->before;
	r->file = f->file;
	r->pid = (__u32)BPF_CORE_READ(t, tgid);
	r->uid = BPF_CORE_READ(c, uid.val);
	r->euid = BPF_CORE_READ(c, euid.val);
	r->login = login_of(t);
	r->tty = tty_of(t);
	r->path[0] = 0;
	r->n_args = 0;
	r->n_ancestors = add_ancestors(r, t);
	if (b) {
		const char *name = BPF_CORE_READ(b, filename);

		bpf_probe_read_kernel_str(r->path, sizeof(r->path), name);
		if (!by_lsm)
			r->n_args = add_args(r, t);
	}
	bpf_ringbuf_submit(r, 0);
}

/* judge() - of the execve() of @b by the current task with credentials @c: 1 it must not be */
static __always_inline int judge(struct task_struct *t, const struct cred *c, struct linux_binprm *b,
				 const struct guard_lineage *l)
{
	struct guard_facts f = { .before = l ? l->origin : ORIGIN_UNKNOWN, .honeypot = l && l->honeypot };
	__u32 rule, stop;

	f.root = has_root(c);
	if (!f.root && !f.honeypot)
		return 0;
	count(COUNT_JUDGED);
	f.file = file_bits(BPF_CORE_READ(b, file));
	f.login = login_of(t) != (__u32)-1;
	f.allowed = in_allowed_cgroup();
	rule = guard_judge(&f);
	if (rule == GUARD_NONE || !in_scope())
		return 0;
	count(COUNT_VIOLATIONS);
	stop = enforce_shells || rule == GUARD_HONEYPOT;
	report(t, c, b, &f, rule << 1 | stop);
	return (int)stop;
}

SEC("lsm/bprm_creds_from_file")
int BPF_PROG(guard_deny, struct linux_binprm *b, struct file *file, int ret)
{
	struct task_struct *t = bpf_get_current_task_btf();

	if (ret)
		return ret;
	return judge(t, BPF_CORE_READ(b, cred), b, bpf_task_storage_get(&lineage, t, 0, 0)) ? -EPERM : 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(guard_exec, struct task_struct *task, int old_pid, struct linux_binprm *b)
{
	struct task_struct *t = bpf_get_current_task_btf();
	struct guard_lineage *l = bpf_task_storage_get(&lineage, t, 0, 0);
	const struct cred *c = BPF_CORE_READ(t, cred);

	count(COUNT_EXECS);
	if (!by_lsm && judge(t, c, b, l))
		bpf_send_signal(SIGKILL_);
	if (!l)
		return 0;	/* older than the guard and not yet told about: user space will */
	l->origin = guard_origin_next(l->origin, file_bits(BPF_CORE_READ(b, file)), has_root(c));
	l->honeypot = l->honeypot || honeypot_user(c);
	return 0;
}

/* A honeypot's kernel makes a process for each of its own: often enough to notice a changed user. */
static __always_inline void judge_user(struct task_struct *parent, const struct guard_lineage *l)
{
	const struct cred *c = BPF_CORE_READ(parent, cred);
	struct guard_facts f = { .before = l->origin };

	if (!l->honeypot || honeypot_user(c) || !in_scope())
		return;
	count(COUNT_VIOLATIONS);
	report(parent, c, NULL, &f, GUARD_UID << 1 | 1);
	bpf_send_signal(SIGKILL_);
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(guard_fork, struct task_struct *parent, struct task_struct *child)
{
	struct guard_lineage *p = bpf_task_storage_get(&lineage, parent, 0, 0), first = { 0 };

	if (!p)		/* a thread older than the guard: user space tells of whole processes only */
		p = bpf_task_storage_get(&lineage, parent->group_leader, 0, 0);
	if (p) {
		const struct cred *c = BPF_CORE_READ(parent, cred);

		if (p->origin == ORIGIN_USER && has_root(c))
			p->origin = ORIGIN_TAKEN;	/* an exploit of the kernel: no program gave it these */
		first = *p;
		first.honeypot = p->honeypot || honeypot_user(c);
		judge_user(parent, &first);
	} else if (BPF_CORE_READ(parent, flags) & PF_KTHREAD_)
		first.origin = ORIGIN_DAEMON;	/* the kernel's own helpers need no shell either */
	else
		return 0;
	bpf_task_storage_get(&lineage, child, &first, BPF_LOCAL_STORAGE_GET_F_CREATE);
	return 0;
}
