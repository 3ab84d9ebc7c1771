/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel keeps for us with each task, socket and inode, and the hooks of each file. */
#ifndef PV_HOOKS_H
#define PV_HOOKS_H

#include <linux/capability.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <linux/uidgid.h>
#include "version.h"

#define PV_CLONE_NEW (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
		      CLONE_NEWPID | CLONE_NEWNET)

struct cred;
struct dentry;
struct file;
struct iattr;
struct inode;
struct iov_iter;
struct linux_binprm;
struct msghdr;
struct path;
struct pv_deed;
struct pv_written;
struct sk_buff;
struct sock;
struct sockaddr;
struct socket;
struct super_block;
struct task_struct;
struct vfsmount;
enum kernel_load_data_id;
enum kernel_read_file_id;

struct pv_task {
	u64 entity;	/* one a process: its threads share it */
	u64 parent;
	u64 conn;	/* the accepted connection whose work it does; 0 nobody's */
	bool served;	/* it got conn by accepting or serving it, not from its parent */
	bool setid;	/* creds.c: its last execve gave it rights */
	u64 looked_into;	/* peers.c: the last process it did, and whether it was refused */
	char *script;	/* process.c: the file an execve asked for, until the next one; owned, may be NULL */
	u32 flags;	/* inherited */
	struct pv_deed *deeds;	/* of the call it is in */
};

#define PV_SERVER 1u	/* it serves, or was begotten by one that did, and has run no other program since */
#define PV_SSHD   2u	/* runs sshd */

#define PV_DESTINATIONS 8

struct pv_sock {
	u64 conn;	/* who connected it or sent by it last, or, of an accepted one, whose it is */
	bool serves;	/* it was accepted: who reads from it works for conn */
	bool local;	/* it was accepted from this machine: conn is its maker's */
	bool told;	/* that someone works for its maker */
	u8 next;	/* in sent_to */
	u32 sent_to[PV_DESTINATIONS];	/* hashes, 0 empty; told already (send.c) */
	struct pv_accepted *accepted;	/* the words for its end (socket.c) */
	struct pv_stream *stream;
	struct pv_talk *talk;
};

/* A session's bytes in a file (mark.c). */
struct pv_mark {
	u64 conn;	/* the last that wrote; 0 nobody */
	u32 from;	/* none of them lies before; U32_MAX: there or behind */
};

struct pv_inode {
	struct pv_mark mark;
	bool known;	/* mark is right, and not only not looked up */
	struct pv_written *written;	/* NULL: nothing is (files.h) */
};

struct pv_task *pv_task(const struct task_struct *t);
struct pv_sock *pv_sock(const struct sock *sk);		/* NULL if that socket has no room for it */
struct pv_inode *pv_inode(const struct inode *inode);	/* NULL likewise */

/* process.c */
int pv_task_alloc(struct task_struct *t, unsigned long clone_flags);
void pv_task_free(struct task_struct *t);
void pv_process_fork(struct task_struct *t, u64 clone_flags);	/* edits/fork-record.patch */
int pv_exec_check(struct linux_binprm *bprm);
void pv_exec_done(PV_COMMITTED struct linux_binprm *bprm);
void pv_exec_failed(int fd, const char __user *path, const char __user *const __user *argv, u32 error);
void pv_process_exit(void);					/* edits/exit-record.patch */

/* creds.c */
int pv_creds_uid(struct cred *new, const struct cred *old, int flags);
int pv_creds_gid(struct cred *new, const struct cred *old, int flags);
int pv_creds_caps(struct cred *new, const struct cred *old, const kernel_cap_t *effective,
		  const kernel_cap_t *inheritable, const kernel_cap_t *permitted);
void pv_creds_exec(PV_COMMITTED struct linux_binprm *bprm);

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
int pv_socket_made(struct socket *sock, int family, int type, int protocol, int kern);
int pv_socket_bind(struct socket *sock, struct sockaddr *at, int len);
int pv_socket_connect(struct socket *sock, struct sockaddr *to, int len);
int pv_socket_listen(struct socket *sock, int backlog);
int pv_socket_recvmsg(struct socket *sock, struct msghdr *msg, int size, int flags);
int pv_socket_meet(struct sock *from, struct sock *listener, struct sock *far_end);

