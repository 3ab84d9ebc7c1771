/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store_url.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

enum { PORT = 3306 };

/* What is being read, and the first complaint. */
struct reader {
	const char *at;
	struct store_url url;
	char *error;
	bool bad;
};

static void __attribute__((format(printf, 2, 3))) complain(struct reader *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (!r->bad)
		vsnprintf(r->error, STORE_URL_ERROR, fmt, ap);
	va_end(ap);
	r->bad = true;
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* take() - up to one of the bytes in @ends, which stays, with %XX read; cut pieces are complaints */
static void take(struct reader *r, const char *what, const char *ends, char *ret, size_t size)
{
	size_t n = 0;

	for (; *r->at && !strchr(ends, *r->at); r->at++) {
		int c = (unsigned char)*r->at;

		if (c == '%') {
			int high = hex(r->at[1]), low = high < 0 ? -1 : hex(r->at[2]);

			c = low < 0 ? 0 : high * 16 + low;
			r->at += low < 0 ? 0 : 2;
		}
		if (c < 0x20 || c == 0x7f) {
			complain(r, "%s: a byte that cannot be there", what);
			break;
		}
		if (n + 1 == size) {
			complain(r, "%s: longer than %zu bytes", what, size - 1);
			break;
		}
		ret[n++] = (char)c;
	}
	ret[n] = '\0';
	if (!n)
		complain(r, "%s is missing", what);
}

static bool follows(struct reader *r, char c)
{
	if (r->bad || *r->at != c)
		return false;
	r->at++;
	return true;
}

static void read_user(struct reader *r)
{
	if (!strchr(r->at, '@'))
		complain(r, "the user is missing: mariadb://USER@HOST/DATABASE");
	take(r, "the user", ":@/?", r->url.user, sizeof(r->url.user));
	if (!r->bad && *r->at == ':')
		complain(r, "no password here, where everybody can read it: password-file=FILE");
	if (!follows(r, '@'))
		complain(r, "the user ends in @");
}

static void read_host(struct reader *r)
{
	char port[8];
	unsigned long n;
	char *end;

	if (follows(r, '[')) {
		take(r, "the host", "]/?", r->url.host, sizeof(r->url.host));
		if (!follows(r, ']'))
			complain(r, "an IPv6 address ends in ]");
	} else
		take(r, "the host", ":/?", r->url.host, sizeof(r->url.host));
	r->url.port = PORT;
	if (!follows(r, ':'))
		return;
	take(r, "the port", "/?", port, sizeof(port));
	n = strtoul(port, &end, 10);
	if (port[0] < '0' || port[0] > '9' || *end || n < 1 || n > UINT16_MAX)
		complain(r, "%s is no port", port);
	r->url.port = (uint16_t)n;
}

static void read_tls(struct reader *r, const char *word)
{
	static const char *const words[] = {
		[STORE_TLS_VERIFY] = "verify", [STORE_TLS_ENCRYPT] = "encrypt", [STORE_TLS_OFF] = "off",
	};

	for (size_t i = 0; i < nitems(words); i++)
		if (!strcmp(word, words[i])) {
			r->url.tls = (enum store_tls)i;
			return;
		}
	complain(r, "tls is verify, encrypt or off");
}

static void read_option(struct reader *r)
{
	const struct { const char *name; char *to; } files[] = {
		{ "password-file", r->url.password_file }, { "socket", r->url.socket }, { "ca", r->url.ca },
	};
	char name[24], value[PATH_MAX];

	take(r, "an option", "=&", name, sizeof(name));
	if (!follows(r, '='))
		complain(r, "option %s has no value", name);
	take(r, name, "&", value, sizeof(value));
	if (r->bad)
		return;
	if (!strcmp(name, "tls")) {
		read_tls(r, value);
		return;
	}
	for (size_t i = 0; i < nitems(files); i++) {
		if (strcmp(name, files[i].name))
			continue;
		if (value[0] != '/')
			complain(r, "%s is no whole path", name);
		strcpy(files[i].to, value);
		return;
	}
	complain(r, "there is no option %s: password-file, socket, tls, ca", name);
}

bool store_url_is(const char *s)
{
	return !strncmp(s, STORE_URL_SCHEME, strlen(STORE_URL_SCHEME));
}

int store_url_parse(const char *s, struct store_url *ret, char ret_error[STORE_URL_ERROR])
{
	_free_ struct reader *r = xcalloc(1, sizeof(*r));

	r->error = ret_error;
	if (!store_url_is(s))
		complain(r, "it does not begin with " STORE_URL_SCHEME);
	else
		r->at = s + strlen(STORE_URL_SCHEME);
	if (!r->bad)
		read_user(r);
	if (!r->bad)
		read_host(r);
	if (!follows(r, '/'))
		complain(r, "the database is missing: mariadb://USER@HOST/DATABASE");
	if (!r->bad)
		take(r, "the database", "?", r->url.database, sizeof(r->url.database));
	if (follows(r, '?'))
		do
			read_option(r);
		while (follows(r, '&'));
	if (r->bad)
		return -EINVAL;
	*ret = r->url;
	return 0;
}
