// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine as a whole: it starts, it stops, someone wants to change its kernel.
 *
 * A module owns the process this kernel is, so none is ever loaded. Its bytes go to the host, then
 * the caller meets what a server with Secure Boot says: EPERM, and the lockdown's line in dmesg.
 *
 * Who stops a machine is mostly init, long after somebody asked it to. So the last of a visit's
 * processes that asked init for anything, by its socket (that of the message bus is init's too) or by a
 * signal, is remembered: if init stops the machine soon after, it is that visit's doing, as far as
 * can be known.
 */
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/kernel_read_file.h>
#include <linux/limits.h>
#include <linux/notifier.h>
#include <linux/panic_notifier.h>
#include <linux/pm.h>
#include <linux/reboot.h>
#include <linux/sched.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/time64.h>
#include "channel.h"
#include "hooks.h"
#include "host.h"
#include "note.h"

enum { HALT_POWER_OFF, HALT_RESTART, HALT_HALT, HALT_PANIC };

void pv_machine_boot(void)
{
	struct pv_note n;

	pv_note_begin(&n, SKEP_BOOT, current);
	pv_channel_put(&n);
}

#define ASKED_LATELY_NS (300 * NSEC_PER_SEC)	/* services may take their time to stop */

static struct {
	struct skep_peer by;
	u64 conn, at_ns;
} asked;

void pv_init_asked(void)
{
	if (!pv_task(current)->conn)
		return;
	pv_peer_of(&asked.by, current);
	asked.conn = pv_task(current)->conn;
	asked.at_ns = pv_host_monotonic_ns();
}

/* @why may be NULL. */
static void tell_halt(u32 code, const char *why)
{
	bool by_init = is_global_init(current) && !pv_task(current)->conn;
	struct pv_note n;

	pv_note_begin(&n, SKEP_HALT, current);
	n.atomic = code == HALT_PANIC;
	pv_note_add(&n, SKEP_T_CODE, &code, sizeof(code));
	if (why)
		pv_note_add_text(&n, SKEP_T_PATH, why);
	if (by_init && asked.conn && pv_host_monotonic_ns() - asked.at_ns < ASKED_LATELY_NS) {
		n.rec.conn = asked.conn;
		pv_note_add(&n, SKEP_T_PEER, &asked.by, sizeof(asked.by));
	}
	pv_channel_put(&n);
}

static int on_reboot(struct notifier_block *self, unsigned long how, void *unused)
{
	tell_halt(how == SYS_POWER_OFF ? HALT_POWER_OFF :
		  how == SYS_HALT ? HALT_HALT : HALT_RESTART, NULL);
	return NOTIFY_DONE;
}

static int on_panic(struct notifier_block *self, unsigned long unused, void *message)
{
	tell_halt(HALT_PANIC, message);
	return NOTIFY_DONE;
}

static struct notifier_block reboot_notifier = { .notifier_call = on_reboot, .priority = INT_MAX };
/* UML's own, at INT_MAX - 1, does not return. */
static struct notifier_block panic_notifier = { .notifier_call = on_panic, .priority = INT_MAX };

static int __init machine_init(void)
{
	if (!pv_channel_open())
		return 0;
	pm_power_off = machine_power_off;	/* never called, but without it a poweroff is a halt */
	atomic_notifier_chain_register(&panic_notifier_list, &panic_notifier);
	return register_reboot_notifier(&reboot_notifier);
}
core_initcall(machine_init);

static int take_module(struct file *file, const char *buf, u64 size)
{
	char *name = file ? kmalloc(PATH_MAX, GFP_KERNEL) : NULL;
	u64 at = 0, object = 0;

	do {
		u32 len = min_t(u64, SKEP_CHUNK, size - at);
		struct pv_note n;

		pv_note_begin(&n, SKEP_MODULE, current);
		n.rec.flags |= SKEP_F_REFUSED | (at + len == size ? SKEP_F_LAST : 0);
		if (name)
			pv_note_add_path(&n, SKEP_T_FILE, &file->f_path, name);
		pv_note_add(&n, SKEP_T_SIZE, &size, sizeof(size));
		pv_note_add(&n, SKEP_T_OFFSET, &at, sizeof(at));
		if (object)
			pv_note_add(&n, SKEP_T_OBJECT, &object, sizeof(object));
		pv_note_add(&n, SKEP_T_BYTES, buf + at, len);
		pv_channel_put(&n);
		object = object ? object : n.rec.seq;
		at += len;
	} while (at < size);
	kfree(name);
	security_locked_down(LOCKDOWN_MODULE_SIGNATURE);	/* for its words only */
	return -EPERM;
}

int pv_module_load(char *buf, loff_t size, enum kernel_load_data_id id, char *what)
{
	return id == LOADING_MODULE ? take_module(NULL, buf, size) : 0;
}

int pv_module_read(struct file *file, char *buf, loff_t size, enum kernel_read_file_id id)
{
	return id == READING_MODULE ? take_module(file, buf, size) : 0;
}
