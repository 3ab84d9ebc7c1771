/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What our sshd is told, and what its users may say. With the real sshd: tests/system/test_access.py. */
#include "unit.h"

#include "golden.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access/grant.h"
#include "access/key.h"
#include "access/sshd.h"
#include "access/words.h"
#include "base/mem.h"

#define GOLDEN "tests/golden/access/"
#define ED "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEh37tJ22b3pZ6zH0+zOt2X3YSFEGhY13oKvrT6Uru5H"
#define ED_PRINT "SHA256:c+hCublPmMlkUIygQ8plj2dCk+pg3I2sJk7UZaEIGH8"	/* ssh-keygen -l */
#define SK "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIEh37tJ22b3pZ6zH0+zOt2X3YSFEGhY13oKvrT6Uru5HAAAABHNzaDo="
#define ECDSA "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBA=="

static void the_texts_are_the_golden_ones(void **state)
{
	struct sshd_place p = { .folder = "/var/lib/skep/access", .program = "/usr/bin/skep", .state = "/var/lib/skep",
				.data = "/usr/share/skep", .address = addr4(0x7f000001), .port = 2222 };
	_text_ struct text four = { 0 }, six = { 0 }, keys = { 0 }, unit = { 0 };
	struct access_key k;
	const char *why;

	(void)state;
	sshd_config(&p, &four);
	same_as_file(GOLDEN "sshd_config", &four);
	sshd_unit(&p, "/usr/sbin/sshd", &unit);
	same_as_file(GOLDEN SSHD_UNIT, &unit);
	assert_int_equal(addr_parse("2001:db8::1", &p.address), 0);
	sshd_config(&p, &six);
	assert_non_null(strstr(text_str(&six), "ListenAddress [2001:db8::1]:2222\nAddressFamily inet6\n"));
	assert_int_equal(key_read(span_of(ED " a comment"), &k, &why), 0);
	sshd_key_line(&p, "observer", "alice", &k, &keys);
	assert_int_equal(key_read(span_of(SK), &k, &why), 0);
	sshd_key_line(&p, "administrator", "bob", &k, &keys);
	same_as_file(GOLDEN "authorized_keys", &keys);
}

static void only_paths_that_mean_themselves_fit(void **state)
{
	static const struct { const char *path; bool want; } rows[] = {
		{ "/usr/bin/skep", true }, { "/srv/a_b.c+d,e@f:g-h/1", true }, { "relative", false }, { "", false },
		{ "/a b", false }, { "/a%h", false }, { "/a\"b", false }, { "/a'b", false }, { "/a$b", false },
		{ "/a\nb", false }, { "/a\\b", false }, { "/a=b", false }, { "/a;b", false }, { "/\xc3\xa9", false },
	};

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++)
		if (sshd_path_fits(rows[i].path) != rows[i].want)
			fail_msg("%s", rows[i].path);
}

static void keys_are_ed25519_and_nothing_before_them(void **state)
{
	static const struct { const char *line; int want; } rows[] = {
		{ ED, 0 }, { "  " ED "\tme@there", 0 }, { ED "\r", 0 }, { SK, 0 }, { "", KEY_BLANK }, { " \t", KEY_BLANK },
		{ "# " ED, KEY_BLANK }, { "command=\"/bin/sh\" " ED, -EINVAL }, { "restrict " ED, -EINVAL },
		{ ECDSA, -EINVAL }, { "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQ==", -EINVAL }, { "ssh-ed25519", -EINVAL },
		{ "ssh-ed25519 !!!!", -EINVAL }, { "ssh-ed25519 AAAA", -EINVAL },
		{ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEh3", -EINVAL },			/* short */
		{ ED "AAAA", -EINVAL },								/* long */
		{ "ssh-ed25519 AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIEh37tJ22b3pZ6zH0+zOt2X3YSFEGhY13oKvrT6Uru5HAAAABHNzaDo=",
		  -EINVAL },									/* says it is another */
		{ "ssh-ed25519 //////////8=", -EINVAL },					/* lengths beyond its end */
	};

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		const char *why = NULL;
		struct access_key k;
		int r = key_read(span_of(rows[i].line), &k, &why);

		if (r != rows[i].want || (r < 0 && !why))
			fail_msg("%s: %d", rows[i].line, r);
	}
}

static void a_key_shows_its_fingerprint_as_ssh_does(void **state)
{
	_text_ struct text print = { 0 }, again = { 0 };
	struct access_key k;
	const char *why;

	(void)state;
	assert_int_equal(key_read(span_of(ED " x"), &k, &why), 0);
	key_fingerprint(&k, &print);
	key_write(&k, &again);
	assert_string_equal(text_str(&print), ED_PRINT);
	assert_string_equal(text_str(&again), ED);
}

