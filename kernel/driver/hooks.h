/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel keeps for us with each task and socket, and the hooks of each file. */
#ifndef PV_HOOKS_H
#define PV_HOOKS_H

#include <linux/types.h>

struct file;
struct iov_iter;
struct linux_binprm;
struct msghdr;
struct pv_accepted;
struct sock;
struct sockaddr;
struct skep_flow;
struct socket;
struct task_struct;
enum kernel_load_data_id;
enum kernel_read_file_id;

struct pv_task {
	u64 entity;	/* one a process: its threads share it */
	u64 parent;
	u64 conn;	/* the accepted connection it descends from */
	u32 flags;
};

/* Of a task; inherited. */
#define PV_SERVER 1u	/* it accepts, or was begotten by one that did, and has run no other program since */
#define PV_SSHD   2u	/* runs sshd */
#define PV_SETID  4u	/* runs a program with the set-user-id bit */

struct pv_sock {
	struct pv_accepted *accepted;
	struct pv_stream *stream;
	struct pv_talk *talk;
};

struct pv_task *pv_task(const struct task_struct *t);
struct pv_sock *pv_sock(const struct sock *sk);		/* NULL if that socket has no room for it */

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
u64 pv_accepted_conn(const struct pv_accepted *a);	/* its number */
bool pv_flow_of_sock(struct skep_flow *f, const struct sock *sk);	/* false: no TCP connection */

/* stream.c, pipe.c, stream_socket.c */
void pv_stream_exec(struct linux_binprm *bprm);
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
int pv_module_load(char *buf, loff_t size, enum kernel_load_data_id id, char *what);
int pv_module_read(struct file *file, char *buf, loff_t size, enum kernel_read_file_id id);

#endif
