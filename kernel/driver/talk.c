// SPDX-License-Identifier: GPL-2.0-only
/*
 * Logins in clear, whichever server takes them: the lines that a client sends are read for those
 * that log in, and the server's next lines for what came of it.
 *
 *	USER name, PASS secret		FTP, POP3; 230 or +OK
 *	AUTH PLAIN, AUTH LOGIN		SMTP, POP3; 235 or +OK
 *	tag LOGIN name secret		IMAP; tag OK
 *	tag AUTHENTICATE PLAIN, LOGIN	IMAP
 *	Authorization: Basic		HTTP; 2xx or 3xx, which a page that asks for none says too
 *
 * A client may send several lines before the server answers one, so answers are counted. A
 * connection with a byte that no line has (SSH, TLS) is not looked at any further. Telnet's logins
 * are those of login(1): see login.c.
 */
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uio.h>
#include "hooks.h"
#include "login.h"
#include "note.h"
#include "talk.h"

#define LINE 512
#define REPLY 64
#define NAME 128
#define SECRET 256
#define PIECE 512	/* bytes that are looked at in one go; of what the server says no more at once */
#define WAITING 64	/* connections that wait at once, for PAM's sake */

enum next { COMMAND, PLAIN, LOGIN_USER, LOGIN_SECRET };	/* what the client's next line is */

struct pv_talk {
	u64 conn;
	bool off;
	enum next next;
	u32 owed;		/* lines not answered yet */
	u32 line_len, reply_len, user_len;
	char line[LINE], reply[REPLY];	/* so far */
	char tag[16];		/* of the command that goes on, if it is IMAP's */
	char user[NAME];	/* as last named */
	struct login {
		u32 wait;	/* answers until its own; 0: none waits */
		const char *method;
		bool http;
		char tag[16];	/* as above */
		u32 user_len, secret_len;
		char user[NAME], secret[SECRET];
		struct skep_rec by;
	} login;
};

static u64 waiting[WAITING];	/* their numbers, at number % WAITING */

bool pv_talk_waits(u64 conn)
{
	return conn && waiting[conn % WAITING] == conn;
}

/* What waits is told; to tell may sleep, so it is taken out first. */
static void tell(struct pv_talk *k, u32 result, bool atomic)
{
	struct login l = k->login;

	if (!l.wait)
		return;
	k->login.wait = 0;
	if (pv_talk_waits(l.by.conn))
		waiting[l.by.conn % WAITING] = 0;
	pv_login_tell(&(struct pv_login){
		.service = l.by.comm, .method = l.method, .user = l.user, .user_len = l.user_len, .secret = l.secret,
		.secret_len = l.secret_len, .result = result, .by = &l.by, .atomic = atomic });
}

void pv_talk_free(struct pv_talk *k)
{
	if (k)
		tell(k, SKEP_LOGIN_UNKNOWN, true);
	kfree(k);
}

/* --- words ------------------------------------------------------------------------------------ */

struct span {
	const char *at;
	u32 len;
};

static u32 keep(char *to, u32 max, struct span s)
{
	u32 len = min(s.len, max);

	memcpy(to, s.at, len);
	return len;
}

/* The rest of the line behind a word and a space; NULL if it does not begin so. */
static const char *behind(const char *line, const char *word)
{
	size_t n = strlen(word);

	if (strncasecmp(line, word, n) || (line[n] != ' ' && line[n]))
		return NULL;
	line += n;
	return line + strspn(line, " ");
}

static int digit(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? at - digits : -1;
}

static u32 unbase64(char *to, u32 max, const char *from)
{
	u32 bits = 0, have = 0, len = 0;

	for (; digit(*from) >= 0 && len < max; from++) {
		bits = bits << 6 | digit(*from);
		have += 6;
		if (have >= 8)
			to[len++] = bits >> (have -= 8);
	}
	return len;
}

/* One argument: a word, or a string in quotes. */
static u32 argument(const char **at, char *to, u32 max)
{
	bool quoted = **at == '"';
	const char *s = *at + quoted;
	u32 len = 0;

	for (; *s && *s != (quoted ? '"' : ' '); s++) {
		if (quoted && *s == '\\' && s[1])
			s++;
		if (len < max)
			to[len++] = *s;
	}
	s += quoted && *s;
	*at = s + strspn(s, " ");
	return len;
}

