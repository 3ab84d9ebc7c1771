/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON reader against another one, jansson: what that takes, ours takes, and as the same. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/json.h"
#include "base/mem.h"

/* same() - the tree of ours is the one of theirs */
static bool same(const struct json_doc *d, const struct json *ours, json_t *theirs)
{
	static const json_type kinds[] = {
		[J_OBJECT] = JSON_OBJECT, [J_ARRAY] = JSON_ARRAY, [J_STRING] = JSON_STRING, [J_INTEGER] = JSON_INTEGER,
		[J_REAL] = JSON_REAL, [J_TRUE] = JSON_TRUE, [J_FALSE] = JSON_FALSE, [J_NULL] = JSON_NULL,
	};
	size_t n = 0;

	if (kinds[ours->kind] != json_typeof(theirs))
		return false;
	if (ours->kind == J_INTEGER)
		return ours->integer == json_integer_value(theirs);
	if (ours->kind == J_STRING)
		return ours->s.len == json_string_length(theirs) && !ours->s.at[ours->s.len] &&
		       !memcmp(ours->s.at, json_string_value(theirs), ours->s.len);
	for (const struct json *v = json_first(d, ours); v; v = json_next(d, v), n++) {
		json_t *other = ours->kind == J_ARRAY ? json_array_get(theirs, n) : json_object_getn(theirs, v->name.at, v->name.len);

		if (!other || !same(d, v, other))
			return false;
	}
	return n == (ours->kind == J_ARRAY ? json_array_size(theirs) : json_object_size(theirs));
}

static void check(const char *s, size_t n)
{
	json_t *theirs = json_loadb(s, n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
	_free_ char *room = xcalloc(n + 1, 1);
	struct json_doc d;
	int r = json_read(&d, s, n, room);

	if ((r == 0) != (theirs != NULL))
		fail_msg("%.*s: %s", (int)n, s, theirs ? "refused" : "taken");
	if (r == 0 && !same(&d, &d.node[0], theirs))
		fail_msg("%.*s: not the same", (int)n, s);
	if (r == 0)
		json_fini(&d);
	json_decref(theirs);
}

static const char *const texts[] = {
	"{}", "[]", " { } ", "{\"a\":1}", "{\"a\":1,\"a\":2}", "{\"a\":1,}", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}", "{a:1}", "",
	" ", "{", "[", "\"", "\"a", "\"a\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\x\"", "\"\\u0041\"", "\"\\u00e9\\u20ac\"",
	"\"\\ud83d\\udc1d\"", "\"\\ud83d\"", "\"\\udc1d\"", "\"\\ud83dx\"", "\"\\ud83d\\u0041\"", "\"\\u12\"", "\"\\u0000\"",
	"\"\xf0\x9f\x90\x9d\"", "\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xe2\x82\"", "\"\x01\"", "\"\x7f\"", "\"a\nb\"",
	"0", "-0", "-1", "01", "-", "1.", "1.5", ".5", "1e5", "1e", "1E+2", "1e-2x", "9223372036854775807", "9223372036854775808",
	"-9223372036854775808", "-9223372036854775809", "18446744073709551615", "99999999999999999999999", "true", "false", "null",
	"tru", "truex", "nul", "[true,false,null]", "[[[[[[[[1]]]]]]]]", "{\"a\":{\"b\":[{\"c\":\"d\"},2]}}", "{\"a\":1}x", "{\"a\":1} {}",
	"[\"a\",\"\",\"b c\"]", "{\"\":1}", "{\"a\":[1,2,{\"b\":null}],\"c\":\"\\u0001\"}", "[1 2]", "{\"a\" : [ 1 , 2 ] }",
};

static void as_the_other_one_reads_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < nitems(texts); i++)
		check(texts[i], strlen(texts[i]));
}

/* Every byte of every text changed, left out and doubled. */
static void a_slip_of_the_pen_anywhere(void **state)
{
	static const char bytes[] = "{}[]\",:\\u01-.etn \x80\xc3\xf0";

	(void)state;
	for (size_t i = 0; i < nitems(texts); i++)
		for (size_t at = 0; at < strlen(texts[i]); at++)
			for (size_t k = 0; k < sizeof(bytes); k++) {
				size_t n = strlen(texts[i]);
				_free_ char *s = xasprintf("%s ", texts[i]);

				if (n > 12 && bytes[k] == 'e')
					continue;	/* 1e999: theirs looks how large it is */
				if (k == sizeof(bytes) - 1)
					memmove(s + at, s + at + 1, n-- - at);
				else
					s[at] = bytes[k];
				check(s, n);
			}
}

static void it_has_bounds(void **state)
{
	_text_ struct text deep = { 0 }, wide = { 0 }, many = { 0 };
	struct json_doc d;
	_free_ char *room = xcalloc(JSON_BYTES_MAX, 1);

	(void)state;
	for (int i = 0; i <= JSON_DEPTH_MAX; i++)
		text_addc(&deep, '[');
	for (int i = 0; i <= JSON_DEPTH_MAX; i++)
		text_addc(&deep, ']');
	assert_int_equal(json_read(&d, deep.at, deep.len, room), -EBADMSG);
	check(deep.at + 1, deep.len - 2);
	for (int i = 0; i <= JSON_MEMBERS_MAX; i++)
		text_addf(&wide, "%c\"%d\":1", i ? ',' : '{', i);
	text_addc(&wide, '}');
	assert_int_equal(json_read(&d, wide.at, wide.len, room), -EBADMSG);
	for (int i = 0; i < 5 * JSON_NODES_BUILT_IN; i++)
		text_addf(&many, "%c\"%d\"", i ? ',' : '[', i);
	text_addc(&many, ']');
	check(many.at, many.len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_the_other_one_reads_it),
		cmocka_unit_test(a_slip_of_the_pen_anywhere),
		cmocka_unit_test(it_has_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
