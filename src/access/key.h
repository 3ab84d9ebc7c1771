/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Public keys of administrators, "TYPE BASE64 COMMENT" a line as ssh-keygen writes them (RFC 4253
 * section 6.6, RFC 8709; sk: OpenSSH PROTOCOL.u2f). Only ed25519, alone or on a security key.
 */
#include "base/text.h"

enum { KEY_BLOB_MAX = 512, KEY_BLANK = 1 };

struct access_key {
	const char *type;		/* lent for ever */
	unsigned char blob[KEY_BLOB_MAX];
	size_t len;
};

/*
 * key_read() - 0 and *@ret; KEY_BLANK an empty line or a comment; -EINVAL and *@ret_why. Nothing of
 * the line is kept but type and key: options before them are refused, the comment is dropped.
 */
int key_read(struct span line, struct access_key *ret, const char **ret_why);
void key_write(const struct access_key *k, struct text *t);		/* "TYPE BASE64" */
void key_fingerprint(const struct access_key *k, struct text *t);	/* "SHA256:...", as ssh shows it */
