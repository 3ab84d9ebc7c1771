/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The screen filter: what attacks a terminal does not come out, what draws the picture does. */
#include "unit.h"

#include <string.h>

#include "base/mem.h"
#include "report/screen.h"

struct row {
	const char *what, *in;
	size_t n;
	const char *want;
};
#define ROW(what, in, want) { what, in, sizeof(in) - 1, want }

/* Whole, cut in two at every place, and byte by byte: always the same. */
static void check(const struct row *r)
{
	for (size_t cut = 0; cut <= r->n; cut++) {
		_text_ struct text t = { 0 };
		struct screen s = { 0 };

		screen_feed(&s, r->in, cut, &t);
		screen_feed(&s, r->in + cut, r->n - cut, &t);
		if (strcmp(text_str(&t), r->want) || t.len != strlen(r->want))
			fail_msg("%s, cut at %zu", r->what, cut);
	}
	{
		_text_ struct text t = { 0 };
		struct screen s = { 0 };

		for (size_t i = 0; i < r->n; i++)
			screen_feed(&s, r->in + i, 1, &t);
		if (strcmp(text_str(&t), r->want))
			fail_msg("%s, byte by byte", r->what);
	}
}

static void attacks_do_not_come_out(void **state)
{
	static const struct row rows[] = {
		ROW("title", "a\x1b]0;evil\ab", "ab"),
		ROW("title, ended by ST", "a\x1b]2;evil\x1b\\b", "ab"),
		ROW("title as screen sets it", "a\x1bkevil\x1b\\b", "ab"),
		ROW("clipboard", "a\x1b]52;c;cm0gLXJmIH4=\ab", "ab"),
		ROW("hyperlink", "\x1b]8;;http://evil/\alink\x1b]8;;\a", "link"),
		ROW("palette query", "\x1b]4;0;?\a", ""),
		ROW("DECRQSS", "a\x1bP$q\"p\x1b\\b", "ab"),
		ROW("sixel", "a\x1bPq#0;2;0;0;0~~\x1b\\b", "ab"),
		ROW("keys programmed by DECUDK", "a\x1bP0;1|17/726d202d72660d\x1b\\b", "ab"),
		ROW("APC", "a\x1b_Gf=24;AAAA\x1b\\b", "ab"),
		ROW("PM", "a\x1b^evil\x1b\\b", "ab"),
		ROW("SOS", "a\x1bXevil\x1b\\b", "ab"),
		ROW("device attributes", "a\x1b[cb\x1b[>cc\x1b[=0cd", "abcd"),
		ROW("DECID", "a\x1bZb\xc2\x9a" "c", "abc"),
		ROW("status report", "a\x1b[5nb\x1b[6nc\x1b[?6nd", "abcd"),
		ROW("resize", "a\x1b[8;1;1tb", "ab"),
		ROW("title reported as typed", "a\x1b[21tb", "ab"),
		ROW("iconify", "a\x1b[2tb", "ab"),
		ROW("media copy", "a\x1b[ib\x1b[5ic\x1b[?4id", "abcd"),
		ROW("132 columns", "a\x1b[?3hb", "ab"),
		ROW("mouse", "a\x1b[?1000h\x1b[?1002;1003;1006hb", "ab"),
		ROW("focus events", "a\x1b[?1004hb", "ab"),
		ROW("bracketed paste, application keys", "a\x1b[?2004h\x1b[?1h\x1b=\x1b>b", "ab"),
		ROW("held output", "a\x1b[?2026hb", "ab"),
		ROW("modifyOtherKeys", "a\x1b[>4;2mb", "ab"),
		ROW("kitty keyboard", "a\x1b[>1ub\x1b[=1;1uc", "abc"),
		ROW("keyboard locked", "a\x1b[2hb", "ab"),
		ROW("scrollback erased", "a\x1b[3Jb", "ab"),
		ROW("lights", "a\x1b[1qb", "ab"),
		ROW("cursor's shape", "a\x1b[5 qb", "ab"),
		ROW("checksum of a rectangle", "a\x1b[1;1;1;1;1;1*yb", "ab"),
		ROW("mouse tracking by T", "a\x1b[1;2;3;4;5Tb", "ab"),
		ROW("tab stops", "a\x1b[3g\x1bHb", "ab"),
		ROW("all E", "a\x1b#8b", "ab"),
		ROW("8-bit controls switched on", "a\x1b Gb", "ab"),
		ROW("another coding", "a\x1b%@b", "ab"),
		ROW("bell, ENQ, NUL, DEL", "a\a\x05\0\x7f" "b", "ab"),
		ROW("8-bit CSI: report", "a\x9b" "6nb", "ab"),
		ROW("8-bit OSC", "a\x9d" "0;evil\x9c" "b", "ab"),
		ROW("8-bit DCS, APC, PM, SOS", "a\x90x\x9c\x9fx\x9c\x9ex\x9c\x98x\x9c" "b", "ab"),
		ROW("CSI as UTF-8: report", "a\xc2\x9b" "6nb", "ab"),
		ROW("OSC as UTF-8", "a\xc2\x9d" "52;c;eA==\xc2\x9c" "b", "ab"),
		ROW("DCS as UTF-8", "a\xc2\x90$qm\x1b\\b", "ab"),
		ROW("a UTF-8 letter does not end a string", "a\x1b]0;\xc3\x9c" "bung\ab", "ab"),
		ROW("an escape inside an escape", "a\x1b\x1b[6n\x1b[\x1b[6nb", "ab"),
		ROW("a control inside a sequence", "a\x1b[6\rnb", "a\rb"),
		ROW("broken off by CAN", "a\x1b[\x18" "6nb", "a6nb"),
		ROW("a string broken off by a sequence", "a\x1b]0;evil\x1b[1mb", "a\x1b[1mb"),
		ROW("text turned around", "a\xe2\x80\xae" "b", "a\xef\xbf\xbd" "b"),
		ROW("overlong CSI", "a\xc0\x9b" "6n", "a\xef\xbf\xbd"),
		ROW("no UTF-8", "a\xff\xe9" "b", "a\xef\xbf\xbd\xef\xbf\xbd" "b"),
		ROW("surrogate", "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd"),
	};

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++)
		check(&rows[i]);
}

