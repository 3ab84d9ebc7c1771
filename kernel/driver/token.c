// SPDX-License-Identifier: GPL-2.0-only
/*
 * Honeytokens: files of no use to anybody, so whoever reads one looks around. Told is each opening for
 * reading by a visitor, whatever he makes of it; who opens one again and again is told once a second.
 *
 * A file is known by its inode, which keeps its number when it is renamed or linked; by its name it is
 * looked up once, when init starts. A copy is another file.
 */
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/namei.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "channel.h"
#include "hooks.h"
#include "note.h"

#define TOKENS 64

static struct token {
	const struct super_block *sb;
	unsigned long ino;
	u32 generation;			/* of the number: it is given out again */
	const struct skep_conf *word;
	u64 told_to, told_at;		/* the last process, and when */
} tokens[TOKENS];
static u32 n_tokens;

static void find(const struct skep_conf *word)
{
	char *name = kasprintf(GFP_KERNEL, "%.*s", (int)word->name_len, pv_conf_name(word));
	const struct inode *i;
	struct path path;

	if (name && !kern_path(name, 0, &path)) {
		i = d_inode(path.dentry);
		tokens[n_tokens++] = (struct token){ i->i_sb, i->i_ino, i->i_generation, word };
		path_put(&path);
	}
	kfree(name);
}

void pv_tokens_find(void)
{
	const struct skep_conf *word = NULL;

	while (n_tokens < TOKENS && (word = pv_conf_next(word, SKEP_CONF_TOKEN)))
		find(word);
}

static struct token *token_of(const struct inode *i)
{
	for (u32 k = 0; k < n_tokens; k++)
		if (tokens[k].ino == i->i_ino && tokens[k].sb == i->i_sb && tokens[k].generation == i->i_generation)
			return &tokens[k];
	return NULL;
}

static bool told_just_now(struct token *t)
{
	u64 now = ktime_get_ns(), self = pv_task(current)->entity;

	if (t->told_to == self && now - t->told_at < NSEC_PER_SEC)
		return true;
	t->told_to = self;
	t->told_at = now;
	return false;
}

void pv_token_open(struct file *f)
{
	struct token *t = f->f_mode & FMODE_READ ? token_of(file_inode(f)) : NULL;
	struct pv_note n;
	char *buf;

	if (!t || told_just_now(t))
		return;
	buf = __getname();
	pv_note_begin(&n, SKEP_TOKEN, current);
	if (buf)
		pv_note_add_path(&n, SKEP_T_FILE, &f->f_path, buf);
	pv_note_add(&n, SKEP_T_TARGET, pv_conf_name(t->word), t->word->name_len);
	pv_channel_put(&n);
	if (buf)
		__putname(buf);
}
