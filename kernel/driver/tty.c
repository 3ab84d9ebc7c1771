// SPDX-License-Identifier: GPL-2.0-only
/*
 * Terminals: what is typed and what is shown.
 *
 * The line discipline everyone uses is replaced by itself with a few functions wrapped; its number
 * and name stay. Of a pty, the slave's receive is the typing and the master's receive is what the
 * other end shows, echo included. A console has no master: there the write is the showing, and
 * only that of a session counts, or the whole boot would be one.
 *
 * Receiving is a kworker's doing. The record's process is the leader of the terminal's session, or
 * whoever of that session is left.
 *
 * A size that nobody has been told of is told before the next bytes: sshd sets it before there is a
 * session, and a replay asks for nothing more.
 *
 * Who turns the echo off and then reads a line has asked for a secret (login.c). Where it is off for all, as for a
 * visitor whose telnet client shows what is typed, it is who says so once more, until it puts back what was there. A
 * terminal's server sets its modes, too, at any time, so there may be several.
 */
#include <linux/init.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>
#include <linux/tty_ldisc.h>
#include "channel.h"
#include "hooks.h"
#include "note.h"

#define SILENCERS 4
#define SLOTS 256	/* terminals remembered; two that share one are told of their sizes too often */

struct slot {
	const struct tty_struct *tty;
	u16 rows, columns;	/* as told; 0 not yet */
	struct silencer {
		u64 entity;	/* of who turned the echo off; 0: nobody */
		bool again;	/* it was off before */
	} silencer[SILENCERS];	/* in a ring: the next one takes the oldest's place */
	u32 silencers;		/* so many there have been */
};

static struct tty_ldisc_ops plain, wrapped;
static struct slot slots[SLOTS];

static bool is_pty_master(const struct tty_struct *tty)
{
	return tty->driver->type == TTY_DRIVER_TYPE_PTY && tty->driver->subtype == PTY_TYPE_MASTER;
}

static struct slot *slot_of(const struct tty_struct *tty)
{
	bool pty = tty->driver->type == TTY_DRIVER_TYPE_PTY;
	struct slot *s = &slots[(tty->index + (pty ? 0 : SLOTS / 2)) % SLOTS];

	if (s->tty != tty)
		*s = (struct slot){ .tty = tty };
	return s;
}

static u16 mode_of(struct tty_struct *tty)
{
	return (L_ECHO(tty) ? SKEP_F_ECHO : 0) | (L_ICANON(tty) ? SKEP_F_CANON : 0);
}

/* False if the terminal belongs to no session. */
static bool note_session(struct pv_note *n, u16 kind, struct tty_struct *tty)
{
	struct task_struct *t = NULL;
	unsigned long flags;

	rcu_read_lock();
	spin_lock_irqsave(&tty->ctrl.lock, flags);
	if (tty->ctrl.session) {
		t = pid_task(tty->ctrl.session, PIDTYPE_TGID);
		if (!t)
			t = pid_task(tty->ctrl.session, PIDTYPE_SID);
	}
	spin_unlock_irqrestore(&tty->ctrl.lock, flags);
	if (t)
		pv_note_begin(n, kind, t);
	rcu_read_unlock();
	if (t)
		pv_tty_name(tty, n->rec.tty);
	return t;
}

static void tell_size(struct tty_struct *tty)
{
	struct slot *s = slot_of(tty);
	u32 size[2] = { tty->winsize.ws_row, tty->winsize.ws_col };
	struct pv_note n;

	if ((s->rows == size[0] && s->columns == size[1]) || !note_session(&n, SKEP_WINDOW, tty))
		return;
	s->rows = size[0];
	s->columns = size[1];
	pv_note_add(&n, SKEP_T_WINDOW, size, sizeof(size));
	pv_channel_put(&n);
}