/* send.c */
int pv_socket_sendmsg(struct socket *sock, struct msghdr *msg, int size);

/* tag.c */
u16 pv_tag(const struct sk_buff *skb);	/* SKEP_TAG(); called by tagged_form_header() (edits/frame-tags.patch) */

/* mark.c */
int pv_mark_setattr(PV_IDMAP struct dentry *dentry, struct iattr *attr);
void pv_mark_free(struct inode *inode);

/* lineage.c */
int pv_lineage_access(struct file *file, int mask);
int pv_lineage_map(struct file *file, unsigned long reqprot, unsigned long prot, unsigned long flags);

/* stream.c, pipe.c, stream_socket.c */
void pv_stream_exec(PV_COMMITTED struct linux_binprm *bprm);
void pv_pipe_role(struct file *f, u32 role);
void pv_socket_role(struct file *f, bool first);
int pv_unix_connect(struct sock *sk, struct sock *other, struct sock *newsk);

/* login.c */
int pv_login_audit(struct socket *sock, struct msghdr *msg, int size);
void pv_login_typed(const void *bytes, u32 len);		/* by who was asked without echo */
void pv_login_read(const struct iov_iter *to, u32 len);		/* just read, from no terminal */
void pv_login_end(void);					/* the process ends, or runs another program */

/* machine.c */
void pv_machine_boot(void);
void pv_init_asked(void);	/* by current, for anything */
int pv_module_load(char *buf, loff_t size, enum kernel_load_data_id id, char *what);
int pv_module_read(struct file *file, char *buf, loff_t size, enum kernel_read_file_id id);

/* deed.c */
void pv_deed_free(struct task_struct *t);
void pv_call_done(unsigned long nr, long answer);	/* called by handle_syscall() (edits/files.patch) */

/* file.c */
int pv_file_open(struct file *f);
int pv_path_mknod(const struct path *dir, struct dentry *dentry, umode_t mode, unsigned int dev);
int pv_path_mkdir(const struct path *dir, struct dentry *dentry, umode_t mode);
int pv_path_rmdir(const struct path *dir, struct dentry *dentry);
int pv_path_unlink(const struct path *dir, struct dentry *dentry);
int pv_path_symlink(const struct path *dir, struct dentry *dentry, const char *to);
int pv_path_link(struct dentry *old, const struct path *dir, struct dentry *dentry);
int pv_path_rename(const struct path *old_dir, struct dentry *old, const struct path *dir,
		   struct dentry *dentry, unsigned int flags);
int pv_path_chmod(const struct path *path, umode_t mode);
int pv_path_chown(const struct path *path, kuid_t uid, kgid_t gid);
int pv_path_truncate(const struct path *path);
void pv_path_times(const struct path *path);	/* called by vfs_utimes() (edits/files.patch) */
int pv_inode_setattr(PV_IDMAP struct dentry *dentry, struct iattr *to);

/* content.c */
void pv_content_changed(struct inode *i, bool at_end);
int pv_file_permission(struct file *f, int mask);
int pv_mmap_file(struct file *f, unsigned long asked, unsigned long prot, unsigned long flags);
int pv_content_exec(struct linux_binprm *bprm);
void pv_file_close(struct file *f);		/* called by __fput() (edits/files.patch) */
void pv_inode_free(struct inode *i);

/* mount.c */
int pv_sb_mount(const char *from, const struct path *path, const char *type, unsigned long flags, void *data);
int pv_move_mount(const struct path *from, const struct path *to);
int pv_sb_umount(struct vfsmount *mnt, int flags);
int pv_sb_pivotroot(const struct path *put_old, const struct path *root);
int pv_path_chroot(const struct path *path);

/* token.c */
void pv_tokens_find(void);		/* before init runs, once its files are there */
void pv_token_open(struct file *f);	/* by a visitor */

/* probe.c */
void pv_probe_open(struct file *f);
void pv_probe_missing(unsigned long nr);	/* call @nr of this process said ENOENT */

#endif
