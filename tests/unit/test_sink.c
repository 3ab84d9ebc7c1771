/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the gateway says in others' names. Who is led there, and that nothing leaves: test_budgets.c, tests/system. */
#include "unit.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "sink/talk.h"

#define SUNDAY 784111777000000	/* RFC 9110's own: Sun, 06 Nov 1994 08:49:37 GMT */

static void each_port_has_its_server(void **state)
{
	static const struct { uint16_t port; const char *heard, *says; bool goes_on; } rows[] = {
		{ 22, "", "SSH-2.0-OpenSSH_", true },
		{ 22, "SSH-2.0-Go\r\n", "SSH-2.0-OpenSSH_8.4p1 Debian-5+deb11u3\r\n", true },
		{ 25, "ehlo x\r\nMAIL FROM:<a>\r\nRCPT TO:<b>\r\n", "250 DSN\r\n250 2.1.0 Ok\r\n450 4.2.0 ", true },
		{ 25, "QUIT\r\nMAIL\r\n", "220 mx1 ESMTP Postfix (Debian/GNU)\r\n221 2.0.0 Bye\r\n", false },
		{ 587, "BLA\n", "502 5.5.2 ", true },
		{ 21, "USER anonymous\r\nPASS x\r\nLIST\r\n",
		  "331 Please specify the password.\r\n530 Login incorrect.\r\n530 Please", true },
		{ 23, "root\r\nxc3511\r\nroot\r\n", "login: Password: \r\nLogin incorrect\r\nlogin: Password: ", true },
		{ 110, "USER a\r\nPASS b\r\nQUIT\r\n", "+OK\r\n-ERR [AUTH] Authentication failed.\r\n+OK Logging out\r\n", false },
		{ 80, "GET /x.sh HTTP/1.1\r\nHost: 203.0.113.9\r\n", "", true },
		{ 80, "GET /x.sh HTTP/1.1\r\nHost: 203.0.113.9\r\n\r\n",
		  "HTTP/1.1 404 Not Found\r\nServer: nginx\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/html\r\n"
		  "Content-Length: 146\r\n", false },
		{ 8080, "\x16\x03\x01\n", "HTTP/1.1 400 Bad Request\r\n", false },
		{ 443, "\x16\x03\x01\n\n", "", true }, { 0, "x\n", "", true },
	};

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		_text_ struct text said = { 0 }, bit = { 0 };
		struct talk whole, bits;
		bool goes_on = true;

		talk_begin(&whole, rows[i].port, &said);
		if (talk_hear(&whole, rows[i].heard, strlen(rows[i].heard), SUNDAY, &said) != rows[i].goes_on)
			fail_msg("row %zu: it %s", i, rows[i].goes_on ? "ends" : "goes on");
		if (!strstr(text_str(&said), rows[i].says))
			fail_msg("row %zu: %s", i, text_str(&said));
		if (!*rows[i].says)
			assert_string_equal(text_str(&said), "");
		talk_begin(&bits, rows[i].port, &bit);		/* byte by byte it is the same */
		for (const char *c = rows[i].heard; *c && goes_on; c++)
			goes_on = talk_hear(&bits, c, 1, SUNDAY, &bit);
		assert_string_equal(text_str(&bit), text_str(&said));
		assert_int_equal(goes_on, rows[i].goes_on);
	}
}

/* A line without an end takes no more room, and lines without an end are not all answered. */
static void nobody_is_answered_for_ever(void **state)
{
	static char much[65536];
	_text_ struct text said = { 0 };
	struct talk t;
	size_t lines = 0;

	(void)state;
	memset(much, 'A', sizeof(much));
	talk_begin(&t, 25, &said);
	text_clear(&said);
	assert_true(talk_hear(&t, much, sizeof(much), SUNDAY, &said));
	assert_int_equal(said.len, 0);
	memset(much, '\n', sizeof(much));
	assert_false(talk_hear(&t, much, sizeof(much), SUNDAY, &said));
	for (const char *c = text_str(&said); *c; c++)
		lines += *c == '\n';
	assert_int_equal(lines, TALK_LINES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_port_has_its_server),
		cmocka_unit_test(nobody_is_answered_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
