/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel keeps for us with each task and socket, and the hooks of each file. */
#ifndef PV_HOOKS_H
#define PV_HOOKS_H

#include <linux/types.h>

struct file;
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
	u64 conn;	/* the accepted connection it descends from */
};

struct pv_task *pv_task(const struct task_struct *t);
struct pv_accepted **pv_sock(const struct sock *sk);	/* NULL if that socket has no room for it */

/* process.c */
int pv_task_alloc(struct task_struct *t, unsigned long clone_flags);
int pv_exec_check(struct linux_binprm *bprm);
void pv_exec_done(struct linux_binprm *bprm);
void pv_process_exit(void);	/* called by do_exit() (edits/exit-record.patch) */

/* socket.c */
void pv_sock_graft(struct sock *sk, struct socket *parent);
void pv_sock_free(struct sock *sk);
int pv_socket_connect(struct socket *sock, struct sockaddr *to, int len);
int pv_socket_sendmsg(struct socket *sock, struct msghdr *msg, int size);
int pv_socket_listen(struct socket *sock, int backlog);

/* machine.c */
void pv_machine_boot(void);
int pv_module_load(char *buf, loff_t size, enum kernel_load_data_id id, char *what);
int pv_module_read(struct file *file, char *buf, loff_t size, enum kernel_read_file_id id);

#endif
