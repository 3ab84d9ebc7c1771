// SPDX-License-Identifier: GPL-2.0-only
/*
 * A security module without a name: it registers as "capability", which the list of modules
 * already ends in at that point, and lsm_append() skips a repeat. LSM_ORDER_FIRST makes it
 * independent of CONFIG_LSM and of lsm= on the command line.
 */
#include <linux/fs.h>
#include <linux/lsm_hooks.h>
#include <linux/sched.h>
#include <net/sock.h>
#include "channel.h"
#include "disguise.h"
#include "hooks.h"
#include "host.h"

static struct lsm_blob_sizes blobs = {
	.lbs_task = sizeof(struct pv_task),
	.lbs_sock = sizeof(struct pv_sock),
	.lbs_inode = sizeof(struct pv_inode),
};

struct pv_task *pv_task(const struct task_struct *t)
{
	return t->security + blobs.lbs_task;
}

struct pv_sock *pv_sock(const struct sock *sk)
{
	return sk->sk_security ? sk->sk_security + blobs.lbs_sock : NULL;
}

struct pv_inode *pv_inode(const struct inode *inode)
{
	return inode->i_security ? inode->i_security + blobs.lbs_inode : NULL;
}

static struct security_hook_list hooks[] __ro_after_init = {
	LSM_HOOK_INIT(task_alloc, pv_task_alloc),
	LSM_HOOK_INIT(task_free, pv_task_free),
	LSM_HOOK_INIT(bprm_check_security, pv_exec_check),
	LSM_HOOK_INIT(bprm_committing_creds, pv_creds_exec),
	LSM_HOOK_INIT(bprm_committed_creds, pv_exec_done),
	LSM_HOOK_INIT(bprm_committed_creds, pv_stream_exec),
	LSM_HOOK_INIT(task_fix_setuid, pv_creds_uid),
	LSM_HOOK_INIT(task_fix_setgid, pv_creds_gid),
	LSM_HOOK_INIT(capset, pv_creds_caps),
	LSM_HOOK_INIT(ptrace_traceme, pv_ptrace_traceme),
	LSM_HOOK_INIT(file_permission, pv_lineage_access),
	LSM_HOOK_INIT(mmap_file, pv_lineage_map),
	LSM_HOOK_INIT(inode_setattr, pv_mark_setattr),
	LSM_HOOK_INIT(inode_free_security, pv_mark_free),
	LSM_HOOK_INIT(sock_graft, pv_sock_graft),
	LSM_HOOK_INIT(sk_free_security, pv_sock_free),
	LSM_HOOK_INIT(socket_post_create, pv_socket_made),
	LSM_HOOK_INIT(socket_bind, pv_socket_bind),
	LSM_HOOK_INIT(socket_connect, pv_socket_connect),
	LSM_HOOK_INIT(socket_sendmsg, pv_socket_sendmsg),
	LSM_HOOK_INIT(socket_sendmsg, pv_login_audit),
	LSM_HOOK_INIT(socket_recvmsg, pv_socket_recvmsg),
	LSM_HOOK_INIT(socket_listen, pv_socket_listen),
	LSM_HOOK_INIT(kernel_module_request, pv_module_request),
	LSM_HOOK_INIT(file_open, pv_memory_open),
	LSM_HOOK_INIT(path_mknod, pv_memory_mknod),
	LSM_HOOK_INIT(unix_stream_connect, pv_socket_meet),
	LSM_HOOK_INIT(unix_stream_connect, pv_unix_connect),
	LSM_HOOK_INIT(kernel_post_load_data, pv_module_load),
	LSM_HOOK_INIT(kernel_post_read_file, pv_module_read),
	LSM_HOOK_INIT(task_free, pv_deed_free),
	LSM_HOOK_INIT(inode_free_security, pv_inode_free),
	LSM_HOOK_INIT(inode_setattr, pv_inode_setattr),
	LSM_HOOK_INIT(file_open, pv_file_open),
	LSM_HOOK_INIT(file_permission, pv_file_permission),
	LSM_HOOK_INIT(mmap_file, pv_mmap_file),
	LSM_HOOK_INIT(bprm_check_security, pv_content_exec),
	LSM_HOOK_INIT(path_mknod, pv_path_mknod),
	LSM_HOOK_INIT(path_mkdir, pv_path_mkdir),
	LSM_HOOK_INIT(path_rmdir, pv_path_rmdir),
	LSM_HOOK_INIT(path_unlink, pv_path_unlink),
	LSM_HOOK_INIT(path_symlink, pv_path_symlink),
	LSM_HOOK_INIT(path_link, pv_path_link),
	LSM_HOOK_INIT(path_rename, pv_path_rename),
	LSM_HOOK_INIT(path_chmod, pv_path_chmod),
	LSM_HOOK_INIT(path_chown, pv_path_chown),
	LSM_HOOK_INIT(path_truncate, pv_path_truncate),
	LSM_HOOK_INIT(path_chroot, pv_path_chroot),
	LSM_HOOK_INIT(sb_mount, pv_sb_mount),
	LSM_HOOK_INIT(move_mount, pv_move_mount),
	LSM_HOOK_INIT(sb_umount, pv_sb_umount),
	LSM_HOOK_INIT(sb_pivotroot, pv_sb_pivotroot),
};

static int __init hooks_init(void)
{
	if (!pv_channel_open())
		return 0;
	pv_host_keep_stack();
	pv_task(current)->entity = pv_next_entity();
	security_add_hooks(hooks, ARRAY_SIZE(hooks), PV_CAPABILITY);
	pv_disguise_names();
	pv_machine_boot();
	return 0;
}

DEFINE_LSM(capability2) = {
	.name = "capability",
	.order = LSM_ORDER_FIRST,
	.init = hooks_init,
	.blobs = &blobs,
};