static void tell(u16 kind, struct tty_struct *tty, u16 mode, const unsigned char *bytes, int count)
{
	struct pv_note n;

	tell_size(tty);
	while (count > 0 && note_session(&n, kind, tty)) {
		int len = min_t(int, count, SKEP_TTY_MAX);

		n.rec.flags |= mode;
		pv_note_add(&n, SKEP_T_BYTES, bytes, len);
		pv_channel_put(&n);
		bytes += len;
		count -= len;
	}
}

/* The mode is that of the moment before: the reader of a password resets it at once. */
static void tell_received(struct tty_struct *tty, u16 mode, const unsigned char *bytes, int count)
{
	if (!is_pty_master(tty))
		tell(SKEP_TTY_IN, tty, mode, bytes, count);
	else if (tty->link)
		tell(SKEP_TTY_OUT, tty->link, mode_of(tty->link), bytes, count);
}

static pv_tty_count receive_buf2(struct tty_struct *tty, const unsigned char *bytes, const pv_tty_flag *flags,
				 pv_tty_count count)
{
	u16 mode = mode_of(tty);
	pv_tty_count taken = plain.receive_buf2(tty, bytes, flags, count);

	tell_received(tty, mode, bytes, taken);
	return taken;
}

static void receive_buf(struct tty_struct *tty, const unsigned char *bytes, const pv_tty_flag *flags,
			pv_tty_count count)
{
	u16 mode = mode_of(tty);

	plain.receive_buf(tty, bytes, flags, count);
	tell_received(tty, mode, bytes, count);
}

static ssize_t write(struct tty_struct *tty, struct file *file, const unsigned char *bytes,
		     size_t count)
{
	ssize_t taken = plain.write(tty, file, bytes, count);

	if (tty->driver->type != TTY_DRIVER_TYPE_PTY)
		tell(SKEP_TTY_OUT, tty, mode_of(tty), bytes, taken);
	return taken;
}

/* A terminal begins: another one may have had its place in memory. */
static int open(struct tty_struct *tty)
{
	if (!is_pty_master(tty))
		*slot_of(tty) = (struct slot){ .tty = tty };
	return plain.open(tty);
}

static struct silencer *find_silencer(struct slot *s)
{
	u64 who = pv_task(current)->entity;

	for (u32 i = 0; i < SILENCERS; i++)
		if (s->silencer[i].entity == who)
			return &s->silencer[i];
	return NULL;
}

/* @again: it was off before this call, too */
static void silence(struct slot *s, bool again)
{
	struct silencer *own = find_silencer(s);

	if (!own)
		s->silencer[s->silencers++ % SILENCERS] = (struct silencer){ pv_task(current)->entity, again };
	else if (own->again)
		own->entity = 0;
}

static void set_termios(struct tty_struct *tty, const struct ktermios *before)
{
	struct slot *s = is_pty_master(tty) ? NULL : slot_of(tty);

	if (s && L_ECHO(tty))
		memset(s->silencer, 0, sizeof(s->silencer));
	else if (s)
		silence(s, before && !(before->c_lflag & ECHO));
	plain.set_termios(tty, before);
}

static ssize_t read(struct tty_struct *tty, struct file *file, unsigned char *bytes, size_t max, void **cookie,
		    unsigned long offset)
{
	ssize_t n = plain.read(tty, file, bytes, max, cookie, offset);

	if (n > 0 && !is_pty_master(tty) && !L_ECHO(tty) && L_ICANON(tty) &&
	    find_silencer(slot_of(tty)))
		pv_login_typed(bytes, n);
	return n;
}

static int __init wrap_init(void)
{
	if (!pv_channel_open())
		return 0;
	n_tty_inherit_ops(&plain);
	wrapped = plain;
	wrapped.receive_buf2 = receive_buf2;
	wrapped.receive_buf = receive_buf;
	wrapped.write = write;
	wrapped.open = open;
	wrapped.read = read;
	wrapped.set_termios = set_termios;
	return tty_register_ldisc(&wrapped);	/* its num is N_TTY: takes that place */
}
fs_initcall(wrap_init);
