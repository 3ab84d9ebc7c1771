/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A file that is given away, and a signature beside it by which whoever knows the public key sees that it is ours and
 * whole: Ed25519 (RFC 8032) over all of its bytes. Beside FILE it is FILE.sig, a line:
 *
 *	ed25519 PUBLIC-KEY SIGNATURE		both in hexadecimal digits
 *
 * The secret key stays on this machine. Who takes it over can sign from then on what he likes; what was signed before
 * has its hash in the journal, whose seals he cannot make again.
 */
#include "base/text.h"

#define SIGNATURE_SUFFIX ".sig"

enum { SIGNER_SECRET = 64, SIGNER_KEY_TEXT = 65 };

struct signer {
	unsigned char secret[SIGNER_SECRET];
	char key[SIGNER_KEY_TEXT];	/* the public one */
};

/* signer_open() - the key in file @path, which is made if it is not there; 0, -EBADMSG: it is no key, or -errno */
int signer_open(const char *path, struct signer *ret);
void signer_fini(struct signer *s);	/* wipes it */
/* signature_put() - the line that belongs beside @what */
void signature_put(const struct signer *s, const struct text *what, struct text *ret);
/*
 * signature_check() - whether @line is the signature of @what. @ret_key: by whose key. 0, -EBADMSG: it is none, or not of
 * this. Whatever is in both.
 */
int signature_check(const struct text *what, const char *line, char ret_key[SIGNER_KEY_TEXT]);