/* --- the client ------------------------------------------------------------------------------- */

static void attempt(struct pv_talk *k, const char *method, struct span user, struct span secret)
{
	struct login *l = &k->login;
	struct pv_note n;

	tell(k, SKEP_LOGIN_UNKNOWN, false);
	pv_note_begin(&n, SKEP_LOGIN, current);
	n.rec.conn = k->conn;
	*l = (struct login){ .by = n.rec, .method = method, .wait = k->owed };
	l->user_len = keep(l->user, NAME, user);
	l->secret_len = keep(l->secret, SECRET, secret);
	waiting[n.rec.conn % WAITING] = n.rec.conn;
}

/* Up to @c, and *@s what is behind it; all of it if there is none. */
static struct span cut(struct span *s, char c)
{
	const char *at = memchr(s->at, c, s->len);
	struct span part = { s->at, at ? at - s->at : s->len };

	s->at += part.len + (at != NULL);
	s->len -= part.len + (at != NULL);
	return part;
}

/* In base64: whom it is for, NUL, who it is, NUL, secret. */
static void plain(struct pv_talk *k, const char *text)
{
	char bytes[NAME + NAME + SECRET];
	struct span s = { bytes, unbase64(bytes, sizeof(bytes), text) }, user;

	cut(&s, '\0');
	user = cut(&s, '\0');
	attempt(k, "plain", user, s);
}

static void basic(struct pv_talk *k, const char *text)
{
	char bytes[NAME + SECRET];
	struct span s = { bytes, unbase64(bytes, sizeof(bytes), text) }, user = cut(&s, ':');

	attempt(k, "basic", user, s);
	k->login.http = true;
}

static void mechanism(struct pv_talk *k, const char *name)
{
	const char *more = behind(name, "PLAIN");

	if (more && *more) {
		plain(k, more);
		return;
	}
	if (more)
		k->next = PLAIN;
	more = behind(name, "LOGIN");
	if (!more)
		return;
	k->next = *more ? LOGIN_SECRET : LOGIN_USER;
	k->user_len = unbase64(k->user, NAME, more);
}

static void imap(struct pv_talk *k, const char *line)
{
	const char *name = strchr(line, ' '), *more;
	char secret[SECRET];
	u32 len;

	if (!name || name - line >= (int)sizeof(k->tag))
		return;
	strscpy(k->tag, line, name - line + 1);
	more = behind(++name, "LOGIN");
	if (more && *more) {
		k->user_len = argument(&more, k->user, NAME);
		len = argument(&more, secret, SECRET);
		attempt(k, "password", (struct span){ k->user, k->user_len }, (struct span){ secret, len });
		strscpy(k->login.tag, k->tag, sizeof(k->tag));
	}
	more = behind(name, "AUTHENTICATE");
	if (!more)
		return;
	mechanism(k, more);
	if (k->next == COMMAND)
		strscpy(k->login.tag, k->tag, sizeof(k->tag));
}

static void command(struct pv_talk *k, const char *line)
{
	const char *more;

	k->tag[0] = '\0';
	if ((more = behind(line, "USER"))) {
		k->user_len = keep(k->user, NAME, (struct span){ more, strlen(more) });
	} else if ((more = behind(line, "PASS"))) {
		attempt(k, "password", (struct span){ k->user, k->user_len }, (struct span){ more, strlen(more) });
	} else if ((more = behind(line, "AUTH"))) {
		mechanism(k, more);
	} else if ((more = behind(line, "Authorization: Basic"))) {
		basic(k, more);
	} else {
		imap(k, line);
	}
}

/* The lines of a dialogue that a command began. */
static void answer(struct pv_talk *k, enum next what, const char *line)
{
	char secret[SECRET];

	if (what == LOGIN_USER) {
		k->user_len = unbase64(k->user, NAME, line);
		k->next = LOGIN_SECRET;
		return;
	}
	if (what == PLAIN)
		plain(k, line);
	else
		attempt(k, "login", (struct span){ k->user, k->user_len },
			(struct span){ secret, unbase64(secret, SECRET, line) });
	strscpy(k->login.tag, k->tag, sizeof(k->tag));
}

