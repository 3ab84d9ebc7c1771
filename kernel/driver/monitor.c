// SPDX-License-Identifier: GPL-2.0-only
/*
 * sshd hands the network to a child without rights, which asks its monitor, by a pair of sockets,
 * for all it may not do itself: whether there is such a user, such a key, such a password. So each
 * secret comes by in clear, and each answer.
 *
 * A message is a length of four bytes, a type, and fields; strings in it have a length of four bytes
 * too (OpenSSH, monitor.h; the same in all releases since 3.9, but for what is not read here). What
 * is asked by root, or answered by somebody else, is of other pairs of sockets and means nothing.
 *
 * A secret waits for its answer; if another comes first, or the end, what came of it is unknown.
 */
#include <linux/cred.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "login.h"
#include "monitor.h"
#include "note.h"
#include "version.h"

#define HEAD 5			/* length and type */
#define BODY 3072		/* bytes of a message that are kept */
#define USER 256
#define KEY_TYPE 64
#define SECRET (KEY_TYPE + 1 + BODY / 3 * 4)

enum {
	ASK_USER = 8, ASK_PASSWORD = 12, TELL_PASSWORD = 13, ASK_KEY = 22, TELL_KEY = 23, TELL_SIGNATURE = 25,
	TELL_PROMPT = 107, ASK_RESPONSE = 108, TELL_RESPONSE = 109,
};
enum { USER_KEY = 2 };		/* of ASK_KEY; 1 is a host's */

struct message {
	u32 n_head, left, kept;	/* bytes that are here; still to come; in body */
	u8 head[HEAD];
	u8 body[BODY];
};

/* A secret that waits for its answer. */
struct waiting {
	const char *method;
	bool cut;
	u32 user_len, secret_len;
	char user[USER];
	char secret[SECRET];
	struct skep_rec by;
};

struct pv_monitor {
	struct message from[2];
	u32 user_len;
	char user[USER];
	struct waiting *waiting;
};

struct pv_monitor *pv_monitor_new(void)
{
	return kvzalloc(sizeof(struct pv_monitor), GFP_KERNEL);
}

/* To tell may sleep: who comes next finds nothing that waits. */
static void tell(struct pv_monitor *m, u32 result, bool by_asker, bool atomic)
{
	struct waiting *w = m->waiting;

	m->waiting = NULL;
	if (w)
		pv_login_tell(&(struct pv_login){
			.service = "sshd", .method = w->method, .user = w->user, .user_len = w->user_len,
			.secret = w->secret, .secret_len = w->secret_len, .result = result, .cut = w->cut,
			.by = by_asker ? &w->by : NULL, .atomic = atomic });
	kvfree(w);
}

static void answered(struct pv_monitor *m, bool right)
{
	tell(m, right ? SKEP_LOGIN_ACCEPTED : SKEP_LOGIN_REFUSED, false, false);
}

static void given_up(struct pv_monitor *m)
{
	tell(m, SKEP_LOGIN_UNKNOWN, true, false);
}

void pv_monitor_free(struct pv_monitor *m)
{
	if (m)
		tell(m, SKEP_LOGIN_UNKNOWN, true, true);
	kvfree(m);
}

/* --- fields ----------------------------------------------------------------------------------- */

struct fields {
	const u8 *at;
	u32 left;
	bool cut;
};

static u32 read_u32(struct fields *f)
{
	u32 v;

	if (f->left < 4) {
		f->left = 0;
		f->cut = true;
		return 0;
	}
	v = get_unaligned_be32(f->at);
	f->at += 4;
	f->left -= 4;
	return v;
}

/* As much of the string as is there. */
static struct fields read_string(struct fields *f)
{
	u32 len = read_u32(f);
	struct fields s = { .at = f->at, .left = min(len, f->left) };

	f->cut = f->cut || s.left < len;
	s.cut = f->cut;
	f->at += s.left;
	f->left -= s.left;
	return s;
}

static u32 keep(char *to, u32 max, const struct fields *s, bool *cut)
{
	u32 len = min(s->left, max);

	memcpy(to, s->at, len);
	*cut = *cut || s->cut || len < s->left;
	return len;
}

static u32 base64(char *to, u32 max, const u8 *at, u32 n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	u32 len = 0;

	for (u32 i = 0; i < n && len + 4 <= max; i += 3) {
		u32 have = min(n - i, 3u), v = at[i] << 16;

		v |= have > 1 ? at[i + 1] << 8 : 0;
		v |= have > 2 ? at[i + 2] : 0;
		for (u32 k = 0; k < 4; k++)
			to[len++] = k <= have ? digits[v >> (18 - 6 * k) & 63] : '=';
	}
	return len;
}

/* --- questions -------------------------------------------------------------------------------- */