static void the_picture_stays(void **state)
{
	static const struct row rows[] = {
		ROW("text", "a\r\nb\tc\b", "a\r\nb\tc\b"),
		ROW("UTF-8", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x9d", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x9d"),
		ROW("a prompt", "\x1b[01;32mroot@a\x1b[0m:\x1b[m# ", "\x1b[1;32mroot@a\x1b[0m:\x1b[m# "),
		ROW("many colours", "\x1b[38;5;208;48;2;1;2;3m\x1b[4:3m", "\x1b[38;5;208;48;2;1;2;3m\x1b[4:3m"),
		ROW("cursor", "\x1b[H\x1b[5;7H\x1b[;3H\x1b[2A\x1b[B\x1b[10G\x1b[3d\x1b" "7\x1b" "8\x1bM",
		    "\x1b[H\x1b[5;7H\x1b[;3H\x1b[2A\x1b[B\x1b[10G\x1b[3d\x1b" "7\x1b" "8\x1bM"),
		ROW("erase, insert, delete", "\x1b[J\x1b[2J\x1b[K\x1b[1K\x1b[4L\x1b[M\x1b[P\x1b[2@\x1b[3X",
		    "\x1b[J\x1b[2J\x1b[K\x1b[1K\x1b[4L\x1b[M\x1b[P\x1b[2@\x1b[3X"),
		ROW("region, scrolling", "\x1b[1;24r\x1b[r\x1b[2S\x1b[T", "\x1b[1;24r\x1b[r\x1b[2S\x1b[T"),
		ROW("second screen, cursor", "\x1b[?1049h\x1b[?25l\x1b[?25h\x1b[?1049l",
		    "\x1b[?1049h\x1b[?25l\x1b[?25h\x1b[?1049l"),
		ROW("of a list what is allowed", "\x1b[?1049;1000;25h", "\x1b[?1049h\x1b[?25h"),
		ROW("insert mode", "\x1b[4h\x1b[4l", "\x1b[4h\x1b[4l"),
		ROW("8-bit CSI", "\x9b" "1m\xc2\x9b" "2J", "\x1b[1m\x1b[2J"),
		ROW("a control inside", "\x1b[1\nm", "\n\x1b[1m"),
		ROW("huge numbers", "\x1b[99999999999999999999b\x1b[2147483647L", "\x1b[999b\x1b[999L"),
		ROW("line drawing", "\x1b(0lqk\x1b(Blqk", "\xe2\x94\x8c\xe2\x94\x80\xe2\x94\x90lqk"),
		ROW("line drawing in G1", "\x1b)0q\x0eq\x0fq", "q\xe2\x94\x80q"),
		ROW("full reset", "\x1b(0\x1b" "cq", "\x1b[m\x1b[4l\x1b[?7h\x1b[?25h\x1b[r\x1b[H\x1b[2Jq"),
	};

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++)
		check(&rows[i]);
}

/* Whatever is unfinished cannot hide what follows for longer than its bound. */
static void nothing_swallows_for_ever(void **state)
{
	static const char *const begins[] = { "\x1b]0;", "\x1bP", "\x1b_", "\xc2\x9d", "\x1b[", "\x1b(", "\x1b#", "\x90" };

	(void)state;
	for (size_t i = 0; i < nitems(begins); i++) {
		_text_ struct text in = { 0 }, t = { 0 };
		struct screen s = { 0 };

		text_add(&in, begins[i]);
		for (size_t k = 0; k < SCREEN_STRING_MAX + 8; k++)
			text_addc(&in, begins[i][1] == '[' ? '1' : '#');
		text_add(&in, "seen");
		screen_feed(&s, in.at, in.len, &t);
		if (!strstr(text_str(&t), "seen"))
			fail_msg("%zu", i);
	}
}

