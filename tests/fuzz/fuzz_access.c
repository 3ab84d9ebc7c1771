/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What comes over SSH: a line taken apart, what an observer may say of it, and files of keys. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "access/grant.h"
#include "access/key.h"
#include "access/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void line(const char *s, size_t n)
{
	static struct words w;
	_text_ struct text why = { 0 };
	const char *wrong;

	if (words_split(s, n, &w, &wrong) < 0)
		return;
	for (size_t i = 0; i < w.n; i++)
		for (const char *c = w.word[i]; *c; c++)
			if ((unsigned char)*c < 0x20 || w.word[i] < w.room || c >= w.room + w.used)
				abort();
	if (w.word[w.n])
		abort();
	if (grant_check("-f --json -n= --kind= N", w.word, &why) == 0)
		for (size_t i = 0; i < w.n; i++)
			if (strstr(w.word[i], "..") ? strchr(w.word[i], '/') != NULL : w.word[i][0] == '/')
				abort();
}

static void key(const char *s, size_t n)
{
	_text_ struct text t = { 0 }, print = { 0 };
	struct access_key k, again;
	const char *why;

	if (key_read((struct span){ s, n }, &k, &why) != 0)
		return;
	key_write(&k, &t);
	key_fingerprint(&k, &print);
	if (strchr(text_str(&t), '\n') || key_read(span_of(text_str(&t)), &again, &why) != 0 || again.len != k.len ||
	    memcmp(again.blob, k.blob, k.len))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	line((const char *)data, size);
	key((const char *)data, size);
	return 0;
}
