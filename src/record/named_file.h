/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Files of the evidence that a record names by their SHA-256. A new kind of them is a row in named_file.c. */
#include <stddef.h>

struct event;

enum { NAMED_FILE_TEXT = 160 };

enum named_file_what {
	NAMED_NONE,		/* the event names no file */
	NAMED_GOOD,
	NAMED_MISSING,
	NAMED_CHANGED,		/* its bytes have another hash, or it is no file */
	NAMED_FOLDER_MISSING,	/* the whole folder is not there */
};

/*
 * named_file_check() - @evidence: the folder they are below. @ret_name: "samples/abcdef...", set
 * unless NAMED_NONE. An enum named_file_what, or -errno: it could not be read.
 */
int named_file_check(int evidence, const struct event *e, char ret_name[NAMED_FILE_TEXT]);
/* named_file_hash() - SHA-256 of what is left in @fd, in hexadecimal digits; 0 or -errno */
int named_file_hash(int fd, char ret[65]);
/* named_file_is() - whether file @name of @folder has this hash: NAMED_GOOD, _MISSING, _CHANGED or -errno */
int named_file_is(int folder, const char *name, const char *sha256);