static void lines_are_split_and_never_read_as_a_shell_would(void **state)
{
	static const struct { const char *line, *want; } rows[] = {
		{ "skep status", "skep|status|" }, { "  a   b ", "a|b|" }, { "", "" }, { "   ", "" },
		{ "lab exec -- sh -c 'echo $HOME; id'", "lab|exec|--|sh|-c|echo $HOME; id|" },
		{ "a \"b c\"d", "a|b cd|" }, { "''", "|" }, { "a '' b", "a||b|" }, { "\"it's\"", "it's|" },
		{ "session #3", "session|#3|" }, { "a='b c'", "a=b c|" },
		{ "status; id", NULL }, { "$(id)", NULL }, { "`id`", NULL }, { "a\nb", NULL }, { "a\tb", NULL },
		{ "a | b", NULL }, { "a > b", NULL }, { "a & b", NULL }, { "a\\b", NULL }, { "*", NULL }, { "~root", NULL },
		{ "\"$(id)\"", NULL }, { "\"a`b`\"", NULL }, { "'open", NULL }, { "\"open", NULL }, { "a\x1b[2J", NULL },
		{ "'a\nb'", NULL }, { "a\x7f", NULL },
	};
	struct words w;

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		_text_ struct text got = { 0 };
		const char *why = NULL;
		int r = words_split(rows[i].line, strlen(rows[i].line), &w, &why);

		for (size_t k = 0; r == 0 && k < w.n; k++)
			text_addf(&got, "%s|", w.word[k]);
		if (rows[i].want ? r || strcmp(text_str(&got), rows[i].want) || w.word[w.n] : r != -EINVAL || !why)
			fail_msg("%s: %d %s", rows[i].line, r, text_str(&got));
	}
}

static void lines_have_bounds(void **state)
{
	char line[WORDS_LINE + 1];
	struct words w;
	const char *why;

	(void)state;
	memset(line, 'a', sizeof(line));
	assert_int_equal(words_split(line, WORDS_LINE, &w, &why), -EINVAL);
	assert_int_equal(words_split(line, WORDS_LINE - 1, &w, &why), 0);
	assert_int_equal(w.n, 1);
	for (size_t i = 0; i < WORDS_LINE; i++)
		line[i] = i % 2 ? ' ' : 'a';
	assert_int_equal(words_split(line, 2 * WORDS_MAX, &w, &why), 0);
	assert_int_equal(w.n, WORDS_MAX);
	assert_int_equal(words_split(line, 2 * WORDS_MAX + 1, &w, &why), -EINVAL);
	assert_int_equal(words_split("a\0b", 3, &w, &why), -EINVAL);
}

static void an_observer_says_what_the_form_lists(void **state)
{
	static const char events[] = "-f --follow -n= --kind= --json", session[] = "--json N";
	static const struct { const char *form, *words; bool want; } rows[] = {
		{ events, "", true }, { events, "-f", true }, { events, "-n 5 --kind exec --json", true },
		{ events, "--kind=exec", true }, { events, "--help", true }, { session, "3", true },
		{ session, "--json #3", true }, { session, "3 --json", true }, { "", "", true },
		{ "--tty= N", "--tty pts/12 3", true },
		{ "--flow=", "--flow 1:d/FP5EW3wiY1vCndhwleRRKHowQ=", true }, { "--flow=", "--flow 1:../../../../../etc/shadowxx=", false },
		{ "--flow=", "--flow 1:d/FP5EW3wiY1vCndhwleRRKHow=", false }, { "--tty= N", "--tty=pts/", false },
		{ "--tty= N", "--tty=pts/../x", false }, { "--tty= N", "--tty=pts/1/x", false }, { "--tty= N", "--tty=/pts/1", false },
		{ events, "-fn5", false }, { events, "-n5", false }, { events, "--js", false }, { events, "--kin exec", false },
		{ events, "--json=x", false }, { events, "--kind", false }, { events, "--kind --json", false },
		{ events, "--kind=", false }, { events, "--kind=/etc/shadow", false }, { events, "-n /etc", false },
		{ events, "--", false }, { events, "-", false }, { events, "-n=5", false }, { events, "x", false },
		{ session, "3 4", false }, { session, "/etc/shadow", false }, { session, "../x", false },
		{ session, "--typed 3", false }, { "", "x", false }, { "", "--json", false }, { events, "--state x", false },
		{ events, "--kind= --json", false },
	};

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		_text_ struct text why = { 0 };
		const char *wrong;
		struct words w;
		int r;

		assert_int_equal(words_split(rows[i].words, strlen(rows[i].words), &w, &wrong), 0);
		r = grant_check(rows[i].form, w.word, &why);
		if (r != (rows[i].want ? 0 : -EACCES) || (r && !why.len))
			fail_msg("%s to %s: %d %s", rows[i].form, rows[i].words, r, text_str(&why));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_texts_are_the_golden_ones),
		cmocka_unit_test(only_paths_that_mean_themselves_fit),
		cmocka_unit_test(keys_are_ed25519_and_nothing_before_them),
		cmocka_unit_test(a_key_shows_its_fingerprint_as_ssh_does),
		cmocka_unit_test(lines_are_split_and_never_read_as_a_shell_would),
		cmocka_unit_test(lines_have_bounds),
		cmocka_unit_test(an_observer_says_what_the_form_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
