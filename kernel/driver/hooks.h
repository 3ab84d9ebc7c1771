/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel keeps for us with each task, socket and inode, and the hooks of each file. */
#ifndef PV_HOOKS_H
#define PV_HOOKS_H

#include <linux/types.h>

struct dentry;
struct file;
struct iattr;
struct inode;
struct linux_binprm;
struct msghdr;
struct sock;
struct sockaddr;
struct socket;
struct task_struct;
enum kernel_load_data_id;
enum kernel_read_file_id;

struct pv_task {
	u64 entity;	/* one a process: its threads share it */
	u64 parent;
	u64 conn;	/* the accepted connection whose work it does; 0 nobody's */
	bool served;	/* it got conn by accepting or serving it, not from its parent */
};

#define PV_DESTINATIONS 8

struct pv_sock {
	u64 conn;	/* who made it, or, of an accepted one, whose it is */
	bool serves;	/* it was accepted: who reads from it works for conn */
	bool local;	/* it was accepted from this machine: conn is its maker's */
	bool told;	/* that someone works for its maker */
	u8 next;	/* in sent_to */
	u32 sent_to[PV_DESTINATIONS];	/* hashes, 0 empty; told already (send.c) */
	struct pv_accepted *accepted;	/* the words for its end (socket.c) */
};

/* A session's bytes in a file (mark.c). */
struct pv_mark {
	u64 conn;	/* the last that wrote; 0 nobody */
	u32 from;	/* none of them lies before; U32_MAX: there or behind */
};

struct pv_inode {
	struct pv_mark mark;
	bool known;	/* mark is right, and not only not looked up */
};

struct pv_task *pv_task(const struct task_struct *t);
struct pv_sock *pv_sock(const struct sock *sk);		/* NULL if that socket has no room for it */
struct pv_inode *pv_inode(const struct inode *inode);	/* NULL likewise */

/* process.c */
int pv_task_alloc(struct task_struct *t, unsigned long clone_flags);
int pv_exec_check(struct linux_binprm *bprm);
void pv_exec_done(struct linux_binprm *bprm);
void pv_process_exit(void);	/* called by do_exit() (edits/exit-record.patch) */

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

/* mark.c */
int pv_mark_setattr(struct dentry *dentry, struct iattr *attr);
void pv_mark_free(struct inode *inode);

/* lineage.c */
int pv_lineage_access(struct file *file, int mask);
int pv_lineage_map(struct file *file, unsigned long reqprot, unsigned long prot, unsigned long flags);

/* machine.c */
void pv_machine_boot(void);
int pv_module_load(char *buf, loff_t size, enum kernel_load_data_id id, char *what);
int pv_module_read(struct file *file, char *buf, loff_t size, enum kernel_read_file_id id);

#endif
