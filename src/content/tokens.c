/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Honeytokens: things that are of use to nobody and look as if they were. Each is made of the honeypot's seed and is
 * there once in the world, so where it turns up it says where it was taken.
 */
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "base/mem.h"
#include "model/honeynet.h"
#include "past.h"

static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/* Credentials of a cloud, with an access key of its form. */
static void cloud(struct past *p)
{
	struct dice d = dice_for(p->of->seed, "cloud", 0);
	_text_ struct text t = { 0 };
	char id[21] = "AKIA", secret[41] = "";

	dice_letters(&d, capitals, id + 4, 16);
	dice_letters(&d, letters, secret, 40);
	text_addf(&t, "[default]\naws_access_key_id = %s\naws_secret_access_key = %s\nregion = eu-central-1\n", id, secret);
	past_file(p, "/root/.aws/credentials",
		  (struct put_as){ .mode = 0600, .at_s = past_moment(p, "cloud", p->born_s, p->end_s - 9 * DAY_S) }, &t);
	past_token(p, "/root/.aws/credentials", id);
}

/* The key to a host that keeps the backups. */
static void backup_key(struct past *p)
{
	struct dice d = dice_for(p->of->seed, "backup key", 0);
	_free_ char *comment = xasprintf("root@%s", p->host);
	_text_ struct text key = { 0 }, public = { 0 }, config = { 0 };
	int64_t at = p->born_s + (int64_t)dice_within(&d, 1, 20) * DAY_S + dice_within(&d, 9 * 3600, 16 * 3600);
	const struct put_as private = { .mode = 0600, .at_s = at };
	char print[64], line[128];
	uint8_t seed[32];

	dice_bytes(&d, seed, sizeof(seed));
	key = key_make(seed, comment, print, line);
	text_addf(&public, "%s %s\n", line, comment);
	text_addf(&config, "Host backup\n\tHostName backup%u.meridian-tool.example\n\tUser vault\n\tIdentityFile ~/.ssh/id_ed25519\n",
		  dice_within(&d, 1, 4));
	past_file(p, "/root/.ssh/id_ed25519", private, &key);
	past_file(p, "/root/.ssh/id_ed25519.pub", (struct put_as){ .mode = 0644, .at_s = at }, &public);
	past_file(p, "/root/.ssh/config", (struct put_as){ .mode = 0600, .at_s = at + 140 }, &config);
	past_token(p, "/root/.ssh/id_ed25519", print);
}

static void add_customer(struct dice *d, unsigned i, struct text *t)
{
	static const char *const names[] = { "kestrel", "northquay", "abel", "linden", "oldmill", "harper", "selig", "torv", "brook" };
	char hash[54] = "";

	dice_letters(d, letters, hash, 53);
	text_addf(t, "INSERT INTO customer VALUES (%u,'%s%u','%s@%s.example','$2y$10$%s',%u);\n", i, names[dice_below(d, nitems(names))],
		  dice_within(d, 10, 99), dice_below(d, 2) ? "office" : "orders", names[dice_below(d, nitems(names))], hash,
		  dice_within(d, 1, 5));
}

/* A database's dump with an interface's secret in it. */
static void dump(struct past *p)
{
	struct dice d = dice_for(p->of->seed, "dump", 0);
	int64_t at = past_moment(p, "dump", p->born_s, p->born_s + 40 * DAY_S);
	_text_ struct text t = { 0 }, path = { 0 };
	char secret[33] = "";

	dice_letters(&d, letters, secret, 32);
	past_stamp(&path, "/var/backups/orders-%Y%m%d.sql", at);
	text_add(&t, "-- dump of orders\nCREATE TABLE customer (id INT, login VARCHAR(40), mail VARCHAR(80), secret CHAR(60), level INT);\n");
	for (unsigned i = 1; i <= 40; i++)
		add_customer(&d, i, &t);
	text_addf(&t, "CREATE TABLE setting (name VARCHAR(40), value VARCHAR(80));\n"
		      "INSERT INTO setting VALUES ('payment_url','https://pay.northquay.example/v2'),('payment_token','%s');\n", secret);
	past_file(p, text_str(&path), (struct put_as){ .mode = 0644, .at_s = at }, &t);
	past_token(p, text_str(&path), secret);
}

static const struct person *keeper(const struct past *p)
{
	for (size_t i = 0; i < p->n_people; i++)
		if (p->person[i].admin)
			return &p->person[i];
	return &p->person[0];
}

/* A password safe: its first bytes are right, the rest opens to nobody. */
static void safe(struct past *p)
{
	static const uint8_t head[] = { 0x03, 0xd9, 0xa2, 0x9a, 0x67, 0xfb, 0x4b, 0xb5, 0x01, 0x00, 0x04, 0x00, 0x02, 0x10, 0x00 };
	struct dice d = dice_for(p->of->seed, "safe", 0);
	const struct person *w = keeper(p);
	_free_ char *path = xasprintf("%s/%s.kdbx", w->home, dice_below(&d, 2) ? "passwords" : p->host);
	uint8_t sum[crypto_hash_sha256_BYTES], bytes[4096];
	size_t n = dice_within(&d, 1800, sizeof(bytes));
	char print[2 * sizeof(sum) + 1];
	_text_ struct text t = { 0 };

	dice_bytes(&d, bytes, n);
	memcpy(bytes, head, sizeof(head));
	text_addn(&t, bytes, n);
	crypto_hash_sha256(sum, bytes, n);
	sodium_bin2hex(print, sizeof(print), sum, sizeof(sum));
	past_file(p, path, (struct put_as){ 0600, w->uid, w->gid, past_moment(p, path, p->born_s, p->end_s - 6 * DAY_S) }, &t);
	past_token(p, path, print);
}

/* Those of the honeynet file are there already, by whatever way. */
static void wanted(struct past *p)
{
	const struct honeypot *h = &p->of->net->honeypot[p->of->honeypot];

	for (uint32_t i = 0; i < h->n_honeytokens; i++)
		past_token(p, h->honeytoken[i], "");
}

void tokens_make(struct past *p)
{
	struct dice d = dice_for(p->of->seed, "tokens", 0);

	wanted(p);
	backup_key(p);
	cloud(p);
	if (dice_below(&d, 2))
		dump(p);
	else
		safe(p);
}
