// SPDX-License-Identifier: GPL-2.0-only
/*
 * Logins, whatever program asks for the secret: su, sudo, login, passwd, a client of another
 * server.
 *
 * The secret is a line that was read. Of all that is read these lines count: at a terminal that does
 * not echo, by the very process that turned the echo off; and, for a visitor's set-user-id program
 * (`echo secret | sudo -S id`), from a pipe or a socket.
 *
 * Who it was for and whether it was right is said by PAM, which tells the kernel's audit of each
 * attempt, whether anybody audits or not: "op=PAM:authentication ... acct="root" ... res=failed".
 * The process that says it is the one that read the line. A line at a terminal that PAM is never
 * heard about (a client of ssh or of a database) is told as well, when the process reads the next
 * one or ends; what came of it is unknown.
 *
 * A row in the table is a process with a line. There is no lock: nothing here sleeps but a record,
 * and that has its row's bytes with it.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/kernel.h>
#include <linux/net.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/uio.h>
#include <net/sock.h>
#include "channel.h"
#include "hooks.h"
#include "login.h"
#include "note.h"
#include "talk.h"

/* Of libaudit; the kernel has no names for them. */
#define USER_AUTH 1100
#define USER_CHAUTHTOK 1108

#define LINE 256
#define ROWS 32
#define AUDIT_TEXT 1024

struct row {
	u64 entity;		/* 0: free */
	u64 age;
	bool whole, typed;	/* it has its line feed; without echo at a terminal */
	u32 len;
	char line[LINE];
	struct skep_rec by;
};

static struct row rows[ROWS];
static u64 ages;

void pv_login_tell(const struct pv_login *l)
{
	struct pv_note n;

	pv_note_begin(&n, SKEP_LOGIN, current);
	if (l->by) {
		n.rec = *l->by;
		n.rec.kind = SKEP_LOGIN;
	}
	n.atomic = l->atomic;
	if (l->cut)
		n.rec.flags |= SKEP_F_TRUNCATED;
	pv_note_add(&n, SKEP_T_OP, &l->result, sizeof(l->result));
	pv_note_add_text(&n, SKEP_T_SERVICE, l->service);
	pv_note_add_text(&n, SKEP_T_METHOD, l->method);
	if (l->user_len)
		pv_note_add(&n, SKEP_T_USER, l->user, l->user_len);
	if (l->secret_len)
		pv_note_add(&n, SKEP_T_SECRET, l->secret, l->secret_len);
	pv_channel_put(&n);
}

/* --- lines ------------------------------------------------------------------------------------ */

static struct row *find(u64 entity)
{
	for (u32 i = 0; i < ROWS; i++)
		if (rows[i].entity == entity)
			return &rows[i];
	return NULL;
}

/* The row is free from here on. */
static void give_up(struct row *r)
{
	struct row old = *r;

	r->entity = 0;
	if (!old.typed || !old.whole || !old.len)
		return;
	pv_login_tell(&(struct pv_login){
		.service = old.by.comm, .method = "password", .secret = old.line, .secret_len = old.len,
		.result = SKEP_LOGIN_UNKNOWN, .cut = old.len == LINE, .by = &old.by });
}

static struct row *oldest(void)
{
	struct row *r = rows;

	for (u32 i = 1; i < ROWS; i++)
		if (rows[i].age < r->age)
			r = &rows[i];
	return r;
}

static struct row *row_of_current(bool typed)
{
	u64 entity = pv_task(current)->entity;
	struct row *r = find(entity);
	struct pv_note n;

	if (r && !r->whole && r->typed == typed)
		return r;
	if (r)
		give_up(r);
	while (!(r = find(0)))
		give_up(oldest());
	pv_note_begin(&n, SKEP_LOGIN, current);
	*r = (struct row){ .entity = entity, .age = ++ages, .typed = typed, .by = n.rec };
	return r;
}

/* A line ends the reading: what comes after it in the same piece is for somebody else. */
static void take(const char *bytes, u32 len, bool typed)
{
	const char *end = memchr(bytes, '\n', len);
	struct row *r = row_of_current(typed);
	u32 more = end ? end - bytes : len;

	more = min_t(u32, more, LINE - r->len);
	memcpy(r->line + r->len, bytes, more);
	r->len += more;
	r->whole = end;
}

void pv_login_typed(const void *bytes, u32 len)
{
	take(bytes, len, true);
}

void pv_login_read(const struct iov_iter *to, u32 len)
{
	const struct pv_task *t = pv_task(current);
	struct iov_iter look = *to;
	char bytes[LINE];

	if (!t->conn || !t->setid || !user_backed_iter(to))
		return;
	look.data_source = ITER_SOURCE;
	len = copy_from_iter(bytes, min_t(u32, len, sizeof(bytes)), &look);
	if (len)
		take(bytes, len, false);
}

void pv_login_end(void)
{
	struct row *r = find(pv_task(current)->entity);

	if (r)
		give_up(r);
}

/* --- what PAM says ---------------------------------------------------------------------------- */

/* The value of " NAME=" in quotes, or in hexadecimal digits where it has odd characters. */
static u32 read_name(const char *text, const char *name, char *ret, u32 max)
{
	const char *at = strstr(text, name), *end;
	u32 len;

	if (!at)
		return 0;
	at += strlen(name);
	if (*at == '"') {
		end = strchr(++at, '"');
		len = end ? min_t(u32, end - at, max) : 0;
		memcpy(ret, at, len);
		return len;
	}
	len = min_t(u32, strcspn(at, " ") / 2, max);
	return hex2bin(ret, at, len) ? 0 : len;
}

static void tell_attempt(const char *text, const char *method)
{
	struct row *r = find(pv_task(current)->entity);
	struct pv_login l = {
		.service = current->comm, .method = method,
		.result = strstr(text, " res=success") ? SKEP_LOGIN_ACCEPTED : SKEP_LOGIN_REFUSED,
	};
	char user[LINE], secret[LINE];

	l.user = user;
	l.user_len = read_name(text, " acct=", user, sizeof(user));
	if (r) {
		l.secret = memcpy(secret, r->line, r->len);
		l.secret_len = r->len;
		l.cut = r->len == LINE;
		r->entity = 0;
	}
	if (l.secret_len || (pv_task(current)->conn && !pv_talk_waits(pv_task(current)->conn)))
		pv_login_tell(&l);
}

static bool is_for_audit(const struct socket *sock)
{
	return sock->sk && sock->sk->sk_family == AF_NETLINK && sock->sk->sk_protocol == NETLINK_AUDIT;
}

/* sshd has said more about it than this (monitor.c). */
int pv_login_audit(struct socket *sock, struct msghdr *msg, int size)
{
	char text[sizeof(struct nlmsghdr) + AUDIT_TEXT + 1];
	const struct nlmsghdr *head = (const void *)text;
	struct iov_iter look = msg->msg_iter;
	const char *said = text + sizeof(*head);
	size_t len;

	if (!is_for_audit(sock) || pv_task(current)->flags & PV_SSHD ||
	    !cap_raised(current_cred()->cap_effective, CAP_AUDIT_WRITE))
		return 0;
	len = copy_from_iter(text, sizeof(text) - 1, &look);
	text[len] = '\0';
	if (len <= sizeof(*head))
		return 0;
	if (head->nlmsg_type == USER_AUTH && strstr(said, "op=PAM:authentication"))
		tell_attempt(said, "password");
	else if (head->nlmsg_type == USER_CHAUTHTOK && strstr(said, "op=PAM:chauthtok"))
		tell_attempt(said, "new-password");
	return 0;
}
