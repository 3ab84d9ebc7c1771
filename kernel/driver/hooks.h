/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel keeps for us with each task and socket, and the hooks of each file. */
#ifndef PV_HOOKS_H
#define PV_HOOKS_H

#include <linux/capability.h>
#include <linux/sched.h>
#include <linux/types.h>

#define PV_CLONE_NEW (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
		      CLONE_NEWPID | CLONE_NEWNET)

struct cred;
struct dentry;
struct file;
struct linux_binprm;
struct msghdr;
struct path;
struct sock;
struct sockaddr;
struct socket;
struct task_struct;
enum kernel_load_data_id;
enum kernel_read_file_id;

struct pv_task {
	u64 entity;	/* one a process: its threads share it */
	u64 parent;
	u64 conn;	/* the accepted connection it descends from */
	u64 looked_into;	/* peers.c: the last process it did, and whether it was refused */
	char *script;	/* process.c: the file an execve asked for, until the next one; owned, may be NULL */
	bool setid;	/* creds.c: its last execve gave it rights */
};

struct pv_task *pv_task(const struct task_struct *t);
struct pv_accepted **pv_sock(const struct sock *sk);	/* NULL if that socket has no room for it */

/* process.c */
int pv_task_alloc(struct task_struct *t, unsigned long clone_flags);
void pv_task_free(struct task_struct *t);
void pv_process_fork(struct task_struct *t, u64 clone_flags);	/* edits/fork-record.patch */
int pv_exec_check(struct linux_binprm *bprm);
void pv_exec_done(struct linux_binprm *bprm);
void pv_exec_failed(int fd, const char __user *path, const char __user *const __user *argv, u32 error);
void pv_process_exit(void);					/* edits/exit-record.patch */

/* creds.c */
int pv_creds_uid(struct cred *new, const struct cred *old, int flags);
int pv_creds_gid(struct cred *new, const struct cred *old, int flags);
int pv_creds_caps(struct cred *new, const struct cred *old, const kernel_cap_t *effective,
		  const kernel_cap_t *inheritable, const kernel_cap_t *permitted);
void pv_creds_exec(struct linux_binprm *bprm);

/* peers.c; the first and the last are called by edits/refusals.patch */
void pv_ptrace_access(struct task_struct *t, unsigned int mode, int error);
int pv_ptrace_traceme(struct task_struct *parent);
void pv_signal(int sig, struct task_struct *t, int error);

/* calls.c */
void pv_namespace(struct task_struct *t, u32 op, u32 flags, u32 error);

/* attempt.c; the last is called by edits/refusals.patch */
void pv_attempt(u32 op, const char *what, u32 error);
int pv_module_request(char *name);
int pv_memory_open(struct file *file);
int pv_memory_mknod(const struct path *dir, struct dentry *dentry, umode_t mode, unsigned int dev);
void pv_open_failed(int folder, const char *name, long error);

/* socket.c */
void pv_sock_graft(struct sock *sk, struct socket *parent);
void pv_sock_free(struct sock *sk);
int pv_socket_connect(struct socket *sock, struct sockaddr *to, int len);
int pv_socket_sendmsg(struct socket *sock, struct msghdr *msg, int size);
int pv_socket_listen(struct socket *sock, int backlog);

/* machine.c */
void pv_machine_boot(void);
void pv_init_asked(void);
int pv_unix_connect(struct sock *sk, struct sock *other, struct sock *newsk);
int pv_module_load(char *buf, loff_t size, enum kernel_load_data_id id, char *what);
int pv_module_read(struct file *file, char *buf, loff_t size, enum kernel_read_file_id id);

#endif