/* Random bytes: what comes out has no escape but those that are allowed, and is UTF-8. */
static void noise_is_harmless(void **state)
{
	static const char alphabet[] = "\x1b\x1b\x1b[[]]PX^_k?;:0149hlmnctiJ7(0)\\ \a\r\n\x0e\x0f\x18\x9b\x9d\x90\x9c\xc2\xe2\x80z";
	uint32_t x = 1;
	struct screen s = { 0 };

	(void)state;
	for (int round = 0; round < 20000; round++) {
		_text_ struct text t = { 0 }, json = { 0 };
		char b[32];

		for (size_t i = 0; i < sizeof(b); i++) {
			x = x * 1664525 + 1013904223;
			b[i] = round & 1 ? alphabet[(x >> 16) % (sizeof(alphabet) - 1)] : (char)(x >> 16);
		}
		screen_feed(&s, b, sizeof(b), &t);
		for (const char *e = text_str(&t); (e = strchr(e, '\x1b')); e++) {
			size_t n = e[1] == '[' ? 2 + strspn(e + 2, "0123456789;:?") : 1;

			assert_true(e[1] == '[' ? !!strchr("mABCDEFGHfdea`IZsuJKXLMP@bSTrhl", e[n]) :
					!!strchr("78MDE", e[n]));
		}
		for (const char *e = text_str(&t); *e; e++)
			assert_true((unsigned char)*e >= 0x20 || strchr("\x1b\r\n\t\b", *e));
		text_json(&json, text_str(&t), t.len);
		assert_null(strstr(text_str(&json), "\\ufffd"));	/* all of it is UTF-8 */
	}
}

static void leaving_puts_the_terminal_back(void **state)
{
	_text_ struct text t = { 0 };
	struct screen s = { 0 };

	(void)state;
	screen_feed(&s, "\x1b[?1049h\x1b[?25l", 14, &t);
	text_clear(&t);
	screen_leave(&s, &t);
	assert_non_null(strstr(text_str(&t), "\x1b[?1049l"));
	assert_non_null(strstr(text_str(&t), "\x1b[?25h"));
	text_clear(&t);
	screen_leave(&s, &t);	/* not on the second screen: nothing that moves the cursor */
	assert_null(strstr(text_str(&t), "1049"));
}

/* 24 rows and 80 columns on a larger terminal. */
static void a_size_is_kept(void **state)
{
	static const struct { const char *in, *want; } rows[] = {
		{ "\x1b[999;999H", "\x1b[24;80H" }, { "\x1b[5;7H", "\x1b[5;7H" }, { "\x1b[H", "\x1b[H" },
		{ "\x1b[999d\x1b[100G", "\x1b[24d\x1b[80G" }, { "\x1b[r", "\x1b[;24r" }, { "\x1b[3r", "\x1b[3;24r" },
		{ "\x1b[3;10r", "\x1b[3;10r" }, { "\x1b[3;50r", "\x1b[3;24r" }, { "\x1b[1;2;3r", "" },
		{ "\x1b" "c", "\x1b[m\x1b[4l\x1b[?7h\x1b[?25h\x1b[1;24r\x1b[H\x1b[2J" },
	};
	struct screen s = { 0 };
	_text_ struct text t = { 0 };

	(void)state;
	screen_feed(&s, "\x1b[999;999H\x1b[r", 13, &t);
	assert_string_equal(text_str(&t), "\x1b[999;999H\x1b[r");
	text_clear(&t);
	screen_size(&s, 24, 80, &t);
	assert_string_equal(text_str(&t), "\x1b" "7\x1b[1;24r\x1b" "8");
	for (size_t i = 0; i < nitems(rows); i++) {
		text_clear(&t);
		screen_feed(&s, rows[i].in, strlen(rows[i].in), &t);
		assert_string_equal(text_str(&t), rows[i].want);
	}
	text_clear(&t);
	screen_size(&s, 0xffffffff, 0xffffffff, &t);	/* no terminal is so large: as if it were not known */
	screen_feed(&s, "\x1b[999d", 6, &t);
	assert_string_equal(text_str(&t), "\x1b" "7\x1b[r\x1b" "8\x1b[999d");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attacks_do_not_come_out),
		cmocka_unit_test(the_picture_stays),
		cmocka_unit_test(nothing_swallows_for_ever),
		cmocka_unit_test(noise_is_harmless),
		cmocka_unit_test(leaving_puts_the_terminal_back),
		cmocka_unit_test(a_size_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
