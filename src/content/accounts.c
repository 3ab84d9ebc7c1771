/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /etc/passwd and its like: the image's, with those who came later. */
#include <string.h>

#include "past.h"

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

/* The administrators are in group sudo. */
static void add_group(const struct past *p, struct span line, struct text *t)
{
	bool filled = line.len && line.at[line.len - 1] != ':';

	text_addn(t, line.at, line.len);
	for (size_t i = 0; i < p->n_people && span_is(facts_field(line, 0), "sudo"); i++) {
		if (!p->person[i].admin)
			continue;
		text_addf(t, "%s%s", filled ? "," : "", p->person[i].login);
		filled = true;
	}
	text_addc(t, '\n');
}

/* /etc/group, or the table of their secrets */
static void make_groups(struct past *p, const char *path, struct put_as as, bool secrets)
{
	struct span left = facts_text(&p->facts, path), line;
	_text_ struct text t = { 0 };

	while (facts_next(&left, &line))
		add_group(p, line, &t);
	for (size_t i = 0; i < p->n_people; i++) {
		const struct person *w = &p->person[i];

		if (!w->ours || w->gid != w->uid)
			continue;
		if (secrets)
			text_addf(&t, "%s:!::\n", w->login);
		else
			text_addf(&t, "%s:x:%u:\n", w->login, w->gid);
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

static void make_shadow(struct past *p, struct put_as as)
{
	struct span left = facts_text(&p->facts, "/etc/shadow"), line;
	_text_ struct text t = { 0 };

	while (facts_next(&left, &line))
		if (line.len)
			add_shadow(p, &t, line);
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
	put_table(p, "/etc/shadow", as, &t);
}

void accounts_make(struct past *p)
{
	const struct put_as open = { .mode = 0644 }, secret = { .mode = 0640, .gid = past_group(p, "shadow") };

	if (!facts_text(&p->facts, "/etc/passwd").len)
		return;
	make_passwd(p);
	make_shadow(p, secret);
	make_groups(p, "/etc/group", open, false);
	make_groups(p, "/etc/gshadow", secret, true);
}
