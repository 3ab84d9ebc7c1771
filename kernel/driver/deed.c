// SPDX-License-Identifier: GPL-2.0-only
/*
 * A call may do two things at once (open and cut short), so a task has a short list. It is told at the
 * call's end (edits/files.patch), a mount also when it failed; deeds of a call that never ends go with
 * their task.
 */
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "channel.h"
#include "deed.h"
#include "hooks.h"
#include "note.h"

struct pv_deed *pv_deed_new(u16 kind, u32 op)
{
	struct pv_task *t = pv_task(current);
	struct pv_deed *d = t->conn ? kzalloc(sizeof(*d), GFP_KERNEL) : NULL, **last = &t->deeds;

	if (!d)
		return NULL;
	d->kind = kind;
	d->op = op;
	while (*last)
		last = &(*last)->next;
	*last = d;
	return d;
}

struct pv_deed *pv_deed_pending(u32 op)
{
	struct pv_deed *d = pv_task(current)->deeds;

	while (d && (d->kind != SKEP_FILE || d->op != op))
		d = d->next;
	return d;
}

static struct pv_deed *free_deed(struct pv_deed *d)
{
	struct pv_deed *next = d->next;

	while (d->n_texts)
		kfree(d->text[--d->n_texts].text);
	kfree(d);
	return next;
}

void pv_deed_drop(u32 op)
{
	struct pv_deed **at = &pv_task(current)->deeds;

	while (*at) {
		if ((*at)->kind == SKEP_FILE && (*at)->op == op)
			*at = free_deed(*at);
		else
			at = &(*at)->next;
	}
}

static void take_text(struct pv_deed *d, u16 tag, char *text)
{
	if (!text || d->n_texts == PV_DEED_TEXTS) {
		d->cut = true;
		kfree(text);
		return;
	}
	d->text[d->n_texts].tag = tag;
	d->text[d->n_texts++].text = text;
}

void pv_deed_text(struct pv_deed *d, u16 tag, const char *text)
{
	take_text(d, tag, kstrndup(text, PATH_MAX, GFP_KERNEL));
}

void pv_deed_path(struct pv_deed *d, u16 tag, const struct path *path)
{
	char *buf = __getname();
	const char *text = buf ? pv_path_text(path, buf, &d->cut) : NULL;

	take_text(d, tag, text ? kstrdup(text, GFP_KERNEL) : NULL);
	if (buf)
		__putname(buf);
}

/* The name may be of something that is not there yet, or no more. Of what is too long the end counts. */
void pv_deed_name(struct pv_deed *d, u16 tag, const struct path *dir, const struct qstr *name)
{
	char *buf = __getname(), *whole = NULL;
	const char *text = buf ? pv_path_text(dir, buf, &d->cut) : NULL;
	size_t len, most = PATH_MAX - 1;

	if (text)
		whole = kasprintf(GFP_KERNEL, "%s/%s", strcmp(text, "/") ? text : "", name->name);
	len = whole ? strlen(whole) : 0;
	if (len > most) {
		memmove(whole, whole + len - most, most + 1);
		d->cut = true;
	}
	take_text(d, tag, whole);
	if (buf)
		__putname(buf);
}

static void tell(const struct pv_deed *d, u32 error)
{
	struct pv_note n;

	pv_note_begin(&n, d->kind, current);
	n.rec.flags |= (d->cut ? SKEP_F_TRUNCATED : 0) | (error ? SKEP_F_REFUSED : 0);
	pv_note_add(&n, SKEP_T_OP, &d->op, sizeof(d->op));
	for (u32 i = 0; i < d->n_texts; i++)
		pv_note_add_text(&n, d->text[i].tag, d->text[i].text);
	if (d->has_mode)
		pv_note_add(&n, SKEP_T_MODE, &d->mode, sizeof(d->mode));
	if (d->has_owner)
		pv_note_add(&n, SKEP_T_OWNER, d->owner, sizeof(d->owner));
	if (d->has_size)
		pv_note_add(&n, SKEP_T_SIZE, &d->size, sizeof(d->size));
	if (error)
		pv_note_add(&n, SKEP_T_CODE, &error, sizeof(error));
	pv_channel_put(&n);
}

/* At the end of every call: mostly nothing is there. */
void pv_call_done(unsigned long nr, long answer)
{
	struct pv_deed *d;

	if (answer == -ENOENT)
		pv_probe_missing(nr);
	d = pv_task(current)->deeds;
	pv_task(current)->deeds = NULL;
	for (; d; d = free_deed(d)) {
		if (answer >= 0 && !(d->has_size && d->size == d->size_before))
			tell(d, 0);
		else if (d->kind == SKEP_MOUNT && answer > -ERESTARTSYS)
			tell(d, -answer);
	}
}

void pv_deed_free(struct task_struct *t)
{
	for (struct pv_deed *d = pv_task(t)->deeds; d; d = free_deed(d))
		;
}