static void client_line(struct pv_talk *k, const char *line)
{
	enum next what = k->next;

	k->owed++;
	k->next = COMMAND;
	if (what == COMMAND)
		command(k, line);
	else
		answer(k, what, line);
}

/* --- the server ------------------------------------------------------------------------------- */

/* What a line says: accepted, refused, unknown (a step of a dialogue), or 0: it is no answer. */
static u32 judge(const struct login *l, const char *line)
{
	const char *more;

	if (!strncmp(line, "HTTP/1.", 7) && strlen(line) > 11) {
		if (!strncmp(line + 9, "401", 3) || !strncmp(line + 9, "403", 3) || !strncmp(line + 9, "407", 3))
			return SKEP_LOGIN_REFUSED;
		return line[9] == '2' || line[9] == '3' ? SKEP_LOGIN_ACCEPTED : SKEP_LOGIN_UNKNOWN;
	}
	if (l->tag[0]) {
		more = behind(line, l->tag);
		return !more ? 0 : behind(more, "OK") ? SKEP_LOGIN_ACCEPTED : SKEP_LOGIN_REFUSED;
	}
	if (behind(line, "+OK"))
		return SKEP_LOGIN_ACCEPTED;
	if (behind(line, "-ERR"))
		return SKEP_LOGIN_REFUSED;
	if (line[0] == '+')
		return SKEP_LOGIN_UNKNOWN;
	if (strspn(line, "0123456789") != 3 || line[3] == '-')
		return 0;
	return line[0] == '2' ? SKEP_LOGIN_ACCEPTED : line[0] == '3' ? SKEP_LOGIN_UNKNOWN : SKEP_LOGIN_REFUSED;
}

static void server_line(struct pv_talk *k, const char *line)
{
	struct login *l = &k->login;
	u32 said = judge(l, line);

	if (!said)
		return;
	k->owed -= k->owed > 0;
	if (l->wait > 1 && !l->tag[0] && !l->http)
		l->wait--;
	else
		tell(k, said, false);
}

/* --- bytes ------------------------------------------------------------------------------------ */

typedef void line_fn(struct pv_talk *k, const char *line);

/* Puts bytes behind what is there of a line; gives lines that are whole, what is too long being cut. */
static void lines(struct pv_talk *k, char *line, u32 *len, u32 size, const char *bytes, u32 n, line_fn *fn)
{
	for (u32 i = 0; i < n; i++) {
		if (bytes[i] != '\n') {
			if (*len < size - 1)
				line[(*len)++] = bytes[i];
			continue;
		}
		*len -= *len && line[*len - 1] == '\r';
		line[*len] = '\0';
		*len = 0;
		fn(k, line);
	}
}

static bool is_text(const char *s, u32 n)
{
	for (u32 i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 && s[i] != '\r' && s[i] != '\n' && s[i] != '\t')
			return false;
	return true;
}

static u32 look_at(struct iov_iter *at, u32 len, char bytes[PIECE])
{
	at->data_source = ITER_SOURCE;
	return copy_from_iter(bytes, min_t(u32, len, PIECE), at);
}

void pv_talk_read(struct pv_sock *blob, const struct iov_iter *to, u32 len)
{
	struct iov_iter at = *to;
	struct pv_talk *k = blob->talk;
	char bytes[PIECE];

	if (!k && !(k = blob->talk = kzalloc(sizeof(*k), GFP_KERNEL | __GFP_NOWARN)))
		return;
	k->conn = blob->conn;
	while (len && !k->off && user_backed_iter(to)) {
		u32 n = look_at(&at, len, bytes);

		k->off = !n || !is_text(bytes, n);
		if (!k->off)
			lines(k, k->line, &k->line_len, LINE, bytes, n, client_line);
		len -= n;
	}
}

void pv_talk_write(struct pv_sock *blob, const struct iov_iter *from)
{
	struct iov_iter at = *from;
	struct pv_talk *k = blob->talk;
	char bytes[PIECE];

	if (!k || !k->owed)
		return;
	lines(k, k->reply, &k->reply_len, REPLY, bytes, look_at(&at, iov_iter_count(from), bytes), server_line);
}
