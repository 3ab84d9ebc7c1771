// SPDX-License-Identifier: GPL-2.0-only
/*
 * What sessions order others to run.
 *
 * A daemon that reads a file with a session's bytes in it (a crontab, a unit, a rule of udev or
 * logrotate) goes on being nobody's: it works for all. But the bytes are kept as an order, and when
 * it or a process below it runs a program, the command line is looked for in them. So is what a
 * session tells init over its socket (systemd-run).
 *
 * A command is found if its words, its name without folders and then each argument, stand in the
 * order's text one after another, each by itself. Of a shell's "-c" it is the one word that follows,
 * to the end of a line or of what is quoted. A backslash in the text may quote any character.
 *
 * Bounded: so many orders, so much text of each, so many steps for one look. Places are taken from
 * readers that are gone, else from the reader that has most: no one can drive out another's.
 *
 * Limits: words that the daemon makes anew (variables, specifiers, text behind a cron line's second
 * percent sign) are not found, nor is a command that a session's program could also have changed
 * without its words. Whoever has a terminal is no daemon: an administrator's shell that read a
 * session's history is not the session's.
 */
#include <linux/ctype.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <linux/string.h>
#include <linux/tty.h>
#include <linux/uio.h>
#include <net/af_unix.h>
#include <net/sock.h>
#include "channel.h"
#include "flow.h"
#include "hooks.h"
#include "lineage.h"
#include "note.h"

#define ORDERS 64
#define TEXT_MAX (16 * 1024)
#define STEPS_MAX (4 * 1024 * 1024)
#define ANCESTORS_MAX 32

struct order {
	u64 reader;	/* entity; 0 free */
	u64 heard;	/* counts up */
	/* of a file; ino 0: a message */
	u64 ino;
	u32 dev, generation;
	loff_t size;
	struct timespec64 changed;
	struct pv_order told;
	char *text;	/* owned */
	u32 len;
};

static struct order orders[ORDERS];
static u64 clock;

/* --- keeping ----------------------------------------------------------------------------------- */

static bool lives(u64 entity)
{
	struct task_struct *t;
	bool found = false;

	rcu_read_lock();
	for_each_process(t)
		found = found || pv_task(t)->entity == entity;
	rcu_read_unlock();
	return found;
}

static u32 count(u64 reader)
{
	u32 n = 0;

	for (u32 i = 0; i < ORDERS; i++)
		n += orders[i].reader == reader;
	return n;
}

static struct order *make_room(void)
{
	struct order *victim = &orders[0];

	for (u32 i = 0; i < ORDERS; i++)
		if (!orders[i].reader || !lives(orders[i].reader))
			return &orders[i];
	for (u32 i = 1; i < ORDERS; i++) {
		u32 most = count(victim->reader), own = count(orders[i].reader);

		if (own > most || (own == most && orders[i].heard < victim->heard))
			victim = &orders[i];
	}
	return victim;
}

/* Takes @text. */
static void keep(struct order *at, const struct order *o)
{
	kfree(at->text);
	*at = *o;
	at->heard = ++clock;
}

static struct order *find_file(u64 reader, const struct inode *i)
{
	for (u32 k = 0; k < ORDERS; k++)
		if (orders[k].reader == reader && orders[k].ino == i->i_ino && orders[k].dev == i->i_sb->s_dev &&
		    orders[k].generation == i->i_generation)
			return &orders[k];
	return NULL;
}

static bool is_unchanged(const struct order *o, const struct inode *i, const struct pv_mark *m)
{
	struct timespec64 changed = inode_get_ctime(i);

	return o->size == i_size_read(i) && timespec64_equal(&o->changed, &changed) && o->told.conn == m->conn;
}

static void name_file(char name[PV_ORDER_NAME], const struct path *path)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL), *text;

	text = buf ? d_path(path, buf, PATH_MAX) : ERR_PTR(-ENOMEM);
	strscpy(name, IS_ERR(text) ? "" : text, PV_ORDER_NAME);
	kfree(buf);
}

/*
 * The reader's own reading follows, so nothing shows of this one. Text alone is kept: what has a
 * NUL in it is a database or a program.
 */
void pv_order_read(struct file *file, const struct pv_mark *mark)
{
	u64 reader = pv_task(current)->entity;
	struct inode *i = file_inode(file);
	struct order *at = find_file(reader, i), o;
	loff_t from = mark->from;
	ssize_t len, max;

	if (current->signal->tty || !current->fs)
		return;
	if (at && is_unchanged(at, i, mark)) {
		at->heard = ++clock;
		return;
	}
	o = (struct order){ .reader = reader, .ino = i->i_ino, .dev = i->i_sb->s_dev, .generation = i->i_generation,
			    .size = i_size_read(i), .changed = inode_get_ctime(i),
			    .told = { .conn = mark->conn, .op = SKEP_LINEAGE_JOB } };
	max = clamp_t(loff_t, o.size - from, 0, TEXT_MAX);
	o.text = kmalloc(max, GFP_KERNEL);
	len = o.text ? __kernel_read(file, o.text, max, &from) : 0;
	if (len <= 0 || memchr(o.text, '\0', len)) {
		kfree(o.text);
		return;
	}
	o.len = len;
	name_file(o.told.name, &file->f_path);
	at = find_file(reader, i);	/* the above may have slept */
	keep(at ? at : make_room(), &o);
}

