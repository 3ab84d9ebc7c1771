/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words as of Postfix (RFC 5321), vsftpd (959), Dovecot (1939, 9051), OpenSSH (4253), nginx (9110), login and an IRC server;
 * datagrams as of DNS (1035, 6891) and NTP (5905).
 */
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

/* --- datagrams -------------------------------------------------------------------------------- */

enum {
	DNS_HEAD = 12, DNS_NAME = 255, DNS_LABEL = 63, DNS_OPT = 11,		/* sizes */
	DNS_ANSWER = 0x80, DNS_OPCODE = 0x78, DNS_RECURSE = 1, DNS_RECURSES = 0x80, DNS_UNCHECKED = 0x10,	/* bits */
	DNS_FORMERR = 1, DNS_SERVFAIL = 2, DNS_NOTIMP = 4,
	NTP_SIZE = 48, NTP_CLIENT = 3, NTP_SERVER = 4, NTP_VERSION = 0x38, NTP_SENT = 40,
	REFERENCE_US = 9 * 1000 * 1000,		/* so long ago its clock was set */
};
#define NTP_1970 UINT64_C(2208988800)		/* seconds since 1900 */

/* question_end() - behind the one question; 0: there is none that is whole */
static size_t question_end(const uint8_t *q, size_t len)
{
	size_t at = DNS_HEAD;

	while (at < len && q[at] && q[at] <= DNS_LABEL && at < DNS_HEAD + DNS_NAME)
		at += 1u + q[at];
	return at + 5 <= len && !q[at] && at < DNS_HEAD + DNS_NAME ? at + 5 : 0;
}

/* asks_extended() - a record OPT is all that stands behind the question */
static bool asks_extended(const uint8_t *q, size_t len, size_t end)
{
	static const uint8_t counts[] = { 0, 1, 0, 0, 0, 0, 0, 1 }, opt[] = { 0, 0, 41 };

	return !memcmp(q + 4, counts, sizeof(counts)) && len - end >= DNS_OPT && !memcmp(q + end, opt, sizeof(opt));
}

static bool answer_name(const uint8_t *q, size_t len, struct text *ret)
{
	static const uint8_t opt[DNS_OPT] = { 0, 0, 41, 1232 >> 8, 1232 & 255 };
	size_t end = question_end(q, len);
	uint8_t head[DNS_HEAD] = { 0 };
	bool extended;

	if (len < DNS_HEAD || q[2] & DNS_ANSWER)
		return false;
	memcpy(head, q, 2);
	head[2] = DNS_ANSWER | (q[2] & (DNS_OPCODE | DNS_RECURSE));
	head[3] = DNS_RECURSES | (q[3] & DNS_UNCHECKED) |
		  (q[2] & DNS_OPCODE ? DNS_NOTIMP : q[4] || q[5] != 1 || !end ? DNS_FORMERR : DNS_SERVFAIL);
	if ((head[3] & 15) != DNS_SERVFAIL) {
		text_addn(ret, head, sizeof(head));
		return true;
	}
	extended = asks_extended(q, len, end);
	head[5] = 1;
	head[11] = extended;
	text_addn(ret, head, sizeof(head));
	text_addn(ret, q + DNS_HEAD, end - DNS_HEAD);
	text_addn(ret, opt, extended ? sizeof(opt) : 0);
	return true;
}

static void put32(uint8_t *to, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void put_time(uint8_t *to, uint64_t us)
{
	put32(to, (uint32_t)(us / 1000000 + NTP_1970));
	put32(to + 4, (uint32_t)((us % 1000000 << 32) / 1000000));
}

/* A server with a clock of its own. What else servers can be asked for, and be made to send much by, is not answered. */
static bool answer_time(const uint8_t *q, size_t len, uint64_t now_us, struct text *ret)
{
	uint8_t a[NTP_SIZE] = { 0, 1, 0, 0xe9, 0, 0, 0, 0, 0, 0, 0, 0x20, 'G', 'P', 'S' };

	if (len < NTP_SIZE || (q[0] & 7) != NTP_CLIENT)
		return false;
	a[0] = (q[0] & NTP_VERSION) | NTP_SERVER;
	a[2] = q[2];
	put_time(a + 16, now_us - REFERENCE_US);
	memcpy(a + 24, q + NTP_SENT, 8);
	put_time(a + 32, now_us);
	put_time(a + NTP_SENT, now_us);
	text_addn(ret, a, sizeof(a));
	return true;
}

bool talk_datagram(uint16_t port, const uint8_t *bytes, size_t len, uint64_t now_us, struct text *ret)
{
	return port == 53 ? answer_name(bytes, len, ret) : port == 123 && answer_time(bytes, len, now_us, ret);
}
