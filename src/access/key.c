/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "key.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "base/cursor.h"
#include "base/mem.h"

static const struct { const char *name; bool sk; } types[] = {
	{ "ssh-ed25519", false }, { "sk-ssh-ed25519@openssh.com", true },
};

static const char only[] = "only ssh-ed25519 and sk-ssh-ed25519@openssh.com keys are taken, without options "
			   "before them: ssh-keygen -t ed25519";

static struct span word_of(struct span *line)
{
	struct span w;

	while (line->len && (*line->at == ' ' || *line->at == '\t'))
		line->at++, line->len--;
	w = (struct span){ line->at, 0 };
	while (w.len < line->len && w.at[w.len] != ' ' && w.at[w.len] != '\t' && w.at[w.len] != '\r')
		w.len++;
	line->at += w.len;
	line->len -= w.len;
	return w;
}

static struct span ssh_string(struct cursor *c)
{
	unsigned char n[4];

	get_bytes(c, n, sizeof(n));	/* big endian */
	return get_span(c, (size_t)n[0] << 24 | (size_t)n[1] << 16 | (size_t)n[2] << 8 | n[3]);
}

/* The blob says the type once more, then the key; one on a security key names its application. */
static bool whole(const struct access_key *k, bool sk)
{
	struct cursor c = cursor_of(k->blob, k->len);
	struct span type = ssh_string(&c), key = ssh_string(&c), app = sk ? ssh_string(&c) : span_of("-");

	return !c.bad && !cursor_left(&c) && span_is(type, k->type) && key.len == 32 && app.len;
}

int key_read(struct span line, struct access_key *ret, const char **ret_why)
{
	struct span type = word_of(&line), blob = word_of(&line);
	_text_ struct text raw = { 0 };
	struct access_key k = { 0 };
	size_t i = 0;

	if (!type.len || *type.at == '#')
		return KEY_BLANK;
	while (i < nitems(types) && !span_is(type, types[i].name))
		i++;
	*ret_why = i == nitems(types) ? only : "this is no whole public key";
	if (i == nitems(types) || text_unbase64(&raw, blob.at, blob.len) < 0 || !raw.len || raw.len > sizeof(k.blob))
		return -EINVAL;
	k.type = types[i].name;
	k.len = raw.len;
	memcpy(k.blob, raw.at, raw.len);
	if (!whole(&k, types[i].sk))
		return -EINVAL;
	*ret = k;
	return 0;
}

void key_write(const struct access_key *k, struct text *t)
{
	text_addf(t, "%s ", k->type);
	text_base64(t, k->blob, k->len);
}

void key_fingerprint(const struct access_key *k, struct text *t)
{
	unsigned char hash[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(hash, k->blob, k->len);
	text_add(t, "SHA256:");
	text_base64(t, hash, sizeof(hash));
	while (t->len && t->at[t->len - 1] == '=')
		t->at[--t->len] = '\0';
}
