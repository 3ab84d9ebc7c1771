/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "model/store_url.h"

static void good_ones(void **state)
{
	static const struct { const char *url; struct store_url want; } rows[] = {
		{ "mariadb://u@h/d", { "u", "h", "d", 3306, STORE_TLS_VERIFY, "", "", "" } },
		{ "mariadb://skep@10.1.2.3:3307/honey?tls=off", { "skep", "10.1.2.3", "honey", 3307, STORE_TLS_OFF, "", "", "" } },
		{ "mariadb://u@[fd00::1]:1/d?tls=encrypt", { "u", "fd00::1", "d", 1, STORE_TLS_ENCRYPT, "", "", "" } },
		{ "mariadb://a%40b@h/d%2fe?password-file=/p%20q&ca=/c&socket=/s&tls=verify",
		  { "a@b", "h", "d/e", 3306, STORE_TLS_VERIFY, "/p q", "/s", "/c" } },
	};

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		const struct store_url *w = &rows[i].want;
		char error[STORE_URL_ERROR] = "";
		struct store_url u;

		if (store_url_parse(rows[i].url, &u, error) < 0)
			fail_msg("%s: %s", rows[i].url, error);
		assert_string_equal(u.user, w->user);
		assert_string_equal(u.host, w->host);
		assert_string_equal(u.database, w->database);
		assert_int_equal(u.port, w->port);
		assert_int_equal(u.tls, w->tls);
		assert_string_equal(u.password_file, w->password_file);
		assert_string_equal(u.socket, w->socket);
		assert_string_equal(u.ca, w->ca);
	}
}

static void bad_ones_are_explained(void **state)
{
	static const struct { const char *url, *error; } rows[] = {
		{ "", "it does not begin with mariadb://" },
		{ "mysql://u@h/d", "it does not begin with mariadb://" },
		{ "mariadb://", "the user is missing: mariadb://USER@HOST/DATABASE" },
		{ "mariadb://h/d", "the user is missing: mariadb://USER@HOST/DATABASE" },
		{ "mariadb://@h/d", "the user is missing" },
		{ "mariadb://u:secret@h/d", "no password here, where everybody can read it: password-file=FILE" },
		{ "mariadb://u@/d", "the host is missing" },
		{ "mariadb://u@[fd00::1/d", "an IPv6 address ends in ]" },
		{ "mariadb://u@h:0/d", "0 is no port" },
		{ "mariadb://u@h:65536/d", "65536 is no port" },
		{ "mariadb://u@h:12x/d", "12x is no port" },
		{ "mariadb://u@h:/d", "the port is missing" },
		{ "mariadb://u@h", "the database is missing: mariadb://USER@HOST/DATABASE" },
		{ "mariadb://u@h/", "the database is missing" },
		{ "mariadb://u@h/d?", "an option is missing" },
		{ "mariadb://u@h/d?tls", "option tls has no value" },
		{ "mariadb://u@h/d?tls=", "tls is missing" },
		{ "mariadb://u@h/d?tls=maybe", "tls is verify, encrypt or off" },
		{ "mariadb://u@h/d?ca=x.pem", "ca is no whole path" },
		{ "mariadb://u@h/d?password=x", "there is no option password: password-file, socket, tls, ca" },
		{ "mariadb://u%00@h/d", "the user: a byte that cannot be there" },
		{ "mariadb://u%@h/d", "the user: a byte that cannot be there" },
		{ "mariadb://u%4@h/d", "the user: a byte that cannot be there" },
		{ "mariadb://u@h\n/d", "the host: a byte that cannot be there" },
		{ "mariadb://u@h/ddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",
		  "the database: longer than 64 bytes" },
	};

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		char error[STORE_URL_ERROR] = "";
		struct store_url u = { .user = "untouched" };

		assert_int_equal(store_url_parse(rows[i].url, &u, error), -EINVAL);
		if (strcmp(error, rows[i].error))
			fail_msg("%s: %s", rows[i].url, error);
		assert_string_equal(u.user, "untouched");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_ones),
		cmocka_unit_test(bad_ones_are_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