static bool has(const char *text, u32 len, const char *word)
{
	for (u32 n = strlen(word); len >= n; text++, len--)
		if (!memcmp(text, word, n))
			return true;
	return false;
}

void pv_order_sent(const struct sock *sk, const struct msghdr *msg)
{
	struct iov_iter from = msg->msg_iter;
	struct order o = { .told = { .conn = pv_task(current)->conn, .op = SKEP_LINEAGE_SOCKET } };

	if (!sk->sk_peer_pid || pid_nr(sk->sk_peer_pid) != 1 || !unix_peer(sk))
		return;
	pv_unix_name(unix_peer(sk), o.told.name);
	o.reader = pv_task(init_pid_ns.child_reaper)->entity;
	o.text = kmalloc(min_t(size_t, iov_iter_count(&from), TEXT_MAX), GFP_KERNEL);
	if (o.text)
		o.len = copy_from_iter(o.text, min_t(size_t, iov_iter_count(&from), TEXT_MAX), &from);
	if (o.text && has(o.text, o.len, "Exec"))	/* a unit, and not only a question */
		keep(make_room(), &o);
	else
		kfree(o.text);
}

/* --- finding ----------------------------------------------------------------------------------- */

/* A command line's words, each with its NUL, and how much looking is left. */
struct look {
	const char *at, *end;
	bool is_line;	/* it is one word, a whole line */
	u32 steps;
};

static bool parts(char c)
{
	return !isalnum(c) && c != '_' && c != '.';
}

static bool ends(const struct look *l, const char *at, const char *end)
{
	if (at == end || !*at)
		return true;
	return l->is_line ? at[-1] == '\n' || strchr("\r\n\"'%", *at) : parts(*at);
}

/* Where @word ends if it begins at @at, NULL if it does not. */
static const char *match(struct look *l, const char *at, const char *end, const char *word)
{
	for (; *word; at++) {
		if (at == end || !l->steps)
			return NULL;
		l->steps--;
		if (*at == *word)
			word++;
		else if (*at != '\\')
			return NULL;
	}
	return ends(l, at, end) ? at : NULL;
}

static const char *find_word(struct look *l, const char *at, const char *end, const char *word)
{
	bool fresh = true;

	for (; at < end && l->steps; at++) {
		const char *behind = fresh ? match(l, at, end, word) : NULL;

		if (behind)
			return behind;
		fresh = parts(*at);
	}
	return NULL;
}

static bool find_all(struct look *l, const struct order *o)
{
	const char *at = o->text, *end = o->text + o->len;

	for (const char *word = l->at; at && word < l->end; word += strlen(word) + 1)
		if (*word)
			at = find_word(l, at, end, word);
	return at;
}

static u32 ancestors(u64 entity[ANCESTORS_MAX])
{
	struct task_struct *t = current;
	u32 n = 0;

	rcu_read_lock();
	while (n < ANCESTORS_MAX) {
		entity[n++] = pv_task(t)->entity;
		if (t == init_pid_ns.child_reaper || !t->pid)
			break;
		t = rcu_dereference(t->real_parent);
	}
	rcu_read_unlock();
	return n;
}

static bool is_among(u64 entity, const u64 *list, u32 n)
{
	while (n--)
		if (list[n] == entity)
			return true;
	return false;
}

static struct look look_for(const char *argv, u32 len)
{
	const char *end = argv + len, *word = argv;

	for (; word < end; word += strlen(word) + 1)
		if (!strcmp(word, "-c") && word + 3 < end)
			return (struct look){ .at = word + 3, .end = word + 3 + strlen(word + 3) + 1, .is_line = true,
					      .steps = STEPS_MAX };
	return (struct look){ .at = len ? kbasename(argv) : end, .end = end, .steps = STEPS_MAX };
}

bool pv_order_find(const char *argv, u32 len, struct pv_order *ret)
{
	struct look l = look_for(argv, len);
	u64 entity[ANCESTORS_MAX];
	u32 n = ancestors(entity);

	for (u32 i = 0; l.at < l.end && *l.at && i < ORDERS; i++) {
		if (!orders[i].reader || !is_among(orders[i].reader, entity, n) || !find_all(&l, &orders[i]))
			continue;
		*ret = orders[i].told;
		return true;
	}
	return false;
}
