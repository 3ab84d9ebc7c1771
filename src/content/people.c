/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who works with this honeypot: those its image has, an administrator, a colleague; and what they have at home. */
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "base/mem.h"
#include "model/honeynet.h"
#include "past.h"

static const char *const first_names[] = {
	"Alma", "Anton", "Bela", "Bruno", "Carla", "Cedric", "Dana", "Dirk", "Edda", "Elias", "Fenna", "Georg", "Greta", "Hugo",
	"Ines", "Ivo", "Jana", "Jonas", "Karla", "Kjell", "Lena", "Lorenz", "Maja", "Milan", "Nadia", "Nils", "Olga", "Otto",
	"Paula", "Pelle", "Rahel", "Ruben", "Sanna", "Simon", "Tessa", "Tomas", "Ulla", "Victor", "Wanda", "Yannis",
};
static const char *const last_names[] = {
	"Abel", "Aldous", "Bergman", "Bosch", "Carver", "Castell", "Dahl", "Dorn", "Ekholm", "Fabry", "Falk", "Garner", "Grimm",
	"Haller", "Hobbs", "Ibsen", "Jansen", "Kempe", "Koller", "Lang", "Lund", "Marek", "Moss", "Nagel", "Norman", "Oster",
	"Palm", "Petri", "Quast", "Rask", "Rowe", "Sandell", "Stroud", "Thorn", "Unger", "Vance", "Vogel", "Wirth", "Wolff", "Zeller",
};

/* How the company makes a login of a name. */
static void make_login(struct person *w, uint32_t style)
{
	char *at = w->login;

	switch (style) {
	case 0:
		snprintf(w->login, sizeof(w->login), "%c%s", w->first[0], w->last);
		break;
	case 1:
		snprintf(w->login, sizeof(w->login), "%s", w->first);
		break;
	default:
		snprintf(w->login, sizeof(w->login), "%s.%s", w->first, w->last);
	}
	for (; *at; at++)
		*at = (char)(*at >= 'A' && *at <= 'Z' ? *at + 32 : *at);
}

/* The offices are in a network beside the servers'. */
static void give_addresses(struct past *p, struct person *w, struct dice *d)
{
	struct dice office = dice_for(p->of->seed, "office", 0);
	uint32_t net = p->of->net->network >> 16, third = dice_within(&office, 20, 40);

	if (third == (p->of->net->network >> 8 & 0xff))
		third++;
	snprintf(w->office, sizeof(w->office), "%u.%u.%u.%u", net >> 8, net & 0xff, third, dice_within(d, 21, 190));
	past_address(d, w->abroad);
}