static struct waiting *wait_for_answer(struct pv_monitor *m, const char *method)
{
	struct waiting *w = kvmalloc(sizeof(*w), GFP_KERNEL);
	struct pv_note n;

	if (!w)
		return NULL;
	pv_note_begin(&n, SKEP_LOGIN, current);
	w->by = n.rec;
	w->method = method;
	w->cut = false;
	w->user_len = m->user_len;
	memcpy(w->user, m->user, m->user_len);
	return w;
}

static void ask_secret(struct pv_monitor *m, struct fields *f, const char *method)
{
	struct waiting *w = wait_for_answer(m, method);
	struct fields s = read_string(f);

	given_up(m);
	if (!w)
		return;
	w->secret_len = keep(w->secret, sizeof(w->secret), &s, &w->cut);
	m->waiting = w;
}

/* As in a file authorized_keys: type, and all of it in base64. */
static void ask_key(struct pv_monitor *m, struct fields *f)
{
	struct waiting *w = wait_for_answer(m, read_u32(f) == USER_KEY ? "publickey" : "hostbased"), *old = m->waiting;
	struct fields key, type;

	if (!w)
		return;
	read_string(f);		/* of a host's key: user and host */
	read_string(f);
	key = read_string(f);
	type = key;
	type = read_string(&type);
	w->cut = key.cut;
	w->secret_len = keep(w->secret, KEY_TYPE, &type, &w->cut);
	w->secret[w->secret_len++] = ' ';
	w->secret_len += base64(w->secret + w->secret_len, sizeof(w->secret) - w->secret_len, key.at, key.left);
	/* First it is asked whether the key would do, then with its signature: one login. */
	if (old && old->secret_len == w->secret_len && !memcmp(old->secret, w->secret, w->secret_len)) {
		m->waiting = NULL;
		kvfree(old);
	}
	given_up(m);
	m->waiting = w;
}

static void on_question(struct pv_monitor *m, u32 type, struct fields f)
{
	struct fields s;
	bool cut = false;

	switch (type) {
	case ASK_USER:
		s = read_string(&f);
		m->user_len = keep(m->user, sizeof(m->user), &s, &cut);
		break;
	case ASK_PASSWORD:
		ask_secret(m, &f, "password");
		break;
	case ASK_RESPONSE:
		if (read_u32(&f))	/* how many; none: the last word of a dialogue */
			ask_secret(m, &f, "keyboard-interactive");
		break;
	case ASK_KEY:
		ask_key(m, &f);
		break;
	}
}

/* --- answers ---------------------------------------------------------------------------------- */

static void on_answer(struct pv_monitor *m, u32 type, struct fields f)
{
	u32 word = read_u32(&f);

	switch (type) {
	case TELL_PASSWORD:
		answered(m, word);
		break;
	case TELL_KEY:			/* if it would do, there will be a signature */
		if (!word)
			answered(m, false);
		break;
	case TELL_SIGNATURE:
		answered(m, !word);
		break;
	case TELL_PROMPT:		/* PAM's dialogue is over, or goes on */
		if (word)
			answered(m, false);
		break;
	case TELL_RESPONSE:		/* 0 right, 1 more to come */
		if (word != 1)
			answered(m, !word);
		break;
	}
}

static void on_message(struct pv_monitor *m, struct message *g)
{
	struct fields f = { .at = g->body, .left = g->kept };
	bool root = uid_eq(current_euid(), GLOBAL_ROOT_UID);

	if (root && g->head[4] & 1)
		on_answer(m, g->head[4], f);
	else if (!root && !(g->head[4] & 1))
		on_question(m, g->head[4], f);
}

/* Takes what belongs to the message; returns how much that was. */
static u32 take(struct pv_monitor *m, struct message *g, const u8 *bytes, u32 len)
{
	u32 part;

	if (g->n_head < HEAD) {
		part = min(HEAD - g->n_head, len);
		memcpy(g->head + g->n_head, bytes, part);
		g->n_head += part;
		if (g->n_head < HEAD)
			return part;
		g->left = get_unaligned_be32(g->head);
		g->left -= g->left ? 1 : 0;	/* the type counts, and was taken */
		g->kept = 0;
	} else {
		part = min(g->left, len);
		memcpy(g->body + g->kept, bytes, min(part, BODY - g->kept));
		g->kept += min(part, BODY - g->kept);
		g->left -= part;
	}
	if (!g->left) {
		g->n_head = 0;
		on_message(m, g);
	}
	return part;
}

void pv_monitor_feed(struct pv_monitor *m, u32 end, const u8 *bytes, u32 len)
{
	while (len) {
		u32 part = take(m, &m->from[end], bytes, len);

		bytes += part;
		len -= part;
	}
}
