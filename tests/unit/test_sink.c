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

/* A question for the address of a name, with @opt bytes of a record OPT behind it. */
#define QUESTION "\x12\x34\x01\x10\0\1\0\0\0\0\0\1\1a\7example\0\0\1\0\1"
#define OPT "\0\0\x29\x10\0\0\0\x80\0\0\0"
#define NTP(first) first "\3\6\xec" "............" "reference" "......." "........" "transmit"

static void a_question_has_an_answer_that_is_no_larger(void **state)
{
	static const struct { uint16_t port; const char *asked; size_t len; const char *says; size_t n; } rows[] = {
#define ROW(port, asked, says) { port, asked, sizeof(asked) - 1, says, sizeof(says) - 1 }
		ROW(53, QUESTION, "\x12\x34\x81\x92\0\1\0\0\0\0\0\0\1a\7example\0\0\1\0\1"),
		ROW(53, QUESTION OPT, "\x12\x34\x81\x92\0\1\0\0\0\0\0\1\1a\7example\0\0\1\0\1\0\0\x29\x04\xd0\0\0\0\0\0\0"),
		ROW(53, "\0\7\0\0\0\1\0\0\0\0\0\0\0\0\2\0\1", "\0\7\x80\x82\0\1\0\0\0\0\0\0\0\0\2\0\1"),	/* of the root */
		ROW(53, "\0\7\x28\0\0\1\0\0\0\0\0\0\0\0\6\0\1", "\0\7\xa8\x84\0\0\0\0\0\0\0\0"),		/* an update */
		ROW(53, "\0\7\0\0\0\2\0\0\0\0\0\0\0\0\2\0\1", "\0\7\x80\x81\0\0\0\0\0\0\0\0"),		/* two */
		ROW(53, "\0\7\0\0\0\1\0\0\0\0\0\0\xc0\x0c\0\1\0\1", "\0\7\x80\x81\0\0\0\0\0\0\0\0"),	/* a name in itself */
		ROW(53, "\0\7\0\0\0\1\0\0\0\0\0\0\x3f" "cut", "\0\7\x80\x81\0\0\0\0\0\0\0\0"),
		ROW(53, "\0\7\0\0\0\1\0\0\0\0\0\0", "\0\7\x80\x81\0\0\0\0\0\0\0\0"),
		ROW(53, "\0\7\x81\0\0\1\0\0\0\0\0\0\0\0\2\0\1", ""),						/* an answer */
		ROW(53, "\0\7\0\0\0\1\0\0\0\0\0", ""),
		ROW(123, NTP("\x23"), "\x24\1\6\xe9\0\0\0\0\0\0\0\x20GPS\0"),
		ROW(123, NTP("\x26"), ""), ROW(123, NTP("\x27"), ""), ROW(123, "\x17\0\3\x2a", ""), ROW(123, "", ""),
		ROW(161, QUESTION, ""), ROW(0, QUESTION, ""),
	};

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		const uint8_t *q = (const uint8_t *)rows[i].asked;
		_text_ struct text said = { 0 };

		if (talk_datagram(rows[i].port, q, rows[i].len, SUNDAY, &said) != !!rows[i].n)
			fail_msg("row %zu", i);
		if (said.len > rows[i].len || memcmp(text_str(&said), rows[i].says, rows[i].n) ||
		    (rows[i].port == 53 && said.len != rows[i].n))
			fail_msg("row %zu: %zu bytes", i, said.len);
	}
}

static void the_time_is_told(void **state)
{
	static const uint8_t asked[48] = { 0x23, [40] = 1, 2, 3, 4, 5, 6, 7, 8 };
	static const uint8_t stamp[] = { 0xb2, 0x67, 0x17, 0x21, 0x80, 0, 0, 0 };	/* of half a second later than SUNDAY */
	_text_ struct text said = { 0 };

	(void)state;
	assert_true(talk_datagram(123, asked, sizeof(asked), SUNDAY + 500000, &said));
	assert_int_equal(said.len, 48);
	assert_memory_equal(text_str(&said) + 24, asked + 40, 8);
	assert_memory_equal(text_str(&said) + 32, stamp, 8);
	assert_memory_equal(text_str(&said) + 40, stamp, 8);
}

/* A name of so many bytes that it is none any more, and names that end where the datagram does. */
static void no_name_leads_behind_the_question(void **state)
{
	uint8_t q[TALK_DATAGRAM] = { 0, 7, 0, 0, 0, 1 };

	(void)state;
	memset(q + 12, 1, sizeof(q) - 12);
	for (size_t n = 0; n <= sizeof(q); n++) {
		_text_ struct text said = { 0 };
		bool is = talk_datagram(53, q, n, SUNDAY, &said);

		assert_int_equal(is, n >= 12);
		assert_true(said.len == (is ? 12 : 0));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_port_has_its_server),
		cmocka_unit_test(nobody_is_answered_for_ever),
		cmocka_unit_test(a_question_has_an_answer_that_is_no_larger),
		cmocka_unit_test(the_time_is_told),
		cmocka_unit_test(no_name_leads_behind_the_question),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