static void put_string(struct text *t, const void *p, size_t n)
{
	uint8_t len[4] = { (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };

	text_addn(t, len, sizeof(len));
	text_addn(t, p, n);
}

static void put_public(struct text *t, const uint8_t key[32])
{
	put_string(t, "ssh-ed25519", 11);
	put_string(t, key, 32);
}

static void add_in_lines(struct text *t, const struct text *bytes, size_t width)
{
	_text_ struct text b = { 0 };

	text_base64(&b, text_str(bytes), bytes->len);
	for (size_t i = 0; i < b.len; i += width) {
		text_addn(t, b.at + i, b.len - i < width ? b.len - i : width);
		text_addc(t, '\n');
	}
}

/* A private key as ssh-keygen writes it without a passphrase. */
struct text people_key(const uint8_t seed[32], const char *comment, char print[64], char line[128])
{
	uint8_t public[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES], sum[crypto_hash_sha256_BYTES];
	_text_ struct text blob = { 0 }, inside = { 0 }, key = { 0 }, b = { 0 };
	struct text file = { 0 };

	crypto_sign_seed_keypair(public, secret, seed);
	put_public(&blob, public);
	crypto_hash_sha256(sum, (const uint8_t *)blob.at, blob.len);
	text_base64(&b, sum, sizeof(sum));
	snprintf(print, 64, "SHA256:%.43s", text_str(&b));
	text_clear(&b);
	text_base64(&b, blob.at, blob.len);
	snprintf(line, 128, "ssh-ed25519 %s", text_str(&b));

	text_addn(&inside, sum, 4);		/* the same number twice tells whether it was decrypted */
	text_addn(&inside, sum, 4);
	put_public(&inside, public);
	put_string(&inside, secret, sizeof(secret));
	put_string(&inside, comment, strlen(comment));
	for (char pad = 1; inside.len % 8; pad++)
		text_addc(&inside, pad);
	text_addn(&key, "openssh-key-v1", 15);
	put_string(&key, "none", 4);
	put_string(&key, "none", 4);
	put_string(&key, "", 0);
	text_addn(&key, "\0\0\0\1", 4);
	put_string(&key, blob.at, blob.len);
	put_string(&key, inside.at, inside.len);
	text_add(&file, "-----BEGIN OPENSSH PRIVATE KEY-----\n");
	add_in_lines(&file, &key, 70);
	text_add(&file, "-----END OPENSSH PRIVATE KEY-----\n");
	return file;
}

static void give_key(struct person *w, struct dice *d)
{
	uint8_t seed[32];
	_text_ struct text unused = { 0 };

	dice_bytes(d, seed, sizeof(seed));
	unused = people_key(seed, "", w->print, w->key);
}

static void settle(struct past *p, struct person *w)
{
	struct dice d = dice_for(p->of->seed, w->login, 0);

	give_addresses(p, w, &d);
	give_key(w, &d);
}

/* --- those of the image ----------------------------------------------------------------------- */

static void copy_span(char *to, size_t size, struct span s)
{
	snprintf(to, size, "%.*s", (int)s.len, s.at);
}

static bool is_somebody(struct span line)
{
	struct span shell = facts_field(line, 6);
	uint32_t uid = facts_number(facts_field(line, 2));

	return uid >= 1000 && uid < 60000 && shell.len > 2 && !memcmp(shell.at + shell.len - 2, "sh", 2);
}

static void take_image(struct past *p)
{
	struct span left = facts_text(&p->facts, "/etc/passwd");

	while (left.len && p->n_people < PEOPLE_MAX - 3) {
		const char *end = memchr(left.at, '\n', left.len);
		struct span line = { left.at, end ? (size_t)(end - left.at) : left.len };
		struct person *w = &p->person[p->n_people];

		if (is_somebody(line)) {
			*w = (struct person){ .uid = facts_number(facts_field(line, 2)), .gid = facts_number(facts_field(line, 3)),
					      .since_s = p->born_s };
			copy_span(w->login, sizeof(w->login), facts_field(line, 0));
			copy_span(w->words, sizeof(w->words), facts_field(line, 4));
			copy_span(w->home, sizeof(w->home), facts_field(line, 5));
			settle(p, w);
			p->n_people++;
		}
		left = (struct span){ left.at + line.len + !!end, left.len - line.len - !!end };
	}
}

/* --- new ones --------------------------------------------------------------------------------- */

static const struct person *by_login(const struct past *p, const char *login)
{
	for (size_t i = 0; i < p->n_people; i++)
		if (!strcmp(p->person[i].login, login))
			return &p->person[i];
	return NULL;
}

static uint32_t free_number(const struct past *p)
{
	uint32_t n = 1000;

	for (size_t i = 0; i < p->n_people; i++)
		n = p->person[i].uid >= n ? p->person[i].uid + 1 : n;
	return n;
}

static void add_person(struct past *p, struct person w)
{
	w.ours = true;
	w.uid = free_number(p);
	w.gid = w.gid ? w.gid : w.uid;
	snprintf(w.home, sizeof(w.home), "/home/%s", w.login);
	settle(p, &w);
	p->person[p->n_people++] = w;
}

static void hire(struct past *p, uint32_t style, const char *what, struct person w)
{
	struct dice d = dice_for(p->of->seed, what, 0);

	do {
		snprintf(w.first, sizeof(w.first), "%s", dice_pick(&d, first_names));
		snprintf(w.last, sizeof(w.last), "%s", dice_pick(&d, last_names));
		make_login(&w, style);
	} while (by_login(p, w.login) || facts_line(&p->facts, "/etc/passwd", w.login).len);
	snprintf(w.words, sizeof(w.words), "%s %s", w.first, w.last);
	add_person(p, w);
}

/* Accounts of weaknesses that no image has are made here; those there are get their secret below. */
static void take_accounts(struct past *p)
{
	for (size_t i = 0; i < p->facts.n_accounts && p->n_people < PEOPLE_MAX - 2; i++) {
		const struct fact_account *a = &p->facts.account[i];
		struct person w = { .gid = strcmp(a->group, "-") ? past_group(p, a->group) : 0, .since_s = p->born_s };

		if (by_login(p, a->name))
			continue;
		snprintf(w.login, sizeof(w.login), "%s", a->name);
		snprintf(w.words, sizeof(w.words), "%s", a->words);
		add_person(p, w);
	}
}

void people_choose(struct past *p)
{
	struct dice d = dice_for(p->of->seed, "people", 0);
	uint32_t style = dice_below(&d, 3);
	int64_t later = p->born_s + (int64_t)dice_within(&d, 5, 60) * DAY_S;

	take_image(p);
	take_accounts(p);
	hire(p, style, "administrator", (struct person){ .admin = true, .since_s = p->born_s });
	hire(p, style, "colleague", (struct person){ .since_s = later < p->end_s ? later : p->born_s });
}

/* --- accounts --------------------------------------------------------------------------------- */

static const struct person *newest(const struct past *p)
{
	const struct person *w = &p->person[0];

	for (size_t i = 1; i < p->n_people; i++)
		w = p->person[i].since_s > w->since_s ? &p->person[i] : w;
	return w;
}

static void put_table(struct past *p, const char *path, struct put_as as, const struct text *t)
{
	as.at_s = newest(p)->since_s;
	past_file(p, path, as, t);
}

static void make_passwd(struct past *p)
{
	struct span was = facts_text(&p->facts, "/etc/passwd");
	_text_ struct text t = { 0 };

	text_addn(&t, was.at, was.len);
	for (size_t i = 0; i < p->n_people; i++) {
		const struct person *w = &p->person[i];

		if (w->ours)
			text_addf(&t, "%s:x:%u:%u:%s:%s:/bin/bash\n", w->login, w->uid, w->gid, w->words, w->home);
	}
	put_table(p, "/etc/passwd", (struct put_as){ .mode = 0644 }, &t);
}

/* add_groups() - the lines of @path, with the administrators in sudo, and those of new people */
static void add_groups(struct past *p, const char *path, struct put_as as)
{
	struct span left = facts_text(&p->facts, path);
	_text_ struct text t = { 0 };

	while (left.len) {
		const char *end = memchr(left.at, '\n', left.len);
		struct span line = { left.at, end ? (size_t)(end - left.at) : left.len };
		bool filled = line.len && line.at[line.len - 1] != ':';

		text_addn(&t, line.at, line.len);
		for (size_t i = 0; i < p->n_people && line.len > 5 && !memcmp(line.at, "sudo:", 5); i++) {
			if (!p->person[i].admin)
				continue;
			text_addf(&t, "%s%s", filled ? "," : "", p->person[i].login);
			filled = true;
		}
		text_addc(&t, '\n');
		left = (struct span){ left.at + line.len + !!end, left.len - line.len - !!end };
	}
	for (size_t i = 0; i < p->n_people; i++) {
		if (!p->person[i].ours || p->person[i].gid != p->person[i].uid)
			continue;
		if (as.gid)		/* that with the secrets */
			text_addf(&t, "%s:!::\n", p->person[i].login);
		else
			text_addf(&t, "%s:x:%u:\n", p->person[i].login, p->person[i].gid);
	}
	put_table(p, path, as, &t);
}

/* A hash of a password that nobody knows. */
static void add_secret(const struct past *p, const struct person *w, struct text *t)
{
	static const char letters[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	struct dice d = dice_for(p->of->seed, "secret", w->uid);
	char salt[22], hash[43];

	dice_letters(&d, letters, salt, sizeof(salt));
	dice_letters(&d, letters, hash, sizeof(hash));
	text_addf(t, "$y$j9T$%.22s$%.43s", salt, hash);
}

static const char *given_secret(const struct past *p, struct span name)
{
	for (size_t i = 0; i < p->facts.n_accounts; i++)
		if (span_is(name, p->facts.account[i].name) && strcmp(p->facts.account[i].hash, "!"))
			return p->facts.account[i].hash;
	return NULL;
}

static void add_shadow(const struct past *p, struct text *t, struct span line)
{
	struct span name = facts_field(line, 0), secret = facts_field(line, 1), rest = facts_field(line, 2);
	const char *given = given_secret(p, name);

	text_addn(t, name.at, name.len);
	text_addc(t, ':');
	if (given)
		text_add(t, given);
	else
		text_addn(t, secret.at, secret.len);
	text_addf(t, ":%lld", (long long)past_day(p->born_s));
	text_addn(t, rest.at + rest.len, line.len - (size_t)(rest.at + rest.len - line.at));
	text_addc(t, '\n');
}

static void make_shadow(struct past *p)
{
	struct span left = facts_text(&p->facts, "/etc/shadow");
	_text_ struct text t = { 0 };

	while (left.len) {
		const char *end = memchr(left.at, '\n', left.len);
		size_t n = end ? (size_t)(end - left.at) : left.len;

		if (n)
			add_shadow(p, &t, (struct span){ left.at, n });
		left = (struct span){ left.at + n + !!end, left.len - n - !!end };
	}
	for (size_t i = 0; i < p->n_people; i++) {
		const struct person *w = &p->person[i];
		const char *given = given_secret(p, span_of(w->login));

		if (!w->ours)
			continue;
		text_addf(&t, "%s:", w->login);
		if (given)
			text_add(&t, given);
		else
			add_secret(p, w, &t);
		text_addf(&t, ":%lld:0:99999:7:::\n", (long long)past_day(w->since_s));
	}
	put_table(p, "/etc/shadow", (struct put_as){ .mode = 0640, .gid = past_group(p, "shadow") }, &t);
}

void people_accounts(struct past *p)
{
	uint32_t shadow = past_group(p, "shadow");

	if (!facts_text(&p->facts, "/etc/passwd").len)
		return;
	make_passwd(p);
	make_shadow(p);
	add_groups(p, "/etc/group", (struct put_as){ .mode = 0644 });
	add_groups(p, "/etc/gshadow", (struct put_as){ .mode = 0640, .gid = shadow });
}

/* --- homes ------------------------------------------------------------------------------------ */

struct typing {
	const struct person *who;
	struct text text;
	int64_t last_s;
};

static void type_command(void *arg, const struct visit *v, int64_t at_s, const char *command)
{
	struct typing *y = arg;

	(void)v;
	text_addf(&y->text, "%s\n", command);
	y->last_s = at_s;
}

struct typist {
	struct past *p;
	struct typing typing;
};

static void type_visit(void *arg, const struct visit *v)
{
	struct typist *t = arg;

	if (v->who == t->typing.who)
		visit_commands(t->p, v, type_command, &t->typing);
}

static void make_history(struct past *p, const struct person *w)
{
	_free_ char *path = xasprintf("%s/.bash_history", w->home);
	struct typist t = { .p = p, .typing = { .who = w } };

	visits_each(p, p->end_s - HISTORY_DAYS * DAY_S, type_visit, &t);
	if (t.typing.text.len)
		past_file(p, path, (struct put_as){ 0600, w->uid, w->gid, t.typing.last_s }, &t.typing.text);
	text_fini(&t.typing.text);
}

static const char *const notes[] = {
	"ask the hall about the label printer on the second floor, it stops at night\n",
	"certificates: ring the provider before the end of the quarter\n",
	"old drawings go to the archive disk, not to the web server\n",
	"monthly numbers: first Tuesday, before nine\n",
	"do not restart while the night shift prints\n",
	"new switch in hall 3: port list is in the blue folder\n",
	"the backup host keeps fourteen days, then it is gone\n",
	"who has the key of the small server room?\n",
	"two invoices came back; wrong address in the template\n",
	"phone list: still the one of last year\n",
};

static void make_notes(struct past *p, const struct person *w)
{
	struct dice d = dice_for(p->of->seed, "notes", w->uid);
	_free_ char *path = xasprintf("%s/notes.txt", w->home);
	uint32_t first = dice_below(&d, nitems(notes)), n = dice_within(&d, 2, 5);
	_text_ struct text t = { 0 };

	for (uint32_t i = 0; i < n; i++)
		text_add(&t, notes[(first + i * 3) % nitems(notes)]);
	past_file(p, path, (struct put_as){ 0644, w->uid, w->gid, past_moment(p, path, w->since_s, p->end_s - 3 * DAY_S) }, &t);
}

static void make_skeleton(struct past *p, const struct person *w)
{
	static const char *const names[] = { ".bashrc", ".profile", ".bash_logout" };

	for (size_t i = 0; i < nitems(names); i++) {
		_free_ char *from = xasprintf("/etc/skel/%s", names[i]), *to = xasprintf("%s/%s", w->home, names[i]);
		struct span s = facts_text(&p->facts, from);
		_text_ struct text t = { 0 };

		text_addn(&t, s.at, s.len);
		if (s.len)
			past_file(p, to, (struct put_as){ 0644, w->uid, w->gid, w->since_s }, &t);
	}
}

static void make_home(struct past *p, const struct person *w)
{
	_free_ char *keys = xasprintf("%s/.ssh/authorized_keys", w->home), *ssh = xasprintf("%s/.ssh", w->home);
	struct dice d = dice_for(p->of->seed, "laptop", w->uid);
	_text_ struct text t = { 0 };
	int64_t since = w->since_s + 600;

	if (w->ours)
		make_skeleton(p, w);
	text_addf(&t, "%s %s@%s%u\n", w->key, w->login, dice_below(&d, 2) ? "nb" : "pc", dice_within(&d, 11, 89));
	past_file(p, keys, (struct put_as){ 0600, w->uid, w->gid, since }, &t);
	make_history(p, w);
	make_notes(p, w);
	past_folder(p, ssh, (struct put_as){ 0700, w->uid, w->gid, since });
	past_folder(p, w->home, (struct put_as){ w->ours ? 0700 : 0755, w->uid, w->gid, past_moment(p, w->home, since, p->end_s) });
}

void people_homes(struct past *p)
{
	for (size_t i = 0; i < p->n_people; i++)
		make_home(p, &p->person[i]);
}
