/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words as of Postfix (RFC 5321), vsftpd (959), Dovecot (1939, 9051), OpenSSH (4253), nginx (9110), login and an IRC server. */
#include "talk.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/mem.h"

/* What is said to a line that begins with @word. */
struct answer {
	const char *word, *says;
	bool last;			/* and then it is over */
};

static const struct answer smtp[] = {
	{ "EHLO", "250-mx1\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250 DSN\r\n" },
	{ "HELO", "250 mx1\r\n" },
	{ "MAIL", "250 2.1.0 Ok\r\n" },
	{ "RCPT", "450 4.2.0 Recipient address rejected: Greylisted\r\n" },
	{ "DATA", "554 5.5.1 Error: no valid recipients\r\n" },
	{ "RSET", "250 2.0.0 Ok\r\n" },
	{ "NOOP", "250 2.0.0 Ok\r\n" },
	{ "QUIT", "221 2.0.0 Bye\r\n", true },
	{ "", "502 5.5.2 Error: command not recognized\r\n" },
};
static const struct answer ftp[] = {
	{ "USER", "331 Please specify the password.\r\n" },
	{ "PASS", "530 Login incorrect.\r\n" },
	{ "QUIT", "221 Goodbye.\r\n", true },
	{ "", "530 Please login with USER and PASS.\r\n" },
};
static const struct answer pop3[] = {
	{ "CAPA", "+OK\r\nCAPA\r\nTOP\r\nUIDL\r\nUSER\r\n.\r\n" },
	{ "USER", "+OK\r\n" },
	{ "PASS", "-ERR [AUTH] Authentication failed.\r\n" },
	{ "QUIT", "+OK Logging out\r\n", true },
	{ "", "-ERR Unknown command.\r\n" },
};
/* A line is a name, the next one a password, and so on. */
static const struct answer login[] = { { "", "Password: " }, { "", "\r\nLogin incorrect\r\nlogin: " } };

static const struct protocol {
	uint16_t port[4];
	const char *greeting;
	const struct answer *answer;
	size_t n;
	bool by_turns;			/* the answers are said one after another, whatever the lines */
} protocols[] = {
	{ { 21 }, "220 (vsFTPd 3.0.3)\r\n", ftp, nitems(ftp) },
	{ { 22, 2222 }, "SSH-2.0-OpenSSH_8.4p1 Debian-5+deb11u3\r\n" },
	{ { 23, 2323 }, "login: ", login, nitems(login), true },
	{ { 25, 587, 2525 }, "220 mx1 ESMTP Postfix (Debian/GNU)\r\n", smtp, nitems(smtp) },
	{ { 110 }, "+OK Dovecot (Debian) ready.\r\n", pop3, nitems(pop3) },
	{ { 143 }, "* OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+] Dovecot (Debian) ready.\r\n" },
	{ { 6667 }, ":irc NOTICE * :*** Looking up your hostname...\r\n" },
};
static const uint16_t pages[] = { 80, 3128, 8000, 8080 };

static const struct protocol *protocol_of(uint16_t port)
{
	for (size_t i = 0; i < nitems(protocols); i++)
		for (size_t k = 0; k < nitems(protocols[i].port); k++)
			if (port && protocols[i].port[k] == port)
				return &protocols[i];
	return NULL;
}

static bool has_pages(uint16_t port)
{
	for (size_t i = 0; i < nitems(pages); i++)
		if (pages[i] == port)
			return true;
	return false;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT", of no locale */
static void put_date(struct text *t, uint64_t now_us)
{
	static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t s = (time_t)(now_us / 1000000);
	struct tm tm;

	gmtime_r(&s, &tm);
	text_addf(t, "%.3s, %02d %.3s %d %02d:%02d:%02d GMT", days + 3 * tm.tm_wday, tm.tm_mday, months + 3 * tm.tm_mon,
		  tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static void put_page(struct text *t, const char *status, uint64_t now_us)
{
	_text_ struct text page = { 0 };

	text_addf(&page, "<html>\r\n<head><title>%s</title></head>\r\n<body>\r\n<center><h1>%s</h1></center>\r\n"
		  "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n", status, status);
	text_addf(t, "HTTP/1.1 %s\r\nServer: nginx\r\nDate: ", status);
	put_date(t, now_us);
	text_addf(t, "\r\nContent-Type: text/html\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s", page.len,
		  text_str(&page));
}

/* hear_page() - a request is a line, more of them, and an empty one */
static bool hear_page(struct talk *t, uint64_t now_us, struct text *ret)
{
	bool begins = !t->page;

	t->page = true;
	if (begins && !strstr(t->line, " HTTP/1.")) {
		put_page(ret, "400 Bad Request", now_us);
		return false;
	}
	if (t->used)
		return true;
	put_page(ret, "404 Not Found", now_us);
	return false;
}

static bool answer(const struct talk *t, const struct protocol *p, struct text *ret)
{
	size_t i = 0;

	if (!p || !p->n)
		return true;
	if (p->by_turns)
		i = (t->lines - 1u) % p->n;
	else
		while (strncasecmp(t->line, p->answer[i].word, strlen(p->answer[i].word)))
			i++;		/* the last one fits everything */
	text_add(ret, p->answer[i].says);
	return !p->answer[i].last;
}

static bool hear_line(struct talk *t, uint64_t now_us, struct text *ret)
{
	bool goes_on;

	if (t->used && t->line[t->used - 1] == '\r')
		t->used--;
	t->line[t->used] = '\0';
	t->lines++;
	goes_on = has_pages(t->port) ? hear_page(t, now_us, ret) : answer(t, protocol_of(t->port), ret);
	t->used = 0;
	return goes_on && t->lines < TALK_LINES;
}

void talk_begin(struct talk *t, uint16_t port, struct text *ret)
{
	const struct protocol *p = protocol_of(port);

	*t = (struct talk){ .port = port };
	if (p)
		text_add(ret, p->greeting);
}

bool talk_hear(struct talk *t, const char *bytes, size_t len, uint64_t now_us, struct text *ret)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\n') {
			if (!hear_line(t, now_us, ret))
				return false;
		} else if (t->used < TALK_LINE - 1)
			t->line[t->used++] = bytes[i];
	}
	return true;
}
